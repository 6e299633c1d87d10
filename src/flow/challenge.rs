//! A challenge is begun: whatever must be sent or made before an authenticator can be answered.
//!
//! **Invariant:** beginning proves nothing and counts no attempt; it resets none either. What it costs others (messages, pushes) has limits
//! of its own, counted before anything is sent.

use crate::approval::{Approval, Held, PromptKey};
use crate::base::id::{self, Id};
use crate::base::time::{Span, Timestamp};
use crate::directory::{Authenticator, Challenge};
use crate::factors::{Factor, Pending};
use crate::identity::Principal;
use crate::store::{Commit, Key, keys};

use super::attempt::{AskedIn, Proving};
use super::prompt::{Claim, state_of};
use super::view::{NotYours, StateName};
use super::{Flows, Unavailable, lost_race, unavailable};

/// The most challenges of one user that wait for an answer.
const MOST_WAITING: usize = 20;

/// What came of the wish to answer with one authenticator.
#[derive(Clone, Debug, PartialEq)]
pub enum Begun {
    /// It can be answered.
    Ready(Ready),
    /// This authenticator is not one the user may choose here (any more).
    NotOffered,
    /// The request is not waiting for an answer.
    NotWaiting(StateName),
    /// Not yet: something was sent a moment ago, or too often.
    Wait {
        /// How long.
        retry_after: Span,
        /// Why, in a word for programs, e.g. `resend`.
        why: &'static str,
        /// Whether what was sent before for the same thing can still be answered.
        waits: bool,
    },
}

/// What can be answered now.
#[derive(Clone, Debug, PartialEq)]
pub struct Ready {
    /// What the answer names; `None` where nothing was begun (a code that is on a screen already).
    pub challenge: Option<Id<id::Challenge>>,
    /// With which authenticator.
    pub authenticator: Id<id::Authenticator>,
    /// Its kind.
    pub kind: Factor,
    /// What the client needs for the answer.
    pub public: Public,
    /// Until when the challenge takes an answer.
    pub expires_at: Option<Timestamp>,
}

/// What the client is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Public {
    /// A code is to be typed.
    Code {
        /// How many digits it has, where that is fixed.
        digits: Option<u32>,
    },
    /// A passkey is to be used.
    Passkey {
        /// The options for `navigator.credentials.get`, as JSON.
        options: serde_json::Value,
    },
    /// A code was sent, and is to be typed.
    Sent {
        /// Where to, masked.
        to: String,
        /// How many digits it has.
        digits: u32,
        /// How long until another may be sent.
        resend_after: Span,
    },
    /// A number is to be shown, which the user types on the phone.
    Phone {
        /// Six digits. For the requesting screen only.
        number: String,
        /// Whether the phone was rung; otherwise its user opens its page without being called.
        rung: bool,
    },
}

impl Flows {
    /// Begins a challenge at the prompt.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn prompt_begin(
        &self,
        id: Id<id::Held>,
        key: Option<&PromptKey>,
        authenticator: Id<id::Authenticator>,
    ) -> Result<Result<Begun, NotYours>, Unavailable> {
        let asked_in = if key.is_some_and(PromptKey::is_frame) { AskedIn::Frame } else { AskedIn::Window };
        match self.of_prompt(id, key).await? {
            Ok((approval, _)) => Ok(Ok(self.begin_for(approval, authenticator, asked_in).await?)),
            Err(not) => Ok(Err(not)),
        }
    }

    /// Begins a challenge through the API on the application's origin.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn api_begin(
        &self,
        app: &str,
        id: Id<id::Held>,
        principal: &Principal,
        secret: &str,
        authenticator: Id<id::Authenticator>,
    ) -> Result<Option<Begun>, Unavailable> {
        match self.of_creator(app, id, principal, Claim::Secret(secret)).await? {
            Some((approval, _)) => Ok(Some(self.begin_for(approval, authenticator, AskedIn::Window).await?)),
            None => Ok(None),
        }
    }

    async fn begin_for(
        &self,
        approval: Approval,
        authenticator: Id<id::Authenticator>,
        asked_in: AskedIn,
    ) -> Result<Begun, Unavailable> {
        let held: Held = match approval {
            Approval::Held(held) => held,
            other => return Ok(Begun::NotWaiting(state_of(&other))),
        };
        let (offered, _) = self.choices(&held).await?;
        if !offered.iter().any(|choice| choice.id == authenticator) {
            return Ok(Begun::NotOffered);
        }
        self.begin(&Proving::held(&held).asked_in(asked_in), authenticator).await
    }

    /// Begins whatever this authenticator needs to be answered for `proving`. The caller has found it acceptable there.
    pub(super) async fn begin(
        &self,
        proving: &Proving,
        authenticator: Id<id::Authenticator>,
    ) -> Result<Begun, Unavailable> {
        match self.authenticator(&proving.user, authenticator).await? {
            Some(one) if proving.about.needs_counting() && !one.counts(self.now()) => Ok(Begun::NotOffered),
            Some(one) if one.usable(self.now()) => self.begin_with(proving, &one).await,
            Some(_) | None => Ok(Begun::NotOffered),
        }
    }

    async fn begin_with(&self, proving: &Proving, one: &Authenticator) -> Result<Begun, Unavailable> {
        use crate::directory::AuthenticatorState as State;
        Ok(match &one.state {
            State::Passkey(passkey) => self.begin_passkey(proving, one, passkey).await?,
            State::Push(phone) => self.begin_phone(proving, one, phone).await?,
            State::Totp(_) | State::Hotp(_) | State::Emergency(_) | State::Recovery(_) => {
                Begun::Ready(Ready {
                    challenge: None,
                    authenticator: one.id,
                    kind: one.kind(),
                    public: Public::Code { digits: one.digits() },
                    expires_at: None,
                })
            }
            State::Email(to) | State::Sms(to) => self.begin_message(proving, one, to).await?,
        })
    }

    /// A new challenge, and the commit that stores it: it takes the place of those of the same authenticator for the same thing, and of the
    /// oldest ones where too many wait.
    pub(super) async fn new_challenge(
        &self,
        proving: &Proving,
        one: &Authenticator,
        pending: Pending,
        lives: Span,
    ) -> Result<(Challenge, Commit), Unavailable> {
        let now = self.now();
        let challenge = Challenge {
            id: Id::new(now, self.entropy()),
            user: proving.user.clone(),
            authenticator: one.id,
            about: proving.about,
            digest: proving.digest,
            pending,
            created_at: now,
            expires_at: now.plus(lives),
        };
        let key = keys::challenge(&proving.user, challenge.id);
        let value = self.records().seal_challenge(&key, &challenge);
        let mut commit = Commit::new().create(key, value, Some(challenge.expires_at));
        let waiting = self.waiting(&proving.user).await?;
        let too_many = (waiting.len() + 1).saturating_sub(MOST_WAITING);
        for (at, (key, row)) in waiting.into_iter().enumerate() {
            let old = self.records().open_challenge(&key, &row.value).map_err(unavailable)?;
            if at < too_many || (old.authenticator == one.id && old.digest == proving.digest) {
                commit = commit.delete(key, row.version);
            }
        }
        Ok((challenge, commit))
    }

    /// A challenge that was not answered in time is deleted.
    pub(super) async fn forget_challenge(&self, key: Key) -> Result<(), Unavailable> {
        let Some(row) = self.row(&key).await? else { return Ok(()) };
        // One that cannot be read is none.
        let over =
            self.records().open_challenge(&key, &row.value).map_or(true, |one| one.expires_at <= self.now());
        if !over {
            return Ok(());
        }
        self.store().commit(Commit::new().delete(key, row.version)).await.map_or_else(lost_race, |_| Ok(()))
    }
}
