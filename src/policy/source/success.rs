//! Reads `success` of a policy: which answers of the application tell that it carried a request out.

use toml::de::DeValue;

use super::table::{Reader, Table, Value};
use crate::policy::success::{Statuses, Success};

const KNOWN: [&str; 2] = ["status", "not_location"];

/// What the policy takes for success; `None` where it does not say.
pub(super) fn read(reader: &mut Reader<'_>, policy: Table<'_>, denies: bool) -> Option<Success> {
    policy.get("success")?;
    if denies {
        reader.fault(
            policy.at("success"),
            "what is denied is never answered by the application",
            "remove `effect = \"deny\"` or `success`",
        );
    }
    let table = reader.table(policy, "success")?;
    reader.only(table, &KNOWN);
    if table.is_empty() {
        reader.fault(
            table.span(),
            "this says nothing about an answer",
            "e.g. `success = { status = [\"2xx\", 302], not_location = \"/login*\" }`",
        );
    }
    let mut status = Vec::new();
    if let Some(value) = table.get("status") {
        match value.get_ref() {
            DeValue::Array(items) if items.is_empty() => {
                reader.fault(
                    value.span(),
                    "`status` is an empty list",
                    "leave the key out, or name something",
                );
            }
            DeValue::Array(items) => status.extend(items.iter().filter_map(|item| one(reader, item))),
            _ => status.extend(one(reader, value)),
        }
    }
    let mut not_location = Vec::new();
    for (text, at) in reader.texts(table, "not_location") {
        let is_place = ["/", "http://", "https://"].iter().any(|start| text.starts_with(start));
        if !is_place || text.contains(['?', '#', ' ']) {
            let help =
                "a path such as `/login*`, or a URL such as `https://login.example.com/*`, without a query";
            reader.fault(at, format!("`{text}` is not a place"), help);
            continue;
        }
        not_location.push(text.to_owned());
    }
    Some(Success { status, not_location })
}

fn one(reader: &mut Reader<'_>, value: Value<'_>) -> Option<Statuses> {
    let text = match value.get_ref() {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
        other => return reader.wrong(value.span(), "status", "a status such as `302` or `\"2xx\"`", other),
    };
    let parsed = text.parse::<Statuses>();
    parsed
        .map_err(|error| {
            let help = "a number from 200 to 599, or a class of them: `\"2xx\"`";
            reader.fault(value.span(), format!("`{text}` is {error}"), help);
        })
        .ok()
}
