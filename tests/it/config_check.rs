//! Question: what does `check` say about faulty configurations, word for word, and what does a good one become?
//!
//! A case in `tests/golden/diagnostics` is a folder; `expected.txt` is what is printed. Run with `GOLDEN=write` to write it anew, then
//! read the difference.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use countersign::base::dialect::{Dialect, Reads};
use countersign::base::net::Scheme;
use countersign::base::settings::{IdentitySettings, Pick, UpstreamScheme};
use countersign::base::time::Span;
use countersign::cli::{Format, check};
use countersign::config;
use countersign::policy::source::AppFacts;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/diagnostics")
}

/// What is printed about a case. Long lines are wrapped, names of files included: so the case is copied to a folder whose name is of
/// the same length on every machine.
fn printed(config: &Path, format: Format) -> (bool, String) {
    let folder = tempfile::Builder::new().prefix("golden-").rand_bytes(8).tempdir_in("/tmp").unwrap();
    copy(config.parent().unwrap(), folder.path());
    let mut out = Vec::new();
    let good = check::run(&folder.path().join("countersign.toml"), format, false, false, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    (good, text.replace(&format!("{}/", folder.path().display()), ""))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "asks whether the expectations are to be written anew")]
fn diagnostics_are_as_written_down() {
    let write = std::env::var_os("GOLDEN").is_some();
    let mut wrong = String::new();
    let mut cases: Vec<PathBuf> =
        std::fs::read_dir(golden()).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 6, "{cases:?}");
    for case in cases {
        let (good, text) = printed(&case.join("countersign.toml"), Format::Human);
        let expected = case.join("expected.txt");
        if write {
            std::fs::write(&expected, &text).unwrap();
        }
        let known = std::fs::read_to_string(&expected).unwrap_or_default();
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(good, name.starts_with("good"), "{name}\n{text}");
        if known != text {
            writeln!(wrong, "== {name}\n{text}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn faults_for_programs_have_file_line_and_column() {
    let (good, text) = printed(&golden().join("policy-values/countersign.toml"), Format::Json);
    assert!(!good);
    let faults: serde_json::Value = serde_json::from_str(&text).unwrap();
    let first = faults.as_array().unwrap().first().unwrap();
    assert_eq!(first["file"], "policies/bank.toml");
    assert!(first["line"].as_u64().unwrap() > 1 && first["column"].as_u64().unwrap() > 1, "{first}");
    assert!(first["message"].is_string() && first["help"].is_string());
    assert_eq!(printed(&golden().join("good/countersign.toml"), Format::Json), (true, "[]\n".to_owned()));
}

#[test]
fn ten_mistakes_are_ten_diagnostics() {
    let (good, text) = printed(&golden().join("ten-mistakes/countersign.toml"), Format::Json);
    assert!(!good);
    let found: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let places: Vec<String> = found
        .iter()
        .map(|fault| {
            let file = fault["file"].as_str().unwrap().rsplit('/').next().unwrap();
            format!("{file}:{}:{} {}", fault["line"], fault["column"], fault["severity"].as_str().unwrap())
        })
        .collect();
    let expected = [
        "a-names.toml:6:51 fault",
        "a-names.toml:13:19 warning",
        "a-names.toml:19:11 warning",
        "b-conditions.toml:6:66 fault",
        "b-conditions.toml:12:88 fault",
        "b-conditions.toml:19:25 fault",
        "b-conditions.toml:26:32 fault",
        "c-reach.toml:12:19 fault",
        "c-reach.toml:17:38 warning",
        "c-reach.toml:29:9 warning",
    ];
    assert_eq!(places, expected);
    assert!(found.iter().all(|fault| fault["help"].is_string()));
}

#[test]
fn warnings_refuse_nothing_unless_they_are_denied() {
    let folder = tempfile::tempdir().unwrap();
    copy(&golden().join("ten-mistakes"), folder.path());
    let policy =
        "app = \"bank\"\n[[policy]]\nid = \"a\"\nmatch = { path = \"/login\" }\nsummary = \"Log in\"\n";
    std::fs::remove_dir_all(folder.path().join("policies")).unwrap();
    std::fs::create_dir(folder.path().join("policies")).unwrap();
    std::fs::write(folder.path().join("policies/a.toml"), policy).unwrap();
    for (deny, format) in
        [(false, Format::Human), (true, Format::Human), (false, Format::Json), (true, Format::Json)]
    {
        let mut out = Vec::new();
        let good =
            check::run(&folder.path().join("countersign.toml"), format, deny, false, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(good, !deny, "{text}");
        assert!(text.contains("`a` covers `/login`, a login path of `bank`"), "{text}");
        assert_eq!(text.contains("2 warnings\n"), format == Format::Human, "{text}");
    }
    let (_, set) = config::load(&folder.path().join("countersign.toml")).unwrap();
    assert_eq!(set.warnings().len(), 2);
}

#[test]
fn a_good_configuration_becomes_settings() {
    let (settings, policies) = config::load(&golden().join("good/countersign.toml")).unwrap();
    assert_eq!(settings.http, ["127.0.0.1:8080".parse().unwrap()]);
    assert_eq!(settings.admin, Some("127.0.0.1:9464".parse().unwrap()));
    assert!(settings.trusted.contains("127.0.0.1".parse().unwrap()));
    assert!(!settings.trusted.contains("127.0.0.2".parse().unwrap()));
    assert_eq!(settings.data_dir, golden().join("good/state"));
    assert_eq!(settings.portal.origin.to_string(), "http://localhost:8081");
    assert_eq!(settings.limits.user_held, 3);
    assert_eq!(settings.limits.wrong_before_lock, 20, "the default");
    assert_eq!(settings.timeouts.connect, Span::from_secs(2));
    assert_eq!(settings.seal_keys.len(), 1);
    settings.seal_keys[0].key.expose(|key| assert_eq!(key, [0xab; 32]));
    let [bank, wiki] = settings.apps.as_slice() else { panic!("two applications") };
    assert!(bank.serves(&"127.0.0.1:8080".parse().unwrap(), Scheme::Http));
    assert!(!bank.serves(&"localhost:8080".parse().unwrap(), Scheme::Http));
    assert_eq!(bank.upstreams.len(), 2);
    assert_eq!((bank.upstreams[1].scheme, bank.upstreams[1].port), (UpstreamScheme::H2c, 80));
    assert_eq!((bank.inspect_body, bank.hold_body), (8 << 20, 1 << 20));
    assert_eq!(bank.login_paths, ["/login"]);
    assert_eq!(bank.pass_headers, ["x-remote-user"]);
    let declared = Dialect {
        path_parameters: Some(Reads::AsSyntax),
        encoded_slash: Some(Reads::AsData),
        method_override: Some(Reads::AsSyntax),
        path_case_sensitive: true,
        bodies_on_get: true,
        charset: Some("windows-1252".to_owned()),
        body_types: [("text/plain", "json"), ("text/csv", "opaque")]
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .into(),
        ..Dialect::default()
    };
    assert_eq!((&bank.dialect, &wiki.dialect), (&declared, &Dialect::default()));
    let groups = Some("x-forwarded-groups".to_owned());
    assert_eq!(bank.identity, IdentitySettings::Header { user: "x-forwarded-user".to_owned(), groups });
    let IdentitySettings::Whoami { path, user, session, cache, .. } = &wiki.identity else {
        panic!("whoami")
    };
    assert_eq!((path.as_str(), user), ("/account", &Pick::Json("/user/name".to_owned())));
    assert_eq!((session.as_slice(), *cache), (["sessionid".to_owned()].as_slice(), Span::from_secs(5)));
    assert_eq!(
        policies.policies().map(|(app, policy)| format!("{app}/{}", policy.id)).collect::<Vec<_>>(),
        ["bank/large-transfer"]
    );
    assert!(policies.for_app("wiki").is_some(), "an application without policies has an empty set");
}

#[test]
fn a_reload_takes_all_or_nothing() {
    let apps = [AppFacts::named("bank")];
    assert!(config::policies(&golden().join("good/policies"), &apps).is_ok());
    let faults = config::policies(&golden().join("policy-values/policies"), &apps).unwrap_err();
    assert!(faults.count() > 3);
    assert!(config::policies(&golden().join("nowhere"), &apps).is_err());
}
