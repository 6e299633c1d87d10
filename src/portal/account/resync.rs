//! The clock or counter of a code generator is found again, by two codes that it shows one after the other.
//!
//! No fresh proof is asked for, since a code of it may be all that its user has: the two codes are judged, and counted, as every answer is.
//! **Invariant:** what was typed is in no page that comes back.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::own::{find, none};
use super::page::{Frame, Row};
use super::prove::hindered;
use super::{Outcome, answer, frame, go};
use crate::audit::Actor;
use crate::base::language::Text;
use crate::flow::account::own::OwnView;
use crate::flow::account::prove::Proven;
use crate::flow::resync::Resynced;
use crate::portal::Portal;
use crate::portal::guard::{Account, AccountForm, Audience, Member};
use crate::portal::page::page;

/// Two codes are asked for.
#[derive(Template)]
#[template(path = "account/resync.html")]
struct Resync {
    t: Text,
    frame: Frame,
    row: Row,
    /// Whether it counts presses of a button, rather than time.
    pressed: bool,
    fault: Option<String>,
}

/// Whether an authenticator has a clock or a counter.
pub(super) fn has_count(view: &OwnView) -> bool {
    matches!(view.kind, "totp" | "hotp")
}

/// `GET /account/authenticators/{id}/resync`.
pub(in crate::portal) async fn show(portal: Arc<Portal>, who: Audience<Account>) -> Response {
    let member = who.known();
    let outcome = form(&portal, member, StatusCode::OK, None).await;
    answer(&portal, member.caller.t, outcome)
}

/// `POST /account/authenticators/{id}/resync`.
pub(in crate::portal) async fn submit(portal: Arc<Portal>, who: Audience<AccountForm>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let Some((view, _)) = find(&portal, member).await? else { return Ok(none(&portal, t)) };
        let field = |name| member.caller.field(name).unwrap_or_default();
        let (user, codes) = (&member.opened.user.name, [field("first"), field("second")]);
        let why = match portal.flows.resync(user, view.id, codes, &Actor::User(user.clone())).await? {
            Resynced::Done => return Ok(go(&format!("/account/authenticators/{}?done=resynced", view.id))),
            Resynced::NotThisKind => return Ok(none(&portal, t)),
            Resynced::Wrong { left } => Proven::Wrong { left },
            Resynced::Stopped(stopped) => stopped.into(),
        };
        let (status, say) = match why {
            Proven::Wrong { left } if left > 0 => {
                (StatusCode::UNPROCESSABLE_ENTITY, t.tell("account-resync-wrong", "left", left))
            }
            why => hindered(t, &why),
        };
        form(&portal, member, status, Some(say)).await
    }
    .await;
    answer(&portal, t, outcome)
}

async fn form(portal: &Portal, member: &Member, status: StatusCode, fault: Option<String>) -> Outcome {
    let t = member.caller.t;
    let found = find(portal, member).await?.filter(|(view, _)| has_count(view));
    let Some((view, row)) = found else { return Ok(none(portal, t)) };
    let pressed = view.kind == "hotp";
    Ok(page(status, &Resync { t, frame: frame(member, "account"), row, pressed, fault }))
}
