//! The beginning of an application's answer, kept sealed for a requester who left or clicked twice.
//!
//! **Invariant:** it is given only to the creator of the request, on the application's own origin (`tests/it/release_once.rs`).

use bytes::Bytes;

use crate::approval::{Approval, Ending};
use crate::base::id::{self, Blob, Id};
use crate::identity::Principal;
use crate::store::BlobWriter;

use super::prompt::Claim;
use super::{Flows, Unavailable, unavailable};

/// The most of an answer that is kept for a requester who left or clicked twice.
pub const KEEP: usize = 1 << 20;

impl Flows {
    /// Begins to keep an answer.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn keep(&self, status: u16, headers: &[(String, Vec<u8>)]) -> Result<Keeper, Unavailable> {
        let id = Id::new(self.now(), self.entropy());
        let mut writer = self.store().blob_begin(id).await.map_err(unavailable)?;
        let head = serde_json::to_vec(&(status, headers)).map_err(unavailable)?;
        let length = u32::try_from(head.len()).map_err(unavailable)?;
        writer.write(&length.to_be_bytes()).await.map_err(unavailable)?;
        writer.write(&head).await.map_err(unavailable)?;
        Ok(Keeper { id, writer, room: KEEP })
    }

    /// The answer that was kept, for its creator.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn kept(
        &self,
        app: &str,
        id: Id<id::Held>,
        principal: &Principal,
        claim: Claim<'_>,
    ) -> Result<Option<Kept>, Unavailable> {
        let Some(approval) = self.of_creator(app, id, principal, claim).await? else { return Ok(None) };
        let Approval::Ended(ended) = &approval else { return Ok(None) };
        let Ending::Delivered { kept: Some(kept), .. } = ended.ending() else { return Ok(None) };
        // Not finished yet, or never: the beginning that there is was not kept.
        let Ok(mut reader) = self.store().blob_open(*kept).await else { return Ok(None) };
        let mut bytes = Vec::new();
        while let Some(piece) = reader.next().await.map_err(unavailable)? {
            bytes.extend_from_slice(&piece);
        }
        let (length, rest) =
            bytes.split_first_chunk::<4>().ok_or_else(|| unavailable("a kept answer is unreadable"))?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(unavailable)?;
        let (head, body) =
            rest.split_at_checked(length).ok_or_else(|| unavailable("a kept answer is unreadable"))?;
        let (status, headers): (u16, Vec<(String, Vec<u8>)>) =
            serde_json::from_slice(head).map_err(unavailable)?;
        Ok(Some(Kept { status, headers, body: Bytes::copy_from_slice(body), whole: body.len() < KEEP }))
    }
}

/// Keeps the beginning of an answer, sealed.
pub struct Keeper {
    id: Id<Blob>,
    writer: Box<dyn BlobWriter>,
    room: usize,
}

impl Keeper {
    /// Where it will be.
    pub fn id(&self) -> Id<Blob> {
        self.id
    }

    /// Takes what still has room.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), Unavailable> {
        let fits = bytes.get(..self.room.min(bytes.len())).unwrap_or_default();
        self.room = self.room.saturating_sub(fits.len());
        if fits.is_empty() { Ok(()) } else { self.writer.write(fits).await.map_err(unavailable) }
    }

    /// The end of the answer, or of the room for it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn finish(self) -> Result<(), Unavailable> {
        self.writer.finish().await.map_err(unavailable)
    }
}

/// An answer that was kept.
pub struct Kept {
    /// The status code.
    pub status: u16,
    /// The end-to-end headers.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, at most 1 MiB of it.
    pub body: Bytes,
    /// Whether that is all of it.
    pub whole: bool,
}
