//! Decided, waiting to be released. Exits: released, rejected, cancelled, expired, failed over.

use crate::base::id::{self, Id};
use crate::base::time::Timestamp;
use crate::request::RequestDigest;

use super::forwarding::{Ended, Ending, Forwarding, Lease};
use super::grant::Grant;
use super::permit::ReleasePermit;
use super::subject::Subject;
use super::vote::Cast;

/// A request whose requirement is met.
#[derive(Debug)]
pub struct Approved {
    pub(super) subject: Subject,
    votes: Vec<Cast>,
    approved_at: Timestamp,
}

/// Why it was not released. The approval is handed back untouched.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The stored request does not hash to the digest that was approved.
    #[error("the stored request is not the one that was approved")]
    OtherRequest(Box<Approved>),
}

impl Approved {
    pub(super) fn new(subject: Subject, votes: Vec<Cast>, approved_at: Timestamp) -> Self {
        Self { subject, votes, approved_at }
    }

    /// One read back from the store.
    pub fn restored(subject: Subject, votes: Vec<Cast>, approved_at: Timestamp) -> Self {
        Self::new(subject, votes, approved_at)
    }

    /// What it is about.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// By what it was approved.
    pub fn votes(&self) -> &[Cast] {
        &self.votes
    }

    /// When it was approved.
    pub fn approved_at(&self) -> Timestamp {
        self.approved_at
    }

    /// Until when it may be released.
    pub fn release_by(&self) -> Timestamp {
        self.approved_at.plus(self.subject.requirement.release_within)
    }

    /// The grants that come of it, for the commit that records the approval; `id` makes their ids, `epoch` is the requester's now.
    pub fn grants(&self, epoch: u64, mut id: impl FnMut() -> Id<id::Grant>) -> Vec<Grant> {
        let promises = self.subject.promises.iter().cloned();
        promises.map(|promise| Grant::new(id(), self.subject.id, promise, self.approved_at, epoch)).collect()
    }

    /// The release: the state to commit, and the permit to hand on once it is durable. `seen` is the digest of what was read back
    /// from the store and is about to be sent; `lease` says who sends it.
    ///
    /// # Errors
    /// When `seen` is not what was approved.
    pub fn release(
        self,
        seen: &RequestDigest,
        receipt: String,
        lease: Lease,
        now: Timestamp,
    ) -> Result<(Forwarding, ReleasePermit), ReleaseError> {
        if *seen != self.subject.digest {
            return Err(ReleaseError::OtherRequest(Box::new(self)));
        }
        let permit = ReleasePermit::new(self.subject.id, self.subject.digest);
        let forwarding =
            Forwarding::restored(self.subject, self.votes, self.approved_at, now, receipt, Some(lease));
        Ok((forwarding, permit))
    }

    /// The requester changes his or her mind.
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
