//! What an operator does from the command line: users, authenticators, emergency codes, the audit log, receipts.
//!
//! [`Order`] and [`Reply`] are also what goes over the control socket of a running server, so that the answer is the same either way.
//!
//! **Invariant:** a seed or code is in a reply once, when it is made, and in no audit entry (`tests/it/secrets.rs`).

mod accounts;
pub mod doctor;
pub mod otp;
mod phones;
pub mod questions;
mod stock;
mod tokens;
mod users;

use serde::{Deserialize, Serialize};

use crate::audit::Actor;
use crate::base::id::{self, Id};
use crate::base::text::UserName;
use crate::store::record_observed::{Example, Tally};

use super::backup::BackupView;
use super::{Flows, Unavailable, unavailable};
use otp::{OtpOrder, OtpReply};
pub use phones::PairingView;
use questions::{QuestionOrder, QuestionReply};

/// What is asked of the directory.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// Adds a user.
    UserAdd {
        /// The name, as the applications state it.
        name: String,
        /// Groups.
        groups: Vec<String>,
        /// E-mail address.
        email: Option<String>,
        /// Telephone number.
        phone: Option<String>,
    },
    /// Lists users.
    UserList,
    /// Shows one.
    UserShow {
        /// The name.
        name: String,
    },
    /// Lets a locked user answer again.
    UserUnblock {
        /// The name.
        name: String,
    },
    /// Invites a user to choose a password, the first or a new one.
    UserInvite {
        /// The name.
        name: String,
        /// For how long, e.g. `7d`.
        valid_for: Option<String>,
    },
    /// Lists a user's sessions at the portal, and ends them.
    UserSessions {
        /// The name.
        name: String,
        /// Whether they are ended.
        end: bool,
    },
    /// Enrols an app for time-based codes.
    TotpAdd {
        /// Whose.
        name: String,
        /// A seed that exists already, in base 32; a new one otherwise.
        secret: Option<String>,
        /// What its user calls it.
        label: Option<String>,
        /// `SHA1`, `SHA256` or `SHA512`.
        algorithm: Option<String>,
        /// 6 or 8.
        digits: Option<u8>,
    },
    /// Begins the pairing of a phone.
    PairingBegin {
        /// Whose.
        name: String,
    },
    /// How far that is.
    PairingStage {
        /// Whose.
        name: String,
        /// The pairing.
        handle: String,
    },
    /// Lists a user's authenticators.
    TokenList {
        /// Whose.
        name: String,
    },
    /// Revokes an authenticator.
    TokenRevoke {
        /// Its id.
        id: String,
    },
    /// About one-time passwords and hardware tokens.
    Otp {
        /// What.
        otp: OtpOrder,
    },
    /// About verification questions.
    Question {
        /// What.
        question: QuestionOrder,
    },
    /// Issues an emergency access code.
    EmergencyIssue {
        /// For whom.
        name: String,
        /// How often it may be used.
        uses: u32,
        /// For how long, e.g. `24h`.
        valid_for: Option<String>,
        /// Until when, RFC 3339.
        until: Option<String>,
    },
    /// A part of the audit log.
    AuditList {
        /// The first number.
        from: u64,
        /// At most so many.
        limit: usize,
    },
    /// Writes all that is in the store to a file.
    StoreBackup {
        /// Its absolute path, where there is nothing yet.
        file: String,
    },
    /// What the gateway finds of itself.
    Doctor,
    /// What policies did, and would have done.
    PolicyObserved {
        /// So many days, today first.
        days: u32,
    },
    /// The signed receipt of a released request.
    ReceiptExport {
        /// The held request.
        id: String,
    },
}

/// The answer.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// A user.
    User(UserView),
    /// Users.
    Users {
        /// By name.
        users: Vec<UserView>,
    },
    /// Authenticators.
    Tokens {
        /// Oldest first.
        tokens: Vec<TokenView>,
    },
    /// A new authenticator; the only time its seed is shown.
    Totp {
        /// Its id.
        id: String,
        /// `otpauth://totp/…`.
        uri: String,
    },
    /// An invitation; the only time its link is shown.
    Invitation {
        /// The link.
        link: String,
        /// When it ends, RFC 3339.
        expires_at: String,
    },
    /// Sessions at the portal.
    Sessions {
        /// Oldest first.
        sessions: Vec<SessionRow>,
    },
    /// About one-time passwords and hardware tokens.
    Otp {
        /// What.
        otp: OtpReply,
    },
    /// About verification questions.
    Question {
        /// What.
        question: QuestionReply,
    },
    /// A pairing was begun; the only time its code is shown.
    Pairing {
        /// Names it.
        handle: String,
        /// The code, for typing.
        code: String,
        /// The code as an address, for the QR code.
        url: String,
        /// Until when, RFC 3339.
        expires_at: String,
    },
    /// How far a pairing is.
    PairingStage(PairingView),
    /// A new emergency access code; the only time it is shown.
    Emergency {
        /// Its id.
        id: String,
        /// The code.
        code: String,
        /// How often it may be used.
        uses: u32,
        /// When it ends, RFC 3339.
        valid_until: String,
    },
    /// Audit entries, one JSON line each.
    Audit {
        /// The lines.
        lines: Vec<String>,
    },
    /// What was found.
    Doctor {
        /// Of one thing each.
        findings: Vec<doctor::Finding>,
    },
    /// A backup was made.
    Backup(BackupView),
    /// What was counted.
    Observed {
        /// By day, today first, and application.
        days: Vec<ObservedDay>,
    },
    /// A receipt and the keys that prove it.
    Receipt {
        /// Compact JWS.
        receipt: String,
        /// The documents that it names, in its order.
        #[serde(default)]
        evidence: Vec<String>,
        /// The JWK set.
        jwks: String,
    },
    /// Done; nothing to show.
    Done,
    /// It was not done, and why.
    Refused {
        /// For the operator.
        why: String,
    },
}

/// A user as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserView {
    /// The name.
    pub name: String,
    /// Groups.
    pub groups: Vec<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// When it was added, RFC 3339.
    pub created_at: String,
    /// Wrong answers in a row.
    pub wrong_answers: u32,
    /// Whether an operator must unblock.
    pub locked: bool,
    /// How many verification questions are kept.
    #[serde(default)]
    pub questions: usize,
}

/// One day of one application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedDay {
    /// The day in UTC, e.g. `2026-11-21`.
    pub day: String,
    /// The application's name.
    pub app: String,
    /// All requests that were considered.
    pub considered: u64,
    /// What each policy did about them, by id.
    pub policies: Vec<ObservedPolicy>,
}

/// One policy on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedPolicy {
    /// Its id.
    pub policy: String,
    /// How often it did, or would have done, what.
    #[serde(flatten)]
    pub tally: Tally,
    /// The first requests of the day that it would have done something about.
    pub examples: Vec<Example>,
}

/// A session at the portal as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// Its id.
    pub id: String,
    /// What the browser said of itself.
    pub agent: String,
    /// When it was opened, RFC 3339.
    pub created_at: String,
    /// When it was last used, RFC 3339, to the minute.
    pub seen_at: String,
}

/// An authenticator as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenView {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Its user's name for it.
    pub label: String,
    /// `active`, `revoked`, `new` while it does not count yet, or for an emergency code `used up` or `expired`.
    pub state: String,
    /// When it was enrolled, RFC 3339.
    pub created_at: String,
}

impl Flows {
    /// Carries out an order of `operator`.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn order(&self, order: Order, operator: &UserName) -> Result<Reply, Unavailable> {
        let actor = Actor::Operator(operator.clone());
        match order {
            Order::UserAdd { name, groups, email, phone } => {
                self.user_add(actor, &name, groups, email, phone).await
            }
            Order::UserList => self.user_list().await,
            Order::UserShow { name } => self.user_show(&name).await,
            Order::UserUnblock { name } => self.user_unblock(actor, &name).await,
            Order::UserInvite { name, valid_for } => self.user_invite(actor, &name, valid_for).await,
            Order::UserSessions { name, end } => self.user_sessions(actor, &name, end).await,
            Order::TotpAdd { name, secret, label, algorithm, digits } => {
                self.totp_add(actor, &name, secret, label, algorithm, digits).await
            }
            Order::PairingBegin { name } => self.pairing_begin(&name).await,
            Order::PairingStage { name, handle } => self.pairing_stage(&name, &handle).await,
            Order::TokenList { name } => self.token_list(&name).await,
            Order::Otp { otp } => self.otp_order(actor, otp).await,
            Order::Question { question } => self.question_order(actor, question).await,
            Order::TokenRevoke { id } => self.token_revoke(actor, &id).await,
            Order::EmergencyIssue { name, uses, valid_for, until } => {
                self.emergency_issue(actor, &name, uses, valid_for, until).await
            }
            Order::AuditList { from, limit } => {
                let links = self.store().audit(from, limit.min(1000)).await.map_err(unavailable)?;
                Ok(Reply::Audit { lines: links.iter().map(crate::audit::Link::to_line).collect() })
            }
            Order::Doctor => Ok(Reply::Doctor { findings: self.examined().await }),
            Order::StoreBackup { file } => self.back_up(actor, &file).await,
            Order::PolicyObserved { days } => Ok(Reply::Observed { days: self.observed(days).await? }),
            Order::ReceiptExport { id } => {
                let Ok(id) = id.parse::<Id<id::Held>>() else {
                    return refuse("that is not the id of a held request");
                };
                match self.receipt(id).await? {
                    Some((receipt, evidence)) => {
                        let evidence = evidence.iter().map(|one| one.document().to_owned()).collect();
                        Ok(Reply::Receipt { receipt, evidence, jwks: self.jwks() })
                    }
                    None => refuse("no such held request has been released"),
                }
            }
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the tail of functions that can fail")]
fn refuse(why: impl std::fmt::Display) -> Result<Reply, Unavailable> {
    Ok(Reply::Refused { why: why.to_string() })
}

fn no_user(name: &str) -> String {
    format!("there is no user `{}`", crate::base::text::visible(name, 128))
}
