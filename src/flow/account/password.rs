//! The password is changed by its user.
//!
//! **Invariant:** the present password is asked for beside the fresh proof (ASVS 6.2.3), counted as every attempt is; all other sessions end.

use crate::audit::{Actor, EventKind};
use crate::directory::password::{ALONE, Password, Unfit, choose};
use crate::directory::{Account, session::Standing};
use crate::factors::password::Typed;
use crate::factors::throttle::Ledger;
use crate::store::keys;

use super::super::{Flows, TRIES, Unavailable, contended, lost_race};
use super::Opened;
use super::prove::Proven;
use super::told::Told;

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is changed; the session goes on under this cookie.
    Done(String),
    /// The new one may not be chosen.
    Unfit(Unfit),
    /// The present one was wrong, or may not be tried now.
    Not(Proven),
}

impl Flows {
    /// Changes the password. The caller has found the session fresh.
    ///
    /// # Errors
    /// When the store cannot be used; nothing has changed then.
    pub async fn change_password(
        &self,
        opened: &Opened,
        present: &str,
        chosen: &str,
    ) -> Result<Changed, Unavailable> {
        let user = &opened.user.name;
        let Some(before) = opened.account.password.clone() else { return Ok(Changed::Not(Proven::Gone)) };
        if opened.standing != Standing::SignedIn {
            return Ok(Changed::Not(Proven::Gone));
        }
        let Ok(typed) = Typed::new(chosen) else { return Ok(Changed::Unfit(Unfit::TooLong)) };
        if let Err(unfit) = choose(&typed, user, opened.protected) {
            return Ok(Changed::Unfit(unfit));
        }
        let left = match self.count_password(user).await? {
            Ok(left) => left,
            Err(stopped) => return Ok(Changed::Not(stopped.into())),
        };
        if !self.is_password(present, before.hash.clone()).await? {
            return Ok(Changed::Not(Proven::Wrong { left }));
        }
        let alone = typed.length() >= ALONE;
        let hash = self.hashed(typed).await?;
        for _ in 0..TRIES {
            let (account, row) = self.account(user).await?;
            let same = account.password.as_ref().is_some_and(|now| now.hash.as_str() == before.hash.as_str());
            let protected = self.is_protected(user).await?;
            if !same || account.epoch != opened.session.epoch {
                return Ok(Changed::Not(Proven::Gone));
            }
            if !alone && !protected {
                return Ok(Changed::Unfit(Unfit::TooShort { least: ALONE }));
            }
            let chosen = Password { hash: hash.clone(), alone, changed_at: self.now() };
            let account = Account { password: Some(chosen), ..account.ended_sessions() };
            let as_it_was = (account.epoch, opened.session.fresh_until);
            let Some((cookie, renewed)) = self.renewing(opened, opened.session.level, as_it_was).await?
            else {
                return Ok(Changed::Not(Proven::Gone));
            };
            let attempts = keys::password_attempts(user);
            let found = self.row(&attempts).await?;
            let ledger = Ledger::cleared();
            let event = self.event(EventKind::PasswordSet, Actor::User(user.clone())).with("by", "user");
            let commit = self
                .put_account(user, row.as_ref(), account)
                .and(renewed)
                .put(attempts.clone(), found.as_ref(), self.records().seal_ledger(&attempts, &ledger), None)
                .record(event);
            match self.store().commit(commit).await {
                Ok(_) => {
                    self.tell(user, Told::PasswordSet);
                    return Ok(Changed::Done(cookie));
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }
}
