//! Is each test that the list of faults names in the tree, and does every fault name one?

use crate::attack_list::{is_in_the_tree, root};

#[test]
fn every_fault_names_tests_that_exist() {
    let text = std::fs::read_to_string(root().join("tests/faults.md")).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| fault |"))
        .map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert!(rows.len() >= 20, "{} rows", rows.len());
    let mut missing = Vec::new();
    for row in rows {
        let [fault, step, expected, seen, tested] = row[..] else { panic!("five cells: {row:?}") };
        assert!([fault, step, expected, seen].iter().all(|cell| !cell.is_empty()), "{row:?}");
        assert!(tested.starts_with('`') && tested.ends_with('`'), "{fault}: {tested}");
        let named = tested.split('`').filter(|part| !part.trim().is_empty());
        missing.extend(named.filter(|named| !is_in_the_tree(named)).map(str::to_owned));
    }
    assert_eq!(missing, Vec::<String>::new());
}

/// The table of promises names exactly those that the suite keeps.
#[test]
fn every_promise_of_the_contract_is_in_its_table() {
    let (table, suite) = (include_str!("../contract.md"), include_str!("store_contract.rs"));
    let told: Vec<&str> =
        table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let list = suite.split_once("contract! { $module, $engine;").unwrap().1.split_once("})*").unwrap().0;
    assert_eq!(told, list.split_whitespace().collect::<Vec<_>>());
}
