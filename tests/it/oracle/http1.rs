//! Every request that some server may see on a connection.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::canonical_name;
use super::text::{latin1, strip};

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Request {
    /// The method, as sent.
    pub(crate) method: String,
    /// The target, one character for each byte.
    pub(crate) target: String,
    /// The fields, trailers included.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, unframed.
    pub(crate) body: Vec<u8>,
}

static END: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?-u)\r\n\r\n|\n\r?\n").unwrap());
static CRLF: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?-u)\r?\n").unwrap());
static ANY_END: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?-u)\r\n|\n|\r").unwrap());
static SIZE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?-u)^\s*([0-9a-fA-F]+)").unwrap());
static PREFIXED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?-u)^\s*(?:0x)?([0-9a-fA-F]+)").unwrap());

/// All of them, under every framing.
pub(crate) fn requests(raw: &[u8]) -> Vec<Request> {
    let mut out = Vec::new();
    let mut seen = HashSet::new();
    collect(raw, 0, &mut out, &mut seen);
    out
}

fn blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\x0b' | '\x0c')
}

fn collect(raw: &[u8], depth: usize, out: &mut Vec<Request>, seen: &mut HashSet<Vec<u8>>) {
    let mut raw = without_lead(raw);
    if raw.is_empty() || depth > 4 || !seen.insert(raw.to_vec()) {
        return;
    }
    if raw.starts_with(b"PROXY ")
        && let Some(at) = raw.iter().position(|byte| *byte == b'\n')
    {
        raw = &raw[at + 1..];
    }
    if raw.starts_with(b"PRI * HTTP/2.0") {
        let (method, target) = ("PRI".to_owned(), "*".to_owned());
        out.push(Request { method, target, headers: Vec::new(), body: raw.to_vec() });
        return;
    }
    let end = END.find(raw);
    let bare = raw.windows(2).position(|two| two == b"\r\r");
    if let Some(at) = bare.filter(|at| end.is_none_or(|end| *at < end.start())) {
        collect(&raw[at + 2..], depth + 1, out, seen);
    }
    let Some(end) = end else {
        // HTTP/0.9: a line without a head.
        let line = latin1(raw.split(|byte| *byte == b'\n').next().unwrap_or_default());
        let mut words = line.trim_end_matches('\r').split(blank).filter(|word| !word.is_empty());
        if let (Some(method), Some(target)) = (words.next(), words.next())
            && method.chars().all(|c| c.is_ascii_alphabetic())
        {
            let (method, target) = (method.to_owned(), target.to_owned());
            out.push(Request { method, target, headers: Vec::new(), body: Vec::new() });
        }
        return;
    };
    let (head, rest) = (&raw[..end.start()], &raw[end.end()..]);
    for separator in [&CRLF, &ANY_END] {
        let lines: Vec<String> = separator.split(head).map(latin1).collect();
        of_lines(&lines, rest, raw, depth, out, seen);
    }
}

fn without_lead(raw: &[u8]) -> &[u8] {
    let start = raw.iter().position(|byte| !b"\r\n".contains(byte)).unwrap_or(raw.len());
    &raw[start..]
}

fn of_lines(
    lines: &[String],
    rest: &[u8],
    raw: &[u8],
    depth: usize,
    out: &mut Vec<Request>,
    seen: &mut HashSet<Vec<u8>>,
) {
    let words: Vec<&str> = lines[0].split(blank).filter(|word| !word.is_empty()).collect();
    let [method, middle @ .., last] = &words[..] else { return };
    let versioned = last.to_lowercase().starts_with("http/") && !middle.is_empty();
    let middle = if versioned { middle.to_vec() } else { words[1..].to_vec() };
    let targets: HashSet<String> =
        HashSet::from([middle.join(" "), middle[0].to_owned(), middle[middle.len() - 1].to_owned()]);
    let headers = fields(&lines[1..]);
    let mut bodies = vec![(Vec::new(), rest.to_vec(), Vec::new()), (rest.to_vec(), Vec::new(), Vec::new())];
    for (name, value) in &headers {
        match canonical_name(name).as_str() {
            "content-length" => {
                for length in value.split(',').filter_map(lenient_length) {
                    let cut = length.min(rest.len());
                    bodies.push((rest[..cut].to_vec(), rest[cut..].to_vec(), Vec::new()));
                }
            }
            "transfer-encoding" if value.to_lowercase().contains("chunked") => {
                for end in [b"\n".as_slice(), b"\r\n"] {
                    bodies.extend([&PREFIXED, &SIZE].into_iter().filter_map(|size| dechunk(rest, end, size)));
                }
            }
            _ => {}
        }
    }
    let mut done = HashSet::new();
    for (body, after, trailers) in bodies {
        if !done.insert((body.clone(), after.clone())) {
            continue;
        }
        for target in &targets {
            let headers = headers.iter().chain(&trailers).cloned().collect();
            out.push(Request {
                method: (*method).to_owned(),
                target: target.clone(),
                headers,
                body: body.clone(),
            });
        }
        if !without_lead(&after).is_empty() && after.len() < raw.len() {
            collect(&after, depth + 1, out, seen);
        }
    }
}

fn fields(lines: &[String]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    let pair = |line: &str| line.split_once(':').map(|(n, v)| (strip(n).to_owned(), strip(v).to_owned()));
    for line in lines {
        if line.starts_with([' ', '\t'])
            && let Some((name, value)) = fields.last().cloned()
        {
            fields.push((name.clone(), strip(&format!("{value} {}", strip(line))).to_owned()));
            fields.push((name, strip(line).to_owned()));
        }
        fields.extend(pair(line));
    }
    fields
}

fn lenient_length(text: &str) -> Option<usize> {
    let text = strip(text).trim_matches('"').replace('_', "");
    let plus = text.strip_prefix('+').unwrap_or(&text);
    let radix = |prefix: &str, radix| {
        plus.strip_prefix(prefix).and_then(|digits| u64::from_str_radix(digits, radix).ok())
    };
    let value = plus.parse::<u64>().ok().or_else(|| radix("0x", 16)).or_else(|| radix("0X", 16));
    let value = value.or_else(|| radix("0o", 8)).or_else(|| radix("0b", 2));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded before")]
    let value = value.or_else(|| {
        plus.parse::<f64>().ok().filter(|float| (0.0..1e12).contains(float)).map(|float| float as u64)
    });
    value.filter(|value| *value < 1 << 40).and_then(|value| usize::try_from(value).ok())
}

type Dechunked = (Vec<u8>, Vec<u8>, Vec<(String, String)>);

/// Chunks, read leniently: the data, what follows, and the trailers.
fn dechunk(bytes: &[u8], end: &[u8], sizes: &Regex) -> Option<Dechunked> {
    let find = |from: usize, what: &[u8]| {
        bytes.get(from..)?.windows(what.len()).position(|window| window == what).map(|at| from + at)
    };
    let (mut out, mut at) = (Vec::new(), 0);
    for _ in 0..5000 {
        let line_end = find(at, end)?;
        let size = &sizes.captures(&bytes[at..line_end])?[1];
        let digits = latin1(size);
        let digits = digits.trim_start_matches('0');
        at = line_end + end.len();
        if digits.is_empty() {
            return Some(trailers(bytes, at, out));
        }
        // A size too large is also tried wrapped to 32 and 64 bits.
        let whole = u128::from_str_radix(digits, 16).unwrap_or(u128::MAX);
        let fits =
            |size: u128| usize::try_from(size).ok().filter(|size| at.saturating_add(*size) <= bytes.len());
        let wrapped = [whole & 0xffff_ffff, whole & 0xffff_ffff_ffff_ffff].into_iter().find_map(fits);
        let size = fits(whole).or_else(|| wrapped.filter(|_| whole >= 1 << 32));
        let Some(size) = size else {
            out.extend_from_slice(&bytes[at..]);
            return Some((out, Vec::new(), Vec::new()));
        };
        out.extend_from_slice(&bytes[at..at + size]);
        at += size;
        if bytes[at..].starts_with(b"\r\n") {
            at += 2;
        } else if bytes[at..].starts_with(b"\n") {
            at += 1;
        }
    }
    None
}

fn trailers(bytes: &[u8], from: usize, out: Vec<u8>) -> Dechunked {
    let (mut at, mut trailers) = (from, Vec::new());
    while let Some(end) = bytes[at..].iter().position(|byte| *byte == b'\n').map(|more| at + more) {
        let line = latin1(bytes[at..end].strip_suffix(b"\r").unwrap_or(&bytes[at..end]));
        at = end + 1;
        if line.is_empty() {
            return (out, bytes[at..].to_vec(), trailers);
        }
        let Some((name, value)) = line.split_once(':') else { break };
        trailers.push((strip(name).to_owned(), strip(value).to_owned()));
    }
    (out, bytes[from..].to_vec(), trailers)
}
