//! Question: can a user add a passkey in the account, see what it is, and sign in and change things with it?

use serde_json::Value;

use crate::account_stage::{Browser, PASSWORD};
use crate::harness::authenticator::Soft;
use crate::portal_stage::{Answer, ORIGIN, Stage};

/// What the page's script would ask the browser.
fn options(page: &Answer) -> Value {
    let (_, rest) = page.body.split_once("data-options=\"").unwrap_or_else(|| panic!("{}", page.body));
    let text = rest.split('"').next().unwrap().replace("&#34;", "\"").replace("&quot;", "\"");
    serde_json::from_str(&text).unwrap()
}

async fn add(browser: &mut Browser<'_>, soft: &mut Soft, label: &str) -> Answer {
    let page = browser.get("/account/add/passkey").await;
    page.shows(200, &["Add a passkey", "Let the device list it by itself", "<noscript>"]);
    let page = browser.submit(&page, "/account/add/passkey", &[("label", label)]).await;
    page.shows(200, &["data-passkey=\"create\"", "/passkey.js", "<noscript>"]);
    let made = soft.register(&options(&page)).to_string();
    browser.submit(&page, "/account/add/passkey", &[("assertion", &made)]).await
}

/// Out and in again: the page that asks for the passkey.
async fn asked_for(browser: &mut Browser<'_>) -> Answer {
    let page = browser.get("/account").await;
    browser.submit(&page, "/account/sign-out", &[]).await.shows(200, &["You are signed out"]);
    let second = browser.sign_in("alice", PASSWORD).await;
    chosen(browser, &second).await
}

/// It is chosen for the second step.
async fn chosen(browser: &mut Browser<'_>, second: &Answer) -> Answer {
    second.shows(200, &["One more step", "Blue key"]);
    let id = second.body.split("name=\"authenticator\" value=\"").nth(1).unwrap();
    let id = id.split('"').next().unwrap().to_owned();
    let asked = browser.submit(second, "/account/second/choose", &[("authenticator", &id)]).await;
    asked.shows(200, &["data-passkey=\"get\"", "Blue key", "data-start"]);
    asked
}

#[tokio::test]
async fn what_was_asked_before_a_failover_is_not_answered_after_it() {
    let stage = Stage::start().await;
    let mut browser = stage.member("alice").await;
    let mut soft = Soft::new(1, ORIGIN);
    add(&mut browser, &mut soft, "Blue key").await;
    let asked = asked_for(&mut browser).await;
    let early = soft.assert(&options(&asked)).to_string();
    stage.advance(1);
    stage.world.fail_over().await;
    stage.advance(1);
    let asked = browser.submit(&asked, "/account/second/answer", &[("assertion", &early)]).await;
    assert_ne!(asked.status, 200, "{}", asked.body);
    let second = browser.get("/account/second").await;
    let asked = chosen(&mut browser, &second).await;
    let good = soft.assert(&options(&asked)).to_string();
    browser
        .submit(&asked, "/account/second/answer", &[("assertion", &good)])
        .await
        .shows(200, &["Your account"]);
}

#[tokio::test]
async fn a_passkey_is_added_shown_and_asked_for() {
    let stage = Stage::start().await;
    let mut browser = stage.member("alice").await;
    browser.get("/account/add").await.shows(200, &["href=\"/account/add/passkey\""]);
    let mut soft = Soft::new(1, ORIGIN);
    let one = add(&mut browser, &mut soft, "Blue key").await;
    one.shows(200, &["Blue key", "The authenticator is added.", "YubiKey 5"]);
    one.shows(200, &["ee882879-721c-4913-9775-3dfcce97072a", "It stays on this one device"]);

    // The same one again is refused, and so is one that does not verify its user.
    let again = add(&mut browser, &mut soft, "Again").await;
    again.shows(422, &["could not be accepted", "value=\"Again\""]);
    let page = browser.get("/account/add/passkey").await;
    let page = browser.submit(&page, "/account/add/passkey", &[("label", "\u{202e}")]).await;
    page.shows(422, &["1 to 64 visible characters"]);
    let page = browser.submit(&page, "/account/add/passkey", &[("label", "Other")]).await;
    let unseen = Soft::new(2, ORIGIN).register_as(&options(&page), |draft| draft.flags = 0x41).to_string();
    let form = [("assertion", unseen.as_str())];
    browser.submit(&page, "/account/add/passkey", &form).await.shows(422, &["could not be accepted"]);
    browser
        .submit(&page, "/account/add/passkey", &form)
        .await
        .shows(422, &["took too long, or was sent twice"]);

    // It is asked for, and opens the account.
    let asked = asked_for(&mut browser).await;
    let bent = soft.assert_as(&options(&asked), |draft| draft.origin.push_str("/x")).to_string();
    let asked = browser.submit(&asked, "/account/second/answer", &[("assertion", &bent)]).await;
    asked.shows(422, &["data-passkey=\"get\"", "role=\"alert\""]);
    let good = soft.assert(&options(&asked)).to_string();
    let home = browser.submit(&asked, "/account/second/answer", &[("assertion", &good)]).await;
    home.shows(200, &["Your account", "Blue key", "Last used"]);
}

#[tokio::test]
async fn a_portal_without_a_name_says_why_there_is_none() {
    let stage = Stage::start_as("http://127.0.0.1:8081").await;
    let flows = &stage.world.flows;
    assert!(flows.relying_party().is_err());
    let name = countersign::base::text::UserName::parse("alice").unwrap();
    stage.newcomer("alice").await;
    let residence = countersign::factors::passkey::Residence::Preferred;
    let begun = flows.begin_passkey_enrolment(&name, residence).await.unwrap();
    assert_eq!(
        begun.unwrap_err().to_string(),
        "a portal on an IP address can have no passkeys: browsers want a host name"
    );
}
