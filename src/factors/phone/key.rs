//! The public half of a phone's key: a point of P-256, and what its signatures are checked with.
//!
//! **Invariant:** a [`DeviceKey`] is a point on the curve in its one uncompressed spelling (`only_points_are_keys`).

use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};

/// Bytes of a signature: r and s.
pub const SIGNATURE: usize = 64;
/// Bytes of a key: `04`, x and y (SEC 1 §2.3.3), as `WebCrypto` exports it with `raw`.
const LENGTH: usize = 65;

/// A public key of ECDSA or ECDH on P-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceKey([u8; LENGTH]);

/// Not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a public key of P-256 in its uncompressed form")]
pub struct KeyError;

impl DeviceKey {
    /// Checks and wraps 65 bytes.
    ///
    /// # Errors
    /// When they are no uncompressed point of the curve.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        let key: [u8; LENGTH] = bytes.try_into().map_err(|_| KeyError)?;
        VerifyingKey::from_sec1_bytes(&key).map_err(|_| KeyError)?;
        Ok(Self(key))
    }

    /// The 65 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether `signature` (r and s) is this key's over SHA-256 of `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8; SIGNATURE]) -> bool {
        match (VerifyingKey::from_sec1_bytes(&self.0), Signature::from_slice(signature)) {
            (Ok(key), Ok(signature)) => key.verify(message, &signature).is_ok(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_points_are_keys() {
        let key = p256::ecdsa::SigningKey::from_slice(&[1; 32]).unwrap();
        let point = key.verifying_key().to_sec1_point(false);
        let good = point.as_bytes();
        assert_eq!(DeviceKey::parse(good).unwrap().as_bytes(), good);
        let mut off = good.to_vec();
        off[64] ^= 1;
        let compressed = key.verifying_key().to_sec1_point(true);
        for bad in [&off[..], compressed.as_bytes(), &good[..64], &[0], &[0; 65], &[]] {
            assert_eq!(DeviceKey::parse(bad), Err(KeyError));
        }
    }

    #[test]
    fn nothing_but_a_signature_verifies() {
        use p256::ecdsa::signature::Signer as _;
        let key = p256::ecdsa::SigningKey::from_slice(&[1; 32]).unwrap();
        let public = DeviceKey::parse(key.verifying_key().to_sec1_point(false).as_bytes()).unwrap();
        let signature: Signature = key.sign(b"message");
        let bytes: [u8; SIGNATURE] = signature.to_bytes().into();
        assert!(public.verify(b"message", &bytes));
        assert!(!public.verify(b"massage", &bytes));
        assert!(!public.verify(b"message", &[0; SIGNATURE]));
        assert!(!public.verify(b"message", &[255; SIGNATURE]));
    }
}
