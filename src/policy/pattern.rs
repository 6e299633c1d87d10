//! Patterns of paths: `{name}` is one segment, `**` any number.
//!
//! **Invariant:** a pattern is compared with the segments of the decoded path as loosely as a backend may read them: in any case,
//! empty segments, `;parameters`, trailing dots and blanks and a known format suffix ignored.

use super::fold::folded_segment;

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(pub(super) Vec<Segment>);

/// One segment of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// A word, folded.
    Literal(String),
    /// `{name}`.
    Capture(String),
    /// `**`.
    Any,
}

impl Pattern {
    /// The pattern of every path.
    pub(super) fn everything() -> Self {
        Self(vec![Segment::Any])
    }

    /// Reads a pattern; `Err` says what is wrong and what to do.
    pub(super) fn parse(text: &str) -> Result<Self, (&'static str, &'static str)> {
        let Some(inner) = text.strip_prefix('/') else {
            return Err(("a path begins with `/`", "write it as the application sees it, e.g. `/transfer`"));
        };
        if text.contains(['%', '?', '#', ';', '\\']) {
            return Err((
                "a path is written decoded",
                "leave out `%`, `?`, `#`, `;` and `\\`; fields of the query go under `query`",
            ));
        }
        let (mut segments, mut anys) = (Vec::new(), 0);
        for segment in inner.split('/').filter(|segment| !segment.is_empty()) {
            let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            segments.push(match (segment, name) {
                ("**", _) => {
                    anys += 1;
                    Segment::Any
                }
                (_, Some(name))
                    if !name.is_empty() && !name.contains(['{', '}', '*', '?', '=', '#', ' ']) =>
                {
                    if anys > 1 {
                        return Err((
                            "what this captures is not certain",
                            "put captures before the second `**`",
                        ));
                    }
                    if segments.contains(&Segment::Capture(name.to_owned())) {
                        return Err(("a capture is named twice", "give each `{name}` a name of its own"));
                    }
                    Segment::Capture(name.to_owned())
                }
                _ if segment.contains(['{', '}', '*']) => {
                    return Err((
                        "a wildcard is a whole segment",
                        "use `{name}` for one segment and `**` for any number",
                    ));
                }
                ("." | "..", _) => return Err(("a path holds no dot segments", "write where it leads to")),
                _ => Segment::Literal(folded_segment(segment).collect()),
            });
        }
        let captured_between =
            segments.iter().skip_while(|s| **s != Segment::Any).any(|s| matches!(s, Segment::Capture(_)));
        if anys > 1 && captured_between {
            return Err((
                "what this captures is not certain",
                "with two `**`, put captures before the first",
            ));
        }
        Ok(Self(segments))
    }

    /// The names it captures.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Capture(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// What it captures of a path that it matches.
    pub(super) fn captures<'p>(&self, path: &'p str) -> Vec<(&str, &'p str)> {
        let read = |tight| self.read(&segments(path, tight).collect::<Vec<_>>());
        read(false).or_else(|| read(true)).unwrap_or_default()
    }

    fn read<'p>(&self, path: &[&'p str]) -> Option<Vec<(&str, &'p str)>> {
        let any = self.0.iter().position(|segment| *segment == Segment::Any);
        let front = any.unwrap_or(self.0.len());
        let back = self
            .0
            .iter()
            .rev()
            .take_while(|segment| **segment != Segment::Any)
            .count()
            .min(self.0.len() - front);
        if path.len() < front + back || any.is_none() && path.len() != front {
            return None;
        }
        let ends = path.iter().enumerate().skip(path.len() - back);
        let pairs = self.0.iter().zip(path.iter().enumerate()).take(front);
        let pairs = pairs.chain(self.0.iter().skip(self.0.len() - back).zip(ends));
        let mut captures = Vec::new();
        for (part, (at, segment)) in pairs {
            if !part.matches(segment, at + 1 == path.len()) {
                return None;
            }
            if let Segment::Capture(name) = part {
                captures.push((name.as_str(), *segment));
            }
        }
        Some(captures)
    }
}

/// The segments of a path, without allocating; `tight` leaves out those that a backend may read as nothing.
pub(super) fn segments(path: &str, tight: bool) -> impl Iterator<Item = &str> + Clone {
    path.split('/')
        .filter(move |segment| !segment.is_empty() && (!tight || folded_segment(segment).next().is_some()))
}

/// A segment without a suffix that frameworks take for a format.
pub(super) fn without_format(segment: &str) -> Option<&str> {
    const FORMATS: [&str; 26] = [
        "json", "xml", "html", "htm", "xhtml", "txt", "csv", "tsv", "js", "css", "pdf", "xls", "xlsx", "php",
        "jsp", "jsf", "do", "action", "asp", "aspx", "rss", "atom", "yaml", "yml", "ico", "png",
    ];
    let cut = segment.split([';', '\0']).next().unwrap_or_default().trim_end();
    let (stem, suffix) = cut.rsplit_once('.')?;
    (!stem.is_empty() && FORMATS.iter().any(|format| format.eq_ignore_ascii_case(suffix))).then_some(stem)
}

impl Segment {
    /// Whether this (never `**`) matches one segment of a path; `last` when it is the path's last.
    pub(super) fn matches(&self, segment: &str, last: bool) -> bool {
        match self {
            Self::Literal(word) => {
                folded_segment(segment).eq(word.chars())
                    || last
                        && without_format(segment).is_some_and(|stem| folded_segment(stem).eq(word.chars()))
            }
            Self::Capture(_) => true,
            Self::Any => false,
        }
    }
}
