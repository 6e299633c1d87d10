//! Bodies as files: `data_dir/blobs/{id}`, in the form of [`body`].
//!
//! **Invariant:** a file without the ending `.part` is whole: it is written aside, synced, renamed, and its folder synced.
//! Used by the embedded engine.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::body::{self, Source, Target, made, unreadable, unwritable};
use super::seal::Seal;
use super::{BlobError, BlobReader, BlobWriter, Unavailable, files};
use crate::base::id::{Blob, Id};
use crate::base::time::Timestamp;

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
        let (path, part) = (self.folder.join(id.to_string()), self.folder.join(format!("{id}{PART}")));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let file = options.open(&part).await.map_err(unwritable)?;
        let written = Written { file, aside: Aside(Some(part)), path, folder: self.folder.clone() };
        body::begin(&self.seal, id, written).await
    }

    pub(super) async fn read(&self, id: Id<Blob>) -> Result<Box<dyn BlobReader>, BlobError> {
        let file =
            File::open(self.folder.join(id.to_string())).await.map_err(|error| match error.kind() {
                ErrorKind::NotFound => BlobError::Missing,
                _ => unreadable(error),
            })?;
        let length = file.metadata().await.map_err(unreadable)?.len();
        body::open(&self.seal, id, length, Kept(file)).await
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

struct Written {
    file: File,
    aside: Aside,
    path: PathBuf,
    folder: PathBuf,
}

#[async_trait]
impl Target for Written {
    async fn append(&mut self, bytes: &[u8]) -> Result<(), Unavailable> {
        self.file.write_all(bytes).await.map_err(unwritable)
    }

    async fn finish(mut self) -> Result<(), Unavailable> {
        self.file.flush().await.map_err(unwritable)?;
        self.file.sync_all().await.map_err(unwritable)?;
        tokio::fs::rename(self.aside.path(), &self.path).await.map_err(unwritable)?;
        self.aside.keep();
        File::open(&self.folder).await.map_err(unwritable)?.sync_all().await.map_err(unwritable)
    }
}

struct Kept(File);

#[async_trait]
impl Source for Kept {
    async fn read(&mut self, count: usize) -> Result<Vec<u8>, BlobError> {
        let mut bytes = vec![0; count];
        match self.0.read_exact(&mut bytes).await {
            Ok(_) => Ok(bytes),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(BlobError::Damaged),
            Err(error) => Err(unreadable(error)),
        }
    }
}
