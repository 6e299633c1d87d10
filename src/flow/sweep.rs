//! What happens without anybody asking: deadlines pass, charges are settled, old requests are forgotten.
//!
//! **Invariant:** a sweep only ends things; it never approves or releases.

use crate::approval::{Approval, Ended, Ending};
use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::store::keys::Falls;
use crate::store::record::Charge;
use crate::store::{Commit, keys};

use super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};

/// How many records one pass takes from the store at a time.
const BATCH: usize = 200;

impl Flows {
    /// One pass over what is due. Returns how many records it looked at.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn sweep(&self) -> Result<usize, Unavailable> {
        self.void_older().await?;
        let due = self.store().due(self.now(), BATCH).await.map_err(unavailable)?;
        for key in &due {
            match Falls::of(key) {
                Some(Falls::Grant) => self.forget_grant(key.clone()).await?,
                Some(Falls::Observed) => self.forget_day(key.clone()).await?,
                Some(Falls::Challenge) => self.forget_challenge(key.clone()).await?,
                Some(Falls::Enrolment) => self.forget_enrolment(key.clone()).await?,
                Some(Falls::Session) => self.forget_session(key.clone()).await?,
                Some(Falls::Invitation) => self.forget_invitation(key.clone()).await?,
                Some(Falls::Sent) => self.forget_sent(key.clone()).await?,
                Some(Falls::Contact) => self.forget_contact(key.clone()).await?,
                Some(Falls::Pairing) => self.forget_pairing(key.clone()).await?,
                None => {}
            }
            if let Ok(id) = key.last().parse::<Id<id::Held>>() {
                self.pass(id).await?;
            }
        }
        Ok(due.len())
    }

    /// Sweeps every second until the server stops.
    pub async fn sweep_until_stopped(self) {
        loop {
            tokio::select! {
                () = self.tasks().stopping() => return,
                () = tokio::time::sleep(std::time::Duration::from_secs(1)) => {}
            }
            if let Err(error) = self.sweep().await {
                tracing::error!(%error, "the sweep could not do its work");
            }
        }
    }

    /// A held request whose due time has come: it has expired, or it is old enough to be forgotten.
    async fn pass(&self, id: Id<id::Held>) -> Result<(), Unavailable> {
        let Some((approval, place)) = self.load(id).await? else { return Ok(()) };
        if matches!(approval, Approval::Forwarding(_)) {
            return self.overdue(id).await;
        }
        let Approval::Ended(ended) = &approval else { return Ok(()) };
        if ended.ended_at().plus(super::RETENTION) <= self.now() {
            self.settle(id).await?;
            let mut commit = Commit::new().delete(keys::held(id), place.version);
            let kept = match ended.ending() {
                Ending::Delivered { kept, .. } => *kept,
                _ => None,
            };
            // The request's own is gone, unless the gateway that sent it has ended meanwhile.
            for body in kept.into_iter().chain(ended.subject().body) {
                match self.drop_body(body).await? {
                    Some(dropped) => commit = commit.and(dropped),
                    None => self.drop_blob(body).await?,
                }
            }
            let own = keys::held_of(&ended.subject().requester, id);
            if let Some(row) = self.row(&own).await? {
                commit = commit.delete(own, row.version);
            }
            return match self.store().commit(commit).await {
                Ok(_) => Ok(()),
                Err(error) => lost_race(error),
            };
        }
        if *ended.ending() == Ending::Expired {
            let event = self.event(EventKind::Expired, Actor::Gateway).about(id);
            match self.store().commit(self.put_held(&approval, place).record(event)).await {
                Ok(_) => self.metrics().expired(),
                Err(error) => lost_race(error)?,
            }
        }
        self.settle(id).await
    }

    /// Settles a request that has just ended, without making anybody wait for it.
    pub(super) fn settle_soon(&self, id: Id<id::Held>) {
        let flows = self.clone();
        self.tasks().spawn("settle", async move {
            if let Err(error) = flows.settle(id).await {
                tracing::error!(%error, "an ended request could not be settled: the next start will");
            }
        });
    }

    /// Takes an ended request off the quotas, once, and removes its body.
    pub(super) async fn settle(&self, id: Id<id::Held>) -> Result<(), Unavailable> {
        for _ in 0..TRIES {
            let Some((Approval::Ended(ended), _)) = self.load(id).await? else { return Ok(()) };
            let Some((commit, left)) = self.settling(&ended).await? else { return Ok(()) };
            match self.store().commit(commit).await {
                Ok(_) => {
                    return match left {
                        Some(body) => self.drop_blob(body).await,
                        None => Ok(()),
                    };
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// What takes an ended request off the quotas, with its body if that is a record; and its body if it is none, which goes after the
    /// commit. `None` when it has been settled.
    pub(super) async fn settling(
        &self,
        ended: &Ended,
    ) -> Result<Option<(Commit, Option<Id<id::Blob>>)>, Unavailable> {
        let charge = keys::charge(ended.subject().id);
        let Some(row) = self.row(&charge).await? else { return Ok(None) };
        let mark: Charge = self.records().open(&charge, &row.value).map_err(unavailable)?;
        let mut commit = Self::discharging(&mark).delete(charge, row.version);
        let mut left = ended.subject().body;
        if let Some(body) = left
            && let Some(dropped) = self.drop_body(body).await?
        {
            (commit, left) = (commit.and(dropped), None);
        }
        Ok(Some((commit, left)))
    }
}
