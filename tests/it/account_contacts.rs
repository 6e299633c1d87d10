//! Can a user add an address and a number in the own account, and only what is the user's own?

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use countersign::base::settings::messages::{Mail, Messages, Protection, Sending, Tenant};
use countersign::base::time::Span;
use countersign::flow::outbox::Post;
use countersign::notify::{Carrier, Message, NotCarried};

use crate::account_stage::{Browser, PASSWORD};
use crate::harness::postbox::code_in;
use crate::portal_stage::Stage;

/// Keeps what it is given: address and text.
#[derive(Clone, Default)]
pub(crate) struct Kept(pub(crate) Arc<Mutex<Vec<(String, String)>>>);

impl Kept {
    /// All texts so far.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|(_, text)| text.clone()).collect()
    }

    /// The same, once there are so many: notices go out beside the requests.
    pub(crate) async fn until(&self, count: usize) -> Vec<String> {
        let wait = async {
            while self.texts().len() < count {
                tokio::task::yield_now().await;
            }
            self.texts()
        };
        tokio::time::timeout(crate::harness::raw::PATIENCE, wait).await.expect("the messages come")
    }

    /// The code that came to this address, once `count` have.
    pub(crate) async fn code(&self, to: &str, count: usize) -> (String, String) {
        let wait = async {
            loop {
                let texts: Vec<String> = self
                    .0
                    .lock()
                    .unwrap()
                    .iter()
                    .filter(|(other, text)| other == to && text.contains("Never tell this code"))
                    .map(|(_, text)| text.clone())
                    .collect();
                if texts.len() >= count {
                    let text = texts.last().unwrap().clone();
                    return (code_in(&text), text);
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(crate::harness::raw::PATIENCE, wait).await.expect("the code comes")
    }
}

#[async_trait]
impl Carrier for Kept {
    async fn carry(&self, message: &Message) -> Result<(), NotCarried> {
        self.0.lock().unwrap().push((message.to.as_str().to_owned(), message.plain.clone()));
        Ok(())
    }
}

/// A mail server that gives them to `kept`.
pub(crate) fn post(kept: &Kept) -> Post {
    let mail = Mail {
        host: "mail.example.com".to_owned(),
        port: 25,
        protection: Protection::StartTls,
        from: "approve@example.com".to_owned(),
        from_name: "Approvals".to_owned(),
        login: None,
        ca: None,
        timeout: Span::from_secs(5),
        limits: Sending::MAIL,
    };
    let tenant = Tenant { email_codes: true, sms_codes: false };
    let settings = Messages { mail: Some(Arc::new(mail)), sms: None, tenant };
    Post { mail: Some(Arc::new(kept.clone())), sms: None, settings }
}

#[tokio::test]
async fn an_address_is_added_by_the_code_that_went_there() {
    let kept = Kept::default();
    let stage = Stage::posting(post(&kept)).await;
    stage.newcomer("alice").await;
    let link = stage.invite("alice").await;
    let mut browser = Browser::new(&stage);
    let page = browser.get(&link).await;
    browser.submit(&page, "/invite", &[("password", PASSWORD), ("again", PASSWORD)]).await;

    // Only what can be sent is offered.
    let add = browser.get("/account/add").await;
    add.shows(200, &["E-mail address"]);
    assert!(!add.body.contains("/account/add/sms"), "{}", add.body);
    browser.get("/account/add/sms").await.shows(200, &["Nothing can be sent there"]);

    let page = browser.get("/account/add/email").await;
    let action = "/account/add/email";
    let unfit = browser.submit(&page, action, &[("address", "alice@example")]).await;
    unfit.shows(422, &["not an e-mail address", "value=\"alice@example\""]);
    let asked = browser.submit(&unfit, action, &[("address", "alice@post.example.com")]).await;
    asked.shows(200, &["a***e@post.example.com", "8-digit"]);
    assert!(!asked.body.contains("alice@post"), "{}", asked.body);
    let (code, _) = kept.code("alice@post.example.com", 1).await;
    let soon = browser.submit(&unfit, action, &[("address", "alice@post.example.com")]).await;
    soon.shows(429, &["Try again in"]);
    let wrong = browser.submit(&asked, action, &[("code", "00000000")]).await;
    wrong.shows(422, &["4 tries are left"]);
    let done = browser.submit(&wrong, action, &[("code", &code), ("label", "Post")]).await;
    done.shows(200, &["The authenticator is added.", "Post"]);
    stage.advance(61);
    // The first authenticator made the session a new one.
    let page = browser.get(action).await;
    let again = browser.submit(&page, action, &[("address", "Alice@POST.example.com")]).await;
    again.shows(422, &["You have that one already"]);

    // From now on it is asked for at sign-in, and the code says what it is for.
    let page = browser.get("/account").await;
    browser.submit(&page, "/account/sign-out", &[]).await;
    let second = browser.sign_in("alice", PASSWORD).await;
    let (_, rest) = second.body.split_once("name=\"authenticator\" value=\"").unwrap();
    let id = rest.split('"').next().unwrap().to_owned();
    let choose = browser.submit(&second, "/account/second/choose", &[("authenticator", &id)]).await;
    choose.shows(200, &["Post", "one-time-code"]);
    // Another browser within the minute: nothing was sent for it, so nothing is asked for.
    let mut other = Browser::new(&stage);
    let second = other.sign_in("alice", PASSWORD).await;
    let none = other.submit(&second, "/account/second/choose", &[("authenticator", &id)]).await;
    none.shows(429, &["No code was sent", "Post"]);
    assert!(!none.body.contains("one-time-code"), "{}", none.body);
    // The one that has its code may still type it, and is told when there could be another.
    let again = browser.submit(&choose, "/account/second/choose", &[("authenticator", &id)]).await;
    again.shows(429, &["The last one is good for 10 minutes", "one-time-code"]);
    assert!(!again.body.contains("aria-invalid"), "{}", again.body);
    let (code, text) = kept.code("alice@post.example.com", 2).await;
    assert!(text.contains("Sign in to your account"), "{text}");
    let signed_in = browser.submit(&choose, "/account/second/answer", &[("code", &code)]).await;
    signed_in.shows(200, &["Your account"]);
}
