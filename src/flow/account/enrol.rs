//! An authenticator is enrolled by its user.
//!
//! **Invariant:** a code generator is kept only after a right code of it: nobody enrols one that was not read in.
//! **Invariant:** what is shown before is derived from the session's sealed root, so that showing it again changes nothing and a GET keeps
//! nothing.
//! **Invariant:** an emergency access code dies with the enrolment, or as soon as what was enrolled counts ([`Flows::ending_emergencies`]): it
//! was for the time without an authenticator.
//! **Invariant:** what a user enrols beside another authenticator counts later only ([`Flows::counts_from`]; `tests/it/account_new.rs`).

use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::base::secret::Secret;
use crate::base::text::{Label, UserName};
use crate::base::time::{Span, Timestamp};
use crate::directory::session::{FRESH, Level, Standing};
use crate::directory::{Account, Authenticator, AuthenticatorState, User};
use crate::factors::totp::{Algorithm, Digits};
use crate::factors::{Answer, Factor, Totp, Verdict};
use crate::store::{Commit, keys};

use super::super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};
use super::{Opened, protects};

/// The most authenticators a user ever has, removed ones included.
pub const MOST: usize = 100;

/// A code generator that could be enrolled.
pub struct Offered {
    /// `otpauth://totp/…`, for the QR code.
    pub uri: Secret,
    /// The seed in base 32, in groups of four, for typing.
    pub seed: Secret,
    totp: Totp,
}

/// What came of enrolling.
#[derive(Debug, PartialEq, Eq)]
pub enum Enrolled {
    /// It is enrolled; where it was the first, the session goes on under this cookie.
    Done {
        /// Its id.
        id: Id<id::Authenticator>,
        /// The new cookie.
        cookie: Option<String>,
    },
    /// The code is not the one it shows.
    WrongCode,
    /// The user has too many.
    TooMany,
    /// The session has ended meanwhile.
    Ended,
}

impl Flows {
    /// A code generator for this session to enrol; the same each time until one was enrolled.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn offer_totp(&self, opened: &Opened) -> Result<Offered, Unavailable> {
        let before = self.authenticators_of(&opened.user.name).await?.len();
        // 20 bytes, as RFC 4226 §4 recommends for SHA-1, which is what every app understands.
        let seed = opened
            .session
            .root
            .derive(&format!("countersign-totp-v1 {before}"))
            .expose(|bytes| Secret::from(bytes.iter().take(20).copied().collect::<Vec<u8>>()));
        let spelled = seed.expose(|seed| data_encoding::BASE32_NOPAD.encode(seed));
        let groups: Vec<String> =
            spelled.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
        let totp = Totp::new(seed, Algorithm::Sha1, Digits::Six).map_err(unavailable)?;
        let issuer = format!("Countersign {}", self.portal().host());
        let uri = totp.uri(&issuer, opened.user.name.as_str());
        Ok(Offered { uri, seed: Secret::from(groups.join(" ")), totp })
    }

    /// Enrols the offered code generator, if `code` is what it shows now.
    ///
    /// # Errors
    /// When the store cannot be used; nothing has changed then.
    pub async fn enrol_totp(
        &self,
        opened: &Opened,
        label: Label,
        code: &str,
    ) -> Result<Enrolled, Unavailable> {
        let offered = self.offer_totp(opened).await?;
        let Ok(answer) = Answer::parse(code) else { return Ok(Enrolled::WrongCode) };
        let now = self.now();
        let id = Id::new(now, self.entropy());
        // The proof is for nothing but this enrolment; the state that comes with it has the code used up.
        match offered.totp.verify(id, now, &answer, &opened.session.nonce) {
            Verdict::Accepted { proof: _, next } => {
                self.enrol_own(opened, label, AuthenticatorState::Totp(next)).await
            }
            // Nothing that is enrolled now can have been used in an earlier epoch.
            Verdict::Spent { .. } | Verdict::Refused(_) => Ok(Enrolled::WrongCode),
        }
    }

    /// Enrols an authenticator for the user of a session, and raises the session where it is the first. The caller has found the session
    /// fresh and the authenticator right.
    pub(in crate::flow) async fn enrol_own(
        &self,
        opened: &Opened,
        label: Label,
        state: AuthenticatorState,
    ) -> Result<Enrolled, Unavailable> {
        self.enrol_own_with(opened, label, state, Commit::new()).await
    }

    /// The same, with what else must be made in the same commit.
    pub(in crate::flow) async fn enrol_own_with(
        &self,
        opened: &Opened,
        label: Label,
        state: AuthenticatorState,
        also: Commit,
    ) -> Result<Enrolled, Unavailable> {
        let user = &opened.user.name;
        let actor = Actor::User(user.clone());
        let mut one = self.newcomer(&opened.user, label, state);
        for _ in 0..TRIES {
            let (account, row) = self.account(user).await?;
            if opened.standing != Standing::SignedIn || account.epoch != opened.session.epoch {
                return Ok(Enrolled::Ended);
            }
            if self.authenticators_of(user).await?.len() >= MOST {
                return Ok(Enrolled::TooMany);
            }
            one.counts_from = self.counts_from(user, &account).await?;
            let mut commit = self
                .enrolling(actor.clone(), EventKind::AuthenticatorAdded, &one)
                .and(also.clone())
                .and(self.ending_emergencies(actor.clone(), &one).await?)
                .and(self.put_account(user, row.as_ref(), account));
            let mut cookie = None;
            if opened.session.level == Level::Password && protects(&one) {
                // Where it does not count yet, what was fresh before goes on.
                let proved = one.counts_from.is_none().then(|| self.now().plus(FRESH));
                let fresh = (opened.session.epoch, proved.or(opened.session.fresh_until));
                let Some((new, renewed)) = self.renewing(opened, Level::Authenticator, fresh).await? else {
                    return Ok(Enrolled::Ended);
                };
                (cookie, commit) = (Some(new), commit.and(renewed));
            }
            match self.store().commit(commit).await {
                Ok(_) => return Ok(Enrolled::Done { id: one.id, cookie }),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// A new authenticator that counts at once, and the commit that enrols it. To go with [`Self::ending_emergencies`]. For those who vouch for
    /// the user; what users enrol goes by [`Self::counts_from`].
    pub(in crate::flow) fn enrolment(
        &self,
        actor: Actor,
        kind: EventKind,
        user: &User,
        label: Label,
        state: AuthenticatorState,
    ) -> (Authenticator, Commit) {
        let one = self.newcomer(user, label, state);
        let commit = self.enrolling(actor, kind, &one);
        (one, commit)
    }

    /// A new authenticator that counts at once, not yet enrolled.
    pub(in crate::flow) fn newcomer(
        &self,
        user: &User,
        label: Label,
        state: AuthenticatorState,
    ) -> Authenticator {
        let now = self.now();
        Authenticator {
            id: Id::new(now, self.entropy()),
            user: user.name.clone(),
            label,
            state,
            created_at: now,
            last_used_at: None,
            counts_from: None,
            revoked_at: None,
        }
    }

    /// The part of a commit that enrols a new authenticator.
    pub(in crate::flow) fn enrolling(&self, actor: Actor, kind: EventKind, one: &Authenticator) -> Commit {
        let key = keys::authenticator(&one.user, one.id);
        let mut event = self.event(kind, actor).with("user", &one.user).with("authenticator", one.id);
        if let Some(from) = one.counts_from {
            event = event.with("counts_from", from);
        }
        // Whose it is, so that it can be revoked by its id alone.
        let owner = keys::authenticator_owner(one.id);
        Commit::new()
            .create(key.clone(), self.records().seal_authenticator(&key, one), None)
            .create(owner.clone(), self.records().close(&owner, &one.user), None)
            .record(event)
    }

    /// From when on counts what a user enrols now: at once where it is the first, later beside another. To be committed with the account as it
    /// was found, so that of two at once one is the first.
    ///
    /// THREAT: removing one's last authenticator must not make the next one the first.
    pub(in crate::flow) async fn counts_from(
        &self,
        user: &UserName,
        account: &Account,
    ) -> Result<Option<Timestamp>, Unavailable> {
        let (now, wait) = (self.now(), self.0.parts.account.new_authenticator_after);
        let removed = account.removed_at.is_some_and(|at| now < at.plus(wait));
        let beside = removed || self.is_protected(user).await?;
        Ok((beside && wait > Span::ZERO).then(|| now.plus(wait)))
    }

    /// The part of a commit that tells a user of `new`, and ends the emergency access codes where it is more than another of those: at once, or
    /// when it counts, so that nobody is left with nothing; a new contact ends them at once in any case.
    pub(in crate::flow) async fn ending_emergencies(
        &self,
        actor: Actor,
        new: &Authenticator,
    ) -> Result<Commit, Unavailable> {
        let commit = self.adding(new).await?;
        let until = new.counts_from.filter(|_| !matches!(new.kind(), Factor::Email | Factor::Sms));
        if protects(new) {
            Ok(commit.and(self.end_emergencies(&new.user, actor, until).await?))
        } else {
            Ok(commit)
        }
    }

    /// The part of a commit that ends the emergency access codes of a user: now, or at this instant at the latest.
    pub(in crate::flow) async fn end_emergencies(
        &self,
        user: &UserName,
        actor: Actor,
        until: Option<Timestamp>,
    ) -> Result<Commit, Unavailable> {
        let (mut commit, now) = (Commit::new(), self.now());
        for one in self.authenticators_of(user).await? {
            if !one.usable(now) {
                continue;
            }
            let (id, key) = (one.id, keys::authenticator(user, one.id));
            let AuthenticatorState::Emergency(code) = &one.state else { continue };
            let (valid_until, ends) = (code.valid_until(), until.unwrap_or(now));
            if until.is_some() && valid_until <= ends {
                continue;
            }
            let ended = match until {
                Some(until) => one.ending(until),
                None => one.revoked(now),
            };
            let Some(row) = self.row(&key).await? else { continue };
            let event = self
                .event(EventKind::AuthenticatorRevoked, actor.clone())
                .with("user", user)
                .with("authenticator", id)
                .with("from", ends);
            let value = self.records().seal_authenticator(&key, &ended);
            commit = commit.replace(key, row.version, value, None).record(event);
        }
        Ok(commit)
    }
}
