//! Recovery codes are made, and shown once, to be printed or written down.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;

use super::list::Recovery;
use super::{Outcome, answer, frame, go};
use crate::base::text::Label;
use crate::flow::Unavailable;
use crate::portal::Portal;
use crate::portal::guard::{Audience, Fresh};
use crate::portal::page::page;

/// `GET /account/add/recovery`: what they are, and how many are left.
pub(in crate::portal) async fn show(portal: Arc<Portal>, who: Audience<Fresh>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let left = portal.flows.recovery_left(&member.opened).await?.map(|left| left.codes);
        let contents = Recovery { t, frame: frame(member, "account"), left, codes: Vec::new() };
        Ok(page(StatusCode::OK, &contents))
    }
    .await;
    answer(&portal, t, outcome)
}

/// `POST /account/add/recovery`: makes ten, and shows them. The answer is the only page that ever does, so it leads nowhere else.
pub(in crate::portal) async fn make(portal: Arc<Portal>, who: Audience<Fresh>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let label = Label::parse(&t.say("account-kind-recovery"))
            .map_err(|why| Unavailable(format!("the name of recovery codes: {why}")))?;
        let Some(codes) = portal.flows.renew_recovery(&member.opened, label).await? else {
            return Ok(go("/account"));
        };
        let codes = codes
            .iter()
            .map(|code| code.expose(|bytes| String::from_utf8_lossy(bytes).into_owned()))
            .collect();
        let contents = Recovery { t, frame: frame(member, "account"), left: None, codes };
        Ok(page(StatusCode::OK, &contents))
    }
    .await;
    answer(&portal, t, outcome)
}
