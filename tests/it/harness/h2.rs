//! HTTP/2 at both ends: a client over TLS, and an origin without TLS.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

use super::raw::PATIENCE;

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// The fields.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// What followed it.
    pub(crate) trailers: Option<HeaderMap>,
}

/// A client on one connection.
#[derive(Clone)]
pub(crate) struct Client(h2::client::SendRequest<Bytes>);

impl Client {
    /// Speaks HTTP/2 over a stream.
    pub(crate) async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        Self::with_connection(stream).await.0
    }

    /// The same, and what resolves when the connection ends.
    pub(crate) async fn with_connection(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ) -> (Self, tokio::sync::oneshot::Receiver<()>) {
        let (send, connection) = h2::client::handshake(stream).await.unwrap();
        let (end, ended) = tokio::sync::oneshot::channel();
        super::run(async move {
            connection.await.ok();
            end.send(()).ok();
        });
        (Self(send), ended)
    }

    /// Asks, with a body in pieces of 16 KiB, and takes the whole answer.
    pub(crate) async fn ask(&self, request: Request<()>, body: &[u8]) -> Answer {
        tokio::time::timeout(PATIENCE, self.exchange(request, body)).await.expect("an answer in time")
    }

    /// Begins a request without a body; the answer can be read piece by piece.
    pub(crate) async fn begin(&self, request: Request<()>) -> Response<h2::RecvStream> {
        let mut send = self.0.clone().ready().await.unwrap();
        send.send_request(request, true).unwrap().0.await.unwrap()
    }

    async fn exchange(&self, request: Request<()>, body: &[u8]) -> Answer {
        let mut send = self.0.clone().ready().await.unwrap();
        let (answer, mut stream) = send.send_request(request, body.is_empty()).unwrap();
        let pieces: Vec<Bytes> = body.chunks(16384).map(Bytes::copy_from_slice).collect();
        let count = pieces.len();
        let upload = async {
            for (at, mut piece) in pieces.into_iter().enumerate() {
                while !piece.is_empty() {
                    stream.reserve_capacity(piece.len());
                    let Some(Ok(room)) = std::future::poll_fn(|cx| stream.poll_capacity(cx)).await else {
                        return;
                    };
                    let part = piece.split_to(room.min(piece.len()));
                    if stream.send_data(part, at + 1 == count && piece.is_empty()).is_err() {
                        return;
                    }
                }
            }
        };
        let (answer, ()) = tokio::join!(answer, upload);
        whole(answer.unwrap()).await
    }
}

/// Reads an answer to its end.
pub(crate) async fn whole(answer: Response<h2::RecvStream>) -> Answer {
    let (head, mut stream) = answer.into_parts();
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data.unwrap();
        stream.flow_control().release_capacity(data.len()).unwrap();
        body.extend_from_slice(&data);
    }
    let trailers = stream.trailers().await.unwrap();
    Answer { status: head.status.as_u16(), headers: head.headers, body, trailers }
}

/// One request as an origin saw it.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The head.
    pub(crate) head: http::request::Parts,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// An origin that speaks HTTP/2 without TLS by prior knowledge. It answers 200 with the SHA-256 of the body it got, and the trailers
/// it was given; or a page, once it has one.
pub(crate) struct Origin {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    page: Arc<Mutex<Option<Page>>>,
}

/// What is answered to every request: fields and the pieces of a body.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) pieces: Vec<Bytes>,
    pub(crate) trailers: Vec<(&'static str, &'static str)>,
}

impl Origin {
    /// Starts it.
    pub(crate) async fn start(trailers: &[(&'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut after = HeaderMap::new();
        for (name, value) in trailers {
            after.insert(*name, value.parse().unwrap());
        }
        let page: Arc<Mutex<Option<Page>>> = Arc::default();
        let (log, shown) = (seen.clone(), page.clone());
        super::run(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (log, after, shown) = (log.clone(), after.clone(), shown.clone());
                super::run(async move {
                    let Ok(mut connection) = h2::server::handshake(socket).await else { return };
                    while let Some(Ok((request, respond))) = connection.accept().await {
                        let page = shown.lock().unwrap().clone();
                        match page {
                            Some(page) => show(respond, page),
                            None => super::run(serve(request, respond, log.clone(), after.clone())),
                        }
                    }
                });
            }
        });
        Self { address, seen, page }
    }

    /// From now on answers with this.
    pub(crate) fn shows(&self, page: Page) {
        *self.page.lock().unwrap() = Some(page);
    }

    /// Takes the only request there was.
    pub(crate) fn only(&self) -> Seen {
        let mut seen = self.seen.lock().unwrap();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }
}

fn show(mut respond: h2::server::SendResponse<Bytes>, page: Page) {
    let mut head = Response::new(());
    for (name, value) in page.fields {
        head.headers_mut().append(name, value.parse().unwrap());
    }
    let mut out = respond.send_response(head, false).unwrap();
    let mut after = HeaderMap::new();
    for (name, value) in page.trailers {
        after.insert(name, value.parse().unwrap());
    }
    let count = page.pieces.len();
    for (at, piece) in page.pieces.into_iter().enumerate() {
        out.send_data(piece, at + 1 == count && after.is_empty()).unwrap();
    }
    if !after.is_empty() {
        out.send_trailers(after).unwrap();
    }
}

async fn serve(
    request: Request<h2::RecvStream>,
    mut respond: h2::server::SendResponse<Bytes>,
    log: Arc<Mutex<Vec<Seen>>>,
    after: HeaderMap,
) {
    let (head, mut stream) = request.into_parts();
    let mut body = Vec::new();
    while let Some(Ok(data)) = stream.data().await {
        stream.flow_control().release_capacity(data.len()).unwrap();
        body.extend_from_slice(&data);
    }
    let digest = super::sha256(&body);
    log.lock().unwrap().push(Seen { head, body });
    let mut out = respond.send_response(Response::new(()), false).unwrap();
    out.send_data(Bytes::from(digest), after.is_empty()).unwrap();
    if !after.is_empty() {
        out.send_trailers(after).unwrap();
    }
}
