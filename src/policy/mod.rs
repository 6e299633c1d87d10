//! Floor 1: which requests are held, why, and what they need. From policy files to one [`Ruling`] per request.

pub mod facts;
pub mod requirement;
pub mod ruling;

pub use facts::Facts;
pub use requirement::{ClientMode, Factor, Requirement, Step};
pub use ruling::{Ambiguity, Denied, ForwardGrounds, Held, Observed, PolicyRef, Ruling, Unclear, Would};
