//! A passkey is enrolled: named, then made by the browser, which the page's script asks.
//!
//! **Invariant:** looking begins nothing; a form does, and the next form brings the browser's answer to it (`flow::enrol_passkey`).

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;

use super::page::{NamePasskey, NewPasskey};
use super::{Outcome, answer, frame, go, with_session};
use crate::base::language::{Text, key};
use crate::base::text::Label;
use crate::factors::passkey::{NoRelyingParty, Residence};
use crate::flow::account::enrol::Enrolled;
use crate::flow::enrol_passkey::NotEnrolled;
use crate::portal::Portal;
use crate::portal::guard::{Audience, Fresh, Member};
use crate::portal::page::page;

/// `GET /account/add/passkey`.
pub(in crate::portal) fn show(portal: &Portal, who: &Audience<Fresh>) -> Response {
    named(portal, who.known(), StatusCode::OK, None)
}

/// `POST /account/add/passkey`: begins, or brings what the browser answered.
pub(in crate::portal) async fn submit(portal: Arc<Portal>, who: Audience<Fresh>) -> Response {
    let member = who.known();
    let outcome = match member.caller.field("assertion") {
        Some(made) => finish(&portal, member, made).await,
        None => begin(&portal, member).await,
    };
    answer(&portal, member.caller.t, outcome)
}

async fn begin(portal: &Portal, member: &Member) -> Outcome {
    let (t, caller) = (member.caller.t, &member.caller);
    let label = caller.field("label").unwrap_or_default().trim();
    if !label.is_empty() && Label::parse(label).is_err() {
        return Ok(refused(portal, member, NotEnrolled::Label));
    }
    let residence =
        if caller.field("listed").is_some() { Residence::Preferred } else { Residence::Discouraged };
    let begun = portal.flows.begin_passkey_enrolment(&member.opened.user.name, residence).await?;
    Ok(match begun {
        Ok(enrolment) => {
            let contents = NewPasskey {
                t,
                frame: frame(member, "account"),
                label: label.to_owned(),
                enrolment: enrolment.id.to_string(),
                options: enrolment.options.to_string(),
                lasts: enrolment.expires_at.since(portal.flows.now()).millis(),
            };
            page(StatusCode::OK, &contents)
        }
        Err(why) => refused(portal, member, why),
    })
}

async fn finish(portal: &Portal, member: &Member, made: &str) -> Outcome {
    let caller = &member.caller;
    let Some(id) = caller.field("enrolment").and_then(|id| id.parse().ok()) else {
        return Ok(refused(portal, member, NotEnrolled::Gone));
    };
    let done = portal.flows.finish_passkey_enrolment(&member.opened, id, caller.field("label"), made).await?;
    Ok(match done {
        Ok(Enrolled::Done { id, cookie }) => {
            let on = go(&format!("/account/authenticators/{id}?done=added"));
            match cookie {
                Some(cookie) => with_session(portal, &cookie, on),
                None => on,
            }
        }
        Ok(Enrolled::Ended) => go("/account"),
        Ok(Enrolled::TooMany) => refused(portal, member, NotEnrolled::TooMany),
        // Only a code generator is given a code.
        Ok(Enrolled::WrongCode) => refused(portal, member, NotEnrolled::Gone),
        Err(why) => refused(portal, member, why),
    })
}

/// The first page again, with what was wrong.
fn refused(portal: &Portal, member: &Member, why: NotEnrolled) -> Response {
    if let NotEnrolled::Fault(fault) = why {
        tracing::info!(%fault, "a passkey was not enrolled");
    }
    named(portal, member, StatusCode::UNPROCESSABLE_ENTITY, Some(said(member.caller.t, why)))
}

fn named(portal: &Portal, member: &Member, status: StatusCode, fault: Option<String>) -> Response {
    let t = member.caller.t;
    let label = member.caller.field("label").unwrap_or_default().chars().take(64).collect();
    let hindered = portal.flows.relying_party().err().map(|why| said(t, why.into()));
    page(status, &NamePasskey { t, frame: frame(member, "account"), label, fault, hindered })
}

/// Why there is no passkey, in words.
fn said(t: Text, why: NotEnrolled) -> String {
    t.say(match why {
        NotEnrolled::NoRelyingParty(NoRelyingParty::Address) => key("passkey-add-address"),
        NotEnrolled::NoRelyingParty(NoRelyingParty::Insecure) => key("passkey-add-insecure"),
        NotEnrolled::TooMany => key("account-too-many"),
        NotEnrolled::NoUser | NotEnrolled::Gone => key("passkey-add-gone"),
        NotEnrolled::Label => key("account-label-unfit"),
        NotEnrolled::Fault(_) => key("passkey-add-wrong"),
        NotEnrolled::Taken => key("passkey-add-taken"),
    })
}
