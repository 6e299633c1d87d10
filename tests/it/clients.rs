//! The clients that the README shows, run as they are in `examples/waiting`: curl in a shell, and Python with its own library.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::harness::office::{Office, json};
use crate::harness::raw::PATIENCE;
use crate::harness::sha256;

/// Runs a program with what it reads from its input, and approves at the portal meanwhile.
async fn approved_while(office: &Office, totp: &str, mut command: Command, input: String) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let ran = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let before = office.arrived().len();
    let held = async {
        loop {
            let entries = office.audit().await.into_iter().rev().map(|line| json(line.as_bytes()));
            let held = entries.map(|entry| entry["event"].clone()).find(|event| event["kind"] != "opened");
            if let Some(held) = held.filter(|event| event["kind"] == "held") {
                return held["held"].as_str().unwrap().to_owned();
            }
            tokio::task::yield_now().await;
        }
    };
    let id = tokio::time::timeout(PATIENCE, held).await.expect("held in time");
    // It waits by now, or will find it approved: either way it is released once.
    assert_eq!(office.arrived().len(), before);
    let cookie = office.open_unseen(&id).await;
    let done = office.give(&id, &cookie, totp, &office.code()).await;
    assert_eq!(done.status, 200, "{}", done.text());
    office.next_code();
    tokio::time::timeout(PATIENCE * 3, ran).await.expect("it ends in time").unwrap()
}

fn example(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/waiting").join(name)
}

#[tokio::test]
async fn the_clients_of_the_readme_get_their_answer() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let folder = tempfile::tempdir().unwrap();
    let headers = folder.path().join("headers");
    std::fs::write(&headers, "Host: bank.test\nX-Forwarded-User: alice\n").unwrap();
    let url = format!("http://{}/transfer", office.running().http[0]);
    let body = "amount=5000&iban=DE89";

    let mut shell = Command::new("sh");
    shell.arg(example("held.sh")).args(["POST", &url, "-d", body]).env("HEADERS", &headers);
    let ran = approved_while(&office, &alice.totp, shell, String::new()).await;
    let (out, err) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
    assert!(ran.status.success() && out == sha256(body.as_bytes()), "{out}\n{err}");
    assert!(err.contains("Transfer 5000 EUR to DE89") && err.contains("/held/held_"), "{err}");
    assert!(!err.contains("Countersign-Release"), "{err}");

    let mut python = Command::new("python3");
    python.arg(example("held.py")).args(["POST", &url, body]);
    let own = serde_json::json!({
        "Host": "bank.test", "X-Forwarded-User": "alice", "Content-Type": "application/x-www-form-urlencoded",
    });
    let ran = approved_while(&office, &alice.totp, python, own.to_string()).await;
    let (out, err) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
    assert!(ran.status.success() && out.trim() == sha256(body.as_bytes()), "{out}\n{err}");
    assert!(err.contains("Approve it here: http://approve.localhost:8081/held/held_"), "{err}");
    assert_eq!(office.arrived().len(), 2, "each once");
}
