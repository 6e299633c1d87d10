//! What a body may be once its codings, charset and parts are undone.

use std::io::Read as _;
use std::sync::LazyLock;

use regex::Regex;

use super::text::{latin1, to_latin1};
use super::values::{Pairs, canonical_key};
use super::{canonical_name, pattern};

const MOST: u64 = 1 << 22;

pattern!(CHARSET, r"(?i)charset\s*=\s*([^\s;,]+)");
pattern!(BOUNDARY, r#"(?i)boundary\s*(\*?(?:[0-9]\*?)?)\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]+)"#);
pattern!(CONTINUED, r#"(?i)boundary\*[0-9]\*?=("?[^;\s"]+"?)"#);
pattern!(LANGUAGE, r"^[\w-]*'[\w-]*'");
pattern!(FOLD, r"\r?\n[ \t]+");
pattern!(NAME, r#"(?i)(?:^|[^\w])name\s*=\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^;\s]+)"#);
pattern!(EXTENDED_NAME, r#"(?i)(?:^|[^\w])name\*\s*=\s*("?[^;\s]+"?)"#);
pattern!(PART_TYPE, r"(?i)content-type:\s*([^\r\n]+)");

/// The body as it is, and inflated once and twice by whatever works.
pub(crate) fn decoded(body: &[u8]) -> Vec<Vec<u8>> {
    let (mut out, mut todo) = (Vec::<Vec<u8>>::new(), vec![(body.to_vec(), 0)]);
    while let Some((bytes, depth)) = todo.pop() {
        if out.contains(&bytes) {
            continue;
        }
        if depth < 2 {
            todo.extend(inflated(&bytes).into_iter().map(|bytes| (bytes, depth + 1)));
        }
        out.push(bytes);
    }
    out
}

fn inflated(bytes: &[u8]) -> Vec<Vec<u8>> {
    let whole = |reader: &mut dyn std::io::Read| {
        let mut out = Vec::new();
        let read = reader.take(MOST).read_to_end(&mut out);
        read.is_ok().then_some(out).filter(|out| !out.is_empty())
    };
    let mut out = Vec::new();
    out.extend(whole(&mut flate2::read::MultiGzDecoder::new(bytes)));
    out.extend(whole(&mut flate2::read::GzDecoder::new(bytes)));
    out.extend(whole(&mut flate2::read::ZlibDecoder::new(bytes)));
    out.extend(whole(&mut flate2::read::DeflateDecoder::new(bytes)));
    out.extend(whole(&mut brotli_decompressor::Decompressor::new(bytes, 4096)));
    out
}

/// The body in every charset that it may be in.
pub(crate) fn texts(headers: &[(String, String)], body: &[u8]) -> Vec<String> {
    let mut charsets = vec!["utf-8".to_owned(), "latin-1".to_owned()];
    for (name, value) in headers {
        if canonical_name(name) == "content-type" {
            let stated = CHARSET.captures_iter(value);
            charsets.extend(stated.map(|found| found[1].trim_matches(['"', '\'', ' ']).to_lowercase()));
        }
    }
    if body.starts_with(b"\xff\xfe") || body.starts_with(b"\xfe\xff") {
        charsets.push("utf-16".to_owned());
    }
    if body.iter().take(8).any(|byte| *byte == 0) {
        charsets.extend(["utf-16le", "utf-16be", "utf-32le", "utf-32be"].map(str::to_owned));
    }
    let mut out: Vec<String> = Vec::new();
    for charset in charsets {
        let text = decode(&charset, body);
        out.extend(text.into_iter().filter(|text| !out.contains(text)).collect::<Vec<_>>());
    }
    out
}

fn decode(charset: &str, body: &[u8]) -> Vec<String> {
    let name = charset.replace(['_', ' '], "-");
    let utf16 = |big: bool| {
        let body = body.strip_prefix(if big { b"\xfe\xff" } else { b"\xff\xfe" }).unwrap_or(body);
        let units: Vec<u16> = body
            .chunks_exact(2)
            .map(|two| {
                if big { u16::from_be_bytes([two[0], two[1]]) } else { u16::from_le_bytes([two[0], two[1]]) }
            })
            .collect();
        String::from_utf16_lossy(&units)
    };
    let utf32 = |big: bool| {
        let code = |four: &[u8]| {
            let four = [four[0], four[1], four[2], four[3]];
            char::from_u32(if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
        };
        body.chunks_exact(4).map(code).collect::<Option<String>>()
    };
    match name.as_str() {
        "utf-8" | "utf8" => std::str::from_utf8(body).ok().map(str::to_owned).into_iter().collect(),
        "latin-1" => vec![latin1(body)],
        "utf-16le" | "utf-16-le" => vec![utf16(false)],
        "utf-16be" | "utf-16-be" => vec![utf16(true)],
        "utf-16" | "utf16" | "ucs-2" | "unicode" => vec![utf16(false), utf16(true)],
        name if name.starts_with("utf-32") => [utf32(false), utf32(true)].into_iter().flatten().collect(),
        "utf-7" | "utf7" | "unicode-1-1-utf-7" => vec![utf7(body)],
        "cp037" | "ibm037" | "ebcdic-cp-us" | "ibm500" | "cp500" | "cp1047" | "ibm1047" => vec![ebcdic(body)],
        other => encoding_rs::Encoding::for_label(other.as_bytes())
            .map(|encoding| encoding.decode(body).0.into_owned())
            .into_iter()
            .collect(),
    }
}

/// UTF-7: base64 of UTF-16 between `+` and `-`.
fn utf7(body: &[u8]) -> String {
    let text = latin1(body);
    let mut out = String::new();
    let mut pieces = text.split('+');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let end =
            piece.find(|c: char| !(c.is_ascii_alphanumeric() || c == '+' || c == '/')).unwrap_or(piece.len());
        let (shifted, rest) = piece.split_at(end);
        let bits: Vec<u8> = shifted.bytes().flat_map(sextet).collect();
        let units: Vec<u16> = bits
            .chunks_exact(16)
            .map(|bits| bits.iter().fold(0, |unit, bit| (unit << 1) | u16::from(*bit)))
            .collect();
        out.push_str(&String::from_utf16_lossy(&units));
        out.push_str(rest.strip_prefix('-').unwrap_or(rest));
    }
    out
}

fn sextet(byte: u8) -> [u8; 6] {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = ALPHABET.iter().position(|other| *other == byte).unwrap_or(0);
    [5, 4, 3, 2, 1, 0].map(|bit| u8::from(value >> bit & 1 == 1))
}

/// The letters, digits and signs of EBCDIC (code page 37) that the actions are spelled with.
fn ebcdic(body: &[u8]) -> String {
    let from = |byte: u8| match byte {
        0x81..=0x89 => char::from(byte - 0x81 + b'a'),
        0x91..=0x99 => char::from(byte - 0x91 + b'j'),
        0xa2..=0xa9 => char::from(byte - 0xa2 + b's'),
        0xc1..=0xc9 => char::from(byte - 0xc1 + b'A'),
        0xd1..=0xd9 => char::from(byte - 0xd1 + b'J'),
        0xe2..=0xe9 => char::from(byte - 0xe2 + b'S'),
        0xf0..=0xf9 => char::from(byte - 0xf0 + b'0'),
        0x40 => ' ',
        0x7e => '=',
        0x50 => '&',
        0x7f => '"',
        0x7a => ':',
        0x6b => ',',
        0x4b => '.',
        0x61 => '/',
        0x6d => '_',
        0xc0 => '{',
        0xd0 => '}',
        0xba => '[',
        0xbb => ']',
        _ => '\u{fffd}',
    };
    body.iter().map(|byte| from(*byte)).collect()
}

/// Base64 as it should be written.
pub(crate) fn base64(bytes: &[u8]) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(bytes.trim_ascii()).ok()
}

fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let (mut out, mut at) = (Vec::new(), 0);
    let hex = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    while let Some(byte) = bytes.get(at) {
        if *byte == b'=' && bytes[at + 1..].starts_with(b"\r\n") {
            at += 3;
        } else if *byte == b'=' && bytes[at + 1..].starts_with(b"\n") {
            at += 2;
        } else if let (b'=', Some(high), Some(low)) = (byte, hex(at + 1), hex(at + 2)) {
            out.push(u8::try_from(high * 16 + low).unwrap());
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    out
}

fn boundaries(headers: &[(String, String)]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for (name, value) in headers {
        if canonical_name(name) != "content-type" || !value.to_lowercase().contains("multipart/") {
            continue;
        }
        for found in BOUNDARY.captures_iter(value) {
            let stated = found[2].trim_matches('"').to_owned();
            out.push(stated.split(',').next().unwrap_or_default().to_owned());
            out.push(LANGUAGE.replace(&stated, "").into_owned());
            out.push(stated);
        }
        let joined: String =
            CONTINUED.captures_iter(value).map(|found| found[1].trim_matches('"').to_owned()).collect();
        out.push(joined);
    }
    out.retain(|boundary| !boundary.is_empty());
    out.sort();
    out.dedup();
    out
}

/// The pairs of every part, under every boundary and transfer coding.
pub(crate) fn multipart(headers: &[(String, String)], body: &[u8], depth: usize) -> Pairs {
    let mut out = Vec::new();
    for boundary in boundaries(headers) {
        let bytes = to_latin1(&boundary);
        let escaped: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
        let pattern = format!(r"(?-u)(?:^|\r?\n)--{escaped}[ \t]*(?:--)?[ \t]*\r?\n?");
        let Ok(pattern) = regex::bytes::Regex::new(&pattern) else { continue };
        for part in pattern.split(body) {
            out.extend(of_part(part, depth));
        }
    }
    out
}

fn of_part(part: &[u8], depth: usize) -> Pairs {
    let mut out = Vec::new();
    let four = part.windows(4).position(|window| window == b"\r\n\r\n").map(|at| (at, at + 4));
    let two = part.windows(2).position(|window| window == b"\n\n").map(|at| (at, at + 2));
    let mixed = part.windows(3).position(|window| window == b"\n\r\n").map(|at| (at, at + 3));
    let Some((end, start)) = [four, two, mixed].into_iter().flatten().min() else { return out };
    let head = latin1(&part[..end]);
    let head = FOLD.replace_all(&head, " ");
    let body = &part[start..];
    let mut names: Vec<String> =
        NAME.captures_iter(&head).map(|found| found[1].trim_matches(['"', '\'']).to_owned()).collect();
    names.extend(
        EXTENDED_NAME
            .captures_iter(&head)
            .map(|found| LANGUAGE.replace(found[1].trim_matches('"'), "").into_owned()),
    );
    let types: Vec<(String, String)> = PART_TYPE
        .captures_iter(&head)
        .map(|found| ("content-type".to_owned(), found[1].to_owned()))
        .collect();
    let mut values = vec![body.to_vec(), quoted_printable(body)];
    values.extend(base64(body));
    for value in values {
        for text in texts(&types, &value) {
            let text = text.trim_end_matches(['\r', '\n']);
            for name in &names {
                out.push((canonical_key(name), text.to_owned()));
                out.push((canonical_key(name), text.replace('\0', "")));
            }
        }
    }
    if depth < 2 && !types.is_empty() {
        out.extend(multipart(&types, body, depth + 1));
    }
    out
}
