//! What a person typed, in one canonical spelling.
//!
//! **Invariant:** verification and the check for reuse see only [`Answer`], so that `123 456` and `１２３４５６` are one code and not two
//! (the test below; `totp.rs` counts one success over all spellings).
//! **Invariant:** an answer is in no log: it has no `Debug` content and is wiped when dropped.

use std::fmt;

use zeroize::Zeroizing;

/// The most characters that are read.
const LONGEST: usize = 64;

/// A typed code: ASCII digits and capital letters only, at most 64.
pub struct Answer(Zeroizing<String>);

impl Answer {
    /// Folds what was typed: blanks and dashes are dropped, full-width characters become ASCII, letters become capitals.
    ///
    /// # Errors
    /// When nothing is left, too much is, or a character is neither a digit nor a letter of ASCII.
    pub fn parse(typed: &str) -> Result<Self, AnswerError> {
        let mut folded = Zeroizing::new(String::with_capacity(LONGEST));
        // A bound on the input too: a megabyte of blanks is no code.
        for c in typed.chars().take(LONGEST * 4 + 1).filter(|c| !is_filler(*c)) {
            let plain = match c {
                '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
                c => c,
            };
            if !plain.is_ascii_alphanumeric() {
                return Err(AnswerError::Unreadable);
            }
            folded.push(plain.to_ascii_uppercase());
            if folded.len() > LONGEST {
                return Err(AnswerError::TooLong);
            }
        }
        if typed.len() > LONGEST * 4 {
            return Err(AnswerError::TooLong);
        }
        if folded.is_empty() {
            return Err(AnswerError::Empty);
        }
        Ok(Self(folded))
    }

    /// The code, if it is exactly `length` digits.
    pub(super) fn digits(&self, length: usize) -> Option<&str> {
        let good = self.0.len() == length && self.0.bytes().all(|b| b.is_ascii_digit());
        good.then_some(self.0.as_str())
    }

    /// The canonical characters.
    pub(super) fn characters(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer(..)")
    }
}

/// Why what was typed is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Nothing was typed.
    #[error("no code was given")]
    Empty,
    /// More than any code has.
    #[error("the code is too long")]
    TooLong,
    /// A character that no code has.
    #[error("the code holds a character that no code has")]
    Unreadable,
}

fn is_filler(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_folds_to_one() {
        for typed in ["123456", "123 456", " 123-456\n", "１２３４５６", "12\u{a0}34\u{2013}56", "１２３ 456"]
        {
            assert_eq!(Answer::parse(typed).unwrap().digits(6), Some("123456"), "{typed:?}");
        }
        assert_eq!(Answer::parse("ab-1ｃ").unwrap().characters(), "AB1C");
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for typed in
            ["", "  ", "--", "12345é", "١٢٣٤٥٦", "123+456", "1\u{200b}2", &"1".repeat(65), &" ".repeat(1000)]
        {
            assert!(Answer::parse(typed).is_err(), "{typed:?}");
        }
        assert!(Answer::parse("12345").unwrap().digits(6).is_none());
        assert!(Answer::parse("12345A").unwrap().digits(6).is_none());
    }

    #[test]
    fn it_does_not_show_itself() {
        assert_eq!(format!("{:?}", Answer::parse("123456").unwrap()), "Answer(..)");
    }
}
