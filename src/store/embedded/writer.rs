//! The one thread that writes: it takes all commits that have arrived, applies them in one transaction, syncs once, and only
//! then answers them and wakes who waits.
//!
//! **Invariant:** nothing is answered before the sync, conflicts included: they were judged against what would have been lost.
//! **Invariant:** when a batch cannot be written, all of it is answered with the reason.
//!
//! A transaction costs hundreds of microseconds of processor time and some twenty written pages, however little is in it. So while many
//! write at once it waits for a moment for more to come; whoever writes alone waits for nobody.

use std::time::Duration;

use redb::{Database, Durability};
use tokio::sync::{mpsc, oneshot};

use super::cache::Cache;
use super::file::Slot;
use super::ledger::Ledger;
use crate::audit::Event;
use crate::store::watch::Watchers;
use crate::store::{Change, CommitError, Committed, Steps};

/// How many commits may wait to be taken.
pub(super) const BACKLOG: usize = 1024;

/// How many commits share one sync at most.
const BATCH: usize = 256;

/// How many commits in one batch make a crowd.
const CROWD: usize = 4;

/// How long the next ones of a crowd are waited for.
const GATHER: Duration = Duration::from_millis(4);

/// One commit and who waits for its outcome.
pub(super) struct Request {
    pub(super) tenant: &'static str,
    pub(super) steps: Steps,
    pub(super) events: Vec<Event>,
    pub(super) reply: oneshot::Sender<Result<Committed, CommitError>>,
}

/// Runs until every sender is gone and everything sent is done.
pub(super) fn run(slot: &Slot, cache: &Cache, mut inbox: mpsc::Receiver<Request>, watchers: &Watchers) {
    let mut crowded = false;
    while let Some(first) = inbox.blocking_recv() {
        if crowded {
            gather();
        }
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(next) = inbox.try_recv()
        {
            batch.push(next);
        }
        crowded = batch.len() >= CROWD;
        match slot.write(|database| commit(database, &mut batch)) {
            Ok(outcomes) => {
                let done = batch.iter().zip(&outcomes);
                cache.committed(
                    done.filter_map(|(request, outcome)| {
                        Some((&request.steps, outcome.as_ref().ok()?.version))
                    }),
                );
                for (request, outcome) in batch.into_iter().zip(outcomes) {
                    if outcome.is_ok() {
                        let changed = request.steps.iter().filter(|(_, (_, change))| *change != Change::None);
                        changed.for_each(|(key, _)| watchers.touched(key));
                    }
                    // Whoever stopped waiting learns the outcome by reading.
                    drop(request.reply.send(outcome));
                }
            }
            Err(why) => {
                cache.forget();
                tracing::error!(error = %why, commits = batch.len(), "commits could not be written");
                for request in batch {
                    drop(request.reply.send(Err(CommitError::Unavailable(why.clone()))));
                }
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a thread of its own, on which nobody else is served")]
fn gather() {
    std::thread::sleep(GATHER);
}

fn commit(
    database: &Database,
    batch: &mut [Request],
) -> Result<Vec<Result<Committed, CommitError>>, redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    let mut outcomes = Vec::with_capacity(batch.len());
    {
        let mut ledger = Ledger::open(&transaction)?;
        for request in batch {
            outcomes.push(ledger.apply(
                request.tenant,
                &request.steps,
                std::mem::take(&mut request.events),
            )?);
        }
    }
    if outcomes.iter().any(Result::is_ok) {
        transaction.commit()?;
    } else {
        transaction.abort()?;
    }
    Ok(outcomes)
}
