//! Name and password, and the way out.
//!
//! **Invariant:** whatever is wrong, the page is the same to the byte (`tests/it/account_sign_in.rs`); the name typed is not shown again.

use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::Response;

use super::page::SignIn;
use super::{Outcome, answer, go, with_session};
use crate::flow::account::sign_in::SignedIn;
use crate::portal::guard::{AccountForm, Audience, Guest, HalfOpen, Member};
use crate::portal::page::page;
use crate::portal::{Portal, cookie};

/// `GET /account/sign-in`.
pub(in crate::portal) async fn show(portal: Arc<Portal>, who: Audience<Guest>) -> Response {
    let caller = who.known();
    let outcome: Outcome = async {
        if let Some(cookie) = &caller.cookie
            && portal.flows.session(cookie).await?.is_some()
        {
            return Ok(go(&caller.next()));
        }
        let (name, ended) = (String::new(), caller.asked("ended").is_some());
        Ok(page(StatusCode::OK, &SignIn { t: caller.t, next: caller.next(), name, refused: false, ended }))
    }
    .await;
    answer(&portal, caller.t, outcome)
}

/// `POST /account/sign-in`.
pub(in crate::portal) async fn submit(portal: Arc<Portal>, who: Audience<Guest>) -> Response {
    let caller = who.known();
    let outcome: Outcome = async {
        let name = caller.field("name").unwrap_or_default().trim();
        let password = caller.field("password").unwrap_or_default();
        let next = caller.next();
        let judged = portal.flows.sign_in(name, password, &caller.agent, caller.cookie.as_deref()).await?;
        Ok(match judged {
            SignedIn::Open(cookie) => with_session(&portal, &cookie, go(&next)),
            SignedIn::HalfOpen(cookie) => {
                with_session(&portal, &cookie, go(&format!("/account/second?next={next}")))
            }
            SignedIn::Refused => {
                let (name, ended) = (String::new(), false);
                let again = SignIn { t: caller.t, next, name, refused: true, ended };
                page(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
        })
    }
    .await;
    answer(&portal, caller.t, outcome)
}

/// `POST /account/sign-out`.
pub(in crate::portal) async fn leave(portal: Arc<Portal>, who: Audience<AccountForm>) -> Response {
    out(&portal, who.known(), "/account/sign-in?ended=1").await
}

/// `POST /account/second/leave`: the password was somebody else's.
pub(in crate::portal) async fn give_up(portal: Arc<Portal>, who: Audience<HalfOpen>) -> Response {
    out(&portal, who.known(), "/account/sign-in").await
}

async fn out(portal: &Arc<Portal>, member: &Member, to: &str) -> Response {
    let outcome: Outcome = async {
        portal.flows.sign_out(&member.opened).await?;
        let mut out = go(to);
        if let Some(cookie) = cookie::end_session(&portal.origin) {
            out.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Ok(out)
    }
    .await;
    answer(portal, member.caller.t, outcome)
}
