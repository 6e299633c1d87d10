//! What a request that no policy concerns costs: the glance at its head and the question to the routes, with few and with many policies.
//!
//! Run with `make bench`; compare the figures of one run only.

use std::hint::black_box;

use countersign::base::net::Scheme;
use countersign::policy::PolicySet;
use countersign::policy::source::{self, SourceFile};
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

fn policies(count: usize) -> Option<PolicySet> {
    let mut text = String::from("app = \"bank\"\n");
    for number in 0..count {
        text.push_str(&format!(
            "[[policy]]\nid = \"p{number}\"\nmatch = {{ methods = [\"POST\"], path = \"/section{number}/{{id}}/delete\" }}\n\
             summary = \"Delete {{id}}\"\n[policy.approve]\nsteps = [{{ self = [\"totp\"] }}]\n"
        ));
    }
    source::read(&[SourceFile::new("bench.toml", text)], &["bank".to_owned()]).ok()
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
    let mut group = criterion.benchmark_group("unmatched request");
    for count in [10, 1_000, 10_000] {
        let Some(set) = policies(count) else { continue };
        let Some(bank) = set.for_app("bank") else { continue };
        group.bench_with_input(BenchmarkId::from_parameter(count), &count, |bencher, _| {
            bencher.iter(|| match admissible_quick(black_box(&parts)) {
                Quick::Plain { method, path, .. } => {
                    std::str::from_utf8(path).is_ok_and(|path| bank.route(method.as_str(), path).is_none())
                }
                Quick::Look => false,
            });
        });
    }
    group.finish();
}

criterion_group!(benches, unmatched);
criterion_main!(benches);
