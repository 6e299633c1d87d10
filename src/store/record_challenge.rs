//! The row of a challenge that waits for its answer.
//!
//! **Invariant:** closed enums both ways, as in [`super::record_held`]; what the factor remembers is sealed with the row.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use super::record_held::bytes32;
use super::record_passkey::CeremonyRow;
use super::record_phone::AskedRow;
use crate::base::id::{self, Id};
use crate::base::secret::Secret;
use crate::base::text::UserName;
use crate::base::time::Timestamp;
use crate::directory::{About, Challenge, Purpose};
use crate::factors::Pending;
use crate::factors::message::Sent;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChallengeRow {
    id: Id<id::Challenge>,
    user: UserName,
    authenticator: Id<id::Authenticator>,
    about: AboutRow,
    digest: String,
    pending: PendingRow,
    created_at: Timestamp,
    expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum AboutRow {
    Held(Id<id::Held>),
    Account(String),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum PendingRow {
    Passkey(CeremonyRow),
    Code { key: String, hash: String, valid_until: Timestamp },
    Phone(AskedRow),
}

impl From<&Challenge> for ChallengeRow {
    fn from(challenge: &Challenge) -> Self {
        Self {
            id: challenge.id,
            user: challenge.user.clone(),
            authenticator: challenge.authenticator,
            about: match challenge.about {
                About::Held(id) => AboutRow::Held(id),
                About::Account(purpose) => AboutRow::Account(purpose.as_str().to_owned()),
            },
            digest: BASE64.encode(challenge.digest),
            pending: PendingRow::from(&challenge.pending),
            created_at: challenge.created_at,
            expires_at: challenge.expires_at,
        }
    }
}

impl ChallengeRow {
    pub(super) fn into_state(self) -> Result<Challenge, &'static str> {
        Ok(Challenge {
            id: self.id,
            user: self.user,
            authenticator: self.authenticator,
            about: match self.about {
                AboutRow::Held(id) => About::Held(id),
                AboutRow::Account(name) => {
                    About::Account(Purpose::parse(&name).ok_or("it is for an unknown purpose")?)
                }
            },
            digest: bytes32(&self.digest)?,
            pending: self.pending.into_state()?,
            created_at: self.created_at,
            expires_at: self.expires_at,
        })
    }
}

impl From<&Pending> for PendingRow {
    fn from(pending: &Pending) -> Self {
        match pending {
            Pending::Passkey(ceremony) => Self::Passkey(ceremony.into()),
            Pending::Code(sent) => Self::Code {
                key: sent.key().expose(|key| BASE64.encode(key)),
                hash: BASE64.encode(sent.hash()),
                valid_until: sent.valid_until(),
            },
            Pending::Phone(asked) => Self::Phone(asked.into()),
        }
    }
}

impl PendingRow {
    fn into_state(self) -> Result<Pending, &'static str> {
        match self {
            Self::Passkey(row) => row.into_state().map(Pending::Passkey),
            Self::Code { key, hash, valid_until } => {
                let key = Secret::from(BASE64.decode(key).map_err(|_| "its key is unreadable")?);
                Ok(Pending::Code(Sent::restore(key, bytes32(&hash)?, valid_until)))
            }
            Self::Phone(row) => row.into_state().map(Pending::Phone),
        }
    }
}
