//! The one task that commits: it takes all commits that have arrived, sends them in one go, waits once for the replicas, and only then
//! answers them and wakes who waits.
//!
//! **Invariant:** nothing is answered before enough replicas have it, conflicts included: they were judged against what may be lost.
//! **Invariant:** a commit is sent a second time only when the server said that it did nothing.

use std::sync::Arc;

use redis::{Pipeline, RedisError, Value};
use tokio::sync::{Notify, mpsc, oneshot};

use super::epoch::{too_few, wait};
use super::line::{Line, Open, breaks, undone};
use super::names::Names;
use super::place::reason;
use super::script::committed;
use crate::audit::Event;
use crate::store::watch::Watchers;
use crate::store::{Change, CommitError, Committed, Steps, Unavailable};

/// How many commits may wait to be taken.
pub(super) const BACKLOG: usize = 1024;

/// How many commits go in one go at most.
const BATCH: usize = 128;

/// One commit and who waits for its outcome.
pub(super) struct Request {
    pub(super) steps: Steps,
    pub(super) events: Vec<Event>,
    pub(super) reply: oneshot::Sender<Result<Committed, CommitError>>,
}

/// What the writer works with.
pub(super) struct Writer {
    pub(super) line: Arc<Line>,
    pub(super) names: Names,
    pub(super) watchers: Watchers,
    /// Told of new audit entries.
    pub(super) unlinked: Arc<Notify>,
    pub(super) quorum: u32,
    pub(super) millis: u128,
}

type Outcome = Result<Committed, CommitError>;

impl Writer {
    /// Runs until every sender is gone and everything sent is done.
    pub(super) async fn run(self, mut inbox: mpsc::Receiver<Request>) {
        while let Some(first) = inbox.recv().await {
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(next) = inbox.try_recv()
            {
                batch.push(next);
            }
            let outcomes = self.carry_out(&batch).await;
            for (request, outcome) in batch.into_iter().zip(outcomes) {
                if outcome.is_ok() {
                    let changed = request.steps.iter().filter(|(_, (_, change))| *change != Change::None);
                    changed.for_each(|(key, _)| self.watchers.touched(key));
                    if !request.events.is_empty() {
                        self.unlinked.notify_one();
                    }
                }
                // Whoever stopped waiting learns the outcome by reading.
                drop(request.reply.send(outcome));
            }
        }
    }

    async fn carry_out(&self, batch: &[Request]) -> Vec<Outcome> {
        let mut outcomes: Vec<Option<Outcome>> = batch.iter().map(|_| None).collect();
        // The second time only for what the server refused without doing anything.
        for last in [false, true] {
            let open: Vec<usize> =
                outcomes.iter().enumerate().filter(|(_, one)| one.is_none()).map(|(at, _)| at).collect();
            if open.is_empty() {
                break;
            }
            let requests: Vec<&Request> = open.iter().filter_map(|at| batch.get(*at)).collect();
            let said = self.send(&requests, last).await;
            for (at, said) in open.into_iter().zip(said) {
                if let Some(slot) = outcomes.get_mut(at) {
                    *slot = said;
                }
            }
        }
        let lost = || Err(Unavailable::because("the server refused the commit twice").into());
        outcomes.into_iter().map(|one| one.unwrap_or_else(lost)).collect()
    }

    /// The outcomes; `None` for what did not happen and may be sent again.
    async fn send(&self, requests: &[&Request], last: bool) -> Vec<Option<Outcome>> {
        let all = |why: &Unavailable| requests.iter().map(|_| Some(Err(why.clone().into()))).collect();
        let mut open = match self.line.open().await {
            Ok(open) => open,
            Err(why) => return all(&why),
        };
        let mut pipeline = Pipeline::with_capacity(requests.len().saturating_add(1));
        for request in requests {
            pipeline.add_command(open.scripts.commit(&self.names, &request.steps, &request.events));
        }
        // Within the same connection, or the server would not know what to wait for.
        if self.quorum > 0 {
            pipeline.add_command(wait(self.quorum, self.millis));
        }
        let count = requests.len().saturating_add(usize::from(self.quorum > 0));
        match open.connection.send_packed_commands(&pipeline, 0, count).await {
            Ok(said) => self.read(&open, requests, &said, last).await,
            Err(error) => {
                self.line.broke(&open).await;
                let why = Unavailable::because(reason(&error));
                tracing::error!(error = %why, commits = requests.len(), "it is not known whether commits were written");
                all(&why)
            }
        }
    }

    async fn read(
        &self,
        open: &Open,
        requests: &[&Request],
        said: &[Value],
        last: bool,
    ) -> Vec<Option<Outcome>> {
        let reached = match said.get(requests.len()) {
            None => Ok(()),
            Some(Value::Int(reached)) => {
                let reached = u32::try_from(*reached).unwrap_or(0);
                if reached < self.quorum { Err(too_few(reached, self.quorum)) } else { Ok(()) }
            }
            Some(_) => Err(too_few(0, self.quorum)),
        };
        let mut broken = false;
        let mut outcomes = Vec::with_capacity(requests.len());
        for (request, said) in requests.iter().zip(said) {
            outcomes.push(match said {
                Value::ServerError(error) => {
                    let error = RedisError::from(error.clone());
                    broken = broken || breaks(&error);
                    let why = Unavailable::because(reason(&error));
                    if undone(&error) && !last { None } else { Some(Err(why.into())) }
                }
                said => Some(match &reached {
                    Err(why) => Err(why.clone().into()),
                    Ok(()) => committed(said, &request.steps, request.events.len()),
                }),
            });
        }
        if broken {
            self.line.broke(open).await;
        }
        if let Err(error) = reached {
            tracing::error!(%error, commits = requests.len(), "commits may be lost in a failover");
        }
        outcomes
    }
}
