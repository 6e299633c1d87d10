//! An authenticator that a user has enrolled, with the state of its factor.
//!
//! **Invariant:** [`Authenticator::verify`] answers nothing for one that is not usable at that instant.
//! **Invariant:** of what may have been used before the store failed over nothing is accepted ([`Authenticator::as_of`]; `tests/it/epoch.rs`).
//! **Invariant:** one that does not count yet approves nothing ([`Authenticator::counts`]; `tests/it/account_new.rs`).

use crate::base::epoch::Epoch;
use crate::base::id::{self, Id};
use crate::base::text::{Label, UserName};
use crate::base::time::Timestamp;
use crate::factors::message::{self, Address};
use crate::factors::{
    Emergency, Factor, Hotp, Passkey, Pending, Phone, Recovery, Refusal, Response, Totp, Verdict,
};

/// What one user has enrolled.
#[derive(Debug)]
pub struct Authenticator {
    /// Its identifier.
    pub id: Id<id::Authenticator>,
    /// Whose it is.
    pub user: UserName,
    /// What its user calls it.
    pub label: Label,
    /// The state of its factor.
    pub state: AuthenticatorState,
    /// When it was enrolled.
    pub created_at: Timestamp,
    /// When it was last answered rightly; `None` before the first time.
    pub last_used_at: Option<Timestamp>,
    /// From when on it counts ([`Self::counts`]); `None` from the start.
    pub counts_from: Option<Timestamp>,
    /// Since when it is never accepted again; `None` while it is.
    pub revoked_at: Option<Timestamp>,
}

/// The state of an authenticator, by factor.
#[derive(Debug)]
pub enum AuthenticatorState {
    /// Time-based one-time passwords.
    Totp(Totp),
    /// Counter-based one-time passwords.
    Hotp(Hotp),
    /// A passkey.
    Passkey(Passkey),
    /// Codes by e-mail.
    Email(Address),
    /// Codes by text message.
    Sms(Address),
    /// A paired phone.
    Push(Phone),
    /// An emergency access code.
    Emergency(Emergency),
    /// A set of recovery codes.
    Recovery(Recovery),
}

impl Authenticator {
    /// Whether verifying this answer takes microseconds. Hashing an emergency code takes tens of milliseconds.
    pub fn is_quick(&self, response: &Response) -> bool {
        matches!(
            (&self.state, response),
            (
                AuthenticatorState::Totp(_)
                    | AuthenticatorState::Hotp(_)
                    | AuthenticatorState::Email(_)
                    | AuthenticatorState::Sms(_),
                Response::Code(_)
            )
        )
    }

    /// The factor it is of.
    pub fn kind(&self) -> Factor {
        match self.state {
            AuthenticatorState::Totp(_) => Factor::Totp,
            AuthenticatorState::Hotp(_) => Factor::Hotp,
            AuthenticatorState::Passkey(_) => Factor::Passkey,
            AuthenticatorState::Email(_) => Factor::Email,
            AuthenticatorState::Sms(_) => Factor::Sms,
            AuthenticatorState::Push(_) => Factor::Push,
            AuthenticatorState::Emergency(_) => Factor::Emergency,
            AuthenticatorState::Recovery(_) => Factor::Recovery,
        }
    }

    /// How many digits its codes have, where that is fixed.
    pub fn digits(&self) -> Option<u32> {
        match &self.state {
            AuthenticatorState::Totp(totp) => Some(u32::from(totp.digits().count())),
            AuthenticatorState::Hotp(hotp) => Some(u32::from(hotp.digits().count())),
            AuthenticatorState::Email(_) | AuthenticatorState::Sms(_) => Some(message::DIGITS),
            AuthenticatorState::Passkey(_)
            | AuthenticatorState::Push(_)
            | AuthenticatorState::Emergency(_)
            | AuthenticatorState::Recovery(_) => None,
        }
    }

    /// Whether it may be offered and answered at `now`.
    pub fn usable(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none()
            && match &self.state {
                AuthenticatorState::Totp(totp) => totp.validity().includes(now),
                AuthenticatorState::Hotp(hotp) => hotp.validity().includes(now),
                AuthenticatorState::Passkey(_) => true,
                AuthenticatorState::Email(_) | AuthenticatorState::Sms(_) => true,
                AuthenticatorState::Push(_) => true,
                AuthenticatorState::Emergency(code) => code.is_valid(now),
                AuthenticatorState::Recovery(codes) => codes.left() > 0,
            }
    }

    /// Whether an answer at `now` can approve a held request or allow a change of the account.
    ///
    /// THREAT: whoever gets hold of a session and one code could enrol an authenticator of his own and approve with it at once. So one that a user
    /// enrols beside another has to wait, while all contacts are told of it.
    pub fn counts(&self, now: Timestamp) -> bool {
        self.counts_from.is_none_or(|from| from <= now)
    }

    /// Whether an answer is only taken to a challenge that was begun before.
    pub fn needs_challenge(&self) -> bool {
        match self.state {
            AuthenticatorState::Passkey(_)
            | AuthenticatorState::Push(_)
            | AuthenticatorState::Email(_)
            | AuthenticatorState::Sms(_) => true,
            AuthenticatorState::Totp(_)
            | AuthenticatorState::Hotp(_)
            | AuthenticatorState::Emergency(_)
            | AuthenticatorState::Recovery(_) => false,
        }
    }

    /// Judges a response given at `now` for what has this digest, to the challenge that was begun for it, if one was; an accepted one
    /// carries this authenticator's next state. May hash for tens of milliseconds (emergency codes).
    pub fn verify(
        &self,
        now: Timestamp,
        response: &Response,
        pending: Option<&Pending>,
        digest: &[u8; 32],
    ) -> Verdict<Self> {
        if !self.usable(now) {
            return Verdict::Refused(Refusal::Unusable);
        }
        match (&self.state, response, pending) {
            (AuthenticatorState::Totp(totp), Response::Code(answer), None) => {
                totp.verify(self.id, now, answer, digest).map(AuthenticatorState::Totp)
            }
            (AuthenticatorState::Hotp(hotp), Response::Code(answer), None) => {
                hotp.verify(self.id, now, answer, digest).map(AuthenticatorState::Hotp)
            }
            (AuthenticatorState::Totp(totp), Response::Consecutive(codes), None) => {
                totp.resync(self.id, now, codes, digest).map(AuthenticatorState::Totp)
            }
            (AuthenticatorState::Hotp(hotp), Response::Consecutive(codes), None) => {
                hotp.resync(self.id, now, codes, digest).map(AuthenticatorState::Hotp)
            }
            (AuthenticatorState::Emergency(code), Response::Code(answer), None) => {
                code.verify(self.id, now, answer, digest).map(AuthenticatorState::Emergency)
            }
            (AuthenticatorState::Recovery(codes), Response::Code(answer), None) => {
                codes.verify(self.id, now, answer, digest).map(AuthenticatorState::Recovery)
            }
            (
                AuthenticatorState::Passkey(passkey),
                Response::Passkey(assertion),
                Some(Pending::Passkey(ceremony)),
            ) => passkey.verify(self.id, now, assertion, ceremony, digest).map(AuthenticatorState::Passkey),
            (AuthenticatorState::Email(to), Response::Code(answer), Some(Pending::Code(sent))) => {
                to.verify(self.id, now, sent, answer, digest).map(AuthenticatorState::Email)
            }
            (AuthenticatorState::Sms(to), Response::Code(answer), Some(Pending::Code(sent))) => {
                to.verify(self.id, now, sent, answer, digest).map(AuthenticatorState::Sms)
            }
            (AuthenticatorState::Push(phone), Response::Phone(signed), Some(Pending::Phone(asked))) => {
                phone.verify(self.id, now, signed, asked, digest).map(AuthenticatorState::Push)
            }
            // What was given is not what this kind is answered with.
            (
                AuthenticatorState::Totp(_)
                | AuthenticatorState::Hotp(_)
                | AuthenticatorState::Passkey(_)
                | AuthenticatorState::Email(_)
                | AuthenticatorState::Sms(_)
                | AuthenticatorState::Push(_)
                | AuthenticatorState::Emergency(_)
                | AuthenticatorState::Recovery(_),
                Response::Code(_)
                | Response::Consecutive(_)
                | Response::Passkey(_)
                | Response::Phone(_)
                | Response::Unreadable,
                _,
            ) => Verdict::Refused(Refusal::Wrong),
        }
        .map(|state| Self {
            id: self.id,
            user: self.user.clone(),
            label: self.label.clone(),
            state,
            created_at: self.created_at,
            last_used_at: Some(now),
            counts_from: self.counts_from,
            revoked_at: self.revoked_at,
        })
    }

    /// The same authenticator, taking that it may have been used before this epoch of the store without a trace of it.
    ///
    /// Passkeys and phones answer challenges, and those of earlier epochs are gone; a passkey's counter may be too low then, which
    /// finds a copy of it later than it would have.
    #[must_use]
    pub fn as_of(self, epoch: Epoch) -> Self {
        let Some(since) = epoch.since() else { return self };
        let issued_before = !epoch.includes(self.created_at);
        let used_before = !epoch.includes(self.last_used_at.unwrap_or(self.created_at));
        let state = match self.state {
            AuthenticatorState::Totp(totp) => AuthenticatorState::Totp(totp.forgetful(since)),
            AuthenticatorState::Hotp(hotp) if used_before => AuthenticatorState::Hotp(hotp.forgetful()),
            AuthenticatorState::Emergency(code) if issued_before => {
                AuthenticatorState::Emergency(code.ending(since))
            }
            AuthenticatorState::Recovery(codes) if issued_before => {
                AuthenticatorState::Recovery(Recovery::restore(*codes.salt(), Vec::new()))
            }
            state @ (AuthenticatorState::Hotp(_)
            | AuthenticatorState::Passkey(_)
            | AuthenticatorState::Email(_)
            | AuthenticatorState::Sms(_)
            | AuthenticatorState::Push(_)
            | AuthenticatorState::Emergency(_)
            | AuthenticatorState::Recovery(_)) => state,
        };
        Self { state, ..self }
    }

    /// The same authenticator; if it is an emergency access code, good until `until` at most.
    #[must_use]
    pub fn ending(self, until: Timestamp) -> Self {
        match self.state {
            AuthenticatorState::Emergency(code) => {
                Self { state: AuthenticatorState::Emergency(code.ending(until)), ..self }
            }
            _ => self,
        }
    }

    /// The same authenticator, never to be accepted again. The first revocation counts.
    #[must_use]
    pub fn revoked(self, now: Timestamp) -> Self {
        let revoked_at = self.revoked_at.or(Some(now));
        Self { revoked_at, ..self }
    }
}
