//! A paired phone at work: it asks what waits for it, approves, rejects, says where it can be rung, is unpaired.
//!
//! **Invariant:** every call is signed by the phone's key ([`Call`]); a [`Device`] is made by [`Flows::device`] alone, after that was checked
//! and for a phone that is not revoked.
//! **Invariant:** a phone sees and answers the challenges that were begun for itself, never those of its user's other phones
//! (`tests/it/phone.rs`).
//! **Invariant:** an approval goes the way of all answers (`flow::attempt`); a rejection counts no attempt and needs no number.

use crate::approval::Approval;
use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::base::text::UserName;
use crate::base::time::Timestamp;
use crate::directory::{About, AuthenticatorState, Challenge};
use crate::factors::phone::call::{Call, CallFault};
use crate::factors::phone::{SIGNATURE, Signed, Subscription};
use crate::factors::{Pending, Response};
use crate::notify::letter::Notice;
use crate::store::{Changes, Commit, Key, keys};

use super::view::{Answered, RejectReason, StateName};
use super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};

/// A phone that has just proved itself.
pub struct Device {
    user: UserName,
    id: Id<id::Authenticator>,
    label: String,
    subscribed: Option<String>,
}

/// Why a call is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotPaired {
    /// No phone of this id signs so, or it was removed.
    Unknown,
    /// The phone's clock is off.
    Clock,
}

/// One question that waits for this phone.
#[derive(Debug)]
pub struct Question {
    /// What the answer names.
    pub challenge: Id<id::Challenge>,
    /// A part of what is signed.
    pub nonce: [u8; 32],
    /// A part of what is signed.
    pub digest: [u8; 32],
    /// What is to be shown, and signed as these bytes.
    pub shown: String,
    /// Until when it waits.
    pub expires_at: Timestamp,
}

/// What came of an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// It was judged.
    Judged(Answered),
    /// The requesting screen fetches it, and judges it there.
    Kept,
}

/// What a requesting screen in the own account finds.
#[derive(Debug)]
pub enum Fetched {
    /// The phone has not answered yet.
    Waiting,
    /// It has.
    Given(Signed),
    /// There is nothing to wait for (any more).
    Gone,
}

impl Device {
    /// Whose phone it is.
    pub fn user(&self) -> &str {
        self.user.as_str()
    }

    /// What its user calls it.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The endpoint it can be rung at.
    pub fn subscribed(&self) -> Option<&str> {
        self.subscribed.as_deref()
    }
}

impl Flows {
    /// Finds out which phone made a call.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn device(
        &self,
        id: Id<id::Authenticator>,
        call: &Call<'_>,
        signature: &[u8; SIGNATURE],
    ) -> Result<Result<Device, NotPaired>, Unavailable> {
        let owner = keys::authenticator_owner(id);
        let Some(row) = self.row(&owner).await? else { return Ok(Err(NotPaired::Unknown)) };
        let user: UserName = self.records().open(&owner, &row.value).map_err(unavailable)?;
        let one = self.authenticator(&user, id).await?.filter(|one| one.usable(self.now()));
        let Some(one) = one else { return Ok(Err(NotPaired::Unknown)) };
        let AuthenticatorState::Push(phone) = &one.state else { return Ok(Err(NotPaired::Unknown)) };
        Ok(match call.judge(&phone.key, signature, self.now()) {
            Ok(()) => {
                let subscribed = phone.subscription.as_ref().map(|to| to.endpoint.clone());
                Ok(Device { user, id, label: one.label.to_string(), subscribed })
            }
            Err(CallFault::Clock) => Err(NotPaired::Clock),
            Err(CallFault::Signature) => Err(NotPaired::Unknown),
        })
    }

    /// What phones subscribe with, where phones are rung.
    pub fn push_key(&self) -> Option<String> {
        self.0.parts.push.as_ref().map(crate::notify::webpush::WebPush::application_server_key)
    }

    /// Tells when something may wait for this phone; subscribe first, then read.
    pub fn bell(&self, device: &Device) -> Changes {
        self.0.parts.store.watch(&keys::pace(&device.user))
    }

    /// What waits for this phone, oldest first.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn questions(&self, device: &Device) -> Result<Vec<Question>, Unavailable> {
        let mut questions = Vec::new();
        for (key, row) in self.waiting(&device.user).await? {
            let one = self.records().open_challenge(&key, &row.value).map_err(unavailable)?;
            let (challenge, digest, expires_at) = (one.id, one.digest, one.expires_at);
            if !self.is_open(device, &one).await? {
                continue;
            }
            if let Pending::Phone(asked) = one.pending
                && asked.given.is_none()
            {
                questions.push(Question {
                    challenge,
                    nonce: asked.nonce,
                    digest,
                    shown: asked.shown,
                    expires_at,
                });
            }
        }
        Ok(questions)
    }

    /// Takes an approval.
    ///
    /// # Errors
    /// When the store cannot be used; nothing was approved then.
    pub async fn phone_approve(&self, device: &Device, signed: Signed) -> Result<Came, Unavailable> {
        let Some((key, challenge)) = self.asked(device, signed.challenge).await? else {
            return Ok(Came::Judged(Answered::NotOffered));
        };
        let answered = match challenge.about {
            About::Held(id) => match self.load(id).await? {
                Some(found) => {
                    self.answer(found, device.id, Some(challenge.id), Response::Phone(signed)).await?
                }
                None => Answered::NotOffered,
            },
            About::Account(_) => return self.deposit(device, key, challenge.id, &signed).await,
        };
        if matches!(answered, Answered::Approved | Answered::StepDone) {
            self.pace_approved(&device.user).await?;
        }
        Ok(Came::Judged(answered))
    }

    /// Takes a rejection: the request ends, its requester sees it, and the next question waits. `None` when that question is not there
    /// (any more), or the phone did not sign this.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn phone_reject(
        &self,
        device: &Device,
        signed: &Signed,
        reason: RejectReason,
    ) -> Result<Option<StateName>, Unavailable> {
        let Some((key, challenge)) = self.asked(device, signed.challenge).await? else { return Ok(None) };
        let one = self.authenticator(&device.user, device.id).await?;
        let (Some(AuthenticatorState::Push(phone)), Pending::Phone(asked)) =
            (one.map(|one| one.state), &challenge.pending)
        else {
            return Ok(None);
        };
        if !phone.rejects(signed, asked, &challenge.digest) {
            return Ok(None);
        }
        let event = self
            .event(EventKind::PhoneRejected, Actor::User(device.user.clone()))
            .with("authenticator", device.id);
        // Somebody else knows the password or sits at an open account. Of a held request `reject` tells.
        let alarms = reason == RejectReason::NotMe && matches!(challenge.about, About::Account(_));
        let (event, state) = match challenge.about {
            // First the request itself: should the rest fail, it has ended all the same.
            About::Held(id) => (event.about(id), self.reject(id, reason).await?),
            About::Account(purpose) => (event.with("purpose", purpose.as_str()), StateName::Rejected),
        };
        for _ in 0..TRIES {
            let now = self.now();
            let (pace_key, row, pace) = self.pace(&device.user).await?;
            let value = self.records().seal_pace(&pace_key, &pace.rejected(now));
            let mut commit = Commit::new().put(pace_key, row.as_ref(), value, None).record(event.clone());
            if let Some(row) = self.row(&key).await? {
                commit = commit.delete(key.clone(), row.version);
            }
            if alarms {
                let app = self.portal().host().to_string();
                let told = self.notice(&device.user, &Notice::NotMe { app }).await?;
                commit = commit.and(self.void_grants(&device.user).await?).and(told);
            }
            match self.store().commit(commit).await {
                Ok(_) => return Ok(Some(state)),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// Keeps where the phone can be rung, or that it cannot. `false` when that is no push service we speak to.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn phone_subscribe(
        &self,
        device: &Device,
        to: Option<Subscription>,
    ) -> Result<bool, Unavailable> {
        let known =
            |to: &Subscription| self.0.parts.push.as_ref().is_some_and(|push| push.knows(&to.endpoint));
        if to.as_ref().is_some_and(|to| !known(to)) {
            return Ok(false);
        }
        let key = keys::authenticator(&device.user, device.id);
        for _ in 0..TRIES {
            let Some(row) = self.row(&key).await? else { return Ok(false) };
            let mut one = self.records().open_authenticator(&key, &row.value).map_err(unavailable)?;
            let AuthenticatorState::Push(phone) = &mut one.state else { return Ok(false) };
            phone.subscription.clone_from(&to);
            let value = self.records().seal_authenticator(&key, &one);
            match self.store().commit(Commit::new().replace(key.clone(), row.version, value, None)).await {
                Ok(_) => return Ok(true),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// The phone removes itself: it is never accepted again.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn phone_unpair(&self, device: &Device) -> Result<(), Unavailable> {
        let key = keys::authenticator(&device.user, device.id);
        for _ in 0..TRIES {
            let Some(row) = self.row(&key).await? else { return Ok(()) };
            let one = self.records().open_authenticator(&key, &row.value).map_err(unavailable)?;
            let event = self
                .event(EventKind::AuthenticatorRevoked, Actor::User(device.user.clone()))
                .with("user", &device.user)
                .with("authenticator", device.id);
            let told = self.removing(&one).await?;
            let value = self.records().seal_authenticator(&key, &one.revoked(self.now()));
            let commit = Commit::new().replace(key.clone(), row.version, value, None).record(event).and(told);
            match self.store().commit(commit.and(self.void_grants(&device.user).await?)).await {
                Ok(_) => return Ok(()),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// Keeps an approval for the requesting screen; the first one stays.
    async fn deposit(
        &self,
        device: &Device,
        key: Key,
        id: Id<id::Challenge>,
        signed: &Signed,
    ) -> Result<Came, Unavailable> {
        for _ in 0..TRIES {
            let Some(row) = self.row(&key).await? else { return Ok(Came::Judged(Answered::NotOffered)) };
            let mut challenge = self.records().open_challenge(&key, &row.value).map_err(unavailable)?;
            if challenge.id != id || !self.is_open(device, &challenge).await? {
                return Ok(Came::Judged(Answered::NotOffered));
            }
            match (&mut challenge.pending, signed.given()) {
                (Pending::Phone(asked), Some(given)) if asked.given.is_none() => asked.given = Some(given),
                _ => return Ok(Came::Judged(Answered::NotOffered)),
            }
            let value = self.records().seal_challenge(&key, &challenge);
            let commit = Commit::new().replace(key.clone(), row.version, value, Some(challenge.expires_at));
            match self.store().commit(commit).await {
                Ok(_) => return Ok(Came::Kept),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// What a phone has answered to a challenge of the own account. It is judged with the answer's other ways (`own_answer`).
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn phone_given(
        &self,
        user: &UserName,
        challenge: Option<Id<id::Challenge>>,
    ) -> Result<Fetched, Unavailable> {
        let Some(id) = challenge else { return Ok(Fetched::Gone) };
        let key = keys::challenge(user, id);
        let Some(row) = self.row(&key).await? else { return Ok(Fetched::Gone) };
        let one = self.records().open_challenge(&key, &row.value).map_err(unavailable)?;
        Ok(match one.pending {
            Pending::Phone(asked) if self.now() < one.expires_at => {
                asked.given.map_or(Fetched::Waiting, |given| Fetched::Given(given.signed(id)))
            }
            _ => Fetched::Gone,
        })
    }

    /// A challenge that waits for this phone, with its key.
    async fn asked(
        &self,
        device: &Device,
        id: Id<id::Challenge>,
    ) -> Result<Option<(Key, Challenge)>, Unavailable> {
        let key = keys::challenge(&device.user, id);
        let Some(row) = self.row(&key).await? else { return Ok(None) };
        let one = self.records().open_challenge(&key, &row.value).map_err(unavailable)?;
        let open = self.is_open(device, &one).await?;
        Ok(open.then_some((key, one)))
    }

    /// Whether this phone can answer it now: what it is about still waits.
    async fn is_open(&self, device: &Device, one: &Challenge) -> Result<bool, Unavailable> {
        if !one.is_for(&device.user, device.id, &one.digest, self.now()) {
            return Ok(false);
        }
        match one.about {
            About::Held(id) => {
                let found = self.load(id).await?;
                Ok(found.is_some_and(|(approval, _)| matches!(approval, Approval::Held(_))))
            }
            About::Account(_) => Ok(true),
        }
    }

    /// An approval ends the row of rejections.
    async fn pace_approved(&self, user: &UserName) -> Result<(), Unavailable> {
        for _ in 0..TRIES {
            let (key, row, pace) = self.pace(user).await?;
            let value = self.records().seal_pace(&key, &pace.approved());
            match self.store().commit(Commit::new().put(key, row.as_ref(), value, None)).await {
                Ok(_) => return Ok(()),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Device({})", self.id)
    }
}
