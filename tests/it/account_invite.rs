//! Is an invitation good once, for its user, in its time, and not used up by a program that follows links?

use countersign::flow::account::invite::Accepted;
use countersign::flow::admin::{Order, Reply};

use crate::account_stage::{Browser, PASSWORD};
use crate::portal_stage::Stage;

fn code(link: &str) -> String {
    link.split("code=").nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn it_is_good_once() {
    let stage = Stage::start().await;
    stage.newcomer("alice").await;
    let link = stage.invite("alice").await;
    for _ in 0..5 {
        Browser::new(&stage).get(&link).await.shows(200, &["Choose your password"]);
        assert_eq!(stage.send("HEAD", &link, &[("Host", crate::portal_stage::HOST)], "").await.status, 303);
    }
    let mut browser = Browser::new(&stage);
    browser.accept("alice").await.shows(200, &["Your account"]);
    let flows = &stage.world.flows;
    assert_eq!(
        flows.accept_invitation("alice", &code(&link), PASSWORD, "").await.unwrap(),
        Accepted::NotGood
    );
}

#[tokio::test]
async fn the_code_stays_in_no_address() {
    let stage = Stage::start().await;
    stage.newcomer("alice").await;
    let link = stage.invite("alice").await;
    let mut browser = Browser::new(&stage);
    let before = stage.world.entries().await;
    let answer = stage.get(&link, "").await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/invite")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("countersign-invitation=") && !cookie.contains(&code(&link)), "{cookie}");
    assert!(cookie.contains("; HttpOnly; SameSite=Lax; Max-Age=1800"), "{cookie}");
    // Without the cookie the page is the one by hand; with it the link's, as often as it is looked at.
    stage.get("/invite", "").await.shows(200, &["Code of the invitation"]);
    let page = browser.get(&link).await;
    page.shows(200, &["You have been invited", "value=\"alice\""]);
    browser.get("/invite").await.shows(200, &["You have been invited"]);
    assert_eq!(stage.world.entries().await, before, "a GET left something behind");
    browser
        .submit(&page, "/invite", &[("password", PASSWORD), ("again", PASSWORD)])
        .await
        .shows(200, &["Your account"]);
    assert_eq!(browser.invitation, "", "it goes when it is spent");
    browser.get("/invite").await.shows(200, &["Code of the invitation"]);
    // A spent or wrong one says so.
    browser.get(&link).await.shows(410, &["not good", "Code of the invitation"]);
    let long = format!("/invite?user={}&code=x", "x".repeat(2000));
    let answer = stage.get(&long, "").await;
    assert_eq!((answer.status, answer.header("set-cookie")), (303, None));
}

#[tokio::test]
async fn of_many_at_once_one_is_good() {
    let stage = Stage::start().await;
    stage.newcomer("alice").await;
    let code = code(&stage.invite("alice").await);
    let tries = (0..8).map(|_| stage.world.flows.accept_invitation("alice", &code, PASSWORD, ""));
    let answers = crate::harness::all(tries).await;
    let good = answers.iter().filter(|one| matches!(one, Ok(Accepted::SignedIn(_)))).count();
    assert_eq!(good, 1);
}

#[tokio::test]
async fn it_is_for_its_user_in_its_time_and_the_last_counts() {
    let stage = Stage::start().await;
    stage.newcomer("alice").await;
    stage.newcomer("bob").await;
    let first = code(&stage.invite("alice").await);
    let second = code(&stage.invite("alice").await);
    let flows = &stage.world.flows;
    for (name, code) in [("alice", &first), ("bob", &second), ("nobody", &second), ("alice", &String::new())]
    {
        let judged = flows.accept_invitation(name, code, PASSWORD, "").await.unwrap();
        assert_eq!(judged, Accepted::NotGood, "{name} {code}");
    }
    stage.advance(7 * 86_400 - 1);
    assert!(flows.is_invited("alice", &second).await.unwrap());
    stage.advance(1);
    assert!(!flows.is_invited("alice", &second).await.unwrap());
    stage.world.flows.sweep().await.unwrap();
    let judged = flows.accept_invitation("alice", &second, PASSWORD, "").await.unwrap();
    assert_eq!(judged, Accepted::NotGood);
    for (valid_for, good) in [("1h", true), ("30d", true), ("31d", false), ("0s", false), ("soon", false)] {
        let order = Order::UserInvite { name: "alice".to_owned(), valid_for: Some(valid_for.to_owned()) };
        assert_eq!(matches!(stage.order(order).await, Reply::Invitation { .. }), good, "{valid_for}");
    }
}

#[tokio::test]
async fn a_new_password_by_invitation_still_asks_for_the_authenticator() {
    let stage = Stage::start().await;
    let mut browser = stage.member("alice").await;
    browser.add_totp("Pixel 9").await;
    let mut other = Browser::new(&stage);
    other.accept("alice").await.shows(200, &["One more step", "Pixel 9"]);
    other.get("/account/add/totp").await.shows(200, &["One more step"]);
    assert_eq!(stage.get("/account", &browser.cookie).await.status, 303, "what was open before has ended");
}

#[tokio::test]
async fn by_hand_it_needs_name_and_code() {
    let stage = Stage::start().await;
    stage.newcomer("alice").await;
    let code = code(&stage.invite("alice").await);
    let mut browser = Browser::new(&stage);
    let page = browser.get("/invite").await;
    page.shows(200, &["Code of the invitation"]);
    let typed = code.to_lowercase().replace('-', " ");
    let fields = [("user", "alice"), ("code", "0000"), ("password", PASSWORD), ("again", PASSWORD)];
    browser.submit(&page, "/invite", &fields).await.shows(410, &["not good"]);
    let fields = [("user", "alice"), ("code", &typed), ("password", PASSWORD), ("again", PASSWORD)];
    browser.submit(&page, "/invite", &fields).await.shows(200, &["Your account"]);
}

/// Nor by an invitation that is typed: who exists, and who is invited, is nobody's business.
#[tokio::test]
async fn by_hand_nobody_finds_out_who_exists() {
    let stage = Stage::start().await;
    stage.member("carol").await;
    stage.newcomer("bobby").await;
    stage.newcomer("alice").await;
    stage.invite("alice").await;
    let mut first = None;
    for name in ["alice", "bobby", "carol", "nobod"] {
        let mut browser = Browser::new(&stage);
        let page = browser.get("/invite").await;
        let fields =
            [("user", name), ("code", "AAAA-AAAA-AAAA-AAAA"), ("password", PASSWORD), ("again", PASSWORD)];
        let answer = browser.submit(&page, "/invite", &fields).await;
        let told = (
            answer.status,
            answer.body.replace(name, "NAME"),
            ["set-cookie", "retry-after", "content-length", "location"]
                .map(|field| answer.header(field).map(str::to_owned)),
        );
        assert_eq!(*first.get_or_insert_with(|| told.clone()), told, "{name}");
    }
}
