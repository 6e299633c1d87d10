//! A client's connection on which the head of an answer waits for the first of its body, so that both go out at once.
//!
//! Pingora writes them apart, and flushes where an answer must not wait. On its own listeners a buffer joins them; this joins the two and
//! nothing else: of a body every piece goes out as it comes, and an idle connection keeps no buffer of any size.
//!
//! **Invariant:** every byte is written once and in order; whatever is flushed, or follows a head, takes the head along (the tests below).
//! Called by `listen`, for HTTP/1.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use async_trait::async_trait;
use pingora::protocols::raw_connect::ProxyDigest;
use pingora::protocols::tls::{SslDigest, TlsRef};
use pingora::protocols::{
    ALPN, GetProxyDigest, GetSocketDigest, GetTimingDigest, IO, Peek, Shutdown, SocketDigest, Ssl,
    TimingDigest, UniqueID, UniqueIDType,
};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

/// The longest head that waits.
const MOST: usize = 8 * 1024;

/// Whether these are a whole head. A piece of a body that looks so goes out with the next one, or when it is flushed.
fn is_head(bytes: &[u8]) -> bool {
    bytes.len() <= MOST && bytes.starts_with(b"HTTP/1.") && bytes.ends_with(b"\r\n\r\n")
}

/// The connection.
#[derive(Debug)]
pub(super) struct Joined<S> {
    inner: S,
    /// A head that waits, and how much of it is written.
    head: Vec<u8>,
    written: usize,
}

impl<S: IO> Joined<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner, head: Vec::new(), written: 0 }
    }

    fn waiting(&self) -> &[u8] {
        self.head.get(self.written..).unwrap_or_default()
    }

    /// So much more of the head is written. What of `count` is beyond it.
    fn wrote(&mut self, count: usize) -> usize {
        let left = self.waiting().len();
        self.written += count.min(left);
        if self.waiting().is_empty() {
            self.head.clear();
            self.written = 0;
        }
        count.saturating_sub(left)
    }

    /// Writes what waits.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        while !self.waiting().is_empty() {
            let waiting = self.head.get(self.written..).unwrap_or_default();
            match ready!(Pin::new(&mut self.inner).poll_write(cx, waiting))? {
                0 => return Poll::Ready(Err(Error::from(ErrorKind::WriteZero))),
                count => drop(self.wrote(count)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: IO> AsyncWrite for Joined<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let this = self.get_mut();
        if this.head.is_empty() && is_head(bytes) {
            this.head.extend_from_slice(bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        while !this.waiting().is_empty() && !bytes.is_empty() {
            let waiting = this.head.get(this.written..).unwrap_or_default();
            let both = [IoSlice::new(waiting), IoSlice::new(bytes)];
            match ready!(Pin::new(&mut this.inner).poll_write_vectored(cx, &both))? {
                0 => return Poll::Ready(Err(Error::from(ErrorKind::WriteZero))),
                count => match this.wrote(count) {
                    0 => {}
                    beyond => return Poll::Ready(Ok(beyond)),
                },
            }
        }
        Pin::new(&mut this.inner).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_head(cx))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_head(cx))?;
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}

impl<S: IO> AsyncRead for Joined<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_read(cx, buffer)
    }
}

#[async_trait]
impl<S: IO> Shutdown for Joined<S> {
    async fn shutdown(&mut self) {
        // The connection ends either way.
        drop(AsyncWriteExt::flush(self).await);
        Shutdown::shutdown(&mut self.inner).await;
    }
}

impl<S: IO> UniqueID for Joined<S> {
    fn id(&self) -> UniqueIDType {
        self.inner.id()
    }
}

impl<S: IO> Ssl for Joined<S> {
    fn get_ssl(&self) -> Option<&TlsRef> {
        self.inner.get_ssl()
    }

    fn get_ssl_digest(&self) -> Option<Arc<SslDigest>> {
        self.inner.get_ssl_digest()
    }

    fn selected_alpn_proto(&self) -> Option<ALPN> {
        self.inner.selected_alpn_proto()
    }
}

#[async_trait]
impl<S: IO> Peek for Joined<S> {
    async fn try_peek(&mut self, buffer: &mut [u8]) -> Result<bool> {
        self.inner.try_peek(buffer).await
    }
}

impl<S: IO> GetTimingDigest for Joined<S> {
    fn get_timing_digest(&self) -> Vec<Option<TimingDigest>> {
        self.inner.get_timing_digest()
    }

    fn get_read_pending_time(&self) -> std::time::Duration {
        self.inner.get_read_pending_time()
    }

    fn get_write_pending_time(&self) -> std::time::Duration {
        self.inner.get_write_pending_time()
    }
}

impl<S: IO> GetProxyDigest for Joined<S> {
    fn get_proxy_digest(&self) -> Option<Arc<ProxyDigest>> {
        self.inner.get_proxy_digest()
    }

    fn set_proxy_digest(&mut self, digest: ProxyDigest) {
        self.inner.set_proxy_digest(digest);
    }
}

impl<S: IO> GetSocketDigest for Joined<S> {
    fn get_socket_digest(&self) -> Option<Arc<SocketDigest>> {
        self.inner.get_socket_digest()
    }

    fn set_socket_digest(&mut self, digest: SocketDigest) {
        self.inner.set_socket_digest(digest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;

    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";

    /// What has arrived.
    async fn arrived(other: &mut tokio::io::DuplexStream) -> Vec<u8> {
        let mut bytes = vec![0; 4096];
        let wait = std::time::Duration::from_millis(20);
        let count = tokio::time::timeout(wait, other.read(&mut bytes)).await.map_or(0, |read| read.unwrap());
        bytes.truncate(count);
        bytes
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_waits_for_its_body_and_nothing_else_does() {
        let (ours, mut other) = tokio::io::duplex(4096);
        let mut joined = Joined::new(ours);
        joined.write_all(HEAD).await.unwrap();
        assert_eq!(arrived(&mut other).await, b"");
        joined.write_all(b"ab").await.unwrap();
        // A duplex stream has no vectored writes: the head goes first, the body after it.
        let mut all = arrived(&mut other).await;
        all.extend(arrived(&mut other).await);
        assert_eq!(all, [HEAD, b"ab"].concat());
        joined.write_all(b"cd").await.unwrap();
        assert_eq!(arrived(&mut other).await, b"cd");

        joined.write_all(HEAD).await.unwrap();
        joined.flush().await.unwrap();
        assert_eq!(arrived(&mut other).await, HEAD);
        joined.write_all(HEAD).await.unwrap();
        Shutdown::shutdown(&mut joined).await;
        assert_eq!(arrived(&mut other).await, HEAD);
    }

    #[tokio::test]
    async fn bytes_keep_their_order_however_few_are_taken_at_a_time() {
        for room in [1, 7, HEAD.len(), HEAD.len() + 1] {
            let (ours, mut other) = tokio::io::duplex(room);
            let writing = async move {
                let mut joined = Joined::new(ours);
                for _ in 0..3 {
                    joined.write_all(HEAD).await.unwrap();
                    joined.write_all(b"body").await.unwrap();
                }
                joined.write_all(HEAD).await.unwrap();
                joined.write_all(HEAD).await.unwrap();
                joined.flush().await.unwrap();
            };
            let reading = async {
                let mut all = Vec::new();
                other.read_to_end(&mut all).await.unwrap();
                all
            };
            let ((), all) = tokio::join!(writing, reading);
            assert_eq!(all, [[HEAD, b"body"].concat().repeat(3), HEAD.repeat(2)].concat(), "{room}");
        }
    }
}
