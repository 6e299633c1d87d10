//! What a third party can check later: that a phone's key signed the approval of one request, and what the phone showed.
//!
//! **Invariant:** evidence does not vouch for its own key: a checker compares [`Evidence::key`] with what it knows of the user. What is
//! signed is every part (`every_part_is_signed`).
//! **Invariant:** one document: a member that is missing, double or unknown is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use crate::base::id::{Challenge, Id};
use crate::factors::proof;

use super::key::{DeviceKey, SIGNATURE};
use super::{DIGITS, Decision, statement};

/// The name of this kind of evidence, in its document.
pub const KIND: &str = "phone";

/// A signed approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The phone's public key.
    pub key: DeviceKey,
    /// The challenge.
    pub challenge: Id<Challenge>,
    /// What made the statement fresh.
    pub nonce: [u8; 32],
    /// The number that was typed; worth nothing after its one use.
    pub number: String,
    /// What the phone showed.
    pub shown: String,
    /// The signature, r and s.
    pub signature: [u8; SIGNATURE],
}

/// Why evidence shows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceFault {
    /// It is not the document of a phone's approval.
    #[error("this is not the evidence of a phone")]
    Document,
    /// The key did not sign the approval of that request.
    #[error("the phone's signature is not one of its key over this request")]
    Signature,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    kind: String,
    key: String,
    challenge: Id<Challenge>,
    nonce: String,
    number: String,
    shown: String,
    signature: String,
}

impl Evidence {
    /// Whether the key signed the approval of the request with this digest.
    ///
    /// # Errors
    /// When it did not.
    pub fn verify(&self, digest: &[u8; 32]) -> Result<(), EvidenceFault> {
        let whole = self.number.len() == DIGITS && self.number.bytes().all(|byte| byte.is_ascii_digit());
        let statement =
            statement(self.challenge, &self.nonce, digest, &self.shown, &self.number, Decision::Approve);
        let good = whole && self.key.verify(&statement, &self.signature);
        if good { Ok(()) } else { Err(EvidenceFault::Signature) }
    }

    /// The fingerprint of the key, to compare with what is known of the user: SHA-256 of its bytes, the first 16 digits.
    pub fn name(&self) -> String {
        let print = ring::digest::digest(&ring::digest::SHA256, self.key.as_bytes());
        data_encoding::HEXLOWER.encode(print.as_ref()).chars().take(16).collect()
    }

    /// As it is kept and exported.
    pub fn document(&self) -> proof::Evidence {
        let document = Document {
            kind: KIND.to_owned(),
            key: BASE64.encode(self.key.as_bytes()),
            challenge: self.challenge,
            nonce: BASE64.encode(self.nonce),
            number: self.number.clone(),
            shown: self.shown.clone(),
            signature: BASE64.encode(self.signature),
        };
        // A struct of texts has no way to fail; an empty document would not be read.
        proof::Evidence::new(serde_json::to_string(&document).unwrap_or_default())
    }

    /// From such a document.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(document: &str) -> Result<Self, EvidenceFault> {
        let read: Document = serde_json::from_str(document).map_err(|_| EvidenceFault::Document)?;
        let bytes = |text: &str| BASE64.decode(text).map_err(|_| EvidenceFault::Document);
        if read.kind != KIND {
            return Err(EvidenceFault::Document);
        }
        Ok(Self {
            key: DeviceKey::parse(&bytes(&read.key)?).map_err(|_| EvidenceFault::Document)?,
            challenge: read.challenge,
            nonce: bytes(&read.nonce)?.try_into().map_err(|_| EvidenceFault::Document)?,
            number: read.number,
            shown: read.shown,
            signature: bytes(&read.signature)?.try_into().map_err(|_| EvidenceFault::Document)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Signer as _;

    use super::*;
    use crate::base::entropy::SeededEntropy;
    use crate::base::time::Timestamp;

    const DIGEST: [u8; 32] = [7; 32];

    fn key(seed: u8) -> (p256::ecdsa::SigningKey, DeviceKey) {
        let key = p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap();
        let public = DeviceKey::parse(key.verifying_key().to_sec1_point(false).as_bytes()).unwrap();
        (key, public)
    }

    fn evidence() -> Evidence {
        let (private, key) = key(1);
        let challenge = Id::new(Timestamp::from_millis(1_800_000_000_000), &SeededEntropy::new(1));
        let (nonce, number, shown) =
            ([3; 32], "042917".to_owned(), r#"{"fields":[["To","DE89"]]}"#.to_owned());
        let statement = statement(challenge, &nonce, &DIGEST, &shown, &number, Decision::Approve);
        let signature: p256::ecdsa::Signature = private.sign(&statement);
        Evidence { key, challenge, nonce, number, shown, signature: signature.to_bytes().into() }
    }

    #[test]
    fn every_part_is_signed() {
        let good = evidence();
        assert_eq!(good.verify(&DIGEST), Ok(()));
        assert_eq!(good.verify(&[8; 32]), Err(EvidenceFault::Signature));
        let mut bent = good.signature;
        bent[40] ^= 1;
        let other = Id::new(Timestamp::from_millis(1_800_000_000_001), &SeededEntropy::new(1));
        for (part, edited) in [
            ("key", Evidence { key: key(2).1, ..good.clone() }),
            ("challenge", Evidence { challenge: other, ..good.clone() }),
            ("nonce", Evidence { nonce: [1; 32], ..good.clone() }),
            ("number", Evidence { number: "042918".to_owned(), ..good.clone() }),
            ("no number", Evidence { number: "------".to_owned(), ..good.clone() }),
            ("shown", Evidence { shown: r#"{"fields":[["To","DE88"]]}"#.to_owned(), ..good.clone() }),
            ("signature", Evidence { signature: bent, ..good.clone() }),
        ] {
            assert_eq!(edited.verify(&DIGEST), Err(EvidenceFault::Signature), "{part}");
        }
    }

    #[test]
    fn a_document_is_read_back() {
        let good = evidence();
        let document = good.document().document().to_owned();
        assert_eq!(Evidence::parse(&document), Ok(good));
        for bad in [
            document.replace("\"phone\"", "\"passkey\""),
            document.replace("\"number\"", "\"digits\""),
            document.replace("{\"kind\"", "{\"kind\":\"phone\",\"kind\""),
            document.replace("042917\"", "042917\",\"more\":\"\""),
            String::new(),
        ] {
            assert_eq!(Evidence::parse(&bad), Err(EvidenceFault::Document), "{bad}");
        }
    }
}
