//! Reads tables of cases (`policies/*.cases.toml`): requests, and what the policies beside them should say.

use std::collections::HashSet;
use std::net::IpAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};
use toml::de::DeValue;

use super::Faults;
use super::url::typed;
use crate::base::time::Timestamp;
use crate::policy::PolicySet;
use crate::policy::source::table::{Reader, Table, Value, did_you_mean};
use crate::policy::source::{Fault, SourceFile};

/// One case.
#[derive(Debug)]
pub struct Case {
    /// Its name, or its place in the file.
    pub name: String,
    /// The application; `None` for the only one.
    pub app: Option<String>,
    /// The method.
    pub method: String,
    /// The target; of an absolute URL only what follows the host.
    pub target: String,
    /// The host of an absolute URL.
    pub host: Option<String>,
    /// Headers, including the content type of the body.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The user; empty for none.
    pub user: String,
    /// The user's groups.
    pub groups: Vec<String>,
    /// The client's address, if that matters.
    pub client: Option<IpAddr>,
    /// The time it is made, if that matters.
    pub now: Option<Timestamp>,
    /// `forward`, `hold`, `deny` or `refuse`.
    pub expect: &'static str,
    /// The policies that should decide it, if that is asked.
    pub policies: Option<Vec<String>>,
    /// The summary it should have, if that is asked.
    pub summary: Option<String>,
    at: Range<usize>,
    file: SourceFile,
}

impl Case {
    /// A fault at this case.
    pub fn fault(&self, message: String) -> Fault {
        self.file.fault_at(self.at.clone(), message).label(&self.name)
    }

    /// The line it begins in.
    pub fn line(&self) -> Option<usize> {
        self.fault(String::new()).position().map(|(line, _)| line)
    }

    /// The file it is in.
    pub fn file(&self) -> &str {
        self.file.name()
    }
}

/// Reads all tables of a folder, in order. `policies` are those beside them.
///
/// # Errors
/// Every fault of every file.
pub fn cases(folder: &Path, policies: &PolicySet) -> Result<Vec<Case>, Faults> {
    let known = Known::of(policies);
    let (mut cases, mut faults) = (Vec::new(), Vec::new());
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
        .unwrap_or_default();
    paths.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".cases.toml")));
    paths.sort();
    for path in paths {
        let name = path.display().to_string();
        let file = match super::read(&path) {
            Ok(text) => SourceFile::new(name, text),
            Err(reason) => {
                faults.push(SourceFile::new(name, "").fault(format!("the file cannot be read: {reason}")));
                continue;
            }
        };
        let beside = file.name().strip_suffix(".cases.toml").map(|stem| format!("{stem}.toml"));
        if let Some(beside) = beside.filter(|beside| !Path::new(beside).is_file()) {
            let fault = file.fault(format!("there is no `{beside}` that these cases could be about"));
            faults.push(
                fault.help("a table of cases stands beside the policies it tries, under the same name"),
            );
        }
        let mut reader = Reader::new(&file);
        read(&mut reader, &known, &mut cases);
        faults.extend(reader.into_faults());
    }
    if faults.is_empty() { Ok(cases) } else { Err(Faults::new(faults)) }
}

/// The names that cases may use.
struct Known {
    apps: Vec<String>,
    ids: HashSet<String>,
}

impl Known {
    fn of(policies: &PolicySet) -> Self {
        let apps = policies.apps().map(str::to_owned).collect();
        Self { apps, ids: policies.policies().map(|(_, policy)| policy.id.clone()).collect() }
    }

    fn nearest(&self, id: &str) -> String {
        let mut ids: Vec<&str> = self.ids.iter().map(String::as_str).collect();
        ids.sort_unstable();
        did_you_mean(id, &ids)
    }
}

/// Faults of cases that were run.
pub fn faults(faults: Vec<Fault>) -> Faults {
    Faults::new(faults)
}

fn read(reader: &mut Reader<'_>, known: &Known, cases: &mut Vec<Case>) {
    let Some(document) = reader.parse() else { return };
    let root = Table::root(&document);
    reader.only(root, &["app", "case"]);
    let app = reader.text(root, "app");
    if let Some((app, at)) = &app
        && !known.apps.iter().any(|known| known == app)
    {
        let apps: Vec<&str> = known.apps.iter().map(String::as_str).collect();
        reader.fault(at.clone(), format!("there is no application `{app}`"), did_you_mean(app, &apps));
    }
    let app = app.map(|(app, _)| app.to_owned());
    let tables = reader.tables(root, "case");
    if tables.is_empty() {
        let fault = reader.file().fault("no case in this file").help("add a `[[case]]`, or remove the file");
        reader.add(fault);
    }
    for (number, table) in tables.into_iter().enumerate() {
        let case = case(reader, table, known, number + 1, app.clone());
        cases.extend(case);
    }
}

/// The keys of a case, and of its request.
const KNOWN: [&str; 9] =
    ["name", "request", "user", "groups", "client", "now", "expect", "policies", "summary"];
const KNOWN_OF_REQUEST: [&str; 6] = ["method", "url", "headers", "form", "json", "body"];

fn case(
    reader: &mut Reader<'_>,
    table: Table<'_>,
    known: &Known,
    number: usize,
    app: Option<String>,
) -> Option<Case> {
    reader.only(table, &KNOWN);
    if table.get("expect").is_none() {
        reader.missing(table, "expect", "what should come of it: `forward`, `hold`, `deny` or `refuse`");
    }
    if table.get("request").is_none() {
        reader.missing(
            table,
            "request",
            "e.g. `request = { method = \"POST\", url = \"/transfer\", form = { amount = \"5000\" } }`",
        );
    }
    let name =
        reader.text(table, "name").map_or_else(|| format!("case {number}"), |(name, _)| name.to_owned());
    let user = reader.text(table, "user").map(|(user, _)| user.to_owned()).unwrap_or_default();
    let groups = listed(reader, table, "groups").unwrap_or_default();
    let choices = ["forward", "hold", "deny", "refuse"].map(|word| (word, word));
    let expect = reader.choice(table, "expect", &choices);
    let client = reader.parsed(table, "client", |text| {
        text.parse::<IpAddr>().map_err(|_| "not an address like `192.0.2.1`")
    });
    let now = reader.parsed(table, "now", Timestamp::parse);
    let policies = policies(reader, table, known);
    let summary = reader.text(table, "summary").map(|(summary, _)| summary.to_owned());
    let request = reader.table(table, "request")?;
    reader.only(request, &KNOWN_OF_REQUEST);
    let method = reader.text(request, "method").map_or("GET", |(method, _)| method).to_owned();
    let (url, _) = reader.required(request, "url", "a path with its query, or a whole URL")?;
    let typed = typed(url);
    let mut headers = Vec::new();
    if let Some(given) = reader.table(request, "headers") {
        for (name, _, value) in given.entries() {
            headers.extend(reader.as_text(value, name).map(|(value, _)| (name.to_owned(), value.to_owned())));
        }
    }
    let (body, kind) = body(reader, request);
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        headers.extend(kind.map(|kind| ("Content-Type".to_owned(), kind.to_owned())));
    }
    Some(Case {
        name,
        app,
        method,
        target: typed.target,
        host: typed.origin.and_then(|(_, host)| host.ok()).map(|host| host.to_string()),
        headers,
        body,
        user,
        groups,
        client,
        now,
        expect: expect?,
        policies,
        summary,
        at: table.span(),
        file: reader.file().clone(),
    })
}

fn listed(reader: &mut Reader<'_>, table: Table<'_>, key: &str) -> Option<Vec<String>> {
    table.get(key)?;
    Some(reader.texts(table, key).into_iter().map(|(text, _)| text.to_owned()).collect())
}

/// The policies that should decide a case; an empty list says that none should.
fn policies(reader: &mut Reader<'_>, table: Table<'_>, known: &Known) -> Option<Vec<String>> {
    let empty = matches!(table.get("policies")?.get_ref(), DeValue::Array(items) if items.is_empty());
    let listed = if empty { Vec::new() } else { reader.texts(table, "policies") };
    for (id, at) in &listed {
        if !known.ids.contains(*id) {
            reader.fault(at.clone(), format!("there is no policy `{id}`"), known.nearest(id));
        }
    }
    Some(listed.into_iter().map(|(id, _)| id.to_owned()).collect())
}

/// The body and its type.
fn body(reader: &mut Reader<'_>, request: Table<'_>) -> (Vec<u8>, Option<&'static str>) {
    let given = ["form", "json", "body"].into_iter().filter(|key| request.get(key).is_some()).count();
    if given > 1 {
        reader.fault(request.span(), "a request has one body", "keep one of `form`, `json` and `body`");
    }
    if let Some(form) = reader.table(request, "form") {
        let mut encoded = form_urlencoded::Serializer::new(String::new());
        for (name, _, value) in form.entries() {
            for text in scalars(value) {
                encoded.append_pair(name, &text);
            }
        }
        return (encoded.finish().into_bytes(), Some("application/x-www-form-urlencoded"));
    }
    if let Some(value) = request.get("json") {
        return (json(value).to_string().into_bytes(), Some("application/json"));
    }
    (reader.text(request, "body").map(|(text, _)| text.as_bytes().to_vec()).unwrap_or_default(), None)
}

/// One value, or those of a list: a key that is sent several times.
fn scalars(value: Value<'_>) -> Vec<String> {
    match value.get_ref() {
        DeValue::Array(items) => items.iter().flat_map(scalars).collect(),
        DeValue::String(text) => vec![text.to_string()],
        _ => vec![json(value).to_string()],
    }
}

fn json(value: Value<'_>) -> Json {
    match value.get_ref() {
        DeValue::String(text) => Json::String(text.to_string()),
        DeValue::Boolean(truth) => Json::Bool(*truth),
        DeValue::Integer(number) => {
            number.as_str().parse::<serde_json::Number>().map_or(Json::Null, Json::Number)
        }
        DeValue::Float(number) => {
            number.as_str().parse::<serde_json::Number>().map_or(Json::Null, Json::Number)
        }
        DeValue::Datetime(date) => Json::String(date.to_string()),
        DeValue::Array(items) => Json::Array(items.iter().map(json).collect()),
        DeValue::Table(table) => {
            let members = table.iter().map(|(key, value)| (key.get_ref().to_string(), json(value)));
            Json::Object(members.collect::<Map<_, _>>())
        }
    }
}
