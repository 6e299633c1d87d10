//! A user enrols a passkey at the portal. The caller has found out that it is the user, afresh.
//!
//! **Invariant:** an enrolment that was begun is used once, by the user who began it, within five minutes; it is gone before its answer
//! is judged. **Invariant:** one credential belongs to one authenticator of one user ([`keys::credential`]; `tests/it/passkey_enrol.rs`).

use crate::base::id::{self, Id};
use crate::base::text::{Label, UserName};
use crate::base::time::Timestamp;
use crate::directory::AuthenticatorState;
use crate::factors::Passkey;
use crate::factors::passkey::{Fault, NoRelyingParty, Registration, RelyingParty, Residence};
use crate::store::record_passkey::RegistrationRow;
use crate::store::{Commit, keys};

use super::account::Opened;
use super::account::enrol::Enrolled;
use super::begin_passkey::PATIENCE;
use super::{Flows, Unavailable, lost_race, unavailable};

/// The most passkeys of one user.
const MOST: usize = 20;
/// What a passkey is called when neither its user nor its model says.
const NAMELESS: &str = "Passkey";

/// An enrolment that was begun.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// What the answer names; no secret.
    pub id: Id<id::Challenge>,
    /// The options for `navigator.credentials.create`, as JSON.
    pub options: serde_json::Value,
    /// From when on no answer is taken.
    pub expires_at: Timestamp,
}

/// What is told of an enrolled passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The model's number, where it is told.
    pub aaguid: Option<String>,
    /// The model's name, where it is a common one.
    pub model: Option<&'static str>,
    /// Whether its maker can copy it to other devices.
    pub synced: bool,
    /// Whether the authenticator lists it by itself; `None` when the browser did not say.
    pub discoverable: Option<bool>,
}

impl About {
    /// Of this passkey.
    pub fn of(passkey: &Passkey) -> Self {
        let kept = passkey.kept();
        let (synced, discoverable) = (kept.backup_eligible, kept.discoverable);
        Self { aaguid: passkey.aaguid(), model: passkey.model(), synced, discoverable }
    }
}

/// Why no passkey is enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotEnrolled {
    /// Browsers offer none at this portal.
    #[error(transparent)]
    NoRelyingParty(#[from] NoRelyingParty),
    /// There is no such user.
    #[error("there is no such user")]
    NoUser,
    /// The user has so many already.
    #[error("there are {MOST} passkeys already: remove one first")]
    TooMany,
    /// Nothing was begun that could be answered (any more).
    #[error("it took too long, or was answered before: begin again")]
    Gone,
    /// The name cannot be used.
    #[error("the name cannot be used: 1 to 64 visible characters")]
    Label,
    /// What the browser answered does not hold.
    #[error("the passkey's answer does not hold: {0}")]
    Fault(#[from] Fault),
    /// It is enrolled already.
    #[error("this passkey is enrolled already")]
    Taken,
}

impl Flows {
    /// Begins the enrolment of a passkey.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn begin_passkey_enrolment(
        &self,
        name: &UserName,
        residence: Residence,
    ) -> Result<Result<Enrolment, NotEnrolled>, Unavailable> {
        let party = match self.relying_party() {
            Ok(party) => party,
            Err(why) => return Ok(Err(why.into())),
        };
        let Some(user) = self.user(name.as_str()).await? else { return Ok(Err(NotEnrolled::NoUser)) };
        let have = self.credentials_of(name, &party).await?;
        if have.len() >= MOST {
            return Ok(Err(NotEnrolled::TooMany));
        }
        let begun = Registration::begin(&party, user.id.to_bytes(), name, residence, have);
        let (options, registration) = begun.map_err(unavailable)?;
        let now = self.now();
        let (id, expires_at) = (Id::new(now, self.entropy()), now.plus(PATIENCE));
        let key = keys::enrolment(name, id);
        let value = self.records().close(&key, &RegistrationRow::of(&registration, expires_at));
        let commit = Commit::new().create(key, value, Some(expires_at));
        self.store().commit(commit).await.map_err(unavailable)?;
        Ok(Ok(Enrolment { id, options, expires_at }))
    }

    /// Ends it with what the browser answered, for the user of a fresh session. Without a label it is called after its model.
    ///
    /// # Errors
    /// When the store cannot be used; nothing was enrolled then.
    pub async fn finish_passkey_enrolment(
        &self,
        opened: &Opened,
        id: Id<id::Challenge>,
        label: Option<&str>,
        answer: &str,
    ) -> Result<Result<Enrolled, NotEnrolled>, Unavailable> {
        let name = &opened.user.name;
        let label = label.map(str::trim).filter(|label| !label.is_empty());
        let Ok(label) = label.map(Label::parse).transpose() else { return Ok(Err(NotEnrolled::Label)) };
        let key = keys::enrolment(name, id);
        let Some(row) = self.row(&key).await? else { return Ok(Err(NotEnrolled::Gone)) };
        let kept: RegistrationRow = self.records().open(&key, &row.value).map_err(unavailable)?;
        // Used up, whatever the answer is worth.
        if let Err(error) = self.store().commit(Commit::new().delete(key, row.version)).await {
            lost_race(error)?;
            return Ok(Err(NotEnrolled::Gone));
        }
        if kept.expires_at() <= self.now() {
            return Ok(Err(NotEnrolled::Gone));
        }
        let passkey = match kept.into_registration().and_then(|registration| registration.finish(answer)) {
            Ok(passkey) => passkey,
            Err(fault) => return Ok(Err(fault.into())),
        };
        let Ok(label) = label.map_or_else(|| Label::parse(passkey.model().unwrap_or(NAMELESS)), Ok) else {
            return Ok(Err(NotEnrolled::Label));
        };
        let credential = keys::credential(passkey.credential_id());
        if self.row(&credential).await?.is_some() {
            return Ok(Err(NotEnrolled::Taken));
        }
        let owner = self.records().close(&credential, name);
        let also = Commit::new().create(credential, owner, None);
        let state = AuthenticatorState::Passkey(passkey);
        Ok(Ok(self.enrol_own_with(opened, label, state, also).await?))
    }

    /// The credential ids of a user's passkeys at this portal.
    async fn credentials_of(
        &self,
        user: &UserName,
        party: &RelyingParty,
    ) -> Result<Vec<Vec<u8>>, Unavailable> {
        let mine = self.authenticators_of(user).await?;
        let mut ids = Vec::new();
        for one in mine.iter().filter(|one| one.revoked_at.is_none()) {
            if let AuthenticatorState::Passkey(passkey) = &one.state
                && passkey.rp_id() == party.id()
            {
                ids.push(passkey.credential_id().to_vec());
            }
        }
        Ok(ids)
    }

    /// An enrolment that was not answered in time is deleted.
    pub(super) async fn forget_enrolment(&self, key: crate::store::Key) -> Result<(), Unavailable> {
        let Some(row) = self.row(&key).await? else { return Ok(()) };
        self.store().commit(Commit::new().delete(key, row.version)).await.map_or_else(lost_race, |_| Ok(()))
    }
}
