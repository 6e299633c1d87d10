//! Counter-based one-time passwords (RFC 4226), each accepted once.
//!
//! **Invariant:** the counter only moves forward, past the code that was accepted (RFC 4226 §7.2); no code before it is ever accepted.
//! **Invariant:** the look-ahead window is the authenticator's own and never widens; all of it is searched ([`super::oath`]). Only two
//! consecutive codes reach further ([`Hotp::resync`], RFC 4226 §7.4).
//! **Invariant:** the state before a refusal is the state after it. Only what a store may have forgotten is spent without proving anything
//! ([`Hotp::forgetful`]).

use crate::base::entropy::Entropy;
use crate::base::id::{Authenticator, Id};
use crate::base::secret::Secret;
use crate::base::time::Timestamp;

use super::answer::Answer;
use super::oath::{Algorithm, Digits, Engine, SeedError, Validity};
use super::proof::Proof;
use super::{Factor, Refusal, Verdict};

/// Codes that are searched, the next one included: so many may be lost by pressing the button, less one.
pub const LOOK_AHEAD: u8 = 10;
/// The widest such window: a guess of six digits then succeeds in one of 10 000 attempts.
pub const LOOK_AHEAD_MOST: u8 = 100;
/// Codes that are searched for two consecutive ones.
pub const RESYNC_WINDOW: u64 = 1000;

/// The state of one counter-based authenticator.
#[derive(Debug)]
pub struct Hotp {
    engine: Engine,
    validity: Validity,
    counter: u64,
    look_ahead: u8,
    /// Whether codes from `counter` on may have been used already.
    doubtful: bool,
}

impl Hotp {
    /// A new authenticator with a fresh seed of the algorithm's length (20, 32 or 64 bytes), counting from 0.
    pub fn generate(algorithm: Algorithm, digits: Digits, entropy: &dyn Entropy) -> Self {
        let seed = Secret::random(algorithm.seed_length(), entropy);
        Self::of(Engine::of_fresh(seed, algorithm, digits))
    }

    /// An authenticator whose seed exists already, counting from 0.
    ///
    /// # Errors
    /// When the seed has fewer than 16 or more than 128 bytes.
    pub fn new(secret: Secret, algorithm: Algorithm, digits: Digits) -> Result<Self, SeedError> {
        Engine::new(secret, algorithm, digits).map(Self::of)
    }

    /// The same, the next code being that of `counter`.
    #[must_use]
    pub fn at(self, counter: u64) -> Self {
        Self { counter, ..self }
    }

    /// The same with another look-ahead window, brought to 1 to [`LOOK_AHEAD_MOST`].
    #[must_use]
    pub fn looking_ahead(self, look_ahead: u8) -> Self {
        Self { look_ahead: look_ahead.clamp(1, LOOK_AHEAD_MOST), ..self }
    }

    /// The same, for use within these limits only.
    #[must_use]
    pub fn within(self, validity: Validity) -> Self {
        Self { validity, ..self }
    }

    /// The same after a store failed over: it may have forgotten codes that were used. Which, nobody knows, so the first right one is spent and proves
    /// nothing. Whoever saw a code that is forgotten gains nothing by it, unless it is two that follow each other.
    #[must_use]
    pub fn forgetful(self) -> Self {
        Self { doubtful: true, ..self }
    }

    /// Judges a code typed at `now` for the request with this digest. A refusal changes nothing.
    pub fn verify(
        &self,
        id: Id<Authenticator>,
        now: Timestamp,
        answer: &Answer,
        digest: &[u8; 32],
    ) -> Verdict<Self> {
        if !self.validity.includes(now) {
            return Verdict::Refused(Refusal::Unusable);
        }
        let Some(typed) = answer.digits(usize::from(self.digits().count())) else {
            return Verdict::Refused(Refusal::Wrong);
        };
        let last = self.counter.saturating_add(u64::from(self.look_ahead) - 1);
        let matched = self.engine.find(self.counter..=last, typed);
        // Never accepted; only to tell whoever reads the log that the code was right once.
        let before = self.counter.checked_sub(1).and_then(|last| self.engine.find(last..=last, typed));
        match matched.map(|matched| self.moved(matched)) {
            Some(Some(next)) if self.doubtful => Verdict::Spent { next },
            Some(Some(next)) => {
                Verdict::Accepted { proof: Proof::new(id, Factor::Hotp, *digest, now, None), next }
            }
            Some(None) => Verdict::Refused(Refusal::Unusable),
            None if before.is_some() => Verdict::Refused(Refusal::Used),
            None => Verdict::Refused(Refusal::Wrong),
        }
    }

    /// Finds the counter again by two consecutive codes, neither of them accepted yet, among the next thousand (RFC 4226 §7.4). Both are
    /// spent then. Two codes of six digits are guessed in one of 10⁹ attempts. A refusal changes nothing.
    pub fn resync(
        &self,
        id: Id<Authenticator>,
        now: Timestamp,
        codes: &[Answer; 2],
        digest: &[u8; 32],
    ) -> Verdict<Self> {
        match self.found(now, codes) {
            Ok(next) => Verdict::Accepted { proof: Proof::new(id, Factor::Hotp, *digest, now, None), next },
            Err(why) => Verdict::Refused(why),
        }
    }

    fn found(&self, now: Timestamp, [first, second]: &[Answer; 2]) -> Result<Self, Refusal> {
        if !self.validity.includes(now) {
            return Err(Refusal::Unusable);
        }
        let length = usize::from(self.digits().count());
        let typed = first.digits(length).zip(second.digits(length)).ok_or(Refusal::Wrong)?;
        let window = self.counter..=self.counter.saturating_add(RESYNC_WINDOW);
        let matched = self.engine.find_second(window, typed.into()).ok_or(Refusal::Wrong)?;
        self.moved(matched).ok_or(Refusal::Unusable)
    }

    /// The state after the code of counter `used`; `None` when no counter is left.
    fn moved(&self, used: u64) -> Option<Self> {
        let counter = used.checked_add(1)?;
        let engine = self.engine.duplicate();
        Some(Self { engine, validity: self.validity, counter, look_ahead: self.look_ahead, doubtful: false })
    }

    fn of(engine: Engine) -> Self {
        Self { engine, validity: Validity::default(), counter: 0, look_ahead: LOOK_AHEAD, doubtful: false }
    }

    /// The code of that counter. For the demo and tests: a server has no use for it.
    pub fn code(&self, counter: u64) -> String {
        self.engine.code(counter).unwrap_or_default()
    }

    /// `otpauth://hotp/ISSUER:ACCOUNT?secret=…`, what an app reads from the QR code. It holds the seed.
    pub fn uri(&self, issuer: &str, account: &str) -> Secret {
        self.engine.uri("hotp", issuer, account, &format!("counter={}", self.counter))
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

    /// Between which instants it may be used.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// The counter of the next code.
    pub fn counter(&self) -> u64 {
        self.counter
    }

    /// Codes that are searched, the next one included.
    pub fn look_ahead(&self) -> u8 {
        self.look_ahead
    }
}
