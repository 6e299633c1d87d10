//! A verification question with the hash of its answer, for a helpdesk that asks somebody on the telephone.
//!
//! NIST SP 800-63B-4 gives such questions no weight and ASVS 6.4.2 forbids them as a way in: they are off unless a tenant turns them on,
//! they open no session, and nothing in this product accepts one as a proof.
//!
//! **Invariant:** an answer is kept as an Argon2id hash; nobody can read it, and two users with one answer have two hashes.

use crate::factors::password::{Hashed, Typed};

/// The most questions a user may have.
pub const MOST: usize = 10;
/// The fewest letters and digits of an answer.
pub const LEAST: usize = 3;

/// One question.
#[derive(Clone, Debug)]
pub struct Question {
    /// The question, one of the tenant's or the user's own, 1 to 200 visible characters.
    pub text: String,
    /// What is kept of the answer.
    pub answer: Hashed,
}

/// Checks a question's text.
///
/// # Errors
/// When it is empty, too long or holds what cannot be seen.
pub fn text(text: &str) -> Result<String, Unfit> {
    let text = text.trim();
    let good =
        (1..=200).contains(&text.chars().count()) && !text.chars().any(crate::base::text::is_invisible);
    if good { Ok(text.to_owned()) } else { Err(Unfit::Text) }
}

/// Checks an answer, without regard to case, blanks and punctuation.
///
/// # Errors
/// When it is too short, too long, or part of the question.
pub fn answer(question: &str, typed: &str) -> Result<Typed, Unfit> {
    let answer = Typed::loosely(typed).map_err(|_| Unfit::Answer)?;
    let asked = Typed::loosely(question).map_err(|_| Unfit::Text)?;
    let told = asked.expose(|asked| answer.expose(|answer| asked.contains(answer)));
    if answer.length() < LEAST || answer.length() > 200 || told { Err(Unfit::Answer) } else { Ok(answer) }
}

/// Why a question may not be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The question.
    #[error("the question is empty, too long, or holds an invisible character")]
    Text,
    /// The answer.
    #[error("the answer is too short, too long, or stands in the question")]
    Answer,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_checked() {
        assert!(text(" In which town were you born? ").is_ok());
        for bad in ["", "  ", "a\u{202e}b", &"x".repeat(201)] {
            assert!(text(bad).is_err(), "{bad:?}");
        }
        for (typed, good) in
            [("Košice", true), ("Ko", false), ("..!", false), ("town", false), ("Born", false)]
        {
            assert_eq!(answer("In which town were you born?", typed).is_ok(), good, "{typed}");
        }
    }
}
