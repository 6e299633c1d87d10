//! A name and a password are judged.
//!
//! **Invariant:** an unknown name, a user without a password, a wrong password, a throttled and a locked user get one answer, after the same
//! work: one commit, one hash of the same cost, one commit (`tests/it/account_sign_in.rs`).
//! **Invariant:** the attempt is counted before the password is looked at, in a ledger of its own: guessing passwords blocks no approval, and a
//! right one clears nothing of what was counted for codes, so that whoever knows it cannot guess those without end.
//! **Invariant:** a password that is too short to stand alone opens nothing once no authenticator is left to be asked for.

use crate::audit::{Actor, EventKind};
use crate::base::text::UserName;
use crate::directory::session::{FRESH, Level};
use crate::directory::{Account, Session};
use crate::factors::password::{Hashed, Typed};
use crate::factors::throttle::{Ledger, Throttled};
use crate::store::{Commit, Key, keys};

use super::super::attempt::Stopped;
use super::super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};
use super::told::Told;

/// What came of a name and a password.
#[derive(Debug, PartialEq, Eq)]
pub enum SignedIn {
    /// Signed in; the cookie.
    Open(String),
    /// An authenticator is asked for next; the cookie.
    HalfOpen(String),
    /// Not: for whatever reason.
    Refused,
}

impl Flows {
    /// Judges a name and a password. `says` is what the browser says of itself; `earlier` its cookie, whose session ends.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn sign_in(
        &self,
        name: &str,
        password: &str,
        says: &str,
        earlier: Option<&str>,
    ) -> Result<SignedIn, Unavailable> {
        let user = self.user(name).await?;
        let account = match &user {
            Some(user) => self.account(&user.name).await?.0,
            None => Account::default(),
        };
        let known = user.zip(account.password.clone());
        let counted = match &known {
            Some((user, _)) => self.count_password(&user.name).await?.is_ok(),
            None => false,
        };
        if !counted {
            self.as_much_work().await?;
        }
        let hash = known.as_ref().map_or_else(Hashed::nobody, |(_, password)| password.hash.clone());
        let right = self.is_password(password, hash).await?;
        match known {
            Some((user, _)) if counted && right => {
                let opened = self.open(&user.name, account.epoch, says).await?;
                if let Some(earlier) = earlier
                    && let Some(old) = self.session(earlier).await?
                {
                    self.sign_out(&old).await?;
                }
                Ok(opened)
            }
            Some((user, _)) if counted => {
                let event = self.event(EventKind::SignInRefused, Actor::User(user.name));
                self.store().commit(Commit::new().record(event)).await.map_err(unavailable)?;
                self.metrics().refused("wrong-password");
                Ok(SignedIn::Refused)
            }
            Some(_) | None => {
                self.as_much_work().await?;
                Ok(SignedIn::Refused)
            }
        }
    }

    /// Opens a session for a right password.
    async fn open(&self, user: &UserName, epoch: u64, says: &str) -> Result<SignedIn, Unavailable> {
        for _ in 0..TRIES {
            let (account, row) = self.account(user).await?;
            if account.epoch != epoch {
                // The password was changed while this one was judged.
                return Ok(SignedIn::Refused);
            }
            let protected = self.is_protected(user).await?;
            if !protected && !account.stands_alone() {
                return Ok(SignedIn::Refused);
            }
            let (cookie, session) = self.new_session(user, Level::Password, account.epoch, says);
            let fresh_until = (!protected).then(|| self.now().plus(FRESH));
            let session = Session { fresh_until, ..session };
            let attempts = keys::password_attempts(user);
            let found = self.row(&attempts).await?;
            let ledger = Ledger::cleared();
            let mut commit = self
                .opening(&cookie, &session)
                .require(keys::account(user), row.as_ref().into())
                .put(attempts.clone(), found.as_ref(), self.records().seal_ledger(&attempts, &ledger), None);
            if !protected {
                commit = commit.record(
                    self.event(EventKind::SignedIn, Actor::User(user.clone())).with("session", session.id),
                );
            }
            match self.store().commit(commit).await {
                Ok(_) if protected => return Ok(SignedIn::HalfOpen(cookie)),
                Ok(_) => {
                    self.tell(user, Told::SignedIn);
                    return Ok(SignedIn::Open(cookie));
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// Counts one attempt at a user's password, before it is looked at.
    ///
    /// THREAT: whoever knows a name can guess. Passwords have a ledger of their own, so that guessing blocks no approval and voids no grant.
    pub(super) async fn count_password(&self, user: &UserName) -> Result<Result<u32, Stopped>, Unavailable> {
        let actor = Actor::User(user.clone());
        self.count_apart(&keys::password_attempts(user), (user, "password"), &actor).await
    }

    /// Counts one attempt in a ledger of a user's, before it is looked at. What is tried is written down where it stops.
    pub(super) async fn count_apart(
        &self,
        key: &Key,
        (user, by): (&UserName, &'static str),
        actor: &Actor,
    ) -> Result<Result<u32, Stopped>, Unavailable> {
        let budget = self.user_budget();
        for _ in 0..TRIES {
            let now = self.now();
            let found = self.row(key).await?;
            let next = match self.ledger(key, found.as_ref())?.reserve(now, &budget) {
                Ok(next) => next,
                Err(throttled) => {
                    self.metrics().refused("throttled");
                    return Ok(Err(match throttled {
                        Throttled::Wait(until) => Stopped::Wait(until.since(now)),
                        Throttled::Locked => Stopped::Locked,
                    }));
                }
            };
            let value = self.records().seal_ledger(key, &next);
            let mut commit = Commit::new().put(key.clone(), found.as_ref(), value, None);
            let event = |kind| self.event(kind, actor.clone()).with("by", by).with("user", user);
            if next.is_locked(&budget) {
                commit = commit.record(event(EventKind::Locked));
            } else if next.not_before.is_some() {
                commit = commit.record(event(EventKind::Throttled));
            }
            match self.store().commit(commit).await {
                Ok(_) => {
                    return Ok(Ok(self.0.parts.limits.wrong_before_throttle.saturating_sub(next.wrong)));
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// Compares, on a thread that may block, at most a few at a time: each takes 46 MiB, and anybody may ask.
    pub(super) async fn is_password(&self, typed: &str, hash: Hashed) -> Result<bool, Unavailable> {
        // What is absurdly long is compared as nothing at all, at the same cost.
        let (typed, readable) = match Typed::new(typed) {
            Ok(typed) => (typed, true),
            Err(_) => (Typed::new("").map_err(unavailable)?, false),
        };
        Ok(self.is_of(typed, hash).await? && readable)
    }

    /// Whether a hash is of what was typed, on a thread that may block.
    pub(super) async fn is_of(&self, typed: Typed, hash: Hashed) -> Result<bool, Unavailable> {
        let _place = self.0.hashing.acquire().await.map_err(unavailable)?;
        tokio::task::spawn_blocking(move || hash.is_of(&typed)).await.map_err(unavailable)
    }

    /// Hashes what was chosen, on a thread that may block.
    pub(super) async fn hashed(&self, typed: Typed) -> Result<Hashed, Unavailable> {
        let _place = self.0.hashing.acquire().await.map_err(unavailable)?;
        let flows = self.clone();
        let hash = tokio::task::spawn_blocking(move || typed.hash(flows.entropy()));
        hash.await.map_err(unavailable)?.map_err(unavailable)
    }

    /// A commit that changes nothing, where one would have been made for somebody else.
    async fn as_much_work(&self) -> Result<(), Unavailable> {
        self.store().commit(Commit::new()).await.map_or_else(lost_race, |_| Ok(()))
    }
}
