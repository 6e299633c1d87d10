//! JSON-RPC (and with it MCP) over HTTP: every call of one request.
//!
//! Calls stand in a JSON body, alone or in a batch, or as the keys `method` and `params` of a query or form, where `params` is JSON or
//! base64 of JSON. A notification is a call without an id. What a server posts back as `result` or `error` is none.
//!
//! **Invariant:** an entry that is neither a call nor an answer is a refusal. **Invariant:** what may be a parameter but cannot be told by
//! name (positions, a text nobody decodes) makes the call [`Call::positional`], never one without parameters.
//! Called by `policy` for policies that match on JSON-RPC.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::body::BodyLimits;
use super::fields::{Field, FieldValue, Fields, Place, fold_key};
use super::json;
use super::refusal::Refusal;

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method, as sent.
    pub method: FieldValue,
    /// The parameters, as pointers from the parameters on: `/name`, `/arguments/path`.
    pub params: Vec<Field>,
    /// Whether there are parameters that have no name.
    pub positional: bool,
}

impl Call {
    fn new(method: FieldValue) -> Self {
        Self { method, params: Vec::new(), positional: false }
    }

    /// Takes one value of the parameters, at `pointer` from them on.
    fn take(&mut self, pointer: &str, value: &FieldValue) {
        let first = pointer.split('/').nth(1).unwrap_or_default();
        self.positional |= match value {
            FieldValue::Composite | FieldValue::Null => false,
            _ => pointer.is_empty(),
        };
        self.positional |= !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
        self.params.push(Field { place: Place::Json, name: pointer.to_owned(), value: value.clone() });
    }

    /// The call as fields: `/method` and `/params/...`, wherever it stood.
    pub fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        let method = Field { place: Place::Json, name: "/method".to_owned(), value: self.method.clone() };
        let params =
            self.params.iter().map(|field| Field { name: format!("/params{}", field.name), ..field.clone() });
        std::iter::once(method).chain(params)
    }
}

/// The calls of query and body, in order.
///
/// # Errors
/// [`Refusal::Rpc`] when a part of a JSON body is neither a call nor an answer.
pub fn read(query: &Fields, body: &Fields) -> Result<Vec<Call>, Refusal> {
    let mut calls = keyed(&query.iter().collect::<Vec<_>>());
    let of_query = calls.len();
    let keys: Vec<&Field> = body.iter().filter(|field| field.place != Place::Json).collect();
    calls.extend(keyed(&keys));
    if !keys.is_empty() && calls.len() == of_query {
        return Err(Refusal::Rpc("it is neither a call nor an answer to one"));
    }
    of_json(body, &mut calls)?;
    // THREAT: a server may take the method from the body and the parameters from the URL.
    if of_query == 0 && query.iter().any(|field| fold_key(&field.name) == "params") {
        for call in &mut calls {
            call.positional = true;
        }
    }
    Ok(calls)
}

/// Calls of a query or form: one for each `method`, all with all parameters.
fn keyed(fields: &[&Field]) -> Vec<Call> {
    let methods: Vec<&&Field> = fields.iter().filter(|field| fold_key(&field.name) == "method").collect();
    if methods.is_empty() {
        return Vec::new();
    }
    let mut shared = Call::new(FieldValue::Null);
    for field in fields {
        match fold_key(&field.name).as_ref() {
            "method" | "id" | "jsonrpc" => {}
            "params" => match decoded(&field.value) {
                Some(params) => params.iter().for_each(|field| shared.take(&field.name, &field.value)),
                None => shared.positional = true,
            },
            // `params[name]=wipe`, or the parameters as keys of their own.
            _ => {
                let name = field
                    .name
                    .strip_prefix("params")
                    .unwrap_or(&field.name)
                    .replace('[', "/")
                    .replace(']', "");
                shared.take(&format!("/{}", name.trim_start_matches('/')), &field.value);
            }
        }
    }
    methods.into_iter().map(|field| Call { method: field.value.clone(), ..shared.clone() }).collect()
}

/// A JSON text, plain or as base64.
fn decoded(value: &FieldValue) -> Option<Fields> {
    let limits = BodyLimits::new(u64::MAX);
    let text = value.as_text()?.trim();
    if text.is_empty() {
        return Some(Fields::default());
    }
    if let Ok(fields) = json::read(text.as_bytes(), &limits) {
        return Some(fields);
    }
    // In a query a raw `+` has become a blank.
    let plain: String = text
        .chars()
        .map(|c| {
            if c == '-' || c == ' ' {
                '+'
            } else if c == '_' {
                '/'
            } else {
                c
            }
        })
        .collect();
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let bytes = GeneralPurpose::new(&alphabet::STANDARD, lenient).decode(plain).ok()?;
    json::read(&bytes, &limits).ok()
}

/// What stands below one entry of a JSON body: `method`, `/rest of the pointer`, value.
type Members<'f> = Vec<(&'f str, &'f str, &'f FieldValue)>;

fn of_json(body: &Fields, calls: &mut Vec<Call>) -> Result<(), Refusal> {
    let json: Vec<&Field> = body.iter().filter(|field| field.place == Place::Json).collect();
    let below = |prefix: &str| -> Members<'_> {
        let rest = |field: &&'_ Field| -> Option<_> {
            field.name.strip_prefix(prefix)?.strip_prefix('/').map(str::len)
        };
        json.iter()
            .filter_map(|field| {
                let pointer = field.name.get(field.name.len() - rest(field)?..)?;
                let (member, _) = pointer.split_once('/').unwrap_or((pointer, ""));
                Some((member, pointer.get(member.len()..).unwrap_or_default(), &field.value))
            })
            .collect()
    };
    let Some(root) = json.first() else { return Ok(()) };
    let members = below("");
    if call(&members, calls) {
        return Ok(());
    }
    // A batch: its entries are the elements of an array, one level down.
    let mut entries: Vec<(&str, Members<'_>)> = Vec::new();
    for (index, rest, value) in members {
        if !index.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refusal::Rpc("it is neither a call nor an answer to one"));
        }
        if entries.last().is_none_or(|(last, _)| *last != index) {
            entries.push((index, Vec::new()));
        }
        if let (Some((_, members)), Some(pointer)) = (entries.last_mut(), rest.strip_prefix('/')) {
            let (member, _) = pointer.split_once('/').unwrap_or((pointer, ""));
            members.push((member, pointer.get(member.len()..).unwrap_or_default(), value));
        }
    }
    let understood = entries.iter().all(|(_, members)| call(members, calls));
    if entries.is_empty() || !understood || root.value != FieldValue::Composite {
        return Err(Refusal::Rpc("it is neither a call nor an answer to one"));
    }
    Ok(())
}

/// Takes one entry; whether it is a call or an answer. Members in another case count: some servers take them.
///
/// THREAT: `method[]` beside `method` are two members to a server and may be one to another; each is a call.
fn call(members: &Members<'_>, calls: &mut Vec<Call>) -> bool {
    let named = |wanted: &'static str| {
        members.iter().filter(move |(member, rest, _)| rest.is_empty() && fold_key(member) == wanted)
    };
    if named("method").next().is_none() {
        return named("result").chain(named("error")).next().is_some();
    }
    let mut shared = Call::new(FieldValue::Null);
    for (_, rest, value) in members.iter().filter(|(member, _, _)| fold_key(member) == "params") {
        shared.take(rest, value);
    }
    calls.extend(named("method").map(|(_, _, method)| Call { method: (*method).clone(), ..shared.clone() }));
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{ContentKind, body, urlencoded};

    fn words(calls: &[Call]) -> Vec<String> {
        let value = |field: &Field| format!(" {}={}", field.name, field.value.as_text().unwrap_or("+"));
        let call = |call: &Call| {
            let params: String = call.params.iter().map(value).collect();
            let mark = if call.positional { "?" } else { "" };
            format!("{}{mark}{params}", call.method.as_text().unwrap_or("+"))
        };
        calls.iter().map(call).collect()
    }

    fn json(text: &str) -> Result<Vec<String>, Refusal> {
        let body = body::read(&ContentKind::Json, text.as_bytes(), &BodyLimits::new(1 << 20)).unwrap();
        read(&Fields::default(), &body).map(|calls| words(&calls))
    }

    #[test]
    fn every_call_is_found() {
        for (text, expected) in [
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{"n":"x","o":{"p":1}}}"#,
                &["a =+ /n=x /o=+ /o/p=1"][..],
            ),
            (r#"{"method":"tools\/call","params":{"name":"\u0077ipe"}}"#, &["tools/call =+ /name=wipe"]),
            (r#"{"Method":"a","PARAMS":{"n":1}}"#, &["a =+ /n=1"]),
            (r#"{"method":"a","params":["x",{}]}"#, &["a? =+ /0=x /1=+"]),
            (r#"{"method":"a","params":"x"}"#, &["a? =x"]),
            (r#"{"method":"a","params":null}"#, &["a =null"]),
            (r#"{"method":{"a":1}}"#, &["+"]),
            (r#"{"method[]":"ping","method":"a","params":{"n":1}}"#, &["ping =+ /n=1", "a =+ /n=1"]),
            (r#"{"method":"a","params[]":{"n":1},"params":{"n":2}}"#, &["a =+ /n=1 =+ /n=2"]),
            (r#"[{"method":"a"},{"id":1,"result":{}},{"method":"b","params":{"n":1}}]"#, &["a", "b =+ /n=1"]),
            (r#"{"id":1,"error":{"code":1}}"#, &[]),
        ] {
            assert_eq!(json(text).unwrap(), expected, "{text}");
        }
        for text in [
            r#"{"id":1}"#,
            "[]",
            "{}",
            "5",
            r#"[{"method":"a"},5]"#,
            r#"[[{"method":"a"}]]"#,
            r#"[{"method":"a"},{}]"#,
        ] {
            assert_eq!(json(text).unwrap_err().reason(), "json-rpc", "{text}");
        }
    }

    #[test]
    fn calls_in_keys_are_found() {
        for (raw, expected) in [
            ("method=tools/call&id=1&params=eyJuYW1lIjoid2lwZSJ9", &["tools/call =+ /name=wipe"][..]),
            ("method=a&params={%22n%22:1}", &["a =+ /n=1"]),
            ("method=a&params=%5B1%5D", &["a? =+ /0=1"]),
            ("method=a&params=!", &["a?"]),
            ("method=a&n=1&params%5Bm%5D=2", &["a /n=1 /m=2"]),
            ("method=a&method=b", &["a", "b"]),
            ("n=1", &[]),
        ] {
            let query = urlencoded::read(Place::Query, raw.as_bytes(), &BodyLimits::new(1000), None).unwrap();
            assert_eq!(words(&read(&query, &Fields::default()).unwrap()), expected, "{raw}");
        }
        let query = urlencoded::read(Place::Query, b"params=e30", &BodyLimits::new(1000), None).unwrap();
        let body = body::read(&ContentKind::Json, br#"{"method":"a"}"#, &BodyLimits::new(1000)).unwrap();
        assert_eq!(words(&read(&query, &body).unwrap()), ["a?"]);
    }
}
