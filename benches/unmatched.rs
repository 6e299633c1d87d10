//! What a request that no policy concerns costs: the glance at its head and the question to the routes, with few and with many policies
//! of every shape that people write.
//!
//! Run with `make bench`; compare the figures of one run only.

use std::hint::black_box;

use countersign::base::net::Scheme;
use countersign::policy::PolicySet;
use countersign::policy::source::{self, AppFacts, SourceFile};
use countersign::request::normalise::{Quick, admissible_quick};
use countersign::request::parts::{Parts, RawHeader, Version};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

const HEADERS: [(&str, &str); 8] = [
    ("host", "bank.example.com"),
    (
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    ),
    ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("accept-language", "de-CH,de;q=0.9,en;q=0.8"),
    ("accept-encoding", "gzip, deflate, br"),
    ("cookie", "bank_session=0123456789abcdef0123456789abcdef; theme=dark"),
    ("referer", "https://bank.example.com/payees"),
    ("connection", "keep-alive"),
];

/// Policies of one shape, or of all in turn.
const SHAPES: [(&str, &[&str]); 4] = [
    ("literal", &["/section{N}/{id}/delete"]),
    ("captured", &["/{tenant}/orders{N}/{id}"]),
    ("**", &["/**/name{N}", "/api/**/x{N}/**/drop"]),
    (
        "mixed",
        &[
            "/section{N}/{id}/delete",
            "/{tenant}/orders{N}/{id}",
            "/**/name{N}",
            "/api/**/x{N}/**/drop",
            "/one/path",
        ],
    ),
];

fn policies(count: usize, paths: &[&str]) -> Option<PolicySet> {
    let mut text = String::from("app = \"bank\"\n");
    for (number, path) in paths.iter().cycle().take(count).enumerate() {
        let path = path.replace("{N}", &number.to_string());
        text.push_str(&format!(
            "[[policy]]\nid = \"p{number}\"\nmatch = {{ methods = [\"POST\"], path = \"{path}\" }}\n\
             summary = \"Change {{= path}}\"\n[policy.approve]\nsteps = [{{ self = [\"totp\"] }}]\n"
        ));
    }
    source::read(&[SourceFile::new("bench.toml", text)], &[AppFacts::named("bank")]).ok()
}

fn unmatched(criterion: &mut Criterion) {
    let headers: Vec<RawHeader<'_>> = HEADERS
        .iter()
        .map(|(name, value)| RawHeader { name: name.as_bytes(), value: value.as_bytes() })
        .collect();
    let parts = Parts {
        version: Version::Http11,
        scheme: Scheme::Https,
        method: b"GET",
        target: b"/accounts/CH5604835012345678009/transactions?from=2026-01-01&page=2",
        authority: None,
        headers: headers.iter().copied(),
    };
    for (shape, paths) in SHAPES {
        let mut group = criterion.benchmark_group(format!("unmatched request, {shape} policies"));
        for count in [10, 1_000, 10_000, 100_000] {
            let Some(set) = policies(count, paths) else { continue };
            let Some(bank) = set.for_app("bank") else { continue };
            group.bench_with_input(BenchmarkId::from_parameter(count), &count, |bencher, _| {
                bencher.iter(|| match admissible_quick(black_box(&parts)) {
                    Quick::Plain { method, path, .. } => std::str::from_utf8(path)
                        .is_ok_and(|path| bank.route(method.as_str(), path).is_none()),
                    Quick::Look => false,
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, unmatched);
criterion_main!(benches);
