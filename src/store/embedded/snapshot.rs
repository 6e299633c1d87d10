//! A snapshot is one read transaction of redb: it sees the state it began with, however long it takes and whatever is committed
//! meanwhile. An import is one write transaction for each part.

use std::sync::Arc;

use async_trait::async_trait;
use redb::{Database, Durability, ReadTransaction};

use super::file::Slot;
use super::ledger::Ledger;
use super::tables::{self, META, ReadError, VERSION_NAME};
use crate::audit::Link;
use crate::store::snapshot::{Kept, Part, Snapshot};
use crate::store::{Key, Unavailable};

/// The state at one moment.
pub(super) struct Moment {
    transaction: Arc<ReadTransaction>,
    tenant: &'static str,
    version: u64,
}

impl Moment {
    pub(super) fn take(slot: &Slot, tenant: &'static str) -> Result<Self, Unavailable> {
        let transaction = slot.begin_read()?;
        let version = || -> Result<u64, ReadError> {
            Ok(transaction.open_table(META)?.get(VERSION_NAME)?.map_or(0, |last| last.value()))
        };
        let version = version().map_err(unreadable)?;
        Ok(Self { transaction: Arc::new(transaction), tenant, version })
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&ReadTransaction, &'static str) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let (transaction, tenant) = (self.transaction.clone(), self.tenant);
        let reading = tokio::task::spawn_blocking(move || read(&transaction, tenant).map_err(unreadable));
        reading.await.map_err(super::panicked)?
    }
}

#[async_trait]
impl Snapshot for Moment {
    fn version(&self) -> u64 {
        self.version
    }

    async fn rows(&self, after: Option<&Key>, limit: usize) -> Result<Vec<Kept>, Unavailable> {
        let after = after.cloned();
        self.read(move |from, tenant| tables::all(from, tenant, after.as_ref(), limit)).await
    }

    async fn audit(&self, from: u64, limit: usize) -> Result<Vec<Link>, Unavailable> {
        self.read(move |transaction, tenant| tables::audit(transaction, tenant, from, limit)).await
    }
}

/// Puts a part of another store's snapshot into this one.
pub(super) fn import(database: &Database, tenant: &str, part: &Part) -> Result<(), redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    Ledger::open(&transaction)?.import(tenant, part)?;
    Ok(transaction.commit()?)
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn unreadable(error: ReadError) -> Unavailable {
    Unavailable::because(error.to_string())
}
