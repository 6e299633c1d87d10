//! Question: does the embedded engine get right what only it can get wrong: its file, its lock, nothing in clear on the disk?

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use countersign::audit::EventKind;
use countersign::base::entropy::{OsEntropy, SeededEntropy};
use countersign::base::id::Id;
use countersign::store::embedded::{Embedded, OpenError};
use countersign::store::seal::{Seal, own_key};
use countersign::store::{Commit, CommitError, Store, keys};

use super::store_contract::{OnDisk, at, embedded, event, name};

fn ring(disk: &OnDisk) -> Arc<Seal> {
    Arc::new(Seal::new(vec![own_key(disk.path(), &OsEntropy).unwrap()], Arc::new(OsEntropy)).unwrap())
}

async fn everything_refuses(store: &Embedded) {
    let key = keys::user(&name("alice"));
    assert!(store.get(&key).await.is_err());
    assert!(store.list(&keys::all_users(), None, 1).await.is_err());
    assert!(store.due(at(0), 1).await.is_err());
    assert!(store.audit(1, 1).await.is_err());
    assert!(store.audit_head().await.is_err());
    assert!(store.health().await.is_err());
    let commit = Commit::new().create(keys::user(&name("bob")), Vec::new(), None);
    assert!(matches!(store.commit(commit).await, Err(CommitError::Unavailable(_))));
}

#[tokio::test]
async fn a_file_that_vanishes_stops_everything_until_it_is_back() {
    let disk = OnDisk::new();
    let store = embedded(disk.path());
    let key = keys::user(&name("alice"));
    let version = store.commit(Commit::new().create(key.clone(), b"1".into(), None)).await.unwrap().version;
    let (file, away) = (disk.path().join("countersign.redb"), disk.path().join("away"));

    std::fs::rename(&file, &away).unwrap();
    everything_refuses(&store).await;
    std::fs::copy(&away, &file).unwrap();
    everything_refuses(&store).await;
    std::fs::rename(&away, &file).unwrap();

    store.health().await.unwrap();
    assert_eq!(store.get(&key).await.unwrap().unwrap().version, version);
    std::fs::remove_file(&file).unwrap();
    everything_refuses(&store).await;
}

#[tokio::test]
async fn a_folder_of_bodies_that_vanishes_is_noticed() {
    let disk = OnDisk::new();
    let store = embedded(disk.path());
    std::fs::remove_dir(disk.path().join("blobs")).unwrap();
    assert!(store.health().await.is_err());
    assert!(store.blob_begin(Id::new(at(0), &SeededEntropy::new(1))).await.is_err());
}

#[tokio::test]
async fn a_second_process_is_refused() {
    let disk = OnDisk::new();
    let first = embedded(disk.path());
    let error = Embedded::open(disk.path(), ring(&disk)).err().unwrap();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    assert!(error.to_string().ends_with("is in use by another process"));
    drop(first);
    assert!(Embedded::open(disk.path(), ring(&disk)).is_ok());
}

#[tokio::test]
async fn another_schema_is_refused() {
    let disk = OnDisk::new();
    drop(embedded(disk.path()));
    {
        let database = redb::Database::open(disk.path().join("countersign.redb")).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction
            .open_table(redb::TableDefinition::<&str, u64>::new("meta"))
            .unwrap()
            .insert("schema", 99)
            .unwrap();
        transaction.commit().unwrap();
    }
    let error = Embedded::open(disk.path(), ring(&disk)).err().unwrap();
    assert!(matches!(error, OpenError::Schema { found: 99, .. }), "{error}");
}

#[tokio::test]
async fn a_damaged_file_is_refused() {
    let disk = OnDisk::new();
    let store = embedded(disk.path());
    for index in 0..50 {
        let key = keys::user(&name(&format!("user{index}")));
        store.commit(Commit::new().create(key, vec![7; 1000], None)).await.unwrap();
    }
    drop(store);
    let file = disk.path().join("countersign.redb");
    let sound = std::fs::read(&file).unwrap();
    let place = sound.windows(500).position(|window| window == [7; 500]).unwrap();
    let mut bent = sound.clone();
    bent[place + 250] = 8;
    for (how, bytes) in [("bent", bent), ("not a database", b"something else".repeat(1000))] {
        std::fs::write(&file, bytes).unwrap();
        let error = Embedded::open(disk.path(), ring(&disk)).err().unwrap();
        assert!(matches!(error, OpenError::Damaged { .. }), "{how}: {error}");
    }
}

#[tokio::test]
async fn what_is_sealed_is_nowhere_in_clear() {
    const CANARY: &[u8] = b"canary-7f3a9c-JBSWY3DPEHPK3PXP";
    let disk = OnDisk::new();
    let seal = ring(&disk);
    let store = Embedded::open(disk.path(), seal.clone()).unwrap();
    let key = keys::user(&name("alice"));
    let sealed = seal.seal(key.as_str(), CANARY);
    store
        .commit(Commit::new().create(key.clone(), sealed, None).record(event(EventKind::UserAdded)))
        .await
        .unwrap();
    let mut writer = store.blob_begin(Id::new(at(0), &SeededEntropy::new(1))).await.unwrap();
    writer.write(&CANARY.repeat(10_000)).await.unwrap();
    writer.finish().await.unwrap();
    let row = store.get(&key).await.unwrap().unwrap();
    assert!(seal.open(key.as_str(), &row.value).unwrap().same(CANARY));
    drop(store);

    let mut files = 0;
    for folder in [disk.path().to_owned(), disk.path().join("blobs")] {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, if entry.path().is_dir() { 0o700 } else { 0o600 }, "{:?}", entry.path());
            if entry.path().is_file() {
                files += 1;
                let bytes = std::fs::read(entry.path()).unwrap();
                assert!(!bytes.windows(12).any(|window| window == &CANARY[..12]), "{:?}", entry.path());
            }
        }
    }
    assert_eq!(files, 3, "database, key and body");
}

#[tokio::test]
async fn what_a_crash_left_half_written_is_removed() {
    let disk = OnDisk::new();
    drop(embedded(disk.path()));
    let left = disk.path().join("blobs/blob_01HF7YAT000000000000000000.part");
    std::fs::write(&left, b"half").unwrap();
    let store = embedded(disk.path());
    assert!(!left.exists());
    drop(store);
}

#[tokio::test]
async fn an_answered_commit_survives_a_crash() {
    let disk = OnDisk::new();
    let store = embedded(disk.path());
    for count in 1..=5u64 {
        let key = keys::user(&name(&format!("user{count}")));
        let commit = Commit::new().create(key.clone(), b"1".into(), None).record(event(EventKind::UserAdded));
        let version = store.commit(commit).await.unwrap().version;
        // What is in the files at this moment is all that a crash would leave.
        let after = OnDisk::new();
        for file in ["countersign.redb", "seal.key"] {
            std::fs::copy(disk.path().join(file), after.path().join(file)).unwrap();
        }
        let again = embedded(after.path());
        assert_eq!(again.get(&key).await.unwrap().unwrap().version, version);
        assert_eq!(again.audit(1, 9).await.unwrap().len() as u64, count);
    }
}
