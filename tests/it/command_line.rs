//! Question: does the real binary keep the command line's promises: exit codes, the same answers with and without a server, files
//! that verify, and a demonstration that is there at once?

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use countersign::base::time::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::harness::process::{Printed, SEED, Server, Site, ask, between, code, held, request};
use crate::harness::upstream::Origin;

#[tokio::test]
async fn check_says_every_fault_and_ends_with_its_code() {
    let origin = Origin::ok().await;
    let site = Site::new(origin.address, "", "");
    let good = site.run(&["check", "-c"]);
    assert_eq!((good.code, good.err.as_str()), (0, ""));
    assert!(
        good.out.contains("no fault; 1 application, 2 policies\n  bank: transfer, upload\n"),
        "{}",
        good.out
    );
    let json = site.run(&["check", "-c", "--format", "json"]);
    assert_eq!(json, Printed { code: 0, out: "[]\n".to_owned(), err: String::new() });

    let text = std::fs::read_to_string(site.config()).unwrap();
    let spoilt =
        text.replace("data_dir", "datadir").replace("url = \"http://localhost:8081\"", "url = \"nowhere\"");
    std::fs::write(site.config(), spoilt).unwrap();
    let found = site.run(&["check", "-c"]);
    assert_eq!((found.code, found.err.as_str()), (1, ""));
    assert!(
        found.out.contains("`datadir`") && found.out.contains("`nowhere` is not an origin"),
        "{}",
        found.out
    );
    assert!(found.out.contains("countersign.toml:6:1") && !found.out.contains('\u{1b}'), "{}", found.out);
    let json = site.run(&["check", "-c", "--format", "json"]);
    let faults: Vec<Value> = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.code, faults.len(), &faults[0]["line"]), (1, 2, &6.into()), "{}", json.out);
    // What would run with it says the same, and makes nothing.
    for line in [&["serve", "-c"][..], &["user", "list", "-c"], &["audit", "verify", "-c"]] {
        let refused = site.run(line);
        assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{line:?}");
        assert!(
            refused.err.contains("`datadir`") && refused.err.contains("`nowhere`"),
            "{line:?}: {}",
            refused.err
        );
    }
    assert!(!site.data().exists());
    let missing = site.run(&["check", "--config", "/nowhere.toml"]);
    assert!(missing.code == 1 && missing.out.contains("cannot be read"), "{missing:?}");
}

#[test]
fn a_wrong_command_line_ends_with_two() {
    let origin = SocketAddr::from(([127, 0, 0, 1], 9));
    let site = Site::new(origin, "", "");
    for line in [
        &["frobnicate"][..],
        &["user"],
        &["user", "add"],
        &["emergency", "issue", "a", "--uses", "0"],
        &["check", "--format", "xml"],
    ] {
        let refused = site.run(line);
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{line:?}");
        assert!(refused.err.contains("--help"), "{line:?}: {}", refused.err);
    }
    for line in [&["--help"][..], &["serve", "--help"], &["--version"]] {
        let told = site.run(line);
        assert!(told.code == 0 && told.out.contains("countersign"), "{line:?}: {told:?}");
    }
}

/// What changes and what asks, of a user.
fn commands(user: &str) -> Vec<Vec<String>> {
    let seed = SEED;
    [
        format!("user add {user} --group finance --email {user}@example.com"),
        format!("user add {user}"),
        format!("token add totp {user} --secret {seed} --label Phone"),
        format!("token add totp {user} --secret 1234"),
        "token add totp nobody".to_owned(),
        format!("emergency issue {user} --uses 2 --until 2999-01-01T00:00:00Z"),
        format!("emergency issue {user} --until 2020-01-01T00:00:00Z"),
        format!("user unblock {user}"),
        format!("user show {user}"),
        format!("token list {user}"),
        "token revoke auth_none".to_owned(),
        "user show nobody".to_owned(),
        "receipt export held_01JD0000000000000000000000".to_owned(),
        "receipt export x".to_owned(),
    ]
    .iter()
    .map(|line| line.split(' ').map(str::to_owned).chain(["-c".to_owned()]).collect())
    .collect()
}

/// The answers without what differs by nature: names, ids, instants, random codes.
fn answers(site: &Site, user: &str) -> Vec<(i32, String, String)> {
    let plain = |text: String| {
        let text = text.replace(user, "USER");
        let words = text.split_inclusive([' ', '\n', '=']).map(|word| {
            let bare = word.trim_end();
            let random = bare.len() == 19 && bare.bytes().filter(|b| *b == b'-').count() == 3;
            if bare.starts_with("auth_0") || random || bare.parse::<Instant>().is_ok() { "…" } else { word }
        });
        words.collect::<String>()
    };
    let run = |line: &Vec<String>| {
        let printed = site.run(&line.iter().map(String::as_str).collect::<Vec<_>>());
        let undrawn: String =
            printed.out.split_inclusive('\n').filter(|line| !line.starts_with('█')).collect();
        (printed.code, plain(undrawn), plain(printed.err))
    };
    commands(user).iter().map(run).collect()
}

struct Instant;

impl std::str::FromStr for Instant {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let made = text.len() == 20 && text.starts_with("20") && text.ends_with('Z');
        if made { Ok(Self) } else { Err(()) }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_the_same_with_and_without_a_server() {
    let origin = Origin::ok().await;
    let site = Site::new(origin.address, "", "");
    let without = answers(&site, "alice");
    let server = site.serve().await;
    let with = answers(&site, "bobby");
    assert_eq!(with, without);
    let codes: Vec<i32> = with.iter().map(|(code, ..)| *code).collect();
    assert_eq!(codes, [0, 1, 0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1], "{with:?}");
    for (code, out, err) in &with {
        assert_eq!((*code == 0, *code == 1), (err.is_empty(), out.is_empty()), "{out}{err}");
    }
    let id = released(&site, &server, "alice").await;
    let questions = [
        &["user", "list", "-c"][..],
        &["user", "list", "--format", "json", "-c"],
        &["user", "show", "bobby", "--format", "json", "-c"],
        &["token", "list", "alice", "--format", "json", "-c"],
        &["audit", "list", "-c"],
        &["audit", "list", "--from", "3", "--limit", "2", "--format", "json", "-c"],
        &["audit", "export", "-c"],
        &["audit", "verify", "-c"],
        &["receipt", "export", &id, "-c"],
    ];
    let ask_all = || questions.iter().map(|line| site.run(line)).collect::<Vec<_>>();
    let running = ask_all();
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(site.data().join("control.sock")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    server.stop().await;
    for ((line, before), after) in questions.iter().zip(&running).zip(ask_all()) {
        assert_eq!(*before, after, "{line:?}");
        assert_eq!((after.code, after.err.as_str()), (0, ""), "{line:?}");
        assert!(!after.out.is_empty());
    }
    // A killed server leaves its socket; the store answers all the same.
    let server = site.serve().await;
    server.kill();
    assert!(site.data().join("control.sock").exists());
    assert_eq!(site.run(questions[0]), running[0]);
}

/// Carries one transfer of `user` through to its delivery; the id of the held request.
async fn released(site: &Site, server: &Server, user: &str) -> String {
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let who = ("X-Forwarded-User", user);
    let told = ask(server.app, &request("POST", "/transfer", &[who, form], b"amount=5000&iban=DE89")).await;
    let held = held(&told);
    let id = held["id"].as_str().unwrap().to_owned();
    let refused = site.run(&["receipt", "export", &id, "-c"]);
    assert_eq!(
        (refused.code, refused.err.as_str()),
        (1, "countersign: no such held request has been released\n")
    );
    let credential = told.field("countersign-approval").unwrap();
    let all = held["authenticators"].as_array().unwrap();
    let totp = &all.iter().find(|one| one["kind"] == "totp").unwrap()["id"];
    let body = json!({ "authenticator": totp, "code": code() }).to_string();
    let headers = [who, ("Countersign-Release", credential), ("Content-Type", "application/json")];
    let target = format!("/.countersign/api/v1/held/{id}/answers");
    let answer = ask(server.app, &request("POST", &target, &headers, body.as_bytes())).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = ask(server.app, &request("POST", "/transfer", &headers[..2], b"")).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "ok"));
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_exported_verifies_until_a_byte_is_changed() {
    let origin = Origin::ok().await;
    let site = Site::new(origin.address, "", "");
    site.enrol(&["alice".to_owned()]).await;
    let server = site.serve().await;
    let id = released(&site, &server, "alice").await;
    let jwks = ask(server.app, &request("GET", "/.countersign/jwks.json", &[], b"")).await;
    let file = |name: &str, text: &str| {
        let path = site.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let keys = file("jwks.json", &jwks.text());
    let exported = site.run(&["receipt", "export", &id, "-c"]).out;
    // The very receipt that the application got.
    let receipt = origin.only().one("countersign-receipt").to_owned();
    assert!(exported.contains(&receipt), "{exported}");
    let path = file("receipt.json", &exported);
    let good = site.run(&["receipt", "verify", &path, "--jwks", &keys]);
    assert_eq!((good.code, good.err.as_str()), (0, ""), "{}", good.out);
    assert!(
        good.out.starts_with("the receipt is good\n") && good.out.contains(&id) && good.out.contains("alice"),
        "{}",
        good.out
    );
    // One byte of its head, of what it states, of its signature.
    let place = exported.find(&receipt).unwrap();
    let dots: Vec<usize> = receipt.match_indices('.').map(|(at, _)| at).collect();
    for at in [
        2,
        dots[0] - 1,
        dots[0] + 1,
        usize::midpoint(dots[0], dots[1]),
        dots[1] - 3,
        dots[1] + 1,
        receipt.len() - 2,
    ] {
        let mut bytes = exported.clone().into_bytes();
        bytes[place + at] ^= 1;
        let path = file("changed.json", &String::from_utf8(bytes).unwrap());
        for line in [&["receipt", "verify", &path][..], &["receipt", "verify", &path, "--jwks", &keys]] {
            let refused = site.run(line);
            assert_eq!((refused.code, refused.out.as_str()), (1, ""), "byte {at}: {line:?}");
            assert!(refused.err.starts_with("countersign: "), "{}", refused.err);
        }
    }

    let export = site.run(&["audit", "export", "-c"]).out;
    let verified = site.run(&["audit", "verify", "-c"]);
    let log = file("log.jsonl", &export);
    assert_eq!(site.run(&["audit", "verify", &log]), verified);
    assert_eq!(verified.code, 0);
    let head = verified.out.trim().rsplit(' ').next().unwrap();
    assert_eq!(site.run(&["audit", "verify", &log, "--head", head]), verified);
    for (word, other) in [
        ("\"delivered\"", "\"delivereD\""),
        ("DE89", "DE88"),
        ("user:alice", "user:alicf"),
        ("\"number\":3", "\"number\":4"),
    ] {
        assert!(export.contains(word), "{export}");
        let log = file("changed.jsonl", &export.replacen(word, other, 1));
        let refused = site.run(&["audit", "verify", &log]);
        assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{word}");
        assert!(refused.err.starts_with("countersign: line "), "{}", refused.err);
    }
    let lines: Vec<&str> = export.lines().collect();
    let shorter = file("shorter.jsonl", &lines[..lines.len() - 1].join("\n"));
    assert_eq!(site.run(&["audit", "verify", &shorter, "--head", head]).code, 1, "its end is missing");
}

/// Tests that run beside this one share the machine: one start of three must be quick, and all must be right.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demonstration_is_there_at_once() {
    let mut took = Vec::new();
    while took.len() < 3 && took.iter().all(|took| *took >= 2000) {
        took.push(demonstrate().await);
    }
    println!("welcome and first page after {took:?} ms");
    assert!(took.iter().any(|took| *took < 2000), "it took {took:?} ms");
}

/// Starts it, looks around, and stops it; how many milliseconds the welcome and the first page took.
async fn demonstrate() -> i64 {
    let clock = SystemClock::default();
    let begun = clock.now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["demo", "--listen", "127.0.0.1:0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut welcome = String::new();
    while !welcome.contains("Ctrl-C to end") {
        welcome.push_str(&lines.next().expect("a whole welcome").unwrap());
        welcome.push('\n');
    }
    let address: SocketAddr = between(&welcome, "The bank     http://", " ").parse().unwrap();
    let page =
        ask(address, &request("GET", "/", &[("Host", &address.to_string()), ("Accept", "text/html")], b""))
            .await;
    let took = clock.now().millis() - begun.millis();
    assert!(matches!(page.status, 200 | 302 | 303), "{}", page.head);
    let folder = between(&welcome, "Files        ", ",").to_owned();
    assert!(std::path::Path::new(&folder).join("countersign.toml").exists());
    let list = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["audit", "verify", "--config", &format!("{folder}/countersign.toml")])
        .output()
        .unwrap();
    assert!(list.status.success(), "{list:?}");
    // Enter prints the current codes.
    child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    let codes = lines.next().unwrap().unwrap();
    assert!(codes.contains("alice ") && codes.contains("each code works once"), "{codes}");
    // Asked to stop, it ends well and leaves nothing behind.
    assert!(Command::new("kill").arg(pid.to_string()).status().unwrap().success());
    let ended = tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap();
    assert_eq!(ended.code(), Some(0));
    assert!(!std::path::Path::new(&folder).exists());
    took
}
