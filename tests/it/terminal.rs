//! What a person at a terminal reads, and what a client with a bearer token is told.

use crate::harness::office::{FORM, Office, Setup, held, json};

const PLAIN: (&str, &str) = ("Accept", "text/plain");

const MASKED: &str = r#"
[[policy]]
id = "transfer"
match = { methods = ["POST"], path = "/transfer" }
summary = "Transfer {amount?} EUR to {iban?}"
show = { Amount = "{amount?} EUR", To = "{iban?}" }
mask = ["pin"]
[policy.approve]
steps = [{ self = ["totp"] }]
"#;

#[tokio::test]
async fn a_terminal_is_told_what_is_held_and_how_to_go_on() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    for (prefer, status) in [("return=minimal", 403), ("respond-async", 202)] {
        let fields = [FORM, PLAIN, ("X-Forwarded-User", "alice"), ("Prefer", prefer)];
        let answer = office.ask("POST /transfer?to='us'", &fields, b"amount=5000&iban=DE89").await;
        let kind = answer.field("content-type");
        assert_eq!((answer.status, kind), (status, Some("text/plain; charset=utf-8")), "{}", answer.text());
        assert_eq!(answer.field("cache-control"), Some("no-store"));
        let text = answer.text();
        let credential = answer.field("countersign-approval").unwrap();
        let (id, secret) = credential.split_once('.').unwrap();
        let command = "\ncurl -X POST -H @- 'http://bank.test/transfer?to='\\''us'\\''' <<'END'\n";
        for part in [
            "This needs your approval\n\n  Transfer 5000 EUR to DE89\n\n  Amount  5000 EUR\n  To      DE89\n",
            "until 2026-11-21T20:00:05",
            &format!("  http://approve.localhost:8081/held/{id}?handoff="),
            "\u{2580}",
            &format!("\n  Countersign-Release: {credential}\n"),
            &format!("{command}Countersign-Release: {credential}\nPrefer: wait=300\nEND\n"),
        ] {
            assert!(text.contains(part), "no `{part}` in:\n{text}");
        }
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("curl ")).collect();
        assert!(lines.len() == 1 && !lines[0].contains(secret), "{lines:?}");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        // What it tells is what works.
        let own = [("X-Forwarded-User", "alice"), ("Countersign-Release", credential)];
        let state = office.ask(&format!("GET /.countersign/api/v1/held/{id}"), &own, b"").await;
        assert_eq!(json(&state.body)["authenticators"][0]["id"], alice.totp.as_str());
    }
}

#[tokio::test]
async fn what_is_never_shown_is_not_in_the_command() {
    let office = Office::with(Setup { policies: MASKED, ..Setup::default() }).await;
    office.person("alice").await;
    let fields = [FORM, PLAIN, ("X-Forwarded-User", "alice")];
    let answer = office.ask("POST /transfer?pin=1234", &fields, b"amount=5&iban=DE89").await;
    let text = answer.text();
    assert!(text.contains("\ncurl -X POST -H @- \"$URL\" <<'END'\n") && !text.contains("1234"), "{text}");
}

#[tokio::test]
async fn a_refusal_is_readable_in_the_terminals_language() {
    let office = Office::start().await;
    office.person("alice").await;
    for (line, user, language, status, words) in [
        ("POST /forbidden", "alice", "en", 403, "A policy does not allow this: Delete the ledger.\n"),
        ("POST /forbidden", "alice", "de", 403, "Delete the ledger"),
        ("GET /.countersign/nothing", "alice", "en", 404, "There is nothing here\n\nWhat you asked for"),
        ("POST /transfer", "nobody", "fr", 401, "nobody"),
    ] {
        let fields = [PLAIN, ("X-Forwarded-User", user), ("Accept-Language", language)];
        let answer = office.ask(line, &fields, b"").await;
        let (text, kind) = (answer.text(), answer.field("content-type"));
        assert_eq!((answer.status, kind), (status, Some("text/plain; charset=utf-8")), "{text}");
        assert_eq!(answer.field("content-language"), Some(language));
        assert!(text.contains(words) && text.contains("ref_") && !text.contains('<'), "{text}");
    }
}

#[tokio::test]
async fn who_names_no_text_gets_a_document() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let axios = ("Accept", "application/json, text/plain, */*");
    for more in [&[][..], &[("Accept", "*/*")], &[axios], &[PLAIN, ("Sec-Fetch-Site", "same-origin")]] {
        let fields = [&[FORM, ("X-Forwarded-User", "alice")], more].concat();
        let answer = office.ask("POST /transfer", &fields, b"amount=1").await;
        assert_eq!(answer.field("content-type"), Some("application/problem+json"), "{more:?}");
        held(&answer, "POST /transfer", "bank.test", alice.who());
    }
}

#[tokio::test]
async fn a_bearer_token_is_challenged_and_the_status_stays() {
    let office = Office::start().await;
    office.person("alice").await;
    for (authorization, challenged) in
        [(None, false), (Some("Basic YTpi"), false), (Some("bearer abc"), true), (Some("Bearer"), false)]
    {
        let mut fields = vec![FORM, ("X-Forwarded-User", "alice")];
        fields.extend(authorization.map(|line| ("Authorization", line)));
        let answer = office.ask("POST /transfer", &fields, b"amount=1").await;
        assert_eq!(answer.status, 403, "{authorization:?}: {}", answer.text());
        let challenge = answer.field("www-authenticate");
        assert_eq!(challenge.is_some(), challenged, "{authorization:?}");
        if let Some(challenge) = challenge {
            let url = json(&answer.body)["held"]["url"].as_str().unwrap().to_owned();
            assert!(
                challenge.starts_with("Bearer error=\"insufficient_user_authentication\", "),
                "{challenge}"
            );
            assert!(challenge.ends_with(&format!(", error_uri=\"{url}\"")), "{challenge}");
            assert!(!challenge.contains("abc"), "{challenge}");
        }
    }
    // Who is told to look again is refused nothing.
    let token = ("Authorization", "Bearer abc");
    let fields = [FORM, ("X-Forwarded-User", "alice"), token, ("Prefer", "respond-async")];
    let answer = office.ask("POST /transfer", &fields, b"amount=1").await;
    assert_eq!((answer.status, answer.field("www-authenticate")), (202, None));
}
