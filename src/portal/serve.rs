//! The portal's sockets: accepting, deadlines, and an orderly end.
//!
//! **Invariant:** a client that sends its request head slowly is cut off ([`HEAD_PATIENCE`]), and the number of open
//! connections is bounded, so that nobody can keep others from the prompt by holding connections open
//! (tests below).

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::Semaphore;

use crate::base::tasks::Tasks;

/// How long a connection may take from its opening, or its last answer, to the end of the next request head.
const HEAD_PATIENCE: Duration = Duration::from_secs(15);
/// The most connections at a time; more wait in the system's queue.
const CONNECTIONS: usize = 4096;
/// How long to wait after a failed accept (no file descriptors left), instead of spinning.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves on `listener` until `tasks` stop; open connections finish their answer.
pub async fn serve(listener: TcpListener, router: Router, tasks: Tasks) {
    accept_loop(listener, router, tasks).await;
}

/// Serves on a Unix socket until `tasks` stop: for gateway listeners that pass on what is for the portal's host.
pub async fn serve_unix(listener: UnixListener, router: Router, tasks: Tasks) {
    accept_loop(listener, router, tasks).await;
}

/// A listening socket of either kind.
trait Listening: Send + Sync {
    /// A connection of it.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// The next connection.
    fn next(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Listening for TcpListener {
    type Stream = TcpStream;
    async fn next(&self) -> io::Result<TcpStream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

impl Listening for UnixListener {
    type Stream = UnixStream;
    async fn next(&self) -> io::Result<UnixStream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

async fn accept_loop(listener: impl Listening, router: Router, tasks: Tasks) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = tasks.stopping() => return,
            accepted = async {
                let place = room.clone().acquire_owned().await;
                listener.next().await.map(|stream| (stream, place))
            } => accepted,
        };
        match accepted {
            Ok((stream, place)) => {
                let connection = connection(stream, router.clone(), tasks.clone(), HEAD_PATIENCE);
                tasks.spawn("portal connection", async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the portal could not accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection<S>(stream: S, router: Router, tasks: Tasks, patience: Duration)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = tasks.stopping() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a portal connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn a_head_that_never_ends_is_cut_off() {
        let (mut client, server) = tokio::io::duplex(1024);
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n").await.unwrap();
        connection(server, Router::new(), Tasks::default(), Duration::from_millis(20)).await;
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.unwrap();
        assert!(!rest.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&rest));
    }

    #[tokio::test]
    async fn serving_ends_when_the_tasks_stop() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tasks = Tasks::default();
        tasks.spawn("portal", serve(listener, Router::new(), tasks.clone()));
        let mut idle = tokio::net::TcpStream::connect(address).await.unwrap();
        idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let mut start = [0; 12];
        idle.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 404");
        tasks.stop(Duration::from_secs(10)).await;
        let mut rest = Vec::new();
        idle.read_to_end(&mut rest).await.unwrap();
    }
}
