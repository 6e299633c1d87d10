//! Hardware tokens that were imported, by the serial number on their back: in stock until an operator assigns them to a user.
//!
//! **Invariant:** a token counts in one place: here while it is in stock, as an authenticator once it is assigned ([`Place`]); what it has used up goes
//! with it. The serial number stays known, so that a second import of the same file brings no second token with an old counter.

use crate::base::id::{self, Id};
use crate::base::text::{Label, Serial, UserName};
use crate::base::time::Timestamp;
use crate::factors::oath::Digits;
use crate::factors::{Factor, Hotp, Totp};

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
    /// The state of an authenticator that is one; `None` for another kind.
    pub fn of(state: AuthenticatorState) -> Option<Self> {
        if let AuthenticatorState::Totp(totp) = state {
            Some(Self::Totp(totp))
        } else if let AuthenticatorState::Hotp(hotp) = state {
            Some(Self::Hotp(hotp))
        } else {
            None
        }
    }

    /// The factor it is of.
    pub const fn kind(&self) -> Factor {
        match self {
            Self::Totp(_) => Factor::Totp,
            Self::Hotp(_) => Factor::Hotp,
        }
    }

    /// How many digits its codes have.
    pub fn digits(&self) -> Digits {
        match self {
            Self::Totp(totp) => totp.digits(),
            Self::Hotp(hotp) => hotp.digits(),
        }
    }

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
