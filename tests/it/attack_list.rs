//! Is each test that the list of attacks names in the tree, and does every attack name one or say why there is none?

use std::path::{Path, PathBuf};

/// The rows of `tests/attacks.md`: attack, what must come of it, and what tests it.
fn rows() -> Vec<[String; 3]> {
    let text = std::fs::read_to_string(root().join("tests/attacks.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| attack |"));
    let cells = |row: &str| -> Vec<String> {
        row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    rows.map(|row| cells(row).try_into().unwrap_or_else(|cells| panic!("three cells: {cells:?}"))).collect()
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files of tests by their stem.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with(".venv") {
            files(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs" || kind == "py") {
            found.push(path);
        }
    }
}

/// Whether `name` is a test of that file: marked as one in Rust, one of a suite's promises, or called so in Python.
fn has_test(text: &str, name: &str, is_python: bool) -> bool {
    if is_python {
        return name.starts_with("test_") && text.contains(&format!("\ndef {name}("));
    }
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let defined = |line: &str| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        line.strip_prefix("fn ")
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with('('))
    };
    let at = lines.iter().position(|line| defined(line));
    let marked = at.is_some_and(|at| {
        let above =
            lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        above.into_iter().any(|line| line.starts_with("#[test") || line.starts_with("#[tokio::test"))
    });
    // `store_contract!` makes a test of each promise that it is given by name.
    marked
        || (at.is_some()
            && text.contains("contract!")
            && lines.iter().any(|line| line.trim_end_matches(',') == name))
}

/// Whether `named`, `file::test`, is a test of the tree.
pub(crate) fn is_in_the_tree(named: &str) -> bool {
    let (file, name) = named.split_once("::").unwrap_or_else(|| panic!("{named}"));
    let mut all = Vec::new();
    for folder in ["tests/it", "tests/browser", "src"] {
        files(&root().join(folder), &mut all);
    }
    all.iter().filter(|path| path.file_stem().is_some_and(|stem| stem == file)).any(|path| {
        let python = path.extension().is_some_and(|kind| kind == "py");
        has_test(&std::fs::read_to_string(path).unwrap(), name, python)
    })
}

#[test]
fn every_attack_names_tests_that_exist() {
    let rows = rows();
    assert!(rows.len() >= 45, "{} rows", rows.len());
    let mut missing = Vec::new();
    for [attack, comes, tested] in &rows {
        if tested == "none" {
            assert!(comes.starts_with("none: ") && comes.len() > 20, "{attack}: says why nothing tests it");
            continue;
        }
        assert!(tested.starts_with('`') && tested.ends_with('`'), "{attack}: {tested}");
        for named in tested.split('`').filter(|part| !part.trim().is_empty()) {
            if !is_in_the_tree(named) {
                missing.push(named.to_owned());
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn what_is_no_test_is_not_taken_for_one() {
    let rust = "#[tokio::test]\nasync fn one() {}\n\nfn two() {}\n\n#[test]\n/// Words.\nfn three() {}\n";
    for (name, is) in [("one", true), ("two", false), ("three", true), ("on", false), ("four", false)] {
        assert_eq!(has_test(rust, name, false), is, "{name}");
    }
    assert!(
        has_test("\ndef test_one(page):", "test_one", true) && !has_test("\ndef one(page):", "one", true)
    );
}
