//! Exact decimal numbers.
//!
//! **Invariant:** only the one canonical spelling `-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?` is a number here; nothing passes through
//! floating point, and whatever is spelled otherwise is not provably anything.

use std::str::FromStr;

use bigdecimal::BigDecimal;

/// A number in canonical spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Decimal(BigDecimal);

impl Decimal {
    /// The number `text` canonically spells.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (unsigned, None),
        };
        let digits = |part: &str| (1..=18).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        let canonical = digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits);
        if canonical { BigDecimal::from_str(text).ok().map(Self) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_numbers_are_numbers() {
        for text in ["0", "-1", "1000", "1000.50", "999999999999999999.999999999999999999", "-0"] {
            assert!(Decimal::parse(text).is_some(), "{text}");
        }
        for text in ["", "-", "+5", "05", "5.", ".5", "5e3", "0x10", " 5", "5 ", "5_000", "٥", "1,5", "1000000000000000000", "NaN"] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
        assert!(Decimal::parse("1000.000000000000000001") > Decimal::parse("1000"));
        assert!(Decimal::parse("9007199254740993") > Decimal::parse("9007199254740992"));
        assert_eq!(Decimal::parse("1000.0"), Decimal::parse("1000"));
    }
}
