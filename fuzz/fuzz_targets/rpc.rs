//! A JSON-RPC body.

#![no_main]

use countersign_fuzz::check_body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check_body("/rpc", "application/json", data);
});
