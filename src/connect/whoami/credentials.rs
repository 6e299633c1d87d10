//! What of a client's credentials is sent to the application, and the key under which the answer is kept.
//!
//! **Invariant:** a cookie that is not named in the configuration is never sent; a named one that is there twice, under any case, is
//! refused, since applications differ in which they take.

use http::HeaderMap;
use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, COOKIE, HeaderName, HeaderValue, USER_AGENT};

use crate::base::secret::fingerprint;

use super::{WhoamiError, WhoamiRequest};

/// The selected credentials of one request.
pub(super) struct Credentials {
    cookie: Vec<u8>,
    key: [u8; 32],
}

/// Takes the named cookies out of the request's.
///
/// # Errors
/// When there is nothing to ask with, or a named cookie is repeated.
pub(super) fn select(session: &[String], request: &WhoamiRequest<'_>) -> Result<Credentials, WhoamiError> {
    let mut cookie = Vec::new();
    for name in session {
        let mut found = None;
        for pair in request.cookies.iter().flat_map(|header| header.split(|b| *b == b';')) {
            let mut halves = pair.splitn(2, |b| *b == b'=');
            let (Some(left), Some(value)) = (halves.next(), halves.next()) else { continue };
            let left = left.trim_ascii();
            if !left.eq_ignore_ascii_case(name.as_bytes()) {
                continue;
            }
            if found.replace((left, value.trim_ascii())).is_some() {
                return Err(WhoamiError::Ambiguous("a session cookie is there twice"));
            }
        }
        if let Some((left, value)) = found.filter(|(left, _)| *left == name.as_bytes()) {
            if !cookie.is_empty() {
                cookie.extend_from_slice(b"; ");
            }
            cookie.extend_from_slice(left);
            cookie.push(b'=');
            cookie.extend_from_slice(value);
        }
    }
    if cookie.is_empty() && request.authorization.is_none() {
        return Err(WhoamiError::NoSession);
    }
    let (client, host) = (request.client.map(|client| client.to_string()), request.host.to_string());
    // Absent and empty differ: each optional part is preceded by whether it is there.
    let there = |part: Option<&[u8]>| if part.is_some() { b"1".as_slice() } else { b"0" };
    let parts: [&[u8]; 10] = [
        cookie.as_slice(),
        there(request.authorization),
        request.authorization.unwrap_or_default(),
        there(request.user_agent),
        request.user_agent.unwrap_or_default(),
        there(request.accept_language),
        request.accept_language.unwrap_or_default(),
        client.as_deref().unwrap_or_default().as_bytes(),
        host.as_bytes(),
        request.scheme.as_str().as_bytes(),
    ];
    Ok(Credentials { key: fingerprint("countersign whoami 1", &parts), cookie })
}

impl Credentials {
    /// What the answer is kept under: a hash of everything that is sent.
    pub(super) fn key(&self) -> [u8; 32] {
        self.key
    }

    /// The headers of the question.
    ///
    /// # Errors
    /// When a value cannot be sent as a header.
    pub(super) fn headers(&self, request: &WhoamiRequest<'_>) -> Result<HeaderMap, WhoamiError> {
        let mut headers = HeaderMap::new();
        let client = request.client.map(|client| client.to_string());
        let host = request.host.to_string();
        let cookie = Some(self.cookie.as_slice()).filter(|cookie| !cookie.is_empty());
        for (name, value) in [
            (COOKIE, cookie),
            (AUTHORIZATION, request.authorization),
            (USER_AGENT, request.user_agent),
            (ACCEPT_LANGUAGE, request.accept_language),
            (HeaderName::from_static("x-forwarded-for"), client.as_deref().map(str::as_bytes)),
            (HeaderName::from_static("x-forwarded-host"), Some(host.as_bytes())),
            (HeaderName::from_static("x-forwarded-proto"), Some(request.scheme.as_str().as_bytes())),
        ] {
            if let Some(value) = value {
                let mut value = HeaderValue::from_bytes(value)
                    .map_err(|_| WhoamiError::Ambiguous("a credential is no header value"))?;
                value.set_sensitive(name == COOKIE || name == AUTHORIZATION);
                headers.insert(name, value);
            }
        }
        Ok(headers)
    }
}
