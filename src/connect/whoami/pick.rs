//! Takes the user and groups out of an application's answer: by JSON Pointer, CSS selector or response header.
//!
//! **Invariant:** a value is taken only from an answer of the right content type, and a user only where there is exactly one.

use std::cell::RefCell;

use lol_html::{ElementContentHandlers, RewriteStrSettings, Selector};

use crate::base::settings::Pick;

use super::SetupError;
use super::send::Answer;

/// Why a value could not be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PickError {
    /// The answer names nobody.
    Absent,
    /// The answer is not of the right form.
    Unreadable(&'static str),
}

/// One place in an answer.
pub(super) enum Picker {
    Json(String),
    Css(Selector),
    Header(http::HeaderName),
}

impl Picker {
    pub(super) fn new(pick: &Pick) -> Result<Self, SetupError> {
        Ok(match pick {
            Pick::Json(pointer) => Self::Json(pointer.clone()),
            Pick::Css(css) => Self::Css(css.parse().map_err(|_| SetupError::Selector(css.clone()))?),
            Pick::Header(name) => Self::Header(name.parse().map_err(|_| SetupError::Path(name.clone()))?),
        })
    }

    /// What the question accepts, so that the application answers in the form that is picked from.
    pub(super) const fn accept(&self) -> &'static str {
        match self {
            Self::Json(_) => "application/json",
            Self::Css(_) => "text/html,application/xhtml+xml",
            Self::Header(_) => "*/*",
        }
    }

    /// The single value at this place.
    pub(super) fn one(&self, answer: &Answer) -> Result<String, PickError> {
        if let Self::Json(pointer) = self {
            return match json(answer)?.pointer(pointer) {
                None | Some(serde_json::Value::Null) => Err(PickError::Absent),
                Some(serde_json::Value::String(text)) if text.is_empty() => Err(PickError::Absent),
                Some(serde_json::Value::String(text)) => Ok(text.clone()),
                Some(_) => Err(PickError::Unreadable("the user is not a JSON string")),
            };
        }
        let mut found = self.many(answer)?;
        match (found.pop(), found.is_empty()) {
            (None, _) => Err(PickError::Absent),
            (Some(text), true) if text.is_empty() => Err(PickError::Absent),
            (Some(text), true) => Ok(text),
            (Some(_), false) => Err(PickError::Unreadable("the user is named more than once")),
        }
    }

    /// Every value at this place.
    pub(super) fn many(&self, answer: &Answer) -> Result<Vec<String>, PickError> {
        match self {
            Self::Json(pointer) => match json(answer)?.pointer(pointer) {
                Some(serde_json::Value::Null) => Ok(Vec::new()),
                Some(serde_json::Value::String(text)) => Ok(vec![text.clone()]),
                Some(serde_json::Value::Array(items)) => {
                    let text = |item: &serde_json::Value| match item.as_str() {
                        Some(text) if !text.contains(',') => Ok(text.to_owned()),
                        _ => Err(PickError::Unreadable("a group is not a JSON string without commas")),
                    };
                    items.iter().map(text).collect()
                }
                _ => Err(PickError::Unreadable("the groups are neither a JSON array nor a string")),
            },
            Self::Css(selector) => css(answer, selector),
            Self::Header(name) => {
                let mut values = answer.headers.get_all(name).iter();
                let Some(value) = values.next() else { return Ok(Vec::new()) };
                if values.next().is_some() {
                    return Err(PickError::Unreadable("the header is repeated"));
                }
                let text = std::str::from_utf8(value.as_bytes())
                    .map_err(|_| PickError::Unreadable("the header is not UTF-8"))?;
                Ok(vec![text.trim().to_owned()])
            }
        }
    }
}

fn json(answer: &Answer) -> Result<serde_json::Value, PickError> {
    let kind = answer.media_type();
    if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
        return Err(PickError::Unreadable("the answer is not JSON"));
    }
    serde_json::from_slice(&answer.body).map_err(|_| PickError::Unreadable("the answer is not valid JSON"))
}

/// The texts of the elements that `selector` selects; of `meta` and `input`, which have none, the content and the value.
fn css(answer: &Answer, selector: &Selector) -> Result<Vec<String>, PickError> {
    if !matches!(answer.media_type().as_str(), "text/html" | "application/xhtml+xml") {
        return Err(PickError::Unreadable("the answer is not HTML"));
    }
    if answer.charset().is_some_and(|charset| charset != "utf-8" && charset != "utf8") {
        return Err(PickError::Unreadable("the answer is not in UTF-8"));
    }
    let html =
        std::str::from_utf8(&answer.body).map_err(|_| PickError::Unreadable("the answer is not in UTF-8"))?;
    let texts: RefCell<Vec<String>> = RefCell::default();
    let handlers = ElementContentHandlers::default()
        .element(|element: &mut lol_html::html_content::Element<'_, '_>| {
            let attribute = match element.tag_name().as_str() {
                "meta" => element.get_attribute("content"),
                "input" => element.get_attribute("value"),
                _ => None,
            };
            texts.borrow_mut().push(attribute.unwrap_or_default());
            Ok(())
        })
        .text(|chunk: &mut lol_html::html_content::TextChunk<'_>| {
            if let Some(last) = texts.borrow_mut().last_mut() {
                last.push_str(chunk.as_str());
            }
            Ok(())
        });
    let settings = RewriteStrSettings::new()
        .append_element_content_handler((std::borrow::Cow::Borrowed(selector), handlers));
    lol_html::rewrite_str(html, settings)
        .map_err(|_| PickError::Unreadable("the answer is not readable HTML"))?;
    let texts = texts.into_inner();
    texts.iter().map(|text| decoded(text).map(|text| text.trim().to_owned())).collect()
}

/// Decodes character references. Names other than the six that every escaper uses are refused rather than guessed.
fn decoded(raw: &str) -> Result<String, PickError> {
    let wrong = PickError::Unreadable("the text holds an unknown character reference");
    let mut out = String::with_capacity(raw.len());
    let mut pieces = raw.split('&');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let Some((name, rest)) = piece.split_once(';').filter(|(name, _)| is_reference(name)) else {
            // A bare ampersand, as in `Smith & Sons`; what looks like an unfinished reference is refused.
            if piece.starts_with([' ', '\n', '\t']) || piece.is_empty() {
                out.push('&');
                out.push_str(piece);
                continue;
            }
            return Err(wrong);
        };
        let number = name.strip_prefix('#').map(|digits| match digits.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => digits.parse(),
        });
        let c = match (name, number) {
            (_, Some(number)) => number
                .ok()
                .filter(|n| *n >= 32 && !(127..160).contains(n))
                .and_then(char::from_u32)
                .ok_or(wrong)?,
            ("amp", _) => '&',
            ("lt", _) => '<',
            ("gt", _) => '>',
            ("quot", _) => '"',
            ("apos", _) => '\'',
            ("nbsp", _) => '\u{a0}',
            _ => return Err(wrong),
        };
        out.push(c);
        out.push_str(rest);
    }
    Ok(out)
}

fn is_reference(name: &str) -> bool {
    let digits = name.strip_prefix('#').unwrap_or(name);
    !digits.is_empty() && digits.len() <= 8 && digits.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(body: &str) -> Answer {
        let mut headers = http::HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, "text/html; charset=UTF-8".parse().unwrap());
        Answer { status: 200, headers, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn elements_are_read_as_people_see_them() {
        let user =
            |selector: &str, body: &str| Picker::new(&Pick::Css(selector.into())).unwrap().one(&html(body));
        for (selector, body, seen) in [
            ("#user", "<p>Hello <span id=user> alice\n</span>", "alice"),
            ("#user", "<a id=user><b>O&#39;Br</b>ien<!-- x --></a>", "O'Brien"),
            ("meta[name=user]", "<meta name=user content='a&amp;b'>", "a&b"),
            ("input[name=u]", "<input name=u value=bob>", "bob"),
            ("header .who", "<i class=who>eve</i><header><i class='x who'>bob</i></header>", "bob"),
        ] {
            assert_eq!(user(selector, body).as_deref(), Ok(seen), "{body}");
        }
        assert_eq!(user("#user", "<p>log in</p>"), Err(PickError::Absent));
        assert_eq!(user("#user", "<p id=user> </p>"), Err(PickError::Absent));
        for body in [
            "<p id=user>a</p><p id=user>b</p>",
            "<p id=user>a&eacute;</p>",
            "<p id=user>a&#0;</p>",
            "<p id=user>a&lt</p>",
        ] {
            assert!(matches!(user("#user", body), Err(PickError::Unreadable(_))), "{body}");
        }
        assert!(Picker::new(&Pick::Css("#".into())).is_err());
    }
}
