//! Where a request comes from: the application's own pages, another site's, a script, a browser that only guesses.
//!
//! **Invariant:** a request that policies would hold comes from the application itself, or from an origin it names
//! (`tests/it/binding.rs`).

use http::header::{ORIGIN, REFERER};
use pingora::http::RequestHeader;

use crate::base::language::key;
use crate::base::net::Origin;
use crate::base::settings::AppSettings;
use crate::request::Head;

use super::form::is_navigation;
use super::refusal::{Kind, Refusal};
use super::view::only;

/// Whether a browser makes the request on a guess: prefetch or prerender.
pub(super) fn is_speculative(head: &RequestHeader) -> bool {
    ["sec-purpose", "purpose", "x-moz"].iter().any(|name| {
        head.headers.get_all(*name).iter().any(|value| {
            let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
            value.contains("prefetch") || value.contains("prerender")
        })
    })
}

/// Whether a browser loads it into a frame.
pub(super) fn is_framed(head: &RequestHeader) -> bool {
    matches!(
        only(&head.headers, "sec-fetch-dest"),
        Some("iframe" | "frame" | "embed" | "object" | "fencedframe")
    )
}

/// Refuses what another site caused.
pub(super) fn judge(raw: &RequestHeader, head: &Head, app: &AppSettings) -> Result<(), Refusal> {
    if is_own(raw, head, app) {
        return Ok(());
    }
    let refusal = Refusal::new(Kind::CrossSite).said(key("gateway-cross-site-closer"), []);
    let restart = head.method == crate::request::Method::Get && is_navigation(&raw.headers);
    Err(if restart {
        let origin = Origin::new(head.scheme, &head.host);
        refusal.link(origin.leading_to(&head.target), key("gateway-from-here"))
    } else {
        refusal.link("/", key("gateway-to-app"))
    })
}

fn is_own(raw: &RequestHeader, head: &Head, app: &AppSettings) -> bool {
    let mut origins = raw.headers.get_all(ORIGIN).iter();
    let origin = origins.next();
    if origins.next().is_some() {
        return false;
    }
    let named = |text: &str| text.parse::<Origin>().is_ok_and(|origin| app.origins.contains(&origin));
    let listed = origin.and_then(|origin| origin.to_str().ok()).is_some_and(named);
    if raw.headers.contains_key("sec-fetch-site") {
        return match only(&raw.headers, "sec-fetch-site") {
            Some("same-origin" | "same-site" | "none") => true,
            Some("cross-site") => {
                listed
                    || (origin.is_none()
                        && referer_origin(raw).is_some_and(|origin| app.origins.contains(&origin)))
            }
            Some(_) | None => false,
        };
    }
    let own = Origin::new(head.scheme, &head.host);
    match origin {
        Some(origin) => {
            listed
                || origin
                    .to_str()
                    .ok()
                    .and_then(|origin| origin.parse::<Origin>().ok())
                    .is_some_and(|origin| origin == own)
        }
        None if raw.headers.contains_key(REFERER) => {
            referer_origin(raw).is_some_and(|origin| origin == own || app.origins.contains(&origin))
        }
        None => true,
    }
}

fn referer_origin(raw: &RequestHeader) -> Option<Origin> {
    let url = url::Url::parse(only(&raw.headers, "referer")?).ok()?;
    url.origin().ascii_serialization().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_are_known() {
        let with = |name: &'static str, value: &'static str| {
            let mut head = RequestHeader::build("GET", b"/", None).unwrap();
            head.insert_header(name, value).unwrap();
            is_speculative(&head)
        };
        assert!(with("Sec-Purpose", "prefetch;prerender"));
        assert!(with("Purpose", "Prefetch"));
        assert!(!with("Accept", "prefetch"));
    }
}
