//! `store backup` and `store restore`.
//!
//! **Invariant:** a restore goes to the store itself: with a server running there is none (`run`).

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::flow::admin::{Order, Reply};
use crate::flow::backup::{BackupView, Restored, view};

use super::ConfigArg;
use super::desk::{CommandError, Console, Desk, give};

/// Arguments of `store`.
#[derive(Debug, Args)]
pub struct StoreArgs {
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArg,
    /// What to do.
    #[command(subcommand)]
    pub action: StoreAction,
}

/// What can be done with the store as a whole.
#[derive(Debug, Subcommand)]
pub enum StoreAction {
    /// Write everything in the store to one sealed file; the server may go on
    Backup {
        /// The file, which must not be there yet
        file: PathBuf,
    },
    /// Put a backup into an empty store that no server uses; what was held or approved in it is void
    Restore {
        /// The file
        file: PathBuf,
    },
}

pub(super) async fn run(
    args: &StoreArgs,
    desk: &dyn Desk,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let StoreAction::Backup { file } = &args.action else {
        return Err(CommandError::Refused(
            "a backup is restored into a store that no server uses".to_owned(),
        ));
    };
    // The server has a working folder of its own.
    let file = std::path::absolute(file)?;
    let Some(path) = file.to_str() else {
        return Err(CommandError::Refused("the path of a backup is UTF-8".to_owned()));
    };
    let Reply::Backup(made) = give(desk, Order::StoreBackup { file: path.to_owned() }).await? else {
        return Err(CommandError::Answer);
    };
    Ok(write!(console.out, "{}", backed_up(path, &made))?)
}

/// What is said of a new backup.
fn backed_up(path: &str, made: &BackupView) -> String {
    let left_out = match made.left_out {
        0 => String::new(),
        count => format!("\n{count} bodies are damaged in the store and not in it"),
    };
    let head = made.head.as_ref().map_or(String::new(), |head| format!("\nits audit log ends with {head}"));
    format!("`{path}`: {}{head}{left_out}\n", holds(made))
}

fn holds(made: &BackupView) -> String {
    let BackupView { made_at, records, entries, bodies, .. } = made;
    format!("{records} records, {entries} audit entries and {bodies} bodies of {made_at}")
}

/// What is said of a restored one.
pub fn restored(done: &Restored) -> String {
    let made = view(&done.summary);
    format!(
        "restored {}\n\
         epoch {} begins: whatever was held, approved or granted before is void; {} sessions, invitations, challenges and the like were left out\n\
         what was done after {} is not in it: revoke, block and enrol again what was revoked, blocked and enrolled since\n",
        holds(&made),
        done.epoch,
        done.left_out,
        made.made_at
    )
}
