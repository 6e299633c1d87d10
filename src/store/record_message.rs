//! The rows of messages: those that wait to be sent, how many were, and addresses that wait to be shown to be somebody's.
//!
//! A message that waits holds its code in clear, sealed as every row is: it must be sent after a restart too. It goes with the code.
//!
//! **Invariant:** as in [`super::record_held`]: what is not exactly as written is refused, never guessed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use super::record_held::bytes32;
use crate::base::id::{Authenticator, Challenge, Held, Id};
use crate::base::secret::Secret;
use crate::base::text::UserName;
use crate::base::time::Timestamp;
use crate::factors::message::{Address, Sent};
use crate::factors::rate::{Tally, Window};

/// A message that waits to be sent.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// Who is written to.
    pub user: UserName,
    /// The address.
    pub to: To,
    /// What it is, for the audit log: `code`, or the name of a notice.
    pub sort: String,
    /// The held request it is about.
    pub held: Option<Id<Held>>,
    /// What must still be there when it is sent.
    pub needs: Option<Needs>,
    /// The subject.
    pub subject: String,
    /// The text.
    pub plain: String,
    /// The same in HTML.
    pub html: String,
    /// When it was written.
    pub at: Timestamp,
    /// From when on it is not worth sending.
    pub dies_at: Timestamp,
    /// When it is tried next; while it is being sent, when another may try.
    pub next_at: Timestamp,
    /// How often it was tried.
    pub tries: u32,
}

/// What a code is for: once that is gone, so is the code.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Needs {
    /// A challenge that waits for its answer.
    Challenge(Id<Challenge>),
    /// An address that is to be shown to be somebody's.
    Contact(Id<Authenticator>),
}

/// An address as it is stored.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum To {
    /// An e-mail address.
    Email(String),
    /// A telephone number.
    Sms(String),
}

impl To {
    /// The address; `None` when it is none.
    pub fn address(&self) -> Option<Address> {
        match self {
            Self::Email(text) => Address::email(text).ok(),
            Self::Sms(text) => Address::phone(text).ok(),
        }
    }
}

impl From<&Address> for To {
    fn from(address: &Address) -> Self {
        match address.country() {
            None => Self::Email(address.as_str().to_owned()),
            Some(_) => Self::Sms(address.as_str().to_owned()),
        }
    }
}

/// How many messages there were.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TallyRow {
    hour: Vec<(i64, u32)>,
    day: Vec<(i64, u32)>,
    all: u32,
    last: Option<Timestamp>,
    #[serde(default)]
    answered: bool,
}

impl From<&Tally> for TallyRow {
    fn from(tally: &Tally) -> Self {
        let (hour, day) = (tally.hour.slots().to_vec(), tally.day.slots().to_vec());
        Self { hour, day, all: tally.all, last: tally.last, answered: tally.answered }
    }
}

impl From<TallyRow> for Tally {
    fn from(row: TallyRow) -> Self {
        let (hour, day) = (Window::from_slots(row.hour), Window::from_slots(row.day));
        Self { hour, day, all: row.all, last: row.last, answered: row.answered }
    }
}

/// An address that a code was sent to, to see whether it is the user's.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactRow {
    /// What the authenticator will be.
    pub id: Id<Authenticator>,
    /// The address.
    pub to: To,
    key: String,
    hash: String,
    /// From when on no answer is taken.
    pub valid_until: Timestamp,
    /// How many answers were taken.
    pub tries: u32,
}

impl ContactRow {
    /// A row of which no answer was taken.
    pub fn new(id: Id<Authenticator>, to: To, sent: &Sent) -> Self {
        Self {
            id,
            to,
            key: sent.key().expose(|key| BASE64.encode(key)),
            hash: BASE64.encode(sent.hash()),
            valid_until: sent.valid_until(),
            tries: 0,
        }
    }

    /// What is kept of the code; `None` when it cannot be read.
    pub fn sent(&self) -> Option<Sent> {
        let key = Secret::from(BASE64.decode(&self.key).ok()?);
        Some(Sent::restore(key, bytes32(&self.hash).ok()?, self.valid_until))
    }
}
