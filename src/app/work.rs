//! What a server does by itself, once it has the store: orders from the control socket, sweeping, messages, a successor.
//!
//! **Invariant:** after a change of servers nothing of it begins before the recovery is done ([`Gate::arrive`]).
//! Called by [`super::start_after`].

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::base::tasks::Tasks;
use crate::flow::Flows;
use crate::flow::recover::Rest;
use crate::store::embedded::OpenError;
use crate::store::gate::Gate;
use crate::store::seal::Seal;

use super::upgrade::Sockets;
use super::{StartError, control, embedded, failed, upgrade};

/// How often a store is tried that another process has open.
const TRY_AGAIN: Duration = Duration::from_millis(20);

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

    /// The same, once the server before this one has let go of the store.
    pub(super) async fn begin_once_here(self, seal: Arc<Seal>, tasks: Tasks) {
        let mut told = false;
        let store = loop {
            let (data_dir, seal) = (self.data_dir.clone(), seal.clone());
            match tokio::task::spawn_blocking(move || embedded(&data_dir, &seal)).await {
                Ok(Ok(store)) => break store,
                Ok(Err(OpenError::InUse { .. })) | Err(_) => {}
                Ok(Err(error)) if !told => {
                    tracing::error!(%error, "the store cannot be opened: it is tried again");
                    told = true;
                }
                Ok(Err(_)) => {}
            }
            tokio::select! {
                () = tasks.stopping() => return,
                () = tokio::time::sleep(TRY_AGAIN) => {}
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
