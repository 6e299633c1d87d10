//! What may the agent in an application's page ask, and is its script what it says it is?

use std::io::Write as _;

use countersign::base::language::Language;

use crate::harness::office::{Held, Office, held, json};
use crate::harness::raw::Answer;

const OWN: (&str, &str) = ("Sec-Fetch-Site", "same-origin");
const SCRIPT: &str = include_str!("../../templates/proxy/agent.js");

async fn ask(office: &Office, held: &Held, line: &str, more: &[(&str, &str)]) -> Answer {
    let credential = held.credential();
    let mut fields = vec![("Countersign-Release", credential.as_str())];
    fields.extend_from_slice(more);
    let (method, what) = line.split_once(' ').unwrap();
    let line = format!("{method} /.countersign/agent/v1/held/{}{what}", held.id);
    office.ask_with(&line, held.fields(), &fields, b"").await
}

#[tokio::test]
async fn it_learns_the_state_and_nothing_else() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.hold(&alice, "amount=5000&iban=DE89").await;
    office.approve(&held, &alice).await;
    assert_eq!(office.release(&held).await.status, 201);
    let answer = ask(&office, &held, "GET /events", &[OWN]).await;
    assert_eq!((answer.status, answer.field("content-type")), (200, Some("text/event-stream")));
    assert_eq!(answer.text(), "event: state\ndata: {\"state\":\"delivered\"}\n\n");
}

#[tokio::test]
async fn only_the_applications_own_pages_are_answered() {
    let office = Office::start().await;
    let (alice, bob) = (office.person("alice").await, office.person("bob").await);
    let held = office.hold(&alice, "amount=5000").await;
    for (from, status) in [
        (("Sec-Fetch-Site", "cross-site"), 403),
        (("Sec-Fetch-Site", "same-site"), 403),
        (("Sec-Fetch-Site", "none"), 403),
        (("Origin", "http://evil.test"), 403),
        (("Origin", "null"), 403),
    ] {
        for line in ["GET /events", "POST /cancel", "POST /prompt"] {
            assert_eq!(ask(&office, &held, line, &[from]).await.status, status, "{line} {from:?}");
        }
    }
    let strangers = [
        Held { who: bob.who(), ..held.clone() },
        Held { secret: "x".repeat(43), ..held.clone() },
        Held { id: "held_01JD0000000000000000000000".to_owned(), ..held.clone() },
    ];
    for stranger in &strangers {
        for line in ["GET /events", "POST /cancel", "POST /prompt"] {
            assert_eq!(ask(&office, stranger, line, &[OWN]).await.status, 404, "{line}");
        }
    }
    // It cannot do what the API can.
    for line in [
        "GET ",
        "GET /cancel",
        "GET /prompt",
        "POST /events",
        "POST /challenges",
        "POST /answers",
        "POST /reject",
    ] {
        assert_eq!(ask(&office, &held, line, &[OWN]).await.status, 404, "{line}");
    }
    assert_eq!(json(&office.api(&held, "GET", "", "").await.body)["state"], "held");
}

#[tokio::test]
async fn what_its_user_gives_up_is_cancelled_and_the_application_gets_the_refusal() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.hold(&alice, "amount=5000&iban=DE89").await;
    for _ in 0..2 {
        let answer = ask(&office, &held, "POST /cancel", &[OWN]).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "approval-required"));
        let told = json(&answer.body);
        assert_eq!(told["held"]["state"], "cancelled");
        assert_eq!(told["detail"], "Not approved: Transfer 5000 EUR to DE89");
        assert!(!answer.text().contains(&held.secret));
    }
    assert_eq!(office.release(&held).await.status, 410);
    assert!(office.arrived().is_empty());
    // What has been carried out is not cancelled by it.
    let other = office.hold(&alice, "amount=1").await;
    office.approve(&other, &alice).await;
    assert_eq!(office.release(&other).await.status, 201);
    assert_eq!(json(&ask(&office, &other, "POST /cancel", &[OWN]).await.body)["held"]["state"], "delivered");
}

#[tokio::test]
async fn a_prompt_that_was_lost_is_opened_anew_and_its_address_serves_once() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.hold(&alice, "amount=5000").await;
    let first = json(&ask(&office, &held, "POST /prompt", &[OWN]).await.body);
    let second = json(&ask(&office, &held, "POST /prompt", &[OWN]).await.body);
    let path = |way: &serde_json::Value| {
        way["url"].as_str().unwrap().strip_prefix(crate::harness::wire::PORTAL).unwrap().to_owned()
    };
    assert_ne!(path(&first), path(&second));
    assert_eq!(second["frame"].as_str().unwrap().replace("/frame/", "/"), second["url"]);
    for (way, status) in [(&first, 403), (&second, 303), (&second, 403)] {
        let url = path(way);
        assert_eq!(office.portal(&format!("GET {url}"), "", None).await.status, status, "{url}");
    }
}

#[tokio::test]
async fn what_is_held_says_what_releases_it() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let fields = [("Content-Type", "application/x-www-form-urlencoded"), ("X-Forwarded-User", "alice")];
    let answer = office.ask("PUT /transfer?a=%2f", &fields, b"amount=5000").await;
    let told = json(&answer.body);
    assert_eq!(
        (told["held"]["method"].as_str(), told["held"]["target"].as_str()),
        (Some("PUT"), Some("/transfer?a=%2f"))
    );
    held(&answer, "PUT /transfer?a=%2f", "bank.test", alice.who());
}

#[test]
fn the_script_is_small_and_speaks_every_language() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(SCRIPT.as_bytes()).unwrap();
    let size = packed.finish().unwrap().len();
    assert!(size < 8 * 1024, "{size} bytes");
    let words = SCRIPT.split("const WORDS = {").nth(1).unwrap().split("\n  };").next().unwrap();
    let lines: Vec<&str> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), Language::ALL.len(), "{words}");
    for language in Language::ALL {
        let line = lines.iter().find(|line| line.starts_with(&format!("{}: [", language.tag())));
        assert_eq!(line.map(|line| line.matches('"').count()), Some(8), "{language:?}");
    }
}
