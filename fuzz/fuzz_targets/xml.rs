//! An XML body.

#![no_main]

use countersign_fuzz::check_body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check_body("/transfer", "application/xml", data);
});
