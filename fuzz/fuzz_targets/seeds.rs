//! A file of seeds, as it is and under a key or password named by the first byte: read or refused, never a panic, and never a seed in a fault.

#![no_main]

use countersign::base::time::Timestamp;
use countersign::directory::import::{How, Opener, read};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, file)) = data.split_first() else { return };
    let opener = match first & 3 {
        0 => Opener::key(&[7; 16]).unwrap_or_default(),
        1 => Opener::password(b"qwerty").unwrap_or_default(),
        _ => Opener::Nothing,
    };
    // A derivation of millions of rounds is slow, not broken.
    if first & 3 == 1 && file.windows(6).any(|part| part.iter().all(u8::is_ascii_digit)) {
        return;
    }
    let how = How { opener, without_mac: first & 4 != 0, ..How::default() };
    let now = Timestamp::from_millis(1_800_000_000_000);
    if let Ok((_, tokens)) = read(file, &how, now) {
        assert!(!tokens.is_empty());
        for (number, token) in tokens.iter().enumerate() {
            assert!(tokens.iter().skip(number + 1).all(|other| other.serial != token.serial));
        }
    }
});
