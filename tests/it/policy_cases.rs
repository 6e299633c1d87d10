//! Question: do `policy test` and `policy explain` say of the example policies what the gateway does?

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
policies = ["large-transfer-api"]
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
    let transfer = |amount: &str, more: &[&str]| {
        let body = format!("amount={amount}&iban=CH1&pin=4711");
        let form = "Content-Type: application/x-www-form-urlencoded";
        let args = [
            "--method",
            "POST",
            "--url",
            "http://127.0.0.1:8080/transfer",
            "--header",
            form,
            "--body",
            &body,
        ];
        explain(&[&args, more].concat())
    };
    let held = transfer("5000", &[]);
    assert!(held.starts_with("hold (bank): Transfer 5000 EUR to CH1\n  policy: large-transfer@"), "{held}");
    for line in [
        "  shows: Amount: 5000 EUR\n",
        "  waits: 10m; released within 5m\n",
        "  reading: POST /transfer on 127.0.0.1:8080\n",
        "  large-transfer: applies\n    yes the path is `/transfer`\n    yes the method is POST\n",
        "    yes the field `amount` is over 1000: 5000\n",
        "    yes `unless`: \"treasury\" in user.groups: false\n",
        "  5 policies are about other paths\n",
    ] {
        assert!(held.contains(line), "`{line}` is not in\n{held}");
    }
    let small = transfer("20", &[]);
    assert!(
        small.starts_with("forward (bank): no policy applies\n")
            && small.contains("no  the field `amount` is over 1000: 20\n"),
        "{small}"
    );
    let exempt = transfer("5000", &["--group", "treasury"]);
    assert!(exempt.contains("    no  `unless`: \"treasury\" in user.groups: true\n"), "{exempt}");
    let none = explain(&["--url", "/"]);
    assert!(none.starts_with("forward (bank): no policy can apply to this method and path\n"), "{none}");
    let other = explain(&["--url", "/transfer"]);
    assert!(other.contains("  about other methods of this path: large-transfer\n"), "{other}");
    let odd = explain(&["--method", "POST", "--url", "/x/../transfer?amount=5000&iban=CH1"]);
    assert!(odd.starts_with("refuse (bank): servers read it in different ways"), "{odd}");
    assert!(odd.contains("  declare: `dot_segments` under `[[app]]`"), "{odd}");
    assert!(
        odd.contains("  reading: POST /transfer on") && odd.contains("  reading: POST /x/../transfer on"),
        "{odd}"
    );
    for (url, reason) in [
        ("http://other.example/", "no application answers to `other.example`\n"),
        ("http://other.example?/127.0.0.1/", "no application answers to `other.example`\n"),
        ("http://a b/", "`a b` is not a host\n"),
    ] {
        let (good, text) = run(&example(), &["explain", "--url", url]);
        assert_eq!((good, text.as_str()), (false, reason));
    }
}

#[test]
fn an_explanation_for_programs() {
    let body = "amount=5000&iban=CH1";
    let form = "Content-Type: application/x-www-form-urlencoded";
    let args = [
        "explain",
        "--format",
        "json",
        "--method",
        "POST",
        "--url",
        "/transfer",
        "--header",
        form,
        "--body",
        body,
    ];
    let (good, text) = run(&example(), &args);
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(good && told["outcome"] == "hold" && told["decided_by"][0] == "large-transfer", "{told}");
    assert_eq!(told["prompt"]["summary"], "Transfer 5000 EUR to CH1");
    assert_eq!(
        told["prompt"]["steps"][0]["self"],
        serde_json::json!(["passkey", "push", "totp", "hotp", "email", "sms", "emergency"])
    );
    assert_eq!(
        serde_json::json!([
            told["readings"][0]["method"],
            told["readings"][0]["host"],
            told["readings"][0]["path"]
        ]),
        serde_json::json!(["POST", "127.0.0.1", "/transfer"])
    );
    let policies = told["readings"][0]["policies"].as_array().unwrap();
    let large = policies.iter().find(|policy| policy["id"] == "large-transfer").unwrap();
    assert!(large["applies"] == true && large["conditions"].as_array().unwrap().len() == 4, "{large}");
    let other = policies.iter().find(|policy| policy["id"] == "delete-payee").unwrap();
    assert_eq!(other["conditions"][0]["holds"], false);
}

#[test]
fn a_masked_value_is_not_explained() {
    let folder = tempfile::tempdir().unwrap();
    let policy = "app = \"bank\"\n[[policy]]\nid = \"a\"\nmatch = { path = \"/a\", fields = { pin = { over = 5 } } }\nsummary = \"Do {what}\"\nmask = [\"pin\"]\n";
    std::fs::write(folder.path().join("a.toml"), policy).unwrap();
    for format in ["human", "json"] {
        let args = ["explain", "--format", format, "--url", "/a?pin=4711&what=it"];
        let (_, text) = run(&folder.path().display().to_string(), &args);
        assert!(text.contains("Do it") && text.contains("masked") && !text.contains("4711"), "{text}");
    }
}

/// A folder with one policy and these cases.
fn cases(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let policy = r#"
app = "bank"
[[policy]]
id = "night"
match = { methods = ["POST"], path = "/a/{id}", clients = ["10.0.0.0/8"] }
when = "now > timestamp_of_noon"
summary = "Do {id}"
[[policy]]
id = "rest"
match = { methods = ["POST"], path = "/b/{id}" }
when = "host == 'bank.example'"
summary = "Do {id}"
"#;
    let policy = policy.replace("timestamp_of_noon", "43200");
    std::fs::write(folder.path().join("a.toml"), policy).unwrap();
    std::fs::write(folder.path().join("a.cases.toml"), text).unwrap();
    folder
}

const GOOD: &str = r#"
app = "bank"
[[case]]
name = "at night, from inside"
client = "10.1.2.3"
now = "1970-01-01T20:00:00Z"
expect = "hold"
policies = ["night"]
request = { method = "POST", url = "/a/1" }
[[case]]
name = "by day"
client = "10.1.2.3"
now = "1970-01-01T08:00:00Z"
expect = "forward"
policies = []
request = { method = "POST", url = "/a/1" }
[[case]]
name = "from outside"
client = "192.0.2.1"
now = "1970-01-01T20:00:00Z"
expect = "forward"
request = { method = "POST", url = "/a/1" }
"#;

#[test]
fn cases_say_when_and_from_where() {
    let folder = cases(GOOD);
    let path = folder.path().display().to_string();
    let (good, text) = run(&path, &["test"]);
    assert!(good && text.contains("  ok      hold: at night, from inside\n"), "{text}");
    assert!(text.ends_with("no case reaches: rest\n3 cases, all as expected\n"), "{text}");
    assert!(!run(&path, &["test", "--require-coverage"]).0);
    let (good, text) = run(&path, &["test", "by day", "--require-coverage"]);
    assert!(good && text.ends_with("1 case, all as expected\n"), "{text}");
    let (good, text) = run(&path, &["test", "nothing like it"]);
    assert!(!good && text == "no case was run\n", "{text}");
    let host = "app = \"bank\"\n[[case]]\nexpect = \"hold\"\nrequest = { method = \"POST\", url = \"https://bank.example/b/1?u=http://x\" }\n";
    let (good, text) = run(&cases(host).path().display().to_string(), &["test"]);
    assert!(good, "{text}");
}

#[test]
fn results_for_programs() {
    let folder = cases(&GOOD.replace("\"forward\"\npolicies", "\"hold\"\npolicies"));
    let (good, text) = run(&folder.path().display().to_string(), &["test", "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(!good && told["failed"] == 1 && told["uncovered"] == serde_json::json!(["rest"]), "{told}");
    let case = &told["cases"][1];
    assert_eq!((case["passed"].as_bool(), case["line"].as_u64()), (Some(false), Some(10)), "{case}");
    assert_eq!(case["problem"], "expected `hold`, but it is `forward`: no policy applies");
}

#[test]
fn a_faulty_table_is_not_run() {
    for (text, expected) in [
        (GOOD.replace("[\"night\"]", "[\"nigth\"]"), "there is no policy `nigth`"),
        (GOOD.replace("10.1.2.3", "10.1.2"), "`10.1.2` is not an address"),
        (GOOD.replace("T20:00", " 20:00"), "is not a date like"),
        (GOOD.replace("app = \"bank\"", "app = \"bnak\""), "there is no application `bnak`"),
        (GOOD.replace("name = \"by day\"", "nam = \"by day\""), "did you mean `name`?"),
    ] {
        let folder = cases(&text);
        let (good, told) = run(&folder.path().display().to_string(), &["test"]);
        assert!(!good && told.contains(expected) && !told.contains("as expected"), "{told}");
    }
    let folder = cases(GOOD);
    std::fs::rename(folder.path().join("a.cases.toml"), folder.path().join("b.cases.toml")).unwrap();
    let (good, told) = run(&folder.path().display().to_string(), &["test"]);
    assert!(!good && told.contains("b.toml` that these cases could be about"), "{told}");
}
