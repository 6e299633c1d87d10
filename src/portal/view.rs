//! A held request as the templates show it: words and numbers made of a [`HeldView`].
//!
//! **Invariant:** every text that came from outside passes [`visible`] once more, and askama escapes what is left
//! (`page::tests`). **Invariant:** a link leads to the application's own origin or is not there
//! (`a_link_never_leaves_the_application` below).

use crate::base::net::Origin;
use crate::base::text::visible;
use crate::base::time::{Span, Timestamp};
use crate::flow::view::{Choice, HeldView, Remembers, StateName};

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
    pub(super) request_line: String,
    pub(super) digest: String,
    pub(super) created: Moment,
    pub(super) deadline: Option<Deadline>,
    /// What an approval will be remembered for, as a sentence.
    pub(super) remembers: Option<String>,
    pub(super) back_url: Option<String>,
    pub(super) return_url: Option<String>,
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
    pub(super) what: &'static str,
    /// What to type, in words.
    pub(super) ask: String,
    /// Whether the code has digits only.
    pub(super) digits_only: bool,
}

impl Slip {
    /// The slip of `view`, seen at `now`.
    pub(super) fn of(view: &HeldView, now: Timestamp) -> Self {
        let shown = |text: &str| visible(text, LONGEST);
        Self {
            id: view.id.to_string(),
            app: shown(&view.app),
            origin: view.origin.to_string(),
            user: shown(&view.user),
            state: view.state,
            summary: view.summary.iter().map(|text| shown(text)).collect(),
            show: view.show.iter().map(|(label, value)| (shown(label), shown(value))).collect(),
            request_line: shown(&view.request_line),
            digest: shown(&view.digest),
            created: Moment::of(view.created_at),
            deadline: view
                .expires_at
                .map(|at| Deadline::of(at, view.remaining.unwrap_or(at.since(now)), now)),
            remembers: view.remembers.map(spared),
            back_url: on_origin(&view.back_url, &view.origin),
            return_url: view.return_url.as_deref().and_then(|url| on_origin(url, &view.origin)),
        }
    }
}

/// What an approval spares.
fn spared(remembers: Remembers) -> String {
    let time = in_words(remembers.span);
    if remembers.whole {
        format!("For {time} after you confirm it, exactly the same action will not ask again here.")
    } else {
        format!("For {time} after you confirm it, exactly the same action will ask for less here.")
    }
}

impl Moment {
    /// `at` in words.
    pub(super) fn of(at: Timestamp) -> Self {
        let iso = at.to_string();
        let text = format!("{}, {}", date(&iso), clock(&iso));
        Self { iso, text }
    }
}

impl Deadline {
    fn of(at: Timestamp, remaining: Span, now: Timestamp) -> Self {
        let moment = Moment::of(at);
        let same_day = at.seconds().div_euclid(86_400) == now.seconds().div_euclid(86_400);
        let short = if same_day { clock(&moment.iso) } else { moment.text.clone() };
        Self { short, wait: in_words(remaining), left: remaining.millis(), at: moment }
    }
}

impl ChoiceRow {
    /// The row of one authenticator.
    pub(super) fn of(choice: &Choice) -> Self {
        let digits = choice.digits.map_or_else(String::new, |digits| format!("{digits}-digit "));
        let (what, ask, digits_only) = match choice.kind {
            "totp" => ("Code from a phone app", format!("The {digits}code the app shows now"), true),
            "hotp" => ("Code from a hardware token", format!("The {digits}code the token shows"), true),
            "passkey" => {
                ("Passkey", "Unlock it with your fingerprint, your face or its PIN".to_owned(), false)
            }
            "emergency" => (
                "Temporary code from your helpdesk",
                "The code your helpdesk gave you, with or without its dashes".to_owned(),
                false,
            ),
            _ => ("One-time code", format!("The {digits}code"), choice.digits.is_some()),
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

/// A length of time as people say it: `45 seconds`, `9 minutes`, `2 hours 5 minutes`, `3 days`.
pub(super) fn in_words(span: Span) -> String {
    let seconds = span.seconds_up();
    let say = |count: i64, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => say(seconds, "second"),
        (0, 0, _) if seconds < 90 => say(seconds, "second"),
        (0, 0, _) => say(minutes, "minute"),
        (0, _, _) if minutes % 60 == 0 => say(hours, "hour"),
        (0, _, _) => format!("{} {}", say(hours, "hour"), say(minutes % 60, "minute")),
        _ if hours % 24 == 0 => say(days, "day"),
        _ => format!("{} {}", say(days, "day"), say(hours % 24, "hour")),
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `21 November 2026` of `2026-11-21T20:00:05Z`.
fn date(iso: &str) -> String {
    let mut parts = iso.split('T').next().unwrap_or_default().split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month: Option<usize> = month.and_then(|month| month.parse().ok());
    let name = month.and_then(|month| MONTHS.get(month.checked_sub(1)?));
    match (year, name, day) {
        (Some(year), Some(name), Some(day)) => format!("{} {name} {year}", day.trim_start_matches('0')),
        _ => iso.to_owned(),
    }
}

/// `20:00:05 UTC` of `2026-11-21T20:00:05Z`.
fn clock(iso: &str) -> String {
    format!("{} UTC", iso.split('T').nth(1).unwrap_or_default().trim_end_matches('Z'))
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
    fn times_are_said_as_people_say_them() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (89, "89 seconds"),
            (90, "1 minute"),
            (599, "9 minutes"),
            (3600, "1 hour"),
            (7500, "2 hours 5 minutes"),
            (86_400, "1 day"),
            (90_000, "1 day 1 hour"),
        ] {
            assert_eq!(in_words(Span::from_secs(seconds)), words);
        }
        let moment = Moment::of(Timestamp::parse("2026-01-05T20:00:05Z").unwrap());
        assert_eq!(moment.text, "5 January 2026, 20:00:05 UTC");
    }

    #[test]
    fn a_deadline_names_its_day_only_when_it_is_another() {
        let now = Timestamp::parse("2026-11-21T23:55:00Z").unwrap();
        let deadline = |minutes: u32| {
            let span = Span::from_secs(minutes * 60);
            Deadline::of(now.plus(span), span, now).short
        };
        assert_eq!(deadline(4), "23:59:00 UTC");
        assert_eq!(deadline(9), "22 November 2026, 00:04:00 UTC");
    }
}
