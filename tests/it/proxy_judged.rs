//! Question: does a body that was read to decide, and passes, still reach the application whole?
//!
//! Pingora loses a body that was read before, unless it fits its retry buffer exactly so; each length and framing goes its own way.

use countersign::app::{self, Machine};
use countersign::base::entropy::OsEntropy;
use countersign::base::net::TrustedPeers;
use countersign::base::settings::Upstream;
use countersign::base::tasks::Tasks;
use countersign::base::time::SystemClock;
use countersign::config;
use countersign::proxy::Guard;
use http::Request;
use std::sync::Arc;

use crate::harness::gateway::{Running, Tls, app as settings_of, h2c, plain, settings};
use crate::harness::process::Site;
use crate::harness::raw::Client;
use crate::harness::upstream::{Origin, Step, answer};
use crate::harness::{h2, sha256};

/// What is not over 1000, with a note that makes it long.
fn transfer(length: usize) -> Vec<u8> {
    let mut body = b"amount=5&note=".to_vec();
    body.extend((body.len()..length).map(|at| b'a' + u8::try_from(at % 23).unwrap()));
    body
}

const LENGTHS: [usize; 7] = [0, 14, 60_000, 65_536, 65_537, 70_000, 2 << 20];
const FIELDS: &str = "X-Forwarded-User: alice\r\nContent-Type: application/x-www-form-urlencoded\r\n";

/// A gateway that judges by the policies of a site, in front of one upstream.
async fn judging(upstream: Upstream) -> (Running, Site) {
    let site = Site::new(([127, 0, 0, 1], 1).into(), "", "");
    let (configured, policies) = config::load(&site.config()).unwrap();
    let machine = Machine { clock: Arc::new(SystemClock::default()), entropy: Arc::new(OsEntropy) };
    let flows = app::open(&configured, policies, &machine, &Tasks::default()).await.unwrap();
    let mut judged = settings(vec![settings_of(&["bank.test"], vec![upstream])]);
    judged.guard = Guard::Policies(flows);
    judged.trusted = TrustedPeers::new(vec!["127.0.0.1/32".parse().unwrap()]);
    (Running::start(judged).await, site)
}

async fn both() -> (Origin, h2::Origin) {
    (
        Origin::start(|seen| vec![Step::Send(answer(200, &sha256(&seen.body)))]).await,
        h2::Origin::start(&[]).await,
    )
}

#[tokio::test]
async fn bodies_that_were_judged_arrive_whole() {
    let (one, two) = both().await;
    for upstream in [plain(one.address), h2c(two.address)] {
        let name = format!("{:?}", upstream.scheme);
        let (gateway, _site) = judging(upstream).await;
        for length in LENGTHS {
            let body = if length == 0 { Vec::new() } else { transfer(length) };
            let head = format!("POST /transfer HTTP/1.1\r\nHost: bank.test\r\n{FIELDS}");
            let mut chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
            for piece in body.chunks(10_007) {
                chunked.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
                chunked.extend_from_slice(piece);
                chunked.extend_from_slice(b"\r\n");
            }
            chunked.extend_from_slice(b"0\r\n\r\n");
            let plainly =
                [format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat();
            for (bytes, framing) in [(plainly, "length"), (chunked, "chunks")] {
                let got = Client::connect(gateway.address).await.ask(bytes).await;
                assert_eq!((got.status, got.text()), (200, sha256(&body)), "{name} {length} {framing}");
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_waits_to_be_asked_is_asked() {
    let (one, _two) = both().await;
    let (gateway, _site) = judging(plain(one.address)).await;
    for length in [14, 70_000] {
        let mut client = Client::connect(gateway.address).await;
        let head = format!(
            "POST /transfer HTTP/1.1\r\nHost: bank.test\r\n{FIELDS}Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        );
        assert_eq!(client.ask(head).await.status, 100);
        let got = client.ask(transfer(length)).await;
        assert_eq!((got.status, got.text()), (200, sha256(&transfer(length))));
    }
    assert!(one.seen().iter().all(|seen| seen.all("expect").is_empty()), "it was answered here");
}

#[tokio::test]
async fn bodies_that_were_judged_arrive_whole_over_http_2() {
    let (one, two) = both().await;
    for upstream in [plain(one.address), h2c(two.address)] {
        let name = format!("{:?}", upstream.scheme);
        let (gateway, _site) = judging(upstream).await;
        let tls = Tls::new();
        let address = gateway.listen_tls(&tls).await;
        let stream = tls.authority.connect(address, "bank.test", &["h2"]).await.unwrap();
        let client = h2::Client::over(stream).await;
        for length in LENGTHS {
            let body = if length == 0 { Vec::new() } else { transfer(length) };
            for announced in [true, false] {
                let mut request = Request::builder()
                    .method("POST")
                    .uri("https://bank.test/transfer")
                    .header("x-forwarded-user", "alice")
                    .header("content-type", "application/x-www-form-urlencoded");
                if announced {
                    request = request.header("content-length", body.len());
                }
                let got = client.ask(request.body(()).unwrap(), &body).await;
                let text = String::from_utf8(got.body).unwrap();
                assert_eq!((got.status, text), (200, sha256(&body)), "{name} {length} announced {announced}");
            }
        }
    }
}

#[tokio::test]
async fn what_a_policy_holds_does_not_pass_by_being_long() {
    let (one, _two) = both().await;
    let (gateway, _site) = judging(plain(one.address)).await;
    for length in [60, 70_000, 2 << 20] {
        let mut body = transfer(length);
        body.extend_from_slice(b"&amount=5000");
        let head = format!(
            "POST /transfer HTTP/1.1\r\nHost: bank.test\r\n{FIELDS}Content-Length: {}\r\n\r\n",
            body.len()
        );
        let got = Client::connect(gateway.address).await.ask([head.as_bytes(), &body].concat()).await;
        assert!(matches!(got.status, 400..=403), "{length}: {}", got.text());
    }
    assert!(one.seen().is_empty());
}
