//! Question: what happens when an application is slow, gone, one of several, or behind TLS?

use countersign::base::settings::{Upstream, UpstreamScheme};
use countersign::base::time::Span;

use crate::harness::certs::Authority;
use crate::harness::gateway::{Running, Tls, app, plain, settings};
use crate::harness::h2;
use crate::harness::raw::Client;
use crate::harness::upstream::{Origin, Step, answer};

const GET: &str = "GET / HTTP/1.1\r\nHost: bank.test\r\n\r\n";

/// An address nobody listens on.
async fn nobody() -> std::net::SocketAddr {
    tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn an_unreachable_application_is_a_502() {
    let gateway = Running::before(nobody().await).await;
    let mut client = Client::connect(gateway.address).await;
    let got = client.ask(GET).await;
    assert_eq!((got.status, got.problem().as_str()), (502, "upstream-unreachable"));
    let mut client = Client::connect(gateway.address).await;
    let page = client.ask("GET / HTTP/1.1\r\nHost: bank.test\r\nAccept: text/html\r\n\r\n").await;
    assert_eq!((page.status, page.field("content-type")), (502, Some("text/html; charset=utf-8")));
}

#[tokio::test]
async fn an_application_that_hangs_up_is_a_502() {
    let origin = Origin::start(|_| vec![Step::Close]).await;
    let gateway = Running::before(origin.address).await;
    let mut client = Client::connect(gateway.address).await;
    let got = client.ask(GET).await;
    assert_eq!((got.status, got.problem().as_str()), (502, "upstream-unreachable"));
    assert_eq!(origin.seen().len(), 1, "on a fresh connection nothing is tried again");
}

#[tokio::test]
async fn a_slow_application_is_a_504() {
    let origin = Origin::start(|_| vec![Step::Hang]).await;
    let mut impatient = settings(vec![app(&["bank.test"], vec![plain(origin.address)])]);
    impatient.timeouts.read = Span::from_millis(200);
    let gateway = Running::start(impatient).await;
    let mut client = Client::connect(gateway.address).await;
    let got = client.ask(GET).await;
    assert_eq!((got.status, got.problem().as_str()), (504, "upstream-timeout"));
    assert_eq!(origin.seen().len(), 1);
}

#[tokio::test]
async fn upstreams_take_turns_and_stand_in_for_each_other() {
    let origins = [Origin::ok().await, Origin::ok().await];
    let mut upstreams: Vec<Upstream> = origins.iter().map(|origin| plain(origin.address)).collect();
    let gateway = Running::start(settings(vec![app(&["bank.test"], upstreams.clone())])).await;
    let mut client = Client::connect(gateway.address).await;
    for _ in 0..4 {
        assert_eq!(client.ask(GET).await.status, 200);
    }
    assert_eq!(origins.each_ref().map(|origin| origin.seen().len()), [2, 2]);
    // One of three is down: every request still arrives, once, a POST too.
    upstreams.push(plain(nobody().await));
    let gateway = Running::start(settings(vec![app(&["bank.test"], upstreams)])).await;
    let mut client = Client::connect(gateway.address).await;
    for _ in 0..6 {
        let got = client.ask("POST / HTTP/1.1\r\nHost: bank.test\r\nContent-Length: 2\r\n\r\nok").await;
        assert_eq!(got.status, 200);
    }
    assert_eq!(origins.iter().map(|origin| origin.seen().len()).sum::<usize>(), 10);
}

#[tokio::test]
async fn only_what_is_safe_is_sent_again_on_a_dead_connection() {
    // The second request on a connection is read, and the connection closed without an answer.
    let origin = Origin::start(|seen| {
        if seen.line().contains("/close") && seen.connection == 0 {
            vec![Step::Close]
        } else {
            vec![Step::Send(answer(200, "ok"))]
        }
    })
    .await;
    let gateway = Running::before(origin.address).await;
    let mut client = Client::connect(gateway.address).await;
    assert_eq!(client.ask(GET).await.status, 200);
    let got = client.ask("POST /close HTTP/1.1\r\nHost: bank.test\r\nContent-Length: 2\r\n\r\nok").await;
    assert_eq!(got.problem(), "upstream-unreachable");
    assert_eq!(origin.seen().len(), 2, "a POST is never sent twice");

    let gateway = Running::before(origin.address).await;
    drop(gateway);
    let again = Origin::start(|seen| {
        if seen.line().contains("/close") && seen.connection == 0 {
            vec![Step::Close]
        } else {
            vec![Step::Send(answer(200, "ok"))]
        }
    })
    .await;
    let gateway = Running::before(again.address).await;
    let mut client = Client::connect(gateway.address).await;
    assert_eq!(client.ask(GET).await.status, 200);
    assert_eq!(client.ask("GET /close HTTP/1.1\r\nHost: bank.test\r\n\r\n").await.status, 200);
    assert_eq!(again.seen().len(), 3, "a GET on a kept connection is");
}

#[tokio::test]
async fn names_are_resolved() {
    let origin = Origin::ok().await;
    let by_name = Upstream { host: "localhost".into(), ..plain(origin.address) };
    let gateway = Running::start(settings(vec![app(&["bank.test"], vec![by_name])])).await;
    let mut client = Client::connect(gateway.address).await;
    assert_eq!(client.ask(GET).await.status, 200);
    let unknown = Upstream { host: "no-such-name.invalid".into(), ..plain(origin.address) };
    let gateway = Running::start(settings(vec![app(&["bank.test"], vec![unknown])])).await;
    let mut client = Client::connect(gateway.address).await;
    assert_eq!(client.ask(GET).await.problem(), "upstream-unreachable");
}

#[tokio::test]
async fn an_application_behind_tls_is_verified() {
    let (authority, other) = (Authority::new(), Authority::new());
    let folder = tempfile::tempdir().unwrap();
    for (vouched_by, name, status) in
        [(&authority, "localhost", 200), (&authority, "elsewhere.test", 502), (&other, "localhost", 502)]
    {
        let origin = crate::harness::certs::tls_origin(vouched_by, name).await;
        let upstream =
            Upstream { scheme: UpstreamScheme::Https, host: "localhost".into(), port: origin.port() };
        let mut trusting = settings(vec![app(&["bank.test"], vec![upstream])]);
        trusting.upstream_ca = Some(authority.file(folder.path()));
        let gateway = Running::start(trusting).await;
        let mut client = Client::connect(gateway.address).await;
        assert_eq!(client.ask(GET).await.status, status, "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_made_whole() {
    for (head, body) in
        [("Content-Length: 9", "\r\n\r\nhalf"), ("Transfer-Encoding: chunked", "\r\n\r\n4\r\nhalf\r\n")]
    {
        let whole = format!("HTTP/1.1 200 OK\r\n{head}{body}").into_bytes();
        let origin = Origin::start(move |_| vec![Step::Send(whole.clone()), Step::Close]).await;
        let tls = Tls::new();
        let gateway = Running::before(origin.address).await;
        let address = gateway.listen_tls(&tls).await;
        let mut client = Client::connect(gateway.address).await;
        client.send(GET).await;
        client.head().await;
        let rest = client.rest().await;
        assert!(!rest.ends_with(b"0\r\n\r\n") && rest.len() < 15, "{head}: {rest:?}");
        let stream = tls.authority.connect(address, "bank.test", &["h2"]).await.unwrap();
        let get = http::Request::builder().uri("https://bank.test/").body(()).unwrap();
        let mut answer = h2::Client::over(stream).await.begin(get).await.into_body();
        let mut end = answer.data().await;
        while let Some(Ok(_)) = end {
            end = answer.data().await;
        }
        assert!(end.is_some(), "{head}: the stream is reset, not ended");
    }
}
