//! The loosest reading a backend may make of a word, so that two spellings one backend takes for the same compare equal here.
//!
//! **Invariant:** folding is used to widen what a policy applies to, never to exempt from it.

/// The characters of `word` without surrounding blanks, cut at NUL, in one case, full-width forms as ASCII. Allocates nothing.
pub(super) fn folded(word: &str) -> impl Iterator<Item = char> + Clone + '_ {
    let cut = word.split('\0').next().unwrap_or_default();
    cut.trim_matches(blank).chars().map(narrow).flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

/// As [`folded`], for one segment of a path: `;parameters` and trailing dots are dropped too.
pub(super) fn folded_segment(segment: &str) -> impl Iterator<Item = char> + Clone + '_ {
    let cut = segment.split(['\0', ';']).next().unwrap_or_default();
    folded(cut.trim_end_matches(|c| c == '.' || blank(c)))
}

/// The folded value as text.
pub(super) fn fold(word: &str) -> String {
    folded(word).collect()
}

/// The folded name of a field: as PHP does, blanks, dots and stray brackets are underscores.
pub(super) fn fold_name(name: &str) -> String {
    folded(name).map(|c| if matches!(c, ' ' | '.' | '[') { '_' } else { c }).collect()
}

fn blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}' | '\u{feff}')
}

fn narrow(c: char) -> char {
    match u32::from(c) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(c),
        _ => c,
    }
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
        assert_eq!(folded_segment("Admin;x=1").collect::<String>(), "admin");
        assert_eq!(fold("\u{17f}"), "s");
    }
}
