//! A multipart body; the first line is what follows the media type.

#![no_main]

use countersign_fuzz::check_body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let Ok(parameters) = std::str::from_utf8(&data[..end]) else { return };
    let body = data.get(end + 1..).unwrap_or_default();
    check_body("/transfer", &format!("multipart/form-data{parameters}"), body);
});
