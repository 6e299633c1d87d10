//! A body sealed piece by piece under a key of its own (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár):
//! ChaCha20-Poly1305 (RFC 8439), the nonce is the piece's index and whether it is the last. By ring: bodies are megabytes.
//!
//! **Invariant:** a key seals one body and no index twice, so no nonce repeats; a piece opens only at its own place in its own
//! body, and only the last one ends it (`tests/it/store_contract.rs` bends every region).

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

use crate::base::secret::Secret;

/// Bytes of content in a piece; only the last may have fewer.
pub(in crate::store) const PIECE: usize = 64 * 1024;

/// The same piece with its tag.
pub(in crate::store) const SEALED_PIECE: usize = PIECE + 16;

/// The key of one body, and the name it is bound to.
pub(in crate::store) struct Pieces {
    key: LessSafeKey,
    name: String,
}

impl Pieces {
    /// With a key that is used for this body only; `None` when it has not 32 bytes.
    pub(in crate::store) fn new(key: &Secret, name: String) -> Option<Self> {
        let key = key.expose(|key| UnboundKey::new(&CHACHA20_POLY1305, key)).ok()?;
        Some(Self { key: LessSafeKey::new(key), name })
    }

    /// Seals the piece where it lies and puts the tag behind; `None` when it cannot be.
    pub(in crate::store) fn seal(&self, index: u64, last: bool, piece: &mut Vec<u8>) -> Option<()> {
        self.key.seal_in_place_append_tag(nonce(index, last), Aad::from(self.name.as_bytes()), piece).ok()
    }

    /// Opens the piece where it lies; `None` when it is not the one of this place.
    pub(in crate::store) fn open(&self, index: u64, last: bool, piece: &mut Vec<u8>) -> Option<()> {
        let aad = Aad::from(self.name.as_bytes());
        let length = self.key.open_in_place(nonce(index, last), aad, piece).ok()?.len();
        piece.truncate(length);
        Some(())
    }
}

fn nonce(index: u64, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    for (to, from) in nonce.iter_mut().zip([u8::from(last), 0, 0, 0].into_iter().chain(index.to_be_bytes())) {
        *to = from;
    }
    Nonce::assume_unique_for_key(nonce)
}
