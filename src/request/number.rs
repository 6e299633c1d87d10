//! Numbers a policy compares: exact decimals in one spelling only.
//!
//! **Invariant:** what is not `-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?` is no number here; to a policy it counts as over *and* under,
//! since some backend may read any number into it. Never floating point.

use std::str::FromStr as _;

use bigdecimal::BigDecimal;

use super::fields::FieldValue;

/// An exact decimal of at most 18 digits before and 18 after the point.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(BigDecimal);

impl Decimal {
    /// Reads the canonical spelling; `None` for anything else (signs, blanks, exponents, separators, other digits).
    pub fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (unsigned, None),
        };
        let digits =
            |text: &str| (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let canonical =
            digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits);
        if canonical { BigDecimal::from_str(text).ok().map(Self) } else { None }
    }

    /// The number in a field: of a text or a JSON number only. A file, whatever its name, and a composite hold none.
    pub fn of(value: &FieldValue) -> Option<Self> {
        match value {
            // THREAT: `5.000` as a text is five thousand to an application of half of Europe.
            FieldValue::Text(text) if text.rsplit_once('.').is_some_and(|(_, part)| part.len() == 3) => None,
            FieldValue::Text(text) | FieldValue::Number(text) => Self::parse(text),
            FieldValue::Bool(_) | FieldValue::Null | FieldValue::Composite | FieldValue::File { .. } => None,
        }
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.to_plain_string())
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self(number.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_exact_order() {
        let limit = Decimal::from(1000);
        for (text, over) in [
            ("1000", false),
            ("1000.01", true),
            ("1000.000000000000000001", true),
            ("-5000", false),
            ("999.99", false),
            ("1000.0", false),
        ] {
            assert_eq!(Decimal::parse(text).unwrap() > limit, over, "{text}");
        }
        for text in [
            "",
            "-",
            "+1",
            " 1",
            "1 ",
            "01",
            "1.",
            ".5",
            "1e3",
            "0x10",
            "1_000",
            "1,000",
            "٥",
            "Infinity",
            "NaN",
            "1.0000000000000000001",
            "1000000000000000000",
            "--1",
            "1.2.3",
        ] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
        let three = || "5.000".to_owned();
        assert!(Decimal::of(&FieldValue::Text(three())).is_none());
        assert!(Decimal::of(&FieldValue::Number(three())).is_some());
        assert!(Decimal::of(&FieldValue::File { name: "1".to_owned(), length: 1 }).is_none());
    }
}
