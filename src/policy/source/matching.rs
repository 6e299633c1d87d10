//! Reads the `match` table of a policy.

use std::ops::Range;

use toml::de::DeValue;

use super::entry::within;
use super::table::{Reader, Table, Value, did_you_mean};
use crate::policy::checked::Matcher;
use crate::policy::fold::Case;
use crate::policy::methods::Methods;
use crate::policy::names::Name;
use crate::policy::pattern::Pattern;
use crate::policy::values::{Ask, Test, Wanted, glob};
use crate::request::headers::canonical_name;
use crate::request::number::Decimal;

const KNOWN: [&str; 11] = [
    "methods",
    "path",
    "fields",
    "query",
    "headers",
    "content_types",
    "users",
    "groups",
    "clients",
    "graphql",
    "rpc",
];
const OPERATORS: [&str; 8] = ["equals", "not", "in", "like", "matches", "over", "under", "exists"];

/// The matcher; nothing is left out silently.
pub(super) fn matcher(reader: &mut Reader<'_>, policy: Table<'_>, case: Case) -> Option<Matcher> {
    const WHAT: &str =
        "say which requests it is about, e.g. `match = { methods = [\"POST\"], path = \"/transfer\" }`";
    if policy.get("match").is_none() {
        reader.missing(policy, "match", WHAT);
    }
    let table = reader.table(policy, "match")?;
    reader.only(table, &KNOWN);
    if table.is_empty() {
        reader.fault(
            table.span(),
            "this matches every request",
            "to mean that, write `match = { path = \"/**\" }`",
        );
    }
    let matcher = Matcher {
        methods: methods(reader, table),
        path: path(reader, table, case),
        fields: tests(reader, table, "fields", Name::parse),
        query: tests(reader, table, "query", Name::parse),
        headers: tests(reader, table, "headers", header),
        content_types: content_types(reader, table),
        users: owned(reader.texts(table, "users")),
        groups: owned(reader.texts(table, "groups")),
        clients: clients(reader, table),
        calls: super::calls::calls(reader, table),
    };
    excluded(reader, table, &matcher);
    Some(matcher)
}

/// A field that must be in the query and nowhere at all.
fn excluded(reader: &mut Reader<'_>, table: Table<'_>, matcher: &Matcher) {
    for (name, _) in matcher.query.iter().filter(|(_, test)| !test.absent) {
        if matcher.fields.iter().any(|(other, test)| test.absent && other.covers(name)) {
            reader.fault(
                table.at("query"),
                format!("`{}` must be in the query, and must not exist by `fields`", name.as_str()),
                "`fields` looks at the query as well: this never applies",
            );
        }
    }
}

fn owned(texts: Vec<(&str, Range<usize>)>) -> Vec<String> {
    texts.into_iter().map(|(text, _)| text.to_owned()).collect()
}

fn methods(reader: &mut Reader<'_>, table: Table<'_>) -> Methods {
    if table.get("methods").is_none() {
        return Methods::ALL;
    }
    let mut methods = Methods::NONE;
    for (name, at) in reader.texts(table, "methods") {
        if let Some(covered) = Methods::covered_by(name) {
            methods = methods.or(covered);
        } else {
            let help = did_you_mean(name, Methods::known());
            reader.fault(at, format!("`{name}` is not a method that passes the gateway"), help);
        }
    }
    methods
}

fn path(reader: &mut Reader<'_>, table: Table<'_>, case: Case) -> Pattern {
    let Some((text, at)) = reader.text(table, "path") else { return Pattern::everything() };
    Pattern::parse(text, case).unwrap_or_else(|(message, help)| {
        reader.fault(at, message, help);
        Pattern::everything()
    })
}

fn header(name: &str) -> Result<String, &'static str> {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let lower = name.to_ascii_lowercase();
    if name.is_empty() || !name.bytes().all(token) {
        return Err("not the name of a header");
    }
    match lower.as_str() {
        "cookie" | "authorization" => {
            Err("policies do not see credentials; decide by `users` and `groups`, or by fields")
        }
        "host" | "forwarded" => Err("a client can set this header to anything, so nothing is decided by it"),
        name if name.starts_with("x-forwarded-") || name.starts_with("x-original-") => {
            Err("a client can set this header to anything, so nothing is decided by it")
        }
        _ => Ok(canonical_name(lower.as_bytes())),
    }
}

fn content_types(reader: &mut Reader<'_>, table: Table<'_>) -> Vec<regex::Regex> {
    let texts = reader.texts(table, "content_types");
    let mut types = Vec::new();
    for (text, at) in texts {
        match glob(text).ok().filter(|_| text.contains('/') && !text.contains(';')) {
            Some(pattern) => types.push(pattern),
            None => reader.fault(
                at,
                format!("`{text}` is not a media type"),
                "write `application/json` or `text/*`, without parameters",
            ),
        }
    }
    types
}

fn clients(reader: &mut Reader<'_>, table: Table<'_>) -> Vec<ipnet::IpNet> {
    let texts = reader.texts(table, "clients");
    let mut networks = Vec::new();
    for (text, at) in texts {
        let address = || text.parse::<std::net::IpAddr>().map(ipnet::IpNet::from);
        match text.parse::<ipnet::IpNet>().or_else(|_| address()) {
            Ok(network) => networks.push(network.trunc()),
            Err(_) => {
                reader.fault(at, format!("`{text}` is not a network"), "write `10.0.0.0/8` or `192.0.2.1`");
            }
        }
    }
    networks
}

pub(super) fn tests<N>(
    reader: &mut Reader<'_>,
    table: Table<'_>,
    key: &str,
    parse: impl Fn(&str) -> Result<N, &'static str>,
) -> Vec<(N, Test)> {
    if table.get(key).is_none() {
        return Vec::new();
    }
    let Some(inner) = reader.table(table, key) else { return Vec::new() };
    if inner.is_empty() {
        reader.fault(inner.span(), format!("`{key}` is empty"), "leave it out, or name a field");
    }
    let mut tests = Vec::new();
    for (name, at, value) in inner.entries() {
        match parse(name) {
            Ok(parsed) => tests.extend(test(reader, name, value).map(|test| (parsed, test))),
            Err(message) => reader.fault(at, message, ""),
        }
    }
    tests
}

pub(super) fn test(reader: &mut Reader<'_>, name: &str, value: Value<'_>) -> Option<Test> {
    let mut test = Test::default();
    let DeValue::Table(operators) = value.get_ref() else {
        test.asks.push(Ask::OneOf(wanted(reader, name, value)));
        return Some(test);
    };
    let table = reader.as_table(value, name)?;
    reader.only(table, &OPERATORS);
    if operators.is_empty() {
        reader.fault(
            value.span(),
            format!("nothing is asked of `{name}`"),
            "use an operator, e.g. `{ over = 1000 }` or `{ exists = true }`",
        );
    }
    for (operator, at, value) in table.entries() {
        match operator {
            "equals" | "in" => test.asks.push(Ask::OneOf(wanted(reader, operator, value))),
            "not" => test.asks.push(Ask::NoneOf(wanted(reader, operator, value))),
            "like" | "matches" => test.asks.extend(pattern(reader, operator, value)),
            "over" | "under" => {
                let Some(limit) = number(reader, operator, value) else { continue };
                test.asks.push(if operator == "over" { Ask::Over(limit) } else { Ask::Under(limit) });
            }
            "exists" => {
                test.absent = reader.truth(table, "exists") == Some(false);
                if test.absent && operators.len() > 1 {
                    reader.fault(
                        at,
                        "a field that must not exist has no value to ask about",
                        "keep `exists = false` alone",
                    );
                }
            }
            _ => {}
        }
    }
    if let Some(why) = test.contradiction() {
        reader.fault(
            value.span(),
            why,
            format!("as it stands, no `{name}` that people write is matched; use one policy for each case"),
        );
    }
    Some(test)
}

fn pattern(reader: &mut Reader<'_>, operator: &str, value: Value<'_>) -> Option<Ask> {
    let (text, at) = reader.as_text(value, operator)?;
    let compiled = if operator == "like" { glob(text) } else { regex::Regex::new(text) };
    match compiled {
        Ok(regex) if operator == "like" => Some(Ask::Like(regex, text.to_owned())),
        Ok(regex) => Some(Ask::Matches(regex)),
        Err(error) => {
            let (at, reason) = match regex_mistake(text) {
                Some((place, reason)) => (within(reader, &at, text, place), reason),
                None => (at, error.to_string().lines().last().unwrap_or_default().to_owned()),
            };
            reader.fault(
                at,
                format!("`{text}` is not a regular expression: {reason}"),
                if reason.starts_with("look-around") || reason.starts_with("backreferences") {
                    "look-around and back-references are not available: matching takes linear time"
                } else {
                    "a character that is meant itself is written with `\\` before it"
                },
            );
            None
        }
    }
}

/// Where in an expression the mistake is, and what it is.
fn regex_mistake(text: &str) -> Option<(Range<usize>, String)> {
    let (span, reason) = match regex_syntax::parse(text).err()? {
        regex_syntax::Error::Parse(error) => (*error.span(), error.kind().to_string()),
        regex_syntax::Error::Translate(error) => (*error.span(), error.kind().to_string()),
        _ => return None,
    };
    let place = span.start.offset..span.end.offset.max(span.start.offset + 1).min(text.len());
    text.get(place.clone()).map(|_| (place, reason))
}

/// One value or a list of values.
fn wanted(reader: &mut Reader<'_>, what: &str, value: Value<'_>) -> Vec<Wanted> {
    match value.get_ref() {
        DeValue::Array(items) => {
            if items.is_empty() {
                reader.fault(value.span(), format!("`{what}` is an empty list"), "name at least one value");
            }
            items.iter().filter_map(|item| scalar(reader, what, item)).collect()
        }
        _ => scalar(reader, what, value).into_iter().collect(),
    }
}

fn scalar(reader: &mut Reader<'_>, what: &str, value: Value<'_>) -> Option<Wanted> {
    match value.get_ref() {
        DeValue::String(text) => Some(Wanted::word(text)),
        DeValue::Boolean(truth) => Some(Wanted::word(&truth.to_string())),
        DeValue::Integer(_) | DeValue::Float(_) => number(reader, what, value).map(Wanted::Number),
        other => {
            reader.wrong(value.span(), what, "a string, a number, a truth value or a list of them", other)
        }
    }
}

fn number(reader: &mut Reader<'_>, what: &str, value: Value<'_>) -> Option<Decimal> {
    let text = match value.get_ref() {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        DeValue::Integer(_) => "",
        DeValue::Float(number) => number.as_str(),
        DeValue::String(text) => text.as_ref(),
        other => return reader.wrong(value.span(), what, "a number", other),
    };
    let number = Decimal::parse(text.strip_prefix('+').unwrap_or(text));
    if number.is_none() {
        reader.fault(
            value.span(),
            format!("`{what}` is not a plain decimal number"),
            "write it as `1000` or `1000.50`: at most 18 digits before and after the point, no exponent",
        );
    }
    number
}
