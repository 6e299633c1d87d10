//! Does a user keep verification questions only where the tenant has them, only with a fresh proof, so that nobody reads the answers, and does
//! an operator find out nothing but right or wrong?

use countersign::base::language::Language;
use countersign::base::settings::account::{AccountSettings, Listed, Questions};
use countersign::flow::account::question::{Kept, Wanted};
use countersign::flow::admin::questions::{QuestionOrder, QuestionReply};
use countersign::flow::admin::{Order, Reply};
use countersign::flow::outbox::Post;

use crate::account_contacts;
use crate::account_stage::Browser;
use crate::portal_stage::{Answer, Stage};
use crate::portal_world::at_once;

const TOWN: &str = "In which town did you go to school?";
const STADT: &str = "In welcher Stadt gingen Sie zur Schule?";
const ADD: &str = "/account/questions/add";

fn asking(own: bool) -> AccountSettings {
    let town = Listed { text: TOWN.to_owned(), texts: vec![(Language::German, STADT.to_owned())] };
    let teacher = Listed { text: "Who taught you to swim?".to_owned(), texts: Vec::new() };
    AccountSettings { questions: Some(Questions { own, least: 2, list: vec![town, teacher] }), ..at_once() }
}

async fn stage(own: bool) -> Stage {
    Stage::keeping(Post::default(), asking(own)).await
}

async fn add(browser: &mut Browser<'_>, question: &str, own: &str, answer: &str) -> Answer {
    let page = browser.get(ADD).await;
    browser.submit(&page, ADD, &[("question", question), ("own", own), ("answer", answer)]).await
}

/// Where the page of questions leads for this one.
async fn place(browser: &mut Browser<'_>, text: &str) -> String {
    let page = browser.get("/account/questions").await;
    let before = page.body.split(&format!(">{text}<")).next().unwrap();
    assert!(before.len() < page.body.len(), "no `{text}` in:\n{}", page.body);
    let at = before.rsplit("href=\"").next().unwrap().split('"').next().unwrap();
    assert!(at.starts_with("/account/questions/"), "{at}");
    at.to_owned()
}

async fn order(stage: &Stage, question: QuestionOrder) -> Result<QuestionReply, String> {
    match stage.order(Order::Question { question }).await {
        Reply::Question { question } => Ok(question),
        Reply::Refused { why } => Err(why),
        _ => panic!("another answer"),
    }
}

/// `right`, `wrong, 4 left`, or why not.
async fn check(stage: &Stage, number: usize, answer: &str) -> String {
    let (name, answer) = ("alice".to_owned(), answer.to_owned());
    match order(stage, QuestionOrder::Check { name, number, answer }).await {
        Ok(QuestionReply::Checked { right: true, .. }) => "right".to_owned(),
        Ok(QuestionReply::Checked { right: false, left }) => format!("wrong, {left} left"),
        Ok(QuestionReply::List { .. }) => panic!("another answer"),
        Err(why) => why,
    }
}

async fn listed(stage: &Stage) -> Vec<String> {
    match order(stage, QuestionOrder::List { name: "alice".to_owned() }).await.unwrap() {
        QuestionReply::List { questions, least: 2 } => questions,
        _ => panic!("another answer"),
    }
}

async fn log(stage: &Stage) -> String {
    match stage.order(Order::AuditList { from: 1, limit: 1000 }).await {
        Reply::Audit { lines } => lines.join("\n"),
        _ => panic!("no log"),
    }
}

#[tokio::test]
async fn where_they_are_off_there_is_nothing_of_them() {
    let stage = Stage::start().await;
    let mut browser = stage.member("alice").await;
    assert!(!browser.get("/account").await.body.contains("uestions"));
    for page in ["/account/questions", ADD, "/account/questions/00", "/account/questions/00/remove"] {
        assert_eq!(browser.get(page).await.status, 404, "{page}");
    }
    let form = crate::account_stage::filled(&browser.get("/account").await, "/account/sign-out", &[]);
    let form = format!("{form}&question=&own=Why%3F&answer=because");
    assert_eq!(browser.post(ADD, &form).await.status, 404);
    assert!(check(&stage, 1, "because").await.starts_with("verification questions are off"));
}

#[tokio::test]
async fn a_question_is_kept_answered_again_and_removed() {
    let stage = stage(true).await;
    let mut browser = stage.member("alice").await;
    browser.get("/account").await.shows(200, &["You have none yet. There should be 2."]);
    let page = browser.get(ADD).await;
    page.shows(200, &[TOWN, "Who taught you to swim?", "A question of my own"]);
    assert_eq!(add(&mut browser, TOWN, "", "Košice").await.status, 200);
    let done = add(&mut browser, "", "What is the name of my boat?", "Anna Karenina 2").await;
    done.shows(200, &["The question is kept.", TOWN, "What is the name of my boat?", "You have 2."]);
    assert!(!done.body.contains("Ko") && !done.body.contains("Karenina"), "{}", done.body);
    assert!(!browser.get(ADD).await.body.contains(TOWN), "what one has is not offered");
    assert_eq!(listed(&stage).await, [TOWN, "What is the name of my boat?"]);
    for (number, answer, judged) in [
        (1, "košice", "right"),
        (1, " Ko\u{161}ice! ", "right"),
        (1, "Kosice", "wrong, 4 left"),
        (2, "anna-karenina 2", "right"),
        (2, "Košice", "wrong, 4 left"),
        (0, "x", "`alice` has no question 0"),
        (3, "x", "`alice` has no question 3"),
    ] {
        assert_eq!(check(&stage, number, answer).await, judged, "{number} {answer}");
    }
    let town = place(&mut browser, TOWN).await;
    let page = browser.get(&town).await;
    page.shows(200, &[TOWN, "Change the answer"]);
    browser
        .submit(&page, &town, &[("answer", "school")])
        .await
        .shows(422, &["does not stand in the question"]);
    browser.submit(&page, &town, &[("answer", "Bratislava")]).await.shows(200, &["The question is kept."]);
    assert_eq!(check(&stage, 1, "Bratislava").await, "right");
    assert_eq!(check(&stage, 1, "Košice").await, "wrong, 4 left");
    let page = browser.get(&format!("{town}/remove")).await;
    page.shows(200, &["Remove this question?", TOWN]);
    let gone = browser.submit(&page, &format!("{town}/remove"), &[]).await;
    gone.shows(200, &["The question is removed.", "You have 1. There should be 2."]);
    assert_eq!(listed(&stage).await, ["What is the name of my boat?"]);
    assert_eq!(browser.submit(&page, &format!("{town}/remove"), &[]).await.status, 404);
    let Reply::User(alice) = stage.order(Order::UserShow { name: "alice".to_owned() }).await else {
        panic!()
    };
    assert_eq!(alice.questions, 1);
    // The log says what was done, and holds no answer.
    let log = log(&stage).await;
    for said in [
        r#""kind":"questions_set""#,
        r#""what":"added""#,
        r#""what":"answered again""#,
        r#""what":"removed""#,
        r#""kind":"question_asked","actor":"operator:operator""#,
        r#""right":"true""#,
        r#""right":"false""#,
    ] {
        assert!(log.contains(said), "{said} in\n{log}");
    }
    for secret in ["Bratislava", "bratislava", "Karenina", "annakarenina2", "argon2", "boat"] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused() {
    let with_own = stage(true).await;
    let mut browser = with_own.member("alice").await;
    add(&mut browser, TOWN, "", "Košice").await.shows(200, &["The question is kept."]);
    for (question, own, answer, said) in [
        // The same question in another language is the same.
        (STADT, "", "Bern", "You have this question already"),
        (TOWN, "", "Bern", "You have this question already"),
        ("", TOWN, "Bern", "You have this question already"),
        ("Who are you?", "", "Bern", "Choose one of the questions"),
        ("", "  ", "Bern", "1 to 200 visible characters"),
        ("", "a\u{202e}b", "Bern", "1 to 200 visible characters"),
        ("Who taught you to swim?", "And why?", "Anna", "You have chosen a question and written one"),
        ("Who taught you to swim?", "", "Al", "at least 3 letters"),
        ("Who taught you to swim?", "", "to swim", "does not stand in the question"),
        ("Who taught you to swim?", "", &"x".repeat(201), "at most 200"),
        ("Who taught you to swim?", "", &"x".repeat(5000), "at most 200"),
    ] {
        let answered = add(&mut browser, question, own, answer).await;
        answered.shows(422, &[said]);
        assert!(answer.len() < 4 || !answered.body.contains(answer) || question.contains(answer), "{answer}");
    }
    assert_eq!(listed(&with_own).await, [TOWN]);
    for number in 2..=10 {
        add(&mut browser, "", &format!("Question {number}?"), "because").await.shows(200, &["is kept"]);
    }
    assert!(!browser.get("/account/questions").await.body.contains(ADD));
    add(&mut browser, "", "Question 11?", "because").await.shows(422, &["You have 10 questions already"]);

    let listed_only = stage(false).await;
    let mut browser = listed_only.member("alice").await;
    assert!(!browser.get(ADD).await.body.contains("my own"));
    add(&mut browser, "", "Why?", "because").await.shows(422, &["Choose one of the questions"]);
}

#[tokio::test]
async fn a_change_needs_a_fresh_proof_and_a_session_that_lives() {
    let stage = stage(true).await;
    let mut browser = stage.member("alice").await;
    add(&mut browser, TOWN, "", "Košice").await.shows(200, &["is kept"]);
    let (cookie, page) = (browser.cookie.split_once('=').unwrap().1.to_owned(), browser.get(ADD).await);
    let opened = stage.world.flows.session(&cookie).await.unwrap().unwrap();
    stage.advance(301);
    for target in [ADD.to_owned(), place(&mut browser, TOWN).await] {
        let form = crate::account_stage::filled(&page, ADD, &[("own", "Why?"), ("answer", "because")]);
        let answer = browser.post(&target, &form).await;
        assert_eq!(
            (answer.status, answer.header("location").unwrap()),
            (303, &*format!("/account/confirm?next={target}"))
        );
    }
    // All sessions were ended while the form was on its way.
    stage.order(Order::UserSessions { name: "alice".to_owned(), end: true }).await;
    let flows = &stage.world.flows;
    assert_eq!(flows.add_question(&opened, Wanted::Own("Why?"), "because").await.unwrap(), Kept::Ended);
    let id = flows.own_questions(&opened).remove(0).id;
    assert_eq!(flows.answer_question(&opened, &id, "because").await.unwrap(), Kept::Ended);
    assert_eq!(flows.remove_question(&opened, &id).await.unwrap(), Kept::Ended);
    assert_eq!(check(&stage, 1, "Košice").await, "right");
}

#[tokio::test]
async fn guesses_are_counted_for_each_question_and_for_nothing_else() {
    let stage = stage(true).await;
    let mut browser = stage.member("alice").await;
    add(&mut browser, TOWN, "", "Košice").await.shows(200, &["is kept"]);
    add(&mut browser, "", "Whose boat?", "Anna").await.shows(200, &["is kept"]);
    for left in (0..5).rev() {
        assert_eq!(check(&stage, 1, "guess").await, format!("wrong, {left} left"));
        // Whoever knows the other answer wins nothing by it.
        assert_eq!(check(&stage, 2, "Anna").await, "right");
    }
    assert_eq!(check(&stage, 1, "Košice").await, "too many wrong answers: wait 30 seconds");
    let mut wait = 30;
    for _ in 5..20 {
        stage.advance(wait);
        assert!(check(&stage, 1, "guess").await.starts_with("wrong"));
        wait = (wait * 2).min(3600);
    }
    stage.advance(wait);
    let locked = "too many wrong answers in a row: `countersign user unblock alice` first";
    assert_eq!(check(&stage, 1, "Košice").await, locked);
    // Codes and passwords are not blocked by it.
    let Reply::User(alice) = stage.order(Order::UserShow { name: "alice".to_owned() }).await else {
        panic!()
    };
    assert_eq!((alice.locked, alice.wrong_answers), (false, 0));
    Browser::new(&stage).sign_in("alice", crate::account_stage::PASSWORD).await.shows(200, &["Your account"]);
    stage.order(Order::UserUnblock { name: "alice".to_owned() }).await;
    assert_eq!(check(&stage, 1, "Košice").await, "right");
}

#[tokio::test]
async fn of_many_guesses_at_once_no_more_are_judged_than_the_budget_has() {
    let stage = stage(true).await;
    let mut browser = stage.member("alice").await;
    add(&mut browser, TOWN, "", "Košice").await.shows(200, &["is kept"]);
    let answers = crate::harness::all((0..12).map(|_| check(&stage, 1, "guess"))).await;
    assert_eq!(answers.iter().filter(|one| one.starts_with("wrong")).count(), 5, "{answers:?}");
}

#[tokio::test]
async fn every_change_is_told() {
    let kept = account_contacts::Kept::default();
    let stage = Stage::keeping(account_contacts::post(&kept), asking(true)).await;
    let mut browser = stage.member("alice").await;
    add(&mut browser, TOWN, "", "Košice").await.shows(200, &["is kept"]);
    let town = place(&mut browser, TOWN).await;
    let page = browser.get(&town).await;
    browser.submit(&page, &town, &[("answer", "Bratislava")]).await;
    let page = browser.get(&format!("{town}/remove")).await;
    browser.submit(&page, &format!("{town}/remove"), &[]).await;
    let queued = log(&stage).await.matches(r#""message":"questions_changed""#).count();
    assert_eq!(queued, 3);
}

#[tokio::test]
async fn in_the_users_language() {
    let stage = stage(true).await;
    let mut browser = stage.member("alice").await;
    browser.cookie = format!("{}; countersign-language=de", browser.cookie);
    let page = stage.get(ADD, &browser.cookie).await;
    page.shows(200, &[STADT, "Who taught you to swim?", "Eine eigene Frage"]);
    assert!(!page.body.contains(TOWN));
    browser.submit_once(&page, ADD, &[("question", STADT), ("answer", "Bern")]).await;
    assert_eq!(listed(&stage).await, [STADT]);
}
