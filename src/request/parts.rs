//! The framework-free, borrowed view of a request's head that an edge hands in. Nothing is copied to make it.
//!
//! **Invariant:** bytes are as received; every judgement is made in [`super::normalise`].

use crate::base::net::Scheme;

/// The version of HTTP in which the request arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1.
    Http11,
    /// HTTP/2.
    Http2,
    /// Anything else.
    Other,
}

/// One header field as received.
#[derive(Clone, Copy, Debug)]
pub struct RawHeader<'a> {
    /// The name in its original spelling.
    pub name: &'a [u8],
    /// The value without the surrounding blanks.
    pub value: &'a [u8],
}

/// A request's head as received. `headers` can be walked any number of times.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a, H> {
    /// The version.
    pub version: Version,
    /// How the client reached us (after `X-Forwarded-Proto` of a trusted peer).
    pub scheme: Scheme,
    /// The method as received.
    pub method: &'a [u8],
    /// The request target as received: origin-form, absolute-form, whatever it was.
    pub target: &'a [u8],
    /// `:authority` of HTTP/2; `None` for HTTP/1.
    pub authority: Option<&'a [u8]>,
    /// The header fields in order.
    pub headers: H,
}
