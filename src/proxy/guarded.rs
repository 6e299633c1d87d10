//! A request that policies may be about: who asks, from where, with what body, and what the policies say.
//!
//! **Invariant:** nothing is held that another site's page caused, that a prefetch made, or that cannot be sent later (an upgrade).
//! **Invariant:** where a request comes from is judged before a grant is used (`tests/it/grants.rs`).
//! **Invariant:** observing changes nothing: what policies do is counted in memory (`tests/it/observed.rs`).
//! **Invariant:** the body of somebody unknown is read up to 64 KiB at most.

use std::sync::Arc;

use pingora::proxy::Session;

use crate::audit::EventKind;
use crate::base::language::key;
use crate::base::settings::AppSettings;
use crate::connect::whoami::Freshness;
use crate::flow::Flows;
use crate::flow::grant::{self, Applied, Deed, Terms};
use crate::flow::identify::{Asker, Identified};
use crate::flow::spool::{Place, SpoolError, Spooled};
use crate::identity::Principal;
use crate::policy::{Candidates, Circumstances, Held, Ruling, Unclear};
use crate::request::Head;

use super::apps::App;
use super::guard::{Considered, declarable, refuse, sentence};
use super::refusal::{Kind, Refusal};
use super::stage::{Context, Passage};
use super::{credential, hold, page, provenance, reading, sending, view};

/// Decides about a request that policies may be about.
pub(super) async fn consider(
    session: &mut Session,
    ctx: &mut Context,
    app: &Arc<App>,
    flows: &Flows,
    head: Head,
    candidates: Candidates,
) -> pingora::Result<Considered> {
    let answered = Ok(Considered::Answered);
    if head.upgrade || provenance::is_speculative(session.req_header()) {
        if let Some(grounds) = candidates.watched() {
            return Ok(Considered::Pass(Passage::granted(grounds)));
        }
        refused(session, ctx, flows, Refusal::new(Kind::NotHoldable)).await?;
        return answered;
    }
    let observing = candidates.watched().is_some();
    let principal = match identify(session, ctx, app, flows, Freshness::Cached).await {
        Ok(principal) => principal,
        Err(_) if observing => None,
        Err(refusal) => {
            refused(session, ctx, flows, refusal).await?;
            return answered;
        }
    };
    if principal.is_none() && candidates.needs_user() && !observing {
        refused(session, ctx, flows, unknown_user()).await?;
        return answered;
    }
    // First without the body, where it is not needed: most requests of a guarded path need not be read at all.
    let mut body = None;
    let stranger = principal.is_none();
    if candidates.needs_body() && (!observing || reading::can_be_watched(session, app, &head)) {
        let purpose = match (observing, stranger) {
            (true, _) => reading::Purpose::Watch,
            (false, true) => reading::Purpose::JudgeStranger,
            (false, false) => reading::Purpose::Judge,
        };
        match reading::read(session, flows, app, &head, purpose).await? {
            Ok(read) => body = Some(read),
            Err(SpoolError::TooLarge { .. }) if stranger => {
                refused(session, ctx, flows, unknown_user()).await?;
                return answered;
            }
            Err(why) => {
                spool_refused(session, ctx, flows, &app.settings, why).await?;
                return answered;
            }
        }
    }
    let ruling = match rule(ctx, app, flows, &head, principal.as_ref(), body.as_ref()) {
        Ok(ruling) => ruling,
        Err(refusal) => {
            if let Some(grounds) = candidates.watched() {
                return forward(session, ctx, app, flows, head, body, Passage::granted(grounds)).await;
            }
            discard(flows, body).await;
            refuse(session, ctx, flows, &refusal).await?;
            return answered;
        }
    };
    let user = principal.as_ref().map_or("", |principal| principal.user.as_str());
    let path = head.target.split('?').next().unwrap_or_default();
    flows.ruled(&app.settings.name, user, path, &ruling);
    match ruling {
        Ruling::Forward(grounds) => {
            forward(session, ctx, app, flows, head, body, Passage::granted(grounds)).await
        }
        Ruling::Deny(denied) => {
            discard(flows, body).await;
            let policies = denied.policies.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            let user = principal.as_ref().map_or("", |principal| principal.user.as_str());
            let details = vec![("policies", policies), ("summary", denied.summary.clone())];
            let language = page::language(&session.req_header().headers);
            let text = denied.texts.iter().find(|text| Some(text.language) == language);
            let shown = text.map_or(&denied.summary, |text| &text.summary).clone();
            let refusal = match flows.note(EventKind::Denied, &app.settings.name, user, details).await {
                Ok(()) => Refusal::new(Kind::Denied).said(key("gateway-denied-closer"), [("summary", shown)]),
                Err(error) => unavailable(&error),
            };
            refused(session, ctx, flows, refusal).await?;
            answered
        }
        Ruling::Refuse(ambiguity) => {
            discard(flows, body).await;
            if let Unclear::Unreadable(refusal) = &ambiguity.reason {
                refuse(session, ctx, flows, refusal).await?;
                return answered;
            }
            let words = format!("The policy `{}` cannot judge it: {}", ambiguity.policy.id, ambiguity.reason);
            let refusal = Refusal::new(Kind::AmbiguousRequest).because(sentence(&words));
            let refusal = refusal.member("reason", ambiguity.reason.code());
            refused(session, ctx, flows, declarable(refusal, ambiguity.reason.declared_by())).await?;
            answered
        }
        Ruling::Hold(held) => {
            let asked = Wanted { head, held, principal, body };
            Box::pin(wanted(session, ctx, app, flows, asked)).await
        }
    }
}

/// A request that policies hold, before it is known whether it may be.
struct Wanted {
    head: Head,
    held: Held,
    principal: Option<Principal>,
    body: Option<Spooled>,
}

async fn wanted(
    session: &mut Session,
    ctx: &mut Context,
    app: &Arc<App>,
    flows: &Flows,
    asked: Wanted,
) -> pingora::Result<Considered> {
    let answered = Ok(Considered::Answered);
    let Wanted { head, held, principal, body } = asked;
    let Some(principal) = principal else {
        discard(flows, body).await;
        refused(session, ctx, flows, unknown_user()).await?;
        return answered;
    };
    if let Err(refusal) = provenance::judge(session.req_header(), &head, &app.settings) {
        discard(flows, body).await;
        refused(session, ctx, flows, refusal).await?;
        return answered;
    }
    let login = login(session, ctx, app);
    let sha256 = body.as_ref().map(|body| &body.sha256);
    let served = match granted(session, ctx, app, flows, &head, &held, &principal, sha256).await {
        Ok(Applied::All(granted)) => {
            return forward(session, ctx, app, flows, head, body, Passage::by_grants(granted)).await;
        }
        Ok(Applied::Part(served)) => served,
        Err(refusal) => {
            discard(flows, body).await;
            refused(session, ctx, flows, refusal).await?;
            return answered;
        }
    };
    let terms = Terms { session: login, served };
    let body = match body {
        Some(body) => body,
        None => {
            let none = held.success.is_empty();
            let purpose = if none { reading::Purpose::Hold } else { reading::Purpose::GiveBack };
            match reading::read(session, flows, app, &head, purpose).await? {
                Ok(body) => body,
                Err(why) => {
                    spool_refused(session, ctx, flows, &app.settings, why).await?;
                    return answered;
                }
            }
        }
    };
    hold::hold(session, ctx, app, flows, hold::Wanted { head, held, principal, body, terms }).await
}

/// What ties the client to its login.
fn login(session: &Session, ctx: &Context, app: &App) -> grant::Session {
    let raw = session.req_header();
    let key = credential::browser_key(&raw.headers, ctx.arrival.scheme);
    grant::Session::of(&app.settings, &view::spelled(raw), key)
}

/// What grants do for a request that comes from the application itself. Using one is what releasing is: the identity is asked afresh.
#[expect(clippy::too_many_arguments, reason = "all that a grant is for")]
async fn granted(
    session: &Session,
    ctx: &Context,
    app: &App,
    flows: &Flows,
    head: &Head,
    held: &Held,
    principal: &Principal,
    body: Option<&[u8; 32]>,
) -> Result<Applied, Refusal> {
    let none = Ok(Applied::Part(Vec::new()));
    if held.remember.is_empty()
        || identify(session, ctx, app, flows, Freshness::Afresh).await?.as_ref() != Some(principal)
    {
        return none;
    }
    let deed = Deed { app: &app.settings.name, method: head.method.as_str(), target: &head.target, body };
    let applied = flows.granted(deed, principal, held, login(session, ctx, app)).await;
    let applied = applied.map_err(|error| unavailable(&error))?;
    if let Applied::All(granted) = &applied {
        let grants: Vec<String> = granted.served().iter().map(|one| one.grant().to_string()).collect();
        tracing::info!(app = app.settings.name, user = %principal.user, grants = grants.join(" "), "forwarded by grants");
    }
    Ok(applied)
}

/// Who makes the request; `None` when nobody can be named.
pub(super) async fn identify(
    session: &Session,
    ctx: &Context,
    app: &App,
    flows: &Flows,
    freshness: Freshness,
) -> Result<Option<Principal>, Refusal> {
    let headers = view::spelled(session.req_header());
    let host = std::str::from_utf8(super::intake::host(session.req_header()))
        .ok()
        .and_then(|host| host.parse().ok());
    let Some(host) = host else { return Ok(None) };
    let asker = Asker {
        peer: ctx.arrival.peer,
        client: ctx.arrival.client,
        host: &host,
        scheme: ctx.arrival.scheme,
        headers: &headers,
    };
    match flows.identify(&app.settings, asker, freshness).await {
        Ok(Identified::Known(principal)) => Ok(Some(principal)),
        Ok(Identified::Unknown(why)) => {
            tracing::info!(app = app.settings.name, why, "nobody can be named");
            Ok(None)
        }
        Err(error) => {
            tracing::error!(app = app.settings.name, %error, "the application cannot be asked who its user is");
            Err(Refusal::new(Kind::UpstreamUnreachable).said(key("gateway-whoami-down"), []))
        }
    }
}

fn rule(
    ctx: &Context,
    app: &App,
    flows: &Flows,
    head: &Head,
    principal: Option<&Principal>,
    body: Option<&Spooled>,
) -> Result<Ruling, crate::request::Refusal> {
    let policies = flows.policies();
    let Some(policies) = policies.for_app(&app.settings.name) else {
        return Err(crate::request::Refusal::TargetForm);
    };
    policies.judge(
        head,
        &Circumstances {
            body: body.and_then(|body| body.fields.as_ref()),
            user: principal.map_or("", |principal| principal.user.as_str()),
            groups: principal.map_or(&[], |principal| &principal.groups),
            client: ctx.arrival.client,
            now: flows.now(),
        },
    )
}

/// It passes as it came. A body that has been read and is too long for Pingora is sent by the forwarder.
async fn forward(
    session: &mut Session,
    ctx: &mut Context,
    app: &Arc<App>,
    flows: &Flows,
    head: Head,
    body: Option<Spooled>,
    passage: Passage,
) -> pingora::Result<Considered> {
    match body {
        // What is in memory, Pingora has in its retry buffer too (`tests/it/proxy_judged.rs`).
        None | Some(Spooled { place: Place::Memory(_), .. }) => Ok(Considered::Pass(passage)),
        Some(body @ Spooled { place: Place::Disk(_), .. }) => {
            sending::pass(session, ctx, app, flows, head, body, passage).await?;
            Ok(Considered::Answered)
        }
    }
}

/// Removes a body that is not needed.
pub(super) async fn discard(flows: &Flows, body: Option<Spooled>) {
    if let Some(body) = body {
        flows.discard(body.place).await;
    }
}

async fn spool_refused(
    session: &mut Session,
    ctx: &mut Context,
    flows: &Flows,
    app: &AppSettings,
    why: SpoolError,
) -> pingora::Result<()> {
    let refusal = match why {
        SpoolError::Refused(refusal) => return refuse(session, ctx, flows, &refusal).await,
        SpoolError::TooLarge { most } => Refusal::new(Kind::BodyTooLarge)
            .said(key("gateway-too-large-closer"), [("most", size(most)), ("app", app.name.clone())]),
        SpoolError::Unavailable(error) => unavailable(&error),
    };
    refused(session, ctx, flows, refusal).await
}

/// Answers with a refusal and counts it, except what the flow that found it has counted.
pub(super) async fn refused(
    session: &mut Session,
    ctx: &mut Context,
    flows: &Flows,
    refusal: Refusal,
) -> pingora::Result<()> {
    if !matches!(refusal.kind(), Kind::WrongAnswer | Kind::Throttled) {
        flows.metrics().refused(refusal.kind().slug());
    }
    refusal.answer(session, ctx).await
}

pub(super) fn unknown_user() -> Refusal {
    Refusal::new(Kind::UnknownUser).said(key("gateway-nobody"), []).link("/", key("gateway-back-to-app"))
}

/// The store cannot be used: the cause is for the log only.
pub(super) fn unavailable(error: &crate::flow::Unavailable) -> Refusal {
    tracing::error!(%error, "the store cannot be used");
    Refusal::new(Kind::StoreUnavailable)
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
}
