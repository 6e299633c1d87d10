//! Question: does the JSON Schema of a policy file say what the reader of policies accepts, no more and no less?
//!
//! Keys are compared with those the reader names as known; the policies shipped, and faulty ones, are judged by both.

use std::path::{Path, PathBuf};

use countersign::policy::Factor;
use countersign::policy::source::{AppFacts, SourceFile, read};
use serde_json::Value;

fn schema() -> Value {
    serde_json::from_str(include_str!("../../src/cli/policy.schema.json")).unwrap()
}

/// Where the schema lists keys, and a policy with an unknown key at that place.
const PLACES: &[(&str, &str)] = &[
    ("/properties", "ODD"),
    ("/properties/defaults/properties", "[defaults]\nODD"),
    ("/$defs/approve/properties", "[defaults.approve]\nODD"),
    ("/$defs/policy/properties", "[[policy]]\nODD"),
    ("/$defs/policy/properties/texts/properties", "[[policy]]\n[policy.texts]\nODD"),
    ("/$defs/text/properties", "[[policy]]\n[policy.texts.de]\nODD"),
    ("/$defs/success/properties", "[[policy]]\nsuccess = { ODD }"),
    ("/$defs/match/properties", "[[policy]]\nmatch = { ODD }"),
    ("/$defs/approve/properties", "[[policy]]\n[policy.approve]\nODD"),
    ("/$defs/test/oneOf/2/properties", "[[policy]]\nmatch = { fields = { a = { ODD } } }"),
];

/// The keys the reader names as known where one stands that nobody knows.
fn known_keys(text: &str) -> Vec<String> {
    let odd = "qqqqqqqqqqqqqqqqqqqqq";
    let file = SourceFile::new("p.toml", text.replace("ODD", &format!("{odd} = 1")));
    let faults = read(&[file], &[AppFacts::named("bank")]).unwrap_err();
    let fault = faults.iter().find(|fault| fault.message() == format!("unknown key `{odd}`")).unwrap();
    let mut keys: Vec<String> =
        fault.advice().unwrap().split('`').skip(1).step_by(2).map(str::to_owned).collect();
    keys.sort();
    keys
}

#[test]
fn the_schema_knows_the_keys_that_are_read() {
    let schema = schema();
    for (place, text) in PLACES {
        let keys = schema.pointer(place).unwrap_or_else(|| panic!("{place}")).as_object().unwrap();
        let mut keys: Vec<String> = keys.keys().cloned().collect();
        keys.sort();
        assert_eq!(keys, known_keys(text), "{place}");
    }
    let factors = &schema["$defs"]["factor"]["enum"];
    assert_eq!(*factors, serde_json::json!(Factor::ALL.map(Factor::as_str)));
}

/// Every policy file under a folder.
fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        if entry.is_dir() {
            files(&entry, out);
        } else if let Some(stem) = name.strip_suffix(".toml")
            && stem.strip_suffix(".cases").is_none()
            && stem != "countersign"
        {
            out.push(entry);
        }
    }
}

#[test]
fn the_shipped_policies_are_valid() {
    let (schema, mut all) = (schema(), Vec::new());
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("policies"), &mut all);
    assert!(all.len() >= 3, "{all:?}");
    for file in all {
        let value: Value = toml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!(check(&schema, &schema, &value, "").join("\n"), "", "{}", file.display());
    }
}

#[test]
fn what_the_reader_refuses_the_schema_refuses() {
    let good = "app = \"bank\"\n[[policy]]\nid = \"a\"\nmatch = { path = \"/a\", fields = { b = { over = 1 } } }\nsummary = \"A {b}\"\n[policy.approve]\nsteps = [{ self = [\"totp\"] }]\n";
    for (from, to) in [
        ("", ""),
        ("app = \"bank\"", ""),
        ("id = \"a\"", "id = \"a b\""),
        ("\"/a\"", "\"a\""),
        ("path = \"/a\"", "methods = []"),
        ("path = \"/a\"", "methods = [\"POSTT\"]"),
        ("{ over = 1 }", "{ above = 1 }"),
        ("{ over = 1 }", "{ }"),
        ("{ over = 1 }", "[]"),
        ("summary = \"A {b}\"", "summary = \"\""),
        ("summary", "mode = \"watch\"\nsummary"),
        ("[\"totp\"]", "[]"),
        ("[\"totp\"]", "[\"topt\"]"),
        ("summary", "success = { }\nsummary"),
        ("summary", "success = { status = [] }\nsummary"),
        ("summary", "success = { status = \"6xx\" }\nsummary"),
        ("summary", "success = { status = [200, 99] }\nsummary"),
        ("summary", "success = { status = 200, not_location = 5 }\nsummary"),
        ("steps", "hold_for = \"ten\"\nsteps"),
        ("app", "defaults = { approve = { client = \"later\" } }\napp"),
    ] {
        let text = good.replacen(from, to, 1);
        let refused = read(&[SourceFile::new("p.toml", text.as_str())], &[AppFacts::named("bank")]).is_err();
        let value: Value = toml::from_str(&text).unwrap();
        let faults = check(&schema(), &schema(), &value, "");
        assert_eq!(!faults.is_empty(), refused, "{text}\n{faults:?}");
        assert_eq!(refused, from != to, "{text}");
    }
}

/// What is wrong with `value`: as much of JSON Schema as ours uses. A keyword it does not know is an error of this test.
fn check(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let empty = serde_json::Map::new();
    let members = value.as_object().unwrap_or(&empty);
    let length = || value.as_array().map(Vec::len).or(value.as_str().map(|text| text.chars().count()));
    for (keyword, wanted) in schema.as_object().unwrap() {
        let fine = match keyword.as_str() {
            "$schema" | "title" | "description" | "$defs" | "additionalProperties" => true,
            "$ref" => {
                let target = root.pointer(wanted.as_str().unwrap().trim_start_matches('#')).unwrap();
                wrong.extend(check(root, target, value, at));
                true
            }
            "type" => {
                let kinds = wanted.as_array().cloned().unwrap_or_else(|| vec![wanted.clone()]);
                kinds.iter().any(|kind| match kind.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_i64(),
                    "number" => value.is_number(),
                    other => panic!("type {other}"),
                })
            }
            "required" => {
                wanted.as_array().unwrap().iter().all(|key| members.contains_key(key.as_str().unwrap()))
            }
            "enum" => wanted.as_array().unwrap().contains(value),
            "const" => wanted == value,
            "not" => !check(root, wanted, value, at).is_empty(),
            "oneOf" => {
                let fits = |one: &&Value| check(root, one, value, at).is_empty();
                wanted.as_array().unwrap().iter().filter(fits).count() == 1
            }
            "anyOf" => wanted.as_array().unwrap().iter().any(|one| check(root, one, value, at).is_empty()),
            "minItems" | "minLength" => {
                length().is_none_or(|length| length as u64 >= wanted.as_u64().unwrap())
            }
            "minProperties" => !value.is_object() || members.len() as u64 >= wanted.as_u64().unwrap(),
            "minimum" => value.as_f64().is_none_or(|number| number >= wanted.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= wanted.as_f64().unwrap()),
            "pattern" => {
                let pattern = regex::Regex::new(wanted.as_str().unwrap()).unwrap();
                value.as_str().is_none_or(|text| pattern.is_match(text))
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    wrong.extend(check(root, wanted, item, &format!("{at}/{index}")));
                }
                true
            }
            "properties" => {
                for (key, inner) in wanted.as_object().unwrap() {
                    if let Some(member) = members.get(key) {
                        wrong.extend(check(root, inner, member, &format!("{at}/{key}")));
                    }
                }
                true
            }
            other => panic!("this test does not know the keyword `{other}`"),
        };
        if !fine {
            wrong.push(format!("{at}: `{keyword}`"));
        }
    }
    let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    for (key, member) in members.iter().filter(|(key, _)| !known.contains_key(*key)) {
        match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => wrong.push(format!("{at}/{key}: not known")),
            Some(inner @ Value::Object(_)) => {
                wrong.extend(check(root, inner, member, &format!("{at}/{key}")));
            }
            _ => {}
        }
    }
    wrong
}
