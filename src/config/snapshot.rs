//! The folder of policies as it was at one look: what is compared is what is read.
//!
//! **Invariant:** a folder without a policy is a fault, as is one that cannot be read: deleting files never lets everything pass.
//! Called by [`super::policies`] and by the watcher of a running server.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::faults::Faults;
use super::{lower, policy_files};
use crate::base::secret::fingerprint;
use crate::policy::PolicySet;
use crate::policy::source::{self, AppFacts, Fault, SourceFile};

/// All policy files of a folder, read once.
pub struct Snapshot {
    folder: PathBuf,
    read: Result<(Vec<SourceFile>, Vec<Fault>), String>,
    print: [u8; 32],
}

impl Snapshot {
    /// Reads the folder.
    pub fn take(folder: &Path) -> Self {
        let read = policy_files(folder).map_err(|reason| lower(&reason.to_string()));
        let mut parts: Vec<&[u8]> = Vec::new();
        match &read {
            Ok((files, faults)) => {
                for file in files {
                    parts.extend([b"file".as_slice(), file.name().as_bytes(), file.text().as_bytes()]);
                }
                for fault in faults {
                    parts.extend([b"fault".as_slice(), fault.file().as_bytes(), fault.message().as_bytes()]);
                }
            }
            Err(reason) => parts.extend([b"unreadable".as_slice(), reason.as_bytes()]),
        }
        let print = fingerprint("policy-files", &parts);
        Self { folder: folder.to_owned(), read, print }
    }

    /// What nearly always differs when anything in the folder does, without reading it: names, lengths and times of change.
    pub fn glance(folder: &Path) -> [u8; 32] {
        let mut found: Vec<(Vec<u8>, String)> = Vec::new();
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let about = std::fs::metadata(&path).map_or_else(
                |error| error.to_string(),
                |about| format!("{} {}.{} {}", about.len(), about.ctime(), about.ctime_nsec(), about.ino()),
            );
            found.push((path.into_os_string().into_encoded_bytes(), about));
        }
        found.sort();
        let parts: Vec<&[u8]> =
            found.iter().flat_map(|(name, about)| [name.as_slice(), about.as_bytes()]).collect();
        fingerprint("policy-folder", &parts)
    }

    /// What differs when anything in the files does.
    pub fn print(&self) -> &[u8; 32] {
        &self.print
    }

    /// The policies in the files, for the configured applications.
    ///
    /// # Errors
    /// Every fault of every file; the set in force should stay then.
    pub fn policies(self, apps: &[AppFacts]) -> Result<PolicySet, Faults> {
        let name = self.folder.display().to_string();
        let folder_fault =
            |message: String| Faults::new(vec![SourceFile::new(name.clone(), "").fault(message)]);
        let (files, mut faults) = match self.read {
            Ok(found) => found,
            Err(reason) => return Err(folder_fault(format!("the folder `{name}` cannot be read: {reason}"))),
        };
        if files.is_empty() && faults.is_empty() {
            return Err(folder_fault(format!("there is no policy in `{name}`")));
        }
        match source::read(&files, apps) {
            Ok(set) if faults.is_empty() => Ok(set),
            Ok(_) => Err(Faults::new(faults)),
            Err(more) => {
                faults.extend(more);
                Err(Faults::new(faults))
            }
        }
    }
}
