//! What the application sees of a request: the client's bytes, without what only the gateway may say, and with what it says.
//!
//! **Invariant:** fields that only the gateway may set are gone under every spelling, unless a trusted peer sent them in the
//! proper one; everything else is as the client sent it.

use http::header::{AUTHORIZATION, CONTENT_LENGTH, COOKIE, HOST, HeaderName};
use http::{HeaderValue, Version};
use pingora::http::RequestHeader;

use crate::request::render::ReleaseCredentials;

use super::apps::App;
use super::stage::Arrival;

/// The cookie that binds held requests to a browser, by the scheme of the application.
const BROWSER_KEYS: [&[u8]; 2] = [b"countersign", b"__Host-countersign"];

/// Rewrites the head that goes to the application.
pub(crate) fn rewrite(
    head: &mut RequestHeader,
    came_as: Version,
    authority: &[u8],
    arrival: &Arrival,
    app: &App,
) -> pingora::Result<()> {
    strip(head, arrival, app);
    cookies(head, came_as)?;
    forwarded(head, authority, arrival)?;
    if head.headers.get_all(CONTENT_LENGTH).iter().count() > 1
        && let Some(length) = head.headers.get(CONTENT_LENGTH).cloned()
    {
        head.insert_header(CONTENT_LENGTH, length)?;
    }
    Ok(())
}

/// What a trusted peer may say about the client besides who the user is.
const SPOKEN: [&str; 5] =
    ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix"];

/// Takes out what only the gateway may say, and all spellings that a backend may take for it.
fn strip(head: &mut RequestHeader, arrival: &Arrival, app: &App) {
    let believed = |name: &str| {
        arrival.trusted && (app.identity.iter().any(|own| own == name) || SPOKEN.contains(&name))
    };
    let owned =
        |name: &HeaderName| app.rules.owned.must_strip(name.as_str().as_bytes()) && !believed(name.as_str());
    if head.headers.keys().any(owned) {
        let names: Vec<HeaderName> = head.headers.keys().filter(|name| owned(name)).cloned().collect();
        for name in names {
            head.remove_header(&name);
        }
    }
}

/// Joins the crumbs of HTTP/2 (RFC 9113 §8.2.3) and takes our own cookie out, leaving all other bytes as they are.
fn cookies(head: &mut RequestHeader, came_as: Version) -> pingora::Result<()> {
    let crumbs = head.headers.get_all(COOKIE).iter().count();
    let join = crumbs > 1 && came_as == Version::HTTP_2;
    let ours =
        head.headers.get_all(COOKIE).iter().any(|line| line.as_bytes().split(|b| *b == b';').any(is_ours));
    if !join && !ours {
        return Ok(());
    }
    let mut lines: Vec<Vec<u8>> =
        head.headers.get_all(COOKIE).iter().filter_map(|line| without_ours(line.as_bytes())).collect();
    if join {
        lines = if lines.is_empty() { lines } else { vec![lines.join(&b"; "[..])] };
    }
    head.remove_header(&COOKIE);
    for line in lines {
        if let Ok(value) = HeaderValue::from_bytes(&line) {
            head.append_header(COOKIE, value)?;
        }
    }
    Ok(())
}

fn is_ours(pair: &[u8]) -> bool {
    let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
    BROWSER_KEYS.contains(&name)
}

/// A cookie line without our pairs; `None` when nothing else was in it.
fn without_ours(line: &[u8]) -> Option<Vec<u8>> {
    let mut kept: Option<Vec<u8>> = None;
    for pair in line.split(|byte| *byte == b';').filter(|pair| !is_ours(pair)) {
        match &mut kept {
            Some(all) => {
                all.push(b';');
                all.extend_from_slice(pair);
            }
            None if line.starts_with(pair) => kept = Some(pair.to_vec()),
            None => kept = Some(pair.trim_ascii_start().to_vec()),
        }
    }
    kept
}

/// Says who the client is: in place of what it says itself, or after what a trusted peer says.
fn forwarded(head: &mut RequestHeader, authority: &[u8], arrival: &Arrival) -> pingora::Result<()> {
    for (name, value) in forwarded_for(head, authority, arrival) {
        head.insert_header(name, value)?;
    }
    Ok(())
}

/// The fields that say who the client is.
pub(crate) fn forwarded_for(
    head: &RequestHeader,
    authority: &[u8],
    arrival: &Arrival,
) -> [(&'static str, String); 3] {
    let peer = arrival.peer.to_string();
    let chain = if arrival.trusted {
        let said = head.headers.get_all("x-forwarded-for");
        let mut chain: Vec<&str> = said.iter().filter_map(|line| line.to_str().ok()).collect();
        chain.push(&peer);
        chain.join(", ")
    } else {
        peer
    };
    let said = head.headers.get("x-forwarded-host").filter(|_| arrival.trusted);
    let host = said.or_else(|| head.headers.get(HOST)).map_or(authority, HeaderValue::as_bytes);
    [
        ("X-Forwarded-For", chain),
        ("X-Forwarded-Proto", arrival.scheme.as_str().to_owned()),
        ("X-Forwarded-Host", String::from_utf8_lossy(host).into_owned()),
    ]
}

/// What a release brings itself: cookies without ours, authorization, and who a trusted peer says the user is.
pub(crate) fn credentials(head: &RequestHeader, app: &App, arrival: &Arrival) -> ReleaseCredentials {
    let lines: Vec<Vec<u8>> =
        head.headers.get_all(COOKIE).iter().filter_map(|line| without_ours(line.as_bytes())).collect();
    let identity = |name: &String| {
        let values =
            head.headers.get_all(name.as_str()).iter().map(|value| (name.clone(), value.as_bytes().to_vec()));
        values.collect::<Vec<_>>()
    };
    ReleaseCredentials {
        cookie: (!lines.is_empty()).then(|| lines.join(&b"; "[..])),
        authorization: head.headers.get(AUTHORIZATION).map(|value| value.as_bytes().to_vec()),
        identity: if arrival.trusted { app.identity.iter().flat_map(identity).collect() } else { Vec::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::without_ours;

    #[test]
    fn only_our_cookie_goes() {
        for (line, left) in [
            ("a=1; countersign=x; b=2", Some("a=1; b=2")),
            ("countersign=x; a=1;b=\"; \"", Some("a=1;b=\"; \"")),
            (" a=1 ;  __Host-countersign=x", Some(" a=1 ")),
            ("countersign=x", None),
            ("xcountersign=1; Countersign=2", Some("xcountersign=1; Countersign=2")),
        ] {
            assert_eq!(without_ours(line.as_bytes()).as_deref(), left.map(str::as_bytes), "{line}");
        }
    }
}
