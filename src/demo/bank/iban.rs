//! International bank account numbers (ISO 13616).
//!
//! **Invariant:** an [`Iban`] has the right shape and correct check digits; it can only be made by [`Iban::parse`].
//!
//! Called by the ledger, for every transfer and payee.

use std::fmt;

/// An account number without spaces, in capitals, whose check digits are right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Iban(String);

impl Iban {
    /// Reads an account number; spaces and small letters are accepted. `None` where shape or check digits are wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .map(|letter| letter.to_ascii_uppercase())
            .collect();
        let shape = |place: usize, byte: u8| match place {
            0 | 1 => byte.is_ascii_uppercase(),
            2 | 3 => byte.is_ascii_digit(),
            _ => byte.is_ascii_alphanumeric(),
        };
        if !(15..=34).contains(&plain.len())
            || !plain.bytes().enumerate().all(|(place, byte)| shape(place, byte))
        {
            return None;
        }
        (remainder(&plain) == 1).then_some(Self(plain))
    }

    /// Without spaces, as a machine reads it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Iban {
    /// In groups of four, as on paper.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, letter) in self.0.chars().enumerate() {
            if place > 0 && place.is_multiple_of(4) {
                out.write_str(" ")?;
            }
            write!(out, "{letter}")?;
        }
        Ok(())
    }
}

/// The number modulo 97 with its first four characters moved to the end and letters written as 10 to 35 (ISO 7064).
fn remainder(plain: &str) -> u32 {
    let moved = plain.chars().skip(4).chain(plain.chars().take(4));
    moved.filter_map(|letter| letter.to_digit(36)).fold(0, |sum, value| {
        let shift = if value > 9 { 100 } else { 10 };
        (sum * shift + value) % 97
    })
}

#[cfg(test)]
mod tests {
    use super::Iban;

    #[test]
    fn check_digits_decide() {
        for good in [
            "DE89370400440532013000",
            "de89 3704 0044 0532 0130 00",
            "GB82WEST12345698765432",
            "NL91ABNA0417164300",
            "NO9386011117947",
        ] {
            assert!(Iban::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "DE89370400440532013001",
            "DE98370400440532013000",
            "8989370400440532013000",
            "DE8937040044053201300",
            "GB82WEST1234569876543é",
            "DE893704-0044",
        ] {
            assert!(Iban::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn people_read_groups_of_four() {
        assert_eq!(Iban::parse("NL91ABNA0417164300").unwrap().to_string(), "NL91 ABNA 0417 1643 00");
    }
}
