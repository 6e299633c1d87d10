//! Countersign: a reverse-proxy approval gateway.

pub mod base;
pub mod proxy;
pub mod request;
