//! Countersign: a reverse-proxy approval gateway.

pub mod audit;
pub mod base;
pub mod store;
