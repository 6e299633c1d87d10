//! The headers every answer of the portal carries, whatever it is.
//!
//! **Invariant:** no answer leaves without them: they are set in the outermost layer, over whatever a handler set
//! (`tests/it/portal_routes.rs` looks at each route, the 404, the 405 and the 421).
//! **Invariant:** no page frames ours, but for the prompt below `/frame/`, which exactly one origin may: that of the application whose
//! request is held (`tests/it/frame.rs`).

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;

use crate::base::language::Language;
use crate::base::net::{Origin, Scheme};

/// No inline script or style, nothing from elsewhere, no frames, forms to ourselves only. The way back to the
/// application is a page with a refresh, because `form-action` also governs the redirects of a form post.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      manifest-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const COEP: HeaderName = HeaderName::from_static("cross-origin-embedder-policy");

const ALWAYS: [(HeaderName, &str); 9] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Not `no-referrer`: with it a page's own form posts carry `Origin: null` and would be refused.
    (header::REFERRER_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (CORP, "same-origin"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), \
         microphone=(), payment=(), usb=()",
    ),
];

/// The one origin whose pages may frame this answer; put into its extensions by the table.
#[derive(Clone)]
pub(super) struct FramedBy(pub(super) Origin);

/// An answer that is a picture and nothing else, not even when it is opened by itself; put into its extensions by its handler.
#[derive(Clone)]
pub(super) struct Picture;

/// Sets them all.
pub(super) fn fortify(origin: &Origin, answer: &mut Response) {
    let framed = answer.extensions_mut().remove::<FramedBy>();
    let picture = answer.extensions_mut().remove::<Picture>();
    let headers = answer.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(Picture) = picture
        && let Ok(policy) = HeaderValue::from_str(&format!("{POLICY}; sandbox"))
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if let Some(FramedBy(parent)) = framed {
        let policy = POLICY.replace("frame-ancestors 'none'", &format!("frame-ancestors {parent}"));
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
            headers.remove(header::X_FRAME_OPTIONS);
            // A page that is isolated itself (COEP) frames only what says both.
            headers.insert(CORP, HeaderValue::from_static("cross-origin"));
            headers.insert(COEP, HeaderValue::from_static("require-corp"));
        }
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
