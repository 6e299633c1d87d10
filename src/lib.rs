//! Countersign: a reverse-proxy approval gateway.

pub mod base;

pub mod approval;
pub mod audit;
pub mod directory;
pub mod factors;
pub mod identity;
pub mod policy;
pub mod request;

pub mod connect;
pub mod store;

pub mod flow;

pub mod portal;
pub mod proxy;

pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod run;

