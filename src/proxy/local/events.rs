//! `GET held/{id}/events`: server-sent events of the state changes of one held request, for the API and for the agent.

use std::time::Duration;

use bytes::Bytes;
use pingora::http::ResponseHeader;
use pingora::proxy::Session;
use serde_json::Value;

use crate::flow::Flows;
use crate::flow::prompt::Claim;
use crate::flow::view::{HeldView, StateName};

use super::super::apps::App;
use super::super::guarded;
use super::super::refusal::{Kind, Refusal};
use super::super::stage::{Context, Stage};
use super::api::Call;

/// The longest that one stream lasts; a client that wants more asks again.
const LONGEST: Duration = Duration::from_secs(1800);
/// A comment goes out so often, so that a client that left is noticed.
const BEAT: Duration = Duration::from_secs(15);

/// Streams what `tell` makes of each state until an end state, the client's leaving, half an hour, or the gateway's end.
pub(super) async fn stream(
    session: &mut Session,
    ctx: &mut Context,
    app: &App,
    flows: &Flows,
    call: &Call,
    tell: fn(&HeldView) -> Value,
) -> pingora::Result<()> {
    let mut told: Option<StateName> = None;
    let tasks = ctx.shared.tasks.clone();
    let streaming = async {
        loop {
            let mut changes = flows.changes(call.id);
            let found =
                flows.held(&app.settings.name, call.id, &call.principal, Claim::Secret(&call.secret)).await;
            let view = match found {
                Ok(Some(view)) => view,
                Ok(None) if told.is_none() => return Refusal::new(Kind::NotFound).answer(session, ctx).await,
                Err(error) if told.is_none() => {
                    return guarded::unavailable(&error).answer(session, ctx).await;
                }
                Ok(None) | Err(_) => break,
            };
            if told.is_none() {
                ctx.stage = Stage::Answered;
                let mut head = ResponseHeader::build(200, Some(4))?;
                head.append_header("content-type", "text/event-stream")?;
                head.append_header("cache-control", "no-store")?;
                if session.req_header().version == http::Version::HTTP_11 {
                    head.append_header("transfer-encoding", "chunked")?;
                }
                session.write_response_header(Box::new(head), false).await?;
            }
            if told != Some(view.state) {
                told = Some(view.state);
                let event = format!("event: state\ndata: {}\n\n", tell(&view));
                session.write_response_body(Some(Bytes::from(event)), false).await?;
            }
            if !matches!(view.state, StateName::Held | StateName::Approved | StateName::Forwarding) {
                break;
            }
            let left =
                view.remaining.map_or(BEAT, |left| left.to_std().clamp(Duration::from_millis(10), BEAT));
            if tokio::time::timeout(left, changes.changed()).await.is_err() {
                session.write_response_body(Some(Bytes::from_static(b":\n\n")), false).await?;
            }
        }
        session.write_response_body(None, true).await
    };
    tokio::select! {
        done = streaming => return done,
        () = tokio::time::sleep(LONGEST) => {}
        () = tasks.stopping() => {}
    }
    session.write_response_body(None, true).await
}
