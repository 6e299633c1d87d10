//! The templates' values, one struct for each template of `templates/portal/`, and how a page becomes an answer.
//!
//! **Invariant:** every template is rendered with hostile values by a test (`tests::nothing_breaks_out`): all text is
//! escaped by askama, no template turns that off.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::view::{ChoiceRow, Slip, UnofferedRow};
use super::way::Way;
use crate::base::id::{Held, Id, Reference};
use crate::base::language::{Around, Text, key};
use crate::base::net::Origin;
use crate::base::text::visible;
use crate::flow::view::{HeldView, StateName};

/// What is held, and the authenticators to choose from.
#[derive(Template)]
#[template(path = "portal/prompt.html")]
pub(super) struct Prompt {
    pub(super) t: Text,
    pub(super) slip: Slip,
    pub(super) way: Way,
    pub(super) choices: Vec<ChoiceRow>,
    /// What the user has besides.
    pub(super) unoffered: Vec<UnofferedRow>,
    /// Which step this is, from 1, and how many there are.
    pub(super) step: usize,
    pub(super) steps: usize,
    pub(super) notice: Option<String>,
}

/// The code field of the chosen authenticator.
#[derive(Template)]
#[template(path = "portal/code.html")]
pub(super) struct Code {
    pub(super) t: Text,
    pub(super) slip: Slip,
    pub(super) way: Way,
    pub(super) choice: ChoiceRow,
    /// Whether there is another to choose.
    pub(super) others: bool,
    pub(super) fault: Option<String>,
}

/// The chosen passkey: the page's script asks the browser for it.
#[derive(Template)]
#[template(path = "portal/passkey.html")]
pub(super) struct Passkey {
    pub(super) t: Text,
    pub(super) slip: Slip,
    pub(super) way: Way,
    pub(super) choice: ChoiceRow,
    /// The challenge that the answer names.
    pub(super) challenge: String,
    /// For `navigator.credentials.get`, as JSON.
    pub(super) options: String,
    /// Milliseconds until a new question is needed.
    pub(super) lasts: i64,
    /// Whether there is another to choose.
    pub(super) others: bool,
    pub(super) fault: Option<String>,
}

/// A code was sent: the field for it.
#[derive(Template)]
#[template(path = "portal/sent.html")]
pub(super) struct SentCode {
    pub(super) t: Text,
    pub(super) slip: Slip,
    pub(super) way: Way,
    pub(super) choice: ChoiceRow,
    /// Where one was sent just now, masked.
    pub(super) to: Option<String>,
    /// Why none was.
    pub(super) notice: Option<String>,
    /// Whether there is another to choose.
    pub(super) others: bool,
    pub(super) fault: Option<String>,
}

/// Too many wrong answers.
#[derive(Template)]
#[template(path = "portal/pause.html")]
pub(super) struct Pause {
    pub(super) t: Text,
    pub(super) slip: Slip,
    pub(super) way: Way,
    /// How long, in words and milliseconds; `None` when an operator must help.
    pub(super) wait: Option<(String, i64)>,
}

/// Decided: goes on to the application by itself where a browser waits there.
#[derive(Template)]
#[template(path = "portal/approved.html")]
pub(super) struct Approved {
    pub(super) t: Text,
    pub(super) slip: Slip,
    pub(super) way: Way,
}

/// Nothing left to decide.
#[derive(Template)]
#[template(path = "portal/ended.html")]
pub(super) struct Ended {
    t: Text,
    slip: Slip,
    way: Way,
    /// `good`, `stop` or `care`: the colour of the stamp.
    tone: &'static str,
    stamp: String,
    title: String,
    text: Vec<String>,
    /// The words of the link back, around the application's name.
    back: Around,
    /// Whether the page waits for the state to change.
    watch: bool,
}

/// A refusal that shows nothing of a held request.
#[derive(Template)]
#[template(path = "portal/notice.html")]
pub(super) struct Notice {
    pub(super) t: Text,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) next: String,
    /// The prompt, where opening it again helps.
    pub(super) prompt: Option<Id<Held>>,
    /// In a frame of the application's page: the held request and that page's origin.
    pub(super) frame: Option<(Id<Held>, Origin)>,
    pub(super) reference: Id<Reference>,
}

/// What this place is.
#[derive(Template)]
#[template(path = "portal/home.html")]
pub(super) struct Home {
    pub(super) t: Text,
    pub(super) origin: Origin,
}

/// A page with its status.
pub(super) fn page(status: StatusCode, contents: &impl Template) -> Response {
    match contents.render() {
        Ok(html) => {
            let kind = HeaderValue::from_static("text/html; charset=utf-8");
            (status, [(header::CONTENT_TYPE, kind)], html).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            (StatusCode::INTERNAL_SERVER_ERROR, Text::default().say("pages-unmade")).into_response()
        }
    }
}

impl Ended {
    /// What became of `view`.
    pub(super) fn of(slip: Slip, way: Way, view: &HeldView, t: Text) -> Self {
        let app = slip.app.clone();
        let of_app = |key: &str| t.tell(key, "app", &app);
        let ended = |tone, stamp: &str, title: &str, text, back: &str| Self {
            t,
            slip,
            way,
            tone,
            stamp: t.say(stamp),
            title: t.say(title),
            text,
            back: t.around(back, "app"),
            watch: matches!(view.state, StateName::Held | StateName::Approved | StateName::Forwarding),
        };
        match view.state {
            StateName::Held | StateName::Approved => ended(
                "good",
                key("ended-open-stamp"),
                key("ended-open"),
                vec![t.say("ended-open-text")],
                key("ended-back"),
            ),
            StateName::Forwarding => ended(
                "good",
                key("ended-sent-stamp"),
                key("ended-forwarding"),
                vec![of_app(key("ended-forwarding-text"))],
                key("ended-back"),
            ),
            StateName::Delivered => {
                let (tone, text) = match view.outcome_status {
                    Some(status) if view.refused.is_some() => {
                        ("care", t.tell2("ended-delivered-refused", "app", &app, "status", status))
                    }
                    Some(status @ 400..) => {
                        ("care", t.tell2("ended-delivered-error", "app", &app, "status", status))
                    }
                    Some(_) => ("good", of_app(key("ended-delivered-answered"))),
                    None => ("good", of_app(key("ended-delivered-text"))),
                };
                ended(tone, key("ended-sent-stamp"), key("ended-delivered"), vec![text], key("ended-go-on"))
            }
            StateName::Rejected => {
                let (title, text) = rejected(&app, view.reason.as_deref(), t);
                ended("stop", key("ended-rejected-stamp"), title, text, key("ended-back"))
            }
            StateName::Expired => ended(
                "stop",
                key("ended-expired-stamp"),
                key("ended-expired"),
                vec![of_app(key("ended-expired-text")), of_app(key("ended-expired-next"))],
                key("ended-start-again"),
            ),
            StateName::FailedOver => ended(
                "care",
                key("ended-failed-over-stamp"),
                key("ended-failed-over"),
                vec![of_app(key("ended-failed-over-text")), of_app(key("ended-failed-over-next"))],
                key("ended-check"),
            ),
            StateName::Cancelled => ended(
                "stop",
                key("ended-cancelled-stamp"),
                key("ended-cancelled"),
                vec![of_app(key("ended-cancelled-text"))],
                key("ended-back"),
            ),
            StateName::FailedBeforeSend => ended(
                "care",
                key("ended-not-sent-stamp"),
                key("ended-not-sent"),
                vec![of_app(key("ended-not-sent-text")), t.say("ended-not-sent-next")],
                key("ended-start-again"),
            ),
            StateName::OutcomeUnknown => ended(
                "care",
                key("ended-unknown-stamp"),
                key("ended-unknown"),
                vec![of_app(key("ended-unknown-text")), of_app(key("ended-unknown-next"))],
                key("ended-check"),
            ),
        }
    }
}

/// The key of the title, and the sentences.
fn rejected(app: &str, reason: Option<&str>, t: Text) -> (&'static str, Vec<String>) {
    match reason {
        Some("not_me") => (
            key("ended-not-me"),
            vec![t.tell("ended-not-me-text", "app", app), t.tell("ended-not-me-next", "app", app)],
        ),
        Some(reason) => (
            key("ended-rejected"),
            vec![
                t.tell("ended-rejected-text", "app", app),
                t.tell("ended-rejected-reason", "reason", visible(reason, 1000)),
            ],
        ),
        None => (key("ended-rejected"), vec![t.tell("ended-rejected-text", "app", app)]),
    }
}

#[cfg(test)]
mod tests;
