//! The portal's cookies: one ties a browser to the prompts that were opened in it, one opens its user's session, one holds an invitation
//! whose link was just opened, and one keeps the language.
//!
//! `SameSite=Lax`, not Strict: the way to the prompt starts on the application's site, and Strict cookies are sent
//! neither with that navigation nor with a redirect that follows it, so every arrival would make a new cookie and
//! cut off the prompts in the browser's other tabs. Posts are guarded by origin and form token besides.
//!
//! **Invariant:** all are host-only and invisible to scripts; those that open something are on https under the `__Host-` prefix, so that
//! no sibling host can plant them (`the_cookie_is_host_only` below). Two cookies of one name are nobody's.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use crate::base::language::Language;
use crate::base::net::{Origin, Scheme};

/// The longest value that is read.
const LONGEST: usize = 128;

/// The longest value of an invitation that is read.
const LONGEST_INVITATION: usize = 1024;
/// How long the browser keeps an invitation, in seconds: to read what is asked and to choose a password.
const INVITATION_FOR: u32 = 1800;

/// The name of the prompts' cookie on this origin.
fn name(origin: &Origin) -> &'static str {
    match origin.scheme() {
        Scheme::Https => "__Host-countersign-portal",
        Scheme::Http => "countersign-portal",
    }
}

/// The name of the session's cookie on this origin.
fn session_name(origin: &Origin) -> &'static str {
    match origin.scheme() {
        Scheme::Https => "__Host-countersign-session",
        Scheme::Http => "countersign-session",
    }
}

/// The name of an invitation's cookie on this origin.
fn invitation_name(origin: &Origin) -> &'static str {
    match origin.scheme() {
        Scheme::Https => "__Host-countersign-invitation",
        Scheme::Http => "countersign-invitation",
    }
}

/// The prompts' value the browser sent, if it sent exactly one well-formed one.
pub(super) fn read(origin: &Origin, headers: &HeaderMap) -> Option<String> {
    value(name(origin), headers, LONGEST)
}

/// The session's value the browser sent, if it sent exactly one well-formed one.
pub(super) fn session(origin: &Origin, headers: &HeaderMap) -> Option<String> {
    value(session_name(origin), headers, LONGEST)
}

/// The name and the code of the invitation whose link the browser opened.
pub(super) fn invitation(origin: &Origin, headers: &HeaderMap) -> Option<(String, String)> {
    let value = value(invitation_name(origin), headers, LONGEST_INVITATION)?;
    let (name, code) = value.split_once('.')?;
    let text = |part: &str| String::from_utf8(BASE64.decode(part).ok()?).ok();
    Some((text(name)?, text(code)?))
}

fn value(name: &str, headers: &HeaderMap, longest: usize) -> Option<String> {
    let mut values = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let value = values.next()?;
    (values.next().is_none() && well_formed(value, longest)).then(|| value.to_owned())
}

/// The header that sets it for the browser's session; `None` when `value` cannot stand in a cookie.
pub(super) fn set(origin: &Origin, value: &str) -> Option<HeaderValue> {
    well_formed(value, LONGEST).then(|| header(origin, name(origin), value, ""))?
}

/// The header that sets the session's cookie for as long as the browser is open; how long it opens anything, the server says.
pub(super) fn set_session(origin: &Origin, value: &str) -> Option<HeaderValue> {
    well_formed(value, LONGEST).then(|| header(origin, session_name(origin), value, ""))?
}

/// The header that removes the session's cookie.
pub(super) fn end_session(origin: &Origin) -> Option<HeaderValue> {
    header(origin, session_name(origin), "", "; Max-Age=0")
}

/// The header that keeps an invitation for a while; `None` when it is too long to be one.
pub(super) fn set_invitation(origin: &Origin, name: &str, code: &str) -> Option<HeaderValue> {
    let value = format!("{}.{}", BASE64.encode(name), BASE64.encode(code));
    let age = format!("; Max-Age={INVITATION_FOR}");
    well_formed(&value, LONGEST_INVITATION).then(|| header(origin, invitation_name(origin), &value, &age))?
}

/// The header that removes an invitation.
pub(super) fn end_invitation(origin: &Origin) -> Option<HeaderValue> {
    header(origin, invitation_name(origin), "", "; Max-Age=0")
}

/// The header that keeps the language for a year. No secret, and read by the pages on an application's origin where that is the same host.
pub(super) fn set_language(origin: &Origin, language: Language) -> Option<HeaderValue> {
    header(origin, Language::COOKIE, language.tag(), "; Max-Age=31536000")
}

fn header(origin: &Origin, name: &str, value: &str, age: &str) -> Option<HeaderValue> {
    let secure = match origin.scheme() {
        Scheme::Https => "; Secure",
        Scheme::Http => "",
    };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")).ok()
}

fn well_formed(value: &str, longest: usize) -> bool {
    (1..=longest).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (header::COOKIE, HeaderValue::from_str(line).unwrap())).collect()
    }

    #[test]
    fn the_cookie_is_host_only() {
        let https: Origin = "https://approve.example.com".parse().unwrap();
        assert_eq!(
            set(&https, "abc").unwrap(),
            "__Host-countersign-portal=abc; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        let http: Origin = "http://localhost:8081".parse().unwrap();
        assert_eq!(set(&http, "abc").unwrap(), "countersign-portal=abc; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(set(&http, "a;b"), None);
        assert_eq!(set(&http, ""), None);
    }

    #[test]
    fn an_invitation_comes_back_as_it_was() {
        for (origin, start) in [
            ("https://approve.example.com", "__Host-countersign-invitation="),
            ("http://localhost:8081", "countersign-invitation="),
        ] {
            let origin: Origin = origin.parse().unwrap();
            let set = set_invitation(&origin, "Zoë; Path=/x", "7QJ4-0ZKM").unwrap();
            let set = set.to_str().unwrap();
            assert!(set.starts_with(start) && set.contains("; Path=/; HttpOnly; SameSite=Lax"), "{set}");
            assert!(set.ends_with("; Max-Age=1800") && !set.contains("7QJ4"), "{set}");
            let line = set.split(';').next().unwrap();
            let invited = Some(("Zoë; Path=/x".to_owned(), "7QJ4-0ZKM".to_owned()));
            assert_eq!(invitation(&origin, &sent(&[line])), invited);
            assert_eq!(invitation(&origin, &sent(&[line, line])), None);
            assert_eq!(invitation(&origin, &sent(&[&format!("{start}abc")])), None);
            assert_eq!(set_invitation(&origin, &"x".repeat(1000), "y"), None);
        }
    }

    #[test]
    fn one_well_formed_value_is_read() {
        let http: Origin = "http://localhost:8081".parse().unwrap();
        for (lines, expected) in [
            (&["a=1; countersign-portal=k; b=2"][..], Some("k")),
            (&["a=1", "countersign-portal=k"], Some("k")),
            (&["countersign-portal=k; countersign-portal=l"], None),
            (&["countersign-portal=k", "countersign-portal=k"], None),
            (&["countersign-portal="], None),
            (&["countersign-portal=a b"], None),
            (&["__Host-countersign-portal=k"], None),
            (&["Countersign-Portal=k"], None),
            (&[], None),
        ] {
            assert_eq!(read(&http, &sent(lines)).as_deref(), expected, "{lines:?}");
        }
        assert_eq!(read(&http, &sent(&[&format!("countersign-portal={}", "k".repeat(129))])), None);
    }
}
