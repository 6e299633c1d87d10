//! What `receipt export` writes: the receipt, the evidence that it names, and the keys of the gateway at that time.
//!
//! One line of JSON: `{"receipt":"<compact JWS>","evidence":["<document>", …],"jwks":{…}}`. A document is a string, so that its bytes
//! are those that were hashed; `evidence` is left out where no factor left any. A receipt alone is read too: its evidence cannot be
//! checked then, and that is said ([`Checked::unseen`]).
//!
//! **Invariant:** one spelling: a file that differs in any byte from what was exported is refused (`tests/it/passkey_receipt.rs`
//! changes each).
//! **Invariant:** all the evidence that the receipt names must be there, in its order, and hold for the receipt's own digest, on the
//! receipt's own portal, in a frame of no other page than the application's; nothing is taken from the file on its own word but the
//! keys, and those only where none are given.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::base::text::visible;
use crate::factors::{Evidence, Factor};
use crate::request::RequestDigest;
use crate::request::digest::sha256;

use super::{Claims, Jwks, ReceiptFault, verify};

/// An exported receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptFile {
    /// The receipt.
    pub receipt: String,
    /// What it is with: `None` for a receipt alone.
    pub with: Option<Attached>,
}

/// What an export attaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// What the factors left, in the order of the receipt.
    pub evidence: Vec<Evidence>,
    /// The keys of the gateway at the time of the export.
    pub jwks: Jwks,
}

/// A receipt that is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What it states.
    pub claims: Claims,
    /// What was checked besides, in words.
    pub evidence: Vec<String>,
    /// How many proofs have evidence that is not in the file and was not checked.
    pub unseen: usize,
}

/// The hash by which a receipt names evidence: `sha-256=:…:` of the document's bytes (the form of RFC 9530 §2).
pub fn hash(evidence: &Evidence) -> String {
    format!("sha-256=:{}:", STANDARD.encode(sha256(evidence.document().as_bytes())))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    receipt: String,
    #[serde(default)]
    evidence: Vec<String>,
    jwks: serde_json::Value,
}

impl ReceiptFile {
    /// Reads an exported file, or a receipt alone. One line feed at its end does not matter.
    ///
    /// # Errors
    /// When it is neither, in every byte.
    pub fn parse(text: &str) -> Result<Self, ReceiptFault> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        if !text.starts_with('{') {
            return Ok(Self { receipt: text.to_owned(), with: None });
        }
        let raw: RawFile = serde_json::from_str(text).map_err(|_| ReceiptFault::File)?;
        let jwks = Jwks::parse(&raw.jwks.to_string())?;
        let evidence = raw.evidence.into_iter().map(Evidence::new).collect();
        let read = Self { receipt: raw.receipt, with: Some(Attached { evidence, jwks }) };
        if read.to_string() == text { Ok(read) } else { Err(ReceiptFault::File) }
    }

    /// Checks everything: the receipt against `trusted` keys, or, without them, against those in the file (then only that nothing was
    /// changed since the export); that it is of the portal at `origin`, where one is given; and all evidence.
    ///
    /// # Errors
    /// With the first thing that does not hold.
    pub fn verify(&self, trusted: Option<&Jwks>, origin: Option<&str>) -> Result<Checked, ReceiptFault> {
        let own = self.with.as_ref().map(|with| &with.jwks);
        let claims = verify(&self.receipt, trusted.or(own).ok_or(ReceiptFault::NoKeys)?)?;
        if origin.is_some_and(|origin| origin != claims.iss) {
            return Err(ReceiptFault::OtherOrigin);
        }
        let named = claims.authenticators.iter().filter_map(|proof| Some((proof, proof.evidence.as_ref()?)));
        let named: Vec<_> = named.collect();
        let Some(with) = &self.with else {
            let unseen = named.len();
            return Ok(Checked { claims, evidence: Vec::new(), unseen });
        };
        if with.evidence.len() != named.len() {
            return Err(ReceiptFault::OtherEvidence);
        }
        let mut words = Vec::new();
        for ((proof, stated), evidence) in named.iter().zip(&with.evidence) {
            if **stated != hash(evidence) {
                return Err(ReceiptFault::OtherEvidence);
            }
            let digest: RequestDigest = claims.digest.parse().map_err(|_| ReceiptFault::Claims)?;
            let factor = Factor::parse(&proof.kind).ok_or(ReceiptFault::Claims)?;
            let seen = evidence.check(factor, digest.as_bytes()).map_err(ReceiptFault::Evidence)?;
            if seen.origin.is_some_and(|origin| origin != claims.iss) {
                return Err(ReceiptFault::EvidenceOrigin);
            }
            words.push(format!("{} {}: {}", proof.kind, proof.id, seen.words));
            if let Some(top) = seen.top {
                if !is_of(&claims.url, &top) {
                    return Err(ReceiptFault::EvidenceFrame);
                }
                words.push(format!("{} {}: in a frame of {}", proof.kind, proof.id, visible(&top, 300)));
            }
        }
        Ok(Checked { claims, evidence: words, unseen: 0 })
    }
}

/// Whether a released URL, which is an origin and a target, is of this origin.
fn is_of(url: &str, origin: &str) -> bool {
    url.strip_prefix(origin).is_some_and(|target| target.starts_with(['/', '*']))
}

impl fmt::Display for ReceiptFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(with) = &self.with else { return f.write_str(&self.receipt) };
        write!(f, r#"{{"receipt":{}"#, serde_json::Value::from(self.receipt.as_str()))?;
        if !with.evidence.is_empty() {
            let documents: Vec<&str> = with.evidence.iter().map(Evidence::document).collect();
            write!(f, r#","evidence":{}"#, serde_json::Value::from(documents))?;
        }
        write!(f, r#","jwks":{}}}"#, with.jwks)
    }
}
