//! Reads `[sms]`: what the gateway is asked, and which answer means yes.

use std::path::Path;

use toml::de::DeValue;

use super::{authority, limits, timeout};
use crate::base::net::{Origin, Scheme};
use crate::base::secret::Secret;
use crate::base::settings::messages::{Body, Part, Sending, Shape, Sms, Success};
use crate::config::secret;
use crate::policy::source::table::{Reader, Table, Value};

const KNOWN: [&str; 12] = [
    "url", "method", "headers", "user", "password", "form", "json", "success", "prefixes", "ca", "timeout",
    "limits",
];
const PLACEHOLDERS: &str = "known are `{to}`, `{number}` (without the plus), `{text}` and `{id}`";

pub(super) fn sms(reader: &mut Reader<'_>, table: Table<'_>, folder: &Path) -> Option<Sms> {
    reader.only(table, &KNOWN);
    let url = url(reader, table);
    let method = reader.choice(table, "method", &[("POST", "POST"), ("PUT", "PUT"), ("GET", "GET")]);
    let headers = headers(reader, table, folder);
    let login = super::login(reader, table, folder);
    let body = body(reader, table, folder);
    let success = success(reader, table);
    let prefixes = prefixes(reader, table);
    let sms = Sms {
        method: method.unwrap_or("POST"),
        url: url?,
        headers,
        login,
        body: body?,
        success: success?,
        prefixes,
        ca: authority(reader, table, folder),
        timeout: timeout(reader, table),
        limits: limits(reader, table, Sending::SMS, &["user", "address", "country", "tenant", "total"]),
    };
    names_both(reader, table, &sms);
    Some(sms)
}

fn url(reader: &mut Reader<'_>, table: Table<'_>) -> Option<String> {
    const HELP: &str =
        "the address that messages are posted to, e.g. `url = \"https://sms.example.com/send\"`";
    let (url, at) = reader.required(table, "url", HELP)?;
    let end = url.find("://").map(|at| at + 3).and_then(|start| {
        url.get(start..).map(|rest| rest.find(['/', '?']).map_or(url.len(), |length| start + length))
    });
    let origin = end.and_then(|end| url.get(..end)).and_then(|origin| origin.parse::<Origin>().ok());
    let Some(origin) = origin else {
        reader.conceal(at.clone());
        reader.fault(at, "this is not an `https://` URL without user, password or fragment", HELP);
        return None;
    };
    if origin.scheme() == Scheme::Http && !crate::config::server::is_loopback(origin.host()) {
        let message = "codes and credentials would travel unprotected";
        reader.fault(at.clone(), message, "use `https://`; plain `http://` is for this machine only");
    }
    template(reader, url, at);
    Some(url.to_owned())
}

/// Notes placeholders that nothing stands for.
fn template(reader: &mut Reader<'_>, text: &str, at: std::ops::Range<usize>) {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let name = after.split('}').next().unwrap_or_default();
        if after.contains('}') && !["to", "number", "text", "id"].contains(&name) {
            reader.fault(at.clone(), format!("nothing stands for `{{{name}}}`"), PLACEHOLDERS);
        }
        rest = after;
    }
}

/// `[sms.headers]`: a text, or a secret that may have a `prefix`.
fn headers(
    reader: &mut Reader<'_>,
    table: Table<'_>,
    folder: &Path,
) -> Vec<(String, String, Option<Secret>)> {
    let Some(inner) = reader.table(table, "headers") else { return Vec::new() };
    let mut headers = Vec::new();
    for (name, at, value) in inner.entries() {
        let own = ["host", "content-length", "content-type", "connection", "transfer-encoding"];
        if name.parse::<http::HeaderName>().is_err() || own.contains(&name.to_ascii_lowercase().as_str()) {
            reader.fault(at, format!("`{name}` is not a header that can be set"), "");
            continue;
        }
        match value.get_ref() {
            DeValue::Table(_) => {
                let Some(inner) = reader.as_table(value, name) else { continue };
                reader.only(inner, &["file", "env", "prefix"]);
                let before = reader.text(inner, "prefix").map_or("", |(text, _)| text).to_owned();
                let Some(secret) = secret::text_in(reader, inner, folder) else { continue };
                headers.push((name.to_owned(), before, Some(secret)));
            }
            _ => {
                let Some((text, at)) = reader.as_text(value, name) else { continue };
                if name.eq_ignore_ascii_case("authorization") {
                    reader.conceal(at.clone());
                    let help = "write `Authorization = { env = \"SMS_KEY\", prefix = \"Bearer \" }`";
                    reader.fault(at, "a secret does not stand in the configuration itself", help);
                    continue;
                }
                if http::HeaderValue::from_str(text).is_err() {
                    reader.fault(at, format!("the value of `{name}` is not a header value"), "");
                }
                headers.push((name.to_owned(), text.to_owned(), None));
            }
        }
    }
    headers
}

fn body(reader: &mut Reader<'_>, table: Table<'_>, folder: &Path) -> Option<Body> {
    match (table.get("form"), table.get("json")) {
        (None, None) => Some(Body::None),
        (Some(_), Some(json)) => {
            reader.fault(json.span(), "`form` and `json` exclude each other", "a request has one body");
            None
        }
        (Some(_), None) => {
            let inner = reader.table(table, "form")?;
            let mut fields = Vec::new();
            for (name, _, value) in inner.entries() {
                fields.push((name.to_owned(), part(reader, name, value, folder)?));
            }
            Some(Body::Form(fields))
        }
        (None, Some(json)) => shape(reader, "json", json, folder).map(Body::Json),
    }
}

/// A template, or a secret as `{ file = … }` or `{ env = … }`.
fn part(reader: &mut Reader<'_>, name: &str, value: Value<'_>, folder: &Path) -> Option<Part> {
    if matches!(value.get_ref(), DeValue::Table(_)) {
        let inner = reader.as_table(value, name)?;
        reader.only(inner, &["file", "env"]);
        return secret::text_in(reader, inner, folder).map(Part::Secret);
    }
    let (text, at) = reader.as_text(value, name)?;
    template(reader, text, at);
    Some(Part::Template(text.to_owned()))
}

fn shape(reader: &mut Reader<'_>, name: &str, value: Value<'_>, folder: &Path) -> Option<Shape> {
    match value.get_ref() {
        DeValue::String(_) => part(reader, name, value, folder).map(Shape::Part),
        DeValue::Boolean(truth) => Some(Shape::Plain(truth.to_string())),
        DeValue::Integer(number) if number.radix() == 10 => {
            Some(Shape::Plain(number.as_str().trim_start_matches('+').to_owned()))
        }
        DeValue::Array(items) => {
            let items = items.iter().map(|item| shape(reader, name, item, folder));
            items.collect::<Option<Vec<_>>>().map(Shape::List)
        }
        DeValue::Table(_) => {
            let inner = reader.as_table(value, name)?;
            let entries = inner.entries();
            if let [(only, _, _)] = entries.as_slice()
                && matches!(*only, "file" | "env")
            {
                return secret::text_in(reader, inner, folder)
                    .map(|secret| Shape::Part(Part::Secret(secret)));
            }
            let entries = entries
                .into_iter()
                .map(|(name, _, value)| Some((name.to_owned(), shape(reader, name, value, folder)?)));
            entries.collect::<Option<Vec<_>>>().map(Shape::Object)
        }
        other => reader.wrong(value.span(), name, "a string, a whole number, a list or a table", other),
    }
}

/// `success = { status = [200], json = "/messages/0/status", matches = "^0$" }`; any 2xx without it.
fn success(reader: &mut Reader<'_>, table: Table<'_>) -> Option<Success> {
    let mut success = Success { statuses: (200..300).collect(), pointer: None, matches: None };
    let Some(inner) = reader.table(table, "success") else {
        return table.get("success").is_none().then_some(success);
    };
    reader.only(inner, &["status", "json", "matches"]);
    if let Some(value) = inner.get("status") {
        success.statuses = statuses(reader, value)?;
    }
    if let Some((pointer, at)) = reader.text(inner, "json") {
        if !pointer.is_empty() && !pointer.starts_with('/') {
            reader.fault(at, format!("`{pointer}` is not a JSON Pointer"), "e.g. `/messages/0/status`");
        }
        if inner.get("matches").is_none() {
            reader.missing(inner, "matches", "what the value must be, e.g. `matches = \"^0$\"`");
        }
        success.pointer = Some(pointer.to_owned());
    }
    if let Some((text, at)) = reader.text(inner, "matches") {
        let bounded = regex::RegexBuilder::new(text).size_limit(1 << 18).build();
        match bounded {
            Ok(regex) => success.matches = Some(regex),
            Err(_) => reader.fault(at, format!("`{text}` is not a regular expression"), ""),
        }
    }
    Some(success)
}

fn statuses(reader: &mut Reader<'_>, value: Value<'_>) -> Option<Vec<u16>> {
    let DeValue::Array(items) = value.get_ref() else {
        return reader.wrong(value.span(), "status", "a list of numbers, e.g. `[200, 201]`", value.get_ref());
    };
    let mut statuses = Vec::new();
    for item in items {
        let status = match item.get_ref() {
            DeValue::Integer(number) => number.as_str().parse::<u16>().ok(),
            _ => None,
        };
        match status.filter(|status| (200..300).contains(status)) {
            Some(status) => statuses.push(status),
            None => reader.fault(
                item.span(),
                "a message was not taken unless the status is 200 to 299",
                "redirects are never followed, and what failed is tried again by itself",
            ),
        }
    }
    if items.is_empty() {
        reader.fault(value.span(), "`status` is an empty list", "leave the key out, or name something");
    }
    Some(statuses)
}

fn prefixes(reader: &mut Reader<'_>, table: Table<'_>) -> Vec<String> {
    const HELP: &str = "where your users' numbers begin, e.g. `prefixes = [\"+41\", \"+423\"]`: messages to other countries are how \
                        text messages are made to cost you money";
    if table.get("prefixes").is_none() {
        reader.missing(table, "prefixes", HELP);
    }
    let mut prefixes = Vec::new();
    for (text, at) in reader.texts(table, "prefixes") {
        let digits = text.strip_prefix('+').unwrap_or_default();
        let good = (1..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        if good {
            prefixes.push(text.to_owned());
        } else {
            reader.fault(at, format!("`{text}` is not the beginning of a number like `+41`"), HELP);
        }
    }
    prefixes
}

/// A request that does not carry number and text sends nothing to nobody.
fn names_both(reader: &mut Reader<'_>, table: Table<'_>, sms: &Sms) {
    let mut all = sms.url.clone();
    let mut templates = |part: &Part| {
        if let Part::Template(text) = part {
            all.push_str(text);
        }
    };
    match &sms.body {
        Body::None => {}
        Body::Form(fields) => fields.iter().for_each(|(_, part)| templates(part)),
        Body::Json(shape) => each(shape, &mut templates),
    }
    let number = all.contains("{to}") || all.contains("{number}");
    if !number || !all.contains("{text}") {
        let what = if number { "`{text}`" } else { "`{to}`" };
        reader.fault(
            table.span(),
            format!("the request does not name {what}"),
            "put `{to}` (or `{number}`) and `{text}` into `form`, `json` or the URL",
        );
    }
}

fn each(shape: &Shape, found: &mut dyn FnMut(&Part)) {
    match shape {
        Shape::Part(part) => found(part),
        Shape::Plain(_) => {}
        Shape::List(items) => items.iter().for_each(|item| each(item, found)),
        Shape::Object(entries) => entries.iter().for_each(|(_, value)| each(value, found)),
    }
}
