//! HTML that is built with escaping.
//!
//! **Invariant:** text that is not a literal of this program is escaped. [`Markup::raw`] takes only `&'static str`; everything else goes through [`Piece`],
//! which escapes unless the value is `Markup` already (held by the types, and by the test below).
//!
//! Called by every page of the bank.

use super::{Amount, Iban};

/// Finished HTML.
#[derive(Clone, Default)]
pub(super) struct Markup(String);

impl Markup {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Appends a literal of this program as it is.
    pub(super) fn raw(&mut self, literal: &'static str) {
        self.0.push_str(literal);
    }

    /// Appends a value; escaped unless it is markup.
    pub(super) fn put(&mut self, piece: &(impl Piece + ?Sized)) {
        piece.put(&mut self.0);
    }

    /// The text to send.
    pub(super) fn into_string(self) -> String {
        self.0
    }
}

impl Extend<Markup> for Markup {
    fn extend<T: IntoIterator<Item = Markup>>(&mut self, parts: T) {
        for part in parts {
            self.0.push_str(&part.0);
        }
    }
}

impl FromIterator<Markup> for Markup {
    fn from_iter<T: IntoIterator<Item = Markup>>(parts: T) -> Self {
        let mut whole = Self::new();
        whole.extend(parts);
        whole
    }
}

/// A value that knows how to appear in a page.
pub(super) trait Piece {
    /// Appends the value, safe as text and inside a quoted attribute.
    fn put(&self, out: &mut String);
}

impl Piece for Markup {
    fn put(&self, out: &mut String) {
        out.push_str(&self.0);
    }
}

impl Piece for Option<Markup> {
    fn put(&self, out: &mut String) {
        if let Some(markup) = self {
            out.push_str(&markup.0);
        }
    }
}

impl Piece for str {
    fn put(&self, out: &mut String) {
        escape(self, out);
    }
}

impl<T: Piece + ?Sized> Piece for &T {
    fn put(&self, out: &mut String) {
        (**self).put(out);
    }
}

/// Values that appear as their `Display` text, escaped.
macro_rules! shown {
    ($($kind:ty),*) => { $(impl Piece for $kind {
        fn put(&self, out: &mut String) {
            escape(&self.to_string(), out);
        }
    })* };
}
shown!(String, u64, usize, u16, Amount, Iban);

/// Appends `text` with the five characters replaced that could end a text or an attribute.
fn escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
}

/// Builds [`Markup`] from literals (as they are) and values (escaped).
macro_rules! markup {
    (@ $out:ident) => {};
    (@ $out:ident $literal:literal $(, $($rest:tt)*)?) => {
        $out.raw($literal);
        markup!(@ $out $($($rest)*)?);
    };
    (@ $out:ident $value:expr $(, $($rest:tt)*)?) => {
        $out.put(&$value);
        markup!(@ $out $($($rest)*)?);
    };
    ($($all:tt)*) => {{
        let mut out = $crate::demo::bank::html::Markup::new();
        markup!(@ out $($all)*);
        out
    }};
}
pub(super) use markup;

#[cfg(test)]
mod tests {
    #[test]
    fn values_are_escaped_and_literals_are_not() {
        let hostile = String::from(r#"<script>&"'"#);
        let inner = markup!["<b>", hostile, "</b>"];
        assert_eq!(
            markup!["<i title=\"", hostile.as_str(), "\">", inner, "</i>"].into_string(),
            "<i title=\"&lt;script&gt;&amp;&quot;&#39;\"><b>&lt;script&gt;&amp;&quot;&#39;</b></i>"
        );
    }
}
