//! A request is held, and its client told: by a page that goes on to the prompt, a problem document, a wait, or a 202.
//!
//! **Invariant:** the hold is durable before a byte of the answer is written; its credentials are in that answer only.

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
use crate::flow::view::{Choice, Remembers};
use crate::identity::Principal;
use crate::policy::{self, ClientMode};
use crate::request::{Canonical, Head};

use super::apps::App;
use super::refusal::{Kind, Refusal, is_navigation};
use super::stage::{Context, Stage};
use super::{credential, guarded, page, provenance, waiting, write};

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
) -> pingora::Result<()> {
    let Wanted { head, held, principal, body, terms } = wanted;
    let manner = manner(session, held.requirement.client);
    let origin = Origin::new(head.scheme, &head.host);
    let client = match manner {
        Manner::Page => Client::Navigation(
            credential::browser_key(&session.req_header().headers, ctx.arrival.scheme).map(str::to_owned),
        ),
        Manner::Problem | Manner::Wait(_) | Manner::Accepted => Client::Script,
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
    };
    let outcome = match flows.hold(asked).await {
        Ok(outcome) => outcome,
        Err(error) => return guarded::refused(session, ctx, flows, guarded::unavailable(&error)).await,
    };
    let refusal = match outcome {
        Outcome::Held(ticket) => {
            tracing::info!(held = %ticket.id, app = app.settings.name, user = %principal.user, "held");
            return tell(session, ctx, app, flows, &principal, *ticket, manner).await;
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
    refusal.answer(session, ctx).await
}

fn manner(session: &Session, mode: ClientMode) -> Manner {
    let headers = &session.req_header().headers;
    let prefer = |wanted: &str| -> Option<String> {
        let lines = headers.get_all("prefer");
        let texts = lines.iter().filter_map(|line| line.to_str().ok());
        texts.flat_map(|line| line.split(',')).find_map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().trim_matches('"').to_owned())
        })
    };
    let wait = || {
        prefer("wait")
            .and_then(|seconds| seconds.parse::<u32>().ok())
            .map(|seconds| seconds.min(waiting::LONGEST))
    };
    match mode {
        ClientMode::Page => Manner::Page,
        ClientMode::Wait => Manner::Wait(wait().unwrap_or(waiting::LONGEST)),
        ClientMode::Accepted => Manner::Accepted,
        ClientMode::Auto if is_navigation(headers) => Manner::Page,
        ClientMode::Auto => match wait() {
            Some(seconds) => Manner::Wait(seconds),
            None if prefer("respond-async").is_some() => Manner::Accepted,
            None => Manner::Problem,
        },
    }
}

async fn tell(
    session: &mut Session,
    ctx: &mut Context,
    app: &Arc<App>,
    flows: &Flows,
    principal: &Principal,
    ticket: Ticket,
    manner: Manner,
) -> pingora::Result<()> {
    ctx.stage = Stage::Answered;
    match manner {
        Manner::Page => tell_page(session, ctx, app, &ticket).await,
        Manner::Problem => tell_problem(session, flows, &ticket, 403, &[]).await,
        Manner::Accepted => {
            let location = format!("/.countersign/api/v1/held/{}", ticket.id);
            let more = [
                ("location", location.as_str()),
                ("preference-applied", "respond-async"),
                ("retry-after", "2"),
            ];
            tell_problem(session, flows, &ticket, 202, &more).await
        }
        Manner::Wait(seconds) => waiting::wait(session, ctx, app, flows, principal, &ticket, seconds).await,
    }
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

/// The problem document of a held request.
pub(super) async fn tell_problem(
    session: &mut Session,
    flows: &Flows,
    ticket: &Ticket,
    status: u16,
    more: &[(&'static str, &str)],
) -> pingora::Result<()> {
    let reference = Id::<Reference>::new(flows.now(), flows.entropy());
    tracing::info!(%reference, held = %ticket.id, status, "told that it is held");
    let problem = json!({
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
    let credential = format!("{}.{}", ticket.id, ticket.secret);
    let mut headers = vec![
        ("content-type", "application/problem+json"),
        ("cache-control", "no-store"),
        ("vary", "Prefer"),
        ("countersign-approval", credential.as_str()),
    ];
    headers.extend_from_slice(more);
    write::full(session, status, &headers, Bytes::from(problem.to_string())).await
}

/// For how long the same request will not be held again, once this one is approved; `null` where it will be.
pub(super) fn remembers(remembers: Option<Remembers>) -> Option<String> {
    remembers.filter(|remembers| remembers.whole).map(|remembers| remembers.span.to_string())
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
