//! A policy file: all its faults at once, or a set that answers.

#![no_main]

use countersign::policy::source::{AppFacts, SourceFile, read};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let apps = [AppFacts::named("app")];
    match read(&[SourceFile::new("policy.toml", text)], &apps) {
        Ok(set) => drop(set.for_app("app").map(|policies| policies.route("GET", "/a/b"))),
        Err(faults) => assert!(!faults.is_empty()),
    }
});
