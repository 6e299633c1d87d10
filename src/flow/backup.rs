//! The store is backed up while it is used, and a backup is put into an empty store that nobody uses.
//!
//! **Invariant:** nothing that counts once counts again after a restore (`tests/it/backup.rs`): the epoch is raised, so what was held
//! or approved is void, and what is good for one use or one sitting ([`keys::outlives_restore`]) is left out.
//! **Invariant:** a store into which a backup was put in part is used by nobody: [`unfinished`] is asked before it is. The same backup
//! can be restored again, which ends it.
//!
//! What a backup cannot know is what was done after it was made: revoked authenticators are back, as are users that were unblocked and
//! blocked. The command says so.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::audit::{Actor, Event, EventKind};
use crate::base::epoch::Epoch;
use crate::base::time::Timestamp;
use crate::store::backup::{self, Backup, BackupError, Summary};
use crate::store::seal::Seal;
use crate::store::{Commit, CommitError, Row, Store, keys};

use super::admin::Reply;
use super::{Flows, Unavailable, unavailable};

/// A backup as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupView {
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// Records in it.
    pub records: u64,
    /// Audit entries in it.
    pub entries: u64,
    /// Bodies in it.
    pub bodies: u64,
    /// Bodies that were not whole in the store, and are not in it.
    pub left_out: u64,
    /// The end of its audit log, `number:hash`.
    pub head: Option<String>,
}

/// A backup that was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What it held.
    pub summary: Summary,
    /// Records of it that are good for one use or one sitting, and were left out.
    pub left_out: u64,
    /// The number of the epoch that began.
    pub epoch: u64,
}

/// Why a backup is not restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// It cannot be read, or the store failed.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// There is something in the store.
    #[error("the store is not empty: a backup is restored into an empty one only")]
    NotEmpty,
    /// Another backup was restored in part.
    #[error(
        "another backup was restored into this store in part: restore that one again, or empty the store"
    )]
    Another,
}

impl From<crate::store::Unavailable> for RestoreError {
    fn from(why: crate::store::Unavailable) -> Self {
        Self::Backup(BackupError::Store(why))
    }
}

impl From<CommitError> for RestoreError {
    fn from(error: CommitError) -> Self {
        match error {
            // Somebody else wrote to it meanwhile.
            CommitError::Conflict | CommitError::Over(_) => Self::NotEmpty,
            CommitError::Unavailable(why) => why.into(),
        }
    }
}

impl Flows {
    /// Backs the store up into a file.
    pub(super) async fn back_up(&self, actor: Actor, file: &str) -> Result<Reply, Unavailable> {
        let path = Path::new(file);
        if !path.is_absolute() {
            return Ok(Reply::Refused { why: "the path of a backup is absolute".to_owned() });
        }
        let parts = &self.0.parts;
        let summary = match backup::write(parts.store.as_ref(), &parts.seal, self.now(), path).await {
            Ok(summary) => summary,
            Err(error) => return Ok(Reply::Refused { why: error.to_string() }),
        };
        let event = self.event(EventKind::StoreBackedUp, actor).with("records", summary.counts.rows);
        let event = event.with("entries", summary.counts.entries).with("bodies", summary.counts.bodies);
        self.store().commit(Commit::new().record(event)).await.map_err(unavailable)?;
        Ok(Reply::Backup(view(&summary)))
    }
}

/// A backup as an operator sees it.
pub fn view(summary: &Summary) -> BackupView {
    BackupView {
        made_at: summary.made_at.to_string(),
        records: summary.counts.rows,
        entries: summary.counts.entries,
        bodies: summary.counts.bodies,
        left_out: summary.left_out,
        head: summary.head.map(|head| head.to_string()),
    }
}

/// Whether a backup was put into this store in part, and not to its end.
///
/// # Errors
/// When the store cannot be read.
pub async fn unfinished(store: &dyn Store) -> Result<bool, Unavailable> {
    Ok(store.get(&keys::gateway(MARK)).await.map_err(unavailable)?.is_some())
}

/// There while a restore is not at its end, and names the backup.
const MARK: &str = "restore";

/// Puts the backup at `path` into `store`, which is empty and used by nobody, and raises its epoch.
///
/// # Errors
/// When the backup is not whole, the store is not empty or fails.
pub async fn restore(
    store: &Arc<dyn Store>,
    seal: &Seal,
    now: Timestamp,
    actor: Actor,
    path: &Path,
) -> Result<Restored, RestoreError> {
    let backup = Backup::check(path, seal).await?;
    let mark = keys::gateway(MARK);
    let print = data_encoding::HEXLOWER.encode(backup.print()).into_bytes();
    match store.get(&mark).await? {
        Some(row) if row.value == print => {}
        Some(_) => return Err(RestoreError::Another),
        None if is_empty(store.as_ref()).await? => {
            store.commit(Commit::new().create(mark.clone(), print, None)).await?;
        }
        None => return Err(RestoreError::NotEmpty),
    }
    let wanted = |key: &_| keys::outlives_restore(key) && *key != mark;
    let before = epoch(store.get(&keys::gateway("epoch")).await?.as_ref())?;
    let left_out = backup.import(store.as_ref(), seal, wanted).await?;

    let (key, found) = (keys::gateway("epoch"), store.get(&keys::gateway("epoch")).await?);
    let last =
        if before.number() > epoch(found.as_ref())?.number() { before } else { epoch(found.as_ref())? };
    let raised = last.raised(now);
    let version = store.get(&mark).await?.map(|row| row.version).ok_or(CommitError::Conflict)?;
    let event = Event::new(now, EventKind::StoreRestored, actor).with("epoch", raised.number());
    let event = event.with("made_at", backup.summary.made_at).with("records", backup.summary.counts.rows);
    let last = Commit::new()
        .delete(mark, version)
        .put(key, found.as_ref(), raised.to_string().into_bytes(), None)
        .record(event);
    store.commit(last).await?;
    Ok(Restored { summary: backup.summary, left_out, epoch: raised.number() })
}

async fn is_empty(store: &dyn Store) -> Result<bool, RestoreError> {
    let rows = store.snapshot().await?.rows(None, 2).await?;
    let bodies = store.blob_list(Timestamp::from_millis(i64::MAX)).await?;
    // A server that was started anew while it was empty has an epoch.
    let vacant = rows.iter().all(|kept| kept.key == keys::gateway("epoch"));
    Ok(vacant && bodies.is_empty() && store.audit_head().await?.is_none())
}

fn epoch(row: Option<&Row>) -> Result<Epoch, RestoreError> {
    let Some(row) = row else { return Ok(Epoch::default()) };
    Epoch::parse(&row.value).map_err(|_| RestoreError::Backup(BackupError::Damaged))
}
