//! The counts of wrong answers, of a user and of an authenticator, as an attempt finds and leaves them.
//!
//! **Invariant:** every change of a count rests on what was read: of two attempts that read the same, one is counted, the other reads again.
//! Called by [`attempt`](super::attempt); who signs in by a password has a ledger of his own.

use super::attempt::{Proving, Stopped};
use super::{Flows, Unavailable, unavailable};
use crate::audit::EventKind;
use crate::base::id::{self, Id};
use crate::base::text::UserName;
use crate::base::time::Span;
use crate::factors::throttle::{Budget, Ledger, Throttled};
use crate::notify::letter::Notice;
use crate::store::{Commit, Key, Row, keys};

/// A count as it was read.
pub(super) struct Count {
    key: Key,
    row: Option<Row>,
    ledger: Ledger,
}

/// Of the user and of the authenticator.
pub(super) type Counts = [Count; 2];

/// One attempt more.
pub(super) struct Counting {
    /// The counts without it.
    pub(super) counts: Counts,
    /// The counts with it.
    next: [Ledger; 2],
}

impl Flows {
    /// The counts that an attempt is counted in.
    pub(super) async fn counts(
        &self,
        proving: &Proving,
        authenticator: Id<id::Authenticator>,
    ) -> Result<Counts, Unavailable> {
        let user = &proving.user;
        let read = async |key: Key| {
            let row = self.row(&key).await?;
            let ledger = self.ledger(&key, row.as_ref())?;
            Ok(Count { key, row, ledger })
        };
        Ok([read(keys::attempts(user)).await?, read(keys::attempts_of(user, authenticator)).await?])
    }

    /// One attempt more, or why none is taken now.
    pub(super) fn reserve(&self, counts: Counts) -> Result<Counting, Stopped> {
        let (now, [user, one]) = (self.now(), &counts);
        let user = user.ledger.reserve(now, &self.user_budget());
        let one = one.ledger.reserve(now, &authenticator_budget());
        let next = user.and_then(|user| Ok([user, one?])).map_err(|throttled| {
            self.metrics().refused("throttled");
            match throttled {
                Throttled::Wait(until) => Stopped::Wait(until.since(now)),
                Throttled::Locked => Stopped::Locked,
            }
        })?;
        Ok(Counting { counts, next })
    }

    /// The commit that counts it, and what comes of there having been too many.
    pub(super) async fn counted(
        &self,
        proving: &Proving,
        authenticator: Id<id::Authenticator>,
        Counting { counts, next }: &Counting,
    ) -> Result<Commit, Unavailable> {
        let mut commit = Commit::new();
        for (count, next) in counts.iter().zip(next) {
            let value = self.records().seal_ledger(&count.key, next);
            commit = commit.put(count.key.clone(), count.row.as_ref(), value, None);
        }
        let [of_user, _] = next;
        let event = |kind| self.tried(kind, proving).with("authenticator", authenticator);
        if of_user.is_locked(&self.user_budget()) {
            commit = commit
                .and(self.void_grants(&proving.user).await?)
                .and(self.notice(&proving.user, &Notice::Locked).await?)
                .record(event(EventKind::Locked));
        } else if of_user.not_before.is_some() {
            commit = commit.record(event(EventKind::Throttled));
        }
        Ok(commit)
    }

    /// The commit after which nothing is counted any more.
    pub(super) fn clearing(&self, counts: &Counts) -> Commit {
        counts.iter().fold(Commit::new(), |commit, Count { key, row, ledger }| {
            if *ledger == Ledger::cleared() {
                return commit.require(key.clone(), row.as_ref().into());
            }
            let value = self.records().seal_ledger(key, &Ledger::cleared());
            commit.put(key.clone(), row.as_ref(), value, None)
        })
    }

    /// Wrong answers left before a pause.
    pub(super) fn left(&self, counting: &Counting) -> u32 {
        let [of_user, _] = counting.next;
        self.0.parts.limits.wrong_before_throttle.saturating_sub(of_user.wrong)
    }

    pub(super) fn ledger(&self, key: &Key, row: Option<&Row>) -> Result<Ledger, Unavailable> {
        row.map_or(Ok(Ledger::default()), |row| {
            self.records().open_ledger(key, &row.value).map_err(unavailable)
        })
    }

    /// A user's count of wrong answers.
    pub(super) async fn attempts_by(&self, user: &UserName) -> Result<Ledger, Unavailable> {
        let key = keys::attempts(user);
        let row = self.row(&key).await?;
        self.ledger(&key, row.as_ref())
    }

    pub(super) fn user_budget(&self) -> Budget {
        let limits = &self.0.parts.limits;
        Budget::new(
            limits.wrong_before_throttle,
            limits.wrong_before_lock,
            limits.throttle,
            limits.throttle_most,
        )
        .unwrap_or_default()
    }
}

/// NIST SP 800-63B-4 §3.2.2: one authenticator takes at most so many wrong answers in a row, whoever gives them.
fn authenticator_budget() -> Budget {
    Budget::new(10, 50, Span::from_secs(30), Span::from_secs(3600)).unwrap_or_default()
}
