//! Sessions are looked at and ended.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;

use super::list::{Seat, Sessions};
use super::{Outcome, answer, frame, go, with_session};
use crate::portal::Portal;
use crate::portal::guard::{Account, AccountForm, Audience};
use crate::portal::page::page;

/// `GET /account/sessions`.
pub(in crate::portal) async fn show(portal: Arc<Portal>, who: Audience<Account>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let sessions = portal.flows.sessions(&member.opened).await?;
        let sessions = sessions.iter().map(|one| Seat::of(t, one)).collect();
        Ok(page(StatusCode::OK, &Sessions { t, frame: frame(member, "sessions"), sessions }))
    }
    .await;
    answer(&portal, t, outcome)
}

/// `POST /account/sessions`: ends one, or all others. To end something needs no fresh proof: whoever fears for the account must not
/// be kept waiting.
pub(in crate::portal) async fn end(portal: Arc<Portal>, who: Audience<AccountForm>) -> Response {
    let member = who.known();
    let outcome: Outcome = async {
        let on = go("/account/sessions");
        Ok(match member.caller.field("session") {
            Some("others") => match portal.flows.end_other_sessions(&member.opened).await? {
                Some(cookie) => with_session(&portal, &cookie, on),
                None => on,
            },
            Some(id) => {
                if let Ok(id) = id.parse() {
                    portal.flows.end_session(&member.opened, id).await?;
                }
                on
            }
            None => on,
        })
    }
    .await;
    answer(&portal, member.caller.t, outcome)
}
