//! A request is held: stored whole, durably, before anything is answered.
//!
//! **Invariant:** the quotas are counted in the commit that holds, by user and in all, requests and bytes ([`super::quota`]).
//! **Invariant:** a user without an authenticator that the requirement accepts is told so; nothing is held that nobody could approve.

use std::sync::Arc;

use crate::approval::subject::browser_fingerprint;
use crate::approval::{Approval, Creator, Held, Subject};
use crate::audit::{Actor, Event, EventKind};
use crate::base::id::{self, Id};
use crate::base::language::Language;
use crate::base::net::Origin;
use crate::base::secret::{Secret, random_credential};
use crate::base::settings::AppSettings;
use crate::base::text::visible;
use crate::base::time::{Span, Timestamp};
use crate::identity::Principal;
use crate::policy::success::{Expected, Input};
use crate::policy::{self, Wording};
use crate::request::Canonical;
use crate::store::record::Charge;
use crate::store::{Commit, CommitError, keys};

use super::bodies::SMALL;
use super::decide::due;
use super::grant::{Deed, Terms, remembers, served_ids};
use super::quota::whose;
use super::spool::{Place, Spooled};
use super::view::{Choice, Remembers, Why};
use super::{Flows, HANDOFF_FOR, TRIES, Unavailable, contended, lost_race, unavailable};

/// A request that its policies hold.
pub struct Asked {
    /// The application.
    pub app: Arc<AppSettings>,
    /// The application's origin as the client reached it.
    pub origin: Origin,
    /// What is asked.
    pub canonical: Canonical,
    /// Who asks.
    pub principal: Principal,
    /// What the policies say.
    pub ruling: policy::Held,
    /// Its body, read to the end.
    pub body: Spooled,
    /// The kind of client.
    pub client: Client,
    /// Its session, and what grants do for it.
    pub terms: Terms,
    /// What was entered, to be given back should the application refuse it.
    pub input: Input,
}

/// The kind of client that asks.
pub enum Client {
    /// A navigation, with the browser key it sent, if any.
    Navigation(Option<String>),
    /// A script or command-line client.
    Script,
}

/// What came of it.
pub enum Outcome {
    /// It is held.
    Held(Box<Ticket>),
    /// The directory does not know the user.
    UnknownUser,
    /// The user has no authenticator that would do.
    NoAuthenticator {
        /// What would do, by name.
        accepted: Vec<&'static str>,
    },
    /// Too much is held already.
    Quota {
        /// Whether it is the user's own or that of all.
        whose: Whose,
    },
}

/// Whose quota is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The requester's.
    User,
    /// That of all users together.
    All,
}

/// What the client is told about a request that is held. It carries credentials and is for that one answer only.
pub struct Ticket {
    /// The held request.
    pub id: Id<id::Held>,
    /// The one-time release secret, for a script.
    pub secret: String,
    /// The prompt, with its handoff.
    pub url: String,
    /// The same for a frame in the application's page, where that may be.
    pub frame: Option<String>,
    /// The browser key to set, when the browser had none.
    pub new_browser_key: Option<String>,
    /// What it would do.
    pub summary: String,
    /// The values to look at.
    pub show: Vec<(String, String)>,
    /// The same in other languages.
    pub texts: Vec<Wording>,
    /// Until when it can be approved.
    pub expires_at: Timestamp,
    /// The digest as `sha-256=:…:`.
    pub digest: String,
    /// What the user may prove it with.
    pub choices: Vec<Choice>,
    /// For how long the approval will be remembered.
    pub remembers: Option<Remembers>,
}

impl Ticket {
    /// What would be done, in a language where its policies have it.
    pub fn summary_in(&self, language: Language) -> &str {
        let text = self.texts.iter().find(|text| text.language == language);
        text.map_or(&self.summary, |text| &text.summary)
    }
}

impl Flows {
    /// Holds a request. A large body has been sealed and synced; the record, a small body, the quotas and the audit entry follow in one commit.
    ///
    /// # Errors
    /// When the store cannot be used; nothing is held then.
    pub async fn hold(&self, asked: Asked) -> Result<Outcome, Unavailable> {
        let place = asked.body.place;
        let (body, small, place) = match place {
            Place::Memory(bytes) if bytes.is_empty() => (None, Commit::new(), None),
            Place::Memory(bytes) if bytes.len() <= SMALL => {
                let id = Id::new(self.now(), self.entropy());
                (Some(id), self.put_body(id, &bytes), None)
            }
            Place::Memory(bytes) => {
                let id = Id::new(self.now(), self.entropy());
                let mut writer = self.store().blob_begin(id).await.map_err(unavailable)?;
                writer.write(&bytes).await.map_err(unavailable)?;
                writer.finish().await.map_err(unavailable)?;
                (Some(id), Commit::new(), Some(Place::Disk(id)))
            }
            Place::Disk(id) => (Some(id), Commit::new(), Some(Place::Disk(id))),
        };
        let kept = Kept {
            app: asked.app,
            origin: asked.origin,
            canonical: asked.canonical,
            principal: asked.principal,
            ruling: asked.ruling,
            client: asked.client,
            terms: asked.terms,
            input: asked.input,
            length: asked.body.length,
            body,
            small,
        };
        let outcome = self.store_hold(kept).await;
        if !matches!(outcome, Ok(Outcome::Held(_)))
            && let Some(place) = place
        {
            self.discard(place).await;
        }
        outcome
    }

    async fn store_hold(&self, asked: Kept) -> Result<Outcome, Unavailable> {
        let user = asked.principal.user.clone();
        let user_key = keys::user(&user);
        let Some(row) = self.row(&user_key).await? else {
            self.metrics().refused("unknown-user");
            return Ok(Outcome::UnknownUser);
        };
        let directory = self.records().open_user(&user_key, &row.value).map_err(unavailable)?;
        let now = self.now();
        let id = Id::new(now, self.entropy());
        let (creator, new_browser_key) = match asked.client {
            Client::Script => (Creator::Script, None),
            Client::Navigation(Some(key)) => (Creator::Navigation(browser_fingerprint(&key)), None),
            Client::Navigation(None) => {
                let key = random_credential(self.entropy());
                (Creator::Navigation(browser_fingerprint(&key)), Some(key))
            }
        };
        let handoff = random_credential(self.entropy());
        let digest = asked.canonical.digest();
        let Terms { session, served } = asked.terms;
        let session = match creator {
            Creator::Navigation(browser) => session.in_browser(browser),
            Creator::Script => session,
        };
        let deed = Deed {
            app: &asked.app.name,
            method: asked.canonical.method().as_str(),
            target: asked.canonical.target(),
            body: Some(asked.canonical.body_sha256()),
        };
        // A grant never extends itself: what serves now is not promised again.
        let mut promises = self.promises(deed, &directory, &asked.ruling, session).await?;
        let satisfied = served_ids(&served);
        promises.retain(|promise| !satisfied.contains(&promise.policy.id.as_str()));
        let Some(requirement) = asked.ruling.requirement.without(&satisfied) else {
            return Err(unavailable("grants satisfy everything, yet it was to be held"));
        };
        let policies: Vec<String> = asked.ruling.policies.iter().map(ToString::to_string).collect();
        let mut subject = Subject {
            id,
            app: asked.app.name.clone(),
            origin: asked.origin,
            requester: user.clone(),
            created_at: now,
            // Of the epoch it is committed in: `charge`.
            epoch: 0,
            canonical: asked.canonical,
            digest,
            body: asked.body,
            policies: asked.ruling.policies,
            requirement,
            expected: Expected { success: asked.ruling.success, input: asked.input },
            promises,
            summary: asked.ruling.summary,
            show: asked.ruling.show,
            texts: asked.ruling.texts,
            creator,
            root: Secret::random(32, self.entropy()),
            handoff: None,
            prompt: None,
            framed: None,
        };
        subject.issue_handoff(&handoff, now.plus(good_for(&subject)));
        let held = Held::new(subject, Vec::new());
        let (choices, others) = self.choices(&held).await?;
        // Of one that is new, the prompt says from when on it can be used.
        if choices.is_empty() && !others.iter().any(|one| matches!(one.why, Why::New { .. })) {
            self.metrics().refused("no-authenticator");
            let accepted =
                held.subject().requirement.acceptable(&[]).iter().map(|factor| factor.as_str()).collect();
            return Ok(Outcome::NoAuthenticator { accepted });
        }
        let mut approval = Approval::Held(held);
        let subject = approval.subject();
        let event = self.held_event(subject, &policies);
        let used =
            served.iter().map(|one| self.used(one, &subject.app, &user, &subject.summary).with("for", id));
        let events = used.chain(std::iter::once(event)).collect();
        if let Some(whose) = self.charge(&mut approval, asked.length, &asked.small, events).await? {
            self.metrics().refused("quota");
            return Ok(Outcome::Quota { whose });
        }
        let subject = approval.subject();
        self.metrics().held();
        Ok(Outcome::Held(Box::new(Ticket {
            id,
            secret: subject.script_secret(),
            url: self.prompt_url(id, &handoff),
            frame: self.frame_url(subject, &handoff),
            new_browser_key,
            summary: subject.summary.clone(),
            show: subject.show.clone(),
            texts: subject.texts.clone(),
            expires_at: approval.deadline().unwrap_or(now),
            digest: subject.digest.to_string(),
            choices,
            remembers: remembers(&subject.policies, &subject.promises),
        })))
    }

    fn held_event(&self, subject: &Subject, policies: &[String]) -> Event {
        self.by(EventKind::Held, &subject.requester, subject.id)
            .with("app", &subject.app)
            .with("digest", subject.digest)
            .with("policies", policies.join(" "))
            .with("summary", visible(&subject.summary.replace('\n', "; "), 500))
    }

    /// Commits the held request and counts it against the quotas, or says whose quota is used up.
    async fn charge(
        &self,
        approval: &mut Approval,
        bytes: u64,
        body: &Commit,
        events: Vec<Event>,
    ) -> Result<Option<Whose>, Unavailable> {
        let subject = approval.subject();
        let (key, charge) = (keys::held(subject.id), keys::charge(subject.id));
        let own = keys::held_of(&subject.requester, subject.id);
        let mark = Charge { user: subject.requester.clone(), bytes };
        let records = self.records();
        let (charged, named) = (records.close(&charge, &mark), records.close(&own, &subject.app));
        for _ in 0..TRIES {
            let epoch = self.epoch_now().await?;
            approval.subject_mut().epoch = epoch.epoch.number();
            let commit = epoch
                .required()
                .create(key.clone(), records.seal_held(&key, approval), due(approval))
                .create(charge.clone(), charged.clone(), None)
                .create(own.clone(), named.clone(), None)
                .and(self.charging(&mark))
                .and(body.clone());
            let commit = events.iter().cloned().fold(commit, Commit::record);
            match self.store().commit(commit).await {
                Ok(_) => return Ok(None),
                Err(CommitError::Over(key)) if whose(&mark.user, &key).is_some() => {
                    return Ok(whose(&mark.user, &key));
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// Records that a policy forbade a request.
    ///
    /// # Errors
    /// When the entry cannot be stored; the request must be refused then.
    pub async fn note(
        &self,
        kind: EventKind,
        app: &str,
        user: &str,
        details: Vec<(&'static str, String)>,
    ) -> Result<(), Unavailable> {
        let actor = crate::base::text::UserName::parse(user).map_or(Actor::Gateway, Actor::User);
        let event =
            details.into_iter().fold(self.event(kind, actor).with("app", app), |event, (name, text)| {
                event.with(name, visible(&text, 500))
            });
        self.store().commit(Commit::new().record(event)).await.map_err(unavailable)?;
        Ok(())
    }
}

/// [`Asked`], with its body where it will stay.
struct Kept {
    app: Arc<AppSettings>,
    origin: Origin,
    canonical: Canonical,
    principal: Principal,
    ruling: policy::Held,
    client: Client,
    terms: Terms,
    input: Input,
    length: u64,
    body: Option<Id<id::Blob>>,
    /// Puts the body, where it is a record.
    small: Commit,
}

/// How long a handoff is good. A navigation goes on at once. A script shows the link, and its user follows it when he or she gets to it.
fn good_for(subject: &Subject) -> Span {
    match subject.creator {
        Creator::Navigation(_) => HANDOFF_FOR,
        Creator::Script => subject.requirement.hold_for,
    }
}
