//! Does a program that waits get its answer: on the connection it has, by looking again, or by events?

use std::time::Duration;

use countersign::base::time::Span;

use crate::harness::office::{FORM, Office, held, json, request};
use crate::harness::raw::{Client, PATIENCE};
use crate::harness::sha256;

/// The held request that a connection waits for: found by the audit log, its secret by nobody.
async fn waiting_id(office: &Office) -> String {
    let found = async {
        loop {
            for line in office.audit().await {
                let entry = json(line.as_bytes());
                if entry["event"]["kind"] == "held" {
                    return entry["event"]["held"].as_str().unwrap().to_owned();
                }
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, found).await.expect("held in time")
}

#[tokio::test]
async fn a_wait_that_is_over_tells_how_to_go_on() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let fields = [FORM, ("X-Forwarded-User", "alice"), ("Prefer", "wait=1")];
    let answer = office.ask("POST /transfer", &fields, b"amount=5000").await;
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert_eq!(answer.field("preference-applied"), Some("wait"));
    let held = held(&answer, "POST /transfer", "bank.test", alice.who());
    office.approve(&held, &alice).await;
    assert_eq!(office.release(&held).await.status, 201);
    assert_eq!(office.arrived().len(), 1);
}

#[tokio::test]
async fn a_connection_that_waits_gets_the_applications_answer() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let fields = [FORM, ("X-Forwarded-User", "alice"), ("Prefer", "respond-async, wait=60")];
    let mut client = office.connect().await;
    client.send(request("POST /transfer", &fields, b"amount=5000&iban=DE89")).await;
    let id = waiting_id(&office).await;
    assert!(office.arrived().is_empty());
    approve_at_the_portal(&office, &id, &alice.totp).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.text()), (201, sha256(b"amount=5000&iban=DE89")), "{}", answer.head);
    let seen = office.only();
    assert_eq!(seen.one("idempotency-key"), id);
    assert_eq!(seen.body, b"amount=5000&iban=DE89");
    let next = client.ask(request("GET /next", &[], b"")).await;
    assert_eq!(next.status, 201, "the connection goes on");
}

/// What a browser of the user does.
async fn approve_at_the_portal(office: &Office, id: &str, totp: &str) {
    let cookie = office.open_unseen(id).await;
    let done = office.give(id, &cookie, totp, &office.code()).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(done.text().contains("You can close this window"), "{}", done.text());
    office.next_code();
}

#[tokio::test]
async fn a_waiting_client_hears_of_a_rejection_and_of_its_deadline() {
    let office = Office::start().await;
    office.person("alice").await;
    let fields = [FORM, ("X-Forwarded-User", "alice"), ("Prefer", "wait=60")];
    let mut client = office.connect().await;
    client.send(request("POST /transfer", &fields, b"amount=5000")).await;
    let id = waiting_id(&office).await;
    let cookie = office.open_unseen(&id).await;
    let page = office.portal(&format!("GET /held/{id}"), &cookie, None).await.text();
    let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let no = [("csrf", token.as_str()), ("reason", "not_me")];
    assert_eq!(office.portal(&format!("POST /held/{id}/reject"), &cookie, Some(&no)).await.status, 200);
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.problem().as_str()), (410, "rejected"));
    assert!(office.arrived().is_empty());
}

#[tokio::test]
async fn a_client_that_leaves_while_it_waits_releases_nothing() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let fields = [FORM, ("X-Forwarded-User", "alice"), ("Prefer", "wait=60")];
    let mut client = office.connect().await;
    client.send(request("POST /transfer", &fields, b"amount=5000")).await;
    let id = waiting_id(&office).await;
    client.end().await;
    assert!(client.rest().await.is_empty(), "the gateway has noticed");
    approve_at_the_portal(&office, &id, &alice.totp).await;
    // Another request that is held, approved and released after it: it had all the time it needed.
    let other = office.hold(&alice, "amount=1").await;
    office.approve(&other, &alice).await;
    assert_eq!(office.release(&other).await.status, 201);
    assert_eq!(office.only().body, b"amount=1");
}

#[tokio::test]
async fn over_http2_a_client_waits_as_well() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let client = office.h2("bank.test").await;
    let asked = http::Request::post("https://bank.test/transfer").header("x-forwarded-user", "alice");
    let asked = asked.header("content-type", FORM.1).header("prefer", "wait=60").body(()).unwrap();
    let (answer, ()) = tokio::join!(client.ask(asked, b"amount=5000"), async {
        let id = waiting_id(&office).await;
        approve_at_the_portal(&office, &id, &alice.totp).await;
    });
    assert_eq!(answer.status, 201);
    assert_eq!(String::from_utf8(answer.body).unwrap(), sha256(b"amount=5000"));
    assert_eq!(office.arrived().len(), 1);
}

#[tokio::test]
async fn who_prefers_not_to_wait_is_told_where_to_look() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let fields = [FORM, ("X-Forwarded-User", "alice"), ("Prefer", "respond-async")];
    let answer = office.ask("POST /transfer", &fields, b"amount=5000").await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    assert_eq!(answer.field("preference-applied"), Some("respond-async"));
    let held = held(&answer, "POST /transfer", "bank.test", alice.who());
    let place = answer.field("location").unwrap();
    assert_eq!(place, format!("/.countersign/api/v1/held/{}", held.id));
    let more = [("Countersign-Release", &*held.credential())];
    let look = office.ask_with(&format!("GET {place}"), held.fields(), &more, b"").await;
    let document = json(&look.body);
    assert_eq!((look.status, document["state"].as_str()), (200, Some("held")));
    assert!(document["summary"].as_str().unwrap().starts_with("Transfer 5000 EUR to"), "{document}");
    assert_eq!(document["digest"], held.digest.as_str());
    assert_eq!(document["steps"][0]["done"], false);
    assert_eq!(document["authenticators"][0]["id"], alice.totp.as_str());
    office.approve(&held, &alice).await;
    assert_eq!(office.release(&held).await.status, 201);
    let document = json(&office.api(&held, "GET", "", "").await.body);
    assert_eq!(
        (document["state"].as_str(), document["outcome"]["status"].as_u64()),
        (Some("delivered"), Some(201))
    );
}

/// The next event of a stream; comments are passed over.
async fn event(client: &mut Client, read: &mut String) -> serde_json::Value {
    loop {
        if let Some((event, rest)) = read.split_once("\n\n") {
            let (event, rest) = (event.to_owned(), rest.to_owned());
            *read = rest;
            if let Some(data) = event.strip_prefix("event: state\ndata: ") {
                return json(data.as_bytes());
            }
            continue;
        }
        let piece = client.chunk().await.expect("one more event");
        read.push_str(std::str::from_utf8(&piece).unwrap());
    }
}

#[tokio::test]
async fn events_tell_each_state_and_end_with_the_last() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.hold(&alice, "amount=5000&iban=DE89").await;
    let mut client = office.connect().await;
    let credential = held.credential();
    let fields = [("X-Forwarded-User", "alice"), ("Countersign-Release", credential.as_str())];
    let line = format!("GET /.countersign/api/v1/held/{}/events", held.id);
    client.send(request(&line, &fields, b"")).await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(head.to_ascii_lowercase().contains("content-type: text/event-stream"), "{head}");
    let mut read = String::new();
    let first = event(&mut client, &mut read).await;
    assert_eq!(
        (first["state"].as_str(), first["summary"].as_str()),
        (Some("held"), Some("Transfer 5000 EUR to DE89"))
    );
    office.approve(&held, &alice).await;
    assert_eq!(event(&mut client, &mut read).await["state"], "approved");
    assert_eq!(office.release(&held).await.status, 201);
    let mut last = event(&mut client, &mut read).await;
    if last["state"] == "forwarding" {
        last = event(&mut client, &mut read).await;
    }
    assert_eq!((last["state"].as_str(), last["outcome"]["status"].as_u64()), (Some("delivered"), Some(201)));
    let end = async { while client.chunk().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(20), end).await.expect("the stream ends with the last state");
}

#[tokio::test]
async fn events_tell_of_a_deadline_that_passed() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.hold(&alice, "amount=5000").await;
    office.clock.advance(Span::from_secs(601));
    let answer = office.api(&held, "GET", "/events", "").await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("\"state\":\"expired\""), "{}", answer.text());
}
