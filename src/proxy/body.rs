//! Reads a request's body to decide about it, so that it can still be forwarded.
//!
//! Pingora forwards a body that was read before only if it can trigger one call of its body filter: from its retry buffer of
//! 64 KiB. So for a known length the buffer is switched on for the tail alone, and the filter is given the whole body
//! in its place; a long body of unknown length has no such call and goes by [`super::relay`].
//!
//! **Invariant:** a body is whole or it is nothing: an upload that was cut short is an error, never a shorter body.

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, EXPECT};
use pingora::proxy::Session;

/// What Pingora keeps of a body to send it again.
const KEPT: u64 = 64 << 10;

/// What reading came to.
pub(crate) enum Body {
    /// All of it.
    Whole(Whole),
    /// There is more than may be read. What was read is gone: the request can only be refused.
    TooLarge,
}

/// A whole body that can still be forwarded.
#[derive(Debug)]
pub(crate) struct Whole {
    bytes: Bytes,
    pub(super) by: By,
}

/// How a body that was read is forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// In Pingora's own way.
    Pump,
    /// By the forwarder.
    Relay,
}

impl Whole {
    /// A body of at most 64 KiB that was read with Pingora's retry buffer switched on.
    pub(super) fn buffered(session: &mut Session, bytes: Bytes) -> Self {
        let triggers = session.get_retry_buffer().is_some() || session.is_body_empty();
        Self { bytes, by: if triggers { By::Pump } else { By::Relay } }
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

/// Reads at most `most` bytes.
pub(crate) async fn read(session: &mut Session, most: u64) -> pingora::Result<Body> {
    let announced = session
        .req_header()
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|digits| digits.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most) {
        return Ok(Body::TooLarge);
    }
    if session.req_header().headers.contains_key(EXPECT) && !session.is_body_done() {
        session.write_continue_response().await?;
    }
    let mut bytes = BytesMut::new();
    let mut keeping = false;
    while !session.is_body_done() {
        let left = announced.map(|length| length.saturating_sub(bytes.len() as u64));
        if !keeping && left.is_none_or(|left| left <= KEPT) {
            session.enable_retry_buffering();
            keeping = true;
        }
        let Some(piece) = session.read_request_body().await? else { break };
        bytes.extend_from_slice(&piece);
        if bytes.len() as u64 > most {
            return Ok(Body::TooLarge);
        }
    }
    let triggers = session.get_retry_buffer().is_some() || session.is_body_empty();
    let by = if triggers { By::Pump } else { By::Relay };
    Ok(Body::Whole(Whole { bytes: bytes.freeze(), by }))
}
