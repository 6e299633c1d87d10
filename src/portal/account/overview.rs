//! The first page of the account, and what can be added to it.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;

use super::page::{Add, Overview, Row, moment};
use super::{Outcome, answer, frame};
use crate::base::language::{Text, key};
use crate::base::text::visible;
use crate::factors::Factor;
use crate::portal::Portal;
use crate::portal::guard::{Account, Audience};
use crate::portal::page::page;

/// `GET /account`.
pub(in crate::portal) async fn show(portal: Arc<Portal>, who: Audience<Account>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let opened = &member.opened;
        let mine = portal.flows.own_authenticators(opened).await?;
        let shown = |text: &Option<String>| text.as_deref().map(|text| visible(text, 254));
        Ok(page(
            StatusCode::OK,
            &Overview {
                t,
                frame: frame(member, "account"),
                authenticators: mine
                    .iter()
                    .filter(|one| one.kind != "recovery")
                    .map(|one| Row::own(t, one))
                    .collect(),
                protected: opened.protected,
                password: opened.account.password.as_ref().map(|one| moment(t, one.changed_at)),
                email: shown(&opened.user.email),
                phone: shown(&opened.user.phone),
                questions: super::question::told(&portal, member),
                recovery: portal.flows.recovery_left(opened).await?.map(|left| left.codes),
                notice: member.caller.asked("done").and_then(|what| done(t, what)),
            },
        ))
    }
    .await;
    answer(&portal, t, outcome)
}

/// `GET /account/add`.
pub(in crate::portal) fn add(portal: &Arc<Portal>, who: &Audience<Account>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    // ADD: one row for each kind that users enrol themselves.
    let kinds = [
        ("passkey", key("account-add-passkey"), key("account-add-passkey-text")),
        ("phone", key("phone-add"), key("phone-add-text")),
        ("totp", key("account-add-totp"), key("account-add-totp-text")),
        ("email", key("message-address-email"), key("message-add-email-text")),
        ("sms", key("message-address-sms"), key("message-add-sms-text")),
    ];
    let kinds = kinds.into_iter().filter(|(path, _, _)| match *path {
        "email" => portal.flows.can_send(Factor::Email),
        "sms" => portal.flows.can_send(Factor::Sms),
        _ => true,
    });
    let kinds = kinds.map(|(path, name, text)| (path, t.say(name), t.say(text))).collect();
    page(StatusCode::OK, &Add { t, frame: frame(member, "account"), kinds })
}

/// What has just been done, in words. The query names it; it says nothing else.
fn done(t: Text, what: &str) -> Option<String> {
    Some(t.say(match what {
        "welcome" => key("account-done-welcome"),
        "password" => key("account-done-password"),
        "added" => key("account-done-added"),
        "removed" => key("account-done-removed"),
        "renamed" => key("account-done-renamed"),
        _ => return None,
    }))
}
