//! A file sealed piece by piece: eight bytes that say what it is, the length of the wrapped key (2 bytes, big endian), the file's own
//! random key wrapped by the [`Seal`] under the file's name, then pieces of 64 KiB, each with its tag. An empty one is one empty piece.
//!
//! **Invariant:** a file at its place is whole: it is written aside, synced, renamed, and its folder synced.
//! **Invariant:** no byte is given that was not authenticated, and no end that was not the end (`tests/it/backup.rs`).
//! **Invariant:** neither writer nor reader holds more than one piece.
//! Used for backups ([`backup`](super::backup)).

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::seal::{OpenError, PIECE, Pieces, SEALED_PIECE, Seal};
use super::{BlobError, BlobReader, BlobWriter, Unavailable};

/// What stands before the wrapped key: eight bytes and its length.
const START: usize = 10;

/// What a sealed file is, and the name its key is wrapped for.
pub(super) struct Kind<'a> {
    /// The first bytes.
    pub(super) magic: &'static [u8; 8],
    /// The name.
    pub(super) name: &'a str,
}

/// Why a sealed file cannot be opened.
#[derive(Debug)]
pub(super) enum Unopened {
    /// It cannot be read.
    File(Error),
    /// It begins otherwise.
    Foreign,
    /// It ends before its first piece.
    Cut,
    /// Its key cannot be unwrapped.
    Key(OpenError),
}

/// Begins a file that will be at `path`, aside at `part`.
pub(super) async fn create(
    seal: &Seal,
    kind: &Kind<'_>,
    part: PathBuf,
    path: PathBuf,
) -> Result<Writer, Unavailable> {
    let key = seal.fresh(32);
    let wrapped = key.expose(|key| seal.seal(kind.name, key));
    let mut header = kind.magic.to_vec();
    header.extend_from_slice(&u16::try_from(wrapped.len()).unwrap_or(0).to_be_bytes());
    header.extend_from_slice(&wrapped);
    let pieces = Pieces::new(&key, kind.name.to_owned()).ok_or_else(unsealable)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut file = options.open(&part).await.map_err(unwritable)?;
    let aside = Aside(Some(part));
    file.write_all(&header).await.map_err(unwritable)?;
    Ok(Writer { file, aside, path, pieces, index: 0, buffer: Vec::with_capacity(SEALED_PIECE) })
}

/// Opens a file for reading, with the bytes before its first piece: no two files have the same.
pub(super) async fn open(
    seal: &Seal,
    kind: &Kind<'_>,
    mut file: File,
) -> Result<(Reader, Vec<u8>), Unopened> {
    let length = file.metadata().await.map_err(Unopened::File)?.len();
    let mut header = vec![0; START];
    file.read_exact(&mut header).await.map_err(cut)?;
    let wrapped = match header.split_first_chunk() {
        Some((magic, size)) if magic == kind.magic => {
            u16::from_be_bytes(size.try_into().map_err(|_| Unopened::Cut)?)
        }
        _ => return Err(Unopened::Foreign),
    };
    let mut envelope = vec![0; usize::from(wrapped)];
    file.read_exact(&mut envelope).await.map_err(cut)?;
    let key = seal.open(kind.name, &envelope).map_err(Unopened::Key)?;
    let left = length
        .checked_sub(u64::from(wrapped))
        .and_then(|left| left.checked_sub(START as u64))
        .ok_or(Unopened::Cut)?;
    let pieces = Pieces::new(&key, kind.name.to_owned()).ok_or(Unopened::Key(OpenError::Damaged))?;
    header.append(&mut envelope);
    Ok((Reader { file, pieces, index: 0, left, ended: false }, header))
}

fn cut(error: Error) -> Unopened {
    if error.kind() == ErrorKind::UnexpectedEof { Unopened::Cut } else { Unopened::File(error) }
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

/// Takes what the file is to hold. Dropped unfinished, it leaves nothing.
pub(super) struct Writer {
    file: File,
    aside: Aside,
    path: PathBuf,
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
        let folder = self.path.parent().unwrap_or(Path::new("."));
        File::open(folder).await.map_err(unwritable)?.sync_all().await.map_err(unwritable)
    }
}

/// Gives back what the file holds.
pub(super) struct Reader {
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

fn unsealable() -> Unavailable {
    Unavailable::because("a file cannot be sealed")
}

fn unwritable(error: impl std::fmt::Display) -> Unavailable {
    Unavailable::because(format!("a file cannot be written: {error}"))
}

/// What it means that a file cannot be read.
pub(super) fn unreadable(error: impl std::fmt::Display) -> BlobError {
    BlobError::Unavailable(Unavailable::because(format!("a file cannot be read: {error}")))
}

fn short(error: Error) -> BlobError {
    if error.kind() == ErrorKind::UnexpectedEof { BlobError::Damaged } else { unreadable(error) }
}
