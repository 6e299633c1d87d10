//! Identifiers that carry their kind: `held_01J…`, `auth_01J…`. A ULID (48 bits of time, 80 of randomness) in Crockford base 32.
//!
//! **Invariant:** an identifier of one kind cannot be passed for one of another; the printed form carries the kind and is
//! checked on the way in (the tests below). An id is never a credential: secrets stand beside it.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use super::entropy::Entropy;
use super::time::Timestamp;

/// What an [`Id`] names. `PREFIX` is what its printed form begins with.
pub trait Kind {
    /// The prefix without the underscore, e.g. `held`.
    const PREFIX: &'static str;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {}
        impl Kind for $name { const PREFIX: &'static str = $prefix; }
    )*};
}

kinds! {
    /// A held request.
    Held = "held";
    /// An authenticator that a user has enrolled.
    Authenticator = "auth";
    /// One attempt to verify one authenticator for one held request.
    Challenge = "chal";
    /// A user of the directory.
    User = "user";
    /// One refusal as seen by a client; also in the log.
    Reference = "ref";
    /// A body in the blob store.
    Blob = "blob";
    /// A message to a user's address.
    Message = "msg";
    /// A grant: a reusable, time-limited permission.
    Grant = "grant";
    /// A session of a user at the portal.
    Session = "sess";
    /// A gateway, from its start to its end.
    Node = "node";
}

/// A ULID with its kind; printed as `{prefix}_{ulid}`.
pub struct Id<K> {
    raw: u128,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Id<K> {
    /// A new id: the milliseconds of `now` and 80 random bits.
    pub fn new(now: Timestamp, entropy: &dyn Entropy) -> Self {
        let mut random = [0u8; 16];
        entropy.fill(&mut random);
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        Self { raw: ulid::Ulid::from_parts(millis, u128::from_be_bytes(random)).0, kind: PhantomData }
    }

    /// The 16 bytes of the ULID, big endian; they sort by time of creation.
    pub fn to_bytes(self) -> [u8; 16] {
        self.raw.to_be_bytes()
    }
}

/// The text is not an id of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of kind `{0}`")]
pub struct ParseIdError(&'static str);

impl<K: Kind> FromStr for Id<K> {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = ParseIdError(K::PREFIX);
        let ulid = text.strip_prefix(K::PREFIX).and_then(|rest| rest.strip_prefix('_')).ok_or(wrong)?;
        let parsed = ulid::Ulid::from_string(ulid).map_err(|_| wrong)?;
        let id = Self { raw: parsed.0, kind: PhantomData };
        // One spelling only: lower case and the look-alikes that Crockford's alphabet forgives are refused.
        if id.to_string() == text { Ok(id) } else { Err(wrong) }
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, ulid::Ulid(self.raw))
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.raw.cmp(&other.raw)
    }
}
impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}

impl<K: Kind> serde::Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> serde::Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SeededEntropy;

    #[test]
    fn the_printed_form_carries_the_kind_and_has_one_spelling() {
        let id: Id<Held> = Id::new(Timestamp::from_millis(1_700_000_000_000), &SeededEntropy::new(1));
        let text = id.to_string();
        assert_eq!(text.parse::<Id<Held>>(), Ok(id));
        assert!(text.parse::<Id<Authenticator>>().is_err());
        assert!(text.to_lowercase().parse::<Id<Held>>().is_err());
        assert!(format!("{text} ").parse::<Id<Held>>().is_err());
        assert!("held_".parse::<Id<Held>>().is_err());
    }
}
