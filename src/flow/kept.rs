//! The beginning of an application's answer, kept sealed for a requester who left or clicked twice.
//!
//! **Invariant:** it is given only to the creator of the request, on the application's own origin (`tests/it/release_once.rs`).

use bytes::Bytes;

use crate::approval::{Approval, Ending};
use crate::base::id::{self, Blob, Id};
use crate::identity::Principal;
use crate::store::BlobWriter;

use super::bodies::SMALL;
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
        let head = serde_json::to_vec(&(status, headers)).map_err(unavailable)?;
        let length = u32::try_from(head.len()).map_err(unavailable)?;
        let mut keeper = Keeper { flows: self.clone(), id, small: Vec::new(), writer: None, room: KEEP };
        keeper.write(&length.to_be_bytes()).await?;
        keeper.write(&head).await?;
        Ok(keeper)
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
        let Some((approval, _)) = self.of_creator(app, id, principal, claim).await? else { return Ok(None) };
        let Approval::Ended(ended) = &approval else { return Ok(None) };
        let Ending::Delivered { kept: Some(kept), .. } = ended.ending() else { return Ok(None) };
        // Not finished yet, or never: the beginning that there is was not kept.
        let Ok(mut reader) = self.open_body(*kept).await else { return Ok(None) };
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
    flows: Flows,
    id: Id<Blob>,
    /// What there is as long as it is small.
    small: Vec<u8>,
    writer: Option<Box<dyn BlobWriter>>,
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
        if fits.is_empty() { Ok(()) } else { self.write(fits).await }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Unavailable> {
        if self.writer.is_none() && self.small.len().saturating_add(bytes.len()) <= SMALL {
            self.small.extend_from_slice(bytes);
            return Ok(());
        }
        if self.writer.is_none() {
            let mut writer = self.flows.store().blob_begin(self.id).await.map_err(unavailable)?;
            writer.write(&std::mem::take(&mut self.small)).await.map_err(unavailable)?;
            self.writer = Some(writer);
        }
        match &mut self.writer {
            Some(writer) => writer.write(bytes).await.map_err(unavailable),
            None => Ok(()),
        }
    }

    /// The end of the answer, or of the room for it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn finish(self) -> Result<(), Unavailable> {
        match self.writer {
            Some(writer) => writer.finish().await.map_err(unavailable),
            None => {
                let commit = self.flows.put_body(self.id, &self.small);
                self.flows.store().commit(commit).await.map(drop).map_err(unavailable)
            }
        }
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
