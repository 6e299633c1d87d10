//! The enrolment of a passkey, with the user verified.
//!
//! **Invariant:** on exactly the portal's origin, in no frame, user verified, with a key whose signatures can be checked, and none that
//! the user has already (`tests/it/passkey.rs`). The library judges first; what it does not look at is judged here.
//! No attestation is asked for: the model is the authenticator's own word, shown and never trusted.

use std::fmt;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use webauthn_rs::prelude::{PasskeyRegistration, RegisterPublicKeyCredential, Uuid};
use webauthn_rs_core::proto::ResidentKeyRequirement;

use crate::base::text::UserName;

use super::evidence::CREDENTIAL_ID;
use super::key::PublicKey;
use super::party::RelyingParty;
use super::signed::ClientData;
use super::{Fault, Kept, Passkey};

/// The longest answer that is read: some authenticators send certificates without being asked.
const LONGEST: usize = 32 * 1024;
/// Where the attested data begins: after hash, flags and counter.
const ATTESTED_AT: usize = 37;

/// Whether the passkey should be found without its id, by an authenticator that lists what it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Residence {
    /// Where the authenticator can: it takes one of its places.
    Preferred,
    /// Not needed: its id is sent with each question.
    Discouraged,
}

/// What is remembered between the options and the answer; to be used once.
pub struct Registration {
    party: RelyingParty,
    user_handle: [u8; 16],
    state: String,
}

impl Registration {
    /// Begins an enrolment for the user with this handle. `exclude` are the credential ids the user has already. Returns the options
    /// for `navigator.credentials.create`, as JSON.
    ///
    /// # Errors
    /// When the library does not take it.
    pub fn begin(
        party: &RelyingParty,
        user_handle: [u8; 16],
        name: &UserName,
        residence: Residence,
        exclude: Vec<Vec<u8>>,
    ) -> Result<(Value, Self), Fault> {
        let begun = party.engine()?.start_passkey_registration(
            Uuid::from_bytes(user_handle),
            name.as_str(),
            name.as_str(),
            (!exclude.is_empty()).then_some(exclude),
        );
        let (mut options, state) = begun.map_err(|_| Fault::Library)?;
        let selection = options.public_key.authenticator_selection.as_mut().ok_or(Fault::Library)?;
        selection.resident_key = Some(match residence {
            Residence::Preferred => ResidentKeyRequirement::Preferred,
            Residence::Discouraged => ResidentKeyRequirement::Discouraged,
        });
        let state = serde_json::to_string(&state).map_err(|_| Fault::Library)?;
        let options = serde_json::to_value(&options).map_err(|_| Fault::Library)?;
        Ok((options, Self { party: party.clone(), user_handle, state }))
    }

    /// The enrolment as it was kept.
    ///
    /// # Errors
    /// When the origin is none that can have passkeys.
    pub fn restore(origin: &str, user_handle: [u8; 16], state: String) -> Result<Self, Fault> {
        Ok(Self { party: RelyingParty::kept(origin)?, user_handle, state })
    }

    /// The origin on which it was begun.
    pub fn origin(&self) -> &str {
        self.party.origin()
    }

    /// The user's handle.
    pub fn user_handle(&self) -> [u8; 16] {
        self.user_handle
    }

    /// The library's state, as JSON.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Judges what a browser answers: a `PublicKeyCredential` in the JSON of its `toJSON()` (`RegistrationResponseJSON`).
    ///
    /// # Errors
    /// With the first thing that does not hold.
    pub fn finish(&self, answer: &str) -> Result<Passkey, Fault> {
        if answer.len() > LONGEST {
            return Err(Fault::Form);
        }
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| Fault::Form)?;
        // The challenge is compared by the library, which keeps it.
        let said = ClientData::read(&answer.response.client_data_json)?;
        said.is_framed(None)?;
        said.is("webauthn.create", None, self.party.origin())?;
        let state: PasskeyRegistration = serde_json::from_str(&self.state).map_err(|_| Fault::Library)?;
        let inner =
            self.party.engine()?.finish_passkey_registration(&answer, &state).map_err(|_| Fault::Library)?;
        PublicKey::of(inner.get_public_key())?;
        if answer.type_ != "public-key"
            || *inner.cred_id() != answer.raw_id
            || inner.cred_id().len() > CREDENTIAL_ID
        {
            return Err(Fault::Form);
        }
        let credential = serde_json::to_value(&inner).map_err(|_| Fault::Library)?;
        let flag = |name: &str| credential.pointer(name).and_then(Value::as_bool).ok_or(Fault::Library);
        let counter = credential.pointer("/cred/counter").and_then(Value::as_u64).ok_or(Fault::Library)?;
        Passkey::restore(Kept {
            rp_id: self.party.id().to_owned(),
            user_handle: self.user_handle,
            aaguid: aaguid(&answer.response.attestation_object, self.party.id(), inner.cred_id()),
            counter: u32::try_from(counter).map_err(|_| Fault::Library)?,
            backup_eligible: flag("/cred/backup_eligible")?,
            backed_up: flag("/cred/backup_state")?,
            // Said by the browser, unsigned: shown, nothing more.
            discoverable: answer.extensions.cred_props.and_then(|props| props.rk),
            credential: credential.to_string(),
        })
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Registration({:?})", self.party)
    }
}

/// The model's number. It stands in the authenticator data between counter and credential id (WebAuthn Level 3 §6.5.1), which the
/// library reads and does not hand on; so it is found there by its two neighbours. Zeros when it is not told.
fn aaguid(attestation: &[u8], id: &str, credential: &[u8]) -> [u8; 16] {
    let hash = Sha256::digest(id.as_bytes());
    let starts = attestation.windows(hash.len()).enumerate().filter(|(_, window)| *window == hash.as_slice());
    let length = u16::try_from(credential.len()).unwrap_or_default().to_be_bytes();
    let found = starts.filter_map(|(start, _)| {
        let attested = attestation.get(start.checked_add(ATTESTED_AT)?..)?;
        let (aaguid, rest) = attested.split_first_chunk::<16>()?;
        rest.strip_prefix(&length)?.starts_with(credential).then_some(*aaguid)
    });
    found.into_iter().next().unwrap_or_default()
}
