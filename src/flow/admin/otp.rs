//! Orders about one-time passwords: counter-based authenticators, resynchronisation, and hardware tokens ([`super::stock`]).

use serde::{Deserialize, Serialize};

use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::base::text::{Label, UserName};
use crate::directory::AuthenticatorState;
use crate::factors::Hotp;
use crate::factors::hotp::LOOK_AHEAD_MOST;
use crate::factors::oath::{Algorithm, Digits, parse_seed};
use crate::store::keys;

use super::super::attempt::Stopped;
use super::super::resync::Resynced;
use super::super::{Flows, Unavailable, unavailable};
use super::{Reply, no_user, refuse};

/// What is asked.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtpOrder {
    /// Enrols a counter-based authenticator.
    HotpAdd(HotpAdd),
    /// Finds the clock or counter of an authenticator again.
    Resync {
        /// Its id.
        id: String,
        /// A code.
        first: String,
        /// The one that it showed next.
        second: String,
    },
    /// Imports hardware tokens.
    Import(ImportFile),
    /// Lists the hardware tokens in stock.
    Stock,
    /// Assigns a hardware token to a user.
    Assign {
        /// Its serial number.
        serial: String,
        /// Whose it becomes.
        name: String,
        /// What its user calls it.
        label: Option<String>,
    },
    /// Takes a hardware token back into stock.
    Unassign {
        /// Its serial number.
        serial: String,
    },
}

/// A counter-based authenticator to be enrolled.
#[derive(Clone, Serialize, Deserialize)]
pub struct HotpAdd {
    /// Whose.
    pub name: String,
    /// A seed that exists already, in base 32; a new one otherwise.
    pub secret: Option<String>,
    /// What its user calls it.
    pub label: Option<String>,
    /// `SHA1`, `SHA256` or `SHA512`.
    pub algorithm: Option<String>,
    /// 6 or 8.
    pub digits: Option<u8>,
    /// The counter of its next code.
    pub counter: Option<u64>,
    /// How many codes are searched.
    pub look_ahead: Option<u8>,
}

/// A file of seeds, with what opens it; bytes in base 64.
#[derive(Clone, Serialize, Deserialize)]
pub struct ImportFile {
    /// The file.
    pub content: String,
    /// `pskc` or `csv`; found out otherwise.
    pub format: Option<String>,
    /// A key file.
    pub key: Option<String>,
    /// A password file.
    pub password: Option<String>,
    /// Takes encrypted values without a MAC.
    pub without_mac: bool,
}

/// The answer.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtpReply {
    /// All tokens of the file are in stock.
    Imported {
        /// What the file was.
        format: String,
        /// Their serial numbers, in the order of the file.
        serials: Vec<String>,
    },
    /// The tokens in stock.
    Stock {
        /// By serial number.
        tokens: Vec<StockView>,
    },
    /// The token is an authenticator now.
    Assigned {
        /// Its id.
        id: String,
    },
}

/// A hardware token in stock as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockView {
    /// The number on its back.
    pub serial: String,
    /// `totp` or `hotp`.
    pub kind: String,
    /// 6 or 8.
    pub digits: u8,
    /// What the file called it.
    pub label: Option<String>,
    /// `in stock` or `expired`.
    pub state: String,
    /// When it was imported, RFC 3339.
    pub imported_at: String,
}

impl Flows {
    pub(super) async fn otp_order(&self, actor: Actor, order: OtpOrder) -> Result<Reply, Unavailable> {
        match order {
            OtpOrder::HotpAdd(wanted) => self.hotp_add(actor, wanted).await,
            OtpOrder::Resync { id, first, second } => self.token_resync(&actor, &id, [&first, &second]).await,
            OtpOrder::Import(file) => self.token_import(actor, file).await,
            OtpOrder::Stock => self.token_stock().await,
            OtpOrder::Assign { serial, name, label } => self.token_assign(actor, &serial, &name, label).await,
            OtpOrder::Unassign { serial } => self.token_unassign(actor, &serial).await,
        }
    }

    async fn hotp_add(&self, actor: Actor, wanted: HotpAdd) -> Result<Reply, Unavailable> {
        let HotpAdd { name, secret, label, algorithm, digits, counter, look_ahead } = wanted;
        let Some(user) = self.user(&name).await? else { return refuse(no_user(&name)) };
        let Ok(label) = Label::parse(label.as_deref().unwrap_or("OTP token")) else {
            return refuse("the label cannot be used: 1 to 64 visible characters");
        };
        let Some(algorithm) = Algorithm::parse(algorithm.as_deref().unwrap_or("SHA1")) else {
            return refuse("the algorithm must be `SHA1`, `SHA256` or `SHA512`");
        };
        let Some(digits) = Digits::parse(digits.unwrap_or(6)) else {
            return refuse("a code has 6 or 8 digits");
        };
        let look_ahead = look_ahead.unwrap_or(crate::factors::hotp::LOOK_AHEAD);
        if !(1..=LOOK_AHEAD_MOST).contains(&look_ahead) {
            return refuse(format!("1 to {LOOK_AHEAD_MOST} codes can be searched"));
        }
        let hotp = match secret.as_deref().map(parse_seed) {
            None => Hotp::generate(algorithm, digits, self.entropy()),
            Some(seed) => match seed.and_then(|seed| Hotp::new(seed, algorithm, digits)) {
                Ok(hotp) => hotp,
                Err(why) => return refuse(format!("the secret cannot be used: {why}")),
            },
        };
        let hotp = hotp.at(counter.unwrap_or(0)).looking_ahead(look_ahead);
        let uri = hotp.uri("Countersign", user.name.as_str());
        let state = AuthenticatorState::Hotp(hotp);
        let id = self.enrol(actor, EventKind::AuthenticatorAdded, &user, label, state).await?;
        Ok(Reply::Totp {
            id: id.to_string(),
            uri: uri.expose(|uri| String::from_utf8_lossy(uri).into_owned()),
        })
    }

    async fn token_resync(&self, actor: &Actor, id: &str, codes: [&str; 2]) -> Result<Reply, Unavailable> {
        let Ok(id) = id.parse::<Id<id::Authenticator>>() else {
            return refuse("that is not the id of an authenticator");
        };
        let owner = keys::authenticator_owner(id);
        let Some(row) = self.row(&owner).await? else {
            return refuse("there is no authenticator with this id");
        };
        let user: UserName = self.records().open(&owner, &row.value).map_err(unavailable)?;
        match self.resync(&user, id, codes, actor).await? {
            Resynced::Done => Ok(Reply::Done),
            Resynced::Wrong { left } => refuse(format!(
                "these are not two consecutive codes that were not used yet; attempts left before a pause: {left}"
            )),
            Resynced::Stopped(Stopped::Wait(span)) => {
                refuse(format!("too many wrong answers: wait {} seconds", span.seconds_up()))
            }
            Resynced::Stopped(Stopped::Locked) => {
                refuse(format!("too many wrong answers in a row: `countersign user unblock {user}` first"))
            }
            Resynced::Stopped(Stopped::Gone) => refuse("the authenticator cannot be used now"),
            Resynced::NotThisKind => refuse("authenticators of this kind have neither clock nor counter"),
        }
    }
}
