//! A form, as body and as query.

#![no_main]

use countersign_fuzz::{Asked, check, check_body};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check_body("/transfer", "application/x-www-form-urlencoded", data);
    check_body("/users/42", "application/x-www-form-urlencoded", data);
    check_body("/export", "application/x-www-form-urlencoded", data);
    let target = [b"/export?".as_slice(), data].concat();
    check(&Asked { method: b"GET", target: &target, headers: Vec::new(), body: b"" });
});
