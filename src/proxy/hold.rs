//! A request is held, and its client told: by a page that goes on to the prompt, a problem document or a text, a wait, or a 202.
//!
//! **Invariant:** the hold is durable before a byte of the answer is written; its credentials are in that answer only.
//! **Invariant:** it is 403 for a client with a bearer token too, with the challenge of RFC 9470 beside it ([`challenge`]).

use std::sync::Arc;

use bytes::Bytes;
use pingora::proxy::Session;
use serde_json::{Value, json};

use crate::base::id::{Id, Reference};
use crate::base::language::key;
use crate::base::net::Origin;
use crate::flow::Flows;
use crate::flow::admit::{Asked, Client, Outcome, Ticket, Whose};
use crate::flow::grant::Terms;
use crate::flow::spool::Spooled;
use crate::flow::view::{Choice, HeldView, Remembers};
use crate::identity::Principal;
use crate::policy::success::Input;
use crate::policy::{self, ClientMode};
use crate::request::{Canonical, Head};

use super::apps::App;
use super::form::{Form, is_navigation};
use super::guard::Considered;
use super::preference::Preference;
use super::refusal::{Kind, Refusal};
use super::stage::{Context, Stage};
use super::waiting::{Parked, Told};
use super::{credential, guarded, page, provenance, terminal, write};

/// A request that may be held.
pub(super) struct Wanted {
    pub(super) head: Head,
    pub(super) held: policy::Held,
    pub(super) principal: Principal,
    pub(super) body: Spooled,
    pub(super) terms: Terms,
}

/// How the client is told.
enum Manner {
    Page,
    Problem,
    Wait(u32),
    Accepted,
}

/// Holds a request and answers its client.
pub(super) async fn hold(
    session: &mut Session,
    ctx: &mut Context,
    app: &Arc<App>,
    flows: &Flows,
    wanted: Wanted,
) -> pingora::Result<Considered> {
    let Wanted { head, held, principal, body, terms } = wanted;
    let manner = manner(session, held.requirement.client);
    let masks = !held.masked.is_empty();
    let origin = Origin::new(head.scheme, &head.host);
    let spoken = origin.to_string();
    let client = match manner {
        Manner::Page => Client::Navigation(
            credential::browser_key(&session.req_header().headers, ctx.arrival.scheme).map(str::to_owned),
        ),
        Manner::Problem | Manner::Wait(_) | Manner::Accepted => Client::Script,
    };
    let input = if held.success.is_empty() {
        Input::default()
    } else {
        Input::of(&head, body.fields.as_ref(), &held.masked)
    };
    let canonical = Canonical::new(head, body.sha256, body.length);
    let asked = Asked {
        app: app.settings.clone(),
        origin,
        canonical,
        principal: principal.clone(),
        ruling: held,
        body,
        client,
        terms,
        input,
    };
    let outcome = match flows.hold(asked).await {
        Ok(outcome) => outcome,
        Err(error) => {
            guarded::refused(session, ctx, flows, guarded::unavailable(&error)).await?;
            return Ok(Considered::Answered);
        }
    };
    let refusal = match outcome {
        Outcome::Held(ticket) => {
            tracing::info!(held = %ticket.id, app = app.settings.name, user = %principal.user, "held");
            let told = Told { ticket, masks, origin: spoken };
            return tell(session, ctx, app, flows, principal, told, manner).await;
        }
        Outcome::UnknownUser => Refusal::new(Kind::UnknownUser)
            .said(key("gateway-no-such-user"), [("user", principal.user.to_string())]),
        Outcome::NoAuthenticator { accepted } => Refusal::new(Kind::NoAuthenticator)
            .said(key("gateway-no-authenticator-closer"), [("accepted", accepted.join(", "))])
            .link(format!("{}/account", flows.portal()), key("account-to-account")),
        Outcome::Quota { whose } => Refusal::new(Kind::Quota)
            .said(
                match whose {
                    Whose::User => key("gateway-quota-yours"),
                    Whose::All => key("gateway-quota-all"),
                },
                [],
            )
            .retry_after(60),
    };
    // Counted where it was found.
    refusal.answer(session, ctx).await?;
    Ok(Considered::Answered)
}

fn manner(session: &Session, mode: ClientMode) -> Manner {
    let headers = &session.req_header().headers;
    let preference = Preference::of(headers);
    match mode {
        ClientMode::Page => Manner::Page,
        ClientMode::Wait => Manner::Wait(preference.or_longest()),
        ClientMode::Accepted => Manner::Accepted,
        ClientMode::Auto if is_navigation(headers) => Manner::Page,
        ClientMode::Auto => match preference.wait {
            Some(seconds) => Manner::Wait(seconds),
            None if preference.respond_async => Manner::Accepted,
            None => Manner::Problem,
        },
    }
}

async fn tell(
    session: &mut Session,
    ctx: &mut Context,
    app: &Arc<App>,
    flows: &Flows,
    principal: Principal,
    told: Told,
    manner: Manner,
) -> pingora::Result<Considered> {
    ctx.stage = Stage::Answered;
    match manner {
        Manner::Page => tell_page(session, ctx, app, &told.ticket).await?,
        Manner::Problem => tell_problem(session, flows, &told, 403, &[]).await?,
        Manner::Accepted => {
            tell_accepted(session, flows, &told, &[("preference-applied", "respond-async")]).await?;
        }
        Manner::Wait(seconds) => {
            return Ok(Considered::Parked(Box::new(Parked::fresh(app, flows, principal, told, seconds))));
        }
    }
    Ok(Considered::Answered)
}

/// `202`, and where to look.
pub(super) async fn tell_accepted(
    session: &mut Session,
    flows: &Flows,
    told: &Told,
    more: &[(&'static str, &str)],
) -> pingora::Result<()> {
    let location = format!("/.countersign/api/v1/held/{}", told.ticket.id);
    let mut headers = vec![("location", location.as_str()), ("retry-after", "2")];
    headers.extend_from_slice(more);
    tell_problem(session, flows, told, 202, &headers).await
}

async fn tell_page(session: &mut Session, ctx: &Context, app: &App, ticket: &Ticket) -> pingora::Result<()> {
    // A frame is not led to the prompt: the portal cannot be framed. Its user follows the link out of it.
    let framed = provenance::is_framed(session.req_header());
    let refresh = if framed { page::Refresh::ByLink } else { page::Refresh::AtOnce };
    let t = page::text(&session.req_header().headers);
    let html = page::HeldPage {
        t,
        app: app.settings.title_in(t.language()),
        summary: ticket.summary_in(t.language()).lines().collect(),
        url: &ticket.url,
        refresh,
    }
    .html();
    let cookie =
        ticket.new_browser_key.as_ref().map(|key| credential::set_browser_key(key, ctx.arrival.scheme));
    let id = ticket.id.to_string();
    let mut headers = page::headers(t);
    headers.push(("countersign-held", id.as_str()));
    if let Some(cookie) = &cookie {
        headers.push(("set-cookie", cookie));
    }
    write::full(session, 403, &headers, Bytes::from(html)).await
}

/// The problem document of a held request, or the text for a terminal.
pub(super) async fn tell_problem(
    session: &mut Session,
    flows: &Flows,
    told: &Told,
    status: u16,
    more: &[(&'static str, &str)],
) -> pingora::Result<()> {
    let ticket = &*told.ticket;
    let reference = Id::<Reference>::new(flows.now(), flows.entropy());
    tracing::info!(%reference, held = %ticket.id, status, "told that it is held");
    let mut problem = json!({
        "reference": reference.to_string(),
        "type": "urn:countersign:problem:approval-required",
        "title": Kind::ApprovalRequired.title(),
        "status": status,
        "detail": format!("Approve it to go on: {}", ticket.summary.replace('\n', "; ")),
        "held": {
            "id": ticket.id.to_string(),
            "secret": ticket.secret,
            // What releases it: a client that was redirected knows neither.
            "method": session.req_header().method.as_str(),
            "target": String::from_utf8_lossy(session.req_header().raw_path()),
            "summary": ticket.summary,
            "fields": fields(&ticket.show),
            "url": ticket.url,
            "expires_at": ticket.expires_at.to_string(),
            "digest": ticket.digest,
            "authenticators": choices(&ticket.choices),
            "remembers": remembers(ticket.remembers),
        },
    });
    if let (Some(frame), Some(held)) = (&ticket.frame, problem.get_mut("held").and_then(Value::as_object_mut))
    {
        held.insert("frame".to_owned(), frame.as_str().into());
    }
    let credential = format!("{}.{}", ticket.id, ticket.secret);
    let head = session.req_header();
    let bearer = challenge(&head.headers, &ticket.url).filter(|_| status == 403);
    let mut headers = vec![("countersign-approval", credential.as_str())];
    headers.extend(bearer.as_deref().map(|bearer| ("www-authenticate", bearer)));
    headers.extend_from_slice(more);
    let body = if Form::of(&head.headers) == Form::Plain {
        let t = page::text(&head.headers);
        let target = String::from_utf8_lossy(head.raw_path()).into_owned();
        let shown = !told.masks || !target.contains('?');
        let url = shown.then(|| format!("{}{target}", told.origin));
        headers.extend(terminal::headers(t));
        terminal::Held { ticket, method: head.method.as_str(), url }.text(t)
    } else {
        headers.extend([
            ("content-type", "application/problem+json"),
            ("cache-control", "no-store"),
            ("vary", "Accept, Prefer"),
        ]);
        problem.to_string()
    };
    write::full(session, status, &headers, Bytes::from(body)).await
}

/// The challenge of RFC 9470 for a request that carried a bearer token: "the authentication event associated with the access token
/// presented with the request does not meet the authentication requirements of the protected resource" (§3).
///
/// The RFC shows it beside 401, with `acr_values` or `max_age`, by which a client gets itself a new token and tries again (§4). Neither
/// would help here: what is missing is an approval of this one request, which no token brings, and each new try would be held anew. So the
/// status is 403, for which a client does not fetch a token and try again by itself; RFC 9110 §11.6.1 allows the field in any answer,
/// and `error_uri` (RFC 6750 §3) leads a person to the prompt.
fn challenge(headers: &http::HeaderMap, url: &str) -> Option<String> {
    let line = super::view::only(headers, "authorization")?;
    let (scheme, _) = line.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| {
        format!(
            "Bearer error=\"insufficient_user_authentication\", error_description=\"a person must approve this request\", error_uri=\"{url}\""
        )
    })
}

/// For how long the same request will not be held again, once this one is approved; `null` where it will be.
pub(super) fn remembers(remembers: Option<Remembers>) -> Option<String> {
    remembers.filter(|remembers| remembers.whole).map(|remembers| remembers.span.to_string())
}

/// What came of it: the application's status, and whether that is success where the policies say so.
pub(super) fn outcome(view: &HeldView) -> Option<Value> {
    let status = view.outcome_status?;
    Some(match view.success {
        Some(success) => json!({ "status": status, "success": success }),
        None => json!({ "status": status }),
    })
}

/// Labels and values as a JSON object; a label that is there twice gets its values as one text.
pub(super) fn fields(show: &[(String, String)]) -> Value {
    let mut object = serde_json::Map::new();
    for (label, value) in show {
        match object.get_mut(label) {
            Some(Value::String(before)) => {
                before.push_str(", ");
                before.push_str(value);
            }
            _ => drop(object.insert(label.clone(), Value::String(value.clone()))),
        }
    }
    Value::Object(object)
}

/// Authenticators as JSON.
pub(super) fn choices(choices: &[Choice]) -> Value {
    choices
        .iter()
        .map(|one| json!({ "id": one.id.to_string(), "kind": one.kind, "label": one.label }))
        .collect()
}
