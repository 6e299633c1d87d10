//! Passkeys (FIDO2, WebAuthn Level 3): enrolled with user verification, answered for one request, checked again by anybody later.
//!
//! | file | what it owns |
//! |---|---|
//! | [`party`] | who asks: the portal's host and nothing wider |
//! | [`registration`] | enrolment |
//! | [`ceremony`] | the question, bound to a request's digest, and the answer as it comes |
//! | `signed` | what was signed, read by our own eyes |
//! | [`evidence`] | the judge of an assertion, now and offline later; its written form |
//! | [`key`] | ES256, ES384, RS256 |
//!
//! Every assertion is judged twice: first by our own verifier, which also sees what the library does not (framing, the exact origin,
//! the user's handle, the counter as it is stored now and not as it was when the question was asked), then by `webauthn-rs`.
//!
//! This is the one room of floor 1 where randomness is not an argument: the library draws its challenges itself and has no door for
//! another source. It draws only in [`Ceremony::begin`] and [`Registration::begin`]; judging draws nothing.
//!
//! **Invariant:** accepted only for the digest that the question was made for, by the credential that was asked, with the user present
//! and verified (`tests/it/passkey_hostile.rs` tries the others).
//! **Invariant:** the counter in the next state is higher than the stored one, or both are zero: of two clones that count, one is found
//! out. The caller commits the next state by compare-and-swap, together with what the proof is used for.
//! **Invariant:** the vendor's types leave this room in no signature but private ones.

pub mod ceremony;
pub mod evidence;
pub mod key;
mod models;
pub mod party;
pub mod registration;
mod signed;
#[cfg(test)]
mod vectors;

use std::fmt;

use crate::base::id::{Authenticator, Id};
use crate::base::secret::same;
use crate::base::time::Timestamp;

use super::proof::Proof;
use super::{Factor, Refusal, Verdict};

pub use ceremony::{Assertion, Ceremony};
pub use evidence::Evidence;
pub use party::{NoRelyingParty, RelyingParty};
pub use registration::{Registration, Residence};

/// Why an assertion, a registration or evidence is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not of the form that the standard gives it, or in another spelling.
    #[error("it is not in the form of the standard")]
    Form,
    /// Of another passkey than the one that was asked.
    #[error("another passkey answered")]
    Credential,
    /// Another kind of ceremony.
    #[error("it was signed for another kind of ceremony")]
    Type,
    /// Another challenge: another request, another question, or an old answer.
    #[error("it was signed for another request or another question")]
    Challenge,
    /// Another origin.
    #[error("it was given on another origin")]
    Origin,
    /// In a frame of another page than the one it was asked in.
    #[error("it was given in a frame of another page")]
    CrossOrigin,
    /// In a frame, and the browser does not say of whose page.
    #[error("the browser did not say in whose page's frame it was given")]
    TopOrigin,
    /// Asked in a frame, and given outside of it.
    #[error("it was asked in a frame and given in another window")]
    NotFramed,
    /// Another relying party.
    #[error("it is for another relying party")]
    RelyingParty,
    /// Nobody touched it.
    #[error("the user was not present")]
    UserNotPresent,
    /// Neither PIN nor biometrics.
    #[error("the user was not verified")]
    UserNotVerified,
    /// Backed up without being able to be.
    #[error("its backup flags contradict each other")]
    Backup,
    /// A key of a kind that cannot be checked.
    #[error("its key is not of a kind that can be checked (ES256, ES384, RS256)")]
    Key,
    /// The signature is not the key's.
    #[error("its signature is wrong")]
    Signature,
    /// The counter did not rise.
    #[error("its counter did not rise: the passkey may have been copied")]
    Counter,
    /// Of another user.
    #[error("it names another user")]
    UserHandle,
    /// The library refused what our own verifier took.
    #[error("the library does not accept it")]
    Library,
}

/// The state of one passkey.
pub struct Passkey {
    inner: Box<webauthn_rs::prelude::Passkey>,
    kept: Kept,
}

/// A passkey as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The library's state, as JSON.
    pub credential: String,
    /// The host it was enrolled for.
    pub rp_id: String,
    /// What the authenticator calls the user: the bytes of the user's id.
    pub user_handle: [u8; 16],
    /// The model's number; zeros when it is not told.
    pub aaguid: [u8; 16],
    /// The latest counter; 0 for those that do not count.
    pub counter: u32,
    /// Whether it may be copied to other devices by its maker.
    pub backup_eligible: bool,
    /// Whether it was, at the last answer.
    pub backed_up: bool,
    /// Whether the authenticator lists it by itself; `None` when the browser did not say.
    pub discoverable: Option<bool>,
}

impl Passkey {
    /// The state as it was stored.
    ///
    /// # Errors
    /// When the credential cannot be read, or its key is of no kind that can be checked.
    pub fn restore(kept: Kept) -> Result<Self, Fault> {
        let inner: webauthn_rs::prelude::Passkey =
            serde_json::from_str(&kept.credential).map_err(|_| Fault::Form)?;
        key::PublicKey::of(inner.get_public_key())?;
        Ok(Self { inner: Box::new(inner), kept })
    }

    /// The state to be stored.
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// The host it was enrolled for.
    pub fn rp_id(&self) -> &str {
        &self.kept.rp_id
    }

    /// Its credential id.
    pub fn credential_id(&self) -> &[u8] {
        self.inner.cred_id()
    }

    /// The model's number, e.g. `ee882879-721c-4913-9775-3dfcce97072a`; `None` when it is not told.
    pub fn aaguid(&self) -> Option<String> {
        (self.kept.aaguid != [0; 16]).then(|| models::spelled(&self.kept.aaguid))
    }

    /// The model's name, where it is a common one.
    pub fn model(&self) -> Option<&'static str> {
        models::name(&self.kept.aaguid)
    }

    pub(super) fn inner(&self) -> &webauthn_rs::prelude::Passkey {
        &self.inner
    }

    /// Judges an answer given at `now` for the request with this digest. A refusal changes nothing.
    pub fn verify(
        &self,
        id: Id<Authenticator>,
        now: Timestamp,
        assertion: &Assertion,
        ceremony: &Ceremony,
        digest: &[u8; 32],
    ) -> Verdict<Self> {
        match self.judge(assertion, ceremony, digest) {
            Ok((evidence, next)) => {
                let evidence = Some(super::Evidence::new(evidence.to_json()));
                Verdict::Accepted { proof: Proof::new(id, Factor::Passkey, *digest, now, evidence), next }
            }
            Err(fault) => Verdict::Refused(Refusal::Passkey(fault)),
        }
    }

    fn judge(
        &self,
        assertion: &Assertion,
        ceremony: &Ceremony,
        digest: &[u8; 32],
    ) -> Result<(Evidence, Self), Fault> {
        let answer = &assertion.0;
        if !same(ceremony.digest(), digest) {
            return Err(Fault::Challenge);
        }
        if self.rp_id() != ceremony.party.id() {
            return Err(Fault::RelyingParty);
        }
        if answer.raw_id != self.credential_id() {
            return Err(Fault::Credential);
        }
        // Absent where the id was sent along; never another's.
        if answer
            .response
            .user_handle
            .as_ref()
            .is_some_and(|handle| handle.as_slice() != self.kept.user_handle)
        {
            return Err(Fault::UserHandle);
        }
        let evidence = Evidence {
            party: ceremony.party.clone(),
            top: ceremony.top.clone(),
            nonce: *ceremony.nonce(),
            credential: self.credential_id().to_vec(),
            key: key::PublicKey::of(self.inner.get_public_key())?,
            authenticator_data: answer.response.authenticator_data.clone(),
            client_data: answer.response.client_data_json.clone(),
            signature: answer.response.signature.clone(),
        };
        let said = evidence.judge(digest)?;
        // Against the stored state: the library compares with the counter as it was when the question was asked.
        if said.counter <= self.kept.counter && (said.counter, self.kept.counter) != (0, 0) {
            return Err(Fault::Counter);
        }
        let result = ceremony.finish(assertion)?;
        let mut inner = self.inner.clone();
        // `None` is another credential's result.
        inner.update_credential(&result).ok_or(Fault::Library)?;
        let kept = Kept {
            credential: serde_json::to_string(&*inner).map_err(|_| Fault::Library)?,
            counter: said.counter,
            backup_eligible: said.backup_eligible,
            backed_up: said.backed_up,
            ..self.kept.clone()
        };
        Ok((evidence, Self { inner, kept }))
    }
}

impl fmt::Debug for Passkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Passkey({})", self.kept.rp_id)
    }
}
