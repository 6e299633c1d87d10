//! An answer: counted, verified, voted with.
//!
//! Two commits. The first counts the attempt, for the user and for the authenticator, before anything is verified. The second
//! commits the vote, the authenticator's next state, the cleared counts and the audit entries together, or none of them.
//!
//! **Invariant:** of any number of answers at once no more are verified than the budget allows (`tests/it/attempts.rs`).
//! **Invariant:** one code opens one held request once: the authenticator's state is swapped in the commit of the vote.

use std::sync::Arc;

use crate::approval::{Approval, Held, Progress, Vote};
use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::base::text::UserName;
use crate::base::time::Timestamp;
use crate::directory::Authenticator;
use crate::factors::throttle::{Budget, Ledger, Throttled};
use crate::factors::{Answer, Refusal, Verdict};
use crate::store::{Commit, Row, keys};

use super::view::Answered;
use super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};

/// An attempt that has been counted.
struct Counted {
    left: u32,
}

impl Flows {
    /// Takes one answer for a held request whose viewer has been found entitled.
    pub(super) async fn answer(
        &self,
        id: Id<id::Held>,
        authenticator: Id<id::Authenticator>,
        typed: &str,
    ) -> Result<Answered, Unavailable> {
        let Some((approval, _)) = self.load(id).await? else { return Ok(Answered::NotOffered) };
        let Approval::Held(held) = approval else {
            return Ok(Answered::NotWaiting(super::prompt::state_of(&approval)));
        };
        let user = held.subject().requester.clone();
        let offered = self.choices(&held).await?;
        if !offered.iter().any(|choice| choice.id == authenticator) {
            return Ok(Answered::NotOffered);
        }
        let counted = match self.count(&user, authenticator, id).await? {
            Ok(counted) => counted,
            Err(refused) => return Ok(refused),
        };
        let answer = Answer::parse(typed).ok();
        match answer {
            Some(answer) => self.verify(id, &user, authenticator, answer, &counted).await,
            None => self.wrong(id, &user, authenticator, Refusal::Wrong, &counted).await,
        }
    }

    /// Counts the attempt before it is verified.
    async fn count(
        &self,
        user: &UserName,
        authenticator: Id<id::Authenticator>,
        held: Id<id::Held>,
    ) -> Result<Result<Counted, Answered>, Unavailable> {
        let (of_user, of_one) = (keys::attempts(user), keys::attempts_of(user, authenticator));
        for _ in 0..TRIES {
            let now = self.now();
            let rows = (self.row(&of_user).await?, self.row(&of_one).await?);
            let ledgers = (self.ledger(&of_user, rows.0.as_ref())?, self.ledger(&of_one, rows.1.as_ref())?);
            let budgets = (self.user_budget(), authenticator_budget());
            let next = match (ledgers.0.reserve(now, &budgets.0), ledgers.1.reserve(now, &budgets.1)) {
                (Ok(user), Ok(one)) => (user, one),
                (Err(throttled), _) | (Ok(_), Err(throttled)) => {
                    self.metrics().refused("throttled");
                    return Ok(Err(refused(throttled, now)));
                }
            };
            let mut commit = Commit::new()
                .put(of_user.clone(), rows.0.as_ref(), self.records().seal_ledger(&of_user, &next.0), None)
                .put(of_one.clone(), rows.1.as_ref(), self.records().seal_ledger(&of_one, &next.1), None);
            if next.0.is_locked(&budgets.0) {
                commit = commit
                    .and(self.void_grants(user).await?)
                    .record(self.by(EventKind::Locked, user, held).with("authenticator", authenticator));
            } else if next.0.not_before.is_some() {
                commit = commit
                    .record(self.by(EventKind::Throttled, user, held).with("authenticator", authenticator));
            }
            match self.store().commit(commit).await {
                Ok(_) => {
                    let left = self.0.parts.limits.wrong_before_throttle.saturating_sub(next.0.wrong);
                    return Ok(Ok(Counted { left }));
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    async fn verify(
        &self,
        id: Id<id::Held>,
        user: &UserName,
        chosen: Id<id::Authenticator>,
        answer: Answer,
        counted: &Counted,
    ) -> Result<Answered, Unavailable> {
        let key = keys::authenticator(user, chosen);
        let answer = Arc::new(answer);
        for _ in 0..TRIES {
            let now = self.now();
            let Some((approval, version)) = self.load(id).await? else { return Ok(Answered::NotOffered) };
            let Approval::Held(held) = approval else {
                return Ok(Answered::NotWaiting(super::prompt::state_of(&approval)));
            };
            let Some(row) = self.row(&key).await? else { return Ok(Answered::NotOffered) };
            let authenticator = self.records().open_authenticator(&key, &row.value).map_err(unavailable)?;
            let digest = *held.subject().digest.as_bytes();
            let (proof, next) = match judge(authenticator, answer.clone(), digest, now).await? {
                Verdict::Accepted { proof, next } => (proof, next),
                Verdict::Refused(refusal) => return self.wrong(id, user, chosen, refusal, counted).await,
            };
            let factor = proof.factor();
            let Ok(vote) = Vote::cast(user, &held, proof) else { return Ok(Answered::NotOffered) };
            let (approval, answered) = match held.record(vote, now) {
                Progress::Approved(approved) => (Approval::Approved(approved), Answered::Approved),
                Progress::StillHeld(held) => (Approval::Held(held), Answered::StepDone),
            };
            let mut commit = self
                .put_held(&approval, version)
                .replace(key.clone(), row.version, self.records().seal_authenticator(&key, &next), None)
                .record(
                    self.by(EventKind::AnswerAccepted, user, id)
                        .with("authenticator", chosen)
                        .with("factor", factor),
                );
            if factor == crate::factors::Factor::Emergency {
                commit =
                    commit.record(self.by(EventKind::EmergencyUsed, user, id).with("authenticator", chosen));
            }
            if let Approval::Approved(approved) = &approval {
                let digest = approved.subject().digest;
                commit = commit.record(self.by(EventKind::Approved, user, id).with("digest", digest));
                commit = commit.and(self.grant(approved).await?);
            }
            for ledger in [keys::attempts(user), keys::attempts_of(user, chosen)] {
                let found = self.row(&ledger).await?;
                let cleared = self.records().seal_ledger(&ledger, &Ledger::cleared());
                commit = commit.put(ledger, found.as_ref(), cleared, None);
            }
            match self.store().commit(commit).await {
                Ok(_) => {
                    if answered == Answered::Approved {
                        self.metrics().approved(now.since(approval.subject().created_at));
                    }
                    return Ok(answered);
                }
                // Somebody else moved first: the code is judged again against what is there now, where a used one is refused.
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// A wrong answer; it was counted before it was verified.
    async fn wrong(
        &self,
        id: Id<id::Held>,
        user: &UserName,
        authenticator: Id<id::Authenticator>,
        why: Refusal,
        counted: &Counted,
    ) -> Result<Answered, Unavailable> {
        let event = self
            .by(EventKind::AnswerWrong, user, id)
            .with("authenticator", authenticator)
            .with("reason", why);
        self.store().commit(Commit::new().record(event)).await.map_err(unavailable)?;
        self.metrics().refused("wrong-answer");
        Ok(Answered::Wrong { left: counted.left })
    }

    /// The authenticators the requester may choose from now: usable, accepted by an open step.
    pub(super) async fn choices(&self, held: &Held) -> Result<Vec<super::view::Choice>, Unavailable> {
        let subject = held.subject();
        let acceptable = subject.requirement.acceptable(&held.factors());
        let now = self.now();
        let mine = self.authenticators_of(&subject.requester).await?;
        Ok(mine
            .into_iter()
            .filter(|one| one.usable(now) && acceptable.contains(&one.kind()))
            .map(|one| super::view::Choice {
                id: one.id,
                kind: one.kind().as_str(),
                label: one.label.to_string(),
                digits: one.digits(),
            })
            .collect())
    }

    /// All authenticators of a user, revoked ones included, oldest first.
    pub(super) async fn authenticators_of(&self, user: &UserName) -> Result<Vec<Authenticator>, Unavailable> {
        let rows = self.store().list(&keys::authenticators_of(user), None, 200).await.map_err(unavailable)?;
        rows.iter()
            .map(|(key, row)| self.records().open_authenticator(key, &row.value).map_err(unavailable))
            .collect()
    }

    pub(super) async fn row(&self, key: &crate::store::Key) -> Result<Option<Row>, Unavailable> {
        self.store().get(key).await.map_err(unavailable)
    }

    fn ledger(&self, key: &crate::store::Key, row: Option<&Row>) -> Result<Ledger, Unavailable> {
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

    /// An audit entry by a user about a held request.
    pub(super) fn by(&self, kind: EventKind, user: &UserName, held: Id<id::Held>) -> crate::audit::Event {
        self.event(kind, Actor::User(user.clone())).about(held)
    }

    /// The commit that writes back a held request that was read at `version`.
    pub(super) fn put_held(&self, approval: &Approval, version: u64) -> Commit {
        let key = keys::held(approval.subject().id);
        let value = self.records().seal_held(&key, approval);
        Commit::new().replace(key, version, value, due(approval))
    }
}

/// When the sweep should look at a held request again.
pub(super) fn due(approval: &Approval) -> Option<Timestamp> {
    match approval {
        Approval::Held(_) | Approval::Approved(_) => approval.deadline(),
        Approval::Forwarding(_) => None,
        Approval::Ended(ended) => Some(ended.ended_at().plus(super::RETENTION)),
    }
}

/// NIST SP 800-63B-4 §3.2.2: one authenticator takes at most so many wrong answers in a row, whoever gives them.
fn authenticator_budget() -> Budget {
    Budget::new(10, 50, crate::base::time::Span::from_secs(30), crate::base::time::Span::from_secs(3600))
        .unwrap_or_default()
}

fn refused(throttled: Throttled, now: Timestamp) -> Answered {
    match throttled {
        Throttled::Wait(until) => Answered::Throttled { retry_after: until.since(now) },
        Throttled::Locked => Answered::Locked,
    }
}

/// Hashing an emergency code takes tens of milliseconds: off the threads that serve connections.
async fn judge(
    authenticator: Authenticator,
    answer: Arc<Answer>,
    digest: [u8; 32],
    now: Timestamp,
) -> Result<Verdict<Authenticator>, Unavailable> {
    tokio::task::spawn_blocking(move || authenticator.verify(now, &answer, &digest))
        .await
        .map_err(unavailable)
}
