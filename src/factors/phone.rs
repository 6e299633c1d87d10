//! The phone authenticator: a key that never leaves a phone signs one decision about one request, and what the phone showed.
//!
//! The way: [`Asked::new`] makes a question with a number that only the requesting screen shows. The phone shows [`Asked::shown`], its
//! user types the number, and the key signs [`statement`]. [`Phone::verify`] judges it; [`Evidence`] lets anybody check it later.
//!
//! **Invariant:** the signature covers the request's digest, the bytes that the phone showed, the number and the decision, each of a
//! fixed length behind a domain name, so no two decisions share a statement (`every_part_is_signed` in `evidence.rs`).
//! **Invariant:** no plain approve: without the six digits there is no proof (NIST SP 800-63B-4 §3.1.3; `only_the_whole_answer_counts`).
//! THREAT: a signature of ECDSA can be turned into a second valid one by anybody: its bytes are never used to recognise a replay.

pub mod call;
pub mod evidence;
pub mod key;
pub mod pace;

use std::fmt;

use crate::base::entropy::Entropy;
use crate::base::id::{Authenticator, Challenge, Id};
use crate::base::secret::{fingerprint, same};
use crate::base::text::Label;
use crate::base::time::Timestamp;

use super::answer::Answer;
use super::proof::Proof;
use super::{Factor, Refusal, Verdict};

pub use evidence::{Evidence, EvidenceFault};
pub use key::{DeviceKey, KeyError, SIGNATURE};
pub use pace::Pace;

const DOMAIN: &[u8] = b"countersign-phone-v1";
const NUMBER: &str = "countersign-phone-number-v1";
/// Digits of the number (NIST SP 800-63B-4 §3.1.3.2: at least six).
pub const DIGITS: usize = 6;
/// Stands where a rejection has no number.
const NO_NUMBER: &str = "------";

/// The state of one paired phone.
#[derive(Debug)]
pub struct Phone {
    /// Its public key.
    pub key: DeviceKey,
    /// What the phone called itself when it was paired.
    pub device: Label,
    /// Where it can be woken; `None` when it only asks by itself.
    pub subscription: Option<Subscription>,
}

/// Where a push service takes messages for one phone (RFC 8030), and the keys they are encrypted for (RFC 8291).
#[derive(Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The push resource; a capability, so it is kept sealed and shown to nobody.
    pub endpoint: String,
    /// The phone's public key for messages.
    pub p256dh: DeviceKey,
    /// The authentication secret that the phone shares with us.
    pub auth: [u8; 16],
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription(..)")
    }
}

/// The longest address of a push resource that is taken.
const LONGEST_ENDPOINT: usize = 1024;

impl Subscription {
    /// Checks what a phone states. Whether the endpoint's host may be spoken to is for whoever speaks to it.
    ///
    /// # Errors
    /// When the address is not plain or a key is not one.
    pub fn parse(endpoint: &str, p256dh: &[u8], auth: &[u8]) -> Result<Self, KeyError> {
        let plain =
            endpoint.len() <= LONGEST_ENDPOINT && endpoint.bytes().all(|byte| byte.is_ascii_graphic());
        let auth = auth.try_into().map_err(|_| KeyError)?;
        if !plain {
            return Err(KeyError);
        }
        Ok(Self { endpoint: endpoint.to_owned(), p256dh: DeviceKey::parse(p256dh)?, auth })
    }
}

/// One question to a phone, kept sealed until it is answered.
pub struct Asked {
    /// Makes the statement fresh.
    pub nonce: [u8; 32],
    /// The fingerprint of the number; the number itself is on the requesting screen and nowhere else.
    pub number: [u8; 32],
    /// What the phone shows, as the very bytes it was sent.
    pub shown: String,
    /// What the phone has answered, where the requesting screen has to fetch it: in the own account, whose session it is for.
    pub given: Option<Given>,
}

/// A phone's approval, kept until the requesting screen fetches it. Nothing is judged before.
pub struct Given {
    /// What was typed: six digits.
    pub number: String,
    /// The signature.
    pub signature: [u8; SIGNATURE],
}

impl Given {
    /// The approval as it was given to that challenge.
    pub fn signed(self, challenge: Id<Challenge>) -> Signed {
        let (number, decision) = (Answer::parse(&self.number).ok(), Decision::Approve);
        Signed { challenge, number, decision, signature: self.signature }
    }
}

impl Asked {
    /// A new question and its number.
    pub fn new(shown: String, entropy: &dyn Entropy) -> (Self, String) {
        let (mut nonce, mut random) = ([0; 32], [0; 8]);
        entropy.fill(&mut nonce);
        entropy.fill(&mut random);
        // 64 bits over a million: no number is noticeably likelier than another.
        let number = format!("{:06}", u64::from_be_bytes(random) % 1_000_000);
        (Self { nonce, number: number_fingerprint(&nonce, &number), shown, given: None }, number)
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asked(..)")
    }
}

/// What the person at the phone decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is mine and I want it.
    Approve,
    /// It is not mine, or not wanted.
    Reject,
}

impl Decision {
    const fn byte(self) -> u8 {
        match self {
            Self::Approve => b'A',
            Self::Reject => b'R',
        }
    }
}

/// What the phone says.
#[derive(Debug)]
pub struct Signed {
    /// Which question is answered.
    pub challenge: Id<Challenge>,
    /// What was typed; `None` for a rejection.
    pub number: Option<Answer>,
    /// The decision.
    pub decision: Decision,
    /// r and s, as `WebCrypto` gives them.
    pub signature: [u8; SIGNATURE],
}

impl Signed {
    /// The approval, to be kept; `None` for what is none or has no six digits.
    pub fn given(&self) -> Option<Given> {
        let number = self.number.as_ref().and_then(|typed| typed.digits(DIGITS))?;
        let approved = self.decision == Decision::Approve;
        approved.then(|| Given { number: number.to_owned(), signature: self.signature })
    }
}

impl Phone {
    /// Judges an approval given at `now` for the request with this digest. A refusal changes nothing.
    pub fn verify(
        &self,
        id: Id<Authenticator>,
        now: Timestamp,
        signed: &Signed,
        asked: &Asked,
        digest: &[u8; 32],
    ) -> Verdict<Self> {
        let number = signed.number.as_ref().and_then(|typed| typed.digits(DIGITS)).unwrap_or(NO_NUMBER);
        // Both are always judged: which of them failed is not to be measured.
        let typed = same(&number_fingerprint(&asked.nonce, number), &asked.number);
        let genuine = self.is_signed(signed, number, asked, digest);
        if signed.decision != Decision::Approve || !(typed & genuine) {
            return Verdict::Refused(Refusal::Wrong);
        }
        let evidence = Evidence {
            key: self.key.clone(),
            challenge: signed.challenge,
            nonce: asked.nonce,
            number: number.to_owned(),
            shown: asked.shown.clone(),
            signature: signed.signature,
        };
        let proof = Proof::new(id, Factor::Push, *digest, now, Some(evidence.document()));
        Verdict::Accepted { proof, next: self.same() }
    }

    /// Whether this is the phone's own rejection of that question. No number is asked for: who doubts must not have to copy one.
    pub fn rejects(&self, signed: &Signed, asked: &Asked, digest: &[u8; 32]) -> bool {
        signed.decision == Decision::Reject && self.is_signed(signed, NO_NUMBER, asked, digest)
    }

    fn is_signed(&self, signed: &Signed, number: &str, asked: &Asked, digest: &[u8; 32]) -> bool {
        let statement =
            statement(signed.challenge, &asked.nonce, digest, &asked.shown, number, signed.decision);
        self.key.verify(&statement, &signed.signature)
    }

    fn same(&self) -> Self {
        Self { key: self.key.clone(), device: self.device.clone(), subscription: self.subscription.clone() }
    }
}

/// The bytes that are signed: domain, challenge (31 characters), nonce, digest, SHA-256 of what was shown, number (6 characters), decision.
pub fn statement(
    challenge: Id<Challenge>,
    nonce: &[u8; 32],
    digest: &[u8; 32],
    shown: &str,
    number: &str,
    decision: Decision,
) -> Vec<u8> {
    let shown = ring::digest::digest(&ring::digest::SHA256, shown.as_bytes());
    let challenge = challenge.to_string();
    [DOMAIN, challenge.as_bytes(), nonce, digest, shown.as_ref(), number.as_bytes(), &[decision.byte()]]
        .concat()
}

fn number_fingerprint(nonce: &[u8; 32], number: &str) -> [u8; 32] {
    fingerprint(NUMBER, &[nonce, number.as_bytes()])
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Signer as _;

    use super::*;
    use crate::base::entropy::SeededEntropy;

    const DIGEST: [u8; 32] = [7; 32];
    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    struct Device(p256::ecdsa::SigningKey);

    impl Device {
        fn new(seed: u8) -> Self {
            Self(p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap())
        }

        fn phone(&self) -> Phone {
            let key = DeviceKey::parse(self.0.verifying_key().to_sec1_point(false).as_bytes()).unwrap();
            Phone { key, device: Label::parse("Pixel").unwrap(), subscription: None }
        }

        fn sign(&self, statement: &[u8]) -> [u8; SIGNATURE] {
            let signature: p256::ecdsa::Signature = self.0.sign(statement);
            signature.to_bytes().into()
        }
    }

    fn ids() -> (Id<Authenticator>, Id<Challenge>) {
        (Id::new(NOW, &SeededEntropy::new(1)), Id::new(NOW, &SeededEntropy::new(2)))
    }

    fn signed(device: &Device, asked: &Asked, digest: &[u8; 32], number: &str, decision: Decision) -> Signed {
        let challenge = ids().1;
        let bytes = statement(challenge, &asked.nonce, digest, &asked.shown, number, decision);
        Signed { challenge, number: Answer::parse(number).ok(), decision, signature: device.sign(&bytes) }
    }

    #[test]
    fn only_the_whole_answer_counts() {
        let (device, other) = (Device::new(1), Device::new(2));
        let (phone, id) = (device.phone(), ids().0);
        let (asked, number) = Asked::new(r#"{"app":"bank"}"#.to_owned(), &SeededEntropy::new(3));
        let right = |answer: &Signed, asked: &Asked, digest: &[u8; 32]| {
            matches!(phone.verify(id, NOW, answer, asked, digest), Verdict::Accepted { .. })
        };
        let good = signed(&device, &asked, &DIGEST, &number, Decision::Approve);
        assert!(right(&good, &asked, &DIGEST));
        let wrong = format!("{:06}", (number.parse::<u32>().unwrap() + 1) % 1_000_000);
        for (why, answer) in [
            ("another number", signed(&device, &asked, &DIGEST, &wrong, Decision::Approve)),
            (
                "no number",
                Signed { number: None, ..signed(&device, &asked, &DIGEST, &number, Decision::Approve) },
            ),
            ("no number, signed so", signed(&device, &asked, &DIGEST, "------", Decision::Approve)),
            ("five digits", signed(&device, &asked, &DIGEST, number.get(..5).unwrap(), Decision::Approve)),
            ("a rejection", signed(&device, &asked, &DIGEST, &number, Decision::Reject)),
            ("another key", signed(&other, &asked, &DIGEST, &number, Decision::Approve)),
            (
                "another challenge",
                Signed {
                    challenge: Id::new(NOW, &SeededEntropy::new(9)),
                    ..signed(&device, &asked, &DIGEST, &number, Decision::Approve)
                },
            ),
            ("another request", signed(&device, &asked, &[8; 32], &number, Decision::Approve)),
        ] {
            assert!(!right(&answer, &asked, &DIGEST), "{why}");
        }
        let (later, same_number) =
            (Asked { nonce: [9; 32], number: number_fingerprint(&[9; 32], &number), ..asked }, number);
        assert!(
            !right(&good, &later, &DIGEST),
            "an answer to an earlier question, by chance of the same number {same_number}"
        );
    }

    #[test]
    fn a_rejection_is_the_phones_own() {
        let (device, other) = (Device::new(1), Device::new(2));
        let (asked, number) = Asked::new("{}".to_owned(), &SeededEntropy::new(3));
        let no = signed(&device, &asked, &DIGEST, NO_NUMBER, Decision::Reject);
        assert!(device.phone().rejects(&no, &asked, &DIGEST));
        for answer in [
            signed(&other, &asked, &DIGEST, NO_NUMBER, Decision::Reject),
            signed(&device, &asked, &[8; 32], NO_NUMBER, Decision::Reject),
            signed(&device, &asked, &DIGEST, &number, Decision::Approve),
        ] {
            assert!(!device.phone().rejects(&answer, &asked, &DIGEST));
        }
    }

    #[test]
    fn a_subscription_is_checked() {
        let key = Device::new(1).phone().key;
        let parse =
            |endpoint: &str, key: &[u8], auth: &[u8]| Subscription::parse(endpoint, key, auth).is_ok();
        assert!(parse("https://push.example/x", key.as_bytes(), &[1; 16]));
        assert!(!parse("https://push.example/x y", key.as_bytes(), &[1; 16]));
        assert!(!parse(&format!("https://push.example/{}", "x".repeat(1024)), key.as_bytes(), &[1; 16]));
        assert!(!parse("https://push.example/x", &[4; 65], &[1; 16]));
        assert!(!parse("https://push.example/x", key.as_bytes(), &[1; 15]));
    }
}
