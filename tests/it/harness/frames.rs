//! An HTTP/2 client that sends whatever frames a test says: field names in any case, pseudo-headers twice or last, bytes that no client
//! library would send. Fields are literals without indexing (RFC 7541 §6.2.2), so that nothing needs a table.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// What came back on the stream.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// The status, if a head came.
    pub(crate) status: Option<u16>,
    /// The data.
    pub(crate) body: Vec<u8>,
}

const HEADERS: u8 = 1;
const DATA: u8 = 0;
const RESET: u8 = 3;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    out.extend([kind, flags]);
    out.extend(stream.to_be_bytes());
    out.extend_from_slice(payload);
    out
}

fn text(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut length = bytes.len();
    if length < 127 {
        out.push(u8::try_from(length).unwrap());
    } else {
        out.push(127);
        length -= 127;
        while length >= 128 {
            out.push(u8::try_from(length % 128).unwrap() | 128);
            length /= 128;
        }
        out.push(u8::try_from(length).unwrap());
    }
    out.extend_from_slice(bytes);
}

/// One request on stream 1: these fields in this order, this body, and these trailers if any.
pub(crate) fn request(
    fields: &[(Vec<u8>, Vec<u8>)],
    body: &[u8],
    trailers: &[(Vec<u8>, Vec<u8>)],
) -> Vec<u8> {
    let block = |fields: &[(Vec<u8>, Vec<u8>)]| {
        let mut block = Vec::new();
        for (name, value) in fields {
            block.push(0);
            text(&mut block, name);
            text(&mut block, value);
        }
        block
    };
    let mut out = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    out.extend(frame(4, 0, 0, &[]));
    let ends = if body.is_empty() && trailers.is_empty() { END_STREAM } else { 0 };
    out.extend(frame(HEADERS, END_HEADERS | ends, 1, &block(fields)));
    if !body.is_empty() {
        out.extend(frame(DATA, if trailers.is_empty() { END_STREAM } else { 0 }, 1, body));
    }
    if !trailers.is_empty() {
        out.extend(frame(HEADERS, END_HEADERS | END_STREAM, 1, &block(trailers)));
    }
    out
}

/// Sends these bytes, and takes what comes on stream 1 until it or the connection ends.
pub(crate) async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> Reply {
    let mut reply = Reply::default();
    stream.write_all(bytes).await.ok();
    stream.flush().await.ok();
    let read = async {
        let (mut buffer, mut piece) = (Vec::new(), vec![0; 16384]);
        loop {
            while buffer.len() >= 9 {
                let length =
                    usize::from(buffer[0]) << 16 | usize::from(buffer[1]) << 8 | usize::from(buffer[2]);
                if buffer.len() < 9 + length {
                    break;
                }
                let frame: Vec<u8> = buffer.drain(..9 + length).collect();
                let (kind, flags, payload) = (frame[3], frame[4], &frame[9..]);
                let ours = frame[5..9] == [0, 0, 0, 1];
                match kind {
                    HEADERS if ours => reply.status = reply.status.or_else(|| status(payload)),
                    DATA if ours => reply.body.extend_from_slice(payload),
                    _ => {}
                }
                let ended = ours && flags & END_STREAM != 0 && (kind == HEADERS || kind == DATA);
                if ended || kind == GOAWAY || (ours && kind == RESET) {
                    return;
                }
            }
            match stream.read(&mut piece).await {
                Ok(count @ 1..) => buffer.extend_from_slice(&piece[..count]),
                _ => return,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), read).await.ok();
    reply
}

/// The status at the start of a block: from the static table, or a literal, which may be in the code of RFC 7541 appendix B.
fn status(block: &[u8]) -> Option<u16> {
    let known = |byte: &u8| {
        let at = usize::from(byte.checked_sub(0x88)?);
        [200, 204, 206, 304, 400, 404, 500].get(at).copied()
    };
    let (first, rest) = block.split_first()?;
    if let Some(status) = known(first) {
        return Some(status);
    }
    let (length, rest) = rest.split_first()?;
    let value = rest.get(..usize::from(length & 0x7f))?;
    if length & 0x80 == 0 {
        return std::str::from_utf8(value).ok()?.parse().ok();
    }
    let bits: Vec<u8> = value.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let number = |bits: &[u8]| bits.iter().fold(0_u16, |sum, bit| sum << 1 | u16::from(*bit));
    let (mut at, mut status) = (0, 0);
    for _ in 0..3 {
        let short = number(bits.get(at..at + 5)?);
        let digit = if short <= 2 {
            at += 5;
            short
        } else {
            at += 6;
            number(bits.get(at - 6..at)?).checked_sub(0b011_001)? + 3
        };
        status = status * 10 + digit;
    }
    Some(status)
}
