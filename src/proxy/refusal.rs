//! What a client gets instead of the application's answer: a problem document (RFC 9457), or a page for a navigation.
//!
//! **Invariant:** one exhaustive table gives every kind its status, type and words; each refusal carries a reference id that
//! is also in the log; none is stored by a cache.

use std::borrow::Cow;

use bytes::Bytes;
use http::StatusCode;
use pingora::Error;
use pingora::proxy::Session;
use serde_json::{Map, Value};

use crate::base::id::{Id, Reference};
use crate::base::language::{Text, key};
use crate::flow::view::HeldView;

use super::form::Form;
use super::stage::{Context, Stage};
use super::{Shared, hooks, page, terminal, write};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:literal $slug:literal;)*) => {
        /// The kinds of refusal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind { $($(#[$doc])* $name,)* }
        impl Kind {
            /// The status code.
            pub(crate) const fn status(self) -> u16 { match self { $(Self::$name => $status,)* } }
            /// The last part of the problem type.
            pub(crate) const fn slug(self) -> &'static str { match self { $(Self::$name => $slug,)* } }
            /// The key of the title, the same for all of its kind.
            const fn title_key(self) -> &'static str { match self { $(Self::$name => concat!("gateway-", $slug),)* } }
            /// The key of the detail when there is nothing closer to say.
            const fn detail_key(self) -> &'static str { match self { $(Self::$name => concat!("gateway-", $slug, "-text"),)* } }
        }
    };
}

kinds! {
    /// Held: a person must approve first.
    ApprovalRequired = 403 "approval-required";
    /// The request can be read in more than one way.
    AmbiguousRequest = 400 "ambiguous-request";
    /// The body cannot be read.
    UnreadableBody = 400 "unreadable-body";
    /// The body is longer than what may be read or held.
    BodyTooLarge = 413 "body-too-large";
    /// The user is not in the directory.
    UnknownUser = 401 "unknown-user";
    /// The user has nothing to approve with.
    NoAuthenticator = 403 "no-authenticator";
    /// The request is of a sort that cannot be held.
    NotHoldable = 403 "not-holdable";
    /// Too much is held already.
    Quota = 429 "quota";
    /// Another site caused the request.
    CrossSite = 403 "cross-site-request";
    /// A policy says no.
    Denied = 403 "denied-by-policy";
    /// The code or assertion is wrong.
    WrongAnswer = 422 "wrong-answer";
    /// Too many wrong answers.
    Throttled = 429 "throttled";
    /// Not there, or not yours.
    NotFound = 404 "not-found";
    /// The state does not allow it.
    Conflict = 409 "conflict";
    /// It was released before.
    AlreadyReleased = 409 "already-released";
    /// Its time is over.
    Expired = 410 "expired";
    /// Somebody rejected it.
    Rejected = 410 "rejected";
    /// The gateway's own memory fails.
    StoreUnavailable = 503 "store-unavailable";
    /// No upstream takes connections.
    UpstreamUnreachable = 502 "upstream-unreachable";
    /// The upstream does not answer in time.
    UpstreamTimeout = 504 "upstream-timeout";
    /// No application has this host.
    Misdirected = 421 "misdirected";
    /// The method is never forwarded.
    MethodRefused = 405 "method-refused";
    /// The head of the request is too long.
    HeadTooLarge = 431 "head-too-large";
    /// A fault of the gateway's own.
    Internal = 500 "internal";
}

impl Kind {
    /// The title in a problem document.
    pub(crate) fn title(self) -> String {
        Text::default().say(self.title_key())
    }

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

/// What is said beyond the title.
enum Detail {
    /// What is said of all of its kind.
    OfKind,
    /// Closer words by their key, with their values.
    Said(Box<(&'static str, Vec<(&'static str, String)>)>),
    /// English words for those who look after the application; on a page in another language they stand below its kind's.
    Technical(Cow<'static, str>),
}

/// A refusal with what is known about it.
pub(crate) struct Refusal {
    kind: Kind,
    detail: Detail,
    retry_after: Option<i64>,
    members: Map<String, Value>,
    /// Where to go on, and the key of the words for it.
    link: Option<(String, &'static str)>,
}

impl Refusal {
    /// A refusal with its kind's own words.
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, detail: Detail::OfKind, retry_after: None, members: Map::new(), link: None }
    }

    /// With closer words in English, for those who look after application and policies.
    #[must_use]
    pub(crate) fn because(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Detail::Technical(detail.into());
        self
    }

    /// With closer words in the client's language: a key and its values.
    #[must_use]
    pub(crate) fn said(
        mut self,
        key: &'static str,
        values: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        self.detail = Detail::Said(Box::new((key, values.into_iter().collect())));
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
        let outcome = super::hold::outcome(view);
        self.member("held", serde_json::json!({ "id": view.id.to_string(), "state": view.state.as_str(), "outcome": outcome }))
    }

    /// With where to go on, on a page, and the key of the words for it.
    #[must_use]
    pub(crate) fn link(mut self, href: impl Into<String>, words: &'static str) -> Self {
        self.link = Some((href.into(), words));
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
        let written = self.written(&ctx.shared, Form::of(&head.headers), page::text(&head.headers));
        tracing::info!(
            reference = %written.reference, refusal = self.kind.slug(), status = self.kind.status(),
            method = %head.method, path = loggable(head.uri.path()), client = %ctx.arrival.client, "refused: {}", self.detail()
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

    /// The detail in a problem document and in the log.
    fn detail(&self) -> Cow<'_, str> {
        match &self.detail {
            Detail::Technical(detail) => Cow::Borrowed(detail.as_ref()),
            Detail::OfKind | Detail::Said(_) => Cow::Owned(self.detail_in(Text::default())),
        }
    }

    /// The detail on a page.
    fn detail_in(&self, t: Text) -> String {
        match &self.detail {
            Detail::Technical(detail) if t == Text::default() => detail.clone().into_owned(),
            Detail::Technical(_) | Detail::OfKind => t.say(self.kind.detail_key()),
            Detail::Said(said) => t.tell_all(said.0, &said.1),
        }
    }

    /// What goes over the wire: a page or plain text in the client's language, or a problem document.
    pub(crate) fn written(&self, shared: &Shared, form: Form, t: Text) -> Written {
        let reference = Id::<Reference>::new(shared.clock.now(), &*shared.entropy);
        let mut headers: Vec<(&'static str, Cow<'static, str>)> = Vec::new();
        if let Some(seconds) = self.retry_after {
            headers.push(("retry-after", seconds.to_string().into()));
        }
        if self.kind == Kind::MethodRefused {
            headers.push(("allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS".into()));
        }
        let body = match form {
            Form::Page => {
                headers.extend(page::headers(t).into_iter().map(|(name, value)| (name, value.into())));
                self.page(t, reference)
            }
            Form::Plain => {
                headers.extend(terminal::headers(t).into_iter().map(|(name, value)| (name, value.into())));
                terminal::Refused {
                    title: t.say(self.kind.title_key()),
                    detail: self.detail_in(t),
                    technical: self.technical(t),
                    link: self.link.as_ref().map(|(href, words)| (href.as_str(), t.say(words))),
                    reference: t.tell("gateway-reference", "reference", reference.to_string()),
                }
                .text()
            }
            Form::Document => {
                headers.push(("cache-control", "no-store".into()));
                headers.push(("content-type", "application/problem+json".into()));
                self.problem(reference).to_string()
            }
        };
        Written { reference, headers, body: Bytes::from(body) }
    }

    /// What is told in English below words in another language.
    fn technical(&self, t: Text) -> Option<&str> {
        match &self.detail {
            Detail::Technical(detail) if t != Text::default() => Some(detail.as_ref()),
            Detail::Technical(_) | Detail::OfKind | Detail::Said(_) => None,
        }
    }

    fn page(&self, t: Text, reference: Id<Reference>) -> String {
        let given = self.link.as_ref().map(|(href, words)| (href.as_str(), *words));
        let link = given.or_else(|| self.kind.leads_back().then_some(("/", key("gateway-to-app"))));
        page::RefusalPage {
            t,
            title: t.say(self.kind.title_key()),
            detail: self.detail_in(t),
            technical: self.technical(t),
            reference: &reference.to_string(),
            link: link.map(|(href, words)| (href, t.say(words))),
        }
        .html()
    }

    /// The whole answer in HTTP/1.1, for a request that no session was made of. The connection closes after it.
    pub(crate) fn as_bytes(&self, shared: &Shared) -> Vec<u8> {
        let Written { reference, headers, body } = self.written(shared, Form::Document, Text::default());
        tracing::info!(%reference, refusal = self.kind.slug(), "refused: {}", self.detail());
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
        problem.insert("detail".into(), self.detail().into());
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
