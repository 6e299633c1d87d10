//! A phone is being paired: a code on the requesting screen, a key that claims it, and a number that shows both are in one person's hands.
//!
//! The code alone does not pair. Whoever photographs the QR code and is faster gets as far as the number, which appears on the requesting
//! screen only, after the claim: it has to be typed on the phone that claimed, and one wrong number ends the pairing. The user whose
//! screen was photographed sees the name of a phone that is not his, and his own phone told that the code is used.
//!
//! **Invariant:** each step leads forward once: a code is claimed once, confirmed or void, never open again (`each_step_is_taken_once`).

use crate::base::id::{self, Id};
use crate::base::secret::{fingerprint, same};
use crate::base::text::{Label, UserName};
use crate::base::time::{Span, Timestamp};
use crate::factors::phone::DeviceKey;

/// How long a code is good for (NIST SP 800-63B-4 §4.1.2: at most ten minutes).
pub const GOOD_FOR: Span = Span::from_secs(600);
/// Random bytes of a code: 128 bits.
pub const CODE_BYTES: usize = 16;

const CODE: &str = "countersign-pairing-v1";

/// At whose screen a pairing was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The user's, in the own account.
    User,
    /// An operator's, who vouches for the user.
    Operator,
}

/// A phone that is being paired with a user.
#[derive(Debug)]
pub struct Pairing {
    /// Where it was begun.
    pub screen: Screen,
    /// With whom.
    pub user: UserName,
    /// From when on nothing leads forward any more.
    pub expires_at: Timestamp,
    /// How far it is.
    pub state: PairingState,
}

/// How far a pairing is.
pub enum PairingState {
    /// Nobody has claimed the code yet.
    Open,
    /// A phone has; its user must type the number.
    Claimed {
        /// Its key.
        key: DeviceKey,
        /// What it calls itself.
        device: Label,
        /// Six digits, on the requesting screen.
        number: String,
    },
    /// Done.
    Paired {
        /// What was enrolled.
        authenticator: Id<id::Authenticator>,
        /// What the phone calls itself.
        device: Label,
    },
    /// A wrong number was typed, or the user took it back.
    Void,
}

impl std::fmt::Debug for PairingState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Open => "Open",
            Self::Claimed { .. } => "Claimed",
            Self::Paired { .. } => "Paired",
            Self::Void => "Void",
        })
    }
}

/// What a phone that confirms leads to.
#[derive(Debug)]
pub enum Confirmed {
    /// The number was right: this is to be enrolled.
    Right {
        /// The phone's key.
        key: DeviceKey,
        /// What it calls itself.
        device: Label,
    },
    /// It was wrong: the pairing is void.
    Wrong,
}

impl Pairing {
    /// A new one for `user`.
    pub fn new(user: UserName, screen: Screen, now: Timestamp) -> Self {
        Self { screen, user, expires_at: now.plus(GOOD_FOR), state: PairingState::Open }
    }

    /// Whether a step may still be taken.
    pub fn runs(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// A phone claims it; `None` when it is not open (any more).
    #[must_use]
    pub fn claim(self, key: DeviceKey, device: Label, number: String, now: Timestamp) -> Option<Self> {
        match self.state {
            PairingState::Open if now < self.expires_at => {
                Some(Self { state: PairingState::Claimed { key, device, number }, ..self })
            }
            _ => None,
        }
    }

    /// What the number leads to that was typed on the phone; `None` when none is waited for.
    pub fn confirm(&self, typed: &str, now: Timestamp) -> Option<Confirmed> {
        match &self.state {
            PairingState::Claimed { key, device, number } if now < self.expires_at => {
                Some(if same(number.as_bytes(), typed.as_bytes()) {
                    Confirmed::Right { key: key.clone(), device: device.clone() }
                } else {
                    Confirmed::Wrong
                })
            }
            _ => None,
        }
    }

    /// The key that has claimed it.
    pub fn claimant(&self) -> Option<&DeviceKey> {
        match &self.state {
            PairingState::Claimed { key, .. } => Some(key),
            PairingState::Open | PairingState::Paired { .. } | PairingState::Void => None,
        }
    }
}

/// What is stored of a code.
pub fn code_fingerprint(code: &str) -> [u8; 32] {
    fingerprint(CODE, &[code.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn claim(pairing: Pairing, now: Timestamp) -> Option<Pairing> {
        // A point of the curve: the key of RFC 8291 §5.
        let text = b"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        let key = DeviceKey::parse(&data_encoding::BASE64URL_NOPAD.decode(text).unwrap()).unwrap();
        pairing.claim(key, Label::parse("Pixel").unwrap(), "042917".to_owned(), now)
    }

    #[test]
    fn each_step_is_taken_once() {
        let new = || Pairing::new(UserName::parse("alice").unwrap(), Screen::User, T0);
        let end = T0.plus(GOOD_FOR);
        assert!(new().confirm("042917", T0).is_none(), "nobody has claimed it");
        assert!(claim(new(), end).is_none(), "too late");
        let claimed = claim(new(), T0).unwrap();
        assert!(matches!(claimed.confirm("042917", T0), Some(Confirmed::Right { .. })));
        assert!(matches!(claimed.confirm("042918", T0), Some(Confirmed::Wrong)));
        assert!(claimed.confirm("042917", end).is_none());
        assert!(claim(claimed, T0).is_none(), "claimed twice");
        assert!(claim(Pairing { state: PairingState::Void, ..new() }, T0).is_none());
    }

    #[test]
    fn it_does_not_show_its_number() {
        assert!(
            !format!("{:?}", claim(Pairing::new(UserName::parse("alice").unwrap(), Screen::User, T0), T0))
                .contains("042917")
        );
    }
}
