//! Floor 1: how a person proves it. One file per factor, the arithmetic that replays share, and the ledger of attempts.
//!
//! The way through: what was given becomes one [`Response`]; [`throttle::Ledger::reserve`] counts the attempt; a factor's `verify`
//! gives a [`Verdict`] on it, with what the server remembers of the challenge ([`Pending`]) where the factor has one; an accepted one
//! carries the [`Proof`] and the factor's next state, which the caller commits together.
//!
//! **Invariant:** nothing here reads a clock or a generator; a refused answer never changes a factor's state (it is borrowed).
//! **Invariant:** a [`Proof`] is made only in this room (its constructor is private to it; doctests in `proof.rs`).

pub mod answer;
pub mod emergency;
pub mod hotp;
pub mod message;
pub mod oath;
pub mod passkey;
pub mod password;
pub mod phone;
pub mod proof;
pub mod rate;
pub mod recovery;
pub mod throttle;
pub mod totp;

pub use answer::Answer;
pub use emergency::Emergency;
pub use hotp::Hotp;
pub use passkey::Passkey;
pub use phone::Phone;
pub use proof::{Evidence, Proof};
pub use recovery::Recovery;
pub use totp::Totp;

use std::fmt;
use std::str::FromStr;

/// A kind of authenticator, and what a policy asks for. The list is closed: a policy that names another is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Factor {
    /// FIDO2 with user verification.
    Passkey,
    /// The product's own phone authenticator.
    Push,
    /// Time-based one-time password (RFC 6238).
    Totp,
    /// Counter-based one-time password (RFC 4226).
    Hotp,
    /// A code by e-mail.
    Email,
    /// A code by text message.
    Sms,
    /// An emergency access code, limited by uses and dates.
    Emergency,
    /// A recovery code: of a set on paper, each used once.
    Recovery,
}

impl Factor {
    /// Every factor, strongest first: the order in which they are offered.
    pub const ALL: [Self; 8] = [
        Self::Passkey,
        Self::Push,
        Self::Totp,
        Self::Hotp,
        Self::Email,
        Self::Sms,
        Self::Emergency,
        Self::Recovery,
    ];

    /// The stable name, as written in policies, rows and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Push => "push",
            Self::Totp => "totp",
            Self::Hotp => "hotp",
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Emergency => "emergency",
            Self::Recovery => "recovery",
        }
    }

    /// Whether users can have an authenticator of this kind in this version.
    pub const fn can_be_enrolled(self) -> bool {
        match self {
            Self::Passkey
            | Self::Push
            | Self::Totp
            | Self::Hotp
            | Self::Email
            | Self::Sms
            | Self::Emergency
            | Self::Recovery => true,
        }
    }

    /// Whether it counts where a policy does not say what does. Codes for the day when everything else is lost must be named.
    pub const fn is_usual(self) -> bool {
        !matches!(self, Self::Recovery)
    }

    /// The factor of that name; `None` for any other text.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.as_str() == name)
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of `passkey`, `push`, `totp`, `hotp`, `email`, `sms`, `emergency`, `recovery`")]
pub struct UnknownFactor;

impl FromStr for Factor {
    type Err = UnknownFactor;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::parse(name).ok_or(UnknownFactor)
    }
}

/// What a person gave as an answer.
#[derive(Debug)]
pub enum Response {
    /// A typed code.
    Code(Answer),
    /// Two codes that one authenticator showed one after the other, to find its clock or counter again.
    Consecutive([Answer; 2]),
    /// A passkey's assertion.
    Passkey(passkey::Assertion),
    /// A phone's signed decision.
    Phone(phone::Signed),
    /// Something that no factor can read: wrong, and counted.
    Unreadable,
}

impl Response {
    /// A code as it was typed.
    pub fn typed(code: &str) -> Self {
        Answer::parse(code).map_or(Self::Unreadable, Self::Code)
    }

    /// Two consecutive codes as they were typed.
    pub fn consecutive(first: &str, second: &str) -> Self {
        match (Answer::parse(first), Answer::parse(second)) {
            (Ok(first), Ok(second)) => Self::Consecutive([first, second]),
            (Err(_), _) | (_, Err(_)) => Self::Unreadable,
        }
    }

    /// A passkey's assertion, in the JSON of a browser.
    pub fn assertion(json: &str) -> Self {
        passkey::Assertion::parse(json).map_or(Self::Unreadable, Self::Passkey)
    }
}

/// What the server remembers of a challenge until it is answered. Sealed in the store; never sent as it is.
#[derive(Debug)]
pub enum Pending {
    /// A question to a passkey.
    Passkey(passkey::Ceremony),
    /// A code was sent.
    Code(message::Sent),
    /// A question to a phone.
    Phone(phone::Asked),
}

impl Pending {
    /// Whether it is gone with the first attempt, whatever comes of it; otherwise with the right one.
    pub fn is_single_use(&self) -> bool {
        match self {
            Self::Passkey(_) => true,
            // Guesses are bounded by the budget; mistyping must not cost another message.
            Self::Code(_) => false,
            // A number may be mistyped: the budget counts, and the right answer takes the challenge away.
            Self::Phone(_) => false,
        }
    }
}

/// What a factor says to one answer. `S` is the state that must be stored with whatever the proof is used for.
#[derive(Debug)]
#[must_use = "an accepted answer is worth nothing until its next state is committed"]
pub enum Verdict<S> {
    /// It is right, and this is the evidence.
    Accepted {
        /// The evidence, for one request.
        proof: Proof,
        /// The state after it; to be committed with the proof's use, or neither.
        next: S,
    },
    /// It is right, and may have been used before the store lost that: no evidence of anything. The next one counts.
    Spent {
        /// The state after it; to be committed.
        next: S,
    },
    /// It is not accepted; the state stays as it is.
    Refused(Refusal),
}

impl<S> Verdict<S> {
    /// The same verdict about a larger state.
    pub fn map<T>(self, wrap: impl FnOnce(S) -> T) -> Verdict<T> {
        match self {
            Self::Accepted { proof, next } => Verdict::Accepted { proof, next: wrap(next) },
            Self::Spent { next } => Verdict::Spent { next: wrap(next) },
            Self::Refused(refusal) => Verdict::Refused(refusal),
        }
    }
}

/// Why an answer is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not the code.
    #[error("the code is wrong")]
    Wrong,
    /// It was the code, and has been used, or a later one has.
    #[error("the code has been used: wait for the next one")]
    Used,
    /// It is the code of a clock that has drifted too far from ours.
    #[error("the clock of this authenticator has drifted too far: it must be synchronised again")]
    Drifted,
    /// It was the code, and whether it has been used is lost.
    #[error("the code may have been used before the store failed over: it is spent, and the next one counts")]
    Doubtful,
    /// An assertion does not hold.
    #[error("the passkey's answer does not hold: {0}")]
    Passkey(passkey::Fault),
    /// A phone's evidence does not hold.
    #[error("the phone's answer does not hold: {0}")]
    Phone(phone::EvidenceFault),
    /// The authenticator is revoked, spent, expired or not valid yet.
    #[error("this authenticator cannot be used now")]
    Unusable,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for factor in Factor::ALL {
            assert_eq!(Factor::parse(factor.as_str()), Some(factor));
        }
        assert_eq!(Factor::parse("TOTP"), None);
        assert_eq!(Factor::parse(""), None);
    }
}
