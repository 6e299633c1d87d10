//! What messages say, from the templates in `templates/mail/`.
//!
//! **Invariant:** a subject holds no code and no value of a request: locked screens and lists of mail show subjects.
//! **Invariant:** a value is text in the HTML part too, where askama escapes it; no message holds a link to follow
//! (`tests::values_are_text_everywhere`).
//! **Invariant:** what is long is cut with its length named ([`visible`]), never silently; what a policy masks never comes here, since the
//! flows hand over what the prompt shows.

use askama::Template;

use super::plain;
use crate::base::language::{Text, key};
use crate::base::secret::Secret;
use crate::base::text::visible;
use crate::base::time::Timestamp;
use crate::factors::Factor;
use crate::factors::message::GOOD_FOR;

/// The longest summary and value in mail, and of both together in a text message.
const LONG: usize = 500;
const SHORT: usize = 160;

/// What a message says, by parts.
pub struct Letter {
    /// The subject; empty in a text message.
    pub subject: String,
    /// The text.
    pub plain: String,
    /// The same in HTML; empty in a text message.
    pub html: String,
}

/// What a code is for.
#[derive(Clone, Copy, Debug)]
pub struct Deed<'a> {
    /// The application, or the gateway itself.
    pub app: &'a str,
    /// Its host.
    pub host: &'a str,
    /// What is done, one sentence on each line.
    pub summary: &'a str,
    /// The values to look at: label and value.
    pub show: &'a [(String, String)],
    /// The host of the portal, where the code is typed.
    pub portal: &'a str,
}

/// A code by mail, plain and in HTML.
struct CodeWords {
    t: Text,
    time: String,
    app: String,
    host: String,
    summary: Vec<String>,
    show: Vec<(String, String)>,
    portal: String,
    code: String,
}

#[derive(Template)]
#[template(path = "mail/code.txt")]
struct CodeText<'a> {
    w: &'a CodeWords,
}

#[derive(Template)]
#[template(path = "mail/code.html")]
struct CodeHtml<'a> {
    w: &'a CodeWords,
}

#[derive(Template)]
#[template(path = "mail/code_sms.txt")]
struct CodeSms<'a> {
    w: &'a CodeWords,
    deed: String,
}

/// A notice by mail, plain and in HTML.
struct NoticeWords {
    t: Text,
    user: String,
    title: String,
    facts: Vec<(String, String)>,
    at: String,
    portal: String,
}

#[derive(Template)]
#[template(path = "mail/notice.txt")]
struct NoticeText<'a> {
    w: &'a NoticeWords,
}

#[derive(Template)]
#[template(path = "mail/notice.html")]
struct NoticeHtml<'a> {
    w: &'a NoticeWords,
}

#[derive(Template)]
#[template(path = "mail/notice_sms.txt")]
struct NoticeSms<'a> {
    w: &'a NoticeWords,
}

/// The message that brings a code. `None` when it cannot be written.
pub fn code(t: Text, factor: Factor, deed: Deed<'_>, code: &Secret) -> Option<Letter> {
    let show = deed.show.iter().map(|(label, value)| (line(label, LONG), line(value, LONG)));
    let words = CodeWords {
        t,
        time: t.span(GOOD_FOR),
        app: line(deed.app, LONG),
        host: line(deed.host, LONG),
        summary: deed.summary.lines().map(|text| line(text, LONG)).collect(),
        show: show.collect(),
        portal: line(deed.portal, LONG),
        code: code.expose(|code| String::from_utf8_lossy(code).into_owned()),
    };
    if factor == Factor::Sms {
        let values = words.show.iter().map(|(label, value)| format!("{label}: {value}"));
        let deed = words.summary.iter().cloned().chain(values).collect::<Vec<_>>().join("; ");
        let plain = CodeSms { w: &words, deed: visible(&deed, SHORT) }.render().ok()?;
        return Some(Letter { subject: String::new(), plain, html: String::new() });
    }
    Some(Letter {
        subject: t.tell("message-code-subject", "app", visible(&words.app, 60)),
        plain: CodeText { w: &words }.render().ok()?,
        html: CodeHtml { w: &words }.render().ok()?,
    })
}

/// What a user is told of, at every contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// An authenticator was enrolled.
    AuthenticatorAdded {
        /// Its kind.
        kind: Factor,
        /// Its name.
        label: String,
    },
    /// An authenticator was removed.
    AuthenticatorRemoved {
        /// Its kind.
        kind: Factor,
        /// Its name.
        label: String,
    },
    /// An address or number was added, changed or removed.
    ContactChanged {
        /// Masked.
        contact: String,
    },
    /// The password was set.
    PasswordChanged,
    /// New recovery codes were made.
    RecoveryCodesMade,
    /// The verification questions were changed.
    QuestionsChanged,
    /// An emergency access code was issued.
    EmergencyIssued {
        /// Until when it is good.
        until: Timestamp,
    },
    /// An emergency access code was used.
    EmergencyUsed,
    /// Somebody signed in at the portal.
    SignedIn,
    /// All other sessions were ended.
    SessionsEnded,
    /// Too many wrong answers: the user is locked.
    Locked,
    /// Somebody said "I did not do this" at the prompt.
    NotMe {
        /// The application.
        app: String,
    },
}

impl Notice {
    /// The stable name, for the audit log.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::AuthenticatorAdded { .. } => "authenticator_added",
            Self::AuthenticatorRemoved { .. } => "authenticator_removed",
            Self::ContactChanged { .. } => "contact_changed",
            Self::PasswordChanged => "password_changed",
            Self::RecoveryCodesMade => "recovery_codes_made",
            Self::QuestionsChanged => "questions_changed",
            Self::EmergencyIssued { .. } => "emergency_issued",
            Self::EmergencyUsed => "emergency_used",
            Self::SignedIn => "signed_in",
            Self::SessionsEnded => "sessions_ended",
            Self::Locked => "locked",
            Self::NotMe { .. } => "not_me",
        }
    }

    fn title(&self, t: Text) -> String {
        t.say(match self {
            Self::AuthenticatorAdded { .. } => key("notice-authenticator-added"),
            Self::AuthenticatorRemoved { .. } => key("notice-authenticator-removed"),
            Self::ContactChanged { .. } => key("notice-contact-changed"),
            Self::PasswordChanged => key("notice-password-changed"),
            Self::RecoveryCodesMade => key("notice-recovery-codes-made"),
            Self::QuestionsChanged => key("notice-questions-changed"),
            Self::EmergencyIssued { .. } => key("notice-emergency-issued"),
            Self::EmergencyUsed => key("notice-emergency-used"),
            Self::SignedIn => key("notice-signed-in"),
            Self::SessionsEnded => key("notice-sessions-ended"),
            Self::Locked => key("notice-locked"),
            Self::NotMe { .. } => key("notice-not-me"),
        })
    }

    fn facts(&self, t: Text) -> Vec<(String, String)> {
        match self {
            Self::AuthenticatorAdded { kind, label } | Self::AuthenticatorRemoved { kind, label } => {
                vec![
                    (t.say("notice-authenticator"), line(label, LONG)),
                    (t.say("notice-kind"), t.say(kind_name(*kind))),
                ]
            }
            Self::ContactChanged { contact } => vec![(t.say("notice-contact"), line(contact, LONG))],
            Self::EmergencyIssued { until } => vec![(t.say("notice-until"), t.moment(*until))],
            Self::NotMe { app } => vec![(t.say("notice-app"), line(app, LONG))],
            Self::PasswordChanged
            | Self::RecoveryCodesMade
            | Self::QuestionsChanged
            | Self::EmergencyUsed
            | Self::SignedIn
            | Self::SessionsEnded
            | Self::Locked => Vec::new(),
        }
    }
}

/// The message that tells of `notice`, as text message or mail. `None` when it cannot be written.
pub fn notice(
    t: Text,
    factor: Factor,
    notice: &Notice,
    user: &str,
    portal: &str,
    at: Timestamp,
) -> Option<Letter> {
    let words = NoticeWords {
        t,
        user: line(user, LONG),
        title: notice.title(t),
        facts: notice.facts(t),
        at: t.moment(at),
        portal: line(portal, LONG),
    };
    if factor == Factor::Sms {
        let plain = NoticeSms { w: &words }.render().ok()?;
        return Some(Letter { subject: String::new(), plain, html: String::new() });
    }
    Some(Letter {
        subject: words.title.clone(),
        plain: NoticeText { w: &words }.render().ok()?,
        html: NoticeHtml { w: &words }.render().ok()?,
    })
}

/// The key of a kind's name.
fn kind_name(kind: Factor) -> &'static str {
    match kind {
        Factor::Passkey => key("notice-kind-passkey"),
        Factor::Push => key("notice-kind-push"),
        Factor::Totp => key("notice-kind-totp"),
        Factor::Hotp => key("notice-kind-hotp"),
        Factor::Email => key("notice-kind-email"),
        Factor::Sms => key("notice-kind-sms"),
        Factor::Emergency => key("notice-kind-emergency"),
        Factor::Recovery => key("account-kind-recovery"),
    }
}

/// One line of bounded, visible text.
fn line(text: &str, most: usize) -> String {
    visible(&plain(text).replace('\n', " "), most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hostile() -> Vec<(String, String)> {
        vec![
            ("To".to_owned(), "<img src=x onerror=alert(1)>&\"'".to_owned()),
            ("Bcc: eve@evil.example\r\nX".to_owned(), "a\r\nRCPT TO:<eve@evil.example>\u{202e}".to_owned()),
            ("Long".to_owned(), "x".repeat(5000)),
        ]
    }

    fn letter(factor: Factor) -> Letter {
        let show = hostile();
        let deed = Deed {
            app: "bank\r\nBcc: eve@evil.example",
            host: "bank.example.com",
            summary: "Transfer 5000 EUR to DE89\nand <b>more</b>",
            show: &show,
            portal: "approve.example.com",
        };
        code(Text::default(), factor, deed, &Secret::from("12345678".to_owned())).unwrap()
    }

    #[test]
    fn values_are_text_everywhere() {
        let mail = letter(Factor::Email);
        assert!(
            !mail.html.contains("<img") && !mail.html.contains("<b>more") && !mail.html.contains("<a"),
            "{}",
            mail.html
        );
        assert!(mail.html.contains("&#60;img") || mail.html.contains("&lt;img"), "{}", mail.html);
        for text in [&mail.subject, &mail.plain, &mail.html, &letter(Factor::Sms).plain] {
            assert!(!text.contains(['\r', '\u{202e}']), "{text:?}");
            assert!(!text.lines().any(|line| line.starts_with("Bcc:") || line.starts_with("RCPT")), "{text}");
        }
        assert!(!mail.subject.contains('\n'));
        assert!(mail.plain.contains("(5000 characters in all)"), "{}", mail.plain);
    }

    #[test]
    fn a_code_says_what_it_is_for_and_to_keep_it() {
        let (mail, sms) = (letter(Factor::Email), letter(Factor::Sms));
        for text in [&mail.plain, &mail.html, &sms.plain] {
            for word in ["12345678", "Transfer 5000 EUR to DE89", "bank", "approve.example.com"] {
                assert!(text.contains(word), "{word}: {text}");
            }
            assert!(text.to_lowercase().contains("never"), "{text}");
        }
        assert!(mail.plain.contains("bank.example.com") && mail.html.contains("bank.example.com"));
        assert!(!mail.subject.contains("1234"));
        assert!(
            sms.plain.chars().count() < 480 && sms.plain.ends_with("\n@approve.example.com #12345678"),
            "{}",
            sms.plain
        );
    }

    #[test]
    fn a_notice_says_what_happened_and_what_to_do() {
        let at = Timestamp::parse("2026-11-21T20:00:00Z").unwrap();
        for told in [
            Notice::AuthenticatorAdded { kind: Factor::Totp, label: "<i>Pixel</i>\r\nBcc: x".to_owned() },
            Notice::AuthenticatorRemoved { kind: Factor::Sms, label: "Nokia".to_owned() },
            Notice::ContactChanged { contact: "a***e@example.com".to_owned() },
            Notice::PasswordChanged,
            Notice::RecoveryCodesMade,
            Notice::EmergencyIssued { until: at },
            Notice::EmergencyUsed,
            Notice::SignedIn,
            Notice::SessionsEnded,
            Notice::Locked,
            Notice::NotMe { app: "bank".to_owned() },
        ] {
            let mail =
                notice(Text::default(), Factor::Email, &told, "alice", "approve.example.com", at).unwrap();
            let sms =
                notice(Text::default(), Factor::Sms, &told, "alice", "approve.example.com", at).unwrap();
            for text in [&mail.plain, &mail.html, &sms.plain] {
                assert!(text.contains("alice") && text.contains("helpdesk"), "{text}");
                assert!(text.contains(&told.title(Text::default())) && !text.contains('\r'), "{text}");
            }
            assert!(!mail.html.contains("<i>") && !mail.html.contains("<a"), "{}", mail.html);
            assert!(mail.plain.contains("21 November 2026, 20:00:00 UTC"), "{}", mail.plain);
        }
    }
}
