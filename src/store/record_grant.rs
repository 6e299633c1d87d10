//! The rows of grants, and of what a held request promises to grant.
//!
//! **Invariant:** as in [`super::record_held`]: what is not exactly as written is refused, never guessed. No session, value or user is in
//! a row: of all those there is one keyed fingerprint.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use super::record_held::bytes32;
use crate::approval::{Grant, Promise};
use crate::base::id::{self, Id};
use crate::base::time::{Span, Timestamp};
use crate::policy::PolicyRef;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PromiseRow {
    policy: String,
    revision: String,
    about: String,
    span: Span,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantRow {
    version: u8,
    id: Id<id::Grant>,
    held: Id<id::Held>,
    promise: PromiseRow,
    made_at: Timestamp,
    epoch: u64,
}

impl From<&Promise> for PromiseRow {
    fn from(promise: &Promise) -> Self {
        Self {
            policy: promise.policy.id.clone(),
            revision: promise.policy.revision.clone(),
            about: BASE64.encode(promise.about),
            span: promise.span,
        }
    }
}

impl PromiseRow {
    pub(super) fn into_state(self) -> Result<Promise, &'static str> {
        let policy = PolicyRef { id: self.policy, revision: self.revision };
        Ok(Promise { policy, about: bytes32(&self.about)?, span: self.span })
    }
}

impl From<&Grant> for GrantRow {
    fn from(grant: &Grant) -> Self {
        Self {
            version: 1,
            id: grant.id(),
            held: grant.held(),
            promise: PromiseRow::from(grant.promise()),
            made_at: grant.made_at(),
            epoch: grant.epoch(),
        }
    }
}

impl GrantRow {
    pub(super) fn into_state(self) -> Result<Grant, &'static str> {
        if self.version != 1 {
            return Err("it is of another version");
        }
        Ok(Grant::restored(self.id, self.held, self.promise.into_state()?, self.made_at, self.epoch))
    }
}
