//! `countersign check`: configuration and policies, every fault at once.
//!
//! **Invariant:** starts nothing and writes nothing; what it accepts, `serve` accepts, for both ask `config::load`.

use std::io::{self, Write};
use std::path::Path;

use super::Format;
use crate::config::{self, Faults};

/// How wide reports for people are, in columns.
const WIDTH: usize = 100;

/// Checks the configuration at `config` and prints what was found to `out`; whether it is without fault, and without warning where
/// these are denied.
///
/// # Errors
/// When `out` cannot be written.
pub fn run(
    config: &Path,
    format: Format,
    deny_warnings: bool,
    colour: bool,
    out: &mut dyn Write,
) -> io::Result<bool> {
    match (config::load(config), format) {
        (Ok((settings, policies)), Format::Human) => {
            let warnings = Faults::warnings(&policies);
            if !warnings.is_empty() {
                write!(out, "{}", warnings.human(WIDTH, colour))?;
            }
            let (apps, count) = (settings.apps.len(), policies.policies().count());
            writeln!(
                out,
                "{}: no fault; {}, {}",
                config.display(),
                counted(apps, "application"),
                counted_policies(count)
            )?;
            for app in &settings.apps {
                let ids: Vec<&str> = policies
                    .policies()
                    .filter(|(name, _)| *name == app.name)
                    .map(|(_, policy)| policy.id.as_str())
                    .collect();
                let ids =
                    if ids.is_empty() { "no policy: nothing is held".to_owned() } else { ids.join(", ") };
                writeln!(out, "  {}: {ids}", app.name)?;
            }
            Ok(!deny_warnings || warnings.is_empty())
        }
        (Ok((_, policies)), Format::Json) => {
            let warnings = Faults::warnings(&policies);
            writeln!(out, "{}", warnings.json())?;
            Ok(!deny_warnings || warnings.is_empty())
        }
        (Err(faults), Format::Human) => write!(out, "{}", faults.human(WIDTH, colour)).map(|()| false),
        (Err(faults), Format::Json) => writeln!(out, "{}", faults.json()).map(|()| false),
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn counted_policies(count: usize) -> String {
    if count == 1 { "1 policy".to_owned() } else { format!("{count} policies") }
}
