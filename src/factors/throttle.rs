//! The ledger of wrong answers, and when it makes a person wait or locks.
//!
//! **Invariant:** an attempt is counted before anything is told of it: of any number of answers at once, no more are judged than the budget
//! allows (tests below; the store's version check makes it hold over nodes).
//! **Invariant:** a budget is never unlimited ([`Budget::new`]); only a right answer or an operator clears a ledger, never a new held
//! request, a new challenge or another authenticator.
//!
//! Kept once per user and once per authenticator (NIST SP 800-63B-4 §3.2.2: at most 100 in a row).

use crate::base::time::{Span, Timestamp};

/// Wrong answers in a row, and until when no further one is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Attempts since the last right answer, those whose outcome is not known yet included.
    pub wrong: u32,
    /// The instant before which no attempt is taken; `None` while there is no such wait.
    pub not_before: Option<Timestamp>,
}

impl Ledger {
    /// Counts one attempt, to be committed before anything is told of the answer.
    ///
    /// # Errors
    /// When the person has to wait, or an operator has to unblock; nothing is counted then.
    pub fn reserve(self, now: Timestamp, budget: &Budget) -> Result<Self, Throttled> {
        if self.is_locked(budget) {
            return Err(Throttled::Locked);
        }
        if let Some(until) = self.not_before.filter(|until| *until > now) {
            return Err(Throttled::Wait(until));
        }
        let wrong = self.wrong.saturating_add(1);
        let not_before = wrong
            .checked_sub(budget.throttle_after)
            .map(|beyond| now.plus(budget.first_wait.doubled(beyond, budget.longest_wait)));
        Ok(Self { wrong, not_before })
    }

    /// The ledger after a right answer, or after an operator has unblocked.
    #[must_use]
    pub fn cleared() -> Self {
        Self::default()
    }

    /// Whether only an operator can let another attempt through.
    pub fn is_locked(&self, budget: &Budget) -> bool {
        self.wrong >= budget.lock_after
    }

    /// How many attempts remain before the lock.
    pub fn left(&self, budget: &Budget) -> u32 {
        budget.lock_after.saturating_sub(self.wrong)
    }
}

/// Why no attempt is taken now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Throttled {
    /// Too many wrong answers: the next is taken at this instant.
    #[error("too many wrong answers: the next is taken at {0}")]
    Wait(Timestamp),
    /// Too many wrong answers in a row: an operator has to unblock.
    #[error("too many wrong answers in a row: an operator has to unblock")]
    Locked,
}

/// How many wrong answers in a row are borne.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    throttle_after: u32,
    lock_after: u32,
    first_wait: Span,
    longest_wait: Span,
}

impl Budget {
    /// `throttle_after` attempts are free, each further one waits (`first_wait`, doubling up to `longest_wait`), and after
    /// `lock_after` none is taken.
    ///
    /// # Errors
    /// When nothing would be throttled or locked, or more than 100 in a row would be taken.
    pub fn new(
        throttle_after: u32,
        lock_after: u32,
        first_wait: Span,
        longest_wait: Span,
    ) -> Result<Self, BudgetError> {
        if throttle_after == 0 || lock_after < throttle_after || lock_after > 100 {
            return Err(BudgetError::Counts);
        }
        if first_wait < Span::from_secs(1) || longest_wait < first_wait {
            return Err(BudgetError::Waits);
        }
        Ok(Self { throttle_after, lock_after, first_wait, longest_wait })
    }
}

/// Five free, then 30 s doubling up to an hour, locked after twenty.
impl Default for Budget {
    fn default() -> Self {
        Self {
            throttle_after: 5,
            lock_after: 20,
            first_wait: Span::from_secs(30),
            longest_wait: Span::from_secs(3600),
        }
    }
}

/// Why numbers are no budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BudgetError {
    /// The counts.
    #[error("the counts must be 1 to 100, the one that locks not below the one that throttles")]
    Counts,
    /// The waits.
    #[error("the first wait must be at least `1s` and not longer than the longest")]
    Waits,
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    #[test]
    fn five_are_taken_then_waits_double_then_it_locks() {
        let budget = Budget::default();
        let (mut ledger, mut now, mut waits) = (Ledger::default(), T0, Vec::new());
        for _ in 0..100 {
            match ledger.reserve(now, &budget) {
                Ok(next) => ledger = next,
                Err(Throttled::Wait(until)) => {
                    let just_before = Timestamp::from_millis(until.millis() - 1);
                    assert_eq!(ledger.reserve(just_before, &budget), Err(Throttled::Wait(until)));
                    waits.push(until.since(now).millis() / 1000);
                    now = until;
                }
                Err(Throttled::Locked) => break,
            }
        }
        assert_eq!(ledger.wrong, 20);
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600]);
        let much_later = now.plus("365d".parse().unwrap());
        assert_eq!(ledger.reserve(much_later, &budget), Err(Throttled::Locked), "time alone never unlocks");
        assert!(Ledger::cleared().reserve(now, &budget).is_ok());
    }

    #[test]
    fn at_one_instant_no_more_than_the_budget_is_taken() {
        let budget = Budget::default();
        let mut ledger = Ledger::default();
        let taken =
            (0..200).filter(|_| ledger.reserve(T0, &budget).map(|next| ledger = next).is_ok()).count();
        assert_eq!(taken, 5);
    }

    #[test]
    fn no_budget_is_unlimited() {
        let (second, hour) = (Span::from_secs(1), Span::from_secs(3600));
        for (throttle, lock, first, longest) in [
            (0, 20, second, hour),
            (5, 4, second, hour),
            (5, 101, second, hour),
            (5, 20, Span::ZERO, hour),
            (5, 20, hour, second),
        ] {
            assert!(Budget::new(throttle, lock, first, longest).is_err());
        }
        assert!(Budget::new(3, 3, second, hour).is_ok());
    }
}
