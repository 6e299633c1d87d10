//! How often a phone is rung: against people who are asked until they give in (push fatigue).
//!
//! **Invariant:** kept once per user, over all held requests and phones, and counted before anything is sent (`flow::begin_phone`): at most
//! [`MOST`] notifications in [`WINDOW`]; further questions are silent.
//! **Invariant:** after a rejection nothing is asked at all for a while, twice as long after each further one; only an approval, or a day
//! without a rejection, ends that (tests below).

use crate::base::time::{Span, Timestamp};

/// Notifications in one window.
pub const MOST: usize = 3;
/// The window.
pub const WINDOW: Span = Span::from_secs(600);
/// The pause after the first rejection; it doubles.
const FIRST: Span = Span::from_secs(60);
/// The longest pause.
const LONGEST: Span = Span::from_secs(3600);
/// After so long without a rejection the earlier ones no longer count.
const FORGIVEN: Span = Span::from_secs(24 * 3600);

/// What one user's phones were rung, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// When notifications were sent, oldest first; only the latest [`MOST`].
    pub sent: Vec<Timestamp>,
    /// Rejections since the last approval.
    pub rejections: u32,
    /// When the last rejection came.
    pub rejected_at: Option<Timestamp>,
}

/// How a question reaches its phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ring {
    /// With a notification.
    Aloud,
    /// Only when the phone asks by itself.
    Silent,
}

/// Rejected a moment ago: nothing is asked before this instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected(pub Timestamp);

impl Pace {
    /// Counts one question at `now`; `can_ring` is whether there is anything to ring.
    ///
    /// # Errors
    /// When a rejection is too fresh.
    pub fn ask(mut self, now: Timestamp, can_ring: bool) -> Result<(Self, Ring), Rejected> {
        if let Some(until) = self.quiet_until().filter(|until| *until > now) {
            return Err(Rejected(until));
        }
        if self.rejected_at.is_some_and(|at| at.plus(FORGIVEN) <= now) {
            (self.rejections, self.rejected_at) = (0, None);
        }
        self.sent.retain(|at| now < at.plus(WINDOW));
        if !can_ring || self.sent.len() >= MOST {
            return Ok((self, Ring::Silent));
        }
        self.sent.push(now);
        Ok((self, Ring::Aloud))
    }

    /// After a rejection.
    #[must_use]
    pub fn rejected(self, now: Timestamp) -> Self {
        Self { rejections: self.rejections.saturating_add(1), rejected_at: Some(now), ..self }
    }

    /// After an approval. What was sent still counts.
    #[must_use]
    pub fn approved(self) -> Self {
        Self { rejections: 0, rejected_at: None, ..self }
    }

    fn quiet_until(&self) -> Option<Timestamp> {
        let again = self.rejections.checked_sub(1)?;
        Some(self.rejected_at?.plus(FIRST.doubled(again, LONGEST)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn after(seconds: i64) -> Timestamp {
        Timestamp::from_millis(T0.millis() + seconds * 1000)
    }

    #[test]
    fn the_fourth_notification_in_ten_minutes_is_not_sent() {
        let (mut pace, mut rings) = (Pace::default(), Vec::new());
        for seconds in [0, 1, 300, 301, 599, 600, 600, 601] {
            let (next, ring) = pace.ask(after(seconds), true).unwrap();
            pace = next;
            rings.push(ring == Ring::Aloud);
        }
        assert_eq!(rings, [true, true, true, false, false, true, false, true]);
        let (next, ring) = Pace::default().ask(T0, false).unwrap();
        assert_eq!((next.sent.len(), ring), (0, Ring::Silent), "what cannot ring is not counted");
    }

    #[test]
    fn each_rejection_doubles_the_silence() {
        let (mut pace, mut now, mut waits) = (Pace::default(), T0, Vec::new());
        for _ in 0..8 {
            pace = pace.rejected(now);
            let Err(Rejected(until)) = pace.clone().ask(now, true) else { panic!("asked at once") };
            let just_before = Timestamp::from_millis(until.millis() - 1);
            assert_eq!(pace.clone().ask(just_before, true), Err(Rejected(until)));
            waits.push(until.since(now).seconds_up());
            now = until;
            pace = pace.ask(now, true).unwrap().0;
        }
        assert_eq!(waits, [60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert!(
            pace.clone().approved().rejected(now).ask(now.plus(FIRST), true).is_ok(),
            "an approval ends the row"
        );
        let later = now.plus(FORGIVEN);
        let forgiven = pace.ask(later, true).unwrap().0.rejected(later);
        assert!(forgiven.ask(later.plus(FIRST), true).is_ok(), "a quiet day ends it too");
    }
}
