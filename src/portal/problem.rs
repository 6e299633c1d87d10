//! Refusals as pages: one exhaustive translation from what went wrong to status, words and the way on.
//!
//! **Invariant:** every refusal carries a reference that is also in the log; the cause is in the log only.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::Portal;
use super::page::{Notice, page};
use crate::base::id::{Held, Id, Reference};
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
    /// A form that may not be read.
    Form(FormFault),
    /// No such page.
    NoPage,
    /// No such method on this page.
    WrongMethod,
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

/// What a person is told.
struct Told {
    status: StatusCode,
    /// The stable name, as in the problem documents.
    code: &'static str,
    title: &'static str,
    text: &'static str,
    next: &'static str,
    /// The prompt to open again, where that helps.
    prompt: Option<Id<Held>>,
}

fn told(
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    text: &'static str,
    next: &'static str,
) -> Told {
    Told { status, code, title, text, next, prompt: None }
}

fn tell(refusal: &Refusal) -> Told {
    match refusal {
        Refusal::NotFound => told(
            StatusCode::NOT_FOUND,
            "not-found",
            "There is no such request",
            "No request of yours is kept under this address. It may be long over, or the address is not complete.",
            "Go back to the application and start again from there.",
        ),
        Refusal::OtherBrowser => told(
            StatusCode::FORBIDDEN,
            "other-browser",
            "This prompt belongs to another browser",
            "Only the browser that made a request can countersign it, and the link to the prompt works once. \
             Nothing was sent and nothing was decided.",
            "Go back to the window in which you started; the page there leads to the prompt again. If somebody \
             sent you this link, do not open it: tell your helpdesk.",
        ),
        Refusal::Misdirected => told(
            StatusCode::MISDIRECTED_REQUEST,
            "misdirected",
            "This name is not served here",
            "The request was for another host than this portal's own.",
            "Check the address.",
        ),
        Refusal::Speculative => told(
            StatusCode::FORBIDDEN,
            "loaded-ahead",
            "This page opens only when you go there",
            "Something loaded this link ahead of you. The link was not used up.",
            "Open it again to see the prompt.",
        ),
        Refusal::Framed => told(
            StatusCode::FORBIDDEN,
            "framed",
            "This page opens only in its own window",
            "A prompt is not shown inside another page, so that nobody can hide what you countersign.",
            "Open it in its own window.",
        ),
        Refusal::Form(fault) => tell_form(fault),
        Refusal::NoPage => told(
            StatusCode::NOT_FOUND,
            "not-found",
            "There is no such page",
            "Nothing is served under this address.",
            "Go back to the application and start again from there.",
        ),
        Refusal::WrongMethod => told(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "That cannot be done here",
            "This address does not take that kind of request. Nothing was done.",
            "Go back and use the buttons of the page.",
        ),
        Refusal::Unavailable(id, _) => Told {
            prompt: Some(*id),
            ..told(
                StatusCode::SERVICE_UNAVAILABLE,
                "store-unavailable",
                "We cannot look this up right now",
                "The place where held requests are kept does not answer. Without it nothing is sent to the \
                 application; what was already decided stays decided.",
                "Wait a moment, then open the prompt again: it shows where things stand.",
            )
        },
    }
}

fn tell_form(fault: &FormFault) -> Told {
    match fault {
        FormFault::Foreign(id) => Told {
            prompt: Some(*id),
            ..told(
                StatusCode::FORBIDDEN,
                "cross-site-request",
                "This form did not come from our page",
                "It was sent by another page or without saying from where, so nothing was done.",
                "If you meant to countersign, open the prompt and do it there.",
            )
        },
        FormFault::NotAForm => told(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not-a-form",
            "This was not a form",
            "The portal reads ordinary web forms only. Nothing was done.",
            "Go back and submit the form again.",
        ),
        FormFault::TooLarge => told(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            "That was too long",
            "The form was longer than any code can be, or broke off. Nothing was done.",
            "Go back and enter the code again.",
        ),
        FormFault::TooSlow => told(
            StatusCode::REQUEST_TIMEOUT,
            "too-slow",
            "The form did not arrive",
            "The connection was too slow or broke off. Nothing was done.",
            "Go back and submit the form again.",
        ),
        FormFault::Incomplete => told(
            StatusCode::BAD_REQUEST,
            "unreadable-body",
            "This form is not complete",
            "A field is missing or comes twice. Nothing was done.",
            "Go back and submit the form again.",
        ),
        FormFault::Stale(id) => Told {
            prompt: Some(*id),
            ..told(
                StatusCode::FORBIDDEN,
                "stale-form",
                "This page is out of date",
                "The form was made for another visit of this browser, so nothing was done.",
                "Open the prompt again and go on from there.",
            )
        },
    }
}

impl Portal {
    /// The page of a refusal; logs it under the reference the page shows.
    pub(super) fn refuse(&self, refusal: impl Into<Refusal>) -> Response {
        let refusal = refusal.into();
        let told = tell(&refusal);
        let reference: Id<Reference> = Id::new(self.flows.now(), self.flows.entropy());
        match &refusal {
            Refusal::Unavailable(id, cause) => {
                tracing::error!(%reference, held = %id, %cause, "the portal could not work");
            }
            other => tracing::info!(%reference, refused = told.code, reason = ?other, "the portal refused"),
        }
        let Told { title, text, next, prompt, .. } = told;
        let notice = Notice { title, text, next, prompt, reference };
        let mut answer = page(told.status, &notice).into_response();
        if told.status == StatusCode::SERVICE_UNAVAILABLE {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        answer
    }
}
