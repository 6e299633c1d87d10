//! Question: does a code that was sent release exactly the request it was sent for, once, for ten minutes, and nothing else?
//!
//! Over sockets from the hold to the application, by e-mail through a real mail server and by text message through a gateway.

use countersign::base::time::Span;
use countersign::factors::message::Address;
use countersign::flow::enrol_contact::{ContactBegun, ContactShown};

use crate::harness::exim::Exim;
use crate::harness::office::{Held, Office, Setup, json};
use crate::harness::postbox::{ON, POLICIES, Phones, SMS_ON, Texting, begin, challenge, person, user};
use crate::harness::raw::Answer;

const NUMBER: &str = "+41791234567";

fn minute() -> Span {
    Span::from_secs(61)
}

#[track_caller]
fn is(answer: &Answer, status: u16, problem: &str) {
    assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{}", answer.text());
}

#[track_caller]
fn approved(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(json(&answer.body)["state"], "approved");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_hold_by_a_mail_to_the_application() {
    let exim = Exim::start().await;
    let more = format!("{}{}", exim.table(), "[tenant.default]\nemail_codes = true\n");
    let office = Office::with(Setup { more, policies: POLICIES, ..Setup::default() }).await;
    office.user("alice").await;
    // The address is shown to be hers first.
    let begun = begin(&office, "alice", &Address::email("alice@example.com").unwrap()).await;
    let ContactBegun::Sent { id, to, digits, .. } = begun else { panic!("{begun:?}") };
    assert_eq!((to.as_str(), digits), ("a***e@example.com", 8));
    let code = exim.wait_for(1).await[0].code();
    let flows = &office.running().flows;
    let shown = flows.contact_finish(&user("alice"), id, &code, None).await.unwrap();
    let ContactShown::Enrolled(authenticator) = shown else { panic!("{shown:?}") };

    let body = "amount=5000&iban=DE89370400440532013000&pin=pin-canary-71";
    let held = office.hold(&person("alice"), body).await;
    let told = json(&office.api(&held, "GET", "", "").await.body);
    assert_eq!(told["authenticators"][0]["kind"], "email");
    assert_eq!(told["authenticators"][0]["label"], "a***e@example.com");
    let asked = challenge(&office, &held, &authenticator.to_string()).await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    let asked = json(&asked.body);
    assert_eq!(
        asked["public"],
        serde_json::json!({ "to": "a***e@example.com", "digits": 8, "resend_after": 60 })
    );
    let mail = exim.wait_for(2).await.pop().unwrap();
    for kind in ["text/plain", "text/html"] {
        let text = mail.part(kind);
        for said in ["bank", "bank.test", "5000 EUR", "DE89370400440532013000", "approve.localhost", "Never"]
        {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(!text.contains("pin-canary"), "{text}");
    }
    let answer = serde_json::json!({ "challenge": asked["challenge"], "code": mail.code() }).to_string();
    approved(&office.api(&held, "POST", "/answers", &answer).await);
    assert!(office.arrived().is_empty(), "nothing went before");
    assert_eq!(office.release(&held).await.status, 201);
    assert_eq!(office.only().body, body.as_bytes());
}

#[tokio::test]
async fn at_the_prompt_by_a_text_message() {
    let texting = Texting::start().await;
    let phone = texting.owner("alice", NUMBER).await;
    let (office, phones) = (&texting.office, &texting.phones);
    let alice = person("alice");
    let held = office.navigate("POST /transfer", "bank.test", alice.who(), b"amount=5000").await;
    let cookie = office.open_prompt(&held).await;
    let before = phones.texts().len();
    let page = office.portal(&format!("GET /held/{}", held.id), &cookie, None).await.text();
    let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let choice = [("csrf", token.as_str()), ("authenticator", phone.as_str())];
    let choose = format!("POST /held/{}/choose", held.id);
    let sent = office.portal(&choose, &cookie, Some(&choice)).await;
    assert_eq!(sent.status, 200);
    assert!(sent.text().contains("on its way to <bdi>+41 ** *** ** 67</bdi>"), "{}", sent.text());
    // Too soon for another: the field stays, since the code is still good.
    let again = office.portal(&choose, &cookie, Some(&choice)).await;
    assert_eq!((again.status, again.field("retry-after")), (429, Some("60")));
    assert!(
        again.text().contains("one-time-code") && again.text().contains("still good"),
        "{}",
        again.text()
    );
    assert!(!again.text().contains("aria-invalid"), "nothing was typed wrong: {}", again.text());
    // For another request nothing was sent, and nothing is asked for.
    let other = office.navigate("POST /transfer", "bank.test", alice.who(), b"amount=1").await;
    let none = office.choose(&other.id, &office.open_prompt(&other).await, &phone).await;
    assert_eq!((none.status, none.field("retry-after")), (429, Some("60")));
    assert!(
        none.text().contains("No code was sent") && !none.text().contains("one-time-code"),
        "{}",
        none.text()
    );
    let code = phones.wait_for(before + 1).await.code();
    let wrong = if code.starts_with('1') { "20000000" } else { "10000000" };
    let answer = format!("POST /held/{}/answer", held.id);
    let refused = office.portal(&answer, &cookie, Some(&[choice[0], choice[1], ("code", wrong)])).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("Send another code"), "{}", refused.text());
    let spelled = format!(" {}-{} ", &code[..4], &code[4..]);
    let done = office.portal(&answer, &cookie, Some(&[choice[0], choice[1], ("code", &spelled)])).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(done.text().contains("/.countersign/return/"), "{}", done.text());
    assert_eq!(office.audited(&["approved"]).await, 1);
}

#[tokio::test]
async fn a_code_is_for_one_request_one_time_and_ten_minutes() {
    let texting = Texting::start().await;
    let phone = texting.owner("alice", NUMBER).await;
    let (office, alice) = (&texting.office, person("alice"));
    // For another request it is wrong, and stays good for its own.
    let (one, other) = (office.hold(&alice, "amount=1").await, office.hold(&alice, "amount=2").await);
    let (challenge_one, code_one) = texting.code(&one, &phone).await;
    office.clock.advance(minute());
    let (_, code_other) = texting.code(&other, &phone).await;
    assert_ne!(code_one, code_other);
    is(&office.answer(&other, &phone, &code_one).await, 422, "wrong-answer");
    is(&office.answer(&one, &phone, &code_other).await, 422, "wrong-answer");
    let swapped = serde_json::json!({ "challenge": challenge_one, "code": code_one }).to_string();
    is(&office.api(&other, "POST", "/answers", &swapped).await, 409, "conflict");
    approved(&office.answer(&one, &phone, &code_one).await);
    // Once.
    is(&office.answer(&one, &phone, &code_one).await, 409, "conflict");
    // Nothing was begun for a third: there is nothing to be answered, and nothing is counted.
    let third = office.hold(&alice, "amount=3").await;
    is(&office.answer(&third, &phone, &code_other).await, 409, "conflict");
    // A new code takes the place of the one before it.
    office.clock.advance(minute());
    let (_, first) = texting.code(&third, &phone).await;
    office.clock.advance(minute());
    let (_, second) = texting.code(&third, &phone).await;
    is(&office.answer(&third, &phone, &first).await, 422, "wrong-answer");
    approved(&office.answer(&third, &phone, &second).await);
    // Ten minutes, not a second more.
    let fourth = office.hold(&alice, "amount=4").await;
    office.clock.advance(minute());
    let (_, late) = texting.code(&fourth, &phone).await;
    office.clock.advance(Span::from_secs(600));
    is(&office.answer(&fourth, &phone, &late).await, 409, "conflict");
    assert_eq!(office.state(&fourth).await, "held");
}

#[tokio::test]
async fn asking_for_more_codes_gives_no_more_guesses() {
    let texting = Texting::with(
        "limits = { user = { hour = 50, day = 50 }, address = { hour = 50, day = 50 } }",
        "wrong_before_lock = 12",
    )
    .await;
    let phone = texting.owner("alice", NUMBER).await;
    let (office, alice) = (&texting.office, person("alice"));
    let (mut wrong, mut taken) = (0, 0);
    for round in 0..20 {
        office.clock.advance(Span::from_secs(3600));
        let held = office.hold(&alice, &format!("amount={round}")).await;
        let sent = texting.send(&held, &phone).await;
        assert_eq!(sent.status, 200, "{}", sent.text());
        for guess in 0..4 {
            let answer = office.answer(&held, &phone, &format!("{:08}", round * 4 + guess)).await;
            match answer.status {
                422 => wrong += 1,
                429 => taken += 1,
                _ => panic!("{}", answer.text()),
            }
        }
        assert_eq!(office.api(&held, "POST", "/reject", r#"{"reason":"cancelled"}"#).await.status, 200);
    }
    assert_eq!((wrong, wrong + taken), (12, 80), "the budget is one for all codes and requests");
    // The right one does not help either now.
    office.clock.advance(Span::from_secs(3600));
    let held = office.hold(&alice, "amount=5000").await;
    let (_, code) = texting.code(&held, &phone).await;
    is(&office.answer(&held, &phone, &code).await, 429, "throttled");
}

#[tokio::test]
async fn nobody_uses_the_code_or_the_address_of_another() {
    let texting = Texting::start().await;
    let hers = texting.owner("alice", NUMBER).await;
    let his = texting.owner("bob", "+421905123456").await;
    let office = &texting.office;
    let of_alice = office.hold(&person("alice"), "amount=1").await;
    let of_bob = office.hold(&person("bob"), "amount=1").await;
    is(&texting.send(&of_bob, &hers).await, 409, "conflict");
    is(&texting.send(&of_alice, &his).await, 409, "conflict");
    let (challenge, code) = texting.code(&of_alice, &hers).await;
    let stolen = Held { who: person("bob").who(), ..of_alice.clone() };
    is(&office.answer(&stolen, &hers, &code).await, 404, "not-found");
    let (_, own) = texting.code(&of_bob, &his).await;
    assert_ne!(own, code);
    is(&office.answer(&of_bob, &his, &code).await, 422, "wrong-answer");
    let swapped =
        serde_json::json!({ "challenge": challenge, "authenticator": his, "code": own }).to_string();
    is(&office.api(&of_bob, "POST", "/answers", &swapped).await, 409, "conflict");
    approved(&office.answer(&of_bob, &his, &own).await);
}

#[tokio::test]
async fn what_a_tenant_turned_off_is_not_offered() {
    let phones = Phones::start().await;
    let more = format!("{}{SMS_ON}", phones.table(""));
    let mut texting = Texting {
        office: Office::with(Setup { more, policies: POLICIES, ..Setup::default() }).await,
        phones,
    };
    let phone = texting.owner("alice", NUMBER).await;
    let settings = texting.office.settings();
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace("sms_codes = true", "sms_codes = false")).unwrap();
    texting.office.restart().await;
    let before = texting.phones.texts().len();
    let alice = person("alice");
    // She has nothing that counts: the request is not even held.
    let own = vec![("Host".to_owned(), "bank.test".to_owned()), alice.who()];
    let answer =
        texting.office.ask_with("POST /transfer", own, &[crate::harness::office::FORM], b"amount=1").await;
    is(&answer, 403, "no-authenticator");
    assert_eq!(texting.phones.texts().len(), before);
    std::fs::write(&settings, text).unwrap();
    texting.office.restart().await;
    let held = texting.office.hold(&alice, "amount=1").await;
    let (_, code) = texting.code(&held, &phone).await;
    approved(&texting.office.answer(&held, &phone, &code).await);
}

#[tokio::test]
async fn an_address_is_nobodys_until_its_code_came_back() {
    let phones = Phones::start().await;
    let more = format!("{}{ON}", phones.table("")).replace("email_codes = true", "email_codes = false");
    let office = Office::with(Setup { more, policies: POLICIES, ..Setup::default() }).await;
    office.user("alice").await;
    let flows = &office.running().flows;
    let number = Address::phone(NUMBER).unwrap();
    let mail = Address::email("alice@example.com").unwrap();
    assert_eq!(begin(&office, "alice", &mail).await, ContactBegun::Unreachable, "there is no mail server");
    let far = Address::phone("+19005550100").unwrap();
    assert_eq!(begin(&office, "alice", &far).await, ContactBegun::Unreachable, "not an allowed country");
    let ContactBegun::Sent { id, .. } = begin(&office, "alice", &number).await else { panic!() };
    let code = phones.wait_for(1).await.code();
    assert!(phones.texts()[0].text.contains("alice"), "{:?}", phones.texts());
    let wait = begin(&office, "alice", &number).await;
    assert!(matches!(wait, ContactBegun::Wait { why: "resend", .. }), "{wait:?}");
    for left in (0..5).rev() {
        let shown = flows.contact_finish(&user("alice"), id, "00000000", None).await.unwrap();
        assert_eq!(shown, ContactShown::Wrong { left });
    }
    let over = flows.contact_finish(&user("alice"), id, &code, None).await.unwrap();
    assert_eq!(over, ContactShown::Gone, "five guesses end it");
    office.clock.advance(minute());
    let ContactBegun::Sent { id, .. } = begin(&office, "alice", &number).await else { panic!() };
    let code = phones.wait_for(2).await.code();
    // Somebody else's code for the same number does not count.
    office.user("bob").await;
    assert_eq!(flows.contact_finish(&user("bob"), id, &code, None).await.unwrap(), ContactShown::Gone);
    let shown = flows.contact_finish(&user("alice"), id, &code, None).await.unwrap();
    assert!(matches!(shown, ContactShown::Enrolled(_)), "{shown:?}");
    assert_eq!(flows.contact_finish(&user("alice"), id, &code, None).await.unwrap(), ContactShown::Gone);
    office.clock.advance(minute());
    assert_eq!(begin(&office, "alice", &number).await, ContactBegun::Known);
}
