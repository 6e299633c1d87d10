//! The password is changed.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;

use super::page::Password;
use super::prove::hindered;
use super::{Outcome, answer, frame, go, with_session};
use crate::base::language::Text;
use crate::directory::password::{ALONE, BESIDE, Unfit};
use crate::flow::account::password::Changed;
use crate::portal::Portal;
use crate::portal::guard::{Audience, Fresh, Member};
use crate::portal::page::page;

/// `GET /account/password`.
pub(in crate::portal) fn show(_: &Arc<Portal>, who: &Audience<Fresh>) -> Response {
    form(who.known(), StatusCode::OK, None, None)
}

/// `POST /account/password`.
pub(in crate::portal) async fn submit(portal: Arc<Portal>, who: Audience<Fresh>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let field = |name| member.caller.field(name).unwrap_or_default();
        let wrong = StatusCode::UNPROCESSABLE_ENTITY;
        if field("password") != field("again") {
            return Ok(form(member, wrong, None, Some(t.say("account-password-differ"))));
        }
        Ok(match portal.flows.change_password(&member.opened, field("present"), field("password")).await? {
            Changed::Done(cookie) => with_session(&portal, &cookie, go("/account?done=password")),
            Changed::Unfit(why) => form(member, wrong, None, Some(unfit(t, why))),
            Changed::Not(why) => {
                let (status, say) = hindered(t, &why);
                form(member, status, Some(say), None)
            }
        })
    }
    .await;
    answer(&portal, t, outcome)
}

fn form(
    member: &Member,
    status: StatusCode,
    present_fault: Option<String>,
    fault: Option<String>,
) -> Response {
    let least = if member.opened.protected { BESIDE } else { ALONE };
    let frame = frame(member, "account");
    page(status, &Password { t: member.caller.t, frame, least, present_fault, fault })
}

/// Why a password may not be chosen, in words.
pub(super) fn unfit(t: Text, why: Unfit) -> String {
    match why {
        Unfit::TooShort { least } => t.tell("account-password-short", "least", least),
        Unfit::TooLong => t.say("account-password-long"),
        Unfit::Common => t.say("account-password-common"),
    }
}
