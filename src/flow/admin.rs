//! What an operator does from the command line: users, authenticators, emergency codes, the audit log, receipts.
//!
//! [`Order`] and [`Reply`] are also what goes over the control socket of a running server, so that the answer is the same either way.
//!
//! **Invariant:** a seed or code is in a reply once, when it is made, and in no audit entry (`tests/it/secrets.rs`).

use serde::{Deserialize, Serialize};

use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::base::text::{Label, UserName};
use crate::base::time::{Span, Timestamp};
use crate::directory::{Authenticator, AuthenticatorState, User, user};
use crate::factors::emergency::Terms;
use crate::factors::throttle::Ledger;
use crate::factors::totp::{Algorithm, Digits, parse_seed};
use crate::factors::{Emergency, Totp};
use crate::identity::groups;
use crate::store::{Commit, keys};

use super::{Flows, Unavailable, lost_race, unavailable};

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
    /// A receipt and the keys that prove it.
    Receipt {
        /// Compact JWS.
        receipt: String,
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
    /// `active`, `revoked`, or for an emergency code `used up` or `expired`.
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
            Order::UserAdd { name, groups, email, phone } => self.user_add(actor, &name, groups, email, phone).await,
            Order::UserList => self.user_list().await,
            Order::UserShow { name } => self.user_show(&name).await,
            Order::UserUnblock { name } => self.user_unblock(actor, &name).await,
            Order::TotpAdd { name, secret, label, algorithm, digits } => {
                self.totp_add(actor, &name, secret, label, algorithm, digits).await
            }
            Order::TokenList { name } => self.token_list(&name).await,
            Order::TokenRevoke { id } => self.token_revoke(actor, &id).await,
            Order::EmergencyIssue { name, uses, valid_for, until } => {
                self.emergency_issue(actor, &name, uses, valid_for, until).await
            }
            Order::AuditList { from, limit } => {
                let links = self.store().audit(from, limit.min(1000)).await.map_err(unavailable)?;
                Ok(Reply::Audit { lines: links.iter().map(crate::audit::Link::to_line).collect() })
            }
            Order::ReceiptExport { id } => {
                let Ok(id) = id.parse::<Id<id::Held>>() else { return refuse("that is not the id of a held request") };
                match self.receipt(id).await? {
                    Some(receipt) => Ok(Reply::Receipt { receipt, jwks: self.jwks() }),
                    None => refuse("no such held request has been released"),
                }
            }
        }
    }

    async fn user_add(
        &self,
        actor: Actor,
        name: &str,
        named: Vec<String>,
        email: Option<String>,
        phone: Option<String>,
    ) -> Result<Reply, Unavailable> {
        let name = match UserName::parse(name) {
            Ok(name) => name,
            Err(why) => return refuse(format!("the user name cannot be used: {why}")),
        };
        let groups = named.iter().map(|group| groups::one(group)).collect::<Result<Vec<_>, _>>();
        let email = email.as_deref().map(user::email).transpose();
        let phone = phone.as_deref().map(user::phone).transpose();
        let (groups, email, phone) = match (groups, email, phone) {
            (Ok(groups), Ok(email), Ok(phone)) => (groups, email, phone),
            (Err(why), _, _) => return refuse(why),
            (_, Err(why), _) | (_, _, Err(why)) => return refuse(why),
        };
        let now = self.now();
        let user = User { id: Id::new(now, self.entropy()), name: name.clone(), groups, email, phone, created_at: now };
        let key = keys::user(&name);
        let event = self.event(EventKind::UserAdded, actor).with("user", &name);
        let value = self.records().seal_user(&key, &user);
        match self.store().commit(Commit::new().create(key, value, None).record(event)).await {
            Ok(_) => self.shown(&user).await.map(Reply::User),
            Err(error) => {
                lost_race(error)?;
                refuse(format!("there is a user `{name}` already"))
            }
        }
    }

    async fn user_list(&self) -> Result<Reply, Unavailable> {
        let (mut users, mut after) = (Vec::new(), None);
        loop {
            let rows = self.store().list(&keys::all_users(), after.as_ref(), 200).await.map_err(unavailable)?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(last.clone());
            for (key, row) in &rows {
                let user = self.records().open_user(key, &row.value).map_err(unavailable)?;
                users.push(self.shown(&user).await?);
            }
        }
        Ok(Reply::Users { users })
    }

    async fn user_show(&self, name: &str) -> Result<Reply, Unavailable> {
        match self.user(name).await? {
            Some(user) => self.shown(&user).await.map(Reply::User),
            None => refuse(no_user(name)),
        }
    }

    async fn user_unblock(&self, actor: Actor, name: &str) -> Result<Reply, Unavailable> {
        let Some(user) = self.user(name).await? else { return refuse(no_user(name)) };
        let mut ledgers = vec![keys::attempts(&user.name)];
        ledgers.extend(self.authenticators_of(&user.name).await?.iter().map(|one| keys::attempts_of(&user.name, one.id)));
        let mut commit = Commit::new().record(self.event(EventKind::UserUnblocked, actor).with("user", &user.name));
        for key in ledgers {
            let found = self.row(&key).await?;
            let cleared = self.records().seal_ledger(&key, &Ledger::cleared());
            commit = commit.put(key, found.as_ref(), cleared, None);
        }
        match self.store().commit(commit).await {
            Ok(_) => Ok(Reply::Done),
            Err(error) => {
                lost_race(error)?;
                refuse("the user is answering right now: try again")
            }
        }
    }

    async fn totp_add(
        &self,
        actor: Actor,
        name: &str,
        secret: Option<String>,
        label: Option<String>,
        algorithm: Option<String>,
        digits: Option<u8>,
    ) -> Result<Reply, Unavailable> {
        let Some(user) = self.user(name).await? else { return refuse(no_user(name)) };
        let Ok(label) = Label::parse(label.as_deref().unwrap_or("Authenticator app")) else {
            return refuse("the label cannot be used: 1 to 64 visible characters");
        };
        let Some(algorithm) = Algorithm::parse(algorithm.as_deref().unwrap_or("SHA1")) else {
            return refuse("the algorithm must be `SHA1`, `SHA256` or `SHA512`");
        };
        let Some(digits) = Digits::parse(digits.unwrap_or(6)) else { return refuse("a code has 6 or 8 digits") };
        let totp = match secret.as_deref().map(parse_seed) {
            None => Totp::generate(algorithm, digits, self.entropy()),
            Some(seed) => match seed.and_then(|seed| Totp::new(seed, algorithm, digits)) {
                Ok(totp) => totp,
                Err(why) => return refuse(format!("the secret cannot be used: {why}")),
            },
        };
        let uri = totp.uri("Countersign", user.name.as_str());
        let id = self.enrol(actor, EventKind::AuthenticatorAdded, &user, label, AuthenticatorState::Totp(totp)).await?;
        Ok(Reply::Totp { id: id.to_string(), uri: uri.expose(|uri| String::from_utf8_lossy(uri).into_owned()) })
    }

    async fn emergency_issue(
        &self,
        actor: Actor,
        name: &str,
        uses: u32,
        valid_for: Option<String>,
        until: Option<String>,
    ) -> Result<Reply, Unavailable> {
        let Some(user) = self.user(name).await? else { return refuse(no_user(name)) };
        let now = self.now();
        let valid_until = match (valid_for, until) {
            (Some(_), Some(_)) => return refuse("give `--for` or `--until`, not both"),
            (None, Some(until)) => match Timestamp::parse(&until) {
                Ok(until) => until,
                Err(why) => return refuse(format!("`{until}`: {why}")),
            },
            (span, None) => match span.as_deref().unwrap_or("24h").parse::<Span>() {
                Ok(span) => now.plus(span),
                Err(why) => return refuse(why),
            },
        };
        let terms = Terms { uses, not_before: now, valid_until };
        let (code, state) = match Emergency::issue(terms, self.entropy()) {
            Ok(issued) => issued,
            Err(why) => return refuse(why),
        };
        let Ok(label) = Label::parse("Emergency access code") else { return refuse("the label cannot be used") };
        let state = AuthenticatorState::Emergency(state);
        let id = self.enrol(actor, EventKind::EmergencyIssued, &user, label, state).await?;
        Ok(Reply::Emergency {
            id: id.to_string(),
            code: code.expose(|code| String::from_utf8_lossy(code).into_owned()),
            uses,
            valid_until: valid_until.to_string(),
        })
    }

    async fn enrol(
        &self,
        actor: Actor,
        kind: EventKind,
        user: &User,
        label: Label,
        state: AuthenticatorState,
    ) -> Result<Id<id::Authenticator>, Unavailable> {
        let now = self.now();
        let id = Id::new(now, self.entropy());
        let key = keys::authenticator(&user.name, id);
        let one = Authenticator { id, user: user.name.clone(), label, state, created_at: now, revoked_at: None };
        let event = self.event(kind, actor).with("user", &user.name).with("authenticator", id);
        let value = self.records().seal_authenticator(&key, &one);
        // Whose it is, so that it can be revoked by its id alone.
        let owner = keys::authenticator_owner(id);
        let owned = self.records().close(&owner, &user.name);
        let commit = Commit::new().create(key, value, None).create(owner, owned, None).record(event);
        self.store().commit(commit).await.map_err(unavailable)?;
        Ok(id)
    }

    async fn token_list(&self, name: &str) -> Result<Reply, Unavailable> {
        let Some(user) = self.user(name).await? else { return refuse(no_user(name)) };
        let now = self.now();
        let tokens = self.authenticators_of(&user.name).await?.iter().map(|one| token(one, now)).collect();
        Ok(Reply::Tokens { tokens })
    }

    async fn token_revoke(&self, actor: Actor, id: &str) -> Result<Reply, Unavailable> {
        let Ok(id) = id.parse::<Id<id::Authenticator>>() else { return refuse("that is not the id of an authenticator") };
        let owner = keys::authenticator_owner(id);
        let Some(row) = self.row(&owner).await? else { return refuse("there is no authenticator with this id") };
        let name: UserName = self.records().open(&owner, &row.value).map_err(unavailable)?;
        let key = keys::authenticator(&name, id);
        let Some(row) = self.row(&key).await? else { return refuse("there is no authenticator with this id") };
        let one = self.records().open_authenticator(&key, &row.value).map_err(unavailable)?.revoked(self.now());
        let event = self
            .event(EventKind::AuthenticatorRevoked, actor)
            .with("user", &name)
            .with("authenticator", id);
        let value = self.records().seal_authenticator(&key, &one);
        match self.store().commit(Commit::new().replace(key, row.version, value, None).record(event)).await {
            Ok(_) => Ok(Reply::Done),
            Err(error) => {
                lost_race(error)?;
                refuse("the authenticator is being used right now: try again")
            }
        }
    }

    async fn user(&self, name: &str) -> Result<Option<User>, Unavailable> {
        let Ok(name) = UserName::parse(name) else { return Ok(None) };
        let key = keys::user(&name);
        let row = self.row(&key).await?;
        row.map(|row| self.records().open_user(&key, &row.value).map_err(unavailable)).transpose()
    }

    async fn shown(&self, user: &User) -> Result<UserView, Unavailable> {
        let ledger = self.attempts_by(&user.name).await?;
        Ok(UserView {
            name: user.name.to_string(),
            groups: user.groups.clone(),
            email: user.email.clone(),
            phone: user.phone.clone(),
            created_at: user.created_at.to_string(),
            wrong_answers: ledger.wrong,
            locked: ledger.is_locked(&self.user_budget()),
        })
    }
}

fn token(one: &Authenticator, now: Timestamp) -> TokenView {
    let state = match (&one.state, one.revoked_at) {
        (_, Some(_)) => "revoked",
        (AuthenticatorState::Emergency(code), None) if code.uses_left() == 0 => "used up",
        (AuthenticatorState::Emergency(code), None) if !code.is_valid(now) => "expired",
        (AuthenticatorState::Emergency(_) | AuthenticatorState::Totp(_), None) => "active",
    };
    TokenView {
        id: one.id.to_string(),
        kind: one.kind().as_str().to_owned(),
        label: one.label.to_string(),
        state: state.to_owned(),
        created_at: one.created_at.to_string(),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the tail of functions that can fail")]
fn refuse(why: impl ToString) -> Result<Reply, Unavailable> {
    Ok(Reply::Refused { why: why.to_string() })
}

fn no_user(name: &str) -> String {
    format!("there is no user `{}`", crate::base::text::visible(name, 128))
}
