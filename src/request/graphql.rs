//! GraphQL over HTTP: every operation that some server may run for one request, call by call.
//!
//! A document may stand in the query, in a form, in JSON (alone or in a batch), in the part `operations` of a multipart body
//! (graphql-multipart-request), or be the whole body (`application/graphql`). All of them count, and so does every operation in each:
//! `operationName` chooses one, but which one is for the server to say. `document` parses them.
//!
//! **Invariant:** what cannot be read completely is a refusal; a root field is never left out (`graphql_finds_every_root_field`).
//! **Invariant:** a persisted id is never taken for harmless: each is listed, unless it is provably the hash of the document beside it.
//! Called by `policy` for policies that match on GraphQL.

mod arguments;
mod document;

use super::body::BodyLimits;
use super::fields::{Field, FieldValue, Fields, Place, fold_key};
use super::json;
use super::refusal::Refusal;

/// What a request asks of a GraphQL server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graphql {
    /// How many documents there are.
    pub documents: usize,
    /// Every field selected at the root of every operation, fragments included, in order.
    pub selected: Vec<RootField>,
    /// Every persisted id, in order; empty text for one that is not understood.
    pub persisted: Vec<String>,
}

/// One field selected at the root of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootField {
    /// What kind of operation selects it.
    pub kind: Kind,
    /// Its name in the schema; an alias is not one.
    pub name: String,
    /// Its arguments as `/name/argument`, each value as JSON would have it; a variable that several places give has all its values.
    pub arguments: Vec<Field>,
}

/// The kind of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `query`, or a selection alone.
    Query,
    /// `mutation`.
    Mutation,
    /// `subscription`.
    Subscription,
}

impl Kind {
    /// All, as written in documents and policies.
    pub const ALL: [Self; 3] = [Self::Query, Self::Mutation, Self::Subscription];

    /// The keyword.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

/// The most fields that may be selected at the roots, and arguments in all.
const MOST: usize = 10_000;

/// Members by which a server takes a stored document instead of a sent one, folded, without `_`.
const STORED: [&str; 8] = [
    "id",
    "queryid",
    "documentid",
    "docid",
    "operationid",
    "operationhash",
    "documenthash",
    "persistedqueryid",
];

/// What the fields of query and body ask for.
///
/// # Errors
/// [`Refusal::Graphql`] when a document or what belongs to it cannot be read.
pub fn read(query: &Fields, body: &Fields) -> Result<Graphql, Refusal> {
    let mut entries = Vec::new();
    entries.extend(Entry::of_keys(query.iter())?);
    entries.extend(Entry::of_keys(body.iter().filter(|field| field.place != Place::Json))?);
    json_entries(body, &mut entries)?;
    for field in query.iter().chain(body.iter()).filter(|field| field.place != Place::Json) {
        if fold_key(&field.name) == "operations" {
            json_entries(&parsed(&field.value)?, &mut entries)?;
        }
    }
    let mut found = Graphql::default();
    for (number, entry) in entries.iter().enumerate() {
        found.persisted.extend(entry.stored().iter().cloned());
        let Some(text) = entry.document.as_deref() else { continue };
        found.documents += 1;
        // THREAT: servers take a variable from the URL for a document in the body, and the other way round.
        let others =
            entries.iter().enumerate().filter(|(other, it)| *other != number && it.place != entry.place);
        let sources: Vec<&Fields> =
            std::iter::once(&entry.variables).chain(others.map(|(_, it)| &it.variables)).collect();
        document::read(text, &sources, &mut found.selected)?;
    }
    Ok(found)
}

/// What belongs together: a document, the values of its variables and what may stand for a document.
struct Entry {
    place: Place,
    document: Option<String>,
    variables: Fields,
    stored: Vec<String>,
    /// `extensions.persistedQuery.sha256Hash`.
    hash: Option<String>,
}

impl Entry {
    fn new(place: Place) -> Self {
        Self { place, document: None, variables: Fields::default(), stored: Vec::new(), hash: None }
    }

    /// From the keys of a query or form; `None` when it has no part in GraphQL.
    fn of_keys<'f>(fields: impl Iterator<Item = &'f Field>) -> Result<Option<Self>, Refusal> {
        let mut entry: Option<Self> = None;
        let mut variables = false;
        for field in fields {
            let key = fold_key(&field.name);
            // THREAT: PHP makes an object of `variables[id]`, which would be missed here.
            if ["query", "variables", "extensions", "operations"]
                .iter()
                .any(|known| key.strip_prefix(known).is_some_and(|rest| rest.starts_with(['[', '_', '.'])))
            {
                return Err(Refusal::Graphql("a part of it is spread over several fields"));
            }
            let entry = entry.get_or_insert_with(|| Self::new(field.place));
            match key.as_ref() {
                "query" => entry.take_document(&field.value)?,
                "variables" if std::mem::replace(&mut variables, true) => {
                    return Err(Refusal::Graphql("its variables are there more than once"));
                }
                "variables" => entry.variables = parsed(&field.value)?,
                "extensions" => entry.extensions(&parsed(&field.value)?),
                key if is_stored(key) => entry.stored.push(text_of(&field.value)),
                _ => {}
            }
        }
        Ok(entry)
    }

    /// From the members of a JSON object, as pointers below it; whether it has a part in GraphQL at all.
    fn of_members(members: &[(&str, &FieldValue)]) -> Result<Option<Self>, Refusal> {
        let mut entry = Self::new(Place::Json);
        let (mut extensions, mut known) = (Fields::default(), false);
        for (pointer, value) in members {
            let (name, rest) = match pointer.split_once('/') {
                Some((name, _)) => (name, pointer.get(name.len()..).unwrap_or_default()),
                None => (*pointer, ""),
            };
            let key = fold_key(name);
            match (key.as_ref(), rest) {
                ("query", "") => entry.take_document(value)?,
                ("query", _) => return Err(Refusal::Graphql("the document is not a text")),
                // THREAT: `variables[]` beside `variables`: both count, and neither hides the other.
                ("variables", "") if matches!(value, FieldValue::Text(_)) => {
                    entry.variables.extend(parsed(value)?);
                }
                ("variables", _) => entry.variables.push(Place::Json, rest.to_owned(), (*value).clone()),
                ("extensions", "") if matches!(value, FieldValue::Text(_)) => {
                    extensions.extend(parsed(value)?);
                }
                ("extensions", _) => extensions.push(Place::Json, rest.to_owned(), (*value).clone()),
                (key, "") if is_stored(key) && **value != FieldValue::Null => {
                    entry.stored.push(text_of(value));
                }
                _ => continue,
            }
            known = true;
        }
        entry.extensions(&extensions);
        Ok(known.then_some(entry))
    }

    fn take_document(&mut self, value: &FieldValue) -> Result<(), Refusal> {
        match value {
            FieldValue::Null => Ok(()),
            FieldValue::Text(text) if text.trim().is_empty() => Ok(()),
            FieldValue::Text(_) if self.document.is_some() => {
                Err(Refusal::Graphql("there are two documents where one is read"))
            }
            FieldValue::Text(text) => {
                self.document = Some(text.clone());
                Ok(())
            }
            _ => Err(Refusal::Graphql("the document is not a text")),
        }
    }

    /// Notes `persistedQuery` (automatic persisted queries) and ids under other names.
    fn extensions(&mut self, fields: &Fields) {
        for field in fields.iter() {
            let mut segments = field.name.split('/').skip(1).map(fold_key);
            let (Some(first), second, more) = (segments.next(), segments.next(), segments.next()) else {
                continue;
            };
            match (first.as_ref(), second.as_deref(), more) {
                ("persistedquery", Some("sha256hash"), None) if self.hash.is_none() => {
                    self.hash = Some(text_of(&field.value));
                }
                ("persistedquery", Some("version"), None) => {}
                ("persistedquery", None, _) if field.value == FieldValue::Composite => {}
                ("persistedquery", None, _) if field.value == FieldValue::Null => {}
                ("persistedquery", _, _) => self.stored.push(text_of(&field.value)),
                (key, None, _) if is_stored(key) => self.stored.push(text_of(&field.value)),
                _ => {}
            }
        }
    }

    /// Everything that may stand for another document than the one sent.
    fn stored(&self) -> Vec<String> {
        let hash = self.hash.iter().filter(|hash| {
            let own = self.document.as_ref().map(|text| {
                let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
                data_encoding::HEXLOWER.encode(digest.as_ref())
            });
            own.as_deref() != Some(hash.as_str())
        });
        self.stored.iter().chain(hash).cloned().collect()
    }
}

/// The entries of a JSON body: the root, and each element of a batch.
fn json_entries(fields: &Fields, entries: &mut Vec<Entry>) -> Result<(), Refusal> {
    let json = || fields.iter().filter(|field| field.place == Place::Json);
    if json().next().is_none() {
        return Ok(());
    }
    let under = |prefix: &str| -> Vec<(&str, &FieldValue)> {
        json()
            .filter_map(|field| Some((field.name.strip_prefix(prefix)?.strip_prefix('/')?, &field.value)))
            .collect()
    };
    let root = Entry::of_members(&under(""))?;
    let is_root = root.is_some();
    entries.extend(root);
    // A batch: nobody can tell an array from an object with members `0`, `1`, ..., so both count.
    let mut batch: Vec<(&str, Vec<(&str, &FieldValue)>)> = Vec::new();
    for field in json() {
        let Some(pointer) = field.name.strip_prefix('/') else { continue };
        let (index, member) = pointer.split_once('/').map_or((pointer, None), |(i, rest)| (i, Some(rest)));
        if !index.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        if batch.last().is_none_or(|(last, _)| *last != index) {
            batch.push((index, Vec::new()));
        }
        if let (Some((_, members)), Some(member)) = (batch.last_mut(), member) {
            members.push((member, &field.value));
        }
    }
    for (_, members) in batch {
        match Entry::of_members(&members)? {
            Some(entry) if entry.document.is_some() || !entry.stored().is_empty() => entries.push(entry),
            Some(_) | None if is_root => {}
            Some(_) | None => return Err(Refusal::Graphql("an entry of a batch has no document")),
        }
    }
    Ok(())
}

fn is_stored(key: &str) -> bool {
    let key: String = key.chars().filter(|c| !matches!(c, '_' | '-')).collect();
    STORED.contains(&key.as_str())
}

fn text_of(value: &FieldValue) -> String {
    value.as_text().unwrap_or_default().to_owned()
}

/// A JSON text in a field, e.g. `variables` of a URL.
fn parsed(value: &FieldValue) -> Result<Fields, Refusal> {
    match value {
        FieldValue::Null => Ok(Fields::default()),
        FieldValue::Text(text) if text.trim().is_empty() => Ok(Fields::default()),
        FieldValue::Text(text) => json::read(text.as_bytes(), &BodyLimits::new(u64::MAX)),
        _ => Err(Refusal::Graphql("a part of it is not JSON")),
    }
}

#[cfg(test)]
mod tests;
