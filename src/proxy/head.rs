//! Reads and judges the head of an HTTP/1 request before Pingora parses it.
//!
//! Pingora reads leniently in places (bare line feeds, a length beside a transfer coding, targets it repairs), answers what it
//! cannot read with a page of its own, and has no deadline for a whole head. So the head is read here, under one deadline
//! however slowly it drips, judged, and handed to Pingora as bytes already read.
//!
//! **Invariant:** what passes has one reading: one line end, one framing, one host, a target Pingora carries byte for byte.

use std::time::Duration;

use bytes::BytesMut;
use memchr::memmem;
use pingora::http::RequestHeader;
use pingora::protocols::Stream;
use tokio::io::AsyncReadExt as _;

use crate::request::content::{holds_control, is_token_byte};

use super::refusal::Kind;

/// The most a head may have, in bytes and fields.
const MOST_BYTES: usize = 64 << 10;
const MOST_FIELDS: usize = 200;

/// What came of waiting for a head.
pub(crate) enum Head {
    /// A whole head, and whatever came with it.
    Whole(BytesMut),
    /// The client went, or was too slow. Nothing to answer.
    Gone,
    /// A head that is not carried.
    Refused(Fault),
}

/// Why a head is not carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    pub(crate) detail: &'static str,
}

const fn odd(detail: &'static str) -> Fault {
    Fault { kind: Kind::AmbiguousRequest, detail }
}

/// Waits at most `idle` for the first byte and at most `whole` from there for the rest.
pub(crate) async fn read(stream: &mut Stream, idle: Duration, whole: Duration) -> Head {
    let mut buffer = BytesMut::with_capacity(4096);
    match tokio::time::timeout(idle, stream.read_buf(&mut buffer)).await {
        Ok(Ok(count)) if count > 0 => {}
        _ => return Head::Gone,
    }
    match tokio::time::timeout(whole, rest(stream, &mut buffer)).await {
        Ok(Some(Ok(()))) => Head::Whole(fitting(buffer)),
        Ok(Some(Err(fault))) => Head::Refused(fault),
        Ok(None) | Err(_) => Head::Gone,
    }
}

/// The same bytes in no more room than they need: they stay as long as the request does, and it may wait for hours.
fn fitting(buffer: BytesMut) -> BytesMut {
    if buffer.len() <= buffer.capacity() / 2 { BytesMut::from(buffer.as_ref()) } else { buffer }
}

/// Reads on until the head is whole. `None` when the client went.
async fn rest(stream: &mut Stream, buffer: &mut BytesMut) -> Option<Result<(), Fault>> {
    let mut searched = 0;
    loop {
        // An empty line before a request is forgiven (RFC 9112 §2.2).
        while buffer.starts_with(b"\r\n") {
            drop(buffer.split_to(2));
        }
        let fresh = buffer.get(searched..).unwrap_or_default();
        if let Some(at) = memmem::find(fresh, b"\r\n\r\n") {
            return Some(buffer.get(..searched + at).map_or(Ok(()), judge));
        }
        // A bare line feed could end a head for others: do not wait for one that ends properly.
        if memmem::find(fresh, b"\n\n").is_some() {
            return Some(Err(odd("a line ends with a bare line feed")));
        }
        if buffer.len() > MOST_BYTES {
            let detail = "the head of the request is too long";
            return Some(Err(Fault { kind: Kind::HeadTooLarge, detail }));
        }
        searched = buffer.len().saturating_sub(3);
        match stream.read_buf(buffer).await {
            Ok(count) if count > 0 => {}
            _ => return None,
        }
    }
}

/// Judges a head without its last line ends.
fn judge(head: &[u8]) -> Result<(), Fault> {
    if head.len() > MOST_BYTES {
        return Err(Fault { kind: Kind::HeadTooLarge, detail: "the head of the request is too long" });
    }
    let mut lines = lines(head);
    let mut request = lines.next().unwrap_or_default();
    let mut fields = Fields::default();
    let mut count = 0;
    for line in lines {
        // Each line but the last lost its line feed to the split: a carriage return must be left.
        let bare = odd("a line ends with a bare line feed");
        match fields.pending.replace(line) {
            None => request = request.strip_suffix(b"\r").ok_or(bare)?,
            Some(line) => fields.take(line.strip_suffix(b"\r").ok_or(bare)?)?,
        }
        count += 1;
    }
    if let Some(last) = fields.pending.take() {
        fields.take(last)?;
    }
    if count > MOST_FIELDS {
        return Err(Fault { kind: Kind::HeadTooLarge, detail: "the head has too many fields" });
    }
    let line = RequestLine::read(request)?;
    fields.consistent(&line)
}

/// What lies between line feeds.
fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(head);
    std::iter::from_fn(move || {
        let all = rest?;
        let cut = memchr::memchr(b'\n', all).and_then(|at| all.split_at_checked(at));
        rest = cut.and_then(|(_, more)| more.get(1..));
        Some(cut.map_or(all, |(line, _)| line))
    })
}

struct RequestLine<'a> {
    target: &'a [u8],
    connect: bool,
    latest: bool,
}

impl<'a> RequestLine<'a> {
    fn read(line: &'a [u8]) -> Result<Self, Fault> {
        let mut words = line.split(|byte| *byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(odd("the request line has not three words"));
        };
        if method.is_empty() || !method.iter().all(|byte| is_token_byte(*byte)) {
            return Err(odd("the method is not a token"));
        }
        let latest = match version {
            b"HTTP/1.1" => true,
            b"HTTP/1.0" => false,
            _ => return Err(odd("the version is not HTTP/1.1 or HTTP/1.0")),
        };
        if target.is_empty() || !target.iter().all(|byte| (0x21..=0x7e).contains(byte)) {
            return Err(odd("the target holds something other than visible ASCII"));
        }
        if memchr::memchr(b'#', target).is_some() {
            return Err(odd("the target holds a fragment"));
        }
        // Rare characters that the parser behind may refuse: asked here, so that the refusal is ours.
        if target
            .iter()
            .any(|byte| matches!(byte, b'<' | b'>' | b'"' | b'^' | b'`' | b'\\' | b'{' | b'}' | b'|'))
            && RequestHeader::build(method, target, None).is_err()
        {
            return Err(odd("the target holds a character that no URL has"));
        }
        Ok(Self { target, connect: method == b"CONNECT", latest })
    }
}

/// What the fields say about framing and host.
#[derive(Default)]
struct Fields<'a> {
    pending: Option<&'a [u8]>,
    host: Option<&'a [u8]>,
    length: Option<&'a [u8]>,
    coding: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    fn take(&mut self, line: &'a [u8]) -> Result<(), Fault> {
        let colon = memchr::memchr(b':', line).ok_or(odd("a field has no colon"))?;
        let (name, value) = line.split_at_checked(colon).ok_or(odd("a field has no colon"))?;
        if name.is_empty() || !name.iter().all(|byte| is_token_byte(*byte)) {
            return Err(odd("the name of a field is not a token"));
        }
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if holds_control(value) {
            return Err(odd("a field holds a control character"));
        }
        if name.eq_ignore_ascii_case(b"host") {
            if self.host.replace(value).is_some() {
                return Err(odd("there is more than one Host"));
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if self.coding.replace(value).is_some() {
                return Err(odd("there is more than one Transfer-Encoding"));
            }
        } else if name.eq_ignore_ascii_case(b"content-length") {
            let digits = !value.is_empty() && value.len() <= 18 && value.iter().all(u8::is_ascii_digit);
            // Some read a number with a zero before it as octal.
            let number = digits && (value.len() == 1 || !value.starts_with(b"0"));
            if !number || self.length.replace(value).is_some_and(|other| other != value) {
                return Err(odd("the Content-Length is not one number"));
            }
        }
        Ok(())
    }

    fn consistent(&self, line: &RequestLine<'_>) -> Result<(), Fault> {
        if let Some(coding) = self.coding {
            if self.length.is_some() {
                return Err(odd("there is a Content-Length beside a Transfer-Encoding"));
            }
            if !line.latest || !coding.eq_ignore_ascii_case(b"chunked") {
                return Err(odd("the Transfer-Encoding is not `chunked`"));
            }
        }
        let Some(host) = self.host else {
            return if line.latest { Err(odd("there is no Host")) } else { Ok(()) };
        };
        if !host.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(byte)) {
            return Err(odd("the Host is not a host name"));
        }
        if line.target.starts_with(b"/") || line.connect {
            return Ok(());
        }
        match authority(line.target) {
            Some((authority, _)) if authority == host => Ok(()),
            Some(_) => Err(odd("the target names another host than Host does")),
            None => Err(odd("the target is not a path")),
        }
    }
}

/// The authority of an absolute-form `http` or `https` target, and what follows it.
pub(crate) fn authority(target: &[u8]) -> Option<(&[u8], &[u8])> {
    let scheme = target.iter().position(|byte| *byte == b':')?;
    let (scheme, rest) = target.split_at_checked(scheme)?;
    if !scheme.eq_ignore_ascii_case(b"http") && !scheme.eq_ignore_ascii_case(b"https") {
        return None;
    }
    let rest = rest.strip_prefix(b"://")?;
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    rest.split_at_checked(end)
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn heads_have_one_reading() {
        for good in [
            "GET / HTTP/1.1\r\nHost: a",
            "GET /a//b/../c;d=%2f?q=1&q HTTP/1.1\r\nhOsT:a:80\r\nX-Odd_Name: \u{e9}",
            "GET http://a:80/x HTTP/1.1\r\nHost: a:80",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked",
            "CONNECT a:443 HTTP/1.1\r\nHost: a:443",
            "GET / HTTP/1.0",
        ] {
            assert_eq!(judge(good.as_bytes()), Ok(()), "{good:?}");
        }
        for bad in [
            "",
            "GET /",
            "GET /  HTTP/1.1\r\nHost: a",
            "GET /a b HTTP/1.1\r\nHost: a",
            "GET /#x HTTP/1.1\r\nHost: a",
            "GET / HTTP/2.0\r\nHost: a",
            "GET / HTTP/1.1",
            "GET admin HTTP/1.1\r\nHost: a",
            "GET * HTTP/1.1\r\nHost: a",
            "GET ?x HTTP/1.1\r\nHost: a",
            "GET x://a/ HTTP/1.1\r\nHost: a",
            "GET http://b/ HTTP/1.1\r\nHost: a",
            "GET http://u@a/ HTTP/1.1\r\nHost: a",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a",
            "GET / HTTP/1.1\r\nHost: u@a",
            "GET / HTTP/1.1\nHost: a",
            "GET / HTTP/1.1\r\nHost: a\nX: y",
            "GET / HTTP/1.1\r\nHost: a\r\n X: folded",
            "GET / HTTP/1.1\r\nHost : a",
            "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb",
            "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 05",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked",
        ] {
            assert!(judge(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
