//! Carries out a command at a desk: the flows themselves, or the control socket of a running server. The answer is the same.
//!
//! **Invariant:** a refusal and a failure exit with 1 and say why on standard error; standard output holds only what was asked for.

use std::io::{self, Write};

use async_trait::async_trait;

use crate::flow::admin::{Order, Reply};

use super::Command;
use super::policy::{PolicyAction, PolicyArgs};

/// Takes orders.
#[async_trait]
pub trait Desk: Send + Sync {
    /// Carries out one order.
    ///
    /// # Errors
    /// When it could not be carried out, and why; a refusal is a reply.
    async fn order(&self, order: Order) -> Result<Reply, DeskError>;

    /// Whether a server runs behind it.
    fn is_live(&self) -> bool {
        false
    }
}

/// The desk could not be asked, or could not do it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DeskError(pub String);

/// Where output goes.
pub struct Console<'a> {
    /// Standard output.
    pub out: &'a mut (dyn Write + Send),
    /// Standard error.
    pub err: &'a mut (dyn Write + Send),
}

/// Why a command ends with 1.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It was refused.
    #[error("{0}")]
    Refused(String),
    /// The desk failed.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The desk answered something else than was asked.
    #[error("the server gave an answer of another kind; are both of the same version?")]
    Answer,
    /// A file could not be read.
    #[error("`{file}` cannot be read: {why}")]
    File {
        /// Its name.
        file: String,
        /// Why.
        why: io::Error,
    },
    /// What was checked did not hold.
    #[error("{0}")]
    Finding(String),
    /// The output could not be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// Runs `command` and returns its exit code. `desk` is there when [`Command::config`] names a configuration.
pub async fn run(command: &Command, desk: Option<&dyn Desk>, mut console: Console<'_>) -> u8 {
    let missing = || CommandError::Desk(DeskError("there is no store to work on".to_owned()));
    let done = match (command, desk) {
        (Command::User(args), Some(desk)) => super::user::run(args, desk, &mut console).await,
        (Command::Token(args), Some(desk)) => super::token::run(args, desk, &mut console).await,
        (Command::Emergency(args), Some(desk)) => super::emergency::run(args, desk, &mut console).await,
        (Command::Policy(PolicyArgs { action: PolicyAction::Observed(args), .. }), Some(desk)) => {
            super::observed::run(args, desk, &mut console).await
        }
        (Command::Audit(args), desk) => super::audit::run(args, desk, &mut console).await,
        (Command::Receipt(args), desk) => super::receipt::run(args, desk, &mut console).await,
        (Command::Store(args), Some(desk)) => super::store::run(args, desk, &mut console).await,
        (Command::User(_) | Command::Token(_) | Command::Emergency(_) | Command::Store(_), None)
        | (
            Command::Demo(_)
            | Command::Serve(_)
            | Command::Check(_)
            | Command::Doctor(_)
            | Command::Policy(_),
            _,
        ) => Err(missing()),
    };
    match done.and_then(|()| Ok(console.out.flush()?)) {
        Ok(()) => 0,
        // Whoever reads the output has gone away, as with `| head`.
        Err(CommandError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => 1,
        Err(error) => {
            // Nothing can be done about a standard error that is closed.
            let _ = writeln!(console.err, "countersign: {error}");
            1
        }
    }
}

/// Gives `order` to `desk`; a refusal becomes an error.
pub(super) async fn give(desk: &dyn Desk, order: Order) -> Result<Reply, CommandError> {
    match desk.order(order).await? {
        Reply::Refused { why } => Err(CommandError::Refused(why)),
        reply => Ok(reply),
    }
}

/// Prints a list or one thing of it as JSON.
pub(super) fn json<T: serde::Serialize>(value: &T, console: &mut Console<'_>) -> Result<(), CommandError> {
    let text = serde_json::to_string_pretty(value).map_err(|error| CommandError::Output(error.into()))?;
    Ok(writeln!(console.out, "{text}")?)
}

/// The desk, where one is needed.
pub(super) fn needed(desk: Option<&dyn Desk>) -> Result<&dyn Desk, CommandError> {
    desk.ok_or_else(|| CommandError::Desk(DeskError("there is no store to work on".to_owned())))
}

/// Reads a whole file.
pub(super) fn file(path: &std::path::Path) -> Result<String, CommandError> {
    std::fs::read_to_string(path).map_err(|why| CommandError::File { file: path.display().to_string(), why })
}
