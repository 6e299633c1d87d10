//! What an authenticator signs: the authenticator data and the client data (WebAuthn Level 3 §6.1, §5.8.1), read by our own eyes.
//!
//! **Invariant:** client data with a member twice is refused, whichever one a laxer reader would take; members that are not known are
//! tolerated, as browsers add some on purpose (`tests/it/passkey_hostile.rs`).
//! **Invariant:** what was framed by another page counts only where it was asked in that page's frame: `crossOrigin` is `true` and
//! `topOrigin` exactly its origin. Otherwise `crossOrigin` is absent or `false`, and `topOrigin` absent. The library does not look at
//! either when it judges an assertion (`tests/it/passkey_framed.rs`).

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::base::secret::same;

use super::Fault;

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;
const EXTENSIONS: u8 = 0x80;
/// Length without attested data and extensions.
const PLAIN: usize = 37;

/// What a browser says it did, as far as it matters.
#[derive(Debug)]
pub(super) struct ClientData {
    kind: String,
    challenge: Vec<u8>,
    origin: String,
    framing: Framing,
}

/// In whose page it was given.
#[derive(Debug, PartialEq, Eq)]
enum Framing {
    /// In one of its own.
    Own,
    /// In a frame of another page, and the browser says under which origin, or does not.
    In(Option<String>),
    /// In a form that no browser writes.
    Odd,
}

impl ClientData {
    /// Reads the bytes that were signed.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let Members(mut members) = serde_json::from_slice(bytes).map_err(|_| Fault::Form)?;
        let framing = match (members.remove("crossOrigin"), members.remove("topOrigin")) {
            (None | Some(Value::Bool(false)), None) => Framing::Own,
            (Some(Value::Bool(true)), None) => Framing::In(None),
            (Some(Value::Bool(true)), Some(Value::String(top))) => Framing::In(Some(top)),
            (_, _) => Framing::Odd,
        };
        let mut text = |name: &str| match members.remove(name) {
            Some(Value::String(text)) => Ok(text),
            Some(_) | None => Err(Fault::Form),
        };
        let (kind, challenge, origin) = (text("type")?, text("challenge")?, text("origin")?);
        Ok(Self { kind, challenge: BASE64.decode(challenge).map_err(|_| Fault::Form)?, origin, framing })
    }

    /// Whether it was given in a frame of exactly this origin's page, or, without one, in a page of its own.
    pub(super) fn is_framed(&self, top: Option<&str>) -> Result<(), Fault> {
        match (&self.framing, top) {
            (Framing::Own, None) => Ok(()),
            (Framing::In(Some(said)), Some(top)) if said == top => Ok(()),
            (Framing::In(None), Some(_)) => Err(Fault::TopOrigin),
            (Framing::Own, Some(_)) => Err(Fault::NotFramed),
            (Framing::In(_), None) | (Framing::In(Some(_)), Some(_)) | (Framing::Odd, _) => {
                Err(Fault::CrossOrigin)
            }
        }
    }

    /// Whether it is of this kind, for this challenge, on exactly this origin.
    pub(super) fn is(&self, kind: &str, challenge: Option<&[u8; 32]>, origin: &str) -> Result<(), Fault> {
        if self.kind != kind {
            return Err(Fault::Type);
        }
        if challenge.is_some_and(|challenge| !same(challenge, &self.challenge)) {
            return Err(Fault::Challenge);
        }
        if self.origin != origin {
            return Err(Fault::Origin);
        }
        Ok(())
    }
}

/// The members of a JSON object, each at most once.
struct Members(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;
        impl<'de> Visitor<'de> for Once {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member comes twice"));
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Once)
    }
}

/// What an authenticator says of an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AuthenticatorData {
    pub(super) counter: u32,
    pub(super) backup_eligible: bool,
    pub(super) backed_up: bool,
}

impl AuthenticatorData {
    /// Reads the authenticator data of an assertion for the relying party `id`; both flags of the user must be set.
    pub(super) fn read(bytes: &[u8], id: &str) -> Result<Self, Fault> {
        let (Some(hash), Some(&flags), Some(counter)) =
            (bytes.get(..32), bytes.get(32), bytes.get(33..PLAIN))
        else {
            return Err(Fault::Form);
        };
        if !same(hash, &Sha256::digest(id.as_bytes())) {
            return Err(Fault::RelyingParty);
        }
        let set = |flag: u8| flags & flag != 0;
        if !set(USER_PRESENT) {
            return Err(Fault::UserNotPresent);
        }
        if !set(USER_VERIFIED) {
            return Err(Fault::UserNotVerified);
        }
        let (backup_eligible, backed_up) = (set(BACKUP_ELIGIBLE), set(BACKED_UP));
        if backed_up && !backup_eligible {
            return Err(Fault::Backup);
        }
        // Attested data belongs to a registration; anything after the counter must have been announced.
        if set(ATTESTED) || set(EXTENSIONS) != (bytes.len() > PLAIN) {
            return Err(Fault::Form);
        }
        let counter = <[u8; 4]>::try_from(counter).map(u32::from_be_bytes).map_err(|_| Fault::Form)?;
        Ok(Self { counter, backup_eligible, backed_up })
    }
}
