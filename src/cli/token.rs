//! `token add`, `token list`, `token revoke`, `token resync`. "Token" is the users' word for an authenticator. Hardware tokens: [`super::stock`].

use clap::{Args, Subcommand};

use crate::flow::admin::otp::{HotpAdd, OtpOrder};
use crate::flow::admin::{Order, Reply, TokenView};

use super::desk::{CommandError, Console, Desk, give, json};
use super::table::table;
use super::{ConfigArg, Format, stock};
use crate::base::qr;

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
    /// List the authenticators of a user, or the hardware tokens that nobody has
    List {
        /// Whose
        #[arg(required_unless_present = "unassigned")]
        name: Option<String>,
        /// The hardware tokens in stock instead
        #[arg(long, conflicts_with = "name")]
        unassigned: bool,
        /// How they are printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Find the clock or counter of an authenticator again, by two codes that it showed one after the other
    Resync {
        /// Its id, from `token list`
        id: String,
        /// A code
        code1: String,
        /// The next one
        code2: String,
    },
    /// Import hardware tokens from a file of their vendor: all of it, or nothing
    Import(stock::ImportArgs),
    /// Assign a hardware token to a user
    Assign {
        /// The serial number on its back
        serial: String,
        /// Whose it becomes
        name: String,
        /// What its user calls it
        #[arg(long)]
        label: Option<String>,
    },
    /// Take a hardware token back into stock
    Unassign {
        /// The serial number on its back
        serial: String,
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
    /// A phone, with the server running; prints the address to open on it and its QR code, then the number to type on it
    Push {
        /// Whose
        name: String,
    },
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
    /// A token that counts presses of its button; prints the otpauth URI and its QR code, once
    Hotp {
        /// Whose
        name: String,
        /// A secret that exists already, in base 32; otherwise a new one is made
        #[arg(long, value_name = "BASE32")]
        secret: Option<String>,
        /// What its user calls it
        #[arg(long)]
        label: Option<String>,
        /// The counter of its next code
        #[arg(long, value_name = "N")]
        counter: Option<u64>,
        /// Digits of a code
        #[arg(long, value_name = "6|8")]
        digits: Option<u8>,
        /// The hash
        #[arg(long, value_parser = ["SHA1", "SHA256", "SHA512"])]
        algorithm: Option<String>,
        /// How many codes are searched, the next one included (10 by default)
        #[arg(long, value_name = "1-100")]
        look_ahead: Option<u8>,
    },
}

pub(super) async fn run(
    args: &TokenArgs,
    desk: &dyn Desk,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    match &args.action {
        TokenAction::Add { kind: AddKind::Push { name } } => super::pair::run(name, desk, console).await,
        TokenAction::Add { kind: AddKind::Totp { name, secret, label, algorithm, digits } } => {
            let (name, secret, label) = (name.clone(), secret.clone(), label.clone());
            let order = Order::TotpAdd { name, secret, label, algorithm: algorithm.clone(), digits: *digits };
            let Reply::Totp { id, uri } = give(desk, order).await? else { return Err(CommandError::Answer) };
            Ok(write!(console.out, "{}", enrolled(&id, &uri))?)
        }
        TokenAction::Add {
            kind: AddKind::Hotp { name, secret, label, counter, digits, algorithm, look_ahead },
        } => {
            let wanted = HotpAdd {
                name: name.clone(),
                secret: secret.clone(),
                label: label.clone(),
                algorithm: algorithm.clone(),
                digits: *digits,
                counter: *counter,
                look_ahead: *look_ahead,
            };
            let order = Order::Otp { otp: OtpOrder::HotpAdd(wanted) };
            let Reply::Totp { id, uri } = give(desk, order).await? else { return Err(CommandError::Answer) };
            Ok(write!(console.out, "{}", enrolled(&id, &uri))?)
        }
        TokenAction::List { name: None, format, .. } => stock::unassigned(*format, desk, console).await,
        TokenAction::List { name: Some(name), format, .. } => {
            let Reply::Tokens { tokens } = give(desk, Order::TokenList { name: name.clone() }).await? else {
                return Err(CommandError::Answer);
            };
            match format {
                Format::Json => json(&tokens, console),
                Format::Human => Ok(write!(console.out, "{}", list(&tokens))?),
            }
        }
        TokenAction::Resync { id, code1, code2 } => {
            let (first, second) = (code1.clone(), code2.clone());
            let order = Order::Otp { otp: OtpOrder::Resync { id: id.clone(), first, second } };
            give(desk, order).await?;
            Ok(writeln!(console.out, "synchronised {id}; both codes are used")?)
        }
        TokenAction::Import(args) => stock::import(args, desk, console).await,
        TokenAction::Assign { serial, name, label } => {
            stock::assign(serial, name, label.clone(), desk, console).await
        }
        TokenAction::Unassign { serial } => stock::unassign(serial, desk, console).await,
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
