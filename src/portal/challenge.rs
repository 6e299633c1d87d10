//! The prompt: a person sees what is held, chooses an authenticator, gives its code, or rejects.
//!
//! **Invariant:** what is shown comes from the flows at that moment, never from the form; the form names an
//! authenticator and a code, nothing else. **Invariant:** a GET decides nothing.
//! **Invariant:** after a decision there is never a live form again: each page is made by the state the flows report
//! ([`by_state`]).

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::guard::{Anyone, Audience, Submission, Submitter, Visitor};
use super::page::{Approved, Code, Ended, Home, Pause, Prompt, page};
use super::problem::{FormFault, Refusal};
use super::view::{ChoiceRow, Slip, UnofferedRow};
use super::way::Way;
use super::{Portal, cookie, message, passkey, phone};
use crate::approval::PromptKey;
use crate::base::id::{Authenticator, Held, Id};
use crate::base::language::{Text, key};
use crate::base::time::Span;
use crate::factors::Response as Given;
use crate::flow::challenge::{Begun, Public, Ready};
use crate::flow::view::{Answered, HeldView, RejectReason, StateName};

/// The longest code that is handed on.
const LONGEST_CODE: usize = 128;
/// What a locked user's client is told: only an operator ends it, asking more often helps nobody.
const LOCKED_RETRY: Span = Span::from_secs(3600);

/// What led to the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Came {
    /// Somebody looks.
    Looking,
    /// The form did what it should.
    Done,
    /// The form came too late for what it wanted.
    TooLate,
}

pub(super) type Outcome = Result<Response, Refusal>;

/// `GET /`: what this place is.
#[expect(clippy::needless_pass_by_value, reason = "the evidence is handed over, as to every handler")]
pub(super) fn home(portal: &Arc<Portal>, who: Audience<Anyone>) -> Response {
    page(StatusCode::OK, &Home { t: who.t(), origin: portal.origin.clone() })
}

/// `GET /held/{id}`: spends a handoff and goes on without it, or shows the prompt by its state.
pub(super) async fn show(portal: Arc<Portal>, who: Audience<Visitor>) -> Response {
    let visit = who.known();
    let outcome = match &visit.handoff {
        Some(handoff) => open(&portal, visit.id, handoff, visit.browser.as_deref()).await,
        None => match visit.browser.clone().map(PromptKey::Window) {
            Some(whose) => look(&portal, visit.id, &whose, who.t()).await,
            None => Err(stranger(&portal, visit.id).await),
        },
    };
    outcome.unwrap_or_else(|refusal| portal.refuse(refusal, who.t()))
}

/// `GET` where only a form is taken: to the prompt.
pub(super) fn back(who: &Audience<Visitor>) -> Response {
    Redirect::to(&format!("/held/{}", who.known().id)).into_response()
}

/// `POST /held/{id}/choose`: begins what the chosen authenticator needs, and shows how it is answered.
pub(super) async fn choose(portal: Arc<Portal>, who: Audience<Submitter>) -> Response {
    let t = who.t();
    settle(&portal, who.known(), t, chosen(&portal, who.known(), t).await).await
}

async fn chosen(portal: &Portal, asked: &Submission, t: Text) -> Outcome {
    let whose = &asked.whose;
    let begun = match authenticator(asked) {
        Some(id) => portal
            .flows
            .prompt_begin(asked.id, Some(whose), id)
            .await
            .map_err(|cause| Refusal::Unavailable(asked.id, cause))??,
        None => Begun::NotOffered,
    };
    let view = read(portal, asked.id, whose).await?;
    if view.state != StateName::Held {
        return Ok(by_state(portal, &view, whose, t, Came::TooLate));
    }
    Ok(match begun {
        Begun::Ready(ready) => match row(&view, ready.authenticator, t) {
            Some(choice) => asking(portal, &view, whose, t, choice, &ready),
            None => by_state(portal, &view, whose, t, Came::TooLate),
        },
        Begun::NotWaiting(_) => by_state(portal, &view, whose, t, Came::TooLate),
        Begun::NotOffered => {
            let again = prompt(portal, &view, whose, t, Some(key("prompt-choose-first")));
            page(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Begun::Wait { retry_after, why: "rejected", .. } => {
            let notice = Some(phone::asking::rejected(t, retry_after));
            let again = prompt(portal, &view, whose, t, None);
            page(StatusCode::TOO_MANY_REQUESTS, &Prompt { notice, ..again })
        }
        Begun::Wait { retry_after, why, waits } => {
            let chosen = authenticator(asked).filter(|id| message::is_chosen(&view, *id));
            match chosen.and_then(|id| row(&view, id, t)) {
                Some(choice) if waits => message::wait(portal, &view, whose, t, choice, (retry_after, why)),
                Some(_) => message::none(prompt(portal, &view, whose, t, None), (retry_after, why)),
                None => pause(portal, &view, whose, t, Some(retry_after)),
            }
        }
    })
}

/// The page on which an authenticator is answered, by its kind.
fn asking(
    portal: &Portal,
    view: &HeldView,
    whose: &PromptKey,
    t: Text,
    choice: ChoiceRow,
    ready: &Ready,
) -> Response {
    match &ready.public {
        Public::Code { .. } => page(StatusCode::OK, &code(portal, view, whose, t, choice, None)),
        Public::Sent { to, .. } => {
            page(StatusCode::OK, &message::asking(portal, view, whose, t, choice, Some(to), None))
        }
        Public::Passkey { options } => {
            let asking = passkey::asking(portal, view, whose, t, choice, (ready, options), None);
            page(StatusCode::OK, &asking)
        }
        Public::Phone { number, rung } => {
            page(StatusCode::OK, &phone::asking::asking(portal, view, whose, t, choice, number, *rung))
        }
    }
}

/// `POST /held/{id}/answer`: hands the code to the flow.
pub(super) async fn answer(portal: Arc<Portal>, who: Audience<Submitter>) -> Response {
    let t = who.t();
    settle(&portal, who.known(), t, answered(&portal, who.known(), t).await).await
}

/// `POST /held/{id}/reject`: "I did not do this", or no longer wanted.
pub(super) async fn reject(portal: Arc<Portal>, who: Audience<Submitter>) -> Response {
    let outcome: Outcome = async {
        let asked = who.known();
        let (reason, wanted) = match asked.field("reason") {
            Some("not_me") => (RejectReason::NotMe, StateName::Rejected),
            Some("cancelled") => (RejectReason::Cancelled, StateName::Cancelled),
            Some(_) | None => return Err(FormFault::Incomplete.into()),
        };
        let reached = portal
            .flows
            .prompt_reject(asked.id, Some(&asked.whose), reason)
            .await
            .map_err(|cause| Refusal::Unavailable(asked.id, cause))??;
        let view = read(&portal, asked.id, &asked.whose).await?;
        let came = if reached == wanted { Came::Done } else { Came::TooLate };
        Ok(by_state(&portal, &view, &asked.whose, who.t(), came))
    }
    .await;
    settle(&portal, who.known(), who.t(), outcome).await
}

/// The answer to a form, or the page of its refusal in the place where the form was.
pub(super) async fn settle(portal: &Portal, asked: &Submission, t: Text, outcome: Outcome) -> Response {
    match outcome {
        Ok(answer) => answer,
        Err(refusal) if asked.whose.is_frame() => portal.refuse_in_frame(asked.id, refusal, t).await,
        Err(refusal) => portal.refuse(refusal, t),
    }
}

async fn open(portal: &Portal, id: Id<Held>, handoff: &str, browser: Option<&str>) -> Outcome {
    let opened = portal
        .flows
        .open_prompt(id, handoff, browser)
        .await
        .map_err(|cause| Refusal::Unavailable(id, cause))?;
    let mut answer = Redirect::to(&format!("/held/{id}")).into_response();
    match opened {
        Ok(value) => {
            let cookie = cookie::set(&portal.origin, &value).ok_or(Refusal::OtherBrowser)?;
            answer.headers_mut().insert(header::SET_COOKIE, cookie);
            Ok(answer)
        }
        // The link was opened before: in this browser, perhaps. Its cookie says.
        Err(_) if browser.is_some() => Ok(answer),
        Err(not) => Err(not.into()),
    }
}

/// The prompt by its state, for whoever has it.
pub(super) async fn look(portal: &Portal, id: Id<Held>, whose: &PromptKey, t: Text) -> Outcome {
    let view = read(portal, id, whose).await?;
    Ok(by_state(portal, &view, whose, t, Came::Looking))
}

/// What a browser without any key is told.
async fn stranger(portal: &Portal, id: Id<Held>) -> Refusal {
    match portal.flows.prompt(id, None).await {
        Ok(Err(not)) => not.into(),
        Ok(Ok(_)) => Refusal::OtherBrowser,
        Err(cause) => Refusal::Unavailable(id, cause),
    }
}

async fn answered(portal: &Portal, asked: &Submission, t: Text) -> Outcome {
    let whose = &asked.whose;
    let chosen = authenticator(asked).ok_or(FormFault::Incomplete)?;
    let challenge = asked.field("challenge").and_then(|id| id.parse().ok());
    let given = match given(asked) {
        Ok(given) => given,
        Err(fault) => {
            let view = read(portal, asked.id, whose).await?;
            return again(portal, &view, whose, t, chosen, t.say(fault)).await;
        }
    };
    let answered = portal
        .flows
        .prompt_answer(asked.id, Some(whose), chosen, challenge, given)
        .await
        .map_err(|cause| Refusal::Unavailable(asked.id, cause))??;
    let view = read(portal, asked.id, whose).await?;
    let with_passkey = passkey::is_chosen(&view, chosen);
    Ok(match answered {
        Answered::StepDone if view.state == StateName::Held => {
            let say = key("prompt-one-more");
            page(StatusCode::OK, &prompt(portal, &view, whose, t, Some(say)))
        }
        Answered::Approved | Answered::StepDone => by_state(portal, &view, whose, t, Came::Done),
        Answered::Wrong { left } if with_passkey => {
            again(portal, &view, whose, t, chosen, passkey::wrong(t, left)).await?
        }
        Answered::Wrong { left } => again(portal, &view, whose, t, chosen, wrong(t, left)).await?,
        Answered::Throttled { retry_after } => pause(portal, &view, whose, t, Some(retry_after)),
        Answered::Locked => pause(portal, &view, whose, t, None),
        Answered::NotOffered if with_passkey => {
            again(portal, &view, whose, t, chosen, passkey::late(t)).await?
        }
        Answered::NotOffered if view.state == StateName::Held => {
            let say = key("prompt-not-any-more");
            page(StatusCode::CONFLICT, &prompt(portal, &view, whose, t, Some(say)))
        }
        Answered::NotOffered | Answered::NotWaiting(_) => by_state(portal, &view, whose, t, Came::TooLate),
    })
}

/// What the form brings as an answer.
fn given(asked: &Submission) -> Result<Given, &'static str> {
    if let Some(assertion) = asked.field("assertion") {
        return Ok(Given::assertion(assertion));
    }
    let typed: String = asked.field("code").unwrap_or_default().split_whitespace().collect();
    match typed.len() {
        0 => Err(key("code-missing")),
        1..=LONGEST_CODE => Ok(Given::typed(&typed)),
        _ => Err(key("code-too-long")),
    }
}

/// The held request as its browser may see it.
pub(super) async fn read(portal: &Portal, id: Id<Held>, whose: &PromptKey) -> Result<HeldView, Refusal> {
    let found = portal.flows.prompt(id, Some(whose)).await;
    Ok(found.map_err(|cause| Refusal::Unavailable(id, cause))??)
}

/// The page of a held request in whatever state it is.
fn by_state(portal: &Portal, view: &HeldView, whose: &PromptKey, t: Text, came: Came) -> Response {
    let slip = Slip::of(view, portal.flows.now(), t);
    let way = Way::of(portal, view.id, whose);
    let gone = if came == Came::Done { StatusCode::OK } else { StatusCode::GONE };
    let over = if came == Came::TooLate { StatusCode::CONFLICT } else { StatusCode::OK };
    match view.state {
        StateName::Held => page(over, &prompt(portal, view, whose, t, None)),
        StateName::Approved => page(StatusCode::OK, &Approved { t, slip, way }),
        StateName::Rejected | StateName::Cancelled | StateName::Expired | StateName::FailedOver => {
            page(gone, &Ended::of(slip, way, view, t))
        }
        StateName::Forwarding
        | StateName::Delivered
        | StateName::FailedBeforeSend
        | StateName::OutcomeUnknown => page(over, &Ended::of(slip, way, view, t)),
    }
}

/// `notice` is a key.
fn prompt(
    portal: &Portal,
    view: &HeldView,
    whose: &PromptKey,
    t: Text,
    notice: Option<&'static str>,
) -> Prompt {
    let done = view.steps.iter().filter(|step| step.done).count();
    let open = view.steps.iter().filter(|step| !step.done);
    // One answer counts for every open step that takes it: then it is the last one that is asked for.
    let last = view.choices.iter().any(|choice| open.clone().all(|step| step.factors.contains(&choice.kind)));
    Prompt {
        t,
        slip: Slip::of(view, portal.flows.now(), t),
        way: Way::of(portal, view.id, whose),
        choices: view.choices.iter().map(|choice| ChoiceRow::of(choice, t)).collect(),
        unoffered: view.unoffered.iter().map(|one| UnofferedRow::of(one, t)).collect(),
        step: done + 1,
        steps: if last { done + 1 } else { view.steps.len() },
        notice: notice.map(|key| t.say(key)),
    }
}

fn code(
    portal: &Portal,
    view: &HeldView,
    whose: &PromptKey,
    t: Text,
    choice: ChoiceRow,
    fault: Option<String>,
) -> Code {
    Code {
        t,
        slip: Slip::of(view, portal.flows.now(), t),
        way: Way::of(portal, view.id, whose),
        choice,
        others: view.choices.len() > 1,
        fault,
    }
}

/// The page on which it is answered again, with what was wrong.
async fn again(
    portal: &Portal,
    view: &HeldView,
    whose: &PromptKey,
    t: Text,
    chosen: Id<Authenticator>,
    fault: String,
) -> Outcome {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let Some(choice) = row(view, chosen, t).filter(|_| view.state == StateName::Held) else {
        return Ok(by_state(portal, view, whose, t, Came::TooLate));
    };
    if message::is_chosen(view, chosen) {
        return Ok(page(status, &message::asking(portal, view, whose, t, choice, None, Some(fault))));
    }
    if !passkey::is_chosen(view, chosen) {
        return Ok(page(status, &code(portal, view, whose, t, choice, Some(fault))));
    }
    // The question was used up with the answer: another one is asked.
    let begun = portal.flows.prompt_begin(view.id, Some(whose), chosen).await;
    match begun.map_err(|cause| Refusal::Unavailable(view.id, cause))?? {
        Begun::Ready(ready) => match &ready.public {
            Public::Passkey { options } => {
                let asking = passkey::asking(portal, view, whose, t, choice, (&ready, options), Some(fault));
                Ok(page(status, &asking))
            }
            Public::Code { .. } | Public::Sent { .. } | Public::Phone { .. } => {
                Ok(by_state(portal, view, whose, t, Came::TooLate))
            }
        },
        Begun::NotOffered | Begun::NotWaiting(_) | Begun::Wait { .. } => {
            Ok(by_state(portal, view, whose, t, Came::TooLate))
        }
    }
}

/// Too many wrong answers: `wait`, or until an operator helps.
fn pause(portal: &Portal, view: &HeldView, whose: &PromptKey, t: Text, wait: Option<Span>) -> Response {
    if view.state != StateName::Held {
        return by_state(portal, view, whose, t, Came::TooLate);
    }
    let contents = Pause {
        t,
        slip: Slip::of(view, portal.flows.now(), t),
        way: Way::of(portal, view.id, whose),
        wait: wait.map(|span| (t.span(span), span.millis())),
    };
    let mut answer = page(StatusCode::TOO_MANY_REQUESTS, &contents);
    let seconds = wait.unwrap_or(LOCKED_RETRY).seconds_up().max(1);
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    answer
}

fn wrong(t: Text, left: u32) -> String {
    match left {
        0 => t.say("code-wrong-wait"),
        _ => t.tell("code-wrong", "left", left),
    }
}

fn authenticator(asked: &Submission) -> Option<Id<Authenticator>> {
    asked.field("authenticator")?.parse().ok()
}

fn row(view: &HeldView, id: Id<Authenticator>, t: Text) -> Option<ChoiceRow> {
    view.choices.iter().find(|choice| choice.id == id).map(|choice| ChoiceRow::of(choice, t))
}
