//! Who sends: a token signed with one key of the gateway (VAPID, RFC 8292), which phones subscribe for.
//!
//! **Invariant:** the token is for the endpoint's origin, port included, and for twelve hours at most.
//! **Invariant:** one key for the life of the installation, made once and kept sealed in the store: with another one every subscription
//! would be void.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};

use crate::base::entropy::Entropy;
use crate::base::net::Origin;
use crate::base::secret::Secret;
use crate::base::time::{Span, Timestamp};

const HEADER: &str = r#"{"typ":"JWT","alg":"ES256"}"#;
const GOOD_FOR: Span = Span::from_secs(12 * 3600);

/// The key.
pub struct VapidKey(SigningKey);

/// Not a private key of P-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a private key of P-256")]
pub struct KeyFault;

impl VapidKey {
    /// A new key and the 32 bytes to keep.
    ///
    /// # Errors
    /// Never with a generator that works.
    pub fn generate(entropy: &dyn Entropy) -> Result<(Self, Secret), KeyFault> {
        for _ in 0..10 {
            let seed = Secret::random(32, entropy);
            if let Ok(key) = Self::from_seed(&seed) {
                return Ok((key, seed));
            }
        }
        Err(KeyFault)
    }

    /// The key of kept bytes.
    ///
    /// # Errors
    /// When they are none.
    pub fn from_seed(seed: &Secret) -> Result<Self, KeyFault> {
        seed.expose(SigningKey::from_slice).map(Self).map_err(|_| KeyFault)
    }

    /// The public key: 65 bytes.
    pub fn public(&self) -> Vec<u8> {
        self.0.verifying_key().to_sec1_point(false).as_bytes().to_vec()
    }

    /// The value of `Authorization` for messages to a push service at `origin`.
    pub(super) fn authorization(&self, origin: &Origin, subject: &str, now: Timestamp) -> String {
        let claims = serde_json::json!({
            "aud": origin.to_string(),
            "exp": now.plus(GOOD_FOR).seconds(),
            "sub": subject,
        });
        let signed = format!("{}.{}", BASE64.encode(HEADER), BASE64.encode(claims.to_string()));
        let signature: Signature = self.0.sign(signed.as_bytes());
        format!(
            "vapid t={signed}.{}, k={}",
            BASE64.encode(signature.to_bytes()),
            BASE64.encode(self.public())
        )
    }
}

impl fmt::Debug for VapidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VapidKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SeededEntropy;
    use crate::factors::phone::DeviceKey;

    #[test]
    fn the_token_is_for_the_origin_with_its_port() {
        let (key, seed) = VapidKey::generate(&SeededEntropy::new(1)).unwrap();
        assert_eq!(VapidKey::from_seed(&seed).unwrap().public(), key.public());
        let now = Timestamp::from_millis(1_800_000_000_000);
        let origin: Origin = "https://push.example.net:8443".parse().unwrap();
        let line = key.authorization(&origin, "mailto:ops@example.com", now);
        let (token, public) = line.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        assert_eq!(BASE64.decode(public).unwrap(), key.public());
        let parts: Vec<_> = token.split('.').collect();
        let claims: serde_json::Value = serde_json::from_slice(&BASE64.decode(parts[1]).unwrap()).unwrap();
        assert_eq!(
            claims,
            serde_json::json!({ "aud": "https://push.example.net:8443", "exp": 1_800_043_200, "sub": "mailto:ops@example.com" })
        );
        let signature = BASE64.decode(parts[2]).unwrap().try_into().unwrap();
        let signed = format!("{}.{}", parts[0], parts[1]);
        let public = DeviceKey::parse(&key.public()).unwrap();
        assert!(public.verify(signed.as_bytes(), &signature));
        assert!(!public.verify(b"x", &signature));
        assert_eq!(VapidKey::from_seed(&Secret::from(vec![0; 32])).err(), Some(KeyFault));
    }
}
