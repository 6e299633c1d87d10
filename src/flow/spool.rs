//! A body, read once: hashed, understood as it passes, and beyond 64 KiB sealed to disk piece by piece.
//!
//! **Invariant:** a spool holds at most 64 KiB of a body, what its reader must keep of it (at most `inspect_body`) aside; 100 uploads of
//! 10 MB do not grow memory (`tests/it/uploads.rs`).
//! **Invariant:** over `hold_body` nothing is kept and nothing is held.

use bytes::Bytes;

use crate::base::id::{Blob, Id};
use crate::base::settings::AppSettings;
use crate::request::body::{self, BodyLimits};
use crate::request::{ContentKind, Fields, Refusal};
use crate::store::BlobWriter;

use super::{Flows, Unavailable, unavailable};

/// What stays in memory.
const IN_MEMORY: usize = 64 * 1024;

/// A body while it is read.
pub struct Spool {
    flows: Flows,
    memory: Vec<u8>,
    disk: Option<(Id<Blob>, Box<dyn BlobWriter>)>,
    hash: ring::digest::Context,
    length: u64,
    most: u64,
    lenient: bool,
    reader: Option<body::Reader>,
}

/// A body that has been read to its end.
pub struct Spooled {
    /// Its SHA-256.
    pub sha256: [u8; 32],
    /// Its length in bytes.
    pub length: u64,
    /// What it says, if that was asked for.
    pub fields: Option<Fields>,
    /// Where it is.
    pub place: Place,
}

/// Where a body that has been read is.
pub enum Place {
    /// In memory: at most 64 KiB.
    Memory(Bytes),
    /// Sealed on disk.
    Disk(Id<Blob>),
}

/// Why a body was not taken.
#[derive(Debug)]
pub enum SpoolError {
    /// It is odd, unreadable or too large.
    Refused(Refusal),
    /// More than may be held.
    TooLarge {
        /// The most that is held, in bytes.
        most: u64,
    },
    /// It could not be stored.
    Unavailable(Unavailable),
}

impl Flows {
    /// Begins to read a body; `kind` when its fields must be understood.
    pub fn spool(&self, app: &AppSettings, kind: Option<&ContentKind>) -> Spool {
        let limits = BodyLimits::new(app.inspect_body).reading_as(&app.dialect);
        Spool {
            flows: self.clone(),
            memory: Vec::new(),
            disk: None,
            hash: ring::digest::Context::new(&ring::digest::SHA256),
            length: 0,
            most: app.hold_body,
            lenient: false,
            reader: kind.map(|kind| body::Reader::new(kind, limits)),
        }
    }

    /// Removes a body that was read and is not needed.
    pub async fn discard(&self, place: Place) {
        if let Place::Disk(id) = place
            && let Err(error) = self.store().blob_delete(id).await
        {
            tracing::warn!(%error, "a body that is not needed could not be removed: the next start will");
        }
    }
}

impl Spool {
    /// The same, for a body that is kept even when it cannot be read; it has no fields then.
    #[must_use]
    pub fn whatever_it_says(self) -> Self {
        Self { lenient: true, ..self }
    }

    /// The same, for a body of which no more than `most` bytes are taken.
    #[must_use]
    pub fn at_most(self, most: u64) -> Self {
        Self { most: most.min(self.most), ..self }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// When the body is refused or cannot be stored; the spool is of no use then and leaves nothing behind.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), SpoolError> {
        self.length = self.length.saturating_add(bytes.len() as u64);
        if self.length > self.most {
            return Err(SpoolError::TooLarge { most: self.most });
        }
        self.hash.update(bytes);
        if let Some(reader) = &mut self.reader
            && let Err(refusal) = reader.push(bytes)
        {
            if !self.lenient {
                return Err(SpoolError::Refused(refusal));
            }
            self.reader = None;
        }
        if self.disk.is_none() && self.memory.len().saturating_add(bytes.len()) <= IN_MEMORY {
            self.memory.extend_from_slice(bytes);
            return Ok(());
        }
        if self.disk.is_none() {
            let id = Id::new(self.flows.now(), self.flows.entropy());
            let mut writer = self.flows.store().blob_begin(id).await.map_err(failed)?;
            writer.write(&std::mem::take(&mut self.memory)).await.map_err(failed)?;
            self.disk = Some((id, writer));
        }
        match &mut self.disk {
            Some((_, writer)) => writer.write(bytes).await.map_err(failed),
            None => Ok(()),
        }
    }

    /// The end of the body.
    ///
    /// # Errors
    /// When it is incomplete or odd, or cannot be stored.
    pub async fn finish(self) -> Result<Spooled, SpoolError> {
        let fields = match self.reader {
            // Whatever a head announces: an empty body holds no field.
            Some(_) if self.length == 0 => Some(Fields::default()),
            Some(reader) => match reader.finish() {
                Ok(fields) => Some(fields),
                Err(_) if self.lenient => None,
                Err(refusal) => return Err(SpoolError::Refused(refusal)),
            },
            None => None,
        };
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.hash.finish().as_ref());
        let place = match self.disk {
            Some((id, writer)) => {
                writer.finish().await.map_err(failed)?;
                Place::Disk(id)
            }
            None => Place::Memory(Bytes::from(self.memory)),
        };
        Ok(Spooled { sha256, length: self.length, fields, place })
    }
}

fn failed(error: crate::store::Unavailable) -> SpoolError {
    SpoolError::Unavailable(unavailable(error))
}
