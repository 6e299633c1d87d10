//! Question: does a policy apply under any plausible reading, and does everything else pass?
//!
//! Asked of the one function that the gateway, `policy test` and `policy explain` share; `corpus.rs` asks it over sockets.

use countersign::base::dialect::{Dialect, Reads};
use countersign::base::settings::{AppSettings, Upstream, UpstreamScheme};
use countersign::cli::trial::{Trial, Verdict, put};
use countersign::policy::source::{AppFacts, SourceFile, read};
use countersign::policy::{PolicySet, Ruling};

use crate::harness::gateway;
use crate::harness::office::{FORM as FORM_FIELD, Office, Setup, json};

const POLICIES: &str = r#"
app = "bank"
[[policy]]
id = "admin"
match = { path = "/admin/**" }
summary = "Use the administration"
[[policy]]
id = "delete-user"
match = { methods = ["DELETE"], path = "/users/{id}" }
summary = "Delete user {id}"
[[policy]]
id = "transfer"
match = { methods = ["POST"], path = "/transfer", fields = { amount = { over = 1000 } } }
summary = "Transfer {amount}"
[[policy]]
id = "unconfirmed"
match = { methods = ["POST"], path = "/pay", fields = { confirm = { exists = false } } }
summary = "Pay {amount}"
[[policy]]
id = "give"
match = { methods = ["POST"], path = "/give" }
unless = 'has(fields.kind) && fields.kind == "test"'
summary = "Give {amount}"
[[policy]]
id = "export"
match = { methods = ["GET"], path = "/export", query = { format = "full" } }
summary = "Export everything"
[[policy]]
id = "file"
match = { methods = ["GET"], path = "/secret/{name}" }
summary = "Read {name}"
[[policy]]
id = "forbidden"
match = { path = "/forbidden" }
effect = "deny"
summary = "Never"
"#;

fn policies() -> PolicySet {
    read(&[SourceFile::new("p.toml", POLICIES)], &[AppFacts::named("bank")]).unwrap()
}

fn app(dialect: Dialect) -> AppSettings {
    let nowhere = Upstream { scheme: UpstreamScheme::Http, host: "127.0.0.1".into(), port: 1 };
    AppSettings { dialect, ..gateway::app(&["app.test"], vec![nowhere]) }
}

/// `forward`, `hold: summary`, `deny` or `refuse: code`.
fn outcome(dialect: &Dialect, line: &str, headers: &[(&str, &str)], body: &str) -> String {
    let (method, target) = line.split_once(' ').unwrap();
    let trial = Trial {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.as_bytes().to_vec(),
        user: "alice".to_owned(),
        ..Trial::default()
    };
    match put(&app(dialect.clone()), &policies(), &trial) {
        Verdict::NotConcerned | Verdict::Login => "forward".to_owned(),
        Verdict::Unreadable(refusal) => format!("refuse: {}", refusal.reason()),
        Verdict::Ruled(ruling) => match *ruling {
            Ruling::Forward(_) => "forward".to_owned(),
            Ruling::Hold(held) => format!("hold: {}", held.summary),
            Ruling::Deny(_) => "deny".to_owned(),
            Ruling::Refuse(ambiguity) => format!("refuse: {}", ambiguity.reason.code()),
        },
    }
}

const FORM: [(&str, &str); 1] = [("Content-Type", "application/x-www-form-urlencoded")];

#[test]
fn what_no_reading_is_about_passes() {
    for line in [
        "GET /app;jsessionid=0123ABCD/home",
        "GET /static//img/logo.png",
        "GET /files/a%2Fb.txt",
        "GET /wiki/C%23_%26_F%23",
        "GET /wiki/100%25",
        "GET /a/./b/../c",
        "GET /tags/%F0%9F%8E%89",
        "GET /caf%E9",
        "GET /users/a%2Fb",
        "GET /odd.",
        "GET /x%00y",
        "GET /broken%zz",
        "GET /search?q=%zz;caf%E9",
        "GET /articles/1?_method=DELETE",
        "DELETE /orders/a%2Fb",
        "GET /public/../app",
        "GET /export?next=%2Fa%3Fb%3D1%26c%3D2",
    ] {
        assert_eq!(outcome(&Dialect::default(), line, &[], ""), "forward", "{line}");
    }
    let header = [("X-HTTP-Method-Override", "DELETE")];
    assert_eq!(outcome(&Dialect::default(), "POST /articles/1", &header, ""), "forward");
    assert_eq!(outcome(&Dialect::default(), "POST /articles/1", &FORM, "_method=DELETE"), "forward");
    assert_eq!(outcome(&Dialect::default(), "POST /users/1", &FORM, "name=x"), "forward");
}

#[test]
fn what_some_reading_is_about_is_refused_with_its_reason() {
    for (line, reason) in [
        ("GET /x/..%2fadmin/users", "encoded-slash"),
        ("GET /admin%2fusers", "encoded-slash"),
        ("GET /x/..;/admin", "path-parameter"),
        ("GET //x/admin", "repeated-slash"),
        ("GET /public/../admin", "dot-segments"),
        ("GET /admin/../public", "dot-segments"),
        ("GET /%2561dmin", "double-encoding"),
        ("GET /%61dmin%00.png", "path-control"),
        ("GET /%EF%BD%81dmin", "lookalike-character"),
        ("GET /adm%C4%B1n", "lookalike-character"),
        ("GET /%u0061dmin", "bad-escape"),
        ("GET /adm%in", "bad-escape"),
        ("GET /admin%20", "segment-end"),
        ("GET /%c1%a1dmin", "path-not-utf8"),
        ("GET /export%3Fformat=full", "encoded-delimiter"),
        ("GET /export;format=full", "path-parameter"),
        ("GET /export?format=full&x=%zz", "bad-escape"),
        ("GET /export?a=1;format=full", "field-character"),
        ("DELETE /users/a%2Fb", "encoded-slash"),
        ("GET /secret/a%2Fb", "encoded-slash"),
        ("GET /export?a=1%26format%3Dfull", "encoded-separator"),
        ("GET /export?a=1%3bFORMAT=full", "encoded-separator"),
        ("GET /users/1?_method=DELETE", "method-override"),
        ("GET /users/1?_method=DELETE&x=%zz", "bad-escape"),
        ("GET /users/1?.method=DELETE", "method-override"),
        ("GET /users/1?a=1%26_method%3DDELETE", "method-override"),
        ("DELETE /users/1?_method=GET", "method-override"),
    ] {
        assert_eq!(outcome(&Dialect::default(), line, &[], ""), format!("refuse: {reason}"), "{line}");
    }
    for (headers, body) in [
        (&[("X-HTTP-Method-Override", "DELETE")][..], ""),
        (&[("X_HTTP_Method.Override", "delete")], ""),
        (&[("X-Method-Override", "GET, DELETE")], ""),
        (&FORM, "_method=DELETE"),
        (&FORM, "%5fMETHOD=+delete"),
        (&[("Content-Type", "application/json")], r#"{"_method":"DELETE"}"#),
        (&[("Content-Type", "application/json")], r#"{"_method":["DELETE"]}"#),
    ] {
        let found = outcome(&Dialect::default(), "POST /users/1", headers, body);
        assert_eq!(found, "refuse: method-override", "{headers:?} {body}");
    }
    for cookie in ["format=full", "a=1; FORMAT=full", "format=%66ull"] {
        let found = outcome(&Dialect::default(), "GET /export", &[("Cookie", cookie)], "");
        assert_eq!(found, "refuse: cookie-field", "{cookie}");
    }
    for cookie in ["format=summary", "sid=full", "formats=full"] {
        assert_eq!(
            outcome(&Dialect::default(), "GET /export", &[("Cookie", cookie)], ""),
            "forward",
            "{cookie}"
        );
    }
    let cookie = [("Cookie", "sid=1; format=full")];
    let ignored = Dialect { cookie_fields: Some(Reads::AsData), ..Dialect::default() };
    assert_eq!(outcome(&ignored, "GET /export", &cookie, ""), "forward");
    assert_eq!(outcome(&ignored, "GET /export?format=full", &cookie, ""), "hold: Export everything");
    // One handler for all methods with a body, as many applications have.
    let distinct = Dialect { write_methods_distinct: true, ..Dialect::default() };
    for method in ["POST", "PUT", "PATCH"] {
        let line = format!("{method} /transfer");
        assert_eq!(outcome(&Dialect::default(), &line, &FORM, "amount=5000"), "hold: Transfer 5000");
        let found = outcome(&distinct, &line, &FORM, "amount=5000");
        assert_eq!(found, if method == "POST" { "hold: Transfer 5000" } else { "forward" });
        assert_eq!(outcome(&Dialect::default(), &line, &FORM, "amount=5"), "forward");
    }
    // Never a way around a denial, and what all readings agree on is held.
    assert_eq!(outcome(&Dialect::default(), "GET /x/..%2fforbidden", &[], ""), "deny");
    for line in ["GET /admin/a//b;c", "GET /admin;x=1", "GET /ADMIN/x.json/"] {
        let found = outcome(&Dialect::default(), line, &[], "");
        assert_eq!(found, "hold: Use the administration", "{line}: all its readings are the same action");
    }
    for query in ["format%2b=full", "format=full%2b", "%2bformat=%2bfull"] {
        let found = outcome(&Dialect::default(), &format!("GET /export?{query}"), &[], "");
        assert_eq!(found, "hold: Export everything", "{query}: decoded twice, a plus is a blank");
    }
}

#[test]
fn a_declared_reading_is_held() {
    let declare = |change: fn(&mut Dialect)| {
        let mut dialect = Dialect::default();
        change(&mut dialect);
        dialect
    };
    for (change, line, expected) in [
        (
            (|d| d.encoded_slash = Some(Reads::AsData)) as fn(&mut Dialect),
            "GET /secret/a%2fb",
            "hold: Read a%2Fb",
        ),
        (|d| d.encoded_slash = Some(Reads::AsData), "GET /x%2Fadmin", "forward"),
        (|d| d.encoded_slash = Some(Reads::AsSyntax), "GET /admin%2Fusers", "hold: Use the administration"),
        (|d| d.encoded_slash = Some(Reads::AsSyntax), "GET /x/..%2Fadmin", "refuse: dot-segments"),
        (
            |d| (d.encoded_slash, d.dot_segments) = (Some(Reads::AsSyntax), Some(Reads::AsSyntax)),
            "GET /x/..%2Fadmin",
            "hold: Use the administration",
        ),
        (|d| d.path_parameters = Some(Reads::AsSyntax), "GET /secret/a;v=1", "hold: Read a"),
        (|d| d.path_parameters = Some(Reads::AsSyntax), "GET /secret;s=1/a", "hold: Read a"),
        (|d| d.path_parameters = Some(Reads::AsSyntax), "GET /x/..;/admin", "refuse: dot-segments"),
        (|d| d.path_parameters = Some(Reads::AsData), "GET /secret/a;v=1", "hold: Read a;v=1"),
        (|d| d.repeated_slashes = Some(Reads::AsSyntax), "GET //secret///a", "hold: Read a"),
        (|d| d.dot_segments = Some(Reads::AsSyntax), "GET /x/../secret/./a", "hold: Read a"),
        (|d| d.dot_segments = Some(Reads::AsSyntax), "GET /secret/a/..", "forward"),
        (|d| d.dot_segments = Some(Reads::AsSyntax), "GET /../../secret/%61", "hold: Read a"),
        (|d| d.encoded_percent = Some(Reads::AsData), "GET /secret/100%25", "hold: Read 100%"),
        (|d| d.encoded_percent = Some(Reads::AsData), "GET /%2561dmin", "forward"),
        (|d| d.encoded_delimiters = Some(Reads::AsData), "GET /secret/C%23", "hold: Read C#"),
        (|d| d.segment_ends = Some(Reads::AsData), "GET /secret/a.", "hold: Read a."),
        (|d| d.non_ascii = Some(Reads::AsData), "GET /secret/%F0%9F%8E%89", "hold: Read \u{1f389}"),
        (
            |d| d.query_semicolon = Some(Reads::AsSyntax),
            "GET /export?a=1;format=full",
            "hold: Export everything",
        ),
        (|d| d.query_semicolon = Some(Reads::AsData), "GET /export?a=1;format=full", "forward"),
        (
            |d| d.method_override = Some(Reads::AsSyntax),
            "POST /users/1?_method=DELETE",
            "hold: Delete user 1",
        ),
        (|d| d.method_override = Some(Reads::AsData), "POST /users/1?_method=DELETE", "forward"),
        (|d| d.method_override = Some(Reads::AsData), "DELETE /users/1?_method=GET", "hold: Delete user 1"),
        (|d| d.method_override = Some(Reads::AsSyntax), "DELETE /users/1?_method=GET", "forward"),
        (
            |d| d.method_override = Some(Reads::AsSyntax),
            "POST /users/1?_method=DELETE&_method=PUT",
            "refuse: method-override",
        ),
    ] {
        assert_eq!(outcome(&declare(change), line, &[], ""), expected, "{line}");
    }
    let honours = declare(|d| d.method_override = Some(Reads::AsSyntax));
    assert_eq!(outcome(&honours, "POST /users/1", &FORM, "_method=DELETE"), "hold: Delete user 1");
    let header = [("X-HTTP-Method-Override", "DELETE")];
    assert_eq!(outcome(&honours, "POST /users/1", &header, ""), "hold: Delete user 1");
}

#[test]
fn what_only_some_readers_find_exempts_nobody() {
    let held = "hold: Pay 5";
    for (line, body, expected) in [
        ("POST /pay", "amount=5", held),
        ("POST /pay", "amount=5&confirm=1", "forward"),
        ("POST /pay?confirm=1", "amount=5", held),
        ("POST /pay", "amount=5&Confirm=1", held),
        ("POST /pay", "amount=5&confirm%5B=1", held),
        ("POST /pay", "amount=5&%2563onfirm=1", held),
        ("POST /pay", "amount=5&x%5Bconfirm%5D=1", held),
    ] {
        assert_eq!(outcome(&Dialect::default(), line, &FORM, body), expected, "{line} {body}");
    }
    let json = [("Content-Type", "application/json")];
    for (body, expected) in [
        (r#"{"amount":5,"confirm":true}"#, "forward"),
        (r#"{"amount":5,"x":{"confirm":true}}"#, held),
        (r#"{"amount":5,"confirm[]":true}"#, held),
    ] {
        assert_eq!(outcome(&Dialect::default(), "POST /pay", &json, body), expected, "{body}");
    }
    for (body, expected) in [
        ("amount=5&kind=test", "forward"),
        ("amount=5&kind=live", "hold: Give 5"),
        ("amount=5&KIND=test", "refuse: other-spelling"),
        ("amount=5&kind%5B=test", "refuse: other-spelling"),
        ("amount=5&kind=live&KIND=test", "refuse: several-values"),
    ] {
        assert_eq!(outcome(&Dialect::default(), "POST /give", &FORM, body), expected, "{body}");
    }
    let beside = outcome(&Dialect::default(), "POST /give?kind=test", &FORM, "amount=5");
    assert_eq!(beside, "refuse: query-field");
}

#[test]
fn a_declared_type_is_read_so() {
    let types = [("text/plain", "form"), ("text/csv", "opaque")];
    let body_types = types.map(|(media_type, kind)| (media_type.to_owned(), kind.to_owned())).into();
    let dialect = Dialect { body_types, ..Dialect::default() };
    let cases = [
        ("text/plain", "amount=5000", "hold: Transfer 5000", "refuse: unknown-content"),
        ("text/plain; charset=utf-8", "amount=5", "forward", "refuse: unknown-content"),
        ("text/csv", "amount=5000", "forward", "refuse: unknown-content"),
        ("application/json", "{\"amount\":5000}", "hold: Transfer 5000", "hold: Transfer 5000"),
    ];
    for (kind, body, declared, not) in cases {
        let headers = [("Content-Type", kind)];
        assert_eq!(outcome(&dialect, "POST /transfer", &headers, body), declared, "{kind} {body}");
        assert_eq!(outcome(&Dialect::default(), "POST /transfer", &headers, body), not, "{kind} {body}");
    }
    let latin = Dialect { charset: Some("windows-1252".to_owned()), ..Dialect::default() };
    assert_eq!(
        outcome(&Dialect::default(), "POST /transfer", &FORM, "amount=5000&to=caf%E9"),
        "refuse: not-utf8"
    );
    assert_eq!(outcome(&latin, "POST /transfer", &FORM, "amount=5000&to=caf%E9"), "hold: Transfer 5000");
    assert_eq!(outcome(&latin, "GET /export?format=full&x=%E9", &[], ""), "hold: Export everything");
}

#[test]
fn some_things_are_refused_on_every_route() {
    for (line, reason) in [
        ("GET /plain\\x", "backslash"),
        ("GET /a|b", "path-character"),
        ("GET admin", "target-form"),
        ("get /x", "method"),
    ] {
        assert_eq!(outcome(&Dialect::default(), line, &[], ""), format!("refuse: {reason}"), "{line}");
    }
    for method in ["GET", "HEAD", "OPTIONS"] {
        let line = format!("{method} /public");
        assert_eq!(outcome(&Dialect::default(), &line, &[], "GET /admin"), "refuse: unexpected-body");
        let allowed = Dialect { bodies_on_get: true, ..Dialect::default() };
        assert_eq!(outcome(&allowed, &line, &[], "GET /admin"), "forward");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_requests_arrive_as_they_were_sent_or_not_at_all() {
    let app = "encoded_slash = \"data\"\nmethod_override = \"honoured\"\n";
    let policies = r#"
[[policy]]
id = "archive"
match = { methods = ["GET"], path = "/archive/{year}" }
summary = "Open the archive of {year}"
[[policy]]
id = "remove"
match = { methods = ["DELETE"], path = "/users/{id}" }
summary = "Delete user {id}"
"#;
    let office = Office::with(Setup { app, policies, ..Setup::default() }).await;
    let alice = office.person("alice").await;
    let passing = ["/wiki/C%23_%26_F%23;v=1//x/./y", "/files/a%2Fb.txt?q=%zz;%E9", "/x/%2e%2e/y%00"];
    for target in passing {
        let answer = office.ask(&format!("GET {target}"), &[("Host", "bank.test")], b"").await;
        assert_eq!(answer.status, 201, "{target}: {}", answer.text());
    }
    let answer = office.ask("GET /x/../archive/2020", &[("Host", "bank.test")], b"").await;
    let problem = json(&answer.body);
    assert_eq!(
        (answer.status, &problem["reason"], &problem["declare"]),
        (400, &"dot-segments".into(), &"dot_segments".into())
    );
    let fields = [FORM_FIELD];
    let held =
        office.hold_with("POST /users/4%2F2", "bank.test", alice.who(), &fields, b"_method=DELETE").await;
    office.approve(&held, &alice).await;
    assert_eq!(office.release(&held).await.status, 201);
    let arrived = office.arrived();
    let lines: Vec<String> = arrived.iter().map(|seen| seen.line().to_owned()).collect();
    let expected: Vec<String> = passing.iter().map(|target| format!("GET {target} HTTP/1.1")).collect();
    assert_eq!(lines[..3], expected);
    assert_eq!(
        (lines[3].as_str(), arrived[3].body.as_slice()),
        ("POST /users/4%2F2 HTTP/1.1", &b"_method=DELETE"[..])
    );
    assert_eq!(arrived.len(), 4);
}
