//! Released and being sent, and the ends. `forwarding` is durable before the first byte leaves; there is no way back from it.
//!
//! **Invariant:** [`Ended`] has no exits.

use crate::base::id::{Blob, Id};
use crate::base::time::Timestamp;
use crate::policy::success::Answer;

use super::subject::Subject;
use super::vote::Cast;

/// A request that has been released.
#[derive(Debug)]
pub struct Forwarding {
    pub(super) subject: Subject,
    votes: Vec<Cast>,
    approved_at: Timestamp,
    released_at: Timestamp,
    receipt: String,
}

impl Forwarding {
    pub(super) fn new(
        subject: Subject,
        votes: Vec<Cast>,
        approved_at: Timestamp,
        released_at: Timestamp,
        receipt: String,
    ) -> Self {
        Self { subject, votes, approved_at, released_at, receipt }
    }

    /// One read back from the store.
    pub fn restored(
        subject: Subject,
        votes: Vec<Cast>,
        approved_at: Timestamp,
        released_at: Timestamp,
        receipt: String,
    ) -> Self {
        Self::new(subject, votes, approved_at, released_at, receipt)
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
