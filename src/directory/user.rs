//! A user: the name that identities and policies speak of, groups and contacts.
//!
//! **Invariant:** contacts and groups are bounded and hold nothing invisible (the checks below); the name is unique in the store.

use crate::base::id::{self, Id};
use crate::base::text::{UserName, is_invisible};
use crate::base::time::Timestamp;

/// Somebody the directory knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Stays the same if the name is ever changed.
    pub id: Id<id::User>,
    /// The name, exactly as the application states it.
    pub name: UserName,
    /// Groups, as policies name them (see [`crate::identity::groups`]).
    pub groups: Vec<String>,
    /// Where mail goes.
    pub email: Option<String>,
    /// Where text messages go, `+` and digits.
    pub phone: Option<String>,
    /// When the user was added.
    pub created_at: Timestamp,
}

/// Why a user's detail was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DetailError {
    /// An e-mail address.
    #[error("not an e-mail address like `name@example.com`")]
    Email,
    /// A telephone number.
    #[error("not a telephone number like `+41791234567`")]
    Phone,
}

/// Checks an e-mail address: one `@`, something on both sides, no blanks, at most 254 characters.
///
/// # Errors
/// When it is not such an address.
pub fn email(text: &str) -> Result<String, DetailError> {
    let parts = text.split_once('@').filter(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.contains('@')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
    });
    let plain = |c: char| !c.is_whitespace() && !is_invisible(c) && !matches!(c, '<' | '>' | ',' | ';' | '"');
    if parts.is_some() && text.len() <= 254 && text.chars().all(plain) {
        Ok(text.to_owned())
    } else {
        Err(DetailError::Email)
    }
}

/// Checks a telephone number and gives it in one spelling, `+` and 7 to 15 digits (E.164).
///
/// # Errors
/// When it is not such a number.
pub fn phone(text: &str) -> Result<String, DetailError> {
    let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '/')).collect();
    let digits = plain.strip_prefix('+').ok_or(DetailError::Phone)?;
    let good = (7..=15).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0');
    if good { Ok(plain) } else { Err(DetailError::Phone) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_checked() {
        assert_eq!(phone("+41 79 123-45-67").as_deref(), Ok("+41791234567"));
        for bad in ["0791234567", "+0791234567", "+41", "+4179123456a", "", "+１２３４５６７"] {
            assert!(phone(bad).is_err(), "{bad}");
        }
        assert!(email("alice@example.com").is_ok());
        for bad in ["alice", "@example.com", "a@b", "a@b@c.d", "a b@c.d", "a@c.d\n", "a@.d", "<a@b.c>"] {
            assert!(email(bad).is_err(), "{bad}");
        }
    }
}
