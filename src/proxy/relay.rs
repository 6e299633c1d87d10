//! Carries a request that passes, but whose body was read and cannot go Pingora's way, by the forwarder.
//!
//! **Invariant:** what the application sees is what [`super::outbound`] makes of it, as on the other way.

use std::sync::Arc;

use pingora::http::RequestHeader;
use pingora::proxy::Session;
use tokio::sync::mpsc;

use crate::request::render::Rendered;

use super::apps::App;
use super::forwarder::Failure;
use super::refusal::{Kind, Refusal};
use super::stage::{Context, Passage};
use super::write::{self, Streamed};
use super::{exchange, intake, outbound};

/// Forwards and answers.
pub(crate) async fn carry(
    session: &mut Session,
    ctx: &mut Context,
    app: &Arc<App>,
    passage: Passage,
) -> pingora::Result<()> {
    let shared = ctx.shared.clone();
    let body = passage.body().cloned().unwrap_or_default();
    let came = session.req_header();
    let mut head = came.clone();
    outbound::rewrite(&mut head, came.version, intake::host(came), &ctx.arrival, app)?;
    let Some(request) = render(&head, intake::host(came), body.len()) else {
        return Refusal::new(Kind::AmbiguousRequest).answer(session, ctx).await;
    };
    let Ok(connection) = shared.forwarder.connect(app, &shared.timeouts, &*shared.clock).await else {
        return Refusal::new(Kind::UpstreamUnreachable).answer(session, ctx).await;
    };
    let (sink, mut frames) = mpsc::channel(4);
    let mut sending = Box::pin(connection.send(passage, request, Some(body), sink));
    let mut sent = false;
    let mut streaming = Box::pin(write::stream(session, &mut frames, |_| Ok(())));
    // When the client goes, so does the request: nobody approved that it be carried out regardless.
    let streamed = loop {
        tokio::select! {
            streamed = &mut streaming => break streamed,
            () = &mut sending, if !sent => sent = true,
        }
    };
    drop(streaming);
    match streamed? {
        Streamed::Whole => Ok(()),
        Streamed::Nothing(Failure::BeforeSend | Failure::Lost) => {
            Refusal::new(Kind::UpstreamUnreachable).answer(session, ctx).await
        }
        Streamed::Nothing(Failure::TimedOut) => {
            Refusal::new(Kind::UpstreamTimeout).answer(session, ctx).await
        }
    }
}

/// The head in the forwarder's form. `None` when its host or target is no text.
fn render(head: &RequestHeader, host: &[u8], length: usize) -> Option<Rendered> {
    let leave_out = ["host", "content-length", "expect"];
    let keep = |name: &str| {
        !exchange::is_hop(name, &head.headers) && !leave_out.iter().any(|out| name.eq_ignore_ascii_case(out))
    };
    let headers = intake::raw_headers(head)
        .into_iter()
        .map(|field| (String::from_utf8_lossy(field.name).into_owned(), field.value.to_vec()))
        .filter(|(name, _)| keep(name))
        .collect();
    Some(Rendered {
        method: method(head.method.as_str())?,
        target: String::from_utf8(head.raw_path().to_vec()).ok()?,
        host: String::from_utf8(host.to_vec()).ok()?,
        headers,
        content_length: Some(length as u64),
    })
}

/// The methods whose bodies are read to decide.
fn method(name: &str) -> Option<&'static str> {
    crate::request::normalise::Method::from_bytes(name.as_bytes())
        .map(crate::request::normalise::Method::as_str)
}
