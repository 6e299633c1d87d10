//! The one test binary: a list of modules, one per question.
#![cfg(test)]

mod cli;
mod factors;
mod floors;
mod identity_header;
mod receipt;
mod store_contract;
mod store_embedded;
mod whoami;
mod request_corpus;
mod request_reading;
