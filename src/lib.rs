//! Countersign: a reverse-proxy approval gateway.

pub mod base;
pub mod flow;
pub mod portal;
