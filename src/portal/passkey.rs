//! The prompt's page for a passkey: what the browser is to be asked, and what is said when its answer does not hold.
//!
//! **Invariant:** the options come from the flows with a challenge of their own for every page; the form brings back the browser's answer
//! and the challenge's id, nothing that was signed is taken from elsewhere.
//! Without script the page says that a passkey needs it, and leads to what does not.

use super::Portal;
use super::page::Passkey;
use super::view::{ChoiceRow, Slip};
use super::way::Way;
use crate::approval::PromptKey;
use crate::base::id::{Authenticator, Id};
use crate::base::language::{Text, key};
use crate::flow::challenge::Ready;
use crate::flow::view::{HeldView, StateName};

/// Whether the chosen authenticator is a passkey that can still be used.
pub(super) fn is_chosen(view: &HeldView, chosen: Id<Authenticator>) -> bool {
    let found = view.choices.iter().find(|choice| choice.id == chosen);
    view.state == StateName::Held && found.is_some_and(|choice| choice.kind == "passkey")
}

/// The page that asks for it.
pub(super) fn asking(
    portal: &Portal,
    view: &HeldView,
    whose: &PromptKey,
    t: Text,
    choice: ChoiceRow,
    (ready, options): (&Ready, &serde_json::Value),
    fault: Option<String>,
) -> Passkey {
    let now = portal.flows.now();
    Passkey {
        t,
        slip: Slip::of(view, now, t),
        way: Way::of(portal, view.id, whose),
        choice,
        challenge: ready.challenge.map(|id| id.to_string()).unwrap_or_default(),
        options: options.to_string(),
        lasts: ready.expires_at.map_or(0, |at| at.since(now).millis()),
        others: view.choices.len() > 1,
        fault,
    }
}

/// An answer that does not hold.
pub(super) fn wrong(t: Text, left: u32) -> String {
    match left {
        0 => t.say(key("passkey-wrong-wait")),
        left => t.tell(key("passkey-wrong"), "left", left),
    }
}

/// The question was answered before, or too late.
pub(super) fn late(t: Text) -> String {
    t.say(key("passkey-late"))
}
