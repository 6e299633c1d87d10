//! The small pages a browser gets in place of a problem document.
//!
//! **Invariant:** no script, no inline style, nothing from elsewhere ([`POLICY`]); every value is escaped by the template.

use askama::Template as _;
use http::header::{ACCEPT_LANGUAGE, COOKIE, HeaderMap};

use super::form::Form;
use crate::base::language::{Language, Text};

/// The content security policy of these pages.
pub(crate) const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Where the style sheet is served, on every host.
pub(crate) const STYLE_PATH: &str = "/.countersign/style.css";

/// The style sheet.
pub(crate) const STYLE: &str = include_str!("../../templates/proxy/style.css");

/// The words of a request's language: its cookie's, else its browser's.
pub(crate) fn text(headers: &HeaderMap) -> Text {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|line| line.to_str().ok());
    Language::choose(Language::kept(cookies), None, accepted).text()
}

/// The language of the page or text that a client is to get; `None` for one that gets a problem document, which is in English with the action
/// in the words of its policies.
pub(crate) fn language(headers: &HeaderMap) -> Option<Language> {
    (Form::of(headers) != Form::Document).then(|| text(headers).language())
}

/// The headers of every page.
pub(crate) fn headers<'a>(t: Text) -> Vec<(&'static str, &'a str)> {
    vec![
        ("content-type", "text/html; charset=utf-8"),
        ("content-language", t.tag()),
        ("vary", "Accept-Language, Cookie"),
        ("cache-control", "no-store"),
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
    ]
}

/// A request is held: goes on to the prompt by itself, except in a frame.
#[derive(askama::Template)]
#[template(path = "proxy/held.html")]
pub(crate) struct HeldPage<'a> {
    /// The words.
    pub(crate) t: Text,
    /// The application's name.
    pub(crate) app: &'a str,
    /// What would be done.
    pub(crate) summary: Vec<&'a str>,
    /// The prompt.
    pub(crate) url: &'a str,
    /// Whether it goes on by itself.
    pub(crate) refresh: Refresh,
}

/// Whether a page goes on by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refresh {
    /// At once.
    AtOnce,
    /// Only by its link.
    ByLink,
}

impl Refresh {
    /// Whether the template puts the refresh in; a template knows no variants.
    fn now(self) -> bool {
        self == Self::AtOnce
    }
}

/// Goes on by itself.
#[derive(askama::Template)]
#[template(path = "proxy/go_on.html")]
pub(crate) struct GoOnPage<'a> {
    /// The words.
    pub(crate) t: Text,
    /// What happened: a key.
    pub(crate) title: &'static str,
    /// What is being done.
    pub(crate) summary: Vec<&'a str>,
    /// Where it goes on.
    pub(crate) url: &'a str,
}

/// Where a held request stands.
#[derive(askama::Template)]
#[template(path = "proxy/state.html")]
pub(crate) struct StatePage<'a> {
    /// The words.
    pub(crate) t: Text,
    /// Its state: a key.
    pub(crate) title: &'static str,
    /// Its state in a sentence: a key.
    pub(crate) words: &'static str,
    /// What would be done.
    pub(crate) summary: Vec<&'a str>,
    /// Where to go on.
    pub(crate) url: &'a str,
    /// The words of the link: a key.
    pub(crate) link: &'static str,
}

/// It was sent once, and the application did not take it.
#[derive(askama::Template)]
#[template(path = "proxy/not_taken.html")]
pub(crate) struct NotTakenPage<'a> {
    /// The words.
    pub(crate) t: Text,
    /// What was to be done.
    pub(crate) summary: Vec<&'a str>,
    /// What was answered, in a sentence.
    pub(crate) answered: String,
    /// The URL that the answer leads to.
    pub(crate) leads_to: Option<&'a str>,
    /// Where the answer itself can be seen.
    pub(crate) answer: &'a str,
    /// What was entered: names and values.
    pub(crate) input: &'a [(String, String)],
    /// Whether there was more.
    pub(crate) more: bool,
}

macro_rules! html {
    ($($page:ident),*) => {$(
        impl $page<'_> {
            /// The page as HTML.
            pub(crate) fn html(&self) -> String {
                self.render().unwrap_or_else(|_| String::from("<!doctype html><title>Countersign</title>"))
            }
        }
    )*};
}
html!(HeldPage, GoOnPage, StatePage, NotTakenPage);

/// A refusal as a page.
#[derive(askama::Template)]
#[template(path = "proxy/refusal.html")]
pub(crate) struct RefusalPage<'a> {
    /// The words.
    pub(crate) t: Text,
    /// What happened, in a few words.
    pub(crate) title: String,
    /// What happened, in a sentence.
    pub(crate) detail: String,
    /// More for those who look after the application, in English, on a page that is not.
    pub(crate) technical: Option<&'a str>,
    /// What to name when asking for help.
    pub(crate) reference: &'a str,
    /// Where to go on, and the words for it.
    pub(crate) link: Option<(&'a str, String)>,
}

impl RefusalPage<'_> {
    /// The detail, with quotation marks.
    fn told(&self) -> String {
        quoted(&self.detail)
    }

    /// The page as HTML.
    pub(crate) fn html(&self) -> String {
        self.render().unwrap_or_else(|_| String::from("<!doctype html><title>refused</title>"))
    }
}

/// The backticks of a message as a person's quotation marks.
fn quoted(text: &str) -> String {
    let mut within = false;
    let mark = |letter| match letter {
        '`' => {
            within = !within;
            if within { '\u{201c}' } else { '\u{201d}' }
        }
        other => other,
    };
    text.chars().map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every page in a language, all its values `text`.
    fn all(text: &str, t: Text) -> Vec<String> {
        let summary = || vec![text, text];
        let held = |refresh| HeldPage { t, app: text, summary: summary(), url: text, refresh }.html();
        let go_on = GoOnPage { t, title: "gateway-approved", summary: summary(), url: text };
        let state = StatePage {
            t,
            title: "gateway-state-held",
            words: "gateway-state-held-text",
            summary: summary(),
            url: text,
            link: "gateway-to-approval",
        };
        let input = [(text.to_owned(), text.to_owned())];
        let not_taken = |leads_to| NotTakenPage {
            t,
            summary: summary(),
            answered: t.tell2("gateway-refused-answer", "app", text, "status", text),
            leads_to,
            answer: text,
            input: &input,
            more: true,
        };
        let not_taken = [not_taken(None).html(), not_taken(Some(text)).html()];
        let refusal = |technical| RefusalPage {
            t,
            title: t.say("gateway-quota"),
            detail: t.tell("gateway-no-such-user", "user", text),
            technical,
            reference: text,
            link: Some((text, t.say("gateway-to-app"))),
        };
        let refusals = [refusal(None).html(), refusal(Some(text)).html()];
        [held(Refresh::AtOnce), held(Refresh::ByLink), go_on.html(), state.html()]
            .into_iter()
            .chain(refusals)
            .chain(not_taken)
            .collect()
    }

    #[test]
    fn nothing_breaks_out_in_any_language() {
        for (hostile, forbidden) in [
            ("<img src=x onerror=alert(1)>", "<img"),
            ("\"><script>alert(1)</script>", "<script"),
            ("\" onfocus=\"alert(1)", "\" onfocus"),
            ("</title><base href=//evil>", "<base"),
            ("{ $user }", "no such text"),
        ] {
            for language in Language::ALL {
                for html in all(hostile, language.text()) {
                    assert!(!html.contains(forbidden), "{language:?} with `{hostile}`:\n{html}");
                    let start = format!("<!doctype html>\n<html lang=\"{}\">", language.tag());
                    assert!(html.starts_with(&start), "{html}");
                    assert_eq!(html.matches("<h1").count(), 1, "{html}");
                    // No key stands where words should.
                    assert!(!html.contains("gateway-"), "{html}");
                }
            }
        }
    }

    #[test]
    fn backticks_become_quotation_marks() {
        assert_eq!(quoted("no user `a` and `b`"), "no user \u{201c}a\u{201d} and \u{201c}b\u{201d}");
    }
}
