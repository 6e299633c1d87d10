//! Whether a request passes, is held, released or refused: the order of the questions.
//!
//! Release credentials first; then whether any policy can apply (nearly always not: nothing is allocated and nobody is asked);
//! then the strict reading of the head; the user; the body; the ruling; the hold.
//!
//! **Invariant:** the only maker of a [`Passage`], and only out of [`ForwardGrounds`] that `policy` gave, or of [`Granted`].
//! **Invariant:** every doubt on a guarded route ends in a refusal.

use std::sync::Arc;

use http::{Method, Version};
use pingora::proxy::Session;

use crate::approval::Granted;
use crate::flow::Flows;
use crate::policy::{Candidates, ForwardGrounds, login_path};
use crate::request::normalise::{Quick, admissible_quick, normalise};
use crate::request::{self, Head};

use super::apps::App;
use super::refusal::{Kind, Refusal};
use super::stage::{Again, Context, Passage};
use super::waiting::Parked;
use super::{credential, guarded, released, view};

/// What a request met.
pub(crate) enum Considered {
    /// It may be forwarded.
    Pass(Passage),
    /// It has been answered.
    Answered,
    /// Its connection is to wait; nothing that decided is needed for that.
    Parked(Box<Parked>),
}

/// What decides about requests.
#[derive(Clone, Default)]
pub enum Guard {
    /// No application has policies: a plain reverse proxy.
    #[default]
    Open,
    /// The policies that the flows hold.
    Policies(Flows),
}

impl Passage {
    /// By the leave of the policies.
    pub(super) fn granted(_grounds: ForwardGrounds) -> Self {
        Self::new(Again::WhenIdempotent)
    }

    /// By the leave of grants, for what policies would hold: sent once, whatever its method.
    pub(super) fn by_grants(_granted: Granted) -> Self {
        Self::new(Again::Never)
    }
}

/// Decides about one request for `app`.
pub(crate) async fn consider(
    session: &mut Session,
    ctx: &mut Context,
    app: &Arc<App>,
) -> pingora::Result<Considered> {
    let Guard::Policies(flows) = ctx.shared.guard.clone() else {
        return Ok(Considered::Pass(Passage::new(Again::WhenIdempotent)));
    };
    if let Some(presented) = credential::presented(session.req_header()) {
        return Box::pin(released::consider(session, ctx, app, &flows, presented)).await;
    }
    let guards =
        flows.policies().for_app(&app.settings.name).is_none_or(|policies| policies.none().is_none());
    if guards && !app.rules.dialect.bodies_on_get && has_hidden_body(session).await? {
        Box::pin(refuse(session, ctx, &flows, &request::Refusal::UnexpectedBody)).await?;
        return Ok(Considered::Answered);
    }
    match look(session, ctx, app, &flows) {
        Look::Pass(grounds) => Ok(Considered::Pass(Passage::granted(grounds))),
        Look::Refuse(refusal) => {
            Box::pin(refuse(session, ctx, &flows, &refusal)).await?;
            Ok(Considered::Answered)
        }
        Look::Guarded(head, candidates) => {
            Box::pin(guarded::consider(session, ctx, app, &flows, *head, candidates)).await
        }
    }
}

/// Whether a body comes with a method that has none, unannounced as HTTP/2 allows. An announced one is seen in the head.
async fn has_hidden_body(session: &mut Session) -> pingora::Result<bool> {
    let head = session.req_header();
    let expects_none = matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS);
    if head.version != Version::HTTP_2 || !expects_none || session.is_body_empty() {
        return Ok(false);
    }
    session.enable_retry_buffering();
    while let Some(piece) = session.read_request_body().await? {
        if !piece.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What the head alone tells.
enum Look {
    Pass(ForwardGrounds),
    Refuse(request::Refusal),
    Guarded(Box<Head>, Candidates),
}

fn look(session: &Session, ctx: &Context, app: &App, flows: &Flows) -> Look {
    flows.considered(&app.settings.name);
    let policies = flows.policies();
    let Some(policies) = policies.for_app(&app.settings.name) else {
        // Every configured application has its set, be it empty: one without is not known to the policies.
        return Look::Refuse(request::Refusal::TargetForm);
    };
    let quick = view::parts(session, ctx, |parts| match admissible_quick(&parts) {
        Quick::Plain { method, path, .. } => {
            std::str::from_utf8(path).ok().and_then(|path| policies.route(method.as_str(), path).grounds())
        }
        Quick::Look => None,
    });
    if let Some(grounds) = quick.flatten().or_else(|| policies.none()) {
        return Look::Pass(grounds);
    }
    let head = match view::spelled_parts(session, ctx, |parts| normalise(&parts, &app.rules)) {
        Ok(head) => head,
        Err(refusal) => return Look::Refuse(refusal),
    };
    let candidates = policies.concerns(&head);
    if let Some(grounds) = candidates.grounds() {
        return Look::Pass(grounds);
    }
    let raw_path = head.target.split('?').next().unwrap_or_default();
    if let Some(grounds) = login_path(&app.settings, raw_path) {
        return Look::Pass(grounds);
    }
    Look::Guarded(Box::new(head), candidates)
}

/// A request that cannot be read in one way.
pub(super) async fn refuse(
    session: &mut Session,
    ctx: &mut Context,
    flows: &Flows,
    refusal: &request::Refusal,
) -> pingora::Result<()> {
    let kind = match refusal.problem() {
        request::Problem::Ambiguous => Kind::AmbiguousRequest,
        request::Problem::Unreadable => Kind::UnreadableBody,
        request::Problem::TooLarge => Kind::BodyTooLarge,
    };
    flows.metrics().refused(kind.slug());
    let answer =
        Refusal::new(kind).because(sentence(&refusal.to_string())).member("reason", refusal.reason());
    declarable(answer, refusal.declared_by()).answer(session, ctx).await
}

/// Names the key by which an administrator can settle how the application reads it.
pub(super) fn declarable(refusal: Refusal, key: Option<&'static str>) -> Refusal {
    match key {
        Some(key) => refusal.member("declare", key),
        None => refusal,
    }
}

/// An error message as a sentence.
pub(super) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
