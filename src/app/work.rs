//! What a server does by itself, once it has the store: orders from the control socket, sweeping, messages, a successor.
//!
//! **Invariant:** where the store comes later (after a change of servers, or when it could not be reached) nothing of it begins before the recovery is done ([`Gate::arrive`]).
//! Called by [`super::start_after`].

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::base::settings::RedisSettings;
use crate::base::tasks::Tasks;
use crate::flow::Flows;
use crate::flow::recover::Rest;
use crate::store::Store;
use crate::store::embedded::OpenError;
use crate::store::gate::Gate;
use crate::store::seal::Seal;

use super::known::Known;
use super::stores::shared;
use super::upgrade::Sockets;
use super::{Machine, StartError, control, embedded, failed, upgrade};

/// How often a store is tried that another process has open.
const TRY_AGAIN: Duration = Duration::from_millis(20);

/// How often a store is tried that cannot be reached.
const REACH_AGAIN: Duration = Duration::from_secs(1);

/// A store that is not here yet.
pub(super) enum Coming {
    /// A file that the server before this one has open.
    File {
        /// Where it is.
        data_dir: PathBuf,
        /// What its records are sealed with.
        seal: Arc<Seal>,
    },
    /// One that several use, and that cannot be reached.
    Shared {
        /// How it is reached.
        redis: Arc<RedisSettings>,
        /// What its records are sealed with.
        seal: Arc<Seal>,
        /// Tells the time.
        machine: Machine,
        /// What was known of it at the start.
        known: Known,
        /// Where that is kept.
        data_dir: PathBuf,
    },
}

impl Coming {
    /// It, or why it is not here; `None` where that is as expected.
    async fn open(&self) -> Result<Arc<dyn Store>, Option<String>> {
        match self {
            Self::File { data_dir, seal } => {
                let (data_dir, seal) = (data_dir.clone(), seal.clone());
                match tokio::task::spawn_blocking(move || embedded(&data_dir, &seal)).await {
                    Ok(Ok(store)) => Ok(store),
                    Ok(Err(OpenError::InUse { .. })) | Err(_) => Err(None),
                    Ok(Err(error)) => Err(Some(error.to_string())),
                }
            }
            Self::Shared { redis, seal, machine, known, data_dir } => {
                let store = shared(redis, seal, machine).await.map_err(|error| Some(error.to_string()))?;
                let is_it = known.is_of(&*store).await.map_err(|error| Some(error.to_string()))?;
                if !is_it {
                    return Err(Some("it has other keys than it had: start this server anew".to_owned()));
                }
                keep(&*store, data_dir).await;
                Ok(store)
            }
        }
    }

    const fn pause(&self) -> Duration {
        match self {
            Self::File { .. } => TRY_AGAIN,
            Self::Shared { .. } => REACH_AGAIN,
        }
    }
}

/// Keeps what the next start needs should the store be away then. A start without it is the worse for it, not this one.
pub(super) async fn keep(store: &dyn Store, data_dir: &Path) {
    let kept = match Known::of(store).await {
        Ok(known) => known.keep(data_dir),
        Err(error) => Err(std::io::Error::other(error)),
    };
    if let Err(error) = kept {
        tracing::warn!(%error, "this server could not start without its store: its keys could not be kept");
    }
}

/// What a server does by itself on a store that it has.
pub(super) struct Work {
    pub(super) data_dir: PathBuf,
    pub(super) flows: Flows,
    pub(super) sockets: Sockets,
    pub(super) gate: Arc<Gate>,
    pub(super) tell: watch::Sender<bool>,
}

impl Work {
    pub(super) fn begin(self, tasks: &Tasks, rest: Option<Rest>) -> Result<(), StartError> {
        let Self { data_dir, flows, sockets, gate, tell } = self;
        control::serve(&data_dir, flows.clone(), tasks)
            .map_err(failed("the control socket cannot be made"))?;
        upgrade::serve(&data_dir, sockets, gate, tell, tasks)
            .map_err(failed("the socket for a successor cannot be made"))?;
        if let Some(rest) = rest {
            tasks.spawn("recovery", flows.clone().recover_behind(rest));
        }
        tasks.spawn("sweep", flows.clone().sweep_until_stopped());
        tasks.spawn("messages", flows.clone().deliver_until_stopped());
        tasks.spawn("counts", flows.flush_until_stopped());
        Ok(())
    }

    /// The same, once the store is here.
    pub(super) async fn begin_once_here(self, coming: Coming, tasks: Tasks) {
        let mut told = String::new();
        let store = loop {
            match coming.open().await {
                Ok(store) => break store,
                Err(Some(why)) if why != told => {
                    tracing::error!(error = why, "the store cannot be used: it is tried again");
                    told = why;
                }
                Err(_) => {}
            }
            tokio::select! {
                () = tasks.stopping() => return,
                () = tokio::time::sleep(coming.pause()) => {}
            }
        };
        let rest = loop {
            match self.gate.arrive(store.clone(), self.flows.recover_sent()).await {
                Ok(rest) => break rest,
                Err(error) => {
                    tracing::error!(%error, "what the last run left cannot be put in order: it is tried again");
                }
            }
            tokio::select! {
                () = tasks.stopping() => return,
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        };
        tracing::info!("the store is here");
        if let Err(error) = self.begin(&tasks, Some(rest)) {
            tracing::error!(%error, "this server cannot be administered or taken over from");
        }
    }
}
