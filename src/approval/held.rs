//! Waiting for its proofs. Exits: approved, rejected, cancelled, expired.
//!
//! **Invariant:** approved only when every step of the requirement is met by a vote (`tests/it/approval_model.rs`).

use crate::base::time::Timestamp;

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

    /// For each step of the requirement, whether a vote meets it. One vote may meet several self-approval steps.
    pub fn steps_met(&self) -> Vec<bool> {
        let steps = &self.subject.requirement.steps;
        steps.iter().map(|step| self.votes.iter().any(|vote| step.accepts(vote.factor))).collect()
    }

    /// Counts a vote.
    pub fn record(mut self, vote: Vote, now: Timestamp) -> Progress {
        self.votes.push(vote.into());
        let met = self.steps_met();
        // A requirement without steps is never met: nothing was proved.
        if !met.is_empty() && met.iter().all(|step| *step) {
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
}
