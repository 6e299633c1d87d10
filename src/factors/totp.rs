//! Time-based one-time passwords (RFC 6238), each accepted once.
//!
//! **Invariant:** only a step later than the last accepted one is accepted (RFC 6238 §5.2), under every spelling of the code.
//! **Invariant:** the window is one step either way around the authenticator's own clock and never widens; the whole window is
//! computed and compared in constant time, whichever step matches.
//! **Invariant:** the state before a refusal is the state after it.

use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

use crate::base::entropy::Entropy;
use crate::base::id::{Authenticator, Id};
use crate::base::secret::Secret;
use crate::base::time::Timestamp;

use super::answer::Answer;
use super::proof::Proof;
use super::{Factor, Refusal, Verdict};

/// Seconds that one code lasts.
pub const PERIOD: u64 = 30;
/// Steps by which an authenticator's clock may be off before it must be synchronised again.
pub const DRIFT_LIMIT: i64 = 10;
/// Bytes of seed that are taken: 128 bits at least (RFC 4226 §4 R6).
const SEED: std::ops::RangeInclusive<usize> = 16..=128;

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

    const fn seed_length(self) -> usize {
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

/// How far the authenticator's clock is from ours, in quarters of a step, smoothed over the answers that were accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drift(i64);

impl Drift {
    /// From a stored number of quarters; what is beyond the limit is brought to it.
    pub fn from_quarters(quarters: i64) -> Self {
        Self(quarters.clamp(-4 * DRIFT_LIMIT, 4 * DRIFT_LIMIT))
    }

    /// Quarters of a step; positive when the authenticator is ahead.
    pub const fn quarters(self) -> i64 {
        self.0
    }

    /// Whole steps, rounded to the nearest.
    const fn steps(self) -> i64 {
        (self.0.abs() + 1).div_euclid(4) * self.0.signum()
    }

    /// Half way to what was just observed, so that one late typist does not move the window.
    const fn towards(self, steps: i64) -> Self {
        Self(self.0 + (steps * 4 - self.0) / 2)
    }
}

/// The state of one time-based authenticator.
#[derive(Debug)]
pub struct Totp {
    secret: Secret,
    algorithm: Algorithm,
    digits: Digits,
    last_step: Option<u64>,
    drift: Drift,
}

impl Totp {
    /// A new authenticator with a fresh seed of the algorithm's length (20, 32 or 64 bytes).
    pub fn generate(algorithm: Algorithm, digits: Digits, entropy: &dyn Entropy) -> Self {
        let secret = Secret::random(algorithm.seed_length(), entropy);
        Self { secret, algorithm, digits, last_step: None, drift: Drift::default() }
    }

    /// An authenticator whose seed exists already.
    ///
    /// # Errors
    /// When the seed has fewer than 16 or more than 128 bytes.
    pub fn new(secret: Secret, algorithm: Algorithm, digits: Digits) -> Result<Self, SeedError> {
        Self::restore(secret, algorithm, digits, None, Drift::default())
    }

    /// The state as it was stored.
    ///
    /// # Errors
    /// As [`Totp::new`].
    pub fn restore(
        secret: Secret,
        algorithm: Algorithm,
        digits: Digits,
        last_step: Option<u64>,
        drift: Drift,
    ) -> Result<Self, SeedError> {
        if !SEED.contains(&secret.expose(<[u8]>::len)) {
            return Err(SeedError::Length);
        }
        Ok(Self { secret, algorithm, digits, last_step, drift })
    }

    /// Judges a code typed at `now` for the request with this digest. A refusal changes nothing.
    pub fn verify(
        &self,
        id: Id<Authenticator>,
        now: Timestamp,
        answer: &Answer,
        digest: &[u8; 32],
    ) -> Verdict<Self> {
        let Some(typed) = answer.digits(usize::from(self.digits.count())) else {
            return Verdict::Refused(Refusal::Wrong);
        };
        let (Some(server), Some(engine)) = (step_at(now), self.engine()) else {
            return Verdict::Refused(Refusal::Unusable);
        };
        let centre = server.saturating_add_signed(self.drift.steps());
        let last = self.last_step;
        // The latest matching step is taken: should two steps of the window share a code, both are spent.
        let (mut any, mut matched) = (Choice::from(0), 0u64);
        for step in [centre.saturating_sub(1), centre, centre.saturating_add(1)] {
            let code = engine.generate(step.saturating_mul(PERIOD)).to_string();
            let equal = code.as_bytes().ct_eq(typed.as_bytes());
            matched.conditional_assign(&step, equal);
            any |= equal;
        }
        if !bool::from(any) {
            return Verdict::Refused(Refusal::Wrong);
        }
        if last.is_some_and(|last| matched <= last) {
            return Verdict::Refused(Refusal::Used);
        }
        let offset = difference(matched, server);
        if offset.abs() > DRIFT_LIMIT {
            return Verdict::Refused(Refusal::Drifted);
        }
        let next = Self {
            secret: self.secret.duplicate(),
            algorithm: self.algorithm,
            digits: self.digits,
            last_step: Some(matched),
            drift: self.drift.towards(offset),
        };
        Verdict::Accepted { proof: Proof::new(id, Factor::Totp, *digest, now, None), next }
    }

    /// The code that an authenticator with a right clock shows at `now`. For the demo and tests: a server has no use for it.
    pub fn code_at(&self, now: Timestamp) -> String {
        let at =
            |step: u64| self.engine().map(|engine| engine.generate(step.saturating_mul(PERIOD)).to_string());
        step_at(now).and_then(at).unwrap_or_default()
    }

    /// `otpauth://totp/ISSUER:ACCOUNT?secret=…`, what an app reads from the QR code. It holds the seed.
    pub fn uri(&self, issuer: &str, account: &str) -> Secret {
        let (issuer, account) = (escaped(issuer), escaped(account));
        let seed =
            self.secret.expose(|seed| zeroize::Zeroizing::new(data_encoding::BASE32_NOPAD.encode(seed)));
        let (algorithm, digits) = (self.algorithm.as_str(), self.digits.count());
        Secret::from(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm={algorithm}&digits={digits}&period={PERIOD}",
            *seed
        ))
    }

    /// The seed.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The hash under the code.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// How long the code is.
    pub fn digits(&self) -> Digits {
        self.digits
    }

    /// The step of the last accepted code; `None` before the first.
    pub fn last_step(&self) -> Option<u64> {
        self.last_step
    }

    /// How far its clock is off.
    pub fn drift(&self) -> Drift {
        self.drift
    }

    fn engine(&self) -> Option<totp_rs::Totp> {
        totp_rs::Builder::new()
            .with_algorithm(self.algorithm.vendor())
            .with_digits(self.digits.count())
            .with_step_duration(PERIOD)
            .with_secret(self.secret.expose(<[u8]>::to_vec))
            .build()
            .ok()
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

fn step_at(now: Timestamp) -> Option<u64> {
    u64::try_from(now.seconds()).ok().map(|seconds| seconds / PERIOD)
}

fn difference(left: u64, right: u64) -> i64 {
    let distance = i64::try_from(left.abs_diff(right)).unwrap_or(i64::MAX);
    if left < right { -distance } else { distance }
}

fn escaped(text: &str) -> String {
    const KEEP: percent_encoding::AsciiSet =
        percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(text, &KEEP).to_string()
}
