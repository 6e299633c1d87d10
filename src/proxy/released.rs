//! A release credential: judged, claimed, sent once, and its answer streamed; or the page that says what happened.
//!
//! **Invariant:** the fresh upstream connection is there before the claim; after the claim nothing is tried again.
//! **Invariant:** the identity is asked afresh; a body sent with the release is ignored.

use std::sync::Arc;

use bytes::Bytes;
use pingora::proxy::Session;

use crate::base::language::{Language, key};
use crate::connect::whoami::Freshness;
use crate::flow::Flows;
use crate::flow::release::{Judged, Presented, Ready};
use crate::flow::view::{HeldView, StateName};
use crate::identity::Principal;

use super::apps::App;
use super::credential::{self, Credential, Via};
use super::form::is_navigation;
use super::guard::Considered;
use super::preference::Preference;
use super::refusal::{Kind, Refusal};
use super::stage::{Context, Stage};
use super::waiting::Parked;
use super::{guarded, page, provenance, sending, write};

/// Decides about a request that carries a release credential: what is not decided yet, a script may wait for.
pub(super) async fn consider(
    session: &mut Session,
    ctx: &mut Context,
    app: &Arc<App>,
    flows: &Flows,
    credential: Credential,
) -> pingora::Result<Considered> {
    match judge(session, ctx, app, flows, &credential).await {
        Ok(found) => {
            let wait = Preference::of(&session.req_header().headers).wait;
            let waits = credential.via == Via::Header && matches!(found.what, What::Waiting(_));
            if waits && wait.is_some() {
                // A body is ignored here, and must be out of the way before a leaving client can be seen.
                write::linger(session).await;
            }
            let whole = session.req_header().version == http::Version::HTTP_2 || session.is_body_done();
            if let Some(seconds) = wait.filter(|_| waits && whole) {
                let parked = Parked::back(app, flows, found.principal, credential, seconds);
                return Ok(Considered::Parked(Box::new(parked)));
            }
            found.answer(session, ctx, app, flows).await?;
        }
        Err(refusal) => guarded::refused(session, ctx, flows, refusal).await?,
    }
    Ok(Considered::Answered)
}

/// Answers a request with a release credential as things stand.
pub(super) async fn answer(
    session: &mut Session,
    ctx: &mut Context,
    app: &Arc<App>,
    flows: &Flows,
    credential: Credential,
) -> pingora::Result<()> {
    match judge(session, ctx, app, flows, &credential).await {
        Ok(found) => found.answer(session, ctx, app, flows).await,
        Err(refusal) => guarded::refused(session, ctx, flows, refusal).await,
    }
}

/// A request of the client's own.
struct Found {
    principal: Principal,
    what: What,
}

/// Where it stands.
enum What {
    /// It may be sent.
    Ready(Box<Ready>),
    /// It waits for its proofs.
    Waiting(Box<HeldView>),
    /// The application has not taken it, and its user is told in a browser.
    Refused(Box<HeldView>),
}

impl Found {
    async fn answer(
        self: Box<Self>,
        session: &mut Session,
        ctx: &mut Context,
        app: &Arc<App>,
        flows: &Flows,
    ) -> pingora::Result<()> {
        match self.what {
            What::Ready(ready) => sending::release(session, ctx, app, flows, *ready, self.principal).await,
            What::Waiting(view) => {
                let refusal = waiting(&view, page::language(&session.req_header().headers));
                guarded::refused(session, ctx, flows, refusal).await
            }
            What::Refused(view) => tell_refused(session, ctx, &view, &[]).await,
        }
    }
}

/// The page of a request that was sent, and that the application did not take. `cookies` came with its answer.
pub(super) async fn tell_refused(
    session: &mut Session,
    ctx: &mut Context,
    view: &HeldView,
    cookies: &[String],
) -> pingora::Result<()> {
    ctx.stage = Stage::Answered;
    let t = page::text(&session.req_header().headers);
    let status = view.outcome_status.unwrap_or_default();
    let app = view.app_in(t.language());
    let Some(refused) = &view.refused else {
        return over(view, page::language(&session.req_header().headers)).answer(session, ctx).await;
    };
    let answered = match &refused.place {
        Some(place) => t.tell_all(
            key("gateway-refused-leads"),
            &[("app", app.to_owned()), ("status", status.to_string()), ("place", place.clone())],
        ),
        None => t.tell2(key("gateway-refused-answer"), "app", app, "status", status.to_string()),
    };
    let html = page::NotTakenPage {
        t,
        summary: view.summary_in(t.language()),
        answered,
        leads_to: refused.leads_to.as_deref(),
        answer: &format!("/.countersign/held/{}/response", view.id),
        input: &refused.input,
        more: refused.more,
    }
    .html();
    let mut headers = page::headers(t);
    headers.extend([("countersign-outcome", "refused")]);
    headers.extend(cookies.iter().map(|cookie| ("set-cookie", cookie.as_str())));
    write::full(session, Kind::AlreadyReleased.status(), &headers, Bytes::from(html)).await
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
        return Err(Refusal::new(Kind::NotHoldable).said(key("gateway-guess"), []));
    }
    if credential.via == Via::Query && (provenance::is_framed(head) || is_foreign(session)) {
        return Err(Refusal::new(Kind::CrossSite).said(key("gateway-release-foreign"), []));
    }
    let Some((id, secret)) = &credential.parsed else { return Err(Refusal::new(Kind::NotFound)) };
    let principal = guarded::identify(session, ctx, app, flows, Freshness::Afresh).await?;
    let Some(principal) = principal else { return Err(guarded::unknown_user()) };
    let browser = credential::browser_key(&head.headers, ctx.arrival.scheme);
    let presented = match credential.via {
        Via::Query => Presented::Navigation { secret, key: browser },
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
        Judged::Ready(ready) => Ok(Box::new(Found { what: What::Ready(ready), principal })),
        Judged::NotFound => Err(Refusal::new(Kind::NotFound)),
        Judged::OtherUrl(view) => {
            // Without the query, which may hold what a policy masks: this is logged.
            let line = view.request_line.split('?').next().unwrap_or_default();
            Err(Refusal::new(Kind::Conflict).said(key("gateway-other-request"), [("line", line.to_owned())]))
        }
        Judged::Waiting(view) => Ok(Box::new(Found { what: What::Waiting(view), principal })),
        Judged::Over(view) if view.refused.is_some() && is_navigation(&head.headers) => {
            Ok(Box::new(Found { what: What::Refused(view), principal }))
        }
        Judged::Over(view) => Err(over(&view, page::language(&head.headers))),
    }
}

/// A navigation that another site started. Our own return page is of the application's origin.
fn is_foreign(session: &Session) -> bool {
    let headers = &session.req_header().headers;
    headers.contains_key("sec-fetch-site")
        && !matches!(super::view::only(headers, "sec-fetch-site"), Some("same-origin" | "none"))
}

fn waiting(view: &HeldView, language: Option<Language>) -> Refusal {
    Refusal::new(Kind::Conflict)
        .said(key("gateway-waiting"), [("what", what(view, language))])
        // By this a script tells it from a release that somebody else has made.
        .retry_after(1)
        .link(format!("/.countersign/held/{}", view.id), key("gateway-to-approval"))
        .state(view)
}

/// What it does, on a page in its language.
fn what(view: &HeldView, language: Option<Language>) -> String {
    language.map_or_else(|| view.summary.join("; "), |language| view.summary_in(language).join("; "))
}

/// What became of a request that cannot be released (any more).
pub(super) fn over(view: &HeldView, language: Option<Language>) -> Refusal {
    let (kind, words) = match view.state {
        StateName::Held | StateName::Approved => (Kind::Conflict, key("gateway-over-open")),
        StateName::Forwarding => (Kind::AlreadyReleased, key("gateway-over-forwarding")),
        StateName::Delivered if view.refused.is_some() => {
            (Kind::AlreadyReleased, key("gateway-over-delivered-refused"))
        }
        StateName::Delivered if view.outcome_status.is_some_and(|status| status >= 400) => {
            (Kind::AlreadyReleased, key("gateway-over-delivered-error"))
        }
        StateName::Delivered => (Kind::AlreadyReleased, key("gateway-over-delivered")),
        StateName::OutcomeUnknown => (Kind::AlreadyReleased, key("gateway-over-unknown")),
        StateName::FailedBeforeSend => (Kind::AlreadyReleased, key("gateway-over-not-sent")),
        StateName::Rejected => (Kind::Rejected, key("gateway-over-rejected")),
        StateName::Cancelled => (Kind::Rejected, key("gateway-over-cancelled")),
        StateName::Expired => (Kind::Expired, key("gateway-over-expired")),
        StateName::FailedOver => (Kind::Expired, key("gateway-over-failed-over")),
    };
    let status = view.outcome_status.map(|status| status.to_string()).unwrap_or_default();
    let values = [("what", what(view, language)), ("status", status)];
    let refusal = Refusal::new(kind).said(words, values).state(view);
    if view.state == StateName::Delivered {
        refusal.link(format!("/.countersign/held/{}/response", view.id), key("gateway-show-answer"))
    } else {
        refusal.link("/", key("gateway-back-to-app"))
    }
}
