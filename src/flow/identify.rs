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
    pub async fn identify(&self, app: &AppSettings, asker: Asker<'_>, freshness: Freshness) -> Result<Identified, Unavailable> {
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
                let one = |name: &str| single(asker.headers, name);
                let (Ok(cookies), Ok(authorization)) = (joined(asker.headers, "cookie"), one("authorization")) else {
                    return Ok(Identified::Unknown("its credentials are repeated or unreadable".to_owned()));
                };
                let host = asker.host.to_string();
                let request = WhoamiRequest {
                    cookies: cookies.as_deref(),
                    authorization: authorization.as_deref(),
                    user_agent: one("user-agent").ok().flatten(),
                    accept_language: one("accept-language").ok().flatten(),
                    host: &host,
                    scheme: asker.scheme,
                };
                match whoami.ask(&request, freshness, self.now()).await {
                    Ok(principal) => Ok(Identified::Known(principal)),
                    Err(WhoamiError::NoSession) => Ok(Identified::Unknown("the application knows no session".to_owned())),
                    Err(error) => Err(unavailable(error)),
                }
            }
        }
    }
}

/// All values of a header joined as HTTP/2 splits cookies; `Err` when one is not text.
fn joined(headers: &[(String, Vec<u8>)], name: &str) -> Result<Option<String>, std::str::Utf8Error> {
    let mut out: Option<String> = None;
    for (_, value) in headers.iter().filter(|(have, _)| have.eq_ignore_ascii_case(name)) {
        let text = std::str::from_utf8(value)?;
        out = Some(out.map_or_else(|| text.to_owned(), |before| format!("{before}; {text}")));
    }
    Ok(out)
}

/// A header that cannot be used: it is there twice, or is not text.
struct Unusable;

/// The only value of a header.
fn single(headers: &[(String, Vec<u8>)], name: &str) -> Result<Option<String>, Unusable> {
    let mut values = headers.iter().filter(|(have, _)| have.eq_ignore_ascii_case(name));
    let first = values.next();
    if values.next().is_some() {
        return Err(Unusable);
    }
    first.map(|(_, value)| String::from_utf8(value.clone()).map_err(|_| Unusable)).transpose()
}
