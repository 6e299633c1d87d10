//! Which answers are pages that a browser shows, and what their heads say once the script is in.
//!
//! A page is `text/html`, whole, in a charset that extends ASCII byte by byte, and meant for a window or a frame. What a script of the page
//! fetches is not shown and stays as it is, HTML or not.
//!
//! **Invariant:** every answer that is left alone here is left alone altogether.
//! Called by `inject`.

use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, RANGE, TRAILER, VARY,
};
use http::{HeaderValue, Method, Version};
use pingora::http::{RequestHeader, ResponseHeader};

use super::super::form::is_navigation;
use super::coding::Coding;

/// An answer that is a page.
pub(super) struct Page {
    /// How it is compressed; `None` when it is not.
    pub(super) coding: Option<Coding>,
}

/// Whether an answer says that it is HTML: the first question, about most answers the last.
pub(super) fn is_html(head: &ResponseHeader) -> bool {
    head.headers.get(CONTENT_TYPE).is_some_and(|value| media_type(value).eq_ignore_ascii_case(b"text/html"))
}

/// Whether an answer lets a browser use the page it has, and changes what may run there.
pub(super) fn is_revalidation(head: &ResponseHeader) -> bool {
    head.status.as_u16() == 304 && super::csp::FIELDS.iter().any(|name| head.headers.contains_key(name))
}

/// Whether the answer to this request is to be shown in a window or a frame.
pub(super) fn is_asked_for(request: &RequestHeader) -> bool {
    let headers = &request.headers;
    if request.method == Method::HEAD
        || !matches!(request.version, Version::HTTP_11 | Version::HTTP_2)
        || headers.contains_key(RANGE)
    {
        return false;
    }
    let said = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    match said("sec-fetch-dest") {
        Some(b"document" | b"iframe" | b"frame") => true,
        // A service worker that hands the browser's request on; a page that is fetched before it is wanted.
        Some(b"empty") => {
            said("sec-fetch-mode") == Some(b"navigate")
                || ["sec-purpose", "purpose"]
                    .iter()
                    .any(|name| said(name).is_some_and(|v| v.starts_with(b"prefetch")))
        }
        Some(_) => false,
        // Browsers say nothing to a host without TLS.
        None => {
            is_navigation(headers)
                && !headers.contains_key("x-requested-with")
                && !headers.contains_key("hx-request")
        }
    }
}

/// The page that this is the head of; `None` when it is none, or one that must not or need not be changed.
pub(super) fn page(head: &ResponseHeader, most: u64) -> Option<Page> {
    let headers = &head.headers;
    let shown = match head.status.as_u16() {
        204..=206 => false,
        200..=299 | 400..=599 => true,
        _ => false,
    };
    let said = |name: HeaderName| {
        headers.get_all(name).iter().flat_map(|line| line.as_bytes().split(|b| *b == b','))
    };
    let no_transform =
        said(CACHE_CONTROL).any(|word| word.trim_ascii().eq_ignore_ascii_case(b"no-transform"));
    let saved = headers
        .get(CONTENT_DISPOSITION)
        .is_some_and(|value| !media_type(value).eq_ignore_ascii_case(b"inline"));
    let untouchable =
        no_transform || saved || headers.contains_key(CONTENT_RANGE) || headers.contains_key(TRAILER);
    if !shown || untouchable || !extends_ascii(headers) {
        return None;
    }
    if let Some(length) = headers.get(CONTENT_LENGTH) {
        let length: u64 = length.to_str().ok()?.parse().ok()?;
        if length == 0 || length > most {
            return None;
        }
    }
    let mut codings = said(CONTENT_ENCODING).map(<[u8]>::trim_ascii).filter(|coding| !coding.is_empty());
    let coding = match (codings.next(), codings.next()) {
        (None, _) => None,
        (Some(coding), None) => match coding.to_ascii_lowercase().as_slice() {
            b"identity" => None,
            b"gzip" | b"x-gzip" => Some(Coding::Gzip),
            b"deflate" => Some(Coding::Deflate),
            b"br" => Some(Coding::Brotli),
            b"zstd" => Some(Coding::Zstd),
            _ => return None,
        },
        (Some(_), Some(_)) => return None,
    };
    Some(Page { coding })
}

/// Whether the one content type names no charset in which an ASCII byte may mean something else. An unknown name is none to a browser.
fn extends_ascii(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(one), None) = (types.next(), types.next()) else { return false };
    one.as_bytes().split(|byte| *byte == b';').skip(1).all(|parameter| {
        let mut sides = parameter.splitn(2, |byte| *byte == b'=');
        let (name, value) = (sides.next().unwrap_or_default(), sides.next().unwrap_or_default());
        let label = value.trim_ascii().strip_prefix(b"\"").unwrap_or(value.trim_ascii());
        let label = label.strip_suffix(b"\"").unwrap_or(label);
        !name.trim_ascii().eq_ignore_ascii_case(b"charset")
            || encoding_rs::Encoding::for_label(label).is_none_or(encoding_rs::Encoding::is_ascii_compatible)
    })
}

/// Whether the client takes gzip (RFC 9110 §12.5.3).
pub(super) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter();
    let mut star = false;
    for word in lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')) {
        let mut parts = word.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let name = parts.next().unwrap_or_default();
        // `q=0`, `q=0.000`: not at all.
        let refused = parts.any(|part| {
            let mut sides = part.splitn(2, |byte| *byte == b'=');
            let quality = sides.next().unwrap_or_default().eq_ignore_ascii_case(b"q");
            quality && sides.next().unwrap_or_default().iter().all(|byte| matches!(byte, b'0' | b'.'))
        });
        if name.eq_ignore_ascii_case(b"gzip") || name.eq_ignore_ascii_case(b"x-gzip") {
            return !refused;
        }
        star |= name == b"*" && !refused;
    }
    star
}

/// Makes the head say what is true of the page with the script in it.
pub(super) fn relabel(
    head: &mut ResponseHeader,
    coded: bool,
    packs: bool,
    version: Version,
) -> pingora::Result<()> {
    head.remove_header(&CONTENT_LENGTH);
    // Parts of this page and of the application's would not fit together, and their digests differ.
    head.remove_header(&ACCEPT_RANGES);
    for name in ["content-md5", "digest", "content-digest", "repr-digest"] {
        head.remove_header(name);
    }
    if version == Version::HTTP_11 {
        head.insert_header("Transfer-Encoding", "chunked")?;
    }
    if packs {
        head.insert_header("Content-Encoding", "gzip")?;
    } else {
        head.remove_header(&CONTENT_ENCODING);
    }
    // Equivalent, not the same bytes (RFC 9110 §8.8.1). Asked with it, the application compares weakly, as it must for If-None-Match.
    if let Some(strong) = head.headers.get(ETAG).filter(|tag| tag.as_bytes().starts_with(b"\"")) {
        let weak = HeaderValue::from_bytes(&[b"W/", strong.as_bytes()].concat());
        match weak {
            Ok(weak) => head.insert_header("ETag", weak)?,
            Err(_) => drop(head.remove_header(&ETAG)),
        }
    }
    vary(head, "Sec-Fetch-Dest")?;
    if coded { vary(head, "Accept-Encoding") } else { Ok(()) }
}

/// Tells caches that the answer depends on a field of the request.
fn vary(head: &mut ResponseHeader, name: &'static str) -> pingora::Result<()> {
    let lines = head.headers.get_all(VARY).iter();
    let mut words =
        lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    if words.any(|word| word == b"*" || word.eq_ignore_ascii_case(name.as_bytes())) {
        return Ok(());
    }
    head.append_header("Vary", name).map(drop)
}

/// What comes before the parameters.
fn media_type(value: &HeaderValue) -> &[u8] {
    value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}
