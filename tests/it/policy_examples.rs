//! Question: are the examples that people copy without fault, and do they do what their tables say?
//!
//! Every folder in `policies/examples` is taken; a new one needs nothing here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser as _;
use countersign::base::time::{Clock, ManualClock, Timestamp};
use countersign::cli::{Cli, Command, Format, check, policy};

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/examples");
    let mut examples: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    examples.sort();
    assert!(examples.len() >= 2, "{examples:?}");
    examples
}

#[test]
fn every_example_is_without_fault_and_warning() {
    for example in examples() {
        let mut out = Vec::new();
        let good =
            check::run(&example.join("countersign.toml"), Format::Human, true, false, &mut out).unwrap();
        assert!(good, "{}\n{}", example.display(), String::from_utf8_lossy(&out));
    }
}

#[test]
fn every_example_does_what_its_table_says() {
    for example in examples() {
        let config = example.join("countersign.toml").display().to_string();
        let line = ["countersign", "policy", "test", "--require-coverage", "--config", &config];
        let Command::Policy(args) = Cli::try_parse_from(line).unwrap().command else { panic!("the command") };
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::from_millis(0)));
        let mut out = Vec::new();
        let good = policy::run(&args, &clock, &mut out).unwrap();
        assert!(good, "{}\n{}", example.display(), String::from_utf8_lossy(&out));
    }
}
