//! The evidence that one authenticator was answered rightly, for one request.
//!
//! **Invariant:** made only by the factors; it can be neither built, copied, defaulted nor read from anywhere.
//! ```compile_fail,E0451
//! use countersign::base::{id::{Authenticator, Id}, time::Timestamp};
//! fn forge(authenticator: Id<Authenticator>) -> countersign::factors::Proof {
//!     countersign::factors::Proof {
//!         authenticator, factor: countersign::factors::Factor::Totp, digest: [0; 32], at: Timestamp::from_millis(0),
//!         evidence: None,
//!     }
//! }
//! ```
//! ```compile_fail,E0624
//! use countersign::base::{id::{Authenticator, Id}, time::Timestamp};
//! fn forge(id: Id<Authenticator>) -> countersign::factors::Proof {
//!     countersign::factors::Proof::new(id, countersign::factors::Factor::Totp, [0; 32], Timestamp::from_millis(0), None)
//! }
//! ```
//! ```compile_fail,E0599
//! fn twice(proof: countersign::factors::Proof) -> [countersign::factors::Proof; 2] {
//!     [proof.clone(), proof]
//! }
//! ```
//! ```compile_fail,E0277
//! fn needs<T: Default>() {}
//! needs::<countersign::factors::Proof>();
//! ```
//! ```compile_fail,E0277
//! fn needs<T: serde::de::DeserializeOwned>() {}
//! needs::<countersign::factors::Proof>();
//! ```

use crate::base::id::{Authenticator, Id};
use crate::base::secret::same;
use crate::base::text::visible;
use crate::base::time::Timestamp;

use super::{Factor, Refusal, passkey, phone};

/// One right answer: by which authenticator, for which request, when. A vote consumes it.
#[derive(Debug)]
#[must_use = "a proof that is not used must not be thrown away unseen"]
pub struct Proof {
    authenticator: Id<Authenticator>,
    factor: Factor,
    digest: [u8; 32],
    at: Timestamp,
    evidence: Option<Evidence>,
}

/// What a third party can check later without us: a JSON document that the factor made, e.g. a signed assertion. It is kept with the vote
/// and its hash is in the receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence(String);

impl Evidence {
    /// From a JSON document, as the factor wrote it or as it was stored.
    pub fn new(document: String) -> Self {
        Self(document)
    }

    /// The document, byte for byte.
    pub fn document(&self) -> &str {
        &self.0
    }

    /// Judges it again, as the factor did: given by this factor, for what has this digest.
    ///
    /// # Errors
    /// When it was not.
    pub fn check(&self, factor: Factor, digest: &[u8; 32]) -> Result<Seen, Refusal> {
        match factor {
            Factor::Passkey => {
                let evidence = passkey::Evidence::parse(&self.0).map_err(Refusal::Passkey)?;
                evidence.check(digest).map_err(Refusal::Passkey)?;
                let (origin, top) = (evidence.origin().to_owned(), evidence.top().map(str::to_owned));
                let words = format!("signed at {origin} by {}", evidence.credential_id());
                Ok(Seen { origin: Some(origin), top, words })
            }
            Factor::Push => {
                let evidence = phone::Evidence::parse(&self.0).map_err(Refusal::Phone)?;
                evidence.verify(digest).map_err(Refusal::Phone)?;
                let shown = visible(&evidence.shown, 500);
                Ok(Seen {
                    origin: None,
                    top: None,
                    words: format!("signed by the phone {}, which showed {shown}", evidence.name()),
                })
            }
            // These leave none.
            Factor::Totp
            | Factor::Hotp
            | Factor::Email
            | Factor::Sms
            | Factor::Emergency
            | Factor::Recovery => Err(Refusal::Unusable),
        }
    }
}

/// What evidence shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The origin on which it was given, where that is part of it.
    pub origin: Option<String>,
    /// The origin of the page in whose frame it was given, where it was given in one.
    pub top: Option<String>,
    /// How it was given, in words.
    pub words: String,
}

impl Proof {
    pub(super) fn new(
        authenticator: Id<Authenticator>,
        factor: Factor,
        digest: [u8; 32],
        at: Timestamp,
        evidence: Option<Evidence>,
    ) -> Self {
        Self { authenticator, factor, digest, at, evidence }
    }

    /// The authenticator that was answered.
    pub fn authenticator(&self) -> Id<Authenticator> {
        self.authenticator
    }

    /// Its kind.
    pub fn factor(&self) -> Factor {
        self.factor
    }

    /// When it was answered.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// What a third party can check, where the factor leaves such.
    pub fn evidence(&self) -> Option<&Evidence> {
        self.evidence.as_ref()
    }

    /// Whether it was given for the request with this digest.
    pub fn is_for(&self, digest: &[u8; 32]) -> bool {
        same(&self.digest, digest)
    }
}
