//! All readings of a request target: path and query.

use std::collections::HashSet;

use regex::Regex;
use std::sync::LazyLock;

use super::pattern;
use super::text::{decodings, nfkc, percent, to_latin1, without_accents};

const MOST: usize = 6000;

pattern!(ABSOLUTE, r"(?s)^[A-Za-z][A-Za-z0-9+.\-]*:(?://[^/?#]*)?(/?.*)$");
pattern!(AFTER_AUTHORITY, r"(?s)^//[^/\\?#]*(.*)$");
pattern!(PARAMETERS, r";[^/]*");
pattern!(PARAMETER, r";([^/]*)");
pattern!(SLASHES, r"/+");
pattern!(DOTS, r"/\.{1,2}(/|$)");
pattern!(FORMAT, r"^(.*/[^/.]+)\.(json|xml|html?|php|action|do|css|js)$");

#[derive(Default)]
struct Closure {
    seen: HashSet<(String, String)>,
    todo: Vec<(String, String)>,
}

impl Closure {
    fn add(&mut self, path: &str, query: &str) {
        let rooted = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        for path in [path.to_owned(), rooted] {
            let reading = (path, query.to_owned());
            if self.seen.len() < MOST && self.seen.insert(reading.clone()) {
                self.todo.push(reading);
            }
        }
    }
}

fn joined(one: &str, other: &str) -> String {
    match (one.is_empty(), other.is_empty()) {
        (false, false) => format!("{one}&{other}"),
        (true, _) => other.to_owned(),
        (_, true) => one.to_owned(),
    }
}

/// The readings of a target.
pub(crate) fn readings(target: &str) -> HashSet<(String, String)> {
    let mut starts = vec![target.to_owned()];
    let after = |pattern: &Regex| {
        let rest = pattern.captures(target)?.get(1)?.as_str().to_owned();
        Some(if rest.is_empty() { "/".to_owned() } else { rest })
    };
    starts.extend(after(&ABSOLUTE));
    starts.extend(target.starts_with("//").then(|| after(&AFTER_AUTHORITY)).flatten());
    let mut closure = Closure::default();
    for start in &starts {
        for text in [start.split('#').next().unwrap_or_default(), start] {
            let (path, query) = text.split_once('?').unwrap_or((text, ""));
            closure.add(path, query);
        }
    }
    while let Some((path, query)) = closure.todo.pop() {
        step(&mut closure, &path, &query);
    }
    closure.seen
}

fn step(closure: &mut Closure, path: &str, query: &str) {
    if path.contains('%') {
        for decoded in decodings(&percent(path)) {
            closure.add(&decoded, query);
        }
        closure.add(&without_stray_percent(path), query);
    }
    let narrow = path.chars().all(|c| u32::from(c) < 256);
    if narrow && !path.is_ascii() {
        for decoded in decodings(&to_latin1(path)) {
            closure.add(&decoded, query);
        }
    }
    if let Some((before, after)) = path.split_once('?') {
        closure.add(before, &joined(after, query));
    }
    if let Some((before, _)) = path.split_once('#') {
        closure.add(before, query);
    }
    if path.contains('\\') {
        closure.add(&path.replace('\\', "/"), query);
    }
    if let Some((before, _)) = path.split_once('\0') {
        closure.add(before, query);
        closure.add(&path.replace('\0', ""), query);
    }
    if let Some(found) = PARAMETER.captures(path) {
        let bare = PARAMETERS.replace_all(path, "").into_owned();
        closure.add(&bare, query);
        closure.add(&bare, &joined(query, &found[1]));
    }
    if path.contains("//") {
        closure.add(&SLASHES.replace_all(path, "/"), query);
    }
    if DOTS.is_match(path) {
        closure.add(&resolved(path), query);
    }
    let tight: String = path.chars().filter(|c| !"\t\r\n".contains(*c)).collect();
    if tight != path {
        closure.add(&tight, query);
    }
    trimmed(closure, path, query);
    if !path.is_ascii() {
        folded(closure, path, query);
    }
    if path.to_lowercase() != path {
        closure.add(&path.to_lowercase(), query);
    }
    if path.len() > 1 && path.ends_with('/') {
        let bare = path.trim_end_matches('/');
        closure.add(if bare.is_empty() { "/" } else { bare }, query);
    }
    if let Some(found) = FORMAT.captures(path) {
        closure.add(&found[1], query);
    }
}

fn trimmed(closure: &mut Closure, path: &str, query: &str) {
    let segments: Vec<&str> = path
        .split('/')
        .map(|segment| match segment {
            "." | ".." => segment,
            _ => segment.trim_end_matches([
                '.', ' ', '\t', '\r', '\n', '\u{85}', '\u{a0}', '\x1c', '\x1d', '\x1e', '\x1f',
            ]),
        })
        .collect();
    let each = segments.join("/");
    if each != path {
        closure.add(&each, query);
    }
    let blank = |c: char| "\0\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \u{85}\u{a0}./".contains(c);
    let end = path.trim_end_matches(blank);
    if !end.is_empty() && end != path {
        closure.add(end, query);
    }
}

fn folded(closure: &mut Closure, path: &str, query: &str) {
    let slashes = path.replace(['\u{2215}', '\u{2044}'], "/").replace('\u{131}', "i");
    for fold in
        [nfkc(path), path.to_uppercase().to_lowercase(), path.to_lowercase(), without_accents(path), slashes]
    {
        if fold != path {
            closure.add(&fold, query);
        }
    }
}

fn resolved(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    for segment in path.strip_prefix('/').unwrap_or(path).split('/') {
        match segment {
            "." => {}
            ".." => {
                out.pop();
            }
            _ => out.push(segment),
        }
    }
    format!("/{}", out.join("/"))
}

fn without_stray_percent(path: &str) -> String {
    let bytes = path.as_bytes();
    let hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    let mut out = String::new();
    for (at, c) in path.char_indices() {
        if c != '%' || (hex(at + 1) && hex(at + 2)) {
            out.push(c);
        }
    }
    out
}
