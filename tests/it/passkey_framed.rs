//! Question: does a passkey that is asked in a frame of the application's page count for that page's frame only, now and offline later?

use countersign::approval::PromptKey;
use countersign::audit::receipt::file::{Attached, ReceiptFile, hash};
use countersign::audit::receipt::{ReceiptFault, SigningKey};
use countersign::base::entropy::SeededEntropy;
use countersign::base::net::Origin;
use countersign::factors::passkey::{Ceremony, Fault};
use countersign::factors::{Evidence, Factor, Refusal, Response};
use countersign::flow::challenge::{Begun, Public};
use countersign::flow::frame::FrameOpened;
use countersign::flow::view::Answered;
use countersign::request::RequestDigest;
use serde_json::Value;

use crate::harness::authenticator::Draft;
use crate::harness::office::{Held, Office, PORTAL};
use crate::passkey::{DIGEST, ORIGIN, enrolled, judge, party};
use crate::passkey_flow::{enrol, office};
use crate::passkey_receipt::program;
use crate::receipt::claims;

const APP: &str = "https://bank.example.com";

fn app() -> Origin {
    APP.parse().unwrap()
}

/// What a browser writes in a frame of this page.
fn framed(draft: &mut Draft, top: &str) {
    draft.more = format!(r#","crossOrigin":true,"topOrigin":"{top}""#);
}

/// What a browser says when it was not that frame; the key is the right one.
const BENT: &[(&str, &str, Fault)] = &[
    ("no frame", r#","crossOrigin":false"#, Fault::NotFramed),
    ("an old browser's window", "", Fault::NotFramed),
    ("a browser that does not say whose", r#","crossOrigin":true"#, Fault::TopOrigin),
    ("another page", r#","crossOrigin":true,"topOrigin":"https://evil.example""#, Fault::CrossOrigin),
    ("its sibling", r#","crossOrigin":true,"topOrigin":"https://x.bank.example.com""#, Fault::CrossOrigin),
    (
        "another port",
        r#","crossOrigin":true,"topOrigin":"https://bank.example.com:8443""#,
        Fault::CrossOrigin,
    ),
    (
        "the port spelled out",
        r#","crossOrigin":true,"topOrigin":"https://bank.example.com:443""#,
        Fault::CrossOrigin,
    ),
    ("without TLS", r#","crossOrigin":true,"topOrigin":"http://bank.example.com""#, Fault::CrossOrigin),
    ("a slash", r#","crossOrigin":true,"topOrigin":"https://bank.example.com/""#, Fault::CrossOrigin),
    ("in capitals", r#","crossOrigin":true,"topOrigin":"https://Bank.example.com""#, Fault::CrossOrigin),
    (
        "the portal itself",
        r#","crossOrigin":true,"topOrigin":"https://approve.example.com""#,
        Fault::CrossOrigin,
    ),
    ("an opaque page", r#","crossOrigin":true,"topOrigin":"null""#, Fault::CrossOrigin),
    ("nobody", r#","crossOrigin":true,"topOrigin":null"#, Fault::CrossOrigin),
    ("a list", r#","crossOrigin":true,"topOrigin":["https://bank.example.com"]"#, Fault::CrossOrigin),
    ("both at once", r#","crossOrigin":false,"topOrigin":"https://bank.example.com""#, Fault::CrossOrigin),
    ("the page alone", r#","topOrigin":"https://bank.example.com""#, Fault::CrossOrigin),
    (
        "a word for true",
        r#","crossOrigin":"true","topOrigin":"https://bank.example.com""#,
        Fault::CrossOrigin,
    ),
    ("a number", r#","crossOrigin":1,"topOrigin":"https://bank.example.com""#, Fault::CrossOrigin),
    (
        "the page twice",
        r#","crossOrigin":true,"topOrigin":"https://evil.example","topOrigin":"https://bank.example.com""#,
        Fault::Form,
    ),
    (
        "twice, escaped",
        r#","crossOrigin":true,"topOrigi\u006e":"https://evil.example","topOrigin":"https://bank.example.com""#,
        Fault::Form,
    ),
];

#[test]
fn asked_in_a_frame_it_counts_in_that_pages_frame_only() {
    for (what, said, fault) in BENT {
        let (mut soft, passkey) = enrolled(1);
        let (options, ceremony) = Ceremony::begin(&party(), &passkey, &DIGEST).unwrap();
        let ceremony = ceremony.framed_by(&app());
        let bent = soft.assert_as(&options, |draft| draft.more = (*said).to_owned());
        let refused = judge(&passkey, &bent, &ceremony, &DIGEST).err();
        assert_eq!(refused, Some(Refusal::Passkey(*fault)), "{what}");
        // It is the frame that was refused.
        let good = soft.assert_as(&options, |draft| framed(draft, APP));
        assert!(judge(&passkey, &good, &ceremony, &DIGEST).is_ok(), "{what}");
    }
}

#[test]
fn the_origin_is_the_portals_in_a_frame_too() {
    let (mut soft, passkey) = enrolled(1);
    let (options, ceremony) = Ceremony::begin(&party(), &passkey, &DIGEST).unwrap();
    let ceremony = ceremony.framed_by(&app());
    let swapped = soft.assert_as(&options, |draft| {
        framed(draft, ORIGIN);
        draft.origin = APP.to_owned();
    });
    assert_eq!(
        judge(&passkey, &swapped, &ceremony, &DIGEST).err(),
        Some(Refusal::Passkey(Fault::CrossOrigin))
    );
    let elsewhere = soft.assert_as(&options, |draft| {
        framed(draft, APP);
        draft.origin = APP.to_owned();
    });
    assert_eq!(judge(&passkey, &elsewhere, &ceremony, &DIGEST).err(), Some(Refusal::Passkey(Fault::Origin)));
}

/// An assertion in the frame of this page, as evidence.
fn evidence(top: Option<&str>) -> Evidence {
    let (mut soft, passkey) = enrolled(1);
    let (options, ceremony) = Ceremony::begin(&party(), &passkey, &DIGEST).unwrap();
    let ceremony = match top {
        Some(top) => ceremony.framed_by(&top.parse().unwrap()),
        None => ceremony,
    };
    let answer = soft.assert_as(&options, |draft| {
        if let Some(top) = top {
            framed(draft, top);
        }
    });
    judge(&passkey, &answer, &ceremony, &DIGEST).unwrap().0.evidence().unwrap().clone()
}

#[test]
fn the_evidence_says_whose_frame_it_was() {
    let written = evidence(Some(APP));
    let seen = written.check(Factor::Passkey, &DIGEST).unwrap();
    assert_eq!((seen.origin.as_deref(), seen.top.as_deref()), (Some(ORIGIN), Some(APP)));
    let refused =
        |document: &str| Evidence::new(document.to_owned()).check(Factor::Passkey, &DIGEST).unwrap_err();
    let (whole, member) = (written.document(), format!(r#""top_origin":"{APP}","#));
    assert!(whole.contains(&member), "{whole}");
    let taken_out = whole.replace(&member, "");
    assert_eq!(refused(&taken_out), Refusal::Passkey(Fault::CrossOrigin));
    let another = whole.replace(&member, r#""top_origin":"https://evil.example","#);
    assert_eq!(refused(&another), Refusal::Passkey(Fault::CrossOrigin));
    let nothing = whole.replace(&member, r#""top_origin":null,"#);
    assert_eq!(refused(&nothing), Refusal::Passkey(Fault::Form), "another spelling");
    let own = evidence(None);
    assert_eq!(own.check(Factor::Passkey, &DIGEST).unwrap().top, None);
    assert!(!own.document().contains("top_origin"), "as it was written before there were frames");
    let put_in = own.document().replace(r#""nonce""#, &format!(r#"{member}"nonce""#));
    assert_eq!(refused(&put_in), Refusal::Passkey(Fault::NotFramed));
}

#[test]
fn a_receipt_holds_only_with_the_frame_of_its_own_application() {
    let check = |url: &str| {
        let key = SigningKey::generate(&SeededEntropy::new(1)).unwrap().0;
        let (mut claims, evidence) = (claims(), evidence(Some(APP)));
        claims.digest = RequestDigest::from_bytes(DIGEST).to_string();
        url.clone_into(&mut claims.url);
        let proof = &mut claims.authenticators[0];
        (proof.kind, proof.evidence) = ("passkey".to_owned(), Some(hash(&evidence)));
        let with = Some(Attached { evidence: vec![evidence], jwks: key.jwks() });
        ReceiptFile { receipt: key.sign(&claims), with }.verify(None, None).map(|_| ())
    };
    assert_eq!(check("https://bank.example.com/transfer?x=1"), Ok(()));
    assert_eq!(check("https://bank.example.com*"), Ok(()), "a request about the server");
    for url in [
        "https://shop.example.com/transfer",
        "https://bank.example.com.evil.example/transfer",
        "https://bank.example.com:8443/transfer",
        "https://bank.example.com@evil.example/",
        "http://bank.example.com/transfer",
        "https://bank.example.com",
        "",
    ] {
        assert_eq!(check(url), Err(ReceiptFault::EvidenceFrame), "{url}");
    }
}

/// A held request with its prompt in a frame.
async fn opened(office: &Office, held: &Held) -> PromptKey {
    let handoff = held.prompt.split_once("?handoff=").unwrap().1;
    match office.running().flows.open_frame(held.id.parse().unwrap(), handoff).await.unwrap().unwrap() {
        FrameOpened::Tied(key) => key,
        FrameOpened::WindowOnly => panic!("no frame"),
    }
}

#[tokio::test]
async fn what_was_asked_in_a_frame_is_answered_in_it_and_its_receipt_says_so() {
    let office = office().await;
    let alice = office.person("alice").await;
    let (mut soft, passkey) = enrol(&office, &alice, 1).await;
    let held = office.hold(&alice, "amount=5000&iban=DE89").await;
    let (flows, id) = (&office.running().flows, held.id.parse().unwrap());
    let (key, passkey) = (opened(&office, &held).await, passkey.parse().unwrap());
    let begin = async || -> (_, Value) {
        let begun = flows.prompt_begin(id, Some(&key), passkey).await.unwrap().unwrap();
        let Begun::Ready(ready) = begun else { panic!("{begun:?}") };
        let Public::Passkey { options } = ready.public else { panic!("{:?}", ready.public) };
        (ready.challenge, options)
    };
    // In a window of the portal's own, in another page's frame, in one that is not named: each is an attempt, and none counts.
    for said in [
        r#","crossOrigin":false"#,
        r#","crossOrigin":true,"topOrigin":"http://evil.test""#,
        r#","crossOrigin":true"#,
    ] {
        let (challenge, options) = begin().await;
        let bent = soft.assert_as(&options, |draft| draft.more = said.to_owned()).to_string();
        let answered =
            flows.prompt_answer(id, Some(&key), passkey, challenge, Response::assertion(&bent)).await;
        assert!(matches!(answered.unwrap().unwrap(), Answered::Wrong { .. }), "{said}");
    }
    let (challenge, options) = begin().await;
    let good = soft.assert_as(&options, |draft| framed(draft, "http://bank.test")).to_string();
    let answered = flows.prompt_answer(id, Some(&key), passkey, challenge, Response::assertion(&good)).await;
    assert_eq!(answered.unwrap().unwrap(), Answered::Approved);
    assert_eq!(office.release(&held).await.status, 201);

    let (good, exported, why) =
        program(&["receipt", "export", held.id.as_str()], Some(&office.settings())).await;
    assert!(good, "{why}");
    let away = tempfile::tempdir().unwrap();
    let file = away.path().join("receipt.json");
    std::fs::write(&file, &exported).unwrap();
    let verify = ["receipt", "verify", file.to_str().unwrap(), "--origin", PORTAL];
    let (good, said, why) = program(&verify, None).await;
    assert!(good && said.contains("in a frame of http://bank.test"), "{said}{why}");
}
