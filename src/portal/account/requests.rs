//! The user's own requests, their receipts to keep, and what is remembered.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::list::{Grant, Request, Requests};
use super::own::none;
use super::{Outcome, answer, frame, go};
use crate::base::id::{Held, Id};
use crate::portal::Portal;
use crate::portal::guard::{Account, AccountForm, Audience};
use crate::portal::page::page;

/// `GET /account/requests`.
pub(in crate::portal) async fn show(portal: Arc<Portal>, who: Audience<Account>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let requests = portal.flows.own_requests(&member.opened).await?;
        let grants = portal.flows.own_grants(&member.opened).await?;
        let contents = Requests {
            t,
            frame: frame(member, "requests"),
            requests: requests.iter().map(|one| Request::of(t, one)).collect(),
            grants: grants.iter().map(|one| Grant::of(t, one)).collect(),
        };
        Ok(page(StatusCode::OK, &contents))
    }
    .await;
    answer(&portal, t, outcome)
}

/// `GET /account/requests/{id}/receipt`: the signed statement, as a file.
pub(in crate::portal) async fn receipt(portal: Arc<Portal>, who: Audience<Account>) -> Response {
    let member = who.known();
    let outcome: Outcome = async {
        let Some(id) = member.caller.id.as_deref().and_then(|id| id.parse::<Id<Held>>().ok()) else {
            return Ok(none(&portal, member.caller.t));
        };
        let Some(receipt) = portal.flows.own_receipt(&member.opened, id).await? else {
            return Ok(none(&portal, member.caller.t));
        };
        let mut answer = receipt.into_response();
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{id}.receipt.json\"")) {
            headers.insert(header::CONTENT_DISPOSITION, name);
        }
        Ok(answer)
    }
    .await;
    answer(&portal, member.caller.t, outcome)
}

/// `POST /account/grants`: ends one. To end something needs no fresh proof.
pub(in crate::portal) async fn end_grant(portal: Arc<Portal>, who: Audience<AccountForm>) -> Response {
    let member = who.known();
    let outcome: Outcome = async {
        if let Some(id) = member.caller.field("grant").and_then(|id| id.parse().ok()) {
            portal.flows.end_grant(&member.opened, id).await?;
        }
        Ok(go("/account/requests"))
    }
    .await;
    answer(&portal, member.caller.t, outcome)
}
