//! From the raw view of a head to what may be judged: one canonical form, with every plausible reading of its target and method.
//!
//! **Invariant:** odd framing, hosts and headers are refused here, before a policy is asked; nothing is repaired except a same-host
//! absolute target, which becomes origin-form. In what is left, servers may differ: [`Targets`] and the claimed methods say how.
//! **Invariant:** [`admissible_quick`] allocates nothing and says `Plain` only for heads that [`normalise`] reads to the same path.
//! Called by the proxy's intake for applications that have policies.

use crate::base::dialect::{Dialect, Reads};
use crate::base::net::{Host, Scheme};

use super::content::ContentKind;
use super::fields::{FieldValue, Fields, Place};
use super::headers::{self, OwnedHeaders};
use super::parts::{Parts, RawHeader};
use super::path;
use super::readings::Targets;
use super::refusal::Refusal;
use super::survey::survey;
use super::urlencoded;

/// A method that may pass, in its only spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// GET.
    Get,
    /// HEAD.
    Head,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
    /// OPTIONS.
    Options,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete, Self::Options];

    /// The method with exactly these bytes.
    pub fn from_bytes(raw: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str().as_bytes() == raw)
    }

    /// As written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }

    /// Whether a request of this method usually has a body, so that an empty one is announced with `Content-Length: 0`.
    pub const fn announces_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How heads of one application are read.
#[derive(Clone, Debug)]
pub struct HeadRules {
    /// The headers that only the gateway may set.
    pub owned: OwnedHeaders,
    /// How the application reads what servers read in different ways.
    pub dialect: Dialect,
}

/// A head that may pass, with every reading of its target and method.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "what a head says or does not say, each by itself")]
pub struct Head {
    /// The method.
    pub method: Method,
    /// How the client reached the gateway.
    pub scheme: Scheme,
    /// The host, in canonical spelling.
    pub host: Host,
    /// What is forwarded: the raw origin-form target, byte for byte as received (an absolute target without its host).
    pub target: String,
    /// What is matched: the decoded path and the fields of the query, in every reading.
    pub targets: Targets,
    /// The methods that override headers ask for, as sent; none where the application gives them no meaning.
    pub claimed_methods: Vec<String>,
    /// The cookies, as fields that some applications look up; none where the application is declared not to.
    pub cookies: Fields,
    /// Whether POST, PUT and PATCH to one path are different actions of the application.
    pub write_methods_distinct: bool,
    /// What the application makes of a method other than that of the request line.
    pub method_override: Option<Reads>,
    /// The end-to-end headers in order, names as received: without Host, credentials, owned and hop-by-hop headers, Content-Length
    /// and Expect.
    pub headers: Vec<(String, Vec<u8>)>,
    /// What the body is said to be.
    pub content: ContentKind,
    /// The announced length in bytes, if one was announced.
    pub content_length: Option<u64>,
    /// Whether a body of unannounced length follows (chunked).
    pub chunked: bool,
    /// Whether this asks for a WebSocket.
    pub upgrade: bool,
    /// Whether the client waits for `100 Continue` before it sends the body.
    pub expects_continue: bool,
}

impl Head {
    /// The values of an end-to-end header, in order, under every spelling of its name.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let canonical = headers::canonical_name(name.as_bytes());
        self.headers
            .iter()
            .filter(move |(have, _)| headers::is_spelling_of(have.as_bytes(), &canonical))
            .map(|(_, value)| value.as_slice())
    }
}

/// What a glance at a head tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quick<'a> {
    /// The head is clean and the raw path is the canonical path: match it as it is.
    Plain {
        /// The method.
        method: Method,
        /// The raw path.
        path: &'a [u8],
        /// The raw query.
        query: Option<&'a [u8]>,
    },
    /// [`normalise`] must decide.
    Look,
}

/// Looks at a head without allocating. `Plain` for nearly every request of a well-behaved client.
pub fn admissible_quick<'a, H>(parts: &Parts<'a, H>) -> Quick<'a>
where
    H: Clone + Iterator<Item = RawHeader<'a>>,
{
    let Some(method) = Method::from_bytes(parts.method) else { return Quick::Look };
    let (path, query) = path::split_query(parts.target);
    let clean = path::is_plain(parts.target)
        && !query.is_some_and(urlencoded::asks_for_method)
        && survey(parts, method).is_ok_and(|survey| {
            !survey.claims_method
                && !survey.unexpected_body
                && match (survey.host, parts.authority) {
                    (Some(host), None) | (None, Some(host)) => is_plain_host(host),
                    (Some(host), Some(authority)) => {
                        is_plain_host(host) && host.eq_ignore_ascii_case(authority)
                    }
                    (None, None) => false,
                }
        });
    if clean { Quick::Plain { method, path, query } } else { Quick::Look }
}

/// Reads a head.
///
/// # Errors
/// The first reason not to: see [`Refusal`].
pub fn normalise<'a, H>(parts: &Parts<'a, H>, rules: &HeadRules) -> Result<Head, Refusal>
where
    H: Clone + Iterator<Item = RawHeader<'a>>,
{
    let method =
        Method::from_bytes(parts.method).ok_or_else(|| Refusal::Method(Refusal::named(parts.method)))?;
    let found = survey(parts, method)?;
    if found.unexpected_body && !rules.dialect.bodies_on_get {
        return Err(Refusal::UnexpectedBody);
    }
    let host = host(found.host, parts.authority)?;
    let target = origin_form(parts, &host)?;
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target.as_str(), None),
    };
    let targets = Targets::read(path, query, &rules.dialect)?;
    let ignores = rules.dialect.method_override == Some(Reads::AsData);
    let claims = parts.headers.clone().filter(|header| !ignores && headers::is_method_override(header.name));
    Ok(Head {
        method,
        scheme: parts.scheme,
        host,
        headers: end_to_end(parts, rules)?,
        content: ContentKind::of(found.content_type, found.content_encoding),
        content_length: found.content_length,
        chunked: found.chunked,
        upgrade: found.upgrade,
        expects_continue: found.expects_continue,
        claimed_methods: claims.map(|header| String::from_utf8_lossy(header.value).into_owned()).collect(),
        cookies: cookies(parts, rules),
        write_methods_distinct: rules.dialect.write_methods_distinct,
        method_override: rules.dialect.method_override,
        target,
        targets,
    })
}

/// Each cookie as received, and once more percent-decoded where that differs.
fn cookies<'a, H>(parts: &Parts<'a, H>, rules: &HeadRules) -> Fields
where
    H: Clone + Iterator<Item = RawHeader<'a>>,
{
    let mut fields = Fields::default();
    if rules.dialect.cookie_fields == Some(Reads::AsData) {
        return fields;
    }
    for header in parts.headers.clone().filter(|header| header.name.eq_ignore_ascii_case(b"cookie")) {
        for pair in header.value.split(|byte| *byte == b';') {
            let pair = String::from_utf8_lossy(pair);
            let (name, value) = pair.split_once('=').unwrap_or((&pair, ""));
            let mut push = |name: &str, value: &str| {
                fields.push(Place::Cookie, name.trim().to_owned(), FieldValue::Text(value.trim().to_owned()));
            };
            push(name, value);
            let decoded = |text: &str| {
                percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
            };
            if pair.contains(['%', '+']) {
                push(&decoded(name), &decoded(value));
            }
        }
    }
    fields
}

/// Whether a host will parse, judged without allocating; an IPv6 literal is left to a closer look.
fn is_plain_host(raw: &[u8]) -> bool {
    let mut halves = raw.splitn(2, |byte| *byte == b':');
    let (name, port) = (halves.next().unwrap_or_default(), halves.next());
    let is_label = |label: &[u8]| {
        (1..=63).contains(&label.len())
            && label.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let is_port = |digits: &[u8]| {
        digits.iter().all(u8::is_ascii_digit)
            && std::str::from_utf8(digits)
                .ok()
                .and_then(|digits| digits.parse::<u16>().ok())
                .is_some_and(|port| port > 0)
    };
    name.len() <= 253 && name.split(|byte| *byte == b'.').all(is_label) && port.is_none_or(is_port)
}

fn parse_host(raw: &[u8]) -> Result<Host, Refusal> {
    std::str::from_utf8(raw).ok().and_then(|text| text.parse().ok()).ok_or(Refusal::HostMalformed)
}

fn host(header: Option<&[u8]>, authority: Option<&[u8]>) -> Result<Host, Refusal> {
    let host = parse_host(authority.or(header).ok_or(Refusal::HostMissing)?)?;
    if let (Some(header), Some(_)) = (header, authority)
        && parse_host(header)? != host
    {
        return Err(Refusal::HostDisagrees);
    }
    Ok(host)
}

fn origin_form<H>(parts: &Parts<'_, H>, host: &Host) -> Result<String, Refusal> {
    let raw = std::str::from_utf8(parts.target).map_err(|_| Refusal::TargetByte)?;
    if !raw.bytes().all(path::is_query_byte) {
        return Err(Refusal::TargetByte);
    }
    if raw.starts_with('/') {
        return Ok(raw.to_owned());
    }
    let (scheme, rest) = raw.split_once("://").ok_or(Refusal::TargetForm)?;
    if !scheme.eq_ignore_ascii_case(parts.scheme.as_str()) {
        return Err(Refusal::TargetForm);
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at_checked(end).ok_or(Refusal::TargetForm)?;
    if parse_host(authority.as_bytes())? != *host {
        return Err(Refusal::HostDisagrees);
    }
    Ok(if target.starts_with('/') { target.to_owned() } else { format!("/{target}") })
}

fn end_to_end<'a, H>(parts: &Parts<'a, H>, rules: &HeadRules) -> Result<Vec<(String, Vec<u8>)>, Refusal>
where
    H: Clone + Iterator<Item = RawHeader<'a>>,
{
    let mut kept = Vec::new();
    for header in parts.headers.clone() {
        if rules.owned.is_alias(header.name) {
            return Err(Refusal::HeaderAlias(Refusal::named(header.name)));
        }
        let dropped = header.name.eq_ignore_ascii_case(b"host")
            || headers::is_hop_by_hop(header.name)
            || headers::is_credential(header.name)
            || rules.owned.must_strip(header.name);
        if !dropped {
            kept.push((String::from_utf8_lossy(header.name).into_owned(), header.value.to_vec()));
        }
    }
    Ok(kept)
}
