//! The rows of passkeys: one that is enrolled, one whose enrolment was begun, and the question to one.
//!
//! **Invariant:** closed structs both ways, as in [`super::record_held`].

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use super::record_held::bytes32;
use crate::base::time::Timestamp;
use crate::factors::Passkey;
use crate::factors::passkey::{Ceremony, Fault, Kept, Registration};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PasskeyRow {
    credential: String,
    rp_id: String,
    user_handle: String,
    aaguid: String,
    counter: u32,
    backup_eligible: bool,
    backed_up: bool,
    discoverable: Option<bool>,
}

impl From<&Passkey> for PasskeyRow {
    fn from(passkey: &Passkey) -> Self {
        let kept = passkey.kept();
        Self {
            credential: kept.credential.clone(),
            rp_id: kept.rp_id.clone(),
            user_handle: BASE64.encode(kept.user_handle),
            aaguid: BASE64.encode(kept.aaguid),
            counter: kept.counter,
            backup_eligible: kept.backup_eligible,
            backed_up: kept.backed_up,
            discoverable: kept.discoverable,
        }
    }
}

impl PasskeyRow {
    pub(super) fn into_state(self) -> Result<Passkey, &'static str> {
        let kept = Kept {
            credential: self.credential,
            rp_id: self.rp_id,
            user_handle: bytes16(&self.user_handle)?,
            aaguid: bytes16(&self.aaguid)?,
            counter: self.counter,
            backup_eligible: self.backup_eligible,
            backed_up: self.backed_up,
            discoverable: self.discoverable,
        };
        Passkey::restore(kept).map_err(|_| "its credential is unreadable")
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CeremonyRow {
    origin: String,
    nonce: String,
    digest: String,
    state: String,
    /// Rows of earlier versions have none.
    #[serde(default)]
    top: Option<String>,
}

impl From<&Ceremony> for CeremonyRow {
    fn from(ceremony: &Ceremony) -> Self {
        Self {
            origin: ceremony.origin().to_owned(),
            nonce: BASE64.encode(ceremony.nonce()),
            digest: BASE64.encode(ceremony.digest()),
            state: ceremony.state().to_owned(),
            top: ceremony.top().map(str::to_owned),
        }
    }
}

impl CeremonyRow {
    pub(super) fn into_state(self) -> Result<Ceremony, &'static str> {
        let (nonce, digest) = (bytes32(&self.nonce)?, bytes32(&self.digest)?);
        let asked = Ceremony::restore(&self.origin, nonce, digest, self.state)
            .map_err(|_| "its origin is unreadable")?;
        Ok(match self.top {
            Some(top) => asked.framed_by(&top.parse().map_err(|_| "its origin is unreadable")?),
            None => asked,
        })
    }
}

/// An enrolment that was begun.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrationRow {
    origin: String,
    user_handle: String,
    state: String,
    expires_at: Timestamp,
}

impl RegistrationRow {
    /// What is kept of `registration` until `expires_at`.
    pub fn of(registration: &Registration, expires_at: Timestamp) -> Self {
        Self {
            origin: registration.origin().to_owned(),
            user_handle: BASE64.encode(registration.user_handle()),
            state: registration.state().to_owned(),
            expires_at,
        }
    }

    /// From when on no answer is taken.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// What was kept.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn into_registration(self) -> Result<Registration, Fault> {
        let handle = bytes16(&self.user_handle).map_err(|_| Fault::Form)?;
        Registration::restore(&self.origin, handle, self.state)
    }
}

fn bytes16(text: &str) -> Result<[u8; 16], &'static str> {
    let bytes = BASE64.decode(text).map_err(|_| "a number of it is unreadable")?;
    bytes.try_into().map_err(|_| "a number of it is unreadable")
}
