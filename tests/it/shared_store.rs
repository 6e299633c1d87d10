//! Question: are several gateways on one Redis one gateway to their users: held on one, prompted on another, released on a third, once?

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::harness::process::{Server, ask, code, request};
use crate::harness::redis::RedisServer;
use crate::harness::shared::{DONE, Sites, hold, ticket, transfer};
use crate::harness::upstream::Origin;

/// Three gateways on one server.
struct House {
    store: RedisServer,
    origin: Origin,
    sites: Sites,
    servers: Vec<Server>,
}

impl House {
    async fn open(names: &[&str]) -> Self {
        let (store, origin) = (RedisServer::start(), Origin::ok().await);
        let url = format!("url = \"redis://127.0.0.1:{}\"", store.port);
        let sites = Sites::new(3, origin.address, &url, "");
        sites.enrol(names).await;
        let servers = sites.serve().await;
        Self { store, origin, sites, servers }
    }

    fn app(&self, number: usize) -> std::net::SocketAddr {
        self.servers[number].app
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_on_one_prompted_on_another_released_on_a_third() {
    let house = House::open(&["alice"]).await;
    let ticket = hold(house.app(0), "alice").await;
    assert_eq!(ticket.state(house.app(2)).await, "held");
    assert_eq!(ticket.release(house.app(2)).await.status, 409, "not approved yet");
    let answer = ticket.answer(house.app(1)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = ticket.release(house.app(2)).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, DONE));
    assert_eq!(house.origin.only().body, b"amount=5000&iban=alice");
    for number in 0..3 {
        assert_eq!(ticket.state(house.app(number)).await, "delivered");
        let again = ticket.release(house.app(number)).await;
        assert_eq!((again.status, again.problem().as_str()), (409, "already-released"));
    }
    // What each did is in one log, in order.
    for number in 0..3 {
        let verified = house.sites.site(number).run(&["audit", "verify", "-c"]);
        assert_eq!((verified.code, verified.err.as_str()), (0, ""), "{}", verified.out);
    }
    let export = house.sites.site(1).run(&["audit", "export", "-c"]);
    let kinds = ["\"held\"", "\"approved\"", "\"released\"", "\"delivered\""];
    let places: Vec<usize> =
        kinds.iter().map(|kind| export.out.find(&format!("\"kind\":{kind}")).expect(kind)).collect();
    assert!(places.is_sorted(), "{}", export.out);
}

/// An application that begins to answer before it has read the request. What it has read by the end comes back.
fn hasty(
    go: std::sync::Arc<tokio::sync::Notify>,
) -> (std::net::SocketAddr, tokio::task::JoinHandle<Vec<u8>>) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    // Small, so that most of a large body is not on its way yet.
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(16).unwrap();
    let address = listener.local_addr().unwrap();
    let reading = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut seen = Vec::new();
        let mut piece = vec![0; 4096];
        let begins = loop {
            let count = socket.read(&mut piece).await.unwrap();
            assert_ne!(count, 0, "it ends in its head");
            seen.extend_from_slice(&piece[..count]);
            if let Some(at) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
        };
        socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n").await.unwrap();
        go.notified().await;
        while !seen.ends_with(END) {
            let count = socket.read(&mut piece).await.unwrap();
            assert_ne!(count, 0, "the rest of the body is missing after {} bytes", seen.len());
            seen.extend_from_slice(&piece[..count]);
        }
        socket.write_all(DONE.as_bytes()).await.unwrap();
        seen.split_off(begins)
    });
    (address, reading)
}

const END: &[u8] = b"\r\n--b--\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_that_answers_early_is_sent_the_whole_body() {
    let (store, go) = (RedisServer::start(), std::sync::Arc::new(tokio::sync::Notify::new()));
    let (address, reading) = hasty(go.clone());
    let sites = Sites::new(1, address, &format!("url = \"redis://127.0.0.1:{}\"", store.port), "");
    sites.enrol(&["alice"]).await;
    let server = &sites.serve().await[0];
    let app = server.app;
    let mut body = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n".to_vec();
    body.extend((0..8_000_000u32).map(|n| b'a' + (n % 23) as u8));
    body.extend_from_slice(END);
    let form = ("Content-Type", "multipart/form-data; boundary=b");
    let upload = request("POST", "/upload", &[("X-Forwarded-User", "alice"), form], &body);
    let ticket = ticket("alice", &ask(app, &upload).await);
    let bodies = || store.cli(&["--scan", "--pattern", "*body:*"]).lines().count();
    assert_eq!(bodies(), 1);
    assert_eq!(ticket.answer(app).await.status, 200);
    let headers = [("X-Forwarded-User", "alice"), ("Countersign-Release", ticket.credential.as_str()), form];
    let release = request("POST", "/upload", &headers, b"");
    let answer = tokio::spawn(async move { ask(app, &release).await });
    while ticket.state(app).await != "delivered" {
        tokio::task::yield_now().await;
    }
    // Whoever would remove the body now would do it at once.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(bodies(), 1);
    go.notify_one();
    assert!(reading.await.unwrap() == body, "another body");
    let answer = answer.await.unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (200, DONE));
    while bodies() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_waits_at_one_is_told_of_an_approval_at_another() {
    let house = House::open(&["alice"]).await;
    let app = house.app(0);
    let first = hold(app, "alice").await;
    let headers = [
        ("X-Forwarded-User", "alice"),
        ("Countersign-Release", first.credential.as_str()),
        ("Prefer", "wait=60"),
    ];
    let waiting = request("POST", "/transfer", &headers, b"");
    let waiting = tokio::spawn(async move { ask(app, &waiting).await });
    while !ask(house.servers[0].admin, &request("GET", "/metrics", &[], b""))
        .await
        .text()
        .contains("countersign_waiting 1")
    {
        tokio::task::yield_now().await;
    }
    assert_eq!(first.answer(house.app(2)).await.status, 200);
    // Long before its wait is over, when it would look by itself.
    let answer = tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it is told").unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (200, DONE));
    assert_eq!(house.origin.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_releases_at_all_gateways_at_once_one_is_sent() {
    let house = House::open(&["alice", "bob", "carol", "dave"]).await;
    for (round, name) in ["alice", "bob", "carol", "dave"].iter().enumerate() {
        let ticket = hold(house.app(round % 3), name).await;
        assert_eq!(ticket.answer(house.app((round + 1) % 3)).await.status, 200);
        let mut releases = tokio::task::JoinSet::new();
        for number in 0..9 {
            let (ticket, app) = (ticket.clone(), house.app(number % 3));
            releases.spawn(async move { ticket.release(app).await });
        }
        let answers = releases.join_all().await;
        let done =
            answers.iter().filter(|answer| (answer.status, answer.text().as_str()) == (200, DONE)).count();
        assert!(done >= 1, "{answers:?}");
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            assert_eq!((answer.status, answer.problem().as_str()), (409, "already-released"));
        }
        assert_eq!(house.origin.seen().len(), round + 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_at_all_gateways_have_one_budget_and_a_code_serves_once() {
    let house = House::open(&["alice", "bob"]).await;
    let ticket = hold(house.app(0), "alice").await;
    let mut statuses = Vec::new();
    for number in 0..9 {
        let right: usize = code().parse().unwrap();
        let wrong = format!("{:06}", (right + 7 + number) % 1_000_000);
        statuses.push(ticket.answer_with(house.app(number % 3), &wrong).await.status);
    }
    assert_eq!(statuses, [422, 422, 422, 422, 422, 429, 429, 429, 429]);

    let (one, other) = (hold(house.app(0), "bob").await, hold(house.app(1), "bob").await);
    let code = code();
    assert_eq!(one.answer_with(house.app(1), &code).await.status, 200);
    assert_eq!(other.answer_with(house.app(2), &code).await.status, 422, "a spent code");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_needs_the_seal_key_of_the_others() {
    let house = House::open(&["alice"]).await;
    hold(house.app(0), "alice").await;
    let stranger = house.sites.site(2);
    std::fs::write(stranger.path().join("seal.key"), data_encoding::BASE64.encode(&[8; 32])).unwrap();
    let printed = stranger.run(&["serve", "-c"]);
    assert_eq!(printed.code, 1, "{printed:?}");
    assert!(printed.err.contains("receipt key cannot be used"), "{}", printed.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_and_names_lie_sealed_in_the_store() {
    let house = House::open(&["alice"]).await;
    let sent = ask(house.app(0), &transfer("alice", &[("X-Canary", "canary-4711")])).await;
    let ticket = ticket("alice", &sent);
    let seen = house.store.cli(&["--scan"]);
    for key in seen.lines() {
        let dump = house.store.cli(&["DUMP", key]);
        assert!(!dump.contains("canary-4711") && !dump.contains(&ticket.credential), "{key}");
    }
    assert!(seen.contains(&ticket.id), "{seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_sees_what_the_store_may_lose() {
    let house = House::open(&["alice"]).await;
    let site = house.sites.site(0);
    let printed = site.run(&["doctor", "-c"]);
    assert_eq!((printed.code, printed.out.contains("append-only")), (0, false), "{printed:?}");
    house.store.cli(&["CONFIG", "SET", "appendfsync", "everysec"]);
    let printed = site.run(&["doctor", "-c"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    for seen in ["`everysec`", "`appendfsync always`"] {
        assert!(printed.out.contains(seen), "{}", printed.out);
    }
}
