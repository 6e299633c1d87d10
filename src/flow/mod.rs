//! A stand-in for the flows, in memory, with the same interface: the portal's rooms are built and tried on it.
//!
//! **Invariant:** none of this is taken over; the real flows replace this file.

pub mod view;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::base::entropy::Entropy;
use crate::base::id::{Authenticator, Held, Id};
use crate::base::secret::{Secret, random_credential};
use crate::base::time::{Clock, Span, Timestamp};
use view::{Answered, HeldView, NotYours, RejectReason, StateName, Unavailable};

/// The flows.
#[derive(Clone)]
pub struct Flows(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    entropy: Box<dyn Entropy>,
    key: Secret,
    held: Mutex<HashMap<Id<Held>, Row>>,
    broken: Mutex<bool>,
    changed: watch::Sender<()>,
}

struct Row {
    view: HeldView,
    handoff: Option<String>,
    browser: Option<String>,
    code: String,
    wrong: u32,
    until: Timestamp,
    navigation: bool,
}

/// Tells of changes.
pub struct Changes(watch::Receiver<()>);

impl Changes {
    /// Resolves at the next change.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Flows {
    /// Empty flows.
    pub fn stand_in(clock: Arc<dyn Clock>, entropy: Box<dyn Entropy>) -> Self {
        let key = Secret::random(32, entropy.as_ref());
        Self(Arc::new(Inner {
            clock,
            entropy,
            key,
            held: Mutex::default(),
            broken: Mutex::new(false),
            changed: watch::Sender::new(()),
        }))
    }

    /// Holds; gives a handoff. `code` is the right answer.
    pub fn hold(&self, view: HeldView, code: &str, navigation: bool) -> String {
        let handoff = random_credential(self.entropy());
        let until = view.expires_at.unwrap_or(self.now());
        let row = Row {
            view,
            handoff: Some(handoff.clone()),
            browser: None,
            code: code.to_owned(),
            wrong: 0,
            until,
            navigation,
        };
        self.rows().insert(row.view.id, row);
        handoff
    }

    /// Makes every call fail, or work again.
    pub fn break_store(&self, broken: bool) {
        *self.0.broken.lock().unwrap_or_else(PoisonError::into_inner) = broken;
    }

    /// Puts a held request into a state.
    pub fn force(&self, id: Id<Held>, state: StateName) {
        if let Some(row) = self.rows().get_mut(&id) {
            move_to(row, state);
        }
        self.0.changed.send_replace(());
    }

    /// Whether the handoff was not yet spent.
    pub fn handoff_unspent(&self, id: Id<Held>) -> bool {
        self.rows().get(&id).is_some_and(|row| row.handoff.is_some())
    }

    /// The state.
    pub fn state(&self, id: Id<Held>) -> Option<StateName> {
        self.rows().get(&id).map(|row| row.view.state)
    }

    fn rows(&self) -> MutexGuard<'_, HashMap<Id<Held>, Row>> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self) -> Result<(), Unavailable> {
        if *self.0.broken.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(Unavailable("the stand-in is broken".to_owned()));
        }
        Ok(())
    }

    /// A browser arrives with a handoff.
    pub async fn open_prompt(
        &self,
        id: Id<Held>,
        handoff: &str,
        cookie: Option<&str>,
    ) -> Result<Result<String, NotYours>, Unavailable> {
        self.check()?;
        let mut rows = self.rows();
        let Some(row) = rows.get_mut(&id) else { return Ok(Err(NotYours::NotFound)) };
        if row.handoff.as_deref() != Some(handoff) {
            return Ok(Err(NotYours::OtherBrowser));
        }
        row.handoff = None;
        let cookie = cookie.map_or_else(|| random_credential(self.entropy()), str::to_owned);
        row.browser = Some(cookie.clone());
        Ok(Ok(cookie))
    }

    /// The prompt.
    pub async fn prompt(
        &self,
        id: Id<Held>,
        cookie: Option<&str>,
    ) -> Result<Result<HeldView, NotYours>, Unavailable> {
        self.check()?;
        let now = self.now();
        let mut rows = self.rows();
        let Some(row) = rows.get_mut(&id) else { return Ok(Err(NotYours::NotFound)) };
        if row.browser.is_none() || row.browser.as_deref() != cookie {
            return Ok(Err(NotYours::OtherBrowser));
        }
        if row.view.state == StateName::Held && row.view.expires_at.is_some_and(|at| at <= now) {
            move_to(row, StateName::Expired);
        }
        row.view.remaining = row.view.expires_at.map(|at| at.since(now));
        Ok(Ok(row.view.clone()))
    }

    /// An answer.
    pub async fn prompt_answer(
        &self,
        id: Id<Held>,
        cookie: Option<&str>,
        authenticator: Id<Authenticator>,
        code: &str,
    ) -> Result<Result<Answered, NotYours>, Unavailable> {
        let view = match self.prompt(id, cookie).await? {
            Ok(view) => view,
            Err(not) => return Ok(Err(not)),
        };
        if view.state != StateName::Held {
            return Ok(Ok(Answered::NotWaiting(view.state)));
        }
        let mut rows = self.rows();
        let Some(row) = rows.get_mut(&id) else { return Ok(Err(NotYours::NotFound)) };
        if !view.choices.iter().any(|choice| choice.id == authenticator) {
            return Ok(Ok(Answered::NotOffered));
        }
        if row.wrong >= 8 {
            return Ok(Ok(Answered::Locked));
        }
        if row.wrong >= 5 && code != row.code {
            row.wrong += 1;
            return Ok(Ok(Answered::Throttled { retry_after: Span::from_secs(30) }));
        }
        if code != row.code {
            row.wrong += 1;
            return Ok(Ok(Answered::Wrong { left: 5 - row.wrong }));
        }
        if let Some(step) = row.view.steps.iter_mut().find(|step| !step.done) {
            step.done = true;
        }
        if row.view.steps.iter().any(|step| !step.done) {
            return Ok(Ok(Answered::StepDone));
        }
        move_to(row, StateName::Approved);
        drop(rows);
        self.0.changed.send_replace(());
        Ok(Ok(Answered::Approved))
    }

    /// A rejection.
    pub async fn prompt_reject(
        &self,
        id: Id<Held>,
        cookie: Option<&str>,
        reason: RejectReason,
    ) -> Result<Result<StateName, NotYours>, Unavailable> {
        let view = match self.prompt(id, cookie).await? {
            Ok(view) => view,
            Err(not) => return Ok(Err(not)),
        };
        let mut rows = self.rows();
        let Some(row) = rows.get_mut(&id) else { return Ok(Err(NotYours::NotFound)) };
        if view.state == StateName::Held {
            let (state, said) = match reason {
                RejectReason::NotMe => (StateName::Rejected, "not_me".to_owned()),
                RejectReason::Cancelled => (StateName::Cancelled, "cancelled".to_owned()),
                RejectReason::Text(text) => (StateName::Rejected, text),
            };
            move_to(row, state);
            row.view.reason = Some(said);
        }
        let state = row.view.state;
        drop(rows);
        self.0.changed.send_replace(());
        Ok(Ok(state))
    }

    /// Changes of one held request.
    pub fn changes(&self, _id: Id<Held>) -> Changes {
        Changes(self.0.changed.subscribe())
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The randomness.
    pub fn entropy(&self) -> &dyn Entropy {
        self.0.entropy.as_ref()
    }

    /// The form token.
    pub fn csrf(&self, cookie: &str, id: Id<Held>) -> String {
        self.0.key.credential(&format!("csrf {id} {cookie}"))
    }

    /// Whether it is the form token.
    pub fn csrf_ok(&self, cookie: &str, id: Id<Held>, token: &str) -> bool {
        crate::base::secret::same(self.csrf(cookie, id).as_bytes(), token.as_bytes())
    }
}

fn move_to(row: &mut Row, state: StateName) {
    row.view.state = state;
    if state != StateName::Held {
        row.view.choices.clear();
        row.view.expires_at = (state == StateName::Approved).then_some(row.until.plus(Span::from_secs(300)));
        if row.navigation && matches!(state, StateName::Approved | StateName::Forwarding | StateName::Delivered) {
            row.view.return_url = Some(format!("{}/.countersign/return/{}", row.view.origin, row.view.id));
        }
    }
    if state == StateName::Delivered {
        row.view.outcome_status = Some(200);
    }
}
