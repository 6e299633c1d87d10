//! A user: the name that identities and policies speak of, groups and contacts.
//!
//! **Invariant:** contacts and groups are bounded and hold nothing invisible (the checks below); the name is unique in the store.

use crate::base::id::{self, Id};
use crate::base::text::UserName;
use crate::base::time::Timestamp;
use crate::factors::message::{Address, AddressError};

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

/// Checks an e-mail address; the host name becomes lower case.
///
/// # Errors
/// When it is none ([`Address::email`]).
pub fn email(text: &str) -> Result<String, AddressError> {
    Address::email(text).map(|address| address.as_str().to_owned())
}

/// Checks a telephone number and gives it in one spelling, `+` and 7 to 15 digits (E.164).
///
/// # Errors
/// When it is not such a number ([`Address::phone`]).
pub fn phone(text: &str) -> Result<String, AddressError> {
    Address::phone(text).map(|address| address.as_str().to_owned())
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
