//! Lines of headers, for one of some targets, with a harmless and a decisive body.

#![no_main]

use countersign_fuzz::{Asked, check};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, lines)) = data.split_first() else { return };
    let colon = |line: &[u8]| line.iter().position(|byte| *byte == b':');
    let headers: Vec<(&[u8], &[u8])> = lines
        .split(|byte| *byte == b'\n')
        .filter_map(|line| colon(line).map(|at| (&line[..at], line[at + 1..].trim_ascii())))
        .collect();
    let asked: [(&[u8], &[u8], &[u8]); 6] = [
        (b"GET", b"/public", b""),
        (b"POST", b"/users/42", b""),
        (b"POST", b"/transfer", b"amount=5000"),
        (b"POST", b"/transfer", b"{\"amount\":5000}"),
        (b"GET", b"/export", b""),
        (b"POST", b"/settings", b"a=1"),
    ];
    let (method, target, body) = asked[usize::from(*first) % asked.len()];
    check(&Asked { method, target, headers, body });
});
