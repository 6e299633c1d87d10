//! What the gateway itself serves on an application's host, under `/.countersign/`.
//!
//! **Invariant:** nothing under the prefix is ever forwarded.

use bytes::Bytes;
use pingora::proxy::Session;

use super::refusal::{Kind, Refusal};
use super::stage::Context;
use super::{page, write};

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
    let path = session.req_header().uri.path();
    if path == page::STYLE_PATH {
        let headers = [("content-type", "text/css; charset=utf-8"), ("cache-control", "max-age=3600")];
        ctx.stage = super::stage::Stage::Answered;
        return write::full(session, 200, &headers, Bytes::from_static(page::STYLE.as_bytes())).await;
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
