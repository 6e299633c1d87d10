//! Question: does an approval that is remembered spare the next prompt for exactly the same action, and for nothing else?

use std::sync::Arc;

use countersign::base::time::Span;
use countersign::config;

use crate::harness::office::{FORM, Held, Mood, NAVIGATION, Office, Person, Setup, held, json};
use crate::harness::raw::Answer;

const POLICIES: &str = r#"
[[policy]]
id = "transfer"
match = { methods = ["POST", "PUT"], path = "/transfer" }
summary = "Transfer {amount} EUR to {iban}"
[policy.approve]
steps = [{ self = ["totp"] }]
remember = "10m"

[[policy]]
id = "close"
match = { methods = ["POST"], path = "/close/{account}" }
summary = "Close {account}"
[policy.approve]
steps = [{ self = ["totp"] }]
remember = "10m"

[[policy]]
id = "archive"
match = { methods = ["GET"], path = "/archive" }
summary = "Open the archive"
[policy.approve]
steps = [{ self = ["totp"] }]
remember = "10m"

[[policy]]
id = "upload"
match = { methods = ["POST"], path = "/upload" }
summary = "Store {file}"
[policy.approve]
steps = [{ self = ["totp"] }]
remember = "10m"

[[policy]]
id = "big"
match = { methods = ["POST"], path = "/transfer", fields = { amount = { over = 1000 } } }
summary = "A large transfer of {amount} EUR"
[policy.approve]
steps = [{ self = ["totp", "emergency"] }]
"#;

const BODY: &str = "amount=5&iban=DE89";

async fn office() -> Office {
    Office::with(Setup { policies: POLICIES, ..Setup::default() }).await
}

/// `club.test` asks the application whose session it is: the cookie's.
fn session(of: &str) -> (String, String) {
    ("Cookie".to_owned(), format!("theme=dark; sessionid={of}"))
}

async fn ask(
    office: &Office,
    line: &str,
    who: (String, String),
    more: &[(&str, &str)],
    body: &str,
) -> Answer {
    let own = vec![("Host".to_owned(), "club.test".to_owned()), who];
    let form =
        if body.starts_with("--") { ("Content-Type", "multipart/form-data; boundary=b") } else { FORM };
    office.ask_with(line, own, &[&[form], more].concat(), body.as_bytes()).await
}

/// Holds, approves and releases; what the approval is remembered by.
async fn approved(office: &Office, line: &str, person: &Person, body: &str) -> Held {
    let answer = ask(office, line, session(&person.name), &[], body).await;
    let held = held(&answer, line, "club.test", session(&person.name));
    office.approve(&held, person).await;
    assert_eq!(office.release(&held).await.status, 201);
    held
}

#[track_caller]
fn asks(answer: &Answer, what: &str) {
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (403, "approval-required"),
        "{what}: {}",
        answer.text()
    );
}

#[tokio::test]
async fn the_same_again_passes_for_its_time_and_no_longer() {
    let office = office().await;
    let alice = office.person("alice").await;
    let answer = ask(&office, "POST /transfer", session("alice"), &[], BODY).await;
    assert_eq!(json(&answer.body)["held"]["remembers"], "10m", "{}", answer.text());
    let held = held(&answer, "POST /transfer", "club.test", session("alice"));
    assert_eq!(json(&office.api(&held, "GET", "", "").await.body)["remembers"], "10m");
    let cookie = office.open_prompt(&held).await;
    let page = office.portal(&format!("GET /held/{}", held.id), &cookie, None).await.text();
    assert!(
        page.contains("For 10 minutes after you confirm it, exactly the same action will not ask again"),
        "{page}"
    );
    asks(&ask(&office, "POST /transfer", session("alice"), &[], BODY).await, "nothing is approved yet");
    let second = office.clock.clone();
    office.approve(&held, &alice).await;
    assert_eq!(office.release(&held).await.status, 201);
    // What no policy decides by or shows may differ; it arrives as it came.
    for body in [BODY, "amount=5&iban=DE89&csrf=4711", "csrf=4712&amount=5&iban=DE89"] {
        let before = office.arrived().len();
        assert_eq!(ask(&office, "POST /transfer", session("alice"), &[], body).await.status, 201);
        let arrived = office.arrived();
        assert_eq!((arrived.len(), arrived[before].body.as_slice()), (before + 1, body.as_bytes()));
        assert!(arrived[before].all("countersign-receipt").is_empty());
    }
    // The approval was given 30 seconds ago. Using a grant does not make it last.
    second.advance(Span::from_secs(569));
    assert_eq!(ask(&office, "POST /transfer", session("alice"), &[], BODY).await.status, 201);
    second.advance(Span::from_secs(1));
    asks(&ask(&office, "POST /transfer", session("alice"), &[], BODY).await, "its time is over");
    assert_eq!((office.audited(&["grant_made"]).await, office.audited(&["grant_used"]).await), (1, 4));
    let entries: Vec<_> =
        office.audit().await.iter().map(|line| json(line.as_bytes())["event"].clone()).collect();
    let made = entries.iter().find(|entry| entry["kind"] == "grant_made").unwrap();
    let used = entries.iter().find(|entry| entry["kind"] == "grant_used").unwrap();
    assert_eq!((&made["held"], &used["held"]), (&held.id.as_str().into(), &held.id.as_str().into()));
    assert_eq!(made["detail"]["grant"], used["detail"]["grant"]);
    assert!(used["detail"]["policy"].as_str().unwrap().starts_with("club-transfer@"), "{used}");
    assert_eq!(
        (&used["actor"], &used["detail"]["summary"]),
        (&"user:alice".into(), &"Transfer 5 EUR to DE89".into())
    );
    // An ended grant is swept away, and the sweep goes on to what falls due after it.
    while office.running().flows.sweep().await.unwrap() > 0 {}
}

#[tokio::test]
async fn anything_else_asks() {
    let office = office().await;
    let (alice, bob) = (office.person("alice").await, office.person("bob").await);
    approved(&office, "POST /transfer", &alice, BODY).await;
    approved(&office, "POST /close/7", &alice, "").await;
    let file = |content: &str| {
        format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n{content}\r\n--b--\r\n"
        )
    };
    approved(&office, "POST /upload", &alice, &file("one")).await;
    let alices = || session("alice");
    for (line, who, more, body, passes) in [
        ("POST /transfer", alices(), None, BODY.to_owned(), true),
        ("POST /transfer", alices(), None, "amount=6&iban=DE89".to_owned(), false),
        ("POST /transfer", alices(), None, "amount=5.0&iban=DE89".to_owned(), false),
        ("POST /transfer", alices(), None, "amount=5&iban=DE90".to_owned(), false),
        ("POST /transfer?amount=5", alices(), None, BODY.to_owned(), false),
        ("PUT /transfer", alices(), None, BODY.to_owned(), false),
        ("POST /transfer", session(&bob.name), None, BODY.to_owned(), false),
        // Another login of the same user, as the application sees it.
        ("POST /transfer", alices(), Some(("Authorization", "Basic YTpi")), BODY.to_owned(), false),
        ("POST /close/7", alices(), None, String::new(), true),
        ("POST /close/8", alices(), None, String::new(), false),
        ("POST /upload", alices(), None, file("one"), true),
        ("POST /upload", alices(), None, file("two"), false),
    ] {
        let answer = ask(&office, line, who.clone(), more.as_slice(), &body).await;
        if passes {
            assert_eq!(answer.status, 201, "{line} {body}: {}", answer.text());
        } else {
            asks(&answer, &format!("{line} {} {more:?} {body}", who.1));
        }
    }
    // From another site it is refused before any grant is looked at.
    let foreign = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")];
    let answer = ask(&office, "POST /transfer", session("alice"), &foreign, BODY).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert!(answer.text().contains("another site asked for it"), "{}", answer.text());
    let guess = ask(&office, "POST /transfer", session("alice"), &[("Sec-Purpose", "prefetch")], BODY).await;
    assert_eq!((guess.status, guess.problem().as_str()), (403, "not-holdable"));
    // A session that has ended serves nobody, though the answer about it is still kept.
    office.signed_out.lock().unwrap().insert("alice".to_owned());
    asks(&ask(&office, "POST /transfer", session("alice"), &[], BODY).await, "signed out");
    office.signed_out.lock().unwrap().clear();
    assert_eq!(ask(&office, "POST /transfer", session("alice"), &[], BODY).await.status, 201);
    // Another wording of the policy.
    let folder = office.settings().parent().unwrap().join("policies");
    let text = std::fs::read_to_string(folder.join("club.toml")).unwrap();
    std::fs::write(folder.join("club.toml"), text.replace("Transfer {amount}", "Send {amount}")).unwrap();
    let (_, set) = config::load(&office.settings()).unwrap();
    office.running().flows.renew(set).await.unwrap();
    asks(&ask(&office, "POST /transfer", session("alice"), &[], BODY).await, "another revision");
    assert_eq!(
        ask(&office, "POST /close/7", session("alice"), &[], "").await.status,
        201,
        "the other policy is the same"
    );
}

#[tokio::test]
async fn a_browser_is_known_by_its_key_and_a_program_without_a_session_by_nothing() {
    let office = office().await;
    let alice = office.person("alice").await;
    let first = office.navigate("POST /transfer", "bank.test", alice.who(), BODY.as_bytes()).await;
    let target = office.approve_by_page(&first, &alice).await;
    assert_eq!(office.arrive(&first, &target).await.status, 201);
    let more = [NAVIGATION.as_slice(), &[FORM]].concat();
    let again = office.ask_with("POST /transfer", first.fields(), &more, BODY.as_bytes()).await;
    assert_eq!(again.status, 201, "{}", again.text());
    let arrived = office.arrived();
    assert!(!arrived.last().unwrap().all("cookie").join("").contains("countersign"));
    for cookie in [String::new(), format!("countersign={}", "x".repeat(43))] {
        let other = Held { cookie, ..first.clone() };
        let answer = office.ask_with("POST /transfer", other.fields(), &more, BODY.as_bytes()).await;
        assert_eq!(answer.status, 403, "another browser");
    }
    // A program that an identity header speaks for: nothing tells its sessions apart.
    let answer = office.ask_with("POST /transfer", vec![alice.who()], &[FORM], BODY.as_bytes()).await;
    assert_eq!(json(&answer.body)["held"]["remembers"], serde_json::Value::Null);
    let script = held(&answer, "POST /transfer", "bank.test", alice.who());
    office.approve(&script, &alice).await;
    assert_eq!(office.release(&script).await.status, 201);
    asks(&office.ask_with("POST /transfer", vec![alice.who()], &[FORM], BODY.as_bytes()).await, "no session");
    assert_eq!(office.audited(&["grant_made"]).await, 1);
}

#[tokio::test]
async fn of_two_policies_only_the_one_that_remembers_is_spared() {
    let office = office().await;
    let alice = office.person("alice").await;
    let body = "amount=5000&iban=DE89";
    let first = approved(&office, "POST /transfer", &alice, body).await;
    let answer = ask(&office, "POST /transfer", session("alice"), &[], body).await;
    asks(&answer, "the other policy asks");
    let said = json(&answer.body)["held"].clone();
    assert_eq!(said["summary"], "A large transfer of 5000 EUR\nTransfer 5000 EUR to DE89");
    assert_eq!(said["remembers"], serde_json::Value::Null);
    let again = held(&answer, "POST /transfer", "club.test", session("alice"));
    let document = json(&office.api(&again, "GET", "", "").await.body);
    assert_eq!(document["steps"], serde_json::json!([{ "self": ["totp", "emergency"], "done": false }]));
    let used: Vec<_> =
        office.audit().await.iter().map(|line| json(line.as_bytes())["event"].clone()).collect();
    let used: Vec<_> = used.iter().filter(|entry| entry["kind"] == "grant_used").collect();
    assert_eq!((used.len(), &used[0]["held"]), (1, &first.id.as_str().into()));
    // The grant is not renewed by an approval that it took part in.
    office.approve(&again, &alice).await;
    assert_eq!(office.release(&again).await.status, 201);
    assert_eq!(office.audited(&["grant_made"]).await, 1);
}

#[tokio::test]
async fn what_shakes_the_trust_in_a_user_voids_all_grants() {
    let office = office().await;
    let alice = office.person("alice").await;
    let spare = office.person("bob").await;
    let passes = async |passes: bool, what: &str| {
        let answer = ask(&office, "POST /transfer", session("alice"), &[], BODY).await;
        assert_eq!(answer.status, if passes { 201 } else { 403 }, "{what}: {}", answer.text());
    };
    approved(&office, "POST /transfer", &alice, BODY).await;
    passes(true, "as it was").await;
    office.order(countersign::flow::admin::Order::TokenRevoke { id: spare.totp }).await;
    passes(true, "somebody else's authenticator").await;
    let (id, _) = office.emergency("alice", 1).await;
    office.order(countersign::flow::admin::Order::TokenRevoke { id }).await;
    passes(false, "an authenticator was revoked").await;

    approved(&office, "POST /transfer", &alice, BODY).await;
    passes(true, "anew").await;
    let unknown = ask(&office, "POST /close/1", session("alice"), &[], "").await;
    let unknown = held(&unknown, "POST /close/1", "club.test", session("alice"));
    assert_eq!(office.api(&unknown, "POST", "/reject", r#"{"reason":"not_me"}"#).await.status, 200);
    passes(false, "somebody else acts in her session").await;

    approved(&office, "POST /transfer", &alice, BODY).await;
    passes(true, "anew").await;
    let target = ask(&office, "POST /close/1", session("alice"), &[], "").await;
    let mut target = held(&target, "POST /close/1", "club.test", session("alice"));
    for wrong in 0..20 {
        if wrong >= 5 {
            office.clock.advance(Span::from_secs(4000));
            let answer = ask(&office, "POST /close/1", session("alice"), &[], "").await;
            target = held(&answer, "POST /close/1", "club.test", session("alice"));
        }
        office.answer(&target, &alice.totp, "000000").await;
    }
    assert_eq!(office.audited(&["locked"]).await, 1);
    passes(false, "locked").await;
    office.order(countersign::flow::admin::Order::UserUnblock { name: "alice".to_owned() }).await;
    passes(false, "unblocked").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_are_all_served_and_all_recorded() {
    let office = Arc::new(office().await);
    let alice = office.person("alice").await;
    approved(&office, "POST /transfer", &alice, BODY).await;
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let office = office.clone();
        asking.spawn(async move { ask(&office, "POST /transfer", session("alice"), &[], BODY).await.status });
    }
    assert_eq!(asking.join_all().await, [201; 16]);
    assert_eq!((office.arrived().len(), office.audited(&["grant_used"]).await), (17, 16));
}

#[tokio::test]
async fn without_the_store_nothing_is_granted() {
    let office = office().await;
    let alice = office.person("alice").await;
    approved(&office, "POST /transfer", &alice, BODY).await;
    let (file, aside) = (office.data().join("countersign.redb"), office.data().join("aside"));
    std::fs::rename(&file, &aside).unwrap();
    let answer = ask(&office, "POST /transfer", session("alice"), &[], BODY).await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "store-unavailable"));
    assert_eq!(office.arrived().len(), 1);
    std::fs::rename(&aside, &file).unwrap();
    assert_eq!(ask(&office, "POST /transfer", session("alice"), &[], BODY).await.status, 201);
}

#[tokio::test]
async fn a_grant_outlives_a_restart() {
    let mut office = office().await;
    let alice = office.person("alice").await;
    approved(&office, "POST /transfer", &alice, BODY).await;
    office.restart().await;
    assert_eq!(ask(&office, "POST /transfer", session("alice"), &[], BODY).await.status, 201);
}

#[tokio::test]
async fn what_a_grant_lets_through_is_sent_once_whatever_its_method() {
    let office = office().await;
    let alice = office.person("alice").await;
    approved(&office, "GET /archive", &alice, "").await;
    for (line, times) in [("GET /elsewhere", 2), ("GET /archive", 1)] {
        // A connection that is kept, and then closed without an answer: HTTP allows another try for a GET.
        office.feel(Mood::Answers);
        assert_eq!(ask(&office, "GET /warm", session("alice"), &[], "").await.status, 201);
        office.feel(Mood::Closes);
        assert_eq!(ask(&office, line, session("alice"), &[], "").await.status, 502, "{line}");
        let arrived = office.arrived().iter().skip(1).filter(|seen| seen.line().starts_with(line)).count();
        assert_eq!(arrived, times, "{line}");
    }
}
