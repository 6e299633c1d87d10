//! Question: does a passkey approve exactly the request it was asked about, once, within the one budget of its user?

use std::sync::Arc;

use countersign::base::time::Span;
use countersign::directory::Purpose;
use countersign::factors::Response;
use countersign::factors::passkey::{Fault, Residence};
use countersign::flow::account::Opened;
use countersign::flow::account::enrol::Enrolled;
use countersign::flow::account::invite::Accepted;
use countersign::flow::account::prove::Proven;
use countersign::flow::admin::{Order, Reply};
use countersign::flow::challenge::{Begun, Public, Ready};
use countersign::flow::enrol_passkey::NotEnrolled;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::account_stage::PASSWORD;
use crate::harness::authenticator::Soft;
use crate::harness::office::{Held, Office, PORTAL, Person, Setup, json};
use crate::harness::raw::Answer;

const POLICIES: &str = r#"
[[policy]]
id = "transfer"
match = { methods = ["POST"], path = "/transfer" }
summary = "Transfer {amount?} EUR to {iban?}"
show = { Amount = "{amount?} EUR", To = "{iban?}" }
[policy.approve]
steps = [{ self = ["passkey", "totp"] }]

[[policy]]
id = "both"
match = { methods = ["POST"], path = "/both" }
summary = "Do both"
[policy.approve]
steps = [{ self = ["passkey"] }, { self = ["totp"] }]

[[policy]]
id = "code-only"
match = { methods = ["POST"], path = "/code" }
summary = "Do it with a code"
[policy.approve]
steps = [{ self = ["totp"] }]
"#;

pub(crate) async fn office() -> Office {
    let more = "[tenant.default]\nnew_authenticator_after = \"0s\"\n".to_owned();
    Office::with(Setup { limits: "user_held = 500", policies: POLICIES, more, ..Setup::default() }).await
}

/// A session of a user, by an invitation and, where there is one, the code generator that everybody here has.
async fn session(office: &Office, name: &str, totp: Option<&str>) -> Opened {
    let flows = &office.running().flows;
    let Reply::Invitation { link, .. } =
        office.order(Order::UserInvite { name: name.to_owned(), valid_for: None }).await
    else {
        panic!("no invitation")
    };
    let code = link.rsplit("code=").next().unwrap();
    let accepted = flows.accept_invitation(name, code, PASSWORD, "a test").await.unwrap();
    let Accepted::SignedIn(cookie) = accepted else { panic!("the invitation is not good: {link}") };
    let opened = flows.session(&cookie).await.unwrap().unwrap();
    let Some(totp) = totp else { return opened };
    let (totp, given) = (totp.parse().unwrap(), Response::typed(&office.code()));
    let proven = flows.own_answer(&opened, Purpose::SignIn, totp, None, given).await.unwrap();
    office.next_code();
    let Proven::Renewed(cookie) = proven else { panic!("{proven:?}") };
    flows.session(&cookie).await.unwrap().unwrap()
}

/// Enrols a soft passkey for a person; its id.
pub(crate) async fn enrol(office: &Office, person: &Person, seed: u8) -> (Soft, String) {
    let opened = session(office, &person.name, Some(&person.totp)).await;
    let (mut soft, flows) = (Soft::new(seed, PORTAL), &office.running().flows);
    let begun = flows.begin_passkey_enrolment(&opened.user.name, Residence::Preferred).await;
    let begun = begun.unwrap().unwrap();
    let answer = soft.register(&begun.options).to_string();
    let done = flows.finish_passkey_enrolment(&opened, begun.id, Some("Key ring"), &answer).await;
    let Enrolled::Done { id, .. } = done.unwrap().unwrap() else { panic!("not enrolled") };
    (soft, id.to_string())
}

/// Begins a challenge: its id and the options.
pub(crate) async fn begin(office: &Office, held: &Held, passkey: &str) -> (String, Value) {
    let answer =
        office.api(held, "POST", "/challenges", &json!({ "authenticator": passkey }).to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let begun = json(&answer.body);
    assert_eq!(begun["kind"], "passkey");
    (begun["challenge"].as_str().unwrap().to_owned(), begun["public"].clone())
}

pub(crate) async fn answer(office: &Office, held: &Held, challenge: &str, assertion: &Value) -> Answer {
    let body = json!({ "challenge": challenge, "assertion": assertion }).to_string();
    office.api(held, "POST", "/answers", &body).await
}

async fn start() -> (Office, Person, Soft, String) {
    let office = office().await;
    let alice = office.person("alice").await;
    let (soft, passkey) = enrol(&office, &alice, 1).await;
    (office, alice, soft, passkey)
}

#[tokio::test]
async fn a_passkey_approves_the_request_it_was_asked_about_once() {
    let (office, alice, mut soft, passkey) = start().await;
    let (first, second) =
        (office.hold(&alice, "amount=5000&iban=DE1").await, office.hold(&alice, "amount=1&iban=DE2").await);
    let (challenge, options) = begin(&office, &first, &passkey).await;
    assert_eq!(options["publicKey"]["rpId"], "approve.localhost");
    let assertion = soft.assert(&options);
    // For another request it is worth nothing, and what it was asked with is not used up by that.
    let elsewhere = answer(&office, &second, &challenge, &assertion).await;
    assert_eq!((elsewhere.status, elsewhere.problem().as_str()), (409, "conflict"), "{}", elsewhere.text());
    let done = answer(&office, &first, &challenge, &assertion).await;
    assert_eq!((done.status, json(&done.body)["state"].as_str()), (200, Some("approved")), "{}", done.text());
    assert_eq!(office.release(&first).await.status, 201);
    assert_eq!(office.only().body, b"amount=5000&iban=DE1");
    // The same answer again: the question is gone, for this request and under a new question for another.
    assert_eq!(answer(&office, &first, &challenge, &assertion).await.status, 409);
    let (renewed, _) = begin(&office, &second, &passkey).await;
    let replayed = answer(&office, &second, &renewed, &assertion).await;
    assert_eq!((replayed.status, replayed.problem().as_str()), (422, "wrong-answer"));
    assert_eq!(office.state(&second).await, "held");
    let reasons: Vec<String> = office.audit().await.iter().map(|line| reason(line)).collect();
    assert!(reasons.iter().any(|why| why.contains("another request")), "{reasons:?}");
}

fn reason(line: &str) -> String {
    json(line.as_bytes())["event"]["detail"]["reason"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn every_answer_uses_its_question_up_and_counts_in_the_one_budget() {
    let (office, alice, mut soft, passkey) = start().await;
    let held = office.hold(&alice, "amount=5000").await;
    for left in [4, 3] {
        let (challenge, options) = begin(&office, &held, &passkey).await;
        let bad = soft.assert_as(&options, |draft| draft.flags = 0x01);
        let refused = answer(&office, &held, &challenge, &bad).await;
        assert_eq!((refused.status, refused.problem().as_str()), (422, "wrong-answer"));
        assert!(refused.text().contains(&format!("pause: {left}")), "{}", refused.text());
        // The right answer to it comes too late.
        assert_eq!(answer(&office, &held, &challenge, &soft.assert(&options)).await.status, 409);
    }
    // Something that is no assertion at all counts as well, and so do codes.
    let (challenge, _) = begin(&office, &held, &passkey).await;
    assert_eq!(answer(&office, &held, &challenge, &json!({ "id": "x" })).await.status, 422);
    for _ in 0..2 {
        assert_eq!(office.answer(&held, &alice.totp, "000000").await.status, 422);
    }
    let (challenge, options) = begin(&office, &held, &passkey).await;
    let right = soft.assert(&options);
    let paused = answer(&office, &held, &challenge, &right).await;
    assert_eq!((paused.status, paused.problem().as_str()), (429, "throttled"), "{}", paused.text());
    // A pause takes nothing away: after it the same answer is good.
    office.clock.advance(Span::from_secs(30));
    assert_eq!(answer(&office, &held, &challenge, &right).await.status, 200);
}

#[tokio::test]
async fn a_question_expires_and_is_for_its_own_passkey_and_user() {
    let (office, alice, mut soft, passkey) = start().await;
    let bob = office.person("bob").await;
    let (mut bobs, bobs_passkey) = enrol(&office, &bob, 2).await;
    let (held, his) = (office.hold(&alice, "amount=1").await, office.hold(&bob, "amount=2").await);
    let (challenge, options) = begin(&office, &held, &passkey).await;
    let (his_challenge, his_options) = begin(&office, &his, &bobs_passkey).await;
    assert_eq!(
        answer(&office, &his, &challenge, &soft.assert(&options)).await.status,
        409,
        "alice's question"
    );
    assert_eq!(answer(&office, &held, &challenge, &bobs.assert(&options)).await.status, 422, "bob's passkey");
    let foreign = json!({ "authenticator": bobs_passkey }).to_string();
    assert_eq!(office.api(&held, "POST", "/challenges", &foreign).await.status, 409);
    office.clock.advance(Span::from_secs(300));
    assert_eq!(
        answer(&office, &his, &his_challenge, &bobs.assert(&his_options)).await.status,
        409,
        "too late"
    );
    assert_eq!(office.running().flows.sweep().await.unwrap(), 1, "the expired question, nothing else");
    let (challenge, options) = begin(&office, &held, &passkey).await;
    assert_eq!(answer(&office, &held, &challenge, &soft.assert(&options)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_clones_answering_at_once_one_is_accepted() {
    let (office, alice, soft, passkey) = start().await;
    let office = Arc::new(office);
    {
        let mut all = JoinSet::new();
        let held = [office.hold(&alice, "amount=1").await, office.hold(&alice, "amount=2").await];
        let mut begun = Vec::new();
        for one in &held {
            begun.push(begin(&office, one, &passkey).await);
        }
        // Both say the same counter.
        for (one, (challenge, options)) in held.iter().zip(&begun) {
            let (office, one, challenge) = (office.clone(), one.clone(), challenge.clone());
            let assertion = soft.clone().assert(options);
            all.spawn(async move { answer(&office, &one, &challenge, &assertion).await.status });
        }
        let mut statuses = all.join_all().await;
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422]);
    }
    let told =
        office.audit().await.iter().filter(|line| reason(line).contains("may have been copied")).count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn of_many_answers_to_one_question_one_is_judged() {
    let (office, alice, mut soft, passkey) = start().await;
    let office = Arc::new(office);
    let held = office.hold(&alice, "amount=1").await;
    let (challenge, options) = begin(&office, &held, &passkey).await;
    let assertion = soft.assert(&options);
    let before = office.audited(&["answer_wrong", "answer_accepted"]).await;
    let mut all = JoinSet::new();
    for _ in 0..8 {
        let (office, held, challenge, assertion) =
            (office.clone(), held.clone(), challenge.clone(), assertion.clone());
        all.spawn(async move { answer(&office, &held, &challenge, &assertion).await.status });
    }
    let statuses = all.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    assert_eq!(office.audited(&["answer_wrong", "answer_accepted"]).await, before + 1);
}

#[tokio::test]
async fn a_passkey_and_then_a_code() {
    let (office, alice, mut soft, passkey) = start().await;
    let held = office.hold_with("POST /both", "bank.test", alice.who(), &[], b"x").await;
    assert_eq!(office.answer(&held, &alice.totp, &office.code()).await.status, 409, "first the passkey");
    let (challenge, options) = begin(&office, &held, &passkey).await;
    let first = answer(&office, &held, &challenge, &soft.assert(&options)).await;
    assert_eq!((first.status, json(&first.body)["state"].as_str()), (200, Some("held")));
    let again = json!({ "authenticator": passkey }).to_string();
    assert_eq!(office.api(&held, "POST", "/challenges", &again).await.status, 409, "it has done its part");
    office.approve(&held, &alice).await;
    assert_eq!(office.release(&held).await.status, 201);
}

#[tokio::test]
async fn asking_again_and_again_leaves_a_few_questions() {
    let (office, alice, mut soft, passkey) = start().await;
    let held = office.hold(&alice, "amount=1").await;
    let mut begun = Vec::new();
    for _ in 0..12 {
        begun.push(begin(&office, &held, &passkey).await);
        office.clock.advance(Span::from_secs(1));
    }
    let (oldest, options) = &begun[0];
    assert_eq!(answer(&office, &held, oldest, &soft.assert(options)).await.status, 409);
    let (latest, options) = &begun[11];
    assert_eq!(answer(&office, &held, latest, &soft.assert(options)).await.status, 200);
    office.clock.advance(Span::from_secs(300));
    // Seven questions wait besides; what else falls due is not theirs.
    let due = office.running().flows.sweep().await.unwrap();
    assert!((7..12).contains(&due), "{due}");
}

#[tokio::test]
async fn what_is_no_answer_of_a_passkey_is_told() {
    let (office, alice, mut soft, passkey) = start().await;
    let held = office.hold(&alice, "amount=1").await;
    let (challenge, options) = begin(&office, &held, &passkey).await;
    let assertion = soft.assert(&options);
    for body in [
        json!({ "challenge": challenge }),
        json!({ "challenge": challenge, "assertion": assertion.to_string() }),
        json!({ "challenge": challenge, "assertion": assertion, "code": "123456" }),
        json!({ "assertion": assertion }),
        json!({ "challenge": "chal_x", "assertion": assertion }),
    ] {
        let refused = office.api(&held, "POST", "/answers", &body.to_string()).await;
        assert_eq!((refused.status, refused.problem().as_str()), (400, "unreadable-body"), "{body}");
    }
    // A passkey is not answered with a code, nor a code generator with an assertion.
    assert_eq!(office.answer(&held, &passkey, &office.code()).await.status, 422);
    let crossed = json!({ "authenticator": alice.totp, "assertion": assertion }).to_string();
    assert_eq!(office.api(&held, "POST", "/answers", &crossed).await.status, 422);
    let only_codes = office.hold_with("POST /code", "bank.test", alice.who(), &[], b"x").await;
    let wanted = json!({ "authenticator": passkey }).to_string();
    let refused = office.api(&only_codes, "POST", "/challenges", &wanted).await;
    assert_eq!(refused.status, 409, "the policy does not accept it");
}

#[tokio::test]
async fn the_prompt_asks_for_a_passkey_and_takes_its_answer() {
    let (office, alice, mut soft, passkey) = start().await;
    let held = office.navigate("POST /transfer", "bank.test", alice.who(), b"amount=5000&iban=DE1").await;
    let cookie = office.open_prompt(&held).await;
    let prompt = office.portal(&format!("GET /held/{}", held.id), &cookie, None).await.text();
    let token = between(&prompt, "name=\"csrf\" value=\"").to_owned();
    let choice = [("csrf", token.as_str()), ("authenticator", passkey.as_str())];
    let asks =
        async || office.portal(&format!("POST /held/{}/choose", held.id), &cookie, Some(&choice)).await;
    let gives = async |challenge: &str, assertion: &Value| {
        let assertion = assertion.to_string();
        let form = [
            ("csrf", token.as_str()),
            ("authenticator", passkey.as_str()),
            ("challenge", challenge),
            ("assertion", assertion.as_str()),
        ];
        office.portal(&format!("POST /held/{}/answer", held.id), &cookie, Some(&form)).await
    };
    let page = asks().await;
    assert_eq!(page.status, 200);
    let page = page.text();
    for needed in
        ["Confirm with your passkey", "Key ring", "5000 EUR", "<noscript>", "/passkey.js", "data-start"]
    {
        assert!(page.contains(needed), "{needed}\n{page}");
    }
    let (challenge, options) = asked(&page);
    let wrong = gives(&challenge, &soft.assert_as(&options, |draft| draft.flags = 0x01)).await;
    assert_eq!(wrong.status, 422);
    let again = wrong.text();
    assert!(again.contains("could not be accepted") && !again.contains("data-start"), "{again}");
    let (renewed, new_options) = asked(&again);
    assert_ne!(renewed, challenge, "another question");
    let late = gives(&challenge, &soft.assert(&options)).await;
    assert!(late.status == 422 && late.text().contains("took too long"), "{}", late.text());
    let done = gives(&renewed, &soft.assert(&new_options)).await;
    assert!(done.status == 200 && done.text().contains("Countersigned"), "{}", done.text());
}

fn between<'a>(text: &'a str, start: &str) -> &'a str {
    text.split(start).nth(1).unwrap_or_else(|| panic!("{text}")).split('"').next().unwrap()
}

/// The question on a page.
fn asked(page: &str) -> (String, Value) {
    let options = between(page, "data-options=\"").replace("&#34;", "\"").replace("&quot;", "\"");
    (between(page, "name=\"challenge\" value=\"").to_owned(), json(options.as_bytes()))
}

#[tokio::test]
async fn an_enrolment_is_finished_once_in_time_by_its_user() {
    let office = office().await;
    office.user("alice").await;
    office.user("bob").await;
    let (alice, bob) = (session(&office, "alice", None).await, session(&office, "bob", None).await);
    let flows = &office.running().flows;
    let begin = async |who: &Opened| {
        flows.begin_passkey_enrolment(&who.user.name, Residence::Discouraged).await.unwrap().unwrap()
    };
    let finish = async |who: &Opened, id, answer: &str| {
        flows.finish_passkey_enrolment(who, id, None, answer).await.unwrap()
    };
    let mut soft = Soft::new(1, PORTAL);
    let begun = begin(&alice).await;
    assert_eq!(begun.options["publicKey"]["authenticatorSelection"]["residentKey"], "discouraged");
    let good = soft.register(&begun.options).to_string();
    assert_eq!(finish(&bob, begun.id, &good).await, Err(NotEnrolled::Gone), "not bob's");
    let named = flows.finish_passkey_enrolment(&alice, begun.id, Some("a\u{202e}"), &good).await.unwrap();
    assert_eq!(named, Err(NotEnrolled::Label), "nothing is used up by a bad name");
    let done = finish(&alice, begun.id, &good).await;
    let Ok(Enrolled::Done { cookie: Some(cookie), .. }) = done else { panic!("{done:?}") };
    assert_eq!(finish(&alice, begun.id, &good).await, Err(NotEnrolled::Gone), "once");
    // The first one raises the session; it is called after its model.
    let alice = flows.session(&cookie).await.unwrap().unwrap();
    let mine = flows.own_authenticators(&alice).await.unwrap();
    let about = mine[0].passkey.clone().unwrap();
    assert_eq!((mine[0].label.as_str(), about.model, about.synced), ("YubiKey 5", Some("YubiKey 5"), false));
    assert_eq!(about.aaguid.as_deref(), Some("ee882879-721c-4913-9775-3dfcce97072a"));
    // A bad answer uses it up too.
    let begun = begin(&alice).await;
    assert_eq!(begun.options["publicKey"]["excludeCredentials"].as_array().unwrap().len(), 1);
    assert_eq!(finish(&alice, begun.id, "{}").await, Err(NotEnrolled::Fault(Fault::Form)));
    assert_eq!(finish(&alice, begun.id, &good).await, Err(NotEnrolled::Gone));
    // The same credential under another name.
    let begun = begin(&bob).await;
    let stolen = Soft::new(1, PORTAL).register(&begun.options).to_string();
    assert_eq!(finish(&bob, begun.id, &stolen).await, Err(NotEnrolled::Taken));
    let begun = begin(&bob).await;
    office.clock.advance(Span::from_secs(300));
    let late = Soft::new(3, PORTAL).register(&begun.options).to_string();
    assert_eq!(finish(&bob, begun.id, &late).await, Err(NotEnrolled::Gone));
    assert_eq!(office.audited(&["authenticator_added"]).await, 1);
    // It opens the account too: the answer is for this session and purpose alone.
    let (mine, again) = (mine[0].id, flows.session(&cookie).await.unwrap().unwrap());
    let begun = flows.own_begin(&again, Purpose::Change, mine).await.unwrap();
    let Begun::Ready(Ready { challenge, public: Public::Passkey { options }, .. }) = begun else {
        panic!("{begun:?}")
    };
    let assertion = soft.assert(&options).to_string();
    let given = || Response::assertion(&assertion);
    let crossed = flows.own_answer(&again, Purpose::Test, mine, challenge, given()).await.unwrap();
    assert_eq!(crossed, Proven::Gone);
    let proven = flows.own_answer(&again, Purpose::Change, mine, challenge, given()).await.unwrap();
    assert!(matches!(proven, Proven::Renewed(_)), "{proven:?} {:?}", office.audit().await.last());
}
