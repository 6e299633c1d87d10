//! `Prefer: wait=N`: a connection waits for the decision and gets the application's answer. The one that made the request, or another that
//! comes back for it with the credential.
//!
//! A waiting connection must be cheap: what decided about the request is gone by the time it waits (the hooks let go of it first), and the
//! state is read anew when something has happened to it. `benches/parked.rs` measures both its memory and what it costs others.
//!
//! **Invariant:** waiting changes nothing about the release: same identity, asked afresh, same claim, once.
//! **Invariant:** a client that leaves while it waits releases nothing, and gives up its place.
//! **Invariant:** no more than `server.waiting` wait at a time; who finds no place is answered at once, as if its time were over.

use std::sync::Arc;
use std::time::Duration;

use http::Version;
use pingora::http::ResponseHeader;
use pingora::proxy::Session;
use tokio::sync::Semaphore;

use crate::base::id::{Held, Id};
use crate::base::time::Span;
use crate::flow::admit::Ticket;
use crate::flow::prompt::Claim;
use crate::flow::view::StateName;
use crate::flow::{Flows, Unavailable};
use crate::identity::Principal;

use super::apps::App;
use super::credential::Credential;
use super::preference::Preference;
use super::stage::{Context, Stage};
use super::{guarded, hold, released};

/// When a client of a gateway that stops may try again, in seconds.
const BACK_IN: u32 = 2;

/// The places of connections that wait.
pub(crate) struct Places(Semaphore);

impl Places {
    /// So many.
    pub(crate) fn new(most: u32) -> Self {
        Self(Semaphore::new(
            usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS),
        ))
    }
}

/// What the client of a request that has just been held is told.
pub(super) struct Told {
    /// Its credentials and words.
    pub(super) ticket: Box<Ticket>,
    /// Whether a policy has something that is never shown.
    pub(super) masks: bool,
    /// The origin by which the client speaks of it.
    pub(super) origin: String,
}

/// A connection that is to wait.
pub(crate) struct Parked {
    app: Arc<App>,
    flows: Flows,
    principal: Principal,
    seconds: u32,
    waits: Waits,
}

/// What for.
enum Waits {
    /// It made the request, and is told about it when it has waited long enough.
    Fresh(Told),
    /// It came back for it.
    Back(Box<Credential>),
}

/// How the waiting ended.
enum Ended {
    Decided,
    Over,
    NoPlace,
    Stopping,
    Gone,
    Failed(Unavailable),
}

impl Parked {
    /// The connection that made the request.
    pub(super) fn fresh(
        app: &Arc<App>,
        flows: &Flows,
        principal: Principal,
        told: Told,
        seconds: u32,
    ) -> Self {
        Self { app: app.clone(), flows: flows.clone(), principal, seconds, waits: Waits::Fresh(told) }
    }

    /// One that came back for it.
    pub(super) fn back(
        app: &Arc<App>,
        flows: &Flows,
        principal: Principal,
        credential: Credential,
        seconds: u32,
    ) -> Self {
        let waits = Waits::Back(Box::new(credential));
        Self { app: app.clone(), flows: flows.clone(), principal, seconds, waits }
    }

    fn credential(&self) -> Option<(Id<Held>, &str)> {
        match &self.waits {
            Waits::Fresh(told) => Some((told.ticket.id, &told.ticket.secret)),
            Waits::Back(credential) => credential.parsed.as_ref().map(|(id, secret)| (*id, secret.as_str())),
        }
    }

    /// Waits, and answers.
    pub(super) async fn wait(self, session: &mut Session, ctx: &mut Context) -> pingora::Result<()> {
        ctx.stage = Stage::Answered;
        let shared = ctx.shared.clone();
        let ended = match shared.waiting.0.try_acquire() {
            Ok(_place) => {
                let _counted = self.flows.metrics().waits();
                self.announce(session).await?;
                tokio::select! {
                    ended = self.decided() => ended,
                    () = tokio::time::sleep(Duration::from_secs(u64::from(self.seconds))) => Ended::Over,
                    () = shared.tasks.stopping() => Ended::Stopping,
                    () = gone(session) => Ended::Gone,
                }
            }
            Err(_) => {
                tracing::warn!("no more connections can wait: `server.waiting`");
                Ended::NoPlace
            }
        };
        Box::pin(self.end(session, ctx, ended)).await
    }

    /// Tells a client that asked for it where to approve, while it waits.
    async fn announce(&self, session: &mut Session) -> pingora::Result<()> {
        let Waits::Fresh(Told { ticket, .. }) = &self.waits else { return Ok(()) };
        let head = session.req_header();
        // In HTTP/2 Pingora sends no informational answer.
        if head.version != Version::HTTP_11 || !Preference::of(&head.headers).processing {
            return Ok(());
        }
        let mut interim = ResponseHeader::build(102, Some(2))?;
        interim.append_header("countersign-approval", format!("{}.{}", ticket.id, ticket.secret))?;
        interim.append_header("location", ticket.url.as_str())?;
        // Past the modules, which are for the last answer.
        session.as_downstream_mut().write_response_header(Box::new(interim)).await
    }

    /// Resolves when there is nothing to wait for any more.
    async fn decided(&self) -> Ended {
        let Some((id, secret)) = self.credential() else { return Ended::Decided };
        loop {
            let mut changes = self.flows.changes(id);
            let look = self.flows.held(&self.app.settings.name, id, &self.principal, Claim::Secret(secret));
            // In a box of its own, which is gone before the waiting begins.
            let left = match Box::pin(look).await {
                Ok(Some(view)) if view.state == StateName::Held => view.remaining,
                Ok(_) => return Ended::Decided,
                Err(error) => return Ended::Failed(error),
            };
            // A deadline makes no change in the store: look again by itself.
            let left = left.map_or(Duration::from_secs(1), Span::to_std);
            drop(tokio::time::timeout(left.max(Duration::from_millis(10)), changes.changed()).await);
        }
    }

    async fn end(self, session: &mut Session, ctx: &mut Context, ended: Ended) -> pingora::Result<()> {
        let Self { app, flows, waits, .. } = self;
        let (decided, waited) = (matches!(ended, Ended::Decided), matches!(ended, Ended::Over));
        let again = match ended {
            Ended::Gone => {
                tracing::info!("a client left while it waited");
                return Ok(());
            }
            Ended::Failed(error) => {
                return guarded::refused(session, ctx, &flows, guarded::unavailable(&error)).await;
            }
            Ended::Stopping => Some(BACK_IN.to_string()),
            Ended::Decided | Ended::Over | Ended::NoPlace => None,
        };
        let credential = match waits {
            Waits::Fresh(told) if !decided => {
                let applied = waited.then_some(("preference-applied", "wait"));
                let again = again.as_deref().map(|seconds| ("retry-after", seconds));
                let more: Vec<_> = applied.into_iter().chain(again).collect();
                // `respond-async, wait=N`: to wait, and then to be told where to look (RFC 7240 §4.3).
                return if Preference::of(&session.req_header().headers).respond_async {
                    hold::tell_accepted(session, &flows, &told, &more).await
                } else {
                    hold::tell_problem(session, &flows, &told, 403, &more).await
                };
            }
            Waits::Fresh(told) => {
                let target = String::from_utf8_lossy(session.req_header().raw_path()).into_owned();
                Credential::of_script(told.ticket.id, told.ticket.secret, target)
            }
            Waits::Back(credential) => *credential,
        };
        released::answer(session, ctx, &app, &flows, credential).await
    }
}

/// Resolves when the client has left.
async fn gone(session: &mut Session) {
    if session.req_header().version == Version::HTTP_2 {
        match session.as_downstream_mut().watch_h2_stream_close() {
            Some(closed) => drop(closed.await),
            None => std::future::pending().await,
        }
    } else {
        // The body has been read: nothing of it can be eaten by looking.
        drop(session.as_downstream_mut().read_body_or_idle(true).await);
    }
}
