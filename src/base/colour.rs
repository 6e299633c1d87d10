//! Colours as stylesheets write them, and how well one is read on another (WCAG 2.2, contrast ratio).

use std::fmt;
use std::str::FromStr;

/// What WCAG 2.2 wants of text (§1.4.3, level AA).
pub const READABLE: f64 = 4.5;

/// An opaque colour of the sRGB space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    /// Red.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
}

/// The text is not a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a colour like `#0a5` or `#00aa55`")]
pub struct ParseColourError;

impl Colour {
    /// White.
    pub const WHITE: Self = Self::new(255, 255, 255);
    /// Black.
    pub const BLACK: Self = Self::new(0, 0, 0);

    /// The colour of these parts.
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// The contrast ratio of the two, from 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// This with so many parts of `parts` of the other.
    #[must_use]
    pub fn mixed(self, other: Self, share: u16, parts: u16) -> Self {
        let mix = |one: u8, two: u8| {
            let parts = parts.max(1);
            let share = share.min(parts);
            let sum = u32::from(one) * u32::from(parts - share) + u32::from(two) * u32::from(share);
            u8::try_from(sum / u32::from(parts)).unwrap_or(u8::MAX)
        };
        Self::new(mix(self.red, other.red), mix(self.green, other.green), mix(self.blue, other.blue))
    }

    /// The nearest colour on the way to `end` that is readable on, or under, all of these.
    #[must_use]
    pub fn readable(self, end: Self, beside: &[Self]) -> Self {
        (0..64)
            .map(|share| self.mixed(end, share, 64))
            .find(|colour| beside.iter().all(|other| colour.contrast(*other) >= READABLE))
            .unwrap_or(end)
    }

    /// The relative luminance (WCAG 2.2, definition).
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

impl FromStr for Colour {
    type Err = ParseColourError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('#').ok_or(ParseColourError)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(ParseColourError);
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| ParseColourError)?;
        match digits.len() {
            3 => {
                let [_, _, high, low] = number.to_be_bytes();
                Ok(Self::new(high * 17, (low >> 4) * 17, (low & 15) * 17))
            }
            6 => {
                let [_, red, green, blue] = number.to_be_bytes();
                Ok(Self::new(red, green, blue))
            }
            _ => Err(ParseColourError),
        }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_in_both_lengths() {
        for (text, written) in [("#0a5", "#00aa55"), ("#FFF", "#ffffff"), ("#12604d", "#12604d")] {
            assert_eq!(text.parse::<Colour>().unwrap().to_string(), written);
        }
        for text in ["", "#", "0a5", "#0a", "#0a55", "#gggggg", "#+12345", "#00aa5500", "red", "#0á"] {
            assert_eq!(text.parse::<Colour>(), Err(ParseColourError), "{text}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        let close = |one: &str, two: &str, expected: f64| {
            let ratio = one.parse::<Colour>().unwrap().contrast(two.parse().unwrap());
            assert!((ratio - expected).abs() < 0.01, "{one} {two}: {ratio}");
        };
        close("#000", "#fff", 21.0);
        close("#fff", "#000", 21.0);
        close("#777", "#fff", 4.48);
        close("#888", "#888", 1.0);
    }

    #[test]
    fn what_cannot_be_read_is_moved_until_it_can() {
        for text in ["#0a5", "#ff0", "#fff", "#000", "#12604d", "#e30613"] {
            let colour: Colour = text.parse().unwrap();
            let dark = colour.readable(Colour::BLACK, &[Colour::WHITE]);
            assert!(dark.contrast(Colour::WHITE) >= READABLE, "{text}: {dark}");
            let light = colour.readable(Colour::WHITE, &[Colour::BLACK]);
            assert!(light.contrast(Colour::BLACK) >= READABLE, "{text}: {light}");
        }
        let good: Colour = "#12604d".parse().unwrap();
        assert_eq!(good.readable(Colour::BLACK, &[Colour::WHITE]), good, "left as it is");
    }
}
