//! The words that name an action: text with `{name}`, `{name?}`, `{name#}` and `{= CEL}` in it.
//!
//! **Invariant:** a template is filled completely or not at all: what cannot be named cannot be released.
//! **Invariant:** every value passes [`visible`], and a masked one is never written.

use std::collections::BTreeSet;

use super::condition::{Expression, ExpressionFault};
use super::names::{Index, Name};
use super::ruling::Unclear;
use super::view::View;
use crate::base::text::visible;

/// What a masked value is shown as.
const MASK: &str = "••••";
/// The most characters of one value, and of a list of values.
const MOST: usize = 200;
const MOST_LIST: usize = 2000;

/// A checked template.
#[derive(Debug)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Field { name: Name, optional: bool, stars: bool },
    Cel(Box<Expression>),
}

/// Why a template cannot be, and where in it (bytes).
#[derive(Debug)]
pub(super) struct TemplateFault {
    pub(super) message: String,
    pub(super) help: Option<String>,
    pub(super) at: std::ops::Range<usize>,
}

impl Template {
    /// Reads a template.
    pub(super) fn parse(text: &str) -> Result<Self, TemplateFault> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let doubled = chars.peek().is_some_and(|(_, next)| *next == c);
            match c {
                '{' | '}' if doubled => {
                    chars.next();
                    literal.push(c);
                }
                '}' => return Err(fault("a `}` without its `{`", at..at + 1)),
                '{' => {
                    let rest = text.get(at + 1..).unwrap_or_default();
                    let Some(length) = closing(rest) else {
                        return Err(fault("a `{` without its `}`", at..text.len()));
                    };
                    let inner = rest.get(..length).unwrap_or_default();
                    let end = at + 1 + length;
                    if !literal.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut literal)));
                    }
                    pieces.push(Piece::parse(inner, at)?);
                    while chars.peek().is_some_and(|(next, _)| *next <= end) {
                        chars.next();
                    }
                }
                c => literal.push(c),
            }
        }
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        Ok(Self { pieces })
    }

    /// The names of fields or captures it shows.
    pub(super) fn names(&self) -> impl Iterator<Item = &Name> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Field { name, .. } => Some(name),
            _ => None,
        })
    }

    /// Whether it shows anything but fixed words.
    pub(super) fn names_something(&self) -> bool {
        self.pieces.iter().any(|piece| !matches!(piece, Piece::Text(_)))
    }

    /// What it shows of a request, as it is written: a translation shows the same. Of an expression only what it looks up counts, since
    /// the words in it are translated too.
    pub(super) fn shown(&self) -> BTreeSet<String> {
        let piece = |piece: &Piece| match piece {
            Piece::Text(_) => None,
            Piece::Field { name, optional, stars } => {
                let (stars, optional) = (if *stars { "#" } else { "" }, if *optional { "?" } else { "" });
                Some(format!("{{{}{stars}{optional}}}", name.as_str()))
            }
            Piece::Cel(expression) => {
                let names: BTreeSet<&str> = expression.fixed_names().collect();
                let names: Vec<&str> = names.into_iter().collect();
                Some(match names.as_slice() {
                    [] => format!("{{= {}}}", expression.source()),
                    names => format!("{{= ... {} ...}}", names.join(", ")),
                })
            }
        };
        self.pieces.iter().filter_map(piece).collect()
    }

    /// The expressions in it.
    pub(super) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Cel(expression) => Some(expression.as_ref()),
            _ => None,
        })
    }

    /// The template with its values.
    pub(super) fn fill(&self, view: &View<'_>, captures: &[(&str, &str)]) -> Result<String, Unclear> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Cel(expression) => out.push_str(&visible(&expression.text(view)?, MOST)),
                Piece::Field { name, optional, stars } => {
                    let value = match captures.iter().find(|(capture, _)| *capture == name.as_str()) {
                        Some(_) if view.masks.iter().any(|mask| mask.covers(name)) => MASK.to_owned(),
                        Some((_, segment)) => visible(segment, MOST),
                        None => values(name, *stars, &view.index, &view.masks)?,
                    };
                    if value.trim().is_empty() && !optional {
                        return Err(Unclear::Missing(name.as_str().to_owned()));
                    }
                    out.push_str(&value);
                }
            }
        }
        Ok(out)
    }
}

impl Piece {
    /// `start` is where its `{` stands.
    fn parse(inner: &str, start: usize) -> Result<Self, TemplateFault> {
        let whole = start..start + inner.len() + 2;
        if let Some(source) = inner.strip_prefix('=') {
            let before = start + 2 + source.len() - source.trim_start().len();
            return Expression::parse(source.trim()).map(Box::new).map(Self::Cel).map_err(
                |ExpressionFault { message, help, at }| TemplateFault {
                    message,
                    help,
                    at: at.map_or(whole, |at| before + at.start..before + at.end),
                },
            );
        }
        let (inner, optional) = inner.strip_suffix('?').map_or((inner, false), |rest| (rest, true));
        let (name, stars) = inner.strip_suffix('#').map_or((inner, false), |rest| (rest, true));
        if name.trim() != name || name.is_empty() {
            return Err(fault("the braces hold no name", whole));
        }
        let name = Name::parse(name).map_err(|message| fault(message, whole.clone()))?;
        if stars && !name.is_starred() {
            let message = format!("`{}` has no `*`, so there is nothing for `#` to show", name.as_str());
            return Err(fault(&message, whole));
        }
        Ok(Self::Field { name, optional, stars })
    }
}

fn values(name: &Name, stars: bool, index: &Index<'_>, masks: &[Name]) -> Result<String, Unclear> {
    let mut out = Vec::new();
    for shown in index.shown(name, masks)? {
        let text = if stars { Some(shown.star.as_str()) } else { shown.value.as_text() };
        let text = text.ok_or_else(|| Unclear::NotOneValue(name.as_str().to_owned()))?;
        out.push(if shown.masked && !stars { MASK.to_owned() } else { visible(text, MOST) });
    }
    Ok(visible(&out.join(", "), MOST_LIST))
}

/// How far into `rest` the brace that closes is; braces in braces and in strings of an expression are passed over.
fn closing(rest: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0usize, None);
    let cel = rest.starts_with('=');
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some(_), '\\') => {
                chars.next();
            }
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') if cel => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') if depth == 0 => return Some(at),
            (None, '}') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn fault(message: &str, at: std::ops::Range<usize>) -> TemplateFault {
    TemplateFault { message: message.to_owned(), help: None, at }
}
