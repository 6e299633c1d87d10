//! The rows of users, authenticators and ledgers.
//!
//! **Invariant:** closed enums both ways, as in [`super::record_held`]; seeds exist here in memory only and are sealed with the row.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use super::record_passkey::PasskeyRow;
use crate::base::id::{self, Id};
use crate::base::secret::Secret;
use crate::base::text::{Label, UserName};
use crate::base::time::Timestamp;
use crate::directory::{Authenticator, AuthenticatorState, User};
use crate::factors::throttle::Ledger;
use crate::factors::totp::{Algorithm, Digits, Drift, Period, Validity};
use crate::factors::{Emergency, Hotp, Totp};

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
    revoked_at: Option<Timestamp>,
    state: FactorRow,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum FactorRow {
    Totp {
        secret: String,
        algorithm: String,
        digits: u8,
        last_step: Option<u64>,
        drift_quarters: i64,
        /// Rows without it are of before hardware tokens: 30 seconds.
        #[serde(default = "thirty")]
        period: u64,
        #[serde(default)]
        drift_proven: i64,
        #[serde(default)]
        valid: ValidityRow,
    },
    Hotp {
        secret: String,
        algorithm: String,
        digits: u8,
        counter: u64,
        look_ahead: u8,
        valid: ValidityRow,
    },
    Passkey(PasskeyRow),
    Emergency {
        hash: String,
        uses_left: u32,
        not_before: Timestamp,
        valid_until: Timestamp,
        revoked: bool,
    },
}

const fn thirty() -> u64 {
    Period::Thirty.seconds()
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ValidityRow {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl From<Validity> for ValidityRow {
    fn from(validity: Validity) -> Self {
        Self { from: validity.from, until: validity.until }
    }
}

impl From<ValidityRow> for Validity {
    fn from(row: ValidityRow) -> Self {
        Self { from: row.from, until: row.until }
    }
}

impl From<&Authenticator> for AuthenticatorRow {
    fn from(one: &Authenticator) -> Self {
        let state = match &one.state {
            AuthenticatorState::Totp(totp) => FactorRow::Totp {
                secret: totp.secret().expose(|bytes| BASE64.encode(bytes)),
                algorithm: totp.algorithm().as_str().to_owned(),
                digits: totp.digits().count(),
                last_step: totp.last_step(),
                drift_quarters: totp.drift().quarters(),
                period: totp.period().seconds(),
                drift_proven: totp.drift().proven(),
                valid: totp.validity().into(),
            },
            AuthenticatorState::Hotp(hotp) => FactorRow::Hotp {
                secret: hotp.secret().expose(|bytes| BASE64.encode(bytes)),
                algorithm: hotp.algorithm().as_str().to_owned(),
                digits: hotp.digits().count(),
                counter: hotp.counter(),
                look_ahead: hotp.look_ahead(),
                valid: hotp.validity().into(),
            },
            AuthenticatorState::Passkey(passkey) => FactorRow::Passkey(passkey.into()),
            AuthenticatorState::Emergency(code) => FactorRow::Emergency {
                hash: code.hash().to_owned(),
                uses_left: code.uses_left(),
                not_before: code.not_before(),
                valid_until: code.valid_until(),
                revoked: code.is_revoked(),
            },
        };
        Self {
            id: one.id,
            user: one.user.clone(),
            label: one.label.clone(),
            created_at: one.created_at,
            last_used_at: one.last_used_at,
            revoked_at: one.revoked_at,
            state,
        }
    }
}

impl AuthenticatorRow {
    pub(super) fn into_state(self) -> Result<Authenticator, &'static str> {
        let Self { id, user, label, created_at, last_used_at, revoked_at, state } = self;
        let state = match state {
            FactorRow::Totp {
                secret,
                algorithm,
                digits,
                last_step,
                drift_quarters,
                period,
                drift_proven,
                valid,
            } => {
                let (secret, algorithm, digits) = seed(&secret, &algorithm, digits)?;
                let period = Period::parse(period).ok_or("its codes last unusually long")?;
                let totp = Totp::new(secret, algorithm, digits).map_err(|_| "its seed is unreadable")?;
                let totp = totp.at(last_step, Drift::restore(drift_quarters, drift_proven));
                AuthenticatorState::Totp(totp.with_period(period).within(valid.into()))
            }
            FactorRow::Hotp { secret, algorithm, digits, counter, look_ahead, valid } => {
                let (secret, algorithm, digits) = seed(&secret, &algorithm, digits)?;
                let hotp = Hotp::new(secret, algorithm, digits).map_err(|_| "its seed is unreadable")?;
                AuthenticatorState::Hotp(hotp.at(counter).looking_ahead(look_ahead).within(valid.into()))
            }
            FactorRow::Passkey(row) => AuthenticatorState::Passkey(row.into_state()?),
            FactorRow::Emergency { hash, uses_left, not_before, valid_until, revoked } => {
                AuthenticatorState::Emergency(
                    Emergency::restore(hash, uses_left, not_before, valid_until, revoked)
                        .map_err(|_| "its hash is unreadable")?,
                )
            }
        };
        Ok(Authenticator { id, user, label, state, created_at, last_used_at, revoked_at })
    }
}

fn seed(secret: &str, algorithm: &str, digits: u8) -> Result<(Secret, Algorithm, Digits), &'static str> {
    let secret = Secret::from(BASE64.decode(secret).map_err(|_| "its seed is unreadable")?);
    let algorithm = Algorithm::parse(algorithm).ok_or("it names an unknown algorithm")?;
    let digits = Digits::parse(digits).ok_or("it has an unknown number of digits")?;
    Ok((secret, algorithm, digits))
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
