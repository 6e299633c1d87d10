//! What was read or written lately, in memory: most decisions are about records that the decision before has just touched, and a hop to the
//! blocking pool costs more than all the rest of reading one.
//!
//! **Invariant:** what it gives is what a read would give that begins now. The writer puts every change in before anyone is told of it; what a
//! reader found is taken only if nothing was committed since it began to read ([`Stamp`]), and after a failed write nothing is kept.
//! Values are as they lie on the disk, sealed. Used by [`Embedded`](super::Embedded); written to by it and the [`writer`](super::writer).

use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use crate::store::{Change, Key, Prefix, Row, Steps};

/// The most that is kept, in bytes: each of the two kinds half of it.
const MOST: usize = 8 << 20;

/// What one entry takes beside its bytes, about.
const BESIDE: usize = 200;

/// The state of the store that a reader has begun with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp(u64);

/// A record, or that there is none.
pub(super) struct Known(pub(super) Option<Row>);

/// The records and lists lately used.
pub(super) struct Cache(Mutex<Kept>);

struct Kept {
    /// How often something was committed, or may have been.
    commits: u64,
    /// `None`: there is no such record.
    rows: Bounded<Option<Row>>,
    /// All records below a prefix, by the prefix.
    lists: Bounded<Vec<(Key, Row)>>,
}

impl Cache {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Kept { commits: 0, rows: Bounded::new(), lists: Bounded::new() }))
    }

    /// Taken before a reader begins to read.
    pub(super) fn stamp(&self) -> Stamp {
        Stamp(self.lock().commits)
    }

    /// What is known of a record; `None` where it must be read.
    pub(super) fn get(&self, key: &Key) -> Option<Known> {
        self.lock().rows.get(key.as_str()).cloned().map(Known)
    }

    /// What a reader found.
    pub(super) fn found(&self, stamp: Stamp, key: &Key, row: Option<&Row>) {
        let mut kept = self.lock();
        if Stamp(kept.commits) == stamp {
            kept.rows.put(key.as_str(), size(row), row.cloned());
        }
    }

    /// All records below a prefix.
    pub(super) fn list(&self, prefix: &Prefix) -> Option<Vec<(Key, Row)>> {
        self.lock().lists.get(prefix.as_str()).cloned()
    }

    /// All that a reader found below a prefix.
    pub(super) fn listed(&self, stamp: Stamp, prefix: &Prefix, rows: &[(Key, Row)]) {
        let mut kept = self.lock();
        if Stamp(kept.commits) == stamp {
            let bytes = rows.iter().map(|(key, row)| BESIDE + key.as_str().len() + size(Some(row))).sum();
            kept.lists.put(prefix.as_str(), bytes, rows.to_vec());
        }
    }

    /// What was committed.
    pub(super) fn committed<'a>(&self, all: impl Iterator<Item = (&'a Steps, u64)>) {
        let mut kept = self.lock();
        kept.commits += 1;
        for (steps, version) in all {
            for (key, (_, change)) in steps {
                if *change == Change::None {
                    continue;
                }
                for (at, _) in key.as_str().match_indices('/') {
                    kept.lists.remove(key.as_str().get(..=at).unwrap_or_default());
                }
                let row = match change {
                    Change::None | Change::Add(_) => {
                        // What a count is now, the next reader finds.
                        kept.rows.remove(key.as_str());
                        continue;
                    }
                    Change::Put(put) => Some(Row { version, value: put.value.clone() }),
                    Change::Delete => None,
                };
                kept.rows.put(key.as_str(), size(row.as_ref()), row);
            }
        }
    }

    /// It is not known what was committed.
    pub(super) fn forget(&self) {
        let mut kept = self.lock();
        kept.commits += 1;
        (kept.rows, kept.lists) = (Bounded::new(), Bounded::new());
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the records below a prefix are few and belong together: those of one user or thing, not all of a kind.
pub(super) fn is_narrow(prefix: &Prefix) -> bool {
    prefix.as_str().matches('/').count() > 1
}

fn size(row: Option<&Row>) -> usize {
    row.map_or(0, |row| row.value.len())
}

/// The lately used ones that fit.
struct Bounded<V> {
    entries: LruCache<Box<str>, (usize, V)>,
    bytes: usize,
}

impl<V> Bounded<V> {
    fn new() -> Self {
        Self { entries: LruCache::unbounded(), bytes: 0 }
    }

    fn get(&mut self, name: &str) -> Option<&V> {
        self.entries.get(name).map(|(_, value)| value)
    }

    fn put(&mut self, name: &str, bytes: usize, value: V) {
        let bytes = BESIDE + name.len() + bytes;
        if let Some((before, _)) = self.entries.put(name.into(), (bytes, value)) {
            self.bytes -= before;
        }
        self.bytes += bytes;
        while self.bytes > MOST / 2
            && let Some((_, (gone, _))) = self.entries.pop_lru()
        {
            self.bytes -= gone;
        }
    }

    fn remove(&mut self, name: &str) {
        if let Some((gone, _)) = self.entries.pop(name) {
            self.bytes -= gone;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::text::UserName;
    use crate::store::{Commit, keys};

    fn user(name: &str) -> Key {
        keys::user(&UserName::parse(name).unwrap())
    }

    fn row(version: u64, size: usize) -> Row {
        Row { version, value: vec![7; size] }
    }

    #[test]
    fn what_was_read_before_a_commit_is_not_taken_after_it() {
        let cache = Cache::new();
        let stamp = cache.stamp();
        let (steps, _) = Commit::new().create(user("alice"), vec![2], None).into_parts().unwrap();
        cache.committed([(&steps, 9)].into_iter());
        cache.found(stamp, &user("alice"), None);
        cache.found(stamp, &user("bob"), Some(&row(1, 1)));
        assert_eq!(cache.get(&user("alice")).unwrap().0.unwrap().version, 9);
        assert!(cache.get(&user("bob")).is_none());
        cache.found(cache.stamp(), &user("bob"), Some(&row(1, 1)));
        assert_eq!(cache.get(&user("bob")).unwrap().0.unwrap().version, 1);
        cache.forget();
        assert!(cache.get(&user("alice")).is_none());
        assert!(cache.get(&user("bob")).is_none());
    }

    #[test]
    fn a_list_goes_with_any_change_below_it() {
        let cache = Cache::new();
        let alice = UserName::parse("alice").unwrap();
        let prefix = keys::authenticators_of(&alice);
        cache.listed(cache.stamp(), &prefix, &[]);
        assert!(cache.list(&prefix).is_some());
        let (steps, _) = Commit::new().create(user("alice"), vec![2], None).into_parts().unwrap();
        cache.committed([(&steps, 1)].into_iter());
        assert!(cache.list(&prefix).is_some());
        let id = crate::base::id::Id::new(
            crate::base::time::Timestamp::from_millis(0),
            &crate::base::entropy::SeededEntropy::new(1),
        );
        let key = keys::authenticator(&alice, id);
        let (steps, _) = Commit::new().create(key, vec![2], None).into_parts().unwrap();
        cache.committed([(&steps, 2)].into_iter());
        assert!(cache.list(&prefix).is_none());
    }

    #[test]
    fn it_keeps_the_lately_used_and_no_more_than_fits() {
        let cache = Cache::new();
        for number in 0..200 {
            cache.found(cache.stamp(), &user(&format!("u{number}")), Some(&row(number, 100_000)));
            drop(cache.get(&user("u0")));
        }
        assert!(cache.get(&user("u0")).is_some());
        assert!(cache.get(&user("u199")).is_some());
        assert!(cache.get(&user("u1")).is_none());
        let kept = cache.lock();
        assert!(kept.rows.bytes <= MOST / 2, "{}", kept.rows.bytes);
        assert_eq!(kept.rows.bytes, kept.rows.entries.iter().map(|(_, (bytes, _))| bytes).sum::<usize>());
    }
}
