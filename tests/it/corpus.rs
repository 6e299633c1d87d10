//! Does any request of the confusion corpus reach an application as an action that nobody approved?
//!
//! Every vector goes over a real socket to a real gateway in front of a recorder; `oracle` judges what arrived, in any reading. A control
//! follows each on the same pool of connections, so that a shifted connection shows. The corpus, and what its classes mean, is in
//! `tests/vectors/`; `more.jsonl` holds the vectors of our own.

mod front;
mod steps;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::harness::corpus::{Identity, Outcome, Vector, Way, World, vectors};
use crate::harness::tape::Manner;
use crate::oracle;

/// How many gateways run side by side.
const WORLDS: usize = 6;

/// What still gets through, and what would mend it (`tests/vectors/open.json`). Whoever mends one takes it out.
fn open() -> BTreeMap<String, String> {
    let file = format!("{}/tests/vectors/open.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

type Ran = Vec<(Vector, Result<Outcome, String>)>;

/// Runs these vectors, each on a world of its own for that time.
async fn run(identity: Identity, manner: Manner, way: Way, rows: Vec<Vector>) -> Ran {
    let (queue, done) = (Arc::new(Mutex::new(rows)), Arc::new(Mutex::new(Vec::new())));
    let workers: Vec<_> = (0..WORLDS)
        .map(|_| {
            let (queue, done) = (queue.clone(), done.clone());
            tokio::spawn(async move {
                let world = World::start(identity, manner).await;
                loop {
                    let next = queue.lock().unwrap().pop();
                    let Some(vector) = next else { break };
                    let outcome = world.run(&vector, way).await;
                    done.lock().unwrap().push((vector, outcome));
                }
                world.stop().await;
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    let mut ran = std::mem::take(&mut *done.lock().unwrap());
    ran.sort_by(|one: &(Vector, _), other| one.0.id.cmp(&other.0.id));
    ran
}

/// What is left to say, for `cargo nextest run --no-capture`; and that all are safe.
#[track_caller]
fn all_safe(ran: &Ran, at_least: usize) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (_, outcome) in ran {
        let word = match outcome {
            Ok(outcome) => format!("{outcome:?}"),
            Err(_) => "not safe".to_owned(),
        };
        *counts.entry(word).or_default() += 1;
    }
    println!("{counts:?}");
    let open = open();
    let faults: Vec<String> = ran
        .iter()
        .filter(|(vector, _)| !open.contains_key(&vector.id))
        .filter_map(|(vector, outcome)| {
            let fault = outcome.as_ref().err()?;
            Some(format!("{} ({}): {fault}", vector.id, vector.why))
        })
        .collect();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), ran.len(), faults.join("\n"));
    assert!(ran.len() >= at_least, "only {} vectors ran", ran.len());
}

fn tier1(file: &str) -> Vec<Vector> {
    vectors(file).into_iter().filter(|vector| vector.tier == 1).collect()
}

#[test]
fn the_files_are_complete() {
    assert_eq!((vectors("bypass.jsonl").len(), vectors("controls.jsonl").len()), (241, 36));
    assert!(vectors("more.jsonl").len() >= 60);
}

/// The judge sees in each vector what it is about, and nothing in a control that must pass; and it is nowhere blinder than the oracle that
/// the corpus came with, whose verdicts are `oracle.json` (`I` for `ID`).
#[test]
fn the_judge_sees() {
    let table = format!("{}/tests/vectors/oracle.json", env!("CARGO_MANIFEST_DIR"));
    let table: BTreeMap<String, String> =
        serde_json::from_str(&std::fs::read_to_string(table).unwrap()).unwrap();
    let mut compared = 0;
    for file in ["bypass.jsonl", "controls.jsonl", "more.jsonl"] {
        for vector in vectors(file) {
            let Some(raw) = &vector.raw else { continue };
            let found = oracle::actions(raw);
            let letters: String = found.iter().map(|action| &action[..1]).collect();
            let expected = &table[&vector.id];
            assert!(
                expected.chars().all(|letter| letters.contains(letter)),
                "{}: {letters} {expected}",
                vector.id
            );
            match vector.action.as_deref() {
                Some(action) if file == "more.jsonl" => assert!(found.contains(action), "{}", vector.id),
                Some(_) => assert_eq!(&letters, expected, "{}", vector.id),
                None => assert_eq!(letters, "", "{}", vector.id),
            }
            compared += 1;
        }
    }
    assert_eq!(compared, table.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_vector_gets_past_a_gateway_behind_a_proxy() {
    all_safe(&run(Identity::Header, Manner::Keeps, Way::Whole, vectors("bypass.jsonl")).await, 241);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_vector_gets_past_a_gateway_that_asks_the_application() {
    all_safe(&run(Identity::Session, Manner::Keeps, Way::Whole, vectors("bypass.jsonl")).await, 241);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn none_of_our_own_gets_past() {
    for identity in [Identity::Header, Identity::Session] {
        all_safe(&run(identity, Manner::Keeps, Way::Whole, vectors("more.jsonl")).await, 60);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_controls_are_held_or_pass() {
    for identity in [Identity::Header, Identity::Session] {
        all_safe(&run(identity, Manner::Keeps, Way::Whole, vectors("controls.jsonl")).await, 36);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_do_they_byte_by_byte() {
    all_safe(&run(Identity::Header, Manner::Keeps, Way::Bytewise, tier1("bypass.jsonl")).await, 150);
    all_safe(&run(Identity::Header, Manner::Keeps, Way::Bytewise, vectors("controls.jsonl")).await, 36);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_do_they_when_the_application_closes_each_time() {
    all_safe(&run(Identity::Header, Manner::Closes, Way::Whole, tier1("bypass.jsonl")).await, 150);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_do_they_in_chunks() {
    let rows: Vec<Vector> = vectors("bypass.jsonl").into_iter().filter_map(in_chunks).collect();
    all_safe(&run(Identity::Header, Manner::Keeps, Way::Whole, rows).await, 80);
    let rows: Vec<Vector> = vectors("controls.jsonl").into_iter().filter_map(in_chunks).collect();
    all_safe(&run(Identity::Header, Manner::Keeps, Way::Whole, rows).await, 8);
}

/// The same request with its body in chunks; none where the framing is what the vector is about.
fn in_chunks(mut vector: Vector) -> Option<Vector> {
    let raw = vector.raw.as_ref()?;
    let end = raw.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = raw[..end].to_vec();
    let body = &raw[end + 4..];
    let lines: Vec<&[u8]> = head.split(|byte| *byte == b'\n').collect();
    let is =
        |line: &[u8], name: &[u8]| line.len() > name.len() && line[..name.len()].eq_ignore_ascii_case(name);
    let lengths: Vec<&&[u8]> = lines.iter().filter(|line| is(line, b"content-length:")).collect();
    let [length] = lengths[..] else { return None };
    let stated: usize = std::str::from_utf8(&length[15..]).ok()?.trim().parse().ok()?;
    let framed = lines.iter().any(|line| is(line, b"transfer-encoding")) || vector.class == "framing";
    if stated != body.len() || body.is_empty() || framed {
        return None;
    }
    let mut bytes: Vec<u8> = lines
        .iter()
        .filter(|line| !is(line, b"content-length:"))
        .flat_map(|line| [line.strip_suffix(b"\r").unwrap_or(line), b"\r\n"].concat())
        .collect();
    bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
    for piece in body.chunks(body.len().div_ceil(2)) {
        bytes.extend([format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat());
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    vector.raw = Some(bytes);
    Some(vector)
}
