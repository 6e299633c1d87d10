//! Question: is any assertion accepted that was not given by this passkey, for this question, about this request?

use countersign::factors::Refusal;
use countersign::factors::passkey::{Ceremony, Fault, Passkey, RelyingParty};
use serde_json::Value;

use crate::harness::authenticator::{Draft, UP_UV, bytes, with_bytes};
use crate::passkey::{DIGEST, ORIGIN, enrolled, judge, party};

fn refused(passkey: &Passkey, answer: &Value, ceremony: &Ceremony) -> Fault {
    match judge(passkey, answer, ceremony, &DIGEST) {
        Err(Refusal::Passkey(fault)) => fault,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted: {answer}"),
    }
}

/// What a browser or an authenticator in the wrong hands can sign: with the right key, the rest bent.
const BENT: &[(&str, fn(&mut Draft), Fault)] = &[
    ("of an enrolment", |d| d.kind = "webauthn.create".into(), Fault::Type),
    ("of a payment", |d| d.kind = "payment.get".into(), Fault::Type),
    ("another challenge", |d| d.challenge = "A".repeat(43), Fault::Challenge),
    ("no challenge", |d| d.challenge.clear(), Fault::Challenge),
    ("a cut challenge", |d| d.challenge.truncate(40), Fault::Challenge),
    ("another spelling of it", |d| d.challenge.push('='), Fault::Form),
    ("another host", |d| d.origin = "https://approve.example.org".into(), Fault::Origin),
    ("a subdomain", |d| d.origin = "https://x.approve.example.com".into(), Fault::Origin),
    ("the parent", |d| d.origin = "https://example.com".into(), Fault::Origin),
    ("another port", |d| d.origin.push_str(":8443"), Fault::Origin),
    ("the port spelled out", |d| d.origin.push_str(":443"), Fault::Origin),
    ("without TLS", |d| d.origin = "http://approve.example.com".into(), Fault::Origin),
    ("a path", |d| d.origin.push_str("/x"), Fault::Origin),
    ("a slash", |d| d.origin.push('/'), Fault::Origin),
    ("in capitals", |d| d.origin = "https://Approve.example.com".into(), Fault::Origin),
    ("framed", |d| d.more = r#","crossOrigin":true"#.into(), Fault::CrossOrigin),
    ("perhaps framed", |d| d.more = r#","crossOrigin":"false""#.into(), Fault::CrossOrigin),
    ("framed by us", |d| d.more = format!(r#","topOrigin":"{ORIGIN}""#), Fault::CrossOrigin),
    ("framed by nobody", |d| d.more = r#","topOrigin":null"#.into(), Fault::CrossOrigin),
    ("the origin twice", |d| d.more = format!(r#","origin":"{ORIGIN}""#), Fault::Form),
    ("the type twice", |d| d.more = r#","type":"webauthn.get""#.into(), Fault::Form),
    ("an unknown member twice", |d| d.more = r#","a":1,"a":2"#.into(), Fault::Form),
    ("a member twice, escaped", |d| d.more = format!(r#","origi\u006e":"{ORIGIN}""#), Fault::Form),
    ("another relying party", |d| d.rp = "example.com".into(), Fault::RelyingParty),
    ("nobody there", |d| d.flags = 0x04, Fault::UserNotPresent),
    ("nobody verified", |d| d.flags = 0x01, Fault::UserNotVerified),
    ("nothing at all", |d| d.flags = 0x00, Fault::UserNotPresent),
    ("backed up without being able to", |d| d.flags = UP_UV | 0x10, Fault::Backup),
    ("with attested data", |d| d.flags = UP_UV | 0x40, Fault::Form),
    ("extensions announced, none there", |d| d.flags = UP_UV | 0x80, Fault::Form),
    ("bytes that were not announced", |d| d.tail = vec![0], Fault::Form),
    ("the counter again", |d| d.counter -= 1, Fault::Counter),
    ("a lower counter", |d| d.counter = 0, Fault::Counter),
    ("another user's handle", |d| d.handle = Some(vec![8; 16]), Fault::UserHandle),
];

#[test]
fn nothing_bent_is_accepted() {
    for (what, bend, fault) in BENT {
        let (mut soft, passkey) = enrolled(1);
        let (options, ceremony) = Ceremony::begin(&party(), &passkey, &DIGEST).unwrap();
        assert_eq!(refused(&passkey, &soft.assert_as(&options, bend), &ceremony), *fault, "{what}");
        // It is the bend that was refused.
        assert!(judge(&passkey, &soft.assert(&options), &ceremony, &DIGEST).is_ok(), "{what}");
    }
}

#[test]
fn an_answer_counts_for_its_question_and_its_request_only() {
    let (mut soft, passkey) = enrolled(1);
    let (options, ceremony) = Ceremony::begin(&party(), &passkey, &DIGEST).unwrap();
    let (_, other_question) = Ceremony::begin(&party(), &passkey, &DIGEST).unwrap();
    let (_, other_request) = Ceremony::begin(&party(), &passkey, &[8; 32]).unwrap();
    let good = soft.assert(&options);
    assert_eq!(refused(&passkey, &good, &other_question), Fault::Challenge, "same request, another nonce");
    assert_eq!(refused(&passkey, &good, &other_request), Fault::Challenge, "asked about another request");
    let swapped = judge(&passkey, &good, &ceremony, &[8; 32]);
    assert_eq!(swapped.err(), Some(Refusal::Passkey(Fault::Challenge)), "used for another request");
    // A question that was tampered with in the store: the nonce of one, the digest of the other.
    let spliced = Ceremony::restore(ORIGIN, *ceremony.nonce(), [8; 32], ceremony.state().to_owned()).unwrap();
    let swapped = judge(&passkey, &good, &spliced, &[8; 32]);
    assert_eq!(swapped.err(), Some(Refusal::Passkey(Fault::Challenge)));
    assert!(judge(&passkey, &good, &ceremony, &DIGEST).is_ok());
}

#[test]
fn only_the_passkey_that_was_asked_answers() {
    let ((mut soft, passkey), (mut other, others)) = (enrolled(1), enrolled(2));
    let (options, ceremony) = Ceremony::begin(&party(), &passkey, &DIGEST).unwrap();
    assert_eq!(refused(&passkey, &other.assert(&options), &ceremony), Fault::Credential);
    other.id.clone_from(&soft.id);
    assert_eq!(
        refused(&passkey, &other.assert(&options), &ceremony),
        Fault::Signature,
        "its id, another key"
    );
    let good = soft.assert(&options);
    assert_eq!(refused(&others, &good, &ceremony), Fault::Credential, "the other one's state");
    let elsewhere = RelyingParty::of(&"https://approve.example.org".parse().unwrap()).unwrap();
    assert!(Ceremony::begin(&elsewhere, &passkey, &DIGEST).is_err(), "a portal that has moved");
}

#[test]
fn no_bit_of_what_was_signed_can_be_turned() {
    let (mut soft, passkey) = enrolled(1);
    let (options, ceremony) = Ceremony::begin(&party(), &passkey, &DIGEST).unwrap();
    let good = soft.assert(&options);
    for member in ["clientDataJSON", "authenticatorData", "signature"] {
        let whole = bytes(&good, member);
        for place in 0..whole.len() {
            let mut turned = whole.clone();
            turned[place] ^= 1 << (place % 8);
            refused(&passkey, &with_bytes(&good, member, &turned), &ceremony);
            refused(&passkey, &with_bytes(&good, member, &whole[..place]), &ceremony);
        }
        refused(&passkey, &with_bytes(&good, member, &[&whole[..], &[0]].concat()), &ceremony);
    }
    assert!(judge(&passkey, &good, &ceremony, &DIGEST).is_ok());
}

#[test]
fn of_two_clones_one_is_found_out_even_when_both_were_asked_before() {
    let (mut soft, passkey) = enrolled(1);
    let mut clone = soft.clone();
    let (first, asked_first) = Ceremony::begin(&party(), &passkey, &DIGEST).unwrap();
    let (second, asked_second) = Ceremony::begin(&party(), &passkey, &DIGEST).unwrap();
    let (_, next) = judge(&passkey, &soft.assert(&first), &asked_first, &DIGEST).unwrap();
    // The library compares with the counter of when the question was asked, and would take it.
    assert_eq!(refused(&next, &clone.assert(&second), &asked_second), Fault::Counter);
    // The same answer again, against the state after it.
    let (options, ceremony) = Ceremony::begin(&party(), &next, &DIGEST).unwrap();
    let answer = soft.assert(&options);
    let (_, after) = judge(&next, &answer, &ceremony, &DIGEST).unwrap();
    assert_eq!(refused(&after, &answer, &ceremony), Fault::Counter, "a replay");
}
