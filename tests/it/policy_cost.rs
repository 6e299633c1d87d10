//! Question: can a condition be loaded whose evaluation grows faster than the request?
//!
//! What is allowed is evaluated on the largest body there is; `cargo bench --bench loading` measures how long that takes.

use std::fmt::Write as _;

use countersign::base::time::Timestamp;
use countersign::policy::source::{AppFacts, SourceFile, read};
use countersign::policy::{Facts, PolicySet, Ruling};
use countersign::request::fields::{FieldValue, Fields, Place};

fn policies(condition: &str) -> Result<PolicySet, Vec<String>> {
    let text = format!(
        "app = \"bank\"\n[[policy]]\nid = \"a\"\nmatch = {{ path = \"/a\" }}\nwhen = '''{condition}'''\nsummary = \"A {{b}}\"\n"
    );
    read(&[SourceFile::new("p.toml", text)], &[AppFacts::named("bank")])
        .map_err(|faults| faults.iter().map(|fault| fault.message().to_owned()).collect())
}

#[test]
fn what_could_explode_is_refused() {
    let items = "json.items";
    for (condition, reason) in [
        (format!("{items}.all(i, {items}.exists(j, i == j))"), "`json` inside a loop"),
        (format!("{items}.all(i, i in json.other)"), "`json` inside a loop"),
        (format!("{items}.map(i, fields.name + i)[0] == \"x\""), "`fields` inside a loop"),
        ("fields.all(a, fields.all(b, a == b))".to_owned(), "`fields` inside a loop"),
        (
            "user.groups.all(a, user.groups.all(b, a == b))".to_owned(),
            "goes over more than the outer one's element",
        ),
        (
            format!("{items}.all(a, a.x.all(b, a.x.all(c, c == b)))"),
            "goes over more than the outer one's element",
        ),
        (format!("{items}.all(a, a.all(b, b.all(c, c.all(d, d))))"), "more than 3 in one another"),
        ((0..7).map(|_| "fields.all(a, a != 'x')").collect::<Vec<_>>().join(" && "), "more than 6 loops"),
        (vec!["path != 'x'"; 150].join(" && "), "more than 400 parts"),
        (format!("path != '{}'", "x".repeat(5000)), "longer than 4096 bytes"),
        ("path.matches(fields.pattern)".to_owned(), "comes from the request"),
        (format!("{items}.all(i, i.matches('a+'))"), "compiled for every element"),
    ] {
        let faults = policies(&condition).unwrap_err();
        assert!(faults.iter().any(|fault| fault.contains(reason)), "{condition}: {faults:?}");
    }
}

#[test]
fn what_people_write_is_allowed() {
    for condition in [
        "json.items.all(i, i.tags.exists(t, t == i.name))",
        "fields.exists(name, fields[name] == 'x')",
        "fields.exists(name, name.startsWith('admin_') && name in fields)",
        "json.columns.exists(column, column in ['birthday', 'iban'])",
        "user.groups.exists(g, ['a', 'b'].exists(w, g.startsWith(w)))",
        "path.matches('^/a+$') && over(fields.amount, 1000)",
        "json.items.filter(i, i.kind == 'x').size() > 3",
    ] {
        assert!(policies(condition).is_ok(), "{condition}: {:?}", policies(condition).unwrap_err());
    }
}

#[test]
fn the_largest_body_is_judged() {
    let set = policies(
        "json.items.all(i, i.tags.all(t, t != i.name)) && json.items.map(i, i.name + i.name).all(n, n != 'x')",
    )
    .unwrap();
    let mut body = Fields::default();
    let mut push = |name: String, value: FieldValue| body.push(Place::Json, name, value);
    push(String::new(), FieldValue::Composite);
    push("/b".to_owned(), FieldValue::Text("it".to_owned()));
    push("/items".to_owned(), FieldValue::Composite);
    for item in 0..2_000 {
        push(format!("/items/{item}"), FieldValue::Composite);
        push(format!("/items/{item}/name"), FieldValue::Text(format!("n{item}")));
        push(format!("/items/{item}/tags"), FieldValue::Composite);
        for tag in 0..3 {
            let mut name = String::new();
            write!(name, "/items/{item}/tags/{tag}").unwrap();
            push(name, FieldValue::Text(format!("t{tag}")));
        }
    }
    assert!(body.iter().count() > 10_000);
    let ruling = set.for_app("bank").unwrap().rule(&Facts {
        method: "POST",
        host: "h",
        path: "/a",
        query: &Fields::default(),
        body: Some(&body),
        cookies: None,
        headers: &[],
        content_type: Some("application/json"),
        user: "u",
        groups: &[],
        client: "::1".parse().unwrap(),
        now: Timestamp::from_millis(0),
    });
    assert!(matches!(ruling, Ruling::Hold(_)), "{ruling:?}");
}
