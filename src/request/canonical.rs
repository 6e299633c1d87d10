//! The canonical request: what is digested, stored, shown and forwarded.
//!
//! **Invariant:** it holds no credential, identity, gateway or hop-by-hop header: [`Canonical::new`] takes only what
//! [`super::normalise`] read. Its bytes and its digest are in `digest`.

use crate::base::net::{Host, Scheme};

use super::normalise::{Head, Method};

/// A request as it will be forwarded, its body by hash and length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canonical {
    pub(super) method: Method,
    pub(super) scheme: Scheme,
    pub(super) host: Host,
    pub(super) target: String,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body_sha256: [u8; 32],
    pub(super) body_length: u64,
}

impl Canonical {
    /// From a head that was read and the SHA-256 and length in bytes of the whole body that came with it.
    pub fn new(head: Head, body_sha256: [u8; 32], body_length: u64) -> Self {
        let Head { method, scheme, host, target, headers, .. } = head;
        Self { method, scheme, host, target, headers, body_sha256, body_length }
    }

    /// The same request with another body: what it hashes to tells whether the body is the one it came with.
    #[must_use]
    pub fn with_body(&self, sha256: [u8; 32], length: u64) -> Self {
        Self { body_sha256: sha256, body_length: length, ..self.clone() }
    }

    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// How the client reached the gateway.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The raw origin-form target.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The end-to-end headers in order, names as received.
    pub fn headers(&self) -> &[(String, Vec<u8>)] {
        &self.headers
    }

    /// SHA-256 of the body; of nothing for an empty one.
    pub fn body_sha256(&self) -> &[u8; 32] {
        &self.body_sha256
    }

    /// Length of the body in bytes.
    pub fn body_length(&self) -> u64 {
        self.body_length
    }
}
