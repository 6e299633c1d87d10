//! Question: do policies change as one, while requests are decided, and only ever to a whole good set?

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::config::{self, Snapshot};
use countersign::flow::policies::Renewed;
use countersign::policy::source::AppFacts;

use crate::harness::office::{FORM, Office, Setup, json, request};
use crate::harness::raw::{Client, PATIENCE};

const BASE: &str = r#"
[[policy]]
id = "base"
match = { methods = ["DELETE"], path = "/base" }
summary = "Delete the base"
"#;

/// Two files that hold together: `/forbidden` is denied by both, `/a` held by both.
fn set(word: &str, factor: &str) -> [(&'static str, String); 2] {
    let file = |id: &str| {
        format!(
            r#"app = "bank"
[[policy]]
id = "{id}-never"
effect = "deny"
match = {{ methods = ["POST"], path = "/forbidden" }}
summary = "{id} of {word}"

[[policy]]
id = "{id}"
match = {{ methods = ["POST"], path = "/a" }}
summary = "{id} of {word}"
[policy.approve]
steps = [{{ self = ["{factor}"] }}]
"#
        )
    };
    [("one.toml", file("one")), ("two.toml", file("two"))]
}

async fn office() -> Arc<Office> {
    Arc::new(Office::with(Setup { policies: BASE, ..Setup::default() }).await)
}

fn folder(office: &Office) -> PathBuf {
    office.settings().parent().unwrap().join("policies")
}

fn write(office: &Office, files: &[(&str, String)]) {
    for (name, text) in files {
        std::fs::write(folder(office).join(name), text).unwrap();
    }
}

/// What the admin listener says.
async fn said(office: &Office, line: &str) -> String {
    let admin = office.running().admin.unwrap();
    let answer = Client::connect(admin).await.ask(request(line, &[], b"")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text()
}

/// Waits for the watcher, which looks twice a second.
async fn until(what: &str, mut reached: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !reached().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{what} in time"));
}

fn revision(office: &Office) -> String {
    office.running().flows.policy_status().revision
}

fn faulty(office: &Office) -> bool {
    office.running().flows.policy_status().faulty.is_some()
}

/// Writes a good set and waits until it is in force.
async fn put(office: &Office, files: &[(&str, String)]) {
    let before = revision(office);
    write(office, files);
    until("the new set", async || revision(office) != before).await;
}

/// Why `/forbidden` is refused.
async fn verdict(office: &Office) -> String {
    let answer = office.ask("POST /forbidden", &[("X-Forwarded-User", "alice"), FORM], b"").await;
    assert_eq!((answer.status, answer.problem().as_str()), (403, "denied-by-policy"), "{}", answer.text());
    json(&answer.body)["detail"].as_str().unwrap().to_owned()
}

fn words(word: &str) -> String {
    format!("A policy does not allow this: one of {word}; two of {word}.")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_by_one_whole_set() {
    let office = office().await;
    put(&office, &set("A", "totp")).await;
    let done = Arc::new(AtomicBool::new(false));
    let mut hammering = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let (office, done) = (office.clone(), done.clone());
        hammering.spawn(async move {
            let mut verdicts = Vec::new();
            loop {
                let last = done.load(Ordering::SeqCst);
                let verdict = verdict(&office).await;
                if verdicts.last() != Some(&verdict) {
                    verdicts.push(verdict);
                }
                if last {
                    return verdicts;
                }
            }
        });
    }
    let whole = set("B", "totp");
    let (name, text) = &whole[0];
    let half = [(*name, text[..text.len() / 2].to_owned())];
    for broken in
        [&half[..], &[(*name, String::new())], &[(*name, "app = \"bank\"\n[[policy]]\n".to_owned())]]
    {
        let judged = metric(&office, "refused").await;
        write(&office, broken);
        until("a fault", async || metric(&office, "refused").await > judged).await;
        assert_eq!(verdict(&office).await, words("A"));
    }
    put(&office, &whole).await;
    assert_eq!(verdict(&office).await, words("B"));
    // The folder is gone, and comes back empty.
    let (here, aside) = (folder(&office), folder(&office).with_extension("aside"));
    for empty in [false, true] {
        let judged = metric(&office, "refused").await;
        std::fs::rename(&here, &aside).unwrap();
        if empty {
            std::fs::create_dir(&here).unwrap();
        }
        until("a fault", async || metric(&office, "refused").await > judged).await;
        assert_eq!(verdict(&office).await, words("B"));
        if empty {
            std::fs::remove_dir(&here).unwrap();
        }
        std::fs::rename(&aside, &here).unwrap();
        until("the old set again", async || !faulty(&office)).await;
    }
    put(&office, &set("A", "totp")).await;
    done.store(true, Ordering::SeqCst);
    for verdicts in hammering.join_all().await {
        assert_eq!(verdicts, [words("A"), words("B"), words("A")]);
    }
}

/// How many sets were read again with this result.
async fn metric(office: &Office, result: &str) -> u32 {
    let text = said(office, "GET /metrics").await;
    let line = format!("countersign_policy_reload_total{{result=\"{result}\"}} ");
    text.lines().find_map(|found| found.strip_prefix(&line)).map_or(0, |count| count.parse().unwrap())
}

#[tokio::test]
async fn a_faulty_set_is_reported_until_it_is_mended() {
    let office = office().await;
    let ready = said(&office, "GET /readyz").await;
    assert_eq!(ready.lines().next(), Some("ready"));
    let first = revision(&office);
    assert!(ready.contains(&format!("4 of revision {first} in force since 2026-11-21T19:50:05Z")), "{ready}");
    office.next_code();
    put(&office, &set("A", "totp")).await;
    let second = revision(&office);
    let ready = said(&office, "GET /readyz").await;
    assert!(
        ready.contains(&format!("8 of revision {second} in force since 2026-11-21T19:50:35Z")),
        "{ready}"
    );
    assert_eq!(ready.lines().count(), 2, "{ready}");
    assert!(said(&office, "GET /metrics").await.contains("countersign_policy_faulty 0"));

    office.next_code();
    let text = set("A", "totp")[0].1.replace("effect", "efect").replace("\"totp\"", "\"totpp\"");
    write(&office, &[("one.toml", text)]);
    until("the fault", async || faulty(&office)).await;
    let ready = said(&office, "GET /readyz").await;
    assert!(ready.contains(&format!("revision {second} in force since 2026-11-21T19:50:35Z")), "{ready}");
    let last = ready.lines().last().unwrap();
    assert!(
        last.starts_with(
            "policies: the newest files were refused at 2026-11-21T19:51:05Z, 2 faults, first: "
        ),
        "{ready}"
    );
    assert!(last.contains("one.toml:4:1: ") && last.contains("efect"), "{ready}");
    let metrics = said(&office, "GET /metrics").await;
    assert!(metrics.contains("countersign_policy_faulty 1"), "{metrics}");
    assert!(metrics.contains("countersign_policy_reload_total{result=\"good\"} 1"), "{metrics}");
    assert!(metrics.contains("countersign_policy_reload_total{result=\"refused\"} 1"), "{metrics}");

    // The same set again is no new one.
    write(&office, &set("A", "totp"));
    until("no fault", async || !faulty(&office)).await;
    assert_eq!(said(&office, "GET /readyz").await.lines().count(), 2);
    assert!(said(&office, "GET /metrics").await.contains("countersign_policy_faulty 0"));
    assert_eq!(office.audited(&["policy_loaded"]).await, 1);
}

#[tokio::test]
async fn what_is_held_keeps_the_policies_it_was_held_by() {
    let office = office().await;
    let alice = office.person("alice").await;
    put(&office, &set("A", "totp")).await;
    let held = office.hold_with("POST /a", "bank.test", alice.who(), &[FORM], b"x=1").await;
    put(&office, &set("B", "emergency")).await;
    let view = json(&office.api(&held, "GET", "", "").await.body);
    assert_eq!(view["summary"], "one of A\ntwo of A");
    assert_eq!(view["steps"][0]["self"], serde_json::json!(["totp"]));
    office.approve(&held, &alice).await;
    assert_eq!(office.release(&held).await.status, 201);
    let seen = office.only();
    let receipt = seen.one("countersign-receipt").split('.').nth(1).unwrap().to_owned();
    let claims = json(&URL_SAFE_NO_PAD.decode(receipt).unwrap());
    let (apps, mut files) = (vec![AppFacts::named("bank")], Vec::new());
    for (name, text) in set("A", "totp") {
        files.push(countersign::policy::source::SourceFile::new(name, text));
    }
    let first = countersign::policy::source::read(&files, &apps).unwrap();
    let wanted: Vec<_> = first.policies().filter(|(_, one)| !one.id.ends_with("never")).collect();
    for ((_, policy), claimed) in wanted.iter().zip(claims["policies"].as_array().unwrap()) {
        assert_eq!(
            (&claimed["id"], &claimed["revision"]),
            (&policy.id.as_str().into(), &policy.revision.as_str().into())
        );
    }
    assert_eq!((wanted.len(), claims["policies"].as_array().unwrap().len()), (2, 2));
    // A new request is held by the new ones, and she has nothing that they accept.
    let answer = office.ask("POST /a", &[("X-Forwarded-User", "alice"), FORM], b"x=1").await;
    assert_eq!(answer.problem(), "no-authenticator", "{}", answer.text());
}

#[tokio::test]
async fn a_set_that_cannot_be_audited_does_not_come_into_force() {
    let office = office().await;
    let before = revision(&office);
    write(&office, &set("A", "totp"));
    let (_, set) = config::load(&office.settings()).unwrap();
    let (file, aside) = (office.data().join("countersign.redb"), office.data().join("aside"));
    std::fs::rename(&file, &aside).unwrap();
    assert!(office.running().flows.renew(set).await.is_err());
    assert_eq!(revision(&office), before);
    std::fs::rename(&aside, &file).unwrap();
    // The watcher tries again by itself.
    until("the new set", async || revision(&office) != before).await;
    let (_, set) = config::load(&office.settings()).unwrap();
    assert_eq!(office.running().flows.renew(set).await.unwrap(), Renewed::Same);
}

#[test]
fn what_is_compared_is_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let apps = [AppFacts::named("bank")];
    let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let empty = Snapshot::take(folder.path());
    for (name, text) in set("A", "totp") {
        file(name, &text);
    }
    let full = Snapshot::take(folder.path());
    assert_ne!(empty.print(), full.print());
    assert_eq!(full.print(), Snapshot::take(folder.path()).print());
    file("one.cases.toml", "not a policy");
    assert_eq!(full.print(), Snapshot::take(folder.path()).print());
    file("one.toml", "cut");
    let cut = Snapshot::take(folder.path());
    assert_ne!(full.print(), cut.print());
    // The files have changed since; what was looked at is what counts.
    assert_eq!(full.policies(&apps).unwrap().policies().count(), 4);
    assert!(cut.policies(&apps).is_err());
    assert!(empty.policies(&apps).unwrap_err().to_string().contains("there is no policy in"));
    assert!(Snapshot::take(&folder.path().join("nowhere")).policies(&apps).is_err());
}
