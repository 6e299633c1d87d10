//! Names and values of fields in forms, JSON, XML and lines; and when a value is over the limit.

use std::sync::LazyLock;

use regex::Regex;

use super::pattern;
use super::text::{ascii_digits, decodings, nfkc, percent, strip};

/// Names as folded, and values.
pub(crate) type Pairs = Vec<(String, String)>;

pattern!(BRACKETS, r"\[[^\]]*\]?$");
pattern!(UNICODE, r"\\u([0-9a-fA-F]{4})");
pattern!(ESCAPED, r#"\\([/"\\bfnrt])"#);
pattern!(MEMBER, r#"["']?([A-Za-z_$][^"':{},\[\]]{0,60}?)["']?\s*:\s*"#);
pattern!(MEMBER_VALUE, r#"^(?s:(?:[\[{]\s*(?:["']\w+["']\s*:\s*)?)?("(?:[^"\\]|\\.)*"|'[^']*'|[^,}\]\s]+))"#);
pattern!(QUOTED_MEMBER, r#"(?s)"((?:[^"\\]|\\.){1,200})"\s*:\s*"#);
pattern!(NESTED, r"(?s)^[\[{]([^\]}]*)");
pattern!(BLOCK_COMMENT, r"(?s)/\*.*?\*/");
pattern!(LINE_COMMENT, r"(?m)(//|#).*$");
pattern!(ELEMENT, r"<(?:[\w.-]+:)?(\w+)[^>]*>(?:\s*<!\[CDATA\[)?([^<\]]+)");
pattern!(ATTRIBUTE, r#"(?s)<[^>]*?\b(\w+)\s*=\s*["']([^"']*)["']"#);
pattern!(LINE, r"(?m)^\s*(\w+):\s*(\S+)\s*$");
pattern!(REFERENCE, r"&#(x[0-9a-fA-F]+|[0-9]+);");
pattern!(INFINITE, r"(?i)^[+]?inf");
pattern!(HEX, r"(?i)^[+]?0x([0-9a-f]+)");
pattern!(BINARY, r"(?i)^[+]?0b([01]+)");
pattern!(OCTAL, r"(?i)^[+]?0o?([0-7]+)$");
pattern!(NUMBER, r"^([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+))?");

/// A field name as the most lenient framework takes it.
pub(crate) fn canonical_key(name: &str) -> String {
    let name = name.split('\0').next().unwrap_or_default();
    let name = name.trim_start_matches('\u{feff}').trim_start_matches(['\u{ef}', '\u{bb}', '\u{bf}']);
    let name = BRACKETS.replace(strip(name), "");
    strip(&name).trim_matches(['"', '\'']).to_lowercase()
}

/// The pairs of a form, under both separators, decoded once and twice.
pub(crate) fn form_pairs(text: &str) -> Pairs {
    let mut out = Vec::new();
    for separators in [&['&'][..], &['&', ';'][..]] {
        for part in text.split(separators) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let decoded = |text: &str| decodings(&percent(&text.replace('+', " ")));
            let values = decoded(value);
            for name in decoded(name) {
                for value in &values {
                    out.push((canonical_key(&name), value.clone()));
                    out.extend(as_php(&name).map(|name| (name, value.clone())));
                    if name.contains('%') || value.contains('%') {
                        let again = |text: &str| String::from_utf8_lossy(&percent(text)).into_owned();
                        out.push((canonical_key(&again(&name)), again(value)));
                    }
                }
            }
        }
    }
    out
}

/// The name that PHP makes of one with a blank, a point or an open bracket.
fn as_php(name: &str) -> Option<String> {
    let mangled = name.trim_start_matches(' ').replace([' ', '.', '['], "_").to_lowercase();
    (mangled != name).then_some(mangled)
}

/// The same, for a query that is decoded before it is split.
pub(crate) fn query_pairs(query: &str) -> Pairs {
    let mut out = form_pairs(query);
    if query.contains('%') {
        out.extend(form_pairs(&super::text::latin1(&percent(query))));
    }
    out
}

/// JSON escapes resolved; lone surrogates are lost.
pub(crate) fn unescape(text: &str) -> String {
    let text = UNICODE.replace_all(text, |found: &regex::Captures<'_>| {
        u32::from_str_radix(&found[1], 16).ok().and_then(char::from_u32).map_or(String::new(), String::from)
    });
    let text = ESCAPED.replace_all(&text, |found: &regex::Captures<'_>| {
        match &found[1] {
            "n" => "\n",
            "t" => "\t",
            "r" => "\r",
            "b" => "\x08",
            "f" => "\x0c",
            other => return other.to_owned(),
        }
        .to_owned()
    });
    text.into_owned()
}

/// Every `name: value` anywhere, comments kept and removed, escapes resolved.
pub(crate) fn json_pairs(text: &str) -> Pairs {
    let mut out = Vec::new();
    let variants = [
        text.to_owned(),
        BLOCK_COMMENT.replace_all(text, "").into_owned(),
        LINE_COMMENT.replace_all(text, "").into_owned(),
    ];
    for variant in variants {
        let variant = unescape(&variant);
        for found in MEMBER.captures_iter(&variant).chain(QUOTED_MEMBER.captures_iter(&variant)) {
            // The end of a longer name (`0amount`) is another name to everybody.
            let begins = |c: char| c.is_whitespace() || "\"'{[,(;&?=:\u{feff}".contains(c);
            if variant[..found.get(0).unwrap().start()].chars().next_back().is_some_and(|c| !begins(c)) {
                continue;
            }
            let after = &variant[found.get(0).unwrap().end()..];
            if let Some(nested) = NESTED.captures(after) {
                let inner = nested[1].split([',', ':']).map(|value| strip(value).trim_matches(['"', '\'']));
                out.extend(inner.map(|value| (canonical_key(&found[1]), value.to_owned())));
            }
            if let Some(value) = MEMBER_VALUE.captures(after) {
                out.push((canonical_key(&found[1]), value[1].trim_matches(['"', '\'']).to_owned()));
            }
        }
    }
    out
}

/// Elements with text, and attributes.
pub(crate) fn xml_pairs(text: &str) -> Pairs {
    let text = REFERENCE.replace_all(text, |found: &regex::Captures<'_>| {
        let code = match found[1].strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => found[1].parse(),
        };
        code.ok().and_then(char::from_u32).map_or(String::new(), String::from)
    });
    let elements = ELEMENT.captures_iter(&text).chain(ATTRIBUTE.captures_iter(&text));
    elements.map(|found| (found[1].to_lowercase(), found[2].to_owned())).collect()
}

/// Lines of `name: value`, as YAML has them.
pub(crate) fn line_pairs(text: &str) -> Pairs {
    LINE.captures_iter(text).map(|found| (found[1].to_lowercase(), found[2].to_owned())).collect()
}

/// `amount` with a number of two bytes behind it, in CBOR and `MessagePack`.
pub(crate) fn cbor_amount(body: &[u8]) -> Option<(String, String)> {
    let at = body.windows(6).position(|window| window == b"amount")?;
    match body.get(at + 6..at + 9)? {
        [0xcd | 0x19, high, low] => {
            Some(("amount".to_owned(), u16::from_be_bytes([*high, *low]).to_string()))
        }
        _ => None,
    }
}

/// Whether some common parser of numbers takes it for more than 1000.
pub(crate) fn over_limit(value: &str) -> bool {
    let bare = strip(strip(value).trim_matches('\u{a0}')).trim_matches(['"', '\'']).to_owned();
    let candidates = [
        value.to_owned(),
        value.split('\0').next().unwrap_or_default().to_owned(),
        bare.replace('_', ""),
        bare.replace(',', ""),
        bare.replace(['\'', ' ', '\u{a0}', '\u{202f}'], ""),
        without_thousands(&bare).replace(',', "."),
        bare.trim_start_matches(['$', '€', '£', '+']).to_owned(),
        ascii_digits(&bare),
        nfkc(&bare),
        bare,
    ];
    candidates.iter().any(|candidate| number_over(strip(candidate)))
}

/// Points before groups of three digits left out.
fn without_thousands(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    let group = |at: usize| digit(at + 1) && digit(at + 2) && digit(at + 3) && !digit(at + 4);
    chars.iter().enumerate().filter(|(at, c)| **c != '.' || !group(*at)).map(|(_, c)| c).collect()
}

fn number_over(text: &str) -> bool {
    let radix = |pattern: &Regex, radix| {
        pattern
            .captures(text)
            .is_some_and(|found| u128::from_str_radix(&found[1], radix).map_or(true, |number| number > 1000))
    };
    INFINITE.is_match(text) || radix(&HEX, 16) || radix(&BINARY, 2) || radix(&OCTAL, 8) || decimal_over(text)
}

/// By position of the point, so that no exponent costs anything.
fn decimal_over(text: &str) -> bool {
    let Some(found) = NUMBER.captures(text) else { return false };
    let (whole, part) = (&found[2], &found[3]);
    if &found[1] == "-" || (whole.is_empty() && part.is_empty()) {
        return false;
    }
    let digits = format!("{whole}{part}");
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return false;
    }
    let exponent = found.get(4).map_or(Ok(0), |exponent| exponent.as_str().parse::<i64>());
    let Ok(exponent) = exponent else { return !found[4].starts_with('-') };
    let lost = i64::try_from(digits.len() - significant.len()).unwrap_or(i64::MAX);
    let point = i64::try_from(whole.len()).unwrap_or(i64::MAX).saturating_sub(lost).saturating_add(exponent);
    let thousand = significant.starts_with('1') && significant[1..].chars().all(|c| c == '0');
    point > 4 || (point == 4 && !thousand)
}
