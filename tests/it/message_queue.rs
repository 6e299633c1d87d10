//! Question: what becomes of a message when its server is down, says later, says no, or the gateway stops before it is sent?

use countersign::base::time::Span;

use crate::harness::office::json;
use crate::harness::postbox::{Texting, person};

const NUMBER: &str = "+41791234567";

async fn failed(texting: &Texting) -> Vec<String> {
    let audit = texting.office.audit().await;
    let events = audit.iter().map(|line| json(line.as_bytes())["event"].clone());
    events
        .filter(|event| event["kind"] == "message_failed")
        .map(|event| event["detail"]["reason"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_sent_is_sent_after_a_restart() {
    let mut texting = Texting::start().await;
    let phone = texting.owner("alice", NUMBER).await;
    let before = texting.phones.texts().len();
    texting.phones.say(&[503]);
    let held = texting.office.hold(&person("alice"), "amount=1").await;
    let asked = texting.send(&held, &phone).await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    texting.until("retried", 1).await;
    texting.office.restart().await;
    texting.office.clock.advance(Span::from_secs(95));
    texting.office.running().flows.deliver_due().await.unwrap();
    let code = texting.phones.wait_for(before + 2).await.code();
    let answer = texting.office.answer(&held, &phone, &code).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(failed(&texting).await.is_empty());
    texting.until("sent", 1).await;
    // It went from the queue with that.
    texting.office.clock.advance(Span::from_secs(900));
    assert_eq!(texting.office.running().flows.deliver_due().await.unwrap(), 0);
    assert_eq!(texting.phones.texts().len(), before + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_not_sent_after_its_end() {
    let texting = Texting::start().await;
    let phone = texting.owner("alice", NUMBER).await;
    let before = texting.phones.texts().len();
    texting.phones.say(&[500]);
    let held = texting.office.hold(&person("alice"), "amount=1").await;
    assert_eq!(texting.send(&held, &phone).await.status, 200);
    texting.until("retried", 1).await;
    texting.office.clock.advance(Span::from_secs(601));
    texting.until("failed", 1).await;
    let why = failed(&texting).await;
    // The sweep may have taken the challenge first: either way it is not sent.
    assert!(why[0] == "its time has passed" || why[0] == "what it was for is over", "{why:?}");
    assert_eq!(texting.phones.texts().len(), before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn later_is_tried_again_and_no_is_final() {
    let texting = Texting::start().await;
    let phone = texting.owner("alice", NUMBER).await;
    let before = texting.phones.texts().len();
    texting.phones.say(&[429, 503, 500, 400]);
    let held = texting.office.hold(&person("alice"), "amount=1").await;
    assert_eq!(texting.send(&held, &phone).await.status, 200);
    // 5, 10 and 20 seconds after each other, by the gateway itself.
    for (tries, pause) in [(1, 5), (2, 10), (3, 20)] {
        texting.until("retried", tries).await;
        assert_eq!(texting.phones.texts().len(), before + tries);
        texting.office.clock.advance(Span::from_secs(pause));
    }
    texting.until("failed", 1).await;
    assert_eq!(failed(&texting).await, ["the gateway refused it with status 400"]);
    texting.office.clock.advance(Span::from_secs(300));
    assert_eq!(texting.office.running().flows.deliver_due().await.unwrap(), 0);
    assert_eq!(texting.phones.texts().len(), before + 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replaced_code_is_not_sent_any_more() {
    let texting = Texting::start().await;
    let phone = texting.owner("alice", NUMBER).await;
    let before = texting.phones.texts().len();
    // Five tries, with longer and longer pauses: the next is more than a minute away.
    texting.phones.say(&[503; 5]);
    let held = texting.office.hold(&person("alice"), "amount=1").await;
    assert_eq!(texting.send(&held, &phone).await.status, 200);
    for (tries, pause) in [(1, 5), (2, 10), (3, 20), (4, 40)] {
        texting.until("retried", tries).await;
        texting.office.clock.advance(Span::from_secs(pause));
    }
    texting.until("retried", 5).await;
    let first = texting.phones.texts().last().unwrap().code();
    assert_eq!(texting.send(&held, &phone).await.status, 200);
    let second = texting.phones.wait_for(before + 6).await.code();
    assert_ne!(first, second);
    // The first is due again now, and is given up unsent.
    texting.office.clock.advance(Span::from_secs(80));
    texting.until("failed", 1).await;
    assert_eq!(failed(&texting).await, ["what it was for is over"]);
    assert_eq!(texting.phones.texts().len(), before + 6);
    let answer = texting.office.answer(&held, &phone, &second).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_code_and_no_address_is_in_the_audit_log_or_on_the_disk() {
    let texting = Texting::start().await;
    let phone = texting.owner("alice", NUMBER).await;
    let held = texting.office.hold(&person("alice"), "amount=1").await;
    let (_, code) = texting.code(&held, &phone).await;
    texting.until("sent", 2).await;
    let audit = texting.office.audit().await.join("\n");
    assert!(audit.contains("+41 ** *** ** 67") && audit.contains("message_queued"), "{audit}");
    for secret in [code.as_str(), NUMBER, "79123"] {
        assert!(!audit.contains(secret), "{secret}: {audit}");
        assert!(!crate::harness::process::stands_in(secret, &texting.office.data()), "{secret}");
    }
}
