//! Time-based one-time passwords (RFC 6238), each accepted once.
//!
//! **Invariant:** only a step later than the last accepted one is accepted (RFC 6238 §5.2), under every spelling of the code.
//! **Invariant:** the window is one step either way around the authenticator's own clock and never widens; all of it is searched
//! ([`super::oath`]). Only two consecutive codes move it further ([`Totp::resync`]).
//! **Invariant:** the state before a refusal is the state after it.

use crate::base::entropy::Entropy;
use crate::base::id::{Authenticator, Id};
use crate::base::secret::Secret;
use crate::base::time::Timestamp;

use super::answer::Answer;
use super::oath::Engine;
pub use super::oath::{Algorithm, Digits, SeedError, Validity, parse_seed};
use super::proof::Proof;
use super::{Factor, Refusal, Verdict};

/// Steps by which an authenticator's clock may move away from where two consecutive codes last proved it to be, or from ours, before that must be
/// done again.
pub const DRIFT_LIMIT: i64 = 10;
/// Seconds by which a clock may be off and still be found by two consecutive codes.
pub const RESYNC_WINDOW: u64 = 2 * 60 * 60;

/// How long one code lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Period {
    /// 30 seconds, what phone apps use.
    #[default]
    Thirty,
    /// 60 seconds: some hardware tokens.
    Sixty,
}

impl Period {
    /// 30 or 60.
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Thirty => 30,
            Self::Sixty => 60,
        }
    }

    /// From 30 or 60.
    pub const fn parse(seconds: u64) -> Option<Self> {
        match seconds {
            30 => Some(Self::Thirty),
            60 => Some(Self::Sixty),
            _ => None,
        }
    }

    /// The step of that instant; `None` before 1970.
    pub fn step_at(self, now: Timestamp) -> Option<u64> {
        u64::try_from(now.seconds()).ok().map(|seconds| seconds / self.seconds())
    }

    /// Steps to be searched either way for two consecutive codes.
    const fn resync_steps(self) -> u64 {
        RESYNC_WINDOW / self.seconds()
    }
}

/// How far the authenticator's clock is from ours: in quarters of a step, smoothed over the answers that were accepted, and in whole steps
/// where two consecutive codes last proved it to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    quarters: i64,
    proven: i64,
}

impl Drift {
    /// From stored numbers; what is beyond a limit is brought to it.
    pub fn restore(quarters: i64, proven: i64) -> Self {
        let most = i64::try_from(Period::Thirty.resync_steps()).unwrap_or(0);
        let proven = proven.clamp(-most, most);
        let limits = ((proven - DRIFT_LIMIT) * 4, (proven + DRIFT_LIMIT) * 4);
        Self { quarters: quarters.clamp(limits.0, limits.1), proven }
    }

    /// Exactly so many steps, as two consecutive codes proved or a vendor measured. `None` beyond what a resynchronisation would find.
    pub fn of_steps(steps: i64, period: Period) -> Option<Self> {
        (steps.unsigned_abs() <= period.resync_steps()).then_some(Self { quarters: steps * 4, proven: steps })
    }

    /// Quarters of a step; positive when the authenticator is ahead.
    pub const fn quarters(self) -> i64 {
        self.quarters
    }

    /// Steps that were proved by two consecutive codes; 0 for a clock that never was.
    pub const fn proven(self) -> i64 {
        self.proven
    }

    /// Whole steps, rounded to the nearest.
    const fn steps(self) -> i64 {
        (self.quarters.abs() + 1).div_euclid(4) * self.quarters.signum()
    }

    /// Half way to what was just observed, so that one late typist does not move the window. `None` beyond the limit.
    fn towards(self, steps: i64) -> Option<Self> {
        let quarters = self.quarters + (steps * 4 - self.quarters) / 2;
        ((steps - self.proven).abs() <= DRIFT_LIMIT).then_some(Self { quarters, ..self })
    }
}

/// The state of one time-based authenticator.
#[derive(Debug)]
pub struct Totp {
    engine: Engine,
    period: Period,
    validity: Validity,
    last_step: Option<u64>,
    drift: Drift,
}

impl Totp {
    /// A new authenticator with a fresh seed of the algorithm's length (20, 32 or 64 bytes).
    pub fn generate(algorithm: Algorithm, digits: Digits, entropy: &dyn Entropy) -> Self {
        let seed = Secret::random(algorithm.seed_length(), entropy);
        Self::of(Engine::of_fresh(seed, algorithm, digits))
    }

    /// An authenticator whose seed exists already.
    ///
    /// # Errors
    /// When the seed has fewer than 16 or more than 128 bytes.
    pub fn new(secret: Secret, algorithm: Algorithm, digits: Digits) -> Result<Self, SeedError> {
        Engine::new(secret, algorithm, digits).map(Self::of)
    }

    /// The same with the replay state that was stored.
    #[must_use]
    pub fn at(self, last_step: Option<u64>, drift: Drift) -> Self {
        Self { last_step, drift, ..self }
    }

    /// The same, whose codes last so long.
    #[must_use]
    pub fn with_period(self, period: Period) -> Self {
        Self { period, ..self }
    }

    /// The same, for use within these limits only.
    #[must_use]
    pub fn within(self, validity: Validity) -> Self {
        Self { validity, ..self }
    }

    /// Judges a code typed at `now` for the request with this digest. A refusal changes nothing.
    pub fn verify(
        &self,
        id: Id<Authenticator>,
        now: Timestamp,
        answer: &Answer,
        digest: &[u8; 32],
    ) -> Verdict<Self> {
        let Some(server) = self.period.step_at(now).filter(|_| self.validity.includes(now)) else {
            return Verdict::Refused(Refusal::Unusable);
        };
        let Some(typed) = answer.digits(usize::from(self.digits().count())) else {
            return Verdict::Refused(Refusal::Wrong);
        };
        let centre = server.saturating_add_signed(self.drift.steps());
        let window = centre.saturating_sub(1)..=centre.saturating_add(1);
        let Some(matched) = self.engine.find(window, typed) else {
            return Verdict::Refused(Refusal::Wrong);
        };
        if self.last_step.is_some_and(|last| matched <= last) {
            return Verdict::Refused(Refusal::Used);
        }
        let Some(drift) = self.drift.towards(difference(matched, server)) else {
            return Verdict::Refused(Refusal::Drifted);
        };
        let proof = Proof::new(id, Factor::Totp, *digest, now, None);
        Verdict::Accepted { proof, next: self.moved(matched, drift) }
    }

    /// The same after a store failed over at `since`: what was used before may be forgotten, so every step whose code could have been used then is
    /// taken to have been. That is the one after the step of `since` at most.
    #[must_use]
    pub fn forgetful(self, since: Timestamp) -> Self {
        let step = self.period.step_at(since).unwrap_or_default();
        let last = step.saturating_add_signed(self.drift.steps()).saturating_add(1);
        Self { last_step: self.last_step.max(Some(last)), ..self }
    }

    /// Finds the clock again by two consecutive codes, both later than the last that was accepted, within two hours either way (RFC 6238 §6).
    /// Both are spent then. Two codes of six digits are guessed in one of 10¹² / 480 attempts. A refusal changes nothing.
    pub fn resync(
        &self,
        id: Id<Authenticator>,
        now: Timestamp,
        codes: &[Answer; 2],
        digest: &[u8; 32],
    ) -> Verdict<Self> {
        match self.found(now, codes) {
            Ok(next) => Verdict::Accepted { proof: Proof::new(id, Factor::Totp, *digest, now, None), next },
            Err(why) => Verdict::Refused(why),
        }
    }

    fn found(&self, now: Timestamp, [first, second]: &[Answer; 2]) -> Result<Self, Refusal> {
        let server = self.period.step_at(now).filter(|_| self.validity.includes(now));
        let server = server.ok_or(Refusal::Unusable)?;
        let length = usize::from(self.digits().count());
        let typed = first.digits(length).zip(second.digits(length)).ok_or(Refusal::Wrong)?;
        let reach = self.period.resync_steps();
        let window = server.saturating_sub(reach)..=server.saturating_add(reach);
        let matched = self.engine.find_second(window, typed.into()).ok_or(Refusal::Wrong)?;
        if self.last_step.is_some_and(|last| matched <= last.saturating_add(1)) {
            return Err(Refusal::Used);
        }
        let drift = Drift::of_steps(difference(matched, server), self.period).ok_or(Refusal::Wrong)?;
        Ok(self.moved(matched, drift))
    }

    fn moved(&self, last_step: u64, drift: Drift) -> Self {
        let engine = self.engine.duplicate();
        Self { engine, period: self.period, validity: self.validity, last_step: Some(last_step), drift }
    }

    fn of(engine: Engine) -> Self {
        let (period, validity) = (Period::default(), Validity::default());
        Self { engine, period, validity, last_step: None, drift: Drift::default() }
    }

    /// The code that an authenticator with a right clock shows at `now`. For the demo and tests: a server has no use for it.
    pub fn code_at(&self, now: Timestamp) -> String {
        self.period.step_at(now).and_then(|step| self.engine.code(step)).unwrap_or_default()
    }

    /// `otpauth://totp/ISSUER:ACCOUNT?secret=…`, what an app reads from the QR code. It holds the seed.
    pub fn uri(&self, issuer: &str, account: &str) -> Secret {
        self.engine.uri("totp", issuer, account, &format!("period={}", self.period.seconds()))
    }

    /// The seed.
    pub fn secret(&self) -> &Secret {
        self.engine.seed()
    }

    /// The hash under the code.
    pub fn algorithm(&self) -> Algorithm {
        self.engine.algorithm
    }

    /// How long the code is.
    pub fn digits(&self) -> Digits {
        self.engine.digits
    }

    /// How long one code lasts.
    pub fn period(&self) -> Period {
        self.period
    }

    /// Between which instants it may be used.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// The step of the last accepted code; `None` before the first.
    pub fn last_step(&self) -> Option<u64> {
        self.last_step
    }

    /// How far its clock is off.
    pub fn drift(&self) -> Drift {
        self.drift
    }
}

fn difference(left: u64, right: u64) -> i64 {
    let distance = i64::try_from(left.abs_diff(right)).unwrap_or(i64::MAX);
    if left < right { -distance } else { distance }
}
