//! The rows of users, authenticators and ledgers.
//!
//! **Invariant:** closed enums both ways, as in [`super::record_held`]; seeds exist here in memory only and are sealed with the row.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use super::record_held::bytes32;
use super::record_otp::{HotpRow, TotpRow};
use super::record_passkey::PasskeyRow;
use super::record_phone::PhoneRow;
use crate::base::id::{self, Id};
use crate::base::text::{Label, UserName};
use crate::base::time::Timestamp;
use crate::directory::{Authenticator, AuthenticatorState, User};
use crate::factors::message::Address;
use crate::factors::throttle::Ledger;
use crate::factors::{Emergency, Recovery};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserRow {
    id: Id<id::User>,
    name: UserName,
    groups: Vec<String>,
    email: Option<String>,
    phone: Option<String>,
    created_at: Timestamp,
}

impl From<&User> for UserRow {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            name: user.name.clone(),
            groups: user.groups.clone(),
            email: user.email.clone(),
            phone: user.phone.clone(),
            created_at: user.created_at,
        }
    }
}

impl UserRow {
    pub(super) fn into_state(self) -> User {
        let Self { id, name, groups, email, phone, created_at } = self;
        User { id, name, groups, email, phone, created_at }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuthenticatorRow {
    id: Id<id::Authenticator>,
    user: UserName,
    label: Label,
    created_at: Timestamp,
    /// Rows of earlier versions have none.
    #[serde(default)]
    last_used_at: Option<Timestamp>,
    /// Likewise.
    #[serde(default)]
    counts_from: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    state: FactorRow,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum FactorRow {
    Totp(TotpRow),
    Hotp(HotpRow),
    Passkey(PasskeyRow),
    Email { address: String },
    Sms { address: String },
    Push(PhoneRow),
    Emergency { hash: String, uses_left: u32, not_before: Timestamp, valid_until: Timestamp, revoked: bool },
    Recovery { salt: String, hashes: Vec<String> },
}

impl From<&Authenticator> for AuthenticatorRow {
    fn from(one: &Authenticator) -> Self {
        let state = match &one.state {
            AuthenticatorState::Totp(totp) => FactorRow::Totp(totp.into()),
            AuthenticatorState::Hotp(hotp) => FactorRow::Hotp(hotp.into()),
            AuthenticatorState::Passkey(passkey) => FactorRow::Passkey(passkey.into()),
            AuthenticatorState::Email(to) => FactorRow::Email { address: to.as_str().to_owned() },
            AuthenticatorState::Sms(to) => FactorRow::Sms { address: to.as_str().to_owned() },
            AuthenticatorState::Push(phone) => FactorRow::Push(phone.into()),
            AuthenticatorState::Emergency(code) => FactorRow::Emergency {
                hash: code.hash().to_owned(),
                uses_left: code.uses_left(),
                not_before: code.not_before(),
                valid_until: code.valid_until(),
                revoked: code.is_revoked(),
            },
            AuthenticatorState::Recovery(codes) => FactorRow::Recovery {
                salt: BASE64.encode(codes.salt()),
                hashes: codes.hashes().iter().map(|hash| BASE64.encode(hash)).collect(),
            },
        };
        Self {
            id: one.id,
            user: one.user.clone(),
            label: one.label.clone(),
            created_at: one.created_at,
            last_used_at: one.last_used_at,
            counts_from: one.counts_from,
            revoked_at: one.revoked_at,
            state,
        }
    }
}

impl AuthenticatorRow {
    pub(super) fn into_state(self) -> Result<Authenticator, &'static str> {
        let Self { id, user, label, created_at, last_used_at, counts_from, revoked_at, state } = self;
        let state = match state {
            FactorRow::Totp(row) => AuthenticatorState::Totp(row.into_state()?),
            FactorRow::Hotp(row) => AuthenticatorState::Hotp(row.into_state()?),
            FactorRow::Passkey(row) => AuthenticatorState::Passkey(row.into_state()?),
            FactorRow::Email { address } => {
                AuthenticatorState::Email(Address::email(&address).map_err(|_| "its address is none")?)
            }
            FactorRow::Sms { address } => {
                AuthenticatorState::Sms(Address::phone(&address).map_err(|_| "its number is none")?)
            }
            FactorRow::Push(row) => AuthenticatorState::Push(row.into_state()?),
            FactorRow::Emergency { hash, uses_left, not_before, valid_until, revoked } => {
                AuthenticatorState::Emergency(
                    Emergency::restore(hash, uses_left, not_before, valid_until, revoked)
                        .map_err(|_| "its hash is unreadable")?,
                )
            }
            FactorRow::Recovery { salt, hashes } => {
                let salt = BASE64.decode(salt).ok().and_then(|salt| salt.try_into().ok());
                let hashes = hashes.iter().map(|hash| bytes32(hash)).collect::<Result<_, _>>()?;
                AuthenticatorState::Recovery(Recovery::restore(salt.ok_or("its salt is unreadable")?, hashes))
            }
        };
        Ok(Authenticator { id, user, label, state, created_at, last_used_at, counts_from, revoked_at })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LedgerRow {
    wrong: u32,
    not_before: Option<Timestamp>,
}

impl From<Ledger> for LedgerRow {
    fn from(ledger: Ledger) -> Self {
        Self { wrong: ledger.wrong, not_before: ledger.not_before }
    }
}

impl From<LedgerRow> for Ledger {
    fn from(row: LedgerRow) -> Self {
        Self { wrong: row.wrong, not_before: row.not_before }
    }
}
