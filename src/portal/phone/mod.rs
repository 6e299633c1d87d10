//! The phone's side: an installable page under `/phone/`, its files, and the calls it makes ([`api`]); and the prompt's page that shows
//! the number ([`asking`]).
//!
//! **Invariant:** the page itself is public and the same for everybody: what waits is only in answers to signed calls.
//! **Invariant:** its worker governs `/phone/` alone, where nothing but this page lives.

pub(super) mod api;
pub(super) mod asking;

use std::sync::Arc;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::Portal;
use super::guard::{Anyone, Audience};
use super::page::page;
use super::problem::Refusal;
use crate::base::language::Text;
use crate::flow::Unavailable;

/// The page.
#[derive(Template)]
#[template(path = "phone/page.html")]
struct Page {
    t: Text,
}

/// `GET /phone/` and `GET /phone/pair`: the page. The code of a pairing stands behind `#` and never comes here.
#[expect(clippy::needless_pass_by_value, reason = "the evidence is handed over, as to every handler")]
pub(super) fn show(_: &Arc<Portal>, who: Audience<Anyone>) -> Response {
    page(StatusCode::OK, &Page { t: who.t() })
}

/// One compiled-in file.
macro_rules! files {
    ($($(#[$doc:meta])* $name:ident = $file:literal, $kind:literal;)*) => {$(
        $(#[$doc])*
        pub(super) fn $name(_: &Arc<Portal>, _: Audience<Anyone>) -> Response {
            let kind = HeaderValue::from_static($kind);
            let bytes: &'static [u8] = include_bytes!(concat!("../../../templates/phone/", $file));
            ([(header::CONTENT_TYPE, kind)], bytes).into_response()
        }
    )*};
}

files! {
    /// The page's script: keys, calls, what is shown.
    script = "phone.js", "text/javascript; charset=utf-8";
    /// The worker that shows notifications.
    worker = "worker.js", "text/javascript; charset=utf-8";
    /// What the page looks like, beside the portal's own stylesheet.
    style = "phone.css", "text/css; charset=utf-8";
    /// What makes it installable.
    manifest = "manifest.webmanifest", "application/manifest+json";
    /// The icon.
    icon_192 = "icon-192.png", "image/png";
    /// The icon, larger.
    icon_512 = "icon-512.png", "image/png";
    /// The icon that fills its whole shape.
    icon_maskable = "icon-maskable.png", "image/png";
    /// The icon of notifications, one colour.
    badge = "badge.png", "image/png";
}

/// Why a call of a phone is not served.
#[derive(Debug)]
pub(super) enum Fault {
    /// Another site's page made it.
    Foreign,
    /// The body is not JSON.
    NotJson,
    /// The body is too large, or broke off.
    TooLarge,
    /// The body did not arrive in time.
    TooSlow,
    /// A member is missing, unknown or of another kind.
    Unreadable,
    /// No phone that is paired has signed it.
    NotPaired,
    /// The phone's clock is off; it can take the time from this answer's `Date`.
    Clock,
    /// The flows could not work.
    Unavailable(Unavailable),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Phone(fault)
    }
}

impl Fault {
    /// Status and stable name. The page's script looks at the status; one page of words is enough for whoever looks at the traffic.
    pub(super) fn told(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Foreign => (StatusCode::FORBIDDEN, "cross-site-request"),
            Self::NotJson => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "too-slow"),
            Self::Unreadable => (StatusCode::BAD_REQUEST, "unreadable-body"),
            Self::NotPaired => (StatusCode::FORBIDDEN, "not-paired"),
            Self::Clock => (StatusCode::UNAUTHORIZED, "clock"),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "store-unavailable"),
        }
    }
}
