//! Question: do `policy test` and `policy explain` say of the example policies what the gateway does?

use std::path::Path;
use std::sync::Arc;

use clap::Parser as _;
use countersign::base::time::{Clock, ManualClock, Timestamp};
use countersign::cli::{Cli, Command, policy};
use countersign::policy::Factor;
use countersign::policy::source::{SourceFile, read};

const CONFIG: &str = r#"
policies = "POLICIES"
[server]
http = ["127.0.0.1:0"]
trusted_proxies = ["127.0.0.1/32"]
[portal]
url = "http://localhost:8081"
[[app]]
name = "bank"
hosts = ["127.0.0.1"]
upstream = "http://127.0.0.1:9000"
[app.identity]
source = "header"
user = "X-Forwarded-User"
"#;

fn example() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("policies").display().to_string()
}

/// Runs `countersign policy ARGS` with the policies of a folder.
fn run(policies: &str, args: &[&str]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("countersign.toml");
    std::fs::write(&config, CONFIG.replace("POLICIES", policies)).unwrap();
    let config = config.display().to_string();
    let line = ["countersign", "policy"].iter().chain(args).copied().chain(["--config", config.as_str()]);
    let Command::Policy(parsed) = Cli::try_parse_from(line).unwrap().command else { panic!("the command") };
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::from_millis(0)));
    let mut out = Vec::new();
    let good = policy::run(&parsed, &clock, &mut out).unwrap();
    (good, String::from_utf8(out).unwrap())
}

#[test]
fn the_examples_do_what_their_tables_say() {
    let (good, text) = run(&example(), &["test"]);
    assert!(good, "{text}");
    assert!(text.ends_with("cases, all as expected\n") && !text.starts_with("0 "), "{text}");
}

#[test]
fn a_case_that_fails_is_pointed_at() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(Path::new(&example()).join("bank.toml"), folder.path().join("bank.toml")).unwrap();
    let cases = r#"
[[case]]
name = "too large"
expect = "forward"
request = { method = "POST", url = "/transfer", form = { amount = "5000", iban = "CH1" } }
[[case]]
expect = "hold"
policies = ["another"]
request = { method = "POST", url = "/transfer", form = { amount = "5000", iban = "CH1" } }
[[case]]
expect = "hold"
summary = "Something else"
request = { method = "POST", url = "https://bank.example.com/transfer", json = { amount = 5000, iban = "CH1" } }
[[case]]
expect = "refuse"
request = { method = "POST", url = "/transfer//", form = { amount = ["5000", "1"], iban = "CH1" } }
"#;
    std::fs::write(folder.path().join("bank.cases.toml"), cases).unwrap();
    let (good, text) = run(&folder.path().display().to_string(), &["test"]);
    assert!(!good);
    for expected in [
        "expected `forward`, but it is `hold`: Transfer 5000 EUR to CH1",
        "too large",
        "decided by `large-transfer`, not by those expected",
        "the summary is `Transfer 5000 EUR to CH1`, expected `Something",
        "3 faults",
    ] {
        assert!(text.contains(expected), "`{expected}` is not in\n{text}");
    }
}

/// The keys the reader names as known when `place` holds one that nobody knows.
fn known_keys(text: &str) -> Vec<String> {
    let file = SourceFile::new("p.toml", text);
    let faults = read(&[file], &["bank".to_owned()]).unwrap_err();
    let fault = faults.iter().find(|fault| fault.message() == "unknown key `qqqqqqqqqqqqqqqqqqq`").unwrap();
    let mut keys: Vec<String> =
        fault.advice().unwrap().split('`').skip(1).step_by(2).map(str::to_owned).collect();
    keys.sort();
    keys
}

#[test]
fn the_schema_knows_the_keys_that_are_read() {
    let (good, text) = run(&example(), &["schema"]);
    assert!(good);
    let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
    let keys = |pointer: &str| {
        let mut keys: Vec<String> =
            schema.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    let odd = "qqqqqqqqqqqqqqqqqqq = 1";
    assert_eq!(keys("/properties"), known_keys(odd));
    let policy = "/$defs/policy/properties";
    assert_eq!(keys(policy), known_keys(&format!("[[policy]]\n{odd}")));
    assert_eq!(
        keys(&format!("{policy}/match/properties")),
        known_keys(&format!("[[policy]]\nmatch = {{ {odd} }}"))
    );
    assert_eq!(
        keys(&format!("{policy}/approve/properties")),
        known_keys(&format!("[[policy]]\n[policy.approve]\n{odd}"))
    );
    let operators = format!("[[policy]]\nmatch = {{ fields = {{ a = {{ {odd} }} }} }}");
    assert_eq!(keys("/$defs/test/oneOf/2/properties"), known_keys(&operators));
    let factors = &schema["$defs"]["policy"]["properties"]["approve"]["properties"]["steps"]["items"]["properties"]
        ["self"];
    assert_eq!(factors["items"]["enum"], serde_json::json!(Factor::ALL.map(Factor::as_str)));
}

#[test]
fn one_request_is_explained() {
    let explain = |args: &[&str]| run(&example(), &[&["explain"], args].concat()).1;
    let held = explain(&[
        "--method",
        "POST",
        "--url",
        "http://127.0.0.1/transfer",
        "--header",
        "Content-Type: application/x-www-form-urlencoded",
        "--body",
        "amount=5000&iban=CH1",
    ]);
    assert!(held.starts_with("hold (bank): Transfer 5000 EUR to CH1\n  policy: large-transfer@"), "{held}");
    assert!(
        held.contains("  shows: Amount: 5000 EUR\n") && held.contains("  waits: 10m; released within 5m"),
        "{held}"
    );
    assert_eq!(explain(&["--url", "/"]), "forward (bank): no policy can apply to this method and path\n");
    let odd = explain(&["--method", "POST", "--url", "/x/../transfer?amount=5000&iban=CH1"]);
    assert!(odd.starts_with("refuse (bank): servers read it in different ways"), "{odd}");
    assert!(explain(&["--url", "http://other.example/"]).starts_with("no application answers"));
}
