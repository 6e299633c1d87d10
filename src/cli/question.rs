//! `user question`: lists the verification questions of a user, or checks an answer.
//!
//! **Invariant:** an answer comes from standard input, not from the command line, which other users of the machine can see and shells keep.

use std::io::{BufRead as _, IsTerminal as _, Read as _};

use crate::base::text::visible;
use crate::flow::admin::questions::{QuestionOrder, QuestionReply};
use crate::flow::admin::{Order, Reply};

use super::Format;
use super::desk::{CommandError, Console, Desk, give, json};

/// The longest line that is read.
const LONGEST: u64 = 4096;

pub(super) async fn run(
    (name, number, format): (&str, Option<usize>, Format),
    desk: &dyn Desk,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let (questions, least) = match asked(desk, QuestionOrder::List { name: name.to_owned() }).await? {
        QuestionReply::List { questions, least } => (questions, least),
        QuestionReply::Checked { .. } => return Err(CommandError::Answer),
    };
    let Some(number) = number else {
        return match format {
            Format::Json => json(&questions, console),
            Format::Human => Ok(write!(console.out, "{}", list(&questions, least))?),
        };
    };
    if let Some(question) = number.checked_sub(1).and_then(|at| questions.get(at))
        && std::io::stdin().is_terminal()
    {
        write!(console.err, "{}\nAnswer: ", visible(question, 200))?;
        console.err.flush()?;
    }
    let order = QuestionOrder::Check { name: name.to_owned(), number, answer: line()? };
    match asked(desk, order).await? {
        QuestionReply::Checked { right: true, .. } => Ok(writeln!(console.out, "right")?),
        QuestionReply::Checked { right: false, left } => {
            Err(CommandError::Finding(format!("wrong; attempts left before a pause: {left}")))
        }
        QuestionReply::List { .. } => Err(CommandError::Answer),
    }
}

async fn asked(desk: &dyn Desk, question: QuestionOrder) -> Result<QuestionReply, CommandError> {
    match give(desk, Order::Question { question }).await? {
        Reply::Question { question } => Ok(question),
        _ => Err(CommandError::Answer),
    }
}

/// One line of standard input, without its end.
fn line() -> Result<String, CommandError> {
    let mut line = String::new();
    let read = std::io::stdin().lock().take(LONGEST).read_line(&mut line);
    read.map_err(|why| CommandError::File { file: "standard input".to_owned(), why })?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Questions with their numbers, and what is missing.
fn list(questions: &[String], least: usize) -> String {
    let numbered = (1..).zip(questions);
    let mut lines: Vec<String> = numbered
        .map(|(number, question): (usize, _)| format!("{number:>2}  {}\n", visible(question, 200)))
        .collect();
    if questions.len() < least {
        lines.push(format!("{} kept; there should be {least}\n", questions.len()));
    }
    lines.concat()
}
