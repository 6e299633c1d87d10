//! Can what was done be proven later: by the receipt the application got, by the audit log, and after a restart?

use countersign::audit::receipt::{Jwks, verify};

use crate::harness::office::{FORM, Office, json};
use crate::harness::{noise, sha256};

async fn keys(office: &Office) -> String {
    let answer = office.ask("GET /.countersign/jwks.json", &[], b"").await;
    assert_eq!((answer.status, answer.field("content-type")), (200, Some("application/jwk-set+json")));
    answer.text()
}

/// Runs the program itself against this gateway's configuration.
async fn program(office: &Office, arguments: &[&str]) -> (bool, String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.args(arguments).arg("--config").arg(office.settings());
    let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (done.status.success(), text(&done.stdout), text(&done.stderr))
}

#[tokio::test]
async fn a_receipt_states_what_was_released_and_nothing_can_be_changed_in_it() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.hold(&alice, "amount=5000&iban=DE89").await;
    office.approve(&held, &alice).await;
    assert_eq!(office.release(&held).await.status, 201);
    let receipt = office.only().one("countersign-receipt").to_owned();
    let keys = Jwks::parse(&keys(&office).await).unwrap();
    let claims = verify(&receipt, &keys).unwrap();
    assert_eq!(
        (claims.sub.as_str(), claims.jti.as_str(), claims.app.as_str()),
        ("alice", held.id.as_str(), "bank")
    );
    assert_eq!((claims.method.as_str(), claims.url.as_str()), ("POST", "http://bank.test/transfer"));
    assert_eq!(claims.digest, held.digest);
    assert_eq!(claims.iss, "http://approve.localhost:8081");
    assert_eq!(claims.summary, "Transfer 5000 EUR to DE89");
    assert_eq!(claims.policies.iter().map(|policy| policy.id.as_str()).collect::<Vec<_>>(), ["transfer"]);
    assert_eq!(
        (claims.authenticators[0].id.as_str(), claims.authenticators[0].kind.as_str()),
        (&*alice.totp, "totp")
    );
    assert_eq!(claims.iat - claims.approved_at, 30, "approved, and half a minute later released");

    for at in 0..receipt.len() {
        let mut bytes = receipt.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(verify(std::str::from_utf8(&bytes).unwrap(), &keys).is_err(), "byte {at} was changed");
    }
    let other = Office::start_with_seed(99).await;
    assert!(
        verify(&receipt, &Jwks::parse(&self::keys(&other).await).unwrap()).is_err(),
        "another gateway's keys"
    );
}

#[tokio::test]
async fn the_program_exports_and_verifies_receipts_and_the_log() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.hold(&alice, "amount=5000&iban=DE89").await;
    let (good, said, _) = program(&office, &["receipt", "export", &held.id]).await;
    assert!(!good, "it has not been released: {said}");
    office.approve(&held, &alice).await;
    assert_eq!(office.release(&held).await.status, 201);
    let (good, exported, why) = program(&office, &["receipt", "export", &held.id]).await;
    assert!(good, "{exported}{why}");
    assert_eq!(json(exported.as_bytes())["receipt"], office.only().one("countersign-receipt"));
    let file = office.data().join("receipt.json");
    let verify = ["receipt", "verify", file.to_str().unwrap()];
    std::fs::write(&file, &exported).unwrap();
    let (good, said, why) = program(&office, &verify).await;
    assert!(good && said.contains("alice") && said.contains("Transfer 5000 EUR to DE89"), "{said}{why}");
    let at = exported.find('.').unwrap() + 20;
    let mut bytes = exported.into_bytes();
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    std::fs::write(&file, bytes).unwrap();
    let (good, said, _) = program(&office, &verify).await;
    assert!(!good, "{said}");

    let (good, said, why) = program(&office, &["audit", "verify"]).await;
    assert!(good, "{said}{why}");
    let (good, log, why) = program(&office, &["audit", "export"]).await;
    assert!(good, "{log}{why}");
    let kind = |line: &str| json(line.as_bytes())["event"]["kind"].as_str().unwrap().to_owned();
    let story = ["held", "answer_accepted", "approved", "released", "delivered"];
    let told: Vec<String> = log.lines().map(kind).filter(|kind| story.contains(&kind.as_str())).collect();
    assert_eq!(told, story);
    let file = office.data().join("log.jsonl");
    let verify = ["audit", "verify", file.to_str().unwrap()];
    std::fs::write(&file, &log).unwrap();
    assert!(program(&office, &verify).await.0);
    let without = log.lines().filter(|line| kind(line) != "answer_accepted").collect::<Vec<_>>().join("\n");
    for changed in [log.replacen("5000 EUR", "9000 EUR", 1), without] {
        assert_ne!(changed, log);
        std::fs::write(&file, changed).unwrap();
        let (good, said, _) = program(&office, &verify).await;
        assert!(!good, "{said}");
    }
}

#[tokio::test]
async fn the_log_verifies_after_everything_that_can_happen() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    for reason in ["not_me", "cancelled", "it was \u{202e} \" a mistake\n"] {
        let held = office.hold(&alice, "amount=1&iban=%22%0d%0a").await;
        let body = serde_json::json!({ "reason": reason }).to_string();
        assert_eq!(office.api(&held, "POST", "/reject", &body).await.status, 200);
    }
    let held = office.hold(&alice, "amount=5000").await;
    assert_eq!(office.answer(&held, &alice.totp, "nonsense").await.status, 422);
    office.approve(&held, &alice).await;
    assert_eq!(office.release(&held).await.status, 201);
    assert_eq!(office.ask("POST /forbidden", &[("X-Forwarded-User", "alice")], b"").await.status, 403);
    let log = office.audit().await;
    let verified =
        countersign::audit::verify(log.iter().cloned().map(Ok::<_, std::convert::Infallible>), None).unwrap();
    assert_eq!(verified.count, u64::try_from(log.len()).unwrap());
    for at in 0..log.len() {
        let mut shorter = log.clone();
        shorter.remove(at);
        let lines = shorter.into_iter().map(Ok::<_, std::convert::Infallible>);
        assert!(
            at + 1 == log.len() || countersign::audit::verify(lines, None).is_err(),
            "entry {at} was removed"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_survives_a_restart() {
    let mut office = Office::start().await;
    let alice = office.person("alice").await;
    let kind = ("Content-Type", "multipart/form-data; boundary=Xx");
    let head = "--Xx\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n";
    let file: Vec<u8> = noise(3 << 20).into_iter().map(|byte| byte | 0x80).collect();
    let upload = [head.as_bytes(), &file, b"\r\n--Xx--\r\n"].concat();
    let waiting = office.hold_with("PUT /transfer", "bank.test", alice.who(), &[kind], &upload).await;
    let approved = office.hold(&alice, "amount=6000").await;
    office.approve(&approved, &alice).await;
    let done = office.hold(&alice, "amount=7000").await;
    let used = office.code();
    office.approve(&done, &alice).await;
    assert_eq!(office.release(&done).await.status, 201);
    let mut browser = office.navigate("POST /transfer", "bank.test", alice.who(), b"amount=8000").await;
    let receipt = office.only().one("countersign-receipt").to_owned();
    assert_eq!(office.answer(&waiting, &alice.totp, "000").await.status, 422);

    office.restart().await;

    assert_eq!(office.state(&waiting).await, "held");
    assert_eq!(office.state(&approved).await, "approved");
    assert_eq!(office.state(&done).await, "delivered");
    assert_eq!(office.release(&done).await.status, 409, "never twice");
    assert_eq!(office.api(&done, "GET", "/response", "").await.text(), sha256(b"amount=7000"));
    assert_eq!(office.release(&approved).await.status, 201);
    let replayed = office.hold_with("POST /transfer", "bank.test", alice.who(), &[FORM], b"amount=9").await;
    assert_eq!(office.answer(&replayed, &alice.totp, &used).await.status, 422, "a used code stays used");
    office.approve(&waiting, &alice).await;
    let answer = office.release(&waiting).await;
    assert_eq!((answer.status, answer.text()), (201, sha256(&upload)));
    // The handoff of before works still, as does the browser's key.
    let target = office.approve_by_page(&browser, &alice).await;
    assert_eq!(office.arrive(&browser, &target).await.status, 201);
    browser.cookie.clear();
    assert_eq!(office.arrive(&browser, &target).await.status, 404);
    assert_eq!(office.arrived().len(), 4);
    verify(&receipt, &Jwks::parse(&keys(&office).await).unwrap()).expect("the key is the same");
    let log = office.audit().await;
    countersign::audit::verify(log.into_iter().map(Ok::<_, std::convert::Infallible>), None).unwrap();
    assert_eq!(office.audited(&["server_started"]).await, 2);
    assert_eq!(office.audited(&["outcome_unknown"]).await, 0);
}
