//! The one test binary: a list of modules, one per question.
#![cfg(test)]

mod factors;
mod floors;
mod store_contract;
mod store_embedded;
