//! One walk over a head that refuses what servers read in different ways, and notes what the rest of the room needs.
//!
//! **Invariant:** without a refusal nothing is allocated, so the same walk serves the quick path of requests that no policy concerns.
//! Called by `normalise` only.

use super::content::{holds_control, is_token_byte};
use super::headers;
use super::normalise::Method;
use super::parts::{Parts, RawHeader, Version};
use super::refusal::Refusal;

/// What the headers say, each at most once.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "what a head says or does not say, each by itself")]
pub(super) struct Survey<'a> {
    pub(super) host: Option<&'a [u8]>,
    pub(super) content_type: Option<&'a [u8]>,
    pub(super) content_encoding: Option<&'a [u8]>,
    pub(super) content_length: Option<u64>,
    pub(super) chunked: bool,
    pub(super) upgrade: bool,
    pub(super) expects_continue: bool,
    /// Whether a method that has none comes with a body.
    pub(super) unexpected_body: bool,
    /// Whether a header asks for another method.
    pub(super) claims_method: bool,
}

/// Fields that are there at most once: servers take the first, the last or all of several.
const SINGLE: [&str; 13] = [
    "host",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "authorization",
    "cookie",
    "origin",
    "referer",
    "expect",
    "upgrade",
    "sec-fetch-site",
    "sec-fetch-mode",
];

/// Walks the head once.
pub(super) fn survey<'a, H>(parts: &Parts<'a, H>, method: Method) -> Result<Survey<'a>, Refusal>
where
    H: Clone + Iterator<Item = RawHeader<'a>>,
{
    if parts.version == Version::Other {
        return Err(Refusal::HttpVersion);
    }
    let mut found = Survey::default();
    let mut seen = [false; SINGLE.len()];
    let mut nominates_upgrade = false;
    for header in parts.headers.clone() {
        check_name_and_value(&header)?;
        let name = header.name;
        if let Some((seen, known)) =
            seen.iter_mut().zip(SINGLE).find(|(_, known)| name.eq_ignore_ascii_case(known.as_bytes()))
        {
            // Cookies of HTTP/2 come in crumbs (RFC 9113 §8.2.3); the edge joins them.
            if std::mem::replace(seen, true) && !(known == "cookie" && parts.version == Version::Http2) {
                return Err(Refusal::Repeated(known));
            }
            note(&mut found, known, header.value, parts.version)?;
        } else if name.eq_ignore_ascii_case(b"connection") {
            nominates_upgrade |= connection(header.value)?;
        } else if name.eq_ignore_ascii_case(b"trailer") {
            return Err(Refusal::Trailers);
        } else if name.eq_ignore_ascii_case(b"http2-settings") {
            return Err(Refusal::Upgrade);
        } else if headers::is_method_override(name) {
            found.claims_method = true;
        } else if headers::is_alias_of_meaningful(name) {
            return Err(Refusal::HeaderAlias(Refusal::named(name)));
        }
    }
    if found.chunked && found.content_length.is_some() {
        return Err(Refusal::LengthAndEncoding);
    }
    let has_body = found.chunked || found.content_length.is_some_and(|length| length > 0);
    // `Connection: upgrade` alone asks for nothing; some front servers always send it.
    let is_plain_upgrade =
        nominates_upgrade && method == Method::Get && !has_body && parts.version == Version::Http11;
    if found.upgrade && !is_plain_upgrade {
        return Err(Refusal::Upgrade);
    }
    found.unexpected_body = has_body && matches!(method, Method::Get | Method::Head | Method::Options);
    Ok(found)
}

fn note<'a>(found: &mut Survey<'a>, known: &str, value: &'a [u8], version: Version) -> Result<(), Refusal> {
    match known {
        "host" => found.host = Some(value),
        "content-type" => found.content_type = Some(value),
        "content-encoding" => found.content_encoding = Some(value),
        "content-length" => found.content_length = Some(length(value).ok_or(Refusal::ContentLength)?),
        "transfer-encoding" if version == Version::Http11 && value.eq_ignore_ascii_case(b"chunked") => {
            found.chunked = true;
        }
        "transfer-encoding" => return Err(Refusal::TransferCoding),
        "upgrade" if value.eq_ignore_ascii_case(b"websocket") => found.upgrade = true,
        "upgrade" => return Err(Refusal::Upgrade),
        "expect" if value.eq_ignore_ascii_case(b"100-continue") => found.expects_continue = true,
        "expect" => return Err(Refusal::Expectation),
        _ => {}
    }
    Ok(())
}

fn check_name_and_value(header: &RawHeader<'_>) -> Result<(), Refusal> {
    if header.name.is_empty() || !header.name.iter().all(|byte| is_token_byte(*byte)) {
        return Err(Refusal::HeaderName);
    }
    if holds_control(header.value) {
        return Err(Refusal::HeaderValue(Refusal::named(header.name)));
    }
    Ok(())
}

/// Whether the connection options ask for an upgrade; any that is not one of the usual four is refused.
fn connection(value: &[u8]) -> Result<bool, Refusal> {
    let mut upgrade = false;
    for option in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
        if option.eq_ignore_ascii_case(b"upgrade") {
            upgrade = true;
        } else if ![&b"keep-alive"[..], b"close", b"te"]
            .iter()
            .any(|usual| option.eq_ignore_ascii_case(usual))
        {
            return Err(Refusal::ConnectionOption);
        }
    }
    Ok(upgrade)
}

fn length(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value.len() > 19 || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}
