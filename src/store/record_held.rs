//! The row of a held request.
//!
//! **Invariant:** closed enums both ways: a row of an unknown state, factor or version is refused, never guessed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use super::record_grant::PromiseRow;
use super::record_success::{ExpectedRow, ReceptionRow};
use crate::approval::subject::{Creator, Handoff, Subject};
use crate::approval::vote::Cast;
use crate::approval::{Approval, Approved, Ended, Ending, Forwarding, Held, Lease};
use crate::base::id::{self, Id};
use crate::base::language::Language;
use crate::base::secret::Secret;
use crate::base::text::UserName;
use crate::base::time::{Span, Timestamp};
use crate::factors::{Evidence, Factor};
use crate::policy::{ClientMode, PolicyRef, PromptMode, Requirement, Step, Wording};
use crate::request::{Canonical, RequestDigest};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeldRow {
    version: u8,
    id: Id<id::Held>,
    app: String,
    origin: String,
    requester: UserName,
    created_at: Timestamp,
    /// Rows of earlier versions have none: the first one.
    #[serde(default)]
    epoch: u64,
    canonical: String,
    digest: String,
    body: Option<Id<id::Blob>>,
    policies: Vec<(String, String)>,
    requirement: RequirementRow,
    summary: String,
    show: Vec<(String, String)>,
    /// Rows of earlier versions have none.
    #[serde(default)]
    texts: Vec<TextRow>,
    /// Rows of earlier versions have none.
    #[serde(default)]
    promises: Vec<PromiseRow>,
    /// Rows of earlier versions have none.
    #[serde(default)]
    expected: ExpectedRow,
    browser: Option<String>,
    root: String,
    handoff: Option<(String, Timestamp)>,
    prompt: Option<String>,
    /// Rows of earlier versions have none.
    #[serde(default)]
    framed: Option<(String, Timestamp)>,
    votes: Vec<(String, Id<id::Authenticator>, Timestamp)>,
    /// The evidence of the votes that have some, by their position. Rows of earlier versions have none.
    #[serde(default)]
    evidence: Vec<(usize, String)>,
    state: StateRow,
}

/// What it would do, in one more language.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TextRow {
    language: String,
    summary: String,
    show: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequirementRow {
    steps: Vec<(String, Vec<String>)>,
    hold_for: Span,
    release_within: Span,
    client: String,
    /// Rows of earlier versions have none: a window, as it was then.
    #[serde(default)]
    prompt: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
enum StateRow {
    Held,
    Approved {
        approved_at: Timestamp,
    },
    Forwarding {
        approved_at: Timestamp,
        released_at: Timestamp,
        receipt: String,
        /// Rows of earlier versions have none.
        #[serde(default)]
        lease: Option<(Id<id::Node>, Timestamp)>,
    },
    Delivered {
        at: Timestamp,
        status: u16,
        /// Rows of earlier versions have none.
        #[serde(default)]
        reception: ReceptionRow,
        kept: Option<Id<id::Blob>>,
        receipt: String,
    },
    OutcomeUnknown {
        at: Timestamp,
        receipt: String,
    },
    FailedBeforeSend {
        at: Timestamp,
    },
    Rejected {
        at: Timestamp,
        reason: String,
    },
    Cancelled {
        at: Timestamp,
    },
    Expired {
        at: Timestamp,
    },
    FailedOver {
        at: Timestamp,
    },
}

impl From<&Approval> for HeldRow {
    fn from(approval: &Approval) -> Self {
        let subject = approval.subject();
        let (state, votes) = match approval {
            Approval::Held(held) => (StateRow::Held, held.votes()),
            Approval::Approved(state) => {
                (StateRow::Approved { approved_at: state.approved_at() }, state.votes())
            }
            Approval::Forwarding(state) => (
                StateRow::Forwarding {
                    approved_at: state.approved_at(),
                    released_at: state.released_at(),
                    receipt: state.receipt().to_owned(),
                    lease: state.lease().map(|lease| (lease.node, lease.until)),
                },
                state.votes(),
            ),
            Approval::Ended(state) => (ended(state), state.votes()),
        };
        Self {
            version: 1,
            id: subject.id,
            app: subject.app.clone(),
            origin: subject.origin.to_string(),
            requester: subject.requester.clone(),
            created_at: subject.created_at,
            epoch: subject.epoch,
            canonical: BASE64.encode(subject.canonical.to_bytes()),
            digest: subject.digest.to_string(),
            body: subject.body,
            policies: subject
                .policies
                .iter()
                .map(|policy| (policy.id.clone(), policy.revision.clone()))
                .collect(),
            requirement: RequirementRow::from(&subject.requirement),
            summary: subject.summary.clone(),
            show: subject.show.clone(),
            texts: subject
                .texts
                .iter()
                .map(|text| TextRow {
                    language: text.language.tag().to_owned(),
                    summary: text.summary.clone(),
                    show: text.show.clone(),
                })
                .collect(),
            promises: subject.promises.iter().map(PromiseRow::from).collect(),
            expected: ExpectedRow::from(&subject.expected),
            browser: match subject.creator {
                Creator::Navigation(fingerprint) => Some(BASE64.encode(fingerprint)),
                Creator::Script => None,
            },
            root: subject.root.expose(|bytes| BASE64.encode(bytes)),
            handoff: subject.handoff.map(ticket),
            prompt: subject.prompt.map(|fingerprint| BASE64.encode(fingerprint)),
            framed: subject.framed.map(ticket),
            votes: votes
                .iter()
                .map(|vote| (vote.factor.as_str().to_owned(), vote.authenticator, vote.at))
                .collect(),
            evidence: votes
                .iter()
                .enumerate()
                .filter_map(|(at, vote)| Some((at, vote.evidence.as_ref()?.document().to_owned())))
                .collect(),
            state,
        }
    }
}

fn ended(state: &Ended) -> StateRow {
    let at = state.ended_at();
    match state.ending().clone() {
        Ending::Delivered { status, reception, kept, receipt } => {
            StateRow::Delivered { at, status, reception: reception.into(), kept, receipt }
        }
        Ending::OutcomeUnknown { receipt } => StateRow::OutcomeUnknown { at, receipt },
        Ending::FailedBeforeSend => StateRow::FailedBeforeSend { at },
        Ending::Rejected { reason } => StateRow::Rejected { at, reason },
        Ending::Cancelled => StateRow::Cancelled { at },
        Ending::Expired => StateRow::Expired { at },
        Ending::FailedOver => StateRow::FailedOver { at },
    }
}

impl HeldRow {
    pub(super) fn into_state(self) -> Result<Approval, &'static str> {
        if self.version != 1 {
            return Err("it is of another version");
        }
        let canonical = BASE64.decode(&self.canonical).map_err(|_| "its request is unreadable")?;
        let canonical = Canonical::from_bytes(&canonical).map_err(|_| "its request is unreadable")?;
        let digest: RequestDigest = self.digest.parse().map_err(|_| "its digest is unreadable")?;
        if canonical.digest() != digest {
            return Err("its request is not the one with its digest");
        }
        let mut votes = self.votes.into_iter().map(cast).collect::<Result<Vec<_>, _>>()?;
        for (at, document) in self.evidence {
            let vote = votes.get_mut(at).ok_or("it has evidence of no vote")?;
            vote.evidence = Some(Evidence::new(document));
        }
        let subject = Subject {
            id: self.id,
            app: self.app,
            origin: self.origin.parse().map_err(|_| "its origin is unreadable")?,
            requester: self.requester,
            created_at: self.created_at,
            epoch: self.epoch,
            canonical,
            digest,
            body: self.body,
            policies: self.policies.into_iter().map(|(id, revision)| PolicyRef { id, revision }).collect(),
            requirement: self.requirement.into_state()?,
            summary: self.summary,
            show: self.show,
            texts: self.texts.into_iter().map(wording).collect::<Result<_, _>>()?,
            promises: self.promises.into_iter().map(PromiseRow::into_state).collect::<Result<_, _>>()?,
            expected: self.expected.into_state()?,
            creator: match self.browser {
                Some(text) => Creator::Navigation(bytes32(&text)?),
                None => Creator::Script,
            },
            root: Secret::from(bytes32(&self.root)?.to_vec()),
            handoff: self.handoff.map(handoff).transpose()?,
            prompt: self.prompt.map(|text| bytes32(&text)).transpose()?,
            framed: self.framed.map(handoff).transpose()?,
        };
        let over = |subject, votes, ending, at| Approval::Ended(Ended::restored(subject, votes, ending, at));
        Ok(match self.state {
            StateRow::Held => Approval::Held(Held::new(subject, votes)),
            StateRow::Approved { approved_at } => {
                Approval::Approved(Approved::restored(subject, votes, approved_at))
            }
            StateRow::Forwarding { approved_at, released_at, receipt, lease } => {
                let lease = lease.map(|(node, until)| Lease { node, until });
                Approval::Forwarding(Forwarding::restored(
                    subject,
                    votes,
                    approved_at,
                    released_at,
                    receipt,
                    lease,
                ))
            }
            StateRow::Delivered { at, status, reception, kept, receipt } => {
                let reception = reception.into();
                over(subject, votes, Ending::Delivered { status, reception, kept, receipt }, at)
            }
            StateRow::OutcomeUnknown { at, receipt } => {
                over(subject, votes, Ending::OutcomeUnknown { receipt }, at)
            }
            StateRow::FailedBeforeSend { at } => over(subject, votes, Ending::FailedBeforeSend, at),
            StateRow::Rejected { at, reason } => over(subject, votes, Ending::Rejected { reason }, at),
            StateRow::Cancelled { at } => over(subject, votes, Ending::Cancelled, at),
            StateRow::Expired { at } => over(subject, votes, Ending::Expired, at),
            StateRow::FailedOver { at } => over(subject, votes, Ending::FailedOver, at),
        })
    }
}

impl From<&Requirement> for RequirementRow {
    fn from(requirement: &Requirement) -> Self {
        let step = |step: &Step| match step {
            Step::SelfApproval { policy, factors } => {
                (policy.clone(), factors.iter().map(|factor| factor.as_str().to_owned()).collect())
            }
        };
        Self {
            steps: requirement.steps.iter().map(step).collect(),
            hold_for: requirement.hold_for,
            release_within: requirement.release_within,
            client: requirement.client.as_str().to_owned(),
            prompt: Some(requirement.prompt.as_str().to_owned()),
        }
    }
}

impl RequirementRow {
    fn into_state(self) -> Result<Requirement, &'static str> {
        let factors = |names: Vec<String>| {
            let read: Option<Vec<Factor>> = names.iter().map(|name| Factor::parse(name)).collect();
            read.filter(|factors| !factors.is_empty()).ok_or("it names an unknown factor")
        };
        let steps: Result<Vec<Step>, &'static str> = self
            .steps
            .into_iter()
            .map(|(policy, names)| Ok(Step::SelfApproval { policy, factors: factors(names)? }))
            .collect();
        Ok(Requirement {
            steps: steps?,
            hold_for: self.hold_for,
            release_within: self.release_within,
            client: ClientMode::parse(&self.client).ok_or("it names an unknown kind of client")?,
            prompt: match self.prompt {
                Some(name) => PromptMode::parse(&name).ok_or("it names an unknown place for the prompt")?,
                None => PromptMode::Page,
            },
        })
    }
}

fn ticket(handoff: Handoff) -> (String, Timestamp) {
    (BASE64.encode(handoff.fingerprint), handoff.expires_at)
}

fn handoff((text, expires_at): (String, Timestamp)) -> Result<Handoff, &'static str> {
    Ok(Handoff { fingerprint: bytes32(&text)?, expires_at })
}

fn wording(row: TextRow) -> Result<Wording, &'static str> {
    let language = Language::of_tag(&row.language).ok_or("it has words in an unknown language")?;
    Ok(Wording { language, summary: row.summary, show: row.show })
}

fn cast(
    (factor, authenticator, at): (String, Id<id::Authenticator>, Timestamp),
) -> Result<Cast, &'static str> {
    let factor = Factor::parse(&factor).ok_or("it names an unknown factor")?;
    Ok(Cast { factor, authenticator, at, evidence: None })
}

pub(super) fn bytes32(text: &str) -> Result<[u8; 32], &'static str> {
    let bytes = BASE64.decode(text).map_err(|_| "a fingerprint is unreadable")?;
    bytes.try_into().map_err(|_| "a fingerprint is unreadable")
}
