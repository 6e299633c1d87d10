//! Whether the server still has the history that was last seen: its replication id changes when it starts anew and when a replica is
//! promoted, and then acknowledged changes may be lost.
//!
//! **Invariant:** a changed replication id raises the epoch, in one commit, before the connection is used, and no version that
//! may have been lost is given again. What was held, approved or issued before is void then (`flow::epoch`).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use redis::aio::MultiplexedConnection;
use redis::{Cmd, Value};

use super::names::{self, Names};
use super::place::{field, query};
use super::script::{Scripts, committed};
use crate::base::epoch::Epoch;
use crate::base::time::Clock;
use crate::store::{Commit, CommitError, Key, Row, Unavailable, keys};

/// What the version counter leaps by in a raise: more than can have been given and lost.
const LEAP: u64 = 1 << 32;

/// How often a raise is tried against other gateways that raise at the same time.
const TRIES: usize = 8;

/// Compares histories.
pub(super) struct Epochs {
    names: Names,
    clock: Arc<dyn Clock>,
    quorum: u32,
    millis: u128,
    made: AtomicU64,
    /// The history that the last connection was found to have.
    last: Mutex<String>,
}

impl Epochs {
    pub(super) fn new(names: Names, clock: Arc<dyn Clock>, quorum: u32, millis: u128) -> Self {
        Self { names, clock, quorum, millis, made: AtomicU64::new(0), last: Mutex::default() }
    }

    /// How many connections have been found good.
    pub(super) fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// Whether this is the master that the last connection was made to, with the history it had then.
    pub(super) fn is_as_before(&self, info: &str) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        field(info, "role") == Some("master") && field(info, "master_replid") == Some(last.as_str())
    }

    /// Raises the epoch where the server's history is not the one last seen.
    pub(super) async fn confirm(
        &self,
        connection: &mut MultiplexedConnection,
        scripts: &Scripts,
    ) -> Result<(), Unavailable> {
        let info: String = query(connection, redis::cmd("INFO").arg("replication")).await?;
        let history = field(&info, "master_replid")
            .ok_or_else(|| Unavailable::because("the server does not tell its replication id"))?
            .to_owned();
        for _ in 0..TRIES {
            let known = self.row(connection, &history_key()).await?;
            if known.as_ref().is_some_and(|row| row.value == history.as_bytes()) {
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = history;
                self.made.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            let mut commit =
                Commit::new().put(history_key(), known.as_ref(), history.clone().into_bytes(), None);
            if known.is_some() {
                let epoch = self.row(connection, &keys::gateway("epoch")).await?;
                let last = epoch.as_ref().map_or(Ok(Epoch::default()), |row| Epoch::parse(&row.value));
                let last = last.map_err(|_| Unavailable::because("the record of the epoch is damaged"))?;
                let raised = last.raised(self.clock.now());
                // A version that was lost is never given to something else: whoever read it before would take that for what he read.
                let leap = redis::cmd("INCRBY").arg(self.names.of("version")).arg(LEAP).to_owned();
                let _: u64 = query(connection, &leap).await?;
                let text = raised.to_string().into_bytes();
                commit = commit.put(keys::gateway("epoch"), epoch.as_ref(), text, None);
                tracing::warn!(
                    epoch = raised.number(),
                    "the store has another history than before: it was started anew or a replica was promoted; what was pending is void"
                );
            }
            match self.commit(connection, scripts, commit).await {
                // Found as it is now in the next turn.
                Ok(()) | Err(CommitError::Conflict) => {}
                Err(CommitError::Unavailable(why)) => return Err(why),
                Err(over @ CommitError::Over(_)) => return Err(Unavailable::because(over.to_string())),
            }
        }
        Err(Unavailable::because("the epoch could not be raised: others changed it each time"))
    }

    async fn row(
        &self,
        connection: &mut MultiplexedConnection,
        key: &Key,
    ) -> Result<Option<Row>, Unavailable> {
        let stored: Option<Vec<u8>> = query(connection, redis::cmd("GET").arg(self.names.row(key))).await?;
        let damaged = || Unavailable::because(format!("the record `{key}` is damaged"));
        stored.map(|stored| names::row(&stored).ok_or_else(damaged)).transpose()
    }

    async fn commit(
        &self,
        connection: &mut MultiplexedConnection,
        scripts: &Scripts,
        commit: Commit,
    ) -> Result<(), CommitError> {
        let (steps, events) = commit.into_parts()?;
        let said: Value = query(connection, &scripts.commit(&self.names, &steps, &events)).await?;
        committed(&said, &steps, events.len())?;
        let reached: u32 = query(connection, &wait(self.quorum, self.millis)).await?;
        if reached < self.quorum { Err(too_few(reached, self.quorum).into()) } else { Ok(()) }
    }
}

/// Waits until so many replicas have all that this connection wrote.
pub(super) fn wait(quorum: u32, millis: u128) -> Cmd {
    let mut command = redis::cmd("WAIT");
    command.arg(quorum).arg(u64::try_from(millis).unwrap_or(u64::MAX));
    command
}

pub(super) fn too_few(reached: u32, quorum: u32) -> Unavailable {
    Unavailable::because(format!("only {reached} of {quorum} needed replicas have the change"))
}

/// The replication id that was last seen.
pub(super) fn history_key() -> Key {
    keys::gateway("store-history")
}
