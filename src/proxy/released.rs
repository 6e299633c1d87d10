//! A release credential: judged, claimed, sent once, and its answer streamed; or the page that says what happened.
//!
//! **Invariant:** the fresh upstream connection is there before the claim; after the claim nothing is tried again.
//! **Invariant:** the identity is asked afresh; a body sent with the release is ignored.

use std::sync::Arc;

use pingora::proxy::Session;

use crate::connect::whoami::Freshness;
use crate::flow::Flows;
use crate::flow::release::{Judged, Presented, Ready};
use crate::flow::view::{HeldView, StateName};
use crate::identity::Principal;

use super::apps::App;
use super::credential::{self, Credential, Via};
use super::refusal::{Kind, Refusal};
use super::stage::Context;
use super::{guarded, provenance, sending};

/// Answers a request that carries a release credential.
pub(super) async fn answer(
    session: &mut Session,
    ctx: &mut Context,
    app: &Arc<App>,
    flows: &Flows,
    credential: Credential,
) -> pingora::Result<()> {
    let refusal = match judge(session, ctx, app, flows, &credential).await {
        Ok(ready) => {
            let Found { ready, principal } = *ready;
            return sending::release(session, ctx, app, flows, ready, principal).await;
        }
        Err(refusal) => refusal,
    };
    guarded::refused(session, ctx, flows, refusal).await
}

struct Found {
    ready: Ready,
    principal: Principal,
}

async fn judge(
    session: &Session,
    ctx: &Context,
    app: &Arc<App>,
    flows: &Flows,
    credential: &Credential,
) -> Result<Box<Found>, Refusal> {
    let head = session.req_header();
    if provenance::is_speculative(head) {
        return Err(Refusal::new(Kind::NotHoldable).because("A browser's guess releases nothing."));
    }
    if credential.via == Via::Query && (provenance::is_framed(head) || is_foreign(session)) {
        return Err(Refusal::new(Kind::CrossSite)
            .because("The release did not come from the application's own page."));
    }
    let Some((id, secret)) = &credential.parsed else { return Err(Refusal::new(Kind::NotFound)) };
    let principal = guarded::identify(session, ctx, app, flows, Freshness::Afresh).await?;
    let Some(principal) = principal else { return Err(guarded::unknown_user()) };
    let key = credential::browser_key(&head.headers, ctx.arrival.scheme);
    let presented = match credential.via {
        Via::Query => Presented::Navigation { secret, key },
        Via::Header => Presented::Script { secret },
    };
    let judged = flows
        .judge_release(
            &app.settings.name,
            *id,
            &principal,
            presented,
            head.method.as_str(),
            &credential.target,
        )
        .await
        .map_err(|error| guarded::unavailable(&error))?;
    match judged {
        Judged::Ready(ready) => Ok(Box::new(Found { ready: *ready, principal })),
        Judged::NotFound => Err(Refusal::new(Kind::NotFound)),
        Judged::OtherUrl(view) => {
            // Without the query, which may hold what a policy masks: this is logged.
            let line = view.request_line.split('?').next().unwrap_or_default();
            Err(Refusal::new(Kind::Conflict)
                .because(format!("This credential belongs to another request: {line}.")))
        }
        Judged::Waiting(view) => Err(waiting(&view)),
        Judged::Over(view) => Err(over(&view)),
    }
}

/// A navigation that another site started. Our own return page is of the application's origin.
fn is_foreign(session: &Session) -> bool {
    let headers = &session.req_header().headers;
    headers.contains_key("sec-fetch-site")
        && !matches!(super::view::only(headers, "sec-fetch-site"), Some("same-origin" | "none"))
}

fn waiting(view: &HeldView) -> Refusal {
    Refusal::new(Kind::Conflict)
        .because(format!("This is still waiting for its approval: {}.", view.summary.join("; ")))
        .link(format!("/.countersign/held/{}", view.id), "To the approval")
        .state(view)
}

/// What became of a request that cannot be released (any more).
pub(super) fn over(view: &HeldView) -> Refusal {
    let what = view.summary.join("; ");
    let (kind, words) = match view.state {
        StateName::Held | StateName::Approved => {
            (Kind::Conflict, format!("The state does not allow this: {what}."))
        }
        StateName::Forwarding => (
            Kind::AlreadyReleased,
            format!("This was released and is being carried out: {what}. It is never executed twice."),
        ),
        StateName::Delivered => (Kind::AlreadyReleased, delivered(&what, view.outcome_status)),
        StateName::OutcomeUnknown => (
            Kind::AlreadyReleased,
            format!(
                "This was released, and it is not known whether the application carried it out: {what}. Look there before you try again."
            ),
        ),
        StateName::FailedBeforeSend => (
            Kind::AlreadyReleased,
            format!(
                "This was released, but nothing reached the application: {what}. Start again from the application."
            ),
        ),
        StateName::Rejected => (Kind::Rejected, format!("The application never received it: {what}.")),
        StateName::Cancelled => {
            (Kind::Rejected, format!("You took it back, and the application never received it: {what}."))
        }
        StateName::Expired => {
            (Kind::Expired, format!("The time for this ran out: {what}. Nothing was passed on."))
        }
    };
    let refusal = Refusal::new(kind).because(words).state(view);
    if view.state == StateName::Delivered {
        refusal.link(format!("/.countersign/held/{}/response", view.id), "Show the application's answer")
    } else {
        refusal.link("/", "Back to the application")
    }
}

fn delivered(what: &str, status: Option<u16>) -> String {
    match status {
        Some(status @ 400..) => format!(
            "This was sent once: {what}. The application answered with an error (status {status}); look there whether it happened. \
             It is never executed twice."
        ),
        Some(_) | None => format!("This was carried out once: {what}. It is never executed twice."),
    }
}
