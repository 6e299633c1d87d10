//! The rows of one-time passwords: of authenticators, and of hardware tokens in stock.
//!
//! **Invariant:** closed enums both ways, as in [`super::record_held`]; seeds exist here in memory only and are sealed with the row.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use crate::base::id::{self, Id};
use crate::base::secret::Secret;
use crate::base::text::{Label, Serial, UserName};
use crate::base::time::Timestamp;
use crate::directory::{HardwareToken, Otp, Place};
use crate::factors::oath::{Algorithm, Digits, Validity};
use crate::factors::totp::{Drift, Period};
use crate::factors::{Hotp, Totp};

const SEED: &str = "its seed is unreadable";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TotpRow {
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
}

const fn thirty() -> u64 {
    Period::Thirty.seconds()
}

impl From<&Totp> for TotpRow {
    fn from(totp: &Totp) -> Self {
        Self {
            secret: totp.secret().expose(|bytes| BASE64.encode(bytes)),
            algorithm: totp.algorithm().as_str().to_owned(),
            digits: totp.digits().count(),
            last_step: totp.last_step(),
            drift_quarters: totp.drift().quarters(),
            period: totp.period().seconds(),
            drift_proven: totp.drift().proven(),
            valid: totp.validity().into(),
        }
    }
}

impl TotpRow {
    pub(super) fn into_state(self) -> Result<Totp, &'static str> {
        let Self { secret, algorithm, digits, last_step, drift_quarters, period, drift_proven, valid } = self;
        let (secret, algorithm, digits) = seed(&secret, &algorithm, digits)?;
        let period = Period::parse(period).ok_or("its codes last unusually long")?;
        let totp = Totp::new(secret, algorithm, digits).map_err(|_| SEED)?;
        let totp = totp.at(last_step, Drift::restore(drift_quarters, drift_proven));
        Ok(totp.with_period(period).within(valid.into()))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HotpRow {
    secret: String,
    algorithm: String,
    digits: u8,
    counter: u64,
    look_ahead: u8,
    valid: ValidityRow,
}

impl From<&Hotp> for HotpRow {
    fn from(hotp: &Hotp) -> Self {
        Self {
            secret: hotp.secret().expose(|bytes| BASE64.encode(bytes)),
            algorithm: hotp.algorithm().as_str().to_owned(),
            digits: hotp.digits().count(),
            counter: hotp.counter(),
            look_ahead: hotp.look_ahead(),
            valid: hotp.validity().into(),
        }
    }
}

impl HotpRow {
    pub(super) fn into_state(self) -> Result<Hotp, &'static str> {
        let Self { secret, algorithm, digits, counter, look_ahead, valid } = self;
        let (secret, algorithm, digits) = seed(&secret, &algorithm, digits)?;
        let hotp = Hotp::new(secret, algorithm, digits).map_err(|_| SEED)?;
        Ok(hotp.at(counter).looking_ahead(look_ahead).within(valid.into()))
    }
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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HardwareTokenRow {
    serial: Serial,
    label: Option<Label>,
    imported_at: Timestamp,
    place: PlaceRow,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case", deny_unknown_fields)]
enum PlaceRow {
    InStock { state: OtpRow },
    Assigned { user: UserName, authenticator: Id<id::Authenticator> },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum OtpRow {
    Totp(TotpRow),
    Hotp(HotpRow),
}

impl From<&HardwareToken> for HardwareTokenRow {
    fn from(token: &HardwareToken) -> Self {
        let place = match &token.place {
            Place::InStock(Otp::Totp(totp)) => PlaceRow::InStock { state: OtpRow::Totp(totp.into()) },
            Place::InStock(Otp::Hotp(hotp)) => PlaceRow::InStock { state: OtpRow::Hotp(hotp.into()) },
            Place::Assigned { user, authenticator } => {
                PlaceRow::Assigned { user: user.clone(), authenticator: *authenticator }
            }
        };
        let (serial, label) = (token.serial.clone(), token.label.clone());
        Self { serial, label, imported_at: token.imported_at, place }
    }
}

impl HardwareTokenRow {
    pub(super) fn into_state(self) -> Result<HardwareToken, &'static str> {
        let Self { serial, label, imported_at, place } = self;
        let place = match place {
            PlaceRow::InStock { state: OtpRow::Totp(row) } => Place::InStock(Otp::Totp(row.into_state()?)),
            PlaceRow::InStock { state: OtpRow::Hotp(row) } => Place::InStock(Otp::Hotp(row.into_state()?)),
            PlaceRow::Assigned { user, authenticator } => Place::Assigned { user, authenticator },
        };
        Ok(HardwareToken { serial, label, imported_at, place })
    }
}

fn seed(secret: &str, algorithm: &str, digits: u8) -> Result<(Secret, Algorithm, Digits), &'static str> {
    let secret = Secret::from(BASE64.decode(secret).map_err(|_| SEED)?);
    let algorithm = Algorithm::parse(algorithm).ok_or("it names an unknown algorithm")?;
    let digits = Digits::parse(digits).ok_or("it has an unknown number of digits")?;
    Ok((secret, algorithm, digits))
}
