//! What is told of an answer that is not one of success: to the requester, and in the audit log.
//!
//! **Invariant:** the log has no query of a place, which may hold anything; what a policy masks is in neither
//! (`tests/it/stale_session.rs`).

use crate::approval::{Approval, Ending, Reception, Subject};
use crate::audit::Event;
use crate::base::text::visible;

use super::view::RefusedView;

/// Says whether the application took it, where its policies can tell. A place without its query, which may hold anything.
pub(super) fn logged(event: Event, ending: &Ending) -> Event {
    let Ending::Delivered { reception, .. } = ending else { return event };
    match reception {
        Reception::NotAsked => event,
        Reception::Taken => event.with("success", true),
        Reception::Refused { leads_to } => {
            let event = event.with("success", false);
            match leads_to {
                Some(url) => event.with("leads_to", visible(place(url), 500)),
                None => event,
            }
        }
    }
}

/// A URL without its query and fragment.
fn place(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// Whether the application took it, and what its requester gets back when it did not.
pub(super) fn received(subject: &Subject, reception: &Reception) -> (Option<bool>, Option<RefusedView>) {
    match reception {
        Reception::NotAsked => (None, None),
        Reception::Taken => (Some(true), None),
        Reception::Refused { leads_to } => {
            let input = subject.expected.input.clone();
            let view = RefusedView {
                place: leads_to.as_deref().map(|url| visible(place(url), 500)),
                leads_to: leads_to.clone(),
                input: input.entries,
                more: input.more,
            };
            (Some(false), Some(view))
        }
    }
}

/// Whether the application took it, where its policies can tell.
pub(super) fn success_of(approval: &Approval) -> Option<bool> {
    let Approval::Ended(ended) = approval else { return None };
    let Ending::Delivered { reception, .. } = ended.ending() else { return None };
    received(ended.subject(), reception).0
}
