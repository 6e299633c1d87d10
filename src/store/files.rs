//! What lies where in `data_dir`, and how folders are made: for the owner alone.
//!
//! **Invariant:** a folder made here has mode 0700; one that was there keeps the mode its owner gave it.
//! Used by the embedded engine, bodies and the seal key file.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// The database of the embedded engine.
pub(super) fn database(data_dir: &Path) -> PathBuf {
    data_dir.join("countersign.redb")
}

/// The seal key the gateway made for itself.
pub(super) fn seal_key(data_dir: &Path) -> PathBuf {
    data_dir.join("seal.key")
}

/// The folder of the bodies.
pub(super) fn blobs(data_dir: &Path) -> PathBuf {
    data_dir.join("blobs")
}

/// Makes a folder, and those above it, that is not there yet.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}
