//! The JSON API under `/.countersign/api/v1/`, for scripts and command-line clients.
//!
//! **Invariant:** the identity is the application's own, and each call carries the release credential; a page's script is refused
//! (it would carry Origin or Sec-Fetch-Site), so that no script of an application can answer a prompt.

use bytes::Bytes;
use http::Method;
use pingora::proxy::Session;
use serde_json::{Value, json};

use crate::base::id::{Authenticator, Challenge, Held, Id};
use crate::factors::Response;
use crate::flow::Flows;
use crate::flow::challenge::{Begun, Public};
use crate::flow::prompt::Claim;
use crate::flow::view::{Answered, HeldView, NotYours, RejectReason, StateName};
use crate::identity::Principal;

use super::super::apps::App;
use super::super::refusal::{Kind, Refusal};
use super::super::stage::{Context, Stage};
use super::super::{credential, guarded, hold, view, write};
use super::{events, pages};

/// The most of a call's body.
const MOST: usize = 16 * 1024;

/// One call.
pub(super) struct Call {
    pub(super) id: Id<Held>,
    pub(super) secret: String,
    pub(super) principal: Principal,
}

/// Answers `held/{id}…`; `rest` is what follows `/.countersign/api/v1/`.
pub(super) async fn answer(
    session: &mut Session,
    ctx: &mut Context,
    app: &App,
    flows: &Flows,
    rest: &str,
) -> pingora::Result<()> {
    let found = if is_of_a_page(session) {
        Err(Refusal::new(Kind::CrossSite).because(
            "This interface is for scripts and command-line clients, not for the pages of an application.",
        ))
    } else {
        find(session, ctx, app, flows, rest).await
    };
    let call = match found {
        Ok(call) => call,
        Err(refusal) => return guarded::refused(session, ctx, flows, refusal).await,
    };
    let what = rest.splitn(3, '/').nth(2).unwrap_or_default().to_owned();
    let method = session.req_header().method.clone();
    let reply = match (method, what.as_str()) {
        (Method::GET, "") => look(app, flows, &call).await,
        (Method::GET, "events") => return events::stream(session, ctx, app, flows, &call, document).await,
        (Method::GET, "response") => {
            return match flows
                .kept(&app.settings.name, call.id, &call.principal, Claim::Secret(&call.secret))
                .await
            {
                Ok(Some(kept)) => {
                    ctx.stage = Stage::Answered;
                    write::kept(session, kept).await
                }
                Ok(None) => pages::not_found(session, ctx).await,
                Err(error) => guarded::unavailable(&error).answer(session, ctx).await,
            };
        }
        (Method::POST, "challenges") => match body(session).await? {
            Some(body) => challenge(app, flows, &call, &body).await,
            None => Err(unreadable()),
        },
        (Method::POST, "answers") => match body(session).await? {
            Some(body) => decide(app, flows, &call, &body).await,
            None => Err(unreadable()),
        },
        (Method::POST, "reject") => match body(session).await? {
            Some(body) => reject(app, flows, &call, &body).await,
            None => Err(unreadable()),
        },
        _ => Err(Refusal::new(Kind::NotFound)),
    };
    match reply {
        Ok((status, value)) => {
            ctx.stage = Stage::Answered;
            let headers = [("content-type", "application/json"), ("cache-control", "no-store")];
            write::full(session, status, &headers, Bytes::from(value.to_string())).await
        }
        Err(refusal) => guarded::refused(session, ctx, flows, refusal).await,
    }
}

/// Whether a page's script asks.
fn is_of_a_page(session: &Session) -> bool {
    let headers = &session.req_header().headers;
    headers.contains_key("origin") || headers.contains_key("sec-fetch-site")
}

/// The held request that a call names, its credential, and who calls.
pub(super) async fn find(
    session: &Session,
    ctx: &Context,
    app: &App,
    flows: &Flows,
    rest: &str,
) -> Result<Call, Refusal> {
    let headers = &session.req_header().headers;
    let mut parts = rest.split('/');
    let (Some("held"), Some(id)) = (parts.next(), parts.next()) else {
        return Err(Refusal::new(Kind::NotFound));
    };
    let given = view::only(headers, credential::HEADER).and_then(credential::parse);
    let (Ok(id), Some((of, secret))) = (id.parse::<Id<Held>>(), given) else {
        return Err(Refusal::new(Kind::NotFound));
    };
    if of != id {
        return Err(Refusal::new(Kind::NotFound));
    }
    let principal = pages::creator(session, ctx, app, flows).await?;
    Ok(Call { id, secret, principal })
}

async fn body(session: &mut Session) -> pingora::Result<Option<Value>> {
    let mut bytes = Vec::new();
    while let Some(piece) = session.read_request_body().await? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > MOST {
            return Ok(None);
        }
    }
    Ok(serde_json::from_slice(&bytes).ok().filter(Value::is_object))
}

fn unreadable() -> Refusal {
    Refusal::new(Kind::UnreadableBody).because("The body must be a JSON object of at most 16 KiB.")
}

type Reply = Result<(u16, Value), Refusal>;

async fn look(app: &App, flows: &Flows, call: &Call) -> Reply {
    let found = flows.held(&app.settings.name, call.id, &call.principal, Claim::Secret(&call.secret)).await;
    match found.map_err(|error| guarded::unavailable(&error))? {
        Some(view) => Ok((200, document(&view))),
        None => Err(Refusal::new(Kind::NotFound)),
    }
}

/// A held request as the API shows it.
pub(super) fn document(view: &HeldView) -> Value {
    json!({
        "id": view.id.to_string(),
        "state": view.state.as_str(),
        "summary": view.summary.join("\n"),
        "fields": hold::fields(&view.show),
        "digest": view.digest,
        "steps": view.steps.iter().map(|step| json!({ "self": step.factors, "done": step.done })).collect::<Value>(),
        "authenticators": hold::choices(&view.choices),
        "expires_at": view.expires_at.map(|at| at.to_string()),
        "outcome": hold::outcome(view),
        "reason": view.reason,
        "remembers": hold::remembers(view.remembers),
    })
}

fn authenticator(body: &Value) -> Result<Id<Authenticator>, Refusal> {
    let id = body.get("authenticator").and_then(Value::as_str).and_then(|id| id.parse().ok());
    id.ok_or_else(|| {
        Refusal::new(Kind::UnreadableBody)
            .because("`authenticator` must be the id of one of the authenticators.")
    })
}

/// Begins whatever the authenticator needs to be answered.
async fn challenge(app: &App, flows: &Flows, call: &Call, body: &Value) -> Reply {
    let wanted = authenticator(body)?;
    let begun = flows.api_begin(&app.settings.name, call.id, &call.principal, &call.secret, wanted).await;
    let begun =
        begun.map_err(|error| guarded::unavailable(&error))?.ok_or_else(|| Refusal::new(Kind::NotFound))?;
    match begun {
        Begun::Ready(ready) => Ok((
            200,
            json!({
                "challenge": ready.challenge.map(|id| id.to_string()),
                "kind": ready.kind.as_str(),
                "public": public(&ready.public),
                "expires_at": ready.expires_at.map(|at| at.to_string()),
            }),
        )),
        Begun::NotWaiting(state) => Err(not_waiting(state)),
        Begun::NotOffered => {
            Err(Refusal::new(Kind::Conflict).because("This authenticator does not count for this request."))
        }
        Begun::Wait { retry_after, why, .. } => {
            Err(Refusal::new(Kind::Throttled).retry_after(retry_after.seconds_up()).member("reason", why))
        }
    }
}

/// What a client needs to answer.
fn public(public: &Public) -> Value {
    match public {
        Public::Code { digits } => json!({ "digits": digits }),
        Public::Sent { to, digits, resend_after } => {
            json!({ "to": to, "digits": digits, "resend_after": resend_after.seconds_up() })
        }
        Public::Passkey { options } => options.clone(),
        Public::Phone { number, rung } => json!({ "number": number, "rung": rung }),
    }
}

async fn decide(app: &App, flows: &Flows, call: &Call, body: &Value) -> Reply {
    let challenge: Option<Id<Challenge>> = match body.get("challenge") {
        None | Some(Value::Null) => None,
        Some(id) => Some(id.as_str().and_then(|id| id.parse().ok()).ok_or_else(|| {
            Refusal::new(Kind::UnreadableBody).because("`challenge` must be the id of a challenge.")
        })?),
    };
    let response = match (body.get("code"), body.get("assertion")) {
        (Some(Value::String(code)), None) => Response::typed(code),
        (None, Some(assertion @ Value::Object(_))) => Response::assertion(&assertion.to_string()),
        _ => {
            return Err(Refusal::new(Kind::UnreadableBody).because(
                "Give either `code`, the code of the authenticator as text, or `assertion`, the passkey's answer as an object.",
            ));
        }
    };
    let wanted = match (body.get("authenticator"), challenge) {
        // The challenge says whom it asks.
        (None, Some(challenge)) => {
            let asked = flows.asked_by(&call.principal, challenge).await;
            asked.map_err(|error| guarded::unavailable(&error))?.ok_or_else(over)?
        }
        _ => authenticator(body)?,
    };
    let given = (challenge, response);
    let answered =
        flows.api_answer(&app.settings.name, call.id, &call.principal, &call.secret, wanted, given).await;
    let answered = answered
        .map_err(|error| guarded::unavailable(&error))?
        .ok_or_else(|| Refusal::new(Kind::NotFound))?;
    match answered {
        Answered::Approved => Ok((200, json!({ "state": "approved" }))),
        Answered::StepDone => Ok((200, json!({ "state": "held" }))),
        Answered::Wrong { left } => Err(Refusal::new(Kind::WrongAnswer)
            .because(format!("The code is wrong, or has been used. Tries left before a pause: {left}."))),
        Answered::Throttled { retry_after } => {
            Err(Refusal::new(Kind::Throttled).retry_after(retry_after.seconds_up()))
        }
        Answered::Locked => Err(Refusal::new(Kind::Throttled)
            .because("Too many wrong answers. An operator must unblock you.")
            .retry_after(3600)),
        Answered::NotOffered => {
            Err(Refusal::new(Kind::Conflict).because("This authenticator does not count for this request."))
        }
        Answered::NotWaiting(state) => Err(not_waiting(state)),
    }
}

/// A challenge that was answered, has expired or never was: the three are not told apart.
fn over() -> Refusal {
    Refusal::new(Kind::Conflict).because("There is no such challenge (any more): begin another.")
}

async fn reject(app: &App, flows: &Flows, call: &Call, body: &Value) -> Reply {
    let reason = match body.get("reason").and_then(Value::as_str) {
        Some("not_me") => RejectReason::NotMe,
        Some("cancelled") => RejectReason::Cancelled,
        Some(text) => RejectReason::Text(text.to_owned()),
        None => return Err(Refusal::new(Kind::UnreadableBody).because("`reason` must be text.")),
    };
    let state = flows.api_reject(&app.settings.name, call.id, &call.principal, &call.secret, reason).await;
    match state.map_err(|error| guarded::unavailable(&error))? {
        Some(state @ (StateName::Rejected | StateName::Cancelled)) => {
            Ok((200, json!({ "state": state.as_str() })))
        }
        Some(state) => Err(not_waiting(state)),
        None => Err(Refusal::new(Kind::NotFound)),
    }
}

fn not_waiting(state: StateName) -> Refusal {
    let kind = match state {
        StateName::Held | StateName::Approved => Kind::Conflict,
        StateName::Forwarding
        | StateName::Delivered
        | StateName::FailedBeforeSend
        | StateName::OutcomeUnknown => Kind::AlreadyReleased,
        StateName::Rejected | StateName::Cancelled => Kind::Rejected,
        StateName::Expired | StateName::FailedOver => Kind::Expired,
    };
    Refusal::new(kind)
        .because(format!("The request is not waiting for an answer: it is {}.", state.as_str()))
        .member("state", state.as_str())
}

/// Somebody else's and nobody's are not told apart.
impl From<NotYours> for Refusal {
    fn from(_: NotYours) -> Self {
        Self::new(Kind::NotFound)
    }
}
