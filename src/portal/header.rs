//! The headers every answer of the portal carries, whatever it is.
//!
//! **Invariant:** no answer leaves without them: they are set in the outermost layer, over whatever a handler set
//! (`tests/it/portal_routes.rs` looks at each route, the 404, the 405 and the 421).

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::base::language::Language;
use crate::base::net::{Origin, Scheme};

/// No inline script or style, nothing from elsewhere, no frames, forms to ourselves only. The way back to the
/// application is a page with a refresh, because `form-action` also governs the redirects of a form post.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      manifest-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, &str); 9] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Not `no-referrer`: with it a page's own form posts carry `Origin: null` and would be refused.
    (header::REFERRER_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), \
         microphone=(), payment=(), usb=()",
    ),
];

/// Sets them all.
pub(super) fn fortify(origin: &Origin, headers: &mut HeaderMap) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    match origin.scheme() {
        Scheme::Https => {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
        }
        Scheme::Http => {}
    }
}

/// Says which language a page is in, and what chose it.
pub(super) fn speak(language: Language, headers: &mut HeaderMap) {
    let html =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if html {
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Language, Cookie"));
    }
}
