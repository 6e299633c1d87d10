//! Does a session end when it should, everywhere it should, and never serve another?

use countersign::flow::admin::{Order, Reply};

use crate::account_stage::{Browser, PASSWORD};
use crate::portal_stage::Stage;

#[tokio::test]
async fn a_session_ends_idle_and_old() {
    let stage = Stage::start().await;
    let mut browser = stage.member("alice").await;
    stage.advance(3599);
    browser.get("/account").await.shows(200, &["Your account"]);
    stage.advance(3599);
    browser.get("/account").await.shows(200, &["Your account"]);
    stage.advance(3600);
    browser.get("/account").await.shows(200, &["Sign in"]);
    // However busy, it lasts a day.
    browser.sign_in("alice", PASSWORD).await.shows(200, &["Your account"]);
    for _ in 0..24 {
        browser.get("/account").await.shows(200, &["Your account"]);
        stage.advance(3590);
    }
    stage.advance(240);
    browser.get("/account").await.shows(200, &["<h1>Sign in"]);
    // What is over is swept away.
    stage.world.flows.sweep().await.unwrap();
    let Reply::Sessions { sessions } =
        stage.order(Order::UserSessions { name: "alice".to_owned(), end: false }).await
    else {
        panic!("no sessions")
    };
    assert!(sessions.is_empty(), "{sessions:?}");
}

#[tokio::test]
async fn a_proof_gives_a_new_cookie_and_the_old_one_opens_nothing() {
    let stage = Stage::start().await;
    let mut browser = stage.member("alice").await;
    let before = browser.cookie.clone();
    let totp = browser.add_totp("Pixel 9").await;
    let raised = browser.cookie.clone();
    assert_ne!(before, raised, "the first authenticator raises the session");
    assert_eq!(stage.get("/account", &before).await.status, 303);
    stage.advance(301);
    let confirm = browser.get("/account/password").await;
    let code = totp.code_at(stage.world.clock_now());
    browser
        .submit(&confirm, "/account/confirm/answer", &[("code", &code)])
        .await
        .shows(200, &["Present password"]);
    assert_ne!(browser.cookie, raised);
    assert_eq!(stage.get("/account", &raised).await.status, 303);
    browser.get("/account").await.shows(200, &["Pixel 9"]);
}

#[tokio::test]
async fn ending_the_others_ends_them_all() {
    let stage = Stage::start().await;
    let mut own = stage.member("alice").await;
    let mut others = Vec::new();
    for _ in 0..2 {
        let mut other = Browser::new(&stage);
        other.sign_in("alice", PASSWORD).await.shows(200, &["Your account"]);
        others.push(other);
    }
    let page = own.get("/account/sessions").await;
    page.shows(200, &["Firefox, Linux", "this one", "End all others"]);
    // One of them, by its id.
    let id =
        page.body.split("name=\"session\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    own.submit(&page, "/account/sessions", &[("session", &id)]).await.shows(200, &["this one"]);
    let mut open = 0;
    for other in &others {
        open += usize::from(stage.get("/account", &other.cookie).await.status == 200);
    }
    assert_eq!(open, 1);
    // A session of somebody else cannot be named.
    let mallory = stage.member("mallory").await;
    let mut mallory = mallory;
    let theirs = mallory.get("/account/sessions").await;
    let rest = own.get("/account/sessions").await;
    let other =
        rest.body.split("name=\"session\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    mallory.submit_once(&theirs, "/account/sign-out", &[]).await;
    let mut mallory = Browser::new(&stage);
    let page = mallory.sign_in("mallory", PASSWORD).await;
    let form = crate::account_stage::filled(&page, "/account/sign-out", &[("session", &other)]);
    mallory.post("/account/sessions", &form).await;
    assert!(own.get("/account/sessions").await.body.contains(&other), "another user's session was ended");
    // All others.
    let page = own.get("/account/sessions").await;
    own.submit(&page, "/account/sessions", &[("session", "others")]).await.shows(200, &["this one"]);
    for other in &others {
        assert_eq!(stage.get("/account", &other.cookie).await.status, 303);
    }
    own.get("/account").await.shows(200, &["Your account"]);
}

#[tokio::test]
async fn ending_the_others_proves_nothing() {
    let stage = Stage::start().await;
    let mut own = stage.member("alice").await;
    own.add_totp("Pixel 9").await;
    stage.advance(301);
    own.get("/account/add/totp").await.shows(200, &["Show that it is you"]);
    Browser::new(&stage).sign_in("alice", PASSWORD).await.shows(200, &["One more step"]);
    let page = own.get("/account/sessions").await;
    own.submit(&page, "/account/sessions", &[("session", "others")]).await.shows(200, &["this one"]);
    own.get("/account/add/totp").await.shows(200, &["Show that it is you"]);
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions_and_needs_the_present_one() {
    let stage = Stage::start().await;
    let mut own = stage.member("alice").await;
    let mut other = Browser::new(&stage);
    other.sign_in("alice", PASSWORD).await.shows(200, &["Your account"]);
    let page = own.get("/account/password").await;
    let new = "a longer sentence than before";
    let form = |present, password, again| [("present", present), ("password", password), ("again", again)];
    own.submit(&page, "/account/password", &form("wrong", new, new)).await.shows(422, &["not right"]);
    own.submit(&page, "/account/password", &form(PASSWORD, new, "x")).await.shows(422, &["not the same"]);
    own.submit(&page, "/account/password", &form(PASSWORD, "short", "short"))
        .await
        .shows(422, &["fewer than 15"]);
    own.submit(&page, "/account/password", &form(PASSWORD, new, new))
        .await
        .shows(200, &["Your password is changed"]);
    assert_eq!(stage.get("/account", &other.cookie).await.status, 303);
    Browser::new(&stage).sign_in("alice", PASSWORD).await.shows(422, &["That did not work"]);
    Browser::new(&stage).sign_in("alice", new).await.shows(200, &["Your account"]);
    // An operator ends them all.
    stage.order(Order::UserSessions { name: "alice".to_owned(), end: true }).await;
    assert_eq!(stage.get("/account", &own.cookie).await.status, 303);
}
