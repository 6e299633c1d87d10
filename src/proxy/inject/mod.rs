//! The script for prompts in the page, put into an application's HTML while it passes: on answers that Pingora carries and on answers
//! of released requests alike.
//!
//! [`begin`] looks at the head of an answer: [`eligible`] whether it is a page, [`csp`] whether the script may run there. [`Injection`],
//! the module through which Pingora writes every answer, then hands the body to the [`rewriter`], which finds the [`place`] and, for
//! a page that comes compressed, takes it apart and together again by [`coding`]. [`script`] is what is put in, and serves the script.
//!
//! **Invariant:** of the page itself no byte is lost, doubled or changed: it is handed on as it came, cut in two at one place at most
//! (`place` finds places and writes nothing; `tests/it/inject.rs` compares bytes).
//! **Invariant:** an answer that is not a page a browser shows is not touched, its head neither (`tests/it/inject_never.rs`).
//! **Invariant:** the application sees nothing of this: no field of a request is changed for it.
//! Called by `hooks` and `sending`, for every final head of an application; by `write`, before an answer of the gateway's own and before
//! trailers.

mod coding;
mod csp;
mod eligible;
mod place;
mod rewriter;
pub(crate) mod script;

use std::any::Any;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::HeaderMap;
use pingora::http::ResponseHeader;
use pingora::modules::http::{HttpModule, HttpModuleBuilder, Module};
use pingora::proxy::Session;
use pingora::{Error, ErrorType, Result};

use crate::base::settings::Inject;
use crate::policy::AppPolicies;

use super::apps::App;
use super::guard::Guard;
use super::intake;
use super::stage::Context;
use rewriter::Rewriter;

/// What every answer of one request goes through on its way to the client. It does nothing before [`begin`] has found a page.
#[derive(Default)]
pub(crate) struct Injection(Option<Box<Rewriter>>);

/// Adds an [`Injection`] to each request.
pub(crate) struct Injections;

impl HttpModuleBuilder for Injections {
    /// Before anything that compresses.
    fn order(&self) -> i16 {
        100
    }

    fn init(&self) -> Module {
        Box::new(Injection::default())
    }
}

/// Looks at the final head of an application's answer. Where the script is to go into the page, changes the head accordingly; the body
/// follows through [`Injection`].
pub(crate) fn begin(
    session: &mut Session,
    ctx: &Context,
    app: &App,
    head: &mut ResponseHeader,
) -> Result<()> {
    // In this order, since nearly every answer ends at the first or second question.
    if app.settings.inject == Inject::Off || !(eligible::is_html(head) || eligible::is_revalidation(head)) {
        return Ok(());
    }
    let request = session.req_header();
    let Guard::Policies(flows) = &ctx.shared.guard else { return Ok(()) };
    let holds = |flows: &crate::flow::Flows| {
        flows.policies().for_app(&app.settings.name).is_some_and(AppPolicies::can_hold)
    };
    if !eligible::is_asked_for(request) || !holds(flows) || installed(session).is_none() {
        return Ok(());
    }
    let own = csp::Own { host: intake::host(session.req_header()), scheme: ctx.arrival.scheme };
    let Some(leave) = csp::judge(&head.headers, &own, &*ctx.shared.entropy) else { return Ok(()) };
    if eligible::is_revalidation(head) {
        // The browser shows the page it keeps, with these fields in place of those it kept.
        return if leave.is_once() { Ok(()) } else { leave.apply(head) };
    }
    let Some(page) = eligible::page(head, app.settings.inject_limit) else { return Ok(()) };
    let Some(element) = script::element(leave.nonce(), flows.portal()) else { return Ok(()) };
    let request = session.req_header();
    let packs = page.coding.is_some() && eligible::accepts_gzip(&request.headers);
    let rewriter = Rewriter::new(page.coding, packs, element, app.settings.inject_limit);
    eligible::relabel(head, page.coding.is_some(), packs, request.version)?;
    leave.apply(head)?;
    if leave.is_once() {
        // The nonce is for this answer alone.
        head.insert_header("Cache-Control", "no-store")?;
    }
    if let Some(injection) = session.downstream_modules_ctx.get_mut::<Injection>() {
        injection.0 = Some(Box::new(rewriter));
    }
    Ok(())
}

/// What follows is no page of an application.
pub(crate) fn stop(session: &mut Session) {
    if let Some(injection) = session.downstream_modules_ctx.get_mut::<Injection>() {
        injection.0 = None;
    }
}

/// What is still to come of a page, before trailers that are written past Pingora's modules.
pub(crate) fn rest(session: &mut Session) -> Result<Option<Bytes>> {
    session.downstream_modules_ctx.get_mut::<Injection>().map_or(Ok(None), Injection::last)
}

fn installed(session: &Session) -> Option<&Injection> {
    session.downstream_modules_ctx.get::<Injection>()
}

impl Injection {
    /// The last of the page.
    fn last(&mut self) -> Result<Option<Bytes>> {
        match self.0.take() {
            Some(rewriter) => Ok(Some(checked(rewriter.finish())?).filter(|bytes| !bytes.is_empty())),
            None => Ok(None),
        }
    }
}

#[async_trait]
impl HttpModule for Injection {
    async fn response_header_filter(&mut self, head: &mut ResponseHeader, end: bool) -> Result<()> {
        if end && !head.status.is_informational() {
            self.0 = None;
        }
        Ok(())
    }

    fn response_body_filter(&mut self, body: &mut Option<Bytes>, end: bool) -> Result<()> {
        let Some(rewriter) = &mut self.0 else { return Ok(()) };
        let mut out = match body.take() {
            Some(piece) => checked(rewriter.push(piece))?,
            None => Bytes::new(),
        };
        if end {
            if let Some(last) = self.last()? {
                out = rewriter::joined(&[&out, &last]);
            }
        } else if rewriter.is_idle() {
            self.0 = None;
        }
        *body = (!out.is_empty()).then_some(out);
        Ok(())
    }

    /// What is still to come of the page takes the place of trailers, which said something about another one.
    fn response_trailer_filter(&mut self, _trailers: &mut Option<Box<HeaderMap>>) -> Result<Option<Bytes>> {
        self.last()
    }

    fn response_done_filter(&mut self) -> Result<Option<Bytes>> {
        self.last()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// The page came in a form that no browser could read on: it ends here for ours as well, and visibly.
fn checked<T>(made: std::result::Result<T, rewriter::Broken>) -> Result<T> {
    made.map_err(|error| Error::because(ErrorType::ConnectionClosed, "a page is broken", error).into_up())
}
