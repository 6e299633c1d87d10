//! Bounded, control-free text. What a person typed becomes one of these or is refused.
//!
//! **Invariant:** no value holds a control character, a bidirectional override or more than its bound; what is shown cannot be
//! bent by what was sent ([`visible`]).

use std::fmt;

/// A user name as the directory knows it: 1 to 128 characters, no whitespace at the ends, compared exactly.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserName(String);

impl UserName {
    /// Checks and wraps.
    ///
    /// # Errors
    /// When the text is empty, too long, padded with blanks or holds an invisible character.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        bounded(text, 128).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name a person gave something, e.g. an authenticator: 1 to 64 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Label(String);

impl Label {
    /// Checks and wraps.
    ///
    /// # Errors
    /// As [`UserName::parse`], with a bound of 64.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        bounded(text, 64).map(Self)
    }

    /// The label.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The number on the back of a hardware token, as its vendor wrote it: 1 to 64 characters, compared exactly.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(String);

impl Serial {
    /// Checks and wraps.
    ///
    /// # Errors
    /// As [`UserName::parse`], with a bound of 64.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        bounded(text, 64).map(Self)
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! shown {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{:?}", self.0) }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_str(&self.0) }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    )*};
}
shown!(UserName, Label, Serial);

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing there.
    #[error("it is empty")]
    Empty,
    /// Longer than allowed.
    #[error("it has more than {0} characters")]
    TooLong(usize),
    /// Blanks at an end, a control character or one that hides or reorders others.
    #[error("it holds an invisible character or begins or ends with a blank")]
    Invisible,
}

fn bounded(text: &str, most: usize) -> Result<String, TextError> {
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    if text.chars().count() > most {
        return Err(TextError::TooLong(most));
    }
    if text.trim() != text || text.chars().any(is_invisible) {
        return Err(TextError::Invisible);
    }
    Ok(text.to_owned())
}

/// Whether a character is a control, hides, or reorders its neighbours.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// A value from outside made safe to show: invisible characters are written as `‹U+202E›`, and what is longer than `most`
/// characters is cut with its true length named, never silently.
pub fn visible(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most));
    for (count, c) in text.chars().enumerate() {
        if count == most {
            out.push_str(&format!("… ({} characters in all)", text.chars().count()));
            break;
        }
        if is_invisible(c) {
            out.push_str(&format!("‹U+{:04X}›", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_nothing_invisible() {
        assert!(UserName::parse("alice@example.com").is_ok());
        for bad in ["", " alice", "alice ", "al\u{202e}ice", "a\nb", &"x".repeat(129)] {
            assert!(UserName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_is_shown_cannot_be_bent() {
        assert_eq!(visible("a\u{202e}b\n", 10), "a‹U+202E›b‹U+000A›");
        assert_eq!(visible("abcdef", 3), "abc… (6 characters in all)");
    }
}
