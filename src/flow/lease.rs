//! The lease of a forwarding: the gateway that sends a request says every few seconds that it is alive. When it has not, another one names what it
//! left.
//!
//! **Invariant:** a lease that is over ends in `outcome_unknown`, never in a second send; whoever wakes up late finds that, changes nothing, and logs
//! what it learned (`tests/it/lease.rs`).
//! **Invariant:** it outlives the claim, whatever became of that: one whose commit failed in an unknown way is covered like one that was made.
//! The clocks of gateways on one store may differ by a few seconds, far less than a lease.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use crate::approval::{Approval, Lease};
use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::base::time::Span;

use super::{Flows, TRIES, Unavailable, contended, lost_race};

/// How long a gateway that sends is believed to be alive without another word.
pub const LEASE: Span = Span::from_secs(30);
/// How often it says that it is.
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// How soon it tries again when it could not.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// That this gateway sends a request, as long as this is held.
pub struct Leased {
    flows: Flows,
    id: Id<id::Held>,
}

impl Drop for Leased {
    fn drop(&mut self) {
        if let Ok(mut sending) = self.flows.0.sending.lock() {
            sending.remove(&self.id);
        }
    }
}

impl Leased {
    /// Does `work`, and renews the lease all the while.
    pub async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        self.during_every(RENEW_EVERY, work).await
    }

    /// The same, renewing it so often.
    pub async fn during_every<T>(&self, every: Duration, work: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            done = work => done,
            never = self.keep(every) => match never {},
        }
    }

    async fn keep(&self, every: Duration) -> Infallible {
        let mut pause = every;
        loop {
            tokio::time::sleep(pause).await;
            pause = match self.flows.renew_lease(self.id).await {
                Ok(true) => every,
                // It has its outcome.
                Ok(false) => std::future::pending().await,
                Err(error) => {
                    tracing::warn!(held = %self.id, %error, "the lease of a request that is being sent could not be renewed");
                    TRY_AGAIN
                }
            };
        }
    }
}

impl Flows {
    /// The lease of what this gateway begins to send now.
    pub(super) fn lease(&self) -> Lease {
        Lease { node: self.0.node, until: self.now().plus(LEASE) }
    }

    /// Remembers that this gateway sends it.
    pub(super) fn leased(&self, id: Id<id::Held>) -> Leased {
        if let Ok(mut sending) = self.0.sending.lock() {
            sending.insert(id);
        }
        Leased { flows: self.clone(), id }
    }

    /// Whether this gateway is sending something now.
    pub fn is_sending(&self) -> bool {
        self.0.sending.lock().is_ok_and(|sending| !sending.is_empty())
    }

    /// Says that this gateway is still sending it. `false` when it is not being sent, or not by this one.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn renew_lease(&self, id: Id<id::Held>) -> Result<bool, Unavailable> {
        for _ in 0..TRIES {
            let Some((Approval::Forwarding(forwarding), place)) = self.load(id).await? else {
                return Ok(false);
            };
            if forwarding.lease().is_none_or(|lease| lease.node != self.0.node) {
                return Ok(false);
            }
            let renewed = Approval::Forwarding(forwarding.leased(self.lease()));
            match self.store().commit(self.put_held(&renewed, place)).await {
                Ok(_) => return Ok(true),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// A lease may be over: unless this gateway sends it yet (its clock was put forward), nobody knows what became of it.
    pub(super) async fn overdue(&self, id: Id<id::Held>) -> Result<(), Unavailable> {
        // Should the lock be poisoned, it is believed to be alive: its task ends it.
        if self.0.sending.lock().map_or(true, |sending| sending.contains(&id)) {
            return self.renew_lease(id).await.map(drop);
        }
        for _ in 0..TRIES {
            let now = self.now();
            let Some((Approval::Forwarding(forwarding), place)) = self.load(id).await? else {
                return Ok(());
            };
            if !forwarding.is_overdue(now) {
                return Ok(());
            }
            let node = forwarding.lease().map(|lease| lease.node.to_string()).unwrap_or_default();
            let event = self.event(EventKind::OutcomeUnknown, Actor::Gateway).about(id);
            let event = event.with("reason", "lease-over").with("node", &node);
            let ended = forwarding.lose(now);
            let ending = ended.ending().clone();
            match self.store().commit(self.put_held(&Approval::Ended(ended), place).record(event)).await {
                Ok(_) => {
                    tracing::warn!(held = %id, node, "a gateway that was sending a request has not been heard of: the outcome is unknown");
                    self.metrics().ended(&ending);
                    self.settle_soon(id);
                    return Ok(());
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }
}
