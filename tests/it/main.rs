//! The one test binary: a list of modules, one per question.
#![cfg(test)]

mod attempts;
mod binding;
mod byte_identity;
mod cli;
mod config_check;
mod factors;
mod floors;
mod harness;
mod identity_header;
mod policy_route;
mod policy_rules;
mod portal_pages;
mod portal_refusals;
mod portal_routes;
mod portal_stage;
mod portal_world;
mod problems;
mod proxy_pass;
mod proxy_tls;
mod proxy_traps;
mod proxy_upstreams;
mod receipt;
mod receipts;
mod release_once;
mod request_corpus;
mod request_reading;
mod store_contract;
mod store_embedded;
mod waiting;
mod whoami;
