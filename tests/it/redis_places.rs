//! Question: is the right server found, alone, behind sentinels, in a cluster, over TLS and with a password, and found again after a failover?

use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign::base::secret::Secret;
use countersign::base::settings::{RedisPlace, RedisSettings};
use countersign::store::redis::Redis;
use countersign::store::{Commit, Store, keys};

use crate::harness::certs::Authority;
use crate::harness::redis::{RedisServer, free_port, settings};
use crate::store_contract::{name, on_redis_at, shared_seal};

const PATIENCE: Duration = Duration::from_secs(60);

fn soon(settings: RedisSettings) -> RedisSettings {
    RedisSettings { timeout: Duration::from_millis(500), ..settings }
}

/// Puts a record, and tells the reason when it cannot be put.
async fn put(store: &dyn Store, who: &str) -> Result<(), String> {
    let key = keys::user(&name(who));
    let found = store.get(&key).await.map_err(|error| error.to_string())?;
    let commit = Commit::new().put(key, found.as_ref(), who.into(), None);
    store.commit(commit).await.map(drop).map_err(|error| error.to_string())
}

async fn there(store: &dyn Store, who: &str) -> bool {
    store.get(&keys::user(&name(who))).await.unwrap().is_some()
}

/// Number of the epoch; none as long as the history never changed.
async fn epoch(store: &dyn Store) -> Option<u64> {
    let row = store.get(&keys::gateway("epoch")).await.unwrap()?;
    let text = String::from_utf8(row.value).unwrap();
    Some(text.split(' ').next().unwrap().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_and_with_a_password() {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
    let files = authority.files(folder.path(), "redis", &["localhost", "127.0.0.1"]);
    let authority_file = authority.file(folder.path());
    let tls = free_port().to_string();
    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let (chain, key, ca) = (path(&files.chain), path(&files.key), path(&authority_file));
    let server = RedisServer::with(&[
        "--tls-port",
        &tls,
        "--tls-cert-file",
        &chain,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &ca,
        "--tls-auth-clients",
        "no",
        "--user",
        "gateway",
        "on",
        ">canary-4711",
        "~*",
        "&*",
        "+@all",
        "--user",
        "default",
        "off",
    ]);
    let mut node = server.node();
    node.port = tls.parse().unwrap();
    let with = |password: &str, ca: Option<&str>| RedisSettings {
        tls: true,
        ca: ca.map(|ca| ca.as_bytes().to_vec()),
        username: Some("gateway".to_owned()),
        password: Some(Secret::from(password.to_owned())),
        ..soon(settings(RedisPlace::Single(node.clone())))
    };
    let store = on_redis_at(with("canary-4711", Some(&authority.pem()))).await;
    put(&store, "alice").await.unwrap();
    assert!(there(&store, "alice").await);

    let other = Authority::new().pem();
    for (password, ca, word) in [
        ("wrong-canary", Some(authority.pem()), "authentication failed"),
        ("canary-4711", Some(other), "certificate"),
        ("canary-4711", None, "certificate"),
    ] {
        let settings = Arc::new(with(password, ca.as_deref()));
        let opened =
            Redis::open(settings, shared_seal(), Arc::new(countersign::base::time::SystemClock::default()));
        let why = opened.await.err().expect("it is refused").to_string();
        assert!(why.to_lowercase().contains(&word.to_lowercase()), "{why}");
        assert!(!why.contains("canary"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_evicts_or_is_a_replica_is_refused() {
    let master = RedisServer::start();
    let port = master.port.to_string();
    let replica = RedisServer::with(&["--replicaof", "127.0.0.1", &port]);
    let full = RedisServer::with(&["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]);
    for (server, word) in [(&replica, "not the master"), (&full, "noeviction")] {
        let opened = Redis::open(
            Arc::new(soon(server.settings())),
            shared_seal(),
            Arc::new(countersign::base::time::SystemClock::default()),
        );
        let why = opened.await.err().expect("it is refused").to_string();
        assert!(why.contains(word), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_started_anew_raises_the_epoch_once() {
    let mut server = RedisServer::start();
    let (one, other) =
        (on_redis_at(soon(server.settings())).await, on_redis_at(soon(server.settings())).await);
    put(&one, "alice").await.unwrap();
    assert_eq!(epoch(&one).await, None);
    let mut last = one.commit(Commit::new()).await.unwrap().version;
    for expected in [1, 2] {
        server.restart();
        for store in [&one, &other] {
            again(store, "bob").await;
            assert_eq!(epoch(store).await, Some(expected));
        }
        assert!(there(&one, "alice").await, "and loses nothing that was synced");
        let version = one.commit(Commit::new()).await.unwrap().version;
        assert!(version - last > 1 << 31, "a version that was lost could be given again");
        last = version;
    }
}

/// Puts until it works.
async fn again(store: &dyn Store, who: &str) {
    let end = Instant::now() + PATIENCE;
    while let Err(why) = put(store, who).await {
        assert!(Instant::now() < end, "{why}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_cluster_the_owner_of_the_slot_is_found_and_followed() {
    let cluster = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"];
    let (one, other) = (RedisServer::with(&cluster), RedisServer::with(&cluster));
    assert_eq!(one.cli(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]), "OK");
    assert_eq!(one.cli(&["CLUSTER", "MEET", "127.0.0.1", &other.port.to_string()]), "OK");
    let end = Instant::now() + PATIENCE;
    while !(other.cli(&["CLUSTER", "SLOTS"]).contains(&one.port.to_string())
        && [&one, &other].iter().all(|node| node.cli(&["CLUSTER", "INFO"]).contains("cluster_state:ok")))
    {
        assert!(Instant::now() < end, "the nodes do not meet");
    }
    // It is asked of the node that has nothing.
    let settings = soon(settings(RedisPlace::Cluster(vec![other.node()])));
    let store = on_redis_at(settings).await;
    put(&store, "alice").await.unwrap();
    assert!(there(&store, "alice").await);

    // The slot moves, with all that is in it.
    let slot = one.cli(&["CLUSTER", "KEYSLOT", "{countersign:default}:names"]);
    let (from, to) = (one.cli(&["CLUSTER", "MYID"]), other.cli(&["CLUSTER", "MYID"]));
    assert_eq!(other.cli(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from]), "OK");
    assert_eq!(one.cli(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to]), "OK");
    let (port, all) = (other.port.to_string(), one.cli(&["CLUSTER", "GETKEYSINSLOT", &slot, "1000"]));
    let mut migrate = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "KEYS"];
    migrate.extend(all.lines());
    assert_eq!(one.cli(&migrate), "OK");
    for server in [&other, &one] {
        assert_eq!(server.cli(&["CLUSTER", "SETSLOT", &slot, "NODE", &to]), "OK");
    }
    again(&store, "bob").await;
    assert!(there(&store, "alice").await && there(&store, "bob").await);
    assert_eq!(
        other.cli(&["ZCARD", "{countersign:default}:names"]),
        "4",
        "two users, the history, the epoch"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_sentinels_a_promoted_replica_is_found_and_raises_the_epoch() {
    let mut master = RedisServer::start();
    let port = master.port.to_string();
    let replicas: Vec<RedisServer> =
        (0..2).map(|_| RedisServer::with(&["--replicaof", "127.0.0.1", &port])).collect();
    master.wait_for_replicas(2);
    let sentinels: Vec<RedisServer> =
        (0..3).map(|_| RedisServer::sentinel("mymaster", master.port, 2)).collect();
    let end = Instant::now() + PATIENCE;
    while !sentinels.iter().all(|sentinel| {
        let known = sentinel.cli(&["SENTINEL", "MASTER", "mymaster"]);
        known.contains("num-slaves\n2") && known.contains("num-other-sentinels\n2")
    }) {
        assert!(Instant::now() < end, "the sentinels do not find each other");
    }
    let place = RedisPlace::Sentinel {
        sentinels: sentinels.iter().map(RedisServer::node).collect(),
        name: "mymaster".to_owned(),
    };
    let store = on_redis_at(RedisSettings { replicas: 2, ..soon(settings(place)) }).await;
    put(&store, "alice").await.unwrap();
    assert_eq!(epoch(&store).await, None);
    master.kill();
    assert!(put(&store, "lost").await.is_err(), "nobody takes it");
    // Of two replicas one is the master now: a majority of two cannot be had until the old master is back as a replica.
    let end = Instant::now() + PATIENCE;
    let promoted = loop {
        if let Some(one) = replicas.iter().find(|one| one.cli(&["ROLE"]).starts_with("master")) {
            break one;
        }
        assert!(Instant::now() < end, "nobody is promoted");
    };
    assert!(there_again(&store, "alice").await, "what was answered is not lost");
    let end = Instant::now() + PATIENCE;
    loop {
        let why = put(&store, "bob").await.unwrap_err();
        if why.contains("1 of 2 needed replicas") {
            break;
        }
        assert!(Instant::now() < end, "{why}");
    }
    master.restart();
    promoted.wait_for_replicas(2);
    again(&store, "bob").await;
    assert_eq!(epoch(&store).await, Some(1));
    assert!(!there(&store, "lost").await);
}

/// Whether it is there, once the store answers.
async fn there_again(store: &dyn Store, who: &str) -> bool {
    let end = Instant::now() + PATIENCE;
    loop {
        match store.get(&keys::user(&name(who))).await {
            Ok(row) => return row.is_some(),
            Err(why) => assert!(Instant::now() < end, "{why}"),
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_took_another_history_behind_an_idle_connection_raises_the_epoch() {
    let (server, other) = (RedisServer::start(), RedisServer::start());
    let store = on_redis_at(soon(server.settings())).await;
    put(&store, "alice").await.unwrap();
    // Demoted and promoted again by hand: no connection is dropped, and nothing is written meanwhile.
    assert_eq!(server.cli(&["REPLICAOF", "127.0.0.1", &other.port.to_string()]), "OK");
    assert_eq!(server.cli(&["REPLICAOF", "NO", "ONE"]), "OK");
    let end = Instant::now() + PATIENCE;
    while epoch(&store).await != Some(1) {
        assert!(Instant::now() < end, "nobody noticed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
