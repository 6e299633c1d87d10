//! Bodies in Redis: one string each, made piece by piece under another name and renamed when it is whole.
//!
//! **Invariant:** a body is whole or not there: each piece is added only behind all those before it, and the end checks the length.
//! **Invariant:** what a gateway left half written expires by itself.

use std::sync::Arc;

use async_trait::async_trait;
use redis::Cmd;

use super::line::Line;
use super::names::Names;
use crate::base::id::{Blob, Id};
use crate::base::time::Timestamp;
use crate::store::body::{self, Source, Target, made, unwritable};
use crate::store::seal::Seal;
use crate::store::{BlobError, BlobReader, BlobWriter, Unavailable};

/// For how many seconds a half-written body is kept after its last piece.
const PATIENCE: u64 = 3600;

/// The bodies of one tenant.
pub(super) struct Bodies {
    pub(super) line: Arc<Line>,
    pub(super) names: Names,
    pub(super) seal: Arc<Seal>,
}

impl Bodies {
    pub(super) async fn begin(&self, id: Id<Blob>) -> Result<Box<dyn BlobWriter>, Unavailable> {
        let part = Part { line: self.line.clone(), names: self.names.clone(), id, length: 0 };
        body::begin(&self.seal, id, part).await
    }

    pub(super) async fn open(&self, id: Id<Blob>) -> Result<Box<dyn BlobReader>, BlobError> {
        let key = self.names.body(id);
        let length: u64 = self.line.ask(|_| command("STRLEN", &key)).await?;
        if length == 0 {
            let there: bool = self.line.ask(|_| command("EXISTS", &key)).await?;
            return Err(if there { BlobError::Damaged } else { BlobError::Missing });
        }
        body::open(&self.seal, id, length, Kept { line: self.line.clone(), key, at: 0 }).await
    }

    pub(super) async fn delete(&self, id: Id<Blob>) -> Result<(), Unavailable> {
        let _: u64 = self.line.ask(|_| command("UNLINK", &self.names.body(id))).await?;
        let _: u64 = self
            .line
            .ask(|_| {
                let mut command = command("ZREM", &self.names.of("bodies"));
                command.arg(id.to_string());
                command
            })
            .await?;
        Ok(())
    }

    pub(super) async fn list(&self, before: Timestamp) -> Result<Vec<Id<Blob>>, Unavailable> {
        let names: Vec<String> = self
            .line
            .ask(|_| {
                let mut command = command("ZRANGEBYSCORE", &self.names.of("bodies"));
                command.arg("-inf").arg(format!("({}", before.millis()));
                command
            })
            .await?;
        let mut ids: Vec<Id<Blob>> = names.iter().filter_map(|name| name.parse().ok()).collect();
        ids.sort_unstable();
        Ok(ids)
    }
}

/// A body that is being written; what is dropped expires.
struct Part {
    line: Arc<Line>,
    names: Names,
    id: Id<Blob>,
    length: u64,
}

#[async_trait]
impl Target for Part {
    async fn append(&mut self, bytes: &[u8]) -> Result<(), Unavailable> {
        let (part, before) = (self.names.part(self.id), self.length);
        let added: u8 = self
            .line
            .tell(|scripts| scripts.append(&part, before, bytes, PATIENCE))
            .await
            .map_err(unwritable)?;
        if added == 0 {
            return Err(unwritable("what was there of it is gone"));
        }
        self.length = self.length.saturating_add(bytes.len() as u64);
        Ok(())
    }

    async fn finish(self) -> Result<(), Unavailable> {
        let (part, whole) = (self.names.part(self.id), self.names.body(self.id));
        let (id, at) = (self.id.to_string(), made(self.id).millis());
        let ended: u8 = self
            .line
            .tell(|scripts| scripts.body(&self.names, (&part, &whole), self.length, &id, at))
            .await
            .map_err(unwritable)?;
        if ended == 0 { Err(unwritable("what was there of it is gone")) } else { Ok(()) }
    }
}

struct Kept {
    line: Arc<Line>,
    key: String,
    at: u64,
}

#[async_trait]
impl Source for Kept {
    async fn read(&mut self, count: usize) -> Result<Vec<u8>, BlobError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let end = self.at.saturating_add(count as u64);
        let bytes: Vec<u8> = self
            .line
            .ask(|_| {
                let mut command = command("GETRANGE", &self.key);
                command.arg(self.at).arg(end.saturating_sub(1));
                command
            })
            .await?;
        if bytes.len() != count {
            return Err(BlobError::Damaged);
        }
        self.at = end;
        Ok(bytes)
    }
}

fn command(name: &str, key: &str) -> Cmd {
    let mut command = redis::cmd(name);
    command.arg(key);
    command
}
