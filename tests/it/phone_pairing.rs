//! Can somebody else's phone be paired with a user: by a photographed code, a used or old one, or a guessed number?

use countersign::base::time::Span;
use countersign::flow::admin::{Order, PairingView, Reply};
use serde_json::json;

use crate::harness::office::Office;
use crate::harness::phone::{Phone, Screen, post, send};

const CLAIMED: &str = "claimed";

fn not_good() -> serde_json::Value {
    json!({ "step": "not_good" })
}

fn another(number: &str) -> String {
    format!("{:06}", (number.parse::<u32>().unwrap() + 1) % 1_000_000)
}

async fn setting() -> (Office, Screen) {
    let office = Office::start().await;
    office.user("alice").await;
    let screen = Screen::begin(&office, "alice").await;
    (office, screen)
}

async fn tokens(office: &Office) -> usize {
    match office.order(Order::TokenList { name: "alice".to_owned() }).await {
        Reply::Tokens { tokens } => tokens.iter().filter(|one| one.kind == "push").count(),
        _ => panic!("no list"),
    }
}

#[tokio::test]
async fn a_phone_is_paired_by_code_and_number() {
    let (office, screen) = setting().await;
    assert_eq!(screen.code.len(), 26, "130 bits of base 32, of which 128 are random");
    assert_eq!(screen.stage(&office).await, PairingView::Waiting);
    let phone = Phone::new(1);
    assert_eq!(phone.claim(&office, &screen.code).await["step"], CLAIMED);
    let PairingView::Claimed { device, number } = screen.stage(&office).await else { panic!("not claimed") };
    assert_eq!((device.as_str(), number.len()), ("Pixel 9", 6));
    assert_eq!(tokens(&office).await, 0, "a claim enrols nothing");
    let told = phone.confirm(&office, &screen.code, &number).await;
    assert_eq!((&told["step"], &told["user"]), (&json!("paired"), &json!("alice")));
    let PairingView::Paired { id, .. } = screen.stage(&office).await else { panic!("not paired") };
    assert_eq!(told["id"], id.as_str());
    assert_eq!(tokens(&office).await, 1);
    // All of it again, by the same phone and another.
    for phone in [phone, Phone::new(2)] {
        assert_eq!(phone.claim(&office, &screen.code).await, not_good());
        assert_eq!(phone.confirm(&office, &screen.code, &number).await, not_good());
    }
    assert_eq!(tokens(&office).await, 1);
}

#[tokio::test]
async fn a_photographed_code_does_not_suffice() {
    let (office, screen) = setting().await;
    let (thief, hers) = (Phone::new(9), Phone::new(1));
    assert_eq!(thief.claim(&office, &screen.code).await["step"], CLAIMED);
    assert_eq!(hers.claim(&office, &screen.code).await, not_good(), "her own phone is told");
    let number = screen.number(&office).await;
    // What she types on her phone is worth nothing to the thief's key, and he has one guess.
    assert_eq!(hers.confirm(&office, &screen.code, &number).await, not_good());
    assert_eq!(thief.confirm(&office, &screen.code, &another(&number)).await, json!({ "step": "wrong" }));
    assert_eq!(thief.confirm(&office, &screen.code, &number).await, not_good());
    assert_eq!(screen.stage(&office).await, PairingView::Over);
    assert_eq!(tokens(&office).await, 0);
}

#[tokio::test]
async fn a_code_is_good_for_ten_minutes() {
    let (office, screen) = setting().await;
    let phone = Phone::new(1);
    office.clock.advance(Span::from_secs(599));
    assert_eq!(phone.claim(&office, &screen.code).await["step"], CLAIMED);
    let number = screen.number(&office).await;
    office.clock.advance(Span::from_secs(1));
    assert_eq!(phone.confirm(&office, &screen.code, &number).await, not_good());
    assert_eq!(screen.stage(&office).await, PairingView::Over);
    let screen = Screen::begin(&office, "alice").await;
    office.clock.advance(Span::from_secs(600));
    assert_eq!(phone.claim(&office, &screen.code).await, not_good());
    assert_eq!(tokens(&office).await, 0);
}

#[tokio::test]
async fn what_is_not_signed_so_is_not_taken() {
    let (office, screen) = setting().await;
    let (phone, other) = (Phone::new(1), Phone::new(2));
    // Another's key; another name than was signed; no code.
    for (key, device, code) in [
        (other.public(), "Pixel 9", screen.code.clone()),
        (phone.public(), "Pixel 8", screen.code.clone()),
        (phone.public(), "Pixel 9", "A".repeat(26)),
    ] {
        let origin = "http://approve.localhost:8081".parse().unwrap();
        let signed = countersign::factors::phone::call::claim(&origin, &screen.code, "Pixel 9");
        let body = json!({ "code": code, "key": key, "device": device, "signature": phone.sign(&signed) });
        let answer = post(&office, "/phone/api/claim", &[], &body).await;
        assert_eq!(answer.text(), not_good().to_string());
    }
    // What is no key, no name, no signature, or more than is asked for.
    let good = json!({ "code": screen.code, "key": phone.public(), "device": "Pixel 9", "signature": phone.sign(b"x") });
    for (member, value) in [
        ("key", json!("AAAA")),
        ("device", json!("")),
        ("device", json!("x".repeat(65))),
        ("signature", json!("AA")),
        ("more", json!(1)),
    ] {
        let mut body = good.clone();
        body[member] = value;
        assert_eq!(post(&office, "/phone/api/claim", &[], &body).await.status, 400, "{member}");
    }
    assert_eq!(screen.stage(&office).await, PairingView::Waiting, "nothing was used up");
    // Another site's page, and a form.
    let body = good.to_string();
    let (json, ours) = (("Content-Type", "application/json"), ("Origin", "http://approve.localhost:8081"));
    for (fields, status) in [
        (vec![json, ("Origin", "http://evil.example")], 403),
        (vec![json], 403),
        (vec![json, ours, ("Sec-Fetch-Site", "cross-site")], 403),
        (vec![("Content-Type", "text/plain"), ours], 415),
        (vec![json, ours], 200),
    ] {
        assert_eq!(send(&office, "POST /phone/api/claim", &fields, &body).await.status, status, "{fields:?}");
    }
}

#[tokio::test]
async fn pairing_is_about_the_user_it_was_begun_for() {
    let (office, screen) = setting().await;
    office.user("bob").await;
    let his = Screen { name: "bob".to_owned(), handle: screen.handle.clone(), code: screen.code.clone() };
    assert_eq!(Phone::new(1).claim(&office, &screen.code).await["step"], CLAIMED);
    assert_eq!(his.stage(&office).await, PairingView::Over, "its number is on its own screen only");
    // An emergency access code was for the time without an authenticator.
    office.emergency("alice", 3).await;
    let number = screen.number(&office).await;
    assert_eq!(Phone::new(1).confirm(&office, &screen.code, &number).await["step"], "paired");
    assert_eq!(office.audited(&["authenticator_revoked"]).await, 1);
    let audit = office.audit().await.join("\n");
    assert!(!audit.contains(&screen.code) && !audit.contains(&number), "{audit}");
}
