//! Waiting for changes: the page of a prompt asks, and is told when the state is another than the one it shows.
//!
//! A page that takes server-sent events gets one, and then the end: for the next one it would be another page. So a proxy on the way that keeps
//! an answer until it is whole delays nothing. Where too many wait, the answer is a document at once; for a page that takes no events, it is one
//! as soon as the state changes, or after a while.
//!
//! **Invariant:** only the state is told; what is to be shown, the page asks for itself.
//! **Invariant:** nobody who waits keeps the gateway from ending.
//! **Invariant:** who asks is judged before the first byte, and again with each look.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_core::Stream;

use super::guard::{Audience, Watch, Watcher};
use super::problem::Refusal;
use super::{Portal, challenge, phone};

/// How long a question for changes may stay open; after it, the state is read again.
const WATCH: Duration = Duration::from_secs(20);
/// The longest that a stream lasts; a page that wants more asks again.
const LONGEST: Duration = Duration::from_secs(600);
/// A comment goes out so often, so that a page that left is noticed.
const BEAT: Duration = Duration::from_secs(15);

/// `GET /held/{id}/state`, and `POST` in a frame: answers as soon as the state is another than `seen`, or after a while.
pub(super) async fn state(portal: Arc<Portal>, who: Audience<Watcher>) -> Response {
    let watch = who.known();
    if watch.streams {
        return stream(portal, who).await;
    }
    let mut changes = portal.flows.changes(watch.id);
    let place = portal.watchers.try_acquire();
    let deadline = tokio::time::sleep(if place.is_ok() { WATCH } else { Duration::ZERO });
    let mut deadline = std::pin::pin!(deadline);
    loop {
        let state = match look(&portal, watch).await {
            Ok(state) => state,
            Err(refusal) => return portal.refuse(refusal, who.t()),
        };
        if watch.seen.as_ref() != Some(&state) {
            return document(&state);
        }
        tokio::select! {
            () = changes.changed() => {}
            () = deadline.as_mut() => return document(&state),
            () = portal.flows.tasks().stopping() => return document(&state),
        }
    }
}

/// The state as a stream of one event.
async fn stream(portal: Arc<Portal>, who: Audience<Watcher>) -> Response {
    let state = match look(&portal, who.known()).await {
        Ok(state) => state,
        Err(refusal) => return portal.refuse(refusal, who.t()),
    };
    if portal.watchers.available_permits() == 0 {
        return document(&state);
    }
    let event = async move {
        let _place = portal.watchers.try_acquire().ok()?;
        let watch = who.known();
        let mut longest = std::pin::pin!(tokio::time::sleep(LONGEST));
        let mut over = false;
        loop {
            let mut changes = portal.flows.changes(watch.id);
            let state = look(&portal, watch).await.ok()?;
            if over || watch.seen.as_ref() != Some(&state) {
                return Some(Event::default().event("state").data(told(&state).to_string()));
            }
            tokio::select! {
                () = changes.changed() => {}
                () = tokio::time::sleep(WATCH) => {}
                () = longest.as_mut() => over = true,
                () = portal.flows.tasks().stopping() => return None,
            }
        }
    };
    Sse::new(One(Some(Box::pin(event)))).keep_alive(KeepAlive::new().interval(BEAT)).into_response()
}

/// The state of the request, in the words of `seen`.
async fn look(portal: &Portal, watch: &Watch) -> Result<String, Refusal> {
    let view = challenge::read(portal, watch.id, &watch.whose).await?;
    // A page that waits for an answer given elsewhere asks by step too: the state stays where another one is needed.
    Ok(if watch.seen.as_ref().is_some_and(|seen| seen.contains('.')) {
        format!("{}.{}", view.state.as_str(), phone::asking::steps_done(&view))
    } else {
        view.state.as_str().to_owned()
    })
}

fn told(state: &str) -> serde_json::Value {
    serde_json::json!({ "state": state })
}

fn document(state: &str) -> Response {
    axum::Json(told(state)).into_response()
}

/// A stream of what the future gives, if anything.
struct One(Option<Pending>);

type Pending = Pin<Box<dyn Future<Output = Option<Event>> + Send>>;

impl Stream for One {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(event) = self.0.as_mut() else { return Poll::Ready(None) };
        let Poll::Ready(event) = event.as_mut().poll(context) else { return Poll::Pending };
        self.0 = None;
        Poll::Ready(event.map(Ok))
    }
}
