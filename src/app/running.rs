//! A gateway at work, and its two ends: stopped, or relieved by a successor.
//!
//! **Invariant:** a server that was taken over from keeps the store while it knows something that nobody else does: what it forwards for approvals.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::base::tasks::Tasks;
use crate::flow::Flows;
use crate::store::gate::Gate;

/// A gateway at work.
pub struct Running {
    /// Its flows.
    pub flows: Flows,
    /// Its plain listeners.
    pub http: Vec<SocketAddr>,
    /// Its listeners with TLS.
    pub https: Vec<SocketAddr>,
    /// The portal's listener.
    pub portal: Option<SocketAddr>,
    /// The listener for health and metrics.
    pub admin: Option<SocketAddr>,
    pub(super) tasks: Tasks,
    pub(super) gate: Arc<Gate>,
    /// Turns `true` once another server has taken over.
    pub(super) succeeded: watch::Receiver<bool>,
}

/// How long a server that was taken over from carries what it has begun before it lets go of the store.
const LETS_GO_AFTER: Duration = Duration::from_secs(5);
/// How long it lets what it forwards for approvals have an outcome; the store is let go of then at the latest.
const OUTCOMES_WITHIN: Duration = Duration::from_secs(60);
/// How long what needs no store may go on after that: long transfers.
const TRANSFERS_WITHIN: Duration = Duration::from_secs(600);
/// How often it looks whether there are some yet.
const LOOK_EVERY: Duration = Duration::from_millis(20);

impl Running {
    /// Resolves once another server has taken over.
    pub async fn succeeded(&self) {
        let mut succeeded = self.succeeded.clone();
        if succeeded.wait_for(|done| *done).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Stops accepting, carries what it has begun to its end, and lets go of the store as soon as nothing is missing that it alone knows.
    pub async fn retire(&self) {
        self.tasks.stop(LETS_GO_AFTER).await;
        let outcomes = async {
            while self.flows.is_sending() {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        // What has none then is named by the next server.
        drop(tokio::time::timeout(OUTCOMES_WITHIN, outcomes).await);
        if let Err(error) = self.flows.flush_counts().await {
            tracing::warn!(%error, "what was counted of policies in the last seconds is lost");
        }
        self.gate.leave();
        self.tasks.stop(TRANSFERS_WITHIN).await;
    }

    /// Stops accepting, lets what is being carried end, and returns.
    pub async fn stop(self, patience: Duration) {
        self.tasks.stop(patience).await;
        // What the last exchanges were counted for.
        if let Err(error) = self.flows.flush_counts().await {
            tracing::warn!(%error, "what was counted of policies in the last seconds is lost");
        }
    }
}
