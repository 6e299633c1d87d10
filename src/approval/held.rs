//! Waiting for its proofs. Exits: approved, rejected, cancelled, expired, failed over.
//!
//! **Invariant:** approved only when every step of the requirement is met by a vote: [`Held::record`] is the only
//! maker of an [`Approved`] (but for the store, which restores one), and asks `Requirement::is_met` (tests in `policy::requirement`).

use crate::base::time::Timestamp;
use crate::factors::Factor;

use super::approved::Approved;
use super::forwarding::{Ended, Ending};
use super::subject::Subject;
use super::vote::{Cast, Vote};

/// A request that waits for its proofs.
#[derive(Debug)]
pub struct Held {
    pub(super) subject: Subject,
    votes: Vec<Cast>,
}

/// What a vote led to.
#[must_use]
#[derive(Debug)]
pub enum Progress {
    /// A step is still open.
    StillHeld(Held),
    /// Every step is met.
    Approved(Approved),
}

impl Held {
    /// A newly held request, or one read back from the store with the votes it had.
    pub fn new(subject: Subject, votes: Vec<Cast>) -> Self {
        Self { subject, votes }
    }

    /// What it is about.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The votes so far.
    pub fn votes(&self) -> &[Cast] {
        &self.votes
    }

    /// When it expires.
    pub fn deadline(&self) -> Timestamp {
        self.subject.created_at.plus(self.subject.requirement.hold_for)
    }

    /// The factors of the votes so far, in order: what the requirement is met with.
    pub fn factors(&self) -> Vec<Factor> {
        self.votes.iter().map(|vote| vote.factor).collect()
    }

    /// Counts a vote.
    pub fn record(mut self, vote: Vote, now: Timestamp) -> Progress {
        self.votes.push(vote.into());
        if self.subject.requirement.is_met(&self.factors()) {
            Progress::Approved(Approved::new(self.subject, self.votes, now))
        } else {
            Progress::StillHeld(self)
        }
    }

    /// The requester says it was not him, or refuses with a reason.
    pub fn reject(self, reason: String, now: Timestamp) -> Ended {
        Ended::new(self.subject, self.votes, Ending::Rejected { reason }, now)
    }

    /// The requester takes it back.
    pub fn cancel(self, now: Timestamp) -> Ended {
        Ended::new(self.subject, self.votes, Ending::Cancelled, now)
    }

    pub(super) fn expire(self, at: Timestamp) -> Ended {
        Ended::new(self.subject, self.votes, Ending::Expired, at)
    }

    pub(super) fn fail_over(self, at: Timestamp) -> Ended {
        Ended::new(self.subject, self.votes, Ending::FailedOver, at)
    }
}
