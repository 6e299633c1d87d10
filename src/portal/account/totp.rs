//! A code generator is enrolled: shown as a QR code and in letters, kept after a right code.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;

use super::page::Totp;
use super::{Outcome, answer, frame, go, with_session};
use crate::base::text::Label;
use crate::flow::Unavailable;
use crate::flow::account::enrol::Enrolled;
use crate::portal::guard::{Audience, Fresh, Member};
use crate::portal::page::page;
use crate::portal::{Portal, qr};

/// `GET /account/add/totp`.
pub(in crate::portal) async fn show(portal: Arc<Portal>, who: Audience<Fresh>) -> Response {
    let member = who.known();
    let outcome = form(&portal, member, StatusCode::OK, None).await;
    answer(&portal, member.caller.t, outcome)
}

/// `POST /account/add/totp`.
pub(in crate::portal) async fn submit(portal: Arc<Portal>, who: Audience<Fresh>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let wrong = StatusCode::UNPROCESSABLE_ENTITY;
        let Ok(label) = Label::parse(member.caller.field("label").unwrap_or_default().trim()) else {
            return form(&portal, member, wrong, Some(t.say("account-label-unfit"))).await;
        };
        let code = member.caller.field("code").unwrap_or_default();
        match portal.flows.enrol_totp(&member.opened, label, code).await? {
            Enrolled::Done { cookie, .. } => {
                let on = go("/account?done=added");
                Ok(match cookie {
                    Some(cookie) => with_session(&portal, &cookie, on),
                    None => on,
                })
            }
            Enrolled::WrongCode => form(&portal, member, wrong, Some(t.say("account-totp-wrong"))).await,
            Enrolled::TooMany => form(&portal, member, wrong, Some(t.say("account-too-many"))).await,
            Enrolled::Ended => Ok(go("/account")),
        }
    }
    .await;
    answer(&portal, t, outcome)
}

async fn form(
    portal: &Portal,
    member: &Member,
    status: StatusCode,
    fault: Option<String>,
) -> Result<Response, Unavailable> {
    let t = member.caller.t;
    let offered = portal.flows.offer_totp(&member.opened).await?;
    let text = |secret: &crate::base::secret::Secret| {
        secret.expose(|bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    let uri = text(&offered.uri);
    let label = member.caller.field("label").map_or_else(|| t.say("account-totp-label-usual"), str::to_owned);
    let label: String = label.chars().take(64).collect();
    let frame = frame(member, "account");
    let contents = Totp { t, frame, drawing: qr::draw(&uri), seed: text(&offered.seed), uri, label, fault };
    Ok(page(status, &contents))
}
