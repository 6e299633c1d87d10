//! The prompt's page for a phone: the number, in large digits, on the requesting screen only.
//!
//! **Invariant:** the number is on the page that the choice was answered with; asking again makes another one.

use askama::Template;

use super::super::Portal;
use super::super::view::{ChoiceRow, Slip};
use super::super::way::Way;
use crate::approval::PromptKey;
use crate::base::language::Text;
use crate::base::time::Span;
use crate::flow::view::HeldView;

/// The number, and what to do with it.
#[derive(Template)]
#[template(path = "phone/prompt.html")]
pub(in super::super) struct Asking {
    t: Text,
    slip: Slip,
    way: Way,
    choice: ChoiceRow,
    digits: Digits,
    rung: bool,
    /// How many steps are done; the page goes on when that changes.
    done: usize,
    /// Whether there is another to choose.
    others: bool,
}

/// A number as it is shown.
pub(in super::super) struct Digits {
    /// In two groups, for reading.
    pub(in super::super) groups: [String; 2],
    /// One by one, for being read out.
    pub(in super::super) spelled: String,
}

impl Digits {
    /// Six digits.
    pub(in super::super) fn of(number: &str) -> Self {
        let (first, second) = number.split_at_checked(number.len() / 2).unwrap_or((number, ""));
        let spelled = number.chars().flat_map(|digit| [digit, ' ']).collect::<String>();
        Self { groups: [first.to_owned(), second.to_owned()], spelled: spelled.trim_end().to_owned() }
    }
}

/// The page that shows it.
pub(in super::super) fn asking(
    portal: &Portal,
    view: &HeldView,
    whose: &PromptKey,
    t: Text,
    choice: ChoiceRow,
    number: &str,
    rung: bool,
) -> Asking {
    Asking {
        t,
        slip: Slip::of(view, portal.flows.now(), t),
        way: Way::of(portal, view.id, whose),
        choice,
        digits: Digits::of(number),
        rung,
        done: steps_done(view),
        others: view.choices.len() > 1,
    }
}

/// How many steps of a held request are done.
pub(in super::super) fn steps_done(view: &HeldView) -> usize {
    view.steps.iter().filter(|step| step.done).count()
}

/// The phone was used to reject a moment ago.
pub(in super::super) fn rejected(t: Text, wait: Span) -> String {
    t.tell("phone-wait-rejected", "time", t.span(wait))
}
