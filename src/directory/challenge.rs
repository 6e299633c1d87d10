//! A challenge that was begun for one authenticator, and waits for its answer: a code that was sent, a ceremony, a question to a phone.
//!
//! **Invariant:** it counts for one user, one authenticator and one digest ([`Challenge::is_for`]), until it expires. A single-use one is
//! gone with the first attempt (`flow::attempt`).

use crate::base::id::{self, Id};
use crate::base::secret::same;
use crate::base::text::UserName;
use crate::base::time::Timestamp;
use crate::factors::Pending;

/// What waits for an answer.
#[derive(Debug)]
pub struct Challenge {
    /// Its id; no secret.
    pub id: Id<id::Challenge>,
    /// Who is asked.
    pub user: UserName,
    /// With which authenticator.
    pub authenticator: Id<id::Authenticator>,
    /// For what.
    pub about: About,
    /// The digest of that: what a proof will be given for.
    pub digest: [u8; 32],
    /// What the factor remembers.
    pub pending: Pending,
    /// When it was begun.
    pub created_at: Timestamp,
    /// From when on no answer is taken.
    pub expires_at: Timestamp,
}

impl Challenge {
    /// Whether it may be answered at `now` by this user's authenticator for what has this digest.
    pub fn is_for(
        &self,
        user: &UserName,
        authenticator: Id<id::Authenticator>,
        digest: &[u8; 32],
        now: Timestamp,
    ) -> bool {
        self.user == *user
            && self.authenticator == authenticator
            && same(&self.digest, digest)
            && now < self.expires_at
    }
}

/// What somebody proves himself for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// To have a held request carried out.
    Held(Id<id::Held>),
    /// For his own account.
    Account(Purpose),
}

impl About {
    /// Whether a proof of it takes an authenticator that counts already ([`super::Authenticator::counts`]): it carries something out, or
    /// allows changes. To sign in and look, a new one will do.
    pub const fn needs_counting(self) -> bool {
        match self {
            Self::Held(_) | Self::Account(Purpose::Change) => true,
            Self::Account(Purpose::SignIn | Purpose::Test | Purpose::Resync) => false,
        }
    }
}

/// What in one's own account a proof is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To sign in.
    SignIn,
    /// To change something.
    Change,
    /// To see whether the authenticator works; allows nothing.
    Test,
    /// To find the clock or counter of the authenticator again; allows nothing else.
    Resync,
}

impl Purpose {
    const ALL: [Self; 4] = [Self::SignIn, Self::Change, Self::Test, Self::Resync];

    /// The stable name, as written in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Change => "change",
            Self::Test => "test",
            Self::Resync => "resync",
        }
    }

    /// The purpose of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == name)
    }
}
