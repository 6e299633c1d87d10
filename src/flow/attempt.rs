//! One attempt to prove it: counted, and judged. Whoever asks for a proof (a held request, the own account) comes through here.
//!
//! Mostly two commits. The first counts the attempt, for the user and for the authenticator, and takes a single-use challenge away, before
//! anything is verified. The second is the caller's: what the proof leads to, together with what [`Judged::Accepted`] brings (the
//! authenticator's next state, the spent challenge, the cleared counts), or none of it.
//!
//! A generator's code is verified in microseconds and answers no challenge. There it is one commit, for which the counts are read first: a
//! wrong code is counted in the commit that records it, a right one clears the counts in the caller's. Both need the counts to be what they
//! were, so whoever lost a race against another answer is counted, and judged, anew: nothing is told that was not counted.
//!
//! **Invariant:** of any number of answers at once no more are told right from wrong than the budget allows (`tests/it/attempts.rs`). The
//! budget is one for all kinds of authenticators, held requests and challenges; beginning another challenge never resets it.
//! **Invariant:** one code counts once: the authenticator's state is swapped in the commit that uses the proof.

use std::sync::Arc;

use ring::digest::{Context, SHA256};

use crate::approval::Held;
use crate::audit::receipt::file::hash;
use crate::audit::{Actor, Event, EventKind};
use crate::base::id::{self, Id};
use crate::base::net::Origin;
use crate::base::text::UserName;
use crate::base::time::Span;
use crate::directory::{About, Authenticator, AuthenticatorState, Challenge, Purpose};
use crate::factors::{Proof, Refusal, Response, Verdict};
use crate::notify::letter::Notice;
use crate::store::{Commit, Key, Row, keys};

use super::counts::Counting;
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

/// An attempt that has been counted, or is counted with its judgement.
pub(super) struct Attempt {
    proving: Proving,
    authenticator: Id<id::Authenticator>,
    response: Arc<Response>,
    challenge: Option<Answers>,
    /// Where it has been counted: wrong answers left before a pause.
    counted: Option<u32>,
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
    /// Nothing is known yet: it is to be judged again, against what is there now.
    Again,
    /// No attempt is taken now, or what was to be answered is not there any more.
    Stopped(Stopped),
}

impl Flows {
    /// Counts an attempt before it is verified; one that is quickly verified is counted when it is judged. `challenge` is the one it answers;
    /// where it is not named, and one is needed, the latest that was begun for this.
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
        let response = Arc::new(response);
        let attempt = |challenge, counted| Attempt {
            proving: proving.clone(),
            authenticator,
            response: response.clone(),
            challenge,
            counted,
        };
        if one.is_quick(&response) && !one.needs_challenge() {
            return Ok(Ok(attempt(None, None)));
        }
        for _ in 0..TRIES {
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
            let counting = match self.reserve(self.counts(proving, authenticator).await?) {
                Ok(counting) => counting,
                Err(stopped) => return Ok(Err(stopped)),
            };
            let counted = self.counted(proving, authenticator, &counting).await?;
            match self.store().commit(commit.and(counted)).await {
                Ok(_) => return Ok(Ok(attempt(answers, Some(self.left(&counting))))),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// Judges an attempt against what is there now, and counts it unless it has been. `basis` is what it is judged for, as it was read: where that
    /// is another meanwhile, and where another answer came first, it is asked again.
    pub(super) async fn judge(&self, attempt: &Attempt, basis: &Commit) -> Result<Judged, Unavailable> {
        let (proving, chosen) = (&attempt.proving, attempt.authenticator);
        let gone = Ok(Judged::Stopped(Stopped::Gone));
        let key = keys::authenticator(&proving.user, chosen);
        let now = self.now();
        let counting = match attempt.counted {
            Some(_) => None,
            None => match self.reserve(self.counts(proving, chosen).await?) {
                Ok(counting) => Some(counting),
                Err(stopped) => return Ok(Judged::Stopped(stopped)),
            },
        };
        let Some(row) = self.row(&key).await? else { return gone };
        let epoch = self.epoch_now().await?;
        let one = self.records().open_authenticator(&key, &row.value).map_err(unavailable)?;
        let one = one.as_of(epoch.epoch);
        let challenge = attempt.challenge.as_ref().map(|answers| answers.challenge.clone());
        let mut commit = epoch.required();
        if let Some((waiting, version)) = attempt.challenge.as_ref().and_then(|answers| answers.row.clone()) {
            if self.row(&waiting).await?.is_none_or(|row| row.version != version) {
                return gone;
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
                return self.wrong(attempt, Refusal::Doubtful, spent.and(basis.clone()), counting).await;
            }
            Verdict::Refused(why) => return self.wrong(attempt, why, basis.clone(), counting).await,
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
        // What was counted before is read last: verifying may have taken long.
        let counts = match counting {
            Some(counting) => counting.counts,
            None => self.counts(proving, chosen).await?,
        };
        let commit = commit.and(self.clearing(&counts));
        Ok(Judged::Accepted { proof, commit })
    }

    /// Records a wrong answer, what it rests on and uses up all the same, and its count, unless it was counted before.
    async fn wrong(
        &self,
        attempt: &Attempt,
        why: Refusal,
        mut commit: Commit,
        counting: Option<Counting>,
    ) -> Result<Judged, Unavailable> {
        let (proving, authenticator) = (&attempt.proving, attempt.authenticator);
        let mut left = attempt.counted.unwrap_or_default();
        if let Some(counting) = counting {
            left = self.left(&counting);
            commit = commit.and(self.counted(proving, authenticator, &counting).await?);
        }
        let event = self
            .tried(EventKind::AnswerWrong, proving)
            .with("authenticator", authenticator)
            .with("reason", why);
        match self.store().commit(commit.record(event)).await {
            Ok(_) => {
                self.metrics().refused("wrong-answer");
                Ok(Judged::Wrong { left })
            }
            Err(error) => lost_race(error).map(|()| Judged::Again),
        }
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

    /// An audit entry by whoever proves something, about the held request, or for the own account.
    pub(super) fn tried(&self, kind: EventKind, proving: &Proving) -> Event {
        let event = self.event(kind, Actor::User(proving.user.clone()));
        match proving.about {
            About::Held(id) => event.about(id),
            About::Account(purpose) => event.with("purpose", purpose.as_str()),
        }
    }
}
