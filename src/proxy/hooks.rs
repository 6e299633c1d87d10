//! Pingora's hooks, each a few lines that say which room does the work.
//!
//! What is rarely needed is awaited in a box of its own: the future of each hook is allocated for each request, in its full size, and
//! kept as long as a connection waits (`benches/parked.rs`).
//!
//! **Invariant:** the only file where the two polarities of Pingora's answers appear: `request_filter` stops on `Ok(true)`.

use std::sync::Arc;

use async_trait::async_trait;
use http::header::EXPECT;
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::modules::http::HttpModules;
use pingora::proxy::{FailToProxy, ProxyHttp, Session};
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorSource, ErrorType, Result};

use super::guard::{self, Considered};
use super::refusal::{Kind, Refusal};
use super::stage::{Again, Cleared, Context, Stage};
use super::upstream::{Needs, TUNNEL_SILENCE};
use super::{Shared, inject, intake, local, outbound};
use crate::base::language::key;

/// The gateway as Pingora sees it.
pub(crate) struct Hooks(pub(crate) Arc<Shared>);

const STOP: bool = true;
const GO_ON: bool = false;

#[async_trait]
impl ProxyHttp for Hooks {
    type CTX = Context;

    fn new_ctx(&self) -> Context {
        Context::new(self.0.clone())
    }

    fn init_downstream_modules(&self, modules: &mut HttpModules) {
        if self.0.apps.inject() {
            modules.add_module(Box::new(inject::Injections));
        }
    }

    async fn request_filter(&self, session: &mut Session, ctx: &mut Context) -> Result<bool> {
        let wait = self.0.timeouts.idle.to_std();
        let silence = if session.is_upgrade_req() { wait.max(TUNNEL_SILENCE) } else { wait };
        session.set_read_timeout(Some(silence));
        session.set_write_timeout(Some(wait));
        let arrival = intake::arrival(session, &self.0.trusted);
        ctx.arrival =
            arrival.ok_or_else(|| Error::explain(ErrorType::InternalError, "the client has no address"))?;
        if let Err(refusal) = intake::check(session.req_header_mut()) {
            Box::pin(refusal.answer(session, ctx)).await?;
            return Ok(STOP);
        }
        if local::is_reserved(session.req_header().uri.path().as_bytes()) {
            Box::pin(local::answer(session, ctx)).await?;
            return Ok(STOP);
        }
        let Some(app) = self.0.apps.find(intake::host(session.req_header()), ctx.arrival.scheme).cloned()
        else {
            Box::pin(Refusal::new(Kind::Misdirected).answer(session, ctx)).await?;
            return Ok(STOP);
        };
        if ctx.arrival.trusted
            && app
                .identity
                .iter()
                .any(|name| session.req_header().headers.get_all(name.as_str()).iter().count() > 1)
        {
            let refusal = Refusal::new(Kind::AmbiguousRequest).said(key("gateway-named-twice"), []);
            Box::pin(refusal.member("reason", "repeated-header").answer(session, ctx)).await?;
            return Ok(STOP);
        }
        match guard::consider(session, ctx, &app).await? {
            Considered::Pass(passage) => {
                let route = app.upstreams.route();
                ctx.stage = Stage::Cleared(Cleared { app, passage, route });
                Ok(GO_ON)
            }
            Considered::Answered => {
                ctx.stage = Stage::Answered;
                Ok(STOP)
            }
            Considered::Parked(parked) => {
                Box::pin(parked.wait(session, ctx)).await?;
                Ok(STOP)
            }
        }
    }

    async fn upstream_peer(&self, session: &mut Session, ctx: &mut Context) -> Result<Box<HttpPeer>> {
        let Some(Cleared { app, route, .. }) = ctx.stage.cleared() else {
            return Error::e_explain(ErrorType::InternalError, "forwarding without a passage");
        };
        let needs = if session.is_upgrade_req() { Needs::Upgrade } else { Needs::AnyVersion };
        match app.upstreams.peer(route, needs, &self.0.timeouts, &*self.0.clock).await {
            Some(peer) => Ok(Box::new(peer)),
            None => Err(Error::explain(ErrorType::ConnectError, "no upstream is left to try").into_up()),
        }
    }

    async fn upstream_request_filter(
        &self,
        session: &mut Session,
        head: &mut RequestHeader,
        ctx: &mut Context,
    ) -> Result<()> {
        ctx.stage.sending();
        let Some(cleared) = ctx.stage.cleared() else {
            return Error::e_explain(ErrorType::InternalError, "forwarding without a passage");
        };
        if head.headers.contains_key(EXPECT) && session.is_body_done() {
            // The body was read to decide: the client had its `100 Continue` from us.
            head.remove_header(&EXPECT);
        }
        let came = session.req_header();
        outbound::rewrite(head, came.version, intake::host(came), &ctx.arrival, &cleared.app)
    }

    async fn response_filter(
        &self,
        session: &mut Session,
        head: &mut ResponseHeader,
        ctx: &mut Context,
    ) -> Result<()> {
        match ctx.stage.cleared().map(|cleared| cleared.app.clone()) {
            Some(app) => inject::begin(session, ctx, &app, head),
            None => Ok(()),
        }
    }

    fn fail_to_connect(
        &self,
        _session: &mut Session,
        peer: &HttpPeer,
        ctx: &mut Context,
        mut error: Box<Error>,
    ) -> Box<Error> {
        tracing::warn!(upstream = %peer, %error, "an upstream cannot be connected to");
        let more = ctx.stage.cleared().is_some_and(|Cleared { app, route, .. }| app.upstreams.give_up(route));
        error.set_retry(more);
        error
    }

    fn error_while_proxy(
        &self,
        _peer: &HttpPeer,
        session: &mut Session,
        mut error: Box<Error>,
        ctx: &mut Context,
        reused: bool,
    ) -> Box<Error> {
        let again = ctx.stage.cleared().map_or(Again::Never, |cleared| cleared.passage.again());
        let method_allows = session.req_header().method.is_idempotent() && !session.retry_buffer_truncated();
        if again == Again::WhenIdempotent && method_allows && session.response_written().is_none() {
            error.retry.decide_reuse(reused);
        } else {
            error.set_retry(false);
        }
        error
    }

    async fn fail_to_proxy(&self, session: &mut Session, error: &Error, ctx: &mut Context) -> FailToProxy {
        let error_code = Refusal::after(error, session, ctx).await;
        FailToProxy { error_code, can_reuse_downstream: false }
    }

    fn suppress_error_log(&self, _session: &Session, _ctx: &Context, _error: &Error) -> bool {
        // `Refusal::after` logged it, with its reference.
        true
    }

    fn suppress_proxy_warn_log(
        &self,
        _session: &Session,
        _ctx: &Context,
        _error: &Error,
        _of: pingora::proxy::ProxyWarnLogContext,
    ) -> bool {
        true
    }
}

/// The kind of refusal a failure becomes. `None` when the client is gone.
pub(super) fn kind_of(error: &Error) -> Option<Kind> {
    use ErrorType::{
        ConnectionClosed, InvalidHTTPHeader, ReadError, ReadTimedout, WriteError, WriteTimedout,
    };
    match (error.esource(), error.etype()) {
        (ErrorSource::Downstream, InvalidHTTPHeader) => Some(Kind::AmbiguousRequest),
        // What our own hooks read and write is the client's connection alone.
        (ErrorSource::Unset, ConnectionClosed | ReadError | WriteError | ReadTimedout | WriteTimedout)
        | (ErrorSource::Downstream, _) => None,
        (ErrorSource::Upstream, ReadTimedout | WriteTimedout) => Some(Kind::UpstreamTimeout),
        (ErrorSource::Upstream, _) => Some(Kind::UpstreamUnreachable),
        (ErrorSource::Internal | ErrorSource::Unset, _) => Some(Kind::Internal),
    }
}
