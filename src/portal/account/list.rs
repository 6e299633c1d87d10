//! The templates' values of lists: own requests, grants, recovery codes.
//!
//! **Invariant:** as in [`super::page`].

use askama::Template;

use super::page::{Frame, moment};
use crate::base::language::{Text, key};
use crate::base::text::visible;
use crate::flow::account::requests::{OwnGrant, OwnRequest};
use crate::flow::view::StateName;
use crate::portal::view::Moment;

/// The longest sentence that is shown.
const LONGEST: usize = 1000;

/// Recovery codes: about them, or ten new ones.
#[derive(Template)]
#[template(path = "account/recovery.html")]
pub(super) struct Recovery {
    pub(super) t: Text,
    pub(super) frame: Frame,
    /// How many of a set are left; `None` without one.
    pub(super) left: Option<usize>,
    pub(super) codes: Vec<String>,
}

/// The user's own requests and grants.
#[derive(Template)]
#[template(path = "account/requests.html")]
pub(super) struct Requests {
    pub(super) t: Text,
    pub(super) frame: Frame,
    pub(super) requests: Vec<Request>,
    pub(super) grants: Vec<Grant>,
}

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) id: String,
    pub(super) app: String,
    pub(super) summary: Vec<String>,
    /// In words.
    pub(super) state: String,
    /// `good`, `stop` or `care`.
    pub(super) tone: &'static str,
    pub(super) created: Moment,
    pub(super) receipt: bool,
}

impl Request {
    pub(super) fn of(t: Text, one: &OwnRequest) -> Self {
        let (words, tone) = match one.state {
            StateName::Held => (key("account-state-held"), "care"),
            StateName::Approved => (key("account-state-approved"), "good"),
            StateName::Forwarding => (key("account-state-forwarding"), "good"),
            StateName::Delivered if one.success == Some(false) => (key("account-state-refused"), "care"),
            StateName::Delivered => (key("account-state-delivered"), "good"),
            StateName::Rejected => (key("account-state-rejected"), "stop"),
            StateName::Expired => (key("account-state-expired"), "stop"),
            StateName::Cancelled => (key("account-state-cancelled"), "stop"),
            StateName::FailedBeforeSend => (key("account-state-failed"), "care"),
            StateName::OutcomeUnknown => (key("account-state-unknown"), "care"),
        };
        Self {
            id: one.id.to_string(),
            app: visible(&one.app, LONGEST),
            summary: one.summary.iter().map(|text| visible(text, LONGEST)).collect(),
            state: t.say(words),
            tone,
            created: moment(t, one.created_at),
            receipt: one.receipt,
        }
    }
}

/// One grant.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) id: String,
    /// What is not asked again; the policy's name where nothing else is kept.
    pub(super) what: Vec<String>,
    pub(super) app: Option<String>,
    pub(super) made: Moment,
    pub(super) until: Moment,
}

impl Grant {
    pub(super) fn of(t: Text, one: &OwnGrant) -> Self {
        let mut what: Vec<String> = one.summary.iter().map(|text| visible(text, LONGEST)).collect();
        if what.is_empty() {
            what.push(visible(&one.policy, LONGEST));
        }
        Self {
            id: one.id.to_string(),
            what,
            app: one.app.as_deref().map(|app| visible(app, LONGEST)),
            made: moment(t, one.made_at),
            until: moment(t, one.expires_at),
        }
    }
}
