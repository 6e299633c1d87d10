//! `Accept-Language` to one of our languages (RFC 9110 §12.5.4, lookup of RFC 4647 §3.4 by the first subtag).

use super::Language;

/// The most ranges that are looked at; browsers send a handful.
const RANGES: usize = 32;
/// The heaviest weight, in thousandths.
const FULL: u16 = 1000;

/// The language that the header likes best; of equals the one that is named first. `None` when it likes none of ours.
pub(super) fn best(header: &str) -> Option<Language> {
    let ranges: Vec<(&str, u16)> = header.split(',').take(RANGES).filter_map(range).collect();
    // The highest weight of any range that means the language; `*` means those that no range names.
    let weight = |language: Language| {
        let named = ranges.iter().filter(|(tag, _)| means(tag, language)).map(|(_, weight)| *weight).max();
        named.or_else(|| ranges.iter().find(|(tag, _)| *tag == "*").map(|(_, weight)| *weight)).unwrap_or(0)
    };
    let place = |language: Language| {
        ranges.iter().position(|(tag, weight)| *weight > 0 && means(tag, language)).unwrap_or(RANGES)
    };
    Language::ALL
        .into_iter()
        .filter(|language| weight(*language) > 0)
        .min_by_key(|language| (FULL - weight(*language), place(*language)))
}

/// One range and its weight; `None` when it is malformed.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';');
    let tag = parts.next()?.trim();
    let plain = !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !plain && tag != "*" {
        return None;
    }
    match parts.next() {
        None => Some((tag, FULL)),
        Some(parameter) => {
            let (name, value) = parameter.split_once('=')?;
            let weighs = name.trim().eq_ignore_ascii_case("q") && parts.next().is_none();
            if weighs { Some((tag, thousandths(value.trim())?)) } else { None }
        }
    }
}

/// `0`, `0.5`, `1.000`: a weight in thousandths.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if !matches!(whole, "0" | "1") || part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let weight = format!("{whole}{part:0<3}").parse().ok()?;
    (weight <= FULL).then_some(weight)
}

/// Whether the first subtag is the language's.
fn means(tag: &str, language: Language) -> bool {
    tag.split('-').next().is_some_and(|first| first.eq_ignore_ascii_case(language.tag()))
}
