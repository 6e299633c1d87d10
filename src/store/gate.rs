//! A store that is not here yet, or not any more: while one server takes over from another on one machine, the file of the embedded store has one of
//! them at a time; and one that several use may be away when a server starts.
//!
//! **Invariant:** whoever needs the store before it has come waits, but no longer than its patience, and is told that it is unavailable then; what was
//! given away is not used again (`tests/it/upgrade.rs`).
//! **Invariant:** nobody but the recovery uses it before the recovery is done.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use super::watch::Watchers;
use super::{
    BlobError, BlobReader, BlobWriter, Changes, Commit, CommitError, Committed, Key, Part, Prefix, Remark,
    Row, Snapshot, Store, Unavailable,
};
use crate::audit::{Head, Link};
use crate::base::id::{Blob, Id};
use crate::base::time::Timestamp;

tokio::task_local! {
    /// Set in the task that puts in order what the last server left.
    static RECOVERING: ();
}

/// The way to a store.
pub struct Gate {
    place: watch::Sender<Place>,
    patience: Duration,
    known: Vec<(Key, Row)>,
    nobody: Watchers,
}

#[derive(Clone)]
enum Place {
    Coming,
    Recovering(Arc<dyn Store>),
    Here(Arc<dyn Store>),
    Left,
}

impl Gate {
    /// To a store that is here.
    pub fn to(store: Arc<dyn Store>) -> Self {
        Self::at(Place::Here(store), Duration::ZERO, Vec::new())
    }

    /// To one that is to come within `patience`. `known` are records that never change, and are known already.
    pub fn awaiting(patience: Duration, known: Vec<(Key, Row)>) -> Self {
        Self::at(Place::Coming, patience, known)
    }

    fn at(place: Place, patience: Duration, known: Vec<(Key, Row)>) -> Self {
        Self { place: watch::Sender::new(place), patience, known, nobody: Watchers::default() }
    }

    /// It has come: `recovery` uses it first and alone, then everybody.
    ///
    /// # Errors
    /// When the recovery fails; nobody else uses it then.
    pub async fn arrive<T, E>(
        &self,
        store: Arc<dyn Store>,
        recovery: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.place.send_replace(Place::Recovering(store.clone()));
        let recovered = RECOVERING.scope((), recovery).await?;
        self.place.send_replace(Place::Here(store));
        Ok(recovered)
    }

    /// It is given away.
    pub fn leave(&self) {
        self.place.send_replace(Place::Left);
    }

    async fn there(&self) -> Result<Arc<dyn Store>, Unavailable> {
        let found = |place: &Place| match place {
            Place::Here(store) => Some(Ok(store.clone())),
            Place::Recovering(store) => RECOVERING.try_with(|()| ()).is_ok().then(|| Ok(store.clone())),
            Place::Left => Some(Err(Unavailable::because("another server has taken it over"))),
            Place::Coming => None,
        };
        if let Some(found) = found(&self.place.borrow()) {
            return found;
        }
        let mut seen = self.place.subscribe();
        let come = seen.wait_for(|place| found(place).is_some());
        match tokio::time::timeout(self.patience, come).await {
            Ok(Ok(place)) => found(&place).unwrap_or_else(|| Err(Unavailable::because("it has not come"))),
            Ok(Err(_)) | Err(_) => Err(Unavailable::because("it is not here yet")),
        }
    }
}

#[async_trait]
impl Store for Gate {
    async fn get(&self, key: &Key) -> Result<Option<Row>, Unavailable> {
        if let Some((_, row)) = self.known.iter().find(|(known, _)| known == key) {
            return Ok(Some(row.clone()));
        }
        self.there().await?.get(key).await
    }

    async fn list(
        &self,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Row)>, Unavailable> {
        self.there().await?.list(prefix, after, limit).await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Key>, Unavailable> {
        self.there().await?.due(now, limit).await
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        self.there().await?.commit(commit).await
    }

    fn watch(&self, key: &Key) -> Changes {
        match &*self.place.borrow() {
            Place::Here(store) | Place::Recovering(store) => store.watch(key),
            // Whoever watches reads next, and waits there.
            Place::Coming | Place::Left => self.nobody.watch(key),
        }
    }

    async fn audit(&self, from: u64, limit: usize) -> Result<Vec<Link>, Unavailable> {
        self.there().await?.audit(from, limit).await
    }

    async fn audit_head(&self) -> Result<Option<Head>, Unavailable> {
        self.there().await?.audit_head().await
    }

    async fn health(&self) -> Result<(), Unavailable> {
        self.there().await?.health().await
    }

    async fn blob_begin(&self, id: Id<Blob>) -> Result<Box<dyn BlobWriter>, Unavailable> {
        self.there().await?.blob_begin(id).await
    }

    async fn blob_open(&self, id: Id<Blob>) -> Result<Box<dyn BlobReader>, BlobError> {
        self.there().await?.blob_open(id).await
    }

    async fn blob_delete(&self, id: Id<Blob>) -> Result<(), Unavailable> {
        self.there().await?.blob_delete(id).await
    }

    async fn blob_list(&self, before: Timestamp) -> Result<Vec<Id<Blob>>, Unavailable> {
        self.there().await?.blob_list(before).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Unavailable> {
        self.there().await?.snapshot().await
    }

    async fn import(&self, part: Part) -> Result<(), Unavailable> {
        self.there().await?.import(part).await
    }

    async fn remarks(&self, now: Timestamp) -> Result<Vec<Remark>, Unavailable> {
        self.there().await?.remarks(now).await
    }

    fn shared(&self) -> bool {
        match &*self.place.borrow() {
            Place::Here(store) | Place::Recovering(store) => store.shared(),
            Place::Coming | Place::Left => false,
        }
    }
}
