//! Reads `[store]`: which engine, how it is reached, and the keys that seal what is in it.
//!
//! **Invariant:** a password never stands in the address: addresses are printed.
//! **Invariant:** what several gateways share is sealed with keys that are configured: one that a gateway made for itself would be unknown to
//! the others.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::base::settings::{RedisNode, RedisPlace, RedisSettings, SealKey, StoreSettings};
use crate::base::time::Span;
use crate::policy::source::table::{Reader, Table};

use super::secret;

/// The keys of a shared store.
const SHARED: [&str; 8] =
    ["ca", "username", "password", "sentinel_password", "database", "namespace", "replicas", "timeout"];

/// The port of a server, and of a sentinel.
const PORTS: (u16, u16) = (6379, 26379);

pub(super) fn store(
    reader: &mut Reader<'_>,
    root: Table<'_>,
    folder: &Path,
) -> (StoreSettings, Vec<SealKey>) {
    let Some(table) = reader.table(root, "store") else { return (StoreSettings::Embedded, Vec::new()) };
    let known: Vec<&str> = ["url", "seal_key"].into_iter().chain(SHARED).collect();
    reader.only(table, &known);
    let keys = seal_keys(reader, table, folder);
    let engine = match reader.text(table, "url") {
        None | Some(("embedded", _)) => {
            for key in SHARED.into_iter().filter(|key| table.get(key).is_some()) {
                let help = "it is for a store that several gateways share, e.g. `url = \"rediss://redis.example.com\"`";
                reader.fault(table.at(key), format!("`{key}` is of no use to an embedded store"), help);
            }
            StoreSettings::Embedded
        }
        Some((url, at)) => {
            if table.get("seal_key").is_none() {
                let help = "add `[[store.seal_key]]` with the same `id` and `key` on every gateway";
                reader.fault(at.clone(), "a shared store needs a seal key that all gateways have", help);
            }
            match redis(reader, table, folder, url, at) {
                Some(settings) => StoreSettings::Redis(Arc::new(settings)),
                None => StoreSettings::Embedded,
            }
        }
    };
    (engine, keys)
}

fn redis(
    reader: &mut Reader<'_>,
    table: Table<'_>,
    folder: &Path,
    url: &str,
    at: Range<usize>,
) -> Option<RedisSettings> {
    if url.contains('@') {
        reader.conceal(at.clone());
        let help = "write `username` and `password = { file = \"certs/redis.password\" }` beside it";
        reader.fault(at, "a password does not stand in an address", help);
        return None;
    }
    let (place, tls, database) = match address(url) {
        Ok(read) => read,
        Err((message, help)) => {
            reader.fault(at, message, help);
            return None;
        }
    };
    if !tls
        && !nodes(&place).iter().all(|node| ["127.0.0.1", "::1", "localhost"].contains(&node.host.as_str()))
    {
        let help = "use `rediss://`; records are sealed, but names, the audit log and the password are not";
        reader.warn(at.clone(), "the connection to the store is not encrypted", help);
    }
    let ca =
        reader.text(table, "ca").is_some().then(|| super::server::pem(reader, table, "ca", folder)).flatten();
    let ca = ca.and_then(|path| std::fs::read(path).ok());
    if ca.is_some() && !tls {
        reader.fault(table.at("ca"), "`ca` is of no use without TLS", "write `rediss://` in `url`");
    }
    let mut password =
        |key| table.get(key).is_some().then(|| secret::text(reader, table, key, folder)).flatten();
    let (password, sentinel_password) = (password("password"), password("sentinel_password"));
    let given: Option<i64> = reader.whole(table, "database");
    let cluster = matches!(place, RedisPlace::Cluster(_));
    if cluster && (given.unwrap_or(0) != 0 || database.unwrap_or(0) != 0) {
        reader.fault(at, "a cluster has database 0 only", "leave `database` out");
    }
    let namespace = reader.text(table, "namespace").map_or("countersign", |(text, _)| text).to_owned();
    if namespace.is_empty() || !namespace.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
        let help = "letters, digits, `-`, `_` and `.`";
        reader.fault(table.at("namespace"), format!("`{namespace}` is not a namespace"), help);
    }
    let timeout =
        reader.parsed(table, "timeout", str::parse::<Span>).map_or(Duration::from_secs(2), Span::to_std);
    if timeout < Duration::from_millis(50) || timeout > Duration::from_secs(30) {
        reader.fault(table.at("timeout"), "the store is waited for between `50ms` and `30s`", "");
    }
    Some(RedisSettings {
        place,
        tls,
        ca,
        username: reader.text(table, "username").map(|(name, _)| name.to_owned()),
        password,
        sentinel_password,
        database: given.or(database).unwrap_or(0),
        namespace,
        replicas: reader.whole(table, "replicas").unwrap_or(0),
        timeout,
    })
}

fn nodes(place: &RedisPlace) -> &[RedisNode] {
    match place {
        RedisPlace::Single(node) => std::slice::from_ref(node),
        RedisPlace::Sentinel { sentinels, .. } => sentinels,
        RedisPlace::Cluster(nodes) => nodes,
    }
}

type Address = (RedisPlace, bool, Option<i64>);

/// What an address says: the place, whether encrypted, and the database.
fn address(url: &str) -> Result<Address, (String, &'static str)> {
    let help = "write `embedded`, `rediss://host`, `rediss+sentinel://host,host/name` or `rediss+cluster://host,host`";
    let strange = || (format!("`{url}` is not a store"), help);
    let (scheme, rest) = url.split_once("://").ok_or_else(strange)?;
    let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (tls, kind) = match scheme.split_once('+').unwrap_or((scheme, "")) {
        ("redis", kind) => (false, kind),
        ("rediss", kind) => (true, kind),
        _ => return Err(strange()),
    };
    let port = if kind == "sentinel" { PORTS.1 } else { PORTS.0 };
    let nodes: Option<Vec<RedisNode>> = hosts.split(',').map(|text| node(text, port)).collect();
    let nodes = nodes
        .ok_or_else(|| (format!("`{hosts}` is not a list of hosts"), "e.g. `redis1:6379,redis2:6379`"))?;
    let database = |text: &str| match text {
        "" => Ok(None),
        number => {
            number.parse().map(Some).map_err(|_| (format!("`{number}` is not a database"), "a whole number"))
        }
    };
    match kind {
        "" => {
            let [node] = nodes.try_into().map_err(|_| {
                (format!("`{hosts}` is more than one host"), "use `redis+sentinel://` or `redis+cluster://`")
            })?;
            Ok((RedisPlace::Single(node), tls, database(path)?))
        }
        "sentinel" => {
            let (name, number) = path.split_once('/').unwrap_or((path, ""));
            if name.is_empty() {
                return Err((
                    format!("`{url}` does not name the master"),
                    "e.g. `redis+sentinel://s1,s2,s3/mymaster`",
                ));
            }
            let place = RedisPlace::Sentinel { sentinels: nodes, name: name.to_owned() };
            Ok((place, tls, database(number)?))
        }
        "cluster" => Ok((RedisPlace::Cluster(nodes), tls, database(path)?)),
        _ => Err(strange()),
    }
}

/// `host`, `host:port`, `[::1]:port`.
fn node(text: &str, port: u16) -> Option<RedisNode> {
    let (host, given) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            (host, rest.strip_prefix(':').or(rest.is_empty().then_some("")))
        }
        None => text.split_once(':').map_or((text, Some("")), |(host, port)| (host, Some(port))),
    };
    let port = match given? {
        "" => port,
        number => number.parse().ok().filter(|port| *port > 0)?,
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:".contains(&b);
    (!host.is_empty() && host.bytes().all(plain)).then(|| RedisNode { host: host.to_owned(), port })
}

fn seal_keys(reader: &mut Reader<'_>, table: Table<'_>, folder: &Path) -> Vec<SealKey> {
    let mut keys: Vec<SealKey> = Vec::new();
    for entry in reader.tables(table, "seal_key") {
        reader.only(entry, &["id", "key"]);
        let id = reader.required(entry, "id", "a short name, e.g. `id = \"k1\"`");
        let key = secret::key(reader, entry, "key", folder);
        let Some((id, at)) = id else { continue };
        if id.len() > 32 || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            reader.fault(
                at.clone(),
                format!("`{id}` is not a key id"),
                "letters, digits, `-` and `_`, at most 32",
            );
        }
        if keys.iter().any(|known| known.id == id) {
            reader.fault(
                at,
                format!("the key id `{id}` is used twice"),
                "what is sealed names its key by id",
            );
        }
        keys.extend(key.map(|key| SealKey { id: id.to_owned(), key }));
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(host: &str, port: u16) -> RedisNode {
        RedisNode { host: host.to_owned(), port }
    }

    #[test]
    fn addresses_are_read() {
        let sentinels = vec![at("s1", 26379), at("s2", 7000)];
        for (url, wanted) in [
            ("redis://localhost", (RedisPlace::Single(at("localhost", 6379)), false, None)),
            (
                "rediss://redis.example.com:6380/2",
                (RedisPlace::Single(at("redis.example.com", 6380)), true, Some(2)),
            ),
            ("redis://[::1]:7", (RedisPlace::Single(at("::1", 7)), false, None)),
            (
                "redis+sentinel://s1,s2:7000/mymaster/1",
                (RedisPlace::Sentinel { sentinels, name: "mymaster".to_owned() }, false, Some(1)),
            ),
            ("rediss+cluster://a,b", (RedisPlace::Cluster(vec![at("a", 6379), at("b", 6379)]), true, None)),
        ] {
            assert_eq!(address(url), Ok(wanted), "{url}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in [
            "redis",
            "mysql://a",
            "redis://",
            "redis://a,b",
            "redis://a:b",
            "redis://a:0",
            "redis://[::1",
            "redis://[::1]7",
            "redis://a/b",
            "redis+sentinel://a",
            "redis+sentinel://a/",
            "redis+x://a",
            "redis://a b",
            "redis://a:70000",
        ] {
            assert!(address(url).is_err(), "{url}");
        }
    }
}
