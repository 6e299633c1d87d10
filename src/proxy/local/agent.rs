//! What the agent in an application's page (`templates/proxy/agent.js`) asks about a held call: its state, a new address for the prompt, its end.
//!
//! **Invariant:** only a page of the application itself is answered, with the credential that came with the hold; it learns a state, opens
//! the prompt anew, and may give the request up. It can answer no prompt: that is done at the portal (`tests/it/agent.rs`).

use bytes::Bytes;
use http::Method;
use http::header::ORIGIN;
use pingora::proxy::Session;
use serde_json::{Value, json};

use crate::base::id::{Id, Reference};
use crate::base::net::{Host, Origin};
use crate::flow::Flows;
use crate::flow::prompt::Claim;
use crate::flow::view::{HeldView, RejectReason};

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
    let reply = match (session.req_header().method.clone(), what.as_str()) {
        (Method::GET, "events") => return events::stream(session, ctx, app, flows, &call, state).await,
        (Method::POST, "prompt") => open_again(app, flows, &call).await,
        (Method::POST, "cancel") => give_up(app, flows, &call).await,
        _ => Err(Refusal::new(Kind::NotFound)),
    };
    match reply {
        Ok((status, kind, told)) => {
            ctx.stage = Stage::Answered;
            let headers = [("content-type", kind), ("cache-control", "no-store")];
            write::full(session, status, &headers, Bytes::from(told.to_string())).await
        }
        Err(refusal) => guarded::refused(session, ctx, flows, refusal).await,
    }
}

/// Status, media type and document.
type Reply = Result<(u16, &'static str, Value), Refusal>;

/// The state, and nothing else: the page's scripts read it.
fn state(view: &HeldView) -> Value {
    json!({ "state": view.state.as_str() })
}

/// Where the prompt can be opened anew: a page that replaces all it has takes the frame with it, and a handoff serves once.
async fn open_again(app: &App, flows: &Flows, call: &Call) -> Reply {
    let claim = Claim::Secret(&call.secret);
    let found = flows.find_again(&app.settings.name, call.id, &call.principal, claim).await;
    let way = found.map_err(|error| guarded::unavailable(&error))?;
    let way = way.ok_or_else(|| Refusal::new(Kind::NotFound))?;
    Ok((200, "application/json", json!({ "url": way.url, "frame": way.frame })))
}

/// Cancels it where it still waits. The answer is the one that the application gets for its call: not approved.
async fn give_up(app: &App, flows: &Flows, call: &Call) -> Reply {
    let (name, secret) = (&app.settings.name, &call.secret);
    let given = flows.api_reject(name, call.id, &call.principal, secret, RejectReason::Cancelled).await;
    let state = given.map_err(|error| guarded::unavailable(&error))?;
    let state = state.ok_or_else(|| Refusal::new(Kind::NotFound))?;
    let view = flows.held(name, call.id, &call.principal, Claim::Secret(secret)).await;
    let summary = view.ok().flatten().map(|view| view.summary.join("; ")).unwrap_or_default();
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
    Ok((403, "application/problem+json", problem))
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
