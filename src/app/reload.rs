//! Reads the folder of policies again when it changes.
//!
//! **Invariant:** a faulty set is refused as a whole and the one in force stays; what is pending keeps the policies it was held by.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::secret::fingerprint;
use crate::base::tasks::Tasks;
use crate::config::{self, Settings};
use crate::flow::Flows;

/// How often the folder is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Looks at the folder of policies until the tasks stop.
pub(super) fn watch(settings: &Settings, flows: Flows, tasks: &Tasks) {
    let folder = settings.policies_dir.clone();
    let names: Vec<String> = settings.apps.iter().map(|app| app.name.clone()).collect();
    let tracked = tasks.clone();
    let mut seen = contents(&folder);
    tasks.spawn("policies", async move {
        loop {
            tokio::select! {
                () = tracked.stopping() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            let now = contents(&folder);
            if now == seen {
                continue;
            }
            seen = now;
            match config::policies(&folder, &names) {
                Ok(set) => match flows.renew(set.including(super::PORTAL)).await {
                    Ok(()) => tracing::info!("the policies were read again"),
                    Err(error) => tracing::error!(%error, "the new policies are not in force"),
                },
                Err(faults) => {
                    tracing::error!(
                        "the policies have changed and are faulty; the earlier ones stay in force\n{}",
                        faults.human(100, false)
                    );
                }
            }
        }
    });
}

/// A fingerprint of all files of the folder; `None` when it cannot be read.
fn contents(folder: &Path) -> Option<[u8; 32]> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.sort();
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "toml")) {
        parts.push(file.to_string_lossy().into_owned().into_bytes());
        parts.push(std::fs::read(file).ok()?);
    }
    let borrowed: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Some(fingerprint("policies", &borrowed))
}
