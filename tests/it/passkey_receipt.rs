//! Question: can anybody with the exported file and the public keys see that this passkey signed this request, and is every byte of it needed?

use countersign::audit::receipt::file::{Attached, ReceiptFile, hash};
use countersign::audit::receipt::{Jwks, ReceiptFault, SigningKey};
use countersign::base::entropy::SeededEntropy;
use countersign::factors::passkey::{Ceremony, Fault};
use countersign::factors::{Evidence, Factor, Refusal};
use countersign::request::RequestDigest;

use crate::harness::office::{PORTAL, json};
use crate::passkey::{DIGEST, ORIGIN, enrolled, judge, party};
use crate::passkey_flow::{answer, begin, enrol, office};
use crate::receipt::claims;

/// An assertion about the request with this digest, as evidence.
fn evidence(digest: &[u8; 32]) -> Evidence {
    let (mut soft, passkey) = enrolled(1);
    let (options, ceremony) = Ceremony::begin(&party(), &passkey, digest).unwrap();
    let (proof, _) = judge(&passkey, &soft.assert(&options), &ceremony, digest).unwrap();
    proof.evidence().unwrap().clone()
}

/// A gateway's export about the request with this digest.
fn export(stated: &[u8; 32], evidence: Evidence) -> (SigningKey, ReceiptFile) {
    let key = SigningKey::generate(&SeededEntropy::new(1)).unwrap().0;
    let mut claims = claims();
    claims.digest = RequestDigest::from_bytes(*stated).to_string();
    let proof = &mut claims.authenticators[0];
    (proof.kind, proof.evidence) = ("passkey".to_owned(), Some(hash(&evidence)));
    let with = Some(Attached { evidence: vec![evidence], jwks: key.jwks() });
    let receipt = key.sign(&claims);
    (key, ReceiptFile { receipt, with })
}

#[test]
fn evidence_is_checked_with_nothing_but_itself_and_the_digest() {
    let evidence = evidence(&DIGEST);
    let seen = evidence.check(Factor::Passkey, &DIGEST).unwrap();
    assert_eq!(seen.origin.as_deref(), Some(ORIGIN));
    let refused = |document: String, digest: &[u8; 32]| {
        Evidence::new(document).check(Factor::Passkey, digest).unwrap_err()
    };
    let whole = evidence.document().to_owned();
    assert_eq!(refused(whole.clone(), &[8; 32]), Refusal::Passkey(Fault::Challenge));
    let other = self::evidence(&[8; 32]).document().to_owned();
    assert_eq!(refused(other, &DIGEST), Refusal::Passkey(Fault::Challenge));
    assert!(evidence.check(Factor::Totp, &DIGEST).is_err(), "a code leaves no such thing");
    // The credential's id is not signed by it: that it is this one the receipt states, by the hash of all.
    let id = whole.find("\"credential_id\":\"").unwrap() + 17;
    let named = id..id + 27;
    for place in (0..whole.len()).filter(|place| !named.contains(place)) {
        for flip in [1u8, 4, 32] {
            let mut bytes = whole.clone().into_bytes();
            bytes[place] ^= flip;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            refused(changed, &DIGEST);
        }
        refused(whole[..place].to_owned(), &DIGEST);
    }
    let spaced = whole.replacen(':', ": ", 1);
    assert_eq!(refused(spaced, &DIGEST), Refusal::Passkey(Fault::Form), "another spelling");
}

#[test]
fn every_byte_of_an_exported_receipt_is_needed() {
    let (key, file) = export(&DIGEST, evidence(&DIGEST));
    let (text, keys) = (format!("{file}\n"), key.jwks());
    let verify =
        |text: &str| ReceiptFile::parse(text).and_then(|file| file.verify(Some(&keys), Some(ORIGIN)));
    let checked = verify(&text).unwrap();
    assert_eq!((checked.evidence.len(), checked.unseen), (1, 0));
    for place in 0..text.len() {
        for flip in [1u8, 2, 16, 32] {
            let mut bytes = text.clone().into_bytes();
            bytes[place] ^= flip;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(verify(&changed).is_err(), "byte {place} with {flip}: {changed}");
        }
        if place + 1 < text.len() {
            assert!(verify(&text[..place]).is_err(), "cut at {place}");
        }
    }
}

#[test]
fn evidence_must_be_the_one_that_the_receipt_names_and_hold_for_it() {
    let check = |file: &ReceiptFile, origin: Option<&str>| file.verify(None, origin).map(|_| ()).unwrap_err();
    let (_, good) = export(&DIGEST, evidence(&DIGEST));
    assert!(good.verify(None, None).is_ok());
    assert_eq!(check(&good, Some("https://approve.example.org")), ReceiptFault::OtherOrigin);
    let with = |evidence: Vec<Evidence>| {
        let jwks = good.with.clone().unwrap().jwks;
        ReceiptFile { receipt: good.receipt.clone(), with: Some(Attached { evidence, jwks }) }
    };
    assert_eq!(check(&with(vec![]), None), ReceiptFault::OtherEvidence, "taken out");
    assert_eq!(check(&with(vec![evidence(&DIGEST)]), None), ReceiptFault::OtherEvidence, "another question");
    let twice = with(vec![good.with.clone().unwrap().evidence.remove(0), evidence(&DIGEST)]);
    assert_eq!(check(&twice, None), ReceiptFault::OtherEvidence, "more than it names");
    // Even a gateway that signs it: an assertion about something else is none about this.
    let (_, lying) = export(&[8; 32], evidence(&DIGEST));
    assert_eq!(check(&lying, None), ReceiptFault::Evidence(Refusal::Passkey(Fault::Challenge)));
    // A receipt alone: good, and it is said what was not seen.
    let alone = ReceiptFile::parse(&good.receipt).unwrap();
    let keys = good.with.clone().unwrap().jwks;
    assert_eq!(alone.verify(Some(&keys), None).unwrap().unseen, 1);
    assert_eq!(check(&alone, None), ReceiptFault::NoKeys);
}

#[tokio::test]
async fn the_program_verifies_on_another_machine_what_a_gateway_exported() {
    let office = office().await;
    let alice = office.person("alice").await;
    let (mut soft, passkey) = enrol(&office, &alice, 1).await;
    let held = office.hold(&alice, "amount=5000&iban=DE89").await;
    let (challenge, options) = begin(&office, &held, &passkey).await;
    assert_eq!(answer(&office, &held, &challenge, &soft.assert(&options)).await.status, 200);
    assert_eq!(office.release(&held).await.status, 201);
    let header = office.only().one("countersign-receipt").to_owned();
    assert!(header.len() < 1600, "the application gets the hash alone: {} bytes", header.len());

    let export = ["receipt", "export", held.id.as_str()];
    let (good, exported, why) = program(&export, Some(&office.settings())).await;
    assert!(good, "{why}");
    let keys = office.ask("GET /.countersign/jwks.json", &[], b"").await.text();
    assert!(Jwks::parse(&keys).is_ok());
    // From here on only two files, in a folder of their own.
    let away = tempfile::tempdir().unwrap();
    let (file, jwks) = (away.path().join("receipt.json"), away.path().join("jwks.json"));
    std::fs::write(&file, &exported).unwrap();
    std::fs::write(&jwks, keys).unwrap();
    let verify = ["receipt", "verify", file.to_str().unwrap(), "--jwks", jwks.to_str().unwrap(), "--origin"];
    let with = |origin| verify.into_iter().chain([origin]).collect::<Vec<&str>>();
    let (good, said, why) = program(&with(PORTAL), None).await;
    assert!(
        good && said.contains(&format!("signed at {PORTAL}")) && said.contains("5000 EUR"),
        "{said}{why}"
    );
    let (good, _, why) = program(&with("https://approve.example.com"), None).await;
    assert!(!good && why.contains("another portal"), "{why}");
    // One byte, in the middle of the assertion.
    let place = exported.find("client_data_json").unwrap() + 60;
    let mut bytes = exported.clone().into_bytes();
    bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
    std::fs::write(&file, bytes).unwrap();
    let (good, said, why) = program(&with(PORTAL), None).await;
    assert!(!good, "{said}");
    assert!(why.contains("the evidence is not the one that the receipt names"), "{why}");
    // What the application got, alone.
    std::fs::write(&file, &header).unwrap();
    let (good, _, why) = program(&with(PORTAL), None).await;
    assert!(good && why.contains("the evidence of one proof is not in the file"), "{why}");
    let document = json(exported.as_bytes());
    let stated = document["evidence"][0].as_str().unwrap();
    assert_eq!(hash(&Evidence::new(stated.to_owned())), named(&office.audit().await));
}

/// The hash of the evidence that the audit log names.
fn named(log: &[String]) -> String {
    let detail =
        |line: &String| json(line.as_bytes())["event"]["detail"]["evidence"].as_str().map(str::to_owned);
    log.iter().find_map(detail).unwrap()
}

pub(crate) async fn program(
    arguments: &[&str],
    settings: Option<&std::path::Path>,
) -> (bool, String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.args(arguments);
    if let Some(settings) = settings {
        command.arg("--config").arg(settings);
    }
    let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (done.status.success(), text(&done.stdout), text(&done.stderr))
}
