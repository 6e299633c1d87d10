//! `receipt export`, `receipt verify`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::audit::receipt::file::{Attached, Checked, ReceiptFile};
use crate::audit::receipt::{Jwks, ReceiptFault};
use crate::base::net::Origin;
use crate::base::time::Timestamp;
use crate::factors::Evidence;
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
    /// Write the signed receipt of a released request, with the evidence of its proofs and the keys to check it
    Export {
        /// The held request, `held_...`
        id: String,
    },
    /// Check an exported receipt and its evidence, offline: the signature, and each passkey's assertion
    Verify {
        /// The exported file, or a file with the receipt alone (then with --jwks, and without its evidence)
        file: PathBuf,
        /// Keys obtained elsewhere, e.g. from `/.countersign/jwks.json`; without them only changes since the export are noticed
        #[arg(long, value_name = "FILE")]
        jwks: Option<PathBuf>,
        /// The portal it must be of, e.g. `https://approve.example.com`; without it the portal that the receipt names
        #[arg(long, value_name = "ORIGIN", value_parser = parse_origin)]
        origin: Option<Origin>,
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
            let Reply::Receipt { receipt, evidence, jwks } =
                give(needed(desk)?, Order::ReceiptExport { id: id.clone() }).await?
            else {
                return Err(CommandError::Answer);
            };
            let jwks = Jwks::parse(&jwks).map_err(finding)?;
            let evidence = evidence.into_iter().map(Evidence::new).collect();
            let with = Some(Attached { evidence, jwks });
            Ok(writeln!(console.out, "{}", ReceiptFile { receipt, with })?)
        }
        ReceiptAction::Verify { file: path, jwks, origin } => {
            let exported = ReceiptFile::parse(&file(path)?).map_err(finding)?;
            let trusted = match jwks {
                Some(path) => Some(Jwks::parse(&file(path)?).map_err(finding)?),
                None => None,
            };
            let origin = origin.as_ref().map(ToString::to_string);
            let checked = exported.verify(trusted.as_ref(), origin.as_deref()).map_err(finding)?;
            if trusted.is_none() {
                writeln!(
                    console.err,
                    "checked against the keys in the file itself; give --jwks with keys from the gateway to know who signed"
                )?;
            }
            if checked.unseen > 0 {
                writeln!(
                    console.err,
                    "the evidence of {} is not in the file and was not checked; `receipt export` writes it",
                    if checked.unseen == 1 {
                        "one proof".to_owned()
                    } else {
                        format!("{} proofs", checked.unseen)
                    }
                )?;
            }
            Ok(write!(console.out, "the receipt is good\n{}", show(&checked))?)
        }
    }
}

/// What a receipt states, line by line.
pub fn show(checked: &Checked) -> String {
    let claims = &checked.claims;
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
    lines.extend(checked.evidence.iter().map(|words| ("verified", words.clone())));
    lines.push(("approved", instant(claims.approved_at)));
    lines.push(("released", instant(claims.iat)));
    facts(&lines)
}

fn parse_origin(text: &str) -> Result<Origin, String> {
    text.parse()
        .map_err(|_| "an origin has scheme, host and port only: `https://approve.example.com`".to_owned())
}

fn finding(fault: ReceiptFault) -> CommandError {
    CommandError::Finding(fault.to_string())
}
