//! A backup: one file with all records and their due times, the audit log and all bodies of a store, for any engine.
//!
//! The whole file is sealed ([`sealed_file`]), and the values in it once more, as they lie in the store: it says nothing to
//! whoever has no seal key, and is worth nothing without one.
//!
//! **Invariant:** a backup that was cut, or in which any byte was changed, is refused before anything of it is stored
//! (`tests/it/backup.rs`). So is one whose log does not verify, or with a record whose seal key is not there.
//! **Invariant:** no part of a backup is at its place before all of it is on the disk.
//! What a restored store may do is the business of `flow::backup`.

mod frame;

use std::path::{Path, PathBuf};

use tokio::fs::File;

pub use frame::Counts;
use frame::{Frame, Frames};

use super::seal::{OpenError, Seal};
use super::sealed_file::{self, Kind, Unopened};
use super::{BlobError, BlobWriter, Key, Part, Snapshot, Store, Unavailable};
use crate::audit::{Head, Link};
use crate::base::id::{Blob, Id};
use crate::base::secret::fingerprint;
use crate::base::time::Timestamp;

const KIND: Kind<'static> = Kind { magic: b"CSBACK1\n", name: "backup" };

/// So many records or audit entries are read or stored at a time.
const PAGE: usize = 256;

/// So many bytes of records are stored at a time.
const PAGE_BYTES: usize = 4 << 20;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// When it was made.
    pub made_at: Timestamp,
    /// How much is in it.
    pub counts: Counts,
    /// Bodies that were not whole in the store: they are not in it.
    pub left_out: u64,
    /// The end of its audit log.
    pub head: Option<Head>,
}

/// Why a backup cannot be made or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is a file of that name.
    #[error("`{}` is there already", .0.display())]
    Exists(PathBuf),
    /// The file cannot be read.
    #[error("`{}` cannot be read: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// It is something else.
    #[error("that is no backup of a store, or one of a later version")]
    Foreign,
    /// It was cut or changed.
    #[error("the backup was cut or changed")]
    Damaged,
    /// Its key, or a record's, is not there.
    #[error("the backup cannot be opened: {0}")]
    Key(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

impl From<BlobError> for BackupError {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Missing | BlobError::Damaged => Self::Damaged,
            BlobError::Unavailable(why) => Self::Store(why),
        }
    }
}

/// Writes a backup of `store` to `path`, where there must be nothing.
///
/// # Errors
/// When the store cannot be read or the file cannot be written; there is no file then.
pub async fn write(
    store: &dyn Store,
    seal: &Seal,
    now: Timestamp,
    path: &Path,
) -> Result<Summary, BackupError> {
    let vacant = || match std::fs::symlink_metadata(path) {
        Ok(_) => Err(BackupError::Exists(path.to_owned())),
        Err(_) => Ok(()),
    };
    vacant()?;
    let mut part = path.as_os_str().to_owned();
    part.push(seal.fresh(8).expose(|random| format!(".{}.part", data_encoding::HEXLOWER.encode(random))));
    let file = sealed_file::create(seal, &KIND, part.into(), path.to_owned()).await?;
    let mut writer: Box<dyn BlobWriter> = Box::new(file);
    let snapshot = store.snapshot().await?;
    let mut summary = Summary { made_at: now, counts: Counts::default(), left_out: 0, head: None };
    writer.write(&Frame::Begin { made_at: now, version: snapshot.version() }.encode()).await?;
    records(snapshot.as_ref(), writer.as_mut(), &mut summary).await?;
    drop(snapshot);
    for id in store.blob_list(Timestamp::from_millis(i64::MAX)).await? {
        match body(store, id, writer.as_mut()).await? {
            Body::Whole => summary.counts.bodies += 1,
            Body::Broken => summary.left_out += 1,
            Body::Gone => {}
        }
    }
    writer.write(&Frame::End(summary.counts).encode()).await?;
    vacant()?;
    writer.finish().await?;
    Ok(summary)
}

async fn records(
    from: &dyn Snapshot,
    to: &mut dyn BlobWriter,
    summary: &mut Summary,
) -> Result<(), Unavailable> {
    let mut after: Option<Key> = None;
    loop {
        let page = from.rows(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        for kept in page {
            to.write(&Frame::Row(kept).encode()).await?;
            summary.counts.rows += 1;
        }
    }
    loop {
        let page = from.audit(summary.counts.entries + 1, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        summary.head = Some(last.head());
        for link in page {
            to.write(&Frame::Link(link).encode()).await?;
            summary.counts.entries += 1;
        }
    }
}

/// What was found of a body.
enum Body {
    Whole,
    /// It is damaged in the store.
    Broken,
    /// Its request was settled meanwhile.
    Gone,
}

async fn body(store: &dyn Store, id: Id<Blob>, to: &mut dyn BlobWriter) -> Result<Body, Unavailable> {
    let mut reader = match store.blob_open(id).await {
        Ok(reader) => reader,
        Err(BlobError::Missing) => return Ok(Body::Gone),
        Err(BlobError::Damaged) => return Ok(Body::Broken),
        Err(BlobError::Unavailable(why)) => return Err(why),
    };
    to.write(&Frame::Body(id).encode()).await?;
    let whole = loop {
        match reader.next().await {
            Ok(Some(piece)) => to.write(&Frame::Piece(piece).encode()).await?,
            Ok(None) => break true,
            Err(BlobError::Missing | BlobError::Damaged) => break false,
            Err(BlobError::Unavailable(why)) => return Err(why),
        }
    };
    to.write(&Frame::BodyEnd(whole).encode()).await?;
    Ok(if whole { Body::Whole } else { Body::Broken })
}

/// A backup that was read to its end and found whole.
pub struct Backup {
    path: PathBuf,
    print: [u8; 32],
    version: u64,
    /// What it holds.
    pub summary: Summary,
}

impl Backup {
    /// Reads all of a backup and checks it: every byte, the chain of its log, that its records' keys are there.
    ///
    /// # Errors
    /// When any of that does not hold.
    pub async fn check(path: &Path, seal: &Seal) -> Result<Self, BackupError> {
        let (mut frames, print) = open(path, seal).await?;
        let Frame::Begin { made_at, version } = frames.next().await? else {
            return Err(BackupError::Damaged);
        };
        let mut summary = Summary { made_at, counts: Counts::default(), left_out: 0, head: None };
        let mut last: Option<Key> = None;
        let mut within = false;
        let expected = loop {
            match frames.next().await? {
                Frame::Row(kept) if !within && last.as_ref().is_none_or(|last| kept.key > *last) => {
                    if let Err(error @ OpenError::UnknownKey(_)) =
                        seal.open(kept.key.as_str(), &kept.row.value)
                    {
                        return Err(BackupError::Key(error.to_string()));
                    }
                    last = Some(kept.key);
                    summary.counts.rows += 1;
                }
                Frame::Link(link) if !within => {
                    if link != Link::after(summary.head.as_ref(), &link.tenant, link.event.clone()) {
                        return Err(BackupError::Damaged);
                    }
                    summary.head = Some(link.head());
                    summary.counts.entries += 1;
                }
                Frame::Body(_) if !within => within = true,
                Frame::Piece(_) if within => {}
                Frame::BodyEnd(whole) if within => {
                    within = false;
                    *(if whole { &mut summary.counts.bodies } else { &mut summary.left_out }) += 1;
                }
                Frame::End(counts) if !within => break counts,
                Frame::Begin { .. }
                | Frame::Row(_)
                | Frame::Link(_)
                | Frame::Body(_)
                | Frame::Piece(_)
                | Frame::BodyEnd(_)
                | Frame::End(_) => return Err(BackupError::Damaged),
            }
        };
        frames.end().await?;
        if expected != summary.counts {
            return Err(BackupError::Damaged);
        }
        Ok(Self { path: path.to_owned(), print, version, summary })
    }

    /// What tells it from any other backup.
    pub fn print(&self) -> &[u8; 32] {
        &self.print
    }

    /// Puts into `store` what is in it, but for records that `wanted` does not want. Returns how many those are.
    ///
    /// # Errors
    /// When the store fails, or the file is another by now; a part may have been stored then.
    pub async fn import(
        &self,
        store: &dyn Store,
        seal: &Seal,
        wanted: impl Fn(&Key) -> bool + Send,
    ) -> Result<u64, BackupError> {
        let (mut frames, print) = open(&self.path, seal).await?;
        if print != self.print {
            return Err(BackupError::Damaged);
        }
        let empty = || Part { version: self.version, ..Part::default() };
        let (mut part, mut bytes, mut unwanted) = (empty(), 0, 0);
        let mut body: Option<Box<dyn BlobWriter>> = None;
        loop {
            match frames.next().await? {
                Frame::Begin { .. } => {}
                Frame::Row(kept) if !wanted(&kept.key) => unwanted += 1,
                Frame::Row(kept) => {
                    bytes += kept.row.value.len();
                    part.rows.push(kept);
                }
                Frame::Link(link) => part.links.push(link),
                Frame::Body(id) => body = Some(store.blob_begin(id).await?),
                Frame::Piece(piece) => body.as_mut().ok_or(BackupError::Damaged)?.write(&piece).await?,
                Frame::BodyEnd(whole) => {
                    if let Some(body) = body.take().filter(|_| whole) {
                        body.finish().await?;
                    }
                }
                Frame::End(_) => break,
            }
            if bytes >= PAGE_BYTES || part.rows.len().max(part.links.len()) >= PAGE {
                store.import(std::mem::replace(&mut part, empty())).await?;
                bytes = 0;
            }
        }
        store.import(part).await?;
        frames.end().await?;
        Ok(unwanted)
    }
}

async fn open(path: &Path, seal: &Seal) -> Result<(Frames, [u8; 32]), BackupError> {
    let unread = |why| BackupError::File { path: path.to_owned(), why };
    let file = File::open(path).await.map_err(unread)?;
    match sealed_file::open(seal, &KIND, file).await {
        Ok((reader, header)) => {
            Ok((Frames::of(Box::new(reader)), fingerprint("countersign-backup-v1", &[&header])))
        }
        Err(Unopened::File(why)) => Err(unread(why)),
        Err(Unopened::Foreign) => Err(BackupError::Foreign),
        Err(Unopened::Cut) => Err(BackupError::Damaged),
        Err(Unopened::Key(OpenError::Damaged)) => {
            Err(BackupError::Key("it was changed, or sealed with another key of that name".to_owned()))
        }
        Err(Unopened::Key(error @ OpenError::UnknownKey(_))) => Err(BackupError::Key(error.to_string())),
    }
}
