//! A body as it is kept, wherever that is: a header and sealed pieces of 64 KiB.
//!
//! Header: `CSBLOB1\n`, the length of the wrapped key (2 bytes, big endian), the body's own random key wrapped by the
//! [`Seal`](super::seal::Seal) under the name `blob/{id}`. Then the pieces, each with its tag; an empty body is one empty last piece.
//!
//! **Invariant:** neither writer nor reader holds more than one piece.
//! **Invariant:** no byte is given that was not authenticated, and no end that was not the end (`tests/it/store_contract.rs`).
//! Used by the engines, each with a [`Target`] and a [`Source`] of its own.

use async_trait::async_trait;
use bytes::Bytes;

use super::seal::{PIECE, Pieces, SEALED_PIECE, Seal};
use super::{BlobError, BlobReader, BlobWriter, Unavailable};
use crate::base::id::{Blob, Id};
use crate::base::time::Timestamp;

const MAGIC: &[u8; 8] = b"CSBLOB1\n";

/// Bytes of magic and length.
const START: u16 = 10;

/// Where the bytes of a new body go.
#[async_trait]
pub(super) trait Target: Send + Sync {
    /// Appends.
    async fn append(&mut self, bytes: &[u8]) -> Result<(), Unavailable>;

    /// Makes it a body that can be opened. Durable when it returns.
    async fn finish(self) -> Result<(), Unavailable>;
}

/// Where the bytes of a finished body come from.
#[async_trait]
pub(super) trait Source: Send + Sync {
    /// The next bytes, exactly so many; [`BlobError::Damaged`] where there are fewer.
    async fn read(&mut self, count: usize) -> Result<Vec<u8>, BlobError>;
}

/// Begins a body: writes the header.
pub(super) async fn begin<T: Target + 'static>(
    seal: &Seal,
    id: Id<Blob>,
    mut target: T,
) -> Result<Box<dyn BlobWriter>, Unavailable> {
    let name = name(id);
    let key = seal.fresh(32);
    let wrapped = key.expose(|key| seal.seal(&name, key));
    let mut header = MAGIC.to_vec();
    header.extend_from_slice(&u16::try_from(wrapped.len()).unwrap_or(0).to_be_bytes());
    header.extend_from_slice(&wrapped);
    let pieces = Pieces::new(&key, name).ok_or_else(unsealable)?;
    target.append(&header).await?;
    // Most bodies are short: it grows to a piece only where it must.
    Ok(Box::new(Writer { target, pieces, index: 0, buffer: Vec::new() }))
}

/// Opens a body of `length` bytes: reads the header.
pub(super) async fn open<S: Source + 'static>(
    seal: &Seal,
    id: Id<Blob>,
    length: u64,
    mut source: S,
) -> Result<Box<dyn BlobReader>, BlobError> {
    let start = source.read(usize::from(START)).await?;
    let wrapped = match start.split_first_chunk() {
        Some((magic, size)) if magic == MAGIC => {
            u16::from_be_bytes(size.try_into().map_err(|_| BlobError::Damaged)?)
        }
        _ => return Err(BlobError::Damaged),
    };
    let header = source.read(usize::from(wrapped)).await?;
    let name = name(id);
    let key = seal.open(&name, &header).map_err(|_| BlobError::Damaged)?;
    let left = length.checked_sub(u64::from(START) + u64::from(wrapped)).ok_or(BlobError::Damaged)?;
    let pieces = Pieces::new(&key, name).ok_or(BlobError::Damaged)?;
    Ok(Box::new(Reader { source, pieces, index: 0, left, ended: false }))
}

struct Writer<T> {
    target: T,
    pieces: Pieces,
    index: u64,
    buffer: Vec<u8>,
}

impl<T: Target> Writer<T> {
    async fn flush_piece(&mut self, last: bool) -> Result<(), Unavailable> {
        self.pieces.seal(self.index, last, &mut self.buffer).ok_or_else(unsealable)?;
        self.target.append(&self.buffer).await?;
        self.index = self.index.saturating_add(1);
        self.buffer.clear();
        Ok(())
    }
}

#[async_trait]
impl<T: Target> BlobWriter for Writer<T> {
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
        self.target.finish().await
    }
}

struct Reader<S> {
    source: S,
    pieces: Pieces,
    index: u64,
    left: u64,
    ended: bool,
}

#[async_trait]
impl<S: Source> BlobReader for Reader<S> {
    async fn next(&mut self) -> Result<Option<Bytes>, BlobError> {
        if self.ended {
            return Ok(None);
        }
        let last = self.left <= SEALED_PIECE as u64;
        let size = if last { self.left } else { SEALED_PIECE as u64 };
        let mut piece = self.source.read(usize::try_from(size).map_err(|_| BlobError::Damaged)?).await?;
        self.pieces.open(self.index, last, &mut piece).ok_or(BlobError::Damaged)?;
        self.left = self.left.saturating_sub(size);
        self.index = self.index.saturating_add(1);
        self.ended = last;
        Ok(if piece.is_empty() { None } else { Some(Bytes::from(piece)) })
    }
}

/// The time of a ULID: its first 48 bits.
pub(super) fn made(id: Id<Blob>) -> Timestamp {
    let millis = id.to_bytes().iter().take(6).fold(0, |sum, byte| (sum << 8) | i64::from(*byte));
    Timestamp::from_millis(millis)
}

pub(super) fn unwritable(error: impl std::fmt::Display) -> Unavailable {
    Unavailable::because(format!("a body cannot be written: {error}"))
}

pub(super) fn unreadable(error: impl std::fmt::Display) -> BlobError {
    BlobError::Unavailable(Unavailable::because(format!("a body cannot be read: {error}")))
}

fn name(id: Id<Blob>) -> String {
    format!("blob/{id}")
}

fn unsealable() -> Unavailable {
    Unavailable::because("a body cannot be sealed")
}
