//! An SMS gateway of the test's own, and an office whose users get their codes there.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use countersign::base::text::UserName;
use countersign::base::time::Span;
use countersign::factors::message::Address;
use countersign::flow::enrol_contact::{ContactBegun, ContactShown};

use super::office::{Held, Office, Setup, json};
use super::raw::Answer;
use super::upstream::{Origin, Step, answer};

/// Transfers that a code of any kind approves.
pub(crate) const POLICIES: &str = r#"
[[policy]]
id = "transfer"
match = { methods = ["POST"], path = "/transfer" }
summary = "Transfer {amount?} EUR to {iban?}"
show = { Amount = "{amount?} EUR", To = "{iban?}" }
mask = ["pin"]
[policy.approve]
steps = [{ self = ["totp", "email", "sms", "emergency"] }]
hold_for = "1h"
"#;

/// Turns on both kinds of codes.
pub(crate) const ON: &str = "[tenant.default]\nemail_codes = true\nsms_codes = true\n";
/// Turns on codes by text message.
pub(crate) const SMS_ON: &str = "[tenant.default]\nsms_codes = true\n";

/// A text message as the gateway got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) to: String,
    pub(crate) text: String,
}

impl Text {
    /// The code in it.
    pub(crate) fn code(&self) -> String {
        code_in(&self.text)
    }
}

/// The eight digits in a text, which stand alone.
pub(crate) fn code_in(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let mut codes: Vec<&str> =
        words.filter(|word| word.len() == 8 && word.bytes().all(|b| b.is_ascii_digit())).collect();
    codes.dedup();
    assert_eq!(codes.len(), 1, "{text}");
    codes[0].to_owned()
}

/// An SMS gateway.
pub(crate) struct Phones {
    pub(crate) origin: Origin,
    statuses: Arc<Mutex<VecDeque<u16>>>,
}

impl Phones {
    pub(crate) async fn start() -> Self {
        let statuses = Arc::new(Mutex::new(VecDeque::new()));
        let says = statuses.clone();
        let next = move || says.lock().unwrap().pop_front().unwrap_or(200);
        let origin = Origin::start(move |_| vec![Step::Send(answer(next(), "ok"))]).await;
        Self { origin, statuses }
    }

    /// What it answers to the next messages, before it takes all again.
    pub(crate) fn say(&self, statuses: &[u16]) {
        self.statuses.lock().unwrap().extend(statuses);
    }

    /// Lines of `[sms]` that name it.
    pub(crate) fn table(&self, limits: &str) -> String {
        format!(
            "[sms]\nurl = \"http://{}/send\"\nform = {{ to = \"{{to}}\", text = \"{{text}}\" }}\nprefixes = [\"+41\", \"+421\"]\n{limits}\n",
            self.origin.address
        )
    }

    /// All messages so far.
    pub(crate) fn texts(&self) -> Vec<Text> {
        self.origin.seen().iter().map(|seen| text_of(&seen.body)).collect()
    }

    /// Waits until `count` messages came; the last one.
    pub(crate) async fn wait_for(&self, count: usize) -> Text {
        let waited = tokio::time::timeout(super::raw::PATIENCE, self.origin.wait_for(count)).await;
        let seen = waited.expect("the messages come");
        assert_eq!(seen.len(), count, "{:?}", self.texts());
        text_of(&seen[count - 1].body)
    }
}

fn text_of(body: &[u8]) -> Text {
    let mut text = Text { to: String::new(), text: String::new() };
    for (name, value) in form_urlencoded::parse(body) {
        match name.as_ref() {
            "to" => text.to = value.into_owned(),
            "text" => text.text = value.into_owned(),
            other => panic!("{other}"),
        }
    }
    text
}

/// An office with an SMS gateway.
pub(crate) struct Texting {
    pub(crate) office: Office,
    pub(crate) phones: Phones,
}

impl Texting {
    pub(crate) async fn start() -> Self {
        Self::with("", "").await
    }

    /// With lines of `[sms]` and of `[limits]`.
    pub(crate) async fn with(sms: &str, limits: &'static str) -> Self {
        let phones = Phones::start().await;
        let more = format!("{}{SMS_ON}", phones.table(sms));
        let office = Office::with(Setup { limits, more, policies: POLICIES, ..Setup::default() }).await;
        Self { office, phones }
    }

    /// A new user whose number is shown to be his; the id of the authenticator. A minute passes.
    pub(crate) async fn owner(&self, name: &str, number: &str) -> String {
        self.office.user(name).await;
        let before = self.phones.texts().len();
        let begun = begin(&self.office, name, &Address::phone(number).unwrap()).await;
        let ContactBegun::Sent { id, .. } = begun else { panic!("{begun:?}") };
        let code = self.phones.wait_for(before + 1).await.code();
        let shown = self.office.running().flows.contact_finish(&user(name), id, &code, None).await.unwrap();
        let ContactShown::Enrolled(id) = shown else { panic!("{shown:?}") };
        self.office.clock.advance(Span::from_secs(61));
        id.to_string()
    }

    /// Resolves once so many messages have come to this `result`: the queue works beside the requests.
    pub(crate) async fn until(&self, result: &str, count: usize) {
        let metric = format!("countersign_messages_total{{kind=\"sms\",result=\"{result}\"}} {count}");
        let reached = async {
            while !self.office.running().flows.metrics().text().lines().any(|line| line == metric) {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(super::raw::PATIENCE, reached).await;
        waited.unwrap_or_else(|_| panic!("{metric}\n{}", self.office.running().flows.metrics().text()));
    }

    /// Asks for a code.
    pub(crate) async fn send(&self, held: &Held, authenticator: &str) -> Answer {
        challenge(&self.office, held, authenticator).await
    }

    /// Asks for a code and waits until it comes: the challenge and the code.
    pub(crate) async fn code(&self, held: &Held, authenticator: &str) -> (String, String) {
        let before = self.phones.texts().len();
        let answer = self.send(held, authenticator).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let code = self.phones.wait_for(before + 1).await.code();
        (json(&answer.body)["challenge"].as_str().unwrap().to_owned(), code)
    }
}

/// A user's name.
pub(crate) fn user(name: &str) -> UserName {
    UserName::parse(name).unwrap()
}

/// Begins to show that an address is a user's.
pub(crate) async fn begin(office: &Office, name: &str, to: &Address) -> ContactBegun {
    office.running().flows.contact_begin(&user(name), to).await.unwrap()
}

/// Begins a challenge through the API.
pub(crate) async fn challenge(office: &Office, held: &Held, authenticator: &str) -> Answer {
    let body = serde_json::json!({ "authenticator": authenticator }).to_string();
    office.api(held, "POST", "/challenges", &body).await
}

/// What stands for a person that has no authenticator app.
pub(crate) fn person(name: &str) -> super::office::Person {
    super::office::Person { name: name.to_owned(), totp: String::new() }
}
