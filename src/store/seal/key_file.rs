//! The seal key the gateway makes for itself: `data_dir/seal.key`, mode 0600, 32 random bytes in base64.
//!
//! **Invariant:** no new key is made beside an existing database: what it sealed would be lost without a word
//! (`a_lost_key_is_not_replaced`).
//! **Invariant:** the file appears whole or not at all.
//!
//! Called by whoever opens the store when no `[[store.seal_key]]` is configured, before the database is opened.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

use super::{SealKey, SealKeyError};
use crate::base::entropy::Entropy;
use crate::base::secret::Secret;
use crate::store::files;

/// The id of the key the gateway made.
const OWN: &str = "own";

/// Why there is no seal key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read or made.
    #[error("the seal key file `{}` cannot be read or made: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds no key.
    #[error("in `{}`: {source}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: SealKeyError,
    },
    /// There is a database but its key is gone.
    #[error("`{}` is gone, but there is a database that it sealed: restore the key, or move the database away", path.display())]
    Lost {
        /// The missing file.
        path: PathBuf,
    },
}

/// Reads the gateway's own seal key in `data_dir`, and makes it first when neither it nor a database is there. Makes the folder, too.
///
/// # Errors
/// When the file cannot be read or made, holds no key, or went missing.
pub fn own_key(data_dir: &Path, entropy: &dyn Entropy) -> Result<SealKey, KeyFileError> {
    let path = files::seal_key(data_dir);
    let failed = |source| KeyFileError::File { path: path.clone(), source };
    let text = match std::fs::read(&path) {
        Ok(text) => Secret::from(text),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if files::database(data_dir).try_exists().map_err(failed)? {
                return Err(KeyFileError::Lost { path });
            }
            files::make_folder(data_dir).map_err(failed)?;
            create(&path, entropy).map_err(failed)?;
            Secret::from(std::fs::read(&path).map_err(failed)?)
        }
        Err(error) => return Err(failed(error)),
    };
    SealKey::parse(OWN, &text).map_err(|source| KeyFileError::Content { path, source })
}

/// Whether the gateway's own seal key is in `data_dir`.
pub fn has_own_key(data_dir: &Path) -> bool {
    files::seal_key(data_dir).is_file()
}

/// Writes a fresh key beside its place and links it there; one that another process put there first wins.
fn create(path: &Path, entropy: &dyn Entropy) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut suffix = [0; 8];
    entropy.fill(&mut suffix);
    let draft = folder.join(format!("seal.key.{:016x}", u64::from_be_bytes(suffix)));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let text = Secret::random(32, entropy).expose(|bytes| Secret::from(STANDARD.encode(bytes)));
    let written = text
        .expose(|text| file.write_all(text))
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all());
    let linked = written.and_then(|()| match std::fs::hard_link(&draft, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    });
    std::fs::remove_file(&draft)?;
    linked?;
    File::open(folder)?.sync_all()
}

/// 32 bytes from base64 in either alphabet.
pub(super) fn decode(text: &[u8]) -> Option<Secret> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [alphabet::STANDARD, alphabet::URL_SAFE].iter().find_map(|alphabet| {
        let bytes = GeneralPurpose::new(alphabet, lenient).decode(text.trim_ascii()).ok()?;
        (bytes.len() == 32).then(|| Secret::from(bytes))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SeededEntropy;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_key_is_made_once_for_the_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let entropy = SeededEntropy::new(1);
        let first = own_key(&data, &entropy).unwrap();
        let again = own_key(&data, &entropy).unwrap();
        assert!(first.key.expose(|bytes| again.key.same(bytes)));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&data), mode(&files::seal_key(&data))), (0o700, 0o600));
        assert_eq!(std::fs::read_dir(&data).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_lost_key_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(files::database(folder.path()), b"").unwrap();
        assert!(matches!(own_key(folder.path(), &SeededEntropy::new(1)), Err(KeyFileError::Lost { .. })));
        std::fs::write(files::seal_key(folder.path()), b"short").unwrap();
        assert!(matches!(own_key(folder.path(), &SeededEntropy::new(1)), Err(KeyFileError::Content { .. })));
    }
}
