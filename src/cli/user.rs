//! `user add`, `user list`, `user show`, `user unblock`, `user invite`, `user password`, `user sessions`, `user question`.

use clap::{Args, Subcommand};

use crate::flow::admin::{Order, Reply, SessionRow, UserView};

use super::desk::{CommandError, Console, Desk, give, json};
use super::table::{facts, or_dash, table};
use super::{ConfigArg, Format};

/// Arguments of `user`.
#[derive(Debug, Args)]
pub struct UserArgs {
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArg,
    /// What to do.
    #[command(subcommand)]
    pub action: UserAction,
}

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub enum UserAction {
    /// Add a user under the name that the applications state
    Add {
        /// The name, exactly as the applications state it
        name: String,
        /// A group; may be repeated
        #[arg(long = "group", value_name = "GROUP")]
        groups: Vec<String>,
        /// E-mail address
        #[arg(long)]
        email: Option<String>,
        /// Telephone number, with `+` and country code
        #[arg(long)]
        phone: Option<String>,
        /// Tenant
        #[arg(long, default_value = "default", value_parser = ["default"])]
        tenant: String,
    },
    /// List all users
    List {
        /// How they are printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show one user
    Show {
        /// The name
        name: String,
        /// How it is printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Invite a user to choose a password at the portal; the first line is the link alone, shown once
    Invite {
        /// The name
        name: String,
        /// For how long the link is good, e.g. `24h`, `7d` (7d without it, at most 30d)
        #[arg(long = "for", value_name = "TIME")]
        valid_for: Option<String>,
    },
    /// Let a user choose a new password: a link as from `invite`, for 24 hours; the old one works until it is used
    Password {
        /// The name
        name: String,
    },
    /// List a user's sessions at the portal, or end them all
    Sessions {
        /// The name
        name: String,
        /// End them all
        #[arg(long)]
        end: bool,
        /// How they are printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// List a user's verification questions, or check an answer to one; nobody can read the answers
    Question {
        /// The name
        name: String,
        /// The question's number in the list: its answer is read from standard input, one line
        number: Option<usize>,
        /// How the list is printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Let a user answer again who was locked after wrong answers
    Unblock {
        /// The name
        name: String,
    },
}

pub(super) async fn run(
    args: &UserArgs,
    desk: &dyn Desk,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    match &args.action {
        UserAction::Add { name, groups, email, phone, tenant: _ } => {
            let (name, groups) = (name.clone(), groups.clone());
            give(
                desk,
                Order::UserAdd { name: name.clone(), groups, email: email.clone(), phone: phone.clone() },
            )
            .await?;
            Ok(writeln!(console.out, "added `{name}`; next: countersign user invite '{name}'")?)
        }
        UserAction::List { format } => {
            let Reply::Users { users } = give(desk, Order::UserList).await? else {
                return Err(CommandError::Answer);
            };
            match format {
                Format::Json => json(&users, console),
                Format::Human => Ok(write!(console.out, "{}", list(&users))?),
            }
        }
        UserAction::Show { name, format } => {
            let Reply::User(user) = give(desk, Order::UserShow { name: name.clone() }).await? else {
                return Err(CommandError::Answer);
            };
            match format {
                Format::Json => json(&user, console),
                Format::Human => Ok(write!(console.out, "{}", show(&user))?),
            }
        }
        UserAction::Invite { name, valid_for } => invite(name, valid_for.clone(), desk, console).await,
        UserAction::Password { name } => invite(name, Some("24h".to_owned()), desk, console).await,
        UserAction::Sessions { name, end: true, format: _ } => {
            give(desk, Order::UserSessions { name: name.clone(), end: true }).await?;
            Ok(writeln!(console.out, "all sessions of `{name}` have ended")?)
        }
        UserAction::Sessions { name, end: false, format } => {
            let order = Order::UserSessions { name: name.clone(), end: false };
            let Reply::Sessions { sessions } = give(desk, order).await? else {
                return Err(CommandError::Answer);
            };
            match format {
                Format::Json => json(&sessions, console),
                Format::Human => Ok(write!(console.out, "{}", open_sessions(&sessions))?),
            }
        }
        UserAction::Question { name, number, format } => {
            super::question::run((name, *number, *format), desk, console).await
        }
        UserAction::Unblock { name } => {
            give(desk, Order::UserUnblock { name: name.clone() }).await?;
            Ok(writeln!(console.out, "`{name}` may answer again")?)
        }
    }
}

async fn invite(
    name: &str,
    valid_for: Option<String>,
    desk: &dyn Desk,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let order = Order::UserInvite { name: name.to_owned(), valid_for };
    let Reply::Invitation { link, expires_at } = give(desk, order).await? else {
        return Err(CommandError::Answer);
    };
    Ok(write!(console.out, "{}", invited(&link, &expires_at))?)
}

/// An invitation: the link alone on the first line, then what limits it.
pub fn invited(link: &str, expires_at: &str) -> String {
    format!(
        "{link}\nThe link works once, until {expires_at}. It is not shown again; hand it to the user only.\n"
    )
}

/// Sessions as a table.
pub fn open_sessions(sessions: &[SessionRow]) -> String {
    let rows: Vec<_> = sessions
        .iter()
        .map(|one| [one.id.clone(), one.created_at.clone(), one.seen_at.clone(), one.agent.clone()])
        .collect();
    table(["ID", "SINCE", "LAST USED", "BROWSER"], &rows, "no sessions")
}

/// Users as a table.
pub fn list(users: &[UserView]) -> String {
    let rows: Vec<_> = users
        .iter()
        .map(|user| {
            [
                user.name.clone(),
                user.groups.join(", "),
                or_dash(user.email.as_deref()),
                or_dash(user.phone.as_deref()),
                standing(user),
            ]
        })
        .collect();
    table(["NAME", "GROUPS", "EMAIL", "PHONE", "STATE"], &rows, "no users")
}

/// One user, line by line.
pub fn show(user: &UserView) -> String {
    facts(&[
        ("name", user.name.clone()),
        ("groups", if user.groups.is_empty() { "-".to_owned() } else { user.groups.join(", ") }),
        ("email", or_dash(user.email.as_deref())),
        ("phone", or_dash(user.phone.as_deref())),
        ("added", user.created_at.clone()),
        ("state", standing(user)),
        ("questions", user.questions.to_string()),
    ])
}

fn standing(user: &UserView) -> String {
    match (user.locked, user.wrong_answers) {
        (true, wrong) => format!("locked after {wrong} wrong answers"),
        (false, 0) => "good".to_owned(),
        (false, 1) => "1 wrong answer".to_owned(),
        (false, wrong) => format!("{wrong} wrong answers"),
    }
}
