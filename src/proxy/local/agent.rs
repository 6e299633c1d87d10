//! What the agent in an application's page asks about a held call: its state while the prompt is open, and its end.
//!
//! **Invariant:** only a page of the application itself is answered, with the credential that came with the hold; it learns a state, opens the prompt,
//! and may give the request up. It can answer no prompt: that is done at the portal.

use bytes::Bytes;
use http::Method;
use http::header::ORIGIN;
use pingora::proxy::Session;
use serde_json::{Value, json};

use crate::base::id::{Id, Reference};
use crate::base::net::{Host, Origin};
use crate::flow::Flows;
use crate::flow::prompt::Claim;
use crate::flow::view::{HeldView, RejectReason, StateName};

use super::super::apps::App;
use super::super::refusal::{Kind, Refusal};
use super::super::stage::{Context, Stage};
use super::super::{guarded, intake, view, write};
use super::api::{self, Call};
use super::events;

/// Answers `held/{id}/events`, `…/prompt` and `…/cancel`; `rest` is what follows `/.countersign/agent/v1/`.
pub(super) async fn answer(
    session: &mut Session,
    ctx: &mut Context,
    app: &App,
    flows: &Flows,
    rest: &str,
) -> pingora::Result<()> {
    let found = if is_own(session, ctx) {
        api::find(session, ctx, app, flows, rest).await
    } else {
        Err(Refusal::new(Kind::CrossSite).because("Only the application's own pages may ask this."))
    };
    let call = match found {
        Ok(call) => call,
        Err(refusal) => return guarded::refused(session, ctx, flows, refusal).await,
    };
    let what = rest.splitn(3, '/').nth(2).unwrap_or_default().to_owned();
    match (session.req_header().method.clone(), what.as_str()) {
        (Method::GET, "events") => events::stream(session, ctx, app, flows, &call, state).await,
        (Method::POST, "prompt") => open_again(session, ctx, app, flows, &call).await,
        (Method::POST, "cancel") => give_up(session, ctx, app, flows, &call).await,
        _ => guarded::refused(session, ctx, flows, Refusal::new(Kind::NotFound)).await,
    }
}

/// The state, and nothing else: the page's scripts read it.
fn state(view: &HeldView) -> Value {
    json!({ "state": view.state.as_str() })
}

/// Where the prompt can be opened anew: a page that replaces all it has takes the frame with it, and a handoff serves once.
async fn open_again(
    session: &mut Session,
    ctx: &mut Context,
    app: &App,
    flows: &Flows,
    call: &Call,
) -> pingora::Result<()> {
    let name = &app.settings.name;
    let refusal = match flows.find_again(name, call.id, &call.principal, Claim::Secret(&call.secret)).await {
        Ok(Some(way)) => {
            let told = json!({ "url": way.url, "frame": way.frame });
            ctx.stage = Stage::Answered;
            let headers = [("content-type", "application/json"), ("cache-control", "no-store")];
            return write::full(session, 200, &headers, Bytes::from(told.to_string())).await;
        }
        Ok(None) => Refusal::new(Kind::NotFound),
        Err(error) => guarded::unavailable(&error),
    };
    guarded::refused(session, ctx, flows, refusal).await
}

/// Cancels it where it still waits. The answer is the one that the application gets for its call: not approved.
async fn give_up(
    session: &mut Session,
    ctx: &mut Context,
    app: &App,
    flows: &Flows,
    call: &Call,
) -> pingora::Result<()> {
    let name = &app.settings.name;
    let given = flows.api_reject(name, call.id, &call.principal, &call.secret, RejectReason::Cancelled).await;
    let refusal = match given {
        Ok(Some(state)) => {
            let summary = flows.held(name, call.id, &call.principal, Claim::Secret(&call.secret)).await;
            let summary = summary.ok().flatten().map(|view| view.summary.join("; ")).unwrap_or_default();
            return tell(session, ctx, flows, call, state, &summary).await;
        }
        Ok(None) => Refusal::new(Kind::NotFound),
        Err(error) => guarded::unavailable(&error),
    };
    guarded::refused(session, ctx, flows, refusal).await
}

async fn tell(
    session: &mut Session,
    ctx: &mut Context,
    flows: &Flows,
    call: &Call,
    state: StateName,
    summary: &str,
) -> pingora::Result<()> {
    let reference = Id::<Reference>::new(flows.now(), flows.entropy());
    tracing::info!(%reference, held = %call.id, state = state.as_str(), "given up in the page");
    let problem = json!({
        "reference": reference.to_string(),
        "type": "urn:countersign:problem:approval-required",
        "title": Kind::ApprovalRequired.title(),
        "status": 403,
        "detail": format!("Not approved: {summary}"),
        "held": { "id": call.id.to_string(), "state": state.as_str(), "summary": summary },
    });
    ctx.stage = Stage::Answered;
    let headers = [("content-type", "application/problem+json"), ("cache-control", "no-store")];
    write::full(session, 403, &headers, Bytes::from(problem.to_string())).await
}

/// Whether a page of this very origin asks, or something that is no browser.
fn is_own(session: &Session, ctx: &Context) -> bool {
    let head = session.req_header();
    if head.headers.contains_key("sec-fetch-site") {
        return view::only(&head.headers, "sec-fetch-site") == Some("same-origin");
    }
    if !head.headers.contains_key(ORIGIN) {
        return true;
    }
    let host = std::str::from_utf8(intake::host(head)).ok().and_then(|host| host.parse::<Host>().ok());
    let own = host.map(|host| Origin::new(ctx.arrival.scheme, &host));
    let named = view::only(&head.headers, "origin").and_then(|origin| origin.parse::<Origin>().ok());
    named.is_some() && named == own
}
