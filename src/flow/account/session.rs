//! Sessions at the portal: opened, found by their cookie, renewed, listed, ended.
//!
//! **Invariant:** a new cookie with every sign-in and every fresh proof; the old one opens nothing from the same commit on
//! (`tests/it/account_session.rs`).
//! **Invariant:** ending all sessions is one record: no session of an earlier epoch opens anything, on any node.

use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::base::secret::{Secret, random_credential};
use crate::base::text::UserName;
use crate::base::time::Timestamp;
use crate::directory::Session;
use crate::directory::session::{Level, agent, fingerprint_of};
use crate::store::{Commit, Key, Row, keys};

use super::super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};
use super::Opened;
use super::told::Told;

/// A session as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// Its id.
    pub id: Id<id::Session>,
    /// What the browser said of itself.
    pub agent: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
    /// Whether it is the one that asks.
    pub own: bool,
}

impl Flows {
    /// The session of a cookie, if it opens one now.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn session(&self, cookie: &str) -> Result<Option<Opened>, Unavailable> {
        let print = fingerprint_of(cookie);
        let Some((mut session, version)) = self.session_at(&print).await? else { return Ok(None) };
        let (name, now) = (session.user.clone(), self.now());
        let Some(user) = self.user(name.as_str()).await? else { return Ok(None) };
        let (account, _) = self.account(&name).await?;
        if !session.is_live(account.epoch, now) {
            return Ok(None);
        }
        let protected = self.is_protected(&name).await?;
        // THREAT: the authenticator it was chosen beside is gone: revoked, expired, or its kind turned off.
        if session.level == Level::Password && !protected && !account.stands_alone() {
            return Ok(None);
        }
        let Some(standing) = session.standing(protected, now) else { return Ok(None) };
        if session.is_stale(now) {
            session.seen_at = now;
            let key = keys::session(&print);
            let value = self.records().seal_session(&key, &session);
            let seen = Commit::new().replace(key, version, value, Some(session.ends_at()));
            // Another request of the same browser wrote it down: as good.
            self.store().commit(seen).await.map_or_else(lost_race, |_| Ok(()))?;
        }
        Ok(Some(Opened { session, user, account, standing, protected, print }))
    }

    /// A session that does not exist yet, and its cookie.
    pub(super) fn new_session(
        &self,
        user: &UserName,
        level: Level,
        epoch: u64,
        says: &str,
    ) -> (String, Session) {
        let now = self.now();
        let session = Session {
            id: Id::new(now, self.entropy()),
            user: user.clone(),
            level,
            nonce: self.nonce(),
            root: Secret::random(32, self.entropy()),
            epoch,
            created_at: now,
            seen_at: now,
            fresh_until: None,
            agent: agent(says),
        };
        (random_credential(self.entropy()), session)
    }

    /// The part of a commit that opens a new session.
    pub(super) fn opening(&self, cookie: &str, session: &Session) -> Commit {
        let print = fingerprint_of(cookie);
        let (key, of) = (keys::session(&print), keys::session_of(&session.user, session.id));
        let value = self.records().seal_session(&key, session);
        let place = self.records().close(&of, &data_encoding::HEXLOWER.encode(&print));
        Commit::new().create(key, value, Some(session.ends_at())).create(of, place, None)
    }

    /// The same session at this level under a new cookie, fresh until then. With the part of a commit that makes it so. `None` when it has
    /// ended meanwhile.
    pub(super) async fn renewing(
        &self,
        opened: &Opened,
        level: Level,
        (epoch, fresh_until): (u64, Option<Timestamp>),
    ) -> Result<Option<(String, Commit)>, Unavailable> {
        let Some((old, version)) = self.session_at(&opened.print).await? else { return Ok(None) };
        let now = self.now();
        let renewed = Session {
            level,
            nonce: self.nonce(),
            // Who signs in gets new form tokens too; who proves it again keeps those of the other tabs.
            root: if old.level == level { old.root } else { Secret::random(32, self.entropy()) },
            epoch,
            seen_at: now,
            fresh_until,
            id: old.id,
            user: old.user,
            created_at: old.created_at,
            agent: old.agent,
        };
        let cookie = random_credential(self.entropy());
        let print = fingerprint_of(&cookie);
        let (key, of) = (keys::session(&print), keys::session_of(&renewed.user, renewed.id));
        let found = self.row(&of).await?;
        let value = self.records().seal_session(&key, &renewed);
        let place = self.records().close(&of, &data_encoding::HEXLOWER.encode(&print));
        let commit = Commit::new()
            .delete(keys::session(&opened.print), version)
            .create(key, value, Some(renewed.ends_at()))
            .put(of, found.as_ref(), place, None);
        Ok(Some((cookie, commit)))
    }

    /// The sessions of a user that open something now, the last used first.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn sessions(&self, opened: &Opened) -> Result<Vec<SessionView>, Unavailable> {
        let user = &opened.user.name;
        let (account, _) = self.account(user).await?;
        let mut views: Vec<SessionView> = self
            .sessions_at(user)
            .await?
            .into_iter()
            .filter(|(_, session, _)| session.is_live(account.epoch, self.now()))
            .map(|(_, session, _)| SessionView {
                id: session.id,
                agent: session.agent,
                created_at: session.created_at,
                seen_at: session.seen_at,
                own: session.id == opened.session.id,
            })
            .collect();
        views.sort_by_key(|one| std::cmp::Reverse((one.own, one.seen_at)));
        Ok(views)
    }

    /// Ends the session of this cookie.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn sign_out(&self, opened: &Opened) -> Result<(), Unavailable> {
        self.end_session(opened, opened.session.id).await.map(|_| ())
    }

    /// Ends one session of the user. Returns whether there was one.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn end_session(&self, opened: &Opened, id: Id<id::Session>) -> Result<bool, Unavailable> {
        let user = &opened.user.name;
        for _ in 0..TRIES {
            // By its own name, not out of a list: however many there are, this one ends.
            let of = keys::session_of(user, id);
            let Some(row) = self.row(&of).await? else { return Ok(false) };
            let key = keys::session(&self.print_at(&of, &row)?);
            let Some(session) = self.row(&key).await? else { return Ok(false) };
            let version = session.version;
            let event = self.event(EventKind::SignedOut, Actor::User(user.clone())).with("session", id);
            let commit = Commit::new().delete(key, version).delete(of, row.version).record(event);
            match self.store().commit(commit).await {
                Ok(_) => return Ok(true),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// Ends all sessions of the user but this one, which goes on under a new cookie.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn end_other_sessions(&self, opened: &Opened) -> Result<Option<String>, Unavailable> {
        let user = &opened.user.name;
        for _ in 0..TRIES {
            let (account, row) = self.account(user).await?;
            let account = account.ended_sessions();
            // THREAT: it asks for no proof, so it gives none: the session stays as fresh as it was.
            let as_it_was = (account.epoch, opened.session.fresh_until);
            let Some((cookie, renewed)) = self.renewing(opened, opened.session.level, as_it_was).await?
            else {
                return Ok(None);
            };
            let event =
                self.event(EventKind::SignedOut, Actor::User(user.clone())).with("sessions", "others");
            let commit = self.put_account(user, row.as_ref(), account).and(renewed).record(event);
            match self.store().commit(commit).await {
                Ok(_) => {
                    self.tell(user, Told::SessionsEnded);
                    return Ok(Some(cookie));
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// Ends all sessions of a user, for an operator.
    pub(in crate::flow) async fn end_all_sessions(
        &self,
        actor: Actor,
        user: &UserName,
    ) -> Result<(), Unavailable> {
        for _ in 0..TRIES {
            let (account, row) = self.account(user).await?;
            let event =
                self.event(EventKind::SignedOut, actor.clone()).with("user", user).with("sessions", "all");
            let commit = self.put_account(user, row.as_ref(), account.ended_sessions()).record(event);
            match self.store().commit(commit).await {
                Ok(_) => return Ok(()),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// Stored sessions of a user, 200 at most, with their keys and versions: what is listed.
    pub(in crate::flow) async fn sessions_at(
        &self,
        user: &UserName,
    ) -> Result<Vec<(Key, Session, u64)>, Unavailable> {
        let places = self.store().list(&keys::sessions_of(user), None, 200).await.map_err(unavailable)?;
        let mut found = Vec::with_capacity(places.len());
        for (key, row) in places {
            let print = self.print_at(&key, &row)?;
            if let Some((session, version)) = self.session_at(&print).await? {
                found.push((keys::session(&print), session, version));
            }
        }
        Ok(found)
    }

    /// A session has fallen due: it goes, if it is over.
    pub(in crate::flow) async fn forget_session(&self, key: Key) -> Result<(), Unavailable> {
        let Some(row) = self.row(&key).await? else { return Ok(()) };
        let mut commit = Commit::new().delete(key.clone(), row.version);
        // One that cannot be read is none.
        if let Ok(session) = self.records().open_session(&key, &row.value) {
            if session.ends_at() > self.now() {
                return Ok(());
            }
            let of = keys::session_of(&session.user, session.id);
            if let Some(row) = self.row(&of).await? {
                commit = commit.delete(of, row.version);
            }
        }
        self.store().commit(commit).await.map_or_else(lost_race, |_| Ok(()))
    }

    /// The fingerprint under which a session is kept, of the record that names it.
    fn print_at(&self, key: &Key, row: &Row) -> Result<[u8; 32], Unavailable> {
        let print: String = self.records().open(key, &row.value).map_err(unavailable)?;
        let bytes = data_encoding::HEXLOWER.decode(print.as_bytes()).map_err(unavailable)?;
        bytes.try_into().map_err(|_| unavailable("a fingerprint is unreadable"))
    }

    async fn session_at(&self, print: &[u8; 32]) -> Result<Option<(Session, u64)>, Unavailable> {
        let key = keys::session(print);
        let Some(row) = self.row(&key).await? else { return Ok(None) };
        let session = self.records().open_session(&key, &row.value).map_err(unavailable)?;
        Ok(Some((session, row.version)))
    }

    fn nonce(&self) -> [u8; 32] {
        let mut nonce = [0; 32];
        self.entropy().fill(&mut nonce);
        nonce
    }
}
