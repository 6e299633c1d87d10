//! Question: may the script run under every policy, and does nothing else gain by it?

use http::HeaderValue;

use super::*;
use crate::base::entropy::SeededEntropy;

const ENFORCED: &str = "content-security-policy";
const REPORTING: &str = "content-security-policy-report-only";
const ADDRESS: &str = "bank.test:8443/.countersign/agent.js";

fn judged(fields: &[(&str, &str)], scheme: Scheme, host: &str) -> Option<Leave> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap());
    }
    judge(&headers, &Own { host: host.as_bytes(), scheme }, &SeededEntropy::new(1))
}

/// What becomes of one policy: the nonce of the script, and the policy if it changed.
fn one(policy: &str) -> Option<(Option<String>, Option<String>)> {
    let leave = judged(&[(ENFORCED, policy)], Scheme::Https, "bank.test:8443")?;
    assert!(!leave.once);
    Some((leave.nonce, leave.changed.first().map(|(_, lines)| lines.join("\n"))))
}

#[test]
fn a_policy_that_lets_it_run_stays_as_it_is() {
    for policy in [
        "",
        "frame-ancestors 'none'; style-src 'none'",
        "default-src 'self'",
        "script-src 'SELF' 'unsafe-inline'",
        "default-src 'none'; script-src 'self'",
        "default-src 'none'; script-src 'none'; script-src-elem 'self'",
        "script-src *",
        "SCRIPT-SRC https:",
        "script-src http:",
        "script-src bank.test:8443",
        "script-src https://BANK.test:8443 'sha256-abc='",
        "script-src 'self' 'nonce-abc'",
        "sandbox allow-scripts allow-same-origin; script-src 'self'",
        "script-src 'self'; script-src 'none'",
        "require-trusted-types-for 'script'; script-src 'self'",
    ] {
        assert_eq!(one(policy), Some((None, None)), "{policy}");
    }
}

#[test]
fn a_nonce_of_the_application_is_carried() {
    for policy in [
        "script-src 'nonce-aB+/-_=='",
        "script-src 'unsafe-inline' 'nonce-aB+/-_==' 'strict-dynamic' https:",
        "default-src 'Nonce-aB+/-_=='",
        "script-src 'none' 'nonce-aB+/-_==' 'nonce-other'",
    ] {
        assert_eq!(one(policy), Some((Some("aB+/-_==".into()), None)), "{policy}");
    }
}

#[test]
fn else_its_address_is_added() {
    for (policy, changed) in [
        ("script-src 'unsafe-inline'", "script-src 'unsafe-inline' ADDRESS"),
        (
            "script-src https://cdn.test 'sha256-abc='; img-src *",
            "script-src https://cdn.test 'sha256-abc=' ADDRESS; img-src *",
        ),
        (
            " img-src  * ;  Script-Src\thttps://cdn.test ; a;",
            " img-src  * ;  Script-Src https://cdn.test ADDRESS; a;",
        ),
        (
            "script-src-elem https://cdn.test; script-src 'self'",
            "script-src-elem https://cdn.test ADDRESS; script-src 'self'",
        ),
        ("script-src a.test; script-src b.test", "script-src a.test ADDRESS; script-src b.test"),
        (
            "default-src 'unsafe-inline' a.test; img-src *;",
            "default-src 'unsafe-inline' a.test; img-src *; script-src 'unsafe-inline' a.test ADDRESS",
        ),
        ("default-src a.test", "default-src a.test; script-src a.test ADDRESS"),
        ("script-src 'nonce-a\"b'", "script-src 'nonce-a\"b' ADDRESS"),
        ("script-src 'none' a.test", "script-src a.test ADDRESS"),
        ("script-src https://bank.test", "script-src https://bank.test ADDRESS"),
        ("script-src http://bank.test:8443", "script-src http://bank.test:8443 ADDRESS"),
    ] {
        assert_eq!(one(policy), Some((None, Some(changed.replace("ADDRESS", ADDRESS)))), "{policy}");
    }
}

#[test]
fn a_page_without_scripts_is_left_alone() {
    for policy in [
        "default-src 'none'",
        "script-src 'none'",
        "script-src",
        "script-src-elem 'NONE'; script-src *",
        "sandbox",
        "sandbox allow-scripts",
        "sandbox allow-same-origin allow-forms; script-src 'self'",
        "script-src 'self', default-src 'none'",
    ] {
        assert_eq!(one(policy), None, "{policy}");
    }
    assert_eq!(
        judged(&[(ENFORCED, "script-src 'self'"), (ENFORCED, "script-src 'none'")], Scheme::Http, "a"),
        None
    );
    // Such a host has no business in a policy.
    assert_eq!(judged(&[(ENFORCED, "script-src b")], Scheme::Http, "a;script-src *"), None);
}

#[test]
fn where_only_nonces_count_one_is_made() {
    let policies = "script-src 'strict-dynamic' 'sha256-abc=' 'unsafe-inline', default-src 'strict-dynamic'";
    let leave = judged(&[(ENFORCED, policies)], Scheme::Https, "bank.test").unwrap();
    let nonce = leave.nonce.clone().unwrap();
    assert!(leave.once && nonce.len() == 32);
    let expected = format!(
        "script-src 'strict-dynamic' 'sha256-abc=' 'unsafe-inline' 'nonce-{nonce}', \
         default-src 'strict-dynamic'; script-src 'strict-dynamic' 'nonce-{nonce}'"
    );
    assert_eq!(leave.changed[0].1, [expected]);
}

#[test]
fn all_policies_are_met_at_once() {
    let check = |fields: &[(&str, &str)], nonce: Option<&str>, changed: &[(&str, &[&str])]| {
        let leave = judged(fields, Scheme::Https, "bank.test:8443").unwrap();
        let made = leave.nonce.clone().filter(|_| leave.once).unwrap_or_default();
        assert_eq!(leave.nonce.as_deref().filter(|_| !leave.once), nonce, "{fields:?}");
        let changed: Vec<(HeaderName, Vec<String>)> = changed
            .iter()
            .map(|(name, lines)| {
                let lines = lines.iter().map(|line| line.replace("ADDRESS", ADDRESS).replace("MADE", &made));
                (HeaderName::try_from(*name).unwrap(), lines.collect())
            })
            .collect();
        assert_eq!(leave.changed, changed, "{fields:?}");
    };
    // One nonce for all that have it; an address where it is not among them.
    check(&[(ENFORCED, "script-src 'nonce-a' 'nonce-b', script-src 'nonce-a'")], Some("a"), &[]);
    check(
        &[
            (ENFORCED, "script-src 'nonce-a', img-src *, script-src 'nonce-b'"),
            (ENFORCED, "script-src 'unsafe-inline'"),
        ],
        Some("a"),
        &[(
            ENFORCED,
            &[
                "script-src 'nonce-a', img-src *, script-src 'nonce-b' ADDRESS",
                "script-src 'unsafe-inline' ADDRESS",
            ],
        )],
    );
    // The one that can do without an address decides.
    check(
        &[(ENFORCED, "script-src 'nonce-a'"), (ENFORCED, "script-src 'strict-dynamic' 'nonce-b' 'nonce-c'")],
        Some("b"),
        &[(ENFORCED, &["script-src 'nonce-a' ADDRESS", "script-src 'strict-dynamic' 'nonce-b' 'nonce-c'"])],
    );
    check(
        &[(
            ENFORCED,
            "script-src 'strict-dynamic' 'nonce-a' 'nonce-b', script-src 'strict-dynamic' 'nonce-b'",
        )],
        Some("b"),
        &[],
    );
    // No nonce of one policy gets into the other: that would let the application's own scripts past it.
    check(
        &[(ENFORCED, "script-src 'strict-dynamic' 'nonce-a', script-src 'strict-dynamic' 'nonce-b'")],
        None,
        &[(
            ENFORCED,
            &[
                "script-src 'strict-dynamic' 'nonce-a' 'nonce-MADE', script-src 'strict-dynamic' 'nonce-b' 'nonce-MADE'",
            ],
        )],
    );
    // What only reports would report the script.
    check(&[(REPORTING, "script-src 'self'; report-uri /r")], None, &[]);
    check(
        &[(ENFORCED, "script-src 'self'"), (REPORTING, "default-src 'none'; report-uri /r")],
        None,
        &[(REPORTING, &["default-src 'none'; report-uri /r; script-src ADDRESS"])],
    );
    check(
        &[(REPORTING, "sandbox; script-src 'none'")],
        None,
        &[(REPORTING, &["sandbox; script-src ADDRESS"])],
    );
}

#[test]
fn hosts_that_no_source_can_name() {
    let leave = judged(&[(ENFORCED, "script-src a.test")], Scheme::Http, "[::1]:8080").unwrap();
    assert_eq!(leave.changed[0].1, ["script-src a.test 'self'"]);
    let leave = judged(&[(ENFORCED, "script-src a.test")], Scheme::Http, "10.0.0.1:8080").unwrap();
    assert_eq!(leave.changed[0].1, ["script-src a.test 10.0.0.1:8080/.countersign/agent.js"]);
    assert_eq!(judged(&[(ENFORCED, "script-src https:")], Scheme::Http, "a").unwrap().changed.len(), 1);
}

proptest::proptest! {
    /// What was changed lets the script run, and asks for no further change.
    #[test]
    fn what_was_changed_needs_no_change(
        parts in proptest::collection::vec(proptest::sample::select(vec![
            "script-src", "script-src-elem", "default-src", "sandbox", "img-src", "'none'", "'self'", "'unsafe-inline'", "'strict-dynamic'",
            "'nonce-a'", "'nonce-b'", "'sha256-x='", "https://cdn.test", "allow-scripts", "allow-same-origin", ";", ";", ",", "  ",
        ]), 0..16),
        reports in proptest::bool::ANY,
    ) {
        let field = if reports { REPORTING } else { ENFORCED };
        if let Some(first) = judged(&[(field, &parts.join(" "))], Scheme::Https, "bank.test") {
            let changed = first.changed.first().map_or(parts.join(" "), |(_, lines)| lines.join(","));
            let again = judged(&[(field, &changed)], Scheme::Https, "bank.test").unwrap();
            proptest::prop_assert_eq!(&again.changed, &[], "{}", changed);
            proptest::prop_assert_eq!(again.nonce, first.nonce);
            proptest::prop_assert!(!again.once);
        }
    }
}
