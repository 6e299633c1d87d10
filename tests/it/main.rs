//! The one test binary: a list of modules, one per question.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    clippy::format_collect,
    clippy::string_slice,
    clippy::type_complexity,
    reason = "a test may spawn, wait and cut where the product may not, and its tables need no names for their types"
)]

mod account;
mod account_authenticators;
mod account_contacts;
mod account_guard;
mod account_invite;
mod account_new;
mod account_passkey;
mod account_questions;
mod account_recovery;
mod account_requests;
mod account_session;
mod account_sign_in;
mod account_stage;
mod agent;
mod attack_list;
mod attempts;
mod binding;
mod byte_identity;
mod calls;
mod cli;
mod clients;
mod command_line;
mod config_check;
mod corpus;
mod demo_bank;
mod factors;
mod floors;
mod frame;
mod grant_basis;
mod grants;
mod harness;
mod hotp;
mod identity_header;
mod inject;
mod inject_never;
mod kill;
mod languages;
mod links;
mod mail;
mod message_codes;
mod message_limits;
mod message_queue;
mod notices;
mod observed;
mod oracle;
mod own_pages;
mod parked;
mod passkey;
mod passkey_flow;
mod passkey_framed;
mod passkey_hostile;
mod passkey_receipt;
mod phone;
mod phone_pairing;
mod policy_cases;
mod policy_cost;
mod policy_examples;
mod policy_lint;
mod policy_route;
mod policy_rules;
mod policy_schema;
mod policy_texts;
mod portal_pages;
mod portal_refusals;
mod portal_routes;
mod portal_speaks;
mod portal_stage;
mod portal_world;
mod problems;
mod proxy_judged;
mod proxy_pass;
mod proxy_tls;
mod proxy_traps;
mod proxy_upstreams;
mod readings;
mod receipt;
mod receipts;
mod release_once;
mod reload;
mod request_corpus;
mod request_reading;
mod secrets;
mod sms;
mod stale_session;
mod store_contract;
mod store_embedded;
mod swapped;
mod terminal;
mod theme;
mod token_import;
mod token_stock;
mod two_gateways;
mod unannounced;
mod uploads;
mod waiting;
mod web_push;
mod whoami;
