//! What somebody proves himself for in the own account, as its pages show it.

use super::page::{Asked, Row};
use crate::portal::guard::Member;

/// Between password and account.
pub(super) fn at_sign_in(member: &Member) -> Asked {
    let t = member.caller.t;
    Asked {
        what: "second",
        action: "/account/second".to_owned(),
        title: t.say("account-second-title"),
        lead: t.say("account-second-lead"),
        csrf: member.opened.csrf(),
        next: member.caller.next(),
        back: Some("/account/sign-in".to_owned()),
    }
}

/// Before a change.
pub(super) fn before_change(member: &Member) -> Asked {
    let t = member.caller.t;
    Asked {
        what: "confirm",
        action: "/account/confirm".to_owned(),
        title: t.say("account-confirm-title"),
        lead: t.say("account-confirm-lead"),
        csrf: member.opened.csrf(),
        next: member.caller.next(),
        back: Some("/account".to_owned()),
    }
}

/// Whether it works.
pub(super) fn trying(member: &Member, row: &Row) -> Asked {
    let t = member.caller.t;
    let own = format!("/account/authenticators/{}", row.id);
    Asked {
        what: "test",
        action: format!("{own}/test"),
        title: t.tell("account-test-title", "label", &row.label),
        lead: t.say("account-test-lead"),
        csrf: member.opened.csrf(),
        next: format!("{own}?done=works"),
        back: Some(own),
    }
}
