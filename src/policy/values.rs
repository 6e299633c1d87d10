//! What a policy may ask of a value.
//!
//! **Invariant:** any doubt about a value counts for the policy: what is not one canonical number is over *and* under, equal *and*
//! different; words are compared as loosely as any backend would, and `not` as strictly.

use std::fmt;

use regex::Regex;

use super::fold::{decoded_again, fold};
use crate::request::fields::FieldValue;
use crate::request::number::Decimal;

/// All that is asked of one field, together.
#[derive(Clone, Debug, Default)]
pub(super) struct Test {
    /// Each must hold for one and the same value.
    pub(super) asks: Vec<Ask>,
    /// `exists = false`: no such field may be there.
    pub(super) absent: bool,
}

/// One operator.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    /// `equals` and `in`: it is one of these.
    OneOf(Vec<Wanted>),
    /// `not`: it is none of these.
    NoneOf(Vec<Wanted>),
    /// `matches`.
    Matches(Regex),
    /// `like`, compiled and as written.
    Like(Regex, String),
    /// `over`.
    Over(Decimal),
    /// `under`.
    Under(Decimal),
}

/// A value a policy names.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    /// A word, with its loosest reading.
    Word {
        /// As written.
        exact: String,
        /// Folded.
        folded: String,
    },
    /// A number.
    Number(Decimal),
}

impl Wanted {
    /// A word.
    pub(super) fn word(text: &str) -> Self {
        Self::Word { exact: text.to_owned(), folded: fold(text) }
    }

    fn may_be(&self, text: Option<&str>, number: Option<&Decimal>) -> bool {
        match self {
            Self::Word { exact, folded } => text.is_some_and(|text| {
                let is = |text: &str| {
                    fold(text) == *folded || text.split('#').next().is_some_and(|cut| fold(cut) == *folded)
                };
                text == exact || is(text) || decoded_again(text).is_some_and(|text| is(&text))
            }),
            Self::Number(wanted) => number.is_none_or(|number| number == wanted),
        }
    }

    fn surely_is(&self, text: Option<&str>, number: Option<&Decimal>) -> bool {
        match self {
            Self::Word { exact, .. } => text == Some(exact),
            Self::Number(wanted) => number == Some(wanted),
        }
    }
}

impl Test {
    /// Whether it holds for the values that were found.
    pub(super) fn holds<'v>(&self, mut values: impl Iterator<Item = &'v FieldValue>) -> bool {
        if self.absent {
            values.next().is_none()
        } else {
            values.any(|value| self.holds_for(value.as_text(), Decimal::of(value).as_ref()))
        }
    }

    /// Whether it holds for some of these texts.
    pub(super) fn holds_for_texts<'v>(&self, mut texts: impl Iterator<Item = &'v str>) -> bool {
        if self.absent {
            texts.next().is_none()
        } else {
            texts.any(|text| self.holds_for(Some(text), Decimal::parse(text).as_ref()))
        }
    }

    /// Whether it holds for one value only, so that the value need not be shown.
    pub(super) fn is_one_value(&self) -> bool {
        self.asks.iter().any(|ask| matches!(ask, Ask::OneOf(wanted) if wanted.len() == 1))
    }

    /// Why no value as its author sees it can meet all that is asked; `None` when some can.
    pub(super) fn contradiction(&self) -> Option<String> {
        let over = self
            .asks
            .iter()
            .filter_map(|ask| if let Ask::Over(limit) = ask { Some(limit) } else { None })
            .max();
        let under = self
            .asks
            .iter()
            .filter_map(|ask| if let Ask::Under(limit) = ask { Some(limit) } else { None })
            .min();
        if let (Some(over), Some(under)) = (over, under)
            && over >= under
        {
            return Some(format!("no number is over {over} and under {under}"));
        }
        let listed =
            self.asks.iter().filter_map(|ask| if let Ask::OneOf(wanted) = ask { Some(wanted) } else { None });
        for wanted in listed.filter(|wanted| !wanted.is_empty()) {
            let fits = |wanted: &Wanted| match wanted {
                Wanted::Word { exact, .. } => self.holds_for(Some(exact), Decimal::parse(exact).as_ref()),
                Wanted::Number(number) => self.holds_for(Some(&number.to_string()), Some(number)),
            };
            if !wanted.iter().any(fits) {
                return Some("none of these values meets the other conditions on it".to_owned());
            }
        }
        None
    }

    fn holds_for(&self, text: Option<&str>, number: Option<&Decimal>) -> bool {
        self.asks.iter().all(|ask| ask.holds_for(text, number))
    }
}

impl Ask {
    /// `text` is `None` for a list or an object, whose members are asked on their own; `number` for what is no canonical number.
    fn holds_for(&self, text: Option<&str>, number: Option<&Decimal>) -> bool {
        match self {
            Self::OneOf(wanted) => wanted.iter().any(|wanted| wanted.may_be(text, number)),
            Self::NoneOf(wanted) => !wanted.iter().any(|wanted| wanted.surely_is(text, number)),
            Self::Matches(regex) | Self::Like(regex, _) => text.is_some_and(|text| {
                regex.is_match(text) || text.split('\0').any(|part| regex.is_match(part.trim()))
            }),
            Self::Over(limit) => number.is_none_or(|number| number > limit),
            Self::Under(limit) => number.is_none_or(|number| number < limit),
        }
    }
}

/// In words that follow the name of what is asked.
impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asks: Vec<String> = self.asks.iter().map(ToString::to_string).collect();
        match asks.as_slice() {
            _ if self.absent => f.write_str("is not there"),
            [] => f.write_str("is there"),
            asks => write!(f, "is {}", asks.join(" and ")),
        }
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words =
            |wanted: &[Wanted]| wanted.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(" or ");
        match self {
            Self::OneOf(wanted) => f.write_str(&words(wanted)),
            Self::NoneOf(wanted) => write!(f, "not {}", words(wanted)),
            Self::Matches(regex) => write!(f, "matched by `{}`", regex.as_str()),
            Self::Like(_, pattern) => write!(f, "like `{pattern}`"),
            Self::Over(limit) => write!(f, "over {limit}"),
            Self::Under(limit) => write!(f, "under {limit}"),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word { exact, .. } => f.write_str(exact),
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// A glob as an expression: `*` any text, `?` one character, whatever the case.
pub(super) fn glob(pattern: &str) -> Result<Regex, regex::Error> {
    let mut expression = String::from("(?is)^");
    for c in pattern.chars() {
        match c {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            c => expression.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    expression.push('$');
    Regex::new(&expression)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(ask: Ask, text: &str) -> bool {
        Test { asks: vec![ask], absent: false }.holds_for_texts([text].into_iter())
    }

    #[test]
    fn doubt_counts_for_the_policy() {
        let limit = || Decimal::parse("1000").unwrap();
        for text in ["1000.01", "5e3", "0x10", "", "abc", "01", " 1"] {
            assert!(holds(Ask::Over(limit()), text), "{text} over");
        }
        for text in ["999.99", "5e3", "٥"] {
            assert!(holds(Ask::Under(limit()), text), "{text} under");
        }
        for text in ["1000", "1000.00", "-5"] {
            assert!(!holds(Ask::Over(limit()), text), "{text} not over");
        }
        assert!(holds(Ask::OneOf(vec![Wanted::Number(limit())]), "1e3"));
        assert!(!holds(Ask::OneOf(vec![Wanted::Number(limit())]), "1001"));
        assert!(holds(Ask::OneOf(vec![Wanted::word("full")]), " FULL\0"));
        for text in ["%66ull", "full#x", "fúll"] {
            assert!(holds(Ask::OneOf(vec![Wanted::word("full")]), text), "{text}");
        }
        assert!(holds(Ask::NoneOf(vec![Wanted::word("EUR")]), "eur"), "`not` is strict");
        assert!(!holds(Ask::NoneOf(vec![Wanted::word("EUR")]), "EUR"));
        assert!(holds(Ask::Matches(glob("DE*0?").unwrap()), "de12 300"));
        assert!(holds(Ask::Matches(glob("DE*0?").unwrap()), "de99\n01"));
        assert!(!holds(Ask::Matches(glob("DE*").unwrap()), "CH"));
    }
}
