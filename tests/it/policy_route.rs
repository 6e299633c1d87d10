//! Question: does the matcher of routes find exactly what trying every pattern finds?

use std::net::IpAddr;

use countersign::base::time::Timestamp;
use countersign::policy::source::{AppFacts, SourceFile, read};
use countersign::policy::{Facts, PolicySet, Ruling};
use countersign::request::fields::Fields;
use proptest::prelude::*;

fn policies(patterns: &[(String, &str)]) -> PolicySet {
    let mut text = "app = \"bank\"\n".to_owned();
    for (number, (pattern, method)) in patterns.iter().enumerate() {
        text += &format!(
            "[[policy]]\nid = \"p{number:03}\"\nsummary = \"S\"\nmatch = {{ path = {pattern:?}, methods = [{method:?}] }}\n"
        );
    }
    read(&[SourceFile::new("p.toml", text)], &[AppFacts::named("bank")]).unwrap()
}

/// Every pattern tried in the plainest way.
fn naive(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), None) => naive(rest, path),
        (Some((&"**", rest)), Some((_, less))) => naive(rest, path) || naive(pattern, less),
        (Some((part, rest)), Some((segment, less))) => {
            let stem = segment.strip_suffix(".json").filter(|_| less.is_empty());
            let fits = part.starts_with('{')
                || part.eq_ignore_ascii_case(segment)
                || stem.is_some_and(|stem| part.eq_ignore_ascii_case(stem));
            fits && naive(rest, less)
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

/// `/a/{x1}/**/b`: captures before a second `**` only, so that every pattern is allowed. One in two is full of `**`.
fn pattern() -> impl Strategy<Value = String> {
    let parts = |any: u32| prop_oneof![3 => "[ab]", 2 => Just("{x}".to_owned()), any => Just("**".to_owned()), 1 => Just("a.b".to_owned())];
    let parts = prop_oneof![prop::collection::vec(parts(1), 0..5), prop::collection::vec(parts(4), 0..8)];
    parts.prop_map(|parts| {
        let anys = parts.iter().filter(|part| *part == "**").count();
        let mut seen = 0;
        let mut text = String::new();
        for (at, part) in parts.into_iter().enumerate() {
            seen += usize::from(part == "**");
            let part = if part == "{x}" && anys > 1 && seen > 0 { "c".to_owned() } else { part };
            text += &format!("/{}", part.replace("{x}", &format!("{{x{at}}}")));
        }
        if text.is_empty() { "/".to_owned() } else { text }
    })
}

fn path() -> impl Strategy<Value = String> {
    (
        prop::collection::vec(prop_oneof![6 => "[abcABC]", 1 => Just("A.b".to_owned())], 0..9),
        prop_oneof![Just(""), Just("/"), Just(".json")],
    )
        .prop_map(|(parts, end)| format!("/{}{}", parts.join("/"), if parts.is_empty() { "" } else { end }))
}

proptest! {
    #[test]
    fn the_trie_is_the_naive_matcher(
        patterns in prop::collection::vec((pattern(), prop_oneof![Just("GET"), Just("PUT")]), 1..24),
        path in path(),
        method in prop_oneof![Just("GET"), Just("PUT"), Just("HEAD")],
    ) {
        let set = policies(&patterns);
        let app = set.for_app("bank").unwrap();
        let covers = |wanted: &str| wanted == method || (wanted, method) == ("GET", "HEAD");
        let expected: Vec<String> = patterns.iter().enumerate()
            .filter(|(_, (pattern, wanted))| covers(wanted) && naive(&segments(pattern), &segments(&path)))
            .map(|(number, _)| format!("p{number:03}"))
            .collect();
        prop_assert_eq!(app.route(method, &path).is_none(), expected.is_empty());
        let (query, body) = (Fields::default(), Fields::default());
        let facts = Facts {
            method, host: "h", path: &path, query: &query, body: Some(&body), cookies: None, headers: &[], content_type: None, user: "u", groups: &[],
            client: IpAddr::from([127, 0, 0, 1]), now: Timestamp::from_millis(0),
        };
        let found: Vec<String> = match app.rule(&facts) {
            Ruling::Hold(held) => held.policies.into_iter().map(|policy| policy.id).collect(),
            Ruling::Forward(_) => Vec::new(),
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_route_says_what_it_needs() {
    let text = r#"
app = "bank"
[[policy]]
id = "plain"
match = { methods = ["POST"], path = "/plain/{id}" }
summary = "Do {id}"
[[policy]]
id = "field"
match = { methods = ["POST"], path = "/field" }
summary = "Do {what}"
[[policy]]
id = "user"
match = { methods = ["POST"], path = "/user" }
when = '"ops" in user.groups'
summary = "Do"
[[policy]]
id = "delete"
match = { methods = ["DELETE"], path = "/delete" }
summary = "Do"
"#;
    let set = read(&[SourceFile::new("p.toml", text)], &[AppFacts::named("bank")]).unwrap();
    let app = set.for_app("bank").unwrap();
    for (method, path, none, body, user) in [
        ("POST", "/plain/1", false, false, false),
        ("POST", "/field", false, true, false),
        ("POST", "/user", false, false, true),
        ("DELETE", "/delete", false, false, false),
        // A framework could be told in the body that this is a DELETE: the body has to be looked at.
        ("POST", "/delete", false, true, false),
        ("GET", "/delete", true, false, false),
        ("POST", "/", true, false, false),
        ("POST", "/plain", true, false, false),
    ] {
        let candidates = app.route(method, path);
        let found = (candidates.is_none(), candidates.needs_body(), candidates.needs_user());
        assert_eq!(found, (none, body, user), "{method} {path}");
        assert_eq!(candidates.grounds().is_some(), none);
    }
    assert!(set.for_app("other").is_none());
}

#[test]
fn an_application_may_tell_upper_from_lower_case() {
    let text = "app = \"bank\"\n[[policy]]\nid = \"a\"\nsummary = \"S {id}\"\nmatch = { path = \"/Admin/{id}/**/Drop\" }\n";
    for (case_sensitive, path, covered) in [
        (false, "/admin/1/drop", true),
        (false, "/ADMIN/1/x/DROP", true),
        (true, "/Admin/1/Drop", true),
        (true, "/Admin/1/x/Drop", true),
        (true, "/admin/1/Drop", false),
        (true, "/Admin/1/drop", false),
        // Only the case is told apart; all other spellings of one path stay one.
        (true, "/Admin;v=1/1/Drop.json", true),
        (true, "/\u{ff21}dmin/1/Drop.", true),
        (true, "//Admin/;/1/Drop", true),
    ] {
        let app = AppFacts { case_sensitive, ..AppFacts::named("bank") };
        let set = read(&[SourceFile::new("p.toml", text)], &[app]).unwrap();
        let bank = set.for_app("bank").unwrap();
        assert_eq!(!bank.route("GET", path).is_none(), covered, "{path} {case_sensitive}");
    }
}

#[test]
fn deciding_that_nothing_applies_allocates_nothing() {
    let patterns: Vec<(String, &str)> = (0..300)
        .map(|number| match number % 4 {
            0 => (format!("/section{number}/{{id}}/delete"), "POST"),
            1 => (format!("/{{tenant}}/orders{number}/{{id}}"), "POST"),
            2 => (format!("/**/name{number}"), "POST"),
            _ => (format!("/api/**/x{number}/**/y"), "POST"),
        })
        .collect();
    let set = policies(&patterns);
    let bank = set.for_app("bank").unwrap();
    for path in ["/", "/accounts/CH56/transactions", "/api/x3/x7/z", "/a/;/b", "/caf\u{e9}/b.json"] {
        let mut none = false;
        let counted = allocation_counter::measure(|| none = bank.route("POST", path).is_none());
        assert!(none, "{path}");
        assert_eq!(counted.count_total, 0, "{path}");
    }
}

#[test]
fn a_long_path_costs_no_more_than_its_length() {
    let set = policies(&[("/**/a/**/b/**/c".to_owned(), "GET"), ("/{x}/**/a/b/c/d".to_owned(), "GET")]);
    let path = "/a/b".repeat(15_000);
    assert!(set.for_app("bank").unwrap().route("GET", &path).is_none(), "and ends");
}
