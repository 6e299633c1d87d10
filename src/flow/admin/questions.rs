//! Orders about verification questions: listed, and an answer checked.
//!
//! **Invariant:** a reply holds questions and whether an answer is right, never an answer or its hash.

use serde::{Deserialize, Serialize};

use crate::audit::Actor;

use super::super::account::question::Checked;
use super::super::attempt::Stopped;
use super::super::{Flows, Unavailable};
use super::{Reply, no_user, refuse};

/// What is asked.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionOrder {
    /// Lists the questions of a user.
    List {
        /// Whose.
        name: String,
    },
    /// Checks an answer.
    Check {
        /// Whose.
        name: String,
        /// Which question, as listed, from 1.
        number: usize,
        /// What was answered.
        answer: String,
    },
}

/// The answer.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionReply {
    /// The questions of a user.
    List {
        /// In their order.
        questions: Vec<String>,
        /// How many the tenant says there should be.
        least: usize,
    },
    /// An answer was checked.
    Checked {
        /// Whether it was right.
        right: bool,
        /// Wrong answers left before a pause.
        left: u32,
    },
}

impl Flows {
    pub(super) async fn question_order(
        &self,
        actor: Actor,
        order: QuestionOrder,
    ) -> Result<Reply, Unavailable> {
        let Some(asks) = self.asks() else {
            return refuse(
                "verification questions are off: `ask = true` in `[tenant.default.questions]` turns them on",
            );
        };
        let (name, wanted) = match order {
            QuestionOrder::List { name } => (name, None),
            QuestionOrder::Check { name, number, answer } => (name, Some((number, answer))),
        };
        let Some(user) = self.user(&name).await? else { return refuse(no_user(&name)) };
        let (account, _) = self.account(&user.name).await?;
        let Some((number, answer)) = wanted else {
            let questions = account.questions.into_iter().map(|one| one.text).collect();
            let reply = QuestionReply::List { questions, least: asks.least };
            return Ok(Reply::Question { question: reply });
        };
        let Some(one) = number.checked_sub(1).and_then(|at| account.questions.get(at)) else {
            return refuse(format!("`{}` has no question {number}", user.name));
        };
        match self.check_answer(&actor, &user.name, one, &answer).await? {
            Checked::Right => Ok(checked(true, 0)),
            Checked::Wrong { left } => Ok(checked(false, left)),
            Checked::Stopped(Stopped::Wait(span)) => {
                refuse(format!("too many wrong answers: wait {} seconds", span.seconds_up()))
            }
            Checked::Stopped(Stopped::Locked) => refuse(format!(
                "too many wrong answers in a row: `countersign user unblock {}` first",
                user.name
            )),
            Checked::Stopped(Stopped::Gone) => refuse("there is nothing to be checked"),
        }
    }
}

fn checked(right: bool, left: u32) -> Reply {
    Reply::Question { question: QuestionReply::Checked { right, left } }
}
