//! Question: does what no policy concerns pass untouched, in both versions of HTTP on both sides?

use std::sync::Arc;

use http::Request;
use tokio::sync::Notify;

use crate::harness::gateway::{Running, Tls, app, h2c, plain, settings};
use crate::harness::raw::Client;
use crate::harness::upstream::{Origin, Step, When, answer};
use crate::harness::{h2, noise, sha256};

const GET: &str = "GET / HTTP/1.1\r\nHost: bank.test\r\n\r\n";

fn sent(bytes: &[u8]) -> Vec<Step> {
    vec![Step::Send(bytes.to_vec())]
}

/// A gateway with TLS before one upstream, and a client in HTTP/2.
async fn over_h2(upstream: countersign::base::settings::Upstream) -> (Running, h2::Client, Tls) {
    let tls = Tls::new();
    let gateway = Running::start(settings(vec![app(&["bank.test"], vec![upstream])])).await;
    let address = gateway.listen_tls(&tls).await;
    let stream = tls.authority.connect(address, "bank.test", &["h2"]).await.unwrap();
    (gateway, h2::Client::over(stream).await, tls)
}

fn request(method: &str, path: &str) -> Request<()> {
    Request::builder().method(method).uri(format!("https://bank.test{path}")).body(()).unwrap()
}

#[tokio::test]
async fn a_request_arrives_byte_for_byte() {
    let reply =
        b"HTTP/1.1 200 Fine\r\nServer: Old/1\r\nX-CaSe: Kept\r\nX-CaSe: twice\r\nContent-Length: 2\r\n\r\nok";
    let origin = Origin::start(|_| sent(reply)).await;
    let gateway = Running::before(origin.address).await;
    let mut client = Client::connect(gateway.address).await;
    let got = client
        .ask(
            "GET /a//b/../c;d=%2f%zz?q=1&&q=%41 HTTP/1.1\r\nHost: bank.test\r\nX-CaSe: One\r\naccept: */*\r\n\
             X-CaSe: two\r\nfoo_bar: x\r\nTE: trailers\r\nKeep-Alive: 5\r\nConnection: keep-alive, te\r\n\r\n",
        )
        .await;
    assert_eq!((got.status, got.text().as_str()), (200, "ok"));
    let head = "HTTP/1.1 200 Fine\r\nServer: Old/1\r\nX-CaSe: Kept\r\nX-CaSe: twice\r\nContent-Length: 2\r\n";
    assert!(got.head.starts_with(head), "{}", got.head);
    let seen = origin.only();
    assert_eq!(seen.line(), "GET /a//b/../c;d=%2f%zz?q=1&&q=%41 HTTP/1.1");
    assert_eq!(seen.all("X-CaSe"), ["One", "two"]);
    let names = [
        "Host",
        "X-CaSe",
        "X-CaSe",
        "accept",
        "foo_bar",
        // Said to be empty, since nobody who may speak for the client named one.
        "x-forwarded-user",
        "x-forwarded-groups",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
    ];
    assert_eq!(seen.names(), names);
    assert_eq!(seen.one("host"), "bank.test");
    assert_eq!(seen.one("x-forwarded-for"), "127.0.0.1");
    assert_eq!(seen.one("x-forwarded-proto"), "http");
    assert_eq!(seen.one("x-forwarded-host"), "bank.test");
    gateway.stop().await;
}

#[tokio::test]
async fn bodies_arrive_whole_in_every_framing() {
    let origin = Origin::start(|seen| sent(&answer(200, &sha256(&seen.body)))).await;
    let origin2 = h2::Origin::start(&[]).await;
    let both = vec![
        app(&["bank.test"], vec![plain(origin.address)]),
        app(&["two.test"], vec![h2c(origin2.address)]),
    ];
    let gateway = Running::start(settings(both)).await;
    let mut client = Client::connect(gateway.address).await;
    for length in [0, 1, 70_000, 5 << 20] {
        let body = noise(length);
        for host in ["bank.test", "two.test"] {
            let head = format!("POST /u HTTP/1.1\r\nHost: {host}\r\n");
            let got = client
                .ask([format!("{head}Content-Length: {length}\r\n\r\n").as_bytes(), &body].concat())
                .await;
            assert_eq!((got.status, got.text()), (200, sha256(&body)), "{host} {length}");
            let mut chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
            for piece in body.chunks(10_007) {
                chunked.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
                chunked.extend_from_slice(piece);
                chunked.extend_from_slice(b"\r\n");
            }
            chunked.extend_from_slice(b"0\r\n\r\n");
            let got = client.ask(chunked).await;
            assert_eq!((got.status, got.text()), (200, sha256(&body)), "{host} {length} chunked");
        }
    }
    assert_eq!(origin.seen().len(), 8);
    assert!(origin.seen().iter().all(|seen| seen.connection == 0), "one connection is kept and used again");
}

#[tokio::test]
async fn bodies_arrive_whole_over_http_2() {
    let origin = Origin::start(|seen| sent(&answer(200, &sha256(&seen.body)))).await;
    let (_gateway, client, _tls) = over_h2(plain(origin.address)).await;
    let origin2 = h2::Origin::start(&[]).await;
    let (_gateway2, client2, _tls2) = over_h2(h2c(origin2.address)).await;
    let body = noise(5 << 20);
    for (client, name) in [(client, "h1"), (client2, "h2c")] {
        let mut with_length = request("PUT", "/u?x=%2f");
        with_length.headers_mut().insert("content-length", body.len().into());
        let got = client.ask(with_length, &body).await;
        assert_eq!((got.status, String::from_utf8(got.body).unwrap()), (200, sha256(&body)), "{name}");
        assert!(!got.headers.contains_key("connection"));
    }
    let seen = origin.only();
    assert_eq!(seen.line(), "PUT /u?x=%2f HTTP/1.1");
    assert_eq!(seen.one("x-forwarded-proto"), "https");
    assert_eq!(origin2.only().head.uri.path_and_query().unwrap(), "/u?x=%2f");
}

#[tokio::test]
async fn cookie_crumbs_are_joined() {
    let origin = Origin::ok().await;
    let (_gateway, client, _tls) = over_h2(plain(origin.address)).await;
    let mut crumbs = request("GET", "/");
    for crumb in ["a=1", "__Host-countersign=secret", "b=\"2 \"; c=3"] {
        crumbs.headers_mut().append("cookie", crumb.parse().unwrap());
    }
    assert_eq!(client.ask(crumbs, b"").await.status, 200);
    assert_eq!(origin.only().one("cookie"), "a=1; b=\"2 \"; c=3");
}

#[tokio::test]
async fn trailers_reach_a_client_in_http_2() {
    let origin = h2::Origin::start(&[("grpc-status", "0")]).await;
    let (_gateway, client, _tls) = over_h2(h2c(origin.address)).await;
    let mut call = request("POST", "/bank.Accounts/Get");
    call.headers_mut().insert("te", "trailers".parse().unwrap());
    call.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
    let got = client.ask(call, b"\0\0\0\0\x01x").await;
    assert_eq!(got.trailers.expect("trailers")["grpc-status"], "0");
    let seen = origin.only();
    assert_eq!(
        (seen.head.headers["te"].as_bytes(), &seen.body[..]),
        (&b"trailers"[..], &b"\0\0\0\0\x01x"[..])
    );
}

#[tokio::test]
async fn a_head_request_gets_a_head() {
    let origin =
        Origin::start(|_| sent(b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nETag: \"x\"\r\n\r\n")).await;
    let gateway = Running::before(origin.address).await;
    let mut client = Client::connect(gateway.address).await;
    for _ in 0..2 {
        client.send("HEAD /big HTTP/1.1\r\nHost: bank.test\r\n\r\n").await;
        let got = client.answer_to_head().await;
        assert_eq!((got.status, got.field("content-length")), (200, Some("1234")));
    }
    assert_eq!(origin.seen().len(), 2);
    assert_eq!(origin.seen()[0].line(), "HEAD /big HTTP/1.1");
}

#[tokio::test]
async fn ranges_and_conditions_pass() {
    let origin = Origin::start(|seen| {
        if seen.all("if-none-match").is_empty() {
            sent(b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2-4/10\r\nContent-Length: 3\r\n\r\ncde")
        } else {
            sent(b"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n")
        }
    })
    .await;
    let gateway = Running::before(origin.address).await;
    let mut client = Client::connect(gateway.address).await;
    let got = client
        .ask("GET / HTTP/1.1\r\nHost: bank.test\r\nRange: bytes=2-4\r\nAccept-Encoding: gzip\r\n\r\n")
        .await;
    assert_eq!(
        (got.status, got.field("content-range"), got.text().as_str()),
        (206, Some("bytes 2-4/10"), "cde")
    );
    let got = client.ask("GET / HTTP/1.1\r\nHost: bank.test\r\nIf-None-Match: \"x\"\r\n\r\n").await;
    assert_eq!((got.status, got.field("etag")), (304, Some("\"x\"")));
    assert_eq!(origin.seen()[0].one("range"), "bytes=2-4");
    assert_eq!(origin.seen()[0].one("accept-encoding"), "gzip");
}

#[tokio::test]
async fn informational_answers_pass() {
    let hints = b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let origin = Origin::start(|_| sent(hints)).await;
    let gateway = Running::before(origin.address).await;
    let mut client = Client::connect(gateway.address).await;
    let hint = client.ask(GET).await;
    assert_eq!((hint.status, hint.field("link")), (103, Some("</s.css>; rel=preload")));
    assert_eq!(client.answer().await.text(), "ok");
}

#[tokio::test]
async fn an_expectation_is_the_applications_to_answer() {
    // It says whether it wants the body, before it has it; the client sends none before it is told.
    let go_on = Origin::start_when(When::Head, |_| {
        sent(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok")
    })
    .await;
    let gateway = Running::before(go_on.address).await;
    let mut client = Client::connect(gateway.address).await;
    let head = "POST / HTTP/1.1\r\nHost: bank.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    assert_eq!(client.ask(head).await.status, 100);
    assert_eq!(client.ask("12345").await.status, 201);
    assert_eq!(go_on.wait_for(1).await[0].body, b"12345");
    assert_eq!(go_on.only().one("expect"), "100-continue");
}

#[tokio::test]
async fn events_come_as_they_are_sent() {
    let told = Arc::new(Notify::new());
    let wait = told.clone();
    let origin = Origin::start(move |_| {
        let head =
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        let event = |text: &str| Step::Send(format!("{:x}\r\n{text}\r\n", text.len()).into_bytes());
        vec![
            Step::Send(head.to_vec()),
            event("data: 1\n\n"),
            Step::Wait(wait.clone()),
            event("data: 2\n\n"),
            Step::Send(b"0\r\n\r\n".to_vec()),
        ]
    })
    .await;
    let gateway = Running::before(origin.address).await;
    let mut client = Client::connect(gateway.address).await;
    client.send(GET).await;
    assert!(client.head().await.to_lowercase().contains("transfer-encoding: chunked"));
    // The first event is here though the second will not be sent before we have it.
    assert_eq!(client.exactly(14).await, b"9\r\ndata: 1\n\n\r\n");
    told.notify_one();
    assert_eq!(client.exactly(14).await, b"9\r\ndata: 2\n\n\r\n");
}

#[tokio::test]
async fn a_websocket_becomes_a_tunnel() {
    let origin = Origin::start(|_| {
        let head = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n";
        vec![Step::Send(head.to_vec()), Step::Echo]
    })
    .await;
    let gateway = Running::before(origin.address).await;
    let mut client = Client::connect(gateway.address).await;
    let got = client
        .ask("GET /live HTTP/1.1\r\nHost: bank.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n\r\n")
        .await;
    assert_eq!((got.status, got.field("sec-websocket-accept")), (101, Some("x")));
    for frame in [noise(10), noise(100_000)] {
        client.send(&frame).await;
        assert_eq!(client.exactly(frame.len()).await, frame);
    }
    assert_eq!(origin.wait_for(1).await[0].one("upgrade"), "websocket");
}

#[tokio::test]
async fn an_answer_without_length_ends_with_its_connection() {
    let origin =
        Origin::start(|_| vec![Step::Send(b"HTTP/1.0 200 OK\r\n\r\nto the end".to_vec()), Step::Close]).await;
    let gateway = Running::before(origin.address).await;
    let mut client = Client::connect(gateway.address).await;
    let got = client.ask("GET / HTTP/1.1\r\nHost: bank.test\r\n\r\n").await;
    assert_eq!((got.status, got.text().as_str()), (200, "to the end"));
}
