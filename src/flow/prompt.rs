//! The prompt of a held request: opened with a handoff, shown, rejected.
//!
//! **Invariant:** whoever may not see a request is told "not found", whether it exists or not; only the browser that came with the
//! handoff sees the prompt (`tests/it/binding.rs`).

use crate::approval::{Approval, Creator, Ending, PromptKey};
use crate::audit::EventKind;
use crate::base::id::{self, Id};
use crate::base::secret::{Secret, random_credential, same};
use crate::base::text::visible;
use crate::factors::{Factor, Response};
use crate::identity::Principal;
use crate::notify::letter::Notice;
use crate::policy::{Requirement, Step};

use super::epoch::Place;
use super::grant::remembers;
use super::reception::received;
use super::view::{Answered, HeldView, NotYours, RejectReason, StateName, StepView};
use super::{Flows, TRIES, Unavailable, contended, lost_race};
use crate::approval::subject::HandoffSpent;

/// How a client on the application's origin shows that a held request is its own.
#[derive(Clone, Copy, Debug)]
pub enum Claim<'a> {
    /// The one-time secret of the answer that reported the hold.
    Secret(&'a str),
    /// The browser key of a navigation.
    Browser(Option<&'a str>),
}

impl Flows {
    /// A browser arrives at the prompt with a handoff: it is spent, and the prompt belongs to that browser. Returns the portal
    /// cookie to set: the one it has, or a new one.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn open_prompt(
        &self,
        id: Id<id::Held>,
        handoff: &str,
        cookie: Option<&str>,
    ) -> Result<Result<String, NotYours>, Unavailable> {
        let cookie = cookie.map_or_else(|| random_credential(self.entropy()), str::to_owned);
        let key = PromptKey::Window(cookie.clone());
        for _ in 0..TRIES {
            let now = self.now();
            let Some((mut approval, place)) = self.load(id).await? else {
                return Ok(Err(NotYours::NotFound));
            };
            if approval.subject_mut().spend_handoff(handoff, &key, now) == HandoffSpent::Refused {
                // The same browser again, by its back button: it already has the prompt.
                let known = approval.subject().is_prompt(Some(&key));
                return Ok(if known { Ok(cookie) } else { Err(NotYours::OtherBrowser) });
            }
            let requester = approval.subject().requester.clone();
            let commit = self.put_held(&approval, place).record(self.by(EventKind::Opened, &requester, id));
            match self.store().commit(commit).await {
                Ok(_) => return Ok(Ok(cookie)),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// The prompt as its browser sees it.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn prompt(
        &self,
        id: Id<id::Held>,
        key: Option<&PromptKey>,
    ) -> Result<Result<HeldView, NotYours>, Unavailable> {
        match self.of_prompt(id, key).await? {
            Ok((approval, _)) => Ok(Ok(self.view(&approval).await?)),
            Err(not) => Ok(Err(not)),
        }
    }

    /// An answer given at the prompt.
    ///
    /// # Errors
    /// When the store cannot be used; nothing was approved then.
    pub async fn prompt_answer(
        &self,
        id: Id<id::Held>,
        key: Option<&PromptKey>,
        authenticator: Id<id::Authenticator>,
        challenge: Option<Id<id::Challenge>>,
        response: Response,
    ) -> Result<Result<Answered, NotYours>, Unavailable> {
        match self.of_prompt(id, key).await? {
            Ok(found) => Ok(Ok(self.answer(found, authenticator, challenge, response).await?)),
            Err(not) => Ok(Err(not)),
        }
    }

    /// A rejection given at the prompt. Returns the state after it.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn prompt_reject(
        &self,
        id: Id<id::Held>,
        key: Option<&PromptKey>,
        reason: RejectReason,
    ) -> Result<Result<StateName, NotYours>, Unavailable> {
        match self.of_prompt(id, key).await? {
            Ok(_) => Ok(Ok(self.reject(id, reason).await?)),
            Err(not) => Ok(Err(not)),
        }
    }

    /// The form token of a prompt: only who knows the portal cookie, which no script can read, can compute it.
    pub fn csrf(&self, cookie: &str, id: Id<id::Held>) -> String {
        Secret::from(cookie.to_owned()).credential(&format!("countersign-form-v1 {id}"))
    }

    /// Whether `token` is that token.
    pub fn csrf_ok(&self, cookie: &str, id: Id<id::Held>, token: &str) -> bool {
        same(self.csrf(cookie, id).as_bytes(), token.as_bytes())
    }

    /// A held request as a client on the application's origin may see it.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn held(
        &self,
        app: &str,
        id: Id<id::Held>,
        principal: &Principal,
        claim: Claim<'_>,
    ) -> Result<Option<HeldView>, Unavailable> {
        match self.of_creator(app, id, principal, claim).await? {
            Some((approval, _)) => Ok(Some(self.view(&approval).await?)),
            None => Ok(None),
        }
    }

    /// An answer given through the API on the application's origin.
    ///
    /// # Errors
    /// When the store cannot be used; nothing was approved then.
    pub async fn api_answer(
        &self,
        app: &str,
        id: Id<id::Held>,
        principal: &Principal,
        secret: &str,
        authenticator: Id<id::Authenticator>,
        (challenge, response): (Option<Id<id::Challenge>>, Response),
    ) -> Result<Option<Answered>, Unavailable> {
        match self.of_creator(app, id, principal, Claim::Secret(secret)).await? {
            Some(found) => Ok(Some(self.answer(found, authenticator, challenge, response).await?)),
            None => Ok(None),
        }
    }

    /// A rejection given through the API on the application's origin.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn api_reject(
        &self,
        app: &str,
        id: Id<id::Held>,
        principal: &Principal,
        secret: &str,
        reason: RejectReason,
    ) -> Result<Option<StateName>, Unavailable> {
        match self.of_creator(app, id, principal, Claim::Secret(secret)).await? {
            Some(_) => Ok(Some(self.reject(id, reason).await?)),
            None => Ok(None),
        }
    }

    /// A held request by its id alone, for somebody whose claim has been judged already.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn look(&self, id: Id<id::Held>) -> Result<Option<HeldView>, Unavailable> {
        match self.load(id).await? {
            Some((approval, _)) => Ok(Some(self.view(&approval).await?)),
            None => Ok(None),
        }
    }

    /// `{portal}/held/{id}?handoff=…`
    pub(super) fn prompt_url(&self, id: Id<id::Held>, ticket: &str) -> String {
        format!("{}/held/{id}?handoff={ticket}", self.portal())
    }

    /// The request and where it was read, if its prompt is tied to this.
    pub(super) async fn of_prompt(
        &self,
        id: Id<id::Held>,
        key: Option<&PromptKey>,
    ) -> Result<Result<(Approval, Place), NotYours>, Unavailable> {
        Ok(match self.load(id).await? {
            Some(found) if found.0.subject().is_prompt(key) => Ok(found),
            Some((approval, _)) if approval.subject().prompt.is_some() => Err(NotYours::OtherBrowser),
            Some(_) | None => Err(NotYours::NotFound),
        })
    }

    /// The request and where it was read, if application, identity and claim are its creator's.
    pub(super) async fn of_creator(
        &self,
        app: &str,
        id: Id<id::Held>,
        principal: &Principal,
        claim: Claim<'_>,
    ) -> Result<Option<(Approval, Place)>, Unavailable> {
        let Some((approval, place)) = self.load(id).await? else { return Ok(None) };
        let subject = approval.subject();
        let claimed = match (claim, subject.creator) {
            (Claim::Secret(secret), Creator::Script) => subject.is_script_secret(secret),
            (Claim::Browser(key), Creator::Navigation(_)) => subject.is_browser(key),
            (Claim::Secret(_), Creator::Navigation(_)) | (Claim::Browser(_), Creator::Script) => false,
        };
        let his = subject.app == app && subject.requester == principal.user;
        Ok((claimed && his).then_some((approval, place)))
    }

    /// Ends a request on behalf of somebody who has been found entitled.
    pub(super) async fn reject(
        &self,
        id: Id<id::Held>,
        reason: RejectReason,
    ) -> Result<StateName, Unavailable> {
        for _ in 0..TRIES {
            let now = self.now();
            let Some((approval, place)) = self.load(id).await? else { return Ok(StateName::Expired) };
            let user = approval.subject().requester.clone();
            let words = match &reason {
                RejectReason::NotMe => "not_me".to_owned(),
                RejectReason::Cancelled => String::new(),
                RejectReason::Text(text) => visible(text, 200),
            };
            let ended = match (approval, &reason) {
                (Approval::Held(held), RejectReason::Cancelled) => held.cancel(now),
                (Approval::Approved(approved), RejectReason::Cancelled) => approved.cancel(now),
                (Approval::Held(held), _) => held.reject(words.clone(), now),
                (Approval::Approved(approved), _) => approved.reject(words.clone(), now),
                (other, _) => return Ok(state_of(&other)),
            };
            let ended = Approval::Ended(ended);
            let state = state_of(&ended);
            let event = match reason {
                RejectReason::Cancelled => self.by(EventKind::Cancelled, &user, id),
                RejectReason::NotMe | RejectReason::Text(_) => {
                    self.by(EventKind::Rejected, &user, id).with("reason", &words)
                }
            };
            let mut commit = self.put_held(&ended, place).record(event);
            if reason == RejectReason::NotMe {
                // Somebody else acts in the requester's session: nothing in it is to pass unasked.
                let app = ended.subject().app.clone();
                let told = self.notice(&user, &Notice::NotMe { app }).await?;
                commit = commit.and(self.void_grants(&user).await?).and(told);
            }
            match self.store().commit(commit).await {
                Ok(_) => {
                    self.settle_soon(id);
                    return Ok(state);
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// What a viewer who has been found entitled sees.
    pub(super) async fn view(&self, approval: &Approval) -> Result<HeldView, Unavailable> {
        let subject = approval.subject();
        let state = state_of(approval);
        let (votes, (choices, unoffered)) = match approval {
            Approval::Held(held) => (held.votes(), self.choices(held).await?),
            Approval::Approved(approved) => (approved.votes(), Default::default()),
            Approval::Forwarding(forwarding) => (forwarding.votes(), Default::default()),
            Approval::Ended(ended) => (ended.votes(), Default::default()),
        };
        let steps = steps(&subject.requirement, &votes.iter().map(|vote| vote.factor).collect::<Vec<_>>());
        let (mut outcome_status, mut reason) = (None, None);
        let (mut success, mut refused) = (None, None);
        if let Approval::Ended(ended) = approval {
            match ended.ending() {
                Ending::Delivered { status, reception, .. } => {
                    outcome_status = Some(*status);
                    (success, refused) = received(subject, reception);
                }
                Ending::Rejected { reason: words } => reason = Some(words.clone()),
                Ending::OutcomeUnknown { .. }
                | Ending::FailedBeforeSend
                | Ending::Cancelled
                | Ending::Expired
                | Ending::FailedOver => {}
            }
        }
        let decided = matches!(
            state,
            StateName::Approved | StateName::Forwarding | StateName::Delivered | StateName::OutcomeUnknown
        );
        let return_url = (decided && matches!(subject.creator, Creator::Navigation(_))).then(|| {
            format!("{}/.countersign/return/{}.{}", subject.origin, subject.id, subject.return_ticket())
        });
        let line = format!("{} {}", subject.canonical.method().as_str(), subject.canonical.target());
        Ok(HeldView {
            id: subject.id,
            app: subject.app.clone(),
            title: self.app(&subject.app).map_or_else(Default::default, |app| app.title.clone()),
            origin: subject.origin.clone(),
            user: subject.requester.to_string(),
            state,
            summary: subject.summary.lines().map(str::to_owned).collect(),
            show: subject.show.clone(),
            texts: subject.texts.clone(),
            request_line: visible(&line, 500),
            digest: subject.digest.to_string(),
            created_at: subject.created_at,
            expires_at: approval.deadline(),
            remaining: approval.deadline().map(|deadline| deadline.since(self.now())),
            steps,
            remembers: remembers(&subject.policies, &subject.promises),
            choices,
            unoffered,
            return_url,
            back_url: format!("{}/", subject.origin),
            outcome_status,
            success,
            refused,
            reason,
        })
    }
}

/// The steps and which of them are done: of each policy those before its open one.
fn steps(requirement: &Requirement, answers: &[Factor]) -> Vec<StepView> {
    let open = requirement.open(answers);
    let mut reached: Vec<&str> = Vec::new();
    let mut views = Vec::with_capacity(requirement.steps.len());
    for step in &requirement.steps {
        if open.iter().any(|open| std::ptr::eq(*open, step)) {
            reached.push(step.policy());
        }
        let done = !reached.contains(&step.policy());
        let Step::SelfApproval { factors, .. } = step;
        views.push(StepView { factors: factors.iter().map(|factor| factor.as_str()).collect(), done });
    }
    views
}

/// The name of a state.
pub(super) fn state_of(approval: &Approval) -> StateName {
    match approval {
        Approval::Held(_) => StateName::Held,
        Approval::Approved(_) => StateName::Approved,
        Approval::Forwarding(_) => StateName::Forwarding,
        Approval::Ended(ended) => match ended.ending() {
            Ending::Delivered { .. } => StateName::Delivered,
            Ending::OutcomeUnknown { .. } => StateName::OutcomeUnknown,
            Ending::FailedBeforeSend => StateName::FailedBeforeSend,
            Ending::Rejected { .. } => StateName::Rejected,
            Ending::Cancelled => StateName::Cancelled,
            Ending::Expired => StateName::Expired,
            Ending::FailedOver => StateName::FailedOver,
        },
    }
}
