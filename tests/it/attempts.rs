//! How many guesses does anybody get, at once or in a row, and does a code ever count twice?

use std::sync::Arc;

use countersign::base::time::Span;
use countersign::flow::admin::{Order, Reply};
use tokio::task::JoinSet;

use crate::harness::office::{FORM, Held, Office, Person, Setup, json};
use crate::harness::raw::Answer;

const WIDE: &str = "user_held = 500";
/// Budgets so wide that only the code itself decides.
const PATIENT: &str = "user_held = 500\nwrong_before_throttle = 100\nwrong_before_lock = 100";

async fn office(limits: &'static str) -> Arc<Office> {
    Arc::new(Office::with(Setup { limits, ..Setup::default() }).await)
}

async fn holds(office: &Office, person: &Person, count: usize) -> Vec<Held> {
    let mut all = Vec::new();
    for number in 0..count {
        all.push(office.hold(person, &format!("amount={number}")).await);
    }
    all
}

/// A code that is not the present one, nor that of a neighbouring step.
fn wrong(office: &Office, number: usize) -> String {
    let right: usize = office.code().parse().unwrap();
    format!("{:06}", (right + 1 + number) % 1_000_000)
}

/// All at once; the answers.
async fn at_once(office: &Arc<Office>, guesses: Vec<(Held, String, String)>) -> Vec<Answer> {
    let mut all = JoinSet::new();
    for (held, authenticator, code) in guesses {
        let office = office.clone();
        all.spawn(async move { office.answer(&held, &authenticator, &code).await });
    }
    all.join_all().await
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

async fn user(office: &Office, name: &str) -> (u32, bool) {
    match office.order(Order::UserShow { name: name.to_owned() }).await {
        Reply::User(user) => (user.wrong_answers, user.locked),
        _ => panic!("no user"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_guesses_at_once_five_are_verified() {
    let office = office(WIDE).await;
    let alice = office.person("alice").await;
    let held = holds(&office, &alice, 8).await;
    let guesses = (0..200).map(|n| (held[n % 8].clone(), alice.totp.clone(), wrong(&office, n))).collect();
    let answers = at_once(&office, guesses).await;
    assert_eq!((count(&answers, 422), count(&answers, 429)), (5, 195));
    for answer in answers.iter().filter(|answer| answer.status == 429) {
        assert_eq!(answer.problem(), "throttled");
        assert_eq!(answer.field("retry-after"), Some("30"));
    }
    assert_eq!(office.audited(&["answer_wrong", "answer_accepted"]).await, 5);
    // The right one is not taken either, and a wait that is not over is not shortened by asking.
    let answer = office.answer(&held[0], &alice.totp, &office.code()).await;
    assert_eq!((answer.status, answer.problem().as_str()), (429, "throttled"));
    assert_eq!(office.audited(&["answer_wrong", "answer_accepted"]).await, 5);
    assert!(office.arrived().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_guess_among_two_hundred_is_one_of_five() {
    let office = office(WIDE).await;
    let alice = office.person("alice").await;
    for (round, place) in [3, 90, 199].into_iter().enumerate() {
        let held = office.hold(&alice, "amount=5000").await;
        let before = office.audited(&["answer_wrong", "answer_accepted"]).await;
        let code = |n| if n == place { office.code() } else { wrong(&office, n) };
        let guesses = (0..200).map(|n| (held.clone(), alice.totp.clone(), code(n))).collect();
        let answers = at_once(&office, guesses).await;
        assert!(count(&answers, 200) <= 1, "round {round}");
        let verified = office.audited(&["answer_wrong", "answer_accepted"]).await - before;
        assert!(verified <= 5, "round {round}: {verified} were verified");
        let state = office.state(&held).await;
        assert_eq!(state == "approved", count(&answers, 200) == 1, "round {round}: {state}");
        office.order(Order::UserUnblock { name: "alice".to_owned() }).await;
        office.next_code();
    }
}

#[tokio::test]
async fn the_pause_doubles_and_then_an_operator_must_help() {
    let office = office(WIDE).await;
    let (alice, bob) = (office.person("alice").await, office.person("bob").await);
    for left in (0..5).rev() {
        // A new held request each time: it resets nothing.
        let held = office.hold(&alice, "amount=5000").await;
        let answer = office.answer(&held, &alice.totp, &wrong(&office, left)).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "wrong-answer"));
        assert!(
            json(&answer.body)["detail"].as_str().unwrap().ends_with(&format!(": {left}.")),
            "{}",
            answer.text()
        );
    }
    let mut pause = 30;
    for wrongs in 6..=20 {
        let held = office.hold(&alice, "amount=5000").await;
        let early = office.answer(&held, &alice.totp, &office.code()).await;
        assert_eq!(
            (early.status, early.field("retry-after")),
            (429, Some(pause.to_string().as_str())),
            "{wrongs}"
        );
        office.clock.advance(Span::from_secs(pause - 1));
        let held = office.hold(&alice, "amount=5000").await;
        assert_eq!(
            office.answer(&held, &alice.totp, &office.code()).await.field("retry-after"),
            Some("1"),
            "{wrongs}"
        );
        office.clock.advance(Span::from_secs(1));
        let held = office.hold(&alice, "amount=5000").await;
        assert_eq!(office.answer(&held, &alice.totp, &wrong(&office, 1)).await.status, 422, "{wrongs}");
        assert_eq!(user(&office, "alice").await, (wrongs, wrongs == 20));
        pause = (pause * 2).min(3600);
    }
    office.clock.advance(Span::from_secs(30 * 24 * 3600));
    let held = office.hold(&alice, "amount=5000").await;
    let locked = office.answer(&held, &alice.totp, &office.code()).await;
    assert_eq!((locked.status, locked.problem().as_str()), (429, "throttled"));
    assert!(locked.text().contains("operator must unblock"), "{}", locked.text());
    assert!(locked.field("retry-after").is_some());
    let (emergency, code) = office.emergency("alice", 1).await;
    assert_eq!(
        office.answer(&held, &emergency, &code).await.status,
        429,
        "another authenticator is no way around"
    );
    assert_eq!(office.audited(&["locked"]).await, 1);
    assert_eq!(office.audited(&["answer_wrong"]).await, 20);

    let his = office.hold(&bob, "amount=1").await;
    office.approve(&his, &bob).await;
    office.order(Order::UserUnblock { name: "alice".to_owned() }).await;
    assert_eq!(user(&office, "alice").await, (0, false));
    let held = office.hold(&alice, "amount=5000").await;
    office.approve(&held, &alice).await;
    assert_eq!(office.release(&held).await.status, 201);
    assert_eq!(office.arrived().len(), 1);
}

#[tokio::test]
async fn who_may_not_answer_uses_up_nothing() {
    let office = office(WIDE).await;
    let (alice, bob) = (office.person("alice").await, office.person("bob").await);
    let held = office.hold(&alice, "amount=5000").await;
    let stranger = Held { who: bob.who(), ..held.clone() };
    let guesser = Held { secret: "x".repeat(43), ..held.clone() };
    for _ in 0..30 {
        assert_eq!(office.answer(&stranger, &alice.totp, "000000").await.status, 404);
        assert_eq!(office.answer(&guesser, &alice.totp, "000000").await.status, 404);
    }
    assert_eq!(user(&office, "alice").await, (0, false));
    office.approve(&held, &alice).await;
}

#[tokio::test]
async fn a_right_answer_clears_the_count() {
    let office = office(WIDE).await;
    let alice = office.person("alice").await;
    for _ in 0..3 {
        let held = office.hold(&alice, "amount=5000").await;
        for number in 0..4 {
            assert_eq!(office.answer(&held, &alice.totp, &wrong(&office, number)).await.status, 422);
        }
        office.approve(&held, &alice).await;
        assert_eq!(user(&office, "alice").await, (0, false));
    }
}

/// A code in two halves.
fn cut(code: &str, between: &str) -> String {
    let (left, right) = code.split_at(3);
    format!("{left}{between}{right}")
}

#[tokio::test]
async fn a_code_opens_one_held_request_in_all_its_spellings() {
    let office = office(PATIENT).await;
    let alice = office.person("alice").await;
    let spellings: [fn(&str) -> String; 6] = [
        str::to_owned,
        |code| cut(code, " "),
        |code| code.chars().map(|c| char::from_u32(u32::from(c) - 0x30 + 0xff10).unwrap()).collect(),
        |code| format!("  {code}\t"),
        |code| cut(code, "-"),
        |code| cut(code, "\u{a0}"),
    ];
    for first in 0..spellings.len() {
        let code = office.code();
        let held = office.hold(&alice, "amount=5000").await;
        let answer = office.answer(&held, &alice.totp, &spellings[first](&code)).await;
        assert_eq!(answer.status, 200, "spelling {first}: {}", answer.text());
        let second = office.hold(&alice, "amount=1").await;
        for (number, spelling) in spellings.iter().enumerate() {
            let answer = office.answer(&second, &alice.totp, &spelling(&code)).await;
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (422, "wrong-answer"),
                "{first} then {number}"
            );
        }
        assert_eq!(office.state(&second).await, "held");
        office.order(Order::UserUnblock { name: "alice".to_owned() }).await;
        office.next_code();
        office.next_code();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_given_for_eight_requests_at_once_opens_one() {
    let office = office(PATIENT).await;
    let alice = office.person("alice").await;
    for round in 0..12 {
        let held = holds(&office, &alice, 8).await;
        let code = office.code();
        let guesses = held.iter().map(|held| (held.clone(), alice.totp.clone(), code.clone())).collect();
        let answers = at_once(&office, guesses).await;
        assert_eq!((count(&answers, 200), count(&answers, 422)), (1, 7), "round {round}");
        office.order(Order::UserUnblock { name: "alice".to_owned() }).await;
        office.next_code();
    }
    assert_eq!(office.audited(&["approved"]).await, 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_code_for_one_use_opens_one_of_thirty_requests() {
    let office = office(PATIENT).await;
    let alice = office.person("alice").await;
    let (emergency, code) = office.emergency("alice", 1).await;
    let held = holds(&office, &alice, 30).await;
    let guesses = held.iter().map(|held| (held.clone(), emergency.clone(), code.clone())).collect();
    let answers = at_once(&office, guesses).await;
    assert_eq!(count(&answers, 200), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert!([409, 422, 429].contains(&answer.status), "{}", answer.text());
    }
    assert_eq!(office.audited(&["emergency_used"]).await, 1);
    assert_eq!(office.audited(&["approved"]).await, 1);
    let mut approved = 0;
    for held in &held {
        let document = json(&office.api(held, "GET", "", "").await.body);
        if document["state"] == "approved" {
            approved += 1;
            assert_eq!(office.release(held).await.status, 201);
            continue;
        }
        let offered = document["authenticators"].as_array().unwrap();
        assert!(offered.iter().all(|one| one["id"] != emergency.as_str()), "no longer offered: {document}");
    }
    assert_eq!((approved, office.arrived().len()), (1, 1));
}

#[tokio::test]
async fn an_emergency_code_lasts_for_its_uses_and_its_time() {
    let office = office(WIDE).await;
    let alice = office.person("alice").await;
    let (emergency, code) = office.emergency("alice", 3).await;
    let spelled = [code.clone(), code.to_lowercase(), code.replace('-', " ")];
    for typed in spelled {
        let held = office.hold(&alice, "amount=5000").await;
        let answer = office.answer(&held, &emergency, &typed).await;
        assert_eq!(answer.status, 200, "{typed}: {}", answer.text());
    }
    let held = office.hold(&alice, "amount=5000").await;
    assert_eq!(office.answer(&held, &emergency, &code).await.status, 409);
    let (emergency, code) = office.emergency("alice", 3).await;
    office.clock.advance(Span::from_secs(24 * 3600));
    let held = office.hold(&alice, "amount=5000").await;
    assert_eq!(office.answer(&held, &emergency, &code).await.status, 409, "its day is over");
}

#[tokio::test]
async fn one_budget_whatever_name_and_address_are_stated() {
    let office = office(WIDE).await;
    let alice = office.person("alice").await;
    let held = office.hold(&alice, "amount=5000").await;
    let line = format!("POST /.countersign/api/v1/held/{}/answers", held.id);
    let spelled = ["alice", "alice ", " alice", "alice\t"];
    for number in 0..12 {
        let code = wrong(&office, number);
        let body = serde_json::json!({ "authenticator": alice.totp, "code": code }).to_string();
        let (host, name) = (("Host".to_owned(), "bank.test".to_owned()), spelled[number % spelled.len()]);
        let who = ("X-Forwarded-User".to_owned(), name.to_owned());
        let from = format!("203.0.113.{number}");
        let more =
            [("Countersign-Release", &*held.credential()), ("X-Forwarded-For", &from), ("X-Real-IP", &from)];
        let answer = office.ask_with(&line, vec![host, who], &more, body.as_bytes()).await;
        assert_eq!(answer.status, if number < 5 { 422 } else { 429 }, "{number}: {}", answer.text());
    }
    // Other names are other people, whom nobody knows: they have no budget to add.
    for name in
        ["Alice", "ALICE", "alice@bank.test", "alice,bob", "\"alice\"", "alice\u{200b}", "\u{430}lice"]
    {
        let who = [FORM, ("X-Forwarded-User", name)];
        let answer = office.ask("POST /transfer", &who, b"amount=1").await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "unknown-user"), "{name}");
    }
    assert_eq!(user(&office, "alice").await, (5, false));
}
