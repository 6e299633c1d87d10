//! Does the way through the own account work, from the invitation to the authenticator and back?

use crate::account_stage::{Browser, PASSWORD};
use crate::portal_stage::Stage;

#[tokio::test]
async fn from_the_invitation_to_an_authenticator_and_back() {
    let stage = Stage::start().await;
    stage.newcomer("alice").await;
    let link = stage.invite("alice").await;

    // Chosen, and signed in at once.
    let mut browser = Browser::new(&stage);
    let page = browser.get(&link).await;
    page.shows(200, &["Choose your password", "value=\"alice\"", "At least 15 characters"]);
    let short = browser.submit(&page, "/invite", &[("password", "too short"), ("again", "too short")]).await;
    short.shows(422, &["fewer than 15 characters"]);
    let differ = browser.submit(&short, "/invite", &[("password", PASSWORD), ("again", "another")]).await;
    differ.shows(422, &["not the same"]);
    let first = browser.submit(&differ, "/invite", &[("password", PASSWORD), ("again", PASSWORD)]).await;
    first.shows(200, &["Your account", "You have no authenticator yet", "alice@example.com"]);
    Browser::new(&stage).get(&link).await.shows(410, &["not good"]);

    // Out, and in again by the password alone.
    browser.submit(&first, "/account/sign-out", &[]).await.shows(200, &["You are signed out"]);
    assert_eq!(browser.cookie, "");
    browser.sign_in("alice", "green kettle under 5 bridges").await.shows(422, &["That did not work"]);
    browser.sign_in("alice", PASSWORD).await.shows(200, &["Your account"]);

    // An authenticator is added: from now on it is asked for.
    let totp = browser.add_totp("Pixel 9").await;
    let page = browser.get("/account").await;
    page.shows(200, &["Pixel 9", "Code from a phone app", "Never used"]);
    assert!(!page.body.contains("You have no authenticator yet"));
    browser.submit(&page, "/account/sign-out", &[]).await.shows(200, &["You are signed out"]);
    let second = browser.sign_in("alice", PASSWORD).await;
    second.shows(200, &["One more step", "6-digit", "Pixel 9"]);
    browser.get("/account").await.shows(200, &["One more step"]);
    let second = browser.submit(&second, "/account/second/answer", &[("code", "000000")]).await;
    second.shows(422, &["That is not right"]);
    stage.advance(30);
    let code = totp.code_at(stage.world.clock_now());
    let page = browser.submit(&second, "/account/second/answer", &[("code", &code)]).await;
    page.shows(200, &["Your account", "Last used"]);

    // Named, tried, removed: the first asks for a fresh proof, since five minutes have passed.
    let id = browser.own("Pixel 9").await;
    stage.advance(301);
    let rename = format!("/account/authenticators/{id}/rename");
    let confirm = browser.get(&rename).await;
    confirm.shows(200, &["Show that it is you"]);
    let code = totp.code_at(stage.world.clock_now());
    let page = browser.submit(&confirm, "/account/confirm/answer", &[("code", &code)]).await;
    page.shows(200, &["Rename", "value=\"Pixel 9\""]);
    browser
        .submit(&page, &rename, &[("label", "Old phone")])
        .await
        .shows(200, &["The new name is saved", "Old phone"]);
    stage.advance(30);
    let test = browser.get(&format!("/account/authenticators/{id}/test")).await;
    let code = totp.code_at(stage.world.clock_now());
    let action = format!("/account/authenticators/{id}/test/answer");
    browser.submit(&test, &action, &[("code", &code)]).await.shows(200, &["It works."]);
    let remove = format!("/account/authenticators/{id}/remove");
    let page = browser.get(&remove).await;
    page.shows(200, &["It is your last one"]);
    browser.submit(&page, &remove, &[]).await.shows(422, &["Tick that you know it"]);
    let page = browser.submit(&page, &remove, &[("sure", "yes")]).await;
    page.shows(200, &["The authenticator is removed", "You have no authenticator yet"]);
}
