//! An answer: counted and judged ([`super::attempt`]), voted with.
//!
//! **Invariant:** the vote, the authenticator's next state, the cleared counts and the audit entries are one commit, or none of them; so
//! one code opens one held request once.

use crate::approval::{Approval, Held, Progress, Vote};
use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::base::text::UserName;
use crate::base::time::Timestamp;
use crate::factors::Response;
use crate::store::{Commit, Expect, Row, keys};

use super::attempt::{Attempt, Judged, Proving, Stopped};
use super::epoch::Place;
use super::view::{Answered, Choice, Unoffered, Why};
use super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};

impl Flows {
    /// Takes one answer for a request, as its viewer found it and was found entitled.
    pub(super) async fn answer(
        &self,
        found: (Approval, Place),
        authenticator: Id<id::Authenticator>,
        challenge: Option<Id<id::Challenge>>,
        response: Response,
    ) -> Result<Answered, Unavailable> {
        let (approval, place) = found;
        let Approval::Held(held) = approval else {
            return Ok(Answered::NotWaiting(super::prompt::state_of(&approval)));
        };
        let (offered, _) = self.choices(&held).await?;
        if !offered.iter().any(|choice| choice.id == authenticator) {
            return Ok(Answered::NotOffered);
        }
        match self.count(&Proving::held(&held), authenticator, response, challenge).await? {
            Ok(attempt) => self.vote((held, place), &attempt).await,
            Err(stopped) => Ok(stopped.into()),
        }
    }

    async fn vote(&self, found: (Held, Place), attempt: &Attempt) -> Result<Answered, Unavailable> {
        let (mut held, mut place) = found;
        let (id, user) = (held.subject().id, held.subject().requester.clone());
        for _ in 0..TRIES {
            let basis = Commit::new().require(keys::held(id), Expect::Version(place.version));
            match self.judge(attempt, &basis).await? {
                // THREAT: counting and judging take their time. What has expired meanwhile is found expired below.
                Judged::Accepted { .. } if held.deadline() <= self.now() => {}
                Judged::Accepted { proof, commit } => {
                    let now = self.now();
                    let Ok(vote) = Vote::cast(&user, &held, proof) else { return Ok(Answered::NotOffered) };
                    let (approval, answered) = match held.record(vote, now) {
                        Progress::Approved(approved) => (Approval::Approved(approved), Answered::Approved),
                        Progress::StillHeld(held) => (Approval::Held(held), Answered::StepDone),
                    };
                    let mut commit = self.put_held(&approval, place).and(commit);
                    if let Approval::Approved(approved) = &approval {
                        let digest = approved.subject().digest;
                        commit =
                            commit.record(self.by(EventKind::Approved, &user, id).with("digest", digest));
                        commit = commit.and(self.grant(approved).await?);
                    }
                    match self.store().commit(commit).await {
                        Ok(_) => {
                            if answered == Answered::Approved {
                                self.metrics().approved(now.since(approval.subject().created_at));
                            }
                            return Ok(answered);
                        }
                        Err(error) => lost_race(error)?,
                    }
                }
                Judged::Wrong { left } => return Ok(Answered::Wrong { left }),
                Judged::Stopped(stopped) => return Ok(stopped.into()),
                Judged::Again => {}
            }
            // Somebody else moved first: it is judged again against what is there now, where a used code is refused.
            let Some((approval, now_at)) = self.load(id).await? else { return Ok(Answered::NotOffered) };
            let Approval::Held(again) = approval else {
                return Ok(Answered::NotWaiting(super::prompt::state_of(&approval)));
            };
            (held, place) = (again, now_at);
        }
        Err(contended())
    }

    /// The authenticators the requester may choose from now (usable, accepted by an open step), the last used first, and the usable
    /// ones that do not count here.
    pub(super) async fn choices(&self, held: &Held) -> Result<(Vec<Choice>, Vec<Unoffered>), Unavailable> {
        let subject = held.subject();
        let acceptable = subject.requirement.acceptable(&held.factors());
        let now = self.now();
        let mut mine = self.authenticators_of(&subject.requester).await?;
        mine.retain(|one| one.usable(now) && self.is_on(one.kind()));
        // The last used first; of those that were never used the strongest.
        mine.sort_by_key(|one| (std::cmp::Reverse(one.last_used_at), one.kind(), one.created_at));
        let (mut choices, mut others) = (Vec::new(), Vec::new());
        for one in mine {
            let (kind, label) = (one.kind().as_str(), one.label.to_string());
            if acceptable.contains(&one.kind()) && !self.is_at_home(&one) {
                others.push(Unoffered { kind, label, why: Why::Elsewhere });
            } else if let Some(from) = one.counts_from.filter(|_| !one.counts(now))
                && acceptable.contains(&one.kind())
            {
                others.push(Unoffered { kind, label, why: Why::New { from } });
            } else if acceptable.contains(&one.kind()) {
                choices.push(Choice { id: one.id, kind, label, digits: one.digits() });
            } else {
                let asked = subject.requirement.steps.iter().any(|step| step.accepts(one.kind()));
                let why = if asked { Why::Done } else { Why::NotAccepted };
                others.push(Unoffered { kind, label, why });
            }
        }
        Ok((choices, others))
    }

    pub(super) async fn row(&self, key: &crate::store::Key) -> Result<Option<Row>, Unavailable> {
        self.store().get(key).await.map_err(unavailable)
    }

    /// An audit entry by a user about a held request.
    pub(super) fn by(&self, kind: EventKind, user: &UserName, held: Id<id::Held>) -> crate::audit::Event {
        self.event(kind, Actor::User(user.clone())).about(held)
    }

    /// The commit that writes back a held request that was read there, in the epoch it was read in.
    pub(super) fn put_held(&self, approval: &Approval, place: Place) -> Commit {
        let key = keys::held(approval.subject().id);
        let value = self.records().seal_held(&key, approval);
        place.now.required().replace(key, place.version, value, due(approval))
    }
}

/// When the sweep should look at a held request again.
pub(super) fn due(approval: &Approval) -> Option<Timestamp> {
    match approval {
        Approval::Held(_) | Approval::Approved(_) => approval.deadline(),
        Approval::Forwarding(forwarding) => forwarding.lease().map(|lease| lease.until),
        Approval::Ended(ended) => Some(ended.ended_at().plus(super::RETENTION)),
    }
}

impl From<Stopped> for Answered {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Wait(retry_after) => Self::Throttled { retry_after },
            Stopped::Locked => Self::Locked,
            Stopped::Gone => Self::NotOffered,
        }
    }
}
