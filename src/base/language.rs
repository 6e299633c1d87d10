//! The languages people are spoken to in: English, German, Slovak, Czech and French, by Fluent messages compiled in from `locales/`.
//!
//! What a page says is a key of `locales/en/`; [`Text`] gives its words in one language. A template writes
//! `{{ t.say("prompt-title") }}`, `{{ t.tell("wrong-left", "left", left) }}`, or with an element around a value
//! `{% let lead = t.around("prompt-lead", "app") %}{{ lead.before }}<bdi>{{ app }}</bdi>{{ lead.after }}`.
//!
//! **Invariant:** words are plain text, never markup: templates escape them with the values in them (`tests/it/languages.rs`
//! renders hostile values in every language).
//! **Invariant:** every key that is used exists, and every language has all keys with the same variables (`tests/it/languages.rs`).
//! Should one be missing all the same, English stands in, and the key itself where English has none: a page is never empty.
//! **Invariant:** problem documents, logs and the audit log are not translated: they are for programs and auditors.
//!
//! Messages hold no marks that isolate directions: what is put into them is escaped, stripped of such marks
//! ([`super::text::visible`]) and, where it stands in a page, put in a `<bdi>` by [`Text::around`]. None of the languages runs from
//! right to left; a value that does, such as a user's name in Hebrew, can only be mixed with its neighbours where HTML has no
//! elements: in the title of a window.
//!
//! Called by both edges, and by `flow` for messages that are sent.

mod messages;
mod negotiate;

use fluent_bundle::{FluentArgs, FluentValue};

use super::time::{Span, Timestamp};

/// A language of the user interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English, which stands in where another has no words.
    #[default]
    English,
    /// German.
    German,
    /// Slovak.
    Slovak,
    /// Czech.
    Czech,
    /// French.
    French,
}

impl Language {
    /// All of them, English first.
    pub const ALL: [Self; 5] = [Self::English, Self::German, Self::Slovak, Self::Czech, Self::French];

    /// The cookie in which a browser keeps its user's choice: a tag, no secret.
    pub const COOKIE: &'static str = "countersign-language";

    /// The tag (BCP 47), as in `lang` attributes and in files.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Slovak => "sk",
            Self::Czech => "cs",
            Self::French => "fr",
        }
    }

    /// Its name in itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::Slovak => "Slovenčina",
            Self::Czech => "Čeština",
            Self::French => "Français",
        }
    }

    /// The language of exactly this tag.
    pub fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The language of a request: the choice its browser keeps in [`Self::COOKIE`], else what the user has saved, else the best of
    /// `Accept-Language` (RFC 9110 §12.5.4), else English.
    pub fn choose(kept: Option<Self>, saved: Option<Self>, accepted: Option<&str>) -> Self {
        kept.or(saved).or_else(|| accepted.and_then(negotiate::best)).unwrap_or_default()
    }

    /// The choice in the `Cookie` lines of a request; none where they hold it more than once.
    pub fn kept<'a>(cookies: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut values = cookies
            .into_iter()
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == Self::COOKIE);
        let (_, value) = values.next()?;
        if values.next().is_some() { None } else { Self::of_tag(value) }
    }

    /// Its words.
    pub const fn text(self) -> Text {
        Text(self)
    }
}

/// Marks a key that is not written where its words are asked for, so that the tests see it.
pub const fn key(name: &'static str) -> &'static str {
    name
}

/// The words of one language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text(Language);

/// What stands before and after one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Around {
    /// Before it.
    pub before: String,
    /// After it.
    pub after: String,
}

/// What stands before, between and after two values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AroundTwo {
    /// Before the first.
    pub before: String,
    /// Between them.
    pub between: String,
    /// After the second.
    pub after: String,
}

/// What can be put into a message.
pub trait Word {
    /// As Fluent takes it.
    fn word(&self) -> FluentValue<'_>;
}

impl Word for str {
    fn word(&self) -> FluentValue<'_> {
        FluentValue::from(self)
    }
}

impl Word for String {
    fn word(&self) -> FluentValue<'_> {
        FluentValue::from(self.as_str())
    }
}

impl<T: Word + ?Sized> Word for &T {
    fn word(&self) -> FluentValue<'_> {
        (**self).word()
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Word for $number {
            fn word(&self) -> FluentValue<'_> {
                FluentValue::from(*self)
            }
        }
    )*};
}
numbers!(u8, u16, u32, u64, usize, i32, i64);

/// What stands for a value whose surroundings are asked for: of the private use area, in no message.
const FIRST: &str = "\u{e000}";
const SECOND: &str = "\u{e001}";

impl Text {
    /// Which language it is.
    pub const fn language(self) -> Language {
        self.0
    }

    /// The tag of the language.
    pub const fn tag(self) -> &'static str {
        self.0.tag()
    }

    /// All languages, for pages that offer them.
    pub const fn languages(self) -> [Language; 5] {
        Language::ALL
    }

    /// The words of a key without values.
    pub fn say(self, key: &str) -> String {
        self.words(key, None)
    }

    /// The words of a key with one value. Numbers choose the plural form.
    pub fn tell(self, key: &str, name: &str, value: impl Word) -> String {
        let mut values = FluentArgs::new();
        values.set(name, value.word());
        self.words(key, Some(&values))
    }

    /// The words of a key with two values.
    pub fn tell2(self, key: &str, name: &str, value: impl Word, other: &str, second: impl Word) -> String {
        let mut values = FluentArgs::new();
        values.set(name, value.word());
        values.set(other, second.word());
        self.words(key, Some(&values))
    }

    /// The words of a key with any number of values.
    pub fn tell_all(self, key: &str, values: &[(&str, String)]) -> String {
        let values: FluentArgs<'_> = values.iter().map(|(name, value)| (*name, value.word())).collect();
        self.words(key, Some(&values))
    }

    /// What stands before and after the value `name`, for a template that puts an element around it.
    pub fn around(self, key: &str, name: &str) -> Around {
        let whole = self.tell(key, name, FIRST);
        let (before, after) = whole.split_once(FIRST).unwrap_or((&whole, ""));
        Around { before: before.to_owned(), after: after.to_owned() }
    }

    /// As [`Self::around`], for two values; `name` comes first in every language.
    pub fn around2(self, key: &str, name: &str, other: &str) -> AroundTwo {
        let whole = self.tell2(key, name, FIRST, other, SECOND);
        let (before, rest) = whole.split_once(FIRST).unwrap_or((&whole, ""));
        let (between, after) = rest.split_once(SECOND).unwrap_or((rest, ""));
        AroundTwo { before: before.to_owned(), between: between.to_owned(), after: after.to_owned() }
    }

    /// A length of time as people say it: `45 seconds`, `9 minutes`, `2 hours 5 minutes`, `3 days`. In the accusative, where a
    /// language has one: messages put it where that stands.
    pub fn span(self, span: Span) -> String {
        let seconds = span.seconds_up();
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
        let two = |first: String, second: String| self.tell2("time-two", "first", first, "second", second);
        match (days, hours, minutes) {
            (0, 0, _) if seconds < 90 => self.tell("time-seconds", "count", seconds),
            (0, 0, _) => self.tell("time-minutes", "count", minutes),
            (0, _, _) if minutes % 60 == 0 => self.tell("time-hours", "count", hours),
            (0, _, _) => {
                two(self.tell("time-hours", "count", hours), self.tell("time-minutes", "count", minutes % 60))
            }
            _ if hours % 24 == 0 => self.tell("time-days", "count", days),
            _ => two(self.tell("time-days", "count", days), self.tell("time-hours", "count", hours % 24)),
        }
    }

    /// The day of `at`: `21 November 2026`.
    pub fn day(self, at: Timestamp) -> String {
        let iso = at.to_string();
        let numbers: Vec<i64> =
            iso.split('T').next().unwrap_or_default().split('-').flat_map(str::parse).collect();
        let [year, month, day] = numbers.as_slice() else { return iso };
        let mut values = FluentArgs::new();
        for (name, number) in [("day", day), ("month", month), ("year", year)] {
            values.set(name, *number);
        }
        self.words("time-day", Some(&values))
    }

    /// The time of day of `at`: `20:00:05 UTC`.
    pub fn clock(self, at: Timestamp) -> String {
        let iso = at.to_string();
        format!("{} UTC", iso.split('T').nth(1).unwrap_or_default().trim_end_matches('Z'))
    }

    /// Day and time of `at`: `21 November 2026, 20:00:05 UTC`.
    pub fn moment(self, at: Timestamp) -> String {
        self.tell2("time-moment", "day", self.day(at), "clock", self.clock(at))
    }

    fn words(self, key: &str, values: Option<&FluentArgs<'_>>) -> String {
        messages::of(self.0, key, values)
            .or_else(|| messages::of(Language::English, key, values))
            .unwrap_or_else(|| key.to_owned())
    }
}

#[cfg(test)]
mod tests;
