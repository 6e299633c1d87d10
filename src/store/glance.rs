//! A held request at a glance: for those who look at all of them, without reading each in full.
//!
//! **Invariant:** closed like the full row: an unknown state is refused. What acts on a request reads it in full.

use serde::Deserialize;

use crate::base::id::{self, Id};

/// A held request at a glance: how far it is, and what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glance {
    /// Which.
    pub id: Id<id::Held>,
    /// How far it is by its row: its deadlines are not looked at.
    pub now: Now,
    /// Its body, while it is needed.
    pub body: Option<Id<id::Blob>>,
    /// The answer that is kept.
    pub kept: Option<Id<id::Blob>>,
}

/// How far a held request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    /// It waits, approved or not.
    Open,
    /// It is being sent.
    Forwarding,
    /// It is over.
    Ended,
}

/// What a start needs to know of each row; the rest is passed over.
#[derive(Deserialize)]
pub(super) struct GlanceRow {
    id: Id<id::Held>,
    body: Option<Id<id::Blob>>,
    state: GlanceState,
}

#[derive(Deserialize)]
struct GlanceState {
    name: String,
    #[serde(default)]
    kept: Option<Id<id::Blob>>,
}

impl GlanceRow {
    pub(super) fn into_glance(self) -> Result<Glance, &'static str> {
        let Self { id, body, state } = self;
        let now = match state.name.as_str() {
            "held" | "approved" => Now::Open,
            "forwarding" => Now::Forwarding,
            "delivered" | "outcome_unknown" | "failed_before_send" | "rejected" | "cancelled" | "expired"
            | "failed_over" => Now::Ended,
            _ => return Err("it has an unknown state"),
        };
        Ok(Glance { id, now, body: body.filter(|_| now != Now::Ended), kept: state.kept })
    }
}
