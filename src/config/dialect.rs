//! Reads what an application declares about how it reads requests: `encoded_slash = "data"` and the like, directly under `[[app]]`.
//!
//! **Invariant:** what is not declared stays open: `request::readings` then reads it in every plausible way.

use crate::base::dialect::{Dialect, Reads};
use crate::policy::source::table::{Reader, Table};
use crate::request::charset::Charset;
use crate::request::content::{BodyType, ContentKind};

/// A key, and its words for a form that is data and for one that has its special meaning; none where that cannot be declared.
struct Key {
    name: &'static str,
    data: &'static str,
    syntax: Option<&'static str>,
    slot: fn(&mut Dialect) -> &mut Option<Reads>,
}

const KEYS: [Key; 12] = [
    Key { name: "encoded_slash", data: "data", syntax: Some("separator"), slot: |d| &mut d.encoded_slash },
    Key { name: "encoded_backslash", data: "data", syntax: Some("separator"), slot: |d| &mut d.backslash },
    Key { name: "path_parameters", data: "keep", syntax: Some("drop"), slot: |d| &mut d.path_parameters },
    Key { name: "repeated_slashes", data: "keep", syntax: Some("merge"), slot: |d| &mut d.repeated_slashes },
    Key { name: "dot_segments", data: "keep", syntax: Some("resolve"), slot: |d| &mut d.dot_segments },
    Key { name: "encoded_percent", data: "data", syntax: None, slot: |d| &mut d.encoded_percent },
    Key { name: "encoded_delimiters", data: "data", syntax: None, slot: |d| &mut d.encoded_delimiters },
    Key { name: "segment_ends", data: "keep", syntax: None, slot: |d| &mut d.segment_ends },
    Key { name: "non_ascii", data: "keep", syntax: None, slot: |d| &mut d.non_ascii },
    Key { name: "cookie_fields", data: "ignored", syntax: None, slot: |d| &mut d.cookie_fields },
    Key {
        name: "query_semicolon",
        data: "data",
        syntax: Some("separator"),
        slot: |d| &mut d.query_semicolon,
    },
    Key {
        name: "method_override",
        data: "ignored",
        syntax: Some("honoured"),
        slot: |d| &mut d.method_override,
    },
];

/// Keys of another kind.
const OTHERS: [&str; 5] = ["path_case", "write_methods", "bodies_on_get", "charset", "body_types"];

/// The keys read here.
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|key| key.name).chain(OTHERS)
}

/// What the application declares.
pub(super) fn dialect(reader: &mut Reader<'_>, table: Table<'_>) -> Dialect {
    let mut dialect = Dialect::default();
    for key in KEYS {
        let choices: Vec<(&str, Reads)> = std::iter::once((key.data, Reads::AsData))
            .chain(key.syntax.map(|word| (word, Reads::AsSyntax)))
            .collect();
        *(key.slot)(&mut dialect) = reader.choice(table, key.name, &choices);
    }
    let case = reader.choice(table, "path_case", &[("insensitive", false), ("sensitive", true)]);
    dialect.path_case_sensitive = case.unwrap_or_default();
    let writes = reader.choice(table, "write_methods", &[("alike", false), ("distinct", true)]);
    dialect.write_methods_distinct = writes.unwrap_or_default();
    let bodies = reader.choice(table, "bodies_on_get", &[("refused", false), ("allowed", true)]);
    dialect.bodies_on_get = bodies.unwrap_or_default();
    if let Some((label, at)) = reader.text(table, "charset") {
        if Charset::of(label).is_none() {
            let help = "UTF-8, US-ASCII, or one with a byte for each character, e.g. `windows-1252`";
            reader.fault(at, format!("`{label}` is not a charset that is read"), help);
        }
        dialect.charset = Some(label.to_owned());
    }
    dialect.body_types = body_types(reader, table);
    dialect
}

/// `body_types = { "text/plain" = "json" }`.
fn body_types(reader: &mut Reader<'_>, table: Table<'_>) -> Vec<(String, String)> {
    if table.get("body_types").is_none() {
        return Vec::new();
    }
    let Some(types) = reader.table(table, "body_types") else { return Vec::new() };
    let mut declared = Vec::new();
    for (media_type, at, _) in types.entries() {
        if !ContentKind::can_be_declared(media_type) {
            let message = format!("`{media_type}` cannot be declared");
            reader.fault(
                at,
                message,
                "a media type without parameters that is not read anyway, e.g. `text/plain`",
            );
        }
        let choices = BodyType::ALL.map(|(name, _)| (name, name));
        if let Some(kind) = reader.choice(types, media_type, &choices) {
            declared.push((media_type.to_ascii_lowercase(), kind.to_owned()));
        }
    }
    declared
}
