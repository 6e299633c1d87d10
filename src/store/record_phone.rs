//! The rows of phones: a paired one, a question to it, a pairing that is going on, and how often phones were rung.
//!
//! **Invariant:** closed enums both ways, as in [`super::record_held`]; endpoints, shared secrets and numbers are sealed with the row.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use super::record_held::bytes32;
use crate::base::id::{self, Id};
use crate::base::text::{Label, UserName};
use crate::base::time::Timestamp;
use crate::directory::pairing::Screen;
use crate::directory::{Pairing, PairingState};
use crate::factors::Phone;
use crate::factors::phone::{Asked, DeviceKey, Given, Pace, Subscription};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PhoneRow {
    key: String,
    device: Label,
    subscription: Option<SubscriptionRow>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscriptionRow {
    endpoint: String,
    p256dh: String,
    auth: String,
}

impl From<&Phone> for PhoneRow {
    fn from(phone: &Phone) -> Self {
        let subscription = phone.subscription.as_ref().map(|to| SubscriptionRow {
            endpoint: to.endpoint.clone(),
            p256dh: BASE64.encode(to.p256dh.as_bytes()),
            auth: BASE64.encode(to.auth),
        });
        Self { key: BASE64.encode(phone.key.as_bytes()), device: phone.device.clone(), subscription }
    }
}

impl PhoneRow {
    pub(super) fn into_state(self) -> Result<Phone, &'static str> {
        let subscription = self.subscription.map(|row| {
            let bytes = |text: &str| BASE64.decode(text).map_err(|_| "its subscription is unreadable");
            Subscription::parse(&row.endpoint, &bytes(&row.p256dh)?, &bytes(&row.auth)?)
                .map_err(|_| "its subscription is unreadable")
        });
        Ok(Phone {
            key: device_key(&self.key)?,
            device: self.device,
            subscription: subscription.transpose()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedRow {
    nonce: String,
    number: String,
    shown: String,
    given: Option<(String, String)>,
}

impl From<&Asked> for AskedRow {
    fn from(asked: &Asked) -> Self {
        Self {
            nonce: BASE64.encode(asked.nonce),
            number: BASE64.encode(asked.number),
            shown: asked.shown.clone(),
            given: asked.given.as_ref().map(|given| (given.number.clone(), BASE64.encode(given.signature))),
        }
    }
}

impl AskedRow {
    pub(super) fn into_state(self) -> Result<Asked, &'static str> {
        let (nonce, number) = (bytes32(&self.nonce)?, bytes32(&self.number)?);
        let given = self.given.map(|(number, signature)| {
            let signature = BASE64.decode(signature).ok().and_then(|bytes| bytes.try_into().ok());
            signature.map(|signature| Given { number, signature }).ok_or("its answer is unreadable")
        });
        Ok(Asked { nonce, number, shown: self.shown, given: given.transpose()? })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PairingRow {
    /// Rows of earlier versions do not say.
    #[serde(default)]
    by_operator: bool,
    user: UserName,
    expires_at: Timestamp,
    state: PairingStateRow,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum PairingStateRow {
    Open,
    Claimed { key: String, device: Label, number: String },
    Paired { authenticator: Id<id::Authenticator>, device: Label },
    Void,
}

impl From<&Pairing> for PairingRow {
    fn from(pairing: &Pairing) -> Self {
        let state = match &pairing.state {
            PairingState::Open => PairingStateRow::Open,
            PairingState::Claimed { key, device, number } => PairingStateRow::Claimed {
                key: BASE64.encode(key.as_bytes()),
                device: device.clone(),
                number: number.clone(),
            },
            PairingState::Paired { authenticator, device } => {
                PairingStateRow::Paired { authenticator: *authenticator, device: device.clone() }
            }
            PairingState::Void => PairingStateRow::Void,
        };
        let by_operator = pairing.screen == Screen::Operator;
        Self { by_operator, user: pairing.user.clone(), expires_at: pairing.expires_at, state }
    }
}

impl PairingRow {
    pub(super) fn into_state(self) -> Result<Pairing, &'static str> {
        let state = match self.state {
            PairingStateRow::Open => PairingState::Open,
            PairingStateRow::Claimed { key, device, number } => {
                PairingState::Claimed { key: device_key(&key)?, device, number }
            }
            PairingStateRow::Paired { authenticator, device } => {
                PairingState::Paired { authenticator, device }
            }
            PairingStateRow::Void => PairingState::Void,
        };
        let screen = if self.by_operator { Screen::Operator } else { Screen::User };
        Ok(Pairing { screen, user: self.user, expires_at: self.expires_at, state })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PaceRow {
    sent: Vec<Timestamp>,
    rejections: u32,
    rejected_at: Option<Timestamp>,
}

impl From<&Pace> for PaceRow {
    fn from(pace: &Pace) -> Self {
        Self { sent: pace.sent.clone(), rejections: pace.rejections, rejected_at: pace.rejected_at }
    }
}

impl From<PaceRow> for Pace {
    fn from(row: PaceRow) -> Self {
        Self { sent: row.sent, rejections: row.rejections, rejected_at: row.rejected_at }
    }
}

fn device_key(text: &str) -> Result<DeviceKey, &'static str> {
    let bytes = BASE64.decode(text).map_err(|_| "its key is unreadable")?;
    DeviceKey::parse(&bytes).map_err(|_| "its key is unreadable")
}
