//! A passkey in software, with a browser around it: registers and asserts as an honest one does, or as a test bends it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// User present, user verified.
pub(crate) const UP_UV: u8 = 0x05;
/// The model's number of every one of these: a YubiKey 5's.
pub(crate) const MODEL: [u8; 16] = 0xee88_2879_721c_4913_9775_3dfc_ce97_072a_u128.to_be_bytes();

/// The authenticator, with the browser's origin.
#[derive(Clone)]
pub(crate) struct Soft {
    key: SigningKey,
    pub(crate) id: Vec<u8>,
    pub(crate) rp: String,
    pub(crate) origin: String,
    /// What it will say next; 0 for one that does not count.
    pub(crate) counter: u32,
    /// The user's handle, once registered and told.
    pub(crate) handle: Option<Vec<u8>>,
}

/// What is signed, before it is.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) kind: String,
    pub(crate) challenge: String,
    pub(crate) origin: String,
    /// More members of the client data, e.g. `,"topOrigin":"…"`.
    pub(crate) more: String,
    pub(crate) rp: String,
    pub(crate) flags: u8,
    pub(crate) counter: u32,
    /// Bytes after the counter.
    pub(crate) tail: Vec<u8>,
    pub(crate) handle: Option<Vec<u8>>,
}

impl Draft {
    fn client_data(&self) -> Vec<u8> {
        let Self { kind, challenge, origin, more, .. } = self;
        format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}"{more}}}"#).into_bytes()
    }

    fn authenticator_data(&self) -> Vec<u8> {
        let hash = Sha256::digest(self.rp.as_bytes());
        [hash.as_slice(), &[self.flags], &self.counter.to_be_bytes(), &self.tail].concat()
    }
}

impl Soft {
    /// One of this number, for pages at `origin`.
    pub(crate) fn new(seed: u8, origin: &str) -> Self {
        let host = origin.split("://").nth(1).unwrap().split(':').next().unwrap();
        Self {
            key: SigningKey::from_slice(&[seed; 32]).unwrap(),
            id: vec![seed; 20],
            rp: host.to_owned(),
            origin: origin.to_owned(),
            counter: 1,
            handle: None,
        }
    }

    /// The public key as COSE has it (RFC 9052 §7).
    fn cose(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(32);
        [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32], x, &[0x22, 0x58, 32], y].concat()
    }

    /// Answers the options of `create`, with user verification.
    pub(crate) fn register(&mut self, options: &Value) -> Value {
        self.register_as(options, |_| {})
    }

    /// The same, bent.
    pub(crate) fn register_as(&mut self, options: &Value, bend: impl FnOnce(&mut Draft)) -> Value {
        let options = &options["publicKey"];
        assert_eq!(options["rp"]["id"], self.rp, "{options}");
        self.handle = Some(B64.decode(options["user"]["id"].as_str().unwrap()).unwrap());
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let mut draft = Draft {
            kind: "webauthn.create".to_owned(),
            challenge: options["challenge"].as_str().unwrap().to_owned(),
            origin: self.origin.clone(),
            more: r#","crossOrigin":false"#.to_owned(),
            rp: self.rp.clone(),
            flags: UP_UV | 0x40,
            counter: self.counter,
            tail: [&MODEL[..], &length, &self.id, &self.cose()].concat(),
            handle: None,
        };
        bend(&mut draft);
        let data = draft.authenticator_data();
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        let object = [&b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"[..], &length, &data].concat();
        json!({
            "id": B64.encode(&self.id), "rawId": B64.encode(&self.id), "type": "public-key",
            "authenticatorAttachment": "cross-platform", "clientExtensionResults": { "credProps": { "rk": true } },
            "response": {
                "clientDataJSON": B64.encode(draft.client_data()), "attestationObject": B64.encode(object),
                "transports": ["usb"], "authenticatorData": B64.encode(&data), "publicKeyAlgorithm": -7,
            },
        })
    }

    /// Answers the options of `get`, honestly, and counts.
    pub(crate) fn assert(&mut self, options: &Value) -> Value {
        self.assert_as(options, |_| {})
    }

    /// The same, bent before it is signed.
    pub(crate) fn assert_as(&mut self, options: &Value, bend: impl FnOnce(&mut Draft)) -> Value {
        let options = &options["publicKey"];
        if self.counter > 0 {
            self.counter += 1;
        }
        let mut draft = Draft {
            kind: "webauthn.get".to_owned(),
            challenge: options["challenge"].as_str().unwrap().to_owned(),
            origin: self.origin.clone(),
            more: r#","crossOrigin":false,"other_keys_can_be_added_here":"do not compare""#.to_owned(),
            rp: self.rp.clone(),
            flags: UP_UV,
            counter: self.counter,
            tail: Vec::new(),
            handle: self.handle.clone(),
        };
        bend(&mut draft);
        let (client, data) = (draft.client_data(), draft.authenticator_data());
        let signature: Signature = self.key.sign(&[data.as_slice(), &Sha256::digest(&client)].concat());
        json!({
            "id": B64.encode(&self.id), "rawId": B64.encode(&self.id), "type": "public-key",
            "authenticatorAttachment": "cross-platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": B64.encode(client), "authenticatorData": B64.encode(data),
                "signature": B64.encode(signature.to_der().as_bytes()), "userHandle": draft.handle.map(|h| B64.encode(h)),
            },
        })
    }
}

/// The bytes of a member of an answer's `response`.
pub(crate) fn bytes(answer: &Value, member: &str) -> Vec<u8> {
    B64.decode(answer["response"][member].as_str().unwrap()).unwrap()
}

/// The same answer with other bytes there.
pub(crate) fn with_bytes(answer: &Value, member: &str, bytes: &[u8]) -> Value {
    let mut answer = answer.clone();
    answer["response"][member] = Value::from(B64.encode(bytes));
    answer
}
