//! Does what no policy concerns pass untouched?

use crate::harness::gateway::Running;
use crate::harness::raw::Client;
use crate::harness::upstream::{Origin, Step, answer};

#[tokio::test]
async fn a_request_arrives_byte_for_byte() {
    let origin = Origin::start(|_| {
        vec![Step::Send(
            b"HTTP/1.1 200 Fine\r\nServer: Old/1\r\nX-CaSe: Kept\r\nX-CaSe: twice\r\nContent-Length: 2\r\n\r\nok".to_vec(),
        )]
    })
    .await;
    let gateway = Running::before(origin.address).await;
    let mut client = Client::connect(gateway.address).await;
    let got = client
        .ask("GET /a//b/../c;d=%2f%zz?q=1&&q=%41 HTTP/1.1\r\nHost: bank.test\r\nX-CaSe: One\r\naccept: */*\r\nX-CaSe: two\r\nfoo_bar: x\r\n\r\n")
        .await;
    assert_eq!(got.status, 200);
    assert!(
        got.head.starts_with("HTTP/1.1 200 Fine\r\nServer: Old/1\r\nX-CaSe: Kept\r\nX-CaSe: twice\r\n"),
        "{}",
        got.head
    );
    let seen = origin.only();
    assert_eq!(seen.line(), "GET /a//b/../c;d=%2f%zz?q=1&&q=%41 HTTP/1.1");
    assert!(
        seen.head
            .contains("\r\nHost: bank.test\r\nX-CaSe: One\r\nX-CaSe: two\r\naccept: */*\r\nfoo_bar: x\r\n"),
        "{}",
        seen.head
    );
    assert_eq!(seen.one("x-forwarded-for"), "127.0.0.1");
    assert_eq!(seen.one("x-forwarded-proto"), "http");
    assert_eq!(seen.one("x-forwarded-host"), "bank.test");
    gateway.stop().await;
}

#[tokio::test]
async fn an_unknown_host_is_misdirected() {
    let origin = Origin::start(|_| vec![Step::Send(answer(200, "no"))]).await;
    let gateway = Running::before(origin.address).await;
    let mut client = Client::connect(gateway.address).await;
    let got = client.ask("GET / HTTP/1.1\r\nHost: other.test\r\n\r\n").await;
    assert_eq!((got.status, got.problem().as_str()), (421, "misdirected"));
    assert!(origin.seen().is_empty());
}
