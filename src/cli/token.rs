//! `token add totp`, `token list`, `token revoke`. "Token" is the users' word for an authenticator.

use clap::{Args, Subcommand};

use crate::flow::admin::{Order, Reply, TokenView};

use super::desk::{CommandError, Console, Desk, give, json};
use super::table::table;
use super::{ConfigArg, Format, qr};

/// Arguments of `token`.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArg,
    /// What to do.
    #[command(subcommand)]
    pub action: TokenAction,
}

/// What can be done with authenticators.
#[derive(Debug, Subcommand)]
pub enum TokenAction {
    /// Enrol an authenticator
    Add {
        /// Its kind.
        #[command(subcommand)]
        kind: AddKind,
    },
    /// List the authenticators of a user
    List {
        /// Whose
        name: String,
        /// How they are printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Revoke an authenticator for good
    Revoke {
        /// Its id, from `token list`
        id: String,
    },
}

/// Kinds of authenticators that an operator can enrol.
#[derive(Debug, Subcommand)]
pub enum AddKind {
    /// An app that shows time-based codes; prints the otpauth URI and its QR code, once
    Totp {
        /// Whose
        name: String,
        /// A secret that exists already, in base 32; otherwise a new one is made
        #[arg(long, value_name = "BASE32")]
        secret: Option<String>,
        /// What its user calls it
        #[arg(long)]
        label: Option<String>,
        /// The hash; many apps know `SHA1` only
        #[arg(long, value_parser = ["SHA1", "SHA256", "SHA512"])]
        algorithm: Option<String>,
        /// Digits of a code; many apps know `6` only
        #[arg(long, value_name = "6|8")]
        digits: Option<u8>,
    },
}

pub(super) async fn run(
    args: &TokenArgs,
    desk: &dyn Desk,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    match &args.action {
        TokenAction::Add { kind: AddKind::Totp { name, secret, label, algorithm, digits } } => {
            let (name, secret, label) = (name.clone(), secret.clone(), label.clone());
            let order = Order::TotpAdd { name, secret, label, algorithm: algorithm.clone(), digits: *digits };
            let Reply::Totp { id, uri } = give(desk, order).await? else { return Err(CommandError::Answer) };
            Ok(write!(console.out, "{}", enrolled(&id, &uri))?)
        }
        TokenAction::List { name, format } => {
            let Reply::Tokens { tokens } = give(desk, Order::TokenList { name: name.clone() }).await? else {
                return Err(CommandError::Answer);
            };
            match format {
                Format::Json => json(&tokens, console),
                Format::Human => Ok(write!(console.out, "{}", list(&tokens))?),
            }
        }
        TokenAction::Revoke { id } => {
            give(desk, Order::TokenRevoke { id: id.clone() }).await?;
            Ok(writeln!(console.out, "revoked {id}")?)
        }
    }
}

/// A new authenticator: the URI alone on the first line, then the QR code and the id.
pub fn enrolled(id: &str, uri: &str) -> String {
    let code = qr::terminal(uri).unwrap_or_default();
    format!(
        "{uri}\n\n{code}\n{id}: scan the code with an authenticator app. The secret is not shown again.\n"
    )
}

/// Authenticators as a table.
pub fn list(tokens: &[TokenView]) -> String {
    let rows: Vec<_> = tokens
        .iter()
        .map(|token| {
            [
                token.id.clone(),
                token.kind.clone(),
                token.label.clone(),
                token.state.clone(),
                token.created_at.clone(),
            ]
        })
        .collect();
    table(["ID", "KIND", "LABEL", "STATE", "ENROLLED"], &rows, "no authenticators")
}
