//! What happened, in order, in a form that shows later edits. [`event`] is one fact, [`chain`] ties each to all before it,
//! [`line`](mod@line) is the exported form; [`receipt`] is the signed statement about one release.
//!
//! **Invariant:** pure: numbers, times and previous links are arguments; the store assigns them inside the commit of what the
//! entry is about (`tests/it/store_contract.rs`: a commit that conflicts leaves no entry, parallel ones leave no gap).
//! Used by every flow (events), the store (links) and `audit verify`.

pub mod chain;
pub mod event;
pub mod line;
pub mod receipt;

pub use chain::{Fault, Head, Link, ParseHeadError, Verified, VerifyError, Why, verify};
pub use event::{Actor, Event, EventKind};
pub use line::ParseLinkError;
