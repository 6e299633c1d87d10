//! Who asks for passkeys: the portal, by its host. The host is the relying party's id, exactly (WebAuthn Level 3 §5.1.2, rpId).
//!
//! **Invariant:** no wider id than the host itself: no subdomain, no other port and no other origin can use what is enrolled
//! (`tests/it/passkey.rs`). The id cannot be changed later: a portal that moves needs new passkeys.

use std::fmt;

use webauthn_rs::prelude::Url;
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::base::net::{Origin, Scheme};

use super::Fault;

/// The portal as browsers know it: its origin, and the id made of its host.
#[derive(Clone, PartialEq, Eq)]
pub struct RelyingParty {
    id: String,
    origin: String,
}

/// Why an origin can have no passkeys. Browsers enforce both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRelyingParty {
    /// An address instead of a name.
    #[error("a portal on an IP address can have no passkeys: browsers want a host name")]
    Address,
    /// Plain http on a host that is not this machine.
    #[error("a portal over plain http can have no passkeys: browsers want https, except for `localhost`")]
    Insecure,
}

impl RelyingParty {
    /// The relying party of this origin.
    ///
    /// # Errors
    /// When browsers offer no passkeys there.
    pub fn of(origin: &Origin) -> Result<Self, NoRelyingParty> {
        let text = origin.to_string();
        let parsed = Url::parse(&text).map_err(|_| NoRelyingParty::Address)?;
        // `domain` is `None` for every spelling of an address, `127.1` and `0x7f.1` included.
        let id = parsed.domain().filter(|domain| *domain == origin.host().name());
        let id = id.ok_or(NoRelyingParty::Address)?.to_owned();
        let here = id == "localhost" || id.ends_with(".localhost");
        match origin.scheme() {
            Scheme::Http if !here => Err(NoRelyingParty::Insecure),
            Scheme::Http | Scheme::Https => Ok(Self { id, origin: text }),
        }
    }

    /// The relying party of an origin in its one spelling, as it was kept.
    ///
    /// # Errors
    /// When it is not an origin that can have passkeys, or not in its one spelling.
    pub fn kept(origin: &str) -> Result<Self, Fault> {
        let parsed: Origin = origin.parse().map_err(|_| Fault::RelyingParty)?;
        let party = Self::of(&parsed).map_err(|_| Fault::RelyingParty)?;
        if party.origin == origin { Ok(party) } else { Err(Fault::RelyingParty) }
    }

    /// The id: the host.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The origin, as browsers write it into what is signed.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The library, for this party alone.
    pub(super) fn engine(&self) -> Result<Webauthn, Fault> {
        let url = Url::parse(&self.origin).map_err(|_| Fault::RelyingParty)?;
        WebauthnBuilder::new(&self.id, &url)
            .and_then(|builder| builder.rp_name("Countersign").build())
            .map_err(|_| Fault::RelyingParty)
    }
}

impl fmt::Debug for RelyingParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelyingParty({})", self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_the_id_or_there_is_none() {
        let of = |text: &str| RelyingParty::of(&text.parse().unwrap()).map(|party| party.id);
        assert_eq!(of("https://approve.example.com").as_deref(), Ok("approve.example.com"));
        assert_eq!(of("https://approve.example.com:8443").as_deref(), Ok("approve.example.com"));
        assert_eq!(of("http://localhost:8081").as_deref(), Ok("localhost"));
        assert_eq!(of("http://approve.corp.localhost").as_deref(), Ok("approve.corp.localhost"));
        for address in
            ["http://127.0.0.1:8081", "https://10.0.0.1", "https://[::1]", "https://127.1", "https://0x7f.1"]
        {
            assert_eq!(of(address), Err(NoRelyingParty::Address), "{address}");
        }
        for plain in ["http://approve.example.com", "http://localhost.example.com", "http://xlocalhost"] {
            assert_eq!(of(plain), Err(NoRelyingParty::Insecure), "{plain}");
        }
    }
}
