//! In what form a client can read an answer of the gateway's own: a page, plain text for a terminal, or a problem document.
//!
//! **Invariant:** plain text is for a person at a terminal only. A page's script gets the document, whatever it says it accepts: what
//! completes its calls reads that.

use http::header::{ACCEPT, HeaderMap, ORIGIN, REFERER};

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// HTML, for a navigation.
    Page,
    /// Plain text, for a terminal.
    Plain,
    /// `application/problem+json` (RFC 9457).
    Document,
}

/// What only browsers send, or libraries in their pages.
const OF_PAGES: [&str; 4] = ["sec-fetch-mode", "sec-fetch-site", "sec-fetch-dest", "x-requested-with"];

impl Form {
    /// The form for a request with these headers.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        if is_navigation(headers) {
            Self::Page
        } else if prefers_text(headers) && !is_of_page(headers) {
            Self::Plain
        } else {
            Self::Document
        }
    }
}

fn is_of_page(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN)
        || headers.contains_key(REFERER)
        || OF_PAGES.iter().any(|name| headers.contains_key(*name))
}

/// Whether plain text is named, and not after JSON (RFC 9110 §12.5.1): `*/*` alone names nothing, so that scripts get documents.
fn prefers_text(headers: &HeaderMap) -> bool {
    // The named type of the highest quality; of two that are equal the first.
    let mut best: Option<(u32, bool)> = None;
    let lines = headers.get_all(ACCEPT);
    let lines = lines.iter().filter_map(|line| line.to_str().ok());
    for part in lines.flat_map(|line| line.split(',')) {
        let mut parameters = part.split(';').map(str::trim);
        let media = parameters.next().unwrap_or_default().to_ascii_lowercase();
        let is_text = media == "text/plain";
        if !is_text && !media.ends_with("/json") && !media.ends_with("+json") {
            continue;
        }
        let quality = parameters.find_map(|one| one.strip_prefix("q=").or_else(|| one.strip_prefix("Q=")));
        let quality = quality.map_or(1000, thousandths);
        if quality > 0 && best.is_none_or(|(most, _)| quality > most) {
            best = Some((quality, is_text));
        }
    }
    best.is_some_and(|(_, is_text)| is_text)
}

/// A quality value as a number of thousandths; what is none counts as the least.
fn thousandths(text: &str) -> u32 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    match (whole, digits.parse::<u32>()) {
        ("0", Ok(number)) => number,
        ("1", Ok(0)) => 1000,
        _ => 0,
    }
}

/// Whether a browser is loading a page: it says so, or an older one prefers HTML to all else.
pub(crate) fn is_navigation(headers: &HeaderMap) -> bool {
    if let Some(mode) = headers.get("sec-fetch-mode") {
        return mode.as_bytes() == b"navigate";
    }
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = accept.split(',').next().unwrap_or_default();
    let media = first.split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("text/html") || media.eq_ignore_ascii_case("application/xhtml+xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_gets_what_it_can_read() {
        use Form::{Document, Page, Plain};
        const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";
        for (fields, form) in [
            (&[][..], Document),
            (&[("accept", "*/*")], Document),
            (&[("accept", "text/plain")], Plain),
            (&[("accept", "text/plain, */*;q=0.1")], Plain),
            (&[("accept", "Text/Plain;q=0.5, application/json;q=0.4")], Plain),
            (&[("accept", "text/plain;q=0")], Document),
            (&[("accept", "text/plain;q=0.4, application/problem+json;q=0.5")], Document),
            // What axios and Angular send.
            (&[("accept", "application/json, text/plain, */*")], Document),
            // jQuery, for text.
            (&[("accept", "text/plain, */*; q=0.01"), ("x-requested-with", "XMLHttpRequest")], Document),
            (&[("accept", "text/plain"), ("sec-fetch-site", "same-origin")], Document),
            (&[("accept", "text/plain"), ("referer", "http://a/")], Document),
            (&[("accept", BROWSER)], Page),
            (&[("accept", "text/plain"), ("sec-fetch-mode", "navigate")], Page),
            (&[("accept", BROWSER), ("sec-fetch-mode", "cors")], Document),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                headers.append(*name, value.parse().unwrap());
            }
            assert_eq!(Form::of(&headers), form, "{fields:?}");
        }
    }
}
