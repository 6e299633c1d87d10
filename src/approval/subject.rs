//! What a held request is about: who made what, by which policies, and what ties it to the browser that made it.
//!
//! **Invariant:** the canonical request, its digest, the requirement and the policy revisions are copied in when it is held and
//! never change; editing a policy changes nothing that is pending.

use std::fmt;

use crate::base::id::{Blob, Held, Id};
use crate::base::net::Origin;
use crate::base::secret::{Secret, fingerprint, proves, same};
use crate::base::text::UserName;
use crate::base::time::Timestamp;
use crate::policy::success::Expected;
use crate::policy::{PolicyRef, PromptMode, Requirement, Wording};
use crate::request::{Canonical, RequestDigest};

use super::grant::Promise;

/// Labels of the credentials derived from [`Subject::root`].
const SCRIPT: &str = "countersign-release-v1";
const RETURN: &str = "countersign-return-v1";
const NAVIGATION: &str = "countersign-navigation-v1";
const HANDOFF: &str = "countersign-handoff-v1";
const PROMPT: &str = "countersign-prompt-v1";
const FRAME: &str = "countersign-frame-v1";
const BROWSER: &str = "countersign-browser-v1";

/// Which kind of client made the request, and what it must show again at the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creator {
    /// A navigation: the browser key's fingerprint.
    Navigation([u8; 32]),
    /// A script or command-line client: the one-time secret in the answer is all it has.
    Script,
}

/// A one-use ticket from the application's page to the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handoff {
    /// The fingerprint of the ticket.
    pub fingerprint: [u8; 32],
    /// When it is too old.
    pub expires_at: Timestamp,
}

/// What a prompt is tied to, and what its browser shows again with each request. Of the one kind nothing can be used as the other: the kind
/// is in what is stored ([`Subject::prompt`]).
#[derive(Clone, PartialEq, Eq)]
pub enum PromptKey {
    /// A window: the portal's cookie, one for all prompts of a browser.
    Window(String),
    /// A frame in the application's page, where browsers send no cookies: a token in the forms of its pages, of this one prompt.
    Frame(String),
}

impl PromptKey {
    /// Whether it is a frame's.
    pub fn is_frame(&self) -> bool {
        matches!(self, Self::Frame(_))
    }

    fn fingerprint(&self) -> [u8; 32] {
        match self {
            Self::Window(cookie) => fingerprint(PROMPT, &[cookie.as_bytes()]),
            Self::Frame(token) => fingerprint(FRAME, &[token.as_bytes()]),
        }
    }
}

impl fmt::Debug for PromptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_frame() { "PromptKey::Frame(..)" } else { "PromptKey::Window(..)" })
    }
}

/// What stays the same over the life of a held request.
#[derive(Debug)]
pub struct Subject {
    /// Its id.
    pub id: Id<Held>,
    /// The application's name in the configuration.
    pub app: String,
    /// The application's origin as the requester reached it.
    pub origin: Origin,
    /// Who made it.
    pub requester: UserName,
    /// When it was held.
    pub created_at: Timestamp,
    /// The number of the store's epoch then; in another one it is void.
    pub epoch: u64,
    /// What was asked, in its one canonical form.
    pub canonical: Canonical,
    /// The digest of `canonical`; what a proof is given for.
    pub digest: RequestDigest,
    /// Where the body is; `None` for an empty one.
    pub body: Option<Id<Blob>>,
    /// The policies that apply, with their revisions.
    pub policies: Vec<PolicyRef>,
    /// What they require together.
    pub requirement: Requirement,
    /// What it would do, in words.
    pub summary: String,
    /// Label and value of what is to be looked at; masked values are masked already.
    pub show: Vec<(String, String)>,
    /// The same in other languages, for those who read them; receipts and the audit log keep the original.
    pub texts: Vec<Wording>,
    /// Which answers tell that it was carried out, and what its requester gets back after another.
    pub expected: Expected,
    /// What is granted when it is approved; empty when its policies remember nothing, or nothing ties the client to a session.
    pub promises: Vec<Promise>,
    /// Who may release it.
    pub creator: Creator,
    /// 256 random bits from which its credentials are derived; sealed at rest.
    pub root: Secret,
    /// The latest handoff, until it is spent.
    pub handoff: Option<Handoff>,
    /// The fingerprint of the [`PromptKey`] the prompt is tied to.
    pub prompt: Option<[u8; 32]>,
    /// The handoff that a frame spent; good again once that frame gives the prompt up.
    pub framed: Option<Handoff>,
}

impl Subject {
    /// The one-time secret that the response reporting the hold carries.
    pub fn script_secret(&self) -> String {
        self.root.credential(SCRIPT)
    }

    /// Whether `secret` is that secret.
    pub fn is_script_secret(&self, secret: &str) -> bool {
        same(self.script_secret().as_bytes(), secret.as_bytes())
    }

    /// The ticket of the return page on the application's origin.
    pub fn return_ticket(&self) -> String {
        self.root.credential(RETURN)
    }

    /// Whether `ticket` is that ticket.
    pub fn is_return_ticket(&self, ticket: &str) -> bool {
        same(self.return_ticket().as_bytes(), ticket.as_bytes())
    }

    /// The credential with which a navigation comes back to the original URL.
    pub fn navigation_secret(&self) -> String {
        self.root.credential(NAVIGATION)
    }

    /// Whether `secret` is that credential.
    pub fn is_navigation_secret(&self, secret: &str) -> bool {
        same(self.navigation_secret().as_bytes(), secret.as_bytes())
    }

    /// Whether the browser key is the one the request was made with. Always true for a script, which has none.
    pub fn is_browser(&self, key: Option<&str>) -> bool {
        match (self.creator, key) {
            (Creator::Navigation(stored), Some(key)) => proves(BROWSER, key, &stored),
            (Creator::Navigation(_), None) => false,
            (Creator::Script, _) => true,
        }
    }

    /// Issues a handoff: `ticket` is fresh random text, kept only as a fingerprint. An earlier one is void from now on.
    pub fn issue_handoff(&mut self, ticket: &str, expires_at: Timestamp) {
        self.handoff = Some(Handoff { fingerprint: fingerprint(HANDOFF, &[ticket.as_bytes()]), expires_at });
        self.framed = None;
    }

    /// Spends the handoff and ties the prompt to `key`. Returns whether the ticket was the right one and in time; only then
    /// anything has changed.
    #[must_use]
    pub fn spend_handoff(&mut self, ticket: &str, key: &PromptKey, now: Timestamp) -> HandoffSpent {
        match self.handoff {
            Some(handoff) if now < handoff.expires_at && proves(HANDOFF, ticket, &handoff.fingerprint) => {
                self.handoff = None;
                self.framed = key.is_frame().then_some(handoff);
                self.prompt = Some(key.fingerprint());
                HandoffSpent::Tied
            }
            _ => HandoffSpent::Refused,
        }
    }

    /// Whether the prompt is tied to this.
    pub fn is_prompt(&self, key: Option<&PromptKey>) -> bool {
        matches!((self.prompt, key), (Some(stored), Some(key)) if same(&key.fingerprint(), &stored))
    }

    /// The frame that has the prompt gives it up: nobody has it now, and the handoff that it spent is good for one more opening.
    pub fn give_up_frame(&mut self) {
        self.handoff = self.framed.take();
        self.prompt = None;
    }

    /// Whether its prompt may be shown in a frame of the application's page: a script asked, and no policy wants a window.
    pub fn may_be_framed(&self) -> bool {
        self.creator == Creator::Script && self.requirement.prompt == PromptMode::Frame
    }
}

/// What came of spending a handoff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandoffSpent {
    /// The prompt belongs to that browser now.
    Tied,
    /// Unknown, used or too old; nothing changed.
    Refused,
}

/// What is stored of a browser key.
pub fn browser_fingerprint(key: &str) -> [u8; 32] {
    fingerprint(BROWSER, &[key.as_bytes()])
}
