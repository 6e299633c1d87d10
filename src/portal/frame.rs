//! The prompt in a frame of the application's page: opened with the handoff, looked at again, given up to a window.
//!
//! Its pages are those of the window ([`super::challenge`]); [`super::way`] is what differs in them.
//!
//! **Invariant:** only the first GET is answered: whoever loads the frame again has lost its token, and is led to a window.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::Portal;
use super::challenge::{look, settle};
use super::guard::{Audience, Submitter, Visitor};
use super::problem::Refusal;
use crate::flow::frame::FrameOpened;

/// `GET /frame/held/{id}`: spends the handoff, and shows the prompt.
pub(super) async fn show(portal: Arc<Portal>, who: Audience<Visitor>) -> Response {
    let (visit, t) = (who.known(), who.t());
    let Some(handoff) = &visit.handoff else { return lost(portal.clone(), who).await };
    let opened = portal.flows.open_frame(visit.id, handoff).await;
    let outcome = match opened.map_err(|cause| Refusal::Unavailable(visit.id, cause)) {
        Ok(Ok(FrameOpened::Tied(whose))) => look(&portal, visit.id, &whose, t).await,
        Ok(Ok(FrameOpened::WindowOnly)) => Err(Refusal::Framed),
        Ok(Err(not)) => Err(not.into()),
        Err(refusal) => Err(refusal),
    };
    match outcome {
        Ok(answer) => answer,
        Err(refusal) => portal.refuse_in_frame(visit.id, refusal, t).await,
    }
}

/// `GET` where only a form is taken: a frame that was loaded again.
pub(super) async fn lost(portal: Arc<Portal>, who: Audience<Visitor>) -> Response {
    portal.refuse_in_frame(who.known().id, Refusal::OtherBrowser, who.t()).await
}

/// `POST /frame/held/{id}/show`: the prompt by its state, as a link does in a window.
pub(super) async fn again(portal: Arc<Portal>, who: Audience<Submitter>) -> Response {
    let asked = who.known();
    settle(&portal, asked, who.t(), look(&portal, asked.id, &asked.whose, who.t()).await).await
}

/// `POST /frame/held/{id}/window`: the frame gives the prompt up, so that the handoff opens it in a window.
pub(super) async fn leave(portal: Arc<Portal>, who: Audience<Submitter>) -> Response {
    let asked = who.known();
    let left = portal.flows.leave_frame(asked.id, &asked.whose).await;
    let outcome = match left.map_err(|cause| Refusal::Unavailable(asked.id, cause)) {
        Ok(Ok(())) => Ok(StatusCode::NO_CONTENT.into_response()),
        Ok(Err(not)) => Err(not.into()),
        Err(refusal) => Err(refusal),
    };
    settle(&portal, asked, who.t(), outcome).await
}
