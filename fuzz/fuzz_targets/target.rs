//! A method and a target; the first byte chooses the method.

#![no_main]

use countersign_fuzz::{Asked, check};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, target)) = data.split_first() else { return };
    let methods: [&[u8]; 7] = [b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"];
    let method = methods[usize::from(*first) % methods.len()];
    check(&Asked { method, target, headers: Vec::new(), body: b"" });
});
