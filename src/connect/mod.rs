//! Floor 2: the systems that are asked. So far the applications themselves: who is it that these credentials belong to?
//!
//! **Invariant:** only addresses from the configuration are called, redirects are never followed, and every answer is bounded in
//! size and time (`tests/it/whoami.rs`).

pub mod whoami;
