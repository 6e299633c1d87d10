//! Countersign: a reverse-proxy approval gateway.

pub mod base;
pub mod connect;
pub mod directory;
pub mod factors;
pub mod identity;
