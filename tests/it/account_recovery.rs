//! Is each recovery code good once, also for two at the same time, and void when new ones are made?

use countersign::directory::Purpose;
use countersign::factors::Response;
use countersign::flow::account::prove::Proven;

use crate::account_stage::{Browser, PASSWORD};
use crate::portal_stage::{Answer, Stage};

fn codes(page: &Answer) -> Vec<String> {
    let codes = page.body.split("<li><code>").skip(1);
    codes.map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

async fn make(browser: &mut Browser<'_>) -> Vec<String> {
    let page = browser.get("/account/add/recovery").await;
    let made = browser.submit(&page, "/account/add/recovery", &[]).await;
    made.shows(200, &["Print these codes", "They are not shown again"]);
    codes(&made)
}

#[tokio::test]
async fn a_code_opens_once_and_new_ones_void_the_old() {
    let stage = Stage::start().await;
    let mut browser = stage.member("alice").await;
    browser.add_totp("Lost phone").await;
    let first = make(&mut browser).await;
    assert_eq!(first.len(), 10);
    browser.get("/account").await.shows(200, &["10 codes are left"]);
    let mut again = Browser::new(&stage);
    let second = again.sign_in("alice", PASSWORD).await;
    let id = second.body.split("Recovery codes").next().unwrap();
    let id = id.rsplit("value=\"auth_").next().unwrap().split('"').next().unwrap();
    let id = format!("auth_{id}");
    let field = again.submit(&second, "/account/second/choose", &[("authenticator", &id)]).await;
    field.shows(200, &["with or without its dashes"]);
    let typed = first[3].to_lowercase();
    again
        .submit(&field, "/account/second/answer", &[("code", &typed)])
        .await
        .shows(200, &["9 codes are left"]);
    let mut third = Browser::new(&stage);
    let page = third.sign_in("alice", PASSWORD).await;
    let field = third.submit(&page, "/account/second/choose", &[("authenticator", &id)]).await;
    third.submit(&field, "/account/second/answer", &[("code", &first[3])]).await.shows(422, &["not right"]);
    // New ones: the old are void, also those not used.
    let second = make(&mut again).await;
    assert!(second.iter().all(|code| !first.contains(code)));
    third
        .submit(&field, "/account/second/answer", &[("code", &first[4])])
        .await
        .shows(422, &["cannot be used"]);
    again.get("/account").await.shows(200, &["10 codes are left"]);
}

#[tokio::test]
async fn of_two_at_once_one_is_accepted() {
    let stage = Stage::start().await;
    let mut browser = stage.member("alice").await;
    browser.add_totp("Phone").await;
    let code = make(&mut browser).await.swap_remove(0);
    let cookie = browser.cookie.split_once('=').unwrap().1.to_owned();
    let flows = &stage.world.flows;
    let opened = flows.session(&cookie).await.unwrap().unwrap();
    let mine = flows.own_authenticators(&opened).await.unwrap();
    let id = mine.iter().find(|one| one.kind == "recovery").unwrap().id;
    let tries = (0..4).map(|_| flows.own_answer(&opened, Purpose::Test, id, None, Response::typed(&code)));
    let answers = crate::harness::all(tries).await;
    let good = answers.iter().filter(|one| matches!(one, Ok(Proven::Works))).count();
    assert_eq!(good, 1, "{answers:?}");
}

#[tokio::test]
async fn they_do_not_guard_an_account_by_themselves() {
    let stage = Stage::start().await;
    let mut browser = stage.member("alice").await;
    make(&mut browser).await;
    let page = browser.get("/account").await;
    page.shows(200, &["You have no authenticator yet"]);
    Browser::new(&stage).sign_in("alice", PASSWORD).await.shows(200, &["Your account"]);
}
