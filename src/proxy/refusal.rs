//! What a client gets instead of the application's answer: a problem document (RFC 9457), or a page for a navigation.
//!
//! **Invariant:** one exhaustive table gives every kind its status, type and words; each refusal carries a reference id that
//! is also in the log; none is stored by a cache.

use std::borrow::Cow;

use bytes::Bytes;
use http::StatusCode;
use http::header::{ACCEPT, HeaderMap};
use pingora::Error;
use pingora::proxy::Session;
use serde_json::{Map, Value};

use crate::base::id::{Id, Reference};
use crate::flow::view::HeldView;

use super::stage::{Context, Stage};
use super::{Shared, hooks, page, write};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:literal $slug:literal $title:literal $detail:literal;)*) => {
        /// The kinds of refusal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind { $($(#[$doc])* $name,)* }
        impl Kind {
            /// The status code.
            pub(crate) const fn status(self) -> u16 { match self { $(Self::$name => $status,)* } }
            /// The last part of the problem type.
            pub(crate) const fn slug(self) -> &'static str { match self { $(Self::$name => $slug,)* } }
            /// The title, the same for all of its kind.
            pub(crate) const fn title(self) -> &'static str { match self { $(Self::$name => $title,)* } }
            /// The detail when there is nothing closer to say.
            const fn detail(self) -> &'static str { match self { $(Self::$name => $detail,)* } }
        }
    };
}

kinds! {
    /// Held: a person must approve first.
    ApprovalRequired = 403 "approval-required" "This needs your approval" "The request is held until it is approved.";
    /// The request can be read in more than one way.
    AmbiguousRequest = 400 "ambiguous-request" "This request cannot be read" "The request can be read in more than one way and was not passed on.";
    /// The body cannot be read.
    UnreadableBody = 400 "unreadable-body" "This request cannot be read" "The body of the request cannot be read and was not passed on.";
    /// The body is longer than what may be read or held.
    BodyTooLarge = 413 "body-too-large" "This is too large" "The body of the request is larger than what can be held.";
    /// The user is not in the directory.
    UnknownUser = 401 "unknown-user" "You are not known here" "This needs an approval, and your account is not known to the gateway.";
    /// The user has nothing to approve with.
    NoAuthenticator = 403 "no-authenticator" "You cannot approve this yet" "This needs an approval, and you have no authenticator that counts for it.";
    /// The request is of a sort that cannot be held.
    NotHoldable = 403 "not-holdable" "This cannot be approved" "This needs an approval, and a request of this sort cannot wait for one.";
    /// Too much is held already.
    Quota = 429 "quota" "Too much is waiting" "Too many requests are waiting for approval.";
    /// Another site caused the request.
    CrossSite = 403 "cross-site-request" "This came from another site" "This needs an approval, and another site asked for it.";
    /// A policy says no.
    Denied = 403 "denied-by-policy" "This is not allowed" "A policy does not allow this.";
    /// The code or assertion is wrong.
    WrongAnswer = 422 "wrong-answer" "That was not right" "The answer is wrong.";
    /// Too many wrong answers.
    Throttled = 429 "throttled" "Too many tries" "Too many wrong answers; try again later.";
    /// Not there, or not yours.
    NotFound = 404 "not-found" "There is nothing here" "What you asked for does not exist, or is not yours.";
    /// The state does not allow it.
    Conflict = 409 "conflict" "That is not possible now" "The state of the held request does not allow this.";
    /// It was released before.
    AlreadyReleased = 409 "already-released" "This was done already" "The held request was released before; it is never executed twice.";
    /// Its time is over.
    Expired = 410 "expired" "Too late" "The held request was not approved in time.";
    /// Somebody rejected it.
    Rejected = 410 "rejected" "This was rejected" "The held request was rejected.";
    /// The gateway's own memory fails.
    StoreUnavailable = 503 "store-unavailable" "Not possible at the moment" "The gateway cannot decide about this request at the moment.";
    /// No upstream takes connections.
    UpstreamUnreachable = 502 "upstream-unreachable" "The application cannot be reached" "The application does not answer.";
    /// The upstream does not answer in time.
    UpstreamTimeout = 504 "upstream-timeout" "The application takes too long" "The application did not answer in time.";
    /// No application has this host.
    Misdirected = 421 "misdirected" "There is no such site here" "No application answers to this host name.";
    /// The method is never forwarded.
    MethodRefused = 405 "method-refused" "This method is not possible" "Tunnels are not possible here.";
    /// The head of the request is too long.
    HeadTooLarge = 431 "head-too-large" "This request cannot be read" "The head of the request is too long.";
    /// A fault of the gateway's own.
    Internal = 500 "internal" "Something went wrong" "The gateway failed to handle this request.";
}

impl Kind {
    /// Whether the application's own first page is a way on: not where there is none, or where it fails itself.
    const fn leads_back(self) -> bool {
        match self {
            Self::ApprovalRequired
            | Self::AmbiguousRequest
            | Self::UnreadableBody
            | Self::BodyTooLarge
            | Self::UnknownUser
            | Self::NoAuthenticator
            | Self::NotHoldable
            | Self::Quota
            | Self::CrossSite
            | Self::Denied
            | Self::WrongAnswer
            | Self::Throttled
            | Self::NotFound
            | Self::Conflict
            | Self::AlreadyReleased
            | Self::Expired
            | Self::Rejected => true,
            Self::StoreUnavailable
            | Self::UpstreamUnreachable
            | Self::UpstreamTimeout
            | Self::Misdirected
            | Self::MethodRefused
            | Self::HeadTooLarge
            | Self::Internal => false,
        }
    }
}

/// A refusal with what is known about it.
pub(crate) struct Refusal {
    kind: Kind,
    detail: Cow<'static, str>,
    retry_after: Option<i64>,
    members: Map<String, Value>,
    link: Option<(String, String)>,
}

impl Refusal {
    /// A refusal with its kind's own words.
    pub(crate) fn new(kind: Kind) -> Self {
        let detail = Cow::Borrowed(kind.detail());
        Self { kind, detail, retry_after: None, members: Map::new(), link: None }
    }

    /// With closer words, shown to the client.
    #[must_use]
    pub(crate) fn because(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = detail.into();
        self
    }

    /// With when to try again, in seconds.
    #[must_use]
    pub(crate) fn retry_after(mut self, seconds: i64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// With one more member of the problem document.
    #[must_use]
    pub(crate) fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// With where a held request stands, for scripts.
    #[must_use]
    pub(crate) fn state(self, view: &HeldView) -> Self {
        let outcome = view.outcome_status.map(|status| serde_json::json!({ "status": status }));
        self.member("held", serde_json::json!({ "id": view.id.to_string(), "state": view.state.as_str(), "outcome": outcome }))
    }

    /// With where to go on, on a page.
    #[must_use]
    pub(crate) fn link(mut self, href: impl Into<String>, words: impl Into<String>) -> Self {
        self.link = Some((href.into(), words.into()));
        self
    }

    /// Its kind.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Answers `session` with it and marks the request answered.
    pub(crate) async fn answer(self, session: &mut Session, ctx: &mut Context) -> pingora::Result<()> {
        ctx.stage = Stage::Answered;
        let head = session.req_header();
        let as_page = is_navigation(&head.headers);
        let written = self.written(&ctx.shared, as_page);
        tracing::info!(
            reference = %written.reference, refusal = self.kind.slug(), status = self.kind.status(),
            method = %head.method, path = loggable(head.uri.path()), client = %ctx.arrival.client, "refused: {}", self.detail
        );
        let headers: Vec<_> = written.headers.iter().map(|(name, value)| (*name, value.as_ref())).collect();
        write::full(session, self.kind.status(), &headers, written.body).await
    }

    /// What becomes of a request that could not be carried: an answer if one can still be given. The status, 0 for none.
    pub(crate) async fn after(error: &Error, session: &mut Session, ctx: &mut Context) -> u16 {
        let Some(kind) = hooks::kind_of(error) else {
            tracing::debug!(client = %ctx.arrival.client, %error, "the client went away");
            return 0;
        };
        tracing::warn!(refusal = kind.slug(), %error, "a request could not be carried");
        let begun = session.response_written().is_some_and(|head| !head.status.is_informational());
        session.set_keepalive(None);
        if !begun && let Err(error) = Self::new(kind).answer(session, ctx).await {
            tracing::debug!(%error, "the refusal could not be delivered");
        }
        kind.status()
    }

    /// What goes over the wire.
    pub(crate) fn written(&self, shared: &Shared, as_page: bool) -> Written {
        let reference = Id::<Reference>::new(shared.clock.now(), &*shared.entropy);
        let mut headers: Vec<(&'static str, Cow<'static, str>)> = vec![("cache-control", "no-store".into())];
        if let Some(seconds) = self.retry_after {
            headers.push(("retry-after", seconds.to_string().into()));
        }
        if self.kind == Kind::MethodRefused {
            headers.push(("allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS".into()));
        }
        let body = if as_page {
            headers.push(("content-type", "text/html; charset=utf-8".into()));
            headers.push(("content-security-policy", page::POLICY.into()));
            headers.push(("x-content-type-options", "nosniff".into()));
            headers.push(("referrer-policy", "same-origin".into()));
            let given = self.link.as_ref().map(|(href, words)| (href.as_str(), words.as_str()));
            let link = given.or_else(|| self.kind.leads_back().then_some(("/", "To the application")));
            let reference = reference.to_string();
            let (title, detail) = (self.kind.title(), &*self.detail);
            page::RefusalPage { title, detail, reference: &reference, link }.html()
        } else {
            headers.push(("content-type", "application/problem+json".into()));
            self.problem(reference).to_string()
        };
        Written { reference, headers, body: Bytes::from(body) }
    }

    /// The whole answer in HTTP/1.1, for a request that no session was made of. The connection closes after it.
    pub(crate) fn as_bytes(&self, shared: &Shared) -> Vec<u8> {
        let Written { reference, headers, body } = self.written(shared, false);
        tracing::info!(%reference, refusal = self.kind.slug(), "refused: {}", self.detail);
        let status = StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let mut head =
            format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head.extend([name, ": ", &value, "\r\n"]);
        }
        head.push_str("\r\n");
        [head.as_bytes(), &body].concat()
    }

    fn problem(&self, reference: Id<Reference>) -> Value {
        let mut problem = Map::new();
        problem.insert("type".into(), format!("urn:countersign:problem:{}", self.kind.slug()).into());
        problem.insert("title".into(), self.kind.title().into());
        problem.insert("status".into(), self.kind.status().into());
        problem.insert("detail".into(), self.detail.as_ref().into());
        problem.insert("reference".into(), reference.to_string().into());
        problem.extend(self.members.clone());
        Value::Object(problem)
    }
}

/// A refusal in bytes.
pub(crate) struct Written {
    pub(crate) reference: Id<Reference>,
    pub(crate) headers: Vec<(&'static str, Cow<'static, str>)>,
    pub(crate) body: Bytes,
}

/// A path as the log may have it: the ticket of a return is a credential.
fn loggable(path: &str) -> &str {
    const RETURN: &str = "/.countersign/return/";
    if path.contains("return/") && path.to_ascii_lowercase().contains("countersign") { RETURN } else { path }
}

/// Whether a browser is loading a page: it says so, or an older one prefers HTML to all else.
pub(crate) fn is_navigation(headers: &HeaderMap) -> bool {
    if let Some(mode) = headers.get("sec-fetch-mode") {
        return mode.as_bytes() == b"navigate";
    }
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = accept.split(',').next().unwrap_or_default();
    let media = first.split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("text/html") || media.eq_ignore_ascii_case("application/xhtml+xml")
}
