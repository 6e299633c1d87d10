//! Question: when the store may have forgotten what it acknowledged, does anything that counts once count twice?
//!
//! The epoch is raised as an engine raises it: by its row.

use countersign::base::time::{Clock as _, Span};
use countersign::factors::hotp::Hotp;
use countersign::factors::oath::{Algorithm, Digits, parse_seed};
use countersign::flow::admin::otp::{HotpAdd, OtpOrder};
use countersign::flow::admin::{Order, Reply};
use countersign::flow::view::StateName;
use countersign::store::{Commit, keys};

use crate::harness::office::{Office, Person, Setup, json};
use crate::portal_stage::{Answer, Case, Stage};

const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// The whole gateway is stopped, and what its store acknowledged last may be lost when it starts again.
async fn fail_over_all(office: &mut Office) {
    office.stop().await;
    let store = crate::store_contract::embedded(&office.data());
    crate::portal_world::fail_over(&store, office.clock.now()).await;
    drop(store);
    office.open().await;
}

async fn give(stage: &Stage, case: &Case, authenticator: &str, code: &str) -> Answer {
    stage.post(case, "answer", &[("authenticator", authenticator), ("code", code)]).await
}

#[tokio::test]
async fn what_waited_is_void_and_a_new_one_is_held() {
    let first = Stage::start().await;
    let second = first.beside().await;
    let held = first.opened_by_script().await;
    let approved = first.opened_by_script().await;
    first.approve(&approved).await;
    let too_late = first.opened_by_script().await;
    first.advance(599);
    let young = first.opened_by_script().await;
    first.advance(1);
    first.world.fail_over().await;
    first.advance(1);
    for (case, state) in [
        (&held, StateName::Expired),
        (&too_late, StateName::Expired),
        (&approved, StateName::Expired),
        (&young, StateName::FailedOver),
    ] {
        assert_eq!(second.state(case).await, state);
    }
    let code = first.world.code();
    give(&second, &young, &young.totp, &code).await.shows(410, &["The gateway lost its place"]);
    assert_eq!(second.state(&young).await, StateName::FailedOver);
    // Each gateway looks once, and one of them says so.
    for stage in [&first, &second, &first] {
        stage.world.flows.sweep().await.unwrap();
    }
    assert_eq!(first.world.audited("voided", &young.id.to_string()).await, 1);
    assert_eq!(first.world.audited("voided", "").await, 1);
    first.advance(60);
    let anew = first.opened_by_script_for(young.person.again()).await;
    first.approve(&anew).await;
    assert!(second.world.claims(&anew.person, &anew.ticket).await);
}

#[tokio::test]
async fn what_was_approved_is_not_released() {
    let stage = Stage::start().await;
    let case = stage.opened_by_script().await;
    stage.approve(&case).await;
    stage.world.fail_over().await;
    assert!(!stage.world.claims(&case.person, &case.ticket).await);
    assert_eq!(stage.state(&case).await, StateName::FailedOver);
}

#[tokio::test]
async fn between_the_judgement_and_the_claim_the_epoch_wins() {
    let stage = Stage::start().await;
    let case = stage.opened_by_script().await;
    stage.approve(&case).await;
    let ready = stage.world.ready(&case.person, &case.ticket).await.unwrap();
    stage.world.fail_over().await;
    assert!(stage.world.take(&case.person, ready).await.unwrap().is_none());
    assert_eq!(stage.state(&case).await, StateName::FailedOver);
    assert_eq!(stage.world.audited("released", "").await, 0);
}

#[tokio::test]
async fn what_is_being_sent_has_its_outcome() {
    let stage = Stage::start().await;
    for (learns, state) in [(true, StateName::Delivered), (false, StateName::OutcomeUnknown)] {
        stage.advance(90);
        let case = stage.opened_by_script().await;
        stage.approve(&case).await;
        stage.world.claim(&case.person, &case.ticket).await;
        stage.world.fail_over().await;
        if learns {
            assert!(stage.world.flows.delivered(case.id, 200, None, None).await.unwrap().is_some());
        } else {
            stage.advance(31);
            stage.world.flows.sweep().await.unwrap();
        }
        assert_eq!(stage.state(&case).await, state);
    }
}

#[tokio::test]
async fn codes_for_emergencies_are_void_and_new_ones_count() {
    let stage = Stage::start().await;
    let person = stage.world.person().await;
    let (old, code) = stage.world.emergency(&person).await;
    stage.world.fail_over().await;
    stage.advance(1);
    let case = stage.opened_by_script_for(person).await;
    give(&stage, &case, &old, &code).await;
    assert_eq!(stage.state(&case).await, StateName::Held, "void");
    let (new, code) = stage.world.emergency(&case.person).await;
    give(&stage, &case, &new, &code).await.shows(200, &["Confirmed"]);
}

/// A clock one step ahead of ours shows the code of the next step: that one may have been used too.
#[tokio::test]
async fn a_totp_code_that_could_have_been_used_is_refused() {
    let stage = Stage::start().await;
    let person = stage.world.person().await;
    stage.world.fail_over().await;
    stage.advance(1);
    let case = stage.opened_by_script_for(person).await;
    for (seconds, accepted) in [(0, false), (30, false), (30, true)] {
        stage.advance(seconds);
        let code = stage.world.code();
        let answer = give(&stage, &case, &case.totp, &code).await;
        assert_eq!(answer.status == 200, accepted, "{seconds}: {}", answer.body);
    }
    assert_eq!(stage.state(&case).await, StateName::Approved);
}

#[tokio::test]
async fn the_first_code_of_a_counter_is_spent_and_the_next_one_counts() {
    let policies = r#"
[[policy]]
id = "transfer"
match = { methods = ["POST"], path = "/transfer" }
summary = "Transfer {amount?} EUR"
[policy.approve]
steps = [{ self = ["hotp"] }]
"#;
    let mut office = Office::with(Setup { policies, ..Setup::default() }).await;
    office.user("alice").await;
    let token = Hotp::new(parse_seed(SEED).unwrap(), Algorithm::Sha1, Digits::Six).unwrap();
    let add = HotpAdd {
        name: "alice".to_owned(),
        secret: Some(SEED.to_owned()),
        label: None,
        algorithm: None,
        digits: None,
        counter: None,
        look_ahead: None,
    };
    let Reply::Totp { id, .. } = office.order(Order::Otp { otp: OtpOrder::HotpAdd(add) }).await else {
        panic!("no token")
    };
    let alice = Person { name: "alice".to_owned(), totp: id.clone() };
    let one = office.hold(&alice, "amount=1").await;
    assert_eq!(office.answer(&one, &id, &token.code(0)).await.status, 200);
    fail_over_all(&mut office).await;
    office.clock.advance(Span::from_secs(1));
    assert_eq!(office.release(&one).await.status, 410);
    let two = office.hold(&alice, "amount=2").await;
    // Code 1 may have been used before: whoever saw it has nothing of it, and its owner types the next one.
    for (counter, status) in [(1, 422), (1, 422), (2, 200)] {
        let answer = office.answer(&two, &id, &token.code(counter)).await;
        assert_eq!(answer.status, status, "{counter}: {}", answer.text());
    }
    let three = office.hold(&alice, "amount=3").await;
    assert_eq!(office.answer(&three, &id, &token.code(3)).await.status, 200, "once is enough");
}

#[tokio::test]
async fn a_program_is_told_to_ask_anew() {
    let mut office = Office::start().await;
    let alice = office.person("alice").await;
    let (held, approved) = (office.hold(&alice, "amount=1").await, office.hold(&alice, "amount=2").await);
    office.approve(&approved, &alice).await;
    fail_over_all(&mut office).await;
    office.clock.advance(Span::from_secs(60));
    let answer = office.release(&approved).await;
    assert_eq!((answer.status, answer.problem().as_str()), (410, "expired"));
    assert!(answer.text().contains("failed over"), "{}", answer.text());
    let answer = office.answer(&held, &alice.totp, &office.code()).await;
    assert_eq!((answer.status, answer.problem().as_str()), (410, "expired"));
    assert_eq!(json(&answer.body)["state"], "failed_over", "{}", answer.text());
    assert_eq!(office.state(&held).await, "failed_over");
    assert_eq!(office.audited(&["voided"]).await, 2);
    assert!(office.arrived().is_empty());
    let anew = office.hold(&alice, "amount=1").await;
    office.approve(&anew, &alice).await;
    assert_eq!(office.release(&anew).await.status, 201);
}

/// Whoever writes something else there has made a store of which nothing is known.
#[tokio::test]
async fn an_epoch_that_cannot_be_read_refuses_everything() {
    let stage = Stage::start().await;
    let case = stage.opened_by_script().await;
    stage.approve(&case).await;
    let bad = Commit::new().create(keys::gateway("epoch"), b"many".to_vec(), None);
    stage.world.store().commit(bad).await.unwrap();
    stage.get(&format!("/held/{}", case.id), &case.cookie).await.shows(503, &[]);
    assert!(stage.world.flows.sweep().await.is_err());
}
