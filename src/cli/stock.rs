//! Hardware tokens: `token import`, `token assign`, `token unassign`, `token list --unassigned`.
//!
//! **Invariant:** keys and passwords come from files, never from the command line, where other users could see them.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use zeroize::Zeroizing;

use crate::directory::import::MOST_BYTES;
use crate::flow::admin::otp::{ImportFile, OtpOrder, OtpReply, StockView};
use crate::flow::admin::{Order, Reply};

use super::Format;
use super::desk::{CommandError, Console, Desk, give, json};
use super::table::table;

/// The longest key or password file.
const MOST_KEY: usize = 4096;

/// Arguments of `token import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The file
    pub file: PathBuf,
    /// The pre-shared key of an encrypted file: 32, 48 or 64 hexadecimal digits, or its bytes
    #[arg(long, value_name = "FILE", conflicts_with = "password_file")]
    pub key_file: Option<PathBuf>,
    /// The password of an encrypted file
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Take encrypted secrets that nothing proves to be unchanged
    #[arg(long)]
    pub no_mac: bool,
    /// What the file is; found out otherwise
    #[arg(long, value_enum)]
    pub format: Option<SeedFormat>,
}

/// What a file of seeds is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SeedFormat {
    /// XML of RFC 6030
    Pskc,
    /// Comma-separated values under a header line: serial,secret,kind,digits,period,counter,algorithm,label
    Csv,
}

impl SeedFormat {
    fn name(self) -> String {
        match self {
            Self::Pskc => "pskc".to_owned(),
            Self::Csv => "csv".to_owned(),
        }
    }
}

pub(super) async fn import(
    args: &ImportArgs,
    desk: &dyn Desk,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let file = ImportFile {
        // One byte more than is taken, so that the refusal is the server's.
        content: encoded(&args.file, MOST_BYTES + 1)?,
        format: args.format.map(SeedFormat::name),
        key: args.key_file.as_deref().map(|path| encoded(path, MOST_KEY)).transpose()?,
        password: args.password_file.as_deref().map(|path| encoded(path, MOST_KEY)).transpose()?,
        without_mac: args.no_mac,
    };
    match order(OtpOrder::Import(file), desk).await? {
        OtpReply::Imported { format, serials } => Ok(writeln!(
            console.out,
            "{} hardware tokens are in stock ({format}); assign them with `countersign token assign SERIAL NAME`",
            serials.len()
        )?),
        OtpReply::Stock { .. } | OtpReply::Assigned { .. } => Err(CommandError::Answer),
    }
}

pub(super) async fn unassigned(
    format: Format,
    desk: &dyn Desk,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let OtpReply::Stock { tokens } = order(OtpOrder::Stock, desk).await? else {
        return Err(CommandError::Answer);
    };
    match format {
        Format::Json => json(&tokens, console),
        Format::Human => Ok(write!(console.out, "{}", list(&tokens))?),
    }
}

pub(super) async fn assign(
    serial: &str,
    name: &str,
    label: Option<String>,
    desk: &dyn Desk,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let asked = OtpOrder::Assign { serial: serial.to_owned(), name: name.to_owned(), label };
    let OtpReply::Assigned { id } = order(asked, desk).await? else { return Err(CommandError::Answer) };
    Ok(writeln!(console.out, "`{serial}` is {id} of `{name}`")?)
}

pub(super) async fn unassign(
    serial: &str,
    desk: &dyn Desk,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    give(desk, Order::Otp { otp: OtpOrder::Unassign { serial: serial.to_owned() } }).await?;
    Ok(writeln!(console.out, "`{serial}` is in stock again")?)
}

async fn order(otp: OtpOrder, desk: &dyn Desk) -> Result<OtpReply, CommandError> {
    match give(desk, Order::Otp { otp }).await? {
        Reply::Otp { otp } => Ok(otp),
        _ => Err(CommandError::Answer),
    }
}

fn list(tokens: &[StockView]) -> String {
    let rows: Vec<_> = tokens
        .iter()
        .map(|token| {
            [
                token.serial.clone(),
                token.kind.clone(),
                token.digits.to_string(),
                token.label.clone().unwrap_or_else(|| "-".to_owned()),
                token.state.clone(),
                token.imported_at.clone(),
            ]
        })
        .collect();
    table(["SERIAL", "KIND", "DIGITS", "LABEL", "STATE", "IMPORTED"], &rows, "no hardware tokens in stock")
}

/// The first `most` bytes of a file in base 64.
fn encoded(path: &Path, most: usize) -> Result<String, CommandError> {
    let failed = |why| CommandError::File { file: path.display().to_string(), why };
    let mut bytes = Zeroizing::new(Vec::new());
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    std::fs::File::open(path).map_err(failed)?.take(most).read_to_end(&mut bytes).map_err(failed)?;
    Ok(data_encoding::BASE64.encode(&bytes))
}
