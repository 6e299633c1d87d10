//! Reads the folder of policies again when it changes.
//!
//! A set is taken only when two looks, half a second apart, find the same bytes: a file that is just being written, or one that an
//! editor has moved away for a moment, is not a set. What is taken is what was compared: nothing is read twice.
//!
//! **Invariant:** a faulty set is refused as a whole, reported, and the one in force stays; so does it when the folder is empty, gone or
//! unreadable (`tests/it/reload.rs`). What is pending keeps the policies it was held by.

use std::time::Duration;

use crate::base::tasks::Tasks;
use crate::config::{Faults, Settings, Snapshot};
use crate::flow::Flows;
use crate::flow::policies::Renewed;
use crate::policy::PolicySet;

/// How often the folder is looked at.
const EVERY: Duration = Duration::from_millis(500);
/// After so many looks at names and times alone, the files are read whatever those say.
const GLANCES: u32 = 20;

/// Looks at the folder of policies until the tasks stop.
pub(super) fn watch(settings: &Settings, flows: Flows, tasks: &Tasks) {
    let folder = settings.policies_dir.clone();
    let apps = settings.facts();
    let tracked = tasks.clone();
    tasks.spawn("policies", async move {
        let mut looks = Looks::default();
        loop {
            tokio::select! {
                () = tracked.stopping() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            let (place, known) = (folder.clone(), looks.known());
            let look = move || {
                let glance = Snapshot::glance(&place);
                (glance, (known != Some(glance)).then(|| Snapshot::take(&place)))
            };
            let Ok((glance, snapshot)) = tokio::task::spawn_blocking(look).await else { continue };
            let Some(snapshot) = snapshot else { continue };
            let print = *snapshot.print();
            if !looks.is_to_be_judged(glance, print) {
                continue;
            }
            let apps = apps.clone();
            let Ok(read) = tokio::task::spawn_blocking(move || snapshot.policies(&apps)).await else {
                continue;
            };
            if judge(&flows, read).await {
                looks.judged = Some(print);
            }
        }
    });
}

/// Puts a good set in force, or reports a faulty one; `false` when that has to be tried again.
async fn judge(flows: &Flows, read: Result<PolicySet, Faults>) -> bool {
    match read {
        Ok(set) => {
            let warnings: Vec<String> = Faults::warnings(&set).lines().collect();
            match flows.renew(set.including(super::PORTAL)).await {
                Ok(Renewed::New) => {
                    for warning in &warnings {
                        tracing::warn!("{warning}");
                    }
                    let revision = flows.policy_status().revision;
                    tracing::info!(revision, "the policies were read again and are in force");
                }
                Ok(Renewed::Same) => {}
                Err(error) => {
                    tracing::error!(%error, "the new policies are not in force");
                    return false;
                }
            }
        }
        Err(faults) => {
            let first = faults.to_string().lines().next().unwrap_or_default().to_owned();
            flows.refuse_policies(first, faults.count());
            tracing::error!(
                "the policies have changed and are faulty; the earlier ones stay in force\n{}",
                faults.human(100, false)
            );
        }
    }
    true
}

/// What earlier looks found.
#[derive(Default)]
struct Looks {
    glance: Option<[u8; 32]>,
    glances: u32,
    before: Option<[u8; 32]>,
    judged: Option<[u8; 32]>,
}

impl Looks {
    /// The names and times that need no reading: those of files that have been judged, but for every so many looks.
    fn known(&mut self) -> Option<[u8; 32]> {
        self.glances += 1;
        let idle = self.judged.is_some() && self.judged == self.before && self.glances < GLANCES;
        self.glance.filter(|_| idle)
    }

    /// Whether these files are the same as at the look before, and have not been judged.
    fn is_to_be_judged(&mut self, glance: [u8; 32], print: [u8; 32]) -> bool {
        (self.glance, self.glances) = (Some(glance), 0);
        let settled = self.before == Some(print);
        self.before = Some(print);
        settled && self.judged != Some(print)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_judged_once_they_have_settled() {
        let mut looks = Looks::default();
        let (one, two, three) = ([1; 32], [2; 32], [3; 32]);
        for (print, judged) in [
            (one, false),
            (one, true),
            // Could not be put in force: again.
            (one, true),
            (two, false),
            (three, false),
            (two, false),
            (two, true),
        ] {
            assert_eq!(looks.is_to_be_judged(print, print), judged, "{print:?}");
            assert_eq!(looks.known(), None, "what is not judged is read each time");
        }
        looks.judged = Some(two);
        assert_eq!(looks.known(), Some(two));
        assert!(!looks.is_to_be_judged(two, two), "judged already");
        let looked = (0..GLANCES).filter(|_| looks.known().is_none()).count();
        assert_eq!(looked, 1, "names and times are not believed for ever");
        assert!(!looks.is_to_be_judged(one, one) && looks.is_to_be_judged(one, one), "the first ones again");
    }
}
