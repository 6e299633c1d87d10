//! Codes that are sent: to an e-mail address or a telephone number of the user, for one request.
//!
//! Eight random digits: six would be 19.9 bits, and ASVS 6.5.4 asks for 20; with twenty wrong answers before the lock, eight leave a
//! guesser one chance in five million. What is kept is an HMAC-SHA-256 under a fresh random key, sealed with the challenge. A slow
//! hash would gain nothing: any hash of 27 bits is searched through by whoever has opened the record, and ten minutes later the code
//! is worth nothing.
//!
//! **Invariant:** a code is good for one authenticator and one digest, which are under the hash with it, until its end
//! ([`Sent::is`]); it is spent by the commit that deletes its challenge.
//! **Invariant:** the code leaves this room once, from [`Sent::new`].
//!
//! Called by `flow::begin_message` and `flow::enrol_contact`; verified through [`Answer`], so that one code has one spelling.

use std::fmt;

use ring::hmac;

use crate::base::entropy::Entropy;
use crate::base::id::{Authenticator, Id};
use crate::base::secret::Secret;
use crate::base::time::{Span, Timestamp};

use super::answer::Answer;
use super::proof::Proof;
use super::{Factor, Refusal, Verdict};

/// Digits of a code.
pub const DIGITS: u32 = 8;
/// How long a code is good (NIST SP 800-63B-4 §3.1.3.2, ASVS 6.5.5: at most ten minutes).
pub const GOOD_FOR: Span = Span::from_secs(600);

/// Where a code goes: an e-mail address or a telephone number, in one spelling.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Where);

#[derive(Clone, PartialEq, Eq)]
enum Where {
    Email(String),
    Phone(String),
}

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// An e-mail address.
    #[error("not an e-mail address like `name@example.com`")]
    Email,
    /// A telephone number.
    #[error("not a telephone number like `+41791234567`")]
    Phone,
}

impl Address {
    /// An e-mail address: a plain local part, `@`, a host name with a dot, at most 254 characters. The host name becomes lower case.
    ///
    /// # Errors
    /// When it is not such an address; quoted local parts and names outside ASCII are refused too.
    pub fn email(text: &str) -> Result<Self, AddressError> {
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::Email)?;
        let dotted = |part: &str| part.split('.').all(|atom| !atom.is_empty());
        let atom = |b: u8| {
            b.is_ascii_alphanumeric()
                || matches!(b, b'.' | b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'/' | b'=' | b'?' | b'^'..=b'`' | b'{'..=b'~')
        };
        let label = |label: &str| {
            label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let good = text.len() <= 254
            && local.len() <= 64
            && dotted(local)
            && local.bytes().all(atom)
            && domain.contains('.')
            && dotted(domain)
            && domain.split('.').all(label);
        if good {
            Ok(Self(Where::Email(format!("{local}@{}", domain.to_ascii_lowercase()))))
        } else {
            Err(AddressError::Email)
        }
    }

    /// A telephone number as `+` and 7 to 15 digits (E.164); blanks and the usual marks are dropped.
    ///
    /// # Errors
    /// When it is not such a number.
    pub fn phone(text: &str) -> Result<Self, AddressError> {
        let plain: String =
            text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '/')).collect();
        let digits = plain.strip_prefix('+').ok_or(AddressError::Phone)?;
        let good = (7..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        if good { Ok(Self(Where::Phone(plain))) } else { Err(AddressError::Phone) }
    }

    /// The address as it is written on the envelope.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Where::Email(text) | Where::Phone(text) => text,
        }
    }

    /// The factor that codes to it are of.
    pub const fn factor(&self) -> Factor {
        match &self.0 {
            Where::Email(_) => Factor::Email,
            Where::Phone(_) => Factor::Sms,
        }
    }

    /// What two spellings of one mailbox have in common; for counting, never for sending.
    pub fn counted(&self) -> String {
        self.as_str().to_ascii_lowercase()
    }

    /// The country calling code with its plus, e.g. `+41`; `None` for an e-mail address.
    pub fn country(&self) -> Option<&str> {
        match &self.0 {
            Where::Email(_) => None,
            Where::Phone(number) => number.get(..=country_digits(number.get(1..).unwrap_or_default())),
        }
    }

    /// Judges a code typed at `now` for the request with this digest, against what is kept of the one that was sent here. The time it
    /// takes does not depend on the code.
    pub fn verify(
        &self,
        id: Id<Authenticator>,
        now: Timestamp,
        sent: &Sent,
        answer: &Answer,
        digest: &[u8; 32],
    ) -> Verdict<Self> {
        if sent.is(id, now, answer, digest) {
            Verdict::Accepted { proof: Proof::new(id, self.factor(), *digest, now, None), next: self.clone() }
        } else {
            Verdict::Refused(Refusal::Wrong)
        }
    }

    /// Enough to recognise it by, for somebody who knows it: `a***e@example.com`, `+41 ** *** ** 67`.
    pub fn masked(&self) -> String {
        match &self.0 {
            Where::Email(text) => {
                let (local, domain) = text.rsplit_once('@').unwrap_or((text, ""));
                let (first, last) = (local.chars().next().unwrap_or('*'), local.chars().last());
                let last = last.filter(|_| local.chars().count() > 3).map(String::from).unwrap_or_default();
                format!("{first}***{last}@{domain}")
            }
            Where::Phone(number) => {
                let last = number.get(number.len().saturating_sub(2)..).unwrap_or_default();
                format!("{} ** *** ** {last}", self.country().unwrap_or("+"))
            }
        }
    }
}

/// Masked: an address does not stand in logs.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.masked())
    }
}

/// How many digits the country calling code at the beginning of `digits` has (ITU-T E.164 list of assigned codes).
fn country_digits(digits: &str) -> usize {
    const TWO: [&str; 44] = [
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48",
        "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81",
        "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
    ];
    if digits.starts_with(['1', '7']) {
        1
    } else if TWO.iter().any(|code| digits.starts_with(code)) {
        2
    } else {
        3
    }
}

/// What is kept of a code that was sent.
pub struct Sent {
    key: Secret,
    hash: [u8; 32],
    valid_until: Timestamp,
}

impl Sent {
    /// Draws a code for one authenticator and the request with this digest, good for ten minutes from `now`.
    pub fn new(
        id: Id<Authenticator>,
        digest: &[u8; 32],
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> (Secret, Self) {
        let (code, key) = (draw(entropy), Secret::random(32, entropy));
        let hash = code.expose(|code| hash(&key, id, digest, code));
        (code, Self { key, hash, valid_until: now.plus(GOOD_FOR) })
    }

    /// As it was stored.
    pub const fn restore(key: Secret, hash: [u8; 32], valid_until: Timestamp) -> Self {
        Self { key, hash, valid_until }
    }

    /// Whether this is the code, now, for this authenticator and digest. Proves nothing to anybody else.
    pub fn is(&self, id: Id<Authenticator>, now: Timestamp, answer: &Answer, digest: &[u8; 32]) -> bool {
        let Some(typed) = usize::try_from(DIGITS).ok().and_then(|digits| answer.digits(digits)) else {
            return false;
        };
        let same = crate::base::secret::same(&hash(&self.key, id, digest, typed.as_bytes()), &self.hash);
        same && now < self.valid_until
    }

    /// The key of the hash.
    pub fn key(&self) -> &Secret {
        &self.key
    }

    /// The hash of authenticator, digest and code.
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// The first instant at which the code is no longer good.
    pub const fn valid_until(&self) -> Timestamp {
        self.valid_until
    }
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sent(until {})", self.valid_until)
    }
}

/// Eight digits, each as likely as any other: numbers beyond the last whole multiple of 10⁸ are drawn again.
fn draw(entropy: &dyn Entropy) -> Secret {
    const RANGE: u32 = 10u32.pow(DIGITS);
    const FAIR: u32 = u32::MAX / RANGE * RANGE;
    let mut bytes = zeroize::Zeroizing::new([0; 4]);
    loop {
        entropy.fill(&mut *bytes);
        let number = u32::from_be_bytes(*bytes);
        if number < FAIR {
            return Secret::from(format!("{:08}", number % RANGE));
        }
    }
}

fn hash(key: &Secret, id: Id<Authenticator>, digest: &[u8; 32], code: &[u8]) -> [u8; 32] {
    key.expose(|key| {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
        context.update(b"countersign-sent-code-v1");
        context.update(&id.to_bytes());
        context.update(digest);
        context.update(code);
        let mut out = [0; 32];
        for (to, from) in out.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SeededEntropy;

    const T0: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn typed(code: &Secret) -> String {
        code.expose(|code| String::from_utf8(code.to_vec()).unwrap())
    }

    #[test]
    fn addresses_have_one_spelling_and_a_mask() {
        for (text, spelled, masked) in [
            ("alice@Example.COM", "alice@example.com", "a***e@example.com"),
            ("bob@example.com", "bob@example.com", "b***@example.com"),
            ("a+tag@mail.example.com", "a+tag@mail.example.com", "a***g@mail.example.com"),
        ] {
            let address = Address::email(text).unwrap();
            assert_eq!((address.as_str(), address.masked().as_str()), (spelled, masked));
            assert_eq!((address.factor(), address.country()), (Factor::Email, None));
        }
        for (text, spelled, country, masked) in [
            ("+41 79 123-45-67", "+41791234567", "+41", "+41 ** *** ** 67"),
            ("+1 (415) 555 0100", "+14155550100", "+1", "+1 ** *** ** 00"),
            ("+421 905 123 456", "+421905123456", "+421", "+421 ** *** ** 56"),
            ("+7 495 1234567", "+74951234567", "+7", "+7 ** *** ** 67"),
        ] {
            let address = Address::phone(text).unwrap();
            assert_eq!(address.as_str(), spelled);
            assert_eq!((address.country(), address.masked().as_str()), (Some(country), masked));
            assert_eq!(format!("{address:?}"), format!("Address({masked})"));
        }
    }

    #[test]
    fn what_could_bend_an_envelope_is_no_address() {
        for bad in [
            "alice",
            "@example.com",
            "a@b",
            "a@b@c.d",
            "a b@c.d",
            "a@c.d\n",
            "a@c.d\r\nRCPT TO:<x@y.z>",
            "a@.d",
            "<a@b.c>",
            "\"a\"@b.c",
            "a..b@c.d",
            ".a@c.d",
            "a.@c.d",
            "a,b@c.d",
            "a@c.d,e@f.g",
            "a@c d.e",
            "ä@c.d",
            "a@ä.de",
            "a@-b.c",
            "a@b-.c",
            "a\0@b.c",
            "a@b..c",
            "a@[127.0.0.1]",
            "a:b@c.d",
            "a;b@c.d",
            "a(b)@c.d",
        ] {
            assert_eq!(Address::email(bad), Err(AddressError::Email), "{bad:?}");
        }
        for bad in [
            "0791234567",
            "+0791234567",
            "+41",
            "+4179123456a",
            "",
            "+１２３４５６７",
            "+41791234567\n",
            "41791234567",
        ] {
            assert_eq!(Address::phone(bad), Err(AddressError::Phone), "{bad:?}");
        }
    }

    #[test]
    fn a_code_is_for_one_authenticator_and_one_digest_and_ten_minutes() {
        let entropy = SeededEntropy::new(3);
        let (one, other) = (Id::new(T0, &entropy), Id::new(T0, &entropy));
        let (code, sent) = Sent::new(one, &[1; 32], T0, &entropy);
        let plain = typed(&code);
        assert!(plain.len() == 8 && plain.bytes().all(|b| b.is_ascii_digit()), "{plain}");
        let address = Address::email("alice@example.com").unwrap();
        let judge = |id, at: Timestamp, text: &str, digest: [u8; 32]| {
            let verdict = address.verify(id, at, &sent, &Answer::parse(text).unwrap(), &digest);
            match verdict {
                Verdict::Accepted { proof, .. } => {
                    assert!(proof.factor() == Factor::Email && proof.is_for(&digest));
                    true
                }
                Verdict::Spent { .. } | Verdict::Refused(_) => false,
            }
        };
        let just_before = Timestamp::from_millis(T0.plus(GOOD_FOR).millis() - 1);
        assert!(judge(one, T0, &plain, [1; 32]) && judge(one, just_before, &plain, [1; 32]));
        let (front, back) = plain.split_at_checked(4).unwrap();
        let short = plain.get(..7).unwrap();
        let spaced = format!("{front} {back}");
        assert!(judge(one, T0, &spaced, [1; 32]), "blanks do not matter");
        assert!(!judge(one, T0.plus(GOOD_FOR), &plain, [1; 32]), "too late");
        assert!(!judge(other, T0, &plain, [1; 32]), "another authenticator");
        assert!(!judge(one, T0, &plain, [2; 32]), "another request");
        assert!(!judge(one, T0, short, [1; 32]), "a part of it");
        assert!(!judge(one, T0, &format!("{plain}0"), [1; 32]), "more than it");
        let wrong = if plain.ends_with('0') { "1" } else { "0" };
        assert!(!judge(one, T0, &format!("{short}{wrong}"), [1; 32]));
        let again = Sent::restore(sent.key().duplicate(), *sent.hash(), sent.valid_until());
        assert!(again.is(one, T0, &Answer::parse(&plain).unwrap(), &[1; 32]));
        assert!(!format!("{sent:?}{again:?}").contains(&plain));
    }

    #[test]
    fn every_digit_is_as_likely() {
        let (entropy, mut counts) = (SeededEntropy::new(9), [[0u32; 10]; 8]);
        for _ in 0..4000 {
            for (place, digit) in typed(&draw(&entropy)).bytes().enumerate() {
                counts[place][usize::from(digit - b'0')] += 1;
            }
        }
        // 400 of each are expected; eight standard deviations are 152.
        assert!(counts.iter().flatten().all(|count| (250..550).contains(count)), "{counts:?}");
    }
}
