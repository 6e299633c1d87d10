//! Does a user see his own requests and receipts, and nobody else's?

use countersign::base::text::UserName;

use crate::account_stage::{Browser, PASSWORD};
use crate::portal_stage::{HOST, Stage};

/// The browser of a user who has the stage's usual code generator.
async fn signed_in<'s>(stage: &'s Stage, name: &UserName) -> Browser<'s> {
    let mut browser = Browser::new(stage);
    let second = browser.accept(name.as_str()).await;
    second.shows(200, &["One more step"]);
    stage.advance(30);
    let code = stage.world.code();
    let page = browser.submit(&second, "/account/second/answer", &[("code", &code)]).await;
    page.shows(200, &["Your account"]);
    browser
}

#[tokio::test]
async fn own_requests_with_their_receipts_and_nobody_elses() {
    let stage = Stage::start().await;
    let person = stage.world.person().await;
    let other = stage.world.person().await;
    let mut browser = signed_in(&stage, &person.name).await;
    browser.get("/account/requests").await.shows(200, &["Nothing was held for you"]);
    stage.advance(30);
    let case = stage.opened_by_script_for(person).await;
    browser.get("/account/requests").await.shows(200, &["Transfer 5000 EUR to DE89", "Waiting"]);
    stage.approve(&case).await;
    browser.get("/account/requests").await.shows(200, &["Confirmed"]);
    let receipt = format!("/account/requests/{}/receipt", case.id);
    assert_eq!(stage.get(&receipt, &browser.cookie).await.status, 404, "nothing was released yet");
    stage.world.claim(&case.person, &case.ticket).await;
    let page = browser.get("/account/requests").await;
    page.shows(200, &["Being sent", "Receipt", &receipt]);
    let file = stage.get(&receipt, &browser.cookie).await;
    assert_eq!(file.status, 200);
    assert_eq!(file.header("content-type"), Some("application/json"));
    assert!(file.header("content-disposition").unwrap().starts_with("attachment; filename=\"held_"));
    // What the command verifies offline.
    let exported = countersign::audit::receipt::file::ReceiptFile::parse(&file.body).unwrap();
    let checked = exported.verify(None, None).unwrap();
    assert_eq!(
        (checked.claims.sub.as_str(), checked.claims.jti),
        (case.person.name.as_str(), case.id.to_string())
    );

    let mut stranger = signed_in(&stage, &other.name).await;
    let page = stranger.get("/account/requests").await;
    page.shows(200, &["Nothing was held for you"]);
    assert_eq!(stranger.get(&receipt).await.status, 404);
    assert_eq!(stage.send("GET", &receipt, &[("Host", HOST)], "").await.status, 303);

    // What is forgotten is forgotten here too.
    stage.advance(2 * 86_400);
    stage.world.flows.sweep().await.unwrap();
    stage.world.flows.sweep().await.unwrap();
    let mut browser = Browser::new(&stage);
    let second = browser.sign_in(case.person.name.as_str(), PASSWORD).await;
    let code = stage.world.code();
    browser.submit(&second, "/account/second/answer", &[("code", &code)]).await.shows(200, &["Your account"]);
    let page = browser.get("/account/requests").await;
    assert_eq!(page.status, 200);
}
