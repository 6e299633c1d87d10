//! Answers of an application, kept for the configured time.
//!
//! **Invariant:** bounded: never more than [`MOST`] answers, the oldest go first; never an error.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use crate::base::time::{Span, Timestamp};
use crate::identity::Principal;

/// The most answers that are kept.
const MOST: usize = 10_000;

type Key = [u8; 32];

pub(super) struct Cache {
    time: Span,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    answers: HashMap<Key, (Timestamp, Principal)>,
    /// In order of ending, since all are kept equally long; an answer that was replaced leaves an entry that names another end.
    ends: VecDeque<(Timestamp, Key)>,
}

impl Cache {
    pub(super) fn new(time: Span) -> Self {
        Self { time, kept: Mutex::default() }
    }

    pub(super) fn get(&self, key: &Key, now: Timestamp) -> Option<Principal> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.answers.get(key).filter(|(end, _)| now < *end).map(|(_, principal)| principal.clone())
    }

    pub(super) fn put(&self, key: Key, principal: Principal, now: Timestamp) {
        if self.time == Span::ZERO {
            return;
        }
        let end = now.plus(self.time);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.answers.insert(key, (end, principal));
        kept.ends.push_back((end, key));
        while let Some((end, key)) = kept.ends.front().copied() {
            if end > now && kept.answers.len() <= MOST && kept.ends.len() <= 2 * MOST {
                break;
            }
            kept.ends.pop_front();
            if kept.answers.get(&key).is_some_and(|(kept_until, _)| *kept_until == end) {
                kept.answers.remove(&key);
            }
        }
    }

    pub(super) fn forget(&self, key: &Key) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).answers.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::text::UserName;
    use crate::identity::Source;

    fn principal() -> Principal {
        Principal { user: UserName::parse("alice").unwrap(), groups: vec![], source: Source::Whoami }
    }

    #[test]
    fn it_is_bounded_and_forgets_the_oldest() {
        let cache = Cache::new(Span::from_secs(30));
        let key = |n: usize| crate::base::secret::fingerprint("k", &[&n.to_be_bytes()]);
        let now = Timestamp::from_millis(1_000_000);
        for n in 0..MOST + 10 {
            cache.put(key(n), principal(), now);
            cache.put(key(n), principal(), now);
        }
        assert!(cache.get(&key(0), now).is_none());
        assert!(cache.get(&key(MOST + 9), now).is_some());
        {
            let kept = cache.kept.lock().unwrap();
            assert!(
                kept.answers.len() <= MOST && kept.ends.len() <= 2 * MOST,
                "{} {}",
                kept.answers.len(),
                kept.ends.len()
            );
        }
        let later = now.plus(Span::from_secs(30));
        assert!(cache.get(&key(MOST + 9), later).is_none());
        cache.put(key(0), principal(), later);
        assert_eq!(cache.kept.lock().unwrap().answers.len(), 1);
        cache.forget(&key(0));
        assert!(cache.get(&key(0), later).is_none());
    }

    #[test]
    fn without_time_nothing_is_kept() {
        let cache = Cache::new(Span::ZERO);
        cache.put([0; 32], principal(), Timestamp::from_millis(0));
        assert!(cache.get(&[0; 32], Timestamp::from_millis(-1)).is_none());
    }
}
