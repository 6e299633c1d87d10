//! The right to send one approved request, once. The forwarder takes it by value.
//!
//! **Invariant:** made only by [`super::Approved::release`]; neither cloned nor built elsewhere.
//! ```compile_fail
//! let permit: countersign::approval::ReleasePermit = Default::default();
//! ```
//! ```compile_fail
//! fn twice(permit: countersign::approval::ReleasePermit) { let _ = permit.clone(); }
//! ```

use crate::base::id::{Held, Id};
use crate::request::RequestDigest;

/// Evidence that `forwarding` was recorded for exactly this request.
#[derive(Debug)]
#[must_use]
pub struct ReleasePermit {
    held: Id<Held>,
    digest: RequestDigest,
}

impl ReleasePermit {
    pub(super) fn new(held: Id<Held>, digest: RequestDigest) -> Self {
        Self { held, digest }
    }

    /// The held request it releases.
    pub fn held(&self) -> Id<Held> {
        self.held
    }

    /// The digest of what may be sent.
    pub fn digest(&self) -> &RequestDigest {
        &self.digest
    }
}
