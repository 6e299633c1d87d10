//! A URL as someone typed it, taken apart without being changed.
//!
//! **Invariant:** the target is byte for byte what was typed: what is odd about it is for the readings to judge.

use crate::base::net::{Host, Scheme};

/// What a typed URL says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed<'u> {
    /// Scheme and host, of an absolute URL. The host is as typed when it is none.
    pub origin: Option<(Scheme, Result<Host, &'u str>)>,
    /// Path and query.
    pub target: String,
}

/// Takes a URL apart: `https://host:1/path?query`, or a path with its query alone.
pub fn typed(url: &str) -> Typed<'_> {
    let schemes = [("http://", Scheme::Http), ("https://", Scheme::Https)];
    let absolute = schemes.into_iter().find_map(|(prefix, scheme)| {
        let head = url.get(..prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then(|| (scheme, url.get(prefix.len()..).unwrap_or_default()))
    });
    let Some((scheme, rest)) = absolute else { return Typed { origin: None, target: url.to_owned() } };
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let host = authority.parse::<Host>().map_err(|_| authority);
    // A client puts the `/` of an empty path into the request line itself.
    let slash = if target.starts_with(['/', '\\']) { "" } else { "/" };
    Typed { origin: Some((scheme, host)), target: format!("{slash}{target}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_as_typed() {
        for (url, host, target) in [
            ("/a?b=http://x/y", None, "/a?b=http://x/y"),
            ("/a//b/%2e%2E/;x", None, "/a//b/%2e%2E/;x"),
            ("a", None, "a"),
            ("https://h.example", Some("h.example"), "/"),
            ("https://h.example?x=1", Some("h.example"), "/?x=1"),
            ("HTTPS://h.example:8443/a#b", Some("h.example:8443"), "/a#b"),
            ("http://[::1]:8080//a", Some("[::1]:8080"), "//a"),
            ("http://h.example\\a", Some("h.example"), "\\a"),
        ] {
            let typed = typed(url);
            assert_eq!(typed.target, target, "{url}");
            assert_eq!(typed.origin.map(|(_, host)| host.unwrap().to_string()).as_deref(), host, "{url}");
        }
        assert_eq!(typed("http://a b/").origin, Some((Scheme::Http, Err("a b"))));
    }
}
