//! Verification questions: looked at, added, answered again, removed.
//!
//! **Invariant:** an answer goes from the form to the flow and to no page: a form that comes back is empty there.
//! **Invariant:** every text of a question has passed [`visible`], and askama escapes what is left.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::own::none;
use super::page::Frame;
use super::{Outcome, answer, frame, go};
use crate::base::language::{Text, key};
use crate::base::text::visible;
use crate::directory::question::{LEAST, MOST, Unfit};
use crate::flow::account::question::{Kept, OwnQuestion, Wanted};
use crate::portal::Portal;
use crate::portal::guard::{Account, Audience, Fresh, Member};
use crate::portal::page::page;

/// Characters of a question that are shown.
const LONGEST: usize = 200;

/// The questions that are kept.
#[derive(Template)]
#[template(path = "account/questions.html")]
struct Questions {
    t: Text,
    frame: Frame,
    questions: Vec<OwnQuestion>,
    /// How many there are, and should be.
    told: String,
    /// Whether another may be added.
    free: bool,
    notice: Option<String>,
}

/// A question is chosen or written, and answered.
#[derive(Template)]
#[template(path = "account/question_add.html")]
struct Add {
    t: Text,
    frame: Frame,
    /// Those to choose from.
    offered: Vec<String>,
    /// The chosen one; empty for one's own.
    chosen: String,
    /// Whether users may write their own.
    may_own: bool,
    own: String,
    least: usize,
    question_fault: Option<String>,
    answer_fault: Option<String>,
}

/// One question is answered again.
#[derive(Template)]
#[template(path = "account/question.html")]
struct One {
    t: Text,
    frame: Frame,
    question: OwnQuestion,
    /// Whether it can be answered again.
    asked: bool,
    least: usize,
    answer_fault: Option<String>,
}

/// Whether one is to go.
#[derive(Template)]
#[template(path = "account/question_remove.html")]
struct Remove {
    t: Text,
    frame: Frame,
    question: OwnQuestion,
}

/// What the first page says of them; `None` where the tenant has not turned them on and the user keeps none.
pub(super) fn told(portal: &Portal, member: &Member) -> Option<String> {
    let (t, kept) = (member.caller.t, member.opened.account.questions.len());
    match portal.flows.asks() {
        None if kept == 0 => None,
        None => Some(t.say("question-off")),
        Some(asks) if kept < asks.least => Some(t.tell2("question-few", "kept", kept, "least", asks.least)),
        Some(_) => Some(t.tell("question-kept", "kept", kept)),
    }
}

/// `GET /account/questions`.
pub(in crate::portal) fn show(portal: &Arc<Portal>, who: &Audience<Account>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let Some(told) = told(portal, member) else { return none(portal, t) };
    let notice = match member.caller.asked("done") {
        Some("kept") => Some(t.say("question-done-kept")),
        Some("removed") => Some(t.say("question-done-removed")),
        Some(_) | None => None,
    };
    let questions = mine(portal, member);
    let free = portal.flows.asks().is_some() && questions.len() < MOST;
    page(StatusCode::OK, &Questions { t, frame: frame(member, "account"), questions, told, free, notice })
}

/// `GET /account/questions/add`.
pub(in crate::portal) fn ask(portal: &Arc<Portal>, who: &Audience<Fresh>) -> Response {
    form(portal, who.known(), StatusCode::OK, None, None)
}

/// `POST /account/questions/add`.
pub(in crate::portal) async fn add(portal: Arc<Portal>, who: Audience<Fresh>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let field = |name| member.caller.field(name).unwrap_or_default();
        let unfit = StatusCode::UNPROCESSABLE_ENTITY;
        let wanted = match (field("question"), field("own").trim()) {
            ("", own) => Wanted::Own(own),
            (listed, "") => Wanted::Listed(listed),
            // To which of the two the answer belongs, only the user knows.
            (_, _) => return Ok(form(&portal, member, unfit, Some(t.say("question-both")), None)),
        };
        let kept = portal.flows.add_question(&member.opened, wanted, field("answer")).await?;
        Ok(match kept {
            Kept::Done => go("/account/questions?done=kept"),
            Kept::Ended => go("/account"),
            Kept::Unfit(Unfit::Answer) => form(&portal, member, unfit, None, Some(unfit_answer(t))),
            Kept::Unfit(Unfit::Text) => form(&portal, member, unfit, Some(t.say("question-unfit")), None),
            Kept::Taken => form(&portal, member, unfit, Some(t.say("question-taken")), None),
            Kept::Enough => form(&portal, member, unfit, Some(t.tell("question-enough", "most", MOST)), None),
            Kept::NotOffered => form(&portal, member, unfit, Some(t.say("question-choose")), None),
        })
    }
    .await;
    answer(&portal, t, outcome)
}

/// `GET /account/questions/{id}`.
pub(in crate::portal) fn one(portal: &Arc<Portal>, who: &Audience<Fresh>) -> Response {
    again(portal, who.known(), StatusCode::OK, None)
}

/// `POST /account/questions/{id}`.
pub(in crate::portal) async fn answer_again(portal: Arc<Portal>, who: Audience<Fresh>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let id = member.caller.id.as_deref().unwrap_or_default();
        let typed = member.caller.field("answer").unwrap_or_default();
        Ok(match portal.flows.answer_question(&member.opened, id, typed).await? {
            Kept::Done => go("/account/questions?done=kept"),
            Kept::Ended => go("/account"),
            Kept::Unfit(_) => again(&portal, member, StatusCode::UNPROCESSABLE_ENTITY, Some(unfit_answer(t))),
            Kept::Taken | Kept::Enough | Kept::NotOffered => none(&portal, t),
        })
    }
    .await;
    answer(&portal, t, outcome)
}

/// `GET /account/questions/{id}/remove`.
pub(in crate::portal) fn ask_remove(portal: &Arc<Portal>, who: &Audience<Fresh>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    match find(portal, member) {
        Some(question) => page(StatusCode::OK, &Remove { t, frame: frame(member, "account"), question }),
        None => none(portal, t),
    }
}

/// `POST /account/questions/{id}/remove`.
pub(in crate::portal) async fn remove(portal: Arc<Portal>, who: Audience<Fresh>) -> Response {
    let member = who.known();
    let t = member.caller.t;
    let outcome: Outcome = async {
        let id = member.caller.id.as_deref().unwrap_or_default();
        Ok(match portal.flows.remove_question(&member.opened, id).await? {
            // Where they are off, there is no page of them after the last.
            Kept::Done if portal.flows.asks().is_none() => go("/account"),
            Kept::Done => go("/account/questions?done=removed"),
            Kept::Ended => go("/account"),
            Kept::Unfit(_) | Kept::Taken | Kept::Enough | Kept::NotOffered => none(&portal, t),
        })
    }
    .await;
    answer(&portal, t, outcome)
}

fn form(
    portal: &Portal,
    member: &Member,
    status: StatusCode,
    question_fault: Option<String>,
    answer_fault: Option<String>,
) -> Response {
    let t = member.caller.t;
    let Some(asks) = portal.flows.asks() else { return none(portal, t) };
    let offered = portal.flows.offered_questions(&member.opened, t.language());
    let again = |name| visible(member.caller.field(name).unwrap_or_default(), LONGEST);
    let contents = Add {
        t,
        frame: frame(member, "account"),
        offered: offered.into_iter().map(str::to_owned).collect(),
        chosen: again("question"),
        may_own: asks.own,
        own: again("own"),
        least: LEAST,
        question_fault,
        answer_fault,
    };
    page(status, &contents)
}

fn again(portal: &Portal, member: &Member, status: StatusCode, answer_fault: Option<String>) -> Response {
    let t = member.caller.t;
    let Some(question) = find(portal, member) else { return none(portal, t) };
    let asked = portal.flows.asks().is_some();
    page(status, &One { t, frame: frame(member, "account"), question, asked, least: LEAST, answer_fault })
}

/// The questions of the user, safe to show.
fn mine(portal: &Portal, member: &Member) -> Vec<OwnQuestion> {
    let mut mine = portal.flows.own_questions(&member.opened);
    for one in &mut mine {
        one.text = visible(&one.text, LONGEST);
    }
    mine
}

/// The question that the path names, if it is the user's.
fn find(portal: &Portal, member: &Member) -> Option<OwnQuestion> {
    let id = member.caller.id.as_deref()?;
    mine(portal, member).into_iter().find(|one| one.id == id)
}

fn unfit_answer(t: Text) -> String {
    t.tell(key("question-answer-unfit"), "least", LEAST)
}
