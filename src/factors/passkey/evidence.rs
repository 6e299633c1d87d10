//! What a third party checks later, without us: the assertion with everything that it was judged by, but for the digest, which the
//! receipt states.
//!
//! The JSON form has one spelling: a text that differs in any byte from what [`Evidence::to_json`] writes is refused, so its hash in
//! the receipt stands for it. What cannot be seen from evidence alone: whether the counter went back, and whose key it is (the receipt
//! states that).
//!
//! **Invariant:** one judge: an approval passes [`Evidence::check`] before it counts, so what was accepted verifies later
//! (`tests/it/passkey_evidence.rs`).
//! Signatures of ECDSA can be rewritten into a second valid form: never use their bytes to tell assertions apart.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Fault;
use super::key::{Jwk, PublicKey};
use super::party::RelyingParty;
use super::signed::{AuthenticatorData, ClientData};

/// What the challenge begins with; both other parts have 32 bytes, so the parts need no separator.
pub(super) const DOMAIN: &str = "countersign-webauthn-v1";
/// The longest credential id that the standard allows (WebAuthn Level 3 §5.1.2).
pub(super) const CREDENTIAL_ID: usize = 1023;
/// More than any browser or authenticator writes.
const SIGNED: usize = 4096;

/// `SHA-256(domain || nonce || digest)`: random, and good for one request only.
pub(super) fn challenge(nonce: &[u8; 32], digest: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(DOMAIN).chain_update(nonce).chain_update(digest).finalize().into()
}

/// One assertion, as it was signed, and what it was judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub(super) party: RelyingParty,
    /// The origin of the page in whose frame it was asked.
    pub(super) top: Option<String>,
    pub(super) nonce: [u8; 32],
    pub(super) credential: Vec<u8>,
    pub(super) key: PublicKey,
    pub(super) authenticator_data: Vec<u8>,
    pub(super) client_data: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    kind: String,
    domain: String,
    rp_id: String,
    origin: String,
    /// Left out where it was asked in a page of the portal's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    top_origin: Option<String>,
    nonce: String,
    credential_id: String,
    key: Jwk,
    authenticator_data: String,
    client_data_json: String,
    signature: String,
}

impl Evidence {
    /// Judges the assertion for the request with this digest: kind, challenge, origin, framing, relying party, flags, signature.
    ///
    /// # Errors
    /// With the first thing that does not hold.
    pub fn check(&self, digest: &[u8; 32]) -> Result<(), Fault> {
        self.judge(digest).map(|_| ())
    }

    pub(super) fn judge(&self, digest: &[u8; 32]) -> Result<AuthenticatorData, Fault> {
        self.judge_for(&challenge(&self.nonce, digest))
    }

    pub(super) fn judge_for(&self, challenge: &[u8; 32]) -> Result<AuthenticatorData, Fault> {
        let lengths = [&self.authenticator_data, &self.client_data, &self.signature];
        if lengths.iter().any(|part| part.len() > SIGNED)
            || !(1..=CREDENTIAL_ID).contains(&self.credential.len())
        {
            return Err(Fault::Form);
        }
        let said = ClientData::read(&self.client_data)?;
        said.is_framed(self.top.as_deref())?;
        said.is("webauthn.get", Some(challenge), self.party.origin())?;
        let said = AuthenticatorData::read(&self.authenticator_data, self.party.id())?;
        if self.is_signed() { Ok(said) } else { Err(Fault::Signature) }
    }

    pub(super) fn is_signed(&self) -> bool {
        let signed = [self.authenticator_data.as_slice(), &Sha256::digest(&self.client_data)].concat();
        self.key.verifies(&signed, &self.signature)
    }

    /// The origin on which it was given.
    pub fn origin(&self) -> &str {
        self.party.origin()
    }

    /// The origin of the page in whose frame it was given, where it was given in one.
    pub fn top(&self) -> Option<&str> {
        self.top.as_deref()
    }

    /// The credential id as browsers print it.
    pub fn credential_id(&self) -> String {
        BASE64.encode(&self.credential)
    }

    /// The one written form.
    pub fn to_json(&self) -> String {
        let written = Written {
            kind: "passkey".to_owned(),
            domain: DOMAIN.to_owned(),
            rp_id: self.party.id().to_owned(),
            origin: self.party.origin().to_owned(),
            top_origin: self.top.clone(),
            nonce: BASE64.encode(self.nonce),
            credential_id: self.credential_id(),
            key: self.key.jwk(),
            authenticator_data: BASE64.encode(&self.authenticator_data),
            client_data_json: BASE64.encode(&self.client_data),
            signature: BASE64.encode(&self.signature),
        };
        // A struct of strings has no way to fail; an empty text is no evidence.
        serde_json::to_string(&written).unwrap_or_default()
    }

    /// Reads the written form. It is not judged by that.
    ///
    /// # Errors
    /// When it is not in every byte what [`Evidence::to_json`] writes.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let written: Written = serde_json::from_str(text).map_err(|_| Fault::Form)?;
        let bytes = |text: &str| BASE64.decode(text).map_err(|_| Fault::Form);
        let read = Self {
            party: RelyingParty::kept(&written.origin)?,
            top: written.top_origin,
            nonce: bytes(&written.nonce)?.try_into().map_err(|_| Fault::Form)?,
            credential: bytes(&written.credential_id)?,
            key: PublicKey::from_jwk(&written.key)?,
            authenticator_data: bytes(&written.authenticator_data)?,
            client_data: bytes(&written.client_data_json)?,
            signature: bytes(&written.signature)?,
        };
        if read.to_json() == text { Ok(read) } else { Err(Fault::Form) }
    }
}
