//! Queries and `application/x-www-form-urlencoded` bodies (WHATWG URL §5), read strictly.
//!
//! **Invariant:** what decoders read in different ways is refused: a broken escape, bytes that are not UTF-8, a raw `;`, characters
//! that encoders never leave raw. Repeated keys are kept, all of them; who decides by a field asks [`Fields::duplicates`].

use super::body::BodyLimits;
use super::fields::{FieldValue, Fields, Place, checked_name};
use super::refusal::Refusal;
use crate::base::dialect::Reads;

/// The fields of a form body or query; `semicolon` says what the application makes of a raw `;`.
///
/// # Errors
/// The first thing that cannot be read in one way only, or a limit.
pub fn read(
    place: Place,
    raw: &[u8],
    limits: &BodyLimits,
    semicolon: Option<Reads>,
) -> Result<Fields, Refusal> {
    let mut fields = Fields::default();
    let separates = |byte: &u8| *byte == b'&' || (*byte == b';' && semicolon == Some(Reads::AsSyntax));
    for pair in raw.split(separates).filter(|pair| !pair.is_empty()) {
        if fields.len() >= limits.fields {
            return Err(Refusal::TooManyFields(limits.fields));
        }
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = decode(place, halves.next().unwrap_or_default(), limits, semicolon)?;
        let value = decode(place, halves.next().unwrap_or_default(), limits, semicolon)?;
        let name = checked_name(name, limits)?;
        if value.contains('\0') {
            return Err(Refusal::FieldControl);
        }
        fields.push(place, name, FieldValue::Text(value));
    }
    fields.judge(limits.charset)?;
    Ok(fields)
}

fn decode(
    place: Place,
    raw: &[u8],
    limits: &BodyLimits,
    semicolon: Option<Reads>,
) -> Result<String, Refusal> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex_pair(rest.next(), rest.next()).ok_or(Refusal::BadEscape)?,
            b'+' => b' ',
            b';' if semicolon.is_none() => return Err(Refusal::FieldCharacter),
            other if !other.is_ascii_graphic() => return Err(Refusal::FieldCharacter),
            // THREAT: a JSON or XML text labelled as a form would otherwise be one harmless odd key.
            b'"' | b'<' | b'>' | b'{' | b'}' | b'\\' | b'^' | b'`' | b'|' if place == Place::Form => {
                return Err(Refusal::FieldCharacter);
            }
            other => *other,
        });
    }
    limits.charset.decode(bytes)
}

/// The fields of a query for a server that decodes it first and splits it then; `None` where there is no encoded separator.
pub(super) fn split_late(query: &str) -> Option<Fields> {
    let lower = query.to_ascii_lowercase();
    if !["%26", "%3b"].iter().any(|separator| lower.contains(separator)) {
        return None;
    }
    let decoded = percent_encoding::percent_decode_str(query).decode_utf8_lossy();
    let mut fields = Fields::default();
    for pair in decoded.split(['&', ';']).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        fields.push(Place::Query, name.to_owned(), FieldValue::Text(value.to_owned()));
    }
    Some(fields)
}

/// The byte that two hexadecimal digits stand for.
pub(super) fn hex_pair(high: Option<&u8>, low: Option<&u8>) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high?)? * 16 + digit(low?)?)
}

/// Whether a raw query has a key that some backend reads as `_method`, be it one that decodes before it splits. Allocates nothing.
pub(super) fn asks_for_method(query: &[u8]) -> bool {
    let mut rest = Lenient(query.iter());
    loop {
        if is_method_key(rest.clone()) {
            return true;
        }
        if !rest.any(|byte| matches!(byte, b'&' | b';')) {
            return false;
        }
    }
}

/// Whether the key that begins here is one that some backend reads as `_method`.
fn is_method_key(decoded: Lenient<'_>) -> bool {
    let mut decoded = decoded.skip_while(u8::is_ascii_whitespace);
    // PHP reads `.method` and `[method` as `_method` too.
    decoded.next().is_some_and(|byte| matches!(byte, b'_' | b'.' | b'['))
        && b"method".iter().all(|wanted| decoded.next().is_some_and(|byte| byte.eq_ignore_ascii_case(wanted)))
        && decoded
            .next()
            .is_none_or(|next| matches!(next, b'[' | 0 | b'=' | b'&' | b';') || next.is_ascii_whitespace())
}

/// Percent-decoding that keeps what is broken.
#[derive(Clone)]
struct Lenient<'a>(std::slice::Iter<'a, u8>);

impl Iterator for Lenient<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        match self.0.next()? {
            b'%' => {
                let mut ahead = self.0.clone();
                let Some(byte) = hex_pair(ahead.next(), ahead.next()) else { return Some(b'%') };
                self.0 = ahead;
                Some(byte)
            }
            b'+' => Some(b' '),
            other => Some(*other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_strictly() {
        let limits = BodyLimits::new(1000);
        let fields = read(Place::Form, b"am%6funt=%35000&note=a+b%26c&note=&x", &limits, None).unwrap();
        let pairs: Vec<_> =
            fields.iter().map(|field| (field.name.as_str(), field.value.as_text().unwrap())).collect();
        assert_eq!(pairs, [("amount", "5000"), ("note", "a b&c"), ("note", ""), ("x", "")]);
        for (raw, reason) in [
            (&b"a=%"[..], "bad-escape"),
            (b"a=%u0041", "bad-escape"),
            (b"a=%ff", "not-utf8"),
            (b"a=\xe9", "field-character"),
            (b"a=1;amount=5000", "field-character"),
            (b"{\"amount\":5000}", "field-character"),
            (b"a%00x=1", "field-control"),
            (b"%EF%BB%BFamount=1", "field-control"),
            (b"a=%00", "field-control"),
            (b"_charset_=utf-16", "charset"),
        ] {
            assert_eq!(read(Place::Form, raw, &limits, None).unwrap_err().reason(), reason);
        }
        assert!(read(Place::Query, b"a={1|2}&_charset_=UTF-8", &limits, None).is_ok());
    }

    #[test]
    fn method_keys_are_seen_in_any_spelling() {
        for query in [
            "_method=DELETE",
            "a=1&_METHOD=x",
            "a=1;_method",
            "%5fmethod=x",
            "+_method=x",
            "_method[]=x",
            "_method%00x=1",
            ".method=x",
            "%5Bmethod=x",
            "a=1%26_method%3DDELETE",
            "a=1%3b_method",
        ] {
            assert!(asks_for_method(query.as_bytes()), "{query}");
        }
        for query in ["method=x", "a=_method", "_methods=1", "x_method=1", "%zz=1"] {
            assert!(!asks_for_method(query.as_bytes()), "{query}");
        }
    }
}
