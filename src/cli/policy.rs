//! `countersign policy`: what the policies say, without a server.

mod explain;
mod test;

use std::io::{self, Write};
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::observed::ObservedArgs;
use super::{ConfigArg, Format};
use crate::base::settings::AppSettings;
use crate::base::time::Clock;
use crate::config::{self, Settings};
pub use explain::ExplainArgs;
pub use test::TestArgs;

/// The JSON Schema of a policy file; `tests/it/policy_schema.rs` compares its keys with those that are read.
const SCHEMA: &str = include_str!("policy.schema.json");

/// How wide reports for people are, in columns.
const WIDTH: usize = 100;

/// Arguments of `policy`.
#[derive(Debug, Args)]
pub struct PolicyArgs {
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArg,
    /// What to do.
    #[command(subcommand)]
    pub action: PolicyAction,
}

/// What can be done with policies.
#[derive(Debug, Subcommand)]
pub enum PolicyAction {
    /// Run the cases of every `*.cases.toml` beside the policies
    Test(TestArgs),
    /// Say what the policies would do with one request, and why
    Explain(ExplainArgs),
    /// Say what policies did, and what those in observe mode would have done, by day
    Observed(ObservedArgs),
    /// Print the JSON Schema of a policy file, for editors
    Schema,
}

impl PolicyAction {
    /// Whether it asks a store, and so goes to the desk.
    pub fn needs_store(&self) -> bool {
        matches!(self, Self::Observed(_))
    }

    fn format(&self) -> Format {
        match self {
            Self::Test(test) => test.format,
            Self::Explain(explain) => explain.format,
            Self::Schema | Self::Observed(_) => Format::Json,
        }
    }
}

/// Runs the command; whether all is well.
///
/// # Errors
/// When `out` cannot be written.
pub fn run(args: &PolicyArgs, clock: &Arc<dyn Clock>, out: &mut dyn Write) -> io::Result<bool> {
    if matches!(args.action, PolicyAction::Schema) {
        return out.write_all(SCHEMA.as_bytes()).map(|()| true);
    }
    let (settings, policies) = match config::load(&args.config.config) {
        Ok(loaded) => loaded,
        Err(faults) => return report(&faults, args.action.format(), out),
    };
    match &args.action {
        PolicyAction::Schema | PolicyAction::Observed(_) => Ok(true),
        PolicyAction::Test(test) => test::run(&settings, &policies, test, clock.now(), out),
        PolicyAction::Explain(explain) => explain::run(&settings, &policies, explain, clock.now(), out),
    }
}

/// What makes it impossible to begin.
fn report(faults: &config::Faults, format: Format, out: &mut dyn Write) -> io::Result<bool> {
    match format {
        Format::Human => write!(out, "{}", faults.human(WIDTH, false))?,
        Format::Json => writeln!(out, "{{\"faults\":{}}}", faults.json())?,
    }
    Ok(false)
}

/// The application of that name, or the only one.
fn chosen<'s>(settings: &'s Settings, name: Option<&str>) -> Option<&'s AppSettings> {
    match (name, settings.apps.as_slice()) {
        (Some(name), apps) => apps.iter().find(|app| app.name == name),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
}
