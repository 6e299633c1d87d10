//! The small pages a browser gets in place of a problem document.
//!
//! **Invariant:** no script, no inline style, nothing from elsewhere ([`POLICY`]); every value is escaped by the template.

use askama::Template as _;

/// The content security policy of these pages.
pub(crate) const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Where the style sheet is served, on every host.
pub(crate) const STYLE_PATH: &str = "/.countersign/style.css";

/// The style sheet.
pub(crate) const STYLE: &str = include_str!("../../templates/proxy/style.css");

/// The headers of every page.
pub(crate) fn headers<'a>() -> Vec<(&'static str, &'a str)> {
    vec![
        ("content-type", "text/html; charset=utf-8"),
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
    /// What happened.
    pub(crate) title: &'a str,
    /// What comes.
    pub(crate) words: &'a str,
    /// What is being done.
    pub(crate) summary: Vec<&'a str>,
    /// Where it goes on.
    pub(crate) url: &'a str,
    /// The words of the link.
    pub(crate) link: &'a str,
}

/// Where a held request stands.
#[derive(askama::Template)]
#[template(path = "proxy/state.html")]
pub(crate) struct StatePage<'a> {
    /// Its state.
    pub(crate) title: &'a str,
    /// Its state in a sentence.
    pub(crate) words: &'a str,
    /// What would be done.
    pub(crate) summary: Vec<&'a str>,
    /// Where to go on.
    pub(crate) url: &'a str,
    /// The words of the link.
    pub(crate) link: &'a str,
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
html!(HeldPage, GoOnPage, StatePage);

/// A refusal as a page.
#[derive(askama::Template)]
#[template(path = "proxy/refusal.html")]
pub(crate) struct RefusalPage<'a> {
    /// What happened, in a few words.
    pub(crate) title: &'a str,
    /// What happened, in a sentence.
    pub(crate) detail: &'a str,
    /// What to name when asking for help.
    pub(crate) reference: &'a str,
    /// Where to go on, and the words for it.
    pub(crate) link: Option<(&'a str, &'a str)>,
}

impl RefusalPage<'_> {
    /// The page as HTML.
    pub(crate) fn html(&self) -> String {
        let told = RefusalPage { detail: &quoted(self.detail), ..*self };
        told.render().unwrap_or_else(|_| String::from("<!doctype html><title>refused</title>"))
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
