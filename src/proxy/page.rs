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

/// The fields that go with every page.
pub(crate) fn headers() -> Vec<(&'static str, &'static str)> {
    vec![
        ("cache-control", "no-store"),
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
    ]
}

/// A navigation is held: the page that goes on to the prompt.
#[derive(askama::Template)]
#[template(path = "proxy/held.html")]
pub(crate) struct HeldPage<'a> {
    /// The application's name.
    pub(crate) app: &'a str,
    /// What waits, a line for each policy.
    pub(crate) summary: Vec<&'a str>,
    /// Where the prompt is.
    pub(crate) url: &'a str,
    /// Whether it goes on by itself.
    pub(crate) refresh: bool,
}

impl HeldPage<'_> {
    /// The page as HTML.
    pub(crate) fn html(&self) -> String {
        self.render().unwrap_or_else(|_| String::from("<!doctype html><title>held</title>"))
    }
}

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
        self.render().unwrap_or_else(|_| String::from("<!doctype html><title>refused</title>"))
    }
}
