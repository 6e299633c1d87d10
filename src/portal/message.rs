//! The prompt's page for a code that was sent: where it went, the field, and another one after a while.
//!
//! **Invariant:** a code is sent by a form's POST only; what was asked for too soon shows the field again where the last code is still
//! good, and otherwise says that there is none.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::Portal;
use super::page::{Prompt, SentCode, page};
use super::view::{ChoiceRow, Slip};
use super::way::Way;
use crate::approval::PromptKey;
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
    whose: &PromptKey,
    t: Text,
    choice: ChoiceRow,
    to: Option<&str>,
    fault: Option<String>,
) -> SentCode {
    SentCode {
        t,
        slip: Slip::of(view, portal.flows.now(), t),
        way: Way::of(portal, view.id, whose),
        choice,
        to: to.map(str::to_owned),
        notice: None,
        others: view.choices.len() > 1,
        fault,
    }
}

/// Nothing was sent, and there is nothing to be typed: something else can be chosen.
pub(super) fn none(again: Prompt, (retry_after, why): (Span, &'static str)) -> Response {
    let notice = Some(none_sent(again.t, retry_after, why));
    told_to_wait(page(StatusCode::TOO_MANY_REQUESTS, &Prompt { notice, ..again }), retry_after)
}

/// Why there is no code to be typed.
pub(super) fn none_sent(t: Text, retry_after: Span, why: &str) -> String {
    let time = t.span(retry_after);
    match why {
        "resend" => t.tell(key("sent-wait-none"), "time", time),
        "request" => t.say(key("sent-wait-request")),
        _ => t.tell(key("sent-wait-many"), "time", time),
    }
}

/// Nothing was sent, not yet or not any more; the last code is still good.
pub(super) fn wait(
    portal: &Portal,
    view: &HeldView,
    whose: &PromptKey,
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
    let asking = SentCode { notice: Some(say), ..asking(portal, view, whose, t, choice, None, None) };
    told_to_wait(page(StatusCode::TOO_MANY_REQUESTS, &asking), retry_after)
}

fn told_to_wait(mut answer: Response, retry_after: Span) -> Response {
    let seconds = retry_after.seconds_up().max(1);
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    answer
}
