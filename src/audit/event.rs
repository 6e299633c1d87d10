//! One fact of the audit log: when, what, by whom, about which held request, and details as named texts.
//!
//! **Invariant:** the JSON form has one spelling ([`Event::canonical`]): fixed order of members, details sorted by name
//! (`details_have_one_order`); it is what is hashed, stored and exported.
//! **Invariant:** names of kinds never change once released; a new fact gets a new name (`kinds_have_stable_names`).
//! THREAT: the log is read by auditors and exported: no code, credential or body value may be put into a detail. What comes
//! from outside is JSON-escaped, invisible characters included, so that no line can be broken or bent.
//!
//! Made by flows; linked by [`chain`](super::chain).

use std::collections::BTreeMap;
use std::fmt;

use crate::base::id::{Held, Id};
use crate::base::text::{UserName, is_invisible};
use crate::base::time::Timestamp;

/// One entry of the audit log, before it has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
    /// Who did it.
    pub actor: Actor,
    /// The held request it is about.
    pub held: Option<Id<Held>>,
    /// Named facts, e.g. `digest`, `policy`, `authenticator`, `reason`. Never secrets.
    pub detail: BTreeMap<String, String>,
}

impl Event {
    /// An entry without details.
    pub const fn new(at: Timestamp, kind: EventKind, actor: Actor) -> Self {
        Self { at, kind, actor, held: None, detail: BTreeMap::new() }
    }

    /// The same entry, about `held`.
    #[must_use]
    pub fn about(mut self, held: Id<Held>) -> Self {
        self.held = Some(held);
        self
    }

    /// The same entry with one more detail; a second text under the same name replaces the first.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, text: impl fmt::Display) -> Self {
        self.detail.insert(name.into(), text.to_string());
        self
    }

    /// The one JSON form: what is hashed and exported.
    pub fn canonical(&self) -> String {
        let mut out = format!(r#"{{"at":"{}","kind":"{}","actor":"#, instant(self.at), self.kind);
        quote(&self.actor.to_string(), &mut out);
        if let Some(held) = self.held {
            out.push_str(r#","held":"#);
            quote(&held.to_string(), &mut out);
        }
        out.push_str(r#","detail":{"#);
        for (index, (name, text)) in self.detail.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            quote(name, &mut out);
            out.push(':');
            quote(text, &mut out);
        }
        out.push_str("}}");
        out
    }
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A user of the applications or the portal.
    User(UserName),
    /// Someone with administrative rights: at the console or on the command line.
    Operator(UserName),
    /// The gateway by itself: deadlines, starts, reloads.
    Gateway,
}

/// `user:alice`, `operator:root` or `gateway`.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "user:{name}"),
            Self::Operator(name) => write!(f, "operator:{name}"),
            Self::Gateway => f.write_str("gateway"),
        }
    }
}

impl Actor {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("user", name)) => UserName::parse(name).ok().map(Self::User),
            Some(("operator", name)) => UserName::parse(name).ok().map(Self::Operator),
            None if text == "gateway" => Some(Self::Gateway),
            _ => None,
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// What happened. The printed names are part of the export format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventKind { $($(#[$doc])* $name,)* }

        impl EventKind {
            /// Every kind, in the order of a request's life.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

kinds! {
    /// A request was stored instead of forwarded.
    Held = "held";
    /// Its prompt was shown to its creator.
    Opened = "opened";
    /// An answer was verified and was wrong.
    AnswerWrong = "answer_wrong";
    /// An answer was verified and was right.
    AnswerAccepted = "answer_accepted";
    /// The last requirement was met.
    Approved = "approved";
    /// An approval is remembered: a grant was made.
    GrantMade = "grant_made";
    /// A policy did not ask again, because of a grant.
    GrantUsed = "grant_used";
    /// Someone said no.
    Rejected = "rejected";
    /// Its deadline passed.
    Expired = "expired";
    /// The store failed over while it waited: nothing of it is believed any more.
    Voided = "voided";
    /// Its creator withdrew it.
    Cancelled = "cancelled";
    /// The one durable step to forwarding.
    Released = "released";
    /// The application answered.
    Delivered = "delivered";
    /// It cannot be known whether the application carried it out.
    OutcomeUnknown = "outcome_unknown";
    /// No byte reached the application.
    FailedBeforeSend = "failed_before_send";
    /// A user was made to wait after wrong answers.
    Throttled = "throttled";
    /// A user was locked after wrong answers.
    Locked = "locked";
    /// A policy forbade the request.
    Denied = "denied";
    /// The request was refused for another reason, named in the details.
    Refused = "refused";
    /// A policy in observe mode would have held it.
    Observed = "observed";
    /// A user was added to the directory.
    UserAdded = "user_added";
    /// A locked user was unlocked.
    UserUnblocked = "user_unblocked";
    /// An authenticator was enrolled.
    AuthenticatorAdded = "authenticator_added";
    /// An authenticator was revoked.
    AuthenticatorRevoked = "authenticator_revoked";
    /// The clock or counter of an authenticator was found again by two consecutive codes.
    AuthenticatorResynced = "authenticator_resynced";
    /// Hardware tokens were imported from a file.
    TokensImported = "tokens_imported";
    /// A hardware token was assigned to a user.
    TokenAssigned = "token_assigned";
    /// A hardware token was taken back into stock.
    TokenUnassigned = "token_unassigned";
    /// An emergency access code was issued.
    EmergencyIssued = "emergency_issued";
    /// An emergency access code was accepted.
    EmergencyUsed = "emergency_used";
    /// A user signed in at the portal.
    SignedIn = "signed_in";
    /// Somebody tried to, with a wrong password.
    SignInRefused = "sign_in_refused";
    /// A session at the portal was ended, or several.
    SignedOut = "signed_out";
    /// A user was invited to choose a password.
    Invited = "invited";
    /// A password was set or changed.
    PasswordSet = "password_set";
    /// An authenticator was given another name.
    AuthenticatorRenamed = "authenticator_renamed";
    /// Recovery codes were made; earlier ones are void.
    RecoveryIssued = "recovery_issued";
    /// The verification questions were changed.
    QuestionsSet = "questions_set";
    /// An operator checked an answer to one of them.
    QuestionAsked = "question_asked";
    /// A grant was ended by its user.
    GrantRevoked = "grant_revoked";
    /// A code or notice was put into the queue.
    MessageQueued = "message_queued";
    /// The next server has taken a message.
    MessageSent = "message_sent";
    /// A message was given up: refused, too late, or too many.
    MessageFailed = "message_failed";
    /// A phone was asked.
    PhoneAsked = "phone_asked";
    /// A phone's user said no.
    PhoneRejected = "phone_rejected";
    /// The gateway started.
    ServerStarted = "server_started";
    /// A set of policies came into force.
    PolicyLoaded = "policy_loaded";
    /// All that is in the store was written to a backup.
    StoreBackedUp = "store_backed_up";
    /// A backup was put into an empty store.
    StoreRestored = "store_restored";
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl EventKind {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }
}

/// RFC 3339 in UTC with milliseconds.
fn instant(at: Timestamp) -> String {
    let mut text = at.to_string();
    text.truncate(text.len().saturating_sub(1));
    format!("{text}.{:03}Z", at.millis().rem_euclid(1000))
}

/// A JSON string (RFC 8259 §7); everything invisible is escaped by its UTF-16 units.
pub(super) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if is_invisible(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str("\\u");
                    out.extend([12, 8, 4, 0].map(|shift| hex(*unit >> shift)));
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The last four bits as a digit.
fn hex(unit: u16) -> char {
    char::from_digit(u32::from(unit & 15), 16).unwrap_or('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event::new(
            Timestamp::from_millis(1_700_000_000_007),
            EventKind::Held,
            Actor::User(UserName::parse("alice").unwrap()),
        )
    }

    #[test]
    fn details_have_one_order() {
        let one = event().with("b", 2).with("a", 1).canonical();
        assert_eq!(one, event().with("a", 1).with("b", 2).canonical());
        assert_eq!(
            one,
            r#"{"at":"2023-11-14T22:13:20.007Z","kind":"held","actor":"user:alice","detail":{"a":"1","b":"2"}}"#
        );
    }

    #[test]
    fn nothing_from_outside_breaks_the_line() {
        let text = event().with("path", "/a\r\n\u{1b}[31m\u{202e}\u{e0001}\"\\é").canonical();
        assert!(text.contains(r#""/a\u000d\u000a\u001b[31m\u202e\udb40\udc01\"\\é""#), "{text}");
        assert!(!text.contains(is_invisible));
    }

    #[test]
    fn kinds_have_stable_names() {
        let names: Vec<_> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(
            names.join(" "),
            "held opened answer_wrong answer_accepted approved grant_made grant_used rejected expired voided cancelled released delivered outcome_unknown \
             failed_before_send throttled locked denied refused observed user_added user_unblocked authenticator_added \
             authenticator_revoked authenticator_resynced tokens_imported token_assigned token_unassigned \
             emergency_issued emergency_used signed_in sign_in_refused signed_out invited password_set \
             authenticator_renamed recovery_issued questions_set question_asked grant_revoked message_queued message_sent message_failed \
             phone_asked phone_rejected server_started policy_loaded store_backed_up store_restored"
        );
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.as_str()), Some(*kind));
        }
    }
}
