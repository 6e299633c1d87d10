//! Instants and lengths in milliseconds, and the one place that reads the machine's clock.
//!
//! **Invariant:** floor 1 takes a [`Timestamp`] as an argument; only [`SystemClock`] asks the machine (clippy bans the calls elsewhere).
//! **Invariant:** [`SystemClock`] never runs backwards within a process, so that a step of the machine's clock revives nothing.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// An instant from its milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down; the unit of TOTP and of JWT dates.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant and `span`, saturating.
    #[must_use]
    pub const fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// How long after `earlier` this is; zero when it is not after.
    pub const fn since(self, earlier: Self) -> Span {
        let difference = self.0.saturating_sub(earlier.0);
        Span(if difference < 0 { 0 } else { difference })
    }

    /// Parses RFC 3339 with a `Z` offset, e.g. `2026-12-01T00:00:00Z`; fractions of a second are kept to the millisecond.
    ///
    /// # Errors
    /// When the text is not such a date.
    pub fn parse(text: &str) -> Result<Self, ParseTimeError> {
        parse_rfc3339(text).ok_or(ParseTimeError)
    }
}

/// RFC 3339 in UTC, to the second: `2026-11-21T20:00:00Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.seconds();
        let (year, month, day) = civil(seconds.div_euclid(86_400));
        let rest = seconds.rem_euclid(86_400);
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
    }
}

/// The text is not an RFC 3339 date in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date like `2026-12-01T00:00:00Z`")]
pub struct ParseTimeError;

/// A length of time in milliseconds, never negative. Written `90s`, `10m`, `24h`, `7d`, `500ms`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Span(i64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A length from milliseconds.
    pub const fn from_millis(millis: u32) -> Self {
        Self(millis as i64)
    }

    /// A length from seconds.
    pub const fn from_secs(seconds: u32) -> Self {
        Self(seconds as i64 * 1000)
    }

    /// Milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Seconds, rounded up: what `Retry-After` and a countdown need.
    pub const fn seconds_up(self) -> i64 {
        self.0.saturating_add(999) / 1000
    }

    /// This length doubled `times` times, saturating at `most`.
    #[must_use]
    pub fn doubled(self, times: u32, most: Self) -> Self {
        let factor = 1i64.checked_shl(times.min(62)).unwrap_or(i64::MAX);
        Self(self.0.saturating_mul(factor)).min(most)
    }

    /// As the standard library's duration.
    pub fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_millis(u64::try_from(self.0).unwrap_or(0))
    }
}

impl FromStr for Span {
    type Err = ParseSpanError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at_checked(digits).ok_or(ParseSpanError)?;
        let number: i64 = number.parse().map_err(|_| ParseSpanError)?;
        let unit = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(ParseSpanError),
        };
        number.checked_mul(unit).filter(|m| *m <= 366 * 86_400_000).map(Self).ok_or(ParseSpanError)
    }
}

/// Written with the largest unit that divides it.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = match self.0 {
            0 => (0, "s"),
            m if m % 86_400_000 == 0 => (m / 86_400_000, "d"),
            m if m % 3_600_000 == 0 => (m / 3_600_000, "h"),
            m if m % 60_000 == 0 => (m / 60_000, "m"),
            m if m % 1000 == 0 => (m / 1000, "s"),
            m => (m, "ms"),
        };
        write!(f, "{number}{unit}")
    }
}

/// The text is not a length of time of at most 366 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a length of time like `90s`, `10m`, `24h` or `7d` (at most 366 days)")]
pub struct ParseSpanError;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's clock, made monotonic within the process.
#[derive(Debug, Default)]
pub struct SystemClock {
    latest: AtomicI64,
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Timestamp(self.latest.fetch_max(millis, Ordering::SeqCst).max(millis))
    }
}

/// A clock that moves only when told to: for tests.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.0))
    }

    /// Moves it forward.
    pub fn advance(&self, span: Span) {
        self.0.fetch_add(span.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Days since the epoch to (year, month, day) of the proleptic Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let mp = (5 * day_of_year + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_year - (153 * mp + 2) / 5 + 1)
}

/// (year, month, day) to days since the epoch; the inverse of [`civil`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    let body = text.strip_suffix('Z')?;
    let (date, clock) = body.split_once('T')?;
    let mut date = date.split('-');
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut clock = clock.split(':');
    let number = |part: Option<&str>, width: usize, most: i64| -> Option<i64> {
        let part = part.filter(|p| p.len() == width && p.bytes().all(|b| b.is_ascii_digit()))?;
        part.parse().ok().filter(|n| *n <= most)
    };
    let (year, month, day) =
        (number(date.next(), 4, 9999)?, number(date.next(), 2, 12)?, number(date.next(), 2, 31)?);
    let (hour, minute, second) =
        (number(clock.next(), 2, 23)?, number(clock.next(), 2, 59)?, number(clock.next(), 2, 59)?);
    if date.next().is_some() || clock.next().is_some() || civil(days(year, month, day)) != (year, month, day)
    {
        return None;
    }
    let millis = if fraction.is_empty() { 0 } else { number(fraction.get(..3), 3, 999)? };
    Some(Timestamp(((days(year, month, day) * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_never_runs_backwards() {
        let ahead = SystemClock::default().now().plus(Span::from_secs(3600));
        let clock = SystemClock { latest: AtomicI64::new(ahead.millis()) };
        assert_eq!(clock.now(), ahead, "the machine's clock stepped back by an hour");
    }

    #[test]
    fn dates_are_read_and_written() {
        for text in
            ["1970-01-01T00:00:00Z", "2026-11-21T20:00:05Z", "2024-02-29T23:59:59Z", "2100-12-31T00:00:00Z"]
        {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
        }
        for text in
            ["2026-02-30T00:00:00Z", "2026-11-21", "2026-11-21T20:00:00+01:00", "2026-13-01T00:00:00Z", ""]
        {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn lengths_are_read_and_written() {
        for text in ["0s", "90s", "10m", "24h", "500ms", "1d"] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.to_string().parse::<Span>().unwrap(), span);
        }
        assert_eq!("24h".parse::<Span>().unwrap().to_string(), "1d");
        for text in ["", "10", "m", "-1s", "1.5h", "400d", "10 m"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
