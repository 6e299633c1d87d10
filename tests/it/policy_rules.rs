//! Question: which requests do policies hold, deny, refuse or let pass?

use std::net::IpAddr;

use countersign::base::time::Timestamp;
use countersign::policy::source::{AppFacts, SourceFile, read};
use countersign::policy::{Factor, Facts, PolicySet, Ruling, Unclear, Would};
use countersign::request::fields::{FieldValue, Fields, Place};

/// The policies in `text`, of an application `bank`.
fn policies(text: &str) -> PolicySet {
    let file = SourceFile::new("p.toml", format!("app = \"bank\"\n{text}"));
    match read(&[file], &[AppFacts::named("bank")]) {
        Ok(set) => set,
        Err(faults) => {
            panic!("{:?}", faults.iter().map(|f| (f.message().to_owned(), f.position())).collect::<Vec<_>>())
        }
    }
}

fn policy(id: &str, rest: &str) -> String {
    let summary = if rest.contains("summary") { "" } else { "summary = \"Do it\"\n" };
    format!("[[policy]]\nid = \"{id}\"\n{summary}{rest}\n")
}

/// A request: `METHOD /path?query`, then fields of a form (`a=b`) or JSON (`/a=1` numbers, `/a="text"`, `/a={}` composites).
struct Ask {
    line: &'static str,
    body: &'static [&'static str],
    user: &'static str,
    groups: &'static [&'static str],
    headers: &'static [(&'static str, &'static str)],
    content_type: Option<&'static str>,
}

const ASK: Ask =
    Ask { line: "POST /transfer", body: &[], user: "alice", groups: &[], headers: &[], content_type: None };

fn ask(line: &'static str, body: &'static [&'static str]) -> Ask {
    Ask { line, body, ..ASK }
}

fn field(fields: &mut Fields, place: Place, text: &str) {
    let (name, value) = text.split_once('=').unwrap();
    let json = |value: &str| match value {
        "{}" => FieldValue::Composite,
        "null" => FieldValue::Null,
        "true" => FieldValue::Bool(true),
        text if text.starts_with('"') => FieldValue::Text(text.trim_matches('"').to_owned()),
        number => FieldValue::Number(number.to_owned()),
    };
    let place = if name.starts_with('/') { Place::Json } else { place };
    let value = if place == Place::Json { json(value) } else { FieldValue::Text(value.to_owned()) };
    fields.push(place, name.to_owned(), value);
}

fn rule(set: &PolicySet, ask: &Ask) -> Ruling {
    let (method, target) = ask.line.split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (mut of_query, mut of_body) = (Fields::default(), Fields::default());
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .for_each(|pair| field(&mut of_query, Place::Query, pair));
    ask.body.iter().for_each(|pair| field(&mut of_body, Place::Form, pair));
    let headers: Vec<_> = ask.headers.iter().map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec())).collect();
    let groups: Vec<String> = ask.groups.iter().map(|group| (*group).to_owned()).collect();
    let app = set.for_app("bank").unwrap();
    let facts = Facts {
        method,
        host: "bank.example.com",
        path,
        query: &of_query,
        body: Some(&of_body),
        cookies: None,
        headers: &headers,
        content_type: ask.content_type,
        user: ask.user,
        groups: &groups,
        client: "192.0.2.7".parse::<IpAddr>().unwrap(),
        now: Timestamp::from_millis(1_000_000),
    };
    let ruling = app.rule(&facts);
    if !matches!(ruling, Ruling::Forward(_)) || !ruling.observed().is_empty() {
        assert!(
            !app.route(method, path).is_none(),
            "{}: the route must not lose what the rule finds",
            ask.line
        );
    }
    ruling
}

fn outcome(ruling: &Ruling) -> String {
    match ruling {
        Ruling::Forward(_) => "forward".to_owned(),
        Ruling::Hold(held) => format!("hold: {}", held.summary),
        Ruling::Deny(denied) => format!("deny: {}", denied.summary),
        Ruling::Refuse(ambiguity) => format!("refuse: {}", ambiguity.reason),
    }
}

fn check(text: &str, table: &[(Ask, &str)]) {
    let set = policies(text);
    for (ask, expected) in table {
        let found = outcome(&rule(&set, ask));
        assert_eq!(found, *expected, "{} {:?} under\n{text}", ask.line, ask.body);
    }
}

const TRANSFER: &str = r#"
[[policy]]
id = "large-transfer"
match = { methods = ["POST"], path = "/transfer", fields = { amount = { over = 1000 } } }
unless = '"treasury" in user.groups'
summary = "Transfer {amount} EUR to {iban}"
show = { Amount = "{amount} EUR", To = "{iban}", Reference = "{reference?}", Pin = "{pin?}" }
mask = ["pin"]
"#;

#[test]
fn the_example_of_the_contract() {
    const HELD: &str = "hold: Transfer 5000 EUR to CH1";
    let refused = "refuse: the field `amount` has several different values";
    check(
        TRANSFER,
        &[
            (ask("POST /transfer", &["amount=5000", "iban=CH1"]), HELD),
            (ask("POST /Transfer/", &["Amount=5000", " IBAN=CH1"]), HELD),
            (ask("POST /transfer.json", &["/amount=5000", "/iban=\"CH1\""]), HELD),
            (ask("POST /transfer", &["/payment={}", "/payment/amount=5000", "/payment/iban=\"CH1\""]), HELD),
            (ask("POST /transfer", &["payment[amount]=5000", "payment[iban]=CH1"]), HELD),
            (ask("POST /transfer?amount=5000", &["iban=CH1"]), HELD),
            (ask("POST /transfer", &["amount[]=5000", "iban=CH1"]), HELD),
            (ask("POST /transfer", &["amount=5000", "amount=5000", "iban=CH1"]), HELD),
            (ask("POST /transfer", &["amount=1000", "iban=CH1"]), "forward"),
            (
                ask("POST /transfer", &["amount=1000.000000000000000001", "iban=CH1"]),
                "hold: Transfer 1000.000000000000000001 EUR to CH1",
            ),
            (ask("GET /transfer", &[]), "forward"),
            (ask("POST /transfers", &["amount=5000", "iban=CH1"]), "forward"),
            (ask("POST /x/transfer", &["amount=5000", "iban=CH1"]), "forward"),
            (ask("POST /transfer", &["amount=5e3", "iban=CH1"]), "hold: Transfer 5e3 EUR to CH1"),
            (ask("POST /transfer", &["amount=5000", "amount=1", "iban=CH1"]), refused),
            (ask("POST /transfer?amount=1", &["amount=5000", "iban=CH1"]), refused),
            (
                ask("POST /transfer", &["/amount={}", "/amount/value=1", "/iban=\"CH1\""]),
                "refuse: the field `amount` is not one value, so the action cannot be named",
            ),
            (
                ask("POST /transfer", &["amount=5000"]),
                "refuse: the field `iban` is missing, so the action cannot be named",
            ),
            (
                ask("POST /transfer", &["amount=5000", "iban="]),
                "refuse: the field `iban` is missing, so the action cannot be named",
            ),
            (ask("POST /transfer", &["iban=CH1"]), "forward"),
            (Ask { groups: &["treasury"], ..ask("POST /transfer", &["amount=5000", "iban=CH1"]) }, "forward"),
        ],
    );
}

#[test]
fn what_is_shown_is_safe_and_masked() {
    let set = policies(TRANSFER);
    let Ruling::Hold(held) =
        rule(&set, &ask("POST /transfer", &["amount=5000", "iban=CH1\u{202e}9", "pin=4711"]))
    else {
        panic!("held");
    };
    let row = |label: &str, value: &str| (label.to_owned(), value.to_owned());
    assert_eq!(
        held.show,
        [row("Amount", "5000 EUR"), row("To", "CH1‹U+202E›9"), row("Pin", "••••")],
        "in the order written"
    );
    assert_eq!(held.masked, ["pin"]);
    assert!(!format!("{held:?}").contains("4711"));
    assert_eq!(held.requirement.steps.len(), 1);
    assert_eq!(held.policies[0].id, "large-transfer");
    assert_eq!(held.policies[0].revision.len(), 16);
}

#[test]
fn another_policy_does_not_show_what_one_masks() {
    let text = format!(
        "{TRANSFER}{}",
        policy(
            "loose",
            "match = { path = \"/transfer\" }\nsummary = \"With pin {pin?}\"\nshow = { All = \"{*?}\" }"
        )
    );
    let Ruling::Hold(held) =
        rule(&policies(&text), &ask("POST /transfer", &["amount=5000", "iban=CH1", "pin=4711"]))
    else {
        panic!("held");
    };
    assert!(!format!("{held:?}").contains("4711"), "{held:?}");
    assert!(held.summary.contains("With pin ••••"));
}

#[test]
fn operators() {
    let fields = |test: &str| policy("p", &format!("match = {{ path = \"/x\", fields = {{ {test} }} }}"));
    let one = |test: &str, body: &'static [&'static str], holds: bool| {
        let expected = if holds { "hold: Do it" } else { "forward" };
        check(&fields(test), &[(ask("POST /x", body), expected)]);
    };
    one("kind = \"full\"", &["kind=FULL "], true);
    one("kind = { equals = \"full\" }", &["kind=fuller"], false);
    one("kind = [\"a\", \"b\"]", &["kind=b"], true);
    one("kind = { in = [\"a\", \"b\"] }", &["kind=c"], false);
    one("kind = { not = \"EUR\" }", &["kind=EUR"], false);
    one("kind = { not = \"EUR\" }", &["kind=eur"], true);
    one("kind = { not = \"EUR\" }", &["other=1"], false);
    one("iban = { like = \"DE*\" }", &["iban=de12"], true);
    one("iban = { matches = '^DE\\d+$' }", &["iban= DE12 "], true);
    one("iban = { matches = '^DE\\d+$' }", &["iban=DE1x"], false);
}

#[test]
fn operators_on_numbers() {
    let fields = |test: &str| policy("p", &format!("match = {{ path = \"/x\", fields = {{ {test} }} }}"));
    for (test, body, holds) in [
        ("n = { over = 10, under = 20 }", "n=15", true),
        ("n = { over = 10, under = 20 }", "n=25", false),
        ("n = { over = 10, under = 20 }", "n=2e1", true),
        ("n = { over = 10.50 }", "n=10.5", false),
        ("n = { over = 10.50 }", "n=10.51", true),
        ("n = { over = \"10.50\" }", "n=10.51", true),
        ("n = { equals = 5 }", "n=5.00", true),
        ("n = { equals = 5 }", "n=6", false),
        ("n = { exists = true }", "n=", true),
        ("n = { exists = false }", "n=", false),
        ("n = { exists = false }", "m=1", true),
    ] {
        let mut of_body = Fields::default();
        field(&mut of_body, Place::Form, body);
        let set = policies(&fields(test));
        let facts = Facts {
            method: "POST",
            host: "h",
            path: "/x",
            query: &Fields::default(),
            body: Some(&of_body),
            cookies: None,
            headers: &[],
            content_type: None,
            user: "u",
            groups: &[],
            client: "::1".parse().unwrap(),
            now: Timestamp::from_millis(0),
        };
        let found = set.for_app("bank").unwrap().rule(&facts);
        assert_eq!(matches!(found, Ruling::Hold(_)), holds, "{test} on {body}");
    }
}

#[test]
fn an_object_may_decide_without_being_shown() {
    let text = policy("p", "match = { path = \"/x\", fields = { \"/payment\" = { exists = true } } }");
    check(
        &text,
        &[
            (ask("POST /x", &["/payment={}", "/payment/amount=5"]), "hold: Do it"),
            (ask("POST /x", &["/other={}", "/other/payment=5"]), "forward"),
        ],
    );
}

#[test]
fn several_values_are_named_one_by_one() {
    let starred = policy(
        "bulk",
        "match = { path = \"/admin\", fields = { \"delete[*]\" = { exists = true } } }\nsummary = \"Delete {delete[*]#}: {delete[*]}\"",
    );
    check(
        &starred,
        &[
            (ask("POST /admin", &["delete[4]=on", "delete[7]=on"]), "hold: Delete 4, 7: on, on"),
            (ask("POST /admin", &["delete[A]=1", "delete[a]=2"]), "hold: Delete A, a: 1, 2"),
            (
                ask("POST /admin", &["delete[4]=on", "delete[4]=off"]),
                "refuse: the field `delete[*]` has several different values",
            ),
            (ask("POST /admin", &["/delete={}", "/delete/4=true"]), "hold: Delete 4: true"),
            (ask("POST /admin", &["save=1"]), "forward"),
        ],
    );
    let formset = policy(
        "rows",
        "match = { path = \"/admin\", fields = { \"form-*-DELETE\" = { exists = true } } }\nsummary = \"Delete rows {form-*-DELETE#}\"",
    );
    check(
        &formset,
        &[(
            ask("POST /admin", &["form-0-DELETE=on", "form-12-DELETE=on", "form-3-name=x"]),
            "hold: Delete rows 0, 12",
        )],
    );
    let list = policy(
        "ids",
        "match = { path = \"/admin\", fields = { \"ids[]\" = { exists = true } } }\nsummary = \"Delete {ids[]}\"",
    );
    check(
        &list,
        &[
            (ask("POST /admin", &["ids=4", "ids=7"]), "hold: Delete 4, 7"),
            (ask("POST /admin", &["/ids={}", "/ids/0=4", "/ids/1=7"]), "hold: Delete 4, 7"),
            (ask("POST /admin?ids=1", &["ids=4"]), "refuse: the field `ids[]` has several different values"),
        ],
    );
    let pointer = policy(
        "items",
        "match = { path = \"/order\", fields = { \"/items/*/price\" = { over = 100 } } }\nsummary = \"Order for {/items/*/price}\"",
    );
    check(
        &pointer,
        &[
            (
                ask(
                    "POST /order",
                    &["/items={}", "/items/0={}", "/items/0/price=50", "/items/1={}", "/items/1/price=500"],
                ),
                "hold: Order for 50, 500",
            ),
            (
                ask(
                    "POST /order",
                    &["/other={}", "/other/items={}", "/other/items/0={}", "/other/items/0/price=500"],
                ),
                "forward",
            ),
        ],
    );
}

#[test]
fn paths_and_methods() {
    let text = policy(
        "user",
        "match = { methods = [\"DELETE\"], path = \"/users/{id}\" }\nsummary = \"Delete user {id}\"",
    ) + &policy(
        "admin",
        "match = { path = \"/admin/**\" }\nsummary = \"Use {path?}the administration\"",
    ) + &policy(
        "export",
        "match = { methods = [\"GET\"], path = \"/export\", query = { format = \"full\" } }\nsummary = \"Export\"",
    );
    check(
        &text,
        &[
            (ask("DELETE /users/42", &[]), "hold: Delete user 42"),
            (ask("DELETE /USERS/Bob/", &[]), "hold: Delete user Bob"),
            (ask("DELETE /users/42/x", &[]), "forward"),
            (ask("DELETE /users", &[]), "forward"),
            (ask("GET /users/42", &[]), "forward"),
            (ask("POST /users/42", &[]), "forward"),
            (ask("GET /admin", &[]), "hold: Use the administration"),
            (ask("PUT /admin/a/b/c", &[]), "hold: Use the administration"),
            (ask("GET /administration", &[]), "forward"),
            (ask("HEAD /export?FORMAT=FULL", &[]), "hold: Export"),
            (
                ask("GET /export?format=summary&format=full", &[]),
                "refuse: the field `format` has several different values",
            ),
            (ask("GET /export?format=summary", &[]), "forward"),
        ],
    );
}

#[test]
fn head_conditions() {
    let check_one = |rest: &str, ask: Ask, holds: bool| {
        check(&policy("p", rest), &[(ask, if holds { "hold: Do it" } else { "forward" })]);
    };
    check_one("match = { users = [\"Alice\"] }", ask("POST /x", &[]), true);
    check_one("match = { users = [\"bob\"] }", ask("POST /x", &[]), false);
    check_one("match = { groups = [\"ops\"] }", Ask { groups: &["staff", "Ops"], ..ASK }, true);
    check_one("match = { clients = [\"192.0.2.0/24\"] }", ask("POST /x", &[]), true);
    check_one("match = { clients = [\"198.51.100.0/24\"] }", ask("POST /x", &[]), false);
    check_one(
        "match = { content_types = [\"application/json\"] }",
        Ask { content_type: Some("Application/JSON; charset=utf-8"), ..ASK },
        true,
    );
    check_one(
        "match = { content_types = [\"application/json\"] }",
        Ask { content_type: Some("application/x-www-form-urlencoded"), ..ASK },
        false,
    );
    // A type that is not read may be taken for any.
    check_one(
        "match = { content_types = [\"application/json\"] }",
        Ask { content_type: Some("text/plain"), ..ASK },
        true,
    );
    check_one("match = { content_types = [\"application/json\"] }", Ask { content_type: None, ..ASK }, true);
    check_one(
        "match = { headers = { X-Action = { like = \"del*\" } } }",
        Ask { headers: &[("x-action", "a"), ("X-Action", "Delete")], ..ASK },
        true,
    );
    check_one("match = { headers = { X-Action = { exists = false } } }", ASK, true);
}

#[test]
fn conditions_in_cel() {
    let with = |key: &str, cel: &str| policy("p", &format!("match = {{ path = \"/x\" }}\n{key} = '{cel}'"));
    let cannot = |cel: &str| format!("refuse: the expression `{cel}` cannot be evaluated for this request");
    for (key, cel, ask, expected) in [
        ("when", "over(fields.amount, 10)", ask("POST /x", &["amount=11"]), "hold: Do it".to_owned()),
        ("when", "over(fields.amount, 10)", ask("POST /x", &["amount=9"]), "forward".to_owned()),
        ("when", "over(fields.amount, 10)", ask("POST /x", &["amount=9e9"]), "hold: Do it".to_owned()),
        (
            "unless",
            "under(fields.amount, \"10.5\")",
            ask("POST /x", &["/amount=10.5"]),
            "hold: Do it".to_owned(),
        ),
        ("when", "fields.amount > 10", ask("POST /x", &["/amount=11"]), "hold: Do it".to_owned()),
        ("when", "fields.amount > 10", ask("POST /x", &["amount=11"]), cannot("fields.amount > 10")),
        ("unless", "fields.amount > 10", ask("POST /x", &[]), cannot("fields.amount > 10")),
        (
            "unless",
            "\"amount\" in fields && fields.amount == \"1\"",
            ask("POST /x", &["AMOUNT=1"]),
            "refuse: the field `amount` is there in another spelling, which some servers take for it and others do not"
                .to_owned(),
        ),
        (
            "unless",
            "fields.a == \"1\"",
            ask("POST /x", &["a=1", "A=2"]),
            "refuse: the field `a` has several different values".to_owned(),
        ),
        (
            "unless",
            "fields.all(k, fields[k] == \"1\")",
            ask("POST /x", &["a=1", "a=2"]),
            "refuse: the field `a` has several different values".to_owned(),
        ),
        (
            "when",
            "json.items.exists(i, i.price > 100)",
            ask("POST /x", &["/items={}", "/items/0={}", "/items/0/price=101"]),
            "hold: Do it".to_owned(),
        ),
        (
            "when",
            "user.name == \"alice\" && client == \"192.0.2.7\" && method == \"POST\" && now == 1000",
            ask("POST /x", &[]),
            "hold: Do it".to_owned(),
        ),
        (
            "when",
            "path.startsWith(\"/x\") && host.endsWith(\"example.com\")",
            ask("POST /x", &[]),
            "hold: Do it".to_owned(),
        ),
        ("when", "\"x\"", ask("POST /x", &[]), cannot("\"x\"")),
        (
            "when",
            "json.total == 9007199254740993",
            ask("POST /x", &["/total=9007199254740993"]),
            "hold: Do it".to_owned(),
        ),
    ] {
        check(&with(key, cel), &[(ask, expected.as_str())]);
    }
    let shown =
        policy("p", "match = { path = \"/x\" }\nsummary = 'Pay {= fields.amount + \" EUR\"} {{sic}}'");
    check(
        &shown,
        &[
            (ask("POST /x", &["amount=5"]), "hold: Pay 5 EUR {sic}"),
            (
                ask("POST /x", &[]),
                "refuse: the expression `fields.amount + \" EUR\"` cannot be evaluated for this request",
            ),
        ],
    );
}

#[test]
fn policies_apply_together_and_the_strictest_wins() {
    let a = policy(
        "a",
        "match = { path = \"/x\" }\nsummary = \"A\"\n[policy.approve]\nsteps = [{ self = [\"totp\", \"emergency\"] }]\nhold_for = \"10m\"",
    );
    let b = policy(
        "b",
        "match = { path = \"/**\" }\nsummary = \"B\"\n[policy.approve]\nsteps = [{ self = [\"passkey\", \"emergency\"] }]\nhold_for = \"2m\"",
    );
    let deny = policy(
        "c",
        "match = { path = \"/x\", fields = { bad = { exists = true } } }\neffect = \"deny\"\nsummary = \"C {bad}\"",
    );
    let unclear = policy(
        "d",
        "match = { path = \"/x\", fields = { vague = { exists = true } } }\nsummary = \"D {missing}\"",
    );
    let watch = policy("e", "match = { path = \"/x\" }\nmode = \"observe\"\nsummary = \"E {missing}\"");
    // The order of the policies in the file does not matter.
    for text in [
        [&a, &b, &deny, &unclear, &watch].map(String::as_str).concat(),
        [&watch, &unclear, &deny, &b, &a].map(String::as_str).concat(),
    ] {
        let set = policies(&text);
        let Ruling::Hold(held) = rule(&set, &ask("POST /x", &[])) else { panic!("held") };
        assert_eq!(held.summary, "A\nB");
        assert_eq!(held.policies.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(held.requirement.hold_for.to_string(), "2m");
        assert!(held.requirement.is_met(&[Factor::Emergency]) && !held.requirement.is_met(&[Factor::Totp]));
        assert_eq!(held.observed.len(), 1);
        assert_eq!((held.observed[0].policy.id.as_str(), held.observed[0].would), ("e", Would::Refuse));
        assert_eq!(
            outcome(&rule(&set, &ask("POST /x", &["bad=1", "vague=1"]))),
            "deny: C 1",
            "deny beats all"
        );
        assert_eq!(
            outcome(&rule(&set, &ask("POST /x", &["bad=1", "bad=2"]))),
            "deny: c",
            "and needs no name"
        );
        let Ruling::Refuse(refused) = rule(&set, &ask("POST /x", &["vague=1"])) else { panic!("refused") };
        assert_eq!(
            (refused.policy.id.as_str(), &refused.reason),
            ("d", &Unclear::Missing("missing".to_owned()))
        );
    }
}

#[test]
fn observing_lets_pass_and_tells() {
    let set = policies(&policy("o", "match = { path = \"/x\" }\nmode = \"observe\"\nsummary = \"O {id}\""));
    let ruling = rule(&set, &ask("POST /x", &["id=1"]));
    assert!(matches!(ruling, Ruling::Forward(_)));
    assert_eq!(ruling.observed()[0].would, Would::Hold);
    assert_eq!(ruling.observed()[0].summary.as_deref(), Some("O 1"));
}

#[test]
fn an_unread_body_is_not_an_empty_one() {
    let set = policies(TRANSFER);
    let facts = Facts {
        method: "POST",
        host: "h",
        path: "/transfer",
        query: &Fields::default(),
        body: None,
        cookies: None,
        headers: &[],
        content_type: None,
        user: "u",
        groups: &[],
        client: "::1".parse().unwrap(),
        now: Timestamp::from_millis(0),
    };
    assert_eq!(outcome(&set.for_app("bank").unwrap().rule(&facts)), "refuse: the body was not read");
}

#[test]
fn a_revision_is_of_the_meaning_not_the_layout() {
    let revision = |text: &str| policies(text).policies().next().unwrap().1.revision.clone();
    let one =
        revision("[[policy]]\nid = \"a\"\nsummary = \"S\"\nmatch = { path = \"/x\", methods = [\"GET\"] }\n");
    let same = revision(
        "[[policy]] # why\nsummary = 'S'\nid = \"a\"\n[policy.match]\nmethods = [ \"GET\", ]\npath = \"/x\"\n",
    );
    let other =
        revision("[[policy]]\nid = \"a\"\nsummary = \"S\"\nmatch = { path = \"/y\", methods = [\"GET\"] }\n");
    assert_eq!(one, same);
    assert_ne!(one, other);
}
