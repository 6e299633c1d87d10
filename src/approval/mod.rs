//! Floor 1: the life of a held request. One struct for each state, its legal exits by value; the enum is only what is stored.
//!
//! ```text
//! Held ──vote──▶ Approved ──release──▶ Forwarding ──▶ Delivered
//!  │ │             │ │                   ├──▶ OutcomeUnknown
//!  │ └▶ Expired ◀──┘ └▶ Cancelled        └──▶ FailedBeforeSend
//!  └▶ Rejected, Cancelled, FailedOver
//! ```
//!
//! **Invariant:** a stored approval can only be read with the time and the store's epoch ([`Undated::as_of`]): one past its deadline is [`Ended`]
//! as expired, and one that was made before the store failed over is void (`tests/it/epoch.rs`).
//! **Invariant:** an end state has no exits; [`permit::ReleasePermit`] is made only by [`Approved::release`].
//! The flows call this; nothing here does I/O or reads a clock.

pub mod approved;
pub mod forwarding;
pub mod grant;
pub mod held;
pub mod permit;
pub mod subject;
pub mod vote;

pub use approved::Approved;
pub use forwarding::{Ended, Ending, Forwarding, Lease, Reception};
pub use grant::{Grant, Granted, Promise, Served};
pub use held::{Held, Progress};
pub use permit::ReleasePermit;
pub use subject::{Creator, Handoff, PromptKey, Subject};
pub use vote::{CastError, Vote};

use crate::base::epoch::Epoch;
use crate::base::time::Timestamp;

/// The stored sum of states.
#[derive(Debug)]
pub enum Approval {
    /// Waiting for its proofs.
    Held(Held),
    /// Decided, waiting to be released.
    Approved(Approved),
    /// Released: being sent.
    Forwarding(Forwarding),
    /// Over.
    Ended(Ended),
}

impl Approval {
    /// What never changes about it, and what ties it to its browser.
    pub fn subject(&self) -> &Subject {
        match self {
            Self::Held(state) => state.subject(),
            Self::Approved(state) => state.subject(),
            Self::Forwarding(state) => state.subject(),
            Self::Ended(state) => state.subject(),
        }
    }

    /// The same, to spend a handoff or to tie a prompt; allowed in every state and no way to change the state.
    pub fn subject_mut(&mut self) -> &mut Subject {
        match self {
            Self::Held(state) => &mut state.subject,
            Self::Approved(state) => &mut state.subject,
            Self::Forwarding(state) => &mut state.subject,
            Self::Ended(state) => &mut state.subject,
        }
    }

    /// When this state ends by itself; `None` when it does not.
    pub fn deadline(&self) -> Option<Timestamp> {
        match self {
            Self::Held(state) => Some(state.deadline()),
            Self::Approved(state) => Some(state.release_by()),
            Self::Forwarding(_) | Self::Ended(_) => None,
        }
    }
}

/// An approval as it lies in the store: of no use until it is read with the time and the store's epoch.
#[derive(Debug)]
pub struct Undated(Approval);

impl Undated {
    /// Wraps what the store held.
    pub fn new(stored: Approval) -> Self {
        Self(stored)
    }

    /// Whether it waits for something, as it was stored.
    pub fn is_open(&self) -> bool {
        matches!(self.0, Approval::Held(_) | Approval::Approved(_))
    }

    /// The state at `now`: a deadline that has passed has ended the request, whatever was stored, and so has an epoch that is over. What is
    /// being sent is being sent.
    pub fn as_of(self, now: Timestamp, epoch: Epoch) -> Approval {
        let (deadline, made_in) = (self.0.deadline(), self.0.subject().epoch);
        let failed_over = (made_in != epoch.number()).then(|| epoch.since().unwrap_or(now));
        match (self.0, deadline, failed_over) {
            (Approval::Held(state), Some(at), since) if at <= since.unwrap_or(now) => {
                Approval::Ended(state.expire(at))
            }
            (Approval::Approved(state), Some(at), since) if at <= since.unwrap_or(now) => {
                Approval::Ended(state.expire(at))
            }
            (Approval::Held(state), _, Some(since)) => Approval::Ended(state.fail_over(since)),
            (Approval::Approved(state), _, Some(since)) => Approval::Ended(state.fail_over(since)),
            (other, _, _) => other,
        }
    }
}
