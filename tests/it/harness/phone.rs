//! A phone without a browser: its key, what it signs and what it asks; and the push service of its browser.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use countersign::base::net::Origin as WebOrigin;
use countersign::base::time::{Clock as _, Timestamp};
use countersign::factors::phone::call::{Call, claim, confirmation};
use countersign::factors::phone::{Decision, statement};
use countersign::flow::admin::{Order, PairingView, Reply};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};

use super::office::{Office, json as parse};
use super::raw::{Answer, Client};
use super::wire::{PORTAL, request};

/// The portal's `Host`.
pub(crate) const HOST: &str = "approve.localhost:8081";

/// A phone.
pub(crate) struct Phone {
    pub(crate) key: SigningKey,
    /// The authenticator, once paired.
    pub(crate) id: String,
}

/// One question as the phone got it.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) challenge: String,
    pub(crate) nonce: [u8; 32],
    pub(crate) digest: [u8; 32],
    pub(crate) shown: String,
}

/// A pairing as its requesting screen knows it.
pub(crate) struct Screen {
    pub(crate) name: String,
    pub(crate) handle: String,
    pub(crate) code: String,
}

fn origin() -> WebOrigin {
    PORTAL.parse().unwrap()
}

impl Screen {
    /// An operator begins to pair a phone.
    pub(crate) async fn begin(office: &Office, name: &str) -> Self {
        match office.order(Order::PairingBegin { name: name.to_owned() }).await {
            Reply::Pairing { handle, code, url, .. } => {
                assert_eq!(url, format!("{PORTAL}/phone/pair#{code}"));
                Self { name: name.to_owned(), handle, code }
            }
            _ => panic!("no pairing"),
        }
    }

    /// What the screen shows.
    pub(crate) async fn stage(&self, office: &Office) -> PairingView {
        let (name, handle) = (self.name.clone(), self.handle.clone());
        match office.order(Order::PairingStage { name, handle }).await {
            Reply::PairingStage(stage) => stage,
            _ => panic!("no stage"),
        }
    }

    /// The number it shows.
    pub(crate) async fn number(&self, office: &Office) -> String {
        match self.stage(office).await {
            PairingView::Claimed { number, .. } => number,
            other => panic!("{other:?}"),
        }
    }
}

impl Phone {
    pub(crate) fn new(seed: u8) -> Self {
        Self { key: SigningKey::from_slice(&[seed; 32]).unwrap(), id: String::new() }
    }

    /// One that is paired with `name`.
    pub(crate) async fn paired(office: &Office, name: &str, seed: u8) -> Self {
        let screen = Screen::begin(office, name).await;
        let mut phone = Self::new(seed);
        assert_eq!(phone.claim(office, &screen.code).await, json!({ "step": "claimed" }));
        let number = screen.number(office).await;
        let told = phone.confirm(office, &screen.code, &number).await;
        assert_eq!(told["step"], "paired", "{told}");
        told["id"].as_str().unwrap().clone_into(&mut phone.id);
        phone
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> String {
        let signature: Signature = self.key.sign(bytes);
        BASE64.encode(signature.to_bytes())
    }

    pub(crate) fn public(&self) -> String {
        BASE64.encode(self.key.verifying_key().to_sec1_point(false).as_bytes())
    }

    pub(crate) async fn claim(&self, office: &Office, code: &str) -> Value {
        let signature = self.sign(&claim(&origin(), code, "Pixel 9"));
        let body = json!({ "code": code, "key": self.public(), "device": "Pixel 9", "signature": signature });
        parse(&post(office, "/phone/api/claim", &[], &body).await.body)
    }

    pub(crate) async fn confirm(&self, office: &Office, code: &str, number: &str) -> Value {
        let signature = self.sign(&confirmation(&origin(), code, number));
        let body = json!({ "code": code, "number": number, "signature": signature });
        parse(&post(office, "/phone/api/confirm", &[], &body).await.body)
    }

    /// The `Authorization` of a call.
    pub(crate) fn authorization(&self, method: &str, target: &str, at: Timestamp, body: &[u8]) -> String {
        let origin = origin();
        let call = Call { origin: &origin, method, target, at, body };
        format!("Countersign-Phone {}.{}.{}", self.id, at.millis(), self.sign(&call.statement()))
    }

    /// A signed call.
    pub(crate) async fn call(
        &self,
        office: &Office,
        method: &str,
        target: &str,
        body: Option<&Value>,
    ) -> Answer {
        let text = body.map(Value::to_string).unwrap_or_default();
        let stated = self.authorization(method, target, office.clock.now(), text.as_bytes());
        match body {
            Some(body) => post(office, target, &[("Authorization", &stated)], body).await,
            None => send(office, &format!("GET {target}"), &[("Authorization", &stated)], "").await,
        }
    }

    /// What waits for it.
    pub(crate) async fn questions(&self, office: &Office) -> Vec<Question> {
        let answer = self.call(office, "GET", "/phone/api/questions?seen=", None).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let bytes = |value: &Value| BASE64.decode(value.as_str().unwrap()).unwrap().try_into().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        parse(&answer.body)["questions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| Question {
                challenge: text(&one["challenge"]),
                nonce: bytes(&one["nonce"]),
                digest: bytes(&one["digest"]),
                shown: text(&one["shown"]),
            })
            .collect()
    }

    /// The only question that waits.
    #[track_caller]
    pub(crate) fn only<'a>(&'a self, office: &'a Office) -> impl Future<Output = Question> + 'a {
        let place = std::panic::Location::caller();
        async move {
            let mut all = self.questions(office).await;
            assert_eq!(all.len(), 1, "{place}: {all:?}");
            all.remove(0)
        }
    }

    /// An approval as it is posted.
    pub(crate) fn approval(&self, question: &Question, number: &str) -> Value {
        let Question { challenge, nonce, digest, shown } = question;
        let signed = statement(challenge.parse().unwrap(), nonce, digest, shown, number, Decision::Approve);
        json!({ "decision": "approve", "challenge": challenge, "number": number, "signature": self.sign(&signed) })
    }

    /// A rejection as it is posted.
    pub(crate) fn rejection(&self, question: &Question, not_me: bool) -> Value {
        let Question { challenge, nonce, digest, shown } = question;
        let signed = statement(challenge.parse().unwrap(), nonce, digest, shown, "------", Decision::Reject);
        json!({ "decision": "reject", "challenge": challenge, "not_me": not_me, "signature": self.sign(&signed) })
    }

    /// Posts a decision; what came of it.
    pub(crate) async fn decide(&self, office: &Office, decision: &Value) -> Value {
        let answer = self.call(office, "POST", "/phone/api/answer", Some(decision)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        parse(&answer.body)
    }
}

/// A post of the phone's page.
pub(crate) async fn post(office: &Office, target: &str, more: &[(&str, &str)], body: &Value) -> Answer {
    let mut fields =
        vec![("Origin", PORTAL), ("Sec-Fetch-Site", "same-origin"), ("Content-Type", "application/json")];
    fields.extend_from_slice(more);
    send(office, &format!("POST {target}"), &fields, &body.to_string()).await
}

/// Anything sent to the portal.
pub(crate) async fn send(office: &Office, line: &str, fields: &[(&str, &str)], body: &str) -> Answer {
    let mut all = vec![("Host", HOST)];
    all.extend_from_slice(fields);
    let mut client = Client::connect(office.running().portal.unwrap()).await;
    client.ask(request(line, &all, body.as_bytes())).await
}

/// The phone's side of Web Push: what it subscribes with, and how it reads messages (RFC 8291).
pub(crate) struct Receiver {
    key: p256::SecretKey,
    auth: [u8; 16],
}

impl Receiver {
    pub(crate) fn new() -> Self {
        Self { key: p256::SecretKey::from_slice(&[77; 32]).unwrap(), auth: [5; 16] }
    }

    /// What the phone states, for messages at `endpoint`.
    pub(crate) fn subscription(&self, endpoint: &str) -> Value {
        let key = BASE64.encode(self.public());
        json!({ "subscription": { "endpoint": endpoint, "p256dh": key, "auth": BASE64.encode(self.auth) } })
    }

    fn public(&self) -> Vec<u8> {
        use p256::elliptic_curve::sec1::ToSec1Point as _;
        self.key.public_key().to_sec1_point(false).as_bytes().to_vec()
    }

    /// Decrypts a body of `aes128gcm` in one record, step by step as RFC 8291 §3.4 writes it.
    pub(crate) fn read(&self, body: &[u8]) -> Option<Vec<u8>> {
        let hmac = |key: &[u8], parts: &[&[u8]]| {
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
            ring::hmac::sign(&key, &parts.concat()).as_ref().to_vec()
        };
        let (salt, length) = (&body[..16], usize::from(body[20]));
        let (theirs, sealed) = body[21..].split_at(length);
        let shared = self.key.diffie_hellman(&p256::PublicKey::from_sec1_bytes(theirs).ok()?);
        let ikm = hmac(
            &hmac(&self.auth, &[shared.raw_secret_bytes()]),
            &[b"WebPush: info\0", &self.public(), theirs, &[1]],
        );
        let prk = hmac(salt, &[&ikm]);
        let key = hmac(&prk, &[b"Content-Encoding: aes128gcm\0\x01"]);
        let nonce = hmac(&prk, &[b"Content-Encoding: nonce\0\x01"]);
        let key = ring::aead::UnboundKey::new(&ring::aead::AES_128_GCM, &key[..16]).unwrap();
        let nonce = ring::aead::Nonce::try_assume_unique_for_key(&nonce[..12]).unwrap();
        let mut sealed = sealed.to_vec();
        let plain = ring::aead::LessSafeKey::new(key)
            .open_in_place(nonce, ring::aead::Aad::empty(), &mut sealed)
            .ok()?;
        let end = plain.iter().rposition(|byte| *byte != 0)?;
        assert_eq!(plain[end], 2, "the delimiter of the last record");
        Some(plain[..end].to_vec())
    }
}
