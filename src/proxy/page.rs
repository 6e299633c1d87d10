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
