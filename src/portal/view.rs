//! A held request as the templates show it: words and numbers made of a [`HeldView`].
//!
//! **Invariant:** every text that came from outside passes [`visible`] once more, and askama escapes what is left
//! (`page::tests`). **Invariant:** a link leads to the application's own origin or is not there
//! (`a_link_never_leaves_the_application` below).

use crate::base::language::{Text, key};
use crate::base::net::Origin;
use crate::base::text::visible;
use crate::base::time::{Span, Timestamp};
use crate::flow::view::{Choice, HeldView, Remembers, StateName, Unoffered, Why};

/// The longest text shown as one value; the flows cut earlier.
const LONGEST: usize = 4000;

/// The part every page about a held request shows: what, who, when.
#[derive(Clone, Debug)]
pub(super) struct Slip {
    pub(super) id: String,
    pub(super) app: String,
    pub(super) origin: String,
    pub(super) user: String,
    pub(super) state: StateName,
    pub(super) summary: Vec<String>,
    pub(super) show: Vec<(String, String)>,
    /// How it was written, where this is a translation.
    pub(super) original: Option<Original>,
    pub(super) request_line: String,
    pub(super) digest: String,
    pub(super) created: Moment,
    pub(super) deadline: Option<Deadline>,
    /// What an approval will be remembered for, as a sentence.
    pub(super) remembers: Option<String>,
    pub(super) back_url: Option<String>,
    pub(super) return_url: Option<String>,
}

/// What is held in the words that its policies were written in: what receipts and the audit log keep.
#[derive(Clone, Debug)]
pub(super) struct Original {
    pub(super) summary: Vec<String>,
    pub(super) show: Vec<(String, String)>,
}

/// An instant for people and for the script.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    /// RFC 3339.
    pub(super) iso: String,
    /// `21 November 2026, 20:00:05 UTC`.
    pub(super) text: String,
}

/// When the present state ends by itself.
#[derive(Clone, Debug)]
pub(super) struct Deadline {
    pub(super) at: Moment,
    /// `20:00:05 UTC`, with the date when it is another day than now.
    pub(super) short: String,
    /// `9 minutes`.
    pub(super) wait: String,
    /// Milliseconds left, for the countdown: a length and no instant, since clocks differ.
    pub(super) left: i64,
}

/// One authenticator in the list.
#[derive(Clone, Debug)]
pub(super) struct ChoiceRow {
    pub(super) id: String,
    pub(super) label: String,
    /// What kind of thing it is, in words.
    pub(super) what: String,
    /// What to type, in words.
    pub(super) ask: String,
    /// Whether the code has digits only.
    pub(super) digits_only: bool,
}

impl Slip {
    /// The slip of `view`, seen at `now`.
    pub(super) fn of(view: &HeldView, now: Timestamp, t: Text) -> Self {
        let shown = |text: &str| visible(text, LONGEST);
        let rows = |rows: &[(String, String)]| {
            rows.iter().map(|(label, value)| (shown(label), shown(value))).collect::<Vec<_>>()
        };
        let wording = view.wording(t.language());
        Self {
            id: view.id.to_string(),
            app: shown(view.app_in(t.language())),
            origin: view.origin.to_string(),
            user: shown(&view.user),
            state: view.state,
            summary: view.summary_in(t.language()).into_iter().map(shown).collect(),
            show: rows(wording.map_or(&view.show, |text| &text.show)),
            original: wording.map(|_| Original {
                summary: view.summary.iter().map(|text| shown(text)).collect(),
                show: rows(&view.show),
            }),
            request_line: shown(&view.request_line),
            digest: shown(&view.digest),
            created: Moment::of(view.created_at, t),
            deadline: view
                .expires_at
                .map(|at| Deadline::of(at, view.remaining.unwrap_or(at.since(now)), now, t)),
            remembers: view.remembers.map(|remembers| spared(remembers, t)),
            back_url: on_origin(&view.back_url, &view.origin),
            return_url: view.return_url.as_deref().and_then(|url| on_origin(url, &view.origin)),
        }
    }
}

/// What an approval spares.
fn spared(remembers: Remembers, t: Text) -> String {
    let time = t.span(remembers.span);
    if remembers.whole {
        t.tell("slip-spares-all", "time", time)
    } else {
        t.tell("slip-spares-part", "time", time)
    }
}

impl Moment {
    /// `at` in words.
    pub(super) fn of(at: Timestamp, t: Text) -> Self {
        Self { iso: at.to_string(), text: t.moment(at) }
    }
}

impl Deadline {
    fn of(at: Timestamp, remaining: Span, now: Timestamp, t: Text) -> Self {
        let moment = Moment::of(at, t);
        let same_day = at.seconds().div_euclid(86_400) == now.seconds().div_euclid(86_400);
        let short = if same_day { t.clock(at) } else { moment.text.clone() };
        Self { short, wait: t.span(remaining), left: remaining.millis(), at: moment }
    }
}

/// An authenticator that is not offered, and why.
pub(super) struct UnofferedRow {
    pub(super) label: String,
    pub(super) why: String,
}

impl UnofferedRow {
    /// The row of one authenticator.
    pub(super) fn of(one: &Unoffered, t: Text) -> Self {
        let why = match one.why {
            Why::NotAccepted => t.say(key("prompt-unoffered-kind")),
            Why::Done => t.say(key("prompt-unoffered-done")),
            Why::New { from } => t.tell("prompt-unoffered-new", "when", t.moment(from)),
            Why::Elsewhere => t.say(key("prompt-unoffered-elsewhere")),
        };
        Self { label: visible(&one.label, LONGEST), why }
    }
}

impl ChoiceRow {
    /// The row of one authenticator.
    pub(super) fn of(choice: &Choice, t: Text) -> Self {
        let ask = |plain: &str, counted: &str| match choice.digits {
            Some(digits) => t.tell(counted, "digits", digits),
            None => t.say(plain),
        };
        let (what, ask, digits_only) = match choice.kind {
            "totp" => (t.say("kind-totp"), ask(key("kind-totp-ask"), key("kind-totp-ask-digits")), true),
            "hotp" => (t.say("kind-hotp"), ask(key("kind-hotp-ask"), key("kind-hotp-ask-digits")), true),
            "push" => (t.say("kind-push"), t.say("kind-push-ask"), true),
            "passkey" => (t.say("kind-passkey"), t.say("kind-passkey-ask"), false),
            "email" => (t.say("kind-email"), ask(key("kind-email-ask"), key("kind-email-ask-digits")), true),
            "sms" => (t.say("kind-sms"), ask(key("kind-sms-ask"), key("kind-sms-ask-digits")), true),
            "emergency" => (t.say("kind-emergency"), t.say("kind-emergency-ask"), false),
            "recovery" => (t.say("kind-recovery"), t.say("kind-recovery-ask"), false),
            _ => {
                let ask = ask(key("kind-other-ask"), key("kind-other-ask-digits"));
                (t.say("kind-other"), ask, choice.digits.is_some())
            }
        };
        Self { id: choice.id.to_string(), label: visible(&choice.label, LONGEST), what, ask, digits_only }
    }
}

/// `url` when it is a page of `origin` and nothing that a browser could read otherwise.
fn on_origin(url: &str, origin: &Origin) -> Option<String> {
    let rest = url.strip_prefix(origin.to_string().as_str())?;
    let path = rest.is_empty() || rest.starts_with('/');
    let plain =
        url.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>'));
    (path && plain).then(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_never_leaves_the_application() {
        let origin: Origin = "https://bank.example.com".parse().unwrap();
        for good in
            ["https://bank.example.com", "https://bank.example.com/", "https://bank.example.com/a?b=c;d#e"]
        {
            assert_eq!(on_origin(good, &origin).as_deref(), Some(good));
        }
        for bad in [
            "https://bank.example.com.evil.example/",
            "https://bank.example.com@evil.example/",
            "https://bank.example.com:444/",
            "http://bank.example.com/",
            "//evil.example/",
            "/transfer",
            "javascript:alert(1)",
            "https://bank.example.com/\\evil",
            "https://bank.example.com/\"><x",
            "https://bank.example.com/a b",
            "https://bank.example.com/\n",
            "https://bank.example.com/é",
            " https://bank.example.com/",
        ] {
            assert_eq!(on_origin(bad, &origin), None, "{bad}");
        }
    }

    #[test]
    fn a_deadline_names_its_day_only_when_it_is_another() {
        let now = Timestamp::parse("2026-11-21T23:55:00Z").unwrap();
        let deadline = |minutes: u32| {
            let span = Span::from_secs(minutes * 60);
            Deadline::of(now.plus(span), span, now, Text::default()).short
        };
        assert_eq!(deadline(4), "23:59:00 UTC");
        assert_eq!(deadline(9), "22 November 2026, 00:04:00 UTC");
    }
}
