//! What the application sees of a request: the client's bytes, without what only the gateway may say, and with what it says.
//!
//! **Invariant:** fields that only the gateway may set are gone under every spelling, unless a trusted peer sent them in the
//! proper one; everything else is as the client sent it.

use http::header::{CONTENT_LENGTH, COOKIE, HOST, HeaderName};
use http::{HeaderValue, Version};
use pingora::http::RequestHeader;

use super::apps::App;
use crate::request::render::ReleaseCredentials;

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
    // An empty statement is one: without it, some applications fall back to what another spelling or variable says.
    for name in &app.identity {
        if !head.headers.contains_key(name.as_str()) {
            head.insert_header(name.clone(), "")?;
        }
    }
    cookies(head, came_as)?;
    forwarded(head, authority, arrival)?;
    if head.headers.get_all(CONTENT_LENGTH).iter().count() > 1
        && let Some(length) = head.headers.get(CONTENT_LENGTH).cloned()
    {
        head.insert_header(CONTENT_LENGTH, length)?;
    }
    Ok(())
}

/// What a release brings along: the credentials and the identity of the request that releases, never of the one that was held.
pub(crate) fn credentials(head: &RequestHeader, arrival: &Arrival, app: &App) -> ReleaseCredentials {
    let lines: Vec<Vec<u8>> =
        head.headers.get_all(COOKIE).iter().filter_map(|line| without_ours(line.as_bytes())).collect();
    let cookie = (!lines.is_empty()).then(|| lines.join(&b"; "[..]));
    let authorization = head.headers.get("authorization").map(|value| value.as_bytes().to_vec());
    let mut identity = Vec::new();
    for name in &app.identity {
        let said = head.headers.get_all(name.as_str()).iter().filter(|_| arrival.trusted);
        let before = identity.len();
        identity.extend(said.map(|value| (name.clone(), value.as_bytes().to_vec())));
        if identity.len() == before {
            identity.push((name.clone(), Vec::new()));
        }
    }
    ReleaseCredentials { cookie, authorization, identity }
}

/// Who the client is, as the application is told with a request the forwarder sends.
pub(crate) fn forwarded_fields(
    head: &RequestHeader,
    arrival: &Arrival,
) -> pingora::Result<Vec<(String, String)>> {
    let mut said = head.clone();
    if !arrival.trusted {
        for name in SPOKEN {
            said.remove_header(name);
        }
    }
    forwarded(&mut said, super::intake::host(head), arrival)?;
    let names = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"];
    let value = |name: &str| said.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Ok(names.iter().filter_map(|name| Some(((*name).to_owned(), value(name)?))).collect())
}

/// What a trusted peer may say about the client besides who the user is.
///
/// THREAT: not the prefix. Front servers pass on fields they do not know, and frameworks join a prefix to the path.
const SPOKEN: [&str; 4] = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port"];

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
    let peer = arrival.peer.to_string();
    let chain = if arrival.trusted {
        let said = head.headers.get_all("x-forwarded-for");
        let mut chain: Vec<&str> = said.iter().filter_map(|line| line.to_str().ok()).collect();
        chain.push(&peer);
        chain.join(", ")
    } else {
        peer
    };
    head.insert_header("X-Forwarded-For", chain)?;
    head.insert_header("X-Forwarded-Proto", arrival.scheme.as_str())?;
    if !arrival.trusted || !head.headers.contains_key("x-forwarded-host") {
        let host = head.headers.get(HOST).map_or(authority, HeaderValue::as_bytes).to_vec();
        head.insert_header("X-Forwarded-Host", host)?;
    }
    Ok(())
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
