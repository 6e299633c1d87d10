//! Writes answers of the gateway's own to a client, in HTTP/1 and HTTP/2 alike.
//!
//! **Invariant:** a HEAD request gets the head alone; an answer that comes before the request's body was read does not
//! desynchronise the connection: it closes it, after what is on its way was taken in, so that no reset overtakes the answer.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Version};
use pingora::http::ResponseHeader;
use pingora::proxy::Session;

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
