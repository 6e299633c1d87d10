//! The templates' values, one struct for each template of `templates/portal/`, and how a page becomes an answer.
//!
//! **Invariant:** every template is rendered with hostile values by a test (`tests::nothing_breaks_out`): all text is
//! escaped by askama, no template turns that off.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::view::{ChoiceRow, Slip};
use crate::base::id::{Held, Id, Reference};
use crate::base::net::Origin;
use crate::base::text::visible;
use crate::flow::view::{HeldView, StateName};

/// What is held, and the authenticators to choose from.
#[derive(Template)]
#[template(path = "portal/prompt.html")]
pub(super) struct Prompt {
    pub(super) slip: Slip,
    pub(super) csrf: String,
    pub(super) choices: Vec<ChoiceRow>,
    /// Which step this is, from 1, and how many there are.
    pub(super) step: usize,
    pub(super) steps: usize,
    pub(super) notice: Option<&'static str>,
}

/// The code field of the chosen authenticator.
#[derive(Template)]
#[template(path = "portal/code.html")]
pub(super) struct Code {
    pub(super) slip: Slip,
    pub(super) csrf: String,
    pub(super) choice: ChoiceRow,
    /// Whether there is another to choose.
    pub(super) others: bool,
    pub(super) fault: Option<String>,
}

/// The chosen passkey: the page's script asks the browser for it.
#[derive(Template)]
#[template(path = "portal/passkey.html")]
pub(super) struct Passkey {
    pub(super) slip: Slip,
    pub(super) csrf: String,
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

/// Too many wrong answers.
#[derive(Template)]
#[template(path = "portal/pause.html")]
pub(super) struct Pause {
    pub(super) slip: Slip,
    pub(super) csrf: String,
    /// How long, in words and milliseconds; `None` when an operator must help.
    pub(super) wait: Option<(String, i64)>,
}

/// Decided: goes on to the application by itself where a browser waits there.
#[derive(Template)]
#[template(path = "portal/approved.html")]
pub(super) struct Approved {
    pub(super) slip: Slip,
}

/// Nothing left to decide.
#[derive(Template)]
#[template(path = "portal/ended.html")]
pub(super) struct Ended {
    slip: Slip,
    /// `good`, `stop` or `care`: the colour of the stamp.
    tone: &'static str,
    stamp: &'static str,
    title: &'static str,
    text: Vec<String>,
    /// The words of the link back.
    back: &'static str,
    /// Whether the page waits for the state to change.
    watch: bool,
}

/// A refusal that shows nothing of a held request.
#[derive(Template)]
#[template(path = "portal/notice.html")]
pub(super) struct Notice {
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    pub(super) next: &'static str,
    /// The prompt, where opening it again helps.
    pub(super) prompt: Option<Id<Held>>,
    pub(super) reference: Id<Reference>,
}

/// What this place is.
#[derive(Template)]
#[template(path = "portal/home.html")]
pub(super) struct Home {
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
            (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be made. Nothing was decided.")
                .into_response()
        }
    }
}

impl Ended {
    /// What became of `view`.
    pub(super) fn of(slip: Slip, view: &HeldView) -> Self {
        let app = slip.app.clone();
        let nothing = format!("nothing of it reached {app}.");
        let ended = |tone, stamp, title, text, back| Self {
            slip,
            tone,
            stamp,
            title,
            text,
            back,
            watch: matches!(view.state, StateName::Held | StateName::Approved | StateName::Forwarding),
        };
        match view.state {
            StateName::Held | StateName::Approved => ended(
                "good",
                "Open",
                "This is not over yet",
                vec!["Open the prompt again.".to_owned()],
                "Back to",
            ),
            StateName::Forwarding => ended(
                "good",
                "Sent",
                "It is being carried out",
                vec![format!("It was countersigned and sent to {app}, once. There is no answer yet.")],
                "Back to",
            ),
            StateName::Delivered => {
                let (good, text) = delivered(&app, view.outcome_status);
                let tone = if good { "good" } else { "care" };
                ended(tone, "Sent", "This was sent, once", vec![text], "Go on in")
            }
            StateName::Rejected => {
                let (title, text) = rejected(&app, view.reason.as_deref());
                ended("stop", "Rejected", title, text, "Back to")
            }
            StateName::Expired => ended(
                "stop",
                "Expired",
                "The time ran out",
                vec![
                    format!("It was not countersigned and released in time, so {nothing}"),
                    format!("If you still want it, do it again in {app}."),
                ],
                "Start again in",
            ),
            StateName::Cancelled => ended(
                "stop",
                "Cancelled",
                "You took it back",
                vec![format!("It was stopped: {nothing}")],
                "Back to",
            ),
            StateName::FailedBeforeSend => ended(
                "care",
                "Not sent",
                "It could not be sent",
                vec![
                    format!("It was countersigned, but the application could not be reached: {nothing}"),
                    "It will not be sent later by itself. Try again when the application works.".to_owned(),
                ],
                "Start again in",
            ),
            StateName::OutcomeUnknown => ended(
                "care",
                "Unknown",
                "We cannot know whether it was carried out",
                vec![
                    format!("It was sent to {app}, once, but the connection broke before the answer came."),
                    format!(
                        "Look in {app} whether it happened before you do it again. We never send it twice."
                    ),
                ],
                "Check in",
            ),
        }
    }
}

fn delivered(app: &str, status: Option<u16>) -> (bool, String) {
    match status {
        Some(status @ 400..) => (
            false,
            format!(
                "It reached {app}, which answered with an error (status {status}). Look there whether it happened."
            ),
        ),
        Some(_) => {
            (true, format!("It reached {app}, which has answered. Opening this page again sends nothing."))
        }
        None => (true, format!("It reached {app}. Opening this page again sends nothing.")),
    }
}

fn rejected(app: &str, reason: Option<&str>) -> (&'static str, Vec<String>) {
    match reason {
        Some("not_me") => (
            "You said that you did not do this",
            vec![
                format!("It was stopped and recorded: nothing of it reached {app}."),
                format!(
                    "Somebody else may be using your account. Log out of {app}, change your password, and tell \
                     your helpdesk."
                ),
            ],
        ),
        Some(reason) => (
            "It was rejected",
            vec![
                format!("It was stopped: nothing of it reached {app}."),
                format!("The reason given: {}", visible(reason, 1000)),
            ],
        ),
        None => ("It was rejected", vec![format!("It was stopped: nothing of it reached {app}.")]),
    }
}

#[cfg(test)]
mod tests;
