//! A GraphQL document, bare and in JSON, and any JSON.

#![no_main]

use countersign_fuzz::check_body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check_body("/graphql", "application/json", data);
    check_body("/graphql", "application/graphql", data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let body = serde_json::json!({ "query": text }).to_string();
    check_body("/graphql", "application/json", body.as_bytes());
});
