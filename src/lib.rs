//! Countersign: a reverse-proxy approval gateway.

pub mod base;
pub mod policy;
pub mod request;
