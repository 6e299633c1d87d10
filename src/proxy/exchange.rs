//! One request and its answer on a fresh connection, in HTTP/1 or HTTP/2, both directions at once.
//!
//! **Invariant:** the head of an answer is its final one: informational ones are passed over.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Version};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::protocols::http::v1::client::HttpSession;
use pingora::protocols::http::v2::client::Http2Session;
use pingora::protocols::http::v2::write_body;
use tokio::io::AsyncWriteExt as _;

use crate::request::render::Rendered;

use super::forwarder::{Failure, Pieces, Way};
use super::line::Line;

/// Where the answer comes from.
pub(super) enum Reader {
    H1(Box<HttpSession>),
    H2(Box<Http2Session>),
}

/// Resolves when the upload is over.
pub(super) type Upload = Pin<Box<dyn Future<Output = Uploaded> + Send>>;

/// How an upload ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Uploaded {
    /// All of it was taken.
    Whole,
    /// The application takes no more. It may have answered already.
    Stopped,
    /// The rest cannot be read.
    Broken,
}

type Fields = Vec<(String, Vec<u8>)>;

/// Sends the head and prepares the upload.
pub(super) async fn begin(
    way: Way,
    request: &Rendered,
    mut body: Box<dyn Pieces>,
    patience: Duration,
) -> Result<(Reader, Upload), Failure> {
    // A body that cannot even be begun is found out while nothing was sent.
    let first = body.next().await.map_err(|_| Failure::BeforeSend)?;
    let mut source = Source { first, body, left: request.content_length.unwrap_or(0) };
    match way {
        Way::H1(stream) => {
            let head = head_h1(request).map_err(|_| Failure::BeforeSend)?;
            let mut line = Line::new(stream);
            let mut session = HttpSession::new(Box::new(line.clone()));
            session.write_timeout = Some(patience);
            if session.write_request_header(Box::new(head)).await.is_err() {
                return Err(if line.was_written() { Failure::Lost } else { Failure::BeforeSend });
            }
            let upload = async move {
                while let Some(piece) = source.next().await {
                    let Ok(piece) = piece else { return Uploaded::Broken };
                    let written = tokio::time::timeout(patience, line.write_all(&piece)).await;
                    if !matches!(written, Ok(Ok(()))) {
                        return Uploaded::Stopped;
                    }
                }
                match tokio::time::timeout(patience, line.flush()).await {
                    Ok(Ok(())) => Uploaded::Whole,
                    Ok(Err(_)) | Err(_) => Uploaded::Stopped,
                }
            };
            Ok((Reader::H1(Box::new(session)), Box::pin(upload)))
        }
        Way::H2(mut session) => {
            let head = head_h2(request).ok_or(Failure::BeforeSend)?;
            // It is queued in memory first: an error here means that the connection took none of it.
            session
                .write_request_header(Box::new(head), source.left == 0)
                .map_err(|_| Failure::BeforeSend)?;
            let mut writer = session.take_request_body_writer();
            let upload = async move {
                let Some(writer) = &mut writer else { return Uploaded::Stopped };
                if source.left == 0 {
                    return Uploaded::Whole;
                }
                while let Some(piece) = source.next().await {
                    let Ok(piece) = piece else { return Uploaded::Broken };
                    if write_body(writer, piece, false, Some(patience)).await.is_err() {
                        return Uploaded::Stopped;
                    }
                }
                match write_body(writer, Bytes::new(), true, None).await {
                    Ok(()) => Uploaded::Whole,
                    Err(_) => Uploaded::Stopped,
                }
            };
            Ok((Reader::H2(session), Box::pin(upload)))
        }
    }
}

/// A body of an announced length: neither more nor less is sent.
struct Source {
    first: Option<Bytes>,
    body: Box<dyn Pieces>,
    left: u64,
}

impl Source {
    async fn next(&mut self) -> Option<Result<Bytes, ()>> {
        if self.left == 0 {
            return None;
        }
        let piece = match self.first.take() {
            Some(first) => first,
            None => match self.body.next().await {
                Ok(Some(piece)) => piece,
                // Cut short: the connection is given up, the application sees an unfinished request.
                Ok(None) | Err(_) => return Some(Err(())),
            },
        };
        match self.left.checked_sub(piece.len() as u64) {
            Some(left) => {
                self.left = left;
                Some(Ok(piece))
            }
            None => Some(Err(())),
        }
    }
}

fn head_h1(request: &Rendered) -> pingora::Result<RequestHeader> {
    let mut head =
        RequestHeader::build(request.method, request.target.as_bytes(), Some(request.headers.len() + 2))?;
    head.set_version(Version::HTTP_11);
    head.insert_header("Host", request.host.as_str())?;
    for (name, value) in &request.headers {
        head.append_header(name.clone(), value.as_slice())?;
    }
    if let Some(length) = request.content_length {
        head.insert_header("Content-Length", HeaderValue::from(length))?;
    }
    Ok(head)
}

fn head_h2(request: &Rendered) -> Option<RequestHeader> {
    let mut head = head_h1(request).ok()?;
    let uri = http::Uri::builder().scheme("http").authority(request.host.as_str());
    head.set_uri(uri.path_and_query(request.target.as_str()).build().ok()?);
    head.remove_header("host");
    head.set_version(Version::HTTP_2);
    Some(head)
}

impl Reader {
    /// The final head.
    pub(super) async fn head(&mut self) -> Result<(u16, Fields), Failure> {
        match self {
            Self::H1(session) => loop {
                session.read_response().await.map_err(|_| Failure::Lost)?;
                let head = session.resp_header().ok_or(Failure::Lost)?;
                match head.status.as_u16() {
                    101 => return Err(Failure::Lost),
                    100..=199 => {}
                    status => return Ok((status, end_to_end(head))),
                }
            },
            Self::H2(session) => {
                session.read_response_header().await.map_err(|_| Failure::Lost)?;
                let head = session.response_header().ok_or(Failure::Lost)?;
                Ok((head.status.as_u16(), end_to_end(head)))
            }
        }
    }

    /// The next piece of the body, `None` after the last.
    pub(super) async fn data(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            let data = match self {
                Self::H1(session) => session.read_body_bytes().await,
                Self::H2(session) => session.read_response_body().await,
            };
            match data.map_err(|_| Failure::Lost)? {
                Some(data) if data.is_empty() => {}
                data => return Ok(data),
            }
        }
    }

    /// What follows the body.
    pub(super) async fn trailers(&mut self, patience: Duration) -> Result<Option<Fields>, Failure> {
        let Self::H2(session) = self else { return Ok(None) };
        let trailers = tokio::time::timeout(patience, session.read_trailers()).await;
        let trailers = trailers.map_err(|_| Failure::TimedOut)?.map_err(|_| Failure::Lost)?;
        Ok(trailers.map(|trailers| {
            trailers
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
                .collect()
        }))
    }
}

/// The fields of an answer that are not about this connection.
fn end_to_end(head: &ResponseHeader) -> Fields {
    let keep = |name: &str| !is_hop(name, &head.headers);
    if head.has_case() {
        let fields = head.case_header_iter().map(|(name, value)| (name.as_slice(), value));
        return fields
            .map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), value.as_bytes().to_vec()))
            .filter(|(name, _)| keep(name))
            .collect();
    }
    let fields = head.headers.iter().filter(|(name, _)| keep(name.as_str()));
    fields.map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect()
}

/// Whether a field is about the connection, by itself or because `Connection` says so (RFC 9110 §7.6.1).
pub(super) fn is_hop(name: &str, headers: &HeaderMap) -> bool {
    const HOPS: [&str; 7] =
        ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];
    HOPS.iter().any(|hop| name.eq_ignore_ascii_case(hop))
        || headers.get_all("connection").iter().any(|line| {
            line.as_bytes()
                .split(|byte| *byte == b',')
                .any(|token| token.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
        })
}
