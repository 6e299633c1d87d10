//! What may be chosen as a password (NIST SP 800-63B-4 §3.1.1.2): long enough, and not what everybody tries first. No rules about kinds of
//! characters, no expiry.
//!
//! **Invariant:** a password that stands alone has at least [`ALONE`] characters; a shorter one counts only beside an authenticator, and
//! its user cannot remove the last one ([`Password::alone`]).

use crate::base::text::UserName;
use crate::base::time::Timestamp;
use crate::factors::password::{Hashed, Typed};

/// The fewest characters of a password that is the only thing asked for.
pub const ALONE: usize = 15;
/// The fewest characters beside an authenticator.
pub const BESIDE: usize = 8;
/// The most characters.
pub const MOST: usize = 256;

/// What everybody tries first, folded: lower case, look-alike digits as letters, no trailing digits or marks.
const COMMON: &str = include_str!("common_passwords.txt");

/// A user's password.
#[derive(Clone, Debug)]
pub struct Password {
    /// What is kept of it.
    pub hash: Hashed,
    /// Whether it is long enough to be the only thing that is asked for.
    pub alone: bool,
    /// When it was chosen.
    pub changed_at: Timestamp,
}

/// Checks what `user` wants as a password. `beside` says whether an authenticator is asked for as well.
///
/// # Errors
/// Why it may not be chosen.
pub fn choose(typed: &Typed, user: &UserName, beside: bool) -> Result<(), Unfit> {
    let least = if beside { BESIDE } else { ALONE };
    if typed.length() < least {
        return Err(Unfit::TooShort { least });
    }
    if typed.length() > MOST {
        return Err(Unfit::TooLong);
    }
    if typed.expose(|text| is_guessable(text, user)) { Err(Unfit::Common) } else { Ok(()) }
}

/// Why a password may not be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Too few characters.
    #[error("it has fewer than {least} characters")]
    TooShort {
        /// The fewest.
        least: usize,
    },
    /// Too many.
    #[error("it has more than 256 characters")]
    TooLong,
    /// Among the first that are tried.
    #[error("it is among the first that are tried")]
    Common,
}

/// Whether it is a common password, the user's or the product's name, one of them repeated, or a run of neighbours.
fn is_guessable(text: &str, user: &UserName) -> bool {
    let folded = fold(text);
    let core = fold(text.trim_end_matches(|c: char| !c.is_alphabetic()));
    let local = user.as_str().split('@').next().unwrap_or_default();
    let names = [fold(user.as_str()), fold(local), "countersign".to_owned()];
    let known = |word: &str| {
        word.is_empty() || COMMON.lines().any(|one| one == word) || names.iter().any(|name| name == word)
    };
    [folded.as_str(), &core, period(&folded), period(&core)].into_iter().any(known) || is_run(text)
}

/// Lower case, without blanks, digits that stand for letters as these.
fn fold(text: &str) -> String {
    let plain = |c: char| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        c => c,
    };
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).map(plain).collect()
}

/// What `text` repeats, or all of it.
fn period(text: &str) -> &str {
    let lengths = text.char_indices().map(|(at, _)| at).skip(1).filter(|at| text.len().is_multiple_of(*at));
    let mut found = lengths.filter_map(|at| text.get(..at)).filter(|part| text.replace(part, "").is_empty());
    found.next().unwrap_or(text)
}

/// Whether each character is the one before, its neighbour up or its neighbour down, all the way.
fn is_run(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let steps = codes.iter().zip(codes.iter().skip(1)).map(|(one, next)| next - one);
    // From nine to nought the run goes on.
    let odd = steps.filter(|step| !matches!(step, -1..=1)).count();
    odd <= codes.len() / 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tried_first_may_not_be_chosen() {
        let user = UserName::parse("alice@example.com").unwrap();
        for (text, beside, expected) in [
            ("correct horse battery", false, Ok(())),
            ("Übermut tut selten gut", false, Ok(())),
            ("ein kurzer Satz", false, Ok(())),
            ("fourteen chars", false, Err(Unfit::TooShort { least: 15 })),
            ("fourteen chars", true, Ok(())),
            ("k7$mQ2xz", true, Ok(())),
            ("k7$mQ2x", true, Err(Unfit::TooShort { least: 8 })),
            ("password", true, Err(Unfit::Common)),
            ("P@ssw0rd2026!", true, Err(Unfit::Common)),
            ("passwordpassword", false, Err(Unfit::Common)),
            ("qwertzqwertzqwertz", false, Err(Unfit::Common)),
            ("aaaaaaaaaaaaaaaa", false, Err(Unfit::Common)),
            ("abcabcabcabcabcabc", false, Err(Unfit::Common)),
            ("1234567890123456", false, Err(Unfit::Common)),
            ("abcdefghijklmnop", false, Err(Unfit::Common)),
            ("alice@example.com", false, Err(Unfit::Common)),
            ("AliceAliceAlice", false, Err(Unfit::Common)),
            ("Countersign 2026", false, Err(Unfit::Common)),
        ] {
            assert_eq!(choose(&Typed::new(text).unwrap(), &user, beside), expected, "{text}");
        }
        let long = "lorem ipsum dolor ".repeat(15);
        assert_eq!(choose(&Typed::new(&long).unwrap(), &user, false), Err(Unfit::TooLong));
    }
}
