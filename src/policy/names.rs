//! Which fields of a request a name in a policy means, wherever a backend may read them.
//!
//! A name is a list of segments: `amount`, `delete[*]`, `form-*-DELETE`, or a JSON Pointer `/items/*/amount`. A pointer begins at the
//! root, any other name at any depth. `a[b]` of a form and `/a/b` of a JSON body are the same.
//!
//! **Invariant:** deciding is wider than showing: whatever lies under the name decides ([`Index::under`]), and only a field that
//! *is* the name can be shown ([`Index::shown`]), when it says one thing.

use std::collections::BTreeSet;

use super::facts::Facts;
use super::fold::fold_name;
use super::ruling::Unclear;
use super::values::Test;
use crate::request::fields::{Field, FieldValue, Fields, Place};

/// A name as a policy writes it.
#[derive(Clone, Debug)]
pub(super) struct Name {
    text: String,
    segments: Vec<Part>,
    anchored: bool,
    list: bool,
    starred: bool,
}

#[derive(Clone, Debug)]
enum Part {
    Exact(String),
    Star { before: String, after: String },
}

impl Name {
    /// Reads a name; `Err` says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let anchored = text.starts_with('/');
        let mut segments = match text.strip_prefix('/') {
            Some(pointer) => {
                pointer.split('/').map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect()
            }
            None => brackets(text),
        };
        let list = !anchored && segments.len() > 1 && segments.last().is_some_and(String::is_empty);
        if list {
            segments.pop();
        }
        if segments.iter().any(String::is_empty) {
            return Err("a name or one of its segments is empty");
        }
        let part = |segment: &String| match segment.split_once('*') {
            Some((_, after)) if after.contains('*') => Err("one segment of a name holds at most one `*`"),
            Some((before, after)) => Ok(Part::Star { before: fold_name(before), after: fold_name(after) }),
            None => Ok(Part::Exact(fold_name(segment))),
        };
        let segments = segments.iter().map(part).collect::<Result<Vec<_>, _>>()?;
        let starred = segments.iter().any(|part| matches!(part, Part::Star { .. }));
        Ok(Self { text: text.to_owned(), segments, anchored, list, starred })
    }

    /// The name that is exactly this one segment, whatever is in it.
    pub(super) fn exactly(segment: &str) -> Self {
        let segments = vec![Part::Exact(fold_name(segment))];
        Self { text: segment.to_owned(), segments, anchored: false, list: false, starred: false }
    }

    /// The name as written.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it holds a `*`.
    pub(super) fn is_starred(&self) -> bool {
        self.starred
    }

    /// Whether a field of this other name would be meant by this one.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.text == other.text || self.at(&segments_of(&other.text)).next().is_some()
    }

    /// Every place in `segments` where this name ends, with what its stars matched.
    fn at<'e>(&'e self, segments: &'e [Segment]) -> impl Iterator<Item = (usize, Vec<String>)> + 'e {
        let places = if self.anchored { 1 } else { segments.len() };
        (0..places).filter_map(move |start| {
            let end = start + self.segments.len();
            let window = segments.get(start..end)?;
            let mut stars = Vec::new();
            for (part, segment) in self.segments.iter().zip(window) {
                match part {
                    // An attribute `@id` is an `id`: some backends bind attributes and elements alike.
                    Part::Exact(name)
                        if *name == segment.folded
                            || segment.folded.strip_prefix('@') == Some(name.as_str()) => {}
                    Part::Exact(_) => return None,
                    Part::Star { before, after } => {
                        segment.folded.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
                        let around = before.chars().count() + after.chars().count();
                        let inner = segment.raw.chars().count().saturating_sub(around);
                        stars.push(segment.raw.chars().skip(before.chars().count()).take(inner).collect());
                    }
                }
            }
            Some((end, stars))
        })
    }
}

#[derive(Debug)]
struct Segment {
    raw: String,
    folded: String,
}

/// `a[b][c]` as `a`, `b`, `c`; text without well-formed brackets as one.
fn brackets(name: &str) -> Vec<String> {
    let Some((base, mut rest)) =
        name.split_once('[').filter(|(base, rest)| !base.is_empty() && rest.contains(']'))
    else {
        return vec![name.to_owned()];
    };
    let mut segments = vec![base.to_owned()];
    while let Some((inner, after)) = rest.split_once(']') {
        segments.push(inner.to_owned());
        match after.split_once('[') {
            Some((_, next)) => rest = next,
            None => break,
        }
    }
    segments
}

fn segments_of(name: &str) -> Vec<Segment> {
    let segments: Vec<String> = match name.strip_prefix('/') {
        Some(pointer) => {
            pointer.split('/').map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect()
        }
        None => brackets(name),
    };
    segments.into_iter().map(|raw| Segment { folded: fold_name(&raw), raw }).collect()
}

/// The segments of a key of a form or query.
fn segments_of_key(name: &str) -> Vec<Segment> {
    brackets(name).into_iter().map(|raw| Segment { folded: fold_name(&raw), raw }).collect()
}

/// The name as the loosest readers take it, if that is another one: decoded a second time, without quotes, and cut at a bracket that is
/// not closed or stands in a member of JSON.
fn loosely(field: &Field) -> Option<String> {
    let decoded = super::fold::decoded_again(&field.name);
    let name = decoded.as_deref().unwrap_or(&field.name);
    let at = if field.place == Place::Json { name.rfind('/').map_or(0, |slash| slash + 1) } else { 0 };
    let (front, last) = name.split_at_checked(at)?;
    let last = last.trim().trim_matches(['"', '\'']);
    let open = field.place == Place::Json || !last.contains(']');
    let last = if open { last.split('[').next().unwrap_or_default() } else { last };
    let loose = format!("{front}{last}");
    (loose != field.name && !last.is_empty()).then_some(loose)
}

/// The fields of one request, ready to be asked by name. Made once per ruling.
#[derive(Debug)]
pub(super) struct Index<'a> {
    entries: Vec<(Vec<Segment>, &'a Field)>,
}

/// One value that can be shown.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    /// The value.
    pub(super) value: &'a FieldValue,
    /// What the stars of the name matched, joined by `/`.
    pub(super) star: String,
    /// Whether a mask covers it: the value must not be shown.
    pub(super) masked: bool,
}

impl<'a> Index<'a> {
    /// Over the fields of query and body, and the cookies in a reading that has them.
    pub(super) fn of(facts: &Facts<'a>) -> Self {
        let more = facts.body.into_iter().chain(facts.cookies).flat_map(Fields::iter);
        Self::new(facts.query.iter().chain(more))
    }

    /// Over these.
    pub(super) fn new(fields: impl Iterator<Item = &'a Field>) -> Self {
        let segments = |field: &Field| match field.place {
            Place::Json if field.name.is_empty() => Vec::new(),
            Place::Json | Place::Xml => segments_of(&field.name),
            _ => segments_of_key(&field.name),
        };
        let mut entries = Vec::new();
        for field in fields {
            let spelled = loosely(field);
            entries.push((segments(field), field));
            if let Some(name) = spelled {
                let parts =
                    if field.place == Place::Json { segments_of(&name) } else { segments_of_key(&name) };
                entries.push((parts, field));
            }
        }
        Self { entries }
    }

    /// Every field that is, or lies under, `name`.
    pub(super) fn under<'n>(&'n self, name: &'n Name) -> impl Iterator<Item = &'a Field> + 'n {
        // An attribute beside a text says something about it (`currency`, `xsi:type`) and is no value of the element.
        let mut text = None;
        self.entries
            .iter()
            .filter(move |(segments, field)| {
                let attribute = field.place == Place::Xml
                    && segments.last().is_some_and(|last| last.raw.starts_with('@'));
                if !attribute {
                    text = (field.place == Place::Xml
                        && field.value.as_text().is_some_and(|text| !text.is_empty()))
                    .then_some(segments.len());
                }
                let beside = attribute && text.is_some_and(|length| length + 1 == segments.len());
                name.at(segments).any(|(end, _)| !beside || end == segments.len())
            })
            .map(|(_, field)| *field)
    }

    /// Whether a test of the field `name` holds. What must not exist counts as there only when it surely is ([`Index::surely`]).
    pub(super) fn meets(&self, name: &Name, test: &Test) -> bool {
        if test.absent && !name.starred {
            !self.surely(name)
        } else {
            test.holds(self.under(name).map(|field| &field.value))
        }
    }

    /// Whether every backend that looks for `name` finds a field: spelled exactly so, not within something else, and in the body where there
    /// is one.
    ///
    /// THREAT: `exists = false` exempts. A field that only some loose reader would find must not.
    fn surely(&self, name: &Name) -> bool {
        let has_body = self.has_body();
        let pointer = || format!("/{}", brackets(&name.text).join("/"));
        self.entries.iter().any(|(_, field)| match field.place {
            Place::Cookie => false,
            Place::Query if has_body => false,
            Place::Json | Place::Xml if name.anchored => field.name == name.text,
            Place::Json | Place::Xml => field.name == pointer(),
            Place::Query | Place::Form | Place::Multipart => field.name == name.text,
        })
    }

    fn has_body(&self) -> bool {
        self.entries.iter().any(|(_, field)| !matches!(field.place, Place::Query | Place::Cookie))
    }

    /// Whether `name` is in the query only, and the request has a body with fields.
    pub(super) fn is_beside_the_body(&self, name: &str) -> bool {
        self.has_body() && self.under(&Name::exactly(name)).all(|field| field.place == Place::Query)
    }

    /// Whether some field has this very name, be it within others, and not only one that loose readers take for it.
    pub(super) fn is_spelled(&self, name: &str) -> bool {
        self.entries.iter().any(|(_, field)| {
            let segments = match field.place {
                Place::Json | Place::Xml => segments_of(&field.name),
                Place::Query | Place::Form | Place::Multipart | Place::Cookie => segments_of_key(&field.name),
            };
            let last = segments.iter().rev().find(|segment| !index(&segment.folded));
            field.name == name
                || last.is_some_and(|last| last.raw.strip_prefix('@').unwrap_or(&last.raw) == name)
        })
    }

    /// The values of the fields that are `name`, in order: one at most, unless the name means several.
    pub(super) fn shown(&self, name: &Name, masks: &[Name]) -> Result<Vec<Shown<'a>>, Unclear> {
        let mut found: Vec<(Shown<'a>, Place)> = Vec::new();
        for (segments, field) in &self.entries {
            let Some((end, stars)) = name.at(segments).find(|(end, _)| ends(segments, *end)) else {
                continue;
            };
            // The release brings its own cookies: what is shown would not be what is sent.
            if field.place == Place::Cookie {
                return Err(Unclear::InCookie(name.text.clone()));
            }
            if field.value == FieldValue::Composite {
                if name.list && end == segments.len() {
                    continue;
                }
                return Err(Unclear::NotOneValue(name.text.clone()));
            }
            let masked = masks.iter().any(|mask| mask.at(segments).next().is_some());
            let shown = Shown { value: &field.value, star: stars.join("/"), masked };
            if name.list {
                if found.iter().any(|(_, place)| *place != field.place) {
                    return Err(Unclear::SeveralValues(name.text.clone()));
                }
            } else {
                let same = |(other, _): &&(Shown<'_>, Place)| {
                    !name.starred || (!shown.star.is_empty() && other.star == shown.star)
                };
                match found.iter().find(same) {
                    Some((other, _)) if other.value.as_text() == shown.value.as_text() => continue,
                    Some(_) => return Err(Unclear::SeveralValues(name.text.clone())),
                    None => {}
                }
            }
            found.push((shown, field.place));
        }
        Ok(found.into_iter().map(|(shown, _)| shown).collect())
    }

    /// The names that fields have, as sent (of JSON, the last member's), for a look-up that is not by a fixed name.
    pub(super) fn keys<'n>(&'n self) -> Vec<&'n str> {
        let last = |segments: &'n [Segment]| segments.iter().rev().find(|segment| !index(&segment.folded));
        let keys: BTreeSet<&str> = self
            .entries
            .iter()
            .filter(|(_, field)| field.place != Place::Cookie)
            .filter_map(|(segments, _)| last(segments))
            .map(|last| last.raw.as_str())
            .collect();
        keys.into_iter().collect()
    }
}

/// Whether a segment is a position in a list, or the nothing of `[]`.
fn index(segment: &str) -> bool {
    segment.bytes().all(|b| b.is_ascii_digit())
}

/// Whether nothing but `[]` or a position in a list follows the name.
fn ends(segments: &[Segment], end: usize) -> bool {
    match segments.get(end..) {
        Some([]) => true,
        Some([only]) => index(&only.folded),
        _ => false,
    }
}
