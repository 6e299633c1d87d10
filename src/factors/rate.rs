//! How often something may be done in any stretch of time: the arithmetic behind the limits on messages.
//!
//! A window is cut into twelve slots and remembers how often it was done in each. What lies in the last thirteen slots counts, so that
//! in no stretch as long as the window more is done than allowed: a fixed window would let twice as much through around its edge.
//!
//! **Invariant:** no rate is unlimited ([`Rate::new`]); a refused try counts nothing.
//! **Invariant:** a clock that runs backwards frees nothing: what was done later still counts (`the_clock_frees_nothing`).
//!
//! Kept sealed in the store and committed before what it counts is done (`flow::sending`).

use crate::base::time::{Span, Timestamp};

/// Slots of a window.
const SLOTS: i64 = 12;

/// At most so often in any such stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    most: u32,
    per: Span,
}

impl Rate {
    /// At most `most` times in any `per`.
    ///
    /// # Errors
    /// When that is never, or the time is shorter than twelve seconds or longer than a year.
    pub fn new(most: u32, per: Span) -> Result<Self, RateError> {
        if most == 0 || per < Span::from_secs(12) || per > Span::from_secs(366 * 86_400) {
            return Err(RateError);
        }
        Ok(Self { most, per })
    }

    /// How often.
    pub const fn most(self) -> u32 {
        self.most
    }

    /// In which time.
    pub const fn per(self) -> Span {
        self.per
    }
}

/// The numbers are no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a limit is at least 1, and no limit is unlimited")]
pub struct RateError;

/// How often something was done lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window(Vec<(i64, u32)>);

impl Window {
    /// From its stored slots: number and count.
    pub fn from_slots(slots: Vec<(i64, u32)>) -> Self {
        Self(slots)
    }

    /// Its slots: number and count, the oldest first.
    pub fn slots(&self) -> &[(i64, u32)] {
        &self.0
    }

    /// Counts one more at `now`, to be committed before it is done.
    ///
    /// # Errors
    /// How long it is until the next one is allowed.
    pub fn reserve(&self, now: Timestamp, rate: Rate) -> Result<Self, Span> {
        let width = rate.per.millis() / SLOTS;
        let slot = now.millis().div_euclid(width);
        let mut slots: Vec<(i64, u32)> =
            self.0.iter().copied().filter(|(number, _)| *number >= slot - SLOTS).collect();
        let mut counted = slots.iter().fold(0u32, |sum, (_, count)| sum.saturating_add(*count));
        if counted >= rate.most {
            let mut frees = slot;
            for (number, count) in &slots {
                counted = counted.saturating_sub(*count);
                frees = *number;
                if counted < rate.most {
                    break;
                }
            }
            let at = Timestamp::from_millis((frees + SLOTS + 1).saturating_mul(width));
            return Err(at.since(now).max(Span::from_secs(1)));
        }
        match slots.iter_mut().find(|(number, _)| *number == slot) {
            Some((_, count)) => *count += 1,
            None => slots.push((slot, 1)),
        }
        slots.sort_unstable();
        Ok(Self(slots))
    }
}

/// How often one thing was done: lately, in all, and when last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Within the hour.
    pub hour: Window,
    /// Within the day.
    pub day: Window,
    /// Since it is counted.
    pub all: u32,
    /// When last.
    pub last: Option<Timestamp>,
    /// Whether what was done last was answered: nobody has to wait for the pause then.
    pub answered: bool,
}

/// What bounds a [`Tally`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// In any hour.
    pub hour: Option<Rate>,
    /// In any day.
    pub day: Option<Rate>,
    /// In all.
    pub all: Option<u32>,
    /// Between one and the next.
    pub pause: Span,
}

/// Why nothing more may be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The last one was a moment ago.
    Pause(Span),
    /// There were many lately: how long until the next.
    Often(Span),
    /// There were as many as there may ever be.
    All,
}

impl Tally {
    /// Counts one more at `now`, to be committed before it is done.
    ///
    /// # Errors
    /// What stands against it; nothing is counted then.
    pub fn reserve(&self, now: Timestamp, bounds: &Bounds) -> Result<Self, Bound> {
        if bounds.all.is_some_and(|most| self.all >= most) {
            return Err(Bound::All);
        }
        if let Some(last) = self.last
            && !self.answered
        {
            let pause = last.plus(bounds.pause).since(now);
            if pause > Span::ZERO {
                return Err(Bound::Pause(pause.min(bounds.pause)));
            }
        }
        let window = |window: &Window, rate: Option<Rate>| match rate {
            Some(rate) => window.reserve(now, rate).map_err(Bound::Often),
            None => Ok(Window::default()),
        };
        let (hour, day) = (window(&self.hour, bounds.hour)?, window(&self.day, bounds.day)?);
        Ok(Self { hour, day, all: self.all.saturating_add(1), last: Some(now), answered: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    #[test]
    fn in_no_stretch_is_more_done_than_allowed() {
        let hour = Span::from_secs(3600);
        let rate = Rate::new(10, hour).unwrap();
        let (mut window, mut done): (Window, Vec<Timestamp>) = (Window::default(), Vec::new());
        // Every 97 seconds somebody tries, for two days.
        for second in (0..172_800).step_by(97) {
            let now = T0.plus(Span::from_secs(second));
            if let Ok(next) = window.reserve(now, rate) {
                window = next;
                done.push(now);
            }
        }
        let most = done
            .iter()
            .map(|at| done.iter().filter(|other| **other >= *at && **other < at.plus(hour)).count());
        assert_eq!(most.max(), Some(10));
        assert!(done.len() > 400, "{} were let through: the limit starves", done.len());
        assert!(window.slots().len() <= 13);
    }

    #[test]
    fn whoever_waits_as_told_is_let_through() {
        let rate = Rate::new(3, Span::from_secs(3600)).unwrap();
        let (mut window, mut now) = (Window::default(), T0.plus(Span::from_secs(1234)));
        for _ in 0..20 {
            match window.reserve(now, rate) {
                Ok(next) => window = next,
                Err(wait) => {
                    let just_before = Timestamp::from_millis(now.plus(wait).millis() - 1);
                    assert!(window.reserve(just_before, rate).is_err());
                    assert!(wait <= Span::from_secs(3600 + 300));
                    now = now.plus(wait);
                    assert!(window.reserve(now, rate).is_ok());
                }
            }
        }
    }

    #[test]
    fn a_tally_pauses_counts_and_ends() {
        let minute = Span::from_secs(60);
        let rate = |most| Rate::new(most, Span::from_secs(3600)).ok();
        let bounds = Bounds { hour: rate(3), day: None, all: Some(5), pause: minute };
        let first = Tally::default().reserve(T0, &bounds).unwrap();
        assert_eq!(first.reserve(T0, &bounds), Err(Bound::Pause(minute)));
        let later = |seconds| T0.plus(Span::from_secs(seconds));
        assert_eq!(first.reserve(later(59), &bounds), Err(Bound::Pause(Span::from_secs(1))));
        let third = first.reserve(later(60), &bounds).unwrap().reserve(later(120), &bounds).unwrap();
        assert!(matches!(third.reserve(later(180), &bounds), Err(Bound::Often(_))));
        let fifth = third.reserve(later(7200), &bounds).unwrap().reserve(later(7260), &bounds).unwrap();
        assert_eq!(fifth.reserve(later(99_999), &bounds), Err(Bound::All));
        let long_before = Timestamp::from_millis(T0.millis() - 86_400_000);
        assert_eq!(
            first.reserve(long_before, &bounds),
            Err(Bound::Pause(minute)),
            "never longer than a pause"
        );
    }

    #[test]
    fn the_clock_frees_nothing() {
        let rate = Rate::new(1, Span::from_secs(3600)).unwrap();
        let window = Window::default().reserve(T0, rate).unwrap();
        let before = Timestamp::from_millis(T0.millis() - 86_400_000);
        assert!(window.reserve(before, rate).is_err());
        assert!(Rate::new(0, Span::from_secs(3600)).is_err() && Rate::new(1, Span::ZERO).is_err());
    }
}
