//! Does a store keep its promises? One suite for every engine; an engine joins by an [`Engine`] and one `contract!` line.
//!
//! **Invariant:** nothing here knows how an engine works, only how it is opened and where a body's bytes can be bent.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use countersign::audit::{Actor, Event, EventKind, verify};
use countersign::base::entropy::{Entropy, OsEntropy, SeededEntropy};
use countersign::base::id::{Blob, Id};
use countersign::base::secret::Secret;
use countersign::base::settings::RedisSettings;
use countersign::base::text::UserName;
use countersign::base::time::{SystemClock, Timestamp};
use countersign::store::embedded::Embedded;
use countersign::store::redis::Redis;
use countersign::store::seal::{Seal, SealKey, own_key};
use countersign::store::{Add, BlobError, Commit, CommitError, Expect, Key, Row, Store, keys};
use tokio::task::JoinSet;

use crate::backup::{a_backup_carries_everything_to_another_store, another_stores_backup_is_taken_in};
use crate::harness::redis::RedisServer;

/// How the suite reaches an engine.
#[async_trait]
pub(crate) trait Engine: Send + Sync {
    /// Opens the same store, again when it was open and dropped before.
    async fn open(&self) -> Arc<dyn Store>;
    /// The bytes of a finished body as they are kept.
    async fn kept(&self, id: Id<Blob>) -> Vec<u8>;
    /// Puts other bytes in their place.
    async fn bend(&self, id: Id<Blob>, bytes: &[u8]);
}

pub(crate) struct OnDisk(tempfile::TempDir);

impl OnDisk {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

pub(crate) fn embedded(data_dir: &Path) -> Embedded {
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let key = own_key(data_dir, &*entropy).unwrap();
    Embedded::open(data_dir, Arc::new(Seal::new(vec![key], entropy).unwrap())).unwrap()
}

#[async_trait]
impl Engine for OnDisk {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(embedded(self.path()))
    }

    async fn kept(&self, id: Id<Blob>) -> Vec<u8> {
        std::fs::read(self.path().join("blobs").join(id.to_string())).unwrap()
    }

    async fn bend(&self, id: Id<Blob>, bytes: &[u8]) {
        std::fs::write(self.path().join("blobs").join(id.to_string()), bytes).unwrap();
    }
}

/// A server of its own for each promise.
pub(crate) struct OnRedis(RedisServer);

impl OnRedis {
    pub(crate) fn new() -> Self {
        Self(RedisServer::start())
    }

    fn body(id: Id<Blob>) -> String {
        format!("{{countersign:default}}:body:{id}")
    }

    async fn connection(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}", self.0.port)).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }
}

/// A seal key that all gateways of a test share.
pub(crate) fn shared_seal() -> Arc<Seal> {
    let text = Secret::from(data_encoding::BASE64.encode(&[7; 32]));
    Arc::new(Seal::new(vec![SealKey::parse("k1", &text).unwrap()], Arc::new(OsEntropy)).unwrap())
}

/// A store on a server.
pub(crate) async fn on_redis_at(settings: RedisSettings) -> Redis {
    Redis::open(Arc::new(settings), shared_seal(), Arc::new(SystemClock::default())).await.unwrap()
}

#[async_trait]
impl Engine for OnRedis {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(on_redis_at(self.0.settings()).await)
    }

    async fn kept(&self, id: Id<Blob>) -> Vec<u8> {
        redis::cmd("GET").arg(Self::body(id)).query_async(&mut self.connection().await).await.unwrap()
    }

    async fn bend(&self, id: Id<Blob>, bytes: &[u8]) {
        let mut command = redis::cmd("SET");
        command.arg(Self::body(id)).arg(bytes);
        command.query_async::<()>(&mut self.connection().await).await.unwrap();
    }
}

macro_rules! contract {
    ($module:ident, $engine:expr; $($promise:ident)*) => {
        mod $module {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                super::$promise(&$engine).await;
            })*
        }
    };
}

macro_rules! every_promise {
    ($($module:ident, $engine:expr;)*) => {
        $(contract! { $module, $engine;
            a_record_is_replaced_only_at_its_version
            a_commit_happens_wholly_or_not_at_all
            a_contradiction_is_refused
            increments_are_never_lost
            counts_are_exact_and_stay_in_their_bounds
            one_of_many_wins
            due_records_come_in_order
            lists_are_paged_in_key_order
            versions_are_never_given_twice
            watchers_wake
            parallel_entries_make_one_chain
            everything_outlives_a_restart
            bodies_come_back
            a_bent_body_is_refused
            bodies_do_not_stand_in_for_each_other
            bodies_are_listed_and_deleted
            health_changes_nothing
            a_backup_carries_everything_to_another_store
            another_stores_backup_is_taken_in
        })*
    };
}

every_promise! {
    on_embedded, OnDisk::new();
    on_redis, OnRedis::new();
}

pub(crate) fn name(text: &str) -> UserName {
    UserName::parse(text).unwrap()
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn event(kind: EventKind) -> Event {
    Event::new(at(1_700_000_000_000), kind, Actor::Gateway)
}

fn key(text: &str) -> Key {
    keys::user(&name(text))
}

async fn value(store: &dyn Store, key: &Key) -> Option<Vec<u8>> {
    store.get(key).await.unwrap().map(|row| row.value)
}

async fn a_record_is_replaced_only_at_its_version(engine: &dyn Engine) {
    let store = engine.open().await;
    let key = key("alice");
    assert_eq!(store.get(&key).await.unwrap(), None);
    assert_eq!(
        store.commit(Commit::new().replace(key.clone(), 1, b"x".into(), None)).await,
        Err(CommitError::Conflict)
    );
    let first = store.commit(Commit::new().create(key.clone(), b"one".into(), None)).await.unwrap().version;
    assert_eq!(store.get(&key).await.unwrap(), Some(Row { version: first, value: b"one".into() }));
    assert_eq!(
        store.commit(Commit::new().create(key.clone(), b"x".into(), None)).await,
        Err(CommitError::Conflict)
    );
    let second =
        store.commit(Commit::new().replace(key.clone(), first, b"two".into(), None)).await.unwrap().version;
    assert!(second > first);
    for stale in [first, second + 1, 0] {
        assert_eq!(
            store.commit(Commit::new().replace(key.clone(), stale, b"x".into(), None)).await,
            Err(CommitError::Conflict)
        );
        assert_eq!(store.commit(Commit::new().delete(key.clone(), stale)).await, Err(CommitError::Conflict));
    }
    store.commit(Commit::new().require(key.clone(), Expect::Version(second))).await.unwrap();
    assert_eq!(store.get(&key).await.unwrap(), Some(Row { version: second, value: b"two".into() }));
    store.commit(Commit::new().delete(key.clone(), second)).await.unwrap();
    assert_eq!(store.get(&key).await.unwrap(), None);
}

async fn a_commit_happens_wholly_or_not_at_all(engine: &dyn Engine) {
    let store = engine.open().await;
    let (a, b, c) = (key("a"), key("b"), key("c"));
    let both = Commit::new().create(a.clone(), b"1".into(), None).create(b.clone(), b"1".into(), Some(at(5)));
    let version = store.commit(both.record(event(EventKind::Held))).await.unwrap().version;
    let half = Commit::new()
        .replace(a.clone(), version, b"2".into(), Some(at(1)))
        .delete(b.clone(), version)
        .create(c.clone(), b"2".into(), Some(at(1)))
        .require(key("d"), Expect::Version(7))
        .record(event(EventKind::Approved));
    assert_eq!(store.commit(half).await, Err(CommitError::Conflict));
    assert_eq!(value(&*store, &a).await.unwrap(), b"1");
    assert_eq!(value(&*store, &b).await.unwrap(), b"1");
    assert_eq!(value(&*store, &c).await, None);
    assert_eq!(store.due(at(9), 9).await.unwrap(), [b]);
    assert_eq!(store.audit(1, 9).await.unwrap().len(), 1);
    assert_eq!(
        store.commit(Commit::new().record(event(EventKind::Rejected))).await.unwrap().audit,
        [2],
        "no number was spent"
    );
}

async fn a_contradiction_is_refused(engine: &dyn Engine) {
    let store = engine.open().await;
    let twice = Commit::new().create(key("a"), b"1".into(), None).create(key("a"), b"2".into(), None);
    assert!(matches!(store.commit(twice).await, Err(CommitError::Unavailable(_))));
    let torn = Commit::new().require(key("a"), Expect::Absent).replace(key("a"), 1, b"2".into(), None);
    assert!(matches!(store.commit(torn).await, Err(CommitError::Unavailable(_))));
    let same = Commit::new().require(key("a"), Expect::Absent).and(Commit::new().create(
        key("a"),
        b"1".into(),
        None,
    ));
    store.commit(same).await.unwrap();
    assert_eq!(value(&*store, &key("a")).await.unwrap(), b"1");
}

async fn increments_are_never_lost(engine: &dyn Engine) {
    let store = engine.open().await;
    let counter = keys::attempts(&name("alice"));
    let mut tasks = JoinSet::new();
    for _ in 0..64 {
        let (store, counter) = (store.clone(), counter.clone());
        tasks.spawn(async move {
            loop {
                let found = store.get(&counter).await.unwrap();
                let count =
                    found.as_ref().map_or(0, |row| u64::from_be_bytes(row.value.clone().try_into().unwrap()));
                let next = Commit::new().put(
                    counter.clone(),
                    found.as_ref(),
                    (count + 1).to_be_bytes().into(),
                    None,
                );
                match store.commit(next).await {
                    Ok(_) => break,
                    Err(CommitError::Conflict) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(value(&*store, &counter).await.unwrap(), 64u64.to_be_bytes());
}

async fn counts_are_exact_and_stay_in_their_bounds(engine: &dyn Engine) {
    let store = engine.open().await;
    let of = |number: u64, bytes: u64| Some([number.to_be_bytes(), bytes.to_be_bytes()].concat());
    let mut tasks = JoinSet::new();
    for index in 0..200 {
        let store = store.clone();
        let add = Commit::new().add(key("count"), Add { by: [1, 10], most: [150, 10_000] });
        let with = key(&format!("n{index}"));
        tasks.spawn(async move { (store.commit(add.create(with.clone(), b"1".into(), None)).await, with) });
    }
    let mut fits = 0;
    for (outcome, with) in tasks.join_all().await {
        // All of it or nothing.
        assert_eq!(store.get(&with).await.unwrap().is_some(), outcome.is_ok());
        match outcome {
            Ok(_) => fits += 1,
            Err(error) => assert_eq!(error, CommitError::Over(key("count"))),
        }
    }
    assert_eq!(fits, 150);
    assert_eq!(value(&*store, &key("count")).await, of(150, 1500));
    // Bytes have a bound of their own, and less needs no room.
    let add = |by, most| Commit::new().add(key("count"), Add { by, most });
    assert_eq!(store.commit(add([1, 101], [1000, 1600])).await, Err(CommitError::Over(key("count"))));
    store.commit(add([1, 100], [1000, 1600])).await.unwrap();
    store.commit(add([-1, -100], [0, 0])).await.unwrap();
    for _ in 0..160 {
        store.commit(add([-1, -10], [0, 0])).await.unwrap();
    }
    assert_eq!(value(&*store, &key("count")).await, of(0, 0));
    // What is no count is over every bound, and may become less.
    store.commit(Commit::new().create(key("text"), b"text".into(), None)).await.unwrap();
    let one = Add { by: [1, 1], most: [9, 9] };
    assert!(store.commit(Commit::new().add(key("text"), one)).await.is_err());
    store.commit(Commit::new().add(key("text"), Add { by: [-1, -1], most: [0, 0] })).await.unwrap();
    let twice = Commit::new().add(key("count"), one).add(key("count"), one);
    assert!(matches!(store.commit(twice).await, Err(CommitError::Unavailable(_))));
    assert_eq!(value(&*store, &key("count")).await, of(0, 0));
}

async fn one_of_many_wins(engine: &dyn Engine) {
    let store = engine.open().await;
    let version =
        store.commit(Commit::new().create(key("a"), b"approved".into(), None)).await.unwrap().version;
    let mut tasks = JoinSet::new();
    for index in 0..100u8 {
        let store = store.clone();
        let release =
            Commit::new().replace(key("a"), version, vec![index], None).record(event(EventKind::Released));
        tasks.spawn(async move { (index, store.commit(release).await) });
    }
    let outcomes = tasks.join_all().await;
    let winners: Vec<u8> =
        outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).map(|(index, _)| *index).collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(outcomes.iter().filter(|(_, outcome)| *outcome == Err(CommitError::Conflict)).count(), 99);
    assert_eq!(value(&*store, &key("a")).await.unwrap(), winners);
    assert_eq!(store.audit(1, 200).await.unwrap().len(), 1);
}

async fn due_records_come_in_order(engine: &dyn Engine) {
    let store = engine.open().await;
    let mut commit = Commit::new();
    for (text, due) in
        [("a", Some(30)), ("b", Some(10)), ("c", None), ("d", Some(20)), ("e", Some(-5)), ("f", Some(10))]
    {
        commit = commit.create(key(text), Vec::new(), due.map(at));
    }
    let version = store.commit(commit).await.unwrap().version;
    assert_eq!(store.due(at(29), 9).await.unwrap(), [key("e"), key("b"), key("f"), key("d")]);
    assert_eq!(store.due(at(30), 2).await.unwrap(), [key("e"), key("b")]);
    assert_eq!(store.due(at(-6), 9).await.unwrap(), []);
    let moved = Commit::new()
        .replace(key("b"), version, Vec::new(), Some(at(25)))
        .replace(key("e"), version, Vec::new(), None)
        .replace(key("f"), version, Vec::new(), Some(at(10)))
        .delete(key("d"), version);
    store.commit(moved).await.unwrap();
    assert_eq!(store.due(at(99), 9).await.unwrap(), [key("f"), key("b"), key("a")]);
}

async fn lists_are_paged_in_key_order(engine: &dyn Engine) {
    let store = engine.open().await;
    let names: Vec<String> = (0..25).map(|index| format!("user{index:02}")).collect();
    let mut commit = Commit::new().create(keys::attempts(&name("user03")), Vec::new(), None);
    for text in &names {
        commit = commit.create(key(text), text.clone().into_bytes(), None);
    }
    store.commit(commit).await.unwrap();
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = store.list(&keys::all_users(), after.as_ref(), 10).await.unwrap();
        assert_eq!(page.len(), 10.min(25 - seen.len()), "fewer only where there are no more");
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        seen.extend(page.into_iter().map(|(key, row)| (key.last(), String::from_utf8(row.value).unwrap())));
    }
    assert_eq!(seen, names.iter().map(|text| (text.clone(), text.clone())).collect::<Vec<_>>());
    assert_eq!(store.list(&keys::authenticators_of(&name("user03")), None, 10).await.unwrap(), []);
    assert_eq!(store.list(&keys::all_users(), None, 0).await.unwrap(), []);
}

async fn versions_are_never_given_twice(engine: &dyn Engine) {
    let mut seen = BTreeSet::new();
    for round in 0..3 {
        let store = engine.open().await;
        for _ in 0..3 {
            let made =
                store.commit(Commit::new().create(key("a"), b"same".into(), None)).await.unwrap().version;
            assert!(seen.insert(made), "round {round}: version {made} again");
            store.commit(Commit::new().delete(key("a"), made)).await.unwrap();
            assert_eq!(
                store.commit(Commit::new().replace(key("a"), made, Vec::new(), None)).await,
                Err(CommitError::Conflict)
            );
        }
    }
    assert!(seen.iter().zip(seen.iter().skip(1)).all(|(one, next)| one < next));
}

async fn watchers_wake(engine: &dyn Engine) {
    let store = engine.open().await;
    let (mut mine, mut other) = (store.watch(&key("a")), store.watch(&key("b")));
    // The commit comes before the wait: a wake-up that is lost here would hang.
    let made = store.commit(Commit::new().create(key("a"), b"1".into(), None)).await.unwrap().version;
    mine.changed().await;
    assert_eq!(value(&*store, &key("a")).await.unwrap(), b"1");
    let mut waiting = JoinSet::new();
    waiting.spawn(async move {
        mine.changed().await;
        mine
    });
    let require = Commit::new().require(key("b"), Expect::Absent).replace(key("a"), made, b"2".into(), None);
    let made = store.commit(require).await.unwrap().version;
    let mut mine = waiting.join_next().await.unwrap().unwrap();
    store.commit(Commit::new().delete(key("a"), made)).await.unwrap();
    mine.changed().await;
    let conflict = Commit::new().create(key("b"), b"1".into(), None).require(key("a"), Expect::Version(made));
    assert_eq!(store.commit(conflict).await, Err(CommitError::Conflict));
    tokio::select! {
        biased;
        () = other.changed() => panic!("woken by a commit that changed nothing"),
        () = std::future::ready(()) => {}
    }
}

async fn parallel_entries_make_one_chain(engine: &dyn Engine) {
    let store = engine.open().await;
    assert_eq!(store.audit_head().await.unwrap(), None);
    let mut tasks = JoinSet::new();
    for index in 0..1000 {
        let store = store.clone();
        tasks.spawn(async move {
            let two = Commit::new()
                .record(event(EventKind::Approved).with("index", index))
                .record(event(EventKind::Released));
            store.commit(two).await.unwrap().audit
        });
    }
    let given: Vec<Vec<u64>> = tasks.join_all().await;
    assert!(given.iter().all(|pair| pair.len() == 2 && pair[1] == pair[0] + 1));
    let numbers: BTreeSet<u64> = given.into_iter().flatten().collect();
    assert_eq!(numbers, (1..=2000).collect());
    let mut lines = Vec::new();
    loop {
        let page = store.audit(lines.len() as u64 + 1, 300).await.unwrap();
        if page.is_empty() {
            break;
        }
        lines.extend(page.iter().map(countersign::audit::Link::to_line));
    }
    let head = store.audit_head().await.unwrap();
    let verified = verify(lines.into_iter().map(Ok::<_, std::io::Error>), head.as_ref()).unwrap();
    assert_eq!((verified.count, verified.head), (2000, head));
}

async fn everything_outlives_a_restart(engine: &dyn Engine) {
    let id = blob(1);
    let store = engine.open().await;
    let version = store
        .commit(Commit::new().create(key("a"), b"1".into(), Some(at(7))).record(event(EventKind::Held)))
        .await
        .unwrap()
        .version;
    write(&*store, id, b"body").await;
    let head = store.audit_head().await.unwrap();
    drop(store);
    let store = engine.open().await;
    assert_eq!(store.get(&key("a")).await.unwrap(), Some(Row { version, value: b"1".into() }));
    assert_eq!(store.due(at(7), 9).await.unwrap(), [key("a")]);
    assert_eq!(store.audit_head().await.unwrap(), head);
    assert_eq!(read(&*store, id).await.unwrap(), b"body");
    let next = store
        .commit(Commit::new().delete(key("a"), version).record(event(EventKind::Expired)))
        .await
        .unwrap();
    assert_eq!(next.audit, [2]);
}

fn blob(seed: u64) -> Id<Blob> {
    Id::new(at(1_700_000_000_000), &SeededEntropy::new(seed))
}

async fn write(store: &dyn Store, id: Id<Blob>, body: &[u8]) {
    let mut writer = store.blob_begin(id).await.unwrap();
    for part in body.chunks(10_007) {
        writer.write(part).await.unwrap();
    }
    writer.finish().await.unwrap();
}

async fn read(store: &dyn Store, id: Id<Blob>) -> Result<Vec<u8>, BlobError> {
    let mut reader = store.blob_open(id).await?;
    let mut body = Vec::new();
    while let Some(piece) = reader.next().await? {
        assert!(!piece.is_empty() && piece.len() <= 64 * 1024);
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn body(length: usize) -> Vec<u8> {
    (0..=250u8).cycle().take(length).collect()
}

async fn bodies_come_back(engine: &dyn Engine) {
    let store = engine.open().await;
    for (seed, length) in
        [0, 1, 16 * 1024, 65_535, 65_536, 65_537, 131_072, 5_000_000].into_iter().enumerate()
    {
        let (id, body) = (blob(seed as u64), body(length));
        write(&*store, id, &body).await;
        assert!(read(&*store, id).await.unwrap() == body, "{length} bytes");
    }
    assert_eq!(read(&*store, blob(99)).await, Err(BlobError::Missing));
}

async fn a_bent_body_is_refused(engine: &dyn Engine) {
    let store = engine.open().await;
    let id = blob(1);
    write(&*store, id, &body(3 * 65_536)).await;
    let kept = engine.kept(id).await;
    let pieces = kept.len() - 3 * (65_536 + 16);
    let piece = |index: usize| pieces + index * (65_536 + 16)..pieces + (index + 1) * (65_536 + 16);
    let flipped = |place: usize| {
        let mut bytes = kept.clone();
        bytes[place] ^= 0x40;
        bytes
    };
    let mut bent: Vec<(String, Vec<u8>)> =
        (0..pieces).map(|place| (format!("header byte {place}"), flipped(place))).collect();
    for index in 0..3 {
        bent.push((format!("first byte of piece {index}"), flipped(piece(index).start)));
        bent.push((format!("tag of piece {index}"), flipped(piece(index).end - 1)));
    }
    for length in
        [0, 5, 9, 10, pieces - 1, pieces, pieces + 16, piece(1).start, piece(2).start, kept.len() - 1]
    {
        bent.push((format!("cut to {length}"), kept[..length].to_vec()));
    }
    bent.push(("a byte more".to_owned(), [&kept[..], b"x"].concat()));
    bent.push(("last piece twice".to_owned(), [&kept[..], &kept[piece(2)]].concat()));
    bent.push((
        "reordered".to_owned(),
        [&kept[..pieces], &kept[piece(1)], &kept[piece(0)], &kept[piece(2)]].concat(),
    ));
    bent.push(("one missing".to_owned(), [&kept[..pieces], &kept[piece(0)], &kept[piece(2)]].concat()));
    for (how, bytes) in bent {
        engine.bend(id, &bytes).await;
        assert_eq!(read(&*store, id).await, Err(BlobError::Damaged), "{how}");
    }
    engine.bend(id, &kept).await;
    assert!(read(&*store, id).await.is_ok());
}

async fn bodies_do_not_stand_in_for_each_other(engine: &dyn Engine) {
    let store = engine.open().await;
    let (one, two) = (blob(1), blob(2));
    write(&*store, one, b"pay 1").await;
    write(&*store, two, b"pay 2").await;
    let (first, second) = (engine.kept(one).await, engine.kept(two).await);
    engine.bend(one, &second).await;
    engine.bend(two, &first).await;
    assert_eq!(read(&*store, one).await, Err(BlobError::Damaged));
    assert_eq!(read(&*store, two).await, Err(BlobError::Damaged));
    let header = first.len() - 5 - 16;
    engine.bend(one, &[&first[..header], &second[header..]].concat()).await;
    assert_eq!(read(&*store, one).await, Err(BlobError::Damaged));
}

async fn bodies_are_listed_and_deleted(engine: &dyn Engine) {
    let store = engine.open().await;
    let ids: Vec<Id<Blob>> =
        [3000, 1000, 2000].iter().map(|millis| Id::new(at(*millis), &SeededEntropy::new(1))).collect();
    for id in &ids {
        write(&*store, *id, b"body").await;
    }
    let mut begun = store.blob_begin(blob(7)).await.unwrap();
    begun.write(&body(100_000)).await.unwrap();
    let all = at(i64::MAX);
    assert_eq!(
        store.blob_list(all).await.unwrap(),
        [ids[1], ids[2], ids[0]],
        "one that is not finished is not there"
    );
    assert_eq!(read(&*store, blob(7)).await, Err(BlobError::Missing));
    drop(begun);
    assert_eq!(store.blob_list(at(2000)).await.unwrap(), [ids[1]]);
    store.blob_delete(ids[1]).await.unwrap();
    store.blob_delete(ids[1]).await.unwrap();
    assert_eq!(read(&*store, ids[1]).await, Err(BlobError::Missing));
    assert_eq!(store.blob_list(all).await.unwrap(), [ids[2], ids[0]]);
}

async fn health_changes_nothing(engine: &dyn Engine) {
    let store = engine.open().await;
    let version = store.commit(Commit::new().create(key("a"), b"1".into(), None)).await.unwrap().version;
    store.health().await.unwrap();
    assert_eq!(store.get(&key("a")).await.unwrap(), Some(Row { version, value: b"1".into() }));
    assert_eq!(store.audit_head().await.unwrap(), None);
}
