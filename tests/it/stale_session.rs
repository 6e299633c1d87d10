//! Approved and sent, and the application answers with its login page or a form error: is its user told so, and given back what was
//! entered? `success = { status, not_location }`.

use std::sync::{Arc, Mutex};

use crate::harness::office::{FORM, Office, Setup, json};
use crate::harness::raw::Answer;
use crate::harness::upstream::{Origin, Step, When};

const POLICIES: &str = r#"
[[policy]]
id = "transfer"
match = { methods = ["POST"], path = "/transfer" }
summary = "Transfer {amount?} EUR to {iban?}"
show = { Amount = "{amount?} EUR" }
mask = ["pin", "card[number]"]
success = { status = ["2xx", 302], not_location = ["/login*", "https://id.test/*"] }
[policy.approve]
steps = [{ self = ["totp"] }]

[[policy]]
id = "twice"
match = { methods = ["POST"], path = "/transfer", query = { both = { exists = true } } }
summary = "Transfer {amount?} EUR, twice checked"
success = { status = 201 }
[policy.approve]
steps = [{ self = ["totp"] }]

[[policy]]
id = "whatever"
match = { methods = ["POST"], path = "/whatever" }
summary = "Do whatever"
[policy.approve]
steps = [{ self = ["totp"] }]

[[policy]]
id = "upload"
match = { methods = ["POST"], path = "/upload" }
summary = "Upload it"
success = { status = "2xx" }
[policy.approve]
steps = [{ self = ["totp"] }]
"#;

/// What the application answers.
type Says = Arc<Mutex<String>>;

/// The office in front of an application that answers what it is told to.
async fn office() -> (Office, Says) {
    let office = Office::with(Setup { policies: POLICIES, ..Setup::default() }).await;
    let says: Says = Says::default();
    let said = says.clone();
    let script = move |_: &_| vec![Step::Send(said.lock().unwrap().clone().into_bytes())];
    Origin::start_at(office.late, When::Whole, script).await;
    (office, says)
}

fn answer(says: &Says, status: u16, fields: &str) {
    *says.lock().unwrap() = format!("HTTP/1.1 {status} X\r\n{fields}Content-Length: 5\r\n\r\nhello");
}

const BODY: &str = "amount=5000&iban=DE89&pin=1234&card%5Bnumber%5D=4111&csrf_token=abcdef&note=a%0D%0A%3Cb%3E&password=geheim";

#[tokio::test]
async fn a_browser_is_told_and_gets_its_input_back() {
    let (office, says) = office().await;
    let alice = office.person("alice").await;
    for (status, fields, words) in [
        (
            302,
            "Location: /login?next=%2Ftransfer\r\nSet-Cookie: csrf=1; Path=/\r\n",
            "leads to http://late.test/login.",
        ),
        (303, "Location: https://id.test/start?client=1\r\n", "leads to https://id.test/start."),
        (403, "Set-Cookie: csrf=2; Path=/\r\n", "late answered with status 403."),
    ] {
        answer(&says, status, fields);
        let held =
            office.navigate("POST /transfer?from=CH56", "late.test", alice.who(), BODY.as_bytes()).await;
        let target = office.approve_by_page(&held, &alice).await;
        let page = office.arrive(&held, &target).await;
        let text = page.text();
        let cookie = page.field("set-cookie").map(str::to_owned);
        assert_eq!((page.status, page.field("countersign-outcome")), (409, Some("refused")), "{text}");
        assert!(text.contains("Approved, but the application refused it") && text.contains(words), "{text}");
        assert_eq!(cookie.is_some(), fields.contains("Set-Cookie"), "{fields}");
        for given in [
            "<dt>amount</dt>",
            ">5000<",
            "<dt>iban</dt>",
            ">DE89<",
            "<dt>from</dt>",
            ">CH56<",
            "a\r\n&#60;b&#62;<",
        ] {
            assert!(text.contains(given), "no `{given}` in:\n{text}");
        }
        for kept in ["1234", "4111", "abcdef", "geheim"] {
            assert!(!text.contains(kept), "`{kept}` in:\n{text}");
        }
        let leads = text.contains("class=\"go\"");
        assert_eq!(leads, fields.contains("Location"), "{text}");
        // The application's own answer is there, and the page comes again however often it is asked for.
        let kept = office.kept(&format!("GET /.countersign/held/{}/response", held.id), held.fields()).await;
        assert_eq!((kept.status, kept.text().as_str()), (status, "hello"));
        for again in [&target, &format!("/.countersign/held/{}", held.id)] {
            let page = office.arrive(&held, again).await;
            assert!(page.status == 409 && page.text().contains(">DE89<"), "{}", page.text());
            assert_eq!(page.field("set-cookie"), None);
        }
    }
}

#[tokio::test]
async fn what_is_success_passes_as_ever() {
    let (office, says) = office().await;
    let alice = office.person("alice").await;
    for (status, fields) in [(200, ""), (302, "Location: /transfers/5\r\n"), (302, "")] {
        answer(&says, status, fields);
        let held = office.navigate("POST /transfer", "late.test", alice.who(), BODY.as_bytes()).await;
        let target = office.approve_by_page(&held, &alice).await;
        let page = office.arrive(&held, &target).await;
        assert_eq!((page.status, page.text().as_str()), (status, "hello"));
        assert_eq!(page.field("countersign-outcome"), None);
    }
    // A policy that says nothing expects nothing.
    answer(&says, 403, "");
    let held = office.navigate("POST /whatever", "late.test", alice.who(), b"x=1").await;
    let target = office.approve_by_page(&held, &alice).await;
    let page = office.arrive(&held, &target).await;
    assert_eq!((page.status, page.field("countersign-outcome")), (403, None));
    assert!(!office.audit().await.iter().any(|line| line.contains("\"success\":\"false\"")));
}

/// A form that a program sends to `late.test`, approved and released.
async fn by_program(
    office: &Office,
    line: &str,
    fields: &[(&str, &str)],
    body: &[u8],
) -> (Answer, serde_json::Value) {
    let alice = office.person(&format!("p{}", office.audit().await.len())).await;
    let held = office.hold_with(line, "late.test", alice.who(), fields, body).await;
    office.approve(&held, &alice).await;
    let answer = office.release(&held).await;
    let document = json(&office.api(&held, "GET", "", "").await.body);
    (answer, document["outcome"].clone())
}

#[tokio::test]
async fn a_program_gets_the_answer_and_one_field_more() {
    let (office, says) = office().await;
    for (line, status, fields, success) in [
        ("POST /transfer", 302, "Location: /login\r\nX-Own: 1\r\n", Some(false)),
        ("POST /transfer", 419, "X-Own: 1\r\n", Some(false)),
        ("POST /transfer", 201, "X-Own: 1\r\n", Some(true)),
        ("POST /transfer?both", 201, "X-Own: 1\r\n", Some(true)),
        // One is met, the other is not.
        ("POST /transfer?both", 200, "X-Own: 1\r\n", Some(false)),
        ("POST /whatever", 500, "X-Own: 1\r\n", None),
    ] {
        answer(&says, status, fields);
        let (answer, outcome) = by_program(&office, line, &[FORM], b"amount=5&iban=DE89").await;
        let refused = success == Some(false);
        assert_eq!(
            (answer.status, answer.text().as_str(), answer.field("x-own")),
            (status, "hello", Some("1"))
        );
        assert_eq!(answer.field("countersign-outcome"), refused.then_some("refused"), "{line} {status}");
        assert_eq!(outcome["status"], status);
        assert_eq!(outcome["success"].as_bool(), success, "{line} {status}: {outcome}");
    }
    let audit: Vec<_> =
        office.audit().await.into_iter().filter(|line| line.contains("\"delivered\"")).collect();
    let details: Vec<_> = audit.iter().map(|line| json(line.as_bytes())["event"]["detail"].clone()).collect();
    assert_eq!(
        details[0],
        serde_json::json!({ "status": "302", "success": "false", "leads_to": "http://late.test/login" })
    );
    assert_eq!(details[2], serde_json::json!({ "status": "201", "success": "true" }));
    assert_eq!(details[5], serde_json::json!({ "status": "500" }));
    let metrics = office.running().flows.metrics().text();
    assert!(metrics.contains("countersign_ended_total{reason=\"refused_by_application\"} 3\n"), "{metrics}");
}

#[tokio::test]
async fn what_cannot_be_read_is_held_and_sent_all_the_same() {
    let (office, says) = office().await;
    answer(&says, 500, "");
    let kind = ("Content-Type", "application/octet-stream");
    let (answer, outcome) = by_program(&office, "POST /upload", &[kind], b"\x00\xff{").await;
    assert_eq!((answer.status, answer.field("countersign-outcome")), (500, Some("refused")));
    assert_eq!(outcome["success"], false);
}

#[tokio::test]
async fn after_a_restart_it_is_still_known() {
    let (mut office, says) = office().await;
    let alice = office.person("alice").await;
    let answered =
        office.hold_with("POST /transfer", "late.test", alice.who(), &[FORM], BODY.as_bytes()).await;
    office.restart().await;
    answer(&says, 302, "Location: /login?secret=1\r\n");
    office.approve(&answered, &alice).await;
    assert_eq!(office.release(&answered).await.field("countersign-outcome"), Some("refused"));
    office.restart().await;
    let again = office.release(&answered).await;
    assert_eq!((again.status, again.problem().as_str()), (409, "already-released"));
    let problem = json(&again.body);
    assert_eq!(problem["held"]["outcome"], serde_json::json!({ "status": 302, "success": false }));
    assert!(problem["detail"].as_str().unwrap().contains("refused it (status 302)"), "{problem}");
    assert!(
        !office.audit().await.iter().any(|line| line.contains("secret=1")),
        "a place is logged without its query"
    );
}
