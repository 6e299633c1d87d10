//! What the edges see of a held request: plain values, already safe to show. The portal's pages, the JSON API and the pages on
//! the application's origin are made of these and nothing else.
//!
//! **Invariant:** no secret and no masked value is in here (`tests/it/secrets.rs`).

use crate::base::id::{Authenticator, Held, Id};
use crate::base::language::Language;
use crate::base::net::Origin;
use crate::base::settings::Title;
use crate::base::time::{Span, Timestamp};
use crate::policy::Wording;

/// The state of a held request, as told to people and scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateName {
    /// Waiting for its proofs.
    Held,
    /// Decided, not yet released.
    Approved,
    /// Being sent to the application.
    Forwarding,
    /// The application has answered.
    Delivered,
    /// Refused by its requester.
    Rejected,
    /// Its time ran out before it was released.
    Expired,
    /// The store failed over while it waited: it is void.
    FailedOver,
    /// Taken back by its requester.
    Cancelled,
    /// Released, but nothing reached the application.
    FailedBeforeSend,
    /// Released, and it cannot be known whether the application carried it out.
    OutcomeUnknown,
}

impl StateName {
    /// The name in the API and in the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Approved => "approved",
            Self::Forwarding => "forwarding",
            Self::Delivered => "delivered",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::FailedOver => "failed_over",
            Self::Cancelled => "cancelled",
            Self::FailedBeforeSend => "failed_before_send",
            Self::OutcomeUnknown => "outcome_unknown",
        }
    }
}

/// One authenticator the requester may choose for this held request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its id.
    pub id: Id<Authenticator>,
    /// Its kind by its stable name, e.g. `totp`, `emergency`.
    pub kind: &'static str,
    /// The name its user gave it.
    pub label: String,
    /// How many characters the code has, where that is fixed (TOTP: 6 or 8).
    pub digits: Option<u32>,
}

/// One of the requester's authenticators that does not count for this held request (now).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unoffered {
    /// Its kind by its stable name.
    pub kind: &'static str,
    /// The name its user gave it.
    pub label: String,
    /// Why.
    pub why: Why,
}

/// Why an authenticator is not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The policies do not accept its kind for this action.
    NotAccepted,
    /// Its kind has brought what it can bring; another step is open.
    Done,
    /// Its user has added it a short while ago.
    New {
        /// From when on it can be used.
        from: Timestamp,
    },
    /// It works at another address only: a passkey of a portal that has moved, or a portal where browsers offer none.
    Elsewhere,
}

/// What an approval spares its requester.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembers {
    /// For how long, from the approval on.
    pub span: Span,
    /// Whether the same request will not be held at all; otherwise a part of what it needs is not asked again.
    pub whole: bool,
}

/// One step of the requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepView {
    /// The factors that satisfy it, by name.
    pub factors: Vec<&'static str>,
    /// Whether it is satisfied.
    pub done: bool,
}

/// What came of a request that the application did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedView {
    /// The URL that the application's answer leads to.
    pub leads_to: Option<String>,
    /// The same without its query, to be shown.
    pub place: Option<String>,
    /// What was entered: names and values, without what is never shown.
    pub input: Vec<(String, String)>,
    /// Whether there was more.
    pub more: bool,
}

/// A held request as its requester sees it.
#[derive(Clone, Debug)]
pub struct HeldView {
    /// Its id.
    pub id: Id<Held>,
    /// The application's name.
    pub app: String,
    /// What people call it.
    pub title: Title,
    /// The application's origin, e.g. `https://bank.example.com`.
    pub origin: Origin,
    /// Who made it.
    pub user: String,
    /// Its state at the time of reading.
    pub state: StateName,
    /// What will be carried out, one sentence for each policy.
    pub summary: Vec<String>,
    /// The values to look at: label and value, in the policy's order.
    pub show: Vec<(String, String)>,
    /// The same in other languages.
    pub texts: Vec<Wording>,
    /// The method and the target, made safe to show.
    pub request_line: String,
    /// The digest as `sha-256=:…:`.
    pub digest: String,
    /// When it was held.
    pub created_at: Timestamp,
    /// When the present state ends by itself (the deadline to approve, or to release); `None` in an end state.
    pub expires_at: Option<Timestamp>,
    /// How long until then.
    pub remaining: Option<Span>,
    /// What it needs.
    pub steps: Vec<StepView>,
    /// What an approval will be remembered for.
    pub remembers: Option<Remembers>,
    /// What the user may choose from now; empty unless `state` is `Held`.
    pub choices: Vec<Choice>,
    /// What the user has besides, and why it is not offered.
    pub unoffered: Vec<Unoffered>,
    /// Where the browser goes on after the decision (the return page on the application's origin); only for a navigation, once approved or later.
    pub return_url: Option<String>,
    /// Where "back to the application" leads: a page of the application's origin.
    pub back_url: String,
    /// The application's status code, once delivered.
    pub outcome_status: Option<u16>,
    /// Whether its answer is one of success, where the policies say which are.
    pub success: Option<bool>,
    /// What its requester is told and given back when it is not.
    pub refused: Option<RefusedView>,
    /// Why it was rejected, where a reason was given.
    pub reason: Option<String>,
}

impl HeldView {
    /// Its words in a language; as its policies were written where they have none in it.
    pub fn wording(&self, language: Language) -> Option<&Wording> {
        self.texts.iter().find(|text| text.language == language)
    }

    /// What people call the application in a language.
    pub fn app_in(&self, language: Language) -> &str {
        self.title.in_language(language).unwrap_or(&self.app)
    }

    /// What will be carried out, in a language where its policies have it: one sentence for each policy.
    pub fn summary_in(&self, language: Language) -> Vec<&str> {
        match self.wording(language) {
            Some(text) => text.summary.lines().collect(),
            None => self.summary.iter().map(String::as_str).collect(),
        }
    }
}

/// What came of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The last proof was given: the request may be released.
    Approved,
    /// The answer was right, another step remains.
    StepDone,
    /// The answer was wrong (or used before); so many more before a pause.
    Wrong {
        /// Wrong answers left before the user has to wait.
        left: u32,
    },
    /// Too many wrong answers: wait.
    Throttled {
        /// How long.
        retry_after: Span,
    },
    /// Too many wrong answers: an operator must unblock the user.
    Locked,
    /// This authenticator is not one the user may choose here (any more).
    NotOffered,
    /// The request is not waiting for an answer.
    NotWaiting(StateName),
}

/// Why a held request is not shown or acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotYours {
    /// There is none with this id, or it is somebody else's: the two are not told apart.
    NotFound,
    /// The prompt is tied to another browser, or the handoff was used or is too old.
    OtherBrowser,
}

/// A flow could not do its work; the cause is for the log, the client sees `store-unavailable`.
#[derive(Debug, thiserror::Error)]
#[error("the store is unavailable: {0}")]
pub struct Unavailable(pub String);

/// Who rejects, in whose words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RejectReason {
    /// "I did not do this": somebody else made the request in the user's name.
    NotMe,
    /// The requester does not want it any more.
    Cancelled,
    /// In the requester's words, bounded and visible.
    Text(String),
}
