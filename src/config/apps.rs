//! Reads `[[app]]` and `[app.identity]`.
//!
//! **Invariant:** no two applications answer to one host, and none to the portal's: a script of an application must not reach the
//! prompt (`tests/it/config_check.rs`).

use std::ops::Range;

use crate::base::net::{Host, Origin};
use crate::base::settings::{
    AppSettings, ByteSize, HostPattern, IdentitySettings, Pick, PortalSettings, Upstream, UpstreamScheme,
};
use crate::base::time::Span;
use crate::policy::source::AppFacts;
use crate::policy::source::table::{Reader, Table, did_you_mean};

use super::server::Server;
use super::{dialect, inject, title};

/// The applications without fault, and what policies must know of all.
#[derive(Default)]
pub(super) struct Apps {
    pub(super) settings: Vec<AppSettings>,
    pub(super) facts: Vec<AppFacts>,
}

const KNOWN: [&str; 8] =
    ["name", "hosts", "upstream", "origins", "inspect_body", "hold_body", "identity", "pass_headers"];

pub(super) fn apps(
    reader: &mut Reader<'_>,
    root: Table<'_>,
    server: &Server,
    portal: Option<&PortalSettings>,
) -> Apps {
    let mut apps = Apps::default();
    let mut hosts: Vec<(HostPattern, String)> = Vec::new();
    let tables = reader.tables(root, "app");
    if tables.is_empty() {
        reader.missing(root, "app", "add an `[[app]]` with `name`, `hosts`, `upstream` and `[app.identity]`");
    }
    for table in tables {
        let known: Vec<&str> =
            KNOWN.into_iter().chain(title::KEYS).chain(inject::KEYS).chain(dialect::keys()).collect();
        reader.only(table, &known);
        let name = name(reader, table, &apps.facts);
        let title = title::title(reader, table);
        let answers = patterns(reader, table, &name, &mut hosts, portal);
        let upstreams = upstreams(reader, table);
        let origins = origins(reader, table);
        let inspect_body = size(reader, table, "inspect_body", 8 << 20);
        let hold_body = size(reader, table, "hold_body", 10 << 20);
        let pass_headers = reader
            .texts(table, "pass_headers")
            .into_iter()
            .filter_map(|(text, at)| header(reader, text, at))
            .collect();
        let dialect = dialect::dialect(reader, table);
        let (inject, inject_limit) = inject::inject(reader, table);
        let identity = identity(reader, table, server);
        let mut facts = AppFacts { case_sensitive: dialect.path_case_sensitive, ..AppFacts::named(&name) };
        if let Some((_, login_paths)) = &identity {
            facts.login_paths.clone_from(login_paths);
        }
        apps.facts.push(facts);
        if let Some((identity, login_paths)) = identity {
            apps.settings.push(AppSettings {
                name,
                title,
                hosts: answers,
                upstreams,
                origins,
                inspect_body,
                hold_body,
                identity,
                login_paths,
                pass_headers,
                dialect,
                inject,
                inject_limit,
            });
        }
    }
    apps
}

fn name(reader: &mut Reader<'_>, table: Table<'_>, known: &[AppFacts]) -> String {
    let Some((name, at)) = reader.required(table, "name", "a name that policies use, e.g. `name = \"bank\"`")
    else {
        return String::new();
    };
    if name.len() > 64 || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        reader.fault(
            at.clone(),
            format!("`{name}` is not a name for an application"),
            "letters, digits, `-` and `_`, at most 64",
        );
    }
    if known.iter().any(|other| other.name == name) {
        reader.fault(at, format!("there are two applications `{name}`"), "give each a name of its own");
    }
    name.to_owned()
}

fn patterns(
    reader: &mut Reader<'_>,
    table: Table<'_>,
    app: &str,
    taken: &mut Vec<(HostPattern, String)>,
    portal: Option<&PortalSettings>,
) -> Vec<HostPattern> {
    if table.get("hosts").is_none() {
        reader.missing(table, "hosts", "the hosts it answers to, e.g. `hosts = [\"bank.example.com\"]`");
    }
    let mut patterns = Vec::new();
    for (text, at) in reader.texts(table, "hosts") {
        let Ok(host) = text.parse::<Host>() else {
            reader.fault(
                at,
                format!("`{text}` is not a host"),
                "a name with an optional port, without scheme or path",
            );
            continue;
        };
        if let Some(portal) = portal.filter(|portal| portal.origin.host().name() == host.name()) {
            let fault = reader
                .file()
                .fault_at(at.clone(), format!("`{}` is the portal's host as well", host.name()))
                .label("an application here could reach the prompt")
                .help(format!(
                    "give `[portal]` a host name of its own, other than that of `{}`",
                    portal.origin
                ));
            reader.add(fault);
        }
        let pattern = HostPattern(host);
        if let Some((_, other)) = taken.iter().find(|(other, _)| other.overlaps(&pattern)) {
            reader.fault(
                at,
                format!("`{text}` is taken by the application `{other}`"),
                "each host belongs to one application",
            );
        }
        taken.push((pattern.clone(), app.to_owned()));
        patterns.push(pattern);
    }
    patterns
}

fn upstreams(reader: &mut Reader<'_>, table: Table<'_>) -> Vec<Upstream> {
    if table.get("upstream").is_none() {
        reader.missing(
            table,
            "upstream",
            "where the application runs, e.g. `upstream = \"http://127.0.0.1:9000\"`",
        );
    }
    let texts = reader.texts(table, "upstream");
    texts.into_iter().filter_map(|(text, at)| upstream(reader, text, at)).collect()
}

fn upstream(reader: &mut Reader<'_>, text: &str, at: Range<usize>) -> Option<Upstream> {
    let schemes = [
        ("http://", UpstreamScheme::Http, 80),
        ("https://", UpstreamScheme::Https, 443),
        ("h2c://", UpstreamScheme::H2c, 80),
    ];
    let Some((rest, scheme, port)) = schemes
        .into_iter()
        .find_map(|(prefix, scheme, port)| Some((text.strip_prefix(prefix)?, scheme, port)))
    else {
        reader.fault(
            at,
            format!("`{text}` is not the URL of an application"),
            "begin with `http://`, `https://` or `h2c://`",
        );
        return None;
    };
    if rest.contains(['/', '?', '#']) {
        reader.fault(
            at,
            "an upstream has no path",
            "requests keep the path they came with; leave out everything after the port",
        );
        return None;
    }
    let Ok(host) = rest.parse::<Host>() else {
        reader.fault(at, format!("`{rest}` is not a host with an optional port"), "");
        return None;
    };
    Some(Upstream { scheme, host: host.name().to_owned(), port: host.port().unwrap_or(port) })
}

fn origins(reader: &mut Reader<'_>, table: Table<'_>) -> Vec<Origin> {
    let texts = reader.texts(table, "origins");
    let mut origins = Vec::new();
    for (text, at) in texts {
        match text.parse::<Origin>() {
            Ok(origin) => origins.push(origin),
            Err(_) => reader.fault(
                at,
                format!("`{text}` is not an origin"),
                "scheme, host and port only: `https://front.example.com`",
            ),
        }
    }
    origins
}

pub(super) fn size(reader: &mut Reader<'_>, table: Table<'_>, key: &str, default: u64) -> u64 {
    let Some(ByteSize(size)) = reader.parsed(table, key, str::parse::<ByteSize>) else { return default };
    if !(1024..=1 << 30).contains(&size) {
        reader.fault(table.at(key), format!("`{key}` is between `1KiB` and `1GiB`"), "");
    }
    size
}

/// A header name in lower case.
fn header(reader: &mut Reader<'_>, text: &str, at: Range<usize>) -> Option<String> {
    let name = text.to_ascii_lowercase();
    let token = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let owned = [
        "host",
        "cookie",
        "authorization",
        "content-length",
        "content-type",
        "transfer-encoding",
        "connection",
    ];
    if name.is_empty()
        || !name.bytes().all(token)
        || owned.contains(&name.as_str())
        || name.starts_with("countersign-")
    {
        reader.fault(
            at,
            format!("`{text}` is not a header that can be used here"),
            "e.g. `X-Forwarded-User`",
        );
        return None;
    }
    Some(name)
}

fn identity(
    reader: &mut Reader<'_>,
    app: Table<'_>,
    server: &Server,
) -> Option<(IdentitySettings, Vec<String>)> {
    const HELP: &str =
        "say how users are known: `[app.identity]` with `source = \"header\"` or `source = \"whoami\"`";
    if app.get("identity").is_none() {
        reader.missing(app, "identity", HELP);
    }
    let table = reader.table(app, "identity")?;
    let login_paths = login_paths(reader, table);
    let (source, at) = reader.required(table, "source", HELP)?;
    let identity = match source {
        "header" => by_header(reader, table, server),
        "whoami" => by_whoami(reader, table),
        "jwt" | "basic" | "client_certificate" | "oidc" | "login" => {
            let message = format!("identity from `{source}` comes with a later version");
            reader.fault(at, message, "use `header` behind an authenticating proxy, or `whoami`");
            None
        }
        other => {
            let message = format!("`{other}` is not a source of identity");
            reader.fault(at, message, did_you_mean(other, &["header", "whoami"]));
            None
        }
    };
    Some((identity?, login_paths))
}

fn login_paths(reader: &mut Reader<'_>, table: Table<'_>) -> Vec<String> {
    let texts = reader.texts(table, "login_paths");
    let mut paths = Vec::new();
    for (text, at) in texts {
        if text.starts_with('/')
            && !text.contains(['*', '{', '?', '#', '%', ';', '\\'])
            && !text.contains("//")
        {
            paths.push(text.to_owned());
        } else {
            reader.fault(
                at,
                format!("`{text}` is not a plain path"),
                "login paths match exactly: `/login`, no wildcards, no query",
            );
        }
    }
    paths
}

fn by_header(reader: &mut Reader<'_>, table: Table<'_>, server: &Server) -> Option<IdentitySettings> {
    reader.only(table, &["source", "user", "groups", "login_paths"]);
    if !server.trusts_some {
        let message = "nobody is trusted to set this header";
        reader.fault(
            table.at("source"),
            message,
            "name the authenticating proxy in `trusted_proxies` under `[server]`",
        );
    }
    let (user, at) = reader.required(
        table,
        "user",
        "the header that names the user, e.g. `user = \"X-Forwarded-User\"`",
    )?;
    let user = header(reader, user, at);
    let groups = reader.text(table, "groups").and_then(|(text, at)| header(reader, text, at));
    Some(IdentitySettings::Header { user: user?, groups })
}

fn by_whoami(reader: &mut Reader<'_>, table: Table<'_>) -> Option<IdentitySettings> {
    reader.only(table, &["source", "path", "user", "groups", "session", "cache", "login_paths"]);
    let path =
        reader.required(table, "path", "the page that says who is logged in, e.g. `path = \"/account\"`");
    if let Some((text, at)) = &path
        && (!text.starts_with('/') || text.contains(['#', ' ', '\\']))
    {
        reader.fault(at.clone(), format!("`{text}` is not a path"), "begin with `/`");
    }
    if table.get("user").is_none() {
        reader.missing(
            table,
            "user",
            "where the answer names the user, e.g. `user = { json = \"/user/name\" }`",
        );
    }
    let user = pick(reader, table, "user");
    let groups = pick(reader, table, "groups");
    let mut session = Vec::new();
    for (text, at) in reader.texts(table, "session") {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic() && !b"=;,\"".contains(&b)) {
            reader.fault(at, format!("`{text}` is not the name of a cookie"), "");
        } else {
            session.push(text.to_owned());
        }
    }
    let cache = reader.parsed(table, "cache", str::parse::<Span>).unwrap_or(Span::from_secs(30));
    if cache > Span::from_secs(600) {
        reader.fault(
            table.at("cache"),
            "an answer is believed for at most `10m`",
            "a session that has ended should not live on here",
        );
    }
    Some(IdentitySettings::Whoami { path: path?.0.to_owned(), user: user?, groups, session, cache })
}

fn pick(reader: &mut Reader<'_>, table: Table<'_>, key: &str) -> Option<Pick> {
    const HELP: &str =
        "one of `{ json = \"/user/name\" }`, `{ css = \"#user\" }` or `{ header = \"X-User\" }`";
    table.get(key)?;
    let inner = reader.table(table, key)?;
    reader.only(inner, &["json", "css", "header"]);
    let json = reader.text(inner, "json");
    let css = reader.text(inner, "css");
    let named = reader.text(inner, "header");
    match (json, css, named) {
        (Some((pointer, at)), None, None) => {
            if !pointer.starts_with('/') {
                reader.fault(
                    at,
                    format!("`{pointer}` is not a JSON Pointer"),
                    "begin with `/`, e.g. `/user/name`",
                );
                return None;
            }
            Some(Pick::Json(pointer.to_owned()))
        }
        (None, Some((selector, at)), None) => {
            if selector.trim().is_empty() {
                reader.fault(at, "the selector is empty", HELP);
                return None;
            }
            Some(Pick::Css(selector.to_owned()))
        }
        (None, None, Some((name, at))) => header(reader, name, at).map(Pick::Header),
        _ => {
            reader.fault(inner.span(), format!("`{key}` is found in one place"), HELP);
            None
        }
    }
}
