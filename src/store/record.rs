//! Rows and states: the only serialisation of what lies in the store. Every value is sealed under its key's name.
//!
//! **Invariant:** a row that cannot be read back exactly is [`Inconsistent`], loud, and refuses the one request it is about.
//! **Invariant:** nothing here is in clear at rest; a sealed row cannot be moved to another key (`tests/it/store_contract.rs`).
//! The row shapes: [`super::record_held`], [`super::record_grant`] and [`super::record_directory`]. Called by the flows.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::approval::{Approval, Grant, Undated};
use crate::directory::{
    Account, Authenticator, Challenge, HardwareToken, Invitation, Pairing, Session, User,
};
use crate::factors::phone::Pace;
use crate::factors::throttle::Ledger;

use super::Key;
use super::glance::{Glance, GlanceRow};
use super::record_account::{AccountRow, InvitationRow, SessionRow};
use super::record_challenge::ChallengeRow;
use super::record_directory::{AuthenticatorRow, LedgerRow, UserRow};
use super::record_grant::GrantRow;
use super::record_held::HeldRow;
use super::record_otp::HardwareTokenRow;
use super::record_phone::{PaceRow, PairingRow};
use super::seal::Seal;

/// A row that does not say what it must.
#[derive(Debug, thiserror::Error)]
#[error("the record `{key}` is inconsistent: {why}")]
pub struct Inconsistent {
    key: String,
    why: String,
}

impl Inconsistent {
    pub(super) fn new(key: &Key, why: impl std::fmt::Display) -> Self {
        Self { key: key.to_string(), why: why.to_string() }
    }
}

/// What one held request counts against the quotas.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Charge {
    /// Whose it is.
    pub user: crate::base::text::UserName,
    /// Bytes of its body.
    pub bytes: u64,
}

/// Seals and opens rows.
pub struct Records {
    seal: Arc<Seal>,
}

impl Records {
    /// With the key ring of this store.
    pub fn new(seal: Arc<Seal>) -> Self {
        Self { seal }
    }

    /// A held request as a row.
    pub fn seal_held(&self, key: &Key, approval: &Approval) -> Vec<u8> {
        self.close(key, &HeldRow::from(approval))
    }

    /// A held request from its row.
    ///
    /// # Errors
    /// When the row is not what was written under this key.
    pub fn open_held(&self, key: &Key, value: &[u8]) -> Result<Undated, Inconsistent> {
        let row: HeldRow = self.open(key, value)?;
        row.into_state().map(Undated::new).map_err(|why| Inconsistent::new(key, why))
    }

    /// A held request at a glance: for those who look at all of them.
    ///
    /// # Errors
    /// When the row is not what was written under this key.
    pub fn glance_held(&self, key: &Key, value: &[u8]) -> Result<Glance, Inconsistent> {
        let row: GlanceRow = self.open(key, value)?;
        row.into_glance().map_err(|why| Inconsistent::new(key, why))
    }

    /// A grant as a row.
    pub fn seal_grant(&self, key: &Key, grant: &Grant) -> Vec<u8> {
        self.close(key, &GrantRow::from(grant))
    }

    /// A grant from its row.
    ///
    /// # Errors
    /// When the row is not what was written under this key.
    pub fn open_grant(&self, key: &Key, value: &[u8]) -> Result<Grant, Inconsistent> {
        let row: GrantRow = self.open(key, value)?;
        row.into_state().map_err(|why| Inconsistent::new(key, why))
    }

    /// An authenticator as a row.
    pub fn seal_authenticator(&self, key: &Key, authenticator: &Authenticator) -> Vec<u8> {
        self.close(key, &AuthenticatorRow::from(authenticator))
    }

    /// An authenticator from its row.
    ///
    /// # Errors
    /// When the row is not what was written under this key.
    pub fn open_authenticator(&self, key: &Key, value: &[u8]) -> Result<Authenticator, Inconsistent> {
        let row: AuthenticatorRow = self.open(key, value)?;
        row.into_state().map_err(|why| Inconsistent::new(key, why))
    }

    /// A challenge as a row.
    pub fn seal_challenge(&self, key: &Key, challenge: &Challenge) -> Vec<u8> {
        self.close(key, &ChallengeRow::from(challenge))
    }

    /// A challenge from its row.
    ///
    /// # Errors
    /// When the row is not what was written under this key.
    pub fn open_challenge(&self, key: &Key, value: &[u8]) -> Result<Challenge, Inconsistent> {
        let row: ChallengeRow = self.open(key, value)?;
        row.into_state().map_err(|why| Inconsistent::new(key, why))
    }

    /// A hardware token as a row.
    pub fn seal_hardware_token(&self, key: &Key, token: &HardwareToken) -> Vec<u8> {
        self.close(key, &HardwareTokenRow::from(token))
    }

    /// A hardware token from its row.
    ///
    /// # Errors
    /// When the row is not what was written under this key.
    pub fn open_hardware_token(&self, key: &Key, value: &[u8]) -> Result<HardwareToken, Inconsistent> {
        let row: HardwareTokenRow = self.open(key, value)?;
        row.into_state().map_err(|why| Inconsistent::new(key, why))
    }

    /// The pairing of a phone as a row.
    pub fn seal_pairing(&self, key: &Key, pairing: &Pairing) -> Vec<u8> {
        self.close(key, &PairingRow::from(pairing))
    }

    /// The pairing of a phone from its row.
    ///
    /// # Errors
    /// When the row is not what was written under this key.
    pub fn open_pairing(&self, key: &Key, value: &[u8]) -> Result<Pairing, Inconsistent> {
        let row: PairingRow = self.open(key, value)?;
        row.into_state().map_err(|why| Inconsistent::new(key, why))
    }

    /// How often a user's phones were rung, as a row.
    pub fn seal_pace(&self, key: &Key, pace: &Pace) -> Vec<u8> {
        self.close(key, &PaceRow::from(pace))
    }

    /// How often a user's phones were rung, from the row.
    ///
    /// # Errors
    /// When the row is not what was written under this key.
    pub fn open_pace(&self, key: &Key, value: &[u8]) -> Result<Pace, Inconsistent> {
        let row: PaceRow = self.open(key, value)?;
        Ok(row.into())
    }

    /// A user as a row.
    pub fn seal_user(&self, key: &Key, user: &User) -> Vec<u8> {
        self.close(key, &UserRow::from(user))
    }

    /// A user from the row.
    ///
    /// # Errors
    /// When the row is not what was written under this key.
    pub fn open_user(&self, key: &Key, value: &[u8]) -> Result<User, Inconsistent> {
        let row: UserRow = self.open(key, value)?;
        Ok(row.into_state())
    }

    /// An account as a row.
    pub fn seal_account(&self, key: &Key, account: &Account) -> Vec<u8> {
        self.close(key, &AccountRow::from(account))
    }

    /// An account from its row.
    ///
    /// # Errors
    /// When the row is not what was written under this key.
    pub fn open_account(&self, key: &Key, value: &[u8]) -> Result<Account, Inconsistent> {
        let row: AccountRow = self.open(key, value)?;
        row.into_state().map_err(|why| Inconsistent::new(key, why))
    }

    /// A session as a row.
    pub fn seal_session(&self, key: &Key, session: &Session) -> Vec<u8> {
        self.close(key, &SessionRow::from(session))
    }

    /// A session from its row.
    ///
    /// # Errors
    /// When the row is not what was written under this key.
    pub fn open_session(&self, key: &Key, value: &[u8]) -> Result<Session, Inconsistent> {
        let row: SessionRow = self.open(key, value)?;
        row.into_state().map_err(|why| Inconsistent::new(key, why))
    }

    /// An invitation as a row.
    pub fn seal_invitation(&self, key: &Key, one: &Invitation) -> Vec<u8> {
        self.close(key, &InvitationRow::from(one))
    }

    /// An invitation from its row.
    ///
    /// # Errors
    /// When the row is not what was written under this key.
    pub fn open_invitation(&self, key: &Key, value: &[u8]) -> Result<Invitation, Inconsistent> {
        let row: InvitationRow = self.open(key, value)?;
        row.into_state().map_err(|why| Inconsistent::new(key, why))
    }

    /// A ledger of attempts as a row.
    pub fn seal_ledger(&self, key: &Key, ledger: &Ledger) -> Vec<u8> {
        self.close(key, &LedgerRow::from(*ledger))
    }

    /// A ledger of attempts from its row.
    ///
    /// # Errors
    /// When the row is not what was written under this key.
    pub fn open_ledger(&self, key: &Key, value: &[u8]) -> Result<Ledger, Inconsistent> {
        let row: LedgerRow = self.open(key, value)?;
        Ok(row.into())
    }

    /// A small body as a row.
    pub fn seal_body(&self, key: &Key, bytes: &[u8]) -> Vec<u8> {
        self.seal.seal(key.as_str(), bytes)
    }

    /// A small body from its row.
    ///
    /// # Errors
    /// When the row is not what was written under this key.
    pub fn open_body(&self, key: &Key, value: &[u8]) -> Result<Bytes, Inconsistent> {
        let plain = self.seal.open(key.as_str(), value).map_err(|error| Inconsistent::new(key, error))?;
        Ok(plain.expose(Bytes::copy_from_slice))
    }

    /// A plain value as a row: charges and the like.
    pub fn close<T: Serialize>(&self, key: &Key, value: &T) -> Vec<u8> {
        // Rows are plain structs of strings and numbers: their serialisation has no way to fail, and an empty row would be refused
        // as inconsistent when read.
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(value).unwrap_or_default());
        self.seal.seal(key.as_str(), &plain)
    }

    /// A plain value from its row.
    ///
    /// # Errors
    /// When the row is not what was written under this key.
    pub fn open<T: DeserializeOwned>(&self, key: &Key, value: &[u8]) -> Result<T, Inconsistent> {
        let plain = self.seal.open(key.as_str(), value).map_err(|error| Inconsistent::new(key, error))?;
        plain
            .expose(|bytes| serde_json::from_slice(bytes))
            .map_err(|_| Inconsistent::new(key, "it is not of the expected shape"))
    }
}
