//! A body in a content coding, named by the first byte; the rest is compressed here when the byte is odd.

#![no_main]

use std::io::Write as _;

use countersign_fuzz::{Asked, check};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let codings: [&[u8]; 6] = [b"gzip", b"deflate", b"br", b"gzip, gzip", b"x-gzip", b"identity"];
    let coding = codings[usize::from(*first >> 1) % codings.len()];
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let body = if first & 1 == 1 && packed.write_all(rest).is_ok() {
        packed.finish().unwrap_or_default()
    } else {
        rest.to_vec()
    };
    let headers = vec![
        (b"content-type".as_slice(), b"application/x-www-form-urlencoded".as_slice()),
        (b"content-encoding".as_slice(), coding),
    ];
    check(&Asked { method: b"POST", target: b"/transfer", headers, body: &body });
});
