//! `countersign policy test` and `policy explain` on the example policies.

use std::path::Path;
use std::sync::Arc;

use clap::Parser as _;
use countersign::base::time::{Clock, ManualClock, Timestamp};
use countersign::cli::{Cli, Command, policy};

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
    let odd = explain(&["--url", "/transfer/../transfer"]);
    assert!(odd.starts_with("refuse (bank): the path holds a dot segment"), "{odd}");
    assert!(explain(&["--url", "http://other.example/"]).starts_with("no application answers"));
}
