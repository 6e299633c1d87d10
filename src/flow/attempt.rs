//! One attempt to prove it: counted, then judged. Whoever asks for a proof (a held request, the own account) comes through here.
//!
//! Two commits. The first counts the attempt, for the user and for the authenticator, and takes a single-use challenge away, before
//! anything is verified. The second is the caller's: what the proof leads to, together with what [`Judged::Accepted`] brings (the
//! authenticator's next state, the spent challenge, the cleared counts), or none of it.
//!
//! **Invariant:** of any number of answers at once no more are verified than the budget allows (`tests/it/attempts.rs`). The budget is one
//! for all kinds of authenticators, held requests and challenges; beginning another challenge never resets it.
//! **Invariant:** one code counts once: the authenticator's state is swapped in the commit that uses the proof.

use std::sync::Arc;

use ring::digest::{Context, SHA256};

use crate::approval::Held;
use crate::audit::receipt::file::hash;
use crate::audit::{Actor, Event, EventKind};
use crate::base::id::{self, Id};
use crate::base::net::Origin;
use crate::base::text::UserName;
use crate::base::time::{Span, Timestamp};
use crate::directory::{About, Authenticator, AuthenticatorState, Challenge, Purpose};
use crate::factors::throttle::{Budget, Ledger, Throttled};
use crate::factors::{Proof, Refusal, Response, Verdict};
use crate::notify::letter::Notice;
use crate::store::{Commit, Key, Row, keys};

use super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};

/// Who proves what: what is shown and bound, for every kind of authenticator alike.
#[derive(Clone, Debug)]
pub struct Proving {
    /// Who.
    pub user: UserName,
    /// What a proof is given for.
    pub digest: [u8; 32],
    /// What it is about.
    pub about: About,
    /// The application's name; the portal's own host for the account.
    pub app: String,
    /// The application's origin; the portal's for the account.
    pub origin: Origin,
    /// What will be done, in words; empty for the account.
    pub summary: String,
    /// Label and value of what is to be looked at, masked already.
    pub show: Vec<(String, String)>,
    /// Where the page is that asks.
    pub asked_in: AskedIn,
}

/// Where the page is that asks for a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedIn {
    /// In a window of its own, or in none: a script asks.
    Window,
    /// In a frame of the application's page ([`Proving::origin`]).
    Frame,
}

impl Proving {
    /// The requester of a held request.
    pub fn held(held: &Held) -> Self {
        let subject = held.subject();
        Self {
            user: subject.requester.clone(),
            digest: *subject.digest.as_bytes(),
            about: About::Held(subject.id),
            app: subject.app.clone(),
            origin: subject.origin.clone(),
            summary: subject.summary.clone(),
            show: subject.show.clone(),
            asked_in: AskedIn::Window,
        }
    }

    /// The same, asked there.
    #[must_use]
    pub fn asked_in(self, asked_in: AskedIn) -> Self {
        Self { asked_in, ..self }
    }

    /// Somebody in his own account. `nonce` is of the session, or of what is to be changed: proofs for another one do not count.
    pub fn account(user: UserName, purpose: Purpose, nonce: &[u8; 32], portal: &Origin) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(b"countersign-account-v1\0");
        context.update(purpose.as_str().as_bytes());
        context.update(b"\0");
        context.update(nonce);
        let digest = context.finish().as_ref().try_into().unwrap_or([0; 32]);
        let about = About::Account(purpose);
        let app = portal.host().to_string();
        Self {
            user,
            digest,
            about,
            app,
            origin: portal.clone(),
            summary: String::new(),
            show: Vec::new(),
            asked_in: AskedIn::Window,
        }
    }
}

/// An attempt that has been counted.
pub(super) struct Attempt {
    proving: Proving,
    authenticator: Id<id::Authenticator>,
    response: Arc<Response>,
    challenge: Option<Answers>,
    /// Wrong answers left before a pause.
    left: u32,
}

/// The challenge that an attempt answers.
struct Answers {
    challenge: Arc<Challenge>,
    /// Its key and version, while it is there; `None` for a single-use one, which went with the count.
    row: Option<(Key, u64)>,
}

/// Why no attempt is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Too many wrong answers: wait.
    Wait(Span),
    /// Too many wrong answers in a row: an operator must unblock the user.
    Locked,
    /// There is no such authenticator, or nothing was begun that could be answered (any more).
    Gone,
}

/// What came of an attempt.
pub(super) enum Judged {
    /// Right. `commit` must be part of what the proof leads to.
    Accepted {
        /// The evidence.
        proof: Proof,
        /// The authenticator's next state, the spent challenge, the cleared counts.
        commit: Commit,
    },
    /// Wrong; recorded. So many more before a pause.
    Wrong {
        /// Wrong answers left.
        left: u32,
    },
    /// What was to be answered is not there any more.
    Gone,
}

impl Flows {
    /// Counts an attempt before it is verified. `challenge` is the one it answers; where it is not named, and one is needed, the latest that
    /// was begun for this.
    pub(super) async fn count(
        &self,
        proving: &Proving,
        authenticator: Id<id::Authenticator>,
        response: Response,
        challenge: Option<Id<id::Challenge>>,
    ) -> Result<Result<Attempt, Stopped>, Unavailable> {
        let user = &proving.user;
        let Some(one) = self.authenticator(user, authenticator).await? else {
            return Ok(Err(Stopped::Gone));
        };
        // INVARIANT: the one way of all answers. What is new approves nothing, whatever an edge offered.
        if proving.about.needs_counting() && !one.counts(self.now()) {
            return Ok(Err(Stopped::Gone));
        }
        for _ in 0..TRIES {
            let now = self.now();
            let mut commit = Commit::new();
            let mut answers = None;
            if one.needs_challenge() {
                let Some((key, version, found)) = self.pending(proving, &one, challenge).await? else {
                    return Ok(Err(Stopped::Gone));
                };
                let single = found.pending.is_single_use();
                let row = (!single).then(|| (key.clone(), version));
                answers = Some(Answers { challenge: Arc::new(found), row });
                if single {
                    commit = commit.delete(key, version);
                }
            }
            let (counted, left) = match self.reserve(proving, authenticator, now).await? {
                Ok(counted) => counted,
                Err(stopped) => return Ok(Err(stopped)),
            };
            match self.store().commit(commit.and(counted)).await {
                Ok(_) => {
                    let response = Arc::new(response);
                    let (proving, challenge) = (proving.clone(), answers);
                    return Ok(Ok(Attempt { proving, authenticator, response, challenge, left }));
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// The commit that counts one attempt, and how many are left before a pause.
    async fn reserve(
        &self,
        proving: &Proving,
        authenticator: Id<id::Authenticator>,
        now: Timestamp,
    ) -> Result<Result<(Commit, u32), Stopped>, Unavailable> {
        let user = &proving.user;
        let (of_user, of_one) = (keys::attempts(user), keys::attempts_of(user, authenticator));
        let rows = (self.row(&of_user).await?, self.row(&of_one).await?);
        let ledgers = (self.ledger(&of_user, rows.0.as_ref())?, self.ledger(&of_one, rows.1.as_ref())?);
        let budgets = (self.user_budget(), authenticator_budget());
        let next = match (ledgers.0.reserve(now, &budgets.0), ledgers.1.reserve(now, &budgets.1)) {
            (Ok(user), Ok(one)) => (user, one),
            (Err(throttled), _) | (Ok(_), Err(throttled)) => {
                self.metrics().refused("throttled");
                return Ok(Err(match throttled {
                    Throttled::Wait(until) => Stopped::Wait(until.since(now)),
                    Throttled::Locked => Stopped::Locked,
                }));
            }
        };
        let mut commit = Commit::new()
            .put(of_user.clone(), rows.0.as_ref(), self.records().seal_ledger(&of_user, &next.0), None)
            .put(of_one.clone(), rows.1.as_ref(), self.records().seal_ledger(&of_one, &next.1), None);
        if next.0.is_locked(&budgets.0) {
            commit = commit
                .and(self.void_grants(user).await?)
                .and(self.notice(user, &Notice::Locked).await?)
                .record(self.tried(EventKind::Locked, proving).with("authenticator", authenticator));
        } else if next.0.not_before.is_some() {
            commit =
                commit.record(self.tried(EventKind::Throttled, proving).with("authenticator", authenticator));
        }
        let left = self.0.parts.limits.wrong_before_throttle.saturating_sub(next.0.wrong);
        Ok(Ok((commit, left)))
    }

    /// Judges a counted attempt against what is there now. After a lost race it is asked again.
    pub(super) async fn judge(&self, attempt: &Attempt) -> Result<Judged, Unavailable> {
        let (proving, chosen) = (&attempt.proving, attempt.authenticator);
        let key = keys::authenticator(&proving.user, chosen);
        let now = self.now();
        let Some(row) = self.row(&key).await? else { return Ok(Judged::Gone) };
        let epoch = self.epoch_now().await?;
        let one = self.records().open_authenticator(&key, &row.value).map_err(unavailable)?;
        let one = one.as_of(epoch.epoch);
        let challenge = attempt.challenge.as_ref().map(|answers| answers.challenge.clone());
        let mut commit = epoch.required();
        if let Some((waiting, version)) = attempt.challenge.as_ref().and_then(|answers| answers.row.clone()) {
            if self.row(&waiting).await?.is_none_or(|row| row.version != version) {
                return Ok(Judged::Gone);
            }
            commit = commit.delete(waiting, version);
        }
        let (response, digest) = (attempt.response.clone(), proving.digest);
        let quick = one.is_quick(&response);
        let verify = move || {
            one.verify(now, &response, challenge.as_ref().map(|challenge| &challenge.pending), &digest)
        };
        // What takes its time, off the threads that serve connections.
        let verdict =
            if quick { verify() } else { tokio::task::spawn_blocking(verify).await.map_err(unavailable)? };
        let (proof, next) = match verdict {
            Verdict::Accepted { proof, next } => (proof, next),
            Verdict::Spent { next } => {
                let value = self.records().seal_authenticator(&key, &next);
                let spent = epoch.required().replace(key, row.version, value, None);
                return self.wrong(attempt, Refusal::Doubtful, spent).await;
            }
            Verdict::Refused(why) => return self.wrong(attempt, why, Commit::new()).await,
        };
        let factor = proof.factor();
        let mut accepted = self
            .tried(EventKind::AnswerAccepted, proving)
            .with("authenticator", chosen)
            .with("factor", factor);
        if let Some(evidence) = proof.evidence() {
            accepted = accepted.with("evidence", hash(evidence));
        }
        commit = commit
            .replace(key.clone(), row.version, self.records().seal_authenticator(&key, &next), None)
            .record(accepted);
        if let AuthenticatorState::Email(to) | AuthenticatorState::Sms(to) = &next.state {
            commit = commit.and(self.came_back(to).await?);
        }
        if factor == crate::factors::Factor::Emergency {
            commit =
                commit.record(self.tried(EventKind::EmergencyUsed, proving).with("authenticator", chosen));
            commit = commit.and(self.notice(&proving.user, &Notice::EmergencyUsed).await?);
        }
        for ledger in [keys::attempts(&proving.user), keys::attempts_of(&proving.user, chosen)] {
            let found = self.row(&ledger).await?;
            let cleared = self.records().seal_ledger(&ledger, &Ledger::cleared());
            commit = commit.put(ledger, found.as_ref(), cleared, None);
        }
        Ok(Judged::Accepted { proof, commit })
    }

    /// A wrong answer; it was counted before it was verified. `spent` is what it uses up all the same.
    async fn wrong(&self, attempt: &Attempt, why: Refusal, spent: Commit) -> Result<Judged, Unavailable> {
        let event = self
            .tried(EventKind::AnswerWrong, &attempt.proving)
            .with("authenticator", attempt.authenticator)
            .with("reason", why);
        self.store().commit(spent.record(event)).await.map_err(unavailable)?;
        self.metrics().refused("wrong-answer");
        Ok(Judged::Wrong { left: attempt.left })
    }

    /// The challenge to be answered, with its key and version: the named one, or the latest.
    pub(super) async fn pending(
        &self,
        proving: &Proving,
        one: &Authenticator,
        named: Option<Id<id::Challenge>>,
    ) -> Result<Option<(Key, u64, Challenge)>, Unavailable> {
        let (user, now, epoch) = (&proving.user, self.now(), self.epoch_now().await?.epoch);
        let rows = match named {
            Some(id) => {
                let key = keys::challenge(user, id);
                self.row(&key).await?.map(|row| (key, row)).into_iter().collect()
            }
            None => self.waiting(user).await?,
        };
        for (key, row) in rows.into_iter().rev() {
            let challenge = self.records().open_challenge(&key, &row.value).map_err(unavailable)?;
            // Of an epoch that is over: it may have been answered.
            if challenge.is_for(user, one.id, &proving.digest, now) && epoch.includes(challenge.created_at) {
                return Ok(Some((key, row.version, challenge)));
            }
        }
        Ok(None)
    }

    /// The challenges of a user that wait, oldest first, as they are stored.
    pub(super) async fn waiting(&self, user: &UserName) -> Result<Vec<(Key, Row)>, Unavailable> {
        self.store().list(&keys::challenges_of(user), None, 200).await.map_err(unavailable)
    }

    pub(super) fn ledger(&self, key: &Key, row: Option<&Row>) -> Result<Ledger, Unavailable> {
        row.map_or(Ok(Ledger::default()), |row| {
            self.records().open_ledger(key, &row.value).map_err(unavailable)
        })
    }

    /// A user's count of wrong answers.
    pub(super) async fn attempts_by(&self, user: &UserName) -> Result<Ledger, Unavailable> {
        let key = keys::attempts(user);
        let row = self.row(&key).await?;
        self.ledger(&key, row.as_ref())
    }

    pub(super) fn user_budget(&self) -> Budget {
        let limits = &self.0.parts.limits;
        Budget::new(
            limits.wrong_before_throttle,
            limits.wrong_before_lock,
            limits.throttle,
            limits.throttle_most,
        )
        .unwrap_or_default()
    }

    /// An audit entry by whoever proves something, about the held request, or for the own account.
    pub(super) fn tried(&self, kind: EventKind, proving: &Proving) -> Event {
        let event = self.event(kind, Actor::User(proving.user.clone()));
        match proving.about {
            About::Held(id) => event.about(id),
            About::Account(purpose) => event.with("purpose", purpose.as_str()),
        }
    }
}

/// NIST SP 800-63B-4 §3.2.2: one authenticator takes at most so many wrong answers in a row, whoever gives them.
fn authenticator_budget() -> Budget {
    Budget::new(10, 50, Span::from_secs(30), Span::from_secs(3600)).unwrap_or_default()
}
