//! Which set of policies is in force, since when, and whether the newest files are worth nothing.
//!
//! **Invariant:** a set comes into force whole and only after the audit log says so; a faulty one changes nothing but what is reported
//! (`tests/it/reload.rs`). What is held keeps the revisions and the requirement it was held by (`approval::Subject`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::audit::{Actor, EventKind};
use crate::base::time::Timestamp;
use crate::policy::PolicySet;
use crate::store::Commit;

use super::{Flows, Unavailable, unavailable};

/// What is known of the set in force and of the newest files.
pub(super) struct Newest(Mutex<PolicyStatus>);

/// The set in force, and what became of the newest files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyStatus {
    /// The revision of the set in force ([`PolicySet::revision`]).
    pub revision: String,
    /// How many policies it has.
    pub policies: usize,
    /// Since when it is in force.
    pub since: Timestamp,
    /// What is wrong with the newest files, when they were refused.
    pub faulty: Option<Faulty>,
}

/// Why the newest files are not in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faulty {
    /// Since when.
    pub since: Timestamp,
    /// The first fault: file, line, column and what is wrong.
    pub first: String,
    /// How many there are.
    pub count: usize,
}

impl Newest {
    pub(super) fn of(set: &PolicySet, now: Timestamp) -> Self {
        Self(Mutex::new(status(set, now)))
    }

    fn lock(&self) -> MutexGuard<'_, PolicyStatus> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flows {
    /// The policies in force.
    pub fn policies(&self) -> Arc<PolicySet> {
        self.0.parts.policies.load_full()
    }

    /// Which set is in force, and what became of the newest files.
    pub fn policy_status(&self) -> PolicyStatus {
        self.0.newest.lock().clone()
    }

    /// Puts a new set of policies in force, and says so in the audit log first. The same set again is only found to be good.
    ///
    /// # Errors
    /// When the log cannot be written; the earlier set stays then.
    pub async fn renew(&self, set: PolicySet) -> Result<Renewed, Unavailable> {
        let status = status(&set, self.now());
        {
            let mut newest = self.0.newest.lock();
            if newest.revision == status.revision {
                newest.faulty = None;
                self.metrics().not_faulty();
                return Ok(Renewed::Same);
            }
        }
        let names: Vec<String> = set.policies().map(|(app, policy)| format!("{app}/{policy}")).collect();
        let event = self
            .event(EventKind::PolicyLoaded, Actor::Gateway)
            .with("revision", &status.revision)
            .with("policies", names.join(" "));
        self.store().commit(Commit::new().record(event)).await.map_err(unavailable)?;
        let mut newest = self.0.newest.lock();
        self.0.parts.policies.store(Arc::new(set));
        *newest = status;
        self.metrics().reloaded();
        Ok(Renewed::New)
    }

    /// The newest files are faulty: the set in force stays, and this is reported.
    pub fn refuse_policies(&self, first: String, count: usize) {
        let since = self.now();
        self.0.newest.lock().faulty = Some(Faulty { since, first, count });
        self.metrics().reload_refused();
    }
}

/// What came of a set that was read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// It is in force now.
    New,
    /// It says what the one in force says.
    Same,
}

fn status(set: &PolicySet, since: Timestamp) -> PolicyStatus {
    PolicyStatus { revision: set.revision(), policies: set.policies().count(), since, faulty: None }
}
