//! A Pingora session as the request room reads it: borrowed parts, and the fields as they were spelled.
//!
//! **Invariant:** bytes as received; the target is in origin-form already ([`super::intake`]).

use http::header::{COOKIE, HeaderMap};
use pingora::http::RequestHeader;
use pingora::proxy::Session;

use crate::request::parts::{Parts, RawHeader, Version};

use super::stage::Context;

/// Headers in a row, borrowed.
type Row<'a> = std::iter::Copied<std::slice::Iter<'a, RawHeader<'a>>>;

/// How many headers are looked at without allocating; a request with more gets the long look.
const GLANCE: usize = 64;

/// The head as it lies there; names in lower case. Allocates nothing. `None` when there are too many headers for a glance.
pub(super) fn parts<R>(
    session: &Session,
    ctx: &Context,
    read: impl for<'a> FnOnce(Parts<'a, Row<'a>>) -> R,
) -> Option<R> {
    let head = session.req_header();
    let mut raw = [RawHeader { name: b"", value: b"" }; GLANCE];
    if head.headers.len() > GLANCE {
        return None;
    }
    for (place, (name, value)) in raw.iter_mut().zip(&head.headers) {
        *place = RawHeader { name: name.as_str().as_bytes(), value: value.as_bytes() };
    }
    let row = raw.get(..head.headers.len())?;
    Some(read(with(head, ctx, row.iter().copied())))
}

/// The head with its names as they were spelled.
pub(super) fn spelled_parts<R>(
    session: &Session,
    ctx: &Context,
    read: impl for<'a> FnOnce(Parts<'a, Row<'a>>) -> R,
) -> R {
    let head = session.req_header();
    let fields = spelled(head);
    let raw: Vec<RawHeader<'_>> =
        fields.iter().map(|(name, value)| RawHeader { name: name.as_bytes(), value }).collect();
    read(with(head, ctx, raw.iter().copied()))
}

/// All fields, names as they were spelled; cookie crumbs of HTTP/2 joined (RFC 9113 §8.2.3).
pub(super) fn spelled(head: &RequestHeader) -> Vec<(String, Vec<u8>)> {
    let mut fields: Vec<(String, Vec<u8>)> = Vec::with_capacity(head.headers.len());
    let mut crumbs: Option<usize> = None;
    let names: Vec<(String, Vec<u8>)> = if head.has_case() {
        head.case_header_iter()
            .map(|(name, value)| {
                (String::from_utf8_lossy(name.as_slice()).into_owned(), value.as_bytes().to_vec())
            })
            .collect()
    } else {
        head.headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect()
    };
    for (name, value) in names {
        if head.version == http::Version::HTTP_2 && name.eq_ignore_ascii_case("cookie") {
            if let Some((_, joined)) = crumbs.and_then(|at| fields.get_mut(at)) {
                joined.extend_from_slice(b"; ");
                joined.extend_from_slice(&value);
                continue;
            }
            crumbs = Some(fields.len());
        }
        fields.push((name, value));
    }
    fields
}

fn with<'a, H>(head: &'a RequestHeader, ctx: &Context, headers: H) -> Parts<'a, H> {
    Parts {
        version: match head.version {
            http::Version::HTTP_10 => Version::Http10,
            http::Version::HTTP_11 => Version::Http11,
            http::Version::HTTP_2 => Version::Http2,
            _ => Version::Other,
        },
        scheme: ctx.arrival.scheme,
        method: head.method.as_str().as_bytes(),
        target: head.raw_path(),
        authority: head.uri.authority().map(|authority| authority.as_str().as_bytes()),
        headers,
    }
}

/// The only value of a field; `None` when it is missing, repeated or not text.
pub(super) fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    if values.next().is_some() { None } else { first.to_str().ok() }
}

/// The value of a cookie that is there exactly once.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = None;
    for line in headers.get_all(COOKIE) {
        for pair in line.to_str().unwrap_or_default().split(';') {
            if let Some((key, value)) = pair.split_once('=')
                && key.trim() == name
                && found.replace(value.trim()).is_some()
            {
                return None;
            }
        }
    }
    found
}
