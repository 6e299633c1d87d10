//! Question: is a one-time code accepted exactly when the standards say, once, and under one spelling?

use countersign::base::entropy::SeededEntropy;
use countersign::base::id::{self, Id};
use countersign::base::secret::Secret;
use countersign::base::text::{Label, UserName};
use countersign::base::time::{Span, Timestamp};
use countersign::directory::{Authenticator, AuthenticatorState};
use countersign::factors::emergency::{Emergency, IssueError, Terms};
use countersign::factors::totp::{Algorithm, Digits, Drift, SeedError, Totp, parse_seed};
use countersign::factors::{Answer, Factor, Refusal, Response, Verdict};
use proptest::prelude::*;

const DIGEST: [u8; 32] = [7; 32];
const T0: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn steps(count: i64) -> Timestamp {
    Timestamp::from_millis(T0.millis() + count * 30_000)
}

fn auth_id() -> Id<id::Authenticator> {
    Id::new(T0, &SeededEntropy::new(3))
}

fn typed(text: &str) -> Answer {
    Answer::parse(text).unwrap()
}

fn phone() -> Totp {
    Totp::generate(Algorithm::Sha1, Digits::Six, &SeededEntropy::new(5))
}

fn accepted<S: std::fmt::Debug>(verdict: Verdict<S>) -> S {
    match verdict {
        Verdict::Accepted { proof, next } => {
            assert_eq!(proof.authenticator(), auth_id());
            assert!(proof.is_for(&DIGEST) && !proof.is_for(&[8; 32]));
            next
        }
        Verdict::Spent { next } => panic!("spent: {next:?}"),
        Verdict::Refused(refusal) => panic!("refused: {refusal}"),
    }
}

fn refused<S: std::fmt::Debug>(verdict: Verdict<S>) -> Refusal {
    match verdict {
        Verdict::Refused(refusal) => refusal,
        Verdict::Accepted { next, .. } | Verdict::Spent { next } => panic!("accepted: {next:?}"),
    }
}

/// RFC 6238, appendix B, with the keys repeated to the length of each hash.
#[test]
fn the_vectors_of_rfc_6238_hold() {
    let key =
        |length: usize| Secret::from(b"1234567890".iter().copied().cycle().take(length).collect::<Vec<_>>());
    let engines = [
        Totp::new(key(20), Algorithm::Sha1, Digits::Eight).unwrap(),
        Totp::new(key(32), Algorithm::Sha256, Digits::Eight).unwrap(),
        Totp::new(key(64), Algorithm::Sha512, Digits::Eight).unwrap(),
    ];
    for (time, codes) in [
        (59, ["94287082", "46119246", "90693936"]),
        (1_111_111_109, ["07081804", "68084774", "25091201"]),
        (1_111_111_111, ["14050471", "67062674", "99943326"]),
        (1_234_567_890, ["89005924", "91819424", "93441116"]),
        (2_000_000_000, ["69279037", "90698825", "38618901"]),
        (20_000_000_000, ["65353130", "77737706", "47863826"]),
    ] {
        for (engine, code) in engines.iter().zip(codes) {
            assert_eq!(engine.code_at(seconds(time)), code);
            let next = accepted(engine.verify(auth_id(), seconds(time), &typed(code), &DIGEST));
            assert_eq!(next.last_step(), Some(u64::try_from(time).unwrap() / 30));
        }
        let six = Totp::new(key(20), Algorithm::Sha1, Digits::Six).unwrap();
        assert_eq!(six.code_at(seconds(time)), codes[0][2..]);
        assert_eq!(refused(six.verify(auth_id(), seconds(time), &typed(codes[0]), &DIGEST)), Refusal::Wrong);
    }
}

#[test]
fn one_code_is_accepted_once_under_every_spelling() {
    let totp = phone();
    let code = totp.code_at(T0);
    let wide: String = code.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
    let mut state = totp;
    let mut successes = 0;
    for spelling in
        [wide.clone(), code.clone(), format!("{} {}", &code[..3], &code[3..]), format!("{code} "), wide]
    {
        match state.verify(auth_id(), T0, &typed(&spelling), &DIGEST) {
            Verdict::Accepted { next, .. } => {
                successes += 1;
                state = next;
            }
            Verdict::Spent { next } => panic!("spent: {next:?}"),
            Verdict::Refused(refusal) => assert_eq!(refusal, Refusal::Used),
        }
    }
    assert_eq!(successes, 1);
    let earlier = state.code_at(steps(-1));
    assert_eq!(
        refused(state.verify(auth_id(), T0, &typed(&earlier), &DIGEST)),
        Refusal::Used,
        "an earlier step is spent too"
    );
    accepted(state.verify(auth_id(), steps(1), &typed(&state.code_at(steps(1))), &DIGEST));
}

#[test]
fn the_window_is_one_step_either_way_and_never_widens() {
    let totp = phone();
    for offset in -4..=4 {
        let verdict = totp.verify(auth_id(), T0, &typed(&totp.code_at(steps(offset))), &DIGEST);
        if offset.abs() <= 1 {
            accepted(verdict);
        } else {
            assert_eq!(refused(verdict), Refusal::Wrong, "{offset}");
        }
    }
    assert_eq!(
        refused(totp.verify(auth_id(), Timestamp::from_millis(-1), &typed("000000"), &DIGEST)),
        Refusal::Unusable
    );
}

#[test]
fn a_drifting_clock_is_followed_up_to_a_limit() {
    let mut state = phone();
    let (mut behind, mut used) = (0, 0);
    for round in 1..400_i64 {
        // The device loses one step every eight codes; the person waits two steps between codes.
        if round % 8 == 0 {
            behind += 1;
        }
        let now = steps(round * 3);
        match state.verify(auth_id(), now, &typed(&state.code_at(steps(round * 3 - behind))), &DIGEST) {
            Verdict::Accepted { next, .. } => {
                used += 1;
                state = next;
            }
            Verdict::Spent { next } => panic!("spent: {next:?}"),
            Verdict::Refused(refusal) => {
                assert_eq!(refusal, Refusal::Drifted);
                break;
            }
        }
    }
    assert_eq!((behind, used), (11, 87));
    let once_late = accepted(phone().verify(auth_id(), T0, &typed(&phone().code_at(steps(-1))), &DIGEST));
    let early = once_late.code_at(steps(4));
    accepted(once_late.verify(auth_id(), steps(3), &typed(&early), &DIGEST));
}

#[test]
fn seeds_are_read_as_vendors_print_them() {
    let seed = parse_seed("jbsw y3dp-ehpk 3pxp JBSW Y3DP EHPK 3PXP====").unwrap();
    let uri = Totp::new(seed, Algorithm::Sha1, Digits::Six).unwrap().uri("My bank", "a:b@c");
    assert!(uri.same(
        b"otpauth://totp/My%20bank:a%3Ab%40c?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=My%20bank&algorithm=SHA1&digits=6&period=30"
    ));
    assert!(matches!(parse_seed("JBSWY3DP"), Err(SeedError::Length)));
    assert!(matches!(parse_seed("JBSWY3DPEHPK3PX1"), Err(SeedError::Base32)));
    for (algorithm, length) in [(Algorithm::Sha1, 20), (Algorithm::Sha256, 32), (Algorithm::Sha512, 64)] {
        let made = Totp::generate(algorithm, Digits::Six, &SeededEntropy::new(1));
        assert_eq!(made.secret().expose(<[u8]>::len), length);
    }
}

proptest! {
    #[test]
    fn no_step_is_accepted_twice(walk in proptest::collection::vec((0i64..4, -3i64..4), 1..60)) {
        let mut state = phone();
        let (mut now, mut last) = (0, None);
        for (forward, offset) in walk {
            now += forward;
            if let Verdict::Accepted { next, .. } = state.verify(auth_id(), steps(now), &typed(&state.code_at(steps(now + offset))), &DIGEST) {
                prop_assert!(next.last_step() > last);
                last = next.last_step();
                state = next;
            }
        }
    }

    #[test]
    fn stored_drift_is_bounded(quarters in any::<i64>()) {
        prop_assert!(Drift::restore(quarters, 0).quarters().abs() <= 40);
    }
}

fn terms(uses: u32) -> Terms {
    Terms { uses, not_before: T0, valid_until: T0.plus(Span::from_secs(3600)) }
}

#[test]
fn an_emergency_code_is_limited_by_uses_and_dates() {
    let (code, state) = Emergency::issue(terms(2), &SeededEntropy::new(9)).unwrap();
    let code = code.expose(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
    assert_eq!(code.len(), 19);
    assert!(state.hash().starts_with("$argon2id$v=19$m=47104,t=1,p=1$"), "{}", state.hash());
    assert!(!state.hash().contains(&code) && !format!("{state:?}").contains(&code));
    let judge = |state: &Emergency, now, text: &str| state.verify(auth_id(), now, &typed(text), &DIGEST);

    let end = T0.plus(Span::from_secs(3600));
    for outside in [Timestamp::from_millis(T0.millis() - 1), end] {
        assert!(!state.is_valid(outside));
        assert_eq!(refused(judge(&state, outside, &code)), Refusal::Unusable);
    }
    let mut wrong = code.clone().into_bytes();
    wrong[18] = if wrong[18] == b'7' { b'8' } else { b'7' };
    for text in [String::from_utf8(wrong).unwrap().as_str(), "123456", &code[..18], &format!("{code}0")] {
        assert_eq!(refused(judge(&state, T0, text)), Refusal::Wrong, "{text}");
    }
    let spelled = code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
    let once = accepted(judge(&state, T0, &spelled));
    assert_eq!(once.uses_left(), 1);
    let twice = accepted(judge(&once, Timestamp::from_millis(end.millis() - 1), &code));
    assert_eq!(refused(judge(&twice, T0, &code)), Refusal::Unusable);
    assert_eq!(refused(judge(&once.revoked(), T0, &code)), Refusal::Unusable);

    let stored = Emergency::restore(state.hash().to_owned(), 1, T0, end, false).unwrap();
    accepted(judge(&stored, T0, &code));
    assert!(Emergency::restore(code, 1, T0, end, false).is_err());
}

#[test]
fn codes_differ_and_absurd_terms_are_refused() {
    let entropy = SeededEntropy::new(1);
    let (first, one) = Emergency::issue(terms(1), &entropy).unwrap();
    let (second, two) = Emergency::issue(terms(1), &entropy).unwrap();
    assert!(!first.expose(|bytes| second.same(bytes)));
    assert_ne!(one.hash(), two.hash());
    assert!(matches!(Emergency::issue(terms(0), &entropy), Err(IssueError::Uses)));
    let never = Terms { uses: 1, not_before: T0, valid_until: T0 };
    assert!(matches!(Emergency::issue(never, &entropy), Err(IssueError::Dates)));
}

#[test]
fn a_revoked_authenticator_answers_nothing() {
    let totp = phone();
    let code = totp.code_at(T0);
    let held = Authenticator {
        id: auth_id(),
        user: UserName::parse("alice").unwrap(),
        label: Label::parse("Phone").unwrap(),
        state: AuthenticatorState::Totp(totp),
        created_at: T0,
        last_used_at: None,
        counts_from: None,
        revoked_at: None,
    };
    assert_eq!(held.kind(), Factor::Totp);
    let given = |code: &str| Response::Code(typed(code));
    let next = accepted(held.verify(T0, &given(&code), None, &DIGEST));
    assert_eq!(next.last_used_at, Some(T0));
    assert_eq!(refused(held.verify(T0, &Response::Unreadable, None, &DIGEST)), Refusal::Wrong);
    assert_eq!(refused(next.verify(T0, &given(&code), None, &DIGEST)), Refusal::Used);
    let gone = held.revoked(T0);
    assert!(!gone.usable(T0));
    assert_eq!(refused(gone.verify(T0, &given(&code), None, &DIGEST)), Refusal::Unusable);
}
