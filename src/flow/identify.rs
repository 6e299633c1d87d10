//! Who makes a request: the header of a trusted peer, or the application's own answer.
//!
//! **Invariant:** at release the application is asked afresh, never a cache.

use std::net::IpAddr;

use crate::base::net::{Host, Scheme};
use crate::base::settings::{AppSettings, IdentitySettings};
use crate::connect::whoami::{Freshness, WhoamiError, WhoamiRequest};
use crate::identity::Principal;
use crate::identity::header::from_headers;

use super::{Flows, Unavailable, unavailable};

/// What a request says about who makes it.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    /// The address of the peer that sent it.
    pub peer: IpAddr,
    /// The client's address, as the application is told it.
    pub client: IpAddr,
    /// The host as the client named it.
    pub host: &'a Host,
    /// How the client reached us.
    pub scheme: Scheme,
    /// All header fields, names in any case.
    pub headers: &'a [(String, Vec<u8>)],
}

/// What is known of who makes a request.
pub enum Identified {
    /// This one.
    Known(Principal),
    /// Nobody that can be named; why, for the log.
    Unknown(String),
}

impl Flows {
    /// Finds out who makes a request.
    ///
    /// # Errors
    /// When the application that should say so cannot be asked.
    pub async fn identify(
        &self,
        app: &AppSettings,
        asker: Asker<'_>,
        freshness: Freshness,
    ) -> Result<Identified, Unavailable> {
        match &app.identity {
            IdentitySettings::Header { user, groups } => {
                let headers = asker.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_slice()));
                Ok(match from_headers(asker.peer, &self.0.parts.trusted, user, groups.as_deref(), headers) {
                    Ok(principal) => Identified::Known(principal),
                    Err(why) => Identified::Unknown(why.to_string()),
                })
            }
            IdentitySettings::Whoami { .. } => {
                let Some(whoami) = self.0.parts.whoami.get(&app.name) else {
                    return Err(unavailable("the application has no connector"));
                };
                let values = |name: &str| -> Vec<&[u8]> {
                    let named = asker.headers.iter().filter(|(have, _)| have.eq_ignore_ascii_case(name));
                    named.map(|(_, value)| value.as_slice()).collect()
                };
                let (cookies, authorization) = (values("cookie"), values("authorization"));
                if authorization.len() > 1 {
                    return Ok(Identified::Unknown(
                        "the request carries several Authorization headers".to_owned(),
                    ));
                }
                let request = WhoamiRequest {
                    cookies: &cookies,
                    authorization: authorization.first().copied(),
                    user_agent: values("user-agent").first().copied(),
                    accept_language: values("accept-language").first().copied(),
                    client: Some(asker.client),
                    host: asker.host,
                    scheme: asker.scheme,
                };
                match whoami.ask(request, freshness, self.now()).await {
                    Ok(principal) => Ok(Identified::Known(principal)),
                    Err(WhoamiError::NoSession) => {
                        Ok(Identified::Unknown("the application knows no session".to_owned()))
                    }
                    Err(error) => Err(unavailable(error)),
                }
            }
        }
    }
}
