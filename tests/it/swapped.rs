//! Question: can anything take the place of what was approved: while it arrives, while it waits on the disk, or between two requests?

use std::path::PathBuf;

use crate::harness::office::{FORM, Held, Office, json, request};

/// The files of held bodies.
fn bodies(office: &Office) -> Vec<PathBuf> {
    let folder = std::fs::read_dir(office.data().join("blobs")).unwrap();
    folder.map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn there_is_no_prompt_before_the_last_byte() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let who = [FORM, ("X-Forwarded-User", "alice")];
    let whole = request("POST /transfer", &who, b"amount=5000&iban=DE89370400440532013000");
    let (first, rest) = whole.split_at(whole.len() - 20);
    // Whoever leaves in the middle leaves nothing to approve.
    let mut leaving = office.connect().await;
    leaving.send(first).await;
    drop(leaving);
    let mut slow = office.connect().await;
    slow.send(first).await;
    // A whole one beside it is held meanwhile, so that the halves had their time.
    let beside = office.hold(&alice, "amount=1").await;
    assert_eq!(office.audited(&["held"]).await, 1);
    slow.send(rest).await;
    let answer = slow.answer().await;
    let document = json(&answer.body);
    assert_eq!(document["held"]["fields"]["To"], "DE89370400440532013000", "{document}");
    assert_ne!(document["held"]["digest"], beside.digest);
    assert_eq!(office.audited(&["held"]).await, 2);
}

#[tokio::test]
async fn a_bit_that_turned_on_the_disk_is_not_sent() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let body = format!("amount=5000&iban={}", "x".repeat(100_000));
    for (round, place) in [0, 40, 70_000, 100_000].into_iter().enumerate() {
        let before = bodies(&office);
        let held = office.hold(&alice, &body).await;
        office.approve(&held, &alice).await;
        // Answers are kept beside them; none of those is as long.
        let new = bodies(&office).into_iter().filter(|file| !before.contains(file));
        let file = new.max_by_key(|file| file.metadata().unwrap().len()).unwrap();
        let good = std::fs::read(&file).unwrap();
        let mut bent = good.clone();
        bent[place] ^= 1;
        std::fs::write(&file, &bent).unwrap();
        let refused = office.release(&held).await;
        assert_eq!((refused.status, refused.problem().as_str()), (503, "store-unavailable"), "byte {place}");
        assert_eq!(office.arrived().len(), round, "byte {place}");
        assert_eq!(office.state(&held).await, "approved", "byte {place}: nothing was claimed");
        // It was for that one bit.
        std::fs::write(&file, &good).unwrap();
        assert_eq!(office.release(&held).await.status, 201, "byte {place}");
        assert_eq!(office.arrived()[round].body, body.as_bytes());
    }
}

/// What belongs to one held request opens no other of the same person, whichever part is taken over.
#[tokio::test]
async fn no_part_of_one_request_serves_another() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let small = office.hold(&alice, "amount=1").await;
    let large = office.hold(&alice, "amount=1000000").await;
    office.approve(&small, &alice).await;
    for (what, mixed) in [
        ("the approved one's secret", Held { secret: small.secret.clone(), ..large.clone() }),
        ("the approved one's number", Held { id: small.id.clone(), ..large.clone() }),
    ] {
        let answer = office.release(&mixed).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not-found"), "{what}");
    }
    assert_eq!(office.release(&large).await.problem(), "conflict", "it waits");
    assert!(office.arrived().is_empty());
    assert_eq!(office.release(&small).await.status, 201);
    assert_eq!(office.only().body, b"amount=1");
}
