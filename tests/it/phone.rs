//! Can a request be approved by phone without the number, by another phone, twice, or by wearing its user down?

use countersign::base::time::{Clock as _, Span};
use countersign::directory::Purpose;
use countersign::factors::phone::Evidence;
use countersign::flow::account::invite::Accepted;
use countersign::flow::admin::{Order, Reply};
use serde_json::{Value, json};

use crate::account_stage::PASSWORD;
use crate::harness::office::{Held, Office, Person, Setup, json as parse};
use crate::harness::phone::{Phone, Question, send};
use crate::harness::raw::Answer;

const POLICIES: &str = r#"
[[policy]]
id = "transfer"
match = { methods = ["POST"], path = "/transfer" }
summary = "Transfer {amount?} EUR to {iban?}"
show = { Amount = "{amount?} EUR", To = "{iban?}" }
[policy.approve]
steps = [{ self = ["push", "totp"] }]

[[policy]]
id = "twice"
match = { methods = ["POST"], path = "/twice" }
summary = "Open the vault"
[policy.approve]
steps = [{ self = ["push"] }, { self = ["totp"] }]
"#;

async fn office() -> Office {
    Office::with(Setup { policies: POLICIES, limits: "user_held = 500", ..Setup::default() }).await
}

/// The requester chooses the phone: the number on the requesting screen.
async fn begin(office: &Office, held: &Held, phone: &Phone) -> String {
    let answer = began(office, held, phone).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    parse(&answer.body)["public"]["number"].as_str().unwrap().to_owned()
}

async fn began(office: &Office, held: &Held, phone: &Phone) -> Answer {
    office.api(held, "POST", "/challenges", &json!({ "authenticator": phone.id }).to_string()).await
}

fn another(number: &str) -> String {
    format!("{:06}", (number.parse::<u32>().unwrap() + 1) % 1_000_000)
}

async fn setting() -> (Office, Person, Phone) {
    let office = office().await;
    let alice = office.person("alice").await;
    let phone = Phone::paired(&office, "alice", 1).await;
    (office, alice, phone)
}

#[tokio::test]
async fn the_phone_shows_the_request_and_its_approval_releases_it() {
    let (office, alice, phone) = setting().await;
    let held = office.hold(&alice, "amount=5000&iban=DE89").await;
    assert!(phone.questions(&office).await.is_empty(), "nothing is asked before the phone is chosen");
    let number = begin(&office, &held, &phone).await;
    let question = phone.only(&office).await;
    let shown: Value = serde_json::from_str(&question.shown).unwrap();
    assert_eq!(
        shown,
        json!({
            "purpose": "held", "app": "bank", "origin": "http://bank.test", "user": "alice",
            "summary": ["Transfer 5000 EUR to DE89"], "fields": [["Amount", "5000 EUR"], ["To", "DE89"]],
            "digest": held.digest,
        })
    );
    assert!(!question.shown.contains(&number), "the number is on the other screen only");
    assert_eq!(
        phone.decide(&office, &phone.approval(&question, &number)).await,
        json!({ "state": "approved" })
    );
    assert_eq!(office.release(&held).await.status, 201);
    assert!(phone.questions(&office).await.is_empty());
    // What is kept of it can be checked by anybody: which key signed what, for which request.
    let Reply::Receipt { evidence, .. } = office.order(Order::ReceiptExport { id: held.id.clone() }).await
    else {
        panic!("no receipt")
    };
    let evidence = Evidence::parse(&evidence[0]).unwrap();
    assert_eq!(evidence.verify(&digest(&held)), Ok(()));
    assert_eq!((&evidence.shown, &evidence.number), (&question.shown, &number));
    assert!(evidence.verify(&[0; 32]).is_err());
}

fn digest(held: &Held) -> [u8; 32] {
    use base64::Engine as _;
    let text = held.digest.strip_prefix("sha-256=:").unwrap().trim_end_matches(':');
    base64::engine::general_purpose::STANDARD.decode(text).unwrap().try_into().unwrap()
}

#[tokio::test]
async fn a_wrong_number_counts_and_may_be_typed_again() {
    let (office, alice, phone) = setting().await;
    let held = office.hold(&alice, "amount=5000").await;
    let number = begin(&office, &held, &phone).await;
    let question = phone.only(&office).await;
    for left in (0..5).rev() {
        let wrong = phone.approval(&question, &another(&number));
        assert_eq!(phone.decide(&office, &wrong).await, json!({ "state": "wrong", "left": left }));
    }
    let right = phone.approval(&question, &number);
    let told = phone.decide(&office, &right).await;
    assert_eq!(told, json!({ "state": "throttled", "retry_after": 30 }), "the budget of all authenticators");
    // A new number resets nothing; nor does the code of another authenticator get past.
    begin(&office, &held, &phone).await;
    assert_eq!(office.answer(&held, &alice.totp, &office.code()).await.status, 429);
    office.clock.advance(Span::from_secs(30));
    assert_eq!(
        phone.decide(&office, &right).await,
        json!({ "state": "gone" }),
        "asked anew: the old one is void"
    );
    let number = begin(&office, &held, &phone).await;
    let right = phone.approval(&phone.only(&office).await, &number);
    assert_eq!(phone.decide(&office, &right).await, json!({ "state": "approved" }));
    assert_eq!(office.audited(&["answer_wrong"]).await, 5);
}

#[tokio::test]
async fn an_approval_is_for_one_question_of_one_phone_once() {
    let (office, alice, phone) = setting().await;
    let other = Phone::paired(&office, "alice", 2).await;
    let (one, two) = (office.hold(&alice, "amount=1").await, office.hold(&alice, "amount=2").await);
    let (first, second) = (begin(&office, &one, &phone).await, begin(&office, &two, &phone).await);
    let mut questions = phone.questions(&office).await;
    questions.sort_by_key(|question| question.shown.contains("2 EUR"));
    let [a, b]: [Question; 2] = questions.try_into().unwrap();
    assert!(other.questions(&office).await.is_empty(), "they are asked of the chosen phone only");
    // Another phone of the same user, with the right number.
    assert_eq!(other.decide(&office, &other.approval(&a, &first)).await, json!({ "state": "gone" }));
    // The signature over one question for another, however it is dressed up.
    let mut moved = phone.approval(&a, &first);
    moved["challenge"] = json!(b.challenge);
    assert_eq!(phone.decide(&office, &moved).await["state"], "wrong");
    let mixed = Question { challenge: b.challenge.clone(), ..a.clone() };
    assert_eq!(phone.decide(&office, &phone.approval(&mixed, &second)).await["state"], "wrong");
    // Other text than was sent.
    let bent = Question { shown: a.shown.replace("1 EUR", "2 EUR"), ..a.clone() };
    assert_ne!(bent.shown, a.shown);
    assert_eq!(phone.decide(&office, &phone.approval(&bent, &first)).await["state"], "wrong");
    assert_eq!((office.state(&one).await, office.state(&two).await), ("held".to_owned(), "held".to_owned()));
    let right = phone.approval(&a, &first);
    assert_eq!(phone.decide(&office, &right).await["state"], "approved");
    assert_eq!(phone.decide(&office, &right).await["state"], "gone", "replayed");
    assert_eq!(office.state(&two).await, "held");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_approvals_at_once_one_counts() {
    let (office, alice, phone) = setting().await;
    let held = office.hold(&alice, "amount=5000").await;
    let number = begin(&office, &held, &phone).await;
    let right = phone.approval(&phone.only(&office).await, &number);
    let (office, phone) = (std::sync::Arc::new(office), std::sync::Arc::new(phone));
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (office, phone, right) = (office.clone(), phone.clone(), right.clone());
        all.spawn(async move { phone.decide(&office, &right).await["state"].as_str().unwrap().to_owned() });
    }
    let states = all.join_all().await;
    assert_eq!(states.iter().filter(|state| *state == "approved").count(), 1, "{states:?}");
    assert_eq!(office.audited(&["approved"]).await, 1);
    assert_eq!(office.release(&held).await.status, 201);
    assert_eq!(office.arrived().len(), 1);
}

#[tokio::test]
async fn a_rejection_ends_the_request_and_silences_the_next() {
    let (office, alice, phone) = setting().await;
    let mut pause = 60;
    for (round, (not_me, state)) in [(true, "rejected"), (false, "cancelled")].into_iter().enumerate() {
        let held = office.hold(&alice, "amount=5000").await;
        begin(&office, &held, &phone).await;
        let question = phone.only(&office).await;
        // Not with the number's signature, nor another phone's.
        let mut forged = phone.rejection(&question, not_me);
        forged["signature"] = phone.approval(&question, "000000")["signature"].clone();
        assert_eq!(phone.decide(&office, &forged).await, json!({ "state": "gone" }));
        assert_eq!(office.state(&held).await, "held");
        let told = phone.decide(&office, &phone.rejection(&question, not_me)).await;
        assert_eq!(told, json!({ "state": state }), "round {round}");
        assert_eq!(office.state(&held).await, state);
        let next = office.hold(&alice, "amount=6000").await;
        let answer = began(&office, &next, &phone).await;
        assert_eq!((answer.status, answer.problem().as_str()), (429, "throttled"));
        assert_eq!(answer.field("retry-after"), Some(pause.to_string().as_str()));
        assert_eq!(parse(&answer.body)["reason"], "rejected");
        assert!(phone.questions(&office).await.is_empty());
        office.clock.advance(Span::from_secs(pause));
        assert_eq!(office.api(&next, "POST", "/reject", r#"{"reason":"cancelled"}"#).await.status, 200);
        pause *= 2;
    }
    assert_eq!(office.audited(&["phone_rejected"]).await, 2);
    assert!(office.arrived().is_empty());
}

#[tokio::test]
async fn only_a_paired_phone_is_heard() {
    let (office, alice, phone) = setting().await;
    let held = office.hold(&alice, "amount=5000").await;
    begin(&office, &held, &phone).await;
    let (target, now) = ("/phone/api/questions?seen=", office.clock.now());
    let ask = |stated: String| {
        let office = &office;
        async move { send(office, &format!("GET {target}"), &[("Authorization", &stated)], "").await.status }
    };
    let stranger = Phone { id: phone.id.clone(), ..Phone::new(9) };
    let nobody = Phone { id: alice.totp.clone(), ..Phone::new(1) };
    assert_eq!(ask(phone.authorization("GET", target, now, b"")).await, 200);
    for (why, stated, status) in [
        ("another key", stranger.authorization("GET", target, now, b""), 403),
        ("no phone", nobody.authorization("GET", target, now, b""), 403),
        ("another method", phone.authorization("POST", target, now, b""), 403),
        ("another target", phone.authorization("GET", "/phone/api/questions", now, b""), 403),
        ("another body", phone.authorization("GET", target, now, b"x"), 403),
        ("too old", phone.authorization("GET", target, now, b""), 401),
        ("nothing", String::new(), 403),
        (
            "another scheme",
            phone.authorization("GET", target, now, b"").replace("Countersign-Phone", "Bearer"),
            403,
        ),
    ] {
        if status == 401 {
            office.clock.advance(Span::from_secs(121));
        }
        assert_eq!(ask(stated).await, status, "{why}");
    }
    // Unpaired, nothing that it signs counts any more.
    let question = phone.only(&office).await;
    assert_eq!(phone.call(&office, "POST", "/phone/api/unpair", Some(&json!({}))).await.status, 200);
    for (method, path, body) in [
        ("GET", target, None),
        ("POST", "/phone/api/answer", Some(phone.approval(&question, "123456"))),
        ("POST", "/phone/api/unpair", Some(json!({}))),
    ] {
        assert_eq!(phone.call(&office, method, path, body.as_ref()).await.status, 403, "{path}");
    }
    assert_eq!(began(&office, &held, &phone).await.status, 409, "it is not offered");
    assert_eq!(office.audited(&["authenticator_revoked"]).await, 1);
}

#[tokio::test]
async fn a_question_that_is_over_is_not_shown() {
    let (office, alice, phone) = setting().await;
    let held = office.hold(&alice, "amount=5000").await;
    let number = begin(&office, &held, &phone).await;
    let question = phone.only(&office).await;
    office.clock.advance(Span::from_secs(300));
    assert!(phone.questions(&office).await.is_empty());
    assert_eq!(phone.decide(&office, &phone.approval(&question, &number)).await, json!({ "state": "gone" }));
    begin(&office, &held, &phone).await;
    office.approve(&held, &alice).await;
    assert!(phone.questions(&office).await.is_empty(), "decided elsewhere");
}

#[tokio::test]
async fn a_phone_can_be_one_step_of_two() {
    let (office, alice, phone) = setting().await;
    let held = office.hold_with("POST /twice", "bank.test", alice.who(), &[], b"").await;
    let number = begin(&office, &held, &phone).await;
    let right = phone.approval(&phone.only(&office).await, &number);
    assert_eq!(phone.decide(&office, &right).await, json!({ "state": "step_done" }));
    assert_eq!(began(&office, &held, &phone).await.status, 409, "its step is done");
    office.approve(&held, &alice).await;
    assert_eq!(office.release(&held).await.status, 201);
}

#[tokio::test]
async fn the_requesting_screen_shows_the_number() {
    let (office, alice, phone) = setting().await;
    let held = office.navigate("POST /transfer", "bank.test", alice.who(), b"amount=5000").await;
    let cookie = office.open_prompt(&held).await;
    let page = office.choose(&held.id, &cookie, &phone.id).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let text = page.text();
    let spelled = text.split("Number: ").nth(1).unwrap().split('<').next().unwrap();
    let number: String = spelled.split_whitespace().collect();
    assert!(text.contains("seen=held.0") && number.len() == 6, "{text}");
    let right = phone.approval(&phone.only(&office).await, &number);
    assert_eq!(phone.decide(&office, &right).await, json!({ "state": "approved" }));
    let told = office.portal(&format!("GET /held/{}/state?seen=held.0", held.id), &cookie, None).await;
    assert_eq!(parse(&told.body), json!({ "state": "approved.1" }));
}

#[tokio::test]
async fn who_rejects_a_question_of_the_account_as_not_his_is_told_everywhere() {
    const MAIL: &str =
        "[mail]\nurl = \"smtp://127.0.0.1:9\"\nprotection = \"none\"\nfrom = \"a@example.com\"\n";
    let more = MAIL.to_owned();
    let office = Office::with(Setup { policies: POLICIES, more, ..Setup::default() }).await;
    let (groups, email) = (Vec::new(), Some("alice@example.com".to_owned()));
    office.order(Order::UserAdd { name: "alice".to_owned(), groups, email, phone: None }).await;
    let phone = Phone::paired(&office, "alice", 1).await;
    let invite = Order::UserInvite { name: "alice".to_owned(), valid_for: None };
    let Reply::Invitation { link, .. } = office.order(invite).await else { panic!("no invitation") };
    let (flows, code) = (&office.running().flows, link.split("code=").nth(1).unwrap());
    let accepted = flows.accept_invitation("alice", code, PASSWORD, "").await.unwrap();
    let Accepted::SignedIn(cookie) = accepted else { panic!("{accepted:?}") };
    let opened = flows.session(&cookie).await.unwrap().unwrap();
    for (not_me, told) in [(false, 0), (true, 1)] {
        flows.own_begin(&opened, Purpose::SignIn, phone.id.parse().unwrap()).await.unwrap();
        let question = phone.only(&office).await;
        let said = phone.decide(&office, &phone.rejection(&question, not_me)).await;
        assert_eq!(said, json!({ "state": "rejected" }));
        let log = office.audit().await;
        let notices = log
            .iter()
            .filter(|line| line.contains(r#""message":"not_me""#) && line.contains("message_queued"));
        assert_eq!(notices.count(), told);
        office.clock.advance(Span::from_secs(120));
    }
}
