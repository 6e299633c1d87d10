//! The epoch of a store: raised whenever the store may have forgotten changes that it had acknowledged. A replica that lagged behind was promoted,
//! or a backup was restored.
//!
//! **Invariant:** what counts once (an approval, a code) counts in the epoch it was made in, and in no other: whether it has been used in the part
//! that is lost, nobody knows.
//!
//! The engine that notices writes [`Epoch::raised`] of what it found; `flow::epoch` reads it.

use std::fmt;

use super::time::Timestamp;

/// Which epoch of a store it is, and since when. The first one has always been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Epoch {
    number: u64,
    since: Option<Timestamp>,
}

/// The text is not that of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the epoch of the store is unreadable")]
pub struct ParseEpochError;

impl Epoch {
    /// Its number; the first one's is 0.
    pub const fn number(self) -> u64 {
        self.number
    }

    /// When it began; `None` for the first one.
    pub const fn since(self) -> Option<Timestamp> {
        self.since
    }

    /// Whether what was made then was made in it.
    pub fn includes(self, made: Timestamp) -> bool {
        self.since.is_none_or(|since| since < made)
    }

    /// The next one.
    #[must_use]
    pub fn raised(self, now: Timestamp) -> Self {
        Self { number: self.number.saturating_add(1), since: Some(now) }
    }

    /// What [`Self::to_string`] made.
    ///
    /// # Errors
    /// When it is anything else; nothing may be decided then.
    pub fn parse(stored: &[u8]) -> Result<Self, ParseEpochError> {
        let text = std::str::from_utf8(stored).map_err(|_| ParseEpochError)?;
        let (number, since) = text.split_once(' ').ok_or(ParseEpochError)?;
        let number = number.parse().map_err(|_| ParseEpochError)?;
        let since = since.parse().map_err(|_| ParseEpochError)?;
        Ok(Self { number, since: Some(Timestamp::from_millis(since)) })
    }
}

/// `{number} {since in milliseconds}`, as it is stored.
impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.since.map_or(0, Timestamp::millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_back_and_nothing_else() {
        let at = Timestamp::from_millis;
        let epoch = Epoch::default().raised(at(7)).raised(at(1_764_000_000_000));
        assert_eq!(epoch.to_string(), "2 1764000000000");
        assert_eq!(Epoch::parse(epoch.to_string().as_bytes()), Ok(epoch));
        for text in ["", "2", "2 ", " 2", "2 x", "x 2", "2  3", "2 3 4", "-1 3", "2 3\n", "\u{ff}"] {
            assert_eq!(Epoch::parse(text.as_bytes()), Err(ParseEpochError), "{text:?}");
        }
        assert!(Epoch::default().includes(at(0)));
        assert!(!epoch.includes(at(1_764_000_000_000)));
        assert!(epoch.includes(at(1_764_000_000_001)));
    }
}
