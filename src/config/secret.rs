//! Secrets of the configuration: `{ file = "..." }` or `{ env = "..." }`, never in the file itself.
//!
//! **Invariant:** a fault names where a secret should be, never what was found there (`tests/golden/diagnostics/config-values`).

use std::path::Path;

use base64::Engine as _;

use crate::base::secret::Secret;
use crate::policy::source::table::{Reader, Table};

const HELP: &str = "write `{ file = \"certs/k1.key\" }` or `{ env = \"COUNTERSIGN_K1\" }`";

/// The bytes of a secret.
fn bytes(reader: &mut Reader<'_>, table: Table<'_>, key: &str, folder: &Path) -> Option<Vec<u8>> {
    if table.get(key).is_none() {
        reader.missing(table, key, HELP);
    }
    if table.get(key)?.get_ref().is_str() {
        reader.conceal(table.at(key));
        reader.fault(table.at(key), "a secret does not stand in the configuration itself", HELP);
        return None;
    }
    let inner = reader.table(table, key)?;
    reader.only(inner, &["file", "env"]);
    bytes_in(reader, inner, folder)
}

/// The bytes of the secret that a table names; whether it may hold other keys is the caller's business.
fn bytes_in(reader: &mut Reader<'_>, inner: Table<'_>, folder: &Path) -> Option<Vec<u8>> {
    let file = reader.text(inner, "file");
    let env = reader.text(inner, "env");
    match (file, env) {
        (Some((file, at)), None) => std::fs::read(folder.join(file))
            .map_err(|error| {
                let message = format!("`{file}` cannot be read: {}", super::lower(&error.to_string()));
                reader.fault(at, message, "paths are relative to the configuration file");
            })
            .ok(),
        (None, Some((name, at))) => {
            let value = environment(name);
            if value.is_none() {
                reader.fault(
                    at,
                    format!("the environment has no `{name}`"),
                    "set it for the server's process",
                );
            }
            value
        }
        _ => {
            reader.fault(inner.span(), "a secret is in one place", HELP);
            None
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment, for secrets only")]
fn environment(name: &str) -> Option<Vec<u8>> {
    std::env::var_os(name).map(std::ffi::OsString::into_encoded_bytes)
}

/// A password or token: text of one line; blanks around it are dropped.
pub(super) fn text(reader: &mut Reader<'_>, table: Table<'_>, key: &str, folder: &Path) -> Option<Secret> {
    let raw = bytes(reader, table, key, folder)?;
    one_line(reader, table.at(key), &raw)
}

/// The same, where the table that names it has been found.
pub(super) fn text_in(reader: &mut Reader<'_>, table: Table<'_>, folder: &Path) -> Option<Secret> {
    let raw = bytes_in(reader, table, folder)?;
    one_line(reader, table.span(), &raw)
}

fn one_line(reader: &mut Reader<'_>, at: std::ops::Range<usize>, raw: &[u8]) -> Option<Secret> {
    let text = std::str::from_utf8(raw.trim_ascii()).ok();
    let text = text.filter(|text| !text.is_empty() && !text.chars().any(char::is_control));
    if text.is_none() {
        reader.fault(at, "a password or token is one line of text", "");
    }
    text.map(|text| Secret::from(text.to_owned()))
}

/// A key of 32 bytes: raw, or as 64 hexadecimal digits, or in base64.
pub(super) fn key(reader: &mut Reader<'_>, table: Table<'_>, key: &str, folder: &Path) -> Option<Secret> {
    let raw = bytes(reader, table, key, folder)?;
    let text = raw.trim_ascii();
    let standard = || base64::engine::general_purpose::STANDARD.decode(text).ok();
    let url_safe = || base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok();
    let hex = || data_encoding::HEXLOWER_PERMISSIVE.decode(text).ok();
    let decoded = if raw.len() == 32 { Some(raw.clone()) } else { hex().or_else(standard).or_else(url_safe) };
    let decoded = decoded.filter(|decoded| decoded.len() == 32);
    if decoded.is_none() {
        let help = "make one with `head -c 32 /dev/urandom | base64`";
        reader.fault(table.at(key), "a seal key is 32 bytes, raw, hexadecimal or base64", help);
    }
    decoded.map(Secret::from)
}
