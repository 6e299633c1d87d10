//! An authenticator is answered: between password and account, before a change, or to try it. One set of pages for the three.
//!
//! **Invariant:** nothing is sent by looking: where a challenge must be begun, a form does it.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::asked::{at_sign_in, before_change, trying};
use super::own::{find, none};
use super::page::{Again, Asked, Choose, Code, Passkey, Pause, Row};
use super::{Outcome, answer, go, phone, with_session};
use crate::base::id::{Authenticator, Challenge, Id};
use crate::base::language::{Text, key};
use crate::base::time::Span;
use crate::directory::Purpose;
use crate::factors::{Factor, Response as Given};
use crate::flow::Unavailable;
use crate::flow::account::prove::Proven;
use crate::flow::challenge::{Begun, Public, Ready};
use crate::flow::view::Choice;
use crate::portal::Portal;
use crate::portal::guard::{Account, AccountForm, Audience, HalfOpen, Member};
use crate::portal::message::none_sent;
use crate::portal::page::page;

/// What a locked user's client is told: only an operator ends it, asking more often helps nobody.
const LOCKED_RETRY: Span = Span::from_secs(3600);

/// `GET /account/second`.
pub(in crate::portal) async fn second(portal: Arc<Portal>, who: Audience<HalfOpen>) -> Response {
    let member = who.known();
    answer(
        &portal,
        member.caller.t,
        choices(&portal, member, &at_sign_in(member), Purpose::SignIn, None).await,
    )
}

/// `POST /account/second/choose`.
pub(in crate::portal) async fn second_choose(portal: Arc<Portal>, who: Audience<HalfOpen>) -> Response {
    let member = who.known();
    answer(&portal, member.caller.t, choose(&portal, member, &at_sign_in(member), Purpose::SignIn).await)
}

/// `POST /account/second/answer`.
pub(in crate::portal) async fn second_answer(portal: Arc<Portal>, who: Audience<HalfOpen>) -> Response {
    let member = who.known();
    answer(&portal, member.caller.t, judged(&portal, member, &at_sign_in(member), Purpose::SignIn).await)
}

/// `GET /account/confirm`.
pub(in crate::portal) async fn confirm(portal: Arc<Portal>, who: Audience<Account>) -> Response {
    let member = who.known();
    answer(
        &portal,
        member.caller.t,
        choices(&portal, member, &before_change(member), Purpose::Change, None).await,
    )
}

/// `POST /account/confirm/choose`.
pub(in crate::portal) async fn confirm_choose(portal: Arc<Portal>, who: Audience<AccountForm>) -> Response {
    let member = who.known();
    answer(&portal, member.caller.t, choose(&portal, member, &before_change(member), Purpose::Change).await)
}

/// `POST /account/confirm/answer`.
pub(in crate::portal) async fn confirm_answer(portal: Arc<Portal>, who: Audience<AccountForm>) -> Response {
    let member = who.known();
    answer(&portal, member.caller.t, judged(&portal, member, &before_change(member), Purpose::Change).await)
}

/// `POST /account/confirm/password`.
pub(in crate::portal) async fn confirm_password(portal: Arc<Portal>, who: Audience<AccountForm>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let asked = before_change(member);
        let typed = member.caller.field("password").unwrap_or_default();
        let proven = portal.flows.own_password(&member.opened, typed).await?;
        Ok(match proven {
            Proven::Renewed(cookie) => with_session(&portal, &cookie, go(&asked.next)),
            Proven::Gone | Proven::Works => go("/account"),
            Proven::Throttled { retry_after } => pause(t, asked, Some(retry_after)),
            Proven::Locked => pause(t, asked, None),
            why @ Proven::Wrong { .. } => {
                let (status, say) = hindered(t, &why);
                let user = member.opened.user.name.to_string();
                page(status, &Again { t, asked, user, fault: Some(say) })
            }
        })
    }
    .await;
    answer(&portal, t, outcome)
}

/// `GET /account/authenticators/{id}/test`.
pub(in crate::portal) async fn test(portal: Arc<Portal>, who: Audience<Account>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let Some((view, row)) = find(&portal, member).await? else {
            return Ok(none(&portal, member.caller.t));
        };
        let asked = trying(member, &row);
        if is_typed(view.kind) {
            return begun(&portal, member, &asked, Purpose::Test, view.id, None).await;
        }
        let waiting = Vec::new();
        Ok(page(StatusCode::OK, &Choose { t, asked, choices: vec![row], waiting, notice: None }))
    }
    .await;
    answer(&portal, t, outcome)
}

/// `POST /account/authenticators/{id}/test/choose`.
pub(in crate::portal) async fn test_choose(portal: Arc<Portal>, who: Audience<AccountForm>) -> Response {
    tried(portal, who, false).await
}

/// `POST /account/authenticators/{id}/test/answer`.
pub(in crate::portal) async fn test_answer(portal: Arc<Portal>, who: Audience<AccountForm>) -> Response {
    tried(portal, who, true).await
}

async fn tried(portal: Arc<Portal>, who: Audience<AccountForm>, given: bool) -> Response {
    let member = who.known();
    let outcome: Outcome = async {
        let Some((_, row)) = find(&portal, member).await? else { return Ok(none(&portal, member.caller.t)) };
        let asked = trying(member, &row);
        if given {
            judged(&portal, member, &asked, Purpose::Test).await
        } else {
            choose(&portal, member, &asked, Purpose::Test).await
        }
    }
    .await;
    answer(&portal, member.caller.t, outcome)
}

/// The authenticators to choose from, or the field at once where there is one whose code is on a screen already.
async fn choices(
    portal: &Portal,
    member: &Member,
    asked: &Asked,
    purpose: Purpose,
    notice: Option<String>,
) -> Outcome {
    let t = member.caller.t;
    let mine = portal.flows.own_choices(&member.opened, purpose).await?;
    if purpose == Purpose::Change && !member.opened.protected {
        let user = member.opened.user.name.to_string();
        return Ok(page(StatusCode::OK, &Again { t, asked: asked.clone(), user, fault: notice }));
    }
    let waiting = if purpose == Purpose::Change { waiting(portal, member).await? } else { Vec::new() };
    if let ([only], None, []) = (mine.as_slice(), &notice, waiting.as_slice())
        && is_typed(only.kind)
    {
        return begun(portal, member, asked, purpose, only.id, None).await;
    }
    let choices = mine.iter().map(|one| Row::choice(t, one)).collect();
    let status = if notice.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(page(status, &Choose { t, asked: asked.clone(), choices, waiting, notice }))
}

/// The user's authenticators that do not count yet.
async fn waiting(portal: &Portal, member: &Member) -> Result<Vec<Row>, Unavailable> {
    let mine = portal.flows.own_authenticators(&member.opened).await?;
    let waiting = mine.iter().filter(|one| one.counts_from.is_some());
    Ok(waiting.map(|one| Row::own(member.caller.t, one)).collect())
}

async fn choose(portal: &Portal, member: &Member, asked: &Asked, purpose: Purpose) -> Outcome {
    match authenticator(member) {
        Some(id) => begun(portal, member, asked, purpose, id, None).await,
        None => {
            // Whoever wants another has not forgotten to choose.
            let wanted = member.caller.field("other").is_some();
            let notice = (!wanted).then(|| member.caller.t.say("account-choose-first"));
            choices(portal, member, asked, purpose, notice).await
        }
    }
}

/// Begins what the authenticator needs, and shows what is to be answered.
async fn begun(
    portal: &Portal,
    member: &Member,
    asked: &Asked,
    purpose: Purpose,
    id: Id<Authenticator>,
    fault: Option<String>,
) -> Outcome {
    let t = member.caller.t;
    let mine = portal.flows.own_choices(&member.opened, purpose).await?;
    let chosen = mine.iter().find(|one| one.id == id);
    let Some(choice) = chosen else {
        return Box::pin(choices(portal, member, asked, purpose, Some(t.say("account-choose-other")))).await;
    };
    match portal.flows.own_begin(&member.opened, purpose, id).await? {
        Begun::Ready(ready) => {
            let others = mine.len() > 1 && purpose != Purpose::Test;
            let lasts = ready.expires_at.map_or(0, |at| at.since(portal.flows.now()).millis());
            Ok(field(t, asked, choice, (&ready, lasts), others, fault))
        }
        Begun::Wait { retry_after, why, waits: false } if is_sent(choice.kind) => {
            let offered = mine.iter().filter(|one| purpose != Purpose::Test || one.id == id);
            let choices = offered.map(|one| Row::choice(t, one)).collect();
            let notice = Some(none_sent(t, retry_after, why));
            let contents = Choose { t, asked: asked.clone(), choices, waiting: Vec::new(), notice };
            Ok(page(StatusCode::TOO_MANY_REQUESTS, &contents))
        }
        Begun::Wait { retry_after, .. } if is_sent(choice.kind) => {
            let say = t.tell("message-wait", "time", t.span(retry_after));
            Ok(sent_again(t, member, asked, choice, (StatusCode::TOO_MANY_REQUESTS, say, None)))
        }
        Begun::Wait { retry_after, .. } => Ok(pause(t, asked.clone(), Some(retry_after))),
        Begun::NotOffered | Begun::NotWaiting(_) => {
            Box::pin(choices(portal, member, asked, purpose, Some(t.say("account-choose-other")))).await
        }
    }
}

fn field(
    t: Text,
    asked: &Asked,
    choice: &Choice,
    (ready, lasts): (&Ready, i64),
    others: bool,
    fault: Option<String>,
) -> Response {
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let typed = |hint: String, digits_only: bool| Code {
        t,
        asked: asked.clone(),
        choice: Row::choice(t, choice),
        challenge: ready.challenge.map(|id| id.to_string()),
        hint,
        digits_only,
        is_sent: is_sent(choice.kind),
        others,
        fault: fault.clone(),
    };
    match &ready.public {
        Public::Code { digits: Some(digits) } => {
            page(status, &typed(t.tell("account-code-digits", "digits", *digits), true))
        }
        Public::Code { digits: None } => page(status, &typed(t.say("account-code-letters"), false)),
        Public::Sent { to, digits, .. } => {
            page(status, &typed(t.tell2("message-sent", "digits", *digits, "to", to), true))
        }
        Public::Phone { number, rung } => {
            phone::number(status, (t, asked, choice, others), ready.challenge, (number, *rung), fault)
        }
        Public::Passkey { options } => {
            let contents = Passkey {
                t,
                asked: asked.clone(),
                choice: Row::choice(t, choice),
                challenge: ready.challenge.map(|id| id.to_string()).unwrap_or_default(),
                options: options.to_string(),
                lasts,
                others,
                fault,
            };
            page(status, &contents)
        }
    }
}

/// The field for a code that was sent before, with what is to be said.
fn sent_again(
    t: Text,
    member: &Member,
    asked: &Asked,
    choice: &Choice,
    (status, hint, fault): (StatusCode, String, Option<String>),
) -> Response {
    let contents = Code {
        t,
        asked: asked.clone(),
        choice: Row::choice(t, choice),
        challenge: member.caller.field("challenge").map(str::to_owned),
        hint,
        digits_only: true,
        is_sent: true,
        others: true,
        fault,
    };
    page(status, &contents)
}

/// Whether codes of this kind are sent: a wrong one costs no other message.
fn is_sent(kind: &str) -> bool {
    matches!(kind, "email" | "sms")
}

async fn judged(portal: &Portal, member: &Member, asked: &Asked, purpose: Purpose) -> Outcome {
    let t = member.caller.t;
    let Some(id) = authenticator(member) else {
        let notice = Some(t.say("account-choose-first"));
        return choices(portal, member, asked, purpose, notice).await;
    };
    let challenge: Option<Id<Challenge>> = member.caller.field("challenge").and_then(|id| id.parse().ok());
    let given = match (member.caller.field("assertion"), member.caller.field("phone")) {
        (Some(assertion), _) => Given::assertion(assertion),
        (None, Some(_)) => match phone::fetched(portal, member, challenge).await? {
            Ok(given) => given,
            Err(stay) => return Ok(stay),
        },
        (None, None) => Given::typed(member.caller.field("code").unwrap_or_default()),
    };
    let proven = portal.flows.own_answer(&member.opened, purpose, id, challenge, given).await?;
    Ok(match proven {
        Proven::Renewed(cookie) => with_session(portal, &cookie, go(&asked.next)),
        Proven::Works => go(&asked.next),
        Proven::Throttled { retry_after } => pause(t, asked.clone(), Some(retry_after)),
        Proven::Locked => pause(t, asked.clone(), None),
        Proven::Gone => {
            return choices(portal, member, asked, purpose, Some(t.say("account-choose-other"))).await;
        }
        why @ Proven::Wrong { .. } => return again(portal, member, asked, purpose, id, &why).await,
    })
}

/// The field again, with what was wrong.
async fn again(
    portal: &Portal,
    member: &Member,
    asked: &Asked,
    purpose: Purpose,
    id: Id<Authenticator>,
    why: &Proven,
) -> Result<Response, Unavailable> {
    let (status, say) = hindered(member.caller.t, why);
    let mine = portal.flows.own_choices(&member.opened, purpose).await?;
    if let Some(choice) = mine.iter().find(|one| one.id == id && is_sent(one.kind)) {
        let t = member.caller.t;
        return Ok(sent_again(t, member, asked, choice, (status, t.say("message-sent-last"), Some(say))));
    }
    begun(portal, member, asked, purpose, id, Some(say)).await
}

/// Too many wrong answers: `wait`, or until an operator helps.
fn pause(t: Text, asked: Asked, wait: Option<Span>) -> Response {
    let contents = Pause { t, asked, wait: wait.map(|span| (t.span(span), span.millis())) };
    let mut answer = page(StatusCode::TOO_MANY_REQUESTS, &contents);
    let seconds = wait.unwrap_or(LOCKED_RETRY).seconds_up().max(1);
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    answer
}

/// Why an answer did not count, in words.
pub(super) fn hindered(t: Text, why: &Proven) -> (StatusCode, String) {
    match why {
        Proven::Wrong { left } => {
            (StatusCode::UNPROCESSABLE_ENTITY, t.tell("account-wrong-left", "left", *left))
        }
        Proven::Throttled { retry_after } => {
            (StatusCode::TOO_MANY_REQUESTS, t.tell("account-wait", "span", t.span(*retry_after)))
        }
        Proven::Locked => (StatusCode::TOO_MANY_REQUESTS, t.say("account-locked")),
        Proven::Gone | Proven::Works | Proven::Renewed(_) => {
            (StatusCode::CONFLICT, t.say(key("account-choose-other")))
        }
    }
}

fn authenticator(member: &Member) -> Option<Id<Authenticator>> {
    member.caller.field("authenticator")?.parse().ok()
}

/// Whether its code is on a screen or on paper already, so that nothing must be begun.
fn is_typed(kind: &str) -> bool {
    Factor::parse(kind).is_some_and(|factor| match factor {
        Factor::Totp | Factor::Hotp | Factor::Emergency | Factor::Recovery => true,
        Factor::Passkey | Factor::Push | Factor::Email | Factor::Sms => false,
    })
}
