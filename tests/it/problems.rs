//! Is every refusal seen on the wire with its type, its status and a reference, and by a browser as a page that says the same?

use countersign::base::language::Language;
use countersign::base::time::Span;

use crate::harness::office::{FORM, Held, Mood, NAVIGATION, Office, Setup, json};
use crate::harness::raw::Answer;

/// A refusal as a program gets it: its document.
#[track_caller]
fn document(answer: &Answer, status: u16, slug: &str) -> serde_json::Value {
    assert_eq!((answer.status, answer.problem().as_str()), (status, slug), "{}", answer.text());
    assert_eq!(answer.field("cache-control"), Some("no-store"), "{slug}");
    assert_eq!(answer.field("x-application"), None, "{slug}");
    let document = json(&answer.body);
    for member in ["title", "detail"] {
        assert!(document[member].as_str().is_some_and(|text| text.len() > 5), "{slug}: {document}");
    }
    document
}

/// The same as a browser gets it.
#[track_caller]
fn page(answer: &Answer, status: u16, needed: &[&str]) {
    let text = answer.text();
    assert_eq!(answer.status, status, "{text}");
    assert_eq!(answer.field("content-type"), Some("text/html; charset=utf-8"), "{text}");
    assert_eq!(answer.field("cache-control"), Some("no-store"), "{text}");
    assert!(
        answer.field("content-security-policy").unwrap().contains("frame-ancestors 'none'"),
        "{}",
        answer.head
    );
    assert!(text.contains("ref_"), "no reference:\n{text}");
    assert!(!answer.head.to_ascii_lowercase().contains("pingora"), "{}", answer.head);
    for needed in needed {
        assert!(text.contains(needed), "`{needed}` is not in:\n{text}");
    }
}

impl Office {
    /// Asks as a program and as a browser; gives the document.
    async fn refused(
        &self,
        (line, fields, body): (&str, &[(&str, &str)], &[u8]),
        status: u16,
        slug: &str,
    ) -> serde_json::Value {
        let answer = self.ask(line, fields, body).await;
        let said = document(&answer, status, slug);
        let mut navigating: Vec<(&str, &str)> = fields.to_vec();
        navigating.push(NAVIGATION[1]);
        let seen = self.ask(line, &navigating, body).await;
        // The values in it may be escaped: the words before the first value are enough.
        page(&seen, status, &[said["title"].as_str().unwrap()]);
        assert_eq!(seen.field("set-cookie"), None, "{slug}");
        // A program gets the same words whatever language it asks for, a browser its own.
        let mut german: Vec<(&str, &str)> = fields.to_vec();
        german.push(("Accept-Language", "de"));
        let again = document(&self.ask(line, &german, body).await, status, slug);
        assert_eq!((&again["title"], &again["detail"]), (&said["title"], &said["detail"]));
        german.push(NAVIGATION[1]);
        let seen = self.ask(line, &german, body).await;
        let title = Language::German.text().say(&format!("gateway-{slug}"));
        page(&seen, status, &["<html lang=\"de\">", &title]);
        assert_eq!(seen.field("content-language"), Some("de"), "{slug}");
        said
    }

    /// The same about the release of `held`.
    async fn not_released(&self, held: &Held, status: u16, slug: &str) -> serde_json::Value {
        let (fields, credential) = (held.fields(), held.credential());
        let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        fields.push(("Countersign-Release", &credential));
        self.refused((&held.line, &fields, b""), status, slug).await
    }
}

const ALICE: (&str, &str) = ("X-Forwarded-User", "alice");

#[tokio::test]
async fn what_cannot_be_read_in_one_way_is_refused_with_its_reason() {
    let office = Office::start().await;
    office.person("alice").await;
    let twice = [ALICE, FORM, ("Content-Type", "application/json")];
    let said = office.refused(("POST /transfer", &twice, b"amount=5"), 400, "ambiguous-request").await;
    assert!(said["reason"].is_string(), "{said}");
    let repeated: &[u8] = b"amount=5&amount=5000";
    office.refused(("POST /pay", &[ALICE, FORM], repeated), 400, "ambiguous-request").await;
    office.refused(("GET /archive/..%2farchive", &[ALICE], b""), 400, "ambiguous-request").await;
    let json = ("Content-Type", "application/json");
    let said = office.refused(("POST /pay", &[ALICE, json], b"{\"amount\":5"), 400, "unreadable-body").await;
    assert!(said["reason"].is_string(), "{said}");
    assert!(office.arrived().is_empty());
}

#[tokio::test]
async fn too_much_is_refused_before_it_is_read() {
    let app = "inspect_body = \"4KiB\"\nhold_body = \"64KiB\"";
    let limits = "user_held = 2\nall_held = 3";
    let office = Office::with(Setup { limits, app, ..Setup::default() }).await;
    let (alice, bob) = (office.person("alice").await, office.person("bob").await);
    // Announced: not a byte of it is waited for.
    let announced = [ALICE, FORM, ("Content-Length", "65537")];
    let said = office.refused(("POST /transfer", &announced, b""), 413, "body-too-large").await;
    assert!(said["detail"].as_str().unwrap().contains("at most 64 KiB"), "{said}");
    assert!(said["detail"].as_str().unwrap().contains("Nothing was passed on to bank"), "{said}");
    // Not announced: no more than may be.
    let binary = ("Content-Type", "application/octet-stream");
    let chunked = [ALICE, binary, ("Transfer-Encoding", "chunked")];
    let large = vec![b'x'; 70_000];
    document(&office.ask("POST /vault", &chunked, &large).await, 413, "body-too-large");
    // Too long to decide by.
    let form = format!("note={}&amount=5", "x".repeat(5000));
    office.refused(("POST /pay", &[ALICE, FORM], form.as_bytes()), 413, "body-too-large").await;

    for _ in 0..2 {
        office.hold(&alice, "amount=1").await;
    }
    let said = office.refused(("POST /transfer", &[ALICE, FORM], b"amount=1"), 429, "quota").await;
    assert!(said["detail"].as_str().unwrap().contains("your requests"), "{said}");
    let last = office.hold(&bob, "amount=1").await;
    let of_bob = [("X-Forwarded-User", "bob"), FORM];
    let answer = office.ask("POST /transfer", &of_bob, b"amount=1").await;
    assert!(document(&answer, 429, "quota")["detail"].as_str().unwrap().contains("Too many requests"));
    assert_eq!(answer.field("retry-after"), Some("60"));
    // What has ended makes room.
    assert_eq!(office.api(&last, "POST", "/reject", r#"{"reason":"cancelled"}"#).await.status, 200);
    let room = async {
        while office.ask("POST /transfer", &of_bob, b"amount=1").await.status == 429 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::harness::raw::PATIENCE, room).await.expect("room in time");
    assert!(office.arrived().is_empty());
}

#[tokio::test]
async fn who_asks_and_from_where_is_judged() {
    let office = Office::start().await;
    office.person("alice").await;
    office.user("dave").await;
    let said = office.refused(("POST /transfer", &[FORM], b"amount=1"), 401, "unknown-user").await;
    assert!(said["detail"].as_str().unwrap().contains("Sign in"), "{said}");
    let ghost = [("X-Forwarded-User", "ghost"), FORM];
    let said = office.refused(("POST /transfer", &ghost, b"amount=1"), 401, "unknown-user").await;
    assert!(said["detail"].as_str().unwrap().contains("no user `ghost`"), "{said}");
    let dave = [("X-Forwarded-User", "dave"), FORM];
    let said = office.refused(("POST /transfer", &dave, b"amount=1"), 403, "no-authenticator").await;
    assert!(said["detail"].as_str().unwrap().contains("totp"), "{said}");
    assert!(said["detail"].as_str().unwrap().contains("administrator to enrol one"), "{said}");
    let said = office.refused(("POST /vault", &[ALICE], b""), 403, "no-authenticator").await;
    assert!(said["detail"].as_str().unwrap().contains("emergency"), "{said}");
    let guess = [ALICE, ("Sec-Purpose", "prefetch")];
    office.refused(("GET /archive/2025", &guess, b""), 403, "not-holdable").await;
    let foreign = [ALICE, FORM, ("Sec-Fetch-Site", "cross-site")];
    office.refused(("POST /transfer", &foreign, b"amount=1"), 403, "cross-site-request").await;
    let said = office.refused(("POST /forbidden", &[ALICE], b""), 403, "denied-by-policy").await;
    assert!(said["detail"].as_str().unwrap().contains("Delete the ledger"), "{said}");
    office
        .refused(("GET /.countersign/held/held_01JD0000000000000000000000", &[ALICE], b""), 404, "not-found")
        .await;
    assert!(office.arrived().is_empty());
    // Asked for four times: by a program and a browser, in two languages.
    assert_eq!(office.audited(&["denied"]).await, 4);
    assert_eq!(office.audited(&["held"]).await, 0);
}

#[tokio::test]
async fn a_held_request_tells_where_it_stands() {
    let office = Office::with(Setup { limits: "user_held = 50", ..Setup::default() }).await;
    let alice = office.person("alice").await;
    let held = office.hold(&alice, "amount=5000&iban=DE89").await;
    let said = office.not_released(&held, 409, "conflict").await;
    assert_eq!(said["held"]["state"], "held");
    office.approve(&held, &alice).await;
    assert_eq!(office.release(&held).await.status, 201);
    let said = office.not_released(&held, 409, "already-released").await;
    assert_eq!(
        (&said["held"]["state"], &said["held"]["outcome"]["status"]),
        (&"delivered".into(), &201.into())
    );
    document(&office.answer(&held, &alice.totp, &office.code()).await, 409, "already-released");

    let late = office.hold(&alice, "amount=1").await;
    office.clock.advance(Span::from_secs(601));
    office.not_released(&late, 410, "expired").await;
    document(&office.answer(&late, &alice.totp, &office.code()).await, 410, "expired");
    let unwanted = office.hold(&alice, "amount=1").await;
    assert_eq!(office.api(&unwanted, "POST", "/reject", r#"{"reason":"not_me"}"#).await.status, 200);
    office.not_released(&unwanted, 410, "rejected").await;
    document(&office.answer(&unwanted, &alice.totp, &office.code()).await, 410, "rejected");
    office.not_released(&Held { secret: "x".repeat(43), ..held.clone() }, 404, "not-found").await;

    let waiting = office.hold(&alice, "amount=1").await;
    for (body, status, slug) in [
        ("", 400, "unreadable-body"),
        ("[]", 400, "unreadable-body"),
        ("{}", 400, "unreadable-body"),
        (r#"{"authenticator":"auth_x","code":"1"}"#, 400, "unreadable-body"),
    ] {
        document(&office.api(&waiting, "POST", "/answers", body).await, status, slug);
    }
    document(&office.api(&waiting, "POST", "/nothing", "{}").await, 404, "not-found");
    for left in [4, 3, 2, 1, 0] {
        let said = document(&office.answer(&waiting, &alice.totp, "no").await, 422, "wrong-answer");
        assert!(said["detail"].as_str().unwrap().ends_with(&format!(": {left}.")), "{said}");
    }
    let answer = office.answer(&waiting, &alice.totp, &office.code()).await;
    document(&answer, 429, "throttled");
    assert_eq!(answer.field("retry-after"), Some("30"));
    assert_eq!(office.arrived().len(), 1);
}

#[tokio::test]
async fn the_prompts_refusals_are_pages() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.navigate("POST /transfer", "bank.test", alice.who(), b"amount=5000&iban=DE89").await;
    let prompt = format!("GET /held/{}", held.id);
    let cookie = office.open_prompt(&held).await;
    page(&office.portal("GET /held/held_01JD0000000000000000000000", &cookie, None).await, 404, &[]);
    page(&office.portal(&prompt, "", None).await, 403, &["another browser"]);
    let form = [("csrf", "forged"), ("authenticator", &*alice.totp), ("code", &*office.code())];
    let forged = office.portal(&format!("POST /held/{}/answer", held.id), &cookie, Some(&form)).await;
    assert!(forged.status >= 400 && forged.text().contains("ref_"), "{}", forged.text());
    assert_eq!(office.audited(&["answer_wrong", "answer_accepted"]).await, 0);
    for left in ["4 tries are left", "3 tries", "2 tries", "One try is left", "You have to wait"] {
        let again = office.give(&held.id, &cookie, &alice.totp, "12").await;
        assert_eq!(again.status, 422, "{}", again.text());
        assert!(
            again.text().contains("That code is not right") && again.text().contains(left),
            "{}",
            again.text()
        );
    }
    let pause = office.give(&held.id, &cookie, &alice.totp, &office.code()).await;
    assert_eq!((pause.status, pause.field("retry-after")), (429, Some("30")), "{}", pause.text());
    office.next_code();
    let done = office.give(&held.id, &cookie, &alice.totp, &office.code()).await;
    assert_eq!(done.status, 200, "{}", done.text());
}

#[tokio::test]
async fn without_its_store_the_gateway_decides_nothing() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.hold(&alice, "amount=5000").await;
    let approved = office.hold(&alice, "amount=6000").await;
    office.approve(&approved, &alice).await;
    let file = office.data().join("countersign.redb");
    let aside = office.data().join("aside");
    std::fs::rename(&file, &aside).unwrap();
    office.refused(("POST /transfer", &[ALICE, FORM], b"amount=1"), 503, "store-unavailable").await;
    office.refused(("POST /forbidden", &[ALICE], b""), 503, "store-unavailable").await;
    office.not_released(&approved, 503, "store-unavailable").await;
    document(&office.api(&held, "GET", "", "").await, 503, "store-unavailable");
    document(&office.answer(&held, &alice.totp, &office.code()).await, 503, "store-unavailable");
    let prompt = office.portal(&format!("GET {}", held.prompt), "", None).await;
    page(&prompt, 503, &[]);
    // What no policy is about goes on.
    assert_eq!(office.ask("GET /elsewhere", &[ALICE], b"").await.status, 201);
    assert_eq!(office.ask("POST /pay", &[ALICE, FORM], b"amount=5").await.status, 201);
    assert_eq!(office.arrived().len(), 2);
    std::fs::rename(&aside, &file).unwrap();
    assert_eq!(office.release(&approved).await.status, 201);
    office.approve(&held, &alice).await;
    assert_eq!(office.arrived().len(), 3);
}

#[tokio::test]
async fn an_application_that_is_not_there_or_says_nothing() {
    let office = Office::with(Setup { timeouts: "read = \"300ms\"", ..Setup::default() }).await;
    let alice = office.person("alice").await;
    let late = ("Host", "late.test");
    office.refused(("GET /", &[late], b""), 502, "upstream-unreachable").await;
    let small: &[u8] = b"amount=5";
    office.refused(("POST /pay", &[late, ALICE, FORM], small), 502, "upstream-unreachable").await;
    let held = office.hold(&alice, "amount=5000").await;
    office.approve(&held, &alice).await;
    office.feel(Mood::Hangs);
    office.refused(("GET /slow", &[], b""), 504, "upstream-timeout").await;
    office.refused(("POST /pay", &[ALICE, FORM], small), 504, "upstream-timeout").await;
    let answer = office.release(&held).await;
    let said = document(&answer, 504, "upstream-timeout");
    assert!(
        said["detail"].as_str().unwrap().contains("not known whether the application carried it out"),
        "{said}"
    );
    office.until(&held, "outcome_unknown").await;
    office.feel(Mood::Answers);
    office.not_released(&held, 409, "already-released").await;
    let times = office.arrived().iter().filter(|seen| seen.line().starts_with("POST /transfer")).count();
    assert_eq!(times, 1);
}

#[tokio::test]
async fn an_approval_required_is_a_document_or_a_page() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let answer = office.ask("POST /transfer", &[ALICE, FORM], b"amount=5000&iban=DE%3Cb%3E").await;
    assert_eq!((answer.status, answer.field("content-type")), (403, Some("application/problem+json")));
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    let said = json(&answer.body);
    assert_eq!(
        (&said["type"], &said["status"]),
        (&"urn:countersign:problem:approval-required".into(), &403.into())
    );
    let held = &said["held"];
    assert_eq!(held["summary"], "Transfer 5000 EUR to DE<b>");
    assert_eq!(held["fields"], serde_json::json!({ "Amount": "5000 EUR", "To": "DE<b>" }));
    assert_eq!(held["expires_at"], "2026-11-21T20:00:05Z");
    assert!(held["digest"].as_str().unwrap().starts_with("sha-256=:"), "{held}");
    let offered = serde_json::json!([{ "id": alice.totp, "kind": "totp", "label": "Pixel 9" }]);
    assert_eq!(held["authenticators"], offered);
    let fields = [NAVIGATION.as_slice(), &[ALICE, FORM]].concat();
    let page = office.ask("POST /transfer", &fields, b"amount=5000&iban=DE%3Cb%3E").await;
    assert_eq!((page.status, page.field("content-type")), (403, Some("text/html; charset=utf-8")));
    let text = page.text();
    assert!(text.contains("Transfer 5000 EUR to DE&#60;b&#62;") || text.contains("DE&lt;b&gt;"), "{text}");
    assert!(text.contains("Nothing has been passed on to bank yet."), "{text}");
    assert!(office.arrived().is_empty());
}
