//! Floor 2: what is sent to people, and through whom.
//!
//! **Invariant:** nothing is sent here that was not counted against its limits in the store first: that is the flows' business.

pub mod webpush;
