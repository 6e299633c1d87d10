//! The command line: what can be typed, and what is printed. One file per command.
//!
//! Exit codes: 0 good, 1 findings or failure, 2 usage (clap's own).
//!
//! **Invariant:** rendering is pure; what goes to a terminal holds no control character of a user's (`table`, `tests/it/cli.rs`).
//! **Invariant:** a seed or code is printed only by the command that makes it.
//!
//! `main` parses [`Cli`]; `run` carries out `serve`, `demo`, `check` and `policy`, and hands everything else to [`desk::run`].

pub mod audit;
pub mod check;
pub mod desk;
pub mod doctor;
pub mod emergency;
pub mod observed;
mod pair;
pub mod policy;
mod question;
pub mod receipt;
pub mod stock;
pub mod store;
mod table;
pub mod token;
pub mod trial;
pub mod user;

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A reverse-proxy approval gateway: holds the requests that matter until a person has countersigned them.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a small legacy bank behind the gateway, with users and authenticators, and print what to try
    Demo(DemoArgs),
    /// Run the gateway
    Serve(ServeArgs),
    /// Check configuration and policies; every fault at once, with file, line and help
    Check(CheckArgs),
    /// Try policies out: run their test tables, explain one request
    Policy(policy::PolicyArgs),
    /// Add, list, show and unblock users
    User(user::UserArgs),
    /// Enrol, list and revoke authenticators
    Token(token::TokenArgs),
    /// Issue emergency access codes
    Emergency(emergency::EmergencyArgs),
    /// List, export and verify the audit log
    Audit(audit::AuditArgs),
    /// Export and verify signed receipts of released requests
    Receipt(receipt::ReceiptArgs),
    /// Back up the store, restore a backup
    Store(store::StoreArgs),
    /// Look at everything the gateway needs, and whether every policy can be satisfied now
    Doctor(doctor::DoctorArgs),
}

impl Command {
    /// The configuration whose store is worked on; `None` for what needs no store: `serve`, `demo` and `check` are not run here, and
    /// files are verified offline.
    pub fn config(&self) -> Option<&Path> {
        match self {
            Self::Demo(_) | Self::Serve(_) | Self::Check(_) | Self::Doctor(_) => None,
            Self::Policy(args) => args.action.needs_store().then(|| args.config.path()),
            Self::User(args) => Some(args.config.path()),
            Self::Token(args) => Some(args.config.path()),
            Self::Emergency(args) => Some(args.config.path()),
            Self::Audit(args) => args.action.needs_store().then(|| args.config.path()),
            Self::Receipt(args) => args.action.needs_store().then(|| args.config.path()),
            Self::Store(args) => Some(args.config.path()),
        }
    }
}

/// Where the configuration is.
#[derive(Clone, Debug, Args)]
pub struct ConfigArg {
    /// Configuration file
    #[arg(long, global = true, value_name = "FILE", default_value = "countersign.toml")]
    pub config: PathBuf,
}

impl ConfigArg {
    fn path(&self) -> &Path {
        &self.config
    }
}

/// How something is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs.
    Json,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where browsers reach it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: std::net::SocketAddr,
    /// Folder to keep its data in; a temporary one otherwise
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArg,
    /// Take over from the server that runs on this configuration, without refusing a connection
    #[arg(long)]
    pub upgrade: bool,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArg,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Warnings are findings too: exit with 1
    #[arg(long)]
    pub deny_warnings: bool,
}
