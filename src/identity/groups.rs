//! Names of groups as a source states them: one by one or as a comma-separated list.
//!
//! **Invariant:** a list with one unreadable name is refused whole: dropping a name could make a policy for that group not apply.

use crate::base::text::is_invisible;

/// The most groups that are taken from one source.
pub const MOST: usize = 1000;

/// The text is no name of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a group has 1 to 128 visible characters without a comma or blanks at its ends")]
pub struct GroupError;

/// Checks one name.
///
/// # Errors
/// When it is empty, longer than 128 characters, padded, or holds a comma or an invisible character.
pub fn one(text: &str) -> Result<String, GroupError> {
    let good = !text.is_empty()
        && text.chars().count() <= 128
        && text.trim() == text
        && !text.chars().any(|c| c == ',' || is_invisible(c));
    if good { Ok(text.to_owned()) } else { Err(GroupError) }
}

/// Reads a comma-separated list; blanks around names and empty places are left out.
///
/// # Errors
/// When a name is not one, or there are more than [`MOST`].
pub fn list(text: &str) -> Result<Vec<String>, GroupError> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    let groups = names.take(MOST + 1).map(one).collect::<Result<Vec<_>, _>>()?;
    if groups.len() > MOST { Err(GroupError) } else { Ok(groups) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_whole_or_not_at_all() {
        assert_eq!(list("finance, Treasury EU ,,").unwrap(), ["finance", "Treasury EU"]);
        assert_eq!(list("").unwrap(), Vec::<String>::new());
        assert!(list("finance,a\u{202e}b").is_err());
        assert!(list(&"a,".repeat(1001)).is_err());
        for bad in ["", " a", "a,b", "a\u{202e}"] {
            assert!(one(bad).is_err(), "{bad:?}");
        }
    }
}
