//! Passwords and answers to questions: kept as an Argon2id hash only (m = 46 MiB, t = 1, p = 1, random salt of 16 bytes; NIST SP 800-63B-4
//! §3.1.1.2, ASVS 11.4.2).
//!
//! **Invariant:** what was typed is in no log: [`Typed`] has no `Debug` content and is wiped when dropped.
//! **Invariant:** comparing with a hash that belongs to nobody ([`Hashed::nobody`]) costs what comparing with a real one costs, so that an
//! unknown user takes as long as a known one (the tests below, `tests/it/account_sign_in.rs`).
//! A right password makes no [`Proof`](super::Proof): it opens a session, never a held request.
//!
//! Hashing takes tens of milliseconds and 46 MiB: callers bound how many run at a time, on threads that may block.

use std::fmt;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use icu_normalizer::ComposingNormalizerBorrowed;
use zeroize::Zeroizing;

use crate::base::entropy::Entropy;

const MEMORY_KIB: u32 = 46 * 1024;
/// More bytes than that are not even normalised.
const LONGEST: usize = 4096;
/// A hash of 32 random bytes that were thrown away, with the same parameters.
const NOBODY: &str =
    "$argon2id$v=19$m=47104,t=1,p=1$dGhlIHNhbHQgb2Ygbm8gb25l$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// What was typed, normalised (NFC), so that the same characters of another keyboard are the same.
pub struct Typed(Zeroizing<String>);

impl Typed {
    /// As typed; nothing is trimmed or cut.
    ///
    /// # Errors
    /// When it is absurdly long.
    pub fn new(text: &str) -> Result<Self, TooLong> {
        if text.len() > LONGEST {
            return Err(TooLong);
        }
        let normalised = ComposingNormalizerBorrowed::new_nfc().normalize(text);
        Ok(Self(Zeroizing::new(normalised.into_owned())))
    }

    /// As typed, but without regard to case, blanks and punctuation: an answer to a question. Nobody types the name of his first school
    /// twice in the same way.
    ///
    /// # Errors
    /// When it is absurdly long.
    pub fn loosely(text: &str) -> Result<Self, TooLong> {
        if text.len() > LONGEST {
            return Err(TooLong);
        }
        let folded = ComposingNormalizerBorrowed::new_nfkc().normalize(text).to_lowercase();
        Ok(Self(Zeroizing::new(folded.chars().filter(|c| c.is_alphanumeric()).collect())))
    }

    /// How many characters it has.
    pub fn length(&self) -> usize {
        self.0.chars().count()
    }

    /// For rules about what may be chosen.
    pub fn expose<R>(&self, look: impl FnOnce(&str) -> R) -> R {
        look(&self.0)
    }

    /// Its hash.
    ///
    /// # Errors
    /// When it could not be computed.
    pub fn hash(&self, entropy: &dyn Entropy) -> Result<Hashed, HashError> {
        let mut salt = [0u8; 16];
        entropy.fill(&mut salt);
        let params = argon2::Params::new(MEMORY_KIB, 1, 1, None).map_err(|_| HashError)?;
        let engine = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let hash: PasswordHash =
            engine.hash_password_with_salt(self.0.as_bytes(), &salt).map_err(|_| HashError)?;
        Ok(Hashed(hash.to_string()))
    }
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(..)")
    }
}

/// An Argon2id hash in PHC form.
#[derive(Clone)]
pub struct Hashed(String);

impl Hashed {
    /// As it was stored.
    ///
    /// # Errors
    /// When it is not an Argon2id hash in PHC form.
    pub fn restore(text: String) -> Result<Self, HashError> {
        let parsed = PasswordHash::new(&text).map_err(|_| HashError)?;
        if parsed.algorithm != argon2::ARGON2ID_IDENT || parsed.hash.is_none() || parsed.salt.is_none() {
            return Err(HashError);
        }
        Ok(Self(text))
    }

    /// A hash of nothing that can be typed.
    pub fn nobody() -> Self {
        Self(NOBODY.to_owned())
    }

    /// Whether `typed` is what it was made of.
    pub fn is_of(&self, typed: &Typed) -> bool {
        PasswordHash::new(&self.0)
            .is_ok_and(|hash| argon2::Argon2::default().verify_password(typed.0.as_bytes(), &hash).is_ok())
    }

    /// The PHC form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hashed(..)")
    }
}

/// Longer than anything a person types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is too long")]
pub struct TooLong;

/// The text is no Argon2id hash, or none could be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an Argon2id hash")]
pub struct HashError;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SeededEntropy;

    #[test]
    fn a_hash_knows_what_it_was_made_of_in_any_composition() {
        let hash = Typed::new("Zürich im Fru\u{308}hling").unwrap().hash(&SeededEntropy::new(1)).unwrap();
        for (typed, right) in [
            ("Zürich im Frühling", true),
            ("Zu\u{308}rich im Fru\u{308}hling", true),
            ("Zürich im Fruhling", false),
            ("zürich im Frühling", false),
            (" Zürich im Frühling", false),
            ("", false),
        ] {
            assert_eq!(hash.is_of(&Typed::new(typed).unwrap()), right, "{typed:?}");
        }
        let stored = Hashed::restore(hash.as_str().to_owned()).unwrap();
        assert!(stored.is_of(&Typed::new("Zürich im Frühling").unwrap()));
        assert!(Hashed::restore("$2b$12$abc".to_owned()).is_err());
        assert!(Typed::new(&"x".repeat(LONGEST + 1)).is_err());
    }

    #[test]
    fn nobodys_hash_costs_the_same_and_is_of_nothing() {
        let real = Typed::new("x").unwrap().hash(&SeededEntropy::new(1)).unwrap();
        let cost = |hash: &Hashed| hash.as_str().split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(cost(&Hashed::nobody()), cost(&real));
        assert!(Hashed::restore(Hashed::nobody().as_str().to_owned()).is_ok());
        assert!(!Hashed::nobody().is_of(&Typed::new("").unwrap()));
    }

    #[test]
    fn an_answer_is_the_same_however_it_is_written() {
        let hash = Typed::loosely("Gymnasium  Bern-Neufeld").unwrap().hash(&SeededEntropy::new(2)).unwrap();
        assert!(hash.is_of(&Typed::loosely("gymnasium bern neufeld.").unwrap()));
        assert!(!hash.is_of(&Typed::loosely("gymnasium bern").unwrap()));
        assert_eq!(format!("{:?}{hash:?}", Typed::new("secret").unwrap()), "Typed(..)Hashed(..)");
    }
}
