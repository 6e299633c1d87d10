//! Everything that is tested from outside, one file per question.
#![expect(
    clippy::disallowed_methods,
    reason = "tests spawn their servers and clients, and wait with real timeouts"
)]

mod harness;
mod proxy_pass;
