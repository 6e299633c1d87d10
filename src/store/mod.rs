//! Where everything lives: records with versions, their audit entries, and sealed bodies. The trait promises no more than a
//! plain key-value engine with compare-and-set can keep, so that engines are exchangeable.
//!
//! **Invariant:** a [`Commit`] happens wholly or not at all, its audit entries included, and is durable when it returns
//! (`tests/it/store_contract.rs`, one suite for every engine).
//! **Invariant:** versions are never given twice, not even to a record that was deleted and made again.
//! **Invariant:** a store that cannot be sure says [`Unavailable`]; nothing is reported as done that may be lost.
//! One handle speaks for one tenant. Called by flows only; engines are named by `app` and `cli` only.

pub mod backup;
mod blob;
mod body;
pub mod count;
pub mod embedded;
mod files;
pub mod gate;
pub mod glance;
pub mod keys;
pub mod record;
mod record_account;
mod record_challenge;
mod record_directory;
mod record_grant;
mod record_held;
pub mod record_message;
pub mod record_observed;
mod record_otp;
pub mod record_passkey;
mod record_phone;
mod record_success;
pub mod redis;
pub mod seal;
mod sealed_file;
pub mod snapshot;
pub mod watch;

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

pub use count::Add;
pub use keys::{Key, Prefix};
pub use snapshot::{Kept, Part, Snapshot};
pub use watch::Changes;

use crate::audit::{Event, Head, Link};
use crate::base::id::{Blob, Id};
use crate::base::time::Timestamp;

/// The tenant that exists without being named.
pub const DEFAULT_TENANT: &str = "default";

/// The records, audit log and bodies of one tenant.
#[async_trait]
pub trait Store: Send + Sync {
    /// One record, or `None` when there is none of that name.
    async fn get(&self, key: &Key) -> Result<Option<Row>, Unavailable>;

    /// At most `limit` records whose keys begin with `prefix`, in byte order of their keys, beginning after `after`. Fewer than `limit` are all
    /// that are left.
    async fn list(
        &self,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Row)>, Unavailable>;

    /// At most `limit` keys whose due time is `now` or earlier, the earliest first.
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Key>, Unavailable>;

    /// All of `commit` or nothing. Durable when it returns.
    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError>;

    /// Tells of every commit from now on that touches `key`. Watch first, then read: no change can fall between.
    fn watch(&self, key: &Key) -> Changes;

    /// At most `limit` audit entries, beginning with number `from` (the first is 1).
    async fn audit(&self, from: u64, limit: usize) -> Result<Vec<Link>, Unavailable>;

    /// The end of the audit log, kept apart from its entries; `None` while it is empty.
    async fn audit_head(&self) -> Result<Option<Head>, Unavailable>;

    /// Whether records can be read and written now. Writes durably, without changing anything.
    async fn health(&self) -> Result<(), Unavailable>;

    /// Begins a new body. Nothing of it can be opened before [`BlobWriter::finish`]; dropping the writer discards it.
    async fn blob_begin(&self, id: Id<Blob>) -> Result<Box<dyn BlobWriter>, Unavailable>;

    /// Opens a finished body.
    async fn blob_open(&self, id: Id<Blob>) -> Result<Box<dyn BlobReader>, BlobError>;

    /// Removes a body; one that is not there is no error.
    async fn blob_delete(&self, id: Id<Blob>) -> Result<(), Unavailable>;

    /// The finished bodies whose ids were made before `before`, oldest first: candidates for the sweep of orphans.
    async fn blob_list(&self, before: Timestamp) -> Result<Vec<Id<Blob>>, Unavailable>;

    /// Whether other gateways may use this store at the same time.
    fn shared(&self) -> bool {
        false
    }

    /// What its operator should look at, though it works.
    async fn remarks(&self, _now: Timestamp) -> Result<Vec<Remark>, Unavailable> {
        Ok(Vec::new())
    }

    /// The records and audit entries as they are now, to be read at leisure.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Unavailable>;

    /// Puts a part of another store's snapshot: records at their versions whatever is there, audit entries as they are. Durable when it
    /// returns. Only for a store that nobody uses yet.
    async fn import(&self, part: Part) -> Result<(), Unavailable>;
}

/// Something about a store that works, and may not for long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// What was seen.
    pub seen: String,
    /// What to do about it.
    pub advice: &'static str,
}

/// A stored record.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// The version it was given when it was last put.
    pub version: u64,
    /// What was put.
    pub value: Vec<u8>,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row({} bytes at version {})", self.value.len(), self.version)
    }
}

/// What must hold of a record for a commit to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// There is none of that name.
    Absent,
    /// It has this version.
    Version(u64),
    /// Whatever: for what is added to counts.
    Any,
}

/// A value to be stored, and when the sweep should look at it.
#[derive(Clone, PartialEq, Eq)]
pub struct Put {
    /// The value.
    pub value: Vec<u8>,
    /// From when on [`Store::due`] names it; replaces any earlier due time.
    pub due: Option<Timestamp>,
}

/// What a commit does to one record it named.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// Only its version is checked.
    None,
    /// A new value.
    Put(Put),
    /// More or less of two counts.
    Add(Add),
    /// It goes away.
    Delete,
}

/// What a commit expects of records and does to them.
pub type Steps = BTreeMap<Key, (Expect, Change)>;

/// Changes to any few records of one tenant, with their audit entries.
///
/// **Invariant:** no record is changed whose state was not named: every method that changes one takes what it must be. Counts alone are
/// added to ([`Add`]).
#[derive(Clone, Default)]
pub struct Commit {
    steps: Steps,
    audit: Vec<Event>,
    contradiction: Option<Key>,
}

impl Commit {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a record that does not exist.
    #[must_use]
    pub fn create(self, key: Key, value: Vec<u8>, due: Option<Timestamp>) -> Self {
        self.step(key, Expect::Absent, Change::Put(Put { value, due }))
    }

    /// Replaces a record that was read at `version`.
    #[must_use]
    pub fn replace(self, key: Key, version: u64, value: Vec<u8>, due: Option<Timestamp>) -> Self {
        self.step(key, Expect::Version(version), Change::Put(Put { value, due }))
    }

    /// Makes or replaces a record, as it was found by [`Store::get`].
    #[must_use]
    pub fn put(self, key: Key, found: Option<&Row>, value: Vec<u8>, due: Option<Timestamp>) -> Self {
        self.step(key, found.into(), Change::Put(Put { value, due }))
    }

    /// Deletes a record that was read at `version`.
    #[must_use]
    pub fn delete(self, key: Key, version: u64) -> Self {
        self.step(key, Expect::Version(version), Change::Delete)
    }

    /// Adds to a record of two counts, whatever they are. Once in a commit for each.
    #[must_use]
    pub fn add(self, key: Key, add: Add) -> Self {
        self.step(key, Expect::Any, Change::Add(add))
    }

    /// Happens only if the record is as it was read, and leaves it so.
    #[must_use]
    pub fn require(self, key: Key, expect: Expect) -> Self {
        self.step(key, expect, Change::None)
    }

    /// Adds an audit entry; entries keep their order.
    #[must_use]
    pub fn record(mut self, event: Event) -> Self {
        self.audit.push(event);
        self
    }

    /// Adds all that `other` does.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (key, (expect, change)) in other.steps {
            self = self.step(key, expect, change);
        }
        self.audit.extend(other.audit);
        self.contradiction = self.contradiction.or(other.contradiction);
        self
    }

    /// What it does, or why it can never happen.
    ///
    /// # Errors
    /// When one record was named twice with different states or changes.
    pub fn into_parts(self) -> Result<(Steps, Vec<Event>), Unavailable> {
        match self.contradiction {
            None => Ok((self.steps, self.audit)),
            Some(key) => Err(Unavailable::because(format!("a commit contradicts itself about `{key}`"))),
        }
    }

    fn step(mut self, key: Key, expect: Expect, change: Change) -> Self {
        match self.steps.get_mut(&key) {
            None => drop(self.steps.insert(key, (expect, change))),
            Some((before, _)) if *before != expect || expect == Expect::Any => self.contradiction = Some(key),
            Some((_, slot @ Change::None)) => *slot = change,
            Some((_, earlier)) if change == Change::None || *earlier == change => {}
            Some(_) => self.contradiction = Some(key),
        }
        self
    }
}

impl From<Option<&Row>> for Expect {
    fn from(found: Option<&Row>) -> Self {
        found.map_or(Self::Absent, |row| Self::Version(row.version))
    }
}

/// What a commit was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The version of every record it put.
    pub version: u64,
    /// The numbers of its audit entries, in order.
    pub audit: Vec<u64>,
}

/// Why a commit did not happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// A record was not as expected: read again and decide again.
    #[error("a record changed meanwhile")]
    Conflict,
    /// A count would be over its bound.
    #[error("`{0}` would be over its bound")]
    Over(Key),
    /// The store could not do it. After a loss of power it may turn out to have happened, never in part.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// The store cannot answer. Ends in a refusal to the client; the reason is for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store is unavailable: {0}")]
pub struct Unavailable(String);

impl Unavailable {
    /// With the reason for the log.
    pub fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// Why a body cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// There is none of that id.
    #[error("the body is not there")]
    Missing,
    /// It is not what was written: cut, edited, reordered, or of another id.
    #[error("the body is damaged")]
    Damaged,
    /// It could not be read.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Takes a body in pieces of any size; holds at most 64 KiB of it.
#[async_trait]
pub trait BlobWriter: Send {
    /// Appends.
    async fn write(&mut self, bytes: &[u8]) -> Result<(), Unavailable>;

    /// Ends the body. Durable when it returns.
    async fn finish(self: Box<Self>) -> Result<(), Unavailable>;
}

/// Gives a body back in pieces of at most 64 KiB.
#[async_trait]
pub trait BlobReader: Send {
    /// The next piece; `None` after the last. No byte is given that was not authenticated, and no end that was not the end.
    async fn next(&mut self) -> Result<Option<Bytes>, BlobError>;
}
