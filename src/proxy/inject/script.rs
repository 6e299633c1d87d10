//! The script and the element that loads it.
//!
//! **Invariant:** the element is plain ASCII and closes itself, whatever the portal is called.
//! Called by `inject` and, for the script itself, by `local`.

use std::io::Write as _;
use std::sync::LazyLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use pingora::proxy::Session;

use crate::base::net::Origin;

use super::super::write;
use super::eligible;

/// Where the script is, on the host of every application.
pub(crate) const PATH: &str = "/.countersign/agent.js";

const TEXT: &str = include_str!("../../../templates/proxy/agent.js");

/// The query that names this version of it.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let digest = ring::digest::digest(&ring::digest::SHA256, TEXT.as_bytes());
    let hash = data_encoding::HEXLOWER.encode(digest.as_ref().get(..8).unwrap_or_default());
    format!("v={hash}")
});

/// It, compressed.
static PACKED: LazyLock<Option<Bytes>> = LazyLock::new(|| {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(TEXT.as_bytes()).ok()?;
    packer.finish().ok().map(Bytes::from)
});

/// What is put into a page. `None` when something in it would have to be escaped.
pub(super) fn element(nonce: Option<&str>, portal: &Origin) -> Option<Bytes> {
    let portal = portal.to_string();
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b":/.-_+=[]".contains(&b));
    if !plain(&portal) || !nonce.is_none_or(plain) {
        return None;
    }
    let nonce = nonce.map(|nonce| format!(" nonce=\"{nonce}\"")).unwrap_or_default();
    let version = &*VERSION;
    Some(Bytes::from(format!(
        "<script src=\"{PATH}?{version}\"{nonce} data-countersign=\"{portal}\"></script>"
    )))
}

/// Answers a request for the script: for ever under its version, else to be asked for again.
pub(crate) async fn serve(session: &mut Session) -> pingora::Result<()> {
    let head = session.req_header();
    let fixed = head.uri.query() == Some(VERSION.as_str());
    let mut headers = vec![
        ("content-type", "text/javascript; charset=utf-8"),
        ("cache-control", if fixed { "public, max-age=31536000, immutable" } else { "no-cache" }),
        ("vary", "Accept-Encoding"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "same-origin"),
    ];
    let mut body = Bytes::from_static(TEXT.as_bytes());
    if let Some(packed) = PACKED.clone().filter(|_| eligible::accepts_gzip(&head.headers)) {
        headers.push(("content-encoding", "gzip"));
        body = packed;
    }
    write::full(session, 200, &headers, body).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_element_is_plain() {
        let portal: Origin = "https://approve.example.com:8443".parse().unwrap();
        let text = |nonce| element(nonce, &portal).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
        let version = &*VERSION;
        assert_eq!(version.len(), 18);
        let rest = "data-countersign=\"https://approve.example.com:8443\"></script>";
        let start = format!("<script src=\"/.countersign/agent.js?{version}\" ");
        assert_eq!(text(None).unwrap(), format!("{start}{rest}"));
        assert_eq!(text(Some("aB+/-_=")).unwrap(), format!("{start}nonce=\"aB+/-_=\" {rest}"));
        for hostile in ["a\"b", "a>b", "a b", "a&b", "ä"] {
            assert_eq!(text(Some(hostile)), None, "{hostile}");
        }
    }

    #[test]
    fn it_is_small() {
        assert!(PACKED.as_ref().unwrap().len() < 8 << 10);
    }
}
