//! Connections that wait: many at a time, each released once; whoever leaves gives up the place; whoever comes back waits again; nobody
//! is cut off when the gateway stops. What one costs is measured in `benches/parked.rs`.

use std::time::{Duration, Instant};

use crate::harness::office::{FORM, Office, Person, Setup, held, json, request};
use crate::harness::raw::{Client, PATIENCE};

/// A policy that holds for long.
const PATIENT: &str = r#"
[[policy]]
id = "transfer"
match = { methods = ["POST"], path = "/transfer" }
summary = "Transfer {amount} EUR"
[policy.approve]
steps = [{ self = ["totp"] }]
hold_for = "24h"
"#;

/// Waits until so many connections wait.
async fn until_waiting(office: &Office, count: usize) {
    let line = format!("countersign_waiting {count}\n");
    let metrics = || office.running().flows.metrics().text();
    let reached = async {
        while !metrics().contains(&line) {
            tokio::task::yield_now().await;
        }
    };
    let reached = tokio::time::timeout(PATIENCE, reached).await;
    assert!(reached.is_ok(), "no `{line}` in {}", metrics());
}

/// The office with a quota that lets many be held.
async fn roomy(server: &'static str) -> Office {
    Office::with(Setup { limits: "user_held = 1000", server, ..Setup::default() }).await
}

/// A connection on which a request is held and waits.
async fn waiter(office: &Office, person: &Person, prefer: &str, body: &str) -> Client {
    let fields = [FORM, ("X-Forwarded-User", person.name.as_str()), ("Prefer", prefer)];
    let mut client = office.connect().await;
    client.send(request("POST /transfer", &fields, body.as_bytes())).await;
    client
}

#[tokio::test]
async fn hundreds_wait_and_each_is_released_once() {
    const MANY: usize = 200;
    // Each takes a code of its own, and so half a minute of the office's clock.
    let limits = "user_held = 1000";
    let office = Office::with(Setup { limits, policies: PATIENT, ..Setup::default() }).await;
    let alice = office.person("alice").await;
    let mut clients = Vec::new();
    for number in 0..MANY {
        clients.push(waiter(&office, &alice, "wait=300, processing", &format!("amount={number}")).await);
    }
    until_waiting(&office, MANY).await;
    assert!(office.arrived().is_empty());
    assert_eq!(office.ask("GET /free", &[], b"").await.status, 201, "others pass");
    for (number, client) in clients.iter_mut().enumerate() {
        let told = client.answer().await;
        assert_eq!(told.status, 102, "{}", told.head);
        let credential = told.field("countersign-approval").unwrap();
        let id = credential.split('.').next().unwrap();
        let prompt = told.field("location").unwrap();
        assert!(prompt.contains(&format!("/held/{id}?handoff=")), "{prompt}");
        let line = format!("POST /.countersign/api/v1/held/{id}/answers");
        let own = [("X-Forwarded-User", "alice"), ("Countersign-Release", credential)];
        let body = serde_json::json!({ "authenticator": alice.totp, "code": office.code() }).to_string();
        let done = office.ask(&line, &own, body.as_bytes()).await;
        assert_eq!(done.status, 200, "{number}: {}", done.text());
        office.next_code();
        assert_eq!(client.answer().await.status, 201, "{number}");
    }
    until_waiting(&office, 0).await;
    let mut bodies: Vec<_> = office.arrived().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies.len(), MANY + 1);
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), MANY + 1, "each once");
}

#[tokio::test]
async fn clients_that_leave_free_their_places() {
    let office = roomy("waiting = 2").await;
    let alice = office.person("alice").await;
    let mut first = waiter(&office, &alice, "wait=300", "amount=1").await;
    let second = waiter(&office, &alice, "wait=300", "amount=2").await;
    until_waiting(&office, 2).await;
    // No place is left: the answer comes at once, and does not say that the wish was granted.
    let answer = waiter(&office, &alice, "wait=300", "amount=3").await.answer().await;
    assert_eq!((answer.status, answer.field("preference-applied")), (403, None), "{}", answer.head);
    held(&answer, "POST /transfer", "bank.test", alice.who());
    let answer = waiter(&office, &alice, "respond-async, wait=300", "amount=4").await.answer().await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    assert!(answer.field("location").is_some());
    first.end().await;
    assert!(first.rest().await.is_empty());
    drop(second);
    until_waiting(&office, 0).await;
    let _third = waiter(&office, &alice, "wait=300", "amount=5").await;
    until_waiting(&office, 1).await;
    assert!(office.arrived().is_empty(), "who leaves releases nothing");
}

#[tokio::test]
async fn a_client_comes_back_with_its_credential_and_waits() {
    let office = roomy("").await;
    let alice = office.person("alice").await;
    let held = office.hold(&alice, "amount=5000").await;
    let credential = held.credential();
    // Without the wish to wait it is told where it stands, as ever.
    let answer = office.release(&held).await;
    assert_eq!((answer.status, answer.problem().as_str()), (409, "conflict"));
    let fields =
        [("X-Forwarded-User", "alice"), ("Countersign-Release", &*credential), ("Prefer", "wait=300")];
    let mut left = office.connect().await;
    left.send(request("POST /transfer", &fields, b"")).await;
    until_waiting(&office, 1).await;
    left.end().await;
    assert!(left.rest().await.is_empty());
    until_waiting(&office, 0).await;
    let mut two = Vec::new();
    for body in [&b""[..], b"a body is ignored"] {
        let mut client = office.connect().await;
        client.send(request("POST /transfer", &fields, body)).await;
        two.push(client);
    }
    until_waiting(&office, 2).await;
    office.approve(&held, &alice).await;
    let mut statuses = Vec::new();
    for client in &mut two {
        statuses.push(client.answer().await.status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "one forwards, the other is told that it was");
    assert_eq!(office.only().body, b"amount=5000");
}

#[tokio::test]
async fn over_http2_a_client_comes_back_as_well() {
    let office = roomy("").await;
    let alice = office.person("alice").await;
    let held = office.hold(&alice, "amount=7").await;
    let client = office.h2("bank.test").await;
    let asked = http::Request::post("https://bank.test/transfer").header("x-forwarded-user", "alice");
    let asked = asked.header("countersign-release", held.credential()).header("prefer", "wait=60");
    let (answer, ()) = tokio::join!(client.ask(asked.body(()).unwrap(), b""), async {
        until_waiting(&office, 1).await;
        office.approve(&held, &alice).await;
    });
    assert_eq!(answer.status, 201);
    assert_eq!(office.only().body, b"amount=7");
}

#[tokio::test]
async fn somebody_elses_credential_waits_for_nothing() {
    let office = roomy("").await;
    let (alice, bob) = (office.person("alice").await, office.person("bob").await);
    let held = office.hold(&alice, "amount=5000").await;
    let credential = held.credential();
    for (user, line, status) in [(&bob, "POST /transfer", 404), (&alice, "POST /transfer?x", 409)] {
        let fields = [
            ("X-Forwarded-User", &*user.name),
            ("Countersign-Release", &*credential),
            ("Prefer", "wait=300"),
        ];
        assert_eq!(office.ask(line, &fields, b"").await.status, status, "{line} of {}", user.name);
    }
}

#[tokio::test]
async fn a_wait_ends_with_what_was_preferred() {
    let office = roomy("").await;
    let alice = office.person("alice").await;
    let answer = waiter(&office, &alice, "respond-async, wait=1", "amount=1").await.answer().await;
    assert_eq!((answer.status, answer.field("preference-applied")), (202, Some("wait")), "{}", answer.head);
    let held = held(&answer, "POST /transfer", "bank.test", alice.who());
    let credential = held.credential();
    let fields = [("X-Forwarded-User", "alice"), ("Countersign-Release", &*credential), ("Prefer", "wait=1")];
    let answer = office.ask("POST /transfer", &fields, b"").await;
    assert_eq!((answer.status, json(&answer.body)["held"]["state"].as_str()), (409, Some("held")));
}

#[tokio::test]
async fn a_gateway_that_stops_tells_who_waits_how_to_come_back() {
    let mut office = roomy("").await;
    let alice = office.person("alice").await;
    let mut client = waiter(&office, &alice, "wait=300", "amount=5000").await;
    until_waiting(&office, 1).await;
    let begun = Instant::now();
    office.restart().await;
    assert!(begun.elapsed() < Duration::from_secs(15), "it does not wait for who waits");
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.field("retry-after")), (403, Some("2")), "{}", answer.head);
    let held = held(&answer, "POST /transfer", "bank.test", alice.who());
    office.approve(&held, &alice).await;
    assert_eq!(office.release(&held).await.status, 201);
    assert_eq!(office.only().body, b"amount=5000");
}
