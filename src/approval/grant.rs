//! A grant: what one approval leaves behind for the same user, session, policy and values (`remember`). One approval is not a grant; a
//! policy has to ask for it.
//!
//! [`Approved::grants`](super::Approved::grants) makes the grants of an approval, [`Grant::serves`] says whether one is for what is asked
//! now, and [`Granted`] is the evidence that every policy of a ruling is served.
//!
//! **Invariant:** a grant serves only its own policy in its own revision, only what has its fingerprint, only before its end, and never
//! once its user's epoch has moved on. It cannot be extended: it has no way to change.
//! **Invariant:** [`Granted`] is made only of a [`Served`] for each policy, that only of a [`Grant`]; neither is cloned or built elsewhere.
//! ```compile_fail
//! let granted: countersign::approval::Granted = Default::default();
//! ```
//! ```compile_fail
//! fn twice(granted: countersign::approval::Granted) { let _ = granted.clone(); }
//! ```
//! ```compile_fail
//! fn forged(served: Vec<countersign::approval::Served>) { let _ = countersign::approval::Granted { served }; }
//! ```
//! Called by `flow::grant`; kept by `store::record_grant`.

use crate::base::id::{self, Held, Id};
use crate::base::time::{Span, Timestamp};
use crate::policy::PolicyRef;

/// What will be granted when a held request is approved.
#[derive(Clone, PartialEq, Eq)]
pub struct Promise {
    /// The policy that remembers.
    pub policy: PolicyRef,
    /// The keyed fingerprint of user, session, policy and everything it decided by and showed.
    pub about: [u8; 32],
    /// For how long, from the approval on.
    pub span: Span,
}

impl std::fmt::Debug for Promise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Promise({} for {})", self.policy, self.span)
    }
}

/// A reusable, time-limited permission.
#[derive(Debug)]
pub struct Grant {
    id: Id<id::Grant>,
    held: Id<Held>,
    promise: Promise,
    made_at: Timestamp,
    epoch: u64,
}

impl Grant {
    pub(super) fn new(
        id: Id<id::Grant>,
        held: Id<Held>,
        promise: Promise,
        made_at: Timestamp,
        epoch: u64,
    ) -> Self {
        Self { id, held, promise, made_at, epoch }
    }

    /// One read back from the store.
    pub fn restored(
        id: Id<id::Grant>,
        held: Id<Held>,
        promise: Promise,
        made_at: Timestamp,
        epoch: u64,
    ) -> Self {
        Self::new(id, held, promise, made_at, epoch)
    }

    /// Its id.
    pub fn id(&self) -> Id<id::Grant> {
        self.id
    }

    /// The held request whose approval it stems from.
    pub fn held(&self) -> Id<Held> {
        self.held
    }

    /// What was promised.
    pub fn promise(&self) -> &Promise {
        &self.promise
    }

    /// When the approval was given.
    pub fn made_at(&self) -> Timestamp {
        self.made_at
    }

    /// Its user's epoch when it was made.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// When it ends.
    pub fn expires_at(&self) -> Timestamp {
        self.made_at.plus(self.promise.span)
    }

    /// The evidence that `policy` need not ask for what has this fingerprint; `None` when the grant is not for that, or no longer. One
    /// from the future is doubted: a clock has gone backwards.
    pub fn serves(&self, policy: &PolicyRef, about: &[u8; 32], epoch: u64, now: Timestamp) -> Option<Served> {
        let live = self.made_at <= now && now < self.expires_at() && self.epoch == epoch;
        let same = self.promise.policy == *policy && self.promise.about == *about;
        (live && same).then(|| Served { policy: policy.clone(), grant: self.id, held: self.held })
    }
}

/// Evidence that one policy is satisfied by a live grant.
#[derive(Debug)]
#[must_use]
pub struct Served {
    policy: PolicyRef,
    grant: Id<id::Grant>,
    held: Id<Held>,
}

impl Served {
    /// The policy.
    pub fn policy(&self) -> &PolicyRef {
        &self.policy
    }

    /// The grant.
    pub fn grant(&self) -> Id<id::Grant> {
        self.grant
    }

    /// The held request whose approval it stems from.
    pub fn held(&self) -> Id<Held> {
        self.held
    }
}

/// Evidence that every policy that would hold a request is satisfied by a live grant: leave to forward it, once.
#[derive(Debug)]
#[must_use]
pub struct Granted {
    served: Vec<Served>,
}

impl Granted {
    /// When each of `policies` is served.
    ///
    /// # Errors
    /// When one is not, or there is none; what is served is handed back.
    pub fn all(policies: &[PolicyRef], served: Vec<Served>) -> Result<Self, Vec<Served>> {
        let is_served = |policy: &PolicyRef| served.iter().any(|one| one.policy == *policy);
        if !policies.is_empty() && policies.iter().all(is_served) { Ok(Self { served }) } else { Err(served) }
    }

    /// By what, policy for policy.
    pub fn served(&self) -> &[Served] {
        &self.served
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SeededEntropy;

    fn policy(id: &str, revision: &str) -> PolicyRef {
        PolicyRef { id: id.to_owned(), revision: revision.to_owned() }
    }

    #[test]
    fn a_grant_serves_what_it_is_for_and_while_it_lasts() {
        let (at, entropy) = (|seconds: i64| Timestamp::from_millis(seconds * 1000), SeededEntropy::new(1));
        let promise = Promise { policy: policy("a", "1"), about: [7; 32], span: Span::from_secs(600) };
        let grant = Grant::new(Id::new(at(0), &entropy), Id::new(at(0), &entropy), promise, at(1000), 3);
        for (by, about, epoch, now, serves) in [
            (policy("a", "1"), [7; 32], 3, 1000, true),
            (policy("a", "1"), [7; 32], 3, 1599, true),
            (policy("a", "1"), [7; 32], 3, 1600, false),
            (policy("a", "1"), [7; 32], 3, 999, false),
            (policy("a", "1"), [7; 32], 4, 1000, false),
            (policy("a", "1"), [8; 32], 3, 1000, false),
            (policy("a", "2"), [7; 32], 3, 1000, false),
            (policy("b", "1"), [7; 32], 3, 1000, false),
        ] {
            let served = grant.serves(&by, &about, epoch, at(now));
            assert_eq!(served.is_some(), serves, "{by} {about:?} {epoch} {now}");
        }
        let served = || grant.serves(&policy("a", "1"), &[7; 32], 3, at(1000)).into_iter().collect();
        assert!(Granted::all(&[policy("a", "1")], served()).is_ok());
        for others in [vec![], vec![policy("a", "1"), policy("b", "1")], vec![policy("a", "2")]] {
            assert_eq!(Granted::all(&others, served()).unwrap_err().len(), 1, "{others:?}");
        }
    }
}
