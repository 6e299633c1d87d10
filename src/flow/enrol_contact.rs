//! A user shows that an address or number is his own, by the code that was sent there. It becomes an authenticator then.
//!
//! **Invariant:** nothing about the user changes before the code was typed; five wrong ones end it, each counted before it is judged.
//! **Invariant:** a new contact voids the emergency access codes and is told to all contacts, in the same commit.

use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::base::language::key;
use crate::base::secret::fingerprint;
use crate::base::text::{Label, UserName};
use crate::base::time::{Span, Timestamp};
use crate::directory::AuthenticatorState;
use crate::factors::message::{self, Address, Sent};
use crate::factors::{Answer, Factor};
use crate::notify::letter::{self, Deed};
use crate::store::record_message::{ContactRow, To};
use crate::store::{Commit, Key, keys};

use super::account::Opened;
use super::account::enrol::Enrolled;
use super::begin_message::unwritten;
use super::outbox::Needs;
use super::sending::RESEND_AFTER;
use super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};

/// Wrong codes for one address.
const TRIES_FOR_ONE: u32 = 5;
/// Addresses of one user that wait.
const MOST_WAITING: usize = 5;
/// Addresses of one user.
const MOST_CONTACTS: usize = 10;

/// What came of the wish to add an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactBegun {
    /// A code was sent there.
    Sent {
        /// What the answer names.
        id: Id<id::Authenticator>,
        /// The address, masked.
        to: String,
        /// Digits of the code.
        digits: u32,
        /// When another may be sent.
        resend_after: Span,
        /// Until when the code is good.
        expires_at: Timestamp,
    },
    /// Nothing can send messages there.
    Unreachable,
    /// The user has it already.
    Known,
    /// The user has as many as there may be.
    Enough,
    /// Not now.
    Wait {
        /// How long.
        retry_after: Span,
        /// Why, as in [`super::challenge::Begun::Wait`].
        why: &'static str,
    },
}

/// What came of the code for an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactShown {
    /// It is the user's now.
    Enrolled(Id<id::Authenticator>),
    /// Wrong; so many more before it is over.
    Wrong {
        /// Codes left.
        left: u32,
    },
    /// There is nothing to be shown (any more).
    Gone,
}

/// The same for the user of a session.
#[derive(Debug, PartialEq, Eq)]
pub enum OwnContact {
    /// The code was right; what came of enrolling.
    Enrolled(Enrolled),
    /// Wrong; so many more before it is over.
    Wrong {
        /// Codes left.
        left: u32,
    },
    /// There is nothing to be shown (any more).
    Gone,
}

/// What a typed code for an address is.
enum Shown {
    Right(Address, Label),
    Wrong { left: u32 },
    Gone,
}

impl Flows {
    /// Sends a code to an address that the user says is his own. The caller has had a fresh proof.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn contact_begin(&self, user: &UserName, to: &Address) -> Result<ContactBegun, Unavailable> {
        let settings = &self.0.parts.post.settings;
        let reached = match to.country() {
            None => settings.mail.is_some(),
            Some(_) => settings.sms.as_ref().is_some_and(|sms| sms.reaches(to.as_str())),
        };
        if !reached {
            return Ok(ContactBegun::Unreachable);
        }
        for _ in 0..TRIES {
            let mine = self.addresses(user).await?;
            if mine.iter().any(|known| known.counted() == to.counted()) {
                return Ok(ContactBegun::Known);
            }
            if mine.len() >= MOST_CONTACTS {
                return Ok(ContactBegun::Enough);
            }
            let counted = match self.count_code(user, to, None).await? {
                Ok(counted) => counted,
                Err(many) => return Ok(ContactBegun::Wait { retry_after: many.retry_after, why: many.why }),
            };
            let now = self.now();
            let id = Id::new(now, self.entropy());
            let (code, sent) = Sent::new(id, &digest(user, to), now, self.entropy());
            let (expires_at, row_key) = (sent.valid_until(), keys::contact(user, id));
            let value = self.records().close(&row_key, &ContactRow::new(id, To::from(to), &sent));
            let commit = counted.create(row_key, value, Some(expires_at)).and(self.replaced(user, to).await?);
            let t = self.language_of(user).await?;
            let (host, summary) = (self.portal().host().to_string(), t.say(key("message-purpose-contact")));
            let show = [(t.say("notice-user"), user.to_string())];
            let portal = self.portal().host().name();
            let deed = Deed { app: &host, host: &host, summary: &summary, show: &show, portal };
            let letter = letter::code(t, to.factor(), deed, &code).ok_or_else(unwritten)?;
            let (waiting, posted) = self.post_code_letter(user, to, None, Needs::Contact(id), letter);
            match self.store().commit(commit.and(posted)).await {
                Ok(_) => {
                    self.deliver_soon(waiting);
                    let (to, digits, resend_after) = (to.masked(), message::DIGITS, RESEND_AFTER);
                    return Ok(ContactBegun::Sent { id, to, digits, resend_after, expires_at });
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// Takes the code that was sent there. Without a label it is called by its masked address. It counts at once: for those who vouch for the
    /// user. In the own account it is [`Self::contact_finish_own`].
    ///
    /// # Errors
    /// When the store cannot be used; nothing was enrolled then.
    pub async fn contact_finish(
        &self,
        user: &UserName,
        id: Id<id::Authenticator>,
        typed: &str,
        label: Option<Label>,
    ) -> Result<ContactShown, Unavailable> {
        let (to, label) = match self.contact_shown(user, id, typed, label).await? {
            Shown::Right(to, label) => (to, label),
            Shown::Wrong { left } => return Ok(ContactShown::Wrong { left }),
            Shown::Gone => return Ok(ContactShown::Gone),
        };
        let key = keys::user(user);
        let Some(row) = self.row(&key).await? else { return Ok(ContactShown::Gone) };
        let known = self.records().open_user(&key, &row.value).map_err(unavailable)?;
        let actor = Actor::User(user.clone());
        let (one, enrolment) =
            self.enrolment(actor.clone(), EventKind::AuthenticatorAdded, &known, label, state(to));
        for _ in 0..TRIES {
            let commit = enrolment.clone().and(self.ending_emergencies(actor.clone(), &one).await?);
            match self.store().commit(commit).await {
                Ok(_) => return Ok(ContactShown::Enrolled(one.id)),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// The same for the user of a session, which goes on under another cookie where it is the first authenticator.
    ///
    /// # Errors
    /// When the store cannot be used; nothing was enrolled then.
    pub async fn contact_finish_own(
        &self,
        opened: &Opened,
        id: Id<id::Authenticator>,
        typed: &str,
        label: Option<Label>,
    ) -> Result<OwnContact, Unavailable> {
        Ok(match self.contact_shown(&opened.user.name, id, typed, label).await? {
            Shown::Right(to, label) => OwnContact::Enrolled(self.enrol_own(opened, label, state(to)).await?),
            Shown::Wrong { left } => OwnContact::Wrong { left },
            Shown::Gone => OwnContact::Gone,
        })
    }

    /// Judges the code; a right one is used up.
    async fn contact_shown(
        &self,
        user: &UserName,
        id: Id<id::Authenticator>,
        typed: &str,
        label: Option<Label>,
    ) -> Result<Shown, Unavailable> {
        let key = keys::contact(user, id);
        for _ in 0..TRIES {
            let Some(row) = self.row(&key).await? else { return Ok(Shown::Gone) };
            let mut waiting: ContactRow = self.records().open(&key, &row.value).map_err(unavailable)?;
            let (Some(sent), Some(to)) = (waiting.sent(), waiting.to.address()) else {
                return Ok(Shown::Gone);
            };
            if waiting.tries >= TRIES_FOR_ONE || self.now() >= waiting.valid_until {
                return Ok(Shown::Gone);
            }
            // Counted before it is judged: of any number of answers at once no more than five are.
            waiting.tries += 1;
            let value = self.records().close(&key, &waiting);
            let count = Commit::new().replace(key.clone(), row.version, value, Some(waiting.valid_until));
            let version = match self.store().commit(count).await {
                Ok(committed) => committed.version,
                Err(error) => {
                    lost_race(error)?;
                    continue;
                }
            };
            let now = self.now();
            let right =
                Answer::parse(typed).is_ok_and(|answer| sent.is(id, now, &answer, &digest(user, &to)));
            if !right {
                self.metrics().refused("wrong-answer");
                return Ok(Shown::Wrong { left: TRIES_FOR_ONE.saturating_sub(waiting.tries) });
            }
            // Used up before it counts: of two that come with it at once one finds nothing.
            return match self.store().commit(Commit::new().delete(key, version)).await {
                Ok(_) => {
                    // Beside it: a pause that stays is no reason to refuse a right code.
                    match self.store().commit(self.came_back(&to).await?).await {
                        Ok(_) => {}
                        Err(error) => lost_race(error)?,
                    }
                    let label = label.or_else(|| Label::parse(&to.masked()).ok());
                    Ok(label.map_or(Shown::Gone, |label| Shown::Right(to, label)))
                }
                Err(error) => lost_race(error).map(|()| Shown::Gone),
            };
        }
        Err(contended())
    }

    /// Whether messages of this kind can be sent at all.
    pub fn can_send(&self, factor: Factor) -> bool {
        let settings = &self.0.parts.post.settings;
        match factor {
            Factor::Email => settings.mail.is_some(),
            Factor::Sms => settings.sms.is_some(),
            Factor::Passkey
            | Factor::Push
            | Factor::Totp
            | Factor::Hotp
            | Factor::Emergency
            | Factor::Recovery => false,
        }
    }

    /// The addresses that a user has shown to be his own.
    async fn addresses(&self, user: &UserName) -> Result<Vec<Address>, Unavailable> {
        let all = self.authenticators_of(user).await?;
        let mine = all.into_iter().filter(|one| one.revoked_at.is_none()).filter_map(|one| match one.state {
            AuthenticatorState::Email(to) | AuthenticatorState::Sms(to) => Some(to),
            _ => None,
        });
        Ok(mine.collect())
    }

    /// The commit that forgets an earlier code for the same address, and the oldest where too many wait.
    async fn replaced(&self, user: &UserName, to: &Address) -> Result<Commit, Unavailable> {
        let rows = self.store().list(&keys::contacts_of(user), None, 100).await.map_err(unavailable)?;
        let too_many = (rows.len() + 1).saturating_sub(MOST_WAITING);
        let mut commit = Commit::new();
        for (at, (key, row)) in rows.into_iter().enumerate() {
            let same = self.records().open::<ContactRow>(&key, &row.value).is_ok_and(|waiting| {
                waiting.to.address().is_some_and(|other| other.counted() == to.counted())
            });
            if same || at < too_many {
                commit = commit.delete(key, row.version);
            }
        }
        Ok(commit)
    }

    /// An address that was not shown to be somebody's in time is forgotten.
    pub(super) async fn forget_contact(&self, key: Key) -> Result<(), Unavailable> {
        let Some(row) = self.row(&key).await? else { return Ok(()) };
        let waiting = self.records().open::<ContactRow>(&key, &row.value);
        if waiting.is_ok_and(|waiting| waiting.valid_until > self.now()) {
            return Ok(());
        }
        self.store().commit(Commit::new().delete(key, row.version)).await.map_or_else(lost_race, |_| Ok(()))
    }
}

fn state(to: Address) -> AuthenticatorState {
    if to.factor() == Factor::Email { AuthenticatorState::Email(to) } else { AuthenticatorState::Sms(to) }
}

/// What the code for an address is bound to.
fn digest(user: &UserName, to: &Address) -> [u8; 32] {
    fingerprint("countersign-contact-v1", &[user.as_str().as_bytes(), to.as_str().as_bytes()])
}
