//! Is what was approved carried out once, whatever happens around its release?

use std::sync::Arc;

use countersign::base::time::Span;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::harness::office::{Held, Mood, Office, Person, Setup, json, latecomer, request};
use crate::harness::raw::Answer;
use crate::harness::{sha256, upstream::Seen};

/// Quotas that many held requests at once do not reach.
const WIDE: &str = "user_held = 2000\nall_held = 10000";

/// How often the request with this id arrived.
fn executions(arrived: &[Seen], id: &str) -> usize {
    arrived.iter().filter(|seen| seen.all("idempotency-key") == [id]).count()
}

async fn people(office: &Office, count: usize) -> Vec<Arc<Person>> {
    let mut people = Vec::new();
    for number in 0..count {
        people.push(Arc::new(office.person(&format!("user{number}")).await));
    }
    people
}

/// Four at once for each of `held`; what they were told, by request.
async fn race(office: &Arc<Office>, held: Vec<Held>) -> Vec<(Held, Vec<Answer>)> {
    let mut races = JoinSet::new();
    for held in held {
        let office = office.clone();
        races.spawn(async move {
            let mut releases = JoinSet::new();
            for _ in 0..4 {
                let (office, held) = (office.clone(), held.clone());
                releases.spawn(async move { office.release(&held).await });
            }
            (held, releases.join_all().await)
        });
    }
    races.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_races_of_four_releases_execute_once_each() {
    const USERS: usize = 25;
    const ROUNDS: usize = 40;
    let office = Arc::new(Office::with(Setup { limits: WIDE, ..Setup::default() }).await);
    let people = people(&office, USERS).await;
    let mut held_in_all = Vec::new();
    for round in 0..ROUNDS {
        let mut approving = JoinSet::new();
        for person in &people {
            let (office, person) = (office.clone(), person.clone());
            approving.spawn(async move {
                let held = office.hold(&person, &format!("amount={round}&iban={}", person.name)).await;
                let answer = office.answer(&held, &person.totp, &office.code()).await;
                assert_eq!(answer.status, 200, "{}", answer.text());
                held
            });
        }
        let held = approving.join_all().await;
        office.next_code();
        for (held, answers) in race(&office, held).await {
            let executed = answers.iter().filter(|answer| answer.status == 201).count();
            let told: Vec<_> = answers.iter().map(|answer| answer.status).collect();
            assert_eq!(executed, 1, "{told:?}");
            for answer in answers.iter().filter(|answer| answer.status != 201) {
                assert_eq!(
                    (answer.status, answer.problem().as_str()),
                    (409, "already-released"),
                    "{}",
                    answer.text()
                );
            }
            held_in_all.push(held);
        }
    }
    let arrived = office.arrived();
    assert_eq!(arrived.len(), USERS * ROUNDS, "1,000 held requests, 4,000 releases");
    for held in &held_in_all {
        assert_eq!(executions(&arrived, &held.id), 1, "{}", held.id);
    }
    assert_eq!(office.audited(&["released"]).await, USERS * ROUNDS);
    assert_eq!(office.audited(&["delivered"]).await, USERS * ROUNDS);
}

#[tokio::test]
async fn a_double_click_and_a_reload_say_what_happened() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.navigate("POST /transfer", "bank.test", alice.who(), b"amount=5000&iban=DE89").await;
    let target = office.approve_by_page(&held, &alice).await;
    let told = Arc::new(Notify::new());
    office.feel(Mood::Waits(told.clone()));
    let (first, second) = tokio::join!(office.arrive(&held, &target), async {
        office.app.wait_for(1).await;
        let second = office.arrive(&held, &target).await;
        told.notify_one();
        second
    });
    assert_eq!((first.status, first.text()), (201, sha256(b"amount=5000&iban=DE89")));
    assert_eq!(second.status, 409, "{}", second.text());
    assert!(second.text().contains("being carried out: Transfer 5000 EUR to DE89"), "{}", second.text());

    for _ in 0..3 {
        let again = office.arrive(&held, &target).await;
        assert_eq!(again.status, 409);
        let page = again.text();
        assert!(page.contains("This was carried out once: Transfer 5000 EUR to DE89."), "{page}");
        assert!(page.contains("never executed twice"), "{page}");
        assert!(page.contains(&format!("/.countersign/held/{}/response", held.id)), "{page}");
        assert_eq!(again.field("cache-control"), Some("no-store"));
    }
    assert_eq!(office.arrived().len(), 1);
}

#[tokio::test]
async fn the_kept_answer_is_for_its_creator_alone() {
    let office = Office::start().await;
    let (alice, bob) = (office.person("alice").await, office.person("bob").await);
    let held = office.navigate("POST /transfer", "bank.test", alice.who(), b"amount=5000").await;
    let target = office.approve_by_page(&held, &alice).await;
    assert_eq!(office.arrive(&held, &target).await.status, 201);
    let kept = format!("/.countersign/held/{}/response", held.id);
    let line = format!("GET {kept}");
    let answer = office.kept(&line, held.fields()).await;
    assert_eq!((answer.status, answer.text()), (201, sha256(b"amount=5000")));
    assert_eq!(answer.field("x-application"), Some("here"));
    assert_eq!(answer.field("set-cookie"), None, "it was given once");
    assert_eq!(answer.field("cache-control"), Some("no-store"));

    let other_user = Held { who: bob.who(), ..held.clone() };
    let other_browser = Held { cookie: String::new(), ..held.clone() };
    let other_host = Held { host: "h2.test".to_owned(), ..held.clone() };
    for other in [other_user, other_browser, other_host] {
        let answer = office.ask_with(&line, other.fields(), &[], b"").await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not-found"));
    }
    let portal = office.portal(&line, "", None).await;
    assert_eq!(portal.status, 404, "never on the portal's origin");
    assert_eq!(office.arrived().len(), 1);

    // A program's: with its secret, by the API.
    let held = office.hold(&alice, "amount=7").await;
    office.approve(&held, &alice).await;
    assert_eq!(office.api(&held, "GET", "/response", "").await.status, 404, "there is none yet");
    assert_eq!(office.release(&held).await.status, 201);
    assert_eq!(office.kept_for(&held).await.text(), sha256(b"amount=7"));
    let wrong = Held { secret: alice.totp.clone(), ..held.clone() };
    assert_eq!(office.api(&wrong, "GET", "/response", "").await.status, 404);
}

#[tokio::test]
async fn an_application_that_closes_without_a_word_is_never_asked_again() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.hold(&alice, "amount=5000").await;
    office.approve(&held, &alice).await;
    office.feel(Mood::Closes);
    let answer = office.release(&held).await;
    assert_eq!((answer.status, answer.problem().as_str()), (502, "upstream-unreachable"));
    assert!(answer.text().contains("not known whether the application carried it out"), "{}", answer.text());
    office.until(&held, "outcome_unknown").await;
    office.feel(Mood::Answers);
    let again = office.release(&held).await;
    assert_eq!((again.status, again.problem().as_str()), (409, "already-released"));
    assert!(again.text().contains("not known whether"), "{}", again.text());
    assert_eq!(json(&again.body)["held"]["state"], "outcome_unknown");
    assert_eq!(office.arrived().len(), 1, "no retry");
    assert_eq!(office.audited(&["outcome_unknown"]).await, 1);
}

#[tokio::test]
async fn an_idle_connection_to_the_application_is_not_used_for_a_release() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    assert_eq!(office.ask("GET /warm", &[], b"").await.status, 201);
    let held = office.hold(&alice, "amount=5000").await;
    office.approve(&held, &alice).await;
    assert_eq!(office.release(&held).await.status, 201);
    let arrived = office.arrived();
    assert_ne!(arrived[0].connection, arrived[1].connection);
}

#[tokio::test]
async fn where_nobody_listens_it_stays_approved() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.hold_with("POST /transfer", "late.test", alice.who(), &[], b"").await;
    office.approve(&held, &alice).await;
    for _ in 0..2 {
        let answer = office.release(&held).await;
        assert_eq!((answer.status, answer.problem().as_str()), (502, "upstream-unreachable"));
        assert!(answer.text().contains("stays approved"), "{}", answer.text());
        assert_eq!(office.state(&held).await, "approved");
    }
    let late = latecomer(office.late).await;
    let answer = office.release(&held).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "late"));
    assert_eq!(executions(&late.seen(), &held.id), 1);
    assert_eq!(office.release(&held).await.status, 409);
    assert_eq!(late.seen().len(), 1);
}

#[tokio::test]
async fn a_client_that_leaves_after_the_release_changes_nothing() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.hold(&alice, "amount=5000").await;
    office.approve(&held, &alice).await;
    let told = Arc::new(Notify::new());
    office.feel(Mood::Waits(told.clone()));
    let mut client = office.connect().await;
    let credential = held.credential();
    let fields = [("X-Forwarded-User", "alice"), ("Countersign-Release", credential.as_str())];
    client.send(request("POST /transfer", &fields, b"")).await;
    office.app.wait_for(1).await;
    drop(client);
    told.notify_one();
    office.until(&held, "delivered").await;
    let kept = office.kept_for(&held).await;
    assert_eq!((kept.status, kept.text()), (201, sha256(b"amount=5000")));
    assert_eq!(office.release(&held).await.status, 409);
    assert_eq!(office.arrived().len(), 1);
}

#[tokio::test]
async fn a_credential_is_for_its_own_url_and_method() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.hold(&alice, "amount=5000").await;
    office.approve(&held, &alice).await;
    for line in [
        "PUT /transfer",
        "GET /transfer",
        "POST /transfer?a=1",
        "POST /Transfer",
        "POST /other",
        "POST /%74ransfer",
    ] {
        let answer = office.release(&Held { line: line.to_owned(), ..held.clone() }).await;
        assert_eq!((answer.status, answer.problem().as_str()), (409, "conflict"), "{line}");
        assert!(answer.text().contains("POST /transfer"), "{line}: {}", answer.text());
    }
    let elsewhere = office.release(&Held { host: "h2.test".to_owned(), ..held.clone() }).await;
    assert_eq!((elsewhere.status, elsewhere.problem().as_str()), (404, "not-found"));
    assert!(office.arrived().is_empty());
    assert_eq!(office.state(&held).await, "approved");
    // Another body with the release is not what was approved, and is not sent.
    let more = [("Countersign-Release", &*held.credential()), ("Content-Type", "text/plain")];
    let answer = office.ask_with(&held.line, held.fields(), &more, b"amount=1000000").await;
    assert_eq!((answer.status, answer.text()), (201, sha256(b"amount=5000")));
    assert_eq!(office.only().body, b"amount=5000");
}

#[tokio::test]
async fn what_is_released_too_late_or_too_early_is_not_sent() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.hold(&alice, "amount=5000").await;
    let early = office.release(&held).await;
    assert_eq!((early.status, early.problem().as_str()), (409, "conflict"));
    office.approve(&held, &alice).await;
    office.clock.advance(Span::from_secs(5 * 60));
    let late = office.release(&held).await;
    assert_eq!((late.status, late.problem().as_str()), (410, "expired"));
    assert!(late.text().contains("Nothing was passed on"), "{}", late.text());

    let waiting = office.hold(&alice, "amount=6000").await;
    office.clock.advance(Span::from_secs(10 * 60 + 1));
    let answer = office.answer(&waiting, &alice.totp, &office.code()).await;
    assert_eq!((answer.status, answer.problem().as_str()), (410, "expired"));
    assert_eq!(office.release(&waiting).await.status, 410);

    let unwanted = office.hold(&alice, "amount=7000").await;
    office.approve(&unwanted, &alice).await;
    assert_eq!(office.api(&unwanted, "POST", "/reject", r#"{"reason":"not_me"}"#).await.status, 200);
    let answer = office.release(&unwanted).await;
    assert_eq!((answer.status, answer.problem().as_str()), (410, "rejected"));
    assert!(office.arrived().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approving_rejecting_and_releasing_at_once_have_one_end() {
    let office = Arc::new(Office::with(Setup { limits: WIDE, ..Setup::default() }).await);
    let people = people(&office, 25).await;
    let mut executed = 0;
    for _ in 0..4 {
        let mut all = JoinSet::new();
        for person in &people {
            let (office, person) = (office.clone(), person.clone());
            all.spawn(async move {
                let held = office.hold(&person, "amount=5000").await;
                let answer = office.answer(&held, &person.totp, &office.code()).await;
                assert_eq!(answer.status, 200, "{}", answer.text());
                let (released, rejected) = tokio::join!(
                    office.release(&held),
                    office.api(&held, "POST", "/reject", r#"{"reason":"cancelled"}"#)
                );
                match (released.status, rejected.status) {
                    (201, 409) => 1,
                    (410, 200) => 0,
                    other => panic!("{other:?}"),
                }
            });
        }
        executed += all.join_all().await.iter().sum::<usize>();
        office.next_code();
    }
    assert_eq!(office.arrived().len(), executed);
}
