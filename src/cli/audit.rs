//! `audit list`, `audit export`, `audit verify`.
//!
//! **Invariant:** `verify` judges the bytes of the export, from a file or as the store gives them, by the same code.

use std::io::BufRead as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::audit::{Head, Link, Verified, VerifyError, verify};
use crate::flow::admin::{Order, Reply};

use super::desk::{CommandError, Console, Desk, give, json, needed};
use super::table::table;
use super::{ConfigArg, Format};

/// Entries asked for at once.
const PAGE: usize = 500;

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArg,
    /// What to do.
    #[command(subcommand)]
    pub action: AuditAction,
}

/// What can be done with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditAction {
    /// List entries
    List {
        /// The number of the first entry
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
        from: u64,
        /// At most so many
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// How they are printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Write the whole log as JSON Lines
    Export,
    /// Check that no entry was changed, dropped, moved or inserted
    Verify {
        /// An exported log; without it, the store's
        file: Option<PathBuf>,
        /// The end that was noted elsewhere, `number:hash`: the log must contain it
        #[arg(long, value_name = "HEAD")]
        head: Option<Head>,
    },
}

impl AuditAction {
    pub(super) fn needs_store(&self) -> bool {
        !matches!(self, Self::Verify { file: Some(_), .. })
    }
}

pub(super) async fn run(
    args: &AuditArgs,
    desk: Option<&dyn Desk>,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    match &args.action {
        AuditAction::List { from, limit, format } => {
            let desk = needed(desk)?;
            let mut found = Vec::new();
            while found.len() < *limit {
                let wanted = PAGE.min(limit - found.len());
                let mut page = lines(desk, from.saturating_add(found.len() as u64), wanted).await?;
                let last = page.len() < wanted;
                found.append(&mut page);
                if last {
                    break;
                }
            }
            match format {
                Format::Human => Ok(write!(console.out, "{}", list(&found)?)?),
                Format::Json => {
                    let entries: Result<Vec<serde_json::Value>, _> =
                        found.iter().map(|line| serde_json::from_str(line)).collect();
                    json(&entries.map_err(|_| CommandError::Answer)?, console)
                }
            }
        }
        AuditAction::Export => {
            let mut from = 1;
            loop {
                let page = lines(needed(desk)?, from, PAGE).await?;
                for line in &page {
                    writeln!(console.out, "{line}")?;
                }
                if page.len() < PAGE {
                    return Ok(());
                }
                from += PAGE as u64;
            }
        }
        AuditAction::Verify { file: Some(path), head } => {
            let unread = |why| CommandError::File { file: path.display().to_string(), why };
            let reader = std::io::BufReader::new(std::fs::File::open(path).map_err(unread)?);
            report(verify(reader.lines(), head.as_ref()), console)
        }
        AuditAction::Verify { file: None, head } => {
            let (mut from, mut all) = (1, Vec::new());
            loop {
                let mut page = lines(needed(desk)?, from, PAGE).await?;
                let last = page.len() < PAGE;
                from += PAGE as u64;
                all.append(&mut page);
                if last {
                    return report(
                        verify(all.into_iter().map(Ok::<_, std::io::Error>), head.as_ref()),
                        console,
                    );
                }
            }
        }
    }
}

/// Entries as a table.
///
/// # Errors
/// When a line is not an entry.
pub fn list(lines: &[String]) -> Result<String, CommandError> {
    let mut rows = Vec::with_capacity(lines.len());
    for line in lines {
        let Link { number, event, .. } =
            Link::from_line(line).map_err(|error| CommandError::Finding(error.to_string()))?;
        let held = event.held.map_or_else(|| "-".to_owned(), |held| held.to_string());
        let detail: Vec<_> = event.detail.iter().map(|(name, value)| format!("{name}={value}")).collect();
        rows.push([
            number.to_string(),
            event.at.to_string(),
            event.kind.to_string(),
            event.actor.to_string(),
            held,
            detail.join(" "),
        ]);
    }
    Ok(table(["NUMBER", "AT", "WHAT", "WHO", "HELD REQUEST", "DETAIL"], &rows, "no entries"))
}

async fn lines(desk: &dyn Desk, from: u64, limit: usize) -> Result<Vec<String>, CommandError> {
    match give(desk, Order::AuditList { from, limit }).await? {
        Reply::Audit { lines } => Ok(lines),
        _ => Err(CommandError::Answer),
    }
}

fn report(
    verified: Result<Verified, VerifyError<std::io::Error>>,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    match verified {
        Ok(Verified { count, head: Some(head) }) => {
            Ok(writeln!(console.out, "{count} entries verified; the end is {head}")?)
        }
        Ok(Verified { head: None, .. }) => Ok(writeln!(console.out, "the log is empty")?),
        Err(error) => Err(CommandError::Finding(error.to_string())),
    }
}
