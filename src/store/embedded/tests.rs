//! What happens when the disk fails between the engine and the file: a real database over a backend that refuses to write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::StorageBackend;
use redb::backends::FileBackend;

use super::*;
use crate::audit::{Actor, Event, EventKind};
use crate::base::entropy::SeededEntropy;
use crate::base::text::UserName;
use crate::store::keys;
use crate::store::seal::own_key;

/// Fails every write and sync while `full`.
#[derive(Debug)]
struct Failing {
    file: FileBackend,
    full: Arc<AtomicBool>,
}

impl Failing {
    fn check(&self) -> std::io::Result<()> {
        if self.full.load(Ordering::SeqCst) { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl StorageBackend for Failing {
    fn len(&self) -> std::io::Result<u64> {
        self.file.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        self.file.read(offset, out)
    }
    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.check()?;
        self.file.set_len(len)
    }
    fn sync_data(&self) -> std::io::Result<()> {
        self.check()?;
        self.file.sync_data()
    }
    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        self.check()?;
        self.file.write(offset, data)
    }
    fn close(&self) -> std::io::Result<()> {
        self.file.close()
    }
}

#[tokio::test]
async fn a_full_disk_refuses_and_heals() {
    let folder = tempfile::tempdir().unwrap();
    let full = Arc::new(AtomicBool::new(false));
    let make: file::Make = {
        let full = full.clone();
        Arc::new(move |builder, file| builder.create_with_backend(Failing { file, full: full.clone() }))
    };
    let entropy = Arc::new(SeededEntropy::new(1));
    let seal = Arc::new(Seal::new(vec![own_key(folder.path(), &*entropy).unwrap()], entropy).unwrap());
    let store = Embedded::open_with(folder.path(), seal.clone(), make).unwrap();
    let key = |name: &str| keys::user(&UserName::parse(name).unwrap());
    let create = |name: &str| {
        let event = Event::new(Timestamp::from_millis(0), EventKind::UserAdded, Actor::Gateway);
        Commit::new().create(key(name), name.as_bytes().to_vec(), None).record(event)
    };
    store.commit(create("before")).await.unwrap();

    full.store(true, Ordering::SeqCst);
    for name in ["one", "two"] {
        assert!(matches!(store.commit(create(name)).await, Err(CommitError::Unavailable(_))), "{name}");
    }
    assert!(store.health().await.is_err());

    full.store(false, Ordering::SeqCst);
    store.health().await.unwrap();
    assert_eq!(store.get(&key("before")).await.unwrap().unwrap().value, b"before");
    assert_eq!(store.get(&key("one")).await.unwrap(), None);
    let after = store.commit(create("after")).await.unwrap();
    drop(store);

    let store = Embedded::open(folder.path(), seal).unwrap();
    assert_eq!(store.get(&key("after")).await.unwrap().unwrap().version, after.version);
    assert_eq!(store.audit(1, 9).await.unwrap().len(), 2);
    assert_eq!(store.audit_head().await.unwrap().unwrap().number, 2);
}
