//! Waiting for changes: the page of a prompt asks, and is told when the state is another than the one it shows.
//!
//! **Invariant:** only the state is told; what is to be shown, the page asks for itself.

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse as _, Response};

use super::guard::{Audience, Watcher};
use super::{Portal, challenge, phone};

/// How long a question for changes may stay open.
const WATCH: Duration = Duration::from_secs(20);

/// `GET /held/{id}/state`, and `POST` in a frame: answers as soon as the state is another than `seen`, or after a while.
pub(super) async fn state(portal: Arc<Portal>, who: Audience<Watcher>) -> Response {
    let watch = who.known();
    let mut changes = portal.flows.changes(watch.id);
    let place = portal.watchers.try_acquire();
    let deadline = tokio::time::sleep(if place.is_ok() { WATCH } else { Duration::ZERO });
    let mut deadline = std::pin::pin!(deadline);
    loop {
        let state = match challenge::read(&portal, watch.id, &watch.whose).await {
            // A page that waits for an answer given elsewhere asks by step too: the state stays where another one is needed.
            Ok(view) if watch.seen.as_ref().is_some_and(|seen| seen.contains('.')) => {
                format!("{}.{}", view.state.as_str(), phone::asking::steps_done(&view))
            }
            Ok(view) => view.state.as_str().to_owned(),
            Err(refusal) => return portal.refuse(refusal, who.t()),
        };
        let told = || axum::Json(serde_json::json!({ "state": state })).into_response();
        if watch.seen.as_ref() != Some(&state) {
            return told();
        }
        tokio::select! {
            () = changes.changed() => {}
            () = deadline.as_mut() => return told(),
        }
    }
}
