//! `receipt export`, `receipt verify`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::audit::receipt::{Claims, Jwks, ReceiptFault, ReceiptFile};
use crate::base::time::Timestamp;
use crate::flow::admin::{Order, Reply};

use super::ConfigArg;
use super::desk::{CommandError, Console, Desk, file, give, needed};
use super::table::facts;

/// Arguments of `receipt`.
#[derive(Debug, Args)]
pub struct ReceiptArgs {
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArg,
    /// What to do.
    #[command(subcommand)]
    pub action: ReceiptAction,
}

/// What can be done with receipts.
#[derive(Debug, Subcommand)]
pub enum ReceiptAction {
    /// Write the signed receipt of a released request, with the keys to check it
    Export {
        /// The held request, `held_...`
        id: String,
    },
    /// Check an exported receipt, offline
    Verify {
        /// The exported file
        file: PathBuf,
        /// Keys obtained elsewhere, e.g. from `/.countersign/jwks.json`; without them only changes since the export are noticed
        #[arg(long, value_name = "FILE")]
        jwks: Option<PathBuf>,
    },
}

impl ReceiptAction {
    pub(super) fn needs_store(&self) -> bool {
        matches!(self, Self::Export { .. })
    }
}

pub(super) async fn run(
    args: &ReceiptArgs,
    desk: Option<&dyn Desk>,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    match &args.action {
        ReceiptAction::Export { id } => {
            let Reply::Receipt { receipt, jwks } =
                give(needed(desk)?, Order::ReceiptExport { id: id.clone() }).await?
            else {
                return Err(CommandError::Answer);
            };
            let jwks = Jwks::parse(&jwks).map_err(finding)?;
            Ok(writeln!(console.out, "{}", ReceiptFile { receipt, jwks })?)
        }
        ReceiptAction::Verify { file: path, jwks } => {
            let exported = ReceiptFile::parse(&file(path)?).map_err(finding)?;
            let trusted = match jwks {
                Some(path) => Some(Jwks::parse(&file(path)?).map_err(finding)?),
                None => None,
            };
            let claims = exported.verify(trusted.as_ref()).map_err(finding)?;
            if trusted.is_none() {
                writeln!(
                    console.err,
                    "checked against the keys in the file itself; give --jwks with keys from the gateway to know who signed"
                )?;
            }
            Ok(write!(console.out, "the receipt is good\n{}", show(&claims))?)
        }
    }
}

/// What a receipt states, line by line.
pub fn show(claims: &Claims) -> String {
    let instant = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1000)).to_string();
    let mut lines = vec![
        ("signed by", claims.iss.clone()),
        ("request", claims.jti.clone()),
        ("user", claims.sub.clone()),
        ("application", claims.app.clone()),
        ("action", claims.summary.replace('\n', "; ")),
        ("sent", format!("{} {}", claims.method, claims.url)),
        ("digest", claims.digest.clone()),
    ];
    lines.extend(
        claims
            .policies
            .iter()
            .map(|policy| ("policy", format!("{} (revision {})", policy.id, policy.revision))),
    );
    lines.extend(
        claims.authenticators.iter().map(|proof| ("proved by", format!("{} {}", proof.kind, proof.id))),
    );
    lines.push(("approved", instant(claims.approved_at)));
    lines.push(("released", instant(claims.iat)));
    facts(&lines)
}

fn finding(fault: ReceiptFault) -> CommandError {
    CommandError::Finding(fault.to_string())
}
