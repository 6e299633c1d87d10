//! What a run before this one left is put in order: first what was being sent, before anything is served; then, behind what is served, the rest.
//!
//! **Invariant:** a request found `forwarding` at the start is `outcome_unknown`, never sent again (`tests/it/kill.rs`); on a store that several
//! gateways share, once its lease is over ([`super::lease`]; the sweep sees to it). The index of what is due finds it: a lease is short. One that has
//! none, of an earlier version, or whose clock was put back by more than minutes, is found with the rest; until then it is not sent either.
//! **Invariant:** of bodies only those are removed that were there before anything was served.
//! Called by `app` once.

use std::collections::HashSet;

use crate::approval::Approval;
use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Blob, Id};
use crate::base::time::{Span, Timestamp};
use crate::store::glance::Now;
use crate::store::{Commit, keys};

use super::{Flows, Unavailable, unavailable};

/// How many records are looked at at a time.
const BATCH: usize = 500;
/// How old a body that nothing needs must be where another gateway may be about to hold it.
const ORPHAN_AFTER: Span = Span::from_secs(3600);
/// Longer than any lease, and than a clock is put back by itself.
const LEASES_END: Span = Span::from_secs(600);

/// What is looked at once requests are served.
pub struct Rest {
    /// The bodies that there were before that.
    bodies: Vec<Id<Blob>>,
}

impl Flows {
    /// All of it.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn recover(&self) -> Result<(), Unavailable> {
        let rest = self.recover_sent().await?;
        self.recover_rest(rest).await
    }

    /// Run once, before the first request is served: names what a crash interrupted. On a store that other gateways may be using, only what
    /// they cannot be at work on.
    ///
    /// # Errors
    /// When the store cannot be used; the gateway must not start then.
    pub async fn recover_sent(&self) -> Result<Rest, Unavailable> {
        let young = if self.store().shared() { ORPHAN_AFTER } else { Span::ZERO };
        let before = Timestamp::from_millis(self.now().millis() - young.millis());
        let bodies = self.store().blob_list(before).await.map_err(unavailable)?;
        self.void_older().await?;
        if !self.store().shared() {
            self.name_sent().await?;
        }
        let event = self.event(EventKind::ServerStarted, Actor::Gateway).with("node", self.0.node);
        self.store().commit(Commit::new().record(event)).await.map_err(unavailable)?;
        Ok(Rest { bodies })
    }

    /// Names what was being sent, by the index of what is due.
    async fn name_sent(&self) -> Result<(), Unavailable> {
        let due = self.store().due(self.now().plus(LEASES_END), usize::MAX).await.map_err(unavailable)?;
        for key in due {
            let Ok(id) = key.last().parse::<Id<id::Held>>() else { continue };
            if key != keys::held(id) {
                continue;
            }
            let Some(row) = self.row(&key).await? else { continue };
            if self.records().glance_held(&key, &row.value).map_err(unavailable)?.now == Now::Forwarding {
                self.interrupted(id).await?;
            }
        }
        Ok(())
    }

    /// Settles what is over and still counts against quotas, and removes bodies that belong to nothing.
    ///
    /// # Errors
    /// When the store cannot be used; what is left is left to the next start.
    pub async fn recover_rest(&self, rest: Rest) -> Result<(), Unavailable> {
        let unsettled = self.charged().await?;
        let mut needed: HashSet<Id<Blob>> = HashSet::new();
        let mut after = None;
        loop {
            let rows = self.page(&keys::all_held(), &mut after, BATCH).await?;
            if rows.is_empty() {
                break;
            }
            for (key, row) in &rows {
                let one = self.records().glance_held(key, &row.value).map_err(unavailable)?;
                // Of an ended one another gateway may be sending the rest yet.
                let body = one.body.filter(|_| one.now != Now::Ended || self.store().shared());
                needed.extend(body.into_iter().chain(one.kept));
                match one.now {
                    Now::Forwarding => self.interrupted(one.id).await?,
                    Now::Ended if unsettled.contains(&one.id) => self.settle(one.id).await?,
                    Now::Ended | Now::Open => {}
                }
            }
            // It may be long, and there is other work.
            tokio::task::yield_now().await;
        }
        for blob in rest.bodies {
            if !needed.contains(&blob) {
                self.drop_blob(blob).await?;
            }
        }
        Ok(())
    }

    /// The same behind what is served, until the server stops.
    pub async fn recover_behind(self, rest: Rest) {
        tokio::select! {
            () = self.tasks().stopping() => {}
            done = self.recover_rest(rest) => if let Err(error) = done {
                tracing::error!(%error, "not all that the last run left could be put in order: the next start will");
            }
        }
    }

    /// Somebody was sending it. Nobody but this gateway uses an unshared store: what is not its own, nobody sends any more.
    async fn interrupted(&self, id: Id<id::Held>) -> Result<(), Unavailable> {
        if self.store().shared() {
            return self.overdue(id).await;
        }
        match self.load(id).await? {
            Some((Approval::Forwarding(state), _))
                if state.lease().is_none_or(|lease| lease.node != self.0.node) =>
            {
                self.lost(id).await
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The held requests that count against quotas.
    async fn charged(&self) -> Result<HashSet<Id<id::Held>>, Unavailable> {
        let (mut all, mut after) = (HashSet::new(), None);
        loop {
            let rows = self.page(&keys::all_charges(), &mut after, BATCH).await?;
            if rows.is_empty() {
                return Ok(all);
            }
            all.extend(rows.iter().filter_map(|(key, _)| key.last().parse::<Id<id::Held>>().ok()));
        }
    }
}
