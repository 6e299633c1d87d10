//! A body that was read to decide about its request, and how it can still be forwarded.
//!
//! Pingora forwards a body that was read before only if it can trigger one call of its body filter: from its retry buffer of
//! 64 KiB, or because there is none. A body without such a call would be lost and the application wait for ever (measured with
//! 0.9.1); it goes by [`super::relay`].
//!
//! **Invariant:** a body is whole or it is nothing.

use bytes::Bytes;
use pingora::proxy::Session;

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
