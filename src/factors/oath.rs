//! What the two kinds of one-time passwords share: the seed, the hash, the digits, the code of one moving factor, and the search.
//!
//! HOTP counts presses and TOTP counts steps of time; the code under both is the one of RFC 4226 §5.3, here by `totp-rs` with a step of one second,
//! which makes its time the moving factor.
//!
//! **Invariant:** a search computes and compares every code of its window in constant time, whichever matches, and takes the latest: should two moving
//! factors share a code, both are spent (`the_latest_match_is_taken` in `tests/it/hotp.rs`).
//! Called by [`super::totp`] and [`super::hotp`].

use std::ops::RangeInclusive;

use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

use crate::base::secret::Secret;
use crate::base::time::Timestamp;

/// Bytes of seed that are taken: 128 bits at least (RFC 4226 §4 R6).
const SEED: RangeInclusive<usize> = 16..=128;

/// The hash under the code. Many phone apps know SHA-1 only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC-SHA-1.
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

impl Algorithm {
    /// The name in otpauth URIs and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }

    /// The algorithm of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Sha1, Self::Sha256, Self::Sha512].into_iter().find(|a| a.as_str() == name)
    }

    /// Bytes of a new seed: those of the hash.
    pub(super) const fn seed_length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    const fn vendor(self) -> totp_rs::Algorithm {
        match self {
            Self::Sha1 => totp_rs::Algorithm::SHA1,
            Self::Sha256 => totp_rs::Algorithm::SHA256,
            Self::Sha512 => totp_rs::Algorithm::SHA512,
        }
    }
}

/// Digits of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digits {
    /// Six, what phone apps show.
    Six,
    /// Eight.
    Eight,
}

impl Digits {
    /// 6 or 8.
    pub const fn count(self) -> u8 {
        match self {
            Self::Six => 6,
            Self::Eight => 8,
        }
    }

    /// From 6 or 8.
    pub const fn parse(count: u8) -> Option<Self> {
        match count {
            6 => Some(Self::Six),
            8 => Some(Self::Eight),
            _ => None,
        }
    }
}

/// Between which instants a seed may be used, as its vendor or issuer says (RFC 6030 §5). Without a limit by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Validity {
    /// The first instant; `None` when there is no such limit.
    pub from: Option<Timestamp>,
    /// The first instant no longer; `None` when there is no such limit.
    pub until: Option<Timestamp>,
}

impl Validity {
    /// Whether it may be used at `now`.
    pub fn includes(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && !self.has_ended(now)
    }

    /// Whether it may never be used again.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// A seed with all that makes a code of it.
#[derive(Debug)]
pub(super) struct Engine {
    seed: Secret,
    pub(super) algorithm: Algorithm,
    pub(super) digits: Digits,
}

impl Engine {
    pub(super) fn new(seed: Secret, algorithm: Algorithm, digits: Digits) -> Result<Self, SeedError> {
        if !SEED.contains(&seed.expose(<[u8]>::len)) {
            return Err(SeedError::Length);
        }
        Ok(Self { seed, algorithm, digits })
    }

    /// With a seed that was just drawn, [`Algorithm::seed_length`] bytes of it.
    pub(super) fn of_fresh(seed: Secret, algorithm: Algorithm, digits: Digits) -> Self {
        Self { seed, algorithm, digits }
    }

    pub(super) fn seed(&self) -> &Secret {
        &self.seed
    }

    pub(super) fn duplicate(&self) -> Self {
        Self { seed: self.seed.duplicate(), algorithm: self.algorithm, digits: self.digits }
    }

    /// The code of one moving factor; `None` never happens with a seed of the right length.
    pub(super) fn code(&self, moving: u64) -> Option<String> {
        self.vendor().map(|vendor| vendor.generate(moving).to_string())
    }

    /// Which of `window` has `typed` as its code: the latest.
    pub(super) fn find(&self, window: RangeInclusive<u64>, typed: &str) -> Option<u64> {
        self.search(window, |code| code.ct_eq(typed.as_bytes()))
    }

    /// Which of `window` has the second of two codes, when the one before it, also of `window`, has the first: the latest.
    pub(super) fn find_second(&self, window: RangeInclusive<u64>, typed: [&str; 2]) -> Option<u64> {
        let [first, second] = typed;
        let mut was_first = Choice::from(0);
        self.search(window, |code| {
            let equal = was_first & code.ct_eq(second.as_bytes());
            was_first = code.ct_eq(first.as_bytes());
            equal
        })
    }

    fn search(&self, window: RangeInclusive<u64>, mut equals: impl FnMut(&[u8]) -> Choice) -> Option<u64> {
        let vendor = self.vendor()?;
        let (mut any, mut matched) = (Choice::from(0), 0u64);
        for moving in window {
            let equal = equals(vendor.generate(moving).to_string().as_bytes());
            matched.conditional_assign(&moving, equal);
            any |= equal;
        }
        bool::from(any).then_some(matched)
    }

    fn vendor(&self) -> Option<totp_rs::Totp> {
        totp_rs::Builder::new()
            .with_algorithm(self.algorithm.vendor())
            .with_digits(self.digits.count())
            .with_step_duration(1)
            .with_secret(self.seed.expose(<[u8]>::to_vec))
            .build()
            .ok()
    }

    /// `otpauth://KIND/ISSUER:ACCOUNT?secret=…`, what an app reads from a QR code. It holds the seed. `last` is the parameter of the kind.
    pub(super) fn uri(&self, kind: &str, issuer: &str, account: &str, last: &str) -> Secret {
        let (issuer, account) = (escaped(issuer), escaped(account));
        let seed = self.seed.expose(|seed| zeroize::Zeroizing::new(data_encoding::BASE32_NOPAD.encode(seed)));
        let (algorithm, digits) = (self.algorithm.as_str(), self.digits.count());
        Secret::from(format!(
            "otpauth://{kind}/{issuer}:{account}?secret={}&issuer={issuer}&algorithm={algorithm}&digits={digits}&{last}",
            *seed
        ))
    }
}

/// Reads a seed in base 32 (RFC 4648), as vendors and apps print it: blanks, dashes, padding and case do not matter.
///
/// # Errors
/// When it is not base 32 or not 16 to 128 bytes.
pub fn parse_seed(text: &str) -> Result<Secret, SeedError> {
    let plain: zeroize::Zeroizing<String> = zeroize::Zeroizing::new(
        text.trim()
            .trim_end_matches('=')
            .chars()
            .filter(|c| !matches!(c, ' ' | '-'))
            .map(|c| c.to_ascii_uppercase())
            .collect(),
    );
    let seed = data_encoding::BASE32_NOPAD
        .decode(plain.as_bytes())
        .map(Secret::from)
        .map_err(|_| SeedError::Base32)?;
    if SEED.contains(&seed.expose(<[u8]>::len)) { Ok(seed) } else { Err(SeedError::Length) }
}

/// Why a seed was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeedError {
    /// Not base 32.
    #[error("the secret is not base 32 (`A` to `Z`, `2` to `7`)")]
    Base32,
    /// Too short or too long.
    #[error("the secret must have 16 to 128 bytes (26 to 205 characters of base 32)")]
    Length,
}

fn escaped(text: &str) -> String {
    const KEEP: percent_encoding::AsciiSet =
        percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(text, &KEEP).to_string()
}
