//! Patterns of paths: `{name}` is one segment, `**` any number.
//!
//! **Invariant:** a pattern is compared with the segments of the decoded path as loosely as a backend may read them: in any case,
//! empty segments, `;parameters`, trailing dots and blanks and a known format suffix ignored.

use super::fold::{Case, Folded, folded_segment};

/// The most segments of a pattern: what bounds the depth of the matcher.
const MOST: usize = 64;

/// What the gateway keeps for itself on every host.
const RESERVED: &str = ".countersign";

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) segments: Vec<Segment>,
    case: Case,
}

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
        Self { segments: vec![Segment::Any], case: Case::Ignored }
    }

    /// Reads a pattern; `Err` says what is wrong and what to do.
    pub(super) fn parse(text: &str, case: Case) -> Result<Self, (&'static str, &'static str)> {
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
                _ => match folded_segment(segment, case).collect::<String>() {
                    nothing if nothing.is_empty() => {
                        return Err((
                            "no request has such a segment",
                            "dots, blanks and control characters alone are read as nothing",
                        ));
                    }
                    word => Segment::Literal(word),
                },
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
        if segments.first() == Some(&Segment::Literal(RESERVED.to_owned())) {
            return Err((
                "this path is the gateway's own",
                "no request to `/.countersign/` reaches an application",
            ));
        }
        if segments.len() > MOST {
            return Err(("a path of more than 64 segments", "match its beginning, and the rest by `**`"));
        }
        Ok(Self { segments, case })
    }

    /// The names it captures.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Capture(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Whether it matches a path, under either reading.
    pub(super) fn matches(&self, path: &str) -> bool {
        let read = |tight: bool| {
            let segments = segments(path, tight).map(|segment| Segment::Literal(segment.to_owned()));
            self.covers(&Self { segments: segments.collect(), case: self.case })
        };
        read(false) || read(true)
    }

    /// Whether every path that `other` matches is matched by this one. May miss some such patterns, and claims none falsely.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let mut at: Vec<bool> = vec![false; self.segments.len() + 1];
        if let Some(first) = at.first_mut() {
            *first = true;
        }
        self.skip(&mut at);
        for (place, segment) in other.segments.iter().enumerate() {
            let last = place + 1 == other.segments.len();
            let mut next = vec![false; at.len()];
            for (here, part) in
                self.segments.iter().enumerate().filter(|(here, _)| at.get(*here) == Some(&true))
            {
                let to = match (part, segment) {
                    (Segment::Any, _) => here,
                    (_, Segment::Any) => continue,
                    (Segment::Capture(_), _) => here + 1,
                    (Segment::Literal(_), Segment::Literal(word)) if part.matches(word, self.case, last) => {
                        here + 1
                    }
                    (Segment::Literal(_), _) => continue,
                };
                if let Some(reached) = next.get_mut(to) {
                    *reached = true;
                }
            }
            at = next;
            self.skip(&mut at);
        }
        at.last() == Some(&true)
    }

    /// `**` may match nothing.
    fn skip(&self, at: &mut [bool]) {
        for (here, part) in self.segments.iter().enumerate() {
            if *part == Segment::Any
                && at.get(here) == Some(&true)
                && let Some(after) = at.get_mut(here + 1)
            {
                *after = true;
            }
        }
    }

    /// What it captures of a path that it matches.
    pub(super) fn captures<'p>(&self, path: &'p str) -> Vec<(&str, &'p str)> {
        let read = |tight| self.read(&segments(path, tight).collect::<Vec<_>>());
        read(false).or_else(|| read(true)).unwrap_or_default()
    }

    fn read<'p>(&self, path: &[&'p str]) -> Option<Vec<(&str, &'p str)>> {
        let any = self.segments.iter().position(|segment| *segment == Segment::Any);
        let front = any.unwrap_or(self.segments.len());
        let back = self
            .segments
            .iter()
            .rev()
            .take_while(|segment| **segment != Segment::Any)
            .count()
            .min(self.segments.len() - front);
        if path.len() < front + back || any.is_none() && path.len() != front {
            return None;
        }
        let ends = path.iter().enumerate().skip(path.len() - back);
        let pairs = self.segments.iter().zip(path.iter().enumerate()).take(front);
        let pairs = pairs.chain(self.segments.iter().skip(self.segments.len() - back).zip(ends));
        let mut captures = Vec::new();
        for (part, (at, segment)) in pairs {
            if !part.matches(segment, self.case, at + 1 == path.len()) {
                return None;
            }
            if let Segment::Capture(name) = part {
                captures.push((name.as_str(), *segment));
            }
        }
        Some(captures)
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.segments.is_empty() {
            return f.write_str("/");
        }
        self.segments.iter().try_for_each(|segment| match segment {
            Segment::Literal(word) => write!(f, "/{word}"),
            Segment::Capture(name) => write!(f, "/{{{name}}}"),
            Segment::Any => f.write_str("/**"),
        })
    }
}

/// The segments of a path, without allocating; `tight` leaves out those that a backend may read as nothing.
pub(super) fn segments(path: &str, tight: bool) -> impl Iterator<Item = &str> + Clone {
    path.split('/').filter(move |segment| !(segment.is_empty() || tight && is_nothing(segment)))
}

/// Whether a backend may read this segment as if it were not there.
pub(super) fn is_nothing(segment: &str) -> bool {
    Folded::of(segment, Case::Ignored).is_empty()
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
    fn matches(&self, segment: &str, case: Case, last: bool) -> bool {
        match self {
            Self::Literal(word) => {
                Folded::of(segment, case).is(word)
                    || last && without_format(segment).is_some_and(|stem| Folded::of(stem, case).is(word))
            }
            Self::Capture(_) => true,
            Self::Any => false,
        }
    }
}
