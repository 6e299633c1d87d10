//! The five languages: what is said in one is said in all, with the same values in it, and nothing that is asked for is missing.
//!
//! **Invariant:** these tests read `locales/`, `templates/` and `src/` as they lie there; a key is seen where it is written as a
//! literal: `t.say("...")`, `tell`, `tell2`, `around`, `around2`, marked with `key("...")`, or three of a refusal with
//! `words!("...")`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use countersign::base::language::Language;
use fluent_bundle::FluentResource;
use regex::Regex;

/// The messages of one file: key to body.
type Messages = BTreeMap<String, String>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The messages of `locales/<tag>/`, by file.
fn locale(language: Language) -> BTreeMap<String, Messages> {
    let dir = root().join("locales").join(language.tag());
    let entry = Regex::new(r"^([a-zA-Z][a-zA-Z0-9_-]*) *=(.*)$").unwrap();
    let mut files = BTreeMap::new();
    for file in fs::read_dir(&dir).unwrap() {
        let path = file.unwrap().path();
        let source = fs::read_to_string(&path).unwrap();
        if let Err((_, errors)) = FluentResource::try_new(source.clone()) {
            panic!("{}: {errors:?}", path.display());
        }
        let mut messages = Messages::new();
        let mut current: Option<String> = None;
        for line in source.lines() {
            if let Some(found) = entry.captures(line) {
                let key = found[1].to_owned();
                assert!(
                    messages.insert(key.clone(), found[2].to_owned()).is_none(),
                    "{key} twice in {}",
                    path.display()
                );
                current = Some(key);
            } else if line.starts_with([' ', '}']) {
                let body = current.as_ref().and_then(|key| messages.get_mut(key)).unwrap();
                body.push('\n');
                body.push_str(line);
            } else {
                assert!(line.is_empty() || line.starts_with('#'), "{}: `{line}`", path.display());
            }
        }
        files.insert(path.file_stem().unwrap().to_str().unwrap().to_owned(), messages);
    }
    files
}

fn variables(body: &str) -> BTreeSet<String> {
    Regex::new(r"\$([a-zA-Z]+)").unwrap().captures_iter(body).map(|found| found[1].to_owned()).collect()
}

/// Every file below `dir` with one of these endings.
fn sources(dir: &Path, endings: &[&str], into: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, endings, into);
        } else if path.extension().is_some_and(|ending| endings.iter().any(|one| ending == *one)) {
            into.push((path.clone(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// What asks for words: the place, the call, the key and the names of its values.
fn asked() -> Vec<(PathBuf, String, String, BTreeSet<String>)> {
    let mut files = Vec::new();
    sources(&root().join("src"), &["rs"], &mut files);
    sources(&root().join("templates"), &["html", "txt"], &mut files);
    let call = Regex::new(
        r#"(?x)\b(say|tell|tell2|around|around2|key)\(\s*"([a-z0-9-]+)"
           (?:\s*,\s*"([a-z]+)"\s*(?:,\s*"([a-z]+)"|,[^"\n]*?(?:,\s*"([a-z]+)"\s*,)?)?)?"#,
    )
    .unwrap();
    let three = Regex::new(r#"\bwords!\("([a-z0-9-]+)"\)"#).unwrap();
    let kinds = Regex::new(r#"= [0-9]{3} "([a-z-]+)";"#).unwrap();
    let mut asked = Vec::new();
    for (path, source) in files {
        if path.ends_with("base/language.rs") || path.ends_with("base/language/tests.rs") {
            continue;
        }
        let speaks = source.contains("base::language::");
        // Other rooms have keys of their own.
        for found in call.captures_iter(&source).filter(|found| &found[1] != "key" || speaks) {
            let names = (3..=5).filter_map(|at| found.get(at)).map(|name| name.as_str().to_owned()).collect();
            asked.push((path.clone(), found[1].to_owned(), found[2].to_owned(), names));
        }
        for found in kinds.captures_iter(&source).filter(|_| path.ends_with("proxy/refusal.rs")) {
            for ending in ["", "-text"] {
                let key = format!("gateway-{}{ending}", &found[1]);
                asked.push((path.clone(), "key".to_owned(), key, BTreeSet::new()));
            }
        }
        for found in three.captures_iter(&source) {
            for ending in ["", "-text", "-next"] {
                asked.push((
                    path.clone(),
                    "key".to_owned(),
                    format!("{}{ending}", &found[1]),
                    BTreeSet::new(),
                ));
            }
        }
    }
    asked
}

#[test]
fn every_language_has_every_file() {
    let english: Vec<String> = locale(Language::English).into_keys().collect();
    for language in Language::ALL {
        assert_eq!(locale(language).into_keys().collect::<Vec<_>>(), english, "{language:?}");
    }
    let listed = fs::read_to_string(root().join("src/base/language/messages.rs")).unwrap();
    for file in english {
        assert!(listed.contains(&format!("\"{file}\"")), "`{file}` is in no bundle");
    }
}

#[test]
fn a_key_is_of_one_file() {
    let mut seen = BTreeMap::new();
    for (file, messages) in locale(Language::English) {
        for key in messages.into_keys() {
            if let Some(other) = seen.insert(key.clone(), file.clone()) {
                panic!("`{key}` is in {other} and in {file}");
            }
        }
    }
}

#[test]
fn every_language_says_the_same() {
    let english = locale(Language::English);
    let mut faults = Vec::new();
    for language in Language::ALL {
        for (file, messages) in locale(language) {
            let original = &english[&file];
            for (key, body) in original {
                match messages.get(key) {
                    None => faults.push(format!("{}/{file}.ftl has no `{key}`", language.tag())),
                    Some(here) if variables(here) != variables(body) => {
                        faults.push(format!("{}/{file}.ftl: `{key}` has other values", language.tag()));
                    }
                    Some(_) => {}
                }
            }
            for key in messages.keys().filter(|key| !original.contains_key(*key)) {
                faults.push(format!("{}/{file}.ftl has `{key}`, which English has not", language.tag()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn what_is_asked_for_is_there_and_what_is_there_is_asked_for() {
    let english: Messages = locale(Language::English).into_values().flatten().collect();
    let mut faults = Vec::new();
    let mut used = BTreeSet::new();
    for (path, call, key, names) in asked() {
        let place = path.strip_prefix(root()).unwrap().display().to_string();
        used.insert(key.clone());
        let Some(body) = english.get(&key) else {
            faults.push(format!("{place} asks for `{key}`, which there is not"));
            continue;
        };
        let needed = variables(body);
        let count = match call.as_str() {
            "say" => Some(0),
            "tell" | "around" => Some(1),
            "tell2" | "around2" => Some(2),
            _ => None,
        };
        if count.is_some_and(|count| count != needed.len()) || !names.iter().all(|name| needed.contains(name))
        {
            faults.push(format!("{place}: {call}(\"{key}\") with {names:?}, but it needs {needed:?}"));
        }
    }
    // Those of the module itself.
    let own = |key: &str| key.starts_with("time-") || key == "pages-brand";
    let unused = english.keys().filter(|key| !used.contains(*key) && !own(key));
    faults.extend(unused.map(|key| format!("nobody asks for `{key}`")));
    assert!(used.len() > 50, "the search did not find what it looks for: {used:?}");
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn the_first_value_stands_first_in_every_language() {
    let mut pairs = 0;
    let two = Regex::new(r#"around2\(\s*"([a-z0-9-]+)"\s*,\s*"([a-z]+)"\s*,\s*"([a-z]+)""#).unwrap();
    let mut files = Vec::new();
    sources(&root().join("templates"), &["html"], &mut files);
    for (path, source) in files {
        for found in two.captures_iter(&source) {
            pairs += 1;
            for language in Language::ALL {
                let whole = language.text().tell2(&found[1], &found[2], "\u{1}", &found[3], "\u{2}");
                let order: String = whole.chars().filter(char::is_ascii_control).collect();
                assert_eq!(order, "\u{1}\u{2}", "{}: {} in {language:?}", path.display(), &found[1]);
            }
        }
    }
    assert!(pairs > 0);
}

#[test]
fn every_count_has_its_plural_forms() {
    let forms = Regex::new(r"\[([a-z]+)\]").unwrap();
    for language in Language::ALL {
        for (file, messages) in locale(language) {
            for (key, body) in
                messages.iter().filter(|(_, body)| body.contains("[one]") || body.contains("[few]"))
            {
                let has: BTreeSet<&str> =
                    forms.captures_iter(body).map(|found| found.get(1).unwrap().as_str()).collect();
                let needs: &[&str] = match language {
                    Language::English | Language::German | Language::French => &["one", "other"],
                    Language::Slovak | Language::Czech => &["one", "few", "other"],
                };
                let needs: BTreeSet<&str> = needs.iter().copied().collect();
                assert_eq!(has, needs, "{}/{file}.ftl: `{key}`", language.tag());
            }
        }
    }
}
