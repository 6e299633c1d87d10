//! Question: are calls and coded bodies judged by what they say, and are they forwarded as they came?
//!
//! The vectors of the corpus for GraphQL, JSON-RPC, codings, charsets and content types are put to the policies that the corpus is about; the
//! same readers then stand behind real sockets.

use std::io::Write as _;
use std::net::IpAddr;

use base64::Engine as _;
use countersign::base::dialect::Dialect;
use countersign::base::net::Scheme;
use countersign::base::time::Timestamp;
use countersign::policy::Ruling;
use countersign::policy::judge::Circumstances;
use countersign::policy::source::{AppFacts, SourceFile, read};
use countersign::request::body::{self, BodyLimits};
use countersign::request::normalise::normalise;
use countersign::request::{HeadRules, OwnedHeaders, Parts, RawHeader, Version};
use serde_json::Value;

use crate::harness::office::{Office, Setup};

/// Actions A, E and F of the corpus.
const POLICIES: &str = r#"
app = "app"
[[policy]]
id = "A"
match = { methods = ["POST"], path = "/transfer", fields = { amount = { over = 1000 } } }
summary = "Transfer {amount}"
[[policy]]
id = "E"
match = { methods = ["GET", "POST"], path = "/graphql", graphql = { kind = "mutation", fields = ["deleteUser"] } }
summary = "Delete the user {/deleteUser/id}"
[[policy]]
id = "F"
match = { path = "/rpc", rpc = { method = "tools/call", params = { name = "wipe" } } }
summary = "Call {/params/name}"
"#;

fn ruled(row: &Value) -> String {
    let set = read(&[SourceFile::new("p.toml", POLICIES)], &[AppFacts::named("app")]).unwrap();
    let raw = base64::engine::general_purpose::STANDARD.decode(row["raw_b64"].as_str().unwrap()).unwrap();
    let end = raw.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&raw[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let line: Vec<&str> = lines.next().unwrap().split(' ').collect();
    let headers: Vec<(&str, &str)> =
        lines.map(|line| line.split_once(':').unwrap()).map(|(name, value)| (name, value.trim())).collect();
    let rules = HeadRules { owned: OwnedHeaders::new([], []), dialect: Dialect::default() };
    let parts = Parts {
        version: Version::Http11,
        scheme: Scheme::Http,
        method: line[0].as_bytes(),
        target: line[1].as_bytes(),
        authority: None,
        headers: headers
            .iter()
            .map(|(name, value)| RawHeader { name: name.as_bytes(), value: value.as_bytes() }),
    };
    let refused = |reason: &str| format!("refuse: {reason}");
    let head = match normalise(&parts, &rules) {
        Ok(head) => head,
        Err(refusal) => return refused(refusal.reason()),
    };
    let app = set.for_app("app").unwrap();
    if app.concerns(&head).is_none() {
        return "pass".to_owned();
    }
    let body = match body::read(&head.content, &raw[end + 4..], &BodyLimits::new(1 << 20)) {
        Ok(body) => body,
        Err(refusal) => return refused(refusal.reason()),
    };
    let circumstances = Circumstances {
        body: Some(&body),
        user: "alice",
        groups: &[],
        client: "192.0.2.7".parse::<IpAddr>().unwrap(),
        now: Timestamp::from_millis(0),
    };
    match app.judge(&head, &circumstances) {
        Err(refusal) => refused(refusal.reason()),
        Ok(Ruling::Forward(_)) => "pass".to_owned(),
        Ok(Ruling::Hold(held)) => format!("hold: {}", held.summary),
        Ok(Ruling::Deny(_)) => "deny".to_owned(),
        Ok(Ruling::Refuse(ambiguity)) => refused(&ambiguity.reason.to_string()),
    }
}

fn rows(file: &str) -> Vec<Value> {
    let path = format!("{}/tests/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_vector_of_bodies_is_held_or_refused() {
    let classes = [
        "graphql",
        "jsonrpc",
        "content-encoding",
        "charset",
        "content-type",
        "form-body",
        "json-body",
        "multipart",
    ];
    let (mut judged, mut held, mut through) = (0, 0, Vec::new());
    for row in rows("bypass.jsonl") {
        let wanted = row["action"].as_str().is_some_and(|action| ["A", "E", "F"].contains(&action));
        if !wanted || !classes.contains(&row["class"].as_str().unwrap()) {
            continue;
        }
        judged += 1;
        let ruling = ruled(&row);
        held += usize::from(ruling.starts_with("hold"));
        if ruling == "pass" {
            through.push(format!("{} {}", row["id"], row["why"]));
        }
    }
    assert!(judged > 80 && held > 25, "{judged} judged, {held} held");
    assert!(through.is_empty(), "{through:#?}");
}

#[test]
fn vectors_that_are_understood_are_held() {
    let understood = [
        "graphql-001",
        "graphql-005",
        "graphql-006",
        "graphql-008",
        "graphql-009",
        "graphql-010",
        "graphql-013",
        "graphql-017",
        "graphql-018",
        "graphql-020",
        "jsonrpc-006",
        "jsonrpc-008",
        "jsonrpc-015",
        "content-encoding-002",
        "content-encoding-004",
        "content-type-015",
    ];
    for row in rows("bypass.jsonl").iter().filter(|row| understood.contains(&row["id"].as_str().unwrap())) {
        assert!(ruled(row).starts_with("hold: "), "{} {}", row["id"], ruled(row));
    }
}

#[test]
fn the_controls_of_calls_pass_or_are_held() {
    let mut judged = 0;
    for row in rows("controls.jsonl") {
        let target = row["raw_target"].as_str().unwrap();
        if !["/transfer", "/graphql", "/rpc"].iter().any(|path| target.starts_with(path)) {
            continue;
        }
        judged += 1;
        let ruling = ruled(&row);
        let expected = row["expect"].as_str().unwrap();
        assert!(ruling.starts_with(expected), "{} {}: {ruling}", row["id"], row["why"]);
    }
    assert_eq!(judged, 13);
}

const GATEWAY: &str = r#"
[[policy]]
id = "large-payment"
match = { methods = ["POST"], path = "/pay", fields = { amount = { over = 1000 } } }
summary = "Pay {amount} EUR"
[policy.approve]
steps = [{ self = ["totp"] }]

[[policy]]
id = "delete-user"
match = { path = "/graphql", graphql = { kind = "mutation", fields = ["deleteUser"] } }
summary = "Delete the user {/deleteUser/id}"
[policy.approve]
steps = [{ self = ["totp"] }]

[[policy]]
id = "wipe"
match = { path = "/rpc", rpc = { method = "tools/call", params = { "/name" = "wipe" } } }
summary = "Call {/params/name}"
[policy.approve]
steps = [{ self = ["totp"] }]
"#;

#[tokio::test]
async fn coded_and_called_bodies_are_forwarded_as_they_came() {
    let office = Office::with(Setup { policies: GATEWAY, ..Setup::default() }).await;
    let alice = office.person("alice").await;
    let gzip = |text: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let json = ("Content-Type", "application/json");
    let coded = ("Content-Encoding", "gzip");
    let xml = ("Content-Type", "application/xml");
    let soap = b"<pay><amount>1001</amount></pay>".to_vec();
    let held = [
        ("POST /pay", vec![json, coded], gzip(br#"{"amount":5000}"#)),
        ("POST /pay", vec![xml], soap),
        ("POST /graphql", vec![json], br#"{"query":"mutation{deleteUser(id:1){id}}"}"#.to_vec()),
        (
            "POST /rpc",
            vec![json],
            br#"[{"method":"ping"},{"method":"tools/call","params":{"name":"wipe"}}]"#.to_vec(),
        ),
    ];
    for (number, (line, fields, body)) in held.iter().enumerate() {
        let held = office.hold_with(line, "bank.test", alice.who(), fields, body).await;
        assert_eq!(office.arrived().len(), number, "{line} is held");
        office.approve(&held, &alice).await;
        assert_eq!(office.release(&held).await.status, 201, "{line}");
        let seen = office.arrived().pop().unwrap();
        assert_eq!(&seen.body, body, "{line}: the bytes that came");
        assert_eq!(
            seen.all("content-encoding").len(),
            fields.iter().filter(|field| field.0 == coded.0).count()
        );
        office.next_code();
    }
    let who = alice.who();
    let who = (who.0.as_str(), who.1.as_str());
    let before = office.arrived().len();
    let passing: [(&str, Vec<(&str, &str)>, Vec<u8>); 4] = [
        ("POST /pay", vec![json, coded, who], gzip(br#"{"amount":5}"#)),
        ("POST /graphql", vec![json, who], br#"{"query":"{me{id}}"}"#.to_vec()),
        ("POST /rpc", vec![json, who], br#"{"method":"tools/call","params":{"name":"read"}}"#.to_vec()),
        ("GET /graphql", vec![who], Vec::new()),
    ];
    for (line, fields, body) in &passing {
        assert_eq!(office.ask(line, fields, body).await.status, 201, "{line}");
        assert_eq!(&office.arrived().pop().unwrap().body, body, "{line}");
    }
    assert_eq!(office.arrived().len(), before + passing.len());
    for (line, fields, body) in [
        ("POST /pay", vec![json, coded, who], br#"{"amount":5}"#.to_vec()),
        ("POST /pay", vec![json, coded, who], gzip(&vec![b' '; 7 << 20])),
        ("POST /pay", vec![xml, who], b"<!DOCTYPE a><a/>".to_vec()),
        ("POST /graphql", vec![json, who], br#"{"id":"deleteUser_v1"}"#.to_vec()),
        ("POST /graphql", vec![json, who], br#"{"query":"mutation{"}"#.to_vec()),
        ("POST /rpc", vec![json, who], br#"{"id":1}"#.to_vec()),
        ("POST /pay", vec![("Content-Type", "application/graphql"), who], b"{a}#&amount=5000".to_vec()),
    ] {
        let answer = office.ask(line, &fields, &body).await;
        assert_eq!(answer.status, 400, "{line} {}", answer.text());
    }
    assert_eq!(office.arrived().len(), before + passing.len(), "nothing that is refused arrives");
}
