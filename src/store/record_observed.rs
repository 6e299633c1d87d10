//! The rows of what policies did, by day: how many requests an application had, and each policy's part of them.
//!
//! **Invariant:** counts only grow (`Flows::flush_counts` adds to what is there); a summary in an example is masked as in a prompt.

use serde::{Deserialize, Serialize};

use crate::base::time::Timestamp;

/// The most examples that are kept of one policy and day.
pub const EXAMPLES: usize = 5;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case", deny_unknown_fields)]
pub enum ObservedRow {
    /// An application's requests.
    App {
        /// Its name.
        app: String,
        /// All that were considered: no policy applied to most of them.
        considered: u64,
    },
    /// One policy's part.
    Policy {
        /// The application's name.
        app: String,
        /// The policy's id.
        policy: String,
        /// What it did, or would have done.
        tally: Tally,
        /// The first of the day that it would have done something about.
        examples: Vec<Example>,
    },
}

/// What a policy did, or would have done in observe mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// In observe mode: would have held.
    pub would_hold: u64,
    /// In observe mode: would have denied.
    pub would_deny: u64,
    /// In observe mode: would have refused, since the action could not be named.
    pub would_refuse: u64,
    /// Found that an approval is needed.
    pub held: u64,
    /// Denied.
    pub denied: u64,
    /// Refused, since the action could not be named.
    pub refused: u64,
}

impl Tally {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            would_hold: self.would_hold.saturating_add(other.would_hold),
            would_deny: self.would_deny.saturating_add(other.would_deny),
            would_refuse: self.would_refuse.saturating_add(other.would_refuse),
            held: self.held.saturating_add(other.held),
            denied: self.denied.saturating_add(other.denied),
            refused: self.refused.saturating_add(other.refused),
        }
    }
}

/// One request that a policy in observe mode would have done something about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// When.
    pub at: Timestamp,
    /// Who made it; empty when nobody could be named.
    pub user: String,
    /// Its path, without the query, made safe to show.
    pub path: String,
    /// `hold`, `deny` or `refuse`.
    pub would: String,
    /// What it would have done in words; empty when it could not be named.
    pub summary: String,
}
