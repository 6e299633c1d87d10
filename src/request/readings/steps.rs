//! What servers, frameworks and proxies do to a path, one step each, and all that can come of them.
//!
//! **Invariant:** no step replaces a reading, and the raw path is always one of them (`every_step_only_adds`).
//! **Invariant:** each step is needed: without it some vector of `tests/vectors` is taken for something harmless (`tests/it/corpus.rs`).
//! Called by [`super`] only.

use std::collections::HashSet;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use super::MOST;

/// The most bytes of all readings of one target together. Beyond, the search itself would be what an attacker is after.
const MOST_BYTES: usize = 64 << 10;

/// A path and a query as some server has them after some of its steps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reading {
    /// The path.
    pub path: String,
    /// The raw query.
    pub query: String,
}

/// Something that a server does to a path.
#[derive(Clone, Copy)]
pub struct Step {
    /// What it is, in a few words.
    pub name: &'static str,
    apply: fn(&Reading) -> Vec<Reading>,
}

/// All of them.
pub static STEPS: [Step; 18] = [
    Step { name: "percent-decoding", apply: percent_decode },
    Step { name: "broken escapes dropped", apply: broken_escapes },
    Step { name: "%uXXXX", apply: percent_u },
    Step { name: "overlong UTF-8", apply: overlong },
    Step { name: "bytes as UTF-8", apply: as_utf8 },
    Step { name: "cut at a decoded `?`", apply: cut_at_question_mark },
    Step { name: "cut at a decoded `#`", apply: cut_at_fragment },
    Step { name: "backslash as slash", apply: backslash },
    Step { name: "cut at NUL", apply: cut_at_nul },
    Step { name: "control characters dropped", apply: drop_controls },
    Step { name: "path parameters dropped", apply: drop_parameters },
    Step { name: "path parameters as query", apply: parameters_as_query },
    Step { name: "repeated slashes merged", apply: merge_slashes },
    Step { name: "dot segments resolved", apply: resolve_dots },
    Step { name: "ends of segments trimmed", apply: trim_segments },
    Step { name: "compatibility forms", apply: compatibility },
    Step { name: "best fit in ASCII", apply: best_fit },
    Step { name: "network-path reference", apply: network_path },
];

/// All readings of a raw path and query under these steps, the raw one first; `None` when there are too many.
pub fn closure(path: &str, query: &str, steps: &[Step]) -> Option<Vec<Reading>> {
    let first = Reading { path: path.to_owned(), query: query.to_owned() };
    let mut seen: HashSet<Reading> = HashSet::from([first.clone()]);
    let (mut found, mut at, mut bytes) = (vec![first], 0, path.len() + query.len());
    while let Some(reading) = found.get(at).cloned() {
        at += 1;
        for step in steps {
            for mut next in (step.apply)(&reading) {
                if !next.path.starts_with('/') {
                    next.path.insert(0, '/');
                }
                if !seen.contains(&next) {
                    bytes += next.path.len() + next.query.len();
                    if found.len() >= MOST || bytes > MOST_BYTES {
                        return None;
                    }
                    seen.insert(next.clone());
                    found.push(next);
                }
            }
        }
    }
    Some(found)
}

/// The reading with another path, if it is another.
fn with(reading: &Reading, path: String) -> Vec<Reading> {
    if path == reading.path { Vec::new() } else { vec![Reading { path, query: reading.query.clone() }] }
}

/// Percent-escapes decoded once, each byte a character (Latin-1).
fn percent_decode(reading: &Reading) -> Vec<Reading> {
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(&reading.path).collect();
    if !reading.path.contains('%') || decoded == reading.path.as_bytes() {
        return Vec::new();
    }
    // What was decoded before stays as it is: only a path of ASCII is bytes again.
    if reading.path.is_ascii() {
        return with(reading, decoded.iter().map(|byte| char::from(*byte)).collect());
    }
    with(reading, String::from_utf8_lossy(&decoded).into_owned())
}

/// `%` without two digits dropped, as some decoders do.
fn broken_escapes(reading: &Reading) -> Vec<Reading> {
    let mut path = String::new();
    let mut rest = reading.path.chars();
    while let Some(c) = rest.next() {
        let ahead: Vec<char> = rest.clone().take(2).collect();
        if c != '%' || (ahead.len() == 2 && ahead.iter().all(char::is_ascii_hexdigit)) {
            path.push(c);
        }
    }
    with(reading, path)
}

/// `%u0061`, as IIS and some JavaScript decode it.
fn percent_u(reading: &Reading) -> Vec<Reading> {
    let mut parts = reading.path.split("%u");
    let mut path = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match code.and_then(char::from_u32) {
            Some(c) => {
                path.push(c);
                path.push_str(part.get(4..).unwrap_or_default());
            }
            None => {
                path.push_str("%u");
                path.push_str(part);
            }
        }
    }
    with(reading, path)
}

/// Two and three bytes of UTF-8 for a character that needs fewer, as lenient decoders accept them.
fn overlong(reading: &Reading) -> Vec<Reading> {
    let chars: Vec<u32> = reading.path.chars().map(u32::from).collect();
    let mut path = String::new();
    let mut at = 0;
    let continues = |at: usize| chars.get(at).copied().filter(|c| (0x80..0xc0).contains(c)).map(|c| c & 0x3f);
    while let Some(first) = chars.get(at).copied() {
        let long = match (first, continues(at + 1), continues(at + 2)) {
            (0xc0 | 0xc1, Some(low), _) => Some((((first & 3) << 6) | low, 2)),
            (0xe0, Some(middle), Some(low)) if middle < 0x20 => Some(((middle << 6) | low, 3)),
            _ => None,
        };
        let (code, length) = long.unwrap_or((first, 1));
        path.extend(char::from_u32(code));
        at += length;
    }
    with(reading, path)
}

/// Bytes that were taken one by one, taken as UTF-8.
fn as_utf8(reading: &Reading) -> Vec<Reading> {
    if reading.path.is_ascii() {
        return Vec::new();
    }
    let bytes: Option<Vec<u8>> = reading.path.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(path) => with(reading, path),
        None => Vec::new(),
    }
}

fn cut_at_question_mark(reading: &Reading) -> Vec<Reading> {
    let Some((path, more)) = reading.path.split_once('?') else { return Vec::new() };
    let joined = if reading.query.is_empty() { more.to_owned() } else { format!("{more}&{}", reading.query) };
    vec![Reading { path: path.to_owned(), query: joined }]
}

fn cut_at_fragment(reading: &Reading) -> Vec<Reading> {
    reading.path.split_once('#').map_or_else(Vec::new, |(path, _)| with(reading, path.to_owned()))
}

fn backslash(reading: &Reading) -> Vec<Reading> {
    with(reading, reading.path.replace('\\', "/"))
}

fn cut_at_nul(reading: &Reading) -> Vec<Reading> {
    reading.path.split_once('\0').map_or_else(Vec::new, |(path, _)| with(reading, path.to_owned()))
}

fn drop_controls(reading: &Reading) -> Vec<Reading> {
    with(reading, reading.path.chars().filter(|c| !c.is_control()).collect())
}

/// `;` and what follows it, to the end of the segment.
fn drop_parameters(reading: &Reading) -> Vec<Reading> {
    if !reading.path.contains(';') {
        return Vec::new();
    }
    let bare = |segment: &str| segment.split(';').next().unwrap_or_default().to_owned();
    with(reading, reading.path.split('/').map(bare).collect::<Vec<_>>().join("/"))
}

/// The same, with the parameters read as fields: matrix parameters.
fn parameters_as_query(reading: &Reading) -> Vec<Reading> {
    let parameters = reading.path.split('/').flat_map(|segment| segment.split(';').skip(1));
    let mut query = reading.query.clone();
    for parameter in parameters.filter(|parameter| parameter.contains('=')) {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(parameter);
    }
    if query == reading.query {
        return Vec::new();
    }
    drop_parameters(reading).into_iter().map(|bare| Reading { query: query.clone(), ..bare }).collect()
}

fn merge_slashes(reading: &Reading) -> Vec<Reading> {
    if !reading.path.contains("//") {
        return Vec::new();
    }
    let mut path = String::new();
    for c in reading.path.chars() {
        if c != '/' || !path.ends_with('/') {
            path.push(c);
        }
    }
    with(reading, path)
}

fn resolve_dots(reading: &Reading) -> Vec<Reading> {
    let mut kept: Vec<&str> = Vec::new();
    for segment in reading.path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            other => kept.push(other),
        }
    }
    with(reading, format!("/{}", kept.join("/")))
}

/// Blanks and controls at the ends of segments, and dots at the end too, as file systems and some frameworks drop them: `..%20` is `..` to
/// one that drops blanks only.
fn trim_segments(reading: &Reading) -> Vec<Reading> {
    let blank = |c: char| c.is_whitespace() || c.is_control();
    let blanks = |segment: &str| segment.trim_matches(blank).to_owned();
    let dots = |segment: &str| match segment {
        "." | ".." => segment.to_owned(),
        other => other.trim_start_matches(blank).trim_end_matches(|c| c == '.' || blank(c)).to_owned(),
    };
    let mut readings = with(reading, reading.path.split('/').map(blanks).collect::<Vec<_>>().join("/"));
    readings.extend(with(reading, reading.path.split('/').map(dots).collect::<Vec<_>>().join("/")));
    readings
}

fn compatibility(reading: &Reading) -> Vec<Reading> {
    if reading.path.is_ascii() {
        return Vec::new();
    }
    let composed = ComposingNormalizerBorrowed::new_nfkc().normalize(&reading.path).into_owned();
    let bare: String = DecomposingNormalizerBorrowed::new_nfkd()
        .normalize(&reading.path)
        .chars()
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .collect();
    let mut readings = with(reading, composed);
    readings.extend(with(reading, bare));
    readings
}

/// Characters that conversions to a smaller character set, or a change of case, turn into ASCII.
fn best_fit(reading: &Reading) -> Vec<Reading> {
    if reading.path.is_ascii() {
        return Vec::new();
    }
    let fit = |c: char| match c {
        '\u{2215}' | '\u{2044}' | '\u{29f8}' | '\u{2571}' => '/',
        '\u{2216}' | '\u{29f5}' | '\u{2572}' => '\\',
        '\u{131}' | '\u{130}' => 'i',
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        '\u{2024}' | '\u{b7}' => '.',
        '\u{37e}' => ';',
        other => other,
    };
    let mut readings = with(reading, reading.path.chars().map(fit).collect());
    readings.extend(with(reading, reading.path.to_uppercase().to_lowercase()));
    readings
}

/// `//host/path`, of which some take `host` for the authority.
fn network_path(reading: &Reading) -> Vec<Reading> {
    let Some(rest) = reading.path.strip_prefix("//") else { return Vec::new() };
    with(reading, rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("/").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(path: &str) -> Vec<String> {
        closure(path, "", &STEPS).unwrap().into_iter().map(|reading| reading.path).collect()
    }

    #[test]
    fn what_servers_do_is_among_the_readings() {
        for (raw, reading) in [
            ("/%2561dmin", "/admin"),
            ("/admin/..;/admin", "/admin"),
            ("/x/..%2f..%5cadmin", "/admin"),
            ("//x/admin", "/admin"),
            ("//admin", "/admin"),
            ("/%c0%aeadmin", "/.admin"),
            ("/%u0061dmin", "/admin"),
            ("/%EF%BD%81dmin", "/admin"),
            ("/adm%C4%B1n", "/admin"),
            ("/%C3%A0dmin", "/admin"),
            ("/admin%00.png", "/admin"),
            ("/ad%09min", "/admin"),
            ("/admin%20/x", "/admin/x"),
            ("/public/..%20/admin", "/admin"),
            ("/admin%c2%a0", "/admin"),
            ("/admin%", "/admin"),
            ("/admin%23x", "/admin"),
            ("/a/./%2e%2e/admin", "/admin"),
        ] {
            assert!(paths(raw).iter().any(|path| path == reading), "{raw}: {:?}", paths(raw));
        }
        let query = |raw: &str| closure(raw, "a=1", &STEPS).unwrap();
        let wanted = |path: &str, query: &str| Reading { path: path.to_owned(), query: query.to_owned() };
        assert!(query("/export%3Fformat=full").contains(&wanted("/export", "format=full&a=1")));
        assert!(query("/export;format=full").contains(&wanted("/export", "a=1&format=full")));
    }

    #[test]
    fn every_step_only_adds() {
        for raw in ["/a//b/..;x=1/%2fc%00", "/%c3%a0%20/%3f#", "/"] {
            let all = closure(raw, "q", &STEPS).unwrap();
            assert_eq!(all[0].path, raw);
            for reading in &all {
                for step in &STEPS {
                    for next in (step.apply)(reading) {
                        assert_ne!(&next, reading, "{}", step.name);
                    }
                }
            }
        }
    }

    #[test]
    fn usual_odd_paths_have_few_readings() {
        for (raw, most) in [
            ("/app;jsessionid=0123ABCD/home", 8),
            ("/static//img/logo.png", 3),
            ("/files/a%2Fb%20c.txt", 3),
            ("/wiki/C%23_%26_F%23", 4),
            ("/tags/%F0%9F%8E%89/100%25", 16),
            ("/a/../b//c;v=1/%20d%2fe", 300),
        ] {
            assert!(paths(raw).len() <= most, "{raw}: {}", paths(raw).len());
        }
    }

    #[test]
    fn the_set_is_bounded() {
        let many = "/%2525252525".repeat(2_000);
        let nested = format!("/{}", "a;b=%252f%2e%00".repeat(30));
        for raw in [many, nested] {
            let count = closure(&raw, "", &STEPS).map_or(0, |all| all.len());
            assert!(count <= MOST);
        }
        let odd = "/a%00b%09c;x=1%20//%c3%a0%2f..%5c%3f".repeat(40);
        assert!(closure(&odd, "", &STEPS).is_none());
    }
}
