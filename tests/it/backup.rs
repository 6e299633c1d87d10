//! Question: does a backup bring back everything, and nothing that was changed on the way, that counts once, or that belongs to another?

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use countersign::audit::{Actor, EventKind};
use countersign::base::entropy::{OsEntropy, SeededEntropy};
use countersign::base::id::{Blob, Id};
use countersign::base::secret::Secret;
use countersign::flow::backup::{RestoreError, Restored, restore, unfinished};
use countersign::store::backup::{self, Backup, BackupError};
use countersign::store::seal::{Seal, SealKey};
use countersign::store::{BlobError, Commit, Kept, Key, Store, keys};

use super::store_contract::{Engine, OnDisk, at, event, name};

/// All that a store holds.
#[derive(Debug, PartialEq)]
struct Whole {
    rows: Vec<Kept>,
    entries: Vec<String>,
    bodies: BTreeMap<String, Vec<u8>>,
}

impl Whole {
    async fn of(store: &dyn Store) -> Self {
        let (mut whole, mut after) =
            (Self { rows: Vec::new(), entries: Vec::new(), bodies: BTreeMap::new() }, None);
        let snapshot = store.snapshot().await.unwrap();
        loop {
            let page = snapshot.rows(after.as_ref(), 7).await.unwrap();
            assert!(page.len() <= 7);
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            whole.rows.extend(page);
        }
        loop {
            let page = snapshot.audit(whole.entries.len() as u64 + 1, 3).await.unwrap();
            if page.is_empty() {
                break;
            }
            whole.entries.extend(page.iter().map(countersign::audit::Link::to_line));
        }
        for id in store.blob_list(at(i64::MAX)).await.unwrap() {
            whole.bodies.insert(id.to_string(), body(store, id).await.unwrap());
        }
        whole
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.entries.is_empty() && self.bodies.is_empty()
    }
}

async fn body(store: &dyn Store, id: Id<Blob>) -> Result<Vec<u8>, BlobError> {
    let mut reader = store.blob_open(id).await?;
    let mut body = Vec::new();
    while let Some(piece) = reader.next().await? {
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

async fn put_body(store: &dyn Store, seed: u64, bytes: &[u8]) -> Id<Blob> {
    let id = Id::new(at(1_700_000_000_000), &SeededEntropy::new(seed));
    let mut writer = store.blob_begin(id).await.unwrap();
    writer.write(bytes).await.unwrap();
    writer.finish().await.unwrap();
    id
}

/// A ring of these keys; the letter is the key.
fn ring(ids: &[&str]) -> Seal {
    let key = |id: &&str| {
        let text = data_encoding::BASE64.encode(&id.repeat(32).as_bytes()[..32]);
        SealKey::parse(id, &Secret::from(text)).unwrap()
    };
    Seal::new(ids.iter().map(key).collect(), Arc::new(OsEntropy)).unwrap()
}

/// Records with and without due times, some replaced and some gone, entries and bodies of several lengths.
async fn fill(store: &dyn Store, seal: &Seal, records: usize) {
    let key = |index: usize| keys::user(&name(&format!("user{index:04}")));
    for chunk in (0..records).collect::<Vec<_>>().chunks(50) {
        let mut commit = Commit::new().record(event(EventKind::UserAdded).with("from", chunk[0]));
        for index in chunk {
            let value = seal.seal(key(*index).as_str(), &[b'x'; 90]);
            commit = commit.create(
                key(*index),
                value,
                (index % 3 == 0).then(|| at(i64::try_from(*index).unwrap())),
            );
        }
        store.commit(commit).await.unwrap();
    }
    let row = store.get(&key(0)).await.unwrap().unwrap();
    let moved = Commit::new().replace(key(0), row.version, Vec::new(), Some(at(-5)));
    store.commit(moved.record(event(EventKind::Approved))).await.unwrap();
    let row = store.get(&key(1)).await.unwrap().unwrap();
    store.commit(Commit::new().delete(key(1), row.version)).await.unwrap();
    for (seed, length) in [0, 5, 65_536, 200_000].into_iter().enumerate() {
        put_body(store, seed as u64, &crate::harness::noise(length)).await;
    }
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

async fn put_back(store: &Arc<dyn Store>, seal: &Seal, file: &Path) -> Result<Restored, RestoreError> {
    restore(store, seal, at(1_800_000_000_000), Actor::Gateway, file).await
}

/// One of the contract's promises: what is in one engine can be carried to another.
pub(crate) async fn a_backup_carries_everything_to_another_store(engine: &dyn Engine) {
    let (seal, folder, other) = (ring(&["a"]), Folder::new(), OnDisk::new());
    let (from, to) = (engine.open().await, other.open().await);
    fill(&*from, &seal, 700).await;
    let before = Whole::of(&*from).await;
    let next = from.commit(Commit::new()).await.unwrap().version;
    let file = folder.file("backup");
    let made = backup::write(&*from, &seal, at(7), &file).await.unwrap();
    assert_eq!((made.counts.rows, made.counts.entries, made.counts.bodies, made.left_out), (699, 15, 4, 0));
    assert_eq!(made.head, from.audit_head().await.unwrap());

    let checked = Backup::check(&file, &seal).await.unwrap();
    assert_eq!(checked.summary, made);
    assert_eq!(checked.import(&*to, &seal, |_| true).await.unwrap(), 0);
    assert_eq!(Whole::of(&*to).await, before);
    assert_eq!(to.audit_head().await.unwrap(), made.head);
    assert_eq!(to.due(at(9), 9).await.unwrap(), from.due(at(9), 9).await.unwrap());
    let later = to.commit(Commit::new().record(event(EventKind::Held))).await.unwrap();
    assert!(later.version > next, "a version is never given twice");
    assert_eq!(later.audit, [16]);
}

/// The other direction.
pub(crate) async fn another_stores_backup_is_taken_in(engine: &dyn Engine) {
    let (seal, folder, other) = (ring(&["a"]), Folder::new(), OnDisk::new());
    let (from, to) = (other.open().await, engine.open().await);
    fill(&*from, &seal, 700).await;
    let file = folder.file("backup");
    backup::write(&*from, &seal, at(7), &file).await.unwrap();
    let before = Whole::of(&*from).await;
    let done = put_back(&to, &seal, &file).await.unwrap();
    assert_eq!((done.epoch, done.left_out), (1, 0));
    let mut after = Whole::of(&*to).await;
    let epoch = after.rows.iter().position(|kept| kept.key == keys::gateway("epoch")).unwrap();
    assert_eq!(after.rows.remove(epoch).row.value, b"1 1800000000000");
    assert!(after.entries.pop().unwrap().contains("store_restored"));
    assert_eq!(after, before);
    // It is a store like any other: nothing can be put into it again.
    assert!(matches!(put_back(&to, &seal, &file).await, Err(RestoreError::NotEmpty)));
}

#[tokio::test]
async fn a_snapshot_is_of_one_moment() {
    let (disk, seal) = (OnDisk::new(), ring(&["a"]));
    let store = disk.open().await;
    fill(&*store, &seal, 100).await;
    let (snapshot, before) = (store.snapshot().await.unwrap(), Whole::of(&*store).await);
    let version = snapshot.version();
    for kept in &before.rows {
        let gone = Commit::new().delete(kept.key.clone(), kept.row.version);
        store.commit(gone.record(event(EventKind::Expired))).await.unwrap();
    }
    assert_eq!(snapshot.rows(None, 1000).await.unwrap(), before.rows);
    assert_eq!(snapshot.audit(1, 1000).await.unwrap().len(), before.entries.len());
    assert_eq!(snapshot.version(), version);
    assert!(before.rows.iter().all(|kept| kept.row.version <= version));
}

#[tokio::test]
async fn every_changed_byte_and_every_cut_is_refused() {
    let (disk, other, seal, folder) = (OnDisk::new(), OnDisk::new(), ring(&["a"]), Folder::new());
    let (from, to) = (disk.open().await, other.open().await);
    let create = Commit::new().create(keys::user(&name("alice")), b"1 2".to_vec(), Some(at(3)));
    from.commit(create.record(event(EventKind::UserAdded))).await.unwrap();
    put_body(&*from, 1, b"body").await;
    let file = folder.file("backup");
    backup::write(&*from, &seal, at(7), &file).await.unwrap();
    let sound = std::fs::read(&file).unwrap();
    assert!(sound.len() > 400 && sound.len() < 2000, "{} bytes", sound.len());
    let flipped = (0..sound.len()).map(|place| {
        let mut bytes = sound.clone();
        bytes[place] ^= 0x10;
        (format!("byte {place}"), bytes)
    });
    let cut = (0..sound.len()).map(|length| (format!("cut to {length}"), sound[..length].to_vec()));
    let more = std::iter::once(("a byte more".to_owned(), [&sound[..], b"x"].concat()));
    for (how, bytes) in flipped.chain(cut).chain(more) {
        std::fs::write(&file, bytes).unwrap();
        let refused = put_back(&to, &seal, &file).await;
        assert!(matches!(refused, Err(RestoreError::Backup(_))), "{how}: {refused:?}");
    }
    assert!(Whole::of(&*to).await.is_empty(), "nothing of a bad one was stored");
    std::fs::write(&file, &sound).unwrap();
    put_back(&to, &seal, &file).await.unwrap();
}

#[tokio::test]
async fn pieces_cannot_be_moved_or_taken_out() {
    let (disk, other, seal, folder) = (OnDisk::new(), OnDisk::new(), ring(&["a"]), Folder::new());
    let (from, to) = (disk.open().await, other.open().await);
    fill(&*from, &seal, 20).await;
    let file = folder.file("backup");
    backup::write(&*from, &seal, at(7), &file).await.unwrap();
    let sound = std::fs::read(&file).unwrap();
    let sealed = 65_536 + 16;
    let whole = (sound.len() - 1) / sealed;
    assert!(whole >= 3);
    // Where the pieces begin: magic, length, and a wrapped key with its id, nonce and tag.
    let start = 10 + 2 + 1 + 24 + 32 + 16;
    let piece = |index: usize| &sound[start + index * sealed..start + (index + 1) * sealed];
    let rest = &sound[start + 3 * sealed..];
    for (how, bytes) in [
        ("swapped", [&sound[..start], piece(1), piece(0), piece(2), rest].concat()),
        ("one missing", [&sound[..start], piece(0), piece(2), rest].concat()),
        ("one twice", [&sound[..start], piece(0), piece(0), piece(1), piece(2), rest].concat()),
        ("cut between pieces", [&sound[..start], piece(0), piece(1)].concat()),
    ] {
        std::fs::write(&file, bytes).unwrap();
        assert!(matches!(put_back(&to, &seal, &file).await, Err(RestoreError::Backup(_))), "{how}");
    }
    std::fs::write(&file, [&sound[..start], piece(0), piece(1), piece(2), rest].concat()).unwrap();
    put_back(&to, &seal, &file).await.unwrap();
}

#[tokio::test]
async fn only_an_empty_store_takes_a_backup() {
    let (disk, seal, folder) = (OnDisk::new(), ring(&["a"]), Folder::new());
    let from = disk.open().await;
    fill(&*from, &seal, 10).await;
    let file = folder.file("backup");
    backup::write(&*from, &seal, at(7), &file).await.unwrap();
    for what in ["a record", "an entry", "a body"] {
        let other = OnDisk::new();
        let to = other.open().await;
        match what {
            "a record" => {
                drop(
                    to.commit(Commit::new().create(keys::user(&name("bob")), Vec::new(), None))
                        .await
                        .unwrap(),
                );
            }
            "an entry" => drop(to.commit(Commit::new().record(event(EventKind::Held))).await.unwrap()),
            _ => drop(put_body(&*to, 9, b"x").await),
        }
        let before = Whole::of(&*to).await;
        let refused = put_back(&to, &seal, &file).await;
        assert!(matches!(refused, Err(RestoreError::NotEmpty)), "{what}: {refused:?}");
        assert_eq!(Whole::of(&*to).await, before, "{what}");
    }
}

#[tokio::test]
async fn without_its_keys_a_backup_is_refused() {
    let (disk, other, folder) = (OnDisk::new(), OnDisk::new(), Folder::new());
    let (from, to) = (disk.open().await, other.open().await);
    fill(&*from, &ring(&["old"]), 10).await;
    let file = folder.file("backup");
    backup::write(&*from, &ring(&["new", "old"]), at(7), &file).await.unwrap();
    for (ids, named) in [(&["old"][..], "`new`"), (&["new"], "`old`"), (&["other"], "`new`")] {
        match put_back(&to, &ring(ids), &file).await {
            Err(RestoreError::Backup(BackupError::Key(why))) => {
                assert!(why.contains(named), "{ids:?}: {why}");
            }
            found => panic!("{ids:?}: {found:?}"),
        }
    }
    assert!(Whole::of(&*to).await.is_empty());
    put_back(&to, &ring(&["newest", "new", "old"]), &file).await.unwrap();
}

#[tokio::test]
async fn a_restore_that_was_cut_off_is_used_by_nobody_and_can_be_ended() {
    let (disk, other, seal, folder) = (OnDisk::new(), OnDisk::new(), ring(&["a"]), Folder::new());
    let (from, to) = (disk.open().await, other.open().await);
    fill(&*from, &seal, 300).await;
    let (file, another) = (folder.file("backup"), folder.file("another"));
    backup::write(&*from, &seal, at(7), &file).await.unwrap();
    backup::write(&*from, &seal, at(8), &another).await.unwrap();

    // What the first steps of a restore leave: its mark and a part of the records.
    let checked = Backup::check(&file, &seal).await.unwrap();
    let print = data_encoding::HEXLOWER.encode(checked.print()).into_bytes();
    to.commit(Commit::new().create(keys::gateway("restore"), print, None)).await.unwrap();
    let part = from.snapshot().await.unwrap();
    let part =
        countersign::store::Part { version: 9, rows: part.rows(None, 100).await.unwrap(), links: Vec::new() };
    to.import(part).await.unwrap();
    assert!(unfinished(&*to).await.unwrap());
    assert!(matches!(put_back(&to, &seal, &another).await, Err(RestoreError::Another)));

    put_back(&to, &seal, &file).await.unwrap();
    assert!(!unfinished(&*to).await.unwrap());
    let (mut after, before) = (Whole::of(&*to).await, Whole::of(&*from).await);
    after.rows.retain(|kept| kept.key != keys::gateway("epoch"));
    after.entries.pop();
    assert_eq!(after, before);
}

#[tokio::test]
async fn the_epoch_goes_on_and_what_counts_once_is_left_out() {
    let (disk, seal, folder) = (OnDisk::new(), ring(&["a"]), Folder::new());
    let from = disk.open().await;
    let (user, held, auth, chal) = (name("alice"), id(1), id(2), id(3));
    let stays = [
        keys::user(&user),
        keys::held(held),
        keys::held_of(&user, held),
        keys::authenticator(&user, auth),
        keys::authenticator_owner(auth),
        keys::attempts(&user),
        keys::emergency(&user, auth),
        keys::grant_epoch(&user),
        keys::account(&user),
        keys::response(held),
        keys::outbox(id(4), Some(&user)),
        keys::gateway("receipt-key"),
        keys::credential(b"x"),
    ];
    let goes = [
        keys::grant(&user, &[1; 32]),
        keys::challenge(&user, chal),
        keys::enrolment(&user, chal),
        keys::pairing(&[1; 32]),
        keys::handoff(&[1; 32]),
        keys::session(&[1; 32]),
        keys::session_of(&user, id(5)),
        keys::invitation(&user),
        keys::contact(&user, auth),
        keys::outbox(id(6), None),
    ];
    let mut commit = Commit::new().create(keys::gateway("epoch"), b"41 1700000000000".to_vec(), None);
    for key in stays.iter().chain(&goes) {
        commit = commit.create(key.clone(), seal.seal(key.as_str(), b"{}"), None);
    }
    from.commit(commit).await.unwrap();
    let file = folder.file("backup");
    backup::write(&*from, &seal, at(7), &file).await.unwrap();

    let other = OnDisk::new();
    let to = other.open().await;
    let done = put_back(&to, &seal, &file).await.unwrap();
    assert_eq!((done.epoch, done.left_out), (42, goes.len() as u64));
    let mut expected: Vec<Key> = stays.into_iter().chain([keys::gateway("epoch")]).collect();
    expected.sort();
    let found: Vec<Key> = Whole::of(&*to).await.rows.into_iter().map(|kept| kept.key).collect();
    assert_eq!(found, expected);
    assert_eq!(to.get(&keys::gateway("epoch")).await.unwrap().unwrap().value, b"42 1800000000000");
    let entries = to.audit(1, 9).await.unwrap();
    let told = &entries.last().unwrap().event;
    assert_eq!((told.kind, told.detail["epoch"].as_str()), (EventKind::StoreRestored, "42"));
}

fn id<K: countersign::base::id::Kind>(seed: u64) -> Id<K> {
    Id::new(at(1_700_000_000_000), &SeededEntropy::new(seed))
}

#[tokio::test]
async fn a_file_is_for_its_owner_whole_and_never_written_over() {
    use std::os::unix::fs::PermissionsExt as _;
    let (disk, seal, folder) = (OnDisk::new(), ring(&["a"]), Folder::new());
    let from = disk.open().await;
    fill(&*from, &seal, 10).await;
    let damaged = put_body(&*from, 77, &vec![7; 70_000]).await;
    let mut bytes = disk.kept(damaged).await;
    *bytes.last_mut().unwrap() ^= 1;
    disk.bend(damaged, &bytes).await;
    let file = folder.file("backup");
    let made = backup::write(&*from, &seal, at(7), &file).await.unwrap();
    assert_eq!((made.counts.bodies, made.left_out), (4, 1), "a damaged body does not stop a backup");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let before = std::fs::read(&file).unwrap();
    let again = backup::write(&*from, &seal, at(8), &file).await;
    assert!(matches!(again, Err(BackupError::Exists(_))), "{again:?}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
    let nowhere = backup::write(&*from, &seal, at(8), &folder.file("no/such/folder")).await;
    assert!(matches!(nowhere, Err(BackupError::Store(_))), "{nowhere:?}");
    assert_eq!(std::fs::read_dir(folder.0.path()).unwrap().count(), 1, "nothing half written is left");
    assert!(
        !before.windows(4).any(|window| window == b"user" || window == b"auth"),
        "not even a name is in clear"
    );

    let other = OnDisk::new();
    let to = other.open().await;
    put_back(&to, &seal, &file).await.unwrap();
    assert_eq!(to.blob_list(at(i64::MAX)).await.unwrap().len(), 4);
    for (what, name) in [("no file", "none"), ("a folder", ".")] {
        let refused = put_back(&to, &seal, &folder.file(name)).await;
        assert!(
            matches!(refused, Err(RestoreError::Backup(BackupError::File { .. }))),
            "{what}: {refused:?}"
        );
    }
}
