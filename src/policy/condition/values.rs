//! The values that expressions see.
//!
//! **Invariant:** a number that a machine number cannot hold exactly is handed over as text, so that comparing it as a number fails
//! instead of rounding.

use std::collections::{BTreeMap, HashMap};

use cel::Value;

use super::uses::{Lookups, Uses};
use crate::policy::names::{Index, Name};
use crate::policy::ruling::Unclear;
use crate::policy::view::View;
use crate::request::fields::{FieldValue, Fields, Place};

/// The most different names that an expression may be given all at once.
const MOST_KEYS: usize = 1000;

/// The value of one of the known variables.
pub(super) fn variable(name: &str, view: &View<'_>, uses: &Uses) -> Result<Value, Unclear> {
    let facts = &view.facts;
    Ok(match name {
        "method" => facts.method.into(),
        "host" => facts.host.into(),
        "path" => facts.path.into(),
        "client" => facts.client.to_canonical().to_string().into(),
        "now" => facts.now.seconds().into(),
        "user" => {
            let known = [("name", Value::from(facts.user)), ("groups", facts.groups.to_vec().into())];
            HashMap::from(known).into()
        }
        "headers" => headers(view).into(),
        "query" => lookups(&uses.query, &view.query)?,
        "fields" => lookups(&uses.fields, &view.index)?,
        _ => json(view),
    })
}

fn headers(view: &View<'_>) -> HashMap<String, Value> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in view.facts.headers {
        let all = joined.entry(name.to_ascii_lowercase()).or_default();
        if !all.is_empty() {
            all.push_str(", ");
        }
        all.push_str(&String::from_utf8_lossy(value));
    }
    joined.into_iter().map(|(name, value)| (name, value.into())).collect()
}

fn lookups(lookups: &Lookups, index: &Index<'_>) -> Result<Value, Unclear> {
    let mut map: HashMap<String, Value> = HashMap::new();
    let keys = if lookups.dynamic { index.keys() } else { Vec::new() };
    if keys.len() > MOST_KEYS {
        return Err(Unclear::TooMany(MOST_KEYS));
    }
    for name in keys.into_iter().chain(lookups.names.iter().map(String::as_str)) {
        let Some(value) = one(name, index)? else { continue };
        map.insert(name.to_owned(), value);
    }
    Ok(map.into())
}

fn one(name: &str, index: &Index<'_>) -> Result<Option<Value>, Unclear> {
    let shown = index.shown(&Name::exactly(name), &[])?;
    // THREAT: a condition exempts. What only loose readers take for this field, or find, must not.
    if !shown.is_empty() && !index.is_spelled(name) {
        return Err(Unclear::OtherSpelling(name.to_owned()));
    }
    if !shown.is_empty() && index.is_beside_the_body(name) {
        return Err(Unclear::InQuery(name.to_owned()));
    }
    Ok(shown.first().map(|shown| scalar(shown.value)))
}

fn scalar(value: &FieldValue) -> Value {
    match value {
        FieldValue::Text(text) => text.as_str().into(),
        FieldValue::File { name, .. } => name.as_str().into(),
        FieldValue::Number(text) => number(text),
        FieldValue::Bool(truth) => Value::Bool(*truth),
        FieldValue::Null | FieldValue::Composite => Value::Null,
    }
}

fn number(text: &str) -> Value {
    if let Some(whole) = text.parse::<i64>().ok().filter(|whole| whole.to_string() == text) {
        return Value::Int(whole);
    }
    match text.parse::<f64>().ok().filter(|number| number.to_string() == text) {
        Some(number) => Value::Float(number),
        None => text.into(),
    }
}

#[derive(Default)]
struct Node<'a> {
    value: Option<&'a FieldValue>,
    members: Vec<(String, Node<'a>)>,
}

/// The JSON body as it was nested; null without one.
fn json(view: &View<'_>) -> Value {
    let mut root = Node::default();
    let fields = view.facts.body.into_iter().flat_map(Fields::iter);
    for field in fields.filter(|field| field.place == Place::Json) {
        let mut node = &mut root;
        let pointer = field.name.strip_prefix('/').into_iter().flat_map(|rest| rest.split('/'));
        for segment in pointer.map(|segment| segment.replace("~1", "/").replace("~0", "~")) {
            // Fields come in the order of the document, so a member that is not the last one is new.
            if node.members.last().is_none_or(|(last, _)| *last != segment) {
                node.members.push((segment, Node::default()));
            }
            let Some((_, next)) = node.members.last_mut() else { return Value::Null };
            node = next;
        }
        node.value = Some(&field.value);
    }
    root.into_value()
}

impl Node<'_> {
    fn into_value(self) -> Value {
        let list = self.members.iter().enumerate().all(|(at, (name, _))| *name == at.to_string());
        match self.value {
            Some(FieldValue::Composite) | None if !self.members.is_empty() && list => {
                self.members.into_iter().map(|(_, member)| member.into_value()).collect::<Vec<_>>().into()
            }
            None if self.members.is_empty() => Value::Null,
            Some(FieldValue::Composite) | None => {
                let members = self.members.into_iter().map(|(name, member)| (name, member.into_value()));
                members.collect::<HashMap<_, _>>().into()
            }
            Some(value) => scalar(value),
        }
    }
}
