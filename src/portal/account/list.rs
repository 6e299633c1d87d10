//! The templates' values of lists: own requests, grants, recovery codes, sessions.
//!
//! **Invariant:** as in [`super::page`].

use askama::Template;

use super::page::{Frame, moment};
use crate::base::language::{Text, key};
use crate::base::text::visible;
use crate::flow::account::requests::{OwnGrant, OwnRequest};
use crate::flow::account::session::SessionView;
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
            StateName::FailedOver => (key("account-state-failed-over"), "care"),
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

/// The sessions.
#[derive(Template)]
#[template(path = "account/sessions.html")]
pub(super) struct Sessions {
    pub(super) t: Text,
    pub(super) frame: Frame,
    pub(super) sessions: Vec<Seat>,
}

/// One session.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    pub(super) id: String,
    pub(super) agent: String,
    pub(super) created: Moment,
    pub(super) seen: Moment,
    pub(super) own: bool,
}

impl Seat {
    pub(super) fn of(t: Text, view: &SessionView) -> Self {
        Self {
            id: view.id.to_string(),
            agent: browser(t, &view.agent),
            created: moment(t, view.created_at),
            seen: moment(t, view.seen_at),
            own: view.own,
        }
    }
}

/// What a browser says of itself, in two words where they are known: `Firefox, Linux`.
fn browser(t: Text, agent: &str) -> String {
    const BROWSERS: [(&str, &str); 7] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let named = |known: &[(&str, &'static str)]| {
        known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) if agent.is_empty() => t.say("account-session-unnamed"),
        (None, None) => visible(agent, 60),
    }
}
