//! Emergency access codes: temporary, limited by uses and dates, kept as a hash only.
//!
//! **Invariant:** the code itself leaves this room once, from [`Emergency::issue`]; what is kept is an Argon2id hash (m = 46 MiB, t = 1,
//! p = 1) under a random salt (NIST SP 800-63B-4 §3.1.2, ASVS 6.5.2).
//! **Invariant:** each accepted answer lowers `uses_left` in the next state; none is accepted outside the dates or after revocation.
//!
//! Hashing takes tens of milliseconds and 46 MiB: callers run it on a thread that may block, after the attempt was counted.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use zeroize::Zeroizing;

use crate::base::entropy::Entropy;
use crate::base::id::{Authenticator, Id};
use crate::base::secret::Secret;
use crate::base::time::Timestamp;

use super::answer::Answer;
use super::proof::Proof;
use super::{Factor, Refusal, Verdict};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code: 16 of 5 bits are 80 bits.
const LENGTH: usize = 16;
const MEMORY_KIB: u32 = 46 * 1024;

/// What limits a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How often it may be used.
    pub uses: u32,
    /// The first instant at which it is valid.
    pub not_before: Timestamp,
    /// The first instant at which it is no longer valid.
    pub valid_until: Timestamp,
}

/// The state of one emergency access code.
#[derive(Debug)]
pub struct Emergency {
    hash: String,
    uses_left: u32,
    not_before: Timestamp,
    valid_until: Timestamp,
    revoked: bool,
}

impl Emergency {
    /// Makes a code of 80 random bits, e.g. `7QJ4-0ZKM-W1XA-93TC`, and the state that knows only its hash.
    ///
    /// # Errors
    /// When the terms allow no use, or the hash could not be computed.
    pub fn issue(terms: Terms, entropy: &dyn Entropy) -> Result<(Secret, Self), IssueError> {
        if terms.uses == 0 || terms.uses > 1000 {
            return Err(IssueError::Uses);
        }
        if terms.valid_until <= terms.not_before {
            return Err(IssueError::Dates);
        }
        let mut random = Zeroizing::new([0u8; 16]);
        entropy.fill(&mut *random);
        let plain = spell(u128::from_be_bytes(*random));
        let mut salt = [0u8; 16];
        entropy.fill(&mut salt);
        let hash = hash(plain.as_bytes(), &salt)?;
        let (not_before, valid_until) = (terms.not_before, terms.valid_until);
        Ok((grouped(&plain), Self { hash, uses_left: terms.uses, not_before, valid_until, revoked: false }))
    }

    /// The state as it was stored.
    ///
    /// # Errors
    /// When `hash` is not an Argon2id hash in PHC form.
    pub fn restore(
        hash: String,
        uses_left: u32,
        not_before: Timestamp,
        valid_until: Timestamp,
        revoked: bool,
    ) -> Result<Self, HashError> {
        let parsed = PasswordHash::new(&hash).map_err(|_| HashError)?;
        if parsed.algorithm != argon2::ARGON2ID_IDENT || parsed.hash.is_none() || parsed.salt.is_none() {
            return Err(HashError);
        }
        Ok(Self { hash, uses_left, not_before, valid_until, revoked })
    }

    /// Whether it may be used at `now`: not revoked, not used up, within its dates. Only then is it offered.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        !self.revoked && self.uses_left > 0 && self.not_before <= now && now < self.valid_until
    }

    /// Judges a code typed at `now` for the request with this digest. A refusal changes nothing.
    pub fn verify(
        &self,
        id: Id<Authenticator>,
        now: Timestamp,
        answer: &Answer,
        digest: &[u8; 32],
    ) -> Verdict<Self> {
        if !self.is_valid(now) {
            return Verdict::Refused(Refusal::Unusable);
        }
        let Some(plain) = folded(answer) else {
            return Verdict::Refused(Refusal::Wrong);
        };
        let right = PasswordHash::new(&self.hash)
            .is_ok_and(|hash| argon2::Argon2::default().verify_password(plain.as_bytes(), &hash).is_ok());
        if !right {
            return Verdict::Refused(Refusal::Wrong);
        }
        let next = Self {
            hash: self.hash.clone(),
            uses_left: self.uses_left.saturating_sub(1),
            not_before: self.not_before,
            valid_until: self.valid_until,
            revoked: self.revoked,
        };
        Verdict::Accepted { proof: Proof::new(id, Factor::Emergency, *digest, now, None), next }
    }

    /// The hash in PHC form.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// How often it may still be used.
    pub fn uses_left(&self) -> u32 {
        self.uses_left
    }

    /// The first instant at which it is valid.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The first instant at which it is no longer valid.
    pub fn valid_until(&self) -> Timestamp {
        self.valid_until
    }

    /// Whether it was revoked.
    pub fn is_revoked(&self) -> bool {
        self.revoked
    }

    /// The same code, good until `until` at most.
    #[must_use]
    pub fn ending(self, until: Timestamp) -> Self {
        Self { valid_until: self.valid_until.min(until), ..self }
    }

    /// The same code, never to be accepted again.
    #[must_use]
    pub fn revoked(self) -> Self {
        Self { revoked: true, ..self }
    }
}

/// Why no code was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// No use, or an absurd number.
    #[error("an emergency access code has 1 to 1000 uses")]
    Uses,
    /// It would never be valid.
    #[error("the end of an emergency access code must lie after its beginning")]
    Dates,
    /// The hash function failed.
    #[error("the hash of the code could not be computed")]
    Hash,
}

/// The stored text is no Argon2id hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an Argon2id hash")]
pub struct HashError;

/// The lowest 80 bits in Crockford's base 32.
pub(super) fn spell(bits: u128) -> Zeroizing<String> {
    let character = |position: usize| {
        let index = (bits >> (5 * position)) & 31;
        usize::try_from(index)
            .ok()
            .and_then(|index| ALPHABET.get(index))
            .map_or('0', |byte| char::from(*byte))
    };
    Zeroizing::new((0..LENGTH).rev().map(character).collect())
}

pub(super) fn grouped(plain: &str) -> Secret {
    let mut text = String::with_capacity(LENGTH + LENGTH / 4);
    for (index, c) in plain.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            text.push('-');
        }
        text.push(c);
    }
    Secret::from(text)
}

/// The one spelling of a typed code: the look-alikes O, I and L become what they look like. `None` for what no code can be.
pub(super) fn folded(answer: &Answer) -> Option<Zeroizing<String>> {
    let look_alike = |c: char| match c {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    let plain: Zeroizing<String> = Zeroizing::new(answer.characters().chars().map(look_alike).collect());
    (plain.len() == LENGTH && plain.bytes().all(|b| ALPHABET.contains(&b))).then_some(plain)
}

/// The bare hash with the same cost, under a salt that is kept beside it.
pub(super) fn hash_into(plain: &[u8], salt: &[u8]) -> Option<[u8; 32]> {
    let params = argon2::Params::new(MEMORY_KIB, 1, 1, None).ok()?;
    let engine = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut hash = [0; 32];
    engine.hash_password_into(plain, salt, &mut hash).ok()?;
    Some(hash)
}

fn hash(plain: &[u8], salt: &[u8]) -> Result<String, IssueError> {
    let params = argon2::Params::new(MEMORY_KIB, 1, 1, None).map_err(|_| IssueError::Hash)?;
    let engine = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let hash: PasswordHash = engine.hash_password_with_salt(plain, salt).map_err(|_| IssueError::Hash)?;
    Ok(hash.to_string())
}
