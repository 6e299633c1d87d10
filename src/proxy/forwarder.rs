//! Sends one request to an application on a connection of its own, apart from any client's connection.
//!
//! A fresh connection is opened first ([`Forwarder::connect`]), so that a stale one never makes an unknown outcome; what is
//! allowed is then sent ([`FreshConnection::send`]) and the answer handed over in [`Frame`]s, while the upload may still go on.
//! The caller runs it in a tracked task of its own; a reader that leaves or is slow never stops the exchange.
//!
//! **Invariant:** nothing is sent without leave, which is taken by value; a connection carries one request and is never pooled.
//! **Invariant:** [`Failure::BeforeSend`] is said only when the connection took no byte.

use std::future::Future;
use std::path::Path;
use std::pin::{Pin, pin};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use pingora::connectors::http::v2::{H2HandshakeSettings, handshake};
use pingora::connectors::{ConnectorOptions, TransportConnector};
use pingora::protocols::{ALPN, Stream};
use tokio::sync::mpsc;

use crate::base::settings::Timeouts;
use crate::base::time::Clock;
use crate::request::render::Rendered;

use super::apps::App;
use super::exchange::{self, Reader, Uploaded};
use super::upstream::Needs;

/// What an application answers, piece by piece.
#[derive(Debug)]
pub(crate) enum Frame {
    /// The final status and the end-to-end fields, names as received. Always first, unless it failed.
    Head(u16, Vec<(String, Vec<u8>)>),
    /// A piece of the body.
    Data(Bytes),
    /// What follows the body.
    Trailers(Vec<(String, Vec<u8>)>),
    /// All of it was handed over.
    End,
    /// It ends here, unfinished.
    Failed(Failure),
}

/// How an exchange failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Not a byte was sent.
    BeforeSend,
    /// Something was sent; whether it was carried out is not known (before a head), or the answer broke off (after it).
    Lost,
    /// As [`Failure::Lost`]: the application took too long.
    TimedOut,
}

/// Leave to send one request.
pub(crate) trait Leave: Send {}
impl Leave for super::stage::Passage {}

/// A body in pieces.
#[async_trait]
pub(crate) trait Pieces: Send {
    /// The next piece, `None` after the last. What cannot be read ends the exchange.
    async fn next(&mut self) -> Result<Option<Bytes>, Unreadable>;
}

/// A body cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body cannot be read")]
pub(crate) struct Unreadable;

/// A body that is in memory.
#[async_trait]
impl Pieces for Option<Bytes> {
    async fn next(&mut self) -> Result<Option<Bytes>, Unreadable> {
        Ok(self.take().filter(|bytes| !bytes.is_empty()))
    }
}

/// No upstream of the application takes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no upstream of the application takes a connection")]
pub(crate) struct ConnectError;

/// Opens fresh connections.
pub(crate) struct Forwarder {
    transport: TransportConnector,
}

/// A connection that has carried nothing yet.
pub(crate) struct FreshConnection {
    way: Way,
    patience: Duration,
}

pub(super) enum Way {
    H1(Stream),
    H2(Box<pingora::protocols::http::v2::client::Http2Session>),
}

impl Forwarder {
    /// With the machine's authorities, or those of `ca`.
    pub(crate) fn new(ca: Option<&Path>) -> Self {
        let mut options = ConnectorOptions::new(1);
        options.ca_file = ca.map(|path| path.to_string_lossy().into_owned());
        Self { transport: TransportConnector::new(Some(options)) }
    }

    /// Connects to one of the application's upstreams, each tried once.
    ///
    /// # Errors
    /// When none takes a connection in time.
    pub(crate) async fn connect(
        &self,
        app: &App,
        timeouts: &Timeouts,
        clock: &dyn Clock,
    ) -> Result<FreshConnection, ConnectError> {
        let mut route = app.upstreams.route();
        while let Some(peer) = app.upstreams.peer(&mut route, Needs::AnyVersion, timeouts, clock).await {
            let opened = async {
                let stream = self.transport.new_stream(&peer).await?;
                let h2 = match stream.selected_alpn_proto() {
                    Some(alpn) => matches!(alpn, ALPN::H2),
                    None => peer.options.alpn.get_min_http_version() == 2,
                };
                if !h2 {
                    return Ok(Some(Way::H1(stream)));
                }
                let mut settings = H2HandshakeSettings::new();
                settings.max_streams = 1;
                let connection = handshake(stream, settings).await?;
                Ok(connection.spawn_stream().await?.map(|session| Way::H2(Box::new(session))))
            };
            let opened: Result<pingora::Result<Option<Way>>, _> =
                tokio::time::timeout(timeouts.connect.to_std() * 2, opened).await;
            match opened {
                Ok(Ok(Some(way))) => return Ok(FreshConnection { way, patience: timeouts.read.to_std() }),
                Ok(Err(error)) => {
                    tracing::warn!(upstream = %peer, %error, "an upstream cannot be connected to");
                }
                Ok(Ok(None)) | Err(_) => {
                    tracing::warn!(upstream = %peer, "an upstream cannot be connected to");
                }
            }
            app.upstreams.give_up(&mut route);
        }
        Err(ConnectError)
    }
}

impl FreshConnection {
    /// Sends `request` with exactly the body it announces and hands the answer to `sink`.
    ///
    /// A receiver that is slow makes it wait, each frame for at most the application's read timeout; one that is gone is forgotten,
    /// and the exchange goes on to its end, within bounds.
    pub(crate) async fn send<L: Leave>(
        self,
        leave: L,
        request: Rendered,
        body: impl Pieces + 'static,
        sink: mpsc::Sender<Frame>,
    ) {
        let mut sink = Patient::new(sink, self.patience);
        let last = match self.exchange(request, Box::new(body), &mut sink).await {
            Ok(()) => Frame::End,
            Err(failure) => Frame::Failed(failure),
        };
        sink.offer(last).await;
        drop(leave);
    }

    async fn exchange(
        self,
        request: Rendered,
        body: Box<dyn Pieces>,
        sink: &mut Patient,
    ) -> Result<(), Failure> {
        let patience = self.patience;
        let (mut reader, mut upload) = exchange::begin(self.way, &request, body, patience).await?;
        let mut uploading = true;
        let (status, headers) = head(&mut reader, upload.as_mut(), &mut uploading, patience).await?;
        sink.offer(Frame::Head(status, headers)).await;
        let mut unheard = Unheard::default();
        loop {
            let data = tokio::select! {
                biased;
                _ = &mut upload, if uploading => {
                    uploading = false;
                    continue;
                }
                data = tokio::time::timeout(patience, reader.data()) => data.map_err(|_| Failure::TimedOut)??,
            };
            let Some(data) = data else { break };
            let length = data.len();
            sink.offer(Frame::Data(data)).await;
            if sink.is_gone() && !uploading && unheard.enough(length) {
                return Ok(());
            }
        }
        if let Some(trailers) = reader.trailers(patience).await? {
            sink.offer(Frame::Trailers(trailers)).await;
        }
        Ok(())
    }
}

/// Waits for the answer's head while the upload goes on; once that is over, for `patience`.
async fn head(
    reader: &mut Reader,
    mut upload: Pin<&mut (dyn Future<Output = Uploaded> + Send)>,
    uploading: &mut bool,
    patience: Duration,
) -> Result<(u16, Vec<(String, Vec<u8>)>), Failure> {
    let mut head = pin!(reader.head());
    let mut rest = patience;
    loop {
        tokio::select! {
            biased;
            head = &mut head => return head,
            // An application that answers early may refuse the rest: its answer is on the way.
            ended = upload.as_mut(), if *uploading => {
                *uploading = false;
                rest = match ended {
                    Uploaded::Whole => patience,
                    Uploaded::Stopped => patience.min(Duration::from_secs(5)),
                    Uploaded::Broken => return Err(Failure::Lost),
                };
            }
            () = tokio::time::sleep(rest), if !*uploading => return Err(Failure::TimedOut),
        }
    }
}

/// How much of an answer is read to the end though nobody listens any more.
#[derive(Default)]
struct Unheard(usize);

impl Unheard {
    const MOST: usize = 8 << 20;

    fn enough(&mut self, length: usize) -> bool {
        self.0 = self.0.saturating_add(length);
        self.0 > Self::MOST
    }
}

/// A receiver that is waited for, but not for ever.
pub(crate) struct Patient {
    sender: Option<mpsc::Sender<Frame>>,
    patience: Duration,
}

impl Patient {
    pub(crate) fn new(sender: mpsc::Sender<Frame>, patience: Duration) -> Self {
        Self { sender: Some(sender), patience }
    }

    /// Hands a frame over, or gives the receiver up.
    pub(crate) async fn offer(&mut self, frame: Frame) {
        let Some(sender) = &self.sender else { return };
        if !matches!(tokio::time::timeout(self.patience, sender.send(frame)).await, Ok(Ok(()))) {
            self.sender = None;
        }
    }

    /// Whether nobody listens any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.sender.as_ref().is_none_or(mpsc::Sender::is_closed)
    }
}
