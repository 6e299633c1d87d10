//! Reads `match.graphql` and `match.rpc`.

use super::matching::{test, tests};
use super::table::{Reader, Table};
use crate::policy::calls::{Calls, GraphqlMatch, RpcMatch};
use crate::policy::names::Name;
use crate::request::graphql::Kind;

/// The calls a `match` table is about; `None` when it is not about calls.
pub(super) fn calls(reader: &mut Reader<'_>, table: Table<'_>) -> Option<Calls> {
    let graphql = table.get("graphql").is_some().then(|| graphql(reader, table)).flatten();
    let rpc = table.get("rpc").is_some().then(|| rpc(reader, table)).flatten();
    (graphql.is_some() || rpc.is_some()).then_some(Calls { graphql, rpc })
}

fn graphql(reader: &mut Reader<'_>, table: Table<'_>) -> Option<GraphqlMatch> {
    const HELP: &str = "e.g. `graphql = { kind = \"mutation\", fields = [\"deleteUser\"] }`";
    let table = reader.table(table, "graphql")?;
    reader.only(table, &["kind", "fields", "persisted"]);
    if table.get("kind").is_none() && table.get("fields").is_none() {
        reader.fault(table.span(), "this names neither a kind of operation nor a field", HELP);
    }
    let mut kinds = Vec::new();
    for (word, at) in reader.texts(table, "kind") {
        match Kind::ALL.into_iter().find(|kind| kind.as_str() == word) {
            Some(kind) => kinds.push(kind),
            None => reader.fault(
                at,
                format!("`{word}` is not a kind of operation"),
                "known here: `query`, `mutation`, `subscription`",
            ),
        }
    }
    let mut fields = Vec::new();
    for (name, at) in reader.texts(table, "fields") {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if plain && !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) {
            fields.push(name.to_owned());
        } else {
            let help = "name a field of the schema's `Mutation` or `Query` type, with its case";
            reader.fault(at, format!("`{name}` is not the name of a GraphQL field"), help);
        }
    }
    let persisted = reader.texts(table, "persisted").into_iter().map(|(id, _)| id.to_owned()).collect();
    Some(GraphqlMatch { kinds, fields, persisted })
}

fn rpc(reader: &mut Reader<'_>, table: Table<'_>) -> Option<RpcMatch> {
    const HELP: &str = "e.g. `rpc = { method = \"tools/call\", params = { name = \"wipe\" } }`";
    let table = reader.table(table, "rpc")?;
    reader.only(table, &["method", "params"]);
    if table.is_empty() {
        reader.fault(table.span(), "this names neither a method nor a parameter", HELP);
    }
    let method = table.get("method").and_then(|value| test(reader, "method", value));
    let params = tests(reader, table, "params", Name::parse);
    Some(RpcMatch { method, params })
}
