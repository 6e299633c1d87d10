//! One question to one passkey about one request, and what a browser answers.
//!
//! The library draws a random challenge and has no door for another. So the challenge in its state, which it writes as JSON, is
//! replaced by `SHA-256("countersign-webauthn-v1" || nonce || digest)`, where the nonce is the library's own challenge: as random as
//! before, and bound to the request. The version of the library is exact.
//!
//! **Invariant:** if the layout of that state changes, nothing is asked: the edit finds the library's own challenge in its place or
//! fails (`the_state_is_laid_out_as_expected` below).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::Value;
use webauthn_rs::prelude::{AuthenticationResult, PasskeyAuthentication, PublicKeyCredential};

use crate::base::net::Origin;

use super::evidence::challenge;
use super::party::RelyingParty;
use super::{Fault, Passkey};

/// Where the library keeps its challenge.
const CHALLENGE: &str = "/ast/challenge";
/// The longest answer that is read.
const LONGEST: usize = 16 * 1024;

/// What is remembered between question and answer; to be used once.
pub struct Ceremony {
    pub(super) party: RelyingParty,
    /// The origin of the page in whose frame it is asked.
    pub(super) top: Option<String>,
    pub(super) nonce: [u8; 32],
    pub(super) digest: [u8; 32],
    state: String,
}

impl Ceremony {
    /// Asks `passkey` about the request with this digest. Returns the options for `navigator.credentials.get`, as JSON.
    ///
    /// # Errors
    /// When the passkey is another relying party's, or the library has changed.
    pub fn begin(party: &RelyingParty, passkey: &Passkey, digest: &[u8; 32]) -> Result<(Value, Self), Fault> {
        if passkey.rp_id() != party.id() {
            return Err(Fault::RelyingParty);
        }
        let asked = party.engine()?.start_passkey_authentication(std::slice::from_ref(passkey.inner()));
        let (mut options, state) = asked.map_err(|_| Fault::Library)?;
        let nonce: [u8; 32] =
            options.public_key.challenge.as_slice().try_into().map_err(|_| Fault::Library)?;
        let bound = challenge(&nonce, digest);
        let mut state = serde_json::to_value(&state).map_err(|_| Fault::Library)?;
        let slot = state.pointer_mut(CHALLENGE).ok_or(Fault::Library)?;
        if slot.as_str() != Some(BASE64.encode(nonce).as_str()) {
            return Err(Fault::Library);
        }
        *slot = Value::from(BASE64.encode(bound));
        options.public_key.challenge = bound.to_vec();
        let options = serde_json::to_value(&options).map_err(|_| Fault::Library)?;
        let (party, state) = (party.clone(), state.to_string());
        Ok((options, Self { party, top: None, nonce, digest: *digest, state }))
    }

    /// The same, asked in a frame of this origin's page: an answer that was given elsewhere does not count.
    #[must_use]
    pub fn framed_by(self, top: &Origin) -> Self {
        Self { top: Some(top.to_string()), ..self }
    }

    /// The question as it was kept.
    ///
    /// # Errors
    /// When the origin is none that can have passkeys.
    pub fn restore(origin: &str, nonce: [u8; 32], digest: [u8; 32], state: String) -> Result<Self, Fault> {
        Ok(Self { party: RelyingParty::kept(origin)?, top: None, nonce, digest, state })
    }

    /// The origin of the page in whose frame it was asked, where it was asked in one.
    pub fn top(&self) -> Option<&str> {
        self.top.as_deref()
    }

    /// The origin on which it was asked.
    pub fn origin(&self) -> &str {
        self.party.origin()
    }

    /// The random part of the challenge.
    pub fn nonce(&self) -> &[u8; 32] {
        &self.nonce
    }

    /// The digest it is about.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The library's state, as JSON.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// The library's own judgement.
    pub(super) fn finish(&self, assertion: &Assertion) -> Result<AuthenticationResult, Fault> {
        let state: PasskeyAuthentication = serde_json::from_str(&self.state).map_err(|_| Fault::Library)?;
        self.party.engine()?.finish_passkey_authentication(&assertion.0, &state).map_err(|_| Fault::Library)
    }
}

impl fmt::Debug for Ceremony {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ceremony({:?})", self.party)
    }
}

/// What a browser answers: a `PublicKeyCredential` in the JSON of its `toJSON()` (WebAuthn Level 3 §5.1, `AuthenticationResponseJSON`).
#[derive(Clone)]
pub struct Assertion(pub(super) Box<PublicKeyCredential>);

impl Assertion {
    /// Reads it; nothing is judged by that.
    ///
    /// # Errors
    /// When it is no such JSON, a known member comes twice, it is longer than 16 KiB, or its two ids differ.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.len() > LONGEST {
            return Err(Fault::Form);
        }
        let read: PublicKeyCredential = serde_json::from_str(text).map_err(|_| Fault::Form)?;
        if read.type_ != "public-key" || read.id != BASE64.encode(&read.raw_id) {
            return Err(Fault::Form);
        }
        Ok(Self(Box::new(read)))
    }
}

impl fmt::Debug for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Assertion(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factors::passkey::vectors;

    #[test]
    fn the_state_is_laid_out_as_expected() {
        let passkey = vectors::passkey();
        let (_, state) = vectors::party()
            .engine()
            .unwrap()
            .start_passkey_authentication(std::slice::from_ref(passkey.inner()))
            .unwrap();
        let state = serde_json::to_value(&state).unwrap();
        let members = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(members(&state), ["ast"]);
        let expected = ["allow_backup_eligible_upgrade", "appid", "challenge", "credentials", "policy"];
        assert_eq!(members(&state["ast"]), expected);
        assert_eq!(state.pointer(CHALLENGE).unwrap().as_str().unwrap().len(), 43);
        assert_eq!(state["ast"]["policy"], "required");
    }

    #[test]
    fn the_challenge_is_the_hash_of_domain_nonce_and_digest() {
        let (options, ceremony) = Ceremony::begin(&vectors::party(), &vectors::passkey(), &[7; 32]).unwrap();
        let bound = challenge(ceremony.nonce(), &[7; 32]);
        assert_eq!(options["publicKey"]["challenge"], BASE64.encode(bound));
        let state: Value = serde_json::from_str(ceremony.state()).unwrap();
        assert_eq!(state.pointer(CHALLENGE), Some(&Value::from(BASE64.encode(bound))));
        assert_ne!(bound, challenge(ceremony.nonce(), &[8; 32]));
        let (_, again) = Ceremony::begin(&vectors::party(), &vectors::passkey(), &[7; 32]).unwrap();
        assert_ne!(ceremony.nonce(), again.nonce());
    }
}
