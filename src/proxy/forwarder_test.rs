//! Question: does the forwarder send exactly once, on a fresh connection, both ways at once, and say honestly how it ended?

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use crate::base::dialect::Dialect;
use crate::base::settings::{
    AppSettings, HostPattern, IdentitySettings, Inject, Timeouts, Title, Upstream, UpstreamScheme,
};
use crate::base::tasks::Tasks;
use crate::base::time::{Span, SystemClock};
use crate::request::render::Rendered;

use super::apps::{App, Apps};
use super::forwarder::{Failure, Forwarder, Frame, FreshConnection, Pieces, Unreadable};
use super::stage::{Again, Passage};

/// So many pieces of 64 KiB, then the end or a failure.
struct Upload {
    pieces: usize,
    breaks: bool,
}

#[async_trait]
impl Pieces for Upload {
    async fn next(&mut self) -> Result<Option<Bytes>, Unreadable> {
        match self.pieces.checked_sub(1) {
            Some(left) => {
                self.pieces = left;
                Ok(Some(Bytes::from(vec![b'x'; 65536])))
            }
            None if self.breaks => Err(Unreadable),
            None => Ok(None),
        }
    }
}

fn app(address: SocketAddr) -> Arc<App> {
    let upstream =
        Upstream { scheme: UpstreamScheme::Http, host: address.ip().to_string(), port: address.port() };
    let settings = AppSettings {
        name: "bank".into(),
        title: Title::default(),
        hosts: vec![HostPattern("bank.test".parse().unwrap())],
        upstreams: vec![upstream],
        origins: Vec::new(),
        inspect_body: 0,
        hold_body: 0,
        identity: IdentitySettings::Header { user: "x-user".into(), groups: None },
        login_paths: Vec::new(),
        pass_headers: Vec::new(),
        dialect: Dialect::default(),
        inject: Inject::Auto,
        inject_limit: 4 << 20,
    };
    Apps::new(vec![Arc::new(settings)]).find(b"bank.test", crate::base::net::Scheme::Http).unwrap().clone()
}

async fn connect(address: SocketAddr) -> FreshConnection {
    let timeouts = Timeouts { read: Span::from_secs(5), ..Timeouts::default() };
    let forwarder = Forwarder::new(None);
    forwarder.connect(&app(address), &timeouts, &SystemClock::default()).await.unwrap()
}

fn request(length: u64) -> Rendered {
    Rendered {
        method: "POST",
        target: "/transfer?a=%2f".into(),
        host: "bank.test".into(),
        headers: vec![("X-CaSe".into(), b"1".to_vec()), ("Cookie".into(), b"s=1".to_vec())],
        content_length: Some(length),
    }
}

/// An origin for one connection, which is served by `serve`.
async fn origin<F, R>(serve: F) -> (SocketAddr, oneshot::Receiver<R::Output>)
where
    F: FnOnce(TcpStream) -> R + Send + 'static,
    R: Future<Output: Send + 'static> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (done, outcome) = oneshot::channel();
    Tasks::default().spawn("origin", async move {
        let (socket, _) = listener.accept().await.unwrap();
        drop(done.send(serve(socket).await));
    });
    (address, outcome)
}

async fn read_head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// All frames, in words.
async fn told(mut frames: mpsc::Receiver<Frame>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    while let Some(frame) = frames.recv().await {
        words.push(match frame {
            Frame::Head(status, headers) => format!("{status} {}", headers.len()),
            Frame::Data(data) => String::from_utf8_lossy(&data).into_owned(),
            Frame::Trailers(_) => "trailers".into(),
            Frame::End => "end".into(),
            Frame::Failed(failure) => format!("{failure:?}"),
        });
    }
    words
}

fn leave() -> Passage {
    Passage::new(Again::Never)
}

#[tokio::test]
async fn exact_bytes_are_sent_and_informational_answers_passed_over() {
    let (address, seen) = origin(async |mut socket: TcpStream| {
        let head = read_head(&mut socket).await;
        let mut body = vec![0; 65536 * 2];
        socket.read_exact(&mut body).await.unwrap();
        let answer = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nX-End: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
        socket.write_all(answer.as_bytes()).await.unwrap();
        (head, body.iter().all(|byte| *byte == b'x'))
    })
    .await;
    let (sink, frames) = mpsc::channel(1);
    let connection = connect(address).await;
    let sending = connection.send(leave(), request(65536 * 2), Upload { pieces: 2, breaks: false }, sink);
    let ((), words) = tokio::join!(sending, told(frames));
    assert_eq!(words, ["200 1", "ok", "end"]);
    let (head, whole) = seen.await.unwrap();
    assert!(whole);
    let expected = "POST /transfer?a=%2f HTTP/1.1\r\nHost: bank.test\r\nX-CaSe: 1\r\nCookie: s=1\r\nContent-Length: 131072\r\n\r\n";
    assert_eq!(head, expected);
}

#[tokio::test]
async fn an_early_refusal_is_seen_while_the_upload_is_stuck() {
    let (address, _seen) = origin(async |mut socket: TcpStream| {
        read_head(&mut socket).await;
        // It reads nothing more, and keeps the connection open until the other side ends it.
        socket.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno").await.unwrap();
        let mut rest = Vec::new();
        drop(socket.read_to_end(&mut rest).await);
    })
    .await;
    let (sink, frames) = mpsc::channel(1);
    let connection = connect(address).await;
    let upload = Upload { pieces: 1600, breaks: false };
    let ((), words) =
        tokio::join!(connection.send(leave(), request(65536 * 1600), upload, sink), told(frames));
    assert_eq!(words, ["413 1", "no", "end"]);
}

#[tokio::test]
async fn nobody_listening_does_not_stop_it() {
    let (address, seen) = origin(async |mut socket: TcpStream| {
        read_head(&mut socket).await;
        let mut body = vec![0; 65536 * 40];
        socket.read_exact(&mut body).await.unwrap();
        socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
        socket.read_u8().await.is_err()
    })
    .await;
    let (sink, frames) = mpsc::channel(1);
    drop(frames);
    let connection = connect(address).await;
    connection.send(leave(), request(65536 * 40), Upload { pieces: 40, breaks: false }, sink).await;
    assert!(seen.await.unwrap(), "the application had it all, and the connection was not used again");
}

#[tokio::test]
async fn failures_are_told_for_what_they_are() {
    // A body that cannot be begun: nothing was sent.
    let (address, seen) = origin(async |mut socket: TcpStream| {
        let mut all = Vec::new();
        socket.read_to_end(&mut all).await.unwrap();
        all.len()
    })
    .await;
    let (sink, frames) = mpsc::channel(1);
    let connection = connect(address).await;
    let sending = connection.send(leave(), request(10), Upload { pieces: 0, breaks: true }, sink);
    let ((), words) = tokio::join!(sending, told(frames));
    assert_eq!((words, seen.await.unwrap()), (vec![format!("{:?}", Failure::BeforeSend)], 0));

    // A body that breaks off: the application sees an unfinished request, and nobody knows.
    let (address, seen) = origin(async |mut socket: TcpStream| {
        read_head(&mut socket).await;
        let mut body = Vec::new();
        drop(socket.read_to_end(&mut body).await);
        body.len()
    })
    .await;
    let (sink, frames) = mpsc::channel(1);
    let connection = connect(address).await;
    let sending = connection.send(leave(), request(65536 * 9), Upload { pieces: 1, breaks: true }, sink);
    let ((), words) = tokio::join!(sending, told(frames));
    assert_eq!(words, ["Lost"]);
    assert_eq!(seen.await.unwrap(), 65536);

    // No answer at all, and one that breaks off.
    for (answer, words) in
        [("", vec!["Lost"]), ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", vec!["200 1", "ok", "Lost"])]
    {
        let (address, _seen) = origin(async move |mut socket: TcpStream| {
            read_head(&mut socket).await;
            socket.write_all(answer.as_bytes()).await.unwrap();
        })
        .await;
        let (sink, frames) = mpsc::channel(1);
        let connection = connect(address).await;
        let sending = connection.send(leave(), request(0), Upload { pieces: 0, breaks: false }, sink);
        assert_eq!(tokio::join!(sending, told(frames)).1, words);
    }

    // Nobody to connect to.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody =
        Forwarder::new(None).connect(&app(gone), &Timeouts::default(), &SystemClock::default()).await;
    assert!(nobody.is_err());
}
