//! Does an authenticator that was added beside another approve nothing and change nothing before its time, however it is tried, while a first
//! one, and one that an operator gave, count at once?

use countersign::base::settings::account::AccountSettings;
use countersign::base::text::UserName;
use countersign::base::time::Span;
use countersign::directory::pairing::Screen;
use countersign::factors::Totp;
use countersign::flow::admin::{Order, Reply, TokenView};
use countersign::flow::admit::Client;
use countersign::flow::enrol_phone::Stage as Pairing;
use countersign::flow::outbox::Post;
use countersign::flow::view::StateName;

use crate::account_stage::{Browser, PASSWORD};
use crate::harness::office::{self, Office, Setup};
use crate::harness::phone::Phone;
use crate::portal_stage::{Answer, Case, Stage};
use crate::portal_world::Person;

async fn stage() -> Stage {
    Stage::keeping(Post::default(), AccountSettings::default()).await
}

/// A request of alice's is held, its prompt opened; `id` answers it with the code that `totp` shows now.
async fn tried(stage: &Stage, id: &str, totp: &Totp) -> (Case, Answer) {
    let person = Person { name: UserName::parse("alice").unwrap(), totp: id.to_owned() };
    let case = stage.hold_for(person, "/transfer", Client::Navigation(None)).await;
    let case = stage.open(case).await;
    let code = totp.code_at(stage.world.clock_now());
    let answer = stage.post(&case, "answer", &[("authenticator", id), ("code", &code)]).await;
    (case, answer)
}

async fn tokens(stage: &Stage) -> Vec<TokenView> {
    match stage.order(Order::TokenList { name: "alice".to_owned() }).await {
        Reply::Tokens { tokens } => tokens,
        _ => panic!("no list"),
    }
}

#[tokio::test]
async fn the_first_approves_at_once_and_another_after_its_time() {
    let stage = stage().await;
    let mut browser = stage.member("alice").await;
    let first = browser.add_totp("Pixel 9").await;
    let first_id = browser.own("Pixel 9").await;
    stage.advance(30);
    tried(&stage, &first_id, &first).await.1.shows(200, &["Confirmed"]);
    let second = browser.add_totp("Tablet").await;
    let second_id = browser.own("Tablet").await;
    browser.get("/account").await.shows(200, &["New: confirms from"]);
    browser
        .get(&format!("/account/authenticators/{second_id}"))
        .await
        .shows(200, &["it confirms nothing before"]);
    let mut states: Vec<String> = tokens(&stage).await.into_iter().map(|one| one.state).collect();
    states.sort();
    assert_eq!(states, ["active", "new"]);
    for wait in [30, 3569] {
        stage.advance(wait);
        let (case, refused) = tried(&stage, &second_id, &second).await;
        assert!(refused.status >= 400, "{}", refused.body);
        assert_eq!(stage.state(&case).await, StateName::Held);
        let chosen = stage.post(&case, "choose", &[("authenticator", &second_id)]).await;
        assert!(!chosen.body.contains("one-time-code"), "{}", chosen.body);
        let prompt = stage.get(&format!("/held/{}", case.id), &case.cookie).await;
        prompt.shows(200, &["You also have, but not for this:", "Tablet", "it is new: it can be used from"]);
    }
    stage.advance(1);
    tried(&stage, &second_id, &second).await.1.shows(200, &["Confirmed"]);
}

#[tokio::test]
async fn one_that_an_operator_gave_approves_at_once() {
    let stage = stage().await;
    stage.newcomer("alice").await;
    for label in ["Pixel 9", "Card"] {
        stage.world.totp("alice", label).await;
    }
    assert!(tokens(&stage).await.iter().all(|one| one.state == "active"));
}

#[tokio::test]
async fn it_opens_the_account_and_changes_nothing_there() {
    let stage = stage().await;
    let mut browser = stage.member("alice").await;
    let first = browser.add_totp("Pixel 9").await;
    let second = browser.add_totp("Tablet").await;
    let id = browser.own("Tablet").await;
    stage.advance(301);
    // The thief's session is not fresh any more, and his own authenticator does not make it so.
    let ask = browser.get("/account/add/totp").await;
    ask.shows(200, &["Show that it is you", "Pixel 9", "not yet for this", "Tablet"]);
    assert!(!ask.body.contains(&id), "it is not offered: {}", ask.body);
    let form = crate::account_stage::filled(&ask, "/account/confirm/choose", &[("authenticator", &id)]);
    let code = second.code_at(stage.world.clock_now());
    let answer = browser.post("/account/confirm/answer", &format!("{form}&code={code}")).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (422, None), "{}", answer.body);
    assert_eq!(browser.post("/account/confirm/choose", &form).await.status, 422);
    // It can be tried, and opens the account.
    let page = browser.get(&format!("/account/authenticators/{id}/test")).await;
    let action = format!("/account/authenticators/{id}/test/answer");
    browser.submit(&page, &action, &[("code", &code)]).await.shows(200, &["It works."]);
    stage.advance(30);
    let mut other = Browser::new(&stage);
    let page = other.sign_in("alice", PASSWORD).await;
    let page = other.submit(&page, "/account/second/choose", &[("authenticator", &id)]).await;
    let code = second.code_at(stage.world.clock_now());
    other.submit(&page, "/account/second/answer", &[("code", &code)]).await.shows(200, &["Your account"]);
    for page in ["/account/add/totp", "/account/password", "/account/add/recovery"] {
        other.get(page).await.shows(200, &["Show that it is you"]);
    }
    // With the other one all is as ever.
    let page = other.get("/account/confirm").await;
    let own = other.own("Pixel 9").await;
    let page = other.submit(&page, "/account/confirm/choose", &[("authenticator", &own)]).await;
    let code = first.code_at(stage.world.clock_now());
    other.submit(&page, "/account/confirm/answer", &[("code", &code)]).await.shows(200, &["Your account"]);
    other.get("/account/password").await.shows(200, &["Change the password"]);
    // And with this one in its time.
    stage.advance(3600);
    let mut third = Browser::new(&stage);
    let page = third.sign_in("alice", PASSWORD).await;
    let page = third.submit(&page, "/account/second/choose", &[("authenticator", &id)]).await;
    let code = second.code_at(stage.world.clock_now());
    third.submit(&page, "/account/second/answer", &[("code", &code)]).await.shows(200, &["Your account"]);
    third.get("/account/password").await.shows(200, &["Change the password"]);
}

#[tokio::test]
async fn removing_the_others_makes_it_no_first_one() {
    let stage = stage().await;
    let mut browser = stage.member("alice").await;
    browser.add_totp("Pixel 9").await;
    let second = browser.add_totp("Tablet").await;
    let (old, new) = (browser.own("Pixel 9").await, browser.own("Tablet").await);
    // Nobody is left without anything unwarned.
    let remove = format!("/account/authenticators/{old}/remove");
    let page = browser.get(&remove).await;
    page.shows(200, &["The others are new", "I know that until then I can confirm nothing."]);
    browser.submit(&page, &remove, &[]).await.shows(422, &["The others are new"]);
    browser.submit(&page, &remove, &[("sure", "yes")]).await.shows(200, &["The authenticator is removed."]);
    stage.advance(30);
    assert!(tried(&stage, &new, &second).await.1.status >= 400);
    // Nor does removing all of them, and beginning anew.
    let remove = format!("/account/authenticators/{new}/remove");
    let page = browser.get(&remove).await;
    browser.submit(&page, &remove, &[("sure", "yes")]).await.shows(200, &["You have no authenticator yet"]);
    let third = browser.add_totp("Third").await;
    let id = browser.own("Third").await;
    stage.advance(30);
    assert!(tried(&stage, &id, &third).await.1.status >= 400);
    stage.advance(3600);
    tried(&stage, &id, &third).await.1.shows(200, &["Confirmed"]);
}

#[tokio::test]
async fn an_emergency_code_lasts_until_the_new_one_counts() {
    let stage = stage().await;
    let mut browser = stage.member("alice").await;
    browser.add_totp("Lost phone").await;
    let (name, valid_for) = ("alice".to_owned(), Some("24h".to_owned()));
    let order = Order::EmergencyIssue { name, uses: 3, valid_for, until: None };
    let Reply::Emergency { id, code, .. } = stage.order(order).await else { panic!("no code") };
    browser.add_totp("Pixel 9").await;
    let person = Person { name: UserName::parse("alice").unwrap(), totp: id.clone() };
    let case = stage.hold_for(person, "/transfer", Client::Navigation(None)).await;
    let case = stage.open(case).await;
    stage.post(&case, "answer", &[("authenticator", &id), ("code", &code)]).await.shows(200, &["Confirmed"]);
    let state = |tokens: Vec<TokenView>| tokens.into_iter().find(|one| one.id == id).unwrap().state;
    stage.advance(3599);
    assert_eq!(state(tokens(&stage).await), "active");
    stage.advance(1);
    assert_eq!(state(tokens(&stage).await), "expired");
}

#[tokio::test]
async fn recovery_codes_made_beside_one_wait_too() {
    let stage = stage().await;
    let mut browser = stage.member("alice").await;
    browser.add_totp("Pixel 9").await;
    let page = browser.get("/account/add/recovery").await;
    browser.submit(&page, "/account/add/recovery", &[]).await.shows(200, &["Print these codes"]);
    stage.advance(301);
    let ask = browser.get("/account/confirm").await;
    ask.shows(200, &["not yet for this", "Recovery codes"]);
    let mut states: Vec<String> = tokens(&stage).await.into_iter().map(|one| one.state).collect();
    states.sort();
    assert_eq!(states, ["active", "new"]);
}

#[tokio::test]
async fn of_two_first_ones_at_once_one_is_the_first() {
    use countersign::base::text::Label;
    let stage = stage().await;
    let browser = stage.member("alice").await;
    let cookie = browser.cookie.split_once('=').unwrap().1;
    let flows = &stage.world.flows;
    let opened = flows.session(cookie).await.unwrap().unwrap();
    let offered = flows.offer_totp(&opened).await.unwrap();
    let seed = offered.uri.expose(|uri| String::from_utf8_lossy(uri).into_owned());
    let seed = seed.split("secret=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let totp = crate::account_stage::generator_of(&seed);
    let code = totp.code_at(stage.world.clock_now());
    let label = || Label::parse("Pixel 9").unwrap();
    let made = crate::harness::all((0..4).map(|_| flows.enrol_totp(&opened, label(), &code))).await;
    assert!(made.iter().filter(|one| one.is_ok()).count() >= 1);
    let at_once = tokens(&stage).await.iter().filter(|one| one.state == "active").count();
    assert_eq!(at_once, 1);
}

const PUSH: &str = r#"
[[policy]]
id = "transfer"
match = { methods = ["POST"], path = "/transfer" }
summary = "Transfer {amount?} EUR"
[policy.approve]
steps = [{ self = ["push", "totp"] }]
"#;

/// The phone is asked about a new request of alice's; the status.
async fn asked(office: &Office, alice: &office::Person, phone: &Phone) -> u16 {
    let held = office.hold(alice, "amount=1").await;
    let body = serde_json::json!({ "authenticator": phone.id }).to_string();
    office.api(&held, "POST", "/challenges", &body).await.status
}

#[tokio::test]
async fn a_phone_that_its_user_pairs_waits_and_one_that_an_operator_pairs_does_not() {
    let office = Office::with(Setup { policies: PUSH, ..Setup::default() }).await;
    let (alice, name) = (office.person("alice").await, UserName::parse("alice").unwrap());
    let flows = &office.running().flows;
    let begun = flows.pair_phone(&name, Screen::User).await.unwrap();
    let mut own = Phone::new(2);
    own.claim(&office, &begun.code).await;
    let stage = flows.pairing(&name, &begun.handle).await.unwrap();
    let Some(Pairing::Claimed { number, .. }) = stage else { panic!("{stage:?}") };
    let told = own.confirm(&office, &begun.code, &number).await;
    told["id"].as_str().unwrap().clone_into(&mut own.id);
    assert_eq!(asked(&office, &alice, &own).await, 409);
    let given = Phone::paired(&office, "alice", 3).await;
    assert_eq!(asked(&office, &alice, &given).await, 200);
    office.clock.advance(Span::from_secs(3599));
    assert_eq!(asked(&office, &alice, &own).await, 409);
    office.clock.advance(Span::from_secs(1));
    assert_eq!(asked(&office, &alice, &own).await, 200);
}
