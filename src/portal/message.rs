//! The prompt's page for a code that was sent: where it went, the field, and another one after a while.
//!
//! **Invariant:** a code is sent by a form's POST only; what was asked for too soon shows the field again, for the last code is still good.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::Portal;
use super::page::{SentCode, page};
use super::view::{ChoiceRow, Slip};
use crate::base::id::{Authenticator, Id};
use crate::base::language::{Text, key};
use crate::base::time::Span;
use crate::flow::view::{HeldView, StateName};

/// Whether the chosen authenticator is an address that codes are sent to, and can still be used.
pub(super) fn is_chosen(view: &HeldView, chosen: Id<Authenticator>) -> bool {
    let found = view.choices.iter().find(|choice| choice.id == chosen);
    view.state == StateName::Held && found.is_some_and(|choice| matches!(choice.kind, "email" | "sms"))
}

/// The field for the code; `to` is where one was sent just now.
pub(super) fn asking(
    portal: &Portal,
    view: &HeldView,
    browser: &str,
    t: Text,
    choice: ChoiceRow,
    to: Option<&str>,
    fault: Option<String>,
) -> SentCode {
    SentCode {
        t,
        slip: Slip::of(view, portal.flows.now(), t),
        csrf: portal.flows.csrf(browser, view.id),
        choice,
        to: to.map(str::to_owned),
        others: view.choices.len() > 1,
        fault,
    }
}

/// Nothing was sent: not yet, or not any more.
pub(super) fn wait(
    portal: &Portal,
    view: &HeldView,
    browser: &str,
    t: Text,
    choice: ChoiceRow,
    (retry_after, why): (Span, &'static str),
) -> Response {
    let time = t.span(retry_after);
    let say = match why {
        "resend" => t.tell(key("sent-wait-resend"), "time", time),
        "request" => t.say(key("sent-wait-request")),
        _ => t.tell(key("sent-wait-many"), "time", time),
    };
    let mut answer =
        page(StatusCode::TOO_MANY_REQUESTS, &asking(portal, view, browser, t, choice, None, Some(say)));
    let seconds = retry_after.seconds_up().max(1);
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    answer
}
