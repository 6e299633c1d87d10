//! Question: do two gateways on one store share every count, and does nothing that counts once count once at each?
//!
//! Both have a portal on a socket of its own. What a person does in one browser goes to the one or the other, as behind a balancer.

use countersign::base::time::Span;
use countersign::factors::message::Address;
use countersign::flow::enrol_contact::ContactBegun;
use countersign::flow::view::StateName;

use crate::account_contacts::{Kept, post};
use crate::account_stage::{Browser, PASSWORD};
use crate::portal_stage::{Answer, Case, Stage};
use countersign::flow::admit::Client;

/// Both gateways.
struct Pair {
    both: [Stage; 2],
}

impl Pair {
    async fn start() -> Self {
        Self::of(Stage::start().await).await
    }

    async fn of(first: Stage) -> Self {
        let second = first.beside().await;
        Self { both: [first, second] }
    }

    fn first(&self) -> &Stage {
        &self.both[0]
    }

    /// Gives `codes` for `cases`, in turn to the one and the other gateway, all at once.
    async fn at_once(&self, answers: &[(&Case, &str, String)]) -> Vec<u16> {
        let calls = answers.iter().enumerate().map(|(number, (case, authenticator, code))| async move {
            give(&self.both[number % 2], case, authenticator, code).await.status
        });
        crate::harness::all(calls).await
    }
}

async fn give(stage: &Stage, case: &Case, authenticator: &str, code: &str) -> Answer {
    stage.post(case, "answer", &[("authenticator", authenticator), ("code", code)]).await
}

fn count(statuses: &[u16], status: u16) -> usize {
    statuses.iter().filter(|other| **other == status).count()
}

/// Not the present code, nor that of a step beside it.
fn wrong(stage: &Stage, number: usize) -> String {
    let right: usize = stage.world.code().parse().unwrap();
    format!("{:06}", (right + 7 + number) % 1_000_000)
}

/// `count` requests held for one person, their prompts opened.
async fn cases(stage: &Stage, count: usize) -> Vec<Case> {
    let mut all: Vec<Case> = vec![stage.opened_by_script().await];
    for _ in 1..count {
        let person = all[0].person.again();
        let case = stage.hold_for(person, "/transfer", Client::Script).await;
        all.push(stage.open(case).await);
    }
    all
}

#[tokio::test]
async fn guesses_in_turn_have_one_budget() {
    let pair = Pair::start().await;
    let case = pair.first().opened().await;
    let mut statuses = Vec::new();
    for number in 0..12 {
        let stage = &pair.both[number % 2];
        statuses.push(give(stage, &case, &case.totp, &wrong(stage, number)).await.status);
    }
    assert_eq!(statuses, [422, 422, 422, 422, 422, 429, 429, 429, 429, 429, 429, 429]);
    for stage in &pair.both {
        assert_eq!(
            give(stage, &case, &case.totp, &stage.world.code()).await.status,
            429,
            "right, and too late"
        );
    }
    assert_eq!(pair.first().state(&case).await, StateName::Held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_guesses_at_once_five_are_judged_in_all() {
    let pair = Pair::start().await;
    for place in [1, 60, 118] {
        let case = pair.first().opened().await;
        let code = |n| if n == place { pair.first().world.code() } else { wrong(pair.first(), n) };
        let guesses: Vec<_> = (0..120).map(|n| (&case, case.totp.as_str(), code(n))).collect();
        let statuses = pair.at_once(&guesses).await;
        let (approved, wrong) =
            (pair.first().state(&case).await == StateName::Approved, count(&statuses, 422));
        assert!(approved || wrong == 5, "the budget is used up: {wrong}");
        // One that was judged beside the right one is told that it is done: the log counts it.
        let judged = pair.first().world.judged(&case.person.name).await;
        assert!((wrong + usize::from(approved)..=5).contains(&judged), "{judged} judged, {wrong} wrong");
        pair.first().advance(60);
    }
}

/// The right one was judged while the budget lasted, and is committed when it does not.
#[tokio::test]
async fn a_right_answer_that_comes_after_the_last_guess_is_not_taken() {
    let pair = Pair::start().await;
    let [first, second] = &pair.both;
    let case = first.opened().await;
    let code = first.world.code();
    let guesses = async {
        for number in 0..5 {
            assert_eq!(give(second, &case, &case.totp, &wrong(second, number)).await.status, 422);
        }
    };
    let ((), right) = tokio::join!(first.world.hold_back(guesses), give(first, &case, &case.totp, &code));
    assert_eq!(right.status, 429);
    assert_eq!(second.state(&case).await, StateName::Held);
}

/// Its code is counted while the request is held, and judged when it is not.
#[tokio::test]
async fn a_right_answer_that_comes_after_the_deadline_is_not_taken() {
    let pair = Pair::start().await;
    let [first, second] = &pair.both;
    let case = first.opened().await;
    let (emergency, code) = first.world.emergency(&case.person).await;
    let late = async { first.advance(3600) };
    let ((), right) = tokio::join!(first.world.hold_back(late), give(first, &case, &emergency, &code));
    assert_ne!(right.status, 303, "{}", right.body);
    assert_eq!(second.state(&case).await, StateName::Expired);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_code_given_at_both_opens_one_request() {
    let pair = Pair::start().await;
    for round in 0..15 {
        let cases = cases(pair.first(), 2).await;
        let code = pair.first().world.code();
        // The second one is the same code in another spelling.
        let spelled = format!("{} {}", &code[..3], &code[3..]);
        let answers =
            [(&cases[0], cases[0].totp.as_str(), code), (&cases[1], cases[1].totp.as_str(), spelled)];
        let statuses = pair.at_once(&answers).await;
        assert_eq!((count(&statuses, 200), count(&statuses, 422)), (1, 1), "round {round}: {statuses:?}");
        pair.first().advance(30);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_code_for_one_use_opens_one_of_many() {
    let pair = Pair::start().await;
    let cases = cases(pair.first(), 16).await;
    let (id, code) = pair.first().world.emergency(&cases[0].person).await;
    let answers: Vec<_> = cases.iter().map(|case| (case, id.as_str(), code.clone())).collect();
    let statuses = pair.at_once(&answers).await;
    assert_eq!(count(&statuses, 200), 1, "{statuses:?}");
    let mut approved = 0;
    for case in &cases {
        approved += usize::from(pair.first().state(case).await == StateName::Approved);
    }
    assert_eq!(approved, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_approved_is_claimed_at_one_of_them() {
    let pair = Pair::start().await;
    let [first, second] = &pair.both;
    for round in 0..25 {
        let case = first.opened_by_script().await;
        first.approve(&case).await;
        let (one, other) = tokio::join!(
            first.world.claims(&case.person, &case.ticket),
            second.world.claims(&case.person, &case.ticket)
        );
        assert!(one != other, "round {round}: {one} {other}");
        assert!(!second.world.claims(&case.person, &case.ticket).await, "round {round}: again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_message_a_minute_is_sent_by_both() {
    let pair = Pair::of(Stage::posting(post(&Kept::default())).await).await;
    pair.first().newcomer("alice").await;
    let alice = crate::harness::postbox::user("alice");
    let to = Address::email("alice@mail.example").unwrap();
    for round in 0..3 {
        let asked = (0..16).map(|n| pair.both[n % 2].world.flows.contact_begin(&alice, &to));
        let answers = crate::harness::all(asked).await;
        let sent = answers.iter().filter(|one| matches!(one, Ok(ContactBegun::Sent { .. }))).count();
        assert_eq!(sent, 1, "minute {round}: {answers:?}");
        pair.first().world.clock.advance(Span::from_secs(61));
    }
}

#[tokio::test]
async fn a_session_that_ended_at_one_is_over_at_the_other() {
    let pair = Pair::start().await;
    let [first, second] = &pair.both;
    let mut member = first.member("alice").await;
    assert_eq!(second.get("/account", &member.cookie).await.status, 200);
    let cookie = member.cookie.clone();
    let page = member.get("/account").await;
    member.submit(&page, "/account/sign-out", &[]).await;
    for stage in &pair.both {
        assert_eq!(stage.get("/account", &cookie).await.status, 303);
    }
    // Passwords are guessed against one count too.
    let mut left = 0;
    for number in 0..12 {
        let mut browser = Browser::new(&pair.both[number % 2]);
        let page = browser.sign_in("alice", "wrong and wrong again").await;
        left += usize::from(page.status == 422);
    }
    assert_eq!(left, 12, "all alike");
    assert_eq!(Browser::new(second).sign_in("alice", PASSWORD).await.status, 422, "the budget is used up");
}

/// A store that fails between judging and using up leaves nothing approved; the code then counts once, not never and not twice.
#[tokio::test]
async fn a_store_that_fails_between_judging_and_using_up_approves_nothing() {
    // An emergency code is counted in a commit of its own, a generator's with what it leads to.
    for (emergency, commits) in [(false, 0), (true, 1)] {
        let pair = Pair::start().await;
        let [first, second] = &pair.both;
        let cases = cases(first, 2).await;
        let (by, code) = if emergency {
            first.world.emergency(&cases[0].person).await
        } else {
            (cases[0].totp.clone(), first.world.code())
        };
        first.world.fail_after(commits);
        give(first, &cases[0], &by, &code).await.shows(503, &["We cannot look this up right now"]);
        first.world.fail(false);
        assert_eq!(first.state(&cases[0]).await, StateName::Held);
        let both = [(&cases[0], by.as_str(), code.clone()), (&cases[1], by.as_str(), code.clone())];
        assert_eq!(count(&pair.at_once(&both).await, 200), 1);
        let mut approved = 0;
        for case in &cases {
            give(second, case, &by, &code).await;
            approved += usize::from(second.state(case).await == StateName::Approved);
        }
        assert_eq!(approved, 1);
    }
}
