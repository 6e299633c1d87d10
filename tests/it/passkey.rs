//! Question: which passkeys can be enrolled, and is an honest one's answer accepted, once, with evidence that holds?

use countersign::base::entropy::SeededEntropy;
use countersign::base::id::{self, Id};
use countersign::base::text::UserName;
use countersign::base::time::Timestamp;
use countersign::factors::passkey::{
    Assertion, Ceremony, Evidence, Fault, Passkey, Registration, RelyingParty, Residence,
};
use countersign::factors::{Factor, Proof, Refusal, Verdict};
use serde_json::Value;

use crate::harness::authenticator::{Draft, Soft, with_bytes};

pub(crate) const ORIGIN: &str = "https://approve.example.com";
pub(crate) const DIGEST: [u8; 32] = [7; 32];
const HANDLE: [u8; 16] = [9; 16];
const T0: Timestamp = Timestamp::from_millis(1_800_000_000_000);

pub(crate) fn party() -> RelyingParty {
    RelyingParty::of(&ORIGIN.parse().unwrap()).unwrap()
}

fn begin(exclude: Vec<Vec<u8>>) -> (Value, Registration) {
    let name = UserName::parse("alice").unwrap();
    Registration::begin(&party(), HANDLE, &name, Residence::Preferred, exclude).unwrap()
}

/// A soft authenticator and the passkey that was enrolled of it.
pub(crate) fn enrolled(seed: u8) -> (Soft, Passkey) {
    let mut soft = Soft::new(seed, ORIGIN);
    let (options, registration) = begin(Vec::new());
    let answer = soft.register(&options);
    (soft, registration.finish(&answer.to_string()).unwrap())
}

pub(crate) fn judge(
    passkey: &Passkey,
    answer: &Value,
    ceremony: &Ceremony,
    digest: &[u8; 32],
) -> Result<(Proof, Passkey), Refusal> {
    let id: Id<id::Authenticator> = Id::new(T0, &SeededEntropy::new(3));
    let assertion = Assertion::parse(&answer.to_string()).map_err(Refusal::Passkey)?;
    match passkey.verify(id, T0, &assertion, ceremony, digest) {
        Verdict::Accepted { proof, next } => {
            assert_eq!((proof.factor(), proof.authenticator()), (Factor::Passkey, id));
            assert!(proof.is_for(digest));
            Ok((proof, next))
        }
        Verdict::Spent { next } => panic!("spent: {next:?}"),
        Verdict::Refused(why) => Err(why),
    }
}

#[test]
fn a_passkey_is_enrolled_with_what_people_want_to_know() {
    let (soft, passkey) = enrolled(1);
    assert_eq!(passkey.credential_id(), soft.id);
    assert_eq!(passkey.rp_id(), "approve.example.com");
    assert_eq!(passkey.aaguid().as_deref(), Some("ee882879-721c-4913-9775-3dfcce97072a"));
    assert_eq!(passkey.model(), Some("YubiKey 5"));
    let kept = passkey.kept();
    assert_eq!((kept.counter, kept.backup_eligible, kept.discoverable), (1, false, Some(true)));
    assert_eq!(kept.user_handle, HANDLE);
    assert_eq!(Passkey::restore(kept.clone()).unwrap().kept(), kept);
    let options = &begin(vec![vec![5; 20]]).0["publicKey"];
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "preferred");
    assert_eq!(options["excludeCredentials"].as_array().unwrap().len(), 1);
    assert_eq!(options["attestation"], "none");
}

#[test]
fn what_was_not_enrolled_as_asked_is_refused() {
    let table: &[(&str, fn(&mut Draft), Fault)] = &[
        ("another origin", |d| d.origin = "https://approve.example.com.evil.example".into(), Fault::Origin),
        ("an origin with a path", |d| d.origin.push_str("/x"), Fault::Origin),
        ("another kind", |d| d.kind = "webauthn.get".into(), Fault::Type),
        ("another challenge", |d| d.challenge = "AAAA".repeat(10) + "AAA", Fault::Library),
        ("framed", |d| d.more = r#","crossOrigin":true"#.into(), Fault::CrossOrigin),
        ("framed by somebody", |d| d.more = r#","topOrigin":"https://a.example""#.into(), Fault::CrossOrigin),
        ("a member twice", |d| d.more = r#","origin":"https://approve.example.com""#.into(), Fault::Form),
        ("another relying party", |d| d.rp = "example.com".into(), Fault::Library),
        ("not verified", |d| d.flags = 0x41, Fault::Library),
        ("not present", |d| d.flags = 0x44, Fault::Library),
        ("backed up, not able to be", |d| d.flags = 0x55, Fault::Library),
        ("no key", |d| d.tail.truncate(40), Fault::Library),
    ];
    for (what, bend, fault) in table {
        let mut soft = Soft::new(1, ORIGIN);
        let (options, registration) = begin(Vec::new());
        let answer = soft.register_as(&options, bend);
        assert_eq!(registration.finish(&answer.to_string()).err(), Some(*fault), "{what}");
    }
    let mut soft = Soft::new(1, ORIGIN);
    let (options, registration) = begin(vec![soft.id.clone()]);
    let answer = soft.register(&options);
    assert!(registration.finish(&answer.to_string()).is_err(), "one of those that are there already");
    let (options, registration) = begin(Vec::new());
    let mut answer = soft.register(&options);
    assert!(registration.finish(&format!("{answer} ")).is_ok(), "the answer is good");
    answer["rawId"] = Value::from("BQUF");
    assert_eq!(registration.finish(&answer.to_string()).err(), Some(Fault::Form), "another id outside");
    assert_eq!(registration.finish("{}").err(), Some(Fault::Form));
}

#[test]
fn an_honest_answer_is_accepted_with_evidence_that_holds() {
    let (mut soft, mut passkey) = enrolled(1);
    for counter in 2..5 {
        let (options, ceremony) = Ceremony::begin(&party(), &passkey, &DIGEST).unwrap();
        assert_eq!(options["publicKey"]["userVerification"], "required");
        assert_eq!(options["publicKey"]["allowCredentials"].as_array().unwrap().len(), 1);
        let (proof, next) = judge(&passkey, &soft.assert(&options), &ceremony, &DIGEST).unwrap();
        assert_eq!(next.kept().counter, counter);
        let evidence = Evidence::parse(proof.evidence().unwrap().document()).unwrap();
        assert_eq!(evidence.check(&DIGEST), Ok(()));
        assert_eq!(evidence.check(&[8; 32]), Err(Fault::Challenge));
        passkey = Passkey::restore(next.kept().clone()).unwrap();
    }
}

#[test]
fn one_that_does_not_count_and_one_without_handle_are_accepted() {
    let mut soft = Soft::new(1, ORIGIN);
    soft.counter = 0;
    let (options, registration) = begin(Vec::new());
    let synced = soft.register_as(&options, |draft| draft.flags |= 0x18);
    let passkey = registration.finish(&synced.to_string()).unwrap();
    assert!(passkey.kept().backup_eligible && passkey.kept().backed_up);
    for _ in 0..2 {
        let (options, ceremony) = Ceremony::begin(&party(), &passkey, &DIGEST).unwrap();
        let answer = soft.assert_as(&options, |draft| (draft.flags, draft.handle) = (0x1d, None));
        assert!(judge(&passkey, &answer, &ceremony, &DIGEST).is_ok());
    }
}

/// Nothing of it hangs on how the answer is written, only on what was signed.
#[test]
fn an_answer_is_read_strictly_and_tolerantly_in_the_right_places() {
    let (mut soft, passkey) = enrolled(1);
    let (options, ceremony) = Ceremony::begin(&party(), &passkey, &DIGEST).unwrap();
    let good = soft.assert(&options);
    let mut more = good.clone();
    more["newMember"] = Value::from(1);
    more["response"].as_object_mut().unwrap().remove("userHandle");
    assert!(judge(&passkey, &more, &ceremony, &DIGEST).is_ok());
    let text = good.to_string();
    for (what, bad) in [
        ("cut", text[..text.len() - 1].to_owned()),
        ("padded", text.replacen("\"rawId\":\"", "\"rawId\":\"=", 1)),
        ("twice", text.replacen('{', "{\"type\":\"public-key\",", 1)),
        ("another type", text.replace("public-key", "password")),
        ("two ids", text.replacen("\"id\":\"A", "\"id\":\"B", 1)),
        ("too long", format!("{text}{}", " ".repeat(20_000))),
        ("nothing", String::new()),
    ] {
        assert_ne!(bad, text, "{what}");
        assert!(Assertion::parse(&bad).is_err(), "{what}: {bad}");
    }
    let empty = with_bytes(&good, "userHandle", b"");
    assert_eq!(
        judge(&passkey, &empty, &ceremony, &DIGEST).err(),
        Some(Refusal::Passkey(Fault::UserHandle)),
        "an empty handle is nobody's"
    );
}
