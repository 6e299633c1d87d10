//! The building code: reads `src/` and fails on what the compiler lets pass in a single crate.
//!
//! **Invariant:** imports go down the floors only, siblings never meet, a vendor crate is named in its rooms only, floor 1
//! is synchronous and pure, every file opens with `//!` and is short. There is no list of exempt files: a new room
//! or vendor crate is declared in [`FLOORS`] or [`VENDORS`], and judged from then on.
//! **Invariant:** this test cannot pass by being blind: `the_judge_sees` gives it guilty and innocent snippets.
//!
//! It judges tokens, not text: comments, strings and character literals are gone before anything is asked.

mod paths;

use std::{fs, path::Path};

use paths::{Named, paths, tokens};

/// The rooms from the ground up. Rooms on one line are siblings, which never import each other.
const FLOORS: &[&[&str]] = &[
    &["base"],
    &["request"],
    &["identity"],
    &["factors"],
    &["directory"],
    &["policy"],
    &["approval"],
    &["audit"],
    &["store", "notify", "connect"],
    &["flow"],
    &["proxy", "portal"],
    &["config", "app", "cli", "demo", "lib", "main", "run"],
];

/// The rows of [`FLOORS`] that are floor 1, the law: synchronous and pure. Words and modules of `std` it may not use.
const LAW: std::ops::Range<usize> = 1..8;
const IMPURE: &[&str] = &["async", "tokio", "tracing", "serde", "serde_json"];
const OUTSIDE: &[&str] = &["fs", "process", "thread", "env"];
/// Where floor 1 reads a written format: into raw structs that never leave the file, not into states.
const FORMATS: &[(&str, &[&str])] = &[
    ("policy/source", &["serde"]),
    ("request", &["serde_json"]),
    ("factors/passkey", &["serde", "serde_json"]),
    ("audit", &["serde_json"]),
    ("audit/chain", &["serde"]),
    ("audit/receipt", &["serde"]),
    ("factors/phone/evidence", &["serde", "serde_json"]),
];

/// What would bring in a name that no path shows.
const HIDING: &[&str] = &["# [ path =", "include !", "extern crate"];

/// Vendor crates (a trailing `*` takes in a family) and the beginnings of the paths under `src/` that may name them.
const VENDORS: &[(&str, &[&str])] = &[
    ("pingora*", &["proxy"]),
    ("axum*", &["portal", "demo"]),
    ("askama*", &["portal", "proxy/page", "notify/letter"]),
    ("lru", &["store/embedded"]),
    ("mimalloc", &["main"]),
    ("redb", &["store/embedded"]),
    ("redis", &["store/redis"]),
    ("rustix", &["app/upgrade"]),
    ("reqwest", &["connect", "notify"]),
    ("lettre", &["notify/mail"]),
    ("lol_html", &["connect", "proxy/inject"]),
    ("miette", &["policy/source", "config", "cli"]),
    ("clap*", &["cli", "main.rs"]),
    ("cel", &["policy/condition"]),
    ("chacha20poly1305", &["store/seal"]),
    ("argon2", &["factors"]),
    ("totp_rs", &["factors"]),
    ("webauthn_rs*", &["factors/passkey"]),
    ("json_event_parser", &["request"]),
    ("apollo_parser", &["request/graphql"]),
    ("roxmltree", &["request/xml", "directory/import", "config/theme"]),
    ("aes", &["directory/import"]),
    ("cbc", &["directory/import"]),
    ("encoding_rs", &["request/charset", "proxy/inject"]),
    ("flate2", &["request/coding", "proxy/inject"]),
    ("brotli_decompressor", &["request/coding", "proxy/inject"]),
    ("zstd", &["proxy/inject"]),
    ("bigdecimal", &["request/number", "policy"]),
    ("toml*", &["policy/source", "config"]),
    ("qrcode", &["base/qr", "portal/qr"]),
    ("p256", &["factors", "notify/webpush"]),
    ("getrandom", &["base/entropy"]),
    ("ulid", &["base"]),
    ("fluent_bundle", &["base/language"]),
    ("unic_langid", &["base/language"]),
];

#[test]
fn the_house_stands() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut seen, mut faults) = (Vec::new(), Vec::new());
    walk(&root.join("src"), "", &mut |file, source| {
        faults.extend(judge(file, source).into_iter().map(|fault| format!("src/{file}: {fault}")));
        faults.extend(shape(source, 400).into_iter().map(|fault| format!("src/{file}: {fault}")));
        seen.push(file.to_owned());
    });
    walk(&root.join("tests"), "", &mut |file, source| {
        faults.extend(shape(source, 600).into_iter().map(|fault| format!("tests/{file}: {fault}")));
        seen.push(format!("tests/{file}"));
    });
    for known in ["lib.rs", "main.rs", "tests/it/floors.rs"] {
        assert!(seen.iter().any(|file| file == known), "the walk did not come by `{known}`: {seen:?}");
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn the_judge_sees() {
    let check = |file: &str, source: &str, expected: &str| {
        let faults = judge(file, source).join("; ");
        let right = if expected.is_empty() { faults.is_empty() } else { faults.contains(expected) };
        assert!(right, "{file}: `{source}` should give `{expected}`, gave `{faults}`");
    };
    // Climbing, in every spelling of a path.
    check("store/mod.rs", "use crate::proxy::Stage;", "climbs to `proxy`");
    check("request/parts.rs", "fn f() { crate::policy::rule() }", "climbs to `policy`");
    check("policy/route.rs", "use crate::{base::Id, approval::{Held, Vote}};", "climbs to `approval`");
    check("policy/mod.rs", "use super::approval::Held;", "climbs to `approval`");
    check("policy/route.rs", "use super::super::audit;", "climbs to `audit`");
    check("policy.rs", "mod tests { use super::super::flow::admit; }", "climbs to `flow`");
    check("flow/wait.rs", "use crate::app; type A = crate :: app :: Running;", "climbs to `app`");
    check("flow/wait.rs", "macro_rules! m { () => { $crate::config::load() } }", "climbs to `config`");
    check("audit/chain.rs", "use { crate::store::Store as S, std::fmt };", "climbs to `store`");
    // Siblings, the whole root at once, rooms nobody declared, files brought in by another name.
    check("proxy/intake.rs", "use crate::portal::guard;", "crosses to its sibling `portal`");
    check("portal/guard.rs", "let x = crate::proxy::intake::Y;", "crosses to its sibling `proxy`");
    check("store/redis/mod.rs", "use crate::notify::Mail;", "crosses to its sibling `notify`");
    check("flow/mod.rs", "use crate::*;", "takes in the whole root");
    check("flow/mod.rs", "use super as root;", "takes in the whole root");
    check("flow/mod.rs", "use crate::{self as root};", "takes in the whole root");
    check("flow/mod.rs", "use crate::attic::Box;", "no declared room");
    check("attic/mod.rs", "", "no declared room");
    check("flow/mod.rs", "#[path = \"../proxy/x.rs\"] mod x;", "hides a name: `# [ path =`");
    check("flow/mod.rs", "include!(\"../proxy/x.rs\");", "hides a name: `include !`");
    // Vendor crates.
    check("flow/mod.rs", "use pingora_proxy::Session;", "`pingora_proxy` is not at home");
    check("portal/mod.rs", "let s: ::pingora::Result<()>;", "`pingora` is not at home");
    check("flow/mod.rs", "extern crate redb as r;", "hides a name: `extern crate`");
    check("config/mod.rs", "use {reqwest as r, std::fmt};", "`reqwest` is not at home");
    check("policy/route.rs", "fn f<'a>(x: &'a str) { toml::from_str(x) }", "`toml` is not at home");
    check(
        "cli/user.rs",
        "fn f() { let q = '\"'; qrcode::new(); axum::serve(\"\") }",
        "`axum` is not at home",
    );
    // Floor 1 is synchronous and pure.
    check("approval/vote.rs", "pub async fn vote() {}", "`async`");
    check("audit/chain.rs", "tracing::info!(\"x\")", "`tracing`");
    check("factors/totp.rs", "use tokio::sync::Mutex;", "`tokio`");
    check("policy/route.rs", "#[derive(serde::Serialize)] struct A;", "`serde`");
    check("policy/route.rs", "use serde_json::Value;", "`serde_json`");
    check("audit/event.rs", "#[derive(serde::Serialize)] struct Event;", "`serde`");
    check("directory/user.rs", "use std::{fmt, fs::File};", "`std::fs`");
    check("identity/mod.rs", "std::env::args()", "`std::env`");
    // Innocent.
    check("flow/admit.rs", "use crate::{base::*, audit::Event, store::{Store, Commit}, request};", "");
    check("flow/admit.rs", "pub(crate) fn f() { super::wait::g(); self::h(); async move {} }", "");
    check("policy/source/raw.rs", "use super::super::route::X; use toml::Value; use serde::Deserialize;", "");
    check("policy/mod.rs", "mod tests { use super::*; mod deep { use super::super::*; } }", "");
    check("request/body.rs", "use serde_json::Value; use json_event_parser::X;", "");
    check("base/id.rs", "// crate::proxy /* \n/* a /* b */ use crate::proxy::X; */ use ulid::Ulid;", "");
    check(
        "base/id.rs",
        "let s = r#\"\" use crate::proxy; \"#; let t = \"\\\" crate::flow::x\"; let c = b'\\'';",
        "",
    );
    check("base/id.rs", "fn f<'a>(toml: &'a str, redb: u8) { toml.len(); x.redb } // tokio", "");
    check("store/embedded/mod.rs", "use redb::Database; use crate::approval::Held; async fn f() {}", "");
    check("portal/view.rs", "#[template(path = \"x\")] struct A; let path = include_str!(\"x\");", "");
    check("app.rs", "use crate::{proxy, portal, config}; use super::demo; use crate::cli as c;", "");
    check("audit/receipt.rs", "use std::net::IpAddr; impl X<'_> { fn e() -> impl Sized + use<'_> {} }", "");
    assert_eq!(shape("use x;\n", 400).len(), 1, "a file without `//!` must be seen");
    assert_eq!(shape(&"//! x\n".repeat(401), 400).len(), 1, "a file of 401 lines must be seen");
    assert!(shape(&"//! x\n".repeat(400), 400).is_empty());
}

/// The faults of one file of `src/` (path below it, with `/`) against floors, rooms and the law of floor 1.
fn judge(file: &str, source: &str) -> Vec<String> {
    let module: Vec<&str> = file.trim_end_matches(".rs").trim_end_matches("/mod").split('/').collect();
    let Some(&own) = module.first() else { return vec!["has no name".to_owned()] };
    let Some(height) = floor(own) else { return vec![format!("`{own}` is no declared room")] };
    let law = LAW.contains(&height);
    let tokens = tokens(source);
    let mut faults = Vec::new();
    for Named { segments, is_use, mods } in paths(&tokens) {
        let Some(first) = segments.first() else { continue };
        let vendor = VENDORS.iter().find(|(name, _)| match name.strip_suffix('*') {
            Some(family) => first == family || first.starts_with(&format!("{family}_")),
            None => first == name,
        });
        if let Some((_, homes)) = vendor
            && (is_use || segments.len() > 1)
            && !homes.iter().any(|home| file.starts_with(home))
        {
            faults.push(format!("`{first}` is not at home here (only in {})", homes.join(", ")));
        }
        if law && first == "std" && segments.get(1).is_some_and(|s| OUTSIDE.contains(&&**s)) {
            faults.push(format!("`std::{}` on floor 1", segments[1]));
        }
        let below = match first.as_str() {
            "crate" => segments[1..].to_vec(),
            "super" => {
                let ups = segments.iter().take_while(|s| *s == "super").count();
                if ups < module.len() + mods {
                    continue;
                }
                segments[ups..].to_vec()
            }
            _ => continue,
        };
        let room = below.first().map_or("", String::as_str);
        if height + 1 == FLOORS.len() || room == own {
            continue;
        }
        match floor(room) {
            Some(other) if other < height => {}
            Some(other) if other == height => faults.push(format!("crosses to its sibling `{room}`")),
            Some(_) => faults.push(format!("climbs to `{room}`")),
            None if ["", "*", "self"].contains(&room) => {
                faults.extend(is_use.then(|| "takes in the whole root".to_owned()));
            }
            None => faults.push(format!("`{room}` is no declared room")),
        }
    }
    let read_here =
        |word: &str| FORMATS.iter().any(|(home, it)| it.contains(&word) && file.starts_with(home));
    let mut impure: Vec<&String> = tokens.iter().filter(|word| IMPURE.contains(&word.as_str())).collect();
    impure.sort();
    impure.dedup();
    for word in impure.into_iter().filter(|word| law && !read_here(word)) {
        faults.push(format!("`{word}` on floor 1"));
    }
    let text = format!(" {} ", tokens.join(" "));
    let hiding = HIDING.iter().filter(|words| text.contains(&format!(" {words} ")));
    faults.extend(hiding.map(|words| format!("hides a name: `{words}`")));
    faults
}

/// The faults of one file's shape.
fn shape(source: &str, most_lines: usize) -> Vec<String> {
    let mut faults = Vec::new();
    if !source.starts_with("//!") {
        faults.push("does not open with `//!`".to_owned());
    }
    let lines = source.lines().count();
    if lines > most_lines {
        faults.push(format!("{lines} lines, {most_lines} at most"));
    }
    faults
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// Hands every `.rs` file below `dir` to `visit`, with its path from there.
fn walk(dir: &Path, below: &str, visit: &mut dyn FnMut(&str, &str)) {
    for entry in fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display())) {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() && !name.starts_with('.') {
            walk(&path, &format!("{below}{name}/"), visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&format!("{below}{name}"), &fs::read_to_string(&path).unwrap());
        }
    }
}
