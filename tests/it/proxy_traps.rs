//! Question: what is refused, stripped or closed, on every application, whatever Pingora would have let through?

use countersign::base::net::TrustedPeers;
use countersign::base::time::Span;
use http::Request;

use crate::harness::gateway::{Running, Tls, app, plain, settings};
use crate::harness::h2;
use crate::harness::raw::Client;
use crate::harness::upstream::{Origin, Step, answer};

async fn started() -> (Origin, Running) {
    let origin = Origin::ok().await;
    let gateway = Running::before(origin.address).await;
    (origin, gateway)
}

#[tokio::test]
async fn odd_heads_are_refused_and_never_reach_the_application() {
    let (origin, gateway) = started().await;
    for (head, why) in [
        ("GET x://bank.test/a HTTP/1.1\r\nHost: bank.test\r\n\r\n", "another scheme"),
        ("GET http://other.test/a HTTP/1.1\r\nHost: bank.test\r\n\r\n", "another host in the target"),
        ("GET admin HTTP/1.1\r\nHost: bank.test\r\n\r\n", "a target without a slash"),
        ("OPTIONS * HTTP/1.1\r\nHost: bank.test\r\n\r\n", "an asterisk"),
        ("GET /a b HTTP/1.1\r\nHost: bank.test\r\n\r\n", "a blank in the target"),
        ("GET /a\tb HTTP/1.1\r\nHost: bank.test\r\n\r\n", "a tab in the target"),
        ("GET /a#b HTTP/1.1\r\nHost: bank.test\r\n\r\n", "a fragment"),
        ("GET /\u{e9} HTTP/1.1\r\nHost: bank.test\r\n\r\n", "bytes beyond ASCII"),
        ("GET /a<b HTTP/1.1\r\nHost: bank.test\r\n\r\n", "a character no URL has"),
        ("GET / HTTP/1.1\r\nHost: bank.test\r\nHost: bank.test\r\n\r\n", "two hosts"),
        ("GET / HTTP/1.1\r\n\r\n", "no host"),
        ("GET / HTTP/1.1\r\nHost: bank.test\nX: y\r\n\r\n", "a bare line feed"),
        ("GET / HTTP/1.1\nHost: bank.test\n\n", "nothing but bare line feeds"),
        ("GET / HTTP/1.1\r\nHost: bank.test\r\n X: folded\r\n\r\n", "a folded field"),
        ("GET / HTTP/1.1\r\nHost: bank.test\r\nX : y\r\n\r\n", "a blank before the colon"),
        ("GET / HTTP/3.0\r\nHost: bank.test\r\n\r\n", "an unknown version"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2 without TLS"),
        (
            "POST / HTTP/1.1\r\nHost: bank.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "both framings",
        ),
        (
            "POST / HTTP/1.1\r\nHost: bank.test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12",
            "two lengths",
        ),
        ("POST / HTTP/1.1\r\nHost: bank.test\r\nContent-Length: +1\r\n\r\n1", "a signed length"),
        (
            "POST / HTTP/1.1\r\nHost: bank.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "two codings",
        ),
        (
            "POST / HTTP/1.0\r\nHost: bank.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "chunks in HTTP/1.0",
        ),
        (
            "GET / HTTP/1.1\r\nHost: bank.test\r\nConnection: cookie\r\nCookie: a=1\r\n\r\n",
            "a nominated cookie",
        ),
        ("GET / HTTP/1.1\r\nHost: bank.test\r\nConnection: X-Forwarded-For\r\n\r\n", "a nominated address"),
    ] {
        let mut client = Client::connect(gateway.address).await;
        let got = client.ask(head).await;
        assert_eq!((got.status, got.problem().as_str()), (400, "ambiguous-request"), "{why}");
    }
    assert!(origin.seen().is_empty(), "{:?}", origin.seen());
    let mut client = Client::connect(gateway.address).await;
    let long = format!("GET / HTTP/1.1\r\nHost: bank.test\r\nX: {}\r\n\r\n", "x".repeat(70_000));
    assert_eq!(client.ask(long).await.problem(), "head-too-large");
}

#[tokio::test]
async fn an_absolute_target_becomes_a_path() {
    let (origin, gateway) = started().await;
    let mut client = Client::connect(gateway.address).await;
    for target in ["http://bank.test/a%2f?q", "http://bank.test", "HTTP://bank.test?q"] {
        assert_eq!(client.ask(format!("GET {target} HTTP/1.1\r\nHost: bank.test\r\n\r\n")).await.status, 200);
    }
    let lines: Vec<String> = origin.seen().iter().map(|seen| seen.line().to_owned()).collect();
    assert_eq!(lines, ["GET /a%2f?q HTTP/1.1", "GET / HTTP/1.1", "GET /?q HTTP/1.1"]);
}

#[tokio::test]
async fn hosts_are_found_in_every_spelling_and_others_are_misdirected() {
    let origin = Origin::ok().await;
    let one = app(&["bank.test", "[::1]", "ported.test:8443"], vec![plain(origin.address)]);
    let gateway = Running::start(settings(vec![one])).await;
    let mut client = Client::connect(gateway.address).await;
    for (host, status) in [
        ("bank.test", 200),
        ("BANK.Test:8080", 200),
        ("[::1]:1", 200),
        ("ported.test:8443", 200),
        ("ported.test", 421),
        ("bank.test.", 421),
        ("bank.test:0", 421),
        ("xbank.test", 421),
        ("other.test", 421),
    ] {
        let got = client.ask(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert_eq!(got.status, status, "{host}");
        if status == 421 {
            assert_eq!(got.problem(), "misdirected");
        }
    }
    let mut client = Client::connect(gateway.address).await;
    assert_eq!(client.ask("GET / HTTP/1.0\r\n\r\n").await.problem(), "misdirected");
}

#[tokio::test]
async fn a_browser_gets_a_page() {
    let (_origin, gateway) = started().await;
    for (field, as_page) in [
        ("Accept: text/html,application/xhtml+xml,*/*;q=0.8", true),
        ("Sec-Fetch-Mode: navigate", true),
        ("Sec-Fetch-Mode: cors\r\nAccept: text/html", false),
        ("Accept: */*", false),
    ] {
        let mut client = Client::connect(gateway.address).await;
        let got = client.ask(format!("GET / HTTP/1.1\r\nHost: <script>.test\r\n{field}\r\n\r\n")).await;
        assert_eq!(got.status, 400);
        let got = Client::connect(gateway.address)
            .await
            .ask(format!("GET / HTTP/1.1\r\nHost: other.test\r\n{field}\r\n\r\n"))
            .await;
        assert_eq!(got.status, 421);
        assert_eq!(got.field("cache-control"), Some("no-store"));
        if as_page {
            assert_eq!(got.field("content-type"), Some("text/html; charset=utf-8"));
            assert!(got.field("content-security-policy").unwrap().starts_with("default-src 'none'"));
            assert!(got.text().contains("ref_") && !got.head.contains("ingora"), "{}", got.text());
        } else {
            assert_eq!(got.problem(), "misdirected");
        }
    }
    let mut client = Client::connect(gateway.address).await;
    let style = client.ask("GET /.countersign/style.css HTTP/1.1\r\nHost: bank.test\r\n\r\n").await;
    assert_eq!((style.status, style.field("content-type")), (200, Some("text/css; charset=utf-8")));
}

#[tokio::test]
async fn what_is_ours_is_never_forwarded() {
    let (origin, gateway) = started().await;
    let mut client = Client::connect(gateway.address).await;
    for path in
        ["/.countersign/nothing", "/.countersign", "//.countersign/x", "/%2Ecountersign/x", "/.Countersign/x"]
    {
        let got = client.ask(format!("GET {path} HTTP/1.1\r\nHost: bank.test\r\n\r\n")).await;
        assert_eq!((got.status, got.problem().as_str()), (404, "not-found"), "{path}");
    }
    let got = client.ask("CONNECT bank.test:443 HTTP/1.1\r\nHost: bank.test:443\r\n\r\n").await;
    assert_eq!((got.status, got.problem().as_str()), (405, "method-refused"));
    assert!(origin.seen().is_empty());
}

const SAID: &str = "X-Forwarded-For: 9.9.9.9\r\nX_Forwarded_For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n\
    X-Forwarded-Host: evil.test\r\nForwarded: for=9.9.9.9\r\nX-Real-IP: 9.9.9.9\r\nX-Forwarded-User: root\r\n\
    x_forwarded_user: root\r\nX.Forwarded.User: root\r\nRemote-User: root\r\nREMOTE_USER: root\r\nX-Remote-User: root\r\n\
    X-Auth-Request-Email: root\r\nCountersign-Receipt: x\r\nCOUNTERSIGN_Anything: x\r\nX-Original-URL: /admin\r\n\
    X-Forwarded-Groups: wheel\r\nX-Kept: yes\r\n";

#[tokio::test]
async fn nobody_speaks_for_the_gateway() {
    let (origin, gateway) = started().await;
    let mut client = Client::connect(gateway.address).await;
    assert_eq!(client.ask(format!("GET / HTTP/1.1\r\nHost: bank.test\r\n{SAID}\r\n")).await.status, 200);
    let seen = origin.only();
    let names = [
        "Host",
        "X-Kept",
        "x-forwarded-user",
        "x-forwarded-groups",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
    ];
    assert_eq!(seen.names(), names);
    assert_eq!((seen.one("x-forwarded-user"), seen.one("x-forwarded-groups")), ("", ""));
    assert_eq!((seen.one("x-forwarded-for"), seen.one("x-forwarded-proto")), ("127.0.0.1", "http"));
    assert_eq!(seen.one("x-forwarded-host"), "bank.test");
}

#[tokio::test]
async fn a_trusted_peer_speaks_for_its_client_in_proper_spelling() {
    let origin = Origin::ok().await;
    let mut with_trust = settings(vec![app(&["bank.test"], vec![plain(origin.address)])]);
    with_trust.trusted = TrustedPeers::new(vec!["127.0.0.1/32".parse().unwrap()]);
    let gateway = Running::start(with_trust).await;
    let mut client = Client::connect(gateway.address).await;
    assert_eq!(client.ask(format!("GET / HTTP/1.1\r\nHost: bank.test\r\n{SAID}\r\n")).await.status, 200);
    let seen = origin.only();
    assert_eq!(seen.one("x-forwarded-for"), "9.9.9.9, 127.0.0.1");
    assert_eq!((seen.one("x-forwarded-proto"), seen.one("x-forwarded-host")), ("https", "evil.test"));
    assert_eq!((seen.one("x-forwarded-user"), seen.one("x-forwarded-groups")), ("root", "wheel"));
    for gone in [
        "x_forwarded_user",
        "x_forwarded_for",
        "x.forwarded.user",
        "remote-user",
        "countersign-receipt",
        "x-original-url",
        "forwarded",
    ] {
        assert!(seen.all(gone).is_empty(), "{gone}");
    }
    let twice =
        "GET / HTTP/1.1\r\nHost: bank.test\r\nX-Forwarded-User: alice\r\nx-forwarded-USER: root\r\n\r\n";
    assert_eq!(Client::connect(gateway.address).await.ask(twice).await.status, 400, "two names are none");
    let prefix = "GET /settings HTTP/1.1\r\nHost: bank.test\r\nX-Forwarded-Prefix: /admin\r\n\r\n";
    assert_eq!(Client::connect(gateway.address).await.ask(prefix).await.status, 200);
    assert!(origin.seen().last().unwrap().all("x-forwarded-prefix").is_empty());
}

#[tokio::test]
async fn our_own_cookie_stays_here_and_equal_lengths_become_one() {
    let (origin, gateway) = started().await;
    let mut client = Client::connect(gateway.address).await;
    let head = "POST / HTTP/1.1\r\nHost: bank.test\r\nCookie: a=\"1;  b\" ;countersign=s; c=3;\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok";
    assert_eq!(client.ask(head).await.status, 200);
    assert_eq!(
        client.ask("GET / HTTP/1.1\r\nHost: bank.test\r\nCookie: countersign=s\r\n\r\n").await.status,
        200
    );
    let seen = origin.seen();
    assert_eq!((seen[0].one("cookie"), seen[0].one("content-length")), ("a=\"1;  b\" ; c=3;", "2"));
    assert!(seen[1].all("cookie").is_empty());
}

#[tokio::test]
async fn bytes_after_a_request_are_not_a_request() {
    let (origin, gateway) = started().await;
    let mut client = Client::connect(gateway.address).await;
    let smuggled = "GET /admin HTTP/1.1\r\nHost: bank.test\r\n\r\n";
    client.send(format!("POST / HTTP/1.1\r\nHost: bank.test\r\nContent-Length: 2\r\n\r\nok{smuggled}")).await;
    assert_eq!(client.answer().await.status, 200);
    assert!(client.rest().await.is_empty(), "the connection ends without a second answer");
    assert_eq!(origin.only().line(), "POST / HTTP/1.1");
}

#[tokio::test]
async fn a_refusal_with_a_body_under_way_is_read_and_desynchronises_nothing() {
    let (origin, gateway) = started().await;
    let mut client = Client::connect(gateway.address).await;
    let body = vec![b'x'; 15 << 20];
    client
        .send(format!(
            "POST /.countersign/x HTTP/1.1\r\nHost: bank.test\r\nContent-Length: {}\r\n\r\n",
            body.len()
        ))
        .await;
    client.send(&body).await;
    let got = client.answer().await;
    assert_eq!((got.status, got.field("connection")), (404, Some("close")));
    assert!(client.rest().await.is_empty());
    assert!(origin.seen().is_empty());
}

#[tokio::test]
async fn slow_heads_and_idle_connections_are_closed() {
    let origin = Origin::ok().await;
    let mut impatient = settings(vec![app(&["bank.test"], vec![plain(origin.address)])]);
    impatient.timeouts.header = Span::from_millis(300);
    impatient.timeouts.idle = Span::from_millis(300);
    let tls = Tls::new();
    let gateway = Running::start(impatient).await;
    let over_tls = gateway.listen_tls(&tls).await;
    // Nothing at all; a head that drips, each byte well within any deadline for one read; nothing after an answer.
    assert!(Client::connect(gateway.address).await.rest().await.is_empty());
    let mut dripping = Client::connect(gateway.address).await;
    let drip = async {
        for byte in "GET / HTTP/1.1\r\nHost: bank.test\r\nX: ".bytes().chain(std::iter::repeat(b'x')) {
            if dripping.try_send(&[byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(crate::harness::raw::PATIENCE, drip).await.expect("it is closed");
    let mut idle = Client::connect(gateway.address).await;
    assert_eq!(idle.ask("GET / HTTP/1.1\r\nHost: bank.test\r\n\r\n").await.status, 200);
    assert!(idle.rest().await.is_empty());
    // No TLS handshake, no preface, no request in HTTP/2.
    assert!(Client::connect(over_tls).await.rest().await.is_empty());
    for protocol in ["h2", "http/1.1"] {
        let silent = tls.authority.connect(over_tls, "bank.test", &[protocol]).await.unwrap();
        // In HTTP/2 the server speaks first; then it ends.
        let said = Client::over(silent).rest().await;
        assert!(said.is_empty() || protocol == "h2", "{protocol}");
    }
    assert_eq!(origin.seen().len(), 1);
}

#[tokio::test]
async fn an_idle_connection_in_http_2_is_closed() {
    let origin = Origin::ok().await;
    let mut impatient = settings(vec![app(&["bank.test"], vec![plain(origin.address)])]);
    impatient.timeouts.idle = Span::from_millis(300);
    let tls = Tls::new();
    let gateway = Running::start(impatient).await;
    let address = gateway.listen_tls(&tls).await;
    let stream = tls.authority.connect(address, "bank.test", &["h2"]).await.unwrap();
    let (client, connection) = h2::Client::with_connection(stream).await;
    let get = Request::builder().uri("https://bank.test/").body(()).unwrap();
    assert_eq!(client.ask(get, b"").await.status, 200);
    tokio::time::timeout(crate::harness::raw::PATIENCE, connection).await.expect("it is closed").unwrap();
}

#[tokio::test]
async fn odd_requests_in_http_2_are_refused_too() {
    let origin = Origin::ok().await;
    let tls = Tls::new();
    let gateway = Running::before(origin.address).await;
    let address = gateway.listen_tls(&tls).await;
    let stream = tls.authority.connect(address, "bank.test", &["h2"]).await.unwrap();
    let client = h2::Client::over(stream).await;
    let ask = |path: &str, host: Option<&str>| {
        let mut request = Request::builder().uri(format!("https://bank.test{path}"));
        if let Some(host) = host {
            request = request.header("host", host);
        }
        request.body(()).unwrap()
    };
    for (path, host, status) in [
        ("/", Some("bank.test"), 200),
        ("/", Some("other.test"), 400),
        ("/\u{e9}", None, 400),
        ("/.countersign/x", None, 404),
    ] {
        let got = client.ask(ask(path, host), b"").await;
        assert_eq!(got.status, status, "{path} {host:?}");
        assert!(got.headers.get("server").is_none());
    }
    let elsewhere = Request::builder().uri("https://other.test/").body(()).unwrap();
    let got = client.ask(elsewhere, b"").await;
    assert_eq!(
        (got.status, got.headers["content-type"].to_str().unwrap()),
        (421, "application/problem+json")
    );
    assert_eq!(origin.seen().len(), 1);
}

#[tokio::test]
async fn the_gateway_stops_while_connections_are_idle() {
    let origin = Origin::start(|_| vec![Step::Send(answer(200, "ok"))]).await;
    let gateway = Running::before(origin.address).await;
    let mut client = Client::connect(gateway.address).await;
    assert_eq!(client.ask("GET / HTTP/1.1\r\nHost: bank.test\r\n\r\n").await.status, 200);
    gateway.stop().await;
    assert!(client.rest().await.is_empty());
    assert!(tokio::net::TcpStream::connect(gateway.address).await.is_err(), "nobody listens any more");
}
