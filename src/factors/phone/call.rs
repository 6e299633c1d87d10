//! What a phone signs besides decisions: its calls to the portal, and the two steps of its pairing.
//!
//! **Invariant:** a call names origin, method, target, time and the hash of its body, so that it can be neither bent nor sent elsewhere
//! or later (`a_call_is_good_for_itself_only`). Within [`WINDOW`] a copy of a call does what the call did: those that decide are about a
//! challenge that ends with its first answer, the others may be made twice.
//! **Invariant:** every statement begins with a domain of its own: none can stand for another, or for a decision.

use crate::base::net::Origin;
use crate::base::time::{Span, Timestamp};

use super::key::{DeviceKey, SIGNATURE};

/// How far a phone's clock may be from ours.
pub const WINDOW: Span = Span::from_secs(120);

/// One call of a paired phone, as it arrived.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The portal.
    pub origin: &'a Origin,
    /// `GET` or `POST`.
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// When the phone says it made the call.
    pub at: Timestamp,
    /// The body.
    pub body: &'a [u8],
}

/// Why a call is not taken for the phone's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallFault {
    /// The phone's clock is off, or the call is old.
    #[error("the call is not of this time")]
    Clock,
    /// It is not signed by the phone's key.
    #[error("the call is not signed by this phone")]
    Signature,
}

impl Call<'_> {
    /// Whether `key` made this call about now.
    ///
    /// # Errors
    /// When it did not. The clock is only blamed for a call that is the phone's.
    pub fn judge(
        &self,
        key: &DeviceKey,
        signature: &[u8; SIGNATURE],
        now: Timestamp,
    ) -> Result<(), CallFault> {
        if !key.verify(&self.statement(), signature) {
            return Err(CallFault::Signature);
        }
        let off = now.millis().abs_diff(self.at.millis());
        if off <= WINDOW.millis().unsigned_abs() { Ok(()) } else { Err(CallFault::Clock) }
    }

    /// The bytes that are signed.
    pub fn statement(&self) -> Vec<u8> {
        let Self { origin, method, target, at, body } = self;
        let body = data_encoding::HEXLOWER.encode(ring::digest::digest(&ring::digest::SHA256, body).as_ref());
        format!("countersign-device-v1\n{origin}\n{method}\n{target}\n{}\n{body}", at.millis()).into_bytes()
    }
}

/// What a phone signs to claim a pairing code: that it has the key.
pub fn claim(origin: &Origin, code: &str, device: &str) -> Vec<u8> {
    format!("countersign-pair-v1\n{origin}\n{code}\n{device}").into_bytes()
}

/// What a phone signs to confirm it: that its user saw the number on the requesting screen.
pub fn confirmation(origin: &Origin, code: &str, number: &str) -> Vec<u8> {
    format!("countersign-pair-confirm-v1\n{origin}\n{code}\n{number}").into_bytes()
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Signer as _;

    use super::*;

    #[test]
    fn a_call_is_good_for_itself_only() {
        let key = p256::ecdsa::SigningKey::from_slice(&[1; 32]).unwrap();
        let public = DeviceKey::parse(key.verifying_key().to_sec1_point(false).as_bytes()).unwrap();
        let (origin, elsewhere): (Origin, Origin) =
            ("https://approve.example".parse().unwrap(), "https://approve.evil".parse().unwrap());
        let at = Timestamp::from_millis(1_800_000_000_000);
        let call = Call { origin: &origin, method: "POST", target: "/phone/api/answer", at, body: b"{}" };
        let signature: p256::ecdsa::Signature = key.sign(&call.statement());
        let signature: [u8; SIGNATURE] = signature.to_bytes().into();
        let after = |seconds: i64| Timestamp::from_millis(at.millis() + seconds * 1000);
        for (seconds, expected) in [
            (0, Ok(())),
            (120, Ok(())),
            (-120, Ok(())),
            (121, Err(CallFault::Clock)),
            (-121, Err(CallFault::Clock)),
        ] {
            assert_eq!(call.judge(&public, &signature, after(seconds)), expected, "{seconds}");
        }
        for (part, bent) in [
            ("origin", Call { origin: &elsewhere, ..call }),
            ("method", Call { method: "GET", ..call }),
            ("target", Call { target: "/phone/api/unpair", ..call }),
            ("time", Call { at: after(1), ..call }),
            ("body", Call { body: b"{ }", ..call }),
        ] {
            assert_eq!(bent.judge(&public, &signature, at), Err(CallFault::Signature), "{part}");
        }
    }
}
