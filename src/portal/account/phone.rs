//! A phone is paired: a code for it, then a number for its user; and it is answered in the own account.
//!
//! **Invariant:** looking begins nothing and spends nothing; the code is on the page that the form was answered with, and nowhere again.
//! Without script: the page with the number looks again by a refresh.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::page::{Asked, Frame, Row};
use super::{Outcome, answer, frame, go};
use crate::base::id::{Challenge, Id};
use crate::base::language::Text;
use crate::directory::pairing::Screen;
use crate::factors::Response as Given;
use crate::flow::Unavailable;
use crate::flow::enrol_phone::Stage;
use crate::flow::phone::Fetched;
use crate::flow::view::Choice;
use crate::portal::Portal;
use crate::portal::guard::{Account, AccountForm, Audience, Fresh, Member};
use crate::portal::page::page;
use crate::portal::phone::asking::Digits;
use crate::portal::qr::{self, Drawing};

/// The number that is to be typed on the phone.
#[derive(Template)]
#[template(path = "account/phone.html")]
struct Phone {
    t: Text,
    asked: Asked,
    choice: Row,
    challenge: String,
    digits: Digits,
    rung: bool,
    others: bool,
    fault: Option<String>,
}

/// A phone is paired: what to do, and the code.
#[derive(Template)]
#[template(path = "account/phone_add.html")]
struct AddPhone {
    t: Text,
    frame: Frame,
    /// What the QR code holds, how it is drawn, and how the code is typed, once there is one.
    code: Option<(String, Option<Drawing>, String)>,
    /// The pairing, and the phone's page.
    handle: String,
    address: String,
}

/// How far the pairing of a phone is.
#[derive(Template)]
#[template(path = "account/phone_stage.html")]
struct PhoneStage {
    t: Text,
    frame: Frame,
    handle: String,
    /// The phone's name and the number, once it is claimed.
    claimed: Option<(String, Digits)>,
    over: bool,
}

/// `GET /account/add/phone`.
pub(in crate::portal) fn show(portal: &Portal, who: &Audience<Fresh>) -> Response {
    let member = who.known();
    let (handle, address) = (String::new(), address(portal));
    let contents =
        AddPhone { t: member.caller.t, frame: frame(member, "account"), code: None, handle, address };
    page(StatusCode::OK, &contents)
}

/// `POST /account/add/phone`: a new code.
pub(in crate::portal) async fn begin(portal: Arc<Portal>, who: Audience<Fresh>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let begun = portal.flows.pair_phone(&member.opened.user.name, Screen::User).await?;
        let groups: Vec<String> = begun
            .code
            .as_bytes()
            .chunks(4)
            .map(|group| String::from_utf8_lossy(group).into_owned())
            .collect();
        let (drawing, address) = (qr::draw(&begun.url), address(&portal));
        let code = Some((begun.url, drawing, groups.join(" ")));
        let frame = frame(member, "account");
        Ok(page(StatusCode::OK, &AddPhone { t, frame, code, handle: begun.handle, address }))
    }
    .await;
    answer(&portal, t, outcome)
}

/// `GET /account/add/phone/stage`: how far it is.
pub(in crate::portal) async fn stage(portal: Arc<Portal>, who: Audience<Account>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let handle = member.caller.asked("pairing").unwrap_or_default().to_owned();
        let (claimed, over) = match portal.flows.pairing(&member.opened.user.name, &handle).await? {
            Some(Stage::Waiting) => (None, false),
            Some(Stage::Claimed { device, number }) => (Some((device, Digits::of(&number))), false),
            Some(Stage::Paired { authenticator, .. }) => {
                return Ok(go(&format!("/account/authenticators/{authenticator}?done=added")));
            }
            Some(Stage::Over) | None => (None, true),
        };
        let frame = frame(member, "account");
        Ok(page(StatusCode::OK, &PhoneStage { t, frame, handle, claimed, over }))
    }
    .await;
    answer(&portal, t, outcome)
}

/// `POST /account/add/phone/stop`: the user takes it back.
pub(in crate::portal) async fn stop(portal: Arc<Portal>, who: Audience<AccountForm>) -> Response {
    let member = who.known();
    let outcome: Outcome = async {
        let handle = member.caller.field("pairing").unwrap_or_default();
        portal.flows.pairing_cancel(&member.opened.user.name, handle).await?;
        Ok(go("/account/add/phone"))
    }
    .await;
    answer(&portal, member.caller.t, outcome)
}

/// The phone's page, for typing.
fn address(portal: &Portal) -> String {
    format!("{}/phone/", portal.origin)
}

/// The page with the number, for somebody who proves himself with a phone.
pub(super) fn number(
    status: StatusCode,
    (t, asked, choice, others): (Text, &Asked, &Choice, bool),
    challenge: Option<Id<Challenge>>,
    (number, rung): (&str, bool),
    fault: Option<String>,
) -> Response {
    let contents = Phone {
        t,
        asked: asked.clone(),
        choice: Row::choice(t, choice),
        challenge: challenge.map(|id| id.to_string()).unwrap_or_default(),
        digits: Digits::of(number),
        rung,
        others,
        fault,
    };
    page(status, &contents)
}

/// What the phone has answered; while it has not, the browser stays on the page with the number.
pub(super) async fn fetched(
    portal: &Portal,
    member: &Member,
    challenge: Option<Id<Challenge>>,
) -> Result<Result<Given, Response>, Unavailable> {
    Ok(match portal.flows.phone_given(&member.opened.user.name, challenge).await? {
        Fetched::Waiting => Err(StatusCode::NO_CONTENT.into_response()),
        Fetched::Given(signed) => Ok(Given::Phone(signed)),
        Fetched::Gone => Ok(Given::Unreadable),
    })
}
