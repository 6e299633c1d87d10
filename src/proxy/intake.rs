//! What a request is, as far as carrying it needs to know: who sent it, how, for which host, in which form.
//!
//! **Invariant:** a target that reaches anything behind this is a path; a `Connection` field that would make other fields
//! vanish after they were judged is refused.

use std::net::IpAddr;

use http::header::{CONNECTION, HOST, HeaderMap};
use pingora::http::RequestHeader;
use pingora::proxy::Session;

use crate::base::net::{Scheme, TrustedPeers};

use super::refusal::{Kind, Refusal};
use super::stage::Arrival;
use super::{credential, head};

/// Who is at the other end.
pub(crate) fn arrival(session: &Session, trusted: &TrustedPeers) -> Option<Arrival> {
    let peer = session.client_addr()?.as_inet()?.ip().to_canonical();
    let scheme = match session.digest().and_then(|digest| digest.ssl_digest.as_ref()) {
        Some(_) => Scheme::Https,
        None => Scheme::Http,
    };
    if !trusted.contains(peer) {
        return Some(Arrival { peer, trusted: false, client: peer, scheme });
    }
    let headers = &session.req_header().headers;
    let said = headers.get("x-forwarded-proto").map(http::HeaderValue::as_bytes);
    let scheme = match said {
        Some(b"https") => Scheme::Https,
        Some(b"http") => Scheme::Http,
        _ => scheme,
    };
    Some(Arrival { peer, trusted: true, client: client(headers, trusted, peer), scheme })
}

/// The last address of `X-Forwarded-For` that is not itself a trusted peer.
fn client(headers: &HeaderMap, trusted: &TrustedPeers, peer: IpAddr) -> IpAddr {
    let mut client = peer;
    for line in headers.get_all("x-forwarded-for").iter().rev() {
        for entry in line.to_str().unwrap_or_default().rsplit(',') {
            let Ok(address) = entry.trim().parse::<IpAddr>() else { return client };
            client = address.to_canonical();
            if !trusted.contains(client) {
                return client;
            }
        }
    }
    client
}

/// The host a request is for: `:authority`, else `Host`.
pub(crate) fn host(head: &RequestHeader) -> &[u8] {
    match head.uri.authority() {
        Some(authority) => authority.as_str().as_bytes(),
        None => head.headers.get(HOST).map_or(b"", http::HeaderValue::as_bytes),
    }
}

/// Brings the target into origin-form, takes our credential out of the Referer, and refuses what is not carried for anyone.
pub(crate) fn check(head: &mut RequestHeader) -> Result<(), Refusal> {
    if head.method == http::Method::CONNECT {
        return Err(Refusal::new(Kind::MethodRefused));
    }
    let odd = |why: &'static str| Refusal::new(Kind::AmbiguousRequest).because(why);
    if !head.raw_path().starts_with(b"/") {
        // `head` let it pass because it names the same host as Host does.
        let (_, path) = head::authority(head.raw_path()).ok_or_else(|| odd("the target is not a path"))?;
        let path = if path.starts_with(b"/") { path.to_vec() } else { [b"/", path].concat() };
        head.set_raw_path(&path).map_err(|_| odd("the target is not a path"))?;
    }
    if head.raw_path().iter().any(|byte| !(0x21..=0x7e).contains(byte) || *byte == b'#') {
        return Err(odd("the target holds something other than visible ASCII"));
    }
    for line in head.headers.get_all(CONNECTION) {
        if !line.as_bytes().split(|byte| *byte == b',').all(|token| is_hop(token.trim_ascii())) {
            return Err(odd("the Connection field names fields that are not about the connection"));
        }
    }
    credential::forget_referer(head).map_err(|_| odd("the Referer cannot be read"))
}

/// Whether a `Connection` option is about the connection and names no field that a decision or an application may rest on.
fn is_hop(token: &[u8]) -> bool {
    let hops: [&[u8]; 8] = [
        b"close",
        b"keep-alive",
        b"upgrade",
        b"te",
        b"http2-settings",
        b"proxy-connection",
        b"trailer",
        b"trailers",
    ];
    token.is_empty() || hops.iter().any(|hop| token.eq_ignore_ascii_case(hop))
}
