//! Floor 2: the systems that are asked. The applications themselves: who is it that these credentials belong
//! to ([`whoami`]), and do they answer at all ([`probe`])?
//!
//! **Invariant:** only addresses from the configuration are called, redirects are never followed, and every answer is bounded in
//! size and time (`tests/it/whoami.rs`).

pub mod probe;
pub mod whoami;
