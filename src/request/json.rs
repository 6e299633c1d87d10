//! JSON bodies (RFC 8259), read strictly: every scalar is a field named by its JSON Pointer, arrays and objects are composites.
//!
//! **Invariant:** a member that is there twice, also after unescaping or in another case, is refused; so are a byte order mark,
//! other encodings than UTF-8, comments, and anything after the text. Numbers stay as written.

use std::collections::BTreeSet;

use json_event_parser::{JsonEvent, SliceJsonParser};

use super::body::BodyLimits;
use super::charset::Charset;
use super::fields::{FieldValue, Fields, Place, checked_name, escape_pointer, fold_member};
use super::refusal::Refusal;
use crate::base::text::visible;

/// An array or object that is open.
struct Level {
    pointer: String,
    /// For an array: the index of the next element. For an object: `None`.
    index: Option<usize>,
    keys: BTreeSet<String>,
    /// For an object: the member whose value comes next.
    key: Option<String>,
}

/// The fields of a JSON text.
///
/// # Errors
/// What is not strict JSON, a repeated member, or a limit.
pub fn read(body: &[u8], limits: &BodyLimits) -> Result<Fields, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| Refusal::NotUtf8)?;
    if text.starts_with('\u{feff}') {
        return Err(Refusal::Json("it begins with a byte order mark".to_owned()));
    }
    let mut parser = SliceJsonParser::new(body);
    let mut fields = Fields::default();
    let mut open: Vec<Level> = Vec::new();
    loop {
        let event = parser.parse_next().map_err(|error| Refusal::Json(visible(error.message(), 120)))?;
        let value = match event {
            JsonEvent::Eof => break,
            JsonEvent::EndArray | JsonEvent::EndObject => {
                open.pop();
                continue;
            }
            JsonEvent::ObjectKey(key) => {
                member(&mut open, &key, limits)?;
                continue;
            }
            JsonEvent::StartArray | JsonEvent::StartObject => FieldValue::Composite,
            JsonEvent::String(ref text) if text.contains('\0') => return Err(Refusal::FieldControl),
            JsonEvent::String(ref text) => FieldValue::Text(text.clone().into_owned()),
            JsonEvent::Number(ref text) => FieldValue::Number(text.clone().into_owned()),
            JsonEvent::Boolean(truth) => FieldValue::Bool(truth),
            JsonEvent::Null => FieldValue::Null,
        };
        let pointer = checked_name(place_of_value(&mut open), limits)?;
        if matches!(event, JsonEvent::StartArray | JsonEvent::StartObject) {
            if open.len() >= limits.depth {
                return Err(Refusal::JsonDepth(limits.depth));
            }
            let index = matches!(event, JsonEvent::StartArray).then_some(0);
            open.push(Level { pointer: pointer.clone(), index, keys: BTreeSet::new(), key: None });
        }
        if fields.len() >= limits.fields {
            return Err(Refusal::TooManyFields(limits.fields));
        }
        fields.push(Place::Json, pointer, value);
    }
    fields.judge(Charset::Utf8)?;
    Ok(fields)
}

fn member(open: &mut [Level], key: &str, limits: &BodyLimits) -> Result<(), Refusal> {
    let key = checked_name(key.to_owned(), limits)?;
    if let Some(level) = open.last_mut() {
        if !level.keys.insert(fold_member(&key)) {
            return Err(Refusal::JsonRepeated(Refusal::named(key.as_bytes())));
        }
        level.key = Some(key);
    }
    Ok(())
}

/// The pointer of the value that begins now.
fn place_of_value(open: &mut [Level]) -> String {
    match open.last_mut() {
        None => String::new(),
        Some(Level { pointer, index: Some(index), .. }) => {
            let place = format!("{pointer}/{index}");
            *index += 1;
            place
        }
        Some(Level { pointer, key, .. }) => {
            format!("{pointer}/{}", escape_pointer(key.as_deref().unwrap_or_default()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_have_pointers() {
        let body = br#"{"a/b":[1.50,{"c":"x"}],"d":null,"e":true}"#;
        let fields = read(body, &BodyLimits::new(1000)).unwrap();
        let pairs: Vec<_> = fields.iter().map(|field| (field.name.as_str(), field.value.as_text())).collect();
        let expected = [
            ("", None),
            ("/a~1b", None),
            ("/a~1b/0", Some("1.50")),
            ("/a~1b/1", None),
            ("/a~1b/1/c", Some("x")),
            ("/d", Some("null")),
            ("/e", Some("true")),
        ];
        assert_eq!(pairs, expected);
    }

    #[test]
    fn loose_json_is_refused() {
        let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
        for (body, reason) in [
            (r#"{"a":1,"a":2}"#, "json-repeated-member"),
            (r#"{"a":1,"\u0061":2}"#, "json-repeated-member"),
            (r#"{"a":1,"A":2}"#, "json-repeated-member"),
            ("\u{feff}{}", "json"),
            ("{} {}", "json"),
            ("{'a':1}", "json"),
            ("[1,]", "json"),
            ("{\"a\":1,}", "json"),
            ("[01]", "json"),
            ("[1.]", "json"),
            ("[+1]", "json"),
            ("[NaN]", "json"),
            ("[1]//x", "json"),
            ("[\"\\ud800\"]", "json"),
            ("[\"a\tb\"]", "json"),
            ("[\"\\x\"]", "json"),
            ("[\"\\u0000\"]", "field-control"),
            ("{\"a\\u0000\":1}", "field-control"),
            ("\u{b}[]", "json"),
            ("[", "json"),
            (deep.as_str(), "json-depth"),
        ] {
            assert_eq!(read(body.as_bytes(), &BodyLimits::new(1000)).unwrap_err().reason(), reason, "{body}");
        }
        assert_eq!(read(b"[\"\xff\"]", &BodyLimits::new(1000)).unwrap_err().reason(), "not-utf8");
    }
}
