//! Sealing at rest: XChaCha20-Poly1305 under a ring of keys, each envelope bound to the name of what it is.
//!
//! **Invariant:** an envelope opens only under the name it was sealed for, so that no row or body can stand in for another
//! (`an_envelope_is_bound_to_its_name`).
//! **Invariant:** the first key seals, all open; the key's id is in the envelope and authenticated.
//! THREAT: whoever reads the disk, a backup or another record's place in it. Not whoever holds the key file.
//!
//! Envelope: version 1, length of the key id, key id, nonce (24 bytes, random), ciphertext and tag.
//! Used by `record` for rows and by [`blob`](super::blob) for the key of each body.

mod key_file;
mod pieces;

use std::sync::Arc;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};

pub use key_file::{KeyFileError, has_own_key, own_key};
pub(super) use pieces::{PIECE, Pieces, SEALED_PIECE};

use crate::base::entropy::Entropy;
use crate::base::secret::Secret;

const VERSION: u8 = 1;
const DOMAIN: &str = "countersign-seal-v1";
const NONCE: usize = 24;

/// A key that seals, with the id envelopes name it by.
pub struct SealKey {
    id: String,
    key: Secret,
}

impl SealKey {
    /// From base64 (either alphabet, padded or not) of 32 bytes; blanks around it are ignored.
    ///
    /// # Errors
    /// When the id has not 1 to 32 visible ASCII characters or the text is not 32 bytes.
    pub fn parse(id: &str, text: &Secret) -> Result<Self, SealKeyError> {
        if id.is_empty() || id.len() > 32 || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SealKeyError::Id(id.to_owned()));
        }
        let key = text.expose(key_file::decode).ok_or_else(|| SealKeyError::Key(id.to_owned()))?;
        Ok(Self { id: id.to_owned(), key })
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// Why a seal key or a ring of them is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealKeyError {
    /// The id cannot be used.
    #[error("the id `{0}` of a seal key has not 1 to 32 visible ASCII characters")]
    Id(String),
    /// The key is not one.
    #[error("the seal key `{0}` is not 32 bytes in base64")]
    Key(String),
    /// No key at all.
    #[error("there is no seal key")]
    None,
    /// One id for two keys.
    #[error("the seal key id `{0}` is there twice")]
    Twice(String),
}

/// The key ring.
pub struct Seal {
    first: SealKey,
    others: Vec<SealKey>,
    entropy: Arc<dyn Entropy>,
}

impl Seal {
    /// A ring whose first key seals.
    ///
    /// # Errors
    /// When there is no key or two share an id.
    pub fn new(keys: Vec<SealKey>, entropy: Arc<dyn Entropy>) -> Result<Self, SealKeyError> {
        for (index, key) in keys.iter().enumerate() {
            if keys.iter().take(index).any(|other| other.id == key.id) {
                return Err(SealKeyError::Twice(key.id.clone()));
            }
        }
        let mut keys = keys.into_iter();
        let first = keys.next().ok_or(SealKeyError::None)?;
        Ok(Self { first, others: keys.collect(), entropy })
    }

    /// `plain` in an envelope that opens only with the same `aad`: the name of what it is.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "fails only for 256 GiB and more, which no caller can hold"
    )]
    pub fn seal(&self, aad: &str, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        self.entropy.fill(&mut nonce);
        let key = &self.first;
        let sealed = key.key.expose(|bytes| {
            let cipher = XChaCha20Poly1305::new_from_slice(bytes).ok()?;
            cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &bound(&key.id, aad) }).ok()
        });
        let mut out = vec![VERSION, u8::try_from(key.id.len()).unwrap_or(0)];
        out.extend_from_slice(key.id.as_bytes());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed.expect("a key of 32 bytes seals what fits in memory"));
        out
    }

    /// What was sealed under the same `aad`.
    ///
    /// # Errors
    /// When the envelope was made with a key that is not in the ring, or is not what was sealed under that name.
    pub fn open(&self, aad: &str, sealed: &[u8]) -> Result<Secret, OpenError> {
        let (key_id, nonce, ciphertext) = split(sealed).ok_or(OpenError::Damaged)?;
        let key = std::iter::once(&self.first).chain(&self.others).find(|key| key.id.as_bytes() == key_id);
        let key = key.ok_or_else(|| OpenError::UnknownKey(String::from_utf8_lossy(key_id).into_owned()))?;
        let plain = key.key.expose(|bytes| {
            let cipher = XChaCha20Poly1305::new_from_slice(bytes).ok()?;
            cipher.decrypt(&XNonce::from(nonce), Payload { msg: ciphertext, aad: &bound(&key.id, aad) }).ok()
        });
        plain.map(Secret::from).ok_or(OpenError::Damaged)
    }

    /// Fresh random bytes for a key of one body.
    pub(super) fn fresh(&self, length: usize) -> Secret {
        Secret::random(length, &*self.entropy)
    }
}

/// Why an envelope does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Its key is not in the ring.
    #[error("it was sealed with the key `{0}`, which is not configured")]
    UnknownKey(String),
    /// It is not what was sealed under that name.
    #[error("it is damaged or stands in another's place")]
    Damaged,
}

/// What is authenticated beside the content: domain, version, key id and name, each with its length.
fn bound(key_id: &str, aad: &str) -> Vec<u8> {
    let mut out = vec![VERSION];
    for part in [DOMAIN, key_id, aad] {
        out.extend_from_slice(&(part.len() as u64).to_be_bytes());
        out.extend_from_slice(part.as_bytes());
    }
    out
}

fn split(sealed: &[u8]) -> Option<(&[u8], [u8; NONCE], &[u8])> {
    let (&[version, length], rest) = sealed.split_first_chunk()?;
    let (key_id, rest) = rest.split_at_checked(usize::from(length))?;
    let (nonce, ciphertext) = rest.split_first_chunk()?;
    (version == VERSION).then_some((key_id, *nonce, ciphertext))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SeededEntropy;

    fn ring(ids: &[&str]) -> Seal {
        let key = |id: &&str| SealKey {
            id: (*id).to_owned(),
            key: Secret::from(id.repeat(32).into_bytes().into_iter().take(32).collect::<Vec<u8>>()),
        };
        Seal::new(ids.iter().map(key).collect(), Arc::new(SeededEntropy::new(1))).unwrap()
    }

    fn opened(seal: &Seal, aad: &str, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        seal.open(aad, sealed).map(|secret| secret.expose(<[u8]>::to_vec))
    }

    #[test]
    fn an_envelope_is_bound_to_its_name() {
        let seal = ring(&["k1"]);
        let sealed = seal.seal("auth/alice/1", b"seed");
        assert_eq!(opened(&seal, "auth/alice/1", &sealed).unwrap(), b"seed");
        assert_eq!(opened(&seal, "auth/bob/1", &sealed), Err(OpenError::Damaged));
        assert_ne!(seal.seal("auth/alice/1", b"seed"), sealed, "a nonce is never used twice");
    }

    #[test]
    fn every_byte_counts() {
        let seal = ring(&["k1"]);
        let sealed = seal.seal("a", b"seed");
        for index in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[index] ^= 1;
            assert!(seal.open("a", &bent).is_err(), "byte {index}");
            assert!(seal.open("a", &sealed[..index]).is_err(), "cut at {index}");
        }
    }

    #[test]
    fn the_first_key_seals_and_all_open() {
        let old = ring(&["k1"]).seal("a", b"seed");
        let both = ring(&["key2", "k1"]);
        assert_eq!(opened(&both, "a", &old).unwrap(), b"seed");
        let new = both.seal("a", b"seed");
        assert_eq!(opened(&ring(&["k1"]), "a", &new), Err(OpenError::UnknownKey("key2".to_owned())));
        assert!(Seal::new(Vec::new(), Arc::new(SeededEntropy::new(1))).is_err());
    }

    #[test]
    fn a_key_is_32_bytes_of_base64() {
        let parse = |text: &str| SealKey::parse("k1", &Secret::from(text.to_owned()));
        assert!(parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n").is_ok());
        assert!(parse("__________________________________________8").is_ok());
        for bad in [
            "",
            "AAEC",
            "not base64 at all, but 43 characters long!!",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gIQ==",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
