//! The records that a gateway needs before it can serve anything, and that never change: the keys that sign receipts and messages to phones.
//!
//! Beside a shared store each gateway keeps a copy of them in its data folder, sealed as they lie in the store. With it one can start while the store
//! is away: what no policy matches passes, everything else is refused until the store is back. A successor gets them from the server before it.
//!
//! **Invariant:** a gateway that began with a copy uses no store in which these records are others ([`Known::is_of`]).
//! Called by [`app`](super), [`work`](super::work) and [`upgrade`](super::upgrade).

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::store::{Key, Row, Store, Unavailable, keys};

/// The file in the data folder.
const NAME: &str = "known.json";

/// Version and sealed value (base64) of each that there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    receipt_key: Option<(u64, String)>,
    push_key: Option<(u64, String)>,
}

impl Known {
    /// As they are in the store.
    pub(super) async fn of(store: &dyn Store) -> Result<Self, Unavailable> {
        let read = async |key: Key| {
            let row = store.get(&key).await?;
            Ok(row.map(|row| (row.version, BASE64.encode(row.value))))
        };
        let [receipt_key, push_key] = names();
        Ok(Self { receipt_key: read(receipt_key).await?, push_key: read(push_key).await? })
    }

    /// The records.
    pub(super) fn rows(&self) -> io::Result<Vec<(Key, Row)>> {
        let all = names().into_iter().zip([&self.receipt_key, &self.push_key]);
        let row = |(key, known): (Key, &Option<(u64, String)>)| {
            let (version, value) = known.as_ref()?;
            let value = BASE64.decode(value).map_err(io::Error::other);
            Some(value.map(|value| (key, Row { version: *version, value })))
        };
        all.filter_map(row).collect()
    }

    /// Whether these are the records of that store. One that has more fits.
    pub(super) async fn is_of(&self, store: &dyn Store) -> Result<bool, Unavailable> {
        let there = Self::of(store).await?;
        let fits = |known: &Option<(u64, String)>, there| known.is_none() || known == there;
        Ok(fits(&self.receipt_key, &there.receipt_key) && fits(&self.push_key, &there.push_key))
    }

    /// Keeps them in the data folder.
    pub(super) fn keep(&self, data_dir: &Path) -> io::Result<()> {
        // One that cannot be read is written anew.
        if Self::kept(data_dir).is_ok_and(|kept| kept.as_ref() == Some(self)) {
            return Ok(());
        }
        // Beside a shared store nothing else may have made it.
        DirBuilder::new().recursive(true).mode(0o700).create(data_dir)?;
        let (path, aside) = (data_dir.join(NAME), data_dir.join("known.json.new"));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        std::fs::rename(&aside, &path)?;
        File::open(data_dir)?.sync_all()
    }

    /// What was kept there; `None` when nothing was.
    pub(super) fn kept(data_dir: &Path) -> io::Result<Option<Self>> {
        match std::fs::read(data_dir.join(NAME)) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn names() -> [Key; 2] {
    [keys::gateway("receipt-key"), keys::gateway("push-key")]
}
