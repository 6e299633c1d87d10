//! Is each step of the readings needed? Without it, some vector must be taken for something harmless.

use countersign::policy::source::{AppFacts, SourceFile, read};
use countersign::request::readings::steps::{Reading, STEPS, Step, closure};

use crate::harness::corpus::{POLICIES, vectors};

/// The method and target of a vector whose danger is in its target.
fn targets() -> Vec<(String, String, String, String)> {
    let mut out = Vec::new();
    for vector in ["bypass.jsonl", "more.jsonl"].into_iter().flat_map(vectors) {
        let Some(raw) = &vector.raw else { continue };
        // A cookie is no part of the target.
        if vector.id == "query-019" || !["path", "query", "approval-spoof"].contains(&vector.class.as_str()) {
            continue;
        }
        let line = String::from_utf8_lossy(raw.split(|byte| *byte == b'\r').next().unwrap()).into_owned();
        let [method, target, _] = line.split(' ').collect::<Vec<_>>()[..] else { continue };
        if target.starts_with('/') && target.is_ascii() && !target.contains(['\\', '#']) {
            let body = raw.windows(4).position(|four| four == b"\r\n\r\n").map_or(raw.len(), |at| at + 4);
            let body = String::from_utf8_lossy(&raw[body..]).into_owned();
            out.push((vector.id.clone(), method.to_owned(), target.to_owned(), body));
        }
    }
    out
}

#[test]
fn each_step_of_the_readings_is_needed() {
    let policies = read(&[SourceFile::new("policies.toml", POLICIES)], &[AppFacts::named("app")]).unwrap();
    let policies = policies.for_app("app").unwrap();
    let found = |method: &str, target: &str, body: &str, steps: &[Step]| {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let decisive = |reading: &Reading| {
            let given = reading.query.to_ascii_lowercase();
            match reading.path.to_ascii_lowercase() {
                path if path.contains("export") => given.contains('f') || body.contains("full"),
                path if path.contains("transfer") => given.contains("5000") || body.contains("5000"),
                _ => true,
            }
        };
        let readings = closure(path, query, steps).unwrap();
        readings.iter().any(|reading| !policies.route(method, &reading.path).is_none() && decisive(reading))
    };
    let targets = targets();
    assert!(targets.len() > 150, "{}", targets.len());
    for (id, method, target, body) in &targets {
        assert!(found(method, target, body, &STEPS), "{id}: {method} {target} is not found with all steps");
    }
    let mut needless = Vec::new();
    for (left_out, step) in STEPS.iter().enumerate() {
        let kept: Vec<Step> =
            STEPS.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, step)| *step).collect();
        let lost: Vec<&str> = targets
            .iter()
            .filter(|(_, method, target, body)| !found(method, target, body, &kept))
            .map(|(id, ..)| id.as_str())
            .collect();
        println!("without {}: {}", step.name, lost.join(" "));
        needless.extend(lost.is_empty().then_some(step.name));
    }
    // The patterns of policies are matched without the ends of segments, so that this one is secured twice.
    assert_eq!(needless, ["ends of segments trimmed"], "no vector needs them");
}
