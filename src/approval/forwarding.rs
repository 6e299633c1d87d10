//! Released and being sent, and the ends. `forwarding` is durable before the first byte leaves; there is no way back from it.
//!
//! **Invariant:** [`Ended`] has no exits.
//! **Invariant:** whoever sends it says again and again that it is alive ([`Lease`]); when it has not for a while, the outcome is unknown, and
//! nobody sends it again.

use crate::base::id::{Blob, Id, Node};
use crate::base::time::Timestamp;
use crate::policy::success::Answer;

use super::subject::Subject;
use super::vote::Cast;

/// Who sends a request, and until when that is believed without another word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The gateway.
    pub node: Id<Node>,
    /// When it is over.
    pub until: Timestamp,
}

/// A request that has been released.
#[derive(Debug)]
pub struct Forwarding {
    pub(super) subject: Subject,
    votes: Vec<Cast>,
    approved_at: Timestamp,
    released_at: Timestamp,
    receipt: String,
    lease: Option<Lease>,
}

impl Forwarding {
    /// One read back from the store. Records of earlier versions have no lease.
    pub fn restored(
        subject: Subject,
        votes: Vec<Cast>,
        approved_at: Timestamp,
        released_at: Timestamp,
        receipt: String,
        lease: Option<Lease>,
    ) -> Self {
        Self { subject, votes, approved_at, released_at, receipt, lease }
    }

    /// Who sends it, and until when that is believed.
    pub fn lease(&self) -> Option<Lease> {
        self.lease
    }

    /// Whether whoever sends it should have been heard of.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.lease.is_none_or(|lease| lease.until <= now)
    }

    /// The same, `lease` having been renewed.
    #[must_use]
    pub fn leased(self, lease: Lease) -> Self {
        Self { lease: Some(lease), ..self }
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

    /// When it was released.
    pub fn released_at(&self) -> Timestamp {
        self.released_at
    }

    /// The signed receipt that went with it.
    pub fn receipt(&self) -> &str {
        &self.receipt
    }

    /// The application has answered, with this `Location` if any. `kept` is the beginning of its answer, at most 1 MiB.
    pub fn deliver(
        self,
        status: u16,
        location: Option<&str>,
        kept: Option<Id<Blob>>,
        now: Timestamp,
    ) -> Ended {
        let receipt = self.receipt;
        let asked = format!("{}{}", self.subject.origin, self.subject.canonical.target());
        let answer = Answer { status, location, asked: &asked };
        let reception = match self.subject.expected.met(&answer) {
            None => Reception::NotAsked,
            Some(true) => Reception::Taken,
            Some(false) => Reception::Refused { leads_to: answer.leads_to().map(String::from) },
        };
        Ended::new(self.subject, self.votes, Ending::Delivered { status, reception, kept, receipt }, now)
    }

    /// It cannot be known whether the application carried it out.
    pub fn lose(self, now: Timestamp) -> Ended {
        let receipt = self.receipt;
        Ended::new(self.subject, self.votes, Ending::OutcomeUnknown { receipt }, now)
    }

    /// Not one byte reached the application.
    pub fn fail(self, now: Timestamp) -> Ended {
        Ended::new(self.subject, self.votes, Ending::FailedBeforeSend, now)
    }
}

/// What the answer of an application tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reception {
    /// No policy says which answers do.
    #[default]
    NotAsked,
    /// It carried the request out.
    Taken,
    /// It did not, as far as its policies can tell.
    Refused {
        /// The URL that its answer leads to.
        leads_to: Option<String>,
    },
}

/// How a held request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The application has answered.
    Delivered {
        /// Its status code.
        status: u16,
        /// Whether it took the request.
        reception: Reception,
        /// The beginning of its answer.
        kept: Option<Id<Blob>>,
        /// The signed receipt that went with the request.
        receipt: String,
    },
    /// Released, and it cannot be known what became of it.
    OutcomeUnknown {
        /// The signed receipt that went with the request.
        receipt: String,
    },
    /// Released, but nothing was sent.
    FailedBeforeSend,
    /// Refused by its requester.
    Rejected {
        /// Why: `not_me`, or the requester's words.
        reason: String,
    },
    /// Taken back by its requester.
    Cancelled,
    /// Its time ran out.
    Expired,
    /// The store failed over while it waited: what is known of it may be too old.
    FailedOver,
}

/// A request that is over.
#[derive(Debug)]
pub struct Ended {
    pub(super) subject: Subject,
    votes: Vec<Cast>,
    ending: Ending,
    ended_at: Timestamp,
}

impl Ended {
    pub(super) fn new(subject: Subject, votes: Vec<Cast>, ending: Ending, ended_at: Timestamp) -> Self {
        Self { subject, votes, ending, ended_at }
    }

    /// One read back from the store.
    pub fn restored(subject: Subject, votes: Vec<Cast>, ending: Ending, ended_at: Timestamp) -> Self {
        Self::new(subject, votes, ending, ended_at)
    }

    /// What it was about.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The votes it had.
    pub fn votes(&self) -> &[Cast] {
        &self.votes
    }

    /// How it ended.
    pub fn ending(&self) -> &Ending {
        &self.ending
    }

    /// When it ended.
    pub fn ended_at(&self) -> Timestamp {
        self.ended_at
    }
}
