//! An invitation: issued by an operator, taken up once by whoever has its link. It leads to a password that the operator never learns.
//!
//! **Invariant:** looking at an invitation spends nothing; it is deleted in the commit that sets the password, so of any number of
//! attempts at once one succeeds (`tests/it/account_invite.rs`).
//! **Invariant:** a new password by invitation is a password and no more: an authenticator that is enrolled is still asked for (ASVS 6.4.3),
//! and every session that was open ends.

use crate::audit::{Actor, EventKind};
use crate::base::text::UserName;
use crate::base::time::{Span, Timestamp};
use crate::directory::password::{Password, Unfit, choose};
use crate::directory::session::{FRESH, Level};
use crate::directory::{Account, Invitation, Session, password};
use crate::factors::password::Typed;
use crate::store::{Commit, Row, keys};

use super::super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};
use super::told::Told;

/// What came of taking an invitation up.
#[derive(Debug, PartialEq, Eq)]
pub enum Accepted {
    /// The password is set; the cookie of a session, which goes on with an authenticator where there is one.
    SignedIn(String),
    /// No invitation of this user opens with this code (any more).
    NotGood,
    /// The password may not be chosen; the invitation is as it was.
    Unfit(Unfit),
}

impl Flows {
    /// Issues an invitation; an earlier one is void. Returns its link and its end.
    pub(in crate::flow) async fn invite(
        &self,
        actor: Actor,
        user: &UserName,
        span: Span,
    ) -> Result<(String, Timestamp), Unavailable> {
        let key = keys::invitation(user);
        for _ in 0..TRIES {
            let (code, kept) = Invitation::issue(user, self.now(), span, self.entropy());
            let found = self.row(&key).await?;
            let until = kept.expires_at();
            let event = self.event(EventKind::Invited, actor.clone()).with("user", user).with("until", until);
            let value = self.records().seal_invitation(&key, &kept);
            let commit = Commit::new().put(key.clone(), found.as_ref(), value, Some(until)).record(event);
            match self.store().commit(commit).await {
                Ok(_) => {
                    let mut query = form_urlencoded::Serializer::new(String::new());
                    query.append_pair("user", user.as_str()).append_pair("code", &code);
                    return Ok((format!("{}/invite?{}", self.portal(), query.finish()), until));
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// Whether an invitation could be taken up. Spends nothing.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn is_invited(&self, name: &str, code: &str) -> Result<bool, Unavailable> {
        let Some(user) = self.user(name).await? else { return Ok(false) };
        Ok(self.invitation(&user.name, code).await?.is_some())
    }

    /// Takes an invitation up: it is spent, the password set, all sessions end, and a new one begins.
    ///
    /// # Errors
    /// When the store cannot be used; nothing has changed then.
    pub async fn accept_invitation(
        &self,
        name: &str,
        code: &str,
        chosen: &str,
        says: &str,
    ) -> Result<Accepted, Unavailable> {
        let Some(user) = self.user(name).await? else { return Ok(Accepted::NotGood) };
        let user = user.name;
        if self.invitation(&user, code).await?.is_none() {
            return Ok(Accepted::NotGood);
        }
        let protected = self.is_protected(&user).await?;
        let Ok(typed) = Typed::new(chosen) else { return Ok(Accepted::Unfit(Unfit::TooLong)) };
        if let Err(unfit) = choose(&typed, &user, protected) {
            return Ok(Accepted::Unfit(unfit));
        }
        let alone = typed.length() >= password::ALONE;
        let hash = self.hashed(typed).await?;
        for _ in 0..TRIES {
            let Some(spent) = self.invitation(&user, code).await? else { return Ok(Accepted::NotGood) };
            if !alone && !self.is_protected(&user).await? {
                return Ok(Accepted::Unfit(Unfit::TooShort { least: password::ALONE }));
            }
            let (account, row) = self.account(&user).await?;
            let now = self.now();
            let chosen = Password { hash: hash.clone(), alone, changed_at: now };
            let account = Account { password: Some(chosen), ..account.ended_sessions() };
            let (cookie, session) = self.new_session(&user, Level::Password, account.epoch, says);
            let session = Session { fresh_until: (!protected).then(|| now.plus(FRESH)), ..session };
            let event = self
                .event(EventKind::PasswordSet, Actor::User(user.clone()))
                .with("by", "invitation")
                .with("session", session.id);
            let commit = self
                .put_account(&user, row.as_ref(), account)
                .and(self.opening(&cookie, &session))
                .delete(keys::invitation(&user), spent.version)
                .record(event);
            match self.store().commit(commit).await {
                Ok(_) => {
                    self.tell(&user, Told::PasswordSet);
                    return Ok(Accepted::SignedIn(cookie));
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// An invitation was not taken up in time: it goes.
    pub(in crate::flow) async fn forget_invitation(&self, key: crate::store::Key) -> Result<(), Unavailable> {
        let Some(row) = self.row(&key).await? else { return Ok(()) };
        // One that cannot be read is none.
        let over = self
            .records()
            .open_invitation(&key, &row.value)
            .map_or(true, |one| one.expires_at() <= self.now());
        if !over {
            return Ok(());
        }
        self.store().commit(Commit::new().delete(key, row.version)).await.map_or_else(lost_race, |_| Ok(()))
    }

    async fn invitation(&self, user: &UserName, code: &str) -> Result<Option<Row>, Unavailable> {
        let key = keys::invitation(user);
        let Some(row) = self.row(&key).await? else { return Ok(None) };
        let one = self.records().open_invitation(&key, &row.value).map_err(unavailable)?;
        Ok(one.opens(user, code, self.now()).then_some(row))
    }
}
