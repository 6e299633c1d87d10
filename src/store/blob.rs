//! Bodies as sealed files: `data_dir/blobs/{id}`, a header and pieces of 64 KiB.
//!
//! Header: `CSBLOB1\n`, the length of the wrapped key (2 bytes, big endian), the body's own random key wrapped by the
//! [`Seal`](super::seal::Seal) under the name `blob/{id}`. Then the pieces, each with its tag; an empty body is one empty last piece.
//!
//! **Invariant:** a file without the ending `.part` is whole: it is written aside, synced, renamed, and its folder synced.
//! **Invariant:** neither writer nor reader holds more than one piece.
//! Used by the embedded engine.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::seal::{PIECE, Pieces, SEALED_PIECE, Seal};
use super::{BlobError, BlobReader, BlobWriter, Unavailable, files};
use crate::base::id::{Blob, Id};
use crate::base::time::Timestamp;

const MAGIC: &[u8; 8] = b"CSBLOB1\n";
const PART: &str = ".part";

/// The folder of bodies.
pub(super) struct Blobs {
    folder: PathBuf,
    seal: Arc<Seal>,
}

impl Blobs {
    /// Makes the folder, and removes what a crash left half written. Only one process may do so: the caller holds the database.
    pub(super) fn open(data_dir: &Path, seal: Arc<Seal>) -> std::io::Result<Self> {
        let folder = files::blobs(data_dir);
        files::make_folder(&folder)?;
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.to_string_lossy().ends_with(PART) {
                std::fs::remove_file(path)?;
            }
        }
        Ok(Self { folder, seal })
    }

    pub(super) async fn begin(&self, id: Id<Blob>) -> Result<Box<dyn BlobWriter>, Unavailable> {
        let name = name(id);
        let key = self.seal.fresh(32);
        let wrapped = key.expose(|key| self.seal.seal(&name, key));
        let mut header = MAGIC.to_vec();
        header.extend_from_slice(&u16::try_from(wrapped.len()).unwrap_or(0).to_be_bytes());
        header.extend_from_slice(&wrapped);
        let pieces = Pieces::new(&key, name).ok_or_else(unsealable)?;
        let (path, part) = (self.folder.join(id.to_string()), self.folder.join(format!("{id}{PART}")));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut file = options.open(&part).await.map_err(unwritable)?;
        let aside = Aside(Some(part));
        file.write_all(&header).await.map_err(unwritable)?;
        let (folder, buffer) = (self.folder.clone(), Vec::with_capacity(SEALED_PIECE));
        Ok(Box::new(Writer { file, aside, path, folder, pieces, index: 0, buffer }))
    }

    pub(super) async fn read(&self, id: Id<Blob>) -> Result<Box<dyn BlobReader>, BlobError> {
        let mut file =
            File::open(self.folder.join(id.to_string())).await.map_err(|error| match error.kind() {
                ErrorKind::NotFound => BlobError::Missing,
                _ => unreadable(error),
            })?;
        let length = file.metadata().await.map_err(unreadable)?.len();
        let mut start = [0; 10];
        file.read_exact(&mut start).await.map_err(short)?;
        let wrapped = match start.split_first_chunk() {
            Some((magic, size)) if magic == MAGIC => {
                u16::from_be_bytes(size.try_into().map_err(|_| BlobError::Damaged)?)
            }
            _ => return Err(BlobError::Damaged),
        };
        let mut header = vec![0; usize::from(wrapped)];
        file.read_exact(&mut header).await.map_err(short)?;
        let name = name(id);
        let key = self.seal.open(&name, &header).map_err(|_| BlobError::Damaged)?;
        let left = length
            .checked_sub(u64::from(wrapped))
            .and_then(|left| left.checked_sub(10))
            .ok_or(BlobError::Damaged)?;
        let pieces = Pieces::new(&key, name).ok_or(BlobError::Damaged)?;
        Ok(Box::new(Reader { file, pieces, index: 0, left, ended: false }))
    }

    pub(super) async fn delete(&self, id: Id<Blob>) -> Result<(), Unavailable> {
        match tokio::fs::remove_file(self.folder.join(id.to_string())).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(unwritable(error)),
            _ => Ok(()),
        }
    }

    pub(super) async fn list(&self, before: Timestamp) -> Result<Vec<Id<Blob>>, Unavailable> {
        let unreadable =
            |error| Unavailable::because(format!("the folder of bodies cannot be read: {error}"));
        let mut entries = tokio::fs::read_dir(&self.folder).await.map_err(unreadable)?;
        let mut ids = Vec::new();
        while let Some(entry) = entries.next_entry().await.map_err(unreadable)? {
            ids.extend(
                entry
                    .file_name()
                    .to_str()
                    .and_then(|name| name.parse::<Id<Blob>>().ok())
                    .filter(|id| made(*id) < before),
            );
        }
        ids.sort_unstable();
        Ok(ids)
    }

    /// Whether the folder is there.
    pub(super) async fn health(&self) -> Result<(), Unavailable> {
        match tokio::fs::metadata(&self.folder).await {
            Ok(folder) if folder.is_dir() => Ok(()),
            _ => Err(Unavailable::because(format!("the folder `{}` is gone", self.folder.display()))),
        }
    }
}

/// A half-written file; removed unless [`Aside::keep`] was called.
struct Aside(Option<PathBuf>);

impl Aside {
    fn path(&self) -> PathBuf {
        self.0.clone().unwrap_or_default()
    }

    fn keep(&mut self) {
        self.0 = None;
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // What cannot be removed now is removed when the store is opened next.
            drop(std::fs::remove_file(path));
        }
    }
}

struct Writer {
    file: File,
    aside: Aside,
    path: PathBuf,
    folder: PathBuf,
    pieces: Pieces,
    index: u64,
    buffer: Vec<u8>,
}

impl Writer {
    async fn flush_piece(&mut self, last: bool) -> Result<(), Unavailable> {
        self.pieces.seal(self.index, last, &mut self.buffer).ok_or_else(unsealable)?;
        self.file.write_all(&self.buffer).await.map_err(unwritable)?;
        self.index = self.index.saturating_add(1);
        self.buffer.clear();
        Ok(())
    }
}

#[async_trait]
impl BlobWriter for Writer {
    async fn write(&mut self, mut bytes: &[u8]) -> Result<(), Unavailable> {
        while !bytes.is_empty() {
            // A full piece is written only when more follows: the last one must know that it is the last.
            if self.buffer.len() == PIECE {
                self.flush_piece(false).await?;
            }
            let room = PIECE.saturating_sub(self.buffer.len()).min(bytes.len());
            let (now, later) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
            self.buffer.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(), Unavailable> {
        self.flush_piece(true).await?;
        self.file.flush().await.map_err(unwritable)?;
        self.file.sync_all().await.map_err(unwritable)?;
        tokio::fs::rename(self.aside.path(), &self.path).await.map_err(unwritable)?;
        self.aside.keep();
        File::open(&self.folder).await.map_err(unwritable)?.sync_all().await.map_err(unwritable)
    }
}

struct Reader {
    file: File,
    pieces: Pieces,
    index: u64,
    left: u64,
    ended: bool,
}

#[async_trait]
impl BlobReader for Reader {
    async fn next(&mut self) -> Result<Option<Bytes>, BlobError> {
        if self.ended {
            return Ok(None);
        }
        let last = self.left <= SEALED_PIECE as u64;
        let size = if last { self.left } else { SEALED_PIECE as u64 };
        let mut piece = vec![0; usize::try_from(size).map_err(|_| BlobError::Damaged)?];
        self.file.read_exact(&mut piece).await.map_err(short)?;
        self.pieces.open(self.index, last, &mut piece).ok_or(BlobError::Damaged)?;
        self.left = self.left.saturating_sub(size);
        self.index = self.index.saturating_add(1);
        self.ended = last;
        Ok(if piece.is_empty() { None } else { Some(Bytes::from(piece)) })
    }
}

fn name(id: Id<Blob>) -> String {
    format!("blob/{id}")
}

/// The time of a ULID: its first 48 bits.
fn made(id: Id<Blob>) -> Timestamp {
    let millis = id.to_bytes().iter().take(6).fold(0, |sum, byte| (sum << 8) | i64::from(*byte));
    Timestamp::from_millis(millis)
}

fn unsealable() -> Unavailable {
    Unavailable::because("a body cannot be sealed")
}

fn unwritable(error: impl std::fmt::Display) -> Unavailable {
    Unavailable::because(format!("a body cannot be written: {error}"))
}

fn unreadable(error: impl std::fmt::Display) -> BlobError {
    BlobError::Unavailable(Unavailable::because(format!("a body cannot be read: {error}")))
}

fn short(error: std::io::Error) -> BlobError {
    if error.kind() == ErrorKind::UnexpectedEof { BlobError::Damaged } else { unreadable(error) }
}
