//! A body sealed piece by piece under a key of its own (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár):
//! the nonce is the piece's index and whether it is the last.
//!
//! **Invariant:** a key seals one body and no index twice, so no nonce repeats; a piece opens only at its own place in its own
//! body, and only the last one ends it (`tests/it/store_contract.rs` bends every region).

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, Nonce};

use crate::base::secret::Secret;

/// Bytes of content in a piece; only the last may have fewer.
pub(in crate::store) const PIECE: usize = 64 * 1024;

/// The same piece with its tag.
pub(in crate::store) const SEALED_PIECE: usize = PIECE + 16;

/// The key of one body, and the name it is bound to.
pub(in crate::store) struct Pieces {
    key: Secret,
    name: String,
}

impl Pieces {
    /// With a key of 32 bytes that is used for this body only.
    pub(in crate::store) fn new(key: Secret, name: String) -> Self {
        Self { key, name }
    }

    /// The piece with its tag; `None` only when the key is not one.
    pub(in crate::store) fn seal(&self, index: u64, last: bool, plain: &[u8]) -> Option<Vec<u8>> {
        let payload = Payload { msg: plain, aad: self.name.as_bytes() };
        self.key.expose(|key| {
            ChaCha20Poly1305::new_from_slice(key).ok()?.encrypt(&nonce(index, last), payload).ok()
        })
    }

    /// The content of the piece; `None` when it is not the one of this place.
    pub(in crate::store) fn open(&self, index: u64, last: bool, sealed: &[u8]) -> Option<Vec<u8>> {
        let payload = Payload { msg: sealed, aad: self.name.as_bytes() };
        self.key.expose(|key| {
            ChaCha20Poly1305::new_from_slice(key).ok()?.decrypt(&nonce(index, last), payload).ok()
        })
    }
}

fn nonce(index: u64, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    for (to, from) in nonce.iter_mut().zip([u8::from(last), 0, 0, 0].into_iter().chain(index.to_be_bytes())) {
        *to = from;
    }
    Nonce::from(nonce)
}
