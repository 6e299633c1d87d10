//! One authenticator: looked at, named, removed.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;

use super::page::{One, Remove, Rename, Row};
use super::{Outcome, answer, frame, go, resync};
use crate::base::id::{Authenticator, Id};
use crate::base::language::Text;
use crate::base::text::Label;
use crate::flow::Unavailable;
use crate::flow::account::own::{OwnView, Removed};
use crate::portal::Portal;
use crate::portal::guard::{Account, Audience, Fresh, Member};
use crate::portal::page::page;
use crate::portal::problem::Refusal;

/// `GET /account/authenticators/{id}`.
pub(in crate::portal) async fn show(portal: Arc<Portal>, who: Audience<Account>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let Some((view, row)) = find(&portal, member).await? else {
            return Ok(none(&portal, member.caller.t));
        };
        let counts = resync::has_count(&view);
        let notice = match member.caller.asked("done") {
            Some("works") => Some(t.say("account-done-works")),
            Some("added") => Some(t.say("account-done-added")),
            Some("resynced") => Some(t.say("account-done-resynced")),
            Some(_) | None => None,
        };
        Ok(page(StatusCode::OK, &One { t, frame: frame(member, "account"), row, counts, notice }))
    }
    .await;
    answer(&portal, t, outcome)
}

/// `GET /account/authenticators/{id}/rename`.
pub(in crate::portal) async fn ask_name(portal: Arc<Portal>, who: Audience<Fresh>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let Some((_, row)) = find(&portal, member).await? else { return Ok(none(&portal, member.caller.t)) };
        Ok(page(StatusCode::OK, &Rename { t, frame: frame(member, "account"), row, fault: None }))
    }
    .await;
    answer(&portal, t, outcome)
}

/// `POST /account/authenticators/{id}/rename`.
pub(in crate::portal) async fn rename(portal: Arc<Portal>, who: Audience<Fresh>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let Some((view, row)) = find(&portal, member).await? else {
            return Ok(none(&portal, member.caller.t));
        };
        let Ok(label) = Label::parse(member.caller.field("label").unwrap_or_default().trim()) else {
            let fault = Some(t.say("account-label-unfit"));
            let again = Rename { t, frame: frame(member, "account"), row, fault };
            return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again));
        };
        if !portal.flows.rename_own(&member.opened, view.id, &label).await? {
            return Ok(none(&portal, member.caller.t));
        }
        Ok(go("/account?done=renamed"))
    }
    .await;
    answer(&portal, t, outcome)
}

/// `GET /account/authenticators/{id}/remove`.
pub(in crate::portal) async fn ask_remove(portal: Arc<Portal>, who: Audience<Fresh>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let Some((_, row)) = find(&portal, member).await? else { return Ok(none(&portal, member.caller.t)) };
        Ok(page(StatusCode::OK, &Remove { t, frame: frame(member, "account"), row, fault: None }))
    }
    .await;
    answer(&portal, t, outcome)
}

/// `POST /account/authenticators/{id}/remove`.
pub(in crate::portal) async fn remove(portal: Arc<Portal>, who: Audience<Fresh>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let Some((view, mut row)) = find(&portal, member).await? else {
            return Ok(none(&portal, member.caller.t));
        };
        let sure = member.caller.field("sure") == Some("yes");
        let fault = match portal.flows.remove_own(&member.opened, view.id, sure).await? {
            Removed::Done => return Ok(go("/account?done=removed")),
            Removed::NotFound => return Ok(none(&portal, member.caller.t)),
            Removed::Last => t.say("account-remove-sure-missing"),
            Removed::PasswordTooShort { least } => t.tell("account-remove-password", "least", least),
        };
        row.last |= row.others_from.is_none();
        let again = Remove { t, frame: frame(member, "account"), row, fault: Some(fault) };
        Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again))
    }
    .await;
    answer(&portal, t, outcome)
}

/// The authenticator that the path names, if it is the user's.
pub(super) async fn find(portal: &Portal, member: &Member) -> Result<Option<(OwnView, Row)>, Unavailable> {
    let Some(id) = member.caller.id.as_deref().and_then(|id| id.parse::<Id<Authenticator>>().ok()) else {
        return Ok(None);
    };
    let mine = portal.flows.own_authenticators(&member.opened).await?;
    Ok(mine.into_iter().find(|one| one.id == id).map(|one| {
        let row = Row::own(member.caller.t, &one);
        (one, row)
    }))
}

/// There is none, or it is somebody else's: the two are not told apart.
pub(super) fn none(portal: &Portal, t: Text) -> Response {
    portal.refuse(Refusal::NoPage, t)
}
