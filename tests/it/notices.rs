//! Question: is a user told, at every contact, of all that happens to the account, without a code in it and without anybody waiting?

use countersign::flow::admin::Order;

use crate::harness::exim::Exim;
use crate::harness::office::{FORM, Office, Setup};
use crate::harness::postbox::{ON, POLICIES, Phones};

const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// An office with mail and text messages, and alice with an address and a number that an operator entered.
async fn start(phones: &Phones, exim: &Exim, limits: &'static str, sms: &str) -> Office {
    let more = format!("{}{}{ON}", exim.table(), phones.table(sms));
    let office = Office::with(Setup { limits, more, policies: POLICIES, ..Setup::default() }).await;
    let (email, phone) = (Some("alice@example.com".to_owned()), Some("+41791234567".to_owned()));
    office.order(Order::UserAdd { name: "alice".to_owned(), groups: Vec::new(), email, phone }).await;
    office
}

async fn totp(office: &Office, label: &str) -> crate::harness::office::Person {
    let (name, secret, label) = ("alice".to_owned(), Some(SEED.to_owned()), Some(label.to_owned()));
    let order = Order::TotpAdd { name, secret, label, algorithm: None, digits: None };
    match office.order(order).await {
        countersign::flow::admin::Reply::Totp { id, .. } => {
            crate::harness::office::Person { name: "alice".to_owned(), totp: id }
        }
        _ => panic!("no authenticator"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_to_an_account_is_told_at_every_contact() {
    let (phones, exim) = (Phones::start().await, Exim::start().await);
    let office =
        start(&phones, &exim, "wrong_before_lock = 5", "limits = { user = { hour = 9, day = 20 } }").await;
    let mut expected: Vec<&str> = Vec::new();
    let alice = totp(&office, "Pixel 9").await;
    expected.push("An authenticator was added to your account");
    let (emergency, code) = office.emergency("alice", 2).await;
    expected.push("An emergency access code was issued for your account");
    let held = office.hold(&alice, "amount=1").await;
    let used = office.answer(&held, &emergency, &code).await;
    assert_eq!(used.status, 200, "{}", used.text());
    expected.push("An emergency access code was used for your account");
    let not_me = office.hold(&alice, "amount=2").await;
    assert_eq!(office.api(&not_me, "POST", "/reject", r#"{"reason":"not_me"}"#).await.status, 200);
    expected.push("An action in your name was rejected as not yours");
    // Another authenticator ends the emergency access code.
    let second = totp(&office, "Tablet").await;
    expected.push("An authenticator was added to your account");
    let held = office.hold(&alice, "amount=3").await;
    let dead = office.answer(&held, &emergency, &code).await;
    assert_eq!(dead.status, 409, "{}", dead.text());
    office.order(Order::TokenRevoke { id: second.totp }).await;
    expected.push("An authenticator was removed from your account");
    for _ in 0..5 {
        let wrong = office.answer(&held, &alice.totp, "000000").await;
        assert_eq!(wrong.status, 422, "{}", wrong.text());
    }
    expected.push("Your account is locked after too many wrong codes");
    office.running().flows.deliver_due().await.unwrap();
    let told = exim.wait_for(expected.len()).await;
    phones.wait_for(expected.len()).await;
    let mut subjects: Vec<&str> = told.iter().flat_map(|mail| mail.all("subject")).collect();
    subjects.sort_unstable();
    let mut by_text: Vec<String> =
        phones.texts().iter().map(|text| text.text.split(" (").next().unwrap().to_owned()).collect();
    by_text.sort_unstable();
    expected.sort_unstable();
    assert_eq!(subjects, expected);
    assert_eq!(by_text, expected);
    for mail in &told {
        for part in ["text/plain", "text/html"] {
            let part = mail.part(part);
            assert!(part.contains("helpdesk") && part.contains("alice"), "{part}");
            assert!(!part.contains(&code) && !part.contains(SEED), "{part}");
        }
    }
    assert!(phones.texts().iter().all(|text| text.to == "+41791234567"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_a_mail_server_and_a_flood_of_notices_ends() {
    let (phones, exim) = (Phones::start().await, Exim::start().await);
    let office = start(&phones, &exim, "user_held = 100", "").await;
    let alice = totp(&office, "Pixel 9").await;
    for _ in 0..30 {
        let own = vec![("Host".to_owned(), "bank.test".to_owned()), alice.who()];
        let answer = office.ask_with("POST /transfer", own, &[FORM], b"amount=1").await;
        let held = crate::harness::office::held(&answer, "POST /transfer", "bank.test", alice.who());
        assert_eq!(office.api(&held, "POST", "/reject", r#"{"reason":"not_me"}"#).await.status, 200);
    }
    while office.running().flows.deliver_due().await.unwrap() > 0 {}
    phones.wait_for(6).await;
    // Ten mails and six text messages an hour to one user; the rest is given up, and recorded.
    exim.wait_for(10).await;
    assert_eq!(phones.texts().len(), 6);
    assert_eq!(exim.delivered().len(), 10);
    assert!(office.audited(&["message_failed"]).await >= 20);
}
