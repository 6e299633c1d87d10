//! Whether a request passes.
//!
//! **Invariant:** the only maker of a [`Passage`].

use std::sync::Arc;

use pingora::proxy::Session;

use super::apps::App;
use super::body::{self, Body};
use super::refusal::{Kind, Refusal};
use super::stage::{Again, Context, Passage};

/// What a request met.
pub(crate) enum Considered {
    /// It may be forwarded.
    Pass(Passage),
    /// It has been answered.
    Answered,
}

/// Which applications have policies.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    guarded: Vec<String>,
    read: Vec<String>,
}

impl Guard {
    /// Applications with these names have policies.
    pub fn new(guarded: Vec<String>) -> Self {
        Self { guarded, read: Vec::new() }
    }

    /// Applications with these names have policies that read bodies and let all of them pass.
    pub fn reading(read: Vec<String>) -> Self {
        Self { guarded: Vec::new(), read }
    }
}

/// Decides about one request for `app`.
pub(crate) async fn consider(
    session: &mut Session,
    ctx: &mut Context,
    app: &Arc<App>,
) -> pingora::Result<Considered> {
    if ctx.shared.guard.guarded.contains(&app.settings.name) {
        Refusal::new(Kind::StoreUnavailable).answer(session, ctx).await?;
        return Ok(Considered::Answered);
    }
    let passage = Passage::new(Again::WhenIdempotent);
    if !ctx.shared.guard.read.contains(&app.settings.name) {
        return Ok(Considered::Pass(passage));
    }
    match body::read(session, app.settings.inspect_body).await? {
        Body::Whole(body) => Ok(Considered::Pass(passage.with_body(body))),
        Body::TooLarge => {
            Refusal::new(Kind::BodyTooLarge).answer(session, ctx).await?;
            Ok(Considered::Answered)
        }
    }
}
