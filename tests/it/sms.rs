//! Question: is an SMS gateway asked exactly what its configuration says, and believed only when it says yes?
//!
//! The providers are those of `examples/sms/`, each file as it is, with only the origin and the place of the secret replaced.

use std::path::Path;
use std::sync::Arc;

use countersign::base::settings::messages::Sms as Settings;
use countersign::base::time::Timestamp;
use countersign::config;
use countersign::factors::message::Address;
use countersign::notify::sms::Sms;
use countersign::notify::{Carrier as _, Message, NotCarried};

use crate::harness::office::json;
use crate::harness::upstream::{Origin, Seen, Step, answer};

const SECRET: &str = "provider-secret-canary";
const TEXT: &str = "bank: code 12345678 for: a&b=\"c\"\\ é+%41. Never\n\n@approve.example.com #12345678";

fn message() -> Message {
    Message {
        id: "msg_01".to_owned(),
        to: Address::phone("+41791234567").unwrap(),
        subject: String::new(),
        plain: TEXT.to_owned(),
        html: String::new(),
        at: Timestamp::from_millis(0),
    }
}

/// The settings in a file of `[sms]`, through the configuration of a whole gateway.
fn settings(table: &str) -> Arc<Settings> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), SECRET).unwrap();
    std::fs::create_dir(folder.path().join("policies")).unwrap();
    let policy = "app = \"bank\"\n[[policy]]\nid = \"a\"\nmatch = { path = \"/x\" }\nsummary = \"X\"\n";
    std::fs::write(folder.path().join("policies/a.toml"), policy).unwrap();
    let text = format!(
        "policies = \"policies\"\n[server]\nhttp = [\"127.0.0.1:8080\"]\n[portal]\nurl = \"http://localhost:8081\"\n[[app]]\nname = \
         \"bank\"\nhosts = [\"bank.test\"]\nupstream = \"http://127.0.0.1:9\"\n[app.identity]\nsource = \"header\"\nuser = \"X-User\"\n{table}"
    );
    let text = text.replace("[server]", "[server]\ntrusted_proxies = [\"127.0.0.1\"]");
    std::fs::write(folder.path().join("countersign.toml"), text).unwrap();
    let (settings, _) = config::load(&folder.path().join("countersign.toml"))
        .unwrap_or_else(|faults| panic!("{}", faults.human(100, false)));
    settings.messages.sms.unwrap()
}

/// An example with the provider at `origin` and the secret in a file.
fn example(name: &str, origin: &Origin) -> Arc<Settings> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/sms/{name}.toml"));
    let text = std::fs::read_to_string(path).unwrap();
    let host = text.split("https://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let env = text.split("env = ").nth(1).unwrap().split('"').nth(1).unwrap().to_owned();
    let text = text.replace(&format!("https://{host}"), &format!("http://{}", origin.address));
    settings(&text.replace(&format!("env = \"{env}\""), "file = \"secret\""))
}

async fn sent(name: &str, status: u16, body: &'static str) -> (Result<(), NotCarried>, Seen) {
    let origin = Origin::start(move |_| vec![Step::Send(answer(status, body))]).await;
    let sms = Sms::new(example(name, &origin)).unwrap();
    let carried = sms.carry(&message()).await;
    (carried, origin.only())
}

fn form(seen: &Seen) -> Vec<(String, String)> {
    form_urlencoded::parse(&seen.body).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

#[tokio::test]
async fn twilio_is_asked_as_it_wants_and_believed_when_it_has_no_error() {
    let (carried, seen) = sent("twilio", 201, r#"{"sid":"SM1","error_code":null}"#).await;
    assert_eq!(carried, Ok(()));
    assert_eq!(
        seen.line(),
        "POST /2010-04-01/Accounts/AC00000000000000000000000000000000/Messages.json HTTP/1.1"
    );
    let basic =
        data_encoding::BASE64.encode(format!("AC00000000000000000000000000000000:{SECRET}").as_bytes());
    assert_eq!(seen.one("authorization"), format!("Basic {basic}"));
    let expected = [("To", "+41791234567"), ("From", "+15005550006"), ("Body", TEXT)];
    assert_eq!(form(&seen), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let (carried, _) = sent("twilio", 201, r#"{"sid":"SM1","error_code":30007}"#).await;
    assert!(matches!(carried, Err(NotCarried::Never(_))), "{carried:?}");
    let (carried, _) = sent("twilio", 400, r#"{"code":21211}"#).await;
    assert!(matches!(carried, Err(NotCarried::Never(_))), "{carried:?}");
    let (carried, _) = sent("twilio", 429, "").await;
    assert!(matches!(carried, Err(NotCarried::Later(_))), "{carried:?}");
}

#[tokio::test]
async fn vonage_is_believed_by_the_status_in_its_body() {
    let (carried, seen) = sent("vonage", 200, r#"{"message-count":"1","messages":[{"status":"0"}]}"#).await;
    assert_eq!(carried, Ok(()));
    assert_eq!((seen.line(), seen.one("content-type")), ("POST /sms/json HTTP/1.1", "application/json"));
    let expected = serde_json::json!({
        "api_key": "abcd1234", "api_secret": SECRET, "from": "Countersign", "to": "41791234567", "text": TEXT, "type": "unicode",
    });
    assert_eq!(json(&seen.body), expected);
    let (carried, _) =
        sent("vonage", 200, r#"{"messages":[{"status":"4","error-text":"Bad Credentials"}]}"#).await;
    assert!(matches!(carried, Err(NotCarried::Never(_))), "{carried:?}");
}

#[tokio::test]
async fn messagebird_gets_its_key_with_the_word_before_it() {
    let (carried, seen) = sent("messagebird", 201, r#"{"recipients":{"totalSentCount":1}}"#).await;
    assert_eq!(carried, Ok(()));
    assert_eq!(seen.one("authorization"), format!("AccessKey {SECRET}"));
    let expected = serde_json::json!({
        "originator": "Countersig", "recipients": ["41791234567"], "body": TEXT, "datacoding": "auto", "reference": "msg_01",
    });
    assert_eq!(json(&seen.body), expected);
    let (carried, _) = sent("messagebird", 201, r#"{"recipients":{"totalSentCount":0}}"#).await;
    assert!(matches!(carried, Err(NotCarried::Never(_))), "{carried:?}");
}

#[tokio::test]
async fn a_gateway_by_url_alone_and_none_that_leads_elsewhere() {
    let elsewhere = Origin::ok().await;
    let there = format!("http://{}/", elsewhere.address);
    let origin = Origin::start(move |seen| {
        let moved = format!("HTTP/1.1 302 Found\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n");
        vec![Step::Send(if seen.line().contains("moved") {
            moved.into_bytes()
        } else {
            answer(200, "OK 17")
        })]
    })
    .await;
    let table = |path: &str| {
        format!(
            "[sms]\nurl = \"http://{}/{path}?to={{number}}&text={{text}}\"\nmethod = \"GET\"\nsuccess = {{ matches = \"^OK\" }}\nprefixes = \
             [\"+41\"]\n",
            origin.address
        )
    };
    let carry = async |path: &str, to: &str| {
        let sms = Sms::new(settings(&table(path))).unwrap();
        sms.carry(&Message { to: Address::phone(to).unwrap(), ..message() }).await
    };
    assert_eq!(carry("send", "+41791234567").await, Ok(()));
    let seen = origin.only();
    let query = seen.line().split(['?', ' ']).nth(2).unwrap().to_owned();
    let fields: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    assert_eq!(fields, [("to".to_owned(), "41791234567".to_owned()), ("text".to_owned(), TEXT.to_owned())]);
    let moved = carry("moved", "+41791234567").await;
    assert!(matches!(moved, Err(NotCarried::Never(_))), "{moved:?}");
    assert!(elsewhere.seen().is_empty(), "a redirect was followed");
    // A number outside the allowed beginnings is not even asked about.
    let far = carry("send", "+19005550100").await;
    assert!(matches!(far, Err(NotCarried::Never(_))), "{far:?}");
    assert_eq!(origin.seen().len(), 2);
}

#[tokio::test]
async fn a_gateway_that_is_down_is_asked_later_and_one_that_hangs_up_is_not_asked_twice() {
    let down = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let table = |at: std::net::SocketAddr| {
        format!("[sms]\nurl = \"http://{at}/\"\nform = {{ t = \"{{to}}{{text}}\" }}\nprefixes = [\"+41\"]\n")
    };
    let carried = Sms::new(settings(&table(down))).unwrap().carry(&message()).await;
    assert!(matches!(carried, Err(NotCarried::Later(_))), "{carried:?}");
    let rude = Origin::start(|_| vec![Step::Close]).await;
    let carried = Sms::new(settings(&table(rude.address))).unwrap().carry(&message()).await;
    assert!(matches!(carried, Err(NotCarried::Never(_))), "{carried:?}");
}
