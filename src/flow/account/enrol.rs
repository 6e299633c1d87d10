//! An authenticator is enrolled by its user.
//!
//! **Invariant:** a code generator is kept only after a right code of it: nobody enrols one that was not read in.
//! **Invariant:** what is shown before is derived from the session's sealed root, so that showing it again changes nothing and a GET keeps
//! nothing.
//! **Invariant:** an emergency access code dies with the enrolment ([`Flows::ending_emergencies`]): it was for the time without an authenticator.

use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::base::secret::Secret;
use crate::base::text::{Label, UserName};
use crate::directory::session::{Level, Standing};
use crate::directory::{Authenticator, AuthenticatorState, User};
use crate::factors::totp::{Algorithm, Digits};
use crate::factors::{Answer, Totp, Verdict};
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
            Verdict::Refused(_) => Ok(Enrolled::WrongCode),
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
        let (one, enrolment) =
            self.enrolment(actor.clone(), EventKind::AuthenticatorAdded, &opened.user, label, state);
        for _ in 0..TRIES {
            let (account, row) = self.account(user).await?;
            if opened.standing != Standing::SignedIn || account.epoch != opened.session.epoch {
                return Ok(Enrolled::Ended);
            }
            if self.authenticators_of(user).await?.len() >= MOST {
                return Ok(Enrolled::TooMany);
            }
            let mut commit = enrolment
                .clone()
                .and(also.clone())
                .and(self.ending_emergencies(actor.clone(), &one).await?)
                .and(self.put_account(user, row.as_ref(), account));
            let mut cookie = None;
            if opened.session.level == Level::Password && protects(&one) {
                let level = Level::Authenticator;
                let Some((new, renewed)) = self.renewing(opened, level, opened.session.epoch).await? else {
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

    /// A new authenticator, and the commit that enrols it. To go with [`Self::ending_emergencies`].
    pub(in crate::flow) fn enrolment(
        &self,
        actor: Actor,
        kind: EventKind,
        user: &User,
        label: Label,
        state: AuthenticatorState,
    ) -> (Authenticator, Commit) {
        let now = self.now();
        let id = Id::new(now, self.entropy());
        let key = keys::authenticator(&user.name, id);
        let one = Authenticator {
            id,
            user: user.name.clone(),
            label,
            state,
            created_at: now,
            last_used_at: None,
            revoked_at: None,
        };
        let event = self.event(kind, actor).with("user", &user.name).with("authenticator", id);
        // Whose it is, so that it can be revoked by its id alone.
        let owner = keys::authenticator_owner(id);
        let commit = Commit::new()
            .create(key.clone(), self.records().seal_authenticator(&key, &one), None)
            .create(owner.clone(), self.records().close(&owner, &user.name), None)
            .record(event);
        (one, commit)
    }

    /// The part of a commit that tells a user of `new`, and ends the emergency access codes where it is more than another of those.
    pub(in crate::flow) async fn ending_emergencies(
        &self,
        actor: Actor,
        new: &Authenticator,
    ) -> Result<Commit, Unavailable> {
        let commit = self.adding(new).await?;
        if protects(new) {
            Ok(commit.and(self.void_emergencies(&new.user, actor).await?))
        } else {
            Ok(commit)
        }
    }

    /// The part of a commit that ends the emergency access codes of a user.
    pub(in crate::flow) async fn void_emergencies(
        &self,
        user: &UserName,
        actor: Actor,
    ) -> Result<Commit, Unavailable> {
        let (mut commit, now) = (Commit::new(), self.now());
        for one in self.authenticators_of(user).await? {
            if one.usable(now) && matches!(one.state, AuthenticatorState::Emergency(_)) {
                let (id, key) = (one.id, keys::authenticator(user, one.id));
                let Some(row) = self.row(&key).await? else { continue };
                let event = self
                    .event(EventKind::AuthenticatorRevoked, actor.clone())
                    .with("user", user)
                    .with("authenticator", id);
                let value = self.records().seal_authenticator(&key, &one.revoked(now));
                commit = commit.replace(key, row.version, value, None).record(event);
            }
        }
        Ok(commit)
    }
}
