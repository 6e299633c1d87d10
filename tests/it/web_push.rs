//! Is a phone rung through its push service, encrypted and in our name, no oftener than three times, and through no other host?

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use countersign::base::time::{Clock as _, Span};
use countersign::factors::phone::DeviceKey;
use serde_json::{Value, json};

use crate::harness::office::{Office, Person, Setup, json as parse};
use crate::harness::phone::{Phone, Receiver};
use crate::harness::upstream::{Origin, Seen, Step, answer};

const POLICIES: &str = r#"
[[policy]]
id = "transfer"
match = { methods = ["POST"], path = "/transfer" }
summary = "Transfer {amount?} EUR"
[policy.approve]
steps = [{ self = ["push", "totp"] }]
"#;

struct World {
    office: Office,
    alice: Person,
    phone: Phone,
    service: Arc<Origin>,
    receiver: Receiver,
}

impl World {
    /// Alice's phone is paired and can be rung at a push service that answers with `status`.
    async fn with(status: u16) -> Self {
        let service = Arc::new(Origin::start(move |_| vec![Step::Send(answer(status, ""))]).await);
        let address = service.address;
        let more = format!(
            "read = \"10s\"\n[push]\nsubject = \"mailto:ops@example.com\"\nservices = [\"http://{address}\"]"
        );
        let setup = Setup { policies: POLICIES, timeouts: more.leak(), ..Setup::default() };
        let office = Office::with(setup).await;
        let alice = office.person("alice").await;
        let phone = Phone::paired(&office, "alice", 1).await;
        let world = Self { office, alice, phone, service, receiver: Receiver::new() };
        assert_eq!(
            world.subscribe(&format!("http://{address}/push/secret-path")).await,
            json!({ "rings": true, "known": true })
        );
        world
    }

    async fn subscribe(&self, endpoint: &str) -> Value {
        let body = self.receiver.subscription(endpoint);
        parse(&self.phone.call(&self.office, "POST", "/phone/api/bell", Some(&body)).await.body)
    }

    /// Chooses the phone for a new held request; whether it is said to be rung.
    async fn ask(&self, amount: u32) -> (String, bool) {
        let held = self.office.hold(&self.alice, &format!("amount={amount}")).await;
        let body = json!({ "authenticator": self.phone.id }).to_string();
        let answer = self.office.api(&held, "POST", "/challenges", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let told = parse(&answer.body);
        (told["challenge"].as_str().unwrap().to_owned(), told["public"]["rung"].as_bool().unwrap())
    }

    async fn nth(&self, count: usize) -> Seen {
        self.service.wait_for(count).await.remove(count - 1)
    }
}

#[tokio::test]
async fn the_message_says_that_something_waits_and_nothing_else() {
    let world = World::with(201).await;
    let (challenge, rung) = world.ask(1).await;
    assert!(rung);
    let seen = world.nth(1).await;
    assert_eq!(seen.line(), "POST /push/secret-path HTTP/1.1");
    assert_eq!(
        ["ttl", "urgency", "topic", "content-encoding"].map(|name| seen.one(name).to_owned()),
        ["300", "high", "countersign", "aes128gcm"]
    );
    assert_eq!(
        serde_json::from_slice::<Value>(&world.receiver.read(&seen.body).unwrap()).unwrap(),
        json!({ "challenge": challenge })
    );
    // The token: for this origin, signed by the key that the phone subscribed for.
    let (token, public) =
        seen.one("authorization").strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
    let told = world.phone.call(&world.office, "GET", "/phone/api/questions?seen=", None).await;
    assert_eq!(parse(&told.body)["push_key"], public);
    let parts: Vec<&str> = token.split('.').collect();
    let key = DeviceKey::parse(&BASE64.decode(public).unwrap()).unwrap();
    let signature = BASE64.decode(parts[2]).unwrap().try_into().unwrap();
    assert!(key.verify(format!("{}.{}", parts[0], parts[1]).as_bytes(), &signature));
    let claims: Value = serde_json::from_slice(&BASE64.decode(parts[1]).unwrap()).unwrap();
    assert_eq!(claims["aud"], format!("http://{}", world.service.address));
    assert_eq!(claims["exp"], world.office.clock.now().seconds() + 12 * 3600);
    // Each message has a key and a salt of its own.
    world.ask(2).await;
    let second = world.nth(2).await;
    assert_ne!(seen.body[..86], second.body[..86]);
}

#[tokio::test]
async fn the_fourth_ring_in_ten_minutes_is_silent() {
    let world = World::with(201).await;
    for round in 0..5 {
        assert_eq!(world.ask(round).await.1, round < 3, "round {round}");
    }
    assert_eq!(world.phone.questions(&world.office).await.len(), 5, "who looks sees them all the same");
    world.office.clock.advance(Span::from_secs(600));
    assert!(world.ask(9).await.1);
    world.nth(4).await;
    assert_eq!(world.service.seen().len(), 4);
}

#[tokio::test]
async fn a_subscription_that_is_over_is_forgotten() {
    for status in [404, 410] {
        let world = World::with(status).await;
        world.ask(11).await;
        world.nth(1).await;
        let forgotten = async {
            loop {
                let told = world.phone.call(&world.office, "GET", "/phone/api/questions?seen=", None).await;
                if parse(&told.body)["endpoint"].is_null() {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(crate::harness::raw::PATIENCE, forgotten).await.expect("forgotten in time");
        assert!(!world.ask(12).await.1, "there is nothing to ring");
    }
    let world = World::with(429).await;
    world.ask(13).await;
    world.nth(1).await;
    assert!(world.ask(14).await.1, "a service that is busy does not end it");
}

#[tokio::test]
async fn no_other_host_is_spoken_to() {
    let world = World::with(201).await;
    let elsewhere = Origin::ok().await;
    let (port, other) = (world.service.address.port(), elsewhere.address.port());
    for endpoint in [
        format!("http://127.0.0.1:{other}/push"),
        format!("http://localhost:{port}/push"),
        format!("https://127.0.0.1:{port}/push"),
        format!("http://127.0.0.1:{port}@127.0.0.1:{other}/push"),
        format!("http://user@127.0.0.1:{port}/push"),
        format!("http://127.1:{port}/push"),
        format!("http://0x7f.0.0.1:{port}/push"),
        format!("http://127.0.0.1:{port}\\@127.0.0.1:{other}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "https://fcm.googleapis.com/fcm/send/x".to_owned(),
        String::new(),
    ] {
        assert_eq!(world.subscribe(&endpoint).await, json!({ "rings": false, "known": false }), "{endpoint}");
    }
    assert!(world.ask(15).await.1, "the one that was good is kept");
    world.nth(1).await;
    assert!(elsewhere.seen().is_empty());
    // A push service that sends on is not followed.
    let target = elsewhere.address;
    let sends_on = Origin::start(move |_| {
        let head = format!("HTTP/1.1 307 Go\r\nLocation: http://{target}/\r\nContent-Length: 0\r\n\r\n");
        vec![Step::Send(head.into_bytes())]
    })
    .await;
    let push = push(&format!("http://{}", sends_on.address));
    let to = countersign::factors::phone::Subscription::parse(
        &format!("http://{}/x", sends_on.address),
        &BASE64.decode(Phone::new(3).public()).unwrap(),
        &[1; 16],
    )
    .unwrap();
    let woken = push.wake(&to, b"{}", world.office.clock.now(), Span::from_secs(60)).await;
    assert_eq!(woken, countersign::notify::webpush::Woken::Refused(307));
    assert!(elsewhere.seen().is_empty());
}

fn push(service: &str) -> countersign::notify::webpush::WebPush {
    use countersign::base::entropy::SeededEntropy;
    use countersign::base::settings::PushSettings;
    use countersign::notify::webpush::{VapidKey, WebPush};
    let entropy = Arc::new(SeededEntropy::new(5));
    let settings = PushSettings {
        subject: "mailto:ops@example.com".to_owned(),
        services: vec![service.parse().unwrap()],
    };
    let (key, _) = VapidKey::generate(entropy.as_ref()).unwrap();
    WebPush::new(&settings, key, Arc::new(rustls::RootCertStore::empty()), entropy).unwrap()
}

#[tokio::test]
async fn without_push_phones_ask_by_themselves() {
    let office = Office::with(Setup { policies: POLICIES, ..Setup::default() }).await;
    office.person("alice").await;
    let phone = Phone::paired(&office, "alice", 1).await;
    let told = phone.call(&office, "GET", "/phone/api/questions?seen=", None).await;
    assert!(parse(&told.body)["push_key"].is_null());
    let body = Receiver::new().subscription("https://fcm.googleapis.com/fcm/send/x");
    let told = phone.call(&office, "POST", "/phone/api/bell", Some(&body)).await;
    assert_eq!(parse(&told.body), json!({ "rings": false, "known": false }));
}
