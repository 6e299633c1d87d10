//! The pages of a navigation on the application's origin: the return from the prompt, a lost prompt, the kept answer.
//!
//! **Invariant:** each of them shows something only to the creator: browser key and identity, asked afresh.

use bytes::Bytes;
use pingora::proxy::Session;

use crate::base::id::{Held, Id};
use crate::base::language::{Text, key};
use crate::connect::whoami::Freshness;
use crate::flow::Flows;
use crate::flow::prompt::Claim;
use crate::flow::view::StateName;
use crate::identity::Principal;

use super::super::apps::App;
use super::super::form::is_navigation;
use super::super::refusal::{Kind, Refusal};
use super::super::stage::{Context, Stage};
use super::super::{credential, guarded, page, provenance, released, write};

/// `GET /.countersign/return/{id}.{ticket}`: goes on to the original URL, from the application's own origin, so that its strict
/// cookies are sent.
pub(super) async fn come_back(
    session: &mut Session,
    ctx: &mut Context,
    app: &App,
    flows: &Flows,
    ticket: &str,
) -> pingora::Result<()> {
    let Some((id, ticket)) = credential::parse(ticket) else { return not_found(session, ctx).await };
    if provenance::is_speculative(session.req_header()) || provenance::is_framed(session.req_header()) {
        return Refusal::new(Kind::NotHoldable).answer(session, ctx).await;
    }
    let principal = match creator(session, ctx, app, flows).await {
        Ok(principal) => principal,
        Err(refusal) => return once_more(session, ctx, refusal).await,
    };
    let t = page::text(&session.req_header().headers);
    let browser = browser_key(session, ctx);
    match flows.come_back(&app.settings.name, id, &ticket, browser.as_deref(), &principal).await {
        Ok(Some((url, view))) => {
            let html = page::GoOnPage {
                t,
                title: key("gateway-approved"),
                summary: view.summary_in(t.language()),
                url: &url,
            };
            show(session, ctx, t, html.html()).await
        }
        Ok(None) => not_found(session, ctx).await,
        Err(error) => guarded::unavailable(&error).answer(session, ctx).await,
    }
}

/// `GET /.countersign/held/{id}`: shows the state, and leads back to a prompt that was lost.
pub(super) async fn held(
    session: &mut Session,
    ctx: &mut Context,
    app: &App,
    flows: &Flows,
    id: Id<Held>,
) -> pingora::Result<()> {
    // A browser's guess would void the handoff that its user is about to use.
    if provenance::is_speculative(session.req_header()) {
        return Refusal::new(Kind::NotHoldable).answer(session, ctx).await;
    }
    let principal = match creator(session, ctx, app, flows).await {
        Ok(principal) => principal,
        Err(refusal) => return once_more(session, ctx, refusal).await,
    };
    let t = page::text(&session.req_header().headers);
    let browser = browser_key(session, ctx);
    let claim = Claim::Browser(browser.as_deref());
    let view = match flows.held(&app.settings.name, id, &principal, claim).await {
        Ok(Some(view)) => view,
        Ok(None) => return not_found(session, ctx).await,
        Err(error) => return guarded::unavailable(&error).answer(session, ctx).await,
    };
    match (view.state, &view.return_url) {
        (StateName::Held, _) => {
            let found = flows.find_again(&app.settings.name, id, &principal, claim).await;
            let url = match found {
                Ok(Some(way)) => way.url,
                Ok(None) => return not_found(session, ctx).await,
                Err(error) => return guarded::unavailable(&error).answer(session, ctx).await,
            };
            let summary = view.summary_in(t.language());
            // Not by itself: who came here by the back button wants to see where he or she is.
            let html = page::StatePage {
                t,
                title: key("gateway-state-held"),
                words: key("gateway-state-held-text"),
                summary,
                url: &url,
                link: key("gateway-to-approval"),
            };
            show(session, ctx, t, html.html()).await
        }
        (StateName::Approved, Some(url)) => {
            let summary = view.summary_in(t.language());
            let html = page::StatePage {
                t,
                title: key("gateway-approved"),
                words: key("gateway-state-approved-text"),
                summary,
                url,
                link: key("gateway-carry-out"),
            };
            show(session, ctx, t, html.html()).await
        }
        _ if view.refused.is_some() => released::tell_refused(session, ctx, &view, &[]).await,
        _ => released::over(&view, page::language(&session.req_header().headers)).answer(session, ctx).await,
    }
}

/// `GET /.countersign/held/{id}/response`: the beginning of the application's answer, for a requester who left or clicked twice.
pub(super) async fn response(
    session: &mut Session,
    ctx: &mut Context,
    app: &App,
    flows: &Flows,
    id: Id<Held>,
) -> pingora::Result<()> {
    let principal = match creator(session, ctx, app, flows).await {
        Ok(principal) => principal,
        Err(refusal) => return refusal.answer(session, ctx).await,
    };
    let browser = browser_key(session, ctx);
    match flows.kept(&app.settings.name, id, &principal, Claim::Browser(browser.as_deref())).await {
        Ok(Some(kept)) => {
            ctx.stage = Stage::Answered;
            write::kept(session, kept).await
        }
        Ok(None) => not_found(session, ctx).await,
        Err(error) => guarded::unavailable(&error).answer(session, ctx).await,
    }
}

/// The query of the second try.
const AGAIN: &str = "again";

/// Whoever comes from the portal, another site, comes without the application's strict cookies and looks like nobody. A page that
/// shows nothing goes on to the same address from the application's own origin: then the browser sends them.
async fn once_more(session: &mut Session, ctx: &mut Context, refusal: Refusal) -> pingora::Result<()> {
    let head = session.req_header();
    let uri = &head.uri;
    if refusal.kind() != Kind::UnknownUser || !is_navigation(&head.headers) || uri.query() == Some(AGAIN) {
        return refusal.answer(session, ctx).await;
    }
    let url = format!("{}?{AGAIN}", uri.path());
    let t = page::text(&head.headers);
    let html = page::GoOnPage { t, title: key("gateway-one-moment"), summary: Vec::new(), url: &url };
    show(session, ctx, t, html.html()).await
}

/// The identity of who asks, afresh.
pub(super) async fn creator(
    session: &Session,
    ctx: &Context,
    app: &App,
    flows: &Flows,
) -> Result<Principal, Refusal> {
    guarded::identify(session, ctx, app, flows, Freshness::Afresh).await?.ok_or_else(guarded::unknown_user)
}

pub(super) async fn not_found(session: &mut Session, ctx: &mut Context) -> pingora::Result<()> {
    Refusal::new(Kind::NotFound).answer(session, ctx).await
}

fn browser_key(session: &Session, ctx: &Context) -> Option<String> {
    credential::browser_key(&session.req_header().headers, ctx.arrival.scheme).map(str::to_owned)
}

async fn show(session: &mut Session, ctx: &mut Context, t: Text, html: String) -> pingora::Result<()> {
    ctx.stage = Stage::Answered;
    write::full(session, 200, &page::headers(t), Bytes::from(html)).await
}
