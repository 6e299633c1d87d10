//! An address or number is shown to be the user's own: named, then the code that went there is typed.
//!
//! **Invariant:** only a form's POST sends anything; the address is never in a URL.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::page::{ContactCode, NameContact};
use super::{Outcome, answer, frame, go, with_session};
use crate::base::language::key;
use crate::base::text::Label;
use crate::factors::Factor;
use crate::factors::message::{Address, AddressError};
use crate::flow::account::enrol::Enrolled;
use crate::flow::enrol_contact::{ContactBegun, OwnContact};
use crate::portal::Portal;
use crate::portal::guard::{Audience, Fresh, Member};
use crate::portal::page::page;

/// An e-mail address, or a telephone number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::portal) enum Kind {
    /// `/account/add/email`
    Email,
    /// `/account/add/sms`
    Sms,
}

impl Kind {
    fn factor(self) -> Factor {
        match self {
            Self::Email => Factor::Email,
            Self::Sms => Factor::Sms,
        }
    }

    fn parse(self, text: &str) -> Result<Address, AddressError> {
        match self {
            Self::Email => Address::email(text),
            Self::Sms => Address::phone(text),
        }
    }
}

/// `GET /account/add/{email,sms}`.
pub(in crate::portal) fn show(portal: &Portal, who: &Audience<Fresh>, kind: Kind) -> Response {
    named(portal, who.known(), kind, StatusCode::OK, None)
}

/// `POST /account/add/{email,sms}`: sends a code, or takes it.
pub(in crate::portal) async fn submit(portal: Arc<Portal>, who: Audience<Fresh>, kind: Kind) -> Response {
    let member = who.known();
    let outcome = match member.caller.field("contact") {
        Some(contact) => finish(&portal, member, kind, contact).await,
        None => begin(&portal, member, kind).await,
    };
    answer(&portal, member.caller.t, outcome)
}

async fn begin(portal: &Portal, member: &Member, kind: Kind) -> Outcome {
    let t = member.caller.t;
    let unfit = StatusCode::UNPROCESSABLE_ENTITY;
    let Ok(to) = kind.parse(member.caller.field("address").unwrap_or_default().trim()) else {
        let say = if kind == Kind::Email { key("message-unfit-email") } else { key("message-unfit-sms") };
        return Ok(named(portal, member, kind, unfit, Some(t.say(say))));
    };
    Ok(match portal.flows.contact_begin(&member.opened.user.name, &to).await? {
        ContactBegun::Sent { id, to, digits, .. } => {
            let hint = t.tell2("message-sent", "digits", digits, "to", to.as_str());
            asked(member, kind, StatusCode::OK, (&id.to_string(), &to), (hint, None))
        }
        ContactBegun::Unreachable => named(portal, member, kind, unfit, Some(t.say("message-unreachable"))),
        ContactBegun::Known => named(portal, member, kind, unfit, Some(t.say("message-known"))),
        ContactBegun::Enough => named(portal, member, kind, unfit, Some(t.say("account-too-many"))),
        ContactBegun::Wait { retry_after, .. } => {
            let say = t.tell("message-wait-address", "time", t.span(retry_after));
            let mut answer = named(portal, member, kind, StatusCode::TOO_MANY_REQUESTS, Some(say));
            let seconds = retry_after.seconds_up().max(1);
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            answer
        }
    })
}

async fn finish(portal: &Portal, member: &Member, kind: Kind, contact: &str) -> Outcome {
    let (t, caller) = (member.caller.t, &member.caller);
    let gone = StatusCode::CONFLICT;
    let Ok(id) = contact.parse() else {
        return Ok(named(portal, member, kind, gone, Some(t.say("message-gone"))));
    };
    let label = caller.field("label").map(str::trim).filter(|label| !label.is_empty());
    let Ok(label) = label.map(Label::parse).transpose() else {
        let said = (t.say("message-sent-last"), Some(t.say("account-label-unfit")));
        return Ok(asked(member, kind, StatusCode::UNPROCESSABLE_ENTITY, (contact, ""), said));
    };
    let code = caller.field("code").unwrap_or_default();
    Ok(match portal.flows.contact_finish_own(&member.opened, id, code, label).await? {
        OwnContact::Enrolled(Enrolled::Done { cookie, .. }) => {
            let on = go("/account?done=added");
            match cookie {
                Some(cookie) => with_session(portal, &cookie, on),
                None => on,
            }
        }
        OwnContact::Enrolled(Enrolled::Ended) => go("/account"),
        OwnContact::Enrolled(Enrolled::TooMany) => {
            named(portal, member, kind, StatusCode::UNPROCESSABLE_ENTITY, Some(t.say("account-too-many")))
        }
        OwnContact::Wrong { left } if left > 0 => {
            let said = (t.say("message-sent-last"), Some(t.tell("message-wrong", "left", left)));
            asked(member, kind, StatusCode::UNPROCESSABLE_ENTITY, (contact, ""), said)
        }
        // Only a code generator is given a code of its own.
        OwnContact::Wrong { .. } | OwnContact::Gone | OwnContact::Enrolled(Enrolled::WrongCode) => {
            named(portal, member, kind, gone, Some(t.say("message-gone")))
        }
    })
}

/// The form for the address.
fn named(
    portal: &Portal,
    member: &Member,
    kind: Kind,
    status: StatusCode,
    fault: Option<String>,
) -> Response {
    let t = member.caller.t;
    let reached = portal.flows.can_send(kind.factor());
    let address: String = member.caller.field("address").unwrap_or_default().chars().take(254).collect();
    let is_email = kind == Kind::Email;
    let hindered = (!reached).then(|| t.say("message-unreachable"));
    page(status, &NameContact { t, frame: frame(member, "account"), is_email, address, hindered, fault })
}

/// The form for the code.
fn asked(
    member: &Member,
    kind: Kind,
    status: StatusCode,
    (contact, to): (&str, &str),
    (hint, fault): (String, Option<String>),
) -> Response {
    let label: String = member.caller.field("label").unwrap_or_default().chars().take(64).collect();
    let contents = ContactCode {
        t: member.caller.t,
        frame: frame(member, "account"),
        is_email: kind == Kind::Email,
        contact: contact.to_owned(),
        label: if label.is_empty() { to.to_owned() } else { label },
        hint,
        fault,
    };
    page(status, &contents)
}
