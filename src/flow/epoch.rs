//! The epoch of the store, in every decision: what was held, approved or issued before the store failed over is void.
//!
//! The engine raises it when it sees that another server answers than the one that acknowledged the last changes, and so does a restored backup.
//! Acknowledged changes may be lost then: that something was released, that a code was used. So nothing that counts once is believed across it.
//!
//! | what | after the epoch was raised |
//! |---|---|
//! | a held or approved request | void ([`crate::approval::Undated::as_of`]); to be made again |
//! | a request that is being sent | its outcome is recorded as ever |
//! | a challenge that waits | gone; a new one is begun |
//! | an emergency access code, a set of recovery codes | void |
//! | a TOTP code | one of a later step than any that could have been used |
//! | a HOTP code | the first right one is spent and counts for nothing, the next one counts |
//! | a grant | void |
//!
//! **Invariant:** whatever was decided by the epoch that was read is committed in that epoch or not at all: the commit requires the row
//! (`tests/it/epoch.rs`).
//!
//! What a split brain can still do: a server that was cut off and does not know it takes writes until it is fenced. A gateway that is cut off with it
//! believes it, so a request may be approved and released there, and held and approved again at the other side; each once. And whoever revokes an
//! authenticator or ends a session at the one side has not done so at the other. Only a store that needs a majority for each write prevents it.

use crate::approval::{Approval, Ending};
use crate::audit::{Actor, EventKind};
use crate::base::epoch::Epoch;
use crate::base::id::{self, Id};
use crate::base::text::UserName;
use crate::directory::Authenticator;
use crate::store::{Commit, Expect, Key, Row, keys};

use super::{Flows, Unavailable, lost_race, unavailable};

/// How many records are looked at at a time.
const BATCH: usize = 200;

/// The epoch as it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) epoch: Epoch,
    row: Expect,
}

impl Now {
    /// The commit that happens in this epoch only.
    pub(super) fn required(self) -> Commit {
        Commit::new().require(keys::gateway("epoch"), self.row)
    }
}

/// Where a held request was read: its version, in which epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) version: u64,
    pub(super) now: Now,
}

impl Flows {
    /// The epoch of the store.
    pub(super) async fn epoch_now(&self) -> Result<Now, Unavailable> {
        let found = self.row(&keys::gateway("epoch")).await?;
        let epoch = match &found {
            None => Epoch::default(),
            Some(row) => Epoch::parse(&row.value).map_err(unavailable)?,
        };
        Ok(Now { epoch, row: found.as_ref().into() })
    }

    /// A held request as it is now, with what to compare and swap with.
    pub(super) async fn load(&self, id: Id<id::Held>) -> Result<Option<(Approval, Place)>, Unavailable> {
        let key = keys::held(id);
        let (found, now) = tokio::try_join!(self.row(&key), self.epoch_now())?;
        let Some(Row { version, value }) = found else { return Ok(None) };
        let stored = self.records().open_held(&key, &value).map_err(unavailable)?;
        Ok(Some((stored.as_of(self.now(), now.epoch), Place { version, now })))
    }

    /// One authenticator of a user.
    pub(super) async fn authenticator(
        &self,
        user: &UserName,
        id: Id<id::Authenticator>,
    ) -> Result<Option<Authenticator>, Unavailable> {
        let key = keys::authenticator(user, id);
        let (row, now) = tokio::try_join!(self.row(&key), self.epoch_now())?;
        let Some(row) = row else { return Ok(None) };
        let one = self.records().open_authenticator(&key, &row.value).map_err(unavailable)?;
        Ok(Some(one.as_of(now.epoch)))
    }

    /// All authenticators of a user, revoked ones included, oldest first.
    ///
    /// THREAT: really all. Whoever has many old ones, such as emergency access codes, must not appear to have no others.
    pub(super) async fn authenticators_of(&self, user: &UserName) -> Result<Vec<Authenticator>, Unavailable> {
        let (mut all, mut after, epoch) = (Vec::new(), None, self.epoch_now().await?.epoch);
        loop {
            let prefix = keys::authenticators_of(user);
            let rows = self.page(&prefix, &mut after, BATCH).await?;
            for (key, row) in &rows {
                let one = self.records().open_authenticator(key, &row.value).map_err(unavailable)?;
                all.push(one.as_of(epoch));
            }
            if rows.len() < BATCH {
                return Ok(all);
            }
        }
    }

    /// Ends what waited when the store failed over, if that is news to this gateway.
    pub(super) async fn void_older(&self) -> Result<(), Unavailable> {
        let now = self.epoch_now().await?;
        if self.0.swept.load(std::sync::atomic::Ordering::Relaxed) == now.epoch.number() {
            return Ok(());
        }
        let mut after = None;
        loop {
            let rows = self.page(&keys::all_held(), &mut after, BATCH).await?;
            if rows.is_empty() {
                break;
            }
            for (key, row) in &rows {
                self.void(key, row, now).await?;
            }
        }
        self.0.swept.store(now.epoch.number(), std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }

    /// Ends one, if it is of an epoch that is over.
    async fn void(&self, key: &Key, row: &Row, now: Now) -> Result<(), Unavailable> {
        let stored = self.records().open_held(key, &row.value).map_err(unavailable)?;
        let was_open = stored.is_open();
        let approval = stored.as_of(self.now(), now.epoch);
        let Approval::Ended(ended) = &approval else { return Ok(()) };
        if !was_open || *ended.ending() != Ending::FailedOver {
            return Ok(());
        }
        let (id, ending) = (ended.subject().id, ended.ending().clone());
        let event = self.event(EventKind::Voided, Actor::Gateway).about(id).with("epoch", now.epoch.number());
        let commit = self.put_held(&approval, Place { version: row.version, now }).record(event);
        match self.store().commit(commit).await {
            Ok(_) => self.metrics().ended(&ending),
            Err(error) => return lost_race(error),
        }
        self.settle(id).await
    }
}
