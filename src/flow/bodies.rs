//! Bodies of requests and of answers, once they are read: a small one is a record, and so part of the commit that needs it; a larger one
//! lies where the engine keeps bodies.
//!
//! **Invariant:** a small body is never left over: a request's comes with its hold, a kept answer's when the held request names it already, and both
//! go in the commit after which nothing needs them. Only larger ones can be left over by a crash ([`super::recover`]).
//! Called by `admit`, `kept`, `release`, `sweep` and `recover`.

use async_trait::async_trait;
use bytes::Bytes;

use crate::approval::Subject;
use crate::base::id::{Blob, Id};
use crate::store::{BlobError, BlobReader, Commit, keys};

use super::{Flows, Unavailable, unavailable};

/// The most that is a record, in bytes.
pub(super) const SMALL: usize = 16 * 1024;

/// The body of a request, where it is too large to be a record.
pub(super) fn apart(subject: &Subject) -> Option<Id<Blob>> {
    subject.body.filter(|_| subject.canonical.body_length() > SMALL as u64)
}

impl Flows {
    /// The commit that keeps a body of at most [`SMALL`].
    pub(super) fn put_body(&self, id: Id<Blob>, bytes: &[u8]) -> Commit {
        let key = keys::body(id);
        let value = self.records().seal_body(&key, bytes);
        Commit::new().create(key, value, None)
    }

    /// Opens a body of either kind.
    pub(super) async fn open_body(&self, id: Id<Blob>) -> Result<Box<dyn BlobReader>, BlobError> {
        let key = keys::body(id);
        let Some(row) = self.store().get(&key).await? else { return self.store().blob_open(id).await };
        let bytes = self.records().open_body(&key, &row.value).map_err(|_| BlobError::Damaged)?;
        Ok(whole(bytes))
    }

    /// The commit that removes a body, if it is a small one. The others go after the commit: [`Flows::drop_blob`].
    pub(super) async fn drop_body(&self, id: Id<Blob>) -> Result<Option<Commit>, Unavailable> {
        let key = keys::body(id);
        Ok(self.row(&key).await?.map(|row| Commit::new().delete(key, row.version)))
    }

    /// Removes a body that is no record.
    pub(super) async fn drop_blob(&self, id: Id<Blob>) -> Result<(), Unavailable> {
        self.store().blob_delete(id).await.map_err(unavailable)
    }

    /// Removes the body of a request that nobody sends any more, without making anybody wait for it.
    pub fn sent(&self, body: Id<Blob>) {
        let flows = self.clone();
        self.tasks().spawn("sent", async move {
            if let Err(error) = flows.drop_blob(body).await {
                tracing::error!(%error, "the body of a request that was sent could not be removed: a later start will");
            }
        });
    }
}

/// A reader of what is in memory.
pub(super) fn whole(bytes: Bytes) -> Box<dyn BlobReader> {
    Box::new(Whole(Some(bytes).filter(|bytes| !bytes.is_empty())))
}

struct Whole(Option<Bytes>);

#[async_trait]
impl BlobReader for Whole {
    async fn next(&mut self) -> Result<Option<Bytes>, BlobError> {
        Ok(self.0.take())
    }
}
