//! Quotas of held requests: charged in the commit that holds, taken off in the one that settles; many requests in one commit.
//!
//! The count of all is one record that every hold and every settling changes. Each in a commit of its own, they would wait for a sync of
//! the disk one after the other, and lose races against each other. So those that come while one commit is under way share the next.
//!
//! **Invariant:** the quotas are counted in the commit that holds, by user and in all, requests and bytes: what is over them is not in it.
//! **Invariant:** a commit for many that loses a race is made for each alone, so that none spoils another's.
//! Called by `admit` and `sweep`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::admit::Whose;
use super::{Flows, Unavailable};
use crate::base::id::{Held, Id};
use crate::base::text::UserName;
use crate::store::record::Usage;
use crate::store::{self, Commit, CommitError, Key, Row, keys};

/// How many requests share one commit at most.
const TOGETHER: usize = 64;
/// How often a commit for many that lost a race is made again for all of them.
const AGAIN: usize = 3;

/// What one request does to the quotas, and the commit that it is part of.
pub(super) struct Change {
    /// Which request.
    pub(super) id: Id<Held>,
    /// Whose.
    pub(super) user: UserName,
    /// The bytes of its body.
    pub(super) bytes: u64,
    /// Which way.
    pub(super) way: Way,
    /// What happens with it.
    pub(super) commit: Commit,
}

/// Which way a request changes the quotas.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// It is held.
    Charge,
    /// It is over.
    Settle,
}

type Answer = Result<Option<Whose>, CommitError>;

struct Asked {
    change: Change,
    reply: oneshot::Sender<Answer>,
}

/// The changes that wait for a commit.
#[derive(Default)]
pub(super) struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    asked: Vec<Asked>,
    at_work: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody must begin to work.
    fn push(&self, asked: Asked) -> bool {
        let mut waiting = self.lock();
        waiting.asked.push(asked);
        !std::mem::replace(&mut waiting.at_work, true)
    }

    /// The next ones; none ends the work.
    ///
    /// INVARIANT: never two about one request: what both do to its charge would be done once, and counted twice.
    fn take(&self) -> Vec<Asked> {
        let mut waiting = self.lock();
        let mut ids = BTreeSet::new();
        let (mut now, mut later) = (Vec::new(), Vec::new());
        for asked in waiting.asked.drain(..) {
            if now.len() < TOGETHER && ids.insert(asked.change.id) {
                now.push(asked);
            } else {
                later.push(asked);
            }
        }
        waiting.asked = later;
        waiting.at_work = !now.is_empty();
        now
    }
}

/// The work at a queue. Should it end in a panic, those who wait are not left waiting.
struct AtWork<'q>(&'q Queue);

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            *self.0.lock() = Waiting::default();
        }
    }
}

impl Flows {
    /// Commits `change` with its quotas, or says whose quota is used up; nothing has happened then. A lost race is the caller's to repeat.
    pub(super) async fn count_held(&self, change: Change) -> Answer {
        let (reply, answer) = oneshot::channel();
        if self.0.quotas.push(Asked { change, reply }) {
            let flows = self.clone();
            self.tasks().spawn("quotas", async move { flows.work_at_quotas().await });
        }
        let ended =
            || CommitError::Unavailable(store::Unavailable::because("the counting of quotas has ended"));
        answer.await.unwrap_or_else(|_| Err(ended()))
    }

    async fn work_at_quotas(&self) {
        let queue = AtWork(&self.0.quotas);
        loop {
            let asked = queue.0.take();
            if asked.is_empty() {
                return;
            }
            self.answer_all(asked).await;
        }
    }

    async fn answer_all(&self, asked: Vec<Asked>) {
        let all: Vec<&Change> = asked.iter().map(|one| &one.change).collect();
        for _ in 0..AGAIN {
            match self.commit_together(&all).await {
                Ok(outcomes) => {
                    for (one, outcome) in asked.into_iter().zip(outcomes) {
                        // Whoever stopped waiting learns the outcome by reading.
                        drop(one.reply.send(Ok(outcome)));
                    }
                    return;
                }
                Err(CommitError::Conflict) => {}
                Err(CommitError::Unavailable(why)) => {
                    for one in asked {
                        drop(one.reply.send(Err(CommitError::Unavailable(why.clone()))));
                    }
                    return;
                }
            }
        }
        for one in asked {
            let alone = self.commit_together(&[&one.change]).await;
            drop(one.reply.send(alone.map(|outcomes| outcomes.into_iter().next().flatten())));
        }
    }

    /// One commit for all. The outcome of each, in order.
    async fn commit_together(&self, changes: &[&Change]) -> Result<Vec<Option<Whose>>, CommitError> {
        let of_all = keys::usage_of_all();
        let mut counts: BTreeMap<Key, Count> = BTreeMap::new();
        self.look_up(&mut counts, &of_all).await?;
        for change in changes {
            self.look_up(&mut counts, &keys::usage_of(&change.user)).await?;
        }
        let limits = &self.0.parts.limits;
        let (mut commit, mut outcomes) = (Commit::new(), Vec::with_capacity(changes.len()));
        for change in changes {
            let of_user = keys::usage_of(&change.user);
            let (user, all) = (usage(&counts, &of_user), usage(&counts, &of_all));
            let (user, all) = match change.way {
                Way::Settle => (less(user, change.bytes), less(all, change.bytes)),
                Way::Charge => {
                    let Some(user) = more(user, change.bytes, limits.user_held, limits.user_bytes) else {
                        outcomes.push(Some(Whose::User));
                        continue;
                    };
                    let Some(all) = more(all, change.bytes, limits.all_held, limits.all_bytes) else {
                        outcomes.push(Some(Whose::All));
                        continue;
                    };
                    (user, all)
                }
            };
            for (key, next) in [(&of_user, user), (&of_all, all)] {
                if let Some(count) = counts.get_mut(key) {
                    (count.usage, count.changed) = (next, true);
                }
            }
            commit = commit.and(change.commit.clone());
            outcomes.push(None);
        }
        if changes.len() > 1 && commit.contradicts_itself() {
            // Two that rest on different states of one record: each must be judged alone.
            return Err(CommitError::Conflict);
        }
        if outcomes.iter().any(Option::is_none) {
            for (key, count) in counts.into_iter().filter(|(_, count)| count.changed) {
                let value = self.records().close(&key, &count.usage);
                commit = commit.put(key, count.row.as_ref(), value, None);
            }
            self.store().commit(commit).await?;
        }
        Ok(outcomes)
    }

    async fn look_up(&self, counts: &mut BTreeMap<Key, Count>, key: &Key) -> Result<(), CommitError> {
        if counts.contains_key(key) {
            return Ok(());
        }
        let row = self.store().get(key).await?;
        let unreadable = |error: Unavailable| store::Unavailable::because(error.to_string());
        let usage = self.usage(key, row.as_ref()).map_err(unreadable)?;
        counts.insert(key.clone(), Count { row, usage, changed: false });
        Ok(())
    }

    fn usage(&self, key: &Key, row: Option<&Row>) -> Result<Usage, Unavailable> {
        row.map_or(Ok(Usage::default()), |row| {
            self.records().open(key, &row.value).map_err(super::unavailable)
        })
    }
}

/// A count as it is stored, and as it will be.
struct Count {
    row: Option<Row>,
    usage: Usage,
    changed: bool,
}

fn usage(counts: &BTreeMap<Key, Count>, key: &Key) -> Usage {
    counts.get(key).map(|count| count.usage).unwrap_or_default()
}

/// The usage with one more held request, or `None` when that is over the limit.
fn more(usage: Usage, bytes: u64, most_held: u32, most_bytes: u64) -> Option<Usage> {
    let held = usage.held.checked_add(1).filter(|held| *held <= most_held)?;
    let bytes = usage.bytes.checked_add(bytes).filter(|bytes| *bytes <= most_bytes)?;
    Some(Usage { held, bytes })
}

fn less(usage: Usage, bytes: u64) -> Usage {
    Usage { held: usage.held.saturating_sub(1), bytes: usage.bytes.saturating_sub(bytes) }
}
