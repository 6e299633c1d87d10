//! An authenticator is answered in the own account: to sign in, for a fresh proof before a change, or to see whether it works.
//!
//! **Invariant:** every answer goes the way of all answers ([`super::super::attempt`]): counted first, in the one budget, and given for this
//! session and purpose alone (its nonce is in the digest).
//! **Invariant:** trying an authenticator opens and changes nothing ([`Purpose::Test`]).

use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::base::time::Span;
use crate::directory::session::{FRESH, Level, Standing};
use crate::directory::{About, Purpose};
use crate::factors::Response;
use crate::factors::throttle::Ledger;
use crate::store::{Commit, keys};

use super::super::attempt::{Judged, Proving, Stopped};
use super::super::challenge::Begun;
use super::super::view::Choice;
use super::super::{Flows, TRIES, Unavailable, contended, lost_race};
use super::Opened;
use super::told::Told;

/// What came of an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Proven {
    /// Right; the session goes on under this cookie.
    Renewed(String),
    /// Right; nothing else has changed.
    Works,
    /// Wrong; so many more before a pause.
    Wrong {
        /// Wrong answers left.
        left: u32,
    },
    /// Too many wrong answers: wait.
    Throttled {
        /// How long.
        retry_after: Span,
    },
    /// Too many wrong answers: an operator must unblock the user.
    Locked,
    /// What was to be answered is not there (any more).
    Gone,
}

impl From<Stopped> for Proven {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Wait(retry_after) => Self::Throttled { retry_after },
            Stopped::Locked => Self::Locked,
            Stopped::Gone => Self::Gone,
        }
    }
}

impl Flows {
    /// The authenticators that the user of a session can answer now for `purpose`, the last used first.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn own_choices(&self, opened: &Opened, purpose: Purpose) -> Result<Vec<Choice>, Unavailable> {
        let (now, needs_counting) = (self.now(), About::Account(purpose).needs_counting());
        let mut mine = self.authenticators_of(&opened.user.name).await?;
        mine.retain(|one| one.usable(now) && self.is_on(one.kind()) && (one.counts(now) || !needs_counting));
        // The last used first; of those that were never used the strongest.
        mine.sort_by_key(|one| (std::cmp::Reverse(one.last_used_at), one.kind(), one.created_at));
        Ok(mine
            .into_iter()
            .map(|one| Choice {
                id: one.id,
                kind: one.kind().as_str(),
                label: one.label.to_string(),
                digits: one.digits(),
            })
            .collect())
    }

    /// Begins whatever an authenticator needs to be answered for `purpose`.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn own_begin(
        &self,
        opened: &Opened,
        purpose: Purpose,
        authenticator: Id<id::Authenticator>,
    ) -> Result<Begun, Unavailable> {
        self.begin(&self.own_proving(opened, purpose), authenticator).await
    }

    /// Takes an answer given in the own account.
    ///
    /// # Errors
    /// When the store cannot be used; nothing has changed then.
    pub async fn own_answer(
        &self,
        opened: &Opened,
        purpose: Purpose,
        authenticator: Id<id::Authenticator>,
        challenge: Option<Id<id::Challenge>>,
        response: Response,
    ) -> Result<Proven, Unavailable> {
        let entitled = match purpose {
            Purpose::SignIn => opened.standing == Standing::HalfOpen,
            Purpose::Change | Purpose::Test => opened.standing == Standing::SignedIn,
            // That takes two codes: `super::super::resync`.
            Purpose::Resync => false,
        };
        if !entitled {
            return Ok(Proven::Gone);
        }
        let proving = self.own_proving(opened, purpose);
        let attempt = match self.count(&proving, authenticator, response, challenge).await? {
            Ok(attempt) => attempt,
            Err(stopped) => return Ok(stopped.into()),
        };
        for _ in 0..TRIES {
            let (proof, mut commit) = match self.judge(&attempt, &Commit::new()).await? {
                Judged::Accepted { proof, commit } => (proof, commit),
                Judged::Again => continue,
                Judged::Wrong { left } => return Ok(Proven::Wrong { left }),
                Judged::Stopped(stopped) => return Ok(stopped.into()),
            };
            if !proof.is_for(&proving.digest) || proof.authenticator() != authenticator {
                return Ok(Proven::Gone);
            }
            let mut proven = Proven::Works;
            if matches!(purpose, Purpose::SignIn | Purpose::Change) {
                let (account, row) = self.account(&opened.user.name).await?;
                // THREAT: one that does not count yet opens the account, and allows no change of it.
                let counts = self
                    .authenticator(&opened.user.name, authenticator)
                    .await?
                    .is_some_and(|one| one.counts(self.now()));
                let fresh = (opened.session.epoch, counts.then(|| self.now().plus(FRESH)));
                let Some((cookie, renewed)) = self.renewing(opened, Level::Authenticator, fresh).await?
                else {
                    return Ok(Proven::Gone);
                };
                if account.epoch != opened.session.epoch {
                    return Ok(Proven::Gone);
                }
                commit = commit.and(renewed).require(keys::account(&opened.user.name), row.as_ref().into());
                proven = Proven::Renewed(cookie);
            }
            if purpose == Purpose::SignIn {
                let event = self.event(EventKind::SignedIn, Actor::User(opened.user.name.clone()));
                commit =
                    commit.record(event.with("session", opened.session.id).with("factor", proof.factor()));
            }
            match self.store().commit(commit).await {
                Ok(_) => {
                    if purpose == Purpose::SignIn {
                        self.tell(&opened.user.name, Told::SignedIn);
                    }
                    return Ok(proven);
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// A fresh proof by password, for a user who has no authenticator yet.
    ///
    /// # Errors
    /// When the store cannot be used; nothing has changed then.
    pub async fn own_password(&self, opened: &Opened, typed: &str) -> Result<Proven, Unavailable> {
        let user = &opened.user.name;
        let Some(password) = opened.account.password.clone() else { return Ok(Proven::Gone) };
        if opened.protected || opened.standing != Standing::SignedIn {
            return Ok(Proven::Gone);
        }
        let left = match self.count_password(user).await? {
            Ok(left) => left,
            Err(stopped) => return Ok(stopped.into()),
        };
        if !self.is_password(typed, password.hash).await? {
            let event = self.event(EventKind::SignInRefused, Actor::User(user.clone()));
            self.store().commit(Commit::new().record(event)).await.map_or_else(lost_race, |_| Ok(()))?;
            return Ok(Proven::Wrong { left });
        }
        for _ in 0..TRIES {
            let (account, row) = self.account(user).await?;
            if account.epoch != opened.session.epoch || self.is_protected(user).await? {
                return Ok(Proven::Gone);
            }
            let fresh = (account.epoch, Some(self.now().plus(FRESH)));
            let Some((cookie, commit)) = self.renewing(opened, opened.session.level, fresh).await? else {
                return Ok(Proven::Gone);
            };
            let attempts = keys::password_attempts(user);
            let found = self.row(&attempts).await?;
            let cleared = self.records().seal_ledger(&attempts, &Ledger::cleared());
            let commit = commit.require(keys::account(user), row.as_ref().into()).put(
                attempts,
                found.as_ref(),
                cleared,
                None,
            );
            match self.store().commit(commit).await {
                Ok(_) => return Ok(Proven::Renewed(cookie)),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    fn own_proving(&self, opened: &Opened, purpose: Purpose) -> Proving {
        Proving::account(opened.user.name.clone(), purpose, &opened.session.nonce, self.portal())
    }
}
