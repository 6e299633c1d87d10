//! Question: can anybody make the gateway send more messages than its limits say, whoever asks, however often, for whatever requests?

use countersign::base::time::Span;
use countersign::factors::message::Address;
use countersign::flow::enrol_contact::ContactBegun;

use crate::harness::office::{Held, json};
use crate::harness::postbox::{Texting, begin, person};

/// Wide limits but for one.
fn only(limit: &str) -> String {
    let wide = "{ hour = 100000, day = 100000 }";
    let tables: Vec<String> = ["user", "address", "country", "tenant", "total"]
        .iter()
        .map(|name| match limit.split_once(" = ") {
            Some((limited, value)) if limited == *name => format!("{name} = {value}"),
            _ => format!("{name} = {wide}"),
        })
        .collect();
    format!("limits = {{ {} }}", tables.join(", "))
}

/// Asks for codes for numbers of new users in two countries, each number twice with a minute between, and counts what came.
async fn pumped(limit: &str, users: usize) -> (usize, usize, usize) {
    let texting = Texting::with(&only(limit), "").await;
    let (mut sent, mut refused, mut swiss) = (0, 0, 0);
    for round in 0..2 {
        for number in 0..users {
            let (name, country) = (format!("user{number}"), if number % 2 == 0 { "+41" } else { "+421" });
            if round == 0 {
                texting.office.user(&name).await;
            }
            let to = Address::phone(&format!("{country}79{number:07}")).unwrap();
            match begin(&texting.office, &name, &to).await {
                ContactBegun::Sent { .. } => {
                    sent += 1;
                    swiss += usize::from(number % 2 == 0);
                }
                ContactBegun::Wait { why, retry_after } => {
                    assert!(why == "limit" && retry_after > Span::ZERO, "{why}");
                    refused += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        texting.office.clock.advance(Span::from_secs(61));
    }
    texting.phones.wait_for(sent).await;
    (sent, refused, swiss)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_limit_holds_alone() {
    for (limit, expected) in [
        ("user = { hour = 1, day = 100 }", (20, 20, 10)),
        ("user = { hour = 100, day = 100 }", (40, 0, 20)),
        ("address = { hour = 1, day = 100 }", (20, 20, 10)),
        ("country = { hour = 7, day = 100 }", (14, 26, 7)),
        ("country = { hour = 100, day = 9 }", (18, 22, 9)),
        ("tenant = { hour = 11, day = 100 }", (11, 29, 6)),
        ("total = { hour = 100, day = 3 }", (3, 37, 2)),
    ] {
        let limit = if limit.contains("hour = 100, day = 9") || limit.contains("day = 3") {
            // A day that is shorter than its hours is a fault: both are set.
            limit.replace("hour = 100", if limit.contains("day = 9") { "hour = 9" } else { "hour = 3" })
        } else {
            limit.to_owned()
        };
        assert_eq!(pumped(&limit, 20).await, expected, "{limit}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_requests_into_one_country_send_no_more_than_its_budget() {
    let texting = Texting::with("limits = { country = { hour = 25, day = 25 } }", "").await;
    let flows = texting.office.running().flows.clone();
    for user in 0..50 {
        texting.office.user(&format!("user{user}")).await;
    }
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..1000 {
        let flows = flows.clone();
        asking.spawn(async move {
            let user = crate::harness::postbox::user(&format!("user{}", number % 50));
            let to = Address::phone(&format!("+4179{number:07}")).unwrap();
            matches!(flows.contact_begin(&user, &to).await.unwrap(), ContactBegun::Sent { .. })
        });
    }
    let sent = asking.join_all().await.into_iter().filter(|sent| *sent).count();
    assert_eq!(sent, 25);
    texting.phones.wait_for(25).await;
    flows.deliver_due().await.unwrap();
    assert_eq!(texting.phones.texts().len(), 25);
    // The next hour has no more, since the day has none; the next day has.
    texting.office.clock.advance(Span::from_secs(7200));
    let to = Address::phone("+41795555555").unwrap();
    assert!(matches!(begin(&texting.office, "user1", &to).await, ContactBegun::Wait { why: "limit", .. }));
    texting.office.clock.advance(Span::from_secs(86_400));
    assert!(matches!(begin(&texting.office, "user1", &to).await, ContactBegun::Sent { .. }));
}

#[tokio::test]
async fn nobody_is_bombed() {
    let texting = Texting::with(&only(""), "").await;
    let phone = texting.owner("alice", "+41791234567").await;
    let (office, alice) = (&texting.office, person("alice"));
    let held = office.hold(&alice, "amount=1").await;
    let before = texting.phones.texts().len();
    // One in a minute, whatever it is for.
    let (mut sent, mut reasons) = (0, Vec::new());
    for second in 0..200 {
        let request = if second % 2 == 0 { held.clone() } else { office.hold(&alice, "amount=2").await };
        let answer = texting.send(&request, &phone).await;
        match answer.status {
            200 => sent += 1,
            429 => reasons.push(json(&answer.body)["reason"].as_str().unwrap().to_owned()),
            _ => panic!("{}", answer.text()),
        }
        if second % 2 == 1 {
            office.api(&request, "POST", "/reject", r#"{"reason":"cancelled"}"#).await;
        }
        office.clock.advance(Span::from_secs(1));
    }
    assert_eq!(sent, 4, "at 0, 60, 120 and 180 seconds");
    assert!(reasons.iter().all(|reason| reason == "resend"), "{reasons:?}");
    // Five for one request, however long it waits.
    let held = office.hold(&alice, "amount=3").await;
    let mut told = Vec::new();
    for _ in 0..7 {
        office.clock.advance(Span::from_secs(61));
        let answer = texting.send(&held, &phone).await;
        told.push((answer.status, json(&answer.body)["reason"].as_str().unwrap_or_default().to_owned()));
    }
    let expected: Vec<(u16, String)> = (0..7)
        .map(|number| if number < 5 { (200, String::new()) } else { (429, "request".to_owned()) })
        .collect();
    assert_eq!(told, expected);
    texting.phones.wait_for(before + 9).await;
}

async fn answered(texting: &Texting, held: &Held, (challenge, code): (String, String)) -> u16 {
    let body = serde_json::json!({ "challenge": challenge, "code": code }).to_string();
    texting.office.api(held, "POST", "/answers", &body).await.status
}

#[tokio::test]
async fn who_types_the_last_code_right_need_not_wait_for_the_next() {
    let texting = Texting::start().await;
    let phone = texting.owner("alice", "+41791234567").await;
    let (office, alice) = (&texting.office, person("alice"));
    let (first, second) = (office.hold(&alice, "amount=1").await, office.hold(&alice, "amount=2").await);
    let (challenge, code) = texting.code(&first, &phone).await;
    // A wrong one ends no pause, and neither does one that was never typed.
    let wrong = if code.starts_with('1') { "20000000" } else { "10000000" };
    assert_eq!(answered(&texting, &first, (challenge.clone(), wrong.to_owned())).await, 422);
    assert_eq!(texting.send(&second, &phone).await.status, 429);
    assert_eq!(answered(&texting, &first, (challenge, code)).await, 200);
    let right = texting.code(&second, &phone).await;
    // It ended once: this one has a pause of its own again.
    let third = office.hold(&alice, "amount=3").await;
    assert_eq!(texting.send(&third, &phone).await.status, 429);
    assert_eq!(answered(&texting, &second, right).await, 200);
    // Whoever can read the messages still gets no more of them than the hour allows: six, with the one that showed the number.
    for amount in 4..7 {
        let held = office.hold(&alice, &format!("amount={amount}")).await;
        let right = texting.code(&held, &phone).await;
        assert_eq!(answered(&texting, &held, right).await, 200);
    }
    let more = texting.send(&office.hold(&alice, "amount=9").await, &phone).await;
    assert_eq!((more.status, json(&more.body)["reason"].as_str()), (429, Some("limit")));
}
