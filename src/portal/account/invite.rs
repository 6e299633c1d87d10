//! An invitation is taken up: by its link, or with name and code by hand.
//!
//! **Invariant:** opening the link spends nothing, so that a program that follows links in mail takes nothing away.
//! **Invariant:** the code does not stay in an address: the link answers with a cookie of the browser's own and leads on to the bare page, so that it
//! is in no history, no `Referer` and in a proxy's log at most once (`tests/it/account_invite.rs`).

use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::Response;

use super::page::Invite;
use super::password::unfit;
use super::{Outcome, answer, go, with_session};
use crate::base::text::visible;
use crate::directory::password::ALONE;
use crate::flow::account::invite::Accepted;
use crate::portal::guard::{Audience, Guest};
use crate::portal::page::page;
use crate::portal::{Portal, cookie};

/// `GET /invite`.
pub(in crate::portal) async fn show(portal: Arc<Portal>, who: Audience<Guest>) -> Response {
    let caller = who.known();
    let outcome: Outcome = async {
        if let (Some(name), Some(code)) = (caller.asked("user"), caller.asked("code")) {
            let mut on = go("/invite");
            if let Some(cookie) = cookie::set_invitation(&portal.origin, name, code) {
                on.headers_mut().append(header::SET_COOKIE, cookie);
            }
            return Ok(on);
        }
        let Some((name, code)) = &caller.invited else {
            let (name, code) = (String::new(), String::new());
            let by_hand = Invite { t: caller.t, name, code, known: false, least: ALONE, fault: None };
            return Ok(page(StatusCode::OK, &by_hand));
        };
        let known = portal.flows.is_invited(name, code).await?;
        let fault = (!known).then(|| caller.t.say("account-invite-not-good"));
        let (name, code) = (visible(name, 128), if known { visible(code, 64) } else { String::new() });
        let status = if known { StatusCode::OK } else { StatusCode::GONE };
        Ok(page(status, &Invite { t: caller.t, name, code, known, least: ALONE, fault }))
    }
    .await;
    answer(&portal, caller.t, outcome)
}

/// `POST /invite`.
pub(in crate::portal) async fn submit(portal: Arc<Portal>, who: Audience<Guest>) -> Response {
    let caller = who.known();
    let outcome: Outcome = async {
        let field = |name| caller.field(name).unwrap_or_default();
        let (name, code, chosen) = (field("user").trim(), field("code").trim(), field("password"));
        let by_link = field("known") == "1";
        let again = |status: StatusCode, known: bool, fault: String| {
            let (name, code) = (visible(name, 128), if known { visible(code, 64) } else { String::new() });
            let fault = Some(fault);
            page(status, &Invite { t: caller.t, name, code, known, least: ALONE, fault })
        };
        if chosen != field("again") {
            let fault = caller.t.say("account-password-differ");
            return Ok(again(StatusCode::UNPROCESSABLE_ENTITY, by_link, fault));
        }
        Ok(match portal.flows.accept_invitation(name, code, chosen, &caller.agent).await? {
            Accepted::SignedIn(session) => {
                let mut on = with_session(&portal, &session, go("/account?done=welcome"));
                if let Some(end) = cookie::end_invitation(&portal.origin) {
                    on.headers_mut().append(header::SET_COOKIE, end);
                }
                on
            }
            Accepted::NotGood => again(StatusCode::GONE, false, caller.t.say("account-invite-not-good")),
            Accepted::Unfit(why) => again(StatusCode::UNPROCESSABLE_ENTITY, by_link, unfit(caller.t, why)),
        })
    }
    .await;
    answer(&portal, caller.t, outcome)
}
