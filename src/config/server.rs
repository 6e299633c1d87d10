//! Reads `[server]`, `[portal]`, `[limits]` and `[timeouts]`.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::base::net::{Host, Origin, Scheme, TrustedPeers};
use crate::base::settings::theme::Theme;
use crate::base::settings::{ByteSize, CertificateFiles, Limits, PortalSettings, Timeouts};
use crate::base::time::Span;
use crate::factors::passkey::{NoRelyingParty, RelyingParty};
use crate::factors::throttle::Budget;
use crate::policy::source::table::{Reader, Table};

/// How many connections wait at a time, unless told otherwise: half of those that a listener takes.
const MOST_WAITING: u32 = 10_000;

/// `[server]`.
pub(super) struct Server {
    pub(super) http: Vec<SocketAddr>,
    pub(super) https: Vec<SocketAddr>,
    pub(super) admin: Option<SocketAddr>,
    pub(super) trusted: TrustedPeers,
    /// Whether anybody is trusted.
    pub(super) trusts_some: bool,
    pub(super) data_dir: PathBuf,
    /// How many connections may wait for a decision at a time.
    pub(super) waiting: u32,
    pub(super) certificates: Vec<CertificateFiles>,
    /// Every address that is listened on.
    taken: Vec<SocketAddr>,
}

pub(super) fn server(reader: &mut Reader<'_>, root: Table<'_>, folder: &Path) -> Server {
    const HELP: &str = "at least a listener: `[server]` with `http = [\"127.0.0.1:8080\"]`";
    let mut server = Server {
        http: Vec::new(),
        https: Vec::new(),
        admin: None,
        trusted: TrustedPeers::default(),
        trusts_some: false,
        data_dir: folder.join("data"),
        waiting: MOST_WAITING,
        certificates: Vec::new(),
        taken: Vec::new(),
    };
    if root.get("server").is_none() {
        reader.missing(root, "server", HELP);
    }
    let Some(table) = reader.table(root, "server") else { return server };
    reader.only(table, &["http", "https", "admin", "trusted_proxies", "data_dir", "waiting", "certificate"]);
    server.http = listeners(reader, table, "http", &mut server.taken);
    server.https = listeners(reader, table, "https", &mut server.taken);
    if let Some((text, at)) = reader.text(table, "admin") {
        server.admin = address(reader, text, at, &mut server.taken);
    }
    if table.get("http").is_none() && table.get("https").is_none() {
        reader.fault(table.span(), "there is no listener", HELP);
    }
    let networks = networks(reader, table);
    server.trusts_some = !networks.is_empty();
    server.trusted = TrustedPeers::new(networks);
    if let Some((text, _)) = reader.text(table, "data_dir") {
        server.data_dir = folder.join(text);
    }
    if let Some(given) = reader.whole::<u32>(table, "waiting") {
        // None may wait where that is wanted: each is answered at once.
        server.waiting = given;
    }
    for certificate in reader.tables(table, "certificate") {
        server.certificates.extend(certificate_files(reader, certificate, folder));
    }
    if table.get("https").is_some() && table.get("certificate").is_none() {
        let help = "add a `[[server.certificate]]` with `hosts`, `chain` and `key`";
        reader.fault(table.at("https"), "`https` needs a certificate", help);
    }
    server
}

fn listeners(
    reader: &mut Reader<'_>,
    table: Table<'_>,
    key: &str,
    taken: &mut Vec<SocketAddr>,
) -> Vec<SocketAddr> {
    let texts = reader.texts(table, key);
    texts.into_iter().filter_map(|(text, at)| address(reader, text, at, taken)).collect()
}

fn address(
    reader: &mut Reader<'_>,
    text: &str,
    at: Range<usize>,
    taken: &mut Vec<SocketAddr>,
) -> Option<SocketAddr> {
    let Ok(address) = text.parse::<SocketAddr>() else {
        reader.fault(
            at,
            format!("`{text}` is not an address with a port"),
            "write `127.0.0.1:8080`, `0.0.0.0:443` or `[::1]:8080`",
        );
        return None;
    };
    if address.port() != 0 && taken.contains(&address) {
        reader.fault(
            at,
            format!("`{text}` is listened on twice"),
            "give each listener an address of its own",
        );
    }
    taken.push(address);
    Some(address)
}

fn networks(reader: &mut Reader<'_>, table: Table<'_>) -> Vec<ipnet::IpNet> {
    let texts = reader.texts(table, "trusted_proxies");
    let mut networks = Vec::new();
    for (text, at) in texts {
        match text.parse::<ipnet::IpNet>().or_else(|_| text.parse::<IpAddr>().map(ipnet::IpNet::from)) {
            Ok(network) if network.prefix_len() == 0 => {
                reader.fault(
                    at,
                    "this trusts the whole world to say who a user is",
                    "name the proxies in front of the gateway only",
                );
            }
            Ok(network) => networks.push(network.trunc()),
            Err(_) => {
                reader.fault(at, format!("`{text}` is not a network"), "write `10.0.0.0/8` or `192.0.2.1`");
            }
        }
    }
    networks
}

fn certificate_files(reader: &mut Reader<'_>, table: Table<'_>, folder: &Path) -> Option<CertificateFiles> {
    reader.only(table, &["hosts", "chain", "key"]);
    if table.get("hosts").is_none() {
        reader.missing(table, "hosts", "the server names it is for, e.g. `hosts = [\"bank.example.com\"]`");
    }
    let mut hosts = Vec::new();
    for (text, at) in reader.texts(table, "hosts") {
        match text.strip_prefix("*.").unwrap_or(text).parse::<Host>() {
            Ok(host) if host.port().is_none() => hosts.push(text.to_ascii_lowercase()),
            _ => reader.fault(
                at,
                format!("`{text}` is not a server name"),
                "write `bank.example.com` or `*.example.com`",
            ),
        }
    }
    let chain = pem(reader, table, "chain", folder);
    let key = pem(reader, table, "key", folder);
    Some(CertificateFiles { hosts, chain: chain?, key: key? })
}

pub(super) fn pem(reader: &mut Reader<'_>, table: Table<'_>, key: &str, folder: &Path) -> Option<PathBuf> {
    let (text, at) = reader.required(table, key, "the path of a PEM file")?;
    let path = folder.join(text);
    let message = match std::fs::read(&path) {
        Ok(bytes) if bytes.windows(11).any(|window| window == b"-----BEGIN ") => return Some(path),
        Ok(_) => format!("`{text}` is not a PEM file"),
        Err(error) => format!("`{text}` cannot be read: {}", super::lower(&error.to_string())),
    };
    reader.fault(at, message, "paths are relative to the configuration file");
    None
}

pub(super) fn portal(reader: &mut Reader<'_>, root: Table<'_>, server: &Server) -> Option<PortalSettings> {
    const HELP: &str = "an origin of its own, e.g. `[portal]` with `url = \"https://approve.example.com\"`";
    if root.get("portal").is_none() {
        reader.missing(root, "portal", HELP);
    }
    let table = reader.table(root, "portal")?;
    reader.only(table, &["url", "listen"]);
    let mut taken = server.taken.clone();
    let listen = reader.text(table, "listen").and_then(|(text, at)| address(reader, text, at, &mut taken));
    let (text, at) = reader.required(table, "url", HELP)?;
    let Ok(origin) = text.parse::<Origin>() else {
        reader.fault(
            at,
            format!("`{text}` is not an origin"),
            "scheme, host and port only: `https://approve.example.com`",
        );
        return None;
    };
    if origin.scheme() == Scheme::Http && !is_loopback(origin.host()) {
        let message = "codes and passkeys would travel unprotected";
        reader.fault(at.clone(), message, "use `https://`; plain `http://` is for `localhost` only");
    }
    if RelyingParty::of(&origin) == Err(NoRelyingParty::Address) {
        let help = "browsers use passkeys where there is a host name: `http://localhost:8081`, `https://approve.example.com`";
        reader.warn(at.clone(), "no passkey can be used at this URL", help);
    }
    if listen.is_none() && origin.scheme() == Scheme::Https && server.https.is_empty() && !server.trusts_some
    {
        let message = "nothing would answer at this URL";
        reader.fault(
            at.clone(),
            message,
            "give `[server]` an `https` listener, or `[portal]` a `listen` that a proxy in front reaches",
        );
    }
    Some(PortalSettings { origin, listen, theme: Theme::default() })
}

pub(super) fn is_loopback(host: &Host) -> bool {
    let name = host.name();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || name.ends_with(".localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What a budget of wrong answers may be.
const BUDGET: &str =
    "at most 100 wrong answers, a first pause of at least `1s`, and a longest one that is not shorter";

pub(super) fn limits(reader: &mut Reader<'_>, root: Table<'_>) -> Limits {
    let mut limits = Limits::default();
    let Some(table) = reader.table(root, "limits") else { return limits };
    reader.only(
        table,
        &[
            "user_held",
            "user_bytes",
            "all_held",
            "all_bytes",
            "wrong_before_throttle",
            "wrong_before_lock",
            "throttle",
            "throttle_most",
        ],
    );
    for (key, number) in [
        ("user_held", &mut limits.user_held),
        ("all_held", &mut limits.all_held),
        ("wrong_before_throttle", &mut limits.wrong_before_throttle),
        ("wrong_before_lock", &mut limits.wrong_before_lock),
    ] {
        if let Some(given) = reader.whole::<u32>(table, key) {
            *number = positive(reader, table, key, given, given == 0);
        }
    }
    for (key, number) in [("user_bytes", &mut limits.user_bytes), ("all_bytes", &mut limits.all_bytes)] {
        if let Some(ByteSize(given)) = reader.parsed(table, key, str::parse::<ByteSize>) {
            *number = positive(reader, table, key, given, given == 0);
        }
    }
    for (key, span) in [("throttle", &mut limits.throttle), ("throttle_most", &mut limits.throttle_most)] {
        if let Some(given) = reader.parsed(table, key, str::parse::<Span>) {
            *span = positive(reader, table, key, given, given == Span::ZERO);
        }
    }
    if limits.wrong_before_lock < limits.wrong_before_throttle {
        let help = "a user is slowed down before being locked";
        reader.fault(table.span(), "`wrong_before_lock` is less than `wrong_before_throttle`", help);
    } else if let Err(why) = Budget::new(
        limits.wrong_before_throttle,
        limits.wrong_before_lock,
        limits.throttle,
        limits.throttle_most,
    ) {
        reader.fault(table.span(), format!("the limits on wrong answers cannot be used: {why}"), BUDGET);
    }
    limits
}

fn positive<T>(reader: &mut Reader<'_>, table: Table<'_>, key: &str, given: T, none: bool) -> T {
    if none {
        reader.fault(
            table.at(key),
            format!("`{key}` must be more than nothing"),
            "leave it out for the default; there is no unlimited",
        );
    }
    given
}

pub(super) fn timeouts(reader: &mut Reader<'_>, root: Table<'_>) -> Timeouts {
    let mut timeouts = Timeouts::default();
    let Some(table) = reader.table(root, "timeouts") else { return timeouts };
    reader.only(table, &["header", "idle", "connect", "read"]);
    for (key, span) in [
        ("header", &mut timeouts.header),
        ("idle", &mut timeouts.idle),
        ("connect", &mut timeouts.connect),
        ("read", &mut timeouts.read),
    ] {
        if let Some(given) = reader.parsed(table, key, str::parse::<Span>) {
            *span = positive(reader, table, key, given, given == Span::ZERO);
        }
    }
    timeouts
}
