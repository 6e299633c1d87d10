//! What the policies say about one request.
//!
//! **Invariant:** [`ForwardGrounds`] are made in `policy` only, from the absence of any policy that applies; they are used up by value.
//! ```compile_fail
//! let forged = countersign::policy::ForwardGrounds { observed: Vec::new(), made_here: () };
//! ```
//! ```compile_fail
//! fn twice(grounds: countersign::policy::ForwardGrounds) -> (countersign::policy::ForwardGrounds, countersign::policy::ForwardGrounds) {
//!     (grounds.clone(), grounds)
//! }
//! ```

use std::fmt;

use super::basis::Basis;
use super::requirement::Requirement;
use super::success::Success;
use crate::base::language::Language;
use crate::base::time::Span;
use crate::request::Refusal;

/// The policies' answer. Nothing else lets a request pass or holds it.
#[must_use = "a ruling that is not followed is a bypass"]
#[derive(Debug)]
pub enum Ruling {
    /// No policy applies: the request passes untouched.
    Forward(ForwardGrounds),
    /// It is stored and waits for its proof.
    Hold(Held),
    /// A policy forbids it.
    Deny(Denied),
    /// A policy applies, but what the request would do cannot be told or named: refused, never held vaguely.
    Refuse(Ambiguity),
}

impl Ruling {
    /// The policies in observe mode that would have applied.
    pub fn observed(&self) -> &[Observed] {
        match self {
            Self::Forward(grounds) => &grounds.observed,
            Self::Hold(held) => &held.observed,
            Self::Deny(denied) => &denied.observed,
            Self::Refuse(ambiguity) => &ambiguity.observed,
        }
    }
}

/// The reason why a request may be forwarded without approval.
#[derive(Debug)]
pub struct ForwardGrounds {
    observed: Vec<Observed>,
    made_here: (),
}

impl ForwardGrounds {
    /// No policy applies.
    pub(super) fn no_policy(observed: Vec<Observed>) -> Self {
        Self { observed, made_here: () }
    }

    /// The policies in observe mode that would have applied.
    pub fn observed(&self) -> &[Observed] {
        let () = self.made_here;
        &self.observed
    }
}

/// Why and until what a request is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The policies that apply, in order of id. Never empty.
    pub policies: Vec<PolicyRef>,
    /// What must be met; copied into the held request.
    pub requirement: Requirement,
    /// What the request would do, in words: the summaries of all policies, one a line, safe to show.
    pub summary: String,
    /// Labels and values to show, in order, safe to show.
    pub show: Vec<(String, String)>,
    /// The same in other languages, in the order of [`Language::ALL`].
    pub texts: Vec<Wording>,
    /// The names of fields that are never shown and are stored sealed.
    pub masked: Vec<String>,
    /// What the policies that say so take for success of the released request; all must be met.
    pub success: Vec<Success>,
    /// What the policies that remember an approval would remember, in order of id.
    pub remember: Vec<Remember>,
    /// Policies in observe mode that would have applied too.
    pub observed: Vec<Observed>,
}

/// What a request would do, in one of the languages that its policies were translated into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// The language. What a policy does not say in it stands as it was written first.
    pub language: Language,
    /// As [`Held::summary`].
    pub summary: String,
    /// As [`Held::show`].
    pub show: Vec<(String, String)>,
}

/// What a policy remembers of an approval, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remember {
    /// The policy.
    pub policy: PolicyRef,
    /// What it decided by and showed.
    pub basis: Basis,
    /// How long after the approval; more than nothing.
    pub span: Span,
}

/// Which policies forbid a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// In order of id. Never empty.
    pub policies: Vec<PolicyRef>,
    /// What the request would do, as far as it can be named.
    pub summary: String,
    /// The same in other languages.
    pub texts: Vec<Wording>,
    /// Policies in observe mode that would have applied too.
    pub observed: Vec<Observed>,
}

/// Why a request that a policy is about cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ambiguity {
    /// The policy that could not be applied.
    pub policy: PolicyRef,
    /// What is unclear.
    pub reason: Unclear,
    /// Policies in observe mode that would have applied.
    pub observed: Vec<Observed>,
}

/// What is unclear about a request. Names fields, never their values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// One field says different things.
    #[error("the field `{0}` has several different values")]
    SeveralValues(String),
    /// A field the summary needs is not there.
    #[error("the field `{0}` is missing, so the action cannot be named")]
    Missing(String),
    /// A field the summary needs is a list or an object.
    #[error("the field `{0}` is not one value, so the action cannot be named")]
    NotOneValue(String),
    /// An expression would have to look at more different fields than this.
    #[error("there are more than {0} different fields to look at")]
    TooMany(usize),
    /// A part of the request cannot be read as the policy needs it.
    #[error("{0}")]
    Unreadable(Refusal),
    /// There is something where a GraphQL document must be, but none can be found in it.
    #[error("it holds no GraphQL document where one must be")]
    NoDocument,
    /// A stored GraphQL document, which the gateway does not know.
    #[error(
        "the persisted GraphQL operation `{0}` cannot be named; list it under `persisted` if it is harmless"
    )]
    Persisted(String),
    /// The policy decides by the body, which was not read.
    #[error("the body was not read")]
    BodyUnread,
    /// A field is found among the cookies, which are not part of what is approved.
    #[error("the field `{0}` is also a cookie, which some applications would read instead")]
    InCookie(String),
    /// A condition looks at a field that is there under a name that only some servers take for it.
    #[error("the field `{0}` is there in another spelling, which some servers take for it and others do not")]
    OtherSpelling(String),
    /// A condition looks at a field that is in the query only, though there is a body.
    #[error("the field `{0}` is in the query of a request with a body, where many applications do not look")]
    InQuery(String),
    /// Servers take the request for different actions.
    #[error("servers read it in different ways, and some would do what this policy is about: {0}")]
    Readings(Refusal),
    /// A condition or expression could not be evaluated.
    #[error("the expression `{0}` cannot be evaluated for this request")]
    Expression(String),
}

impl Unclear {
    /// The key under `[[app]]` by which an administrator can settle it.
    pub const fn declared_by(&self) -> Option<&'static str> {
        match self {
            Self::Readings(refusal) => refusal.declared_by(),
            Self::InCookie(_) => Some("cookie_fields"),
            _ => None,
        }
    }

    /// A short stable code, e.g. `several-values`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SeveralValues(_) => "several-values",
            Self::Missing(_) => "missing-field",
            Self::NotOneValue(_) => "not-one-value",
            Self::TooMany(_) => "too-many-fields",
            Self::InCookie(_) => "cookie-field",
            Self::OtherSpelling(_) => "other-spelling",
            Self::InQuery(_) => "query-field",
            Self::BodyUnread => "body-unread",
            Self::Readings(refusal) | Self::Unreadable(refusal) => refusal.reason(),
            Self::NoDocument => "no-document",
            Self::Persisted(_) => "persisted-id",
            Self::Expression(_) => "expression",
        }
    }
}

/// A policy and exactly which wording of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyRef {
    /// The policy's id.
    pub id: String,
    /// The first 16 hexadecimal digits of the SHA-256 of its source in normal form.
    pub revision: String,
}

impl fmt::Display for PolicyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.id, self.revision)
    }
}

/// Words in backticks, separated by commas.
pub(super) fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// What a policy in observe mode would have done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The policy.
    pub policy: PolicyRef,
    /// What it would have done.
    pub would: Would,
    /// What the request does, when it can be named.
    pub summary: Option<String>,
}

/// What would have been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Would {
    /// Held.
    Hold,
    /// Denied.
    Deny,
    /// Refused as unclear.
    Refuse,
}
