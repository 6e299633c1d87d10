//! The prompt in a frame of the application's page: who may open it there, and how it moves to a window.
//!
//! A frame has no cookies, so its pages carry a token in their forms ([`PromptKey::Frame`]): fresh for each opening, and of this one prompt.
//!
//! **Invariant:** a frame opens only what may be framed: a script's request, of an application whose pages are given the agent, under no
//! policy that wants a window. An application's script that makes up the address is refused, and its handoff is not spent
//! (`tests/it/frame.rs`).
//! **Invariant:** a prompt is in one place at a time: giving a frame up ends its token in the commit that makes the handoff good again.

use crate::approval::{PromptKey, Subject};
use crate::audit::EventKind;
use crate::base::id::{Held, Id};
use crate::base::net::Origin;
use crate::base::secret::random_credential;

use super::view::NotYours;
use super::{Flows, TRIES, Unavailable, contended, lost_race};
use crate::approval::subject::HandoffSpent;

/// What came of opening a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameOpened {
    /// The prompt is the frame's, which shows this again with each request.
    Tied(PromptKey),
    /// It may not be shown in a frame; nothing changed.
    WindowOnly,
}

impl Flows {
    /// A frame arrives at the prompt with a handoff: it is spent, and the prompt belongs to that frame.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn open_frame(
        &self,
        id: Id<Held>,
        handoff: &str,
    ) -> Result<Result<FrameOpened, NotYours>, Unavailable> {
        for _ in 0..TRIES {
            let now = self.now();
            let Some((mut approval, place)) = self.load(id).await? else {
                return Ok(Err(NotYours::NotFound));
            };
            let allowed = self.may_be_framed(approval.subject());
            let key = PromptKey::Frame(random_credential(self.entropy()));
            if approval.subject_mut().spend_handoff(handoff, &key, now) == HandoffSpent::Refused {
                return Ok(Err(NotYours::OtherBrowser));
            }
            if !allowed {
                // Not stored: the handoff is as good as before.
                return Ok(Ok(FrameOpened::WindowOnly));
            }
            let requester = approval.subject().requester.clone();
            let event = self.by(EventKind::Opened, &requester, id).with("frame", &approval.subject().origin);
            match self.store().commit(self.put_held(&approval, place).record(event)).await {
                Ok(_) => return Ok(Ok(FrameOpened::Tied(key))),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// The frame gives its prompt up to a window: the handoff that it spent is good for one more opening.
    ///
    /// # Errors
    /// When the store cannot be used; the frame keeps it then.
    pub async fn leave_frame(
        &self,
        id: Id<Held>,
        key: &PromptKey,
    ) -> Result<Result<(), NotYours>, Unavailable> {
        for _ in 0..TRIES {
            let Some((mut approval, place)) = self.load(id).await? else {
                return Ok(Err(NotYours::NotFound));
            };
            if !key.is_frame() || !approval.subject().is_prompt(Some(key)) {
                return Ok(Err(NotYours::OtherBrowser));
            }
            approval.subject_mut().give_up_frame();
            match self.store().commit(self.put_held(&approval, place)).await {
                Ok(_) => return Ok(Ok(())),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// The one origin whose pages may frame the prompt of this request; `None` where there is no such prompt, or nobody has opened it.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn framed_on(&self, id: Id<Held>) -> Result<Option<Origin>, Unavailable> {
        let Some((approval, _)) = self.load(id).await? else { return Ok(None) };
        let subject = approval.subject();
        let shown = subject.prompt.is_some() && self.may_be_framed(subject);
        Ok(shown.then(|| subject.origin.clone()))
    }

    /// `{portal}/frame/held/{id}?handoff=…`, where it may be framed.
    pub(super) fn frame_url(&self, subject: &Subject, ticket: &str) -> Option<String> {
        let url = format!("{}/frame/held/{}?handoff={ticket}", self.portal(), subject.id);
        self.may_be_framed(subject).then_some(url)
    }

    fn may_be_framed(&self, subject: &Subject) -> bool {
        subject.may_be_framed() && self.app(&subject.app).is_some_and(|app| app.prompts_in_page())
    }
}
