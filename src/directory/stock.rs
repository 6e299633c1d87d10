//! Hardware tokens that were imported, by the serial number on their back: in stock until an operator assigns them to a user.
//!
//! **Invariant:** the seed is in one place: here while it is in stock, with the [`Authenticator`] once it is assigned ([`Place`]). The serial number
//! stays known, so that a second import of the same file brings no second token with an old counter.

use crate::base::id::{self, Id};
use crate::base::text::{Label, Serial, UserName};
use crate::base::time::Timestamp;
use crate::factors::{Hotp, Totp};

use super::authenticator::AuthenticatorState;

/// One hardware token.
#[derive(Debug)]
pub struct HardwareToken {
    /// The number on its back.
    pub serial: Serial,
    /// What the file called it, e.g. the model.
    pub label: Option<Label>,
    /// When it was imported.
    pub imported_at: Timestamp,
    /// Where it is.
    pub place: Place,
}

/// Where a hardware token is.
#[derive(Debug)]
pub enum Place {
    /// With the operator, with its state.
    InStock(Otp),
    /// With a user, as this authenticator.
    Assigned {
        /// Whose it is.
        user: UserName,
        /// The authenticator that has its state now.
        authenticator: Id<id::Authenticator>,
    },
}

/// The state of a one-time password generator that nobody has yet.
#[derive(Debug)]
pub enum Otp {
    /// By time.
    Totp(Totp),
    /// By counter.
    Hotp(Hotp),
}

impl Otp {
    /// Whether it may never be used again.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        match self {
            Self::Totp(totp) => totp.validity().has_ended(now),
            Self::Hotp(hotp) => hotp.validity().has_ended(now),
        }
    }
}

impl From<Otp> for AuthenticatorState {
    fn from(otp: Otp) -> Self {
        match otp {
            Otp::Totp(totp) => Self::Totp(totp),
            Otp::Hotp(hotp) => Self::Hotp(hotp),
        }
    }
}
