//! Which wording of a policy it is: a digest of its meaning, not of its layout.
//!
//! **Invariant:** what the file's defaults add is part of it, so changing a default changes the revision of every policy it reaches, and
//! writing a default out changes none (`tests/it/policy_rules.rs`).

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::table::Table;
use crate::base::secret::fingerprint;

/// The first 16 hexadecimal digits of the SHA-256 of the policy in one normal form: sorted keys, no comments, no layout, with the
/// defaults that apply to it in its `approve`.
pub(super) fn revision(app: &str, policy: Table<'_>, defaults: Option<Table<'_>>) -> String {
    let mut entries: BTreeMap<&str, String> = BTreeMap::new();
    for (key, _, value) in policy.entries() {
        entries.insert(key, normal(key, value.get_ref()));
    }
    if let Some(defaults) = defaults.filter(|defaults| !defaults.is_empty()) {
        let own = policy.get("approve").and_then(|value| match value.get_ref() {
            DeValue::Table(own) => Some(own),
            _ => None,
        });
        let mut approve: BTreeMap<&str, String> = defaults
            .entries()
            .into_iter()
            .map(|(key, _, value)| (key, normal(key, value.get_ref())))
            .collect();
        approve.extend(own.into_iter().flatten().map(|(key, value)| {
            let key = key.get_ref().as_ref();
            (key, normal(key, value.get_ref()))
        }));
        let approve: String = approve.into_values().collect();
        entries.insert("approve", format!("{:?}={{{approve}}};", "approve"));
    }
    let whole: String = entries.into_values().collect();
    let digest = fingerprint("policy-revision", &[app.as_bytes(), whole.as_bytes()]);
    data_encoding::HEXLOWER.encode(&digest).chars().take(16).collect()
}

/// One key and its value in normal form.
pub(super) fn normal(key: &str, value: &DeValue<'_>) -> String {
    let mut out = String::new();
    write(&mut out, key, value);
    out
}

fn write(out: &mut String, key: &str, value: &DeValue<'_>) {
    out.extend([&format!("{key:?}"), "="]);
    match value {
        DeValue::String(text) => out.extend([format!("{text:?}")]),
        DeValue::Integer(number) => out.push_str(&number.to_string()),
        DeValue::Float(number) => out.push_str(number.as_str()),
        DeValue::Boolean(truth) => out.push_str(&truth.to_string()),
        DeValue::Datetime(date) => out.push_str(&date.to_string()),
        DeValue::Array(items) => {
            out.push('[');
            items.iter().for_each(|item| write(out, "", item.get_ref()));
            out.push(']');
        }
        DeValue::Table(entries) => {
            out.push('{');
            entries.iter().for_each(|(key, value)| write(out, key.get_ref(), value.get_ref()));
            out.push('}');
        }
    }
    out.push(';');
}
