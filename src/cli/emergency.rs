//! `emergency issue`.

use clap::{Args, Subcommand};

use crate::flow::admin::{Order, Reply};

use super::ConfigArg;
use super::desk::{CommandError, Console, Desk, give};

/// Arguments of `emergency`.
#[derive(Debug, Args)]
pub struct EmergencyArgs {
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArg,
    /// What to do.
    #[command(subcommand)]
    pub action: EmergencyAction,
}

/// What can be done with emergency access codes.
#[derive(Debug, Subcommand)]
pub enum EmergencyAction {
    /// Issue a code, limited by uses and dates; the first line is the code alone, shown once
    Issue {
        /// For whom
        name: String,
        /// How often it may be used
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
        uses: u32,
        /// For how long it is valid, e.g. `90m`, `24h`, `7d` (24h without either)
        #[arg(long = "for", value_name = "TIME", conflicts_with = "until")]
        valid_for: Option<String>,
        /// Until when it is valid, e.g. `2026-12-01T00:00:00Z`
        #[arg(long, value_name = "DATE")]
        until: Option<String>,
    },
}

pub(super) async fn run(
    args: &EmergencyArgs,
    desk: &dyn Desk,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let EmergencyAction::Issue { name, uses, valid_for, until } = &args.action;
    let order = Order::EmergencyIssue {
        name: name.clone(),
        uses: *uses,
        valid_for: valid_for.clone(),
        until: until.clone(),
    };
    let Reply::Emergency { id, code, uses, valid_until } = give(desk, order).await? else {
        return Err(CommandError::Answer);
    };
    Ok(write!(console.out, "{}", issued(&id, &code, uses, &valid_until))?)
}

/// A new code: alone on the first line, then what limits it.
pub fn issued(id: &str, code: &str, uses: u32, valid_until: &str) -> String {
    let times = if uses == 1 { "once".to_owned() } else { format!("{uses} times") };
    format!("{code}\n{id}: may be used {times} until {valid_until}. The code is not shown again.\n")
}
