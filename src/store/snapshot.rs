//! All of a store's records and audit entries, to be carried elsewhere: what a backup is made of, whatever the engine.
//!
//! **Invariant:** a snapshot holds whatever was committed before it was taken. An engine that keeps old states (redb) gives exactly
//! that; another may give commits that happen while it is read, in part. What such a backup is restored to is a new epoch, so that
//! nothing of a request under way counts.
//! **Invariant:** records keep their versions; after an import none is given that was given before (`tests/it/store_contract.rs`).
//!
//! Read and written by [`backup`](super::backup) only.

use async_trait::async_trait;

use super::{Key, Row, Unavailable};
use crate::audit::Link;
use crate::base::time::Timestamp;

/// A record with all that an engine keeps of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its name.
    pub key: Key,
    /// Version and value.
    pub row: Row,
    /// From when on [`Store::due`](super::Store::due) names it.
    pub due: Option<Timestamp>,
}

/// A store's records and audit entries; bodies are asked for one by one.
#[async_trait]
pub trait Snapshot: Send + Sync {
    /// The last version that was given: no record's is higher.
    fn version(&self) -> u64;

    /// At most `limit` records, in byte order of their keys, beginning after `after`.
    async fn rows(&self, after: Option<&Key>, limit: usize) -> Result<Vec<Kept>, Unavailable>;

    /// At most `limit` audit entries, beginning with number `from` (the first is 1).
    async fn audit(&self, from: u64, limit: usize) -> Result<Vec<Link>, Unavailable>;
}

/// A part of a snapshot, to be put into another store.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// The last version that had been given.
    pub version: u64,
    /// Records.
    pub rows: Vec<Kept>,
    /// Audit entries that follow what is there.
    pub links: Vec<Link>,
}
