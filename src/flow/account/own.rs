//! The user's own authenticators: listed, named, removed.
//!
//! **Invariant:** an id of another user's authenticator is nothing here: keys are made with the session's user.
//! **Invariant:** nobody removes the last authenticator unwarned, not even by removing two at once: every removal changes the account's row
//! (`tests/it/account_authenticators.rs`).

use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::base::text::Label;
use crate::base::time::Timestamp;
use crate::directory::password::ALONE;
use crate::directory::{Account, Authenticator, AuthenticatorState};
use crate::store::{Commit, keys};

use super::super::enrol_passkey::About;
use super::super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};
use super::{Opened, protects};

/// An authenticator as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnView {
    /// Its id.
    pub id: Id<id::Authenticator>,
    /// Its kind by its stable name.
    pub kind: &'static str,
    /// The user's name for it.
    pub label: String,
    /// When it was enrolled.
    pub created_at: Timestamp,
    /// When it was last answered rightly.
    pub last_used_at: Option<Timestamp>,
    /// Whether it is the only one that is asked for at sign-in.
    pub last: bool,
    /// From when on it counts, while it does not.
    pub counts_from: Option<Timestamp>,
    /// When the first of the others counts, while none of them does.
    pub others_from: Option<Timestamp>,
    /// What is told of it, if it is a passkey.
    pub passkey: Option<About>,
}

/// What came of removing one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is never accepted again.
    Done,
    /// It is the last one, or none of the others counts yet: the user has to say that this is meant.
    Last,
    /// It is the last one, and the password is too short to stand alone.
    PasswordTooShort {
        /// The fewest characters.
        least: usize,
    },
    /// There is none of that id.
    NotFound,
}

impl Flows {
    /// The user's authenticators that can be used now, the last used first.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn own_authenticators(&self, opened: &Opened) -> Result<Vec<OwnView>, Unavailable> {
        let now = self.now();
        let mut mine = self.authenticators_of(&opened.user.name).await?;
        mine.retain(|one| one.usable(now));
        mine.sort_by_key(|one| std::cmp::Reverse((one.last_used_at, one.created_at)));
        let alone = mine.iter().filter(|one| self.is_on(one.kind()) && protects(one)).count() == 1;
        let view = |one: &Authenticator| OwnView {
            id: one.id,
            kind: one.kind().as_str(),
            label: one.label.to_string(),
            created_at: one.created_at,
            last_used_at: one.last_used_at,
            last: alone && protects(one),
            counts_from: one.counts_from.filter(|_| !one.counts(now)),
            others_from: self.others_from(&mine, one, now),
            passkey: match &one.state {
                AuthenticatorState::Passkey(passkey) => Some(About::of(passkey)),
                _ => None,
            },
        };
        Ok(mine.iter().map(view).collect())
    }

    /// Gives one of the user's authenticators another name. Returns whether there is one.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn rename_own(
        &self,
        opened: &Opened,
        id: Id<id::Authenticator>,
        label: &Label,
    ) -> Result<bool, Unavailable> {
        let user = &opened.user.name;
        let key = keys::authenticator(user, id);
        for _ in 0..TRIES {
            let Some(row) = self.row(&key).await? else { return Ok(false) };
            let one = self.records().open_authenticator(&key, &row.value).map_err(unavailable)?;
            if !one.usable(self.now()) {
                return Ok(false);
            }
            let renamed = Authenticator { label: label.clone(), ..one };
            let value = self.records().seal_authenticator(&key, &renamed);
            let event = self
                .event(EventKind::AuthenticatorRenamed, Actor::User(user.clone()))
                .with("user", user)
                .with("authenticator", id);
            let commit = Commit::new().replace(key.clone(), row.version, value, None).record(event);
            match self.store().commit(commit).await {
                Ok(_) => return Ok(true),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// Removes one of the user's authenticators; `sure` says that the user was warned that it is the last.
    ///
    /// # Errors
    /// When the store cannot be used; nothing has changed then.
    pub async fn remove_own(
        &self,
        opened: &Opened,
        id: Id<id::Authenticator>,
        sure: bool,
    ) -> Result<Removed, Unavailable> {
        let user = &opened.user.name;
        let key = keys::authenticator(user, id);
        for _ in 0..TRIES {
            let now = self.now();
            let (account, account_row) = self.account(user).await?;
            let Some(row) = self.row(&key).await? else { return Ok(Removed::NotFound) };
            let one = self.records().open_authenticator(&key, &row.value).map_err(unavailable)?;
            if !one.usable(now) {
                return Ok(Removed::NotFound);
            }
            let mine = self.authenticators_of(user).await?;
            let counts = |one: &Authenticator| one.usable(now) && self.is_on(one.kind()) && protects(one);
            let others = mine.iter().any(|other| other.id != id && counts(other));
            if self.others_from(&mine, &one, now).is_some() && !sure {
                return Ok(Removed::Last);
            }
            if protects(&one) && !others {
                if !sure {
                    return Ok(Removed::Last);
                }
                if !account.stands_alone() {
                    return Ok(Removed::PasswordTooShort { least: ALONE });
                }
            }
            let told = self.removing(&one).await?;
            let removed_at = if protects(&one) { Some(now) } else { account.removed_at };
            let value = self.records().seal_authenticator(&key, &one.revoked(now));
            let event = self
                .event(EventKind::AuthenticatorRevoked, Actor::User(user.clone()))
                .with("user", user)
                .with("authenticator", id);
            let account = Account { removed_at, ..account };
            let commit = Commit::new()
                .replace(key.clone(), row.version, value, None)
                // What it has proved is not trusted any longer.
                .and(self.void_grants(user).await?)
                .and(told)
                .and(self.put_account(user, account_row.as_ref(), account))
                .record(event);
            match self.store().commit(commit).await {
                Ok(_) => return Ok(Removed::Done),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// When the first of the others counts that can be asked for, while `one` does and none of them.
    fn others_from(&self, mine: &[Authenticator], one: &Authenticator, now: Timestamp) -> Option<Timestamp> {
        if !protects(one) || !one.counts(now) {
            return None;
        }
        let asked_for = |other: &&Authenticator| {
            other.id != one.id && other.usable(now) && self.is_on(other.kind()) && protects(other)
        };
        let others: Vec<&Authenticator> = mine.iter().filter(asked_for).collect();
        if others.iter().any(|other| other.counts(now)) {
            return None;
        }
        others.iter().filter_map(|other| other.counts_from).min()
    }
}
