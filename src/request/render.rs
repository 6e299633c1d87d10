//! From a canonical request to what is sent: the same bytes, with the credentials of the release and the gateway's own headers.
//!
//! **Invariant:** nothing of the canonical request is changed, left out or reordered; what is added is only what a digest leaves
//! out, so a rendered request normalises to the digest that was approved (`request_reading.rs`).
//! Called by the proxy's forwarder with a release permit in hand.

use super::canonical::Canonical;
use super::headers::is_spelling_of;

/// What comes from the request that releases, never from the one that was held. Not `Debug`: these are secrets.
#[derive(Clone, Default)]
pub struct ReleaseCredentials {
    /// The Cookie field, joined, without the gateway's own cookies.
    pub cookie: Option<Vec<u8>>,
    /// The Authorization field.
    pub authorization: Option<Vec<u8>>,
    /// The application's identity headers, as the gateway states them.
    pub identity: Vec<(String, Vec<u8>)>,
}

/// A request to send. Framing is the sender's: the body has exactly the canonical length.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The method.
    pub method: &'static str,
    /// The origin-form target.
    pub target: String,
    /// The Host field.
    pub host: String,
    /// All further fields in order, without Host and Content-Length.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The Content-Length to send; `None` for a method that announces no empty body.
    pub content_length: Option<u64>,
}

/// Renders. A `gateway` header that the client's own request has already (only possible for one the gateway does not own, such as
/// `Idempotency-Key`, or that the application passes) is left as the client sent it.
pub fn render(
    canonical: &Canonical,
    credentials: &ReleaseCredentials,
    gateway: &[(String, String)],
) -> Rendered {
    let mut headers = canonical.headers().to_vec();
    let from_client = |name: &str| {
        let name = super::headers::canonical_name(name.as_bytes());
        canonical.headers().iter().any(|(have, _)| is_spelling_of(have.as_bytes(), &name))
    };
    let added: Vec<(String, Vec<u8>)> = gateway
        .iter()
        .filter(|(name, _)| !from_client(name))
        .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
        .collect();
    headers.extend(credentials.cookie.iter().map(|value| ("Cookie".to_owned(), value.clone())));
    headers.extend(credentials.authorization.iter().map(|value| ("Authorization".to_owned(), value.clone())));
    headers.extend(credentials.identity.iter().cloned());
    headers.extend(added);
    Rendered {
        method: canonical.method().as_str(),
        target: canonical.target().to_owned(),
        host: canonical.host().to_string(),
        headers,
        content_length: (canonical.body_length() > 0 || canonical.method().announces_body())
            .then(|| canonical.body_length()),
    }
}
