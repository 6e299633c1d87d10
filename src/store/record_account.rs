//! The rows of accounts, sessions and invitations.
//!
//! **Invariant:** as in [`super::record_held`]: what is not exactly as written is refused, never guessed. No password, answer, cookie or
//! code is in a row: hashes and fingerprints only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use super::record_held::bytes32;
use crate::base::id::{self, Id};
use crate::base::language::Language;
use crate::base::secret::Secret;
use crate::base::text::UserName;
use crate::base::time::Timestamp;
use crate::directory::account::Account;
use crate::directory::invitation::Invitation;
use crate::directory::password::Password;
use crate::directory::question::Question;
use crate::directory::session::{Level, Session};
use crate::factors::password::Hashed;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountRow {
    password: Option<PasswordRow>,
    epoch: u64,
    language: Option<String>,
    questions: Vec<QuestionRow>,
    /// Rows of earlier versions have none.
    #[serde(default)]
    removed_at: Option<Timestamp>,
    changed_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordRow {
    hash: String,
    alone: bool,
    changed_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionRow {
    text: String,
    answer: String,
}

impl From<&Account> for AccountRow {
    fn from(account: &Account) -> Self {
        Self {
            password: account.password.as_ref().map(|password| PasswordRow {
                hash: password.hash.as_str().to_owned(),
                alone: password.alone,
                changed_at: password.changed_at,
            }),
            epoch: account.epoch,
            language: account.language.map(|language| language.tag().to_owned()),
            questions: account
                .questions
                .iter()
                .map(|one| QuestionRow { text: one.text.clone(), answer: one.answer.as_str().to_owned() })
                .collect(),
            removed_at: account.removed_at,
            changed_at: account.changed_at,
        }
    }
}

impl AccountRow {
    pub(super) fn into_state(self) -> Result<Account, &'static str> {
        let Self { password, epoch, language, questions, removed_at, changed_at } = self;
        let hash = |text| Hashed::restore(text).map_err(|_| "a hash is unreadable");
        let password = password
            .map(|row| {
                Ok::<_, &'static str>(Password {
                    hash: hash(row.hash)?,
                    alone: row.alone,
                    changed_at: row.changed_at,
                })
            })
            .transpose()?;
        let questions = questions
            .into_iter()
            .map(|row| Ok::<_, &'static str>(Question { text: row.text, answer: hash(row.answer)? }))
            .collect::<Result<_, _>>()?;
        // One that is spoken no longer is none.
        let language = language.as_deref().and_then(Language::of_tag);
        Ok(Account { password, epoch, language, questions, removed_at, changed_at })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionRow {
    id: Id<id::Session>,
    user: UserName,
    level: String,
    nonce: String,
    root: String,
    epoch: u64,
    created_at: Timestamp,
    seen_at: Timestamp,
    fresh_until: Option<Timestamp>,
    agent: String,
}

impl From<&Session> for SessionRow {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id,
            user: session.user.clone(),
            level: session.level.as_str().to_owned(),
            nonce: BASE64.encode(session.nonce),
            root: session.root.expose(|bytes| BASE64.encode(bytes)),
            epoch: session.epoch,
            created_at: session.created_at,
            seen_at: session.seen_at,
            fresh_until: session.fresh_until,
            agent: session.agent.clone(),
        }
    }
}

impl SessionRow {
    pub(super) fn into_state(self) -> Result<Session, &'static str> {
        Ok(Session {
            id: self.id,
            user: self.user,
            level: Level::parse(&self.level).ok_or("it names an unknown level")?,
            nonce: bytes32(&self.nonce)?,
            root: Secret::from(BASE64.decode(self.root).map_err(|_| "its root is unreadable")?),
            epoch: self.epoch,
            created_at: self.created_at,
            seen_at: self.seen_at,
            fresh_until: self.fresh_until,
            agent: self.agent,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InvitationRow {
    fingerprint: String,
    expires_at: Timestamp,
}

impl From<&Invitation> for InvitationRow {
    fn from(one: &Invitation) -> Self {
        Self { fingerprint: BASE64.encode(one.fingerprint()), expires_at: one.expires_at() }
    }
}

impl InvitationRow {
    pub(super) fn into_state(self) -> Result<Invitation, &'static str> {
        Ok(Invitation::restore(bytes32(&self.fingerprint)?, self.expires_at))
    }
}
