//! The property of all targets: what the gateway would forward must not be one of the protected actions of the corpus in any reading that
//! the judge of `tests/it/oracle` knows. And nothing panics.
//!
//! The judge is given the head as it would be forwarded, already split: framing is what `tests/it/corpus.rs` is about.

#![allow(dead_code)]

#[path = "../../tests/it/oracle/mod.rs"]
mod oracle;

use std::net::Ipv4Addr;
use std::sync::LazyLock;

use countersign::base::dialect::Dialect;
use countersign::base::net::Scheme;
use countersign::base::time::Timestamp;
use countersign::policy::judge::Circumstances;
use countersign::policy::source::{AppFacts, SourceFile, read};
use countersign::policy::{PolicySet, Ruling};
use countersign::request::body::{self, BodyLimits};
use countersign::request::headers::OwnedHeaders;
use countersign::request::normalise::{HeadRules, Quick, admissible_quick, normalise};
use countersign::request::{Fields, Parts, RawHeader, Refusal, Version};

/// The policies of the corpus.
pub static POLICIES: LazyLock<PolicySet> = LazyLock::new(|| {
    let text = include_str!("../../tests/vectors/policies.toml");
    read(&[SourceFile::new("policies.toml", text)], &[AppFacts::named("app")]).unwrap()
});

static RULES: LazyLock<HeadRules> = LazyLock::new(|| HeadRules {
    owned: OwnedHeaders::new(["X-Forwarded-User", "X-Forwarded-Groups"], []),
    dialect: Dialect::default(),
});

/// A request without Host and Content-Length.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The method.
    pub method: &'a [u8],
    /// The target.
    pub target: &'a [u8],
    /// Further headers.
    pub headers: Vec<(&'a [u8], &'a [u8])>,
    /// The body.
    pub body: &'a [u8],
}

/// What goes on to the application, if anything does.
fn forwarded(asked: &Asked<'_>) -> Result<Option<oracle::Request>, Refusal> {
    let length = asked.body.len().to_string();
    let mut headers = vec![RawHeader { name: b"host", value: b"app.test" }];
    if !asked.body.is_empty() {
        headers.push(RawHeader { name: b"content-length", value: length.as_bytes() });
    }
    headers.extend(asked.headers.iter().map(|(name, value)| RawHeader { name, value }));
    let parts = Parts {
        version: Version::Http11,
        scheme: Scheme::Http,
        method: asked.method,
        target: asked.target,
        authority: None,
        headers: headers.iter().copied(),
    };
    let policies = POLICIES.for_app("app").unwrap();
    let quick = admissible_quick(&parts);
    let head = normalise(&parts, &RULES)?;
    let passes_at_a_glance = match quick {
        Quick::Plain { method, path, .. } => {
            policies.route(method.as_str(), std::str::from_utf8(path).unwrap()).is_none()
        }
        Quick::Look => false,
    };
    let candidates = policies.concerns(&head);
    if !passes_at_a_glance && !candidates.is_none() {
        let fields = if asked.body.is_empty() {
            Some(Fields::default())
        } else if candidates.needs_body() {
            Some(body::read(&head.content, asked.body, &BodyLimits::new(1 << 20))?)
        } else {
            None
        };
        let circumstances = Circumstances {
            body: fields.as_ref(),
            user: "alice",
            groups: &[],
            client: Ipv4Addr::LOCALHOST.into(),
            now: Timestamp::from_millis(0),
        };
        match policies.judge(&head, &circumstances)? {
            Ruling::Forward(_) => {}
            Ruling::Hold(_) | Ruling::Deny(_) | Ruling::Refuse(_) => return Ok(None),
        }
    }
    let text = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
    let cookies = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(b"cookie"));
    let kept = head.headers.iter().map(|(name, value)| (name.clone(), text(value).trim().to_owned()));
    Ok(Some(oracle::Request {
        method: head.method.as_str().to_owned(),
        target: head.target.clone(),
        headers: kept
            .chain(cookies.map(|header| ("cookie".to_owned(), text(header.value))))
            .chain([("host".to_owned(), "app.test".to_owned())])
            .collect(),
        body: asked.body.to_vec(),
    }))
}

/// Holds one request to the property.
pub fn check(asked: &Asked<'_>) {
    let Ok(Some(request)) = forwarded(asked) else { return };
    let mut found = oracle::of_request(&request);
    found.retain(|action| !is_agreed_harmless(&request, action));
    assert!(found.is_empty(), "{found:?} would be forwarded: {request:#?}");
}

/// What every reader agrees about, and the judge, which takes bodies apart with expressions, does not know: a call without
/// `method`, `params` or a `name`, a GraphQL document without the field or an id, and JSON of one structure in which no member is called so.
fn is_agreed_harmless(request: &oracle::Request, action: &str) -> bool {
    let target: Vec<u8> = percent_encoding::percent_decode_str(&request.target).collect();
    let text = [target.as_slice(), &request.body].concat();
    let text = String::from_utf8_lossy(&text).to_lowercase();
    // Encoded twice, escaped or coded: not known.
    if target.contains(&b'%') || text.contains(['\\', '\0', '\u{fffd}']) {
        return false;
    }
    let none = |words: &[&str]| !words.iter().any(|word| text.contains(word));
    match action {
        "E" => none(&["deleteuser", "persistedquery", "id\"", "id=", "doc_id", "id'"]),
        "F" => {
            let unnamed = none(&["\"name\"", "'name'", "name=", "name]", "[\"wipe", "ey"]);
            none(&["params"]) || none(&["method"]) || unnamed
        }
        "A" => serde_json::from_slice(&request.body).is_ok_and(|value| !has_amount(&value)),
        _ => false,
    }
}

/// Whether some member is called `amount`, brackets, quotes and blanks around it aside.
fn has_amount(value: &serde_json::Value) -> bool {
    let around = |c: char| c.is_whitespace() || c.is_control() || "[]\"'\u{feff}".contains(c);
    let named = |name: &str| name.trim_matches(around).to_lowercase() == "amount";
    match value {
        serde_json::Value::Object(members) => {
            members.iter().any(|(name, value)| named(name) || has_amount(value))
        }
        serde_json::Value::Array(items) => items.iter().any(has_amount),
        _ => false,
    }
}

/// A body of this type at this path.
pub fn check_body(target: &str, kind: &str, body: &[u8]) {
    let headers = vec![(b"content-type".as_slice(), kind.as_bytes())];
    check(&Asked { method: b"POST", target: target.as_bytes(), headers, body });
}
