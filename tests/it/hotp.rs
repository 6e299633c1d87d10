//! Question: is a code of a token that counts, or of a hardware clock, accepted exactly when RFC 4226 and RFC 6238 say, once, on every node; and do two
//! consecutive codes, and nothing less, find a counter or clock again?

use std::sync::Arc;

use countersign::base::entropy::SeededEntropy;
use countersign::base::id::{self, Id};
use countersign::base::secret::Secret;
use countersign::base::time::{Clock as _, Span, Timestamp};
use countersign::factors::hotp::{Hotp, LOOK_AHEAD, LOOK_AHEAD_MOST};
use countersign::factors::oath::{Algorithm, Digits, Validity, parse_seed};
use countersign::factors::totp::{Drift, Period, Totp};
use countersign::factors::{Answer, Refusal, Verdict};
use countersign::flow::admin::otp::{HotpAdd, OtpOrder};
use countersign::flow::admin::{Order, Reply};
use proptest::prelude::*;
use tokio::task::JoinSet;

use crate::harness::office::{Held, Office, Person, Setup, json};

const DIGEST: [u8; 32] = [7; 32];
const T0: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
/// So wide that only the code decides.
const PATIENT: &str = "user_held = 500\nwrong_before_throttle = 100\nwrong_before_lock = 100";

/// Everything that is held can be approved with the token.
fn setup(limits: &'static str) -> Setup {
    let policies = r#"
[[policy]]
id = "transfer"
match = { methods = ["POST"], path = "/transfer" }
summary = "Transfer {amount?} EUR"
[policy.approve]
steps = [{ self = ["hotp", "totp"] }]
"#;
    Setup { limits, policies, ..Setup::default() }
}

fn auth_id() -> Id<id::Authenticator> {
    Id::new(T0, &SeededEntropy::new(3))
}

fn typed(text: &str) -> Answer {
    Answer::parse(text).unwrap()
}

fn key(length: usize) -> Secret {
    Secret::from(b"1234567890".iter().copied().cycle().take(length).collect::<Vec<_>>())
}

fn token() -> Hotp {
    Hotp::new(key(20), Algorithm::Sha1, Digits::Six).unwrap()
}

fn clock(period: Period, digits: Digits) -> Totp {
    Totp::new(key(20), Algorithm::Sha1, digits).unwrap().with_period(period)
}

fn accepted<S: std::fmt::Debug>(verdict: Verdict<S>) -> S {
    match verdict {
        Verdict::Accepted { proof, next } => {
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

fn judge(state: &Hotp, code: &str) -> Verdict<Hotp> {
    state.verify(auth_id(), T0, &typed(code), &DIGEST)
}

fn pair(state: &Hotp, first: &str, second: &str) -> Verdict<Hotp> {
    state.resync(auth_id(), T0, &[typed(first), typed(second)], &DIGEST)
}

/// RFC 4226, appendix D: the truncated values, of which the last digits are the codes.
#[test]
fn the_vectors_of_rfc_4226_hold() {
    let truncated: [u64; 10] = [
        1_284_755_224,
        1_094_287_082,
        137_359_152,
        1_726_969_429,
        1_640_338_314,
        868_254_676,
        1_918_287_922,
        82_162_583,
        673_399_871,
        645_520_489,
    ];
    let codes =
        ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
    let mut state = token();
    let eight = Hotp::new(key(20), Algorithm::Sha1, Digits::Eight).unwrap();
    for (counter, (value, code)) in (0u64..).zip(truncated.into_iter().zip(codes)) {
        assert_eq!(format!("{:06}", value % 1_000_000), code);
        assert_eq!(state.code(counter), code);
        assert_eq!(eight.code(counter), format!("{:08}", value % 100_000_000));
        assert_eq!(state.counter(), counter);
        state = accepted(judge(&state, code));
        assert_eq!(refused(judge(&state, code)), Refusal::Used);
    }
    assert_eq!(eight.code(0), "84755224");
    assert_eq!(refused(judge(&eight, "755224")), Refusal::Wrong, "six digits are not eight");
}

#[test]
fn a_few_lost_presses_are_forgiven_and_the_counter_never_goes_back() {
    let state = token().at(100);
    for ahead in 0..u64::from(LOOK_AHEAD) {
        let next = accepted(judge(&state, &state.code(100 + ahead)));
        assert_eq!(next.counter(), 101 + ahead);
        for spent in 90..=100 + ahead {
            assert!(
                matches!(refused(judge(&next, &next.code(spent))), Refusal::Used | Refusal::Wrong),
                "{spent}"
            );
        }
    }
    assert_eq!(refused(judge(&state, &state.code(110))), Refusal::Wrong, "one beyond the window");
    assert_eq!(refused(judge(&state, &state.code(99))), Refusal::Used);
    assert_eq!(refused(judge(&state, &state.code(98))), Refusal::Wrong);
    let strict = token().at(100).looking_ahead(1);
    assert_eq!(refused(judge(&strict, &strict.code(101))), Refusal::Wrong);
    accepted(judge(&strict, &strict.code(100)));
    assert_eq!(token().looking_ahead(0).look_ahead(), 1, "a window of nothing would accept nothing");
    assert_eq!(token().looking_ahead(255).look_ahead(), LOOK_AHEAD_MOST);
}

/// Counters whose six digits are the same and whose distance is less than the window, found by search.
#[test]
fn the_latest_match_is_taken() {
    let state = token();
    let mut recent: Vec<(String, u64)> = Vec::new();
    let (code, early, late) = (0..400_000)
        .find_map(|counter| {
            let code = state.code(counter);
            let twin = recent.iter().find(|(other, _)| *other == code).map(|(_, at)| *at);
            recent.push((code.clone(), counter));
            if recent.len() >= usize::from(LOOK_AHEAD) {
                recent.remove(0);
            }
            twin.map(|at| (code, at, counter))
        })
        .expect("one in a hundred thousand");
    let before = token().at(early);
    let after = accepted(judge(&before, &code));
    assert_eq!(after.counter(), late + 1, "both are spent");
    refused(judge(&after, &code));
}

#[test]
fn the_last_counter_is_the_end() {
    let state = token().at(u64::MAX);
    assert_eq!(refused(judge(&state, &state.code(u64::MAX))), Refusal::Unusable);
    let state = token().at(u64::MAX - 1);
    assert_eq!(accepted(judge(&state, &state.code(u64::MAX - 1))).counter(), u64::MAX);
    assert_eq!(refused(pair(&state, &state.code(u64::MAX - 1), &state.code(u64::MAX))), Refusal::Unusable);
}

#[test]
fn a_counter_is_found_again_by_two_consecutive_codes_only() {
    let state = token().at(50);
    for (first, second) in [(50, 51), (60, 61), (700, 701), (1049, 1050)] {
        let next = accepted(pair(&state, &state.code(first), &state.code(second)));
        assert_eq!(next.counter(), second + 1);
        refused(pair(&next, &state.code(first), &state.code(second)));
        refused(judge(&next, &state.code(second)));
        accepted(judge(&next, &state.code(second + 1)));
    }
    for (first, second) in [(49, 50), (48, 49), (1050, 1051), (60, 62), (61, 60), (60, 60)] {
        assert_eq!(
            refused(pair(&state, &state.code(first), &state.code(second))),
            Refusal::Wrong,
            "{first} {second}"
        );
    }
    assert_eq!(refused(pair(&state, "12345", "123456")), Refusal::Wrong);
}

#[test]
fn a_clock_is_found_again_by_two_consecutive_codes_only() {
    for (period, digits) in
        [(Period::Thirty, Digits::Six), (Period::Sixty, Digits::Six), (Period::Sixty, Digits::Eight)]
    {
        let seconds = i64::try_from(period.seconds()).unwrap();
        let at = |step: i64| Timestamp::from_millis(T0.millis() + step * seconds * 1000);
        let state = clock(period, digits);
        let both = |state: &Totp, now, first: i64, second: i64| {
            let codes = [typed(&state.code_at(at(first))), typed(&state.code_at(at(second)))];
            state.resync(auth_id(), now, &codes, &DIGEST)
        };
        let far = 7200 / seconds;
        for off in [far, -far + 1, 25, -25, 0] {
            let found = accepted(both(&state, T0, off - 1, off));
            assert_eq!(found.last_step(), period.step_at(at(off)));
            assert_eq!(found.drift().proven(), off);
            assert_eq!(refused(both(&found, T0, off - 1, off)), Refusal::Used, "{off}");
            assert_eq!(
                refused(both(&found, T0, off, off + 1)),
                if off == far { Refusal::Wrong } else { Refusal::Used }
            );
            // From now on its codes are taken where its clock is, however far that is, and nowhere else.
            let later = at(5);
            let code = found.code_at(at(5 + off));
            let next = accepted(found.verify(auth_id(), later, &typed(&code), &DIGEST));
            assert_eq!(next.drift().proven(), off);
            if off.abs() > 2 {
                let code = found.code_at(later);
                assert!(matches!(
                    refused(found.verify(auth_id(), later, &typed(&code), &DIGEST)),
                    Refusal::Wrong | Refusal::Used
                ));
            }
        }
        for (first, second) in [(far, far + 1), (-far - 1, -far), (3, 5), (5, 4), (4, 4)] {
            assert_eq!(refused(both(&state, T0, first, second)), Refusal::Wrong, "{first} {second}");
        }
    }
}

#[test]
fn a_clock_that_was_found_again_may_move_ten_steps_from_there() {
    let at = |step: i64| Timestamp::from_millis(T0.millis() + step * 30_000);
    let mut state = clock(Period::Thirty, Digits::Six);
    let codes = [typed(&state.code_at(at(99))), typed(&state.code_at(at(100)))];
    state = accepted(state.resync(auth_id(), T0, &codes, &DIGEST));
    let mut behind = 0;
    let refusal = (1..400_i64).find_map(|round| {
        behind += i64::from(round % 8 == 0);
        let code = state.code_at(at(100 + round * 3 - behind));
        match state.verify(auth_id(), at(round * 3), &typed(&code), &DIGEST) {
            Verdict::Accepted { next, .. } => state = next,
            Verdict::Spent { next } => panic!("spent: {next:?}"),
            Verdict::Refused(refusal) => return Some(refusal),
        }
        None
    });
    assert_eq!((refusal, behind), (Some(Refusal::Drifted), 11));
    assert_eq!(Drift::restore(i64::MAX, 100).quarters(), 440);
    assert_eq!(Drift::restore(0, i64::MIN).proven(), -240);
    assert!(Drift::of_steps(121, Period::Sixty).is_none() && Drift::of_steps(-240, Period::Thirty).is_some());
}

#[test]
fn a_minute_is_a_minute() {
    let state = clock(Period::Sixty, Digits::Eight);
    let start = Timestamp::from_millis(1_800_000_000_000 / 60_000 * 60_000);
    let code = state.code_at(start);
    assert_eq!(code, state.code_at(start.plus(Span::from_secs(59))));
    assert_ne!(code, state.code_at(start.plus(Span::from_secs(60))));
    // RFC 6238 with a step of 60 seconds is RFC 4226 of the minutes.
    let counter = u64::try_from(start.seconds()).unwrap() / 60;
    assert_eq!(code, Hotp::new(key(20), Algorithm::Sha1, Digits::Eight).unwrap().code(counter));
    let next = accepted(state.verify(auth_id(), start.plus(Span::from_secs(119)), &typed(&code), &DIGEST));
    assert_eq!(next.last_step(), Some(counter));
    assert!(state.uri("a", "b").expose(|uri| uri.ends_with(b"&period=60")));
}

#[test]
fn dates_are_kept_to() {
    let validity = Validity { from: Some(T0), until: Some(T0.plus(Span::from_secs(60))) };
    let (totp, hotp) = (clock(Period::Thirty, Digits::Six).within(validity), token().within(validity));
    let (second, codes) = (Timestamp::from_millis(T0.millis() - 1000), [typed("755224"), typed("287082")]);
    for outside in [second, T0.plus(Span::from_secs(60))] {
        let code = typed(&totp.code_at(outside));
        assert_eq!(refused(totp.verify(auth_id(), outside, &code, &DIGEST)), Refusal::Unusable);
        assert_eq!(refused(hotp.verify(auth_id(), outside, &codes[0], &DIGEST)), Refusal::Unusable);
        assert_eq!(refused(hotp.resync(auth_id(), outside, &codes, &DIGEST)), Refusal::Unusable);
        assert_eq!(refused(totp.resync(auth_id(), outside, &codes, &DIGEST)), Refusal::Unusable);
    }
    assert_eq!(accepted(hotp.verify(auth_id(), T0, &codes[0], &DIGEST)).validity(), validity);
}

proptest! {
    #[test]
    fn no_counter_is_accepted_twice(presses in proptest::collection::vec(-12i64..14, 1..50)) {
        let mut state = token().at(500);
        let mut last = 499;
        for press in presses {
            let counter = u64::try_from(i64::try_from(state.counter()).unwrap() + press).unwrap();
            if let Verdict::Accepted { next, .. } = judge(&state, &state.code(counter)) {
                prop_assert!(counter > last && next.counter() > counter);
                last = next.counter() - 1;
                state = next;
            } else {
                prop_assert!(!(0..10).contains(&press));
            }
        }
    }
}

/// A user whose token counts, and the token.
async fn holder(office: &Office, name: &str) -> (Person, Hotp) {
    office.user(name).await;
    let wanted = HotpAdd {
        name: name.to_owned(),
        secret: Some(SEED.to_owned()),
        label: Some("Key ring".to_owned()),
        algorithm: None,
        digits: None,
        counter: None,
        look_ahead: None,
    };
    let Reply::Totp { id, uri } = office.order(Order::Otp { otp: OtpOrder::HotpAdd(wanted) }).await else {
        panic!("no authenticator")
    };
    assert!(uri.starts_with("otpauth://hotp/Countersign:") && uri.ends_with("&counter=0"), "{uri}");
    let token = Hotp::new(parse_seed(SEED).unwrap(), Algorithm::Sha1, Digits::Six).unwrap();
    (Person { name: name.to_owned(), totp: id }, token)
}

async fn resync(office: &Office, id: &str, first: String, second: String) -> Result<(), String> {
    let otp = OtpOrder::Resync { id: id.to_owned(), first, second };
    let operator = countersign::base::text::UserName::parse("operator").unwrap();
    match office.running().flows.order(Order::Otp { otp }, &operator).await.unwrap() {
        Reply::Done => Ok(()),
        Reply::Refused { why } => Err(why),
        _ => panic!("another answer"),
    }
}

#[tokio::test]
async fn a_request_is_approved_with_a_token_that_counts() {
    let mut office = Office::with(setup(PATIENT)).await;
    let (alice, token) = holder(&office, "alice").await;
    let held = office.hold(&alice, "amount=5000").await;
    let document = json(&office.api(&held, "GET", "", "").await.body);
    assert_eq!(
        (&document["authenticators"][0]["kind"], &document["authenticators"][0]["label"]),
        (&"hotp".into(), &"Key ring".into())
    );
    let answer = office.answer(&held, &alice.totp, &token.code(0)).await;
    assert_eq!((answer.status, &json(&answer.body)["state"]), (200, &"approved".into()), "{}", answer.text());
    assert_eq!(office.release(&held).await.status, 201);
    office.only();

    // The same code, and one before it, open nothing else; nor after a restart.
    let second = office.hold(&alice, "amount=1").await;
    let refusal = office.answer(&second, &alice.totp, &token.code(0)).await;
    assert_eq!((refusal.status, refusal.problem().as_str()), (422, "wrong-answer"));
    let skipped = office.answer(&second, &alice.totp, &token.code(4)).await;
    assert_eq!(skipped.status, 200, "{}", skipped.text());
    office.restart().await;
    let third = office.hold(&alice, "amount=2").await;
    for spent in 0..=4 {
        assert_eq!(office.answer(&third, &alice.totp, &token.code(spent)).await.status, 422, "{spent}");
    }
    assert_eq!(office.answer(&third, &alice.totp, &token.code(5)).await.status, 200);
    assert_eq!(office.audited(&["answer_accepted"]).await, 3);
    let log = office.audit().await.join("\n");
    assert!(log.contains("the code has been used") && !log.contains(&token.code(0)) && !log.contains(SEED));
}

#[tokio::test]
async fn the_prompt_takes_it_too() {
    let office = Office::with(setup(PATIENT)).await;
    let (alice, token) = holder(&office, "alice").await;
    let held = office.navigate("POST /transfer", "bank.test", alice.who(), b"amount=5000").await;
    let cookie = office.open_prompt(&held).await;
    let done = office.give(&held.id, &cookie, &alice.totp, &token.code(2)).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(office.audited(&["approved"]).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_given_for_eight_requests_at_once_opens_one() {
    let office = Arc::new(Office::with(setup(PATIENT)).await);
    let (alice, token) = holder(&office, "alice").await;
    for round in 0..6 {
        let mut all = JoinSet::new();
        for number in 0..8 {
            let held: Held = office.hold(&alice, &format!("amount={number}")).await;
            let (office, id, code) = (office.clone(), alice.totp.clone(), token.code(round));
            all.spawn(async move { office.answer(&held, &id, &code).await.status });
        }
        let answers = all.join_all().await;
        assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{round}: {answers:?}");
    }
    assert_eq!(office.audited(&["approved"]).await, 6);
}

#[tokio::test]
async fn an_operator_finds_a_counter_and_a_clock_again() {
    let office = Office::with(setup(PATIENT)).await;
    let (alice, token) = holder(&office, "alice").await;
    let held = office.hold(&alice, "amount=5000").await;
    assert_eq!(office.answer(&held, &alice.totp, &token.code(300)).await.status, 422, "too far");
    let apart = resync(&office, &alice.totp, token.code(300), token.code(302)).await.unwrap_err();
    assert!(apart.contains("not two consecutive codes") && apart.ends_with(": 98"), "counted: {apart}");
    assert_eq!(resync(&office, &alice.totp, token.code(301), token.code(302)).await, Ok(()));
    assert!(resync(&office, &alice.totp, token.code(301), token.code(302)).await.is_err(), "spent");
    assert_eq!(office.answer(&held, &alice.totp, &token.code(302)).await.status, 422, "spent");
    assert_eq!(office.answer(&held, &alice.totp, &token.code(303)).await.status, 200);
    assert_eq!(office.audited(&["authenticator_resynced"]).await, 1);

    let bob = office.person("bob").await;
    let totp = Totp::new(parse_seed(SEED).unwrap(), Algorithm::Sha1, Digits::Six).unwrap();
    let ahead = |seconds| totp.code_at(office.clock.now().plus(Span::from_secs(seconds)));
    let held = office.hold(&bob, "amount=5000").await;
    assert_eq!(office.answer(&held, &bob.totp, &ahead(3600)).await.status, 422);
    assert_eq!(resync(&office, &bob.totp, ahead(3570), ahead(3600)).await, Ok(()));
    office.next_code();
    assert_eq!(
        office.answer(&held, &bob.totp, &office.code()).await.status,
        422,
        "the right time is not his"
    );
    assert_eq!(office.answer(&held, &bob.totp, &ahead(3630 - 30)).await.status, 200);

    let (emergency, code) = office.emergency("bob", 1).await;
    let other = resync(&office, &emergency, code.clone(), code).await.unwrap_err();
    assert!(other.contains("neither clock nor counter"), "{other}");
    assert!(resync(&office, "auth_x", "1".to_owned(), "2".to_owned()).await.is_err());
}

#[tokio::test]
async fn guesses_at_a_resynchronisation_use_up_the_same_budget() {
    let office = Office::with(setup("")).await;
    let (alice, token) = holder(&office, "alice").await;
    let held = office.hold(&alice, "amount=5000").await;
    for _ in 0..3 {
        assert!(resync(&office, &alice.totp, token.code(5), token.code(7)).await.is_err());
    }
    for _ in 0..2 {
        assert_eq!(office.answer(&held, &alice.totp, "000000").await.status, 422);
    }
    let stopped = resync(&office, &alice.totp, token.code(5), token.code(6)).await.unwrap_err();
    assert_eq!(stopped, "too many wrong answers: wait 30 seconds");
    assert_eq!(office.answer(&held, &alice.totp, &token.code(0)).await.status, 429);
    office.clock.advance(Span::from_secs(30));
    assert_eq!(resync(&office, &alice.totp, token.code(5), token.code(6)).await, Ok(()));
    assert_eq!(
        office.answer(&held, &alice.totp, &token.code(7)).await.status,
        200,
        "a right pair clears the count"
    );
}
