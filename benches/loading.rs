//! What policies cost before a request comes: time to read and check ten thousand, memory of each, and the largest condition that may
//! be loaded on the largest body that is read.
//!
//! Run with `make bench`. Prints figures and compares nothing: they are for the README.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark reads the clock, and prints what it measured"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use countersign::base::time::Timestamp;
use countersign::policy::source::{self, AppFacts, SourceFile};
use countersign::policy::{Facts, PolicySet};
use countersign::request::fields::{FieldValue, Fields, Place};

/// Policies as people write them, with a field, a condition, words and steps.
fn text(count: usize) -> String {
    let mut text = String::from("app = \"bank\"\n");
    for number in 0..count {
        let path = match number % 4 {
            0 => format!("/section{number}/{{id}}/delete"),
            1 => format!("/{{tenant}}/orders{number}/{{id}}"),
            2 => format!("/**/name{number}/{{id}}"),
            _ => format!("/api/v1/resource{number}/{{id}}"),
        };
        text.push_str(&format!(
            "[[policy]]\nid = \"p{number}\"\nmatch = {{ methods = [\"POST\"], path = \"{path}\", fields = {{ amount = {{ over = 1000 }} }} }}\n\
             unless = '\"treasury\" in user.groups'\nsummary = \"Change {{id}} by {{amount}}\"\nshow = {{ Amount = \"{{amount}} EUR\" }}\n\
             [policy.approve]\nsteps = [{{ self = [\"totp\"] }}]\n"
        ));
    }
    text
}

fn load(text: &str) -> Option<PolicySet> {
    source::read(&[SourceFile::new("bench.toml", text)], &[AppFacts::named("bank")]).ok()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn timed<T>(rounds: usize, mut work: impl FnMut() -> T) -> Duration {
    let round = |_| {
        let begun = Instant::now();
        black_box(work());
        begun.elapsed()
    };
    median((0..rounds).map(round).collect())
}

/// A JSON body of ten thousand members.
fn body() -> Fields {
    let mut body = Fields::default();
    let mut push = |name: String, value: FieldValue| body.push(Place::Json, name, value);
    push(String::new(), FieldValue::Composite);
    push("/items".to_owned(), FieldValue::Composite);
    for item in 0..2_500 {
        push(format!("/items/{item}"), FieldValue::Composite);
        push(format!("/items/{item}/name"), FieldValue::Text(format!("n{item}")));
        push(format!("/items/{item}/tags"), FieldValue::Composite);
        push(format!("/items/{item}/tags/0"), FieldValue::Text("t".to_owned()));
    }
    body
}

fn judged(condition: &str) -> Option<Duration> {
    let text = format!(
        "app = \"bank\"\n[[policy]]\nid = \"a\"\nmatch = {{ path = \"/a\" }}\nwhen = '''{condition}'''\nsummary = \"A {{= path}}\"\n"
    );
    let set = load(&text)?;
    let (body, query) = (body(), Fields::default());
    let facts = Facts {
        method: "POST",
        host: "h",
        path: "/a",
        query: &query,
        body: Some(&body),
        cookies: None,
        headers: &[],
        content_type: Some("application/json"),
        user: "u",
        groups: &[],
        client: std::net::Ipv4Addr::LOCALHOST.into(),
        now: Timestamp::from_millis(0),
    };
    let bank = set.for_app("bank")?;
    Some(timed(9, || bank.rule(&facts)))
}

fn main() {
    for count in [10, 1_000, 10_000, 100_000] {
        let text = text(count);
        let rounds = if count > 10_000 { 3 } else { 9 };
        let time = timed(rounds, || load(&text));
        let mut set = None;
        let memory = measure(|| set = load(&text));
        let loaded = set.as_ref().map_or(0, |set| set.policies().count());
        let each = memory.bytes_current / i64::try_from(count).unwrap_or(i64::MAX);
        println!("load and check {loaded:>6} policies: {time:>10.2?}, {each} bytes for each policy");
    }
    let all = "json.items.all(i, i.name != 'x' && i.tags.all(t, t != i.name))";
    for (what, condition) in [
        ("one loop", "json.items.all(i, i.name != 'x')".to_owned()),
        ("a loop in a loop", all.to_owned()),
        ("as many loops as are allowed", [all; 3].join(" && ")),
    ] {
        println!(
            "condition with {what}, body of 10,000 members: {:.2?}",
            judged(&condition).unwrap_or_default()
        );
    }
}
