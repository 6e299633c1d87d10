//! The embedded engine: redb for records and the audit log, files for bodies, all under one `data_dir` of one process.
//!
//! **Invariant:** one thread writes ([`writer`]); what it answers is on the disk. An import writes before there is anything else to write.
//! **Invariant:** when the file is gone, replaced or cannot be written, every call says so; nothing goes to a file nobody will
//! find again (`tests/it/store_embedded.rs`). One that was lost is not made anew beside what belonged to it (`tests/it/faults_embedded.rs`).
//! Reads that the [`cache`] cannot answer run on the blocking pool: a page may have to come from a slow disk.
//!
//! Named by `app` and `cli` only; everyone else knows the [`Store`] trait.

mod cache;
mod file;
mod ledger;
mod snapshot;
mod tables;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use redb::ReadTransaction;
use tokio::sync::{mpsc, oneshot};

use self::cache::{Cache, Known, is_narrow};
use self::file::{Slot, plain};
use self::writer::Request;
use super::blob::Blobs;
use super::seal::Seal;
use super::watch::Watchers;
use super::{
    BlobError, BlobReader, BlobWriter, Changes, Commit, CommitError, Committed, DEFAULT_TENANT, Key, Part,
    Prefix, Row, Snapshot, Store, Unavailable,
};
use crate::audit::{Head, Link};
use crate::base::id::{Blob, Id};
use crate::base::time::Timestamp;

/// The store of one gateway on one machine. Dropping it finishes what was begun and closes the file.
pub struct Embedded {
    slot: Arc<Slot>,
    cache: Arc<Cache>,
    requests: Option<mpsc::Sender<Request>>,
    writer: Option<std::thread::JoinHandle<()>>,
    watchers: Watchers,
    blobs: Blobs,
    tenant: &'static str,
}

/// Why the store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("`{}` is in use by another process", path.display())]
    InUse {
        /// The database file.
        path: PathBuf,
    },
    /// It was written by another version of the product.
    #[error("`{}` has schema {found}, this version reads schema {expected}", path.display())]
    Schema {
        /// The database file.
        path: PathBuf,
        /// The number in the file.
        found: u64,
        /// The number this version reads.
        expected: u64,
    },
    /// A folder or file cannot be made or read.
    #[error("`{}` cannot be opened: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no database, but bodies that belong to one.
    #[error("`{}` is gone or empty, but there are bodies that belong to it: restore it, or move `blobs` away", path.display())]
    Lost {
        /// The database file.
        path: PathBuf,
    },
    /// The file is there but is not a sound database.
    #[error("`{}` is damaged or not a database: {reason}", path.display())]
    Damaged {
        /// The database file.
        path: PathBuf,
        /// What the engine says.
        reason: String,
    },
}

impl Embedded {
    /// Opens, or makes, the store in `data_dir`. Checks the whole file: the time grows with its size.
    ///
    /// # Errors
    /// When another process uses it, or it cannot be read, written or understood.
    pub fn open(data_dir: &Path, seal: Arc<Seal>) -> Result<Self, OpenError> {
        Self::open_with(data_dir, seal, plain())
    }

    fn open_with(data_dir: &Path, seal: Arc<Seal>, make: file::Make) -> Result<Self, OpenError> {
        let path = super::files::database(data_dir);
        let is_there = std::fs::metadata(&path).is_ok_and(|about| about.len() > 0);
        if !is_there && super::files::blobs(data_dir).is_dir() {
            return Err(OpenError::Lost { path });
        }
        let slot = Arc::new(Slot::open(data_dir, make)?);
        let failed = |source| OpenError::File { path: super::files::blobs(data_dir), source };
        let blobs = Blobs::open(data_dir, seal).map_err(failed)?;
        let watchers = Watchers::default();
        let (requests, inbox) = mpsc::channel(writer::BACKLOG);
        let cache = Arc::new(Cache::new());
        let (for_writer, told, fresh) = (slot.clone(), watchers.clone(), cache.clone());
        let writer = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer::run(&for_writer, &fresh, inbox, &told))
            .map_err(failed)?;
        Ok(Self {
            slot,
            cache,
            requests: Some(requests),
            writer: Some(writer),
            watchers,
            blobs,
            tenant: DEFAULT_TENANT,
        })
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&ReadTransaction, &'static str) -> Result<T, tables::ReadError> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let (slot, tenant) = (self.slot.clone(), self.tenant);
        let reading = tokio::task::spawn_blocking(move || slot.read(|transaction| read(transaction, tenant)));
        reading.await.map_err(panicked)?
    }
}

fn panicked(_: tokio::task::JoinError) -> Unavailable {
    Unavailable::because("work on the database ended in a panic")
}

#[async_trait]
impl Store for Embedded {
    async fn get(&self, key: &Key) -> Result<Option<Row>, Unavailable> {
        if let Some(Known(row)) = self.cache.get(key) {
            self.slot.present()?;
            return Ok(row);
        }
        let (stamp, wanted) = (self.cache.stamp(), key.clone());
        let row = self.read(move |from, tenant| tables::get(from, tenant, &wanted)).await?;
        self.cache.found(stamp, key, row.as_ref());
        Ok(row)
    }

    async fn list(
        &self,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Row)>, Unavailable> {
        let narrow = after.is_none() && is_narrow(prefix);
        if narrow && let Some(mut rows) = self.cache.list(prefix) {
            self.slot.present()?;
            rows.truncate(limit);
            return Ok(rows);
        }
        let (stamp, wanted, after) = (self.cache.stamp(), prefix.clone(), after.cloned());
        let reading = move |from: &ReadTransaction, tenant: &str| {
            tables::list(from, tenant, &wanted, after.as_ref(), limit)
        };
        let rows = self.read(reading).await?;
        // Fewer than asked for are all there are.
        if narrow && rows.len() < limit {
            self.cache.listed(stamp, prefix, &rows);
        }
        Ok(rows)
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Key>, Unavailable> {
        self.read(move |from, tenant| tables::due(from, tenant, now, limit)).await
    }

    /// Happens even when the caller stops waiting for it.
    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        let (steps, events) = commit.into_parts()?;
        let (reply, answer) = oneshot::channel();
        let stopped =
            || CommitError::Unavailable(Unavailable::because("the writer of the database has stopped"));
        let requests = self.requests.as_ref().ok_or_else(stopped)?;
        let request = Request { tenant: self.tenant, steps, events, reply };
        requests.send(request).await.map_err(|_| stopped())?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    fn watch(&self, key: &Key) -> Changes {
        self.watchers.watch(key)
    }

    async fn audit(&self, from: u64, limit: usize) -> Result<Vec<Link>, Unavailable> {
        self.read(move |transaction, tenant| tables::audit(transaction, tenant, from, limit)).await
    }

    async fn audit_head(&self) -> Result<Option<Head>, Unavailable> {
        self.read(tables::audit_head).await
    }

    async fn health(&self) -> Result<(), Unavailable> {
        self.blobs.health().await?;
        match self.commit(Commit::new()).await {
            Ok(_) => Ok(()),
            Err(CommitError::Unavailable(why)) => Err(why),
            Err(other) => Err(Unavailable::because(format!("a commit of nothing did not happen: {other}"))),
        }
    }

    async fn blob_begin(&self, id: Id<Blob>) -> Result<Box<dyn BlobWriter>, Unavailable> {
        self.blobs.begin(id).await
    }

    async fn blob_open(&self, id: Id<Blob>) -> Result<Box<dyn BlobReader>, BlobError> {
        self.blobs.read(id).await
    }

    async fn blob_delete(&self, id: Id<Blob>) -> Result<(), Unavailable> {
        self.blobs.delete(id).await
    }

    async fn blob_list(&self, before: Timestamp) -> Result<Vec<Id<Blob>>, Unavailable> {
        self.blobs.list(before).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Unavailable> {
        let (slot, tenant) = (self.slot.clone(), self.tenant);
        let taking = tokio::task::spawn_blocking(move || snapshot::Moment::take(&slot, tenant));
        Ok(Box::new(taking.await.map_err(panicked)??))
    }

    async fn import(&self, part: Part) -> Result<(), Unavailable> {
        let (slot, tenant) = (self.slot.clone(), self.tenant);
        let importing = move || slot.write(|database| snapshot::import(database, tenant, &part));
        let imported = tokio::task::spawn_blocking(importing).await.map_err(panicked)?;
        self.cache.forget();
        imported
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the writer of the database ended in a panic");
        }
        self.slot.close();
    }
}

#[cfg(test)]
mod tests;
