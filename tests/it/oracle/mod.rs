//! The judge of the corpus: which protected actions would some plausible server run, given the bytes that it received on a connection?
//!
//! It is the union of many lenient readings and over-approximates on purpose. It knows the six actions of the corpus alone, and shares no
//! code with the gateway: what both got wrong would stay unseen. The fuzz targets judge with it as well (`fuzz/`).

mod bodies;
mod http1;
mod paths;
mod text;
mod values;

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use regex::Regex;

pub(crate) use http1::{Request, requests};
use text::{nfkc, strip};
use values::{Pairs, canonical_key, form_pairs, over_limit, query_pairs, unescape};

/// The protected application.
const HOST: &str = "app.test";

/// Names by which a backend learns who asks, or that it was approved.
pub(crate) const IDENTITY: [&str; 14] = [
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "remote-user",
    "remote-groups",
    "x-remote-user",
    "x-auth-request-user",
    "x-auth-request-email",
    "x-webauth-user",
    "x-countersign-user",
    "x-countersign-approval",
    "x-countersign-approved",
    "x-countersign-approval-id",
];
const OVERRIDE: [&str; 4] =
    ["x-http-method-override", "x-http-method", "x-method-override", "x-forwarded-method"];
const REWRITE: [&str; 5] =
    ["x-original-url", "x-rewrite-url", "x-forwarded-uri", "x-original-uri", "x-forwarded-path"];
const PREFIX: [&str; 3] = ["x-forwarded-prefix", "x-script-name", "script-name"];
const OTHER_HOST: [&str; 5] =
    ["x-forwarded-host", "x-host", "x-http-host-override", "x-forwarded-server", "x-original-host"];
/// A persisted document of the corpus: SHA-256 of `mutation{deleteUser(id:1){id}}`.
const KNOWN_HASH: &str = "17fea2b474cdcd3905259b1fbd7cfffe954a55a7b8427a8eb01b1a057a2bd47a";
const KNOWN_ID: &str = "deleteUser_v1";

macro_rules! pattern {
    ($name:ident, $pattern:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).unwrap());
    };
}
pub(crate) use pattern;

pattern!(AUTHORITY, r"^[A-Za-z][\w+.\-]*://([^/?#]*)");
pattern!(FORWARDED_HOST, r#"(?i)host\s*=\s*"?([^";,\s]+)"#);
pattern!(LOCAL, r"^(127\.|\[|localhost)");
pattern!(PORT, r":[0-9]*$");
pattern!(BEFORE_PATH, r"^[a-z]+://[^/]*");
pattern!(DELETE_USER, r"\bdeleteUser\b");
pattern!(GRAPHQL_COMMENT, r"#[^\n\r]*");
pattern!(WIPE, r#"["']wipe["']"#);

/// A header name as a CGI-like interface spells it: what is neither letter nor digit is a dash.
pub(crate) fn canonical_name(name: &str) -> String {
    strip(name).to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// The actions (`A` to `F`, and `ID` for a forged identity or approval) that these bytes may run.
pub(crate) fn actions(raw: &[u8]) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    for request in requests(raw) {
        found.extend(of_request(&request));
    }
    found
}

/// The same for one request that is parsed already.
pub(crate) fn of_request(request: &Request) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    if request.headers.iter().any(|(name, _)| IDENTITY.contains(&canonical_name(name).as_str())) {
        found.insert("ID");
    }
    if !for_application(request) {
        return found;
    }
    found.extend(run_by(request));
    let nominated: Vec<String> = named(&request.headers, &["connection"])
        .flat_map(|value| value.split(',').map(canonical_name).collect::<Vec<_>>())
        .collect();
    let kept: Vec<_> = request
        .headers
        .iter()
        .filter(|(name, _)| !nominated.contains(&canonical_name(name)))
        .cloned()
        .collect();
    if kept.len() != request.headers.len() {
        found.extend(run_by(&Request { headers: kept, ..request.clone() }));
    }
    found
}

fn named<'a>(headers: &'a [(String, String)], names: &'a [&str]) -> impl Iterator<Item = &'a String> {
    headers.iter().filter(|(name, _)| names.contains(&canonical_name(name).as_str())).map(|(_, value)| value)
}

/// Whether some server would take it for the protected host, or for whatever it serves by default.
fn for_application(request: &Request) -> bool {
    let mut stated: Vec<String> = Vec::new();
    stated.extend(AUTHORITY.captures(&request.target).map(|found| found[1].to_owned()));
    stated.extend(named(&request.headers, &["host"]).cloned());
    for value in named(&request.headers, &OTHER_HOST) {
        stated.extend(value.split(',').map(str::to_owned));
    }
    for value in named(&request.headers, &["forwarded"]) {
        stated.extend(FORWARDED_HOST.captures_iter(value).map(|found| found[1].to_owned()));
    }
    if stated.is_empty() {
        return true;
    }
    let pieces = stated.iter().flat_map(|host| host.split(|c: char| c == ',' || c.is_whitespace()));
    pieces
        .flat_map(|piece| {
            let cut = piece.split(['/', '?', '#', '\\']).next().unwrap_or_default();
            [
                piece,
                piece.rsplit('@').next().unwrap_or_default(),
                piece.split('@').next().unwrap_or_default(),
                cut,
            ]
        })
        .any(|host| {
            let bytes = text::to_latin1(host);
            let decoded = String::from_utf8_lossy(&bytes).replace('\u{fffd}', "");
            let host = nfkc(if decoded.is_empty() { host } else { &decoded }).to_lowercase();
            let host = PORT.replace(strip(&host), "").trim_end_matches('.').to_owned();
            host.is_empty() || host == HOST || LOCAL.is_match(&host)
        })
}

fn graphql(body: &str) -> bool {
    let text = unescape(body);
    let bare = GRAPHQL_COMMENT.replace_all(&text, "");
    let runs = |text: &str| text.contains("mutation") && DELETE_USER.is_match(text);
    runs(&text) || runs(&bare) || text.contains(KNOWN_HASH) || text.contains(KNOWN_ID)
}

fn rpc(body: &str) -> bool {
    let text = unescape(body).to_lowercase();
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\0').collect();
    text.contains("tools/call") && WIPE.is_match(&text)
}

/// Every form pair and text that a body may hold.
struct Content {
    forms: Pairs,
    json: Pairs,
    texts: Vec<String>,
}

fn content(request: &Request) -> Content {
    let mut content = Content { forms: Vec::new(), json: Vec::new(), texts: Vec::new() };
    for body in bodies::decoded(&request.body).into_iter().filter(|body| !body.is_empty()) {
        content.forms.extend(bodies::multipart(&request.headers, &body, 0));
        for text in bodies::texts(&request.headers, &body) {
            content.forms.extend(form_pairs(strip(&text)));
            content.json.extend(values::json_pairs(&text));
            content.forms.extend(values::xml_pairs(&text));
            content.forms.extend(values::line_pairs(&text));
            content.texts.push(text);
        }
        content.forms.extend(values::cbor_amount(&body));
    }
    let whole = ["query", "operations", "params", "extensions"];
    let inner: Vec<String> = content
        .forms
        .iter()
        .filter(|(name, _)| whole.contains(&name.as_str()))
        .map(|(_, value)| value.clone())
        .collect();
    content.texts.extend(inner);
    content
}

fn cookies(headers: &[(String, String)]) -> Pairs {
    named(headers, &["cookie"])
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| strip(pair).split_once('='))
        .map(|(name, value)| (canonical_key(name), value.to_owned()))
        .collect()
}

fn run_by(request: &Request) -> BTreeSet<&'static str> {
    let mut targets = vec![request.target.clone()];
    targets.extend(named(&request.headers, &REWRITE).cloned());
    for prefix in named(&request.headers, &PREFIX) {
        let slash = if request.target.starts_with('/') { "" } else { "/" };
        targets.push(format!("{}{slash}{}", prefix.trim_end_matches('/'), request.target));
    }
    let content = content(request);
    let mut readings: BTreeSet<(String, String)> =
        targets.iter().flat_map(|target| paths::readings(target)).collect();
    let mut queries: HashMap<String, Pairs> = HashMap::new();
    for (_, query) in readings.iter().filter(|(_, query)| !query.is_empty()) {
        queries.entry(query.clone()).or_insert_with(|| query_pairs(query));
    }
    let methods = methods(request, &content, &queries);
    if methods.contains("MOVE") || methods.contains("COPY") {
        for destination in named(&request.headers, &["destination"]) {
            readings.extend(paths::readings(&BEFORE_PATH.replace(destination, "")));
        }
    }
    let cookies = cookies(&request.headers);
    let none = Vec::new();
    let mut found = BTreeSet::new();
    for (path, query) in &readings {
        let query = queries.get(query.as_str()).unwrap_or(&none);
        if path == "/admin" || path.starts_with("/admin/") {
            found.insert("C");
        }
        let user = path.strip_prefix("/users/").is_some_and(|id| !id.is_empty() && !id.contains('/'));
        if user && methods.contains("DELETE") {
            found.insert("B");
        }
        match path.as_str() {
            "/export" => {
                let full = |value: &str| {
                    let value = strip(value.split('\0').next().unwrap_or_default()).to_lowercase();
                    value.split('#').next() == Some("full")
                };
                let mut given = query.iter().chain(&content.forms).chain(&cookies);
                if given.any(|(name, value)| name == "format" && full(value)) {
                    found.insert("D");
                }
            }
            "/transfer" => {
                let mut given = query.iter().chain(&content.forms).chain(&content.json);
                if given.any(|(name, value)| name == "amount" && over_limit(value)) {
                    found.insert("A");
                }
            }
            "/graphql" => {
                let mut given = content.texts.iter().chain(query.iter().map(|(_, value)| value));
                if given.any(|text| graphql(text)) {
                    found.insert("E");
                }
            }
            "/rpc" if runs_wipe(&content.texts, query) => {
                found.insert("F");
            }
            _ => {}
        }
    }
    found
}

fn methods(request: &Request, content: &Content, queries: &HashMap<String, Pairs>) -> BTreeSet<String> {
    let mut methods = BTreeSet::from([strip(&request.method).to_uppercase()]);
    let headers = named(&request.headers, &OVERRIDE);
    let fields = content
        .forms
        .iter()
        .chain(&content.json)
        .chain(queries.values().flatten())
        .filter(|(name, _)| name == "_method")
        .map(|(_, value)| value);
    for value in headers.chain(fields) {
        for word in value.split(|c: char| c == ',' || c.is_whitespace()) {
            methods.insert(strip(word).to_uppercase());
        }
    }
    methods
}

fn runs_wipe(texts: &[String], query: &Pairs) -> bool {
    let line = query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
    if texts.iter().any(|text| rpc(text)) || rpc(&line.replace("params=", "")) {
        return true;
    }
    let called = query.iter().any(|(_, value)| value.contains("tools/call"));
    called
        && query.iter().filter_map(|(_, value)| bodies::base64(value.as_bytes())).any(|decoded| {
            String::from_utf8(decoded).is_ok_and(|text| rpc(&format!("{text} \"tools/call\"")))
        })
}
