//! Who may call: the checks before any handler, and the evidence of having passed them.
//!
//! **Invariant:** an [`Audience`] is made in this file, [`frame`] and [`phone`] only, after the checks of its role; a handler takes it by value,
//! so a route without its guard does not compile.
//! ```compile_fail
//! use countersign::portal::guard::{Anyone, Audience};
//! let forged = Audience::<Anyone>((), Default::default());
//! ```
//! ```compile_fail
//! use countersign::portal::guard::{Audience, Submitter};
//! fn twice(once: Audience<Submitter>) -> (Audience<Submitter>, Audience<Submitter>) {
//!     (once.clone(), once)
//! }
//! ```
//! THREAT: forms planted by other sites (Origin, Sec-Fetch-Site, content type and form token), link scanners and
//! speculative loading (a GET never acts, a handoff is spent by a real navigation only), requests that reach the
//! portal under another name (Host), frames, slow or endless bodies.
//!
//! Called by [`super::routes`] alone.

pub(super) mod account;
pub(super) mod frame;
pub mod phone;

pub use account::{Account, AccountForm, Caller, Fresh, Guest, HalfOpen, Member};

use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri, header};

use super::Portal;
use super::cookie;
use super::problem::{FormFault, Refusal};
use crate::approval::PromptKey;
use crate::base::id::{Held, Id};
use crate::base::language::{Language, Text};
use crate::base::net::{Host, Origin};

/// The most a form may have.
const FORM_BYTES: usize = 8 * 1024;
/// How long a form may take to arrive.
const FORM_PATIENCE: Duration = Duration::from_secs(10);

/// Evidence that the caller passed the checks of a role, with what is known of the caller.
pub struct Audience<R: Role>(R::Known, Text);

impl<R: Role> Audience<R> {
    /// What is known.
    pub(super) fn known(&self) -> &R::Known {
        &self.0
    }

    /// The words of the caller's language.
    pub(super) fn t(&self) -> Text {
        self.1
    }
}

/// A role at the portal.
pub trait Role {
    /// What its guard found out.
    type Known;
}

/// Anyone at all: public files and pages.
#[derive(Debug)]
pub enum Anyone {}
/// A browser that navigates to the prompt of a held request; whether it is its browser, the flow judges.
#[derive(Debug)]
pub enum Visitor {}
/// The script of our own page, asking for changes.
#[derive(Debug)]
pub enum Watcher {}
/// A browser that submits a form of our own page, with that page's token.
#[derive(Debug)]
pub enum Submitter {}

impl Role for Anyone {
    type Known = ();
}
impl Role for Visitor {
    type Known = Visit;
}
impl Role for Watcher {
    type Known = Watch;
}
impl Role for Submitter {
    type Known = Submission;
}

/// What is known of a [`Visitor`].
#[derive(Debug)]
pub struct Visit {
    pub(super) id: Id<Held>,
    /// What it has of the prompt already; a frame has nothing.
    pub(super) browser: Option<String>,
    /// One use: only there when the browser really navigates.
    pub(super) handoff: Option<String>,
}

/// What is known of a [`Watcher`].
#[derive(Debug)]
pub struct Watch {
    pub(super) id: Id<Held>,
    pub(super) whose: PromptKey,
    /// The state the page shows.
    pub(super) seen: Option<String>,
    /// Whether it takes server-sent events.
    pub(super) streams: bool,
}

impl Watch {
    fn of(id: Id<Held>, whose: PromptKey, parts: &Parts) -> Self {
        let seen = parts.uri.query().and_then(|query| Form::parse(query.as_bytes())?.take("seen"));
        let streams =
            one(&parts.headers, "accept").is_some_and(|kinds| kinds.starts_with("text/event-stream"));
        Self { id, whose, seen, streams }
    }
}

/// What is known of a [`Submitter`].
#[derive(Debug)]
pub struct Submission {
    pub(super) id: Id<Held>,
    pub(super) whose: PromptKey,
    form: Form,
}

impl Submission {
    /// The one value of a field.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.form.get(name)
    }
}

/// Whether the request names the portal's own host. Everything else is refused before it is routed.
pub(super) fn own_host(origin: &Origin, headers: &HeaderMap, uri: &Uri) -> Result<(), Refusal> {
    let ours =
        |text: &str| text.parse::<Host>().is_ok_and(|host| Origin::new(origin.scheme(), &host) == *origin);
    let named = one(headers, header::HOST.as_str()).is_some_and(ours);
    let target = uri.authority().is_none_or(|authority| ours(authority.as_str()));
    if named && target { Ok(()) } else { Err(Refusal::Misdirected) }
}

/// Public routes.
pub(super) fn anyone(parts: &Parts) -> Audience<Anyone> {
    Audience((), text(&parts.headers))
}

/// The words of a request's language: its cookie's, else its browser's.
pub(super) fn text(headers: &HeaderMap) -> Text {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|line| line.to_str().ok());
    Language::choose(Language::kept(cookies), None, accepted).text()
}

/// A navigation to the prompt.
pub(super) fn visitor(
    portal: &Portal,
    id: Option<&str>,
    parts: &Parts,
) -> Result<Audience<Visitor>, Refusal> {
    let id = held(id)?;
    if one(&parts.headers, "sec-fetch-dest").is_some_and(|place| place != "document") {
        return Err(Refusal::Framed);
    }
    let handoff = parts.uri.query().and_then(|query| Form::parse(query.as_bytes())?.take("handoff"));
    if handoff.is_some() && (parts.method != Method::GET || speculative(&parts.headers)) {
        return Err(Refusal::Speculative);
    }
    let visit = Visit { id, browser: cookie::read(&portal.origin, &parts.headers), handoff };
    Ok(Audience(visit, text(&parts.headers)))
}

/// A request by our page's script.
pub(super) fn watcher(
    portal: &Portal,
    id: Option<&str>,
    parts: &Parts,
) -> Result<Audience<Watcher>, Refusal> {
    let id = held(id)?;
    same_site(&parts.headers, id)?;
    let browser = cookie::read(&portal.origin, &parts.headers).ok_or(Refusal::OtherBrowser)?;
    Ok(Audience(Watch::of(id, PromptKey::Window(browser), parts), text(&parts.headers)))
}

/// A form post by our page.
pub(super) async fn submitter(
    portal: &Portal,
    id: Option<&str>,
    parts: &Parts,
    body: Body,
) -> Result<Audience<Submitter>, Refusal> {
    let id = held(id)?;
    own_origin(portal, &parts.headers, id)?;
    same_site(&parts.headers, id)?;
    if !urlencoded(&parts.headers) {
        return Err(FormFault::NotAForm.into());
    }
    let browser = cookie::read(&portal.origin, &parts.headers).ok_or(Refusal::OtherBrowser)?;
    let form = read_form(&parts.headers, body).await?;
    if !form.get("csrf").is_some_and(|token| portal.flows.csrf_ok(&browser, id, token)) {
        return Err(FormFault::Stale(id).into());
    }
    Ok(Audience(Submission { id, whose: PromptKey::Window(browser), form }, text(&parts.headers)))
}

/// A form's fields, read to their end within a time and a size.
async fn read_form(headers: &HeaderMap, body: Body) -> Result<Form, FormFault> {
    if !urlencoded(headers) {
        return Err(FormFault::NotAForm);
    }
    let bytes = tokio::time::timeout(FORM_PATIENCE, axum::body::to_bytes(body, FORM_BYTES))
        .await
        .map_err(|_| FormFault::TooSlow)?
        .map_err(|_| FormFault::TooLarge)?;
    Form::parse(&bytes).ok_or(FormFault::Incomplete)
}

fn held(id: Option<&str>) -> Result<Id<Held>, Refusal> {
    id.and_then(|text| text.parse().ok()).ok_or(Refusal::NotFound)
}

/// Whether the browser loads ahead of a navigation that may never come.
fn speculative(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-purpose", "x-moz"].iter().flat_map(|name| headers.get_all(*name)).any(
        |value| {
            value.to_str().is_ok_and(|value| {
                let value = value.to_ascii_lowercase();
                ["prefetch", "prerender", "preview"].iter().any(|word| value.contains(word))
            })
        },
    )
}

/// An absent Origin is refused as `null` is: every browser sends it with a post.
fn own_origin(portal: &Portal, headers: &HeaderMap, id: Id<Held>) -> Result<(), FormFault> {
    let ours = one(headers, header::ORIGIN.as_str()) == Some(portal.origin.to_string().as_str());
    if ours { Ok(()) } else { Err(FormFault::Foreign(id)) }
}

fn same_site(headers: &HeaderMap, id: Id<Held>) -> Result<(), FormFault> {
    let sites = headers.get_all("sec-fetch-site");
    if sites.iter().all(|site| site == "same-origin") { Ok(()) } else { Err(FormFault::Foreign(id)) }
}

fn urlencoded(headers: &HeaderMap) -> bool {
    one(headers, header::CONTENT_TYPE.as_str()).is_some_and(|kind| {
        let (essence, parameter) = kind.split_once(';').unwrap_or((kind, ""));
        let parameter = parameter.trim();
        essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
            && (parameter.is_empty() || parameter.eq_ignore_ascii_case("charset=utf-8"))
    })
}

/// The header's value when it is there exactly once, as text.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}

/// The fields of a form or a query, each at most once.
#[derive(Debug)]
struct Form(Vec<(String, String)>);

impl Form {
    /// `None` when a field comes twice or there are absurdly many.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            if fields.len() == 32 || fields.iter().any(|(other, _)| *other == name) {
                return None;
            }
            fields.push((name.into_owned(), value.into_owned()));
        }
        Some(Self(fields))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    fn take(self, name: &str) -> Option<String> {
        self.0.into_iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_the_portals_own_or_nothing() {
        let check = |origin: &str, hosts: &[&str], target: &str, expected: bool| {
            let headers =
                hosts.iter().map(|host| (header::HOST, host.parse().unwrap())).collect::<HeaderMap>();
            let got = own_host(&origin.parse().unwrap(), &headers, &target.parse().unwrap()).is_ok();
            assert_eq!(got, expected, "{origin} {hosts:?} {target}");
        };
        let https = "https://approve.example.com";
        check(https, &["approve.example.com"], "/", true);
        check(https, &["Approve.Example.com:443"], "/", true);
        check(https, &["approve.example.com"], "https://approve.example.com/", true);
        check(https, &["approve.example.com:80"], "/", false);
        check(https, &["approve.example.com."], "/", false);
        check(https, &["bank.example.com"], "/", false);
        check(https, &["approve.example.com"], "https://bank.example.com/", false);
        check(https, &["approve.example.com", "approve.example.com"], "/", false);
        check(https, &["x@approve.example.com"], "/", false);
        check(https, &[], "/", false);
        check("http://localhost:8081", &["localhost:8081"], "/", true);
        check("http://localhost:8081", &["localhost"], "/", false);
        check("http://localhost:8081", &["127.0.0.1:8081"], "/", false);
    }

    #[test]
    fn a_field_comes_once() {
        assert_eq!(Form::parse(b"a=1&b=2").unwrap().get("b"), Some("2"));
        assert!(Form::parse(b"a=1&a=1").is_none());
        assert!(Form::parse(b"a=1&%61=2").is_none());
        assert!(Form::parse("x=&".repeat(40).as_bytes()).is_none());
    }

    #[test]
    fn loading_ahead_is_seen_in_each_spelling() {
        for (name, value) in [
            ("sec-purpose", "prefetch;prerender"),
            ("sec-purpose", "prefetch"),
            ("purpose", "Prefetch"),
            ("x-moz", "prefetch"),
            ("x-purpose", "preview"),
        ] {
            let headers: HeaderMap = [(name.parse().unwrap(), value.parse().unwrap())].into_iter().collect();
            assert!(speculative(&headers), "{name}: {value}");
        }
        assert!(!speculative(&HeaderMap::new()));
    }
}
