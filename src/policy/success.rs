//! Which answers of the application tell that it carried a released request out: `success = { status, not_location }`.
//!
//! An application whose session has ended meanwhile, or that misses its own form token, answers with its login page or an error. Then
//! the user is told so, and given back what was entered ([`Input`]).
//!
//! **Invariant:** this decides nothing about a release: the request has been sent, once, whatever came back.
//! **Invariant:** of several policies all must be met; a doubtful answer is not taken for success.
//! **Invariant:** what a policy masks is never among what is given back.

use std::fmt;
use std::str::FromStr;

use url::Url;

use super::names::Name;
use super::values::glob;
use crate::request::Head;
use crate::request::fields::{FieldValue, Fields};

/// The most that is given back: entries, bytes of one value, bytes of all.
const MOST_ENTRIES: usize = 200;
const MOST_VALUE: usize = 16 << 10;
const MOST_BYTES: usize = 64 << 10;

/// Parts of names, folded, of what is of no use in another session, and of what nobody wants on a screen.
const LEFT_OUT: [&str; 6] =
    ["csrf", "xsrf", "authenticity_token", "requestverificationtoken", "viewstate", "password"];

/// What one policy takes for success.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Success {
    /// The statuses; none for any.
    pub status: Vec<Statuses>,
    /// Places that an answer must not lead to: globs of a path, or of a whole URL where they do not begin with `/`.
    pub not_location: Vec<String>,
}

/// Statuses of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statuses {
    /// This one.
    One(u16),
    /// All of a class: `2` for `2xx`.
    Class(u8),
}

/// What is no status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the status of an answer")]
pub struct NoStatus;

impl FromStr for Statuses {
    type Err = NoStatus;

    fn from_str(text: &str) -> Result<Self, NoStatus> {
        if let Some(class) = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX")) {
            return class
                .parse()
                .ok()
                .filter(|class| (2..=5).contains(class))
                .map(Self::Class)
                .ok_or(NoStatus);
        }
        let status = text.parse().ok().filter(|status| (200..=599).contains(status));
        status.filter(|_| text.len() == 3).map(Self::One).ok_or(NoStatus)
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(status) => write!(f, "{status}"),
            Self::Class(class) => write!(f, "{class}xx"),
        }
    }
}

impl Statuses {
    fn include(self, status: u16) -> bool {
        match self {
            Self::One(one) => one == status,
            Self::Class(class) => status / 100 == u16::from(class),
        }
    }
}

/// In words that follow "success: ".
impl fmt::Display for Success {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |all: Vec<String>| all.join(" or ");
        if !self.status.is_empty() {
            write!(f, "status {}", words(self.status.iter().map(ToString::to_string).collect()))?;
        }
        if !self.not_location.is_empty() {
            let places = words(self.not_location.iter().map(|place| format!("`{place}`")).collect());
            write!(f, "{}not leading to {places}", if self.status.is_empty() { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// An answer, as far as it tells anything.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Its status code.
    pub status: u16,
    /// Its `Location`, as sent.
    pub location: Option<&'a str>,
    /// The URL that was asked.
    pub asked: &'a str,
}

impl Answer<'_> {
    /// The URL it leads to; `None` when it leads nowhere, or nowhere that can be understood.
    pub fn leads_to(&self) -> Option<Url> {
        let url = Url::parse(self.asked).ok()?.join(self.location?.trim()).ok()?;
        matches!(url.scheme(), "http" | "https").then_some(url)
    }
}

impl Success {
    /// Whether this answer is one of success.
    pub fn is_met(&self, answer: &Answer<'_>) -> bool {
        let status = self.status.is_empty() || self.status.iter().any(|wanted| wanted.include(answer.status));
        status && (answer.location.is_none() || !self.leads_astray(answer))
    }

    fn leads_astray(&self, answer: &Answer<'_>) -> bool {
        if self.not_location.is_empty() {
            return false;
        }
        let Some(url) = answer.leads_to() else { return true };
        // As the policies' paths are compared: without parameters and a last slash.
        let path = url.path().split(';').next().unwrap_or_default();
        let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
        let whole = url.as_str();
        self.not_location.iter().any(|place| {
            let of_path = place.starts_with('/');
            let place = if place.len() > 1 { place.trim_end_matches('/') } else { place };
            // One that is no expression was refused when it was read; should it come, nothing is success.
            glob(place).map_or(true, |glob| glob.is_match(if of_path { path } else { whole }))
        })
    }
}

/// What policies expect of the answer to a held request, and what its requester gets back when it is another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// What each of them takes for success.
    pub success: Vec<Success>,
    /// What was entered.
    pub input: Input,
}

impl Expected {
    /// Whether the answer is what all of them take for success; `None` when none says anything.
    pub fn met(&self, answer: &Answer<'_>) -> Option<bool> {
        (!self.success.is_empty()).then(|| self.success.iter().all(|success| success.is_met(answer)))
    }
}

/// What a requester entered: names and values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// In the order they were sent.
    pub entries: Vec<(String, String)>,
    /// Whether there was more.
    pub more: bool,
}

impl Input {
    /// What a request's query and body say, without what is never shown.
    pub fn of(head: &Head, body: Option<&Fields>, masked: &[String]) -> Self {
        let masks: Vec<Name> = masked.iter().filter_map(|name| Name::parse(name).ok()).collect();
        let query = head.targets.iter().next().and_then(|target| target.query.as_ref().ok());
        let (mut input, mut bytes) = (Self::default(), 0usize);
        for field in query.into_iter().chain(body).flat_map(Fields::iter) {
            let hidden =
                masks.iter().any(|mask| field.answers_to(mask.as_str()) || mask.covers(&named(&field.name)));
            let folded = field.name.to_lowercase();
            if hidden
                || LEFT_OUT.iter().any(|part| folded.contains(part))
                || field.value == FieldValue::Composite
            {
                continue;
            }
            let text = field.value.as_text().unwrap_or_default();
            bytes = bytes.saturating_add(field.name.len()).saturating_add(text.len());
            if input.entries.len() >= MOST_ENTRIES || text.len() > MOST_VALUE || bytes > MOST_BYTES {
                input.more = true;
                continue;
            }
            input.entries.push((field.name.clone(), text.to_owned()));
        }
        input
    }
}

/// The name of a field; one that is no name is itself.
fn named(name: &str) -> Name {
    Name::parse(name).unwrap_or_else(|_| Name::exactly(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_success_or_is_not() {
        let success = |status: &[&str], not_location: &[&str]| Success {
            status: status.iter().map(|one| one.parse().unwrap()).collect(),
            not_location: not_location.iter().map(|one| (*one).to_owned()).collect(),
        };
        let login = success(&["2xx", "302", "303"], &["/login", "/accounts/*/login", "https://id.test/*"]);
        for (status, location, met) in [
            (200, None, true),
            (204, None, true),
            (302, Some("/payments/5"), true),
            (302, Some("done"), true),
            (302, Some("/loginhelp"), true),
            (403, None, false),
            (419, None, false),
            (301, Some("/payments"), false),
            (302, Some("/login"), false),
            (302, Some("/Login/?next=/transfer"), false),
            (302, Some("/login;jsessionid=A1?x"), false),
            (302, Some("../login"), false),
            (302, Some("http://bank.test/login#top"), false),
            (302, Some("/accounts/de/login/"), false),
            (303, Some("https://id.test/authorize?client_id=bank"), false),
            (303, Some("//id.test/authorize"), true),
            // Where it leads cannot be told.
            (302, Some("http://["), false),
            (302, Some("javascript:alert(1)"), false),
        ] {
            let answer = Answer { status, location, asked: "http://bank.test/pay/transfer?x" };
            assert_eq!(login.is_met(&answer), met, "{status} {location:?}");
        }
        let any = Answer { status: 500, location: Some("/x"), asked: "http://bank.test/" };
        assert!(success(&[], &["/login"]).is_met(&any) && success(&["5xx"], &[]).is_met(&any));
        let both = |success| Expected { success, input: Input::default() }.met(&any);
        assert_eq!(both(Vec::new()), None);
        assert_eq!(both(vec![success(&["500"], &[])]), Some(true));
        assert_eq!(
            both(vec![success(&["500"], &[]), success(&["2xx"], &[])]),
            Some(false),
            "all must be met"
        );
    }

    #[test]
    fn statuses_have_one_spelling() {
        for good in ["200", "599", "2xx", "5XX"] {
            assert!(good.parse::<Statuses>().is_ok(), "{good}");
        }
        for bad in ["", "20", "199", "600", "1xx", "6xx", "xx", "+20", "0200", "2x"] {
            assert_eq!(bad.parse::<Statuses>(), Err(NoStatus), "{bad}");
        }
    }
}
