//! `Prefer: wait=N`: the original connection waits for the decision and gets the application's answer.
//!
//! **Invariant:** waiting changes nothing about the release: same identity, asked afresh, same claim, once.
//! **Invariant:** a client that leaves while it waits releases nothing.

use std::sync::Arc;
use std::time::Duration;

use pingora::proxy::Session;

use crate::flow::Flows;
use crate::flow::admit::Ticket;
use crate::flow::prompt::Claim;
use crate::flow::view::StateName;
use crate::identity::Principal;

use super::apps::App;
use super::credential::{Credential, Via};
use super::stage::Context;
use super::{guarded, hold, released};

/// The longest a connection waits, in seconds.
pub(super) const LONGEST: u32 = 300;

/// Waits for the decision about a request that has just been held.
pub(super) async fn wait(
    session: &mut Session,
    ctx: &mut Context,
    app: &Arc<App>,
    flows: &Flows,
    principal: &Principal,
    ticket: &Ticket,
    seconds: u32,
) -> pingora::Result<()> {
    let decided = async {
        loop {
            let mut changes = flows.changes(ticket.id);
            let view =
                flows.held(&app.settings.name, ticket.id, principal, Claim::Secret(&ticket.secret)).await;
            match view {
                Ok(Some(view)) if view.state == StateName::Held => {
                    // A deadline makes no change in the store: look again by itself.
                    let left = view.remaining.map_or(Duration::from_secs(1), crate::base::time::Span::to_std);
                    drop(tokio::time::timeout(left.max(Duration::from_millis(10)), changes.changed()).await);
                }
                other => return other,
            }
        }
    };
    let outcome = tokio::select! {
        outcome = decided => Some(outcome),
        () = tokio::time::sleep(Duration::from_secs(u64::from(seconds))) => None,
        () = gone(session) => {
            tracing::info!(held = %ticket.id, "the client left while it waited");
            return Ok(());
        }
    };
    match outcome {
        None => {
            let more = [("preference-applied", "wait")];
            hold::tell_problem(session, flows, ticket, 403, &more).await
        }
        Some(Err(error)) => guarded::refused(session, ctx, flows, guarded::unavailable(&error)).await,
        Some(Ok(_)) => {
            let target = String::from_utf8_lossy(session.req_header().raw_path()).into_owned();
            let parsed = Some((ticket.id, ticket.secret.clone()));
            released::answer(session, ctx, app, flows, Credential { via: Via::Header, parsed, target }).await
        }
    }
}

/// Resolves when the client has left.
async fn gone(session: &mut Session) {
    if session.req_header().version == http::Version::HTTP_2 {
        match session.as_downstream_mut().watch_h2_stream_close() {
            Some(closed) => drop(closed.await),
            None => std::future::pending().await,
        }
    } else {
        // The body has been read: nothing of it can be eaten by looking.
        drop(session.as_downstream_mut().read_body_or_idle(true).await);
    }
}
