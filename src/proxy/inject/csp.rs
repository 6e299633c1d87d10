//! What an application's content security policies say about the script, and the least that lets it run (CSP Level 3).
//!
//! Each policy of each field is judged for itself, since a script must pass all of them. `'self'`, `*` and the like let it pass already. Otherwise:
//!
//! - A nonce that the policy has is the one the script carries. Nothing is changed.
//! - Where addresses count, the script's exact address is added to the list, never a nonce of ours: a nonce would switch off
//!   `'unsafe-inline'` for the application, and it would be wrong in a page that a browser keeps and revalidates.
//! - Where only nonces count (`'strict-dynamic'`), a nonce of ours is added, and the page is not kept ([`Leave::is_once`]).
//!
//! A list that comes from `default-src` is copied to a `script-src` of its own. A page that may run no script at all has no calls to help
//! with and is left alone, as is one in a sandbox without scripts or without its origin. Policies in `<meta>` come after the script and do not
//! concern it.
//!
//! **Invariant:** nothing but this script gains anything: what is added is its address, or a nonce nobody else knows.
//! Called by `inject`.

use http::header::{CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY, HeaderMap, HeaderName};
use pingora::http::ResponseHeader;

use crate::base::entropy::Entropy;
use crate::base::net::Scheme;

use super::script;

/// The fields that carry policies; the second only reports, and would report the script.
pub(super) const FIELDS: [HeaderName; 2] = [CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY];

/// The origin of the page, as its browser knows it.
pub(super) struct Own<'a> {
    /// The host, with its port unless that is the scheme's.
    pub(super) host: &'a [u8],
    pub(super) scheme: Scheme,
}

/// How the script may run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Leave {
    nonce: Option<String>,
    once: bool,
    changed: Vec<(HeaderName, Vec<String>)>,
}

impl Leave {
    /// The nonce it must carry.
    pub(super) fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    /// Whether that nonce was made for this answer alone.
    pub(super) fn is_once(&self) -> bool {
        self.once
    }

    /// Puts the changed policies in place of those that came.
    pub(super) fn apply(&self, head: &mut ResponseHeader) -> pingora::Result<()> {
        for (name, lines) in &self.changed {
            head.remove_header(name);
            // As it is usually spelt.
            let only_reports = *name == CONTENT_SECURITY_POLICY_REPORT_ONLY;
            let name =
                if only_reports { "Content-Security-Policy-Report-Only" } else { "Content-Security-Policy" };
            for line in lines {
                head.append_header(name, line.as_str())?;
            }
        }
        Ok(())
    }
}

/// What one policy asks of the script.
struct Need<'a> {
    /// Whether addresses do not count.
    strict: bool,
    nonces: Vec<&'a str>,
}

enum Found<'a> {
    /// It may run.
    Free,
    /// It may not, and is not to.
    Never,
    Needs(Need<'a>),
}

/// What the policies in `headers` say; `None` when the page is to be left alone.
pub(super) fn judge(headers: &HeaderMap, own: &Own<'_>, entropy: &dyn Entropy) -> Option<Leave> {
    let mut needs = Vec::new();
    for name in FIELDS {
        for line in headers.get_all(&name) {
            for policy in line.to_str().ok()?.split(',') {
                match look(policy, &name, own) {
                    Found::Free => {}
                    Found::Never if name == CONTENT_SECURITY_POLICY => return None,
                    Found::Never => needs.push(Need { strict: false, nonces: Vec::new() }),
                    Found::Needs(need) => needs.push(need),
                }
            }
        }
    }
    if needs.is_empty() {
        return Some(Leave::default());
    }
    let nonce = carried(&needs);
    let strict = needs.iter().any(|need| need.strict);
    let once = strict && nonce.is_none();
    let nonce = nonce.map(str::to_owned).or_else(|| once.then(|| fresh(entropy)));
    let address = address(own)?;
    let mut changed = Vec::new();
    for name in FIELDS {
        let (mut lines, mut differs) = (Vec::new(), false);
        for line in headers.get_all(&name) {
            let policies = line.to_str().ok()?.split(',').map(|policy| {
                let need = match look(policy, &name, own) {
                    Found::Free => return policy.to_owned(),
                    Found::Never => Need { strict: false, nonces: Vec::new() },
                    Found::Needs(need) => need,
                };
                let source = match &nonce {
                    Some(nonce) if need.nonces.contains(&nonce.as_str()) => return policy.to_owned(),
                    Some(nonce) if need.strict => format!("'nonce-{nonce}'"),
                    Some(_) | None => address.clone(),
                };
                differs = true;
                amended(policy, &source)
            });
            let line = policies.collect::<Vec<_>>().join(",");
            lines.push(line);
        }
        if differs {
            changed.push((name, lines));
        }
    }
    Some(Leave { nonce, once, changed })
}

/// A nonce of the application's that serves wherever one is needed.
fn carried<'a>(needs: &[Need<'a>]) -> Option<&'a str> {
    let mut strict = needs.iter().filter(|need| need.strict);
    let Some(first) = strict.next() else {
        return needs.iter().find_map(|need| need.nonces.first().copied());
    };
    let rest: Vec<&Need<'_>> = strict.collect();
    first.nonces.iter().copied().find(|nonce| rest.iter().all(|need| need.nonces.contains(nonce)))
}

fn fresh(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    data_encoding::HEXLOWER.encode(&bytes)
}

/// The script's address as a source. Without a scheme it is the page's own, whatever a proxy in front makes of it.
fn address(own: &Own<'_>) -> Option<String> {
    let host = std::str::from_utf8(own.host).ok()?;
    if host.starts_with('[') {
        // No source can name an address of IPv6.
        return Some("'self'".to_owned());
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._:".contains(&b);
    host.bytes().all(plain).then(|| format!("{host}{}", script::PATH))
}

/// The directive that decides about scripts by their address, if one does.
const DECIDING: [&str; 3] = ["script-src-elem", "script-src", "default-src"];

fn directives(policy: &str) -> impl Iterator<Item = (&str, &str)> {
    policy.split(';').map(|directive| {
        let directive = directive.trim_ascii();
        directive.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((directive, ""))
    })
}

/// The first of that name counts.
fn directive<'a>(policy: &'a str, name: &str) -> Option<&'a str> {
    directives(policy).find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn look<'a>(policy: &'a str, field: &HeaderName, own: &Own<'_>) -> Found<'a> {
    // A policy that only reports makes no sandbox.
    if let Some(flags) = directive(policy, "sandbox").filter(|_| *field == CONTENT_SECURITY_POLICY) {
        let has = |flag: &str| flags.split_ascii_whitespace().any(|other| other.eq_ignore_ascii_case(flag));
        if !has("allow-scripts") || !has("allow-same-origin") {
            return Found::Never;
        }
    }
    let Some(list) = DECIDING.iter().find_map(|name| directive(policy, name)) else { return Found::Free };
    let sources = || list.split_ascii_whitespace();
    if sources().all(is_none) {
        return Found::Never;
    }
    let strict = sources().any(|source| source.eq_ignore_ascii_case("'strict-dynamic'"));
    if !strict && sources().any(|source| covers(source, own)) {
        return Found::Free;
    }
    Found::Needs(Need { strict, nonces: sources().filter_map(nonce).collect() })
}

fn is_none(source: &str) -> bool {
    source.eq_ignore_ascii_case("'none'")
}

/// Whether a source covers all of the page's own origin, or the script's address.
fn covers(source: &str, own: &Own<'_>) -> bool {
    let bare = source.split_once("://").map_or(source, |(scheme, rest)| {
        if scheme.eq_ignore_ascii_case(own.scheme.as_str()) { rest } else { "" }
    });
    let https = own.scheme == Scheme::Https && source.eq_ignore_ascii_case("https:");
    source == "*"
        || source.eq_ignore_ascii_case("'self'")
        || source.eq_ignore_ascii_case("http:")
        || https
        || bare.as_bytes().eq_ignore_ascii_case(own.host)
        || address(own).is_some_and(|address| address == source)
}

/// The nonce of a source that is a valid one.
fn nonce(source: &str) -> Option<&str> {
    let (prefix, rest) = source.split_at_checked("'nonce-".len())?;
    let value = rest.strip_suffix('\'')?;
    let valid = |b: u8| b.is_ascii_alphanumeric() || b"+/-_=".contains(&b);
    (prefix.eq_ignore_ascii_case("'nonce-") && !value.is_empty() && value.bytes().all(valid)).then_some(value)
}

/// The policy with one source more where scripts are decided about; all else as it was.
fn amended(policy: &str, source: &str) -> String {
    let Some(name) = DECIDING.iter().find(|name| directive(policy, name).is_some()) else {
        return policy.to_owned();
    };
    let list = directive(policy, name).unwrap_or_default();
    let kept: Vec<&str> = list.split_ascii_whitespace().filter(|source| !is_none(source)).collect();
    let longer = [kept.as_slice(), &[source]].concat().join(" ");
    if *name == "default-src" {
        let rest = policy.trim_end_matches(|c: char| c == ';' || c.is_ascii_whitespace());
        return format!("{rest}; script-src {longer}");
    }
    let mut done = false;
    let parts = policy.split(';').map(|part| {
        let own = directives(part).next().is_some_and(|(other, _)| other.eq_ignore_ascii_case(name));
        if !own || std::mem::replace(&mut done, true) {
            return part.to_owned();
        }
        let indent = part.len() - part.trim_ascii_start().len();
        let written = part.trim_ascii().get(..name.len()).unwrap_or(name);
        format!("{}{written} {longer}", part.get(..indent).unwrap_or_default())
    });
    parts.collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests;
