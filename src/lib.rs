//! Countersign: a reverse-proxy approval gateway.

pub mod base;
pub mod directory;
pub mod factors;
pub mod identity;
