//! Identity stated by a trusted peer in request headers (`source = "header"`).
//!
//! **Invariant:** nothing is believed from a peer that is not trusted, and nothing that is stated twice (`tests/it/identity_header.rs`).
//!
//! Called by `flow::identify` for every request that a policy may hold. That these headers are removed before forwarding is the edge's part.

use std::net::IpAddr;

use crate::base::net::TrustedPeers;
use crate::base::text::UserName;

use super::{Principal, Source, groups};

/// Why no principal is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPrincipal {
    /// The peer may not speak for a client.
    #[error("the peer is not trusted to state an identity")]
    NotTrusted,
    /// The header is absent or empty.
    #[error("no identity is stated")]
    Missing,
    /// A header is there more than once.
    #[error("an identity header is repeated")]
    Repeated,
    /// A value is not plain text in its one spelling.
    #[error("the identity is not readable text")]
    Unreadable,
}

/// Takes the principal from the headers that `peer` sent. Names are compared without regard to case; values exactly as they are.
///
/// # Errors
/// When the peer is not trusted, or the headers do not state exactly one readable user and at most one list of groups.
pub fn from_headers<'a>(
    peer: IpAddr,
    trusted: &TrustedPeers,
    user_header: &str,
    groups_header: Option<&str>,
    headers: impl Iterator<Item = (&'a [u8], &'a [u8])>,
) -> Result<Principal, NoPrincipal> {
    if !trusted.contains(peer) {
        return Err(NoPrincipal::NotTrusted);
    }
    let (mut user, mut stated_groups) = (None, None);
    for (name, value) in headers {
        let place = if name.eq_ignore_ascii_case(user_header.as_bytes()) {
            &mut user
        } else if groups_header.is_some_and(|header| name.eq_ignore_ascii_case(header.as_bytes())) {
            &mut stated_groups
        } else {
            continue;
        };
        if place.replace(value).is_some() {
            return Err(NoPrincipal::Repeated);
        }
    }
    let user = user.filter(|value| !value.is_empty()).ok_or(NoPrincipal::Missing)?;
    let user = std::str::from_utf8(user)
        .ok()
        .and_then(|text| UserName::parse(text).ok())
        .ok_or(NoPrincipal::Unreadable)?;
    let groups = std::str::from_utf8(stated_groups.unwrap_or_default())
        .ok()
        .and_then(|text| groups::list(text).ok())
        .ok_or(NoPrincipal::Unreadable)?;
    Ok(Principal { user, groups, source: Source::Header })
}
