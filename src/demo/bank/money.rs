//! Amounts of money in euro, exact to the cent.
//!
//! **Invariant:** an amount is a whole number of cents; no floating point is involved anywhere (held by the private field and the tests below).
//!
//! Called by the ledger and by the pages that show balances.

use std::fmt;

/// An amount in euro cents; negative for money that left an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(i64);

impl Amount {
    /// Nothing at all.
    pub const ZERO: Self = Self(0);

    /// The amount of so many cents.
    pub const fn from_cents(cents: i64) -> Self {
        Self(cents)
    }

    /// The amount in cents.
    pub const fn cents(self) -> i64 {
        self.0
    }

    /// Reads what a person types: up to twelve digits, then at most a point and one or two digits. `None` for anything else, signs and exponents included.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str, most: usize| {
            !part.is_empty() && part.len() <= most && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(whole, 12) || !digits(fraction, 2) {
            return None;
        }
        let scale = if fraction.len() == 1 { 10 } else { 1 };
        let cents = fraction.parse::<i64>().ok()?.checked_mul(scale)?;
        whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents).map(Self)
    }

    /// The sum, held at the largest amount instead of overflowing.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, held at the smallest amount instead of overflowing.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// As on paper: `84,320.55`.
    pub fn grouped(self) -> String {
        let plain = self.to_string();
        let (sign, plain) = plain.strip_prefix('-').map_or(("", plain.as_str()), |rest| ("-", rest));
        let (whole, cents) = plain.split_once('.').unwrap_or((plain, "00"));
        let mut text = String::from(sign);
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        text.push('.');
        text.push_str(cents);
        text
    }
}

impl fmt::Display for Amount {
    /// Plain, as a machine reads it: `84320.55`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let cents = self.0.unsigned_abs();
        write!(out, "{sign}{}.{:02}", cents / 100, cents % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::Amount;

    #[test]
    fn only_plain_decimals_are_amounts() {
        let cases = [
            ("0", Some(0)),
            ("5", Some(500)),
            ("5.1", Some(510)),
            ("5.01", Some(501)),
            ("007", Some(700)),
            ("999999999999.99", Some(99_999_999_999_999)),
        ];
        for (text, cents) in cases {
            assert_eq!(Amount::parse(text).map(Amount::cents), cents, "{text}");
        }
        for text in
            ["", ".", "5.", ".5", "5.001", "-5", "+5", "1e9", "1,000", " 5", "٥", "1000000000000", "5.-1"]
        {
            assert_eq!(Amount::parse(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_are_written_for_machines_and_for_paper() {
        let cases = [
            (0, "0.00", "0.00"),
            (5, "0.05", "0.05"),
            (-5, "-0.05", "-0.05"),
            (-100_000, "-1000.00", "-1,000.00"),
            (123_456_789, "1234567.89", "1,234,567.89"),
        ];
        for (cents, plain, grouped) in cases {
            assert_eq!(
                (
                    Amount::from_cents(cents).to_string().as_str(),
                    Amount::from_cents(cents).grouped().as_str()
                ),
                (plain, grouped)
            );
        }
    }
}
