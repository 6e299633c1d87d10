//! Refusals as pages: one exhaustive translation from what went wrong to status, words and the way on.
//!
//! **Invariant:** every refusal carries a reference that is also in the log; the cause is in the log only.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::Portal;
use super::page::{Notice, page};
use super::phone::Fault;
use crate::base::id::{Held, Id, Reference};
use crate::base::language::Text;
use crate::base::net::Origin;
use crate::flow::view::{NotYours, Unavailable};

/// Why a request to the portal is not served.
#[derive(Debug)]
pub(super) enum Refusal {
    /// No held request of this address is the viewer's.
    NotFound,
    /// The prompt is tied to another browser, or the handoff is used up.
    OtherBrowser,
    /// Asked under a name that is not the portal's.
    Misdirected,
    /// Loaded ahead, or asked for the head only, with a handoff.
    Speculative,
    /// Asked for by something that is no window: a frame, an image.
    Framed,
    /// The address for frames, asked for by something that is none.
    NotFramed,
    /// A form that may not be read.
    Form(FormFault),
    /// No such page.
    NoPage,
    /// No such method on this page.
    WrongMethod,
    /// A call of a phone that is not served.
    Phone(Fault),
    /// The flows could not work.
    Unavailable(Id<Held>, Unavailable),
}

/// Why a form is not accepted.
#[derive(Debug)]
pub(super) enum FormFault {
    /// Another site sent it, or nobody says who.
    Foreign(Id<Held>),
    /// A body that is not a form.
    NotAForm,
    /// A body larger than any form of ours, or one that broke off.
    TooLarge,
    /// A body that did not arrive in time.
    TooSlow,
    /// A field is missing, comes twice or has a value that no page of ours gives it.
    Incomplete,
    /// The token is not this browser's.
    Stale(Id<Held>),
}

impl From<FormFault> for Refusal {
    fn from(fault: FormFault) -> Self {
        Self::Form(fault)
    }
}

impl From<NotYours> for Refusal {
    fn from(not: NotYours) -> Self {
        match not {
            NotYours::NotFound => Self::NotFound,
            NotYours::OtherBrowser => Self::OtherBrowser,
        }
    }
}

/// What a person is told: keys.
struct Told {
    status: StatusCode,
    /// The stable name, as in the problem documents.
    code: &'static str,
    words: Words,
    /// The prompt to open again, where that helps.
    prompt: Option<Id<Held>>,
}

/// What happened in a few words, in a sentence or two, and what to do next: keys.
struct Words {
    title: &'static str,
    text: &'static str,
    next: &'static str,
}

/// The three keys of one refusal.
macro_rules! words {
    ($key:literal) => {
        Words { title: $key, text: concat!($key, "-text"), next: concat!($key, "-next") }
    };
}

fn told(status: StatusCode, code: &'static str, words: Words) -> Told {
    Told { status, code, words, prompt: None }
}

fn tell(refusal: &Refusal) -> Told {
    match refusal {
        Refusal::NotFound => told(StatusCode::NOT_FOUND, "not-found", words!("refusal-not-found")),
        Refusal::OtherBrowser => {
            told(StatusCode::FORBIDDEN, "other-browser", words!("refusal-other-browser"))
        }
        Refusal::Misdirected => {
            told(StatusCode::MISDIRECTED_REQUEST, "misdirected", words!("refusal-misdirected"))
        }
        Refusal::Speculative => told(StatusCode::FORBIDDEN, "loaded-ahead", words!("refusal-speculative")),
        Refusal::Framed => told(StatusCode::FORBIDDEN, "framed", words!("refusal-framed")),
        Refusal::NotFramed => told(StatusCode::FORBIDDEN, "not-framed", words!("refusal-not-framed")),
        Refusal::Form(fault) => tell_form(fault),
        Refusal::Phone(fault) => {
            let (status, code) = fault.told();
            told(status, code, words!("phone-refused"))
        }
        Refusal::NoPage => told(StatusCode::NOT_FOUND, "not-found", words!("refusal-no-page")),
        Refusal::WrongMethod => {
            told(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", words!("refusal-wrong-method"))
        }
        Refusal::Unavailable(id, _) => Told {
            prompt: Some(*id),
            ..told(StatusCode::SERVICE_UNAVAILABLE, "store-unavailable", words!("refusal-unavailable"))
        },
    }
}

fn tell_form(fault: &FormFault) -> Told {
    match fault {
        FormFault::Foreign(id) => Told {
            prompt: Some(*id),
            ..told(StatusCode::FORBIDDEN, "cross-site-request", words!("refusal-foreign"))
        },
        FormFault::NotAForm => {
            told(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-a-form", words!("refusal-not-a-form"))
        }
        FormFault::TooLarge => {
            told(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", words!("refusal-too-large"))
        }
        FormFault::TooSlow => told(StatusCode::REQUEST_TIMEOUT, "too-slow", words!("refusal-too-slow")),
        FormFault::Incomplete => {
            told(StatusCode::BAD_REQUEST, "unreadable-body", words!("refusal-incomplete"))
        }
        FormFault::Stale(id) => {
            Told { prompt: Some(*id), ..told(StatusCode::FORBIDDEN, "stale-form", words!("refusal-stale")) }
        }
    }
}

impl Portal {
    /// The page of a refusal; logs it under the reference the page shows.
    pub(super) fn refuse(&self, refusal: impl Into<Refusal>, t: Text) -> Response {
        let refusal = refusal.into();
        self.refused(&refusal, &tell(&refusal), None, t)
    }

    /// The same in a frame of the application's page, with the way on in a window.
    pub(super) async fn refuse_in_frame(&self, id: Id<Held>, refusal: Refusal, t: Text) -> Response {
        let parent = self.flows.framed_on(id).await.ok().flatten();
        let told = match (&refusal, tell(&refusal)) {
            // The token went with the page that had it.
            (Refusal::OtherBrowser, told) => Told { words: words!("frame-lost"), ..told },
            (_, told) => told,
        };
        self.refused(&refusal, &told, parent.map(|origin| (id, origin)), t)
    }

    fn refused(
        &self,
        refusal: &Refusal,
        told: &Told,
        frame: Option<(Id<Held>, Origin)>,
        t: Text,
    ) -> Response {
        let reference: Id<Reference> = Id::new(self.flows.now(), self.flows.entropy());
        match refusal {
            Refusal::Unavailable(id, cause) => {
                tracing::error!(%reference, held = %id, %cause, "the portal could not work");
            }
            Refusal::Phone(Fault::Unavailable(cause)) => {
                tracing::error!(%reference, %cause, "the portal could not work");
            }
            other => tracing::info!(%reference, refused = told.code, reason = ?other, "the portal refused"),
        }
        let Told { words: Words { title, text, next }, prompt, .. } = *told;
        let (title, text, next) = (t.say(title), t.say(text), t.say(next));
        let notice = Notice { t, title, text, next, prompt, frame, reference };
        let mut answer = page(told.status, &notice).into_response();
        if told.status == StatusCode::SERVICE_UNAVAILABLE {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        answer
    }
}
