//! From files a person edits to checked policies, with every fault at once and a pointer to where it is.
//!
//! Reads no file: `config` hands in names and texts. [`Fault`] and the reader of tables are used by `config` too.
//!
//! | part | what it reads or checks |
//! |---|---|
//! | `entry`, `matching`, `approval` | one policy: its keys, `match`, `[policy.approve]` and the file's `[defaults.approve]` |
//! | `revision` | which wording of a policy it is |
//! | `wording`, `cover` | what one policy forgets to name, and the login paths it covers |
//! | `overlap` | policies that add nothing to another |
//!
//! **Invariant:** a set with one fault is no set: [`read`] gives policies or faults, never both. A warning refuses nothing.
//! **Invariant:** a policy that can never apply is a fault: what its author meant to guard would pass (`tests/it/config_check.rs`).

mod approval;
mod calls;
mod cover;
mod entry;
mod fault;
mod matching;
mod overlap;
mod revision;
mod success;
pub mod table;
mod texts;
mod wording;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::PolicySet;
use super::fold::Case;
use crate::base::settings::AppSettings;
use crate::factors::Factor;
use entry::Found;
pub use fault::{Fault, Severity, SourceFile};

/// What reading policies must know of an application.
#[derive(Clone, Debug, Default)]
pub struct AppFacts {
    /// Its name.
    pub name: String,
    /// What passes without approval, whatever the policies say.
    pub login_paths: Vec<String>,
    /// Whether it tells upper from lower case in paths.
    pub case_sensitive: bool,
    /// Factors that its tenant has turned off: no user can have them.
    pub disabled: Vec<Factor>,
}

impl AppFacts {
    /// An application of which only the name is known.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Of a configured application.
    pub fn of(app: &AppSettings) -> Self {
        Self {
            name: app.name.clone(),
            login_paths: app.login_paths.clone(),
            case_sensitive: app.dialect.path_case_sensitive,
            disabled: Vec::new(),
        }
    }

    pub(super) fn case(&self) -> Case {
        if self.case_sensitive { Case::Kept } else { Case::Ignored }
    }
}

/// Reads policy files for the configured applications. Warnings are in the set ([`PolicySet::warnings`]).
///
/// # Errors
/// Every fault and warning of every file, in order, when there is a fault.
pub fn read(files: &[SourceFile], apps: &[AppFacts]) -> Result<PolicySet, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut all: Vec<(&SourceFile, Found)> = Vec::new();
    let mut known: HashMap<String, &SourceFile> = HashMap::new();
    for file in files {
        let mut reader = table::Reader::new(file);
        for found in entry::file(&mut reader, apps) {
            match known.entry(found.policy.reference.id.clone()) {
                Entry::Occupied(other) => reader.add(
                    file.fault_at(found.id_at.clone(), format!("the id `{}` is used twice", other.key()))
                        .label(format!("also in {}", other.get().name()))
                        .help("give each policy an id of its own, over all files"),
                ),
                Entry::Vacant(free) => {
                    free.insert(file);
                }
            }
            all.push((file, found));
        }
        faults.extend(reader.into_faults());
    }
    faults.extend(overlap::warnings(&all));
    faults.sort_by(|one, other| one.order().cmp(&other.order()));
    if faults.iter().any(|fault| fault.severity() == Severity::Fault) {
        return Err(faults);
    }
    let policies = all.into_iter().map(|(_, found)| (found.app, found.policy)).collect();
    Ok(PolicySet::new(apps, policies, faults))
}
