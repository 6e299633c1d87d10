//! Reads the folder of policies again when it changes.
//!
//! A set is taken only when two looks, half a second apart, find the same bytes: a file that is just being written, or one that an
//! editor has moved away for a moment, is not a set. What is taken is what was compared: nothing is read twice.
//!
//! **Invariant:** a faulty set is refused as a whole, reported, and the one in force stays; so does it when the folder is empty, gone or
//! unreadable (`tests/it/reload.rs`). What is pending keeps the policies it was held by.

use std::time::Duration;

use crate::base::tasks::Tasks;
use crate::config::{Settings, Snapshot};
use crate::flow::Flows;
use crate::flow::policies::Renewed;

/// How often the folder is looked at.
const EVERY: Duration = Duration::from_millis(500);
/// After so many looks at names and times alone, the files are read whatever those say.
const GLANCES: u32 = 20;

/// Looks at the folder of policies until the tasks stop.
pub(super) fn watch(settings: &Settings, flows: Flows, tasks: &Tasks) {
    let folder = settings.policies_dir.clone();
    let names: Vec<String> = settings.apps.iter().map(|app| app.name.clone()).collect();
    let tracked = tasks.clone();
    tasks.spawn("policies", async move {
        let (mut before, mut judged): (Option<[u8; 32]>, Option<[u8; 32]>) = (None, None);
        let (mut glance, mut glances): (Option<[u8; 32]>, u32) = (None, 0);
        loop {
            tokio::select! {
                () = tracked.stopping() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            // Where all has been judged, most looks need not read anything.
            let idle = judged.is_some() && judged == before && glances < GLANCES;
            let (place, known) = (folder.clone(), glance.filter(|_| idle));
            let look = move || {
                let glance = Snapshot::glance(&place);
                (glance, (known != Some(glance)).then(|| Snapshot::take(&place)))
            };
            let Ok((seen, snapshot)) = tokio::task::spawn_blocking(look).await else { continue };
            (glance, glances) = (Some(seen), glances + 1);
            let Some(snapshot) = snapshot else { continue };
            glances = 0;
            let now = Some(*snapshot.print());
            let settled = before == now;
            before = now;
            if !settled || judged == now {
                continue;
            }
            let apps = names.clone();
            let Ok(read) = tokio::task::spawn_blocking(move || snapshot.policies(&apps)).await else {
                continue;
            };
            match read {
                Ok(set) => match flows.renew(set.including(super::PORTAL)).await {
                    Ok(Renewed::New) => {
                        let revision = flows.policy_status().revision;
                        tracing::info!(revision, "the policies were read again and are in force");
                    }
                    Ok(Renewed::Same) => {}
                    Err(error) => {
                        // Tried again at the next look.
                        tracing::error!(%error, "the new policies are not in force");
                        continue;
                    }
                },
                Err(faults) => {
                    let first = faults.to_string().lines().next().unwrap_or_default().to_owned();
                    flows.refuse_policies(first, faults.count());
                    tracing::error!(
                        "the policies have changed and are faulty; the earlier ones stay in force\n{}",
                        faults.human(100, false)
                    );
                }
            }
            judged = now;
        }
    });
}
