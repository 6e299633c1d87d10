//! What the gateway itself serves on an application's host, under `/.countersign/`.
//!
//! **Invariant:** nothing under the prefix is ever forwarded.

mod agent;
mod api;
mod events;
mod pages;

use bytes::Bytes;
use http::Method;
use pingora::proxy::Session;

use super::guard::Guard;
use super::inject::script;
use super::refusal::{Kind, Refusal};
use super::stage::{Context, Stage};
use super::{intake, page, write};

/// The prefix that is ours on every host.
pub(crate) const PREFIX: &str = "/.countersign";

/// Whether `path` is ours, however it is spelt: escaped letters, repeated slashes and dot segments included.
pub(crate) fn is_reserved(path: &[u8]) -> bool {
    if !path.windows(4).any(|w| w.eq_ignore_ascii_case(b"sign") || w.contains(&b'%')) {
        return false;
    }
    let decoded: Vec<u8> = percent_encoding::percent_decode(path).collect();
    let mut segments = decoded.split(|b| matches!(b, b'/' | b'\\')).filter(|s| !matches!(*s, b"" | b"."));
    segments.next().is_some_and(|first| {
        let bare = first.split(|b| *b == b';').next().unwrap_or_default();
        bare.eq_ignore_ascii_case(PREFIX.trim_start_matches('/').as_bytes())
    })
}

/// Answers a request under the prefix.
pub(crate) async fn answer(session: &mut Session, ctx: &mut Context) -> pingora::Result<()> {
    let path = session.req_header().uri.path().to_owned();
    let get = matches!(session.req_header().method, Method::GET | Method::HEAD);
    if path == page::STYLE_PATH && get {
        let headers = [("content-type", "text/css; charset=utf-8"), ("cache-control", "max-age=3600")];
        ctx.stage = Stage::Answered;
        return write::full(session, 200, &headers, Bytes::from_static(page::STYLE.as_bytes())).await;
    }
    if path == script::PATH && get {
        ctx.stage = Stage::Answered;
        return script::serve(session).await;
    }
    let app = ctx.shared.apps.find(intake::host(session.req_header()), ctx.arrival.scheme).cloned();
    let (Some(app), Guard::Policies(flows)) = (app, ctx.shared.guard.clone()) else {
        return pages::not_found(session, ctx).await;
    };
    // Exactly as it is written, or not at all: these paths have one spelling.
    let Some(rest) = path.strip_prefix("/.countersign/") else { return pages::not_found(session, ctx).await };
    if rest == "jwks.json" && get {
        let headers = [("content-type", "application/jwk-set+json"), ("cache-control", "max-age=300")];
        ctx.stage = Stage::Answered;
        return write::full(session, 200, &headers, Bytes::from(flows.jwks())).await;
    }
    if let Some(rest) = rest.strip_prefix("api/v1/") {
        return api::answer(session, ctx, &app, &flows, rest).await;
    }
    if let Some(rest) = rest.strip_prefix("agent/v1/") {
        return agent::answer(session, ctx, &app, &flows, rest).await;
    }
    let plain_get = session.req_header().method == Method::GET;
    if let Some(ticket) = rest.strip_prefix("return/").filter(|_| plain_get) {
        return pages::come_back(session, ctx, &app, &flows, ticket).await;
    }
    if let Some(rest) = rest.strip_prefix("held/").filter(|_| plain_get) {
        let (id, what) = rest.split_once('/').map_or((rest, None), |(id, what)| (id, Some(what)));
        return match (id.parse(), what) {
            (Ok(id), None) => pages::held(session, ctx, &app, &flows, id).await,
            (Ok(id), Some("response")) => pages::response(session, ctx, &app, &flows, id).await,
            _ => pages::not_found(session, ctx).await,
        };
    }
    Refusal::new(Kind::NotFound).answer(session, ctx).await
}

#[cfg(test)]
mod tests {
    use super::is_reserved;

    #[test]
    fn our_prefix_is_known_in_every_spelling() {
        for ours in [
            "/.countersign",
            "/.countersign/",
            "/.countersign/x",
            "//.Countersign/x",
            "/%2ecountersign/x",
            "/./.countersign",
            "/.countersign;a=b/x",
            "/.c%6funtersign",
        ] {
            assert!(is_reserved(ours.as_bytes()), "{ours}");
        }
        for theirs in ["/", "/countersign", "/a/.countersign", "/.countersigned", "/sign", "/%2f"] {
            assert!(!is_reserved(theirs.as_bytes()), "{theirs}");
        }
    }
}
