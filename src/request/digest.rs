//! The bytes of a canonical request and their digest, to which every approval is bound.
//!
//! Format 1: the twenty bytes `countersign-request\x01`, then, each preceded by its length in bytes as eight bytes big-endian:
//! method, scheme, host, target; the number of headers (eight bytes), then name and value of each; the 32 bytes of the body's
//! SHA-256; and last the body's length (eight bytes). The digest is the SHA-256 of all of it.
//!
//! **Invariant:** the encoding is injective and [`Canonical::from_bytes`] accepts only what [`Canonical::to_bytes`] made, so two
//! requests that an application could tell apart never share a digest (`request_reading.rs`: `digests_differ_when_any_part_does`).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::base::net::{Host, Scheme};

use super::canonical::Canonical;
use super::normalise::Method;

const FORMAT: &[u8; 20] = b"countersign-request\x01";

/// The SHA-256 of a canonical request's encoding. Written `sha-256=:<base64>:` (RFC 9530 §2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestDigest([u8; 32]);

impl RequestDigest {
    /// The digest of a canonical request.
    pub fn of(canonical: &Canonical) -> Self {
        Self(sha256(&canonical.to_bytes()))
    }

    /// From its 32 bytes, as stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for RequestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha-256=:{}:", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for RequestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not `sha-256=:<base64 of 32 bytes>:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a digest of the form `sha-256=:...:`")]
pub struct ParseDigestError;

impl FromStr for RequestDigest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let inner =
            text.strip_prefix("sha-256=:").and_then(|rest| rest.strip_suffix(':')).ok_or(ParseDigestError)?;
        let bytes = STANDARD.decode(inner).map_err(|_| ParseDigestError)?;
        bytes.try_into().map(Self).map_err(|_| ParseDigestError)
    }
}

/// SHA-256 of bytes in memory.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = BodyHash::default();
    hash.push(bytes);
    hash.finish().0
}

/// The hash and length of a body that comes in pieces.
#[derive(Clone)]
pub struct BodyHash {
    context: ring::digest::Context,
    length: u64,
}

impl Default for BodyHash {
    fn default() -> Self {
        Self { context: ring::digest::Context::new(&ring::digest::SHA256), length: 0 }
    }
}

impl BodyHash {
    /// Takes the next piece.
    pub fn push(&mut self, piece: &[u8]) {
        self.context.update(piece);
        self.length = self.length.saturating_add(piece.len() as u64);
    }

    /// SHA-256 and length in bytes of all pieces.
    pub fn finish(self) -> ([u8; 32], u64) {
        let mut hash = [0; 32];
        hash.iter_mut().zip(self.context.finish().as_ref()).for_each(|(to, from)| *to = *from);
        (hash, self.length)
    }
}

/// Stored bytes are not an encoding of format 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored request is not in a known format")]
pub struct DecodeError;

impl Canonical {
    /// The encoding: what is stored and what is digested.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = FORMAT.to_vec();
        put(&mut out, self.method.as_str().as_bytes());
        put(&mut out, self.scheme.as_str().as_bytes());
        put(&mut out, self.host.to_string().as_bytes());
        put(&mut out, self.target.as_bytes());
        out.extend_from_slice(&(self.headers.len() as u64).to_be_bytes());
        for (name, value) in &self.headers {
            put(&mut out, name.as_bytes());
            put(&mut out, value);
        }
        out.extend_from_slice(&self.body_sha256);
        out.extend_from_slice(&self.body_length.to_be_bytes());
        out
    }

    /// Reads back what [`Canonical::to_bytes`] made.
    ///
    /// # Errors
    /// When the bytes are anything else, also with something after them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut rest = Rest(bytes.strip_prefix(FORMAT).ok_or(DecodeError)?);
        let method = Method::from_bytes(rest.part()?).ok_or(DecodeError)?;
        let scheme = match rest.part()? {
            b"http" => Scheme::Http,
            b"https" => Scheme::Https,
            _ => return Err(DecodeError),
        };
        let host: Host = rest.text()?.parse().map_err(|_| DecodeError)?;
        let target = rest.text()?.to_owned();
        let count = rest.number()?;
        let mut headers = Vec::new();
        for _ in 0..count {
            let name = rest.text()?.to_owned();
            headers.push((name, rest.part()?.to_vec()));
        }
        let body_sha256 = rest.take(32)?.try_into().map_err(|_| DecodeError)?;
        let body_length = rest.number()?;
        let canonical = Self { method, scheme, host, target, headers, body_sha256, body_length };
        if rest.0.is_empty() && canonical.to_bytes() == bytes { Ok(canonical) } else { Err(DecodeError) }
    }

    /// The digest to which an approval of this request is bound.
    pub fn digest(&self) -> RequestDigest {
        RequestDigest::of(self)
    }
}

fn put(out: &mut Vec<u8>, part: &[u8]) {
    out.extend_from_slice(&(part.len() as u64).to_be_bytes());
    out.extend_from_slice(part);
}

struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (part, rest) = self.0.split_at_checked(length).ok_or(DecodeError)?;
        self.0 = rest;
        Ok(part)
    }

    fn number(&mut self) -> Result<u64, DecodeError> {
        self.take(8)?.try_into().map(u64::from_be_bytes).map_err(|_| DecodeError)
    }

    fn part(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = usize::try_from(self.number()?).map_err(|_| DecodeError)?;
        self.take(length)
    }

    fn text(&mut self) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(self.part()?).map_err(|_| DecodeError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_written_and_read() {
        let digest = RequestDigest::from_bytes(sha256(b""));
        assert_eq!(digest.to_string(), "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        for bad in
            ["", "sha-256=::", "sha-512=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", "sha-256=:AAAA:"]
        {
            assert!(bad.parse::<RequestDigest>().is_err(), "{bad}");
        }
    }
}
