//! Question: do two requests that differ in anything a policy decides by or shows ever share what a grant is for?

use std::collections::HashMap;
use std::net::IpAddr;

use countersign::base::time::Timestamp;
use countersign::policy::source::{AppFacts, SourceFile, read};
use countersign::policy::{Facts, PolicySet, Ruling};
use countersign::request::fields::{FieldValue, Fields, Place};
use proptest::prelude::*;

const POLICIES: &str = r#"
app = "bank"
[[policy]]
id = "p"
match = { methods = ["POST", "PUT"], path = "/a/{account}/**", fields = { kind = { like = "*" } }, query = { way = { like = "*" } }, headers = { "X-Tenant" = { like = "*" } } }
when = 'over(fields.amount, 0) && headers["x-region"] != "none" && query["page"] != "x"'
unless = '"exempt" in user.groups'
summary = "Pay {amount} to {iban}"
show = { Note = "{note?}", Pin = "{pin?}", Who = "{= user.name}" }
mask = ["pin"]
[policy.approve]
remember = "1h"
"#;

fn set() -> PolicySet {
    read(&[SourceFile::new("p.toml", POLICIES)], &[AppFacts::named("bank")])
        .unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// One request; every part of it is decided by, or shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Ask {
    method: &'static str,
    host: String,
    path: String,
    way: String,
    page: String,
    tenant: String,
    region: String,
    content_type: Option<String>,
    groups: Vec<String>,
    json: bool,
    kind: String,
    amount: String,
    iban: String,
    note: Option<String>,
    pin: Option<String>,
}

fn plain() -> Ask {
    let text = str::to_owned;
    Ask {
        method: "POST",
        host: text("bank.test"),
        path: text("/a/1/x"),
        way: text("w"),
        page: text("1"),
        tenant: text("t"),
        region: text("eu"),
        content_type: Some(text("application/x-www-form-urlencoded")),
        groups: vec![text("g")],
        json: false,
        kind: text("k"),
        amount: text("5"),
        iban: text("DE"),
        note: None,
        pin: Some(text("1234")),
    }
}

fn basis(set: &PolicySet, ask: &Ask) -> [u8; 32] {
    let (mut query, mut body) = (Fields::default(), Fields::default());
    for (name, value) in [("way", &ask.way), ("page", &ask.page)] {
        query.push(Place::Query, name.to_owned(), FieldValue::Text(value.clone()));
    }
    let mut field = |name: &str, value: &String| {
        let (place, name) =
            if ask.json { (Place::Json, format!("/{name}")) } else { (Place::Form, name.to_owned()) };
        body.push(place, name, FieldValue::Text(value.clone()));
    };
    for (name, value) in [("kind", &ask.kind), ("amount", &ask.amount), ("iban", &ask.iban)] {
        field(name, value);
    }
    ask.note.iter().for_each(|note| field("note", note));
    ask.pin.iter().for_each(|pin| field("pin", pin));
    let headers = [("x-tenant", &ask.tenant), ("x-region", &ask.region)]
        .map(|(n, v)| (n.to_owned(), v.clone().into_bytes()));
    let ruling = set.for_app("bank").unwrap().rule(&Facts {
        method: ask.method,
        host: &ask.host,
        path: &ask.path,
        query: &query,
        body: Some(&body),
        cookies: None,
        headers: &headers,
        content_type: ask.content_type.as_deref(),
        user: "alice",
        groups: &ask.groups,
        client: "192.0.2.7".parse::<IpAddr>().unwrap(),
        now: Timestamp::from_millis(1_000_000),
    });
    let Ruling::Hold(held) = ruling else { panic!("{ask:?}: {ruling:?}") };
    assert_eq!(held.remember.len(), 1);
    *held.remember[0].basis.bytes()
}

#[test]
fn every_decisive_value_counts() {
    let set = set();
    let changes: &[(&str, fn(&mut Ask))] = &[
        ("method", |ask| ask.method = "PUT"),
        ("host", |ask| ask.host = "other.test".to_owned()),
        ("a capture", |ask| ask.path = "/a/2/x".to_owned()),
        ("what `**` took", |ask| ask.path = "/a/1/y".to_owned()),
        ("a query field of the match", |ask| ask.way = "v".to_owned()),
        ("a query field of a condition", |ask| ask.page = "2".to_owned()),
        ("a header of the match", |ask| ask.tenant = "u".to_owned()),
        ("a header of a condition", |ask| ask.region = "us".to_owned()),
        ("the content type", |ask| ask.content_type = Some("text/plain".to_owned())),
        ("no content type", |ask| ask.content_type = None),
        ("the groups", |ask| ask.groups = vec!["h".to_owned()]),
        ("the place of the fields", |ask| ask.json = true),
        ("a field of the match", |ask| ask.kind = "l".to_owned()),
        ("a field of a condition and of the summary", |ask| ask.amount = "5.0".to_owned()),
        ("a field of the summary", |ask| ask.iban = "CH".to_owned()),
        ("a shown field", |ask| ask.note = Some("n".to_owned())),
        ("an empty field", |ask| ask.note = Some(String::new())),
        ("a masked field", |ask| ask.pin = Some("1235".to_owned())),
        ("a masked field that is not there", |ask| ask.pin = None),
        // What is shown is cut; what is granted is not.
        ("the end of a long value", |ask| ask.iban = format!("{}1", "D".repeat(300))),
        ("another end of a long value", |ask| ask.iban = format!("{}2", "D".repeat(300))),
    ];
    let mut seen = HashMap::from([(basis(&set, &plain()), "nothing changed")]);
    for (what, change) in changes {
        let mut ask = plain();
        change(&mut ask);
        if let Some(other) = seen.insert(basis(&set, &ask), what) {
            panic!("{what} and {other} are the same");
        }
    }
    assert_eq!(basis(&set, &plain()), basis(&set, &plain()));
}

fn word() -> impl Strategy<Value = String> {
    // Few letters, lengths that run into one another, and what separates fields elsewhere.
    proptest::string::string_regex("[ab=&;,\\x{1}0-1]{1,4}").unwrap()
}

fn asks() -> impl Strategy<Value = Ask> {
    let path = proptest::string::string_regex("/a/[ab1]{1,2}/[ab1/]{0,3}").unwrap();
    let texts = (word(), word(), word(), word(), word(), word());
    let optional = (proptest::option::of(word()), proptest::option::of(word()));
    (proptest::sample::select(vec!["POST", "PUT"]), path, any::<bool>(), 1u8..3, texts, optional).prop_map(
        |(method, path, json, amount, (way, page, tenant, kind, iban, group), (note, pin))| Ask {
            method,
            path,
            json,
            way,
            page,
            tenant,
            kind,
            iban: format!("x{iban}"),
            amount: amount.to_string(),
            groups: vec![group],
            note,
            pin,
            ..plain()
        },
    )
}

proptest! {
    #[test]
    fn different_requests_never_share_a_basis(one in asks(), other in asks()) {
        let set = set();
        prop_assert_eq!(one == other, basis(&set, &one) == basis(&set, &other), "{:?} {:?}", one, other);
    }
}
