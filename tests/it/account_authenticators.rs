//! Can a user touch another's authenticators, lock himself out unwarned, or be shown a name that breaks the page?

use countersign::base::time::Span;
use countersign::flow::admin::{Order, Reply};

use crate::account_stage::{Browser, PASSWORD, filled};
use crate::portal_stage::Stage;

#[tokio::test]
async fn anothers_authenticator_is_nothing() {
    let stage = Stage::start().await;
    let mut alice = stage.member("alice").await;
    let totp = alice.add_totp("Pixel 9").await;
    let id = alice.own("Pixel 9").await;
    let mut mallory = stage.member("mallory").await;
    mallory.add_totp("Other").await;
    let page = mallory.get("/account").await;
    for rest in ["", "/rename", "/remove", "/test"] {
        let target = format!("/account/authenticators/{id}{rest}");
        assert_eq!(mallory.get(&target).await.status, 404, "{target}");
        let form = filled(&page, "/account/sign-out", &[("label", "Mine"), ("sure", "yes"), ("code", "1")]);
        if !rest.is_empty() {
            let target = if rest == "/test" { format!("{target}/answer") } else { target };
            assert_eq!(mallory.post(&target, &form).await.status, 404, "{target}");
        }
    }
    // Nor does it prove anything in another's session.
    stage.advance(301);
    let confirm = mallory.get("/account/password").await;
    let code = totp.code_at(stage.world.clock_now());
    let answer = [("authenticator", id.as_str()), ("code", &code)];
    mallory.submit(&confirm, "/account/confirm/answer", &answer).await.shows(422, &["cannot be used now"]);
    alice.get("/account").await.shows(200, &["Pixel 9"]);
}

#[tokio::test]
async fn two_removals_at_once_do_not_leave_nothing_unwarned() {
    let stage = Stage::start().await;
    let mut browser = stage.member("alice").await;
    browser.add_totp("One").await;
    stage.advance(30);
    browser.add_totp("Two").await;
    let cookie = browser.cookie.split_once('=').unwrap().1.to_owned();
    let opened = stage.world.flows.session(&cookie).await.unwrap().unwrap();
    let ids = [browser.own("One").await, browser.own("Two").await].map(|id| id.parse().unwrap());
    let removals = ids.map(|id| stage.world.flows.remove_own(&opened, id, false));
    crate::harness::all(removals).await;
    assert_eq!(stage.world.flows.own_authenticators(&opened).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_short_password_cannot_be_left_alone() {
    let stage = Stage::start().await;
    let mut browser = stage.member("alice").await;
    browser.add_totp("Pixel 9").await;
    let page = browser.get("/account/password").await;
    let fields = [("present", PASSWORD), ("password", "k7$mQ2xz"), ("again", "k7$mQ2xz")];
    browser.submit(&page, "/account/password", &fields).await.shows(200, &["Your password is changed"]);
    let id = browser.own("Pixel 9").await;
    let remove = format!("/account/authenticators/{id}/remove");
    let page = browser.get(&remove).await;
    browser
        .submit(&page, &remove, &[("sure", "yes")])
        .await
        .shows(422, &["Choose one of at least 15 characters"]);
    browser.get("/account").await.shows(200, &["Pixel 9"]);
}

#[tokio::test]
async fn a_short_password_opens_nothing_when_its_authenticator_is_gone() {
    let stage = Stage::start().await;
    let mut browser = stage.member("alice").await;
    browser.add_totp("Pixel 9").await;
    let page = browser.get("/account/password").await;
    let fields = [("present", PASSWORD), ("password", "k7$mQ2xz"), ("again", "k7$mQ2xz")];
    browser.submit(&page, "/account/password", &fields).await.shows(200, &["Your password is changed"]);
    let mut half = Browser::new(&stage);
    half.sign_in("alice", "k7$mQ2xz").await.shows(200, &["One more step"]);
    let id = browser.own("Pixel 9").await;
    stage.order(Order::TokenRevoke { id }).await;
    half.get("/account").await.shows(200, &["Sign in"]);
    let again = Browser::new(&stage).sign_in("alice", "k7$mQ2xz").await;
    again.shows(422, &["That did not work"]);
    // Who had proved more goes on.
    browser.get("/account").await.shows(200, &["Your account"]);
}

#[tokio::test]
async fn however_many_old_ones_there_are_the_latest_is_asked_for() {
    let stage = Stage::start().await;
    stage.member("alice").await;
    let add = || Order::TotpAdd {
        name: "alice".to_owned(),
        secret: None,
        label: None,
        algorithm: None,
        digits: None,
    };
    for _ in 0..201 {
        let Reply::Totp { id, .. } = stage.order(add()).await else { panic!("not added") };
        stage.order(Order::TokenRevoke { id }).await;
    }
    Browser::new(&stage).sign_in("alice", PASSWORD).await.shows(200, &["Your account"]);
    stage.order(add()).await;
    Browser::new(&stage).sign_in("alice", PASSWORD).await.shows(200, &["One more step"]);
}

#[tokio::test]
async fn a_name_is_shown_and_nothing_more() {
    let stage = Stage::start().await;
    let mut browser = stage.member("alice").await;
    for label in ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{ 7*7 }}", "'); drop"] {
        let page = browser.get("/account/add/totp").await;
        let code = crate::account_stage::generator(&page).code_at(stage.world.clock_now());
        let done = browser.submit(&page, "/account/add/totp", &[("label", label), ("code", &code)]).await;
        done.shows(200, &["is added"]);
        assert!(!done.body.contains("<script>alert") && !done.body.contains("<img"), "{}", done.body);
        stage.advance(30);
    }
    let page = browser.get("/account/add/totp").await;
    for label in ["", "  ", "a\u{202e}b", &"x".repeat(65), "a\nb"] {
        let fields = [("label", label), ("code", "000000")];
        browser.submit(&page, "/account/add/totp", &fields).await.shows(422, &["1 to 64 visible characters"]);
    }
    // A name of the user that would break out of the page.
    stage.newcomer("<b>bob</b>").await;
    let mut bob = Browser::new(&stage);
    let page = bob.accept("<b>bob</b>").await;
    assert!(!page.body.contains("<b>bob"), "{}", page.body);
}

#[tokio::test]
async fn an_emergency_code_opens_the_door_and_dies_with_the_new_authenticator() {
    let stage = Stage::start().await;
    let mut browser = stage.member("alice").await;
    browser.add_totp("Lost phone").await;
    let order = Order::EmergencyIssue {
        name: "alice".to_owned(),
        uses: 3,
        valid_for: Some("24h".to_owned()),
        until: None,
    };
    let Reply::Emergency { id, code, .. } = stage.order(order).await else { panic!("no code") };
    let mut fresh = Browser::new(&stage);
    let second = fresh.sign_in("alice", PASSWORD).await;
    second.shows(200, &["Lost phone", "Temporary code from your helpdesk"]);
    let field = fresh.submit(&second, "/account/second/choose", &[("authenticator", &id)]).await;
    field.shows(200, &["with or without its dashes"]);
    fresh.submit(&field, "/account/second/answer", &[("code", &code)]).await.shows(200, &["Your account"]);
    fresh.add_totp("New phone").await;
    let page = fresh.get("/account").await;
    assert!(!page.body.contains("Emergency access code"), "{}", page.body);
}

#[tokio::test]
async fn a_clock_that_goes_wrong_is_found_again_by_two_codes() {
    let stage = Stage::start().await;
    let mut browser = stage.member("alice").await;
    let totp = browser.add_totp("Pixel 9").await;
    let id = browser.own("Pixel 9").await;
    stage.advance(400);
    let one = format!("/account/authenticators/{id}");
    browser.get(&one).await.shows(200, &["Synchronise"]);
    let shown = |ahead: u32| totp.code_at(stage.world.clock_now().plus(Span::from_secs(ahead)));
    let resync = format!("{one}/resync");
    // It needs no fresh proof: a code of it may be all there is.
    let page = browser.get(&resync).await;
    page.shows(200, &["First code", "its clock may be wrong"]);
    let codes = [("first", shown(600)), ("second", shown(660))];
    for (codes, said) in [
        (codes, "4 tries are left"),
        ([("first", shown(630)), ("second", shown(600))], "3 tries are left"),
        ([("first", "000000".to_owned()), ("second", String::new())], "2 tries are left"),
    ] {
        let [(_, one), (_, two)] = codes;
        let answer = browser.submit(&page, &resync, &[("first", &one), ("second", &two)]).await;
        answer.shows(422, &["not two codes that follow each other", said]);
        assert!(two.is_empty() || !answer.body.contains(&two), "{}", answer.body);
    }
    let (first, second) = (shown(600), shown(630));
    browser
        .submit(&page, &resync, &[("first", &first), ("second", &second)])
        .await
        .shows(200, &["Its codes are accepted again."]);
    let page = browser.get(&format!("{one}/test")).await;
    let answer = format!("{one}/test/answer");
    browser.submit(&page, &answer, &[("code", &second)]).await.shows(422, &["used before"]);
    browser.submit(&page, &answer, &[("code", &shown(660))]).await.shows(200, &["It works."]);
    // Nothing of it lets anything be changed.
    browser.get("/account/add/totp").await.shows(200, &["Show that it is you"]);
    // Another user's, or one without a clock, is none.
    let mut bob = stage.member("bob").await;
    assert_eq!(bob.get(&resync).await.status, 404);
    let page = bob.get("/account").await;
    let form = crate::account_stage::filled(&page, "/account/sign-out", &[("first", "1"), ("second", "2")]);
    assert_eq!(bob.post(&resync, &form).await.status, 404);
}
