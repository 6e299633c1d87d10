//! What users are told at every contact of theirs when something about their account happens, so that whoever did it in their name does
//! not stay unseen (NIST SP 800-63B-4 §4.1.2.1 and §4.6).
//!
//! **Invariant:** a notice is put into the queue by the commit of what it tells of: neither happens without the other, and nobody waits
//! for a mail server. **Invariant:** it holds no code, and goes to the contacts as they were before: a removed one is told of its removal.

use crate::audit::Actor;
use crate::base::text::UserName;
use crate::base::time::Span;
use crate::directory::{Authenticator, AuthenticatorState};
use crate::factors::message::Address;
use crate::notify::letter::{self, Notice};
use crate::store::{Commit, keys};

use super::begin_message::unwritten;
use super::outbox::Posting;
use super::{Flows, Unavailable, unavailable};

/// How long a notice is worth sending.
const LIVES: Span = Span::from_secs(24 * 3600);
/// The most notices to one user that wait.
const MOST_WAITING: usize = 40;

impl Flows {
    /// The commit that tells a user of `notice` at every contact; part of the commit of what happened.
    pub(super) async fn notice(&self, user: &UserName, notice: &Notice) -> Result<Commit, Unavailable> {
        let mut commit = Commit::new();
        let (t, now) = (self.language_of(user).await?, self.now());
        let waiting =
            self.store().list(&keys::notices_to(user), None, MOST_WAITING).await.map_err(unavailable)?;
        let places = MOST_WAITING.saturating_sub(waiting.len());
        for to in self.contacts(user).await?.iter().take(places) {
            let portal = self.portal().host().to_string();
            let letter =
                letter::notice(t, to.factor(), notice, user.as_str(), &portal, now).ok_or_else(unwritten)?;
            let (sort, held) = (notice.as_str(), None);
            let posting =
                Posting { user, to, sort, held, needs: None, letter, lives: LIVES, is_notice: true };
            commit = commit.and(self.post(posting).1);
        }
        Ok(commit)
    }

    /// What a user is told when `one` is enrolled.
    pub(super) async fn adding(&self, one: &Authenticator) -> Result<Commit, Unavailable> {
        let notice = match &one.state {
            AuthenticatorState::Emergency(code) => Notice::EmergencyIssued { until: code.valid_until() },
            AuthenticatorState::Email(to) | AuthenticatorState::Sms(to) => {
                Notice::ContactChanged { contact: to.masked() }
            }
            _ => Notice::AuthenticatorAdded { kind: one.kind(), label: one.label.to_string() },
        };
        self.notice(&one.user, &notice).await
    }

    /// What a user is told when `one` is removed; emergency access codes die with a contact.
    pub(super) async fn removing(&self, one: &Authenticator) -> Result<Commit, Unavailable> {
        match &one.state {
            AuthenticatorState::Email(to) | AuthenticatorState::Sms(to) => {
                let told = self.notice(&one.user, &Notice::ContactChanged { contact: to.masked() }).await?;
                Ok(told.and(self.end_emergencies(&one.user, Actor::Gateway, None).await?))
            }
            _ => {
                let (kind, label) = (one.kind(), one.label.to_string());
                self.notice(&one.user, &Notice::AuthenticatorRemoved { kind, label }).await
            }
        }
    }

    /// Where a user can be told something: verified addresses, and those an operator entered. Only such as something can reach.
    pub(super) async fn contacts(&self, user: &UserName) -> Result<Vec<Address>, Unavailable> {
        let settings = &self.0.parts.post.settings;
        let mut found: Vec<Address> = Vec::new();
        for one in self.authenticators_of(user).await? {
            if let AuthenticatorState::Email(to) | AuthenticatorState::Sms(to) = &one.state
                && one.revoked_at.is_none()
            {
                found.push(to.clone());
            }
        }
        let key = keys::user(user);
        if let Some(row) = self.row(&key).await? {
            let user = self.records().open_user(&key, &row.value).map_err(unavailable)?;
            found.extend(user.email.as_deref().and_then(|text| Address::email(text).ok()));
            found.extend(user.phone.as_deref().and_then(|text| Address::phone(text).ok()));
        }
        let mut contacts: Vec<Address> = Vec::new();
        for to in found {
            let reached = match to.country() {
                None => settings.mail.is_some(),
                Some(_) => settings.sms.as_ref().is_some_and(|sms| sms.reaches(to.as_str())),
            };
            if reached && !contacts.iter().any(|known| known.counted() == to.counted()) {
                contacts.push(to);
            }
        }
        Ok(contacts)
    }
}
