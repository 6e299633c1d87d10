//! The portal's few static files, compiled in: style, script, mark and engraving.
//!
//! **Invariant:** nothing here depends on a request; they are public.

use std::sync::Arc;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use super::Portal;
use super::guard::{Anyone, Audience};

/// One compiled-in file.
macro_rules! assets {
    ($($(#[$doc:meta])* $name:ident = $file:literal, $kind:literal;)*) => {$(
        $(#[$doc])*
        pub(super) fn $name(_: &Arc<Portal>, _: Audience<Anyone>) -> Response {
            let kind = HeaderValue::from_static($kind);
            ([(header::CONTENT_TYPE, kind)], include_str!(concat!("../../templates/portal/", $file))).into_response()
        }
    )*};
}

assets! {
    /// The stylesheet.
    style = "style.css", "text/css; charset=utf-8";
    /// Countdown, waiting for changes, guard against a second click. Every page works without it.
    script = "prompt.js", "text/javascript; charset=utf-8";
    /// Asks the browser for a passkey; the one page that cannot do without script.
    passkey = "passkey.js", "text/javascript; charset=utf-8";
    /// Speaks with the application's page around a frame, and arms what can be pressed only while it is seen.
    frame = "frame.js", "text/javascript; charset=utf-8";
    /// The seal, as the browser's icon.
    mark = "mark.svg", "image/svg+xml";
    /// The fine lines along the top of a slip.
    engraving = "engraving.svg", "image/svg+xml";
}
