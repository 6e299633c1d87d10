//! The rows of users, authenticators and ledgers: how floor 1's states lie in the store (sealed there by [`super::record`]).
//!
//! **Invariant:** a state goes back to exactly itself (`tests/it/record_directory.rs`); a row with an unknown or missing member, or a
//! value that its type does not allow, is refused and never repaired.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::base::id::{self, Id};
use crate::base::secret::Secret;
use crate::base::text::{Label, UserName};
use crate::base::time::Timestamp;
use crate::directory::{Authenticator, AuthenticatorState, User};
use crate::factors::throttle::Ledger;
use crate::factors::totp::{Algorithm, Digits, Drift, Totp};
use crate::factors::Emergency;

/// A user.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserRow {
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
    /// The user.
    pub fn into_state(self) -> User {
        let Self { id, name, groups, email, phone, created_at } = self;
        User { id, name, groups, email, phone, created_at }
    }
}

/// A ledger of attempts.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerRow {
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

/// An authenticator with the state of its factor. Holds seeds: it exists only between state and seal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthenticatorRow {
    id: Id<id::Authenticator>,
    user: UserName,
    label: Label,
    state: FactorRow,
    created_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum FactorRow {
    Totp { seed: Zeroizing<String>, algorithm: String, digits: u8, last_step: Option<u64>, drift: i64 },
    Emergency { hash: String, uses_left: u32, not_before: Timestamp, valid_until: Timestamp, revoked: bool },
}

impl From<&Authenticator> for AuthenticatorRow {
    fn from(authenticator: &Authenticator) -> Self {
        let state = match &authenticator.state {
            AuthenticatorState::Totp(totp) => FactorRow::Totp {
                seed: totp.secret().expose(|seed| Zeroizing::new(data_encoding::BASE32_NOPAD.encode(seed))),
                algorithm: totp.algorithm().as_str().to_owned(),
                digits: totp.digits().count(),
                last_step: totp.last_step(),
                drift: totp.drift().quarters(),
            },
            AuthenticatorState::Emergency(code) => FactorRow::Emergency {
                hash: code.hash().to_owned(),
                uses_left: code.uses_left(),
                not_before: code.not_before(),
                valid_until: code.valid_until(),
                revoked: code.is_revoked(),
            },
        };
        Self {
            id: authenticator.id,
            user: authenticator.user.clone(),
            label: authenticator.label.clone(),
            state,
            created_at: authenticator.created_at,
            revoked_at: authenticator.revoked_at,
        }
    }
}

impl AuthenticatorRow {
    /// The authenticator.
    ///
    /// # Errors
    /// When the state of its factor is not one that is ever written.
    pub fn into_state(self) -> Result<Authenticator, BadFactor> {
        let state = match self.state {
            FactorRow::Totp { seed, algorithm, digits, last_step, drift } => {
                let seed = data_encoding::BASE32_NOPAD.decode(seed.as_bytes()).map_err(|_| BadFactor("its seed is not base 32"))?;
                let algorithm = Algorithm::parse(&algorithm).ok_or(BadFactor("its algorithm is unknown"))?;
                let digits = Digits::parse(digits).ok_or(BadFactor("it has neither six nor eight digits"))?;
                let offset = Drift::from_quarters(drift);
                if offset.quarters() != drift {
                    return Err(BadFactor("its drift is beyond the limit"));
                }
                let totp = Totp::restore(Secret::from(seed), algorithm, digits, last_step, offset);
                AuthenticatorState::Totp(totp.map_err(|_| BadFactor("its seed is too short or too long"))?)
            }
            FactorRow::Emergency { hash, uses_left, not_before, valid_until, revoked } => {
                let code = Emergency::restore(hash, uses_left, not_before, valid_until, revoked);
                AuthenticatorState::Emergency(code.map_err(|_| BadFactor("its hash is not one of Argon2id"))?)
            }
        };
        let Self { id, user, label, created_at, revoked_at, .. } = self;
        Ok(Authenticator { id, user, label, state, created_at, revoked_at })
    }
}

/// The state of a factor is not one that is ever written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadFactor(&'static str);
