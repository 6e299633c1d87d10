//! Characters: one for each byte, or decoded, or folded together.

use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};

/// One character for each byte.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The bytes of such a text; what is no byte is left out.
pub(crate) fn to_latin1(text: &str) -> Vec<u8> {
    text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// Without blanks at both ends, in the widest sense of a blank.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c))
}

/// Compatibility forms folded together.
pub(crate) fn nfkc(text: &str) -> String {
    ComposingNormalizer::new_nfkc().normalize(text).into_owned()
}

/// The same without accents.
pub(crate) fn without_accents(text: &str) -> String {
    let accent = |c: &char| matches!(u32::from(*c), 0x300..=0x36f | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f);
    DecomposingNormalizer::new_nfkd().normalize(text).chars().filter(|c| !accent(c)).collect()
}

/// Decimal digits of other scripts as ours.
pub(crate) fn ascii_digits(text: &str) -> String {
    const ZEROS: [u32; 37] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50,
        0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40,
        0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x1_d7ce,
    ];
    let digit = |c: char| {
        let code = u32::from(c);
        let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code))?;
        char::from_digit(code - zero, 10)
    };
    text.chars().map(|c| digit(c).unwrap_or(c)).collect()
}

/// Every text that these bytes may be.
pub(crate) fn decodings(bytes: &[u8]) -> Vec<String> {
    let mut out = vec![latin1(bytes)];
    out.extend(std::str::from_utf8(bytes).ok().map(str::to_owned));
    let plain = without_overlong(bytes);
    if plain != bytes {
        out.push(latin1(&plain));
    }
    out
}

/// Overlong UTF-8 of two and three bytes as the ASCII that it stands for.
fn without_overlong(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let next = |more: usize| bytes.get(at + more).copied().filter(|byte| (0x80..=0xbf).contains(byte));
        match (byte, next(1), next(2)) {
            (0xc0 | 0xc1, Some(low), _) => {
                out.push(((byte & 3) << 6) | (low & 63));
                at += 2;
            }
            (0xe0, Some(high @ 0x80..=0x81), Some(low)) => {
                out.push(((high & 3) << 6) | (low & 63));
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    out
}

/// Percent-decoded, `%uXXXX` included.
pub(crate) fn percent(text: &str) -> Vec<u8> {
    let chars: Vec<char> = text.chars().collect();
    let hex = |from: usize, count: usize| {
        let digits: String = chars.get(from..from + count)?.iter().collect();
        digits.chars().all(|c| c.is_ascii_hexdigit()).then(|| u32::from_str_radix(&digits, 16).ok()).flatten()
    };
    let (mut wide, mut at) = (String::new(), 0);
    while let Some(c) = chars.get(at) {
        let unit =
            (*c == '%' && matches!(chars.get(at + 1), Some('u' | 'U'))).then(|| hex(at + 2, 4)).flatten();
        match unit {
            Some(code) => {
                wide.extend(char::from_u32(code));
                at += 6;
            }
            None => {
                wide.push(*c);
                at += 1;
            }
        }
    }
    let narrow = wide.chars().all(|c| u32::from(c) < 256);
    let bytes = if narrow { to_latin1(&wide) } else { wide.into_bytes() };
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let digit = |more: usize| bytes.get(at + more).and_then(|byte| char::from(*byte).to_digit(16));
        match (byte, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap());
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    out
}
