//! Release credentials: found in a request, and taken out of what is compared and sent.
//!
//! **Invariant:** a credential is judged before anything else about a request, and never reaches the application or a log.

use http::HeaderValue;
use http::header::{HeaderMap, REFERER};
use pingora::http::RequestHeader;

use crate::base::id::{Held, Id};
use crate::base::net::Scheme;

use super::view::{cookie, only};

/// The parameter of a navigation.
pub(super) const PARAMETER: &str = "__countersign";
/// The header of a script.
pub(super) const HEADER: &str = "countersign-release";

/// A credential as it came.
pub(super) struct Credential {
    /// How it came.
    pub(super) via: Via,
    /// The held request and the secret, or what cannot be one.
    pub(super) parsed: Option<(Id<Held>, String)>,
    /// The target without the credential.
    pub(super) target: String,
}

impl Credential {
    /// The one a script was told, for its own URL.
    pub(super) fn of_script(id: Id<Held>, secret: String, target: String) -> Self {
        Self { via: Via::Header, parsed: Some((id, secret)), target }
    }
}

/// How a credential came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Via {
    /// In the query, by a navigation.
    Query,
    /// In the header, by a script.
    Header,
}

/// The credential a request carries, if it carries any.
pub(super) fn presented(head: &RequestHeader) -> Option<Credential> {
    let target = std::str::from_utf8(head.raw_path()).ok()?;
    if head.headers.contains_key(HEADER) {
        let parsed = only(&head.headers, HEADER).and_then(parse);
        return Some(Credential { via: Via::Header, parsed, target: target.to_owned() });
    }
    if !target.contains(PARAMETER) {
        return None;
    }
    let (path, query) = target.split_once('?')?;
    let ours = |pair: &&str| pair.split('=').next() == Some(PARAMETER);
    let mut values = query.split('&').filter(ours);
    let first = values.next()?;
    let value = first.split_once('=').map(|(_, value)| value);
    let parsed = if values.next().is_some() { None } else { value.and_then(parse) };
    let rest: Vec<&str> = query.split('&').filter(|pair| !ours(pair)).collect();
    let target = if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) };
    Some(Credential { via: Via::Query, parsed, target })
}

/// Takes a credential out of the Referer: what a page loads names that page's URL, and the page may be the released one.
pub(super) fn forget_referer(head: &mut RequestHeader) -> pingora::Result<()> {
    let names_it = |line: &HeaderValue| memchr::memmem::find(line.as_bytes(), PARAMETER.as_bytes()).is_some();
    if !head.headers.get_all(REFERER).iter().any(names_it) {
        return Ok(());
    }
    // A line that is no visible text is no URL: it goes whole.
    let lines: Vec<String> =
        head.headers.get_all(REFERER).iter().filter_map(|line| line.to_str().ok()).map(without).collect();
    head.remove_header(&REFERER);
    for line in lines {
        head.append_header("Referer", line)?;
    }
    Ok(())
}

/// A URL without the parameter.
fn without(url: &str) -> String {
    let (rest, fragment) = url.split_once('#').map_or((url, None), |(rest, fragment)| (rest, Some(fragment)));
    let Some((path, query)) = rest.split_once('?') else { return url.to_owned() };
    let kept: Vec<&str> = query.split('&').filter(|pair| pair.split('=').next() != Some(PARAMETER)).collect();
    let mut clean = path.to_owned();
    if !kept.is_empty() {
        clean.push('?');
        clean.push_str(&kept.join("&"));
    }
    if let Some(fragment) = fragment {
        clean.push('#');
        clean.push_str(fragment);
    }
    clean
}

/// `{id}.{secret}`
pub(super) fn parse(text: &str) -> Option<(Id<Held>, String)> {
    let (id, secret) = text.split_once('.')?;
    Some((id.parse().ok()?, secret.to_owned()))
}

/// The name of the browser key's cookie.
pub(super) fn browser_cookie(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Http => "countersign",
        Scheme::Https => "__Host-countersign",
    }
}

/// The browser key a request carries.
pub(super) fn browser_key(headers: &HeaderMap, scheme: Scheme) -> Option<&str> {
    cookie(headers, browser_cookie(scheme)).filter(|key| key.len() == 43)
}

/// `Set-Cookie` for a new browser key.
pub(super) fn set_browser_key(key: &str, scheme: Scheme) -> String {
    let secure = match scheme {
        Scheme::Http => "",
        Scheme::Https => "; Secure",
    };
    format!("{}={key}; Path=/; HttpOnly; SameSite=Lax{secure}", browser_cookie(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(target: &str) -> Option<(Option<String>, String)> {
        let head = RequestHeader::build("GET", target.as_bytes(), None).unwrap();
        presented(&head).map(|found| (found.parsed.map(|(_, secret)| secret), found.target))
    }

    #[test]
    fn the_referer_forgets_the_parameter_only() {
        for (before, after) in [
            ("http://a/x?__countersign=held_1.s", "http://a/x"),
            ("http://a/x?b=%2f&__countersign=held_1.s&c#d?e", "http://a/x?b=%2f&c#d?e"),
            ("http://a/__countersign?b=__countersign", "http://a/__countersign?b=__countersign"),
        ] {
            let mut head = RequestHeader::build("GET", b"/", None).unwrap();
            head.insert_header("referer", before).unwrap();
            forget_referer(&mut head).unwrap();
            assert_eq!(only(&head.headers, "referer"), Some(after));
        }
    }

    #[test]
    fn the_parameter_is_found_and_taken_out() {
        let id = "held_01JD0000000000000000000000";
        let with = |secret: Option<&str>, target: &str| Some((secret.map(str::to_owned), target.to_owned()));
        assert_eq!(of("/a?b=1"), None);
        assert_eq!(of(&format!("/a?__countersign={id}.s")), with(Some("s"), "/a"));
        assert_eq!(of(&format!("/a?x=%2f&__countersign={id}.s&y")), with(Some("s"), "/a?x=%2f&y"));
        assert_eq!(of(&format!("/a?__countersign={id}.s&__countersign={id}.t")), with(None, "/a"));
        assert_eq!(of("/a?__countersign"), with(None, "/a"));
        assert_eq!(of("/a?q=__countersign"), None);
    }
}
