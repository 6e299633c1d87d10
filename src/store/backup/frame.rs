//! What a backup is made of, one after the other: each frame its kind (1 byte), its length (8 bytes, big endian) and its content.
//!
//! **Invariant:** an unknown kind or a length that does not fit its content is refused, never skipped.
//! All of it lies in a sealed file: what is read here was written by a gateway that had the key.

use bytes::{Buf as _, Bytes, BytesMut};

use super::BackupError;
use crate::audit::Link;
use crate::base::id::{Blob, Id};
use crate::base::time::Timestamp;
use crate::store::{BlobReader, Kept, Key, Row};

/// The longest frame; a record has a fraction of that.
const LONGEST: usize = 64 << 20;

const HEAD: usize = 9;

const BEGIN: u8 = 1;
const ROW: u8 = 2;
const LINK: u8 = 3;
const BODY: u8 = 4;
const PIECE: u8 = 5;
const BODY_END: u8 = 6;
const END: u8 = 7;

/// One of them.
#[derive(Debug)]
pub(super) enum Frame {
    /// The first: when it was made, and the last version the store had given.
    Begin {
        /// When.
        made_at: Timestamp,
        /// The version.
        version: u64,
    },
    /// A record.
    Row(Kept),
    /// An audit entry.
    Link(Link),
    /// A body begins.
    Body(Id<Blob>),
    /// It goes on.
    Piece(Bytes),
    /// It ends; `false` when it could not be read whole, and is no body.
    BodyEnd(bool),
    /// The last: how many there were of each.
    End(Counts),
}

/// How much a backup holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records.
    pub rows: u64,
    /// Audit entries.
    pub entries: u64,
    /// Bodies.
    pub bodies: u64,
}

impl Frame {
    /// As it is written.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let kind = match self {
            Self::Begin { made_at, version } => {
                out.extend_from_slice(&made_at.millis().to_be_bytes());
                out.extend_from_slice(&version.to_be_bytes());
                BEGIN
            }
            Self::Row(Kept { key, row, due }) => {
                let key = key.as_str().as_bytes();
                out.extend_from_slice(&row.version.to_be_bytes());
                out.push(u8::from(due.is_some()));
                out.extend_from_slice(&due.map_or(0, Timestamp::millis).to_be_bytes());
                out.extend_from_slice(&(key.len() as u64).to_be_bytes());
                out.extend_from_slice(key);
                out.extend_from_slice(&row.value);
                ROW
            }
            Self::Link(link) => {
                out.extend_from_slice(link.to_line().as_bytes());
                LINK
            }
            Self::Body(id) => {
                out.extend_from_slice(id.to_string().as_bytes());
                BODY
            }
            Self::Piece(bytes) => {
                out.extend_from_slice(bytes);
                PIECE
            }
            Self::BodyEnd(whole) => {
                out.push(u8::from(*whole));
                BODY_END
            }
            Self::End(counts) => {
                for count in [counts.rows, counts.entries, counts.bodies] {
                    out.extend_from_slice(&count.to_be_bytes());
                }
                END
            }
        };
        let mut frame = Vec::with_capacity(out.len().saturating_add(HEAD));
        frame.push(kind);
        frame.extend_from_slice(&(out.len() as u64).to_be_bytes());
        frame.append(&mut out);
        frame
    }

    fn decode(kind: u8, content: Bytes) -> Option<Self> {
        let mut rest = content;
        let frame = match kind {
            BEGIN => {
                let made_at = Timestamp::from_millis(rest.try_get_i64().ok()?);
                Self::Begin { made_at, version: rest.try_get_u64().ok()? }
            }
            ROW => {
                let version = rest.try_get_u64().ok()?;
                let is_due = flag(rest.try_get_u8().ok()?)?;
                let due = Timestamp::from_millis(rest.try_get_i64().ok()?);
                let length = usize::try_from(rest.try_get_u64().ok()?).ok()?;
                let key = (length <= rest.len()).then(|| rest.split_to(length))?;
                let key = Key::stored(std::str::from_utf8(&key).ok()?);
                let value = std::mem::take(&mut rest).to_vec();
                Self::Row(Kept { key, row: Row { version, value }, due: is_due.then_some(due) })
            }
            LINK => Self::Link(Link::from_line(&text(&mut rest)?).ok()?),
            BODY => Self::Body(text(&mut rest)?.parse().ok()?),
            PIECE => Self::Piece(std::mem::take(&mut rest)),
            BODY_END => Self::BodyEnd(flag(rest.try_get_u8().ok()?)?),
            END => Self::End(Counts {
                rows: rest.try_get_u64().ok()?,
                entries: rest.try_get_u64().ok()?,
                bodies: rest.try_get_u64().ok()?,
            }),
            _ => return None,
        };
        rest.is_empty().then_some(frame)
    }
}

fn flag(byte: u8) -> Option<bool> {
    match byte {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn text(rest: &mut Bytes) -> Option<String> {
    String::from_utf8(std::mem::take(rest).to_vec()).ok()
}

/// Reads frames.
pub(super) struct Frames {
    reader: Box<dyn BlobReader>,
    buffer: BytesMut,
}

impl Frames {
    pub(super) fn of(reader: Box<dyn BlobReader>) -> Self {
        Self { reader, buffer: BytesMut::new() }
    }

    /// The next one; there must be one.
    pub(super) async fn next(&mut self) -> Result<Frame, BackupError> {
        let mut head = self.take(HEAD).await?;
        let (kind, length) = (head.get_u8(), usize::try_from(head.get_u64()));
        let length = length.ok().filter(|length| *length <= LONGEST).ok_or(BackupError::Damaged)?;
        let content = self.take(length).await?;
        Frame::decode(kind, content).ok_or(BackupError::Damaged)
    }

    /// That nothing follows.
    pub(super) async fn end(mut self) -> Result<(), BackupError> {
        let is_over = self.buffer.is_empty() && self.reader.next().await?.is_none();
        if is_over { Ok(()) } else { Err(BackupError::Damaged) }
    }

    async fn take(&mut self, length: usize) -> Result<Bytes, BackupError> {
        while self.buffer.len() < length {
            let more = self.reader.next().await?.ok_or(BackupError::Damaged)?;
            self.buffer.extend_from_slice(&more);
        }
        Ok(self.buffer.split_to(length).freeze())
    }
}
