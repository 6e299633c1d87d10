//! An invitation: the way to a first password, or to a new one, started by an operator who never learns it (ASVS 6.4.6).
//!
//! **Invariant:** one use and one term; of its code only the fingerprint is kept, bound to the user ([`Invitation::opens`]).
//! A user has one at a time: a new one voids the earlier.

use crate::base::entropy::Entropy;
use crate::base::secret::{fingerprint, same};
use crate::base::text::UserName;
use crate::base::time::{Span, Timestamp};

/// How long one is good for unless the operator says otherwise.
pub const USUAL: Span = Span::from_secs(7 * 24 * 3600);
/// The longest.
pub const LONGEST: Span = Span::from_secs(30 * 24 * 3600);

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code: 24 of 5 bits are 120 bits (NIST SP 800-63B-4 §4.1.2.2 asks for 112 where nothing else is given).
const LENGTH: usize = 24;

/// What is kept of an invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    fingerprint: [u8; 32],
    expires_at: Timestamp,
}

impl Invitation {
    /// Makes one for `user`: its code, e.g. `7QJ4-0ZKM-W1XA-93TC-5HNB-R6VE`, and what is kept of it.
    pub fn issue(user: &UserName, now: Timestamp, span: Span, entropy: &dyn Entropy) -> (String, Self) {
        let mut random = [0u8; LENGTH];
        entropy.fill(&mut random);
        let plain: String = random
            .iter()
            .map(|byte| ALPHABET.get(usize::from(byte & 31)).map_or('0', |c| char::from(*c)))
            .collect();
        let expires_at = now.plus(span.min(LONGEST));
        let kept = Self { fingerprint: print(user, &plain), expires_at };
        let mut code = String::with_capacity(LENGTH + LENGTH / 4);
        for (index, c) in plain.chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                code.push('-');
            }
            code.push(c);
        }
        (code, kept)
    }

    /// As it was stored.
    pub fn restore(fingerprint: [u8; 32], expires_at: Timestamp) -> Self {
        Self { fingerprint, expires_at }
    }

    /// Whether `typed` is its code, in any spelling, at `now`.
    pub fn opens(&self, user: &UserName, typed: &str, now: Timestamp) -> bool {
        now < self.expires_at && same(&print(user, &fold(typed)), &self.fingerprint)
    }

    /// The fingerprint.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// From when on it opens nothing.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

fn print(user: &UserName, plain: &str) -> [u8; 32] {
    fingerprint("countersign-invitation-v1", &[user.as_str().as_bytes(), plain.as_bytes()])
}

/// Capitals without blanks and dashes; look-alikes become what they look like.
fn fold(typed: &str) -> String {
    typed
        .chars()
        .take(LENGTH * 4)
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'))
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SeededEntropy;

    #[test]
    fn it_opens_for_its_user_in_its_term_in_any_spelling() {
        let (alice, bob) = (UserName::parse("alice").unwrap(), UserName::parse("bob").unwrap());
        let now = Timestamp::from_millis(1_800_000_000_000);
        let (code, one) = Invitation::issue(&alice, now, USUAL, &SeededEntropy::new(1));
        assert_eq!((code.len(), code.matches('-').count()), (29, 5));
        let late = now.plus(USUAL);
        for (user, typed, at, opens) in [
            (&alice, code.clone(), now, true),
            (&alice, code.to_lowercase().replace('-', " "), now, true),
            (&alice, code.replace('0', "o").replace('1', "l"), now, true),
            (&bob, code.clone(), now, false),
            (&alice, code.clone(), late, false),
            (&alice, code.replace('-', "").chars().skip(1).collect(), now, false),
            (&alice, String::new(), now, false),
        ] {
            assert_eq!(one.opens(user, &typed, at), opens, "{user} {typed} {at}");
        }
        let (other, _) = Invitation::issue(&alice, now, USUAL, &SeededEntropy::new(2));
        assert!(!one.opens(&alice, &other, now));
        let (_, endless) = Invitation::issue(&alice, now, Span::from_secs(1 << 30), &SeededEntropy::new(3));
        assert_eq!(endless.expires_at(), now.plus(LONGEST));
    }
}
