//! What policies do, and what those in observe mode would do, counted by day: `policy observed`.
//!
//! Counting is in memory. What was counted is added to the store every few seconds and at the end, and kept for thirty days; a crash loses
//! what was counted since. Requests are put down to the day on which they are added, what policies did to the day it happened.
//!
//! **Invariant:** counting never waits, fails or changes what happens to a request (`tests/it/observed.rs`: a store that is down).
//! **Invariant:** a request that no policy applies to costs one look-up and one relaxed addition, and nothing is allocated.
//! **Invariant:** what one gateway adds is never lost to another: a row is swapped as it was read, or read again.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::base::text::visible;
use crate::base::time::{Span, Timestamp};
use crate::policy::{Ruling, Would};
use crate::store::record_observed::{EXAMPLES, Example, ObservedRow, Tally};
use crate::store::{Commit, Key, keys};

use super::admin::{ObservedDay, ObservedPolicy};
use super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};

/// How often counts are added to the store.
const EVERY: Duration = Duration::from_secs(5);
/// How many days are kept.
pub const DAYS: u32 = 30;
/// How many rows share one commit.
const BATCH: usize = 50;
const DAY: i64 = 86_400_000;

/// The counts of one gateway that are not in the store yet.
pub(super) struct Counts(HashMap<String, AppCounts>);

#[derive(Default)]
struct AppCounts {
    considered: AtomicU64,
    policies: Mutex<BTreeMap<(i64, String), Pending>>,
}

/// One policy's part of one day.
#[derive(Default)]
struct Pending {
    tally: Tally,
    examples: Vec<Example>,
    /// Examples that this gateway has taken on that day.
    taken: usize,
}

/// What is to be added to one row.
struct Addition {
    app: String,
    day: i64,
    to: Of,
}

enum Of {
    App(u64),
    Policy(String, Tally, Vec<Example>),
}

impl Counts {
    pub(super) fn of(apps: impl Iterator<Item = String>) -> Self {
        Self(apps.map(|app| (app, AppCounts::default())).collect())
    }

    fn take(&self, today: i64) -> Vec<Addition> {
        let mut taken = Vec::new();
        for (app, counts) in &self.0 {
            let considered = counts.considered.swap(0, Ordering::Relaxed);
            if considered > 0 {
                taken.push(Addition { app: app.clone(), day: today, to: Of::App(considered) });
            }
            let mut policies = counts.lock();
            for ((day, policy), pending) in &mut *policies {
                if pending.tally != Tally::default() {
                    let (tally, examples) =
                        (std::mem::take(&mut pending.tally), std::mem::take(&mut pending.examples));
                    let to = Of::Policy(policy.clone(), tally, examples);
                    taken.push(Addition { app: app.clone(), day: *day, to });
                }
            }
            policies.retain(|(day, _), _| *day >= today);
        }
        taken
    }

    fn give_back(&self, additions: Vec<Addition>) {
        for Addition { app, day, to } in additions {
            let Some(counts) = self.0.get(&app) else { continue };
            match to {
                Of::App(considered) => drop(counts.considered.fetch_add(considered, Ordering::Relaxed)),
                Of::Policy(policy, tally, mut examples) => {
                    let mut policies = counts.lock();
                    let pending = policies.entry((day, policy)).or_default();
                    pending.tally = pending.tally.plus(tally);
                    examples.append(&mut pending.examples);
                    pending.examples = examples;
                    pending.taken = pending.taken.max(pending.examples.len());
                }
            }
        }
    }
}

impl AppCounts {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(i64, String), Pending>> {
        self.policies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flows {
    /// Counts a request for `app`, before it is known whether any policy applies.
    pub fn considered(&self, app: &str) {
        if let Some(counts) = self.0.counts.0.get(app) {
            counts.considered.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts what the policies say about a request of `user` for `path`.
    pub fn ruled(&self, app: &str, user: &str, path: &str, ruling: &Ruling) {
        if matches!(ruling, Ruling::Forward(_)) && ruling.observed().is_empty() {
            return;
        }
        let Some(counts) = self.0.counts.0.get(app) else { return };
        let now = self.now();
        let day = now.millis().div_euclid(DAY);
        let mut policies = counts.lock();
        let mut add = |policy: &str, tally: Tally| {
            let pending = policies.entry((day, policy.to_owned())).or_default();
            pending.tally = pending.tally.plus(tally);
        };
        match ruling {
            Ruling::Forward(_) => {}
            Ruling::Hold(held) => {
                held.policies.iter().for_each(|one| add(&one.id, Tally { held: 1, ..Tally::default() }));
            }
            Ruling::Deny(denied) => {
                denied.policies.iter().for_each(|one| add(&one.id, Tally { denied: 1, ..Tally::default() }));
            }
            Ruling::Refuse(ambiguity) => {
                add(&ambiguity.policy.id, Tally { refused: 1, ..Tally::default() });
            }
        }
        for seen in ruling.observed() {
            let (would, tally) = match seen.would {
                Would::Hold => ("hold", Tally { would_hold: 1, ..Tally::default() }),
                Would::Deny => ("deny", Tally { would_deny: 1, ..Tally::default() }),
                Would::Refuse => ("refuse", Tally { would_refuse: 1, ..Tally::default() }),
            };
            self.metrics().observed(would);
            let pending = policies.entry((day, seen.policy.id.clone())).or_default();
            pending.tally = pending.tally.plus(tally);
            if pending.taken < EXAMPLES {
                pending.taken += 1;
                let summary = seen.summary.as_deref().unwrap_or_default();
                pending.examples.push(Example {
                    at: now,
                    user: visible(user, 128),
                    path: visible(path, 200),
                    would: would.to_owned(),
                    summary: visible(&summary.replace('\n', "; "), 300),
                });
            }
        }
    }

    /// Adds what was counted to the store every few seconds, and once more at the end.
    pub async fn flush_until_stopped(self) {
        loop {
            let stopping = tokio::select! {
                () = self.tasks().stopping() => true,
                () = tokio::time::sleep(EVERY) => false,
            };
            if let Err(error) = self.flush_counts().await {
                tracing::warn!(%error, "what was counted of policies could not be stored; it is kept and tried again");
            }
            if stopping {
                return;
            }
        }
    }

    /// Adds what was counted to the store.
    ///
    /// # Errors
    /// When the store cannot be used; what was counted is kept for the next time.
    pub async fn flush_counts(&self) -> Result<(), Unavailable> {
        let mut left = self.0.counts.take(self.now().millis().div_euclid(DAY));
        while !left.is_empty() {
            let rest = left.split_off(left.len().min(BATCH));
            if let Err(error) = self.add(&left).await {
                left.extend(rest);
                self.0.counts.give_back(left);
                return Err(error);
            }
            left = rest;
        }
        Ok(())
    }

    async fn add(&self, additions: &[Addition]) -> Result<(), Unavailable> {
        for _ in 0..TRIES {
            let mut commit = Commit::new();
            for addition in additions {
                let key = addition.key();
                let found = self.row(&key).await?;
                let before: Option<ObservedRow> = match &found {
                    Some(row) => Some(self.records().open(&key, &row.value).map_err(unavailable)?),
                    None => None,
                };
                let value = self.records().close(&key, &addition.onto(before));
                let due =
                    Timestamp::from_millis((addition.day + 1) * DAY).plus(Span::from_secs(DAYS * 86_400));
                commit = commit.put(key, found.as_ref(), value, Some(due));
            }
            match self.store().commit(commit).await {
                Ok(_) => return Ok(()),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// A day's counts have been kept long enough.
    pub(super) async fn forget_day(&self, key: Key) -> Result<(), Unavailable> {
        let Some(row) = self.row(&key).await? else { return Ok(()) };
        self.store().commit(Commit::new().delete(key, row.version)).await.map_or_else(lost_race, |_| Ok(()))
    }

    /// What was counted on the last `days` days, today first; what has not been stored is stored first.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub(super) async fn observed(&self, days: u32) -> Result<Vec<ObservedDay>, Unavailable> {
        self.flush_counts().await?;
        let today = self.now().millis().div_euclid(DAY);
        let mut found = Vec::new();
        for back in 0..i64::from(days.clamp(1, DAYS + 1)) {
            found.extend(self.observed_on(&date(today - back)).await?);
        }
        Ok(found)
    }

    async fn observed_on(&self, day: &str) -> Result<Vec<ObservedDay>, Unavailable> {
        let mut apps: BTreeMap<String, ObservedDay> = BTreeMap::new();
        let mut after = None;
        loop {
            let rows = self.page(&keys::observed_on(day), &mut after, 200).await?;
            if rows.is_empty() {
                break;
            }
            for (key, row) in &rows {
                let empty = |app: String| ObservedDay {
                    day: day.to_owned(),
                    app,
                    considered: 0,
                    policies: Vec::new(),
                };
                match self.records().open(key, &row.value).map_err(unavailable)? {
                    ObservedRow::App { app, considered } => {
                        apps.entry(app.clone()).or_insert_with(|| empty(app)).considered = considered;
                    }
                    ObservedRow::Policy { app, policy, tally, examples } => {
                        let one = ObservedPolicy { policy, tally, examples };
                        apps.entry(app.clone()).or_insert_with(|| empty(app)).policies.push(one);
                    }
                }
            }
        }
        Ok(apps.into_values().collect())
    }
}

impl Addition {
    fn key(&self) -> Key {
        let policy = match &self.to {
            Of::App(_) => None,
            Of::Policy(policy, _, _) => Some(policy.as_str()),
        };
        keys::observed(&date(self.day), &self.app, policy)
    }

    /// The row with this added to it. The key says which kind it is, so another kind is not met.
    fn onto(&self, before: Option<ObservedRow>) -> ObservedRow {
        let app = self.app.clone();
        match &self.to {
            Of::App(more) => {
                let earlier = match before {
                    Some(ObservedRow::App { considered, .. }) => considered,
                    Some(ObservedRow::Policy { .. }) | None => 0,
                };
                ObservedRow::App { app, considered: earlier.saturating_add(*more) }
            }
            Of::Policy(policy, more, new) => {
                let (tally, mut examples) = match before {
                    Some(ObservedRow::Policy { tally, examples, .. }) => (tally, examples),
                    Some(ObservedRow::App { .. }) | None => (Tally::default(), Vec::new()),
                };
                examples.extend(new.iter().cloned());
                examples.truncate(EXAMPLES);
                ObservedRow::Policy { app, policy: policy.clone(), tally: tally.plus(*more), examples }
            }
        }
    }
}

/// `2026-11-21`
fn date(day: i64) -> String {
    let mut text = Timestamp::from_millis(day * DAY).to_string();
    text.truncate(10);
    text
}
