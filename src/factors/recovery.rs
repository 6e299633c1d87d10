//! Recovery codes: ten codes on paper for the day when everything else is lost, each used once.
//!
//! **Invariant:** the codes leave this room once, from [`Recovery::issue`]; what is kept is Argon2id hashes (46 MiB, t = 1, p = 1;
//! NIST SP 800-63B-4 §3.1.2) under the random salt of the set, so that judging one answer costs one hash and not ten.
//! **Invariant:** an accepted code's hash is not in the next state: it is never accepted again.
//!
//! Hashing takes tens of milliseconds and 46 MiB: callers run it on a thread that may block, after the attempt was counted.

use zeroize::Zeroizing;

use crate::base::entropy::Entropy;
use crate::base::id::{Authenticator, Id};
use crate::base::secret::{Secret, same};
use crate::base::time::Timestamp;

use super::answer::Answer;
use super::emergency::{folded, grouped, hash_into, spell};
use super::proof::Proof;
use super::{Factor, Refusal, Verdict};

/// How many codes a set has.
pub const SET: usize = 10;

/// What is kept of a set of recovery codes.
#[derive(Debug)]
pub struct Recovery {
    salt: [u8; 16],
    hashes: Vec<[u8; 32]>,
}

impl Recovery {
    /// Makes a set of ten codes of 80 random bits each, e.g. `7QJ4-0ZKM-W1XA-93TC`, and the state that knows only their hashes.
    ///
    /// # Errors
    /// When a hash could not be computed.
    pub fn issue(entropy: &dyn Entropy) -> Result<(Vec<Secret>, Self), HashError> {
        let mut salt = [0u8; 16];
        entropy.fill(&mut salt);
        let (mut codes, mut hashes) = (Vec::with_capacity(SET), Vec::with_capacity(SET));
        for _ in 0..SET {
            let mut random = Zeroizing::new([0u8; 16]);
            entropy.fill(&mut *random);
            let plain = spell(u128::from_be_bytes(*random));
            hashes.push(hash_into(plain.as_bytes(), &salt).ok_or(HashError)?);
            codes.push(grouped(&plain));
        }
        Ok((codes, Self { salt, hashes }))
    }

    /// The state as it was stored.
    pub fn restore(salt: [u8; 16], hashes: Vec<[u8; 32]>) -> Self {
        Self { salt, hashes }
    }

    /// How many codes are left.
    pub fn left(&self) -> usize {
        self.hashes.len()
    }

    /// Judges a code typed at `now` for what has this digest. A refusal changes nothing.
    pub fn verify(
        &self,
        id: Id<Authenticator>,
        now: Timestamp,
        answer: &Answer,
        digest: &[u8; 32],
    ) -> Verdict<Self> {
        let Some(plain) = folded(answer) else {
            return Verdict::Refused(Refusal::Wrong);
        };
        let Some(hash) = hash_into(plain.as_bytes(), &self.salt) else {
            return Verdict::Refused(Refusal::Unusable);
        };
        let rest: Vec<[u8; 32]> = self.hashes.iter().filter(|kept| !same(*kept, &hash)).copied().collect();
        if rest.len() == self.hashes.len() {
            return Verdict::Refused(Refusal::Wrong);
        }
        let next = Self { salt: self.salt, hashes: rest };
        Verdict::Accepted { proof: Proof::new(id, Factor::Recovery, *digest, now, None), next }
    }

    /// The salt of the set.
    pub fn salt(&self) -> &[u8; 16] {
        &self.salt
    }

    /// The hashes of the codes that are left.
    pub fn hashes(&self) -> &[[u8; 32]] {
        &self.hashes
    }
}

/// A hash could not be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the hash of a code could not be computed")]
pub struct HashError;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SeededEntropy;

    #[test]
    fn each_code_counts_once_in_any_spelling() {
        let entropy = SeededEntropy::new(1);
        let now = Timestamp::from_millis(1_800_000_000_000);
        let id = Id::new(now, &entropy);
        let (codes, mut state) = Recovery::issue(&entropy).unwrap();
        assert_eq!((codes.len(), state.left()), (SET, SET));
        let typed = |code: &Secret| code.expose(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let first = typed(&codes[0]);
        assert!(!format!("{state:?}").contains(&first));
        for (spelling, left) in
            [(first.to_lowercase().replace('-', " "), SET - 1), (typed(&codes[9]), SET - 2)]
        {
            match state.verify(id, now, &Answer::parse(&spelling).unwrap(), &[7; 32]) {
                Verdict::Accepted { proof, next } => {
                    assert!(proof.is_for(&[7; 32]) && proof.factor() == Factor::Recovery);
                    assert_eq!(next.left(), left);
                    state = next;
                }
                Verdict::Spent { next } => panic!("{spelling}: {next:?}"),
                Verdict::Refused(why) => panic!("{spelling}: {why}"),
            }
        }
        for wrong in [first.as_str(), "0000-0000-0000-0000", "0000"] {
            let verdict = state.verify(id, now, &Answer::parse(wrong).unwrap(), &[7; 32]);
            assert!(matches!(verdict, Verdict::Refused(Refusal::Wrong)), "{wrong}");
        }
    }
}
