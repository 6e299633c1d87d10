//! The only holder of secrets, and the only comparison of them.
//!
//! **Invariant:** [`Secret`] has no `Debug` content, `Display`, `Serialize` or `PartialEq`; it is wiped when dropped.
//! ```compile_fail
//! let secret = countersign::base::secret::Secret::from("seed".to_owned());
//! println!("{secret}");
//! ```
//! ```compile_fail
//! let secret = countersign::base::secret::Secret::from("seed".to_owned());
//! serde_json::to_string(&secret);
//! ```

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::entropy::Entropy;

/// Bytes or text that must appear in no log, page, error or file in clear.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// `length` fresh random bytes.
    pub fn random(length: usize, entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new(vec![0; length]);
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// The only door: what is inside, for as long as `use_it` runs.
    pub fn expose<R>(&self, use_it: impl FnOnce(&[u8]) -> R) -> R {
        use_it(&self.0)
    }

    /// A second holder of the same secret, where one must be kept and one handed on.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }

    /// Whether two secrets are the same, in time that depends on their lengths only.
    pub fn same(&self, other: &[u8]) -> bool {
        same(&self.0, other)
    }

    /// A key for one purpose, derived from this secret: HMAC-SHA-256 over `label` (32 bytes).
    #[must_use]
    pub fn derive(&self, label: &str) -> Self {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &self.0);
        Self(Zeroizing::new(ring::hmac::sign(&key, label.as_bytes()).as_ref().to_vec()))
    }

    /// A printable credential for one purpose, derived from this secret: base64url without padding, 43 characters.
    pub fn credential(&self, label: &str) -> String {
        self.derive(label).expose(|bytes| URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text.into_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Compares in time that depends on the lengths only.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// The SHA-256 of `parts`, each preceded by its length, under a domain name. What is stored instead of a credential.
pub fn fingerprint(domain: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    for part in std::iter::once(domain.as_bytes()).chain(parts.iter().copied()) {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    out
}

/// Whether `credential` is what `stored` is the [`fingerprint`] of, in constant time.
pub fn proves(domain: &str, credential: &str, stored: &[u8; 32]) -> bool {
    same(&fingerprint(domain, &[credential.as_bytes()]), stored)
}

/// 32 random bytes, printed as base64url (43 characters).
pub fn random_credential(entropy: &dyn Entropy) -> String {
    Secret::random(32, entropy).expose(|bytes| URL_SAFE_NO_PAD.encode(bytes))
}
