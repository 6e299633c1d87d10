//! Reads a request's body into a spool.
//!
//! What stays within 64 KiB can still be carried on by Pingora, which keeps a copy of its own for that (its retry buffer); a longer
//! one is sent from the spool (pingora 0.9.1 silently loses it otherwise).
//!
//! **Invariant:** a body that is cut short is an error, never a shorter body.

use std::time::Duration;

use pingora::proxy::Session;
use pingora::{Error, ErrorType};

use crate::flow::Flows;
use crate::flow::spool::{SpoolError, Spooled};
use crate::request::Head;

use super::apps::App;

/// The longest that one body may take to arrive.
const WHOLE: Duration = Duration::from_secs(600);

/// The most that is read of the body of somebody unknown.
const SMALL: u64 = 64 * 1024;

/// What a body is read for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To decide by its fields.
    Judge,
    /// To decide by its fields, for somebody unknown: 64 KiB at most.
    JudgeStranger,
    /// To count what policies would decide that only observe: what cannot be read is kept and passes.
    Watch,
    /// To hold it; its fields are not needed.
    Hold,
    /// To hold it, and to give its fields back should the application refuse it; what cannot be read is held all the same.
    GiveBack,
}

/// Whether a body can be read for policies that only observe, without the danger that it cannot be passed on afterwards: it is
/// announced, and short enough to need no store.
pub(super) fn can_be_watched(session: &mut Session, app: &App, head: &Head) -> bool {
    let most = app.settings.hold_body.min(SMALL);
    head.content_length.map_or_else(|| !head.chunked && session.is_body_empty(), |length| length <= most)
}

/// Reads the whole body. The outer error is the client's or the connection's fault, the inner one a refusal.
pub(super) async fn read(
    session: &mut Session,
    flows: &Flows,
    app: &App,
    head: &Head,
    purpose: Purpose,
) -> pingora::Result<Result<Spooled, SpoolError>> {
    let most = match purpose {
        Purpose::Judge | Purpose::Watch | Purpose::Hold | Purpose::GiveBack => app.settings.hold_body,
        Purpose::JudgeStranger => app.settings.hold_body.min(SMALL),
    };
    if head.content_length.is_some_and(|length| length > most) {
        return Ok(Err(SpoolError::TooLarge { most }));
    }
    // THREAT: no announcement is believed: in HTTP/2 a body comes without a length or a coding. What arrives is what is judged.
    let kind = (purpose != Purpose::Hold).then_some(&head.content);
    let mut spool = flows.spool(&app.settings, kind).at_most(most);
    if matches!(purpose, Purpose::Watch | Purpose::GiveBack) {
        spool = spool.whatever_it_says();
    }
    session.enable_retry_buffering();
    if head.expects_continue && !session.is_body_done() {
        session.write_continue_response().await?;
    }
    let pieces = async {
        while let Some(piece) = session.read_request_body().await? {
            if let Err(why) = spool.push(&piece).await {
                return Ok(Err(why));
            }
        }
        Ok::<_, Box<Error>>(Ok(()))
    };
    match tokio::time::timeout(WHOLE, pieces).await {
        Ok(Ok(Ok(()))) => Ok(spool.finish().await),
        Ok(Ok(Err(why))) => Ok(Err(why)),
        Ok(Err(error)) => Err(error),
        Err(_) => Error::e_explain(ErrorType::ReadTimedout, "the body took too long to arrive")
            .map_err(Error::into_down),
    }
}
