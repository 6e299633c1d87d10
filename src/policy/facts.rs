//! All that a rule may see of one request in one reading.
//!
//! **Invariant:** nothing a client can set about itself is here as truth: address and user come from the edge's own judgement.

use std::net::IpAddr;

use crate::base::time::Timestamp;
use crate::request::fields::Fields;

/// One request in one reading, as `judge` states it. Captures of the path are found while ruling.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The method in this reading, upper case.
    pub method: &'a str,
    /// The host, canonical, with its port if one was sent.
    pub host: &'a str,
    /// The canonical path, percent-decoded, beginning with `/`.
    pub path: &'a str,
    /// The fields of the query.
    pub query: &'a Fields,
    /// The fields of the body; empty for a request without one. `None` only where [`super::Candidates::needs_body`] was false: a
    /// policy that needs the body refuses when it is not there.
    pub body: Option<&'a Fields>,
    /// The cookies, in a reading in which the application looks fields up among them too.
    pub cookies: Option<&'a Fields>,
    /// The end-to-end headers in order, names lower case.
    pub headers: &'a [(String, Vec<u8>)],
    /// The media type of the body as sent.
    pub content_type: Option<&'a str>,
    /// The user's name; empty only where [`super::Candidates::needs_user`] was false.
    pub user: &'a str,
    /// The user's groups.
    pub groups: &'a [String],
    /// The client's address.
    pub client: IpAddr,
    /// The present instant.
    pub now: Timestamp,
}
