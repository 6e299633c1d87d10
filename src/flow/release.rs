//! The release: judged, claimed once, sent by the forwarder, its outcome recorded.
//!
//! Order, and why: the fresh upstream connection is opened first (so that a stale one never makes an unknown outcome), then
//! [`Flows::claim`] commits `forwarding` durably, and only then there is a [`ReleasePermit`]. The outcome is recorded as soon as the
//! application's head has arrived, before the client sees a byte of it.
//!
//! **Invariant:** at most one claim of a held request ever succeeds (`tests/it/release_once.rs`, `kill.rs`).
//! **Invariant:** what is sent hashes to the digest that was approved: body and canonical form are read back and hashed before the claim.

use std::sync::Arc;

use bytes::Bytes;

use crate::approval::{Approval, Approved, Creator, Ending, Reception, ReleasePermit, Subject};
use crate::audit::EventKind;
use crate::audit::receipt::file::hash;
use crate::audit::receipt::{Claims, PolicyClaim, ProofClaim};
use crate::base::id::{self, Blob, Id};
use crate::base::time::Timestamp;
use crate::factors::Evidence;
use crate::identity::Principal;
use crate::request::Canonical;
use crate::store::BlobReader;

use super::bodies::{apart, whole};
use super::epoch::Place;
use super::lease::Leased;
use super::prompt::{Claim, state_of};
use super::reception::logged;
use super::view::HeldView;
use super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};

/// A release credential as it was presented.
#[derive(Clone, Copy)]
pub enum Presented<'a> {
    /// In the query of a navigation, with the browser key.
    Navigation {
        /// The credential.
        secret: &'a str,
        /// The browser key.
        key: Option<&'a str>,
    },
    /// In the header of a script.
    Script {
        /// The credential.
        secret: &'a str,
    },
}

/// What is found of a presented credential.
pub enum Judged {
    /// It may be released now.
    Ready(Box<Ready>),
    /// There is none, or it is not this client's.
    NotFound,
    /// It is the client's, but this is not the URL and method of the held request.
    OtherUrl(Box<HeldView>),
    /// It is still waiting for its proofs.
    Waiting(Box<HeldView>),
    /// It has been released, or is over.
    Over(Box<HeldView>),
}

/// An approved request whose stored bytes have been checked, not yet claimed.
pub struct Ready {
    approved: Approved,
    place: Place,
    read: Read,
}

/// The stored request as it was read back.
struct Read {
    digest: crate::request::RequestDigest,
    /// Its body, where one piece holds it: what was hashed is what is sent.
    body: Option<Bytes>,
}

impl Ready {
    /// What it is about.
    pub fn subject(&self) -> &Subject {
        self.approved.subject()
    }
}

/// How the sending of a request ended.
#[derive(Clone, Copy, Debug)]
enum Outcome<'a> {
    Delivered { status: u16, location: Option<&'a str>, kept: Option<Id<Blob>> },
    FailedBeforeSend,
    Lost,
}

/// A claimed request: the right to send it, and what goes with it.
pub struct Claimed {
    /// The right.
    pub permit: ReleasePermit,
    /// What to send.
    pub canonical: Canonical,
    /// The signed receipt.
    pub receipt: String,
    /// That this gateway sends it.
    pub leased: Leased,
    /// Its body, where that is no record: to be removed once it has been sent ([`Flows::sent`]).
    pub body: Option<Id<Blob>>,
}

impl Flows {
    /// Judges a release credential. `principal` must have been asked afresh; `target` is the request's own without the credential.
    ///
    /// # Errors
    /// When the store cannot be used, or the stored request is not what was approved.
    pub async fn judge_release(
        &self,
        app: &str,
        id: Id<id::Held>,
        principal: &Principal,
        presented: Presented<'_>,
        method: &str,
        target: &str,
    ) -> Result<Judged, Unavailable> {
        let Some((approval, place)) = self.load(id).await? else { return Ok(Judged::NotFound) };
        let subject = approval.subject();
        let fits = match (presented, subject.creator) {
            (Presented::Navigation { secret, key }, Creator::Navigation(_)) => {
                subject.is_navigation_secret(secret) && subject.is_browser(key)
            }
            (Presented::Script { secret }, Creator::Script) => subject.is_script_secret(secret),
            (Presented::Navigation { .. }, Creator::Script)
            | (Presented::Script { .. }, Creator::Navigation(_)) => false,
        };
        if !fits || subject.app != app || subject.requester != principal.user {
            return Ok(Judged::NotFound);
        }
        let by_get = matches!(presented, Presented::Navigation { .. }) && method == "GET";
        if target != subject.canonical.target() || !(by_get || method == subject.canonical.method().as_str())
        {
            return Ok(Judged::OtherUrl(Box::new(self.view(&approval).await?)));
        }
        match approval {
            Approval::Approved(approved) => {
                let read = match self.read_back(approved.subject()).await {
                    Ok(read) => read,
                    // Its requester may have taken it back meanwhile, and its body with it.
                    Err(error) => match self.load(id).await? {
                        Some((now @ (Approval::Forwarding(_) | Approval::Ended(_)), _)) => {
                            return Ok(Judged::Over(Box::new(self.view(&now).await?)));
                        }
                        _ => return Err(error),
                    },
                };
                if read.digest != approved.subject().digest {
                    tracing::error!(held = %id, "the stored request is not the one that was approved: it is refused");
                    return Err(unavailable("the stored request is not the one that was approved"));
                }
                Ok(Judged::Ready(Box::new(Ready { approved, place, read })))
            }
            Approval::Held(_) => Ok(Judged::Waiting(Box::new(self.view(&approval).await?))),
            Approval::Forwarding(_) | Approval::Ended(_) => {
                Ok(Judged::Over(Box::new(self.view(&approval).await?)))
            }
        }
    }

    /// What would be sent: the stored canonical form with the hash of the body as it lies in the store, and a short body itself.
    async fn read_back(&self, subject: &Subject) -> Result<Read, Unavailable> {
        let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
        let (mut length, mut first) = (0u64, None);
        if let Some(body) = subject.body {
            let mut reader = self.open_body(body).await.map_err(unavailable)?;
            while let Some(piece) = reader.next().await.map_err(unavailable)? {
                hash.update(&piece);
                first = (length == 0).then(|| piece.clone());
                length = length.saturating_add(piece.len() as u64);
            }
        }
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(hash.finish().as_ref());
        Ok(Read { digest: subject.canonical.with_body(sha256, length).digest(), body: first })
    }

    /// Claims the release: `approved` becomes `forwarding`, durably, or somebody else was first (`None`).
    ///
    /// # Errors
    /// When the store cannot be used. Whether it was claimed is not known then: it must not be sent.
    pub async fn claim(&self, ready: Ready, principal: &Principal) -> Result<Option<Claimed>, Unavailable> {
        let now = self.now();
        let (id, canonical) = (ready.subject().id, ready.subject().canonical.clone());
        let body = apart(ready.subject());
        if ready.approved.release_by() <= now || ready.subject().requester != principal.user {
            return Ok(None);
        }
        let receipt = self.0.parts.signer.sign(&self.claims(&ready.approved, now));
        let (forwarding, permit) = ready
            .approved
            .release(&ready.read.digest, receipt.clone(), self.lease(), now)
            .map_err(unavailable)?;
        let event =
            self.by(EventKind::Released, &principal.user, id).with("digest", forwarding.subject().digest);
        let commit = self.put_held(&Approval::Forwarding(forwarding), ready.place).record(event);
        match self.store().commit(commit).await {
            Ok(_) => {
                self.metrics().released();
                let leased = self.leased(id);
                Ok(Some(Claimed { permit, canonical, receipt, leased, body }))
            }
            Err(error) => lost_race(error).map(|()| None),
        }
    }

    fn claims(&self, approved: &Approved, now: Timestamp) -> Claims {
        let subject = approved.subject();
        Claims {
            iss: self.portal().to_string(),
            sub: subject.requester.to_string(),
            jti: subject.id.to_string(),
            iat: now.seconds(),
            digest: subject.digest.to_string(),
            method: subject.canonical.method().as_str().to_owned(),
            url: format!("{}{}", subject.origin, subject.canonical.target()),
            app: subject.app.clone(),
            summary: subject.summary.clone(),
            policies: subject
                .policies
                .iter()
                .map(|policy| PolicyClaim { id: policy.id.clone(), revision: policy.revision.clone() })
                .collect(),
            authenticators: approved
                .votes()
                .iter()
                .map(|vote| ProofClaim {
                    id: vote.authenticator.to_string(),
                    kind: vote.factor.as_str().to_owned(),
                    evidence: vote.evidence.as_ref().map(hash),
                })
                .collect(),
            approved_at: approved.approved_at().seconds(),
        }
    }

    /// The body of an approved request, to send it; `None` where it has none.
    ///
    /// # Errors
    /// When it is not there or not what was written.
    pub async fn body_of(&self, ready: &Ready) -> Result<Option<Box<dyn BlobReader>>, Unavailable> {
        match (ready.subject().body, &ready.read.body) {
            (None, _) => Ok(None),
            (Some(_), Some(bytes)) => Ok(Some(whole(bytes.clone()))),
            (Some(id), None) => self.body(id).await.map(Some),
        }
    }

    /// Opens a sealed body to send it.
    ///
    /// # Errors
    /// When it is not there or not what was written.
    pub async fn body(&self, id: Id<Blob>) -> Result<Box<dyn BlobReader>, Unavailable> {
        self.open_body(id).await.map_err(unavailable)
    }

    /// The application has answered with this status and `Location`; `kept` is where the beginning of its answer is being put. What
    /// that tells about the request; `None` when it has an outcome already, which stays.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn delivered(
        &self,
        id: Id<id::Held>,
        status: u16,
        location: Option<&str>,
        kept: Option<Id<Blob>>,
    ) -> Result<Option<Reception>, Unavailable> {
        match self.end(id, Outcome::Delivered { status, location, kept }).await? {
            Some(Ending::Delivered { reception, .. }) => Ok(Some(reception)),
            Some(_) | None => Ok(None),
        }
    }

    /// It cannot be known whether the application carried it out.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn lost(&self, id: Id<id::Held>) -> Result<(), Unavailable> {
        self.end(id, Outcome::Lost).await.map(drop)
    }

    /// Not one byte of it was sent.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn failed_before_send(&self, id: Id<id::Held>) -> Result<(), Unavailable> {
        self.end(id, Outcome::FailedBeforeSend).await.map(drop)
    }

    /// Records the outcome of a request that is being forwarded. One that has an outcome keeps it (`None`).
    async fn end(&self, id: Id<id::Held>, how: Outcome<'_>) -> Result<Option<Ending>, Unavailable> {
        for _ in 0..TRIES {
            let now = self.now();
            let (forwarding, place) = match self.load(id).await? {
                Some((Approval::Forwarding(forwarding), place)) => (forwarding, place),
                found => {
                    let state = found.map_or("gone", |(approval, _)| state_of(&approval).as_str());
                    tracing::warn!(held = %id, state, ?how, "the outcome of a request comes too late: it has one");
                    return Ok(None);
                }
            };
            let user = forwarding.subject().requester.clone();
            let (ended, event) = match how {
                Outcome::Delivered { status, location, kept } => {
                    let event = self.by(EventKind::Delivered, &user, id).with("status", status);
                    let ended = forwarding.deliver(status, location, kept, now);
                    let event = logged(event, ended.ending());
                    (ended, event)
                }
                Outcome::FailedBeforeSend => {
                    (forwarding.fail(now), self.by(EventKind::FailedBeforeSend, &user, id))
                }
                Outcome::Lost => (forwarding.lose(now), self.by(EventKind::OutcomeUnknown, &user, id)),
            };
            let ending = ended.ending().clone();
            let (settling, left) = self.settling(&ended).await?.unwrap_or_default();
            let outcome = self.put_held(&Approval::Ended(ended), place).record(event);
            match self.store().commit(outcome.and(settling)).await {
                Ok(_) => {
                    self.metrics().ended(&ending);
                    // An answer may begin before all of the request was sent: who sends it removes what it reads ([`Flows::sent`]).
                    if let Some(body) = left.filter(|_| !matches!(how, Outcome::Delivered { .. })) {
                        self.sent(body);
                    }
                    return Ok(Some(ending));
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// The receipt of a request that was released, and the evidence that it names: what `receipt export` writes.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn receipt(&self, id: Id<id::Held>) -> Result<Option<(String, Vec<Evidence>)>, Unavailable> {
        let (receipt, votes) = match self.load(id).await? {
            Some((Approval::Forwarding(state), _)) => (state.receipt().to_owned(), state.votes().to_vec()),
            Some((Approval::Ended(ended), _)) => match ended.ending() {
                Ending::Delivered { receipt, .. } | Ending::OutcomeUnknown { receipt } => {
                    (receipt.clone(), ended.votes().to_vec())
                }
                Ending::FailedBeforeSend
                | Ending::Rejected { .. }
                | Ending::Cancelled
                | Ending::Expired
                | Ending::FailedOver => {
                    return Ok(None);
                }
            },
            Some(_) | None => return Ok(None),
        };
        Ok(Some((receipt, votes.into_iter().filter_map(|vote| vote.evidence).collect())))
    }

    /// The return ticket of a navigation that comes back from the prompt: the URL to go on to, with the release credential.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn come_back(
        &self,
        app: &str,
        id: Id<id::Held>,
        ticket: &str,
        key: Option<&str>,
        principal: &Principal,
    ) -> Result<Option<(Arc<str>, HeldView)>, Unavailable> {
        let Some((approval, _)) = self.of_creator(app, id, principal, Claim::Browser(key)).await? else {
            return Ok(None);
        };
        let subject = approval.subject();
        if !subject.is_return_ticket(ticket) || state_of(&approval) == super::view::StateName::Held {
            return Ok(None);
        }
        let target = subject.origin.leading_to(subject.canonical.target());
        let joint = if target.contains('?') { '&' } else { '?' };
        let url = format!("{target}{joint}__countersign={}.{}", subject.id, subject.navigation_secret());
        Ok(Some((url.into(), self.view(&approval).await?)))
    }
}
