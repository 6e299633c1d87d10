//! The loosest reading a backend may make of a word, so that two spellings one backend takes for the same compare equal here.
//!
//! **Invariant:** folding is used to widen what a policy applies to, never to exempt from it.

use icu_normalizer::properties::{CanonicalDecompositionBorrowed, Decomposed};

/// Whether upper and lower case are the same to the application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Case {
    /// They may be.
    #[default]
    Ignored,
    /// They are not, as its owner declares.
    Kept,
}

/// The characters of `word` without surrounding blanks, cut at NUL, in one case, full-width forms and letters with accents as ASCII.
/// Allocates nothing.
pub(super) fn folded(word: &str) -> impl Iterator<Item = char> + Clone + '_ {
    folded_in(word, Case::Ignored)
}

fn folded_in(word: &str, case: Case) -> impl Iterator<Item = char> + Clone + '_ {
    let cut = word.split('\0').next().unwrap_or_default();
    cut.trim_matches(blank).chars().map(narrow).flat_map(move |c| Letters::of(c, case))
}

/// As [`folded`], for one segment of a path: `;parameters` and trailing dots are dropped too, and its case may be kept.
pub(super) fn folded_segment(segment: &str, case: Case) -> impl Iterator<Item = char> + Clone + '_ {
    let cut = segment.split(['\0', ';']).next().unwrap_or_default();
    folded_in(cut.trim_end_matches(|c| c == '.' || blank(c)), case)
}

/// A segment's fold, to be looked up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folded<'s> {
    segment: &'s str,
    case: Case,
    /// Nothing but printable ASCII that folding leaves in place, so that bytes can be compared.
    plain: bool,
}

impl<'s> Folded<'s> {
    pub(super) fn of(segment: &'s str, case: Case) -> Self {
        let plain = segment.bytes().all(|b| b.is_ascii_graphic() && b != b';') && !segment.ends_with('.');
        Self { segment, case, plain }
    }

    /// A hash of the fold (FNV-1a over its characters). Who is looked up is the admin's, so chosen collisions gain a client nothing.
    pub(super) fn hash(self, seed: u64) -> u64 {
        const PRIME: u64 = 0x0100_0000_01b3;
        let step = |hash: u64, c: u32| (hash ^ u64::from(c)).wrapping_mul(PRIME);
        let start = seed ^ 0xcbf2_9ce4_8422_2325;
        let hash = match (self.plain, self.case) {
            (true, Case::Ignored) => {
                self.segment.bytes().fold(start, |hash, b| step(hash, b.to_ascii_lowercase().into()))
            }
            (true, Case::Kept) => self.segment.bytes().fold(start, |hash, b| step(hash, b.into())),
            (false, case) => folded_segment(self.segment, case).fold(start, |hash, c| step(hash, c.into())),
        };
        hash ^ (hash >> 32)
    }

    /// Whether it is this word, which is folded already.
    pub(super) fn is(self, word: &str) -> bool {
        match (self.plain, self.case) {
            (true, Case::Ignored) => self.segment.eq_ignore_ascii_case(word),
            (true, Case::Kept) => self.segment == word,
            (false, case) => folded_segment(self.segment, case).eq(word.chars()),
        }
    }

    /// Whether nothing is left of it.
    pub(super) fn is_empty(self) -> bool {
        if self.plain {
            self.segment.is_empty()
        } else {
            folded_segment(self.segment, self.case).next().is_none()
        }
    }
}

/// One character in one case: through upper case, so that letters which only meet there meet.
#[derive(Clone)]
enum Letters {
    One(std::iter::Once<char>),
    Folded(
        std::iter::FlatMap<
            std::char::ToUppercase,
            std::char::ToLowercase,
            fn(char) -> std::char::ToLowercase,
        >,
    ),
}

impl Letters {
    fn of(c: char, case: Case) -> Self {
        match case {
            Case::Kept => Self::One(std::iter::once(c)),
            Case::Ignored if c.is_ascii() => Self::One(std::iter::once(c.to_ascii_lowercase())),
            Case::Ignored => Self::Folded(c.to_uppercase().flat_map(char::to_lowercase)),
        }
    }
}

impl Iterator for Letters {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self {
            Self::One(one) => one.next(),
            Self::Folded(folded) => folded.next(),
        }
    }
}

/// The folded value as text.
pub(super) fn fold(word: &str) -> String {
    folded(word).collect()
}

/// The folded name of a field: as PHP does, blanks, dots and stray brackets are underscores.
pub(super) fn fold_name(name: &str) -> String {
    folded(name).map(|c| if matches!(c, ' ' | '.' | '[') { '_' } else { c }).collect()
}

/// A `+` is a blank to who decodes a form twice.
fn blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '+' | '\u{200b}' | '\u{feff}')
}

fn narrow(c: char) -> char {
    match u32::from(c) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(c),
        0..0x80 => c,
        // Collations of databases, by which some applications find a route or a name, ignore accents.
        _ => match CanonicalDecompositionBorrowed::new().decompose(c) {
            Decomposed::Expansion(base, _) if base.is_ascii() => base,
            _ => c,
        },
    }
}

/// The word decoded once more, as applications do that decode what their server has decoded already; `None` if that changes nothing.
pub(super) fn decoded_again(word: &str) -> Option<String> {
    let bytes =
        word.contains('%').then(|| percent_encoding::percent_decode_str(word).collect::<Vec<u8>>())?;
    let decoded = String::from_utf8_lossy(&bytes).into_owned();
    (decoded != word).then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_a_backend_confuses_are_one() {
        for word in ["full", "FULL", " full ", "full\0x", "ｆｕｌｌ", "full\u{a0}"] {
            assert_eq!(fold(word), "full", "{word:?}");
        }
        assert_ne!(fold("full"), fold("ful"));
        assert_eq!(fold_name("form.amount"), "form_amount");
        assert_eq!(folded_segment("Admin;x=1", Case::Ignored).collect::<String>(), "admin");
        assert_eq!(folded_segment("Admin.;x=1", Case::Kept).collect::<String>(), "Admin");
        assert_eq!(fold("\u{17f}"), "s");
    }
    #[test]
    fn the_quick_way_is_the_same() {
        for case in [Case::Ignored, Case::Kept] {
            for segment in [
                "Admin",
                "admin",
                "a;x",
                "Ａdmin",
                "ADM\u{131}N",
                "x.",
                "\u{a0}",
                "",
                "...",
                "a\0b",
                "\u{17f}",
            ] {
                let (quick, slow) =
                    (Folded::of(segment, case), folded_segment(segment, case).collect::<String>());
                assert!(quick.is(&slow), "{segment:?}");
                assert_eq!(quick.hash(7), Folded::of(&slow, case).hash(7), "{segment:?}");
                assert_eq!(quick.is_empty(), slow.is_empty(), "{segment:?}");
            }
        }
    }
}
