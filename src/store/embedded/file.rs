//! The database file: how it is opened, that it is still the same one, and how it is opened again after a failed write.
//!
//! **Invariant:** before and after each use the path still leads to the file that was opened (device and inode). A file that
//! vanished or was replaced makes the store unavailable; it comes back when the file does.
//! **Invariant:** a file that was opened once is never made anew: opening again refuses another or an empty one.
//!
//! redb refuses all work after a failed write until the database is opened again; the writer does that here, so that a disk that
//! was full heals without a restart.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, ReadTransaction, ReadableDatabase as _};

use super::OpenError;
use super::tables::{self, ReadError};
use crate::store::{Unavailable, files};

/// Bytes of pages kept in memory.
const CACHE: usize = 16 * 1024 * 1024;

/// How a database is made over a file; tests put a failing disk between.
pub(super) type Make = Arc<dyn Fn(&Builder, FileBackend) -> Result<Database, DatabaseError> + Send + Sync>;

pub(super) fn plain() -> Make {
    Arc::new(Builder::create_with_backend)
}

/// The open database, or the place of one that must be opened again.
pub(super) struct Slot {
    path: PathBuf,
    identity: (u64, u64),
    make: Make,
    database: RwLock<Option<Database>>,
}

impl Slot {
    /// Opens the database in `data_dir`, making folder, file and tables where there are none.
    pub(super) fn open(data_dir: &Path, make: Make) -> Result<Self, OpenError> {
        let path = files::database(data_dir);
        let failed = |source| OpenError::File { path: path.clone(), source };
        files::make_folder(data_dir).map_err(failed)?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
        let identity = identity(&file.metadata().map_err(failed)?);
        let database = build(&path, file, &make)?;
        File::open(data_dir).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(Self { path, identity, make, database: RwLock::new(Some(database)) })
    }

    /// Reads from one consistent state.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&ReadTransaction) -> Result<T, ReadError>,
    ) -> Result<T, Unavailable> {
        let transaction = self.begin_read()?;
        read(&transaction).map_err(|error| Unavailable::because(error.to_string()))
    }

    /// The state as it is now, for as long as it is read.
    pub(super) fn begin_read(&self) -> Result<ReadTransaction, Unavailable> {
        self.present()?;
        self.with(|database| database.begin_read().map_err(ReadError::from))
    }

    /// Writes; when that fails, the database is opened again, for the next.
    pub(super) fn write<T>(
        &self,
        write: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, Unavailable> {
        self.present()?;
        self.revive()?;
        let written = self.with(|database| write(database).map_err(ReadError::from));
        if written.is_err() {
            self.close();
            if let Err(error) = self.revive() {
                tracing::error!(%error, "the database cannot be opened again");
            }
        }
        self.present()?;
        written
    }

    /// Closes the database; reads still under way fail.
    pub(super) fn close(&self) {
        let database = self.database.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(error)) = database.map(Database::close) {
            tracing::warn!(%error, "the database did not close cleanly");
        }
    }

    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, ReadError>) -> Result<T, Unavailable> {
        let slot = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let database = slot.as_ref().ok_or_else(|| Unavailable::because("the database is closed"))?;
        work(database).map_err(|error| Unavailable::because(error.to_string()))
    }

    /// Whether the path still leads to the file that was opened.
    pub(super) fn present(&self) -> Result<(), Unavailable> {
        let path = self.path.display();
        let found = std::fs::metadata(&self.path)
            .map_err(|error| Unavailable::because(format!("`{path}` is gone: {error}")))?;
        if identity(&found) == self.identity {
            Ok(())
        } else {
            Err(Unavailable::because(format!("`{path}` was replaced by another file")))
        }
    }

    fn revive(&self) -> Result<(), Unavailable> {
        let mut slot = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if slot.is_some() {
            return Ok(());
        }
        let failed = |error: std::io::Error| Unavailable::because(error.to_string());
        let file = OpenOptions::new().read(true).write(true).open(&self.path).map_err(failed)?;
        let found = file.metadata().map_err(failed)?;
        if identity(&found) != self.identity || found.len() == 0 {
            return Err(Unavailable::because(format!("`{}` was replaced or emptied", self.path.display())));
        }
        *slot = Some(
            build(&self.path, file, &self.make).map_err(|error| Unavailable::because(error.to_string()))?,
        );
        tracing::info!("the database was opened again after a failed write");
        Ok(())
    }
}

fn identity(file: &std::fs::Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

fn build(path: &Path, file: File, make: &Make) -> Result<Database, OpenError> {
    let damaged = |reason: String| OpenError::Damaged { path: path.to_owned(), reason };
    let translate = |error| match error {
        DatabaseError::DatabaseAlreadyOpen => OpenError::InUse { path: path.to_owned() },
        other => damaged(other.to_string()),
    };
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE);
    // A plain open trusts a file that was shut down cleanly and may panic over one that was altered since.
    builder.set_check_integrity_on_open(true);
    let database = make(&builder, FileBackend::new(file).map_err(translate)?).map_err(translate)?;
    match tables::prepare(&database) {
        Ok(tables::SCHEMA) => Ok(database),
        Ok(found) => Err(OpenError::Schema { path: path.to_owned(), found, expected: tables::SCHEMA }),
        Err(error) => Err(damaged(error.to_string())),
    }
}
