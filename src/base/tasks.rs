//! The tracked spawner: work that outlives one connection, and is waited for when the server stops.
//!
//! **Invariant:** the only `tokio::spawn` for work that may not be forgotten (clippy bans the bare call); a panic in a task is
//! logged and ends only that task.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch;

/// A handle on the server's background work. Cheap to clone.
#[derive(Clone)]
pub struct Tasks(Arc<Inner>);

struct Inner {
    running: watch::Sender<usize>,
    stopping: watch::Sender<bool>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self(Arc::new(Inner { running: watch::Sender::new(0), stopping: watch::Sender::new(false) }))
    }
}

struct Running(Arc<Inner>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl Tasks {
    /// Runs `work` to its end, even when whoever asked for it goes away.
    #[expect(clippy::disallowed_methods, reason = "this is the tracked spawner")]
    pub fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.0.running.send_modify(|count| *count += 1);
        let running = Running(self.0.clone());
        // In a box: what is awaited in an async block is there twice, once as it came and once pinned.
        let work = Box::pin(work);
        let task = tokio::spawn(async move {
            work.await;
            drop(running);
        });
        tokio::spawn(async move {
            if let Err(error) = task.await
                && error.is_panic()
            {
                tracing::error!(task = name, "a background task panicked");
            }
        });
    }

    /// Resolves once [`Tasks::stop`] has been called; loops select on it.
    pub async fn stopping(&self) {
        let mut seen = self.0.stopping.subscribe();
        if seen.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// A receiver that turns `true` when the server stops.
    pub fn shutdown_watch(&self) -> watch::Receiver<bool> {
        self.0.stopping.subscribe()
    }

    /// Asks every loop to end and waits, at most `patience`, until all tasks have.
    pub async fn stop(&self, patience: std::time::Duration) {
        self.0.stopping.send_replace(true);
        let mut running = self.0.running.subscribe();
        let idle = running.wait_for(|count| *count == 0);
        if tokio::time::timeout(patience, idle).await.is_err() {
            tracing::warn!("background work did not end in time");
        }
    }
}
