//! Writes answers of the gateway's own to a client, in HTTP/1 and HTTP/2 alike.
//!
//! **Invariant:** a HEAD request gets the head alone; an answer that comes before the request's body was read does not
//! desynchronise the connection: it closes it, after what is on its way was taken in, so that no reset overtakes the answer.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, TRANSFER_ENCODING};
use http::{HeaderValue, Method, Version};
use pingora::http::ResponseHeader;
use pingora::proxy::Session;
use pingora::{Error, ErrorType};
use tokio::sync::mpsc;

use crate::flow::kept::Kept;

use super::forwarder::{Failure, Frame};
use super::inject;

/// The most that is read of a body nobody wants, so that the client sees the answer, and for how long.
const LINGER_BYTES: usize = 16 << 20;
const LINGER_FOR: Duration = Duration::from_secs(3);

/// Writes a whole answer. `headers` are lower-case names; the length is added.
pub(crate) async fn full(
    session: &mut Session,
    status: u16,
    headers: &[(&'static str, &str)],
    body: Bytes,
) -> pingora::Result<()> {
    inject::stop(session);
    let mut head = ResponseHeader::build(status, Some(headers.len() + 3))?;
    for (name, value) in headers {
        head.append_header(*name, *value)?;
    }
    head.insert_header("content-length", HeaderValue::from(body.len()))?;
    let bare = session.req_header().method == Method::HEAD || body.is_empty();
    session.set_write_timeout(Some(Duration::from_secs(30)));
    session.write_response_header(Box::new(head), bare).await?;
    if !bare {
        session.write_response_body(Some(body), true).await?;
    }
    linger(session).await;
    Ok(())
}

/// Writes an answer of an application that was kept. Its credentials for the browser were given with the first delivery; it is not
/// for any cache, and what was cut off is said to be.
pub(crate) async fn kept(session: &mut Session, kept: Kept) -> pingora::Result<()> {
    let mut head = ResponseHeader::build(kept.status, Some(kept.headers.len() + 2))?;
    for (name, value) in kept.headers {
        if !name.eq_ignore_ascii_case("content-length") && !name.eq_ignore_ascii_case("set-cookie") {
            head.append_header(name, value)?;
        }
    }
    head.insert_header("Cache-Control", "no-store")?;
    head.insert_header("Countersign-Kept", if kept.whole { "whole" } else { "beginning" })?;
    let bare = session.req_header().method == Method::HEAD
        || matches!(kept.status, 204 | 304)
        || kept.body.is_empty();
    if !matches!(kept.status, 204 | 304) {
        head.insert_header(CONTENT_LENGTH, HeaderValue::from(kept.body.len()))?;
    }
    session.write_response_header(Box::new(head), bare).await?;
    if !bare {
        session.write_response_body(Some(kept.body), true).await?;
    }
    Ok(())
}

/// What became of an answer that was handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Streamed {
    /// The client has it all.
    Whole,
    /// There was no head to begin with: another answer can be given.
    Nothing(Failure),
}

/// Hands on the answer of an application as it comes. `dress` may change its head.
///
/// # Errors
/// When the client is gone, or the answer broke off after its head: the connection must then end without a proper end.
pub(crate) async fn stream(
    session: &mut Session,
    frames: &mut mpsc::Receiver<Frame>,
    dress: impl FnOnce(&mut Session, &mut ResponseHeader) -> pingora::Result<()> + Send,
) -> pingora::Result<Streamed> {
    let (status, headers) = match frames.recv().await {
        Some(Frame::Head(status, headers)) => (status, headers),
        Some(Frame::Failed(failure)) => return Ok(Streamed::Nothing(failure)),
        Some(Frame::Data(_) | Frame::Trailers(_) | Frame::End) | None => {
            return Ok(Streamed::Nothing(Failure::Lost));
        }
    };
    let mut head = ResponseHeader::build(status, Some(headers.len() + 1))?;
    for (name, value) in headers {
        head.append_header(name, value)?;
    }
    dress(session, &mut head)?;
    let version = session.req_header().version;
    let bare = session.req_header().method == Method::HEAD || matches!(status, 204 | 304);
    if !bare && !head.headers.contains_key(CONTENT_LENGTH) {
        match version {
            Version::HTTP_11 => head.insert_header(TRANSFER_ENCODING, "chunked")?,
            // Its end is the end of the connection.
            Version::HTTP_10 => session.set_keepalive(None),
            _ => {}
        }
    }
    head.set_version(Version::HTTP_11);
    session.write_response_header(Box::new(head), bare).await?;
    loop {
        match frames.recv().await {
            Some(Frame::Data(data)) if !bare => session.write_response_body(Some(data), false).await?,
            Some(Frame::Trailers(fields)) if version == Version::HTTP_2 => {
                let mut trailers = HeaderMap::new();
                for (name, value) in fields {
                    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
                    {
                        trailers.append(name, value);
                    }
                }
                if let Some(rest) = inject::rest(session)? {
                    session.write_response_body(Some(rest), false).await?;
                }
                session.write_response_trailers(trailers).await?;
                return Ok(Streamed::Whole);
            }
            Some(Frame::Data(_) | Frame::Trailers(_) | Frame::Head(..)) => {}
            Some(Frame::End) => break,
            Some(Frame::Failed(_)) | None => {
                return Err(Error::explain(ErrorType::ConnectionClosed, "the answer broke off").into_up());
            }
        }
    }
    if !bare {
        session.write_response_body(None, true).await?;
    }
    linger(session).await;
    Ok(Streamed::Whole)
}

/// Takes in what is left of a request's body after the answer. HTTP/2 needs none of this: its streams are apart.
pub(crate) async fn linger(session: &mut Session) {
    if session.req_header().version == Version::HTTP_2 || session.is_body_done() {
        return;
    }
    let drain = async {
        let mut left = LINGER_BYTES;
        while let Ok(Some(piece)) = session.read_request_body().await {
            left = left.saturating_sub(piece.len());
            if left == 0 {
                break;
            }
        }
    };
    // Whether it ended or ran out of time, the connection is closed next.
    drop(tokio::time::timeout(LINGER_FOR, drain).await);
}
