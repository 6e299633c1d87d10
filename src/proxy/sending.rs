//! Sends what was released, once; and what no policy holds but Pingora cannot carry. The exchange runs in a task of its own that
//! outlives the client's connection; the client is shown what comes of it.
//!
//! **Invariant:** a held request is sent only with its [`ReleasePermit`], taken by value (`Leave`).
//! **Invariant:** the outcome is durable before the client sees a byte of the answer; if the task dies, the outcome is unknown.

use std::sync::Arc;

use bytes::Bytes;
use pingora::proxy::Session;
use tokio::sync::{mpsc, oneshot};

use crate::approval::{Reception, ReleasePermit};
use crate::base::id::{Held, Id};
use crate::base::language::key;
use crate::flow::Flows;
use crate::flow::kept::Keeper;
use crate::flow::release::{Claimed, Ready};
use crate::flow::spool::{Place, Spooled};
use crate::flow::view::StateName;
use crate::identity::Principal;
use crate::request::Head;
use crate::request::canonical::Canonical;
use crate::request::render::{Rendered, render};
use crate::store::BlobReader;

use super::apps::App;
use super::form::is_navigation;
use super::forwarder::{Failure, Frame, FreshConnection, Leave, Pieces, Unreadable};
use super::refusal::{Kind, Refusal};
use super::stage::{Context, Passage, Stage};
use super::write::{self, Streamed};
use super::{guarded, inject, outbound, page, released};

/// How many pieces of an answer wait for a slow client before the application has to wait.
const WAITING: usize = 16;

/// A held request is sent with the permit of its release, and with nothing else.
impl Leave for ReleasePermit {}

/// A sealed body as the forwarder takes it.
struct Sealed(Option<Box<dyn BlobReader>>);

#[async_trait::async_trait]
impl Pieces for Sealed {
    async fn next(&mut self) -> Result<Option<Bytes>, Unreadable> {
        match &mut self.0 {
            Some(reader) => reader.next().await.map_err(|error| {
                tracing::error!(%error, "a sealed body cannot be read");
                Unreadable
            }),
            None => Ok(None),
        }
    }
}

/// Releases an approved request and streams the application's answer.
pub(super) async fn release(
    session: &mut Session,
    ctx: &mut Context,
    app: &Arc<App>,
    flows: &Flows,
    ready: Ready,
    principal: Principal,
) -> pingora::Result<()> {
    let id = ready.subject().id;
    let connection = match connect(ctx, app).await {
        Ok(connection) => connection,
        Err(refusal) => return guarded::refused(session, ctx, flows, refusal).await,
    };
    let body = match flows.body_of(&ready).await {
        Ok(body) => body,
        Err(error) => {
            tracing::warn!(held = %id, %error, "the body of an approved request is not there");
            return lost(session, ctx, flows, id).await;
        }
    };
    let claimed = match flows.claim(ready, &principal).await {
        Ok(Some(claimed)) => claimed,
        Ok(None) => return lost(session, ctx, flows, id).await,
        Err(error) => return guarded::refused(session, ctx, flows, guarded::unavailable(&error)).await,
    };
    let Claimed { permit, canonical, receipt, leased, body: apart } = claimed;
    tracing::info!(held = %id, app = app.settings.name, user = %principal.user, "released");
    let (tell, refused) = oneshot::channel();
    let mut record = Record { flows: flows.clone(), id, open: true, tell: Some(tell) };
    let gateway =
        vec![("Countersign-Receipt".to_owned(), receipt), ("Idempotency-Key".to_owned(), id.to_string())];
    let rendered = match rendered(session, ctx, app, &canonical, gateway) {
        Ok(rendered) => rendered,
        Err(error) => {
            record.end(Failure::BeforeSend).await;
            return Err(error);
        }
    };
    let (to_client, mut for_client) = mpsc::channel(WAITING);
    let after = flows.clone();
    flows.tasks().spawn("release", async move {
        let (frames, answers) = mpsc::channel(1);
        let sent = connection.send(permit, rendered, Sealed(body), frames);
        let all = async { tokio::join!(sent, record.watch(answers, to_client)) };
        Box::pin(leased.during(all)).await;
        if let Some(body) = apart {
            after.sent(body);
        }
    });
    // Nobody tells when it broke off before the answer began.
    let refused = refused.await.unwrap_or(false);
    if refused && is_navigation(&session.req_header().headers) {
        return not_taken(session, ctx, flows, id, &mut for_client).await;
    }
    let dress = if refused { Dress::Refused } else { Dress::Released };
    stream(session, ctx, app, &mut for_client, dress).await
}

/// The application did not take what a navigation released: its user is told, and given back what was entered. The answer itself is
/// kept, but for its cookies: with them the user may go where it leads.
async fn not_taken(
    session: &mut Session,
    ctx: &mut Context,
    flows: &Flows,
    id: Id<Held>,
    frames: &mut mpsc::Receiver<Frame>,
) -> pingora::Result<()> {
    let cookies = match frames.recv().await {
        Some(Frame::Head(_, headers)) => headers
            .into_iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
            .filter_map(|(_, value)| String::from_utf8(value).ok())
            .collect(),
        _ => Vec::new(),
    };
    match flows.look(id).await {
        Ok(Some(view)) => released::tell_refused(session, ctx, &view, &cookies).await,
        Ok(None) => guarded::refused(session, ctx, flows, Refusal::new(Kind::NotFound)).await,
        Err(error) => guarded::refused(session, ctx, flows, guarded::unavailable(&error)).await,
    }
}

/// Sends a request that no policy holds and whose body has been read to disk.
pub(super) async fn pass(
    session: &mut Session,
    ctx: &mut Context,
    app: &Arc<App>,
    flows: &Flows,
    head: Head,
    body: Spooled,
    passage: Passage,
) -> pingora::Result<()> {
    let Ok(connection) = connect(ctx, app).await else {
        // Nobody approved anything here: the usual words, not those of a release.
        guarded::discard(flows, Some(body)).await;
        return guarded::refused(session, ctx, flows, Refusal::new(Kind::UpstreamUnreachable)).await;
    };
    let reader = match &body.place {
        Place::Disk(id) => match flows.body(*id).await {
            Ok(reader) => Some(reader),
            Err(error) => {
                guarded::discard(flows, Some(body)).await;
                return guarded::refused(session, ctx, flows, guarded::unavailable(&error)).await;
            }
        },
        Place::Memory(_) => None,
    };
    let canonical = Canonical::new(head, body.sha256, body.length);
    let rendered = rendered(session, ctx, app, &canonical, Vec::new())?;
    let (frames, mut for_client) = mpsc::channel(WAITING);
    let (remover, place) = (flows.clone(), body.place);
    flows.tasks().spawn("pass", async move {
        connection.send(passage, rendered, Sealed(reader), frames).await;
        remover.discard(place).await;
    });
    stream(session, ctx, app, &mut for_client, Dress::Passed).await
}

async fn connect(ctx: &Context, app: &App) -> Result<FreshConnection, Refusal> {
    ctx.shared.forwarder.connect(app, &ctx.shared.timeouts, &*ctx.shared.clock).await.map_err(|error| {
        tracing::warn!(app = app.settings.name, %error, "no connection to the application");
        Refusal::new(Kind::UpstreamUnreachable).said(key("gateway-unreachable-approved"), [])
    })
}

/// Somebody else claimed it first, or its time ran out: what became of it is told.
async fn lost(session: &mut Session, ctx: &mut Context, flows: &Flows, id: Id<Held>) -> pingora::Result<()> {
    let refusal = match flows.look(id).await {
        // Still approved, so nobody has taken it: what is missing is ours.
        Ok(Some(view)) if view.state == StateName::Approved => Refusal::new(Kind::StoreUnavailable),
        Ok(Some(view)) => released::over(&view, page::language(&session.req_header().headers)),
        Ok(None) => Refusal::new(Kind::NotFound),
        Err(error) => guarded::unavailable(&error),
    };
    guarded::refused(session, ctx, flows, refusal).await
}

fn rendered(
    session: &Session,
    ctx: &Context,
    app: &App,
    canonical: &Canonical,
    more: Vec<(String, String)>,
) -> pingora::Result<Rendered> {
    let credentials = outbound::credentials(session.req_header(), &ctx.arrival, app);
    let mut gateway = outbound::forwarded_fields(session.req_header(), &ctx.arrival)?;
    gateway.extend(more);
    Ok(render(canonical, &credentials, &gateway))
}

/// Records the outcome of a released request, come what may.
struct Record {
    flows: Flows,
    id: Id<Held>,
    open: bool,
    /// Who waits to hear whether the application refused it.
    tell: Option<oneshot::Sender<bool>>,
}

impl Record {
    async fn watch(&mut self, mut answers: mpsc::Receiver<Frame>, to_client: mpsc::Sender<Frame>) {
        let mut keeper: Option<Keeper> = None;
        while let Some(frame) = answers.recv().await {
            match &frame {
                Frame::Head(status, headers) => {
                    keeper =
                        self.flows.keep(*status, headers).await.inspect_err(|error| self.warn(error)).ok();
                    let kept = keeper.as_ref().map(Keeper::id);
                    let location = location(headers);
                    match self.flows.delivered(self.id, *status, location.as_deref(), kept).await {
                        Ok(reception) => {
                            self.open = false;
                            // It was named unknown while this gateway slept: that stays, and its client is told the truth all the same.
                            keeper = keeper.filter(|_| reception.is_some());
                            let refused = matches!(reception, Some(Reception::Refused { .. }));
                            if let Some(tell) = self.tell.take() {
                                // Nobody listens when the client is gone.
                                let _ = tell.send(refused);
                            }
                        }
                        // Not durable: the client must not be told that it was done. Dropping the record tries again.
                        Err(error) => {
                            self.warn(&error);
                            drop(to_client.send(Frame::Failed(Failure::Lost)).await);
                            return;
                        }
                    }
                }
                Frame::Data(bytes) => {
                    if let Some(open) = &mut keeper
                        && let Err(error) = open.push(bytes).await
                    {
                        self.warn(&error);
                        keeper = None;
                    }
                }
                Frame::End => {
                    if let Some(keeper) = keeper.take()
                        && let Err(error) = keeper.finish().await
                    {
                        self.warn(&error);
                    }
                }
                Frame::Failed(failure) => {
                    if self.open {
                        self.end(*failure).await;
                    }
                }
                Frame::Trailers(_) => {}
            }
            // A client that left misses the rest; the exchange goes on to its end.
            drop(to_client.send(frame).await);
        }
    }

    async fn end(&mut self, failure: Failure) {
        let recorded = match failure {
            Failure::BeforeSend => self.flows.failed_before_send(self.id).await,
            Failure::Lost | Failure::TimedOut => self.flows.lost(self.id).await,
        };
        match recorded {
            Ok(()) => self.open = false,
            Err(error) => self.warn(&error),
        }
    }

    fn warn(&self, error: &crate::flow::Unavailable) {
        tracing::error!(held = %self.id, %error, "what became of a released request could not be recorded in full");
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.open {
            let (flows, id) = (self.flows.clone(), self.id);
            self.flows.tasks().spawn("outcome", async move {
                if let Err(error) = flows.lost(id).await {
                    tracing::error!(held = %id, %error, "an outcome could not be recorded: the next start will");
                }
            });
        }
    }
}

/// The place an answer leads to.
fn location(headers: &[(String, Vec<u8>)]) -> Option<String> {
    let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"))?;
    Some(String::from_utf8_lossy(&found.1).into_owned())
}

/// What is added to an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dress {
    /// To what no policy holds: nothing.
    Passed,
    /// To what was released.
    Released,
    /// To what the application refused.
    Refused,
}

/// Shows the client what comes.
async fn stream(
    session: &mut Session,
    ctx: &mut Context,
    app: &App,
    frames: &mut mpsc::Receiver<Frame>,
    as_what: Dress,
) -> pingora::Result<()> {
    ctx.stage = Stage::Answered;
    let during = &*ctx;
    let released = as_what != Dress::Passed;
    let dress = |session: &mut Session, head: &mut pingora::http::ResponseHeader| {
        inject::begin(session, during, app, head)?;
        if released {
            // The URL carries a credential: its answer is not for any cache.
            head.insert_header("Cache-Control", "no-store")?;
        }
        if as_what == Dress::Refused {
            head.insert_header("Countersign-Outcome", "refused")?;
        }
        Ok(())
    };
    let refusal = match write::stream(session, frames, dress).await? {
        Streamed::Whole => return Ok(()),
        Streamed::Nothing(Failure::BeforeSend) => {
            Refusal::new(Kind::UpstreamUnreachable).said(key("gateway-unreachable-nothing-sent"), [])
        }
        Streamed::Nothing(failure) => {
            let kind =
                if failure == Failure::TimedOut { Kind::UpstreamTimeout } else { Kind::UpstreamUnreachable };
            if released {
                Refusal::new(kind).said(key("gateway-outcome-unknown"), [])
            } else {
                Refusal::new(kind)
            }
        }
    };
    refusal.answer(session, ctx).await
}
