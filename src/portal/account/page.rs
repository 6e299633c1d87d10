//! The templates' values, one struct for each template of `templates/account/`.
//!
//! **Invariant:** every text that came from outside has passed [`visible`], and askama escapes what is left.

use askama::Template;

use crate::base::id::{Id, Reference};
use crate::base::language::Text;
use crate::base::text::visible;
use crate::base::time::Timestamp;
use crate::flow::account::own::OwnView;
use crate::flow::enrol_passkey::About;
use crate::flow::view::Choice;
use crate::portal::qr::Drawing;
use crate::portal::view::Moment;

/// What every page of somebody who is signed in shows.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) user: String,
    pub(super) csrf: String,
    /// The room that the page is in.
    pub(super) here: &'static str,
}

/// Nothing could be done.
#[derive(Template)]
#[template(path = "account/stopped.html")]
pub(super) struct Stopped {
    pub(super) t: Text,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) reference: Id<Reference>,
}

/// Name and password.
#[derive(Template)]
#[template(path = "account/sign_in.html")]
pub(super) struct SignIn {
    pub(super) t: Text,
    pub(super) next: String,
    pub(super) name: String,
    pub(super) refused: bool,
    /// Whether the session has just been ended by its user.
    pub(super) ended: bool,
}

/// A password is chosen with an invitation.
#[derive(Template)]
#[template(path = "account/invite.html")]
pub(super) struct Invite {
    pub(super) t: Text,
    pub(super) name: String,
    pub(super) code: String,
    /// Whether name and code came with the link, and are right.
    pub(super) known: bool,
    pub(super) least: usize,
    pub(super) fault: Option<String>,
}

/// What is to be proved.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// `second`, `confirm` or `test`.
    pub(super) what: &'static str,
    /// Where its forms go.
    pub(super) action: String,
    pub(super) title: String,
    pub(super) lead: String,
    pub(super) csrf: String,
    pub(super) next: String,
    /// Where the way back leads; `None` where there is none.
    pub(super) back: Option<String>,
}

/// The authenticators to choose from.
#[derive(Template)]
#[template(path = "account/choose.html")]
pub(super) struct Choose {
    pub(super) t: Text,
    pub(super) asked: Asked,
    pub(super) choices: Vec<Row>,
    /// Those that do not count yet.
    pub(super) waiting: Vec<Row>,
    pub(super) notice: Option<String>,
}

/// The code field of the chosen one.
#[derive(Template)]
#[template(path = "account/code.html")]
pub(super) struct Code {
    pub(super) t: Text,
    pub(super) asked: Asked,
    pub(super) choice: Row,
    pub(super) challenge: Option<String>,
    /// What to type.
    pub(super) hint: String,
    pub(super) digits_only: bool,
    /// Whether it was sent, and another can be.
    pub(super) is_sent: bool,
    pub(super) others: bool,
    pub(super) fault: Option<String>,
}

/// The chosen passkey: the page's script asks the browser for it.
#[derive(Template)]
#[template(path = "account/passkey.html")]
pub(super) struct Passkey {
    pub(super) t: Text,
    pub(super) asked: Asked,
    pub(super) choice: Row,
    pub(super) challenge: String,
    /// For `navigator.credentials.get`, as JSON.
    pub(super) options: String,
    /// Milliseconds until a new question is needed.
    pub(super) lasts: i64,
    pub(super) others: bool,
    pub(super) fault: Option<String>,
}

/// The password again, where there is no authenticator.
#[derive(Template)]
#[template(path = "account/again.html")]
pub(super) struct Again {
    pub(super) t: Text,
    pub(super) asked: Asked,
    pub(super) user: String,
    pub(super) fault: Option<String>,
}

/// Too many wrong answers.
#[derive(Template)]
#[template(path = "account/pause.html")]
pub(super) struct Pause {
    pub(super) t: Text,
    pub(super) asked: Asked,
    /// How long, in words and milliseconds; `None` when an operator must help.
    pub(super) wait: Option<(String, i64)>,
}

/// One authenticator.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) label: String,
    /// What kind of thing it is, in words.
    pub(super) what: String,
    pub(super) created: Option<Moment>,
    pub(super) used: Option<Moment>,
    pub(super) last: bool,
    /// From when on it counts, while it does not.
    pub(super) from: Option<Moment>,
    /// When the first of the others counts, while none of them does.
    pub(super) others_from: Option<Moment>,
    /// What is told of it, if it is a passkey.
    pub(super) passkey: Option<About>,
}

impl Row {
    /// Of one that may be answered.
    pub(super) fn choice(t: Text, choice: &Choice) -> Self {
        Self {
            id: choice.id.to_string(),
            label: visible(&choice.label, 64),
            what: kind(t, choice.kind),
            created: None,
            used: None,
            last: false,
            from: None,
            others_from: None,
            passkey: None,
        }
    }

    /// Of one of the user's own.
    pub(super) fn own(t: Text, view: &OwnView) -> Self {
        Self {
            id: view.id.to_string(),
            label: visible(&view.label, 64),
            what: kind(t, view.kind),
            created: Some(moment(t, view.created_at)),
            used: view.last_used_at.map(|at| moment(t, at)),
            last: view.last,
            from: view.counts_from.map(|at| moment(t, at)),
            others_from: view.others_from.map(|at| moment(t, at)),
            passkey: view.passkey.clone(),
        }
    }
}

/// The words of a kind of authenticator.
pub(super) fn kind(t: Text, kind: &str) -> String {
    use crate::base::language::key;
    t.say(match kind {
        "passkey" => key("account-kind-passkey"),
        "push" => key("account-kind-push"),
        "totp" => key("account-kind-totp"),
        "hotp" => key("account-kind-hotp"),
        "email" => key("account-kind-email"),
        "sms" => key("account-kind-sms"),
        "emergency" => key("account-kind-emergency"),
        "recovery" => key("kind-recovery"),
        _ => key("account-kind-other"),
    })
}

/// An instant for people and for the script.
pub(super) fn moment(t: Text, at: Timestamp) -> Moment {
    Moment { iso: at.to_string(), text: t.moment(at) }
}

/// The first page.
#[derive(Template)]
#[template(path = "account/overview.html")]
pub(super) struct Overview {
    pub(super) t: Text,
    pub(super) frame: Frame,
    pub(super) authenticators: Vec<Row>,
    pub(super) protected: bool,
    pub(super) password: Option<Moment>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    /// How many recovery codes are left; `None` without a set.
    pub(super) recovery: Option<usize>,
    /// What is said of verification questions; `None` where there is nothing to be said.
    pub(super) questions: Option<String>,
    pub(super) notice: Option<String>,
}

/// Kinds to add.
#[derive(Template)]
#[template(path = "account/add.html")]
pub(super) struct Add {
    pub(super) t: Text,
    pub(super) frame: Frame,
    /// Path, name and description.
    pub(super) kinds: Vec<(&'static str, String, String)>,
}

/// A code generator is enrolled.
#[derive(Template)]
#[template(path = "account/totp.html")]
pub(super) struct Totp {
    pub(super) t: Text,
    pub(super) frame: Frame,
    pub(super) drawing: Option<Drawing>,
    pub(super) uri: String,
    pub(super) seed: String,
    pub(super) label: String,
    pub(super) fault: Option<String>,
}

/// An address or number is named.
#[derive(Template)]
#[template(path = "account/contact_name.html")]
pub(super) struct NameContact {
    pub(super) t: Text,
    pub(super) frame: Frame,
    pub(super) is_email: bool,
    pub(super) address: String,
    /// Why there can be none here.
    pub(super) hindered: Option<String>,
    pub(super) fault: Option<String>,
}

/// The code that was sent there is typed.
#[derive(Template)]
#[template(path = "account/contact_code.html")]
pub(super) struct ContactCode {
    pub(super) t: Text,
    pub(super) frame: Frame,
    pub(super) is_email: bool,
    /// What the answer names.
    pub(super) contact: String,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) fault: Option<String>,
}

/// A passkey is named.
#[derive(Template)]
#[template(path = "account/passkey_name.html")]
pub(super) struct NamePasskey {
    pub(super) t: Text,
    pub(super) frame: Frame,
    pub(super) label: String,
    pub(super) fault: Option<String>,
    /// Why there can be none here.
    pub(super) hindered: Option<String>,
}

/// A passkey is made: the page's script asks the browser.
#[derive(Template)]
#[template(path = "account/passkey_new.html")]
pub(super) struct NewPasskey {
    pub(super) t: Text,
    pub(super) frame: Frame,
    pub(super) label: String,
    pub(super) enrolment: String,
    /// For `navigator.credentials.create`, as JSON.
    pub(super) options: String,
    /// Milliseconds until it must be begun again.
    pub(super) lasts: i64,
}

/// One authenticator.
#[derive(Template)]
#[template(path = "account/one.html")]
pub(super) struct One {
    pub(super) t: Text,
    pub(super) frame: Frame,
    pub(super) row: Row,
    /// Whether it has a clock or a counter.
    pub(super) counts: bool,
    pub(super) notice: Option<String>,
}

/// Another name for it.
#[derive(Template)]
#[template(path = "account/rename.html")]
pub(super) struct Rename {
    pub(super) t: Text,
    pub(super) frame: Frame,
    pub(super) row: Row,
    pub(super) fault: Option<String>,
}

/// Whether it is to go.
#[derive(Template)]
#[template(path = "account/remove.html")]
pub(super) struct Remove {
    pub(super) t: Text,
    pub(super) frame: Frame,
    pub(super) row: Row,
    pub(super) fault: Option<String>,
}

/// Another password.
#[derive(Template)]
#[template(path = "account/password.html")]
pub(super) struct Password {
    pub(super) t: Text,
    pub(super) frame: Frame,
    pub(super) least: usize,
    pub(super) present_fault: Option<String>,
    pub(super) fault: Option<String>,
}
