//! Accepts connections and serves each until it ends.
//!
//! A connection with no request in progress is not waited for without end: a first head, and the TLS handshake before it, have
//! `timeouts.header` each; a later request has `timeouts.idle` to begin and then `timeouts.header` for its whole head.
//!
//! **Invariant:** each deadline is for the whole, not for each read, in HTTP/1 and HTTP/2 alike.

use std::net::SocketAddr;
use std::os::fd::AsRawFd as _;
use std::sync::Arc;
use std::time::Duration;

use pingora::apps::HttpServerApp as _;
use pingora::listeners::tls::Acceptor;
use pingora::protocols::http::ServerSession;
use pingora::protocols::http::v2::server::{self as h2, H2Accept};
use pingora::protocols::l4::stream::Stream as TcpStream;
use pingora::protocols::{ALPN, Digest, GetSocketDigest as _, SocketDigest, Stream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::Gateway;
use super::head::{self, Fault, Head};
use super::joined::Joined;
use super::refusal::Refusal;

/// How long a connection without anything in progress is kept when the server stops, for a request that is on its way.
const LINGER: Duration = Duration::from_secs(1);
/// The most connections at a time; more wait in the kernel's queue.
const MOST_CONNECTIONS: usize = 20_000;
/// Malformed HTTP/2 streams before the connection is given up.
const MOST_MALFORMED: usize = 32;

/// How clients speak to a listener.
#[derive(Clone)]
pub enum Transport {
    /// HTTP/1 without TLS.
    Plain,
    /// HTTP/2 or HTTP/1 over TLS.
    Tls(Arc<rustls::ServerConfig>),
}

impl Gateway {
    /// Serves what connects to `listener` until the gateway's tasks are stopped.
    pub fn listen(self: &Arc<Self>, listener: TcpListener, transport: &Transport) {
        let acceptor = match transport {
            Transport::Plain => None,
            Transport::Tls(config) => Some(Arc::new(Acceptor::from_server_config(config.clone()))),
        };
        let gateway = self.clone();
        self.shared.tasks.spawn("accept loop", async move {
            let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
            loop {
                let accepted = tokio::select! {
                    biased;
                    () = gateway.shared.tasks.stopping() => return,
                    accepted = async {
                        let place = places.clone().acquire_owned().await.ok();
                        (place, listener.accept().await)
                    } => accepted,
                };
                let (place, Ok((socket, peer))) = accepted else {
                    // Out of descriptors, most likely: let some connections end.
                    tracing::warn!("a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                };
                let (gateway, acceptor) = (gateway.clone(), acceptor.clone());
                let tasks = gateway.shared.tasks.clone();
                tasks.spawn("connection", async move {
                    gateway.serve(socket, peer, acceptor).await;
                    drop(place);
                });
            }
        });
    }

    async fn serve(
        self: Arc<Self>,
        socket: tokio::net::TcpStream,
        peer: SocketAddr,
        acceptor: Option<Arc<Acceptor>>,
    ) {
        drop(socket.set_nodelay(true));
        let digest = SocketDigest::from_raw_fd(socket.as_raw_fd());
        drop(digest.peer_addr.set(Some(peer.into())));
        let mut stream: TcpStream = socket.into();
        stream.set_socket_digest(digest);
        // Each way in a box of its own, so that a connection is as large as the way it takes.
        let Some(acceptor) = acceptor else {
            return Box::pin(self.serve_h1(Box::new(Joined::new(stream)))).await;
        };
        let handshake = Box::pin(acceptor.tls_handshake(stream));
        match tokio::time::timeout(self.shared.timeouts.header.to_std(), handshake).await {
            Ok(Ok(stream))
                if matches!(pingora::protocols::Ssl::selected_alpn_proto(&stream), Some(ALPN::H2)) =>
            {
                Box::pin(self.serve_h2(Box::new(stream))).await;
            }
            Ok(Ok(stream)) => Box::pin(self.serve_h1(Box::new(Joined::new(stream)))).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "a TLS handshake took too long"),
        }
    }

    async fn serve_h1(&self, mut stream: Stream) {
        let timeouts = &self.shared.timeouts;
        let mut stop = self.shared.tasks.shutdown_watch();
        let shutdown = self.shared.tasks.shutdown_watch();
        let mut patience = timeouts.header.to_std();
        loop {
            let head = {
                let mut reading = std::pin::pin!(head::read(&mut stream, patience, timeouts.header.to_std()));
                tokio::select! {
                    biased;
                    head = &mut reading => head,
                    // What is on its way is answered yet, and the connection closed with it.
                    () = async { drop(stop.wait_for(|stop| *stop).await) } => match tokio::time::timeout(LINGER, reading).await {
                        Ok(head) => head,
                        Err(_) => return,
                    },
                }
            };
            let bytes = match head {
                Head::Whole(bytes) => bytes,
                Head::Gone => return,
                Head::Refused(fault) => return Box::pin(self.refuse(stream, fault)).await,
            };
            patience = timeouts.idle.to_std();
            let mut session = ServerSession::new_http1(stream);
            session.set_keepalive(Some(60));
            session.set_pipelined_prefix(bytes);
            match self.proxy.process_new_http(session, &shutdown).await {
                Some(reused) => stream = reused.consume().0,
                None => return,
            }
        }
    }

    /// Answers a head that cannot be read, and closes.
    async fn refuse(&self, mut stream: Stream, fault: Fault) {
        let bytes = Refusal::new(fault.kind).because(fault.detail).as_bytes(&self.shared);
        let answer = async {
            stream.write_all(&bytes).await?;
            stream.flush().await?;
            // Take in what is on its way, so that no reset overtakes the answer.
            tokio::io::AsyncWriteExt::shutdown(&mut stream).await?;
            let mut sink = [0; 4096];
            let mut left = 256usize;
            while left > 0 && stream.read(&mut sink).await? > 0 {
                left -= 1;
            }
            std::io::Result::Ok(())
        };
        drop(tokio::time::timeout(Duration::from_secs(2), answer).await);
    }

    async fn serve_h2(&self, stream: Stream) {
        let timeouts = &self.shared.timeouts;
        let digest = Arc::new(Digest {
            ssl_digest: stream.get_ssl_digest(),
            timing_digest: stream.get_timing_digest(),
            proxy_digest: stream.get_proxy_digest(),
            socket_digest: stream.get_socket_digest(),
        });
        let handshake = h2::handshake(stream, None);
        let Ok(Ok(mut connection)) = tokio::time::timeout(timeouts.header.to_std(), handshake).await else {
            return;
        };
        let mut stop = self.shared.tasks.shutdown_watch();
        let active = watch::Sender::new(0usize);
        let mut patience = timeouts.header.to_std();
        let (mut stopping, mut malformed) = (false, 0);
        loop {
            let accepted = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop), if !stopping => {
                    connection.graceful_shutdown();
                    (stopping, patience) = (true, LINGER);
                    continue;
                }
                accepted = pingora::protocols::http::v2::server::HttpSession::from_h2_conn(&mut connection, digest.clone()) => accepted,
                () = idle(&active, patience) => return,
            };
            match accepted {
                Ok(Some(H2Accept::Session(session))) => {
                    patience = if stopping { patience } else { timeouts.idle.to_std() };
                    let busy = Busy::new(&active);
                    let (proxy, shutdown) = (self.proxy.clone(), self.shared.tasks.shutdown_watch());
                    self.shared.tasks.spawn("request", async move {
                        proxy.process_new_http(ServerSession::new_http2(session), &shutdown).await;
                        drop(busy);
                    });
                }
                Ok(Some(H2Accept::Rejected)) if malformed < MOST_MALFORMED => malformed += 1,
                Ok(_) | Err(_) => return,
            }
        }
    }
}

/// Resolves when nothing has been in progress for `patience`.
async fn idle(active: &watch::Sender<usize>, patience: Duration) {
    let mut seen = active.subscribe();
    if seen.wait_for(|count| *count == 0).await.is_ok() {
        tokio::time::sleep(patience).await;
    }
}

/// A stream in progress.
struct Busy(watch::Sender<usize>);

impl Busy {
    fn new(active: &watch::Sender<usize>) -> Self {
        active.send_modify(|count| *count += 1);
        Self(active.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}
