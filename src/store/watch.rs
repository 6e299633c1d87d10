//! Who waits for which record. An engine tells [`Watchers`] what each commit touched.
//!
//! **Invariant:** no wake-up is lost: a [`Changes`] counts from its making, not from its first wait.
//! **Invariant:** a key nobody watches takes no memory (`nothing_is_left_behind`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::keys::Key;

type Map = HashMap<Key, watch::Sender<()>>;

/// All that are waiting. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Watchers(Arc<Mutex<Map>>);

impl Watchers {
    /// Begins to watch `key`.
    pub(super) fn watch(&self, key: &Key) -> Changes {
        let receiver = self.lock().entry(key.clone()).or_insert_with(|| watch::Sender::new(())).subscribe();
        Changes { receiver: Some(receiver), key: key.clone(), watchers: self.clone() }
    }

    /// Wakes whoever watches `key`.
    pub(super) fn touched(&self, key: &Key) {
        if let Some(sender) = self.lock().get(key) {
            sender.send_replace(());
        }
    }

    /// Wakes everybody: what happened to their records meanwhile is not known.
    pub(super) fn all_touched(&self) {
        for sender in self.lock().values() {
            sender.send_replace(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Map> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells of changes to one record; see [`Store::watch`](super::Store::watch).
pub struct Changes {
    receiver: Option<watch::Receiver<()>>,
    key: Key,
    watchers: Watchers,
}

impl Changes {
    /// Resolves once a commit touched the record since this was made, or since it last resolved. Safe to drop and call again.
    pub async fn changed(&mut self) {
        let woken = match &mut self.receiver {
            Some(receiver) => receiver.changed().await.is_ok(),
            None => false,
        };
        if !woken {
            // The sender lives as long as any receiver does, so this is not reached; waiting is the answer that assumes nothing.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        let mut map = self.watchers.lock();
        self.receiver = None;
        if map.get(&self.key).is_some_and(|sender| sender.receiver_count() == 0) {
            map.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_behind() {
        let watchers = Watchers::default();
        let key = Key::stored("held/x");
        let (one, two) = (watchers.watch(&key), watchers.watch(&key));
        drop(one);
        assert_eq!(watchers.lock().len(), 1);
        drop(two);
        assert!(watchers.lock().is_empty());
    }
}
