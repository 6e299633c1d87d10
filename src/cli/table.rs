//! Rows and columns for a terminal.
//!
//! **Invariant:** a cell holds no control, hiding or reordering character of what a user wrote ([`visible`]).

use crate::base::text::visible;

/// Characters of one cell that are shown.
const WIDEST: usize = 100;

/// A heading and rows, columns aligned by two blanks; without rows `nothing` is said instead.
pub(super) fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]], nothing: &str) -> String {
    if rows.is_empty() {
        return format!("{nothing}\n");
    }
    let shown: Vec<[String; N]> = std::iter::once(heading.map(str::to_owned))
        .chain(rows.iter().map(|row| row.each_ref().map(|cell| visible(cell, WIDEST))))
        .collect();
    let mut widths = [0; N];
    for row in &shown {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for row in &shown {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// `name: value` lines, values aligned.
pub(super) fn facts(facts: &[(&str, String)]) -> String {
    let width = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let lines: Vec<String> =
        facts.iter().map(|(name, value)| format!("{name:<width$}  {}\n", visible(value, WIDEST))).collect();
    lines.concat()
}

/// A value that may be absent.
pub(super) fn or_dash(value: Option<&str>) -> String {
    value.unwrap_or("-").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_nothing_bends_the_terminal() {
        let rows = [["al\u{1b}[2Jice".to_owned(), "x".to_owned()], ["b".to_owned(), "yy".to_owned()]];
        let text = table(["NAME", "N"], &rows, "none");
        assert_eq!(text, "NAME              N\nal‹U+001B›[2Jice  x\nb                 yy\n");
        assert_eq!(table(["A"], &[], "no users"), "no users\n");
        assert_eq!(facts(&[("a", "1".into()), ("long", "2\n".into())]), "a     1\nlong  2‹U+000A›\n");
    }
}
