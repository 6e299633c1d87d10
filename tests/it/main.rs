//! The one test binary: a list of modules, one per question.
#![cfg(test)]

mod harness;

mod factors;
mod floors;
mod identity_header;
mod proxy_pass;
mod store_contract;
mod store_embedded;
mod whoami;
