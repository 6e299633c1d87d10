//! Question: which mistakes in policies are told when they are loaded, which of them refuse the set, and what is left alone?

use countersign::factors::Factor;
use countersign::policy::source::{AppFacts, Fault, Severity, SourceFile, read};
use countersign::policy::{PolicySet, Requirement};

fn load(text: &str) -> Result<PolicySet, Vec<Fault>> {
    let disabled = vec![Factor::Sms];
    let app = AppFacts { login_paths: vec!["/login".to_owned()], disabled, ..AppFacts::named("bank") };
    read(&[SourceFile::new("p.toml", format!("app = \"bank\"\n{text}"))], &[app])
}

/// What is said about policies, and whether they are refused.
fn said(text: &str) -> (bool, Vec<String>) {
    let told = |faults: &[Fault]| faults.iter().map(|fault| fault.message().to_owned()).collect();
    match load(text) {
        Ok(set) => {
            assert!(set.warnings().iter().all(|fault| fault.severity() == Severity::Warning));
            (false, told(set.warnings()))
        }
        Err(faults) => (true, told(&faults)),
    }
}

/// One policy of the id `a`, with `PATH` and what else is said.
fn one(path: &str, more: &str) -> String {
    let words = if more.contains("summary") { "" } else { "summary = \"Do {= path}\"\n" };
    format!("[[policy]]\nid = \"a\"\nmatch = {{ methods = [\"POST\"], path = \"{path}\" }}\n{words}{more}\n")
}

/// One policy that asks about fields.
fn asks(fields: &str, more: &str) -> String {
    let words = if more.contains("summary") { "" } else { "summary = \"Do {f}\"\n" };
    format!(
        "[[policy]]\nid = \"a\"\nmatch = {{ methods = [\"POST\"], path = \"/a\", {fields} }}\n{words}{more}\n"
    )
}

fn check(refused: bool, table: &[(String, &str)]) {
    for (text, expected) in table {
        let (is_refused, told) = said(text);
        let right = match (*expected, told.as_slice()) {
            ("", told) => told.is_empty(),
            (expected, [only]) => only.contains(expected),
            (_, _) => false,
        };
        assert!(
            right && is_refused == (refused && !expected.is_empty()),
            "{text}\n{told:?}, expected `{expected}`"
        );
    }
}

#[test]
fn a_policy_that_can_never_apply_is_refused() {
    check(
        true,
        &[
            (asks("fields = { f = { over = 10, under = 5 } }", ""), "no number is over 10 and under 5"),
            (asks("fields = { f = { over = 10, under = 10 } }", ""), "no number is over 10 and under 10"),
            (asks("fields = { f = { over = 5, under = 10 } }", ""), ""),
            (asks("fields = { f = { equals = \"x\", not = \"x\" } }", ""), "none of these values"),
            (asks("fields = { f = { in = [1, 2], over = 5 } }", ""), "none of these values"),
            (asks("fields = { f = { in = [1, 8], over = 5 } }", ""), ""),
            (asks("fields = { f = { equals = \"DE1\", like = \"CH*\" } }", ""), "none of these values"),
            (asks("fields = { f = { equals = \"ch1\", like = \"CH*\" } }", ""), ""),
            (
                asks("fields = { f = { exists = false } }, query = { f = 1 }", "summary = \"A {= path}\""),
                "must not exist",
            ),
            (one("/a", "when = \"false\""), "never applies"),
            (one("/a", "when = \"1 > 2 || 'a' == 'b'\""), "never applies"),
            (one("/a", "unless = \"true\""), "never applies"),
            (one("/.countersign/held", ""), "the gateway's own"),
            (one("/a/.../b", ""), "no request has such a segment"),
            (one(&"/a".repeat(65), ""), "more than 64 segments"),
            (one("/a", "[policy.approve]\nsteps = [{ self = [\"sms\"] }]"), "nobody can satisfy this step"),
            (one("/a", "[policy.approve]\nsteps = [{ self = [\"passkey\", \"totp\"] }]"), ""),
        ],
    );
}

#[test]
fn words_name_what_decides() {
    let names = "decides by `f`, which its summary does not name";
    check(
        false,
        &[
            (asks("fields = { f = { over = 5 } }", "summary = \"Do {g}\""), names),
            (asks("query = { f = { over = 5 } }", "summary = \"Do {g}\""), names),
            (asks("fields = { f = { in = [\"x\", \"y\"] } }", "summary = \"Do {g}\""), names),
            (one("/a", "when = \"fields.f == 'x'\"\nsummary = \"Do {g}\""), names),
            (one("/a/{f}", "summary = \"Do {g}\""), names),
            (asks("fields = { f = \"x\" }", "summary = \"Do {g}\""), ""),
            (asks("fields = { f = { exists = false } }", "summary = \"Do {g}\""), ""),
            (asks("fields = { f = { over = 5 } }", "summary = \"Do {g}\"\nmask = [\"f\"]"), ""),
            (asks("fields = { f = { over = 5 } }", "summary = \"Do {g}\"\nshow = { F = \"{f}\" }"), ""),
            (asks("fields = { f = { over = 5 } }", "summary = \"Do {= fields.f}\""), ""),
            (one("/a/{f}", "summary = \"Do {= path}\""), ""),
            (one("/a", "summary = \"Do\""), "names nothing of the request"),
            (one("/a", "summary = \"Do\"\neffect = \"deny\""), ""),
            (one("/a", "summary = \"Do\"").replace("POST", "DELETE"), ""),
            (
                one("/a/{account}", "summary = \"Do {acount} of {account}\""),
                "`{acount}` is named nowhere else",
            ),
            (
                asks("fields = { amount = { over = 5 } }", "summary = \"Do {amounts} {amount}\""),
                "`{amounts}` is named nowhere else",
            ),
            (one("/a", "when = \"2 > 1\""), "this `when` changes nothing"),
            (one("/a", "[policy.approve]\nhold_for = \"5s\""), "nobody is as quick"),
        ],
    );
}

#[test]
fn login_paths_that_are_covered_are_told() {
    for (path, covered) in [
        ("/login", true),
        ("/LOGIN/", true),
        ("/{page}", true),
        ("/**", true),
        ("/**/login", true),
        ("/login/{step}", false),
        ("/x/**", false),
    ] {
        let (_, told) = said(&one(path, "summary = \"Do {= path}\""));
        assert_eq!(
            told.iter().any(|told| told.contains("`a` covers `/login`, a login path")),
            covered,
            "{path}: {told:?}"
        );
    }
}

#[test]
fn policies_that_add_nothing_are_told() {
    let policy =
        |id: &str, rest: &str| format!("[[policy]]\nid = \"{id}\"\nsummary = \"Do {{= path}}\"\n{rest}\n");
    let on = |path: &str| format!("match = {{ methods = [\"POST\"], path = \"{path}\" }}");
    let deny = |path: &str| format!("{}\neffect = \"deny\"", on(path));
    let (same, never) = ("`b` applies to exactly what `a` applies to", "`b` is never reached: `a` denies");
    let table: &[(String, String, &str)] = &[
        (on("/a"), "match = { path = \"/a\", methods = [ \"POST\" ] }".to_owned(), same),
        (on("/a"), on("/b"), ""),
        (on("/a"), format!("{}\nwhen = \"path != ''\"", on("/a")), ""),
        (on("/a"), format!("{}\n[policy.approve]\nhold_for = \"1m\"", on("/a")), ""),
        (deny("/a"), deny("/a"), same),
        (deny("/a"), on("/a"), never),
        (deny("/a/**"), on("/a/b/{c}"), never),
        (deny("/a/**"), on("/a/**/c"), never),
        (deny("/{any}/b"), on("/a/b"), never),
        (deny("/**/b/**"), on("/a/b/c"), never),
        (deny("/a/{one}"), on("/a/**"), ""),
        (deny("/a/b"), on("/a/{c}"), ""),
        (deny("/b/**"), on("/a/**"), ""),
        (deny("/a"), on("/a").replace("\"POST\"", "\"POST\", \"PUT\""), ""),
        (format!("{}\nwhen = \"path != ''\"", deny("/a")), on("/a"), ""),
        (format!("{}\nmode = \"observe\"", deny("/a")), on("/a"), ""),
        (deny("/a").replace("path =", "users = [\"u\"], path ="), on("/a"), ""),
    ];
    for (one, other, expected) in table {
        for text in [policy("a", one) + &policy("b", other), policy("b", other) + &policy("a", one)] {
            let (refused, told) = said(&text);
            let swapped =
                expected.replace("`b` applies to exactly what `a`", "`a` applies to exactly what `b`");
            let right = match told.as_slice() {
                [] => expected.is_empty(),
                [only] => !expected.is_empty() && (only.contains(expected) || only.contains(&swapped)),
                _ => false,
            };
            assert!(right && !refused, "{text}\n{told:?}");
        }
    }
}

#[test]
fn a_file_has_defaults() {
    let policy = |id: &str, more: &str| {
        format!(
            "[[policy]]\nid = \"{id}\"\nmatch = {{ path = \"/{id}/{{x}}\" }}\nsummary = \"Do {{x}}\"\n{more}\n"
        )
    };
    let found = |text: &str| -> Vec<(String, String, Requirement)> {
        let set = load(text).unwrap();
        let all = set.requirements();
        all.map(|(policy, asked)| (policy.id.clone(), policy.revision.clone(), asked.clone())).collect()
    };
    let defaults = "[defaults.approve]\nsteps = [{ self = [\"totp\"] }]\nhold_for = \"2m\"\n";
    let text = [defaults, &policy("a", ""), &policy("b", "[policy.approve]\nhold_for = \"3m\"")].concat();
    let with = found(&text);
    assert_eq!(with[0].2.hold_for.to_string(), "2m");
    assert_eq!((with[1].2.hold_for.to_string(), with[1].2.steps.len()), ("3m".to_owned(), 1));
    assert_eq!(with.iter().map(|(_, _, asked)| asked.steps[0].policy()).collect::<Vec<_>>(), ["a", "b"]);

    // The same, written out, is the same wording of the policy; another default is another.
    let steps = "[policy.approve]\nsteps = [{ self = [\"totp\"] }]\n";
    let written = [
        policy("a", &format!("{steps}hold_for = \"2m\"")),
        policy("b", &format!("{steps}hold_for = \"3m\"")),
    ]
    .concat();
    assert_eq!(with, found(&written));
    let changed = found(&text.replace("[\"totp\"]", "[\"totp\", \"emergency\"]"));
    assert!(with.iter().zip(&changed).all(|(one, other)| one.1 != other.1));
    let longer = found(&text.replace("\"2m\"", "\"4m\""));
    assert!(with[0].1 != longer[0].1 && with[1].1 == longer[1].1, "only where the default is in force");

    // A denial asks for nothing, so the defaults are no part of it.
    let denial = |text: &str| load(text).unwrap().policies().next().unwrap().1.revision.clone();
    let deny = policy("a", "effect = \"deny\"");
    assert_eq!(denial(&[defaults, &deny].concat()), denial(&deny));

    let (refused, told) = said(
        &[&defaults.replace("totp", "sms"), &policy("a", ""), &policy("b", "")].map(String::as_str).concat(),
    );
    assert_eq!(
        (refused, told),
        (true, vec!["nobody can satisfy this step".to_owned()]),
        "once, where it stands"
    );
    assert_eq!(
        said(&format!("[defaults]\nhold_for = \"1m\"\n{}", policy("a", ""))).1,
        ["unknown key `hold_for`"]
    );
}

#[test]
fn what_is_taken_for_success_is_said_in_one_way() {
    let success = |text: &str| one("/a", &format!("success = {{ {text} }}"));
    check(
        true,
        &[
            (success("status = [\"2xx\", 302], not_location = [\"/login*\", \"https://id.test/*\"]"), ""),
            (success("status = 204"), ""),
            (success("not_location = \"/login\""), ""),
            (success(""), "this says nothing about an answer"),
            (success("status = 1000"), "`1000` is not the status of an answer"),
            (success("status = \"1xx\""), "`1xx` is not the status of an answer"),
            (success("status = []"), "`status` is an empty list"),
            (success("status = [true]"), "`status` must be a status such as"),
            (success("not_location = \"login\""), "`login` is not a place"),
            (success("not_location = \"/login?next=*\""), "`/login?next=*` is not a place"),
            (success("body = \"ok\""), "unknown key `body`"),
            (one("/a", "effect = \"deny\"\nsuccess = { status = 200 }"), "what is denied is never answered"),
        ],
    );
}
