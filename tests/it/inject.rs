//! Question: does a page get the script, on the way through and after a release, and is it the same page otherwise, byte for byte?

use std::io::{Read as _, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::{GzEncoder, ZlibEncoder};

use crate::harness::office::{FORM, NAVIGATION, Office, PORTAL, Setup, request};
use crate::harness::raw::{Answer, Client};
use crate::harness::upstream::{Origin, Step, When};
use crate::harness::{h2, noise};

/// What browsers say beside [`NAVIGATION`].
const BROWSER: [(&str, &str); 2] = [
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
];

fn page() -> Vec<u8> {
    let head =
        "<!DOCTYPE html>\n<!-- äöü <head> -->\n<html lang=\"de\">\n<head>\n<meta charset=\"utf-8\">\n<title>"
            .as_bytes();
    [head, &noise(150_000), b"</title></head><body>'</head>'</body></html>\n"].concat()
}

fn element(nonce: &str) -> Vec<u8> {
    let digest =
        ring::digest::digest(&ring::digest::SHA256, include_bytes!("../../templates/proxy/agent.js"));
    let hash = data_encoding::HEXLOWER.encode(&digest.as_ref()[..8]);
    format!("<script src=\"/.countersign/agent.js?v={hash}\"{nonce} data-countersign=\"{PORTAL}\"></script>")
        .into_bytes()
}

fn with_script(page: &[u8], nonce: &str) -> Vec<u8> {
    let at = page.windows(7).position(|seven| seven == b"<head>\n").unwrap() + 6;
    [&page[..at], &element(nonce), &page[at..]].concat()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(plain).unwrap();
    packer.finish().unwrap()
}

fn gunzip(coded: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(coded).read_to_end(&mut plain).unwrap();
    plain
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
    packer.write_all(plain).unwrap();
    packer.finish().unwrap()
}

/// In blocks that are not compressed (RFC 7932 §9.2).
fn brotli(plain: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    for (at, block) in plain.chunks(1 << 15).enumerate() {
        let header = (u32::try_from(block.len() - 1).unwrap() << 3) | (1 << 19);
        let header = if at == 0 { header << 1 } else { header };
        coded.extend([&header.to_le_bytes()[..3], block].concat());
    }
    coded.push(3);
    coded
}

/// An answer: these fields, and the body framed with chunks of `size` or a length.
fn framed(fields: &str, body: &[u8], size: Option<usize>) -> Vec<u8> {
    let framing = match size {
        Some(_) => "Transfer-Encoding: chunked".to_owned(),
        None => format!("Content-Length: {}", body.len()),
    };
    let mut bytes = format!("HTTP/1.1 200 OK\r\n{fields}{framing}\r\n\r\n").into_bytes();
    let Some(size) = size else { return [bytes, body.to_vec()].concat() };
    for piece in body.chunks(size) {
        bytes.extend([format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat());
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}

/// The application `late.test`, which answers everything with these bytes.
async fn origin(office: &Office, answer: Vec<u8>) -> Origin {
    Origin::start_at(office.late, When::Whole, move |_| vec![Step::Send(answer.clone())]).await
}

async fn visit(office: &Office, more: &[(&str, &str)]) -> Answer {
    let fields = [&[("Host", "late.test")], &NAVIGATION[..], &BROWSER, more].concat();
    office.ask("GET /", &fields, b"").await
}

async fn visit_over_h2(office: &Office, host: &str) -> h2::Answer {
    let client = office.h2(host).await;
    let mut request = http::Request::get(format!("https://{host}/")).body(()).unwrap();
    for (name, value) in NAVIGATION.into_iter().chain(BROWSER) {
        request
            .headers_mut()
            .insert(name.to_ascii_lowercase().parse::<http::HeaderName>().unwrap(), value.parse().unwrap());
    }
    client.ask(request, b"").await
}

#[tokio::test]
async fn a_page_is_the_same_but_for_the_script() {
    let (page, expected) = (page(), with_script(&page(), ""));
    let html = "Content-Type: text/html; charset=utf-8\r\n";
    for (name, coding, body) in [
        ("plain", "", page.clone()),
        ("gzip", "Content-Encoding: gzip\r\n", gzip(&page)),
        ("deflate", "Content-Encoding: deflate\r\n", zlib(&page)),
        ("br", "Content-Encoding: br\r\n", brotli(&page)),
        ("zstd", "Content-Encoding: zstd\r\n", zstd::encode_all(&page[..], 3).unwrap()),
    ] {
        for size in [None, Some(3000), Some(7)] {
            let office = Office::start().await;
            let fields = format!("{html}{coding}");
            let origin = origin(&office, framed(&fields, &body, size)).await;
            let got = visit(&office, &[]).await;
            let packed = got.field("content-encoding") == Some("gzip");
            assert_eq!(packed, name != "plain", "{}", got.head);
            let plain = if packed { gunzip(&got.body) } else { got.body.clone() };
            assert!(plain == expected, "{name} in {size:?}: {} bytes for {}", plain.len(), expected.len());
            assert_eq!(got.field("content-length"), None, "{}", got.head);
            let got = visit_over_h2(&office, "late.test").await;
            let plain = if packed { gunzip(&got.body) } else { got.body };
            assert!(plain == expected, "{name} in {size:?} over HTTP/2: {} bytes", plain.len());
            assert!(!got.headers.contains_key("content-length"));
            // The application saw what the client sent.
            for seen in origin.seen() {
                assert_eq!(seen.one("accept-encoding"), BROWSER[1].1);
                assert_eq!(seen.one("accept"), BROWSER[0].1);
            }
        }
    }
}

#[tokio::test]
async fn a_page_that_ends_with_its_connection_is_the_same() {
    let (page, expected) = (page(), with_script(&page(), ""));
    let office = Office::start().await;
    let bytes = [b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n", &page[..]].concat();
    let _origin =
        Origin::start_at(office.late, When::Whole, move |_| vec![Step::Send(bytes.clone()), Step::Close])
            .await;
    assert!(visit(&office, &[]).await.body == expected);
    assert!(visit_over_h2(&office, "late.test").await.body == expected);
}

#[tokio::test]
async fn a_page_from_http_2_is_the_same() {
    let (page, expected) = (page(), with_script(&page(), ""));
    for (length, size, trailers) in
        [(true, 16_000, vec![]), (false, 5000, vec![]), (false, 16_000, vec![("server-timing", "x")])]
    {
        for coded in [false, true] {
            let office = Office::start().await;
            let body = if coded { gzip(&page) } else { page.clone() };
            let mut fields = vec![("content-type", "text/html".to_owned())];
            fields.extend(coded.then(|| ("content-encoding", "gzip".to_owned())));
            fields.extend(length.then(|| ("content-length", body.len().to_string())));
            let pieces = body.chunks(size).map(Bytes::copy_from_slice).collect();
            office.modern.shows(h2::Page { fields, pieces, trailers: trailers.clone() });
            let fields = [&[("Host", "h2.test")], &NAVIGATION[..], &BROWSER].concat();
            let one = office.ask("GET /", &fields, b"").await.body;
            let two = visit_over_h2(&office, "h2.test").await;
            for (name, got) in [("HTTP/1", one), ("HTTP/2", two.body)] {
                let got = if coded { gunzip(&got) } else { got };
                assert!(got == expected, "{name}, {length} {size} {trailers:?} {coded}: {} bytes", got.len());
            }
            // Trailers follow the page, unless the last of it came so late that it takes their place.
            assert_eq!(two.trailers.is_some(), !trailers.is_empty() && !coded);
        }
    }
}

#[tokio::test]
async fn the_head_says_what_is_true() {
    let fields = "Content-Type: text/html\r\nETag: \"v1\"\r\nLast-Modified: Sat, 21 Nov 2026 08:00:00 GMT\r\n\
                  Accept-Ranges: bytes\r\nContent-MD5: x\r\nDigest: sha-256=x\r\nContent-Digest: sha-256=:x:\r\n\
                  Repr-Digest: sha-256=:x:\r\nVary: Cookie\r\nX-CaSe: Kept\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\
                  Content-Security-Policy: script-src 'nonce-abc'\r\n";
    let office = Office::start().await;
    let _origin = origin(&office, framed(fields, &page(), None)).await;
    let got = visit(&office, &[]).await;
    assert!(got.body == with_script(&page(), " nonce=\"abc\""));
    let names: Vec<&str> =
        got.head.lines().skip(1).filter_map(|line| line.split_once(':')).map(|(name, _)| name).collect();
    let expected = [
        "Content-Type",
        "ETag",
        "Last-Modified",
        "Vary",
        "Vary",
        "X-CaSe",
        "Set-Cookie",
        "Set-Cookie",
        "Content-Security-Policy",
    ];
    for name in expected {
        assert!(names.contains(&name), "{name}: {}", got.head);
    }
    for name in ["content-length", "accept-ranges", "content-md5", "digest", "content-digest", "repr-digest"]
    {
        assert_eq!(got.field(name), None, "{}", got.head);
    }
    assert_eq!(got.field("etag"), Some("W/\"v1\""));
    assert_eq!(got.field("content-security-policy"), Some("script-src 'nonce-abc'"));
    assert!(got.head.contains("Vary: Cookie\r\n") && got.head.contains("Sec-Fetch-Dest\r\n"), "{}", got.head);
}

#[tokio::test]
async fn a_page_that_is_revalidated_lets_the_script_run_on() {
    let office = Office::start().await;
    let bytes =
        "HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\nContent-Security-Policy: script-src a.test\r\n\r\n";
    let _origin = origin(&office, bytes.into()).await;
    let got = visit(&office, &[("If-None-Match", "W/\"v1\"")]).await;
    assert_eq!((got.status, got.field("etag")), (304, Some("\"v1\"")));
    let address = "script-src a.test late.test/.countersign/agent.js";
    assert_eq!(got.field("content-security-policy"), Some(address));
}

#[tokio::test]
async fn a_nonce_is_made_for_one_answer() {
    let office = Office::start().await;
    let fields = "Content-Type: text/html\r\nCache-Control: max-age=60\r\nContent-Security-Policy: script-src 'strict-dynamic' 'sha256-x='\r\n";
    let _origin = origin(&office, framed(fields, &page(), None)).await;
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let got = visit(&office, &[]).await;
        let policy = got.field("content-security-policy").unwrap();
        let nonce = policy
            .strip_prefix("script-src 'strict-dynamic' 'sha256-x=' 'nonce-")
            .unwrap()
            .strip_suffix('\'')
            .unwrap();
        assert!(got.body == with_script(&page(), &format!(" nonce=\"{nonce}\"")));
        assert_eq!(got.field("cache-control"), Some("no-store"));
        nonces.push(nonce.to_owned());
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn an_answer_to_a_released_request_gets_it_too() {
    let (page, expected) = (page(), with_script(&page(), ""));
    let html = "Content-Type: text/html\r\nContent-Security-Policy: script-src a.test\r\n";
    for (coding, body, size) in [
        ("", page.clone(), None),
        ("", page.clone(), Some(1000)),
        ("Content-Encoding: gzip\r\n", gzip(&page), None),
    ] {
        let office = Office::start().await;
        let alice = office.person("alice").await;
        let _origin = origin(&office, framed(&format!("{html}{coding}"), &body, size)).await;
        let held = office.hold_with("POST /transfer", "late.test", alice.who(), &[FORM], b"amount=1").await;
        office.approve(&held, &alice).await;
        let credential = held.credential();
        let more = [&[("Countersign-Release", &*credential)], &NAVIGATION[..], &BROWSER].concat();
        let got = office.ask_with(&held.line, held.fields(), &more, b"").await;
        assert_eq!(got.status, 200, "{}", got.text());
        let plain = if coding.is_empty() { got.body.clone() } else { gunzip(&got.body) };
        assert!(plain == expected, "{coding} {size:?}: {} bytes", plain.len());
        assert_eq!(got.field("content-length"), None);
        assert_eq!(got.field("cache-control"), Some("no-store"));
        assert_eq!(
            got.field("content-security-policy"),
            Some("script-src a.test late.test/.countersign/agent.js")
        );
        // A script that releases has asked for no page.
        let held = office.hold_with("POST /transfer", "late.test", alice.who(), &[FORM], b"amount=1").await;
        office.approve(&held, &alice).await;
        let got = office.release(&held).await;
        assert!(got.body == body);
        assert_eq!(got.field("content-length").is_some(), size.is_none());
    }
}

#[tokio::test]
async fn a_released_answer_with_trailers_is_whole() {
    let (page, expected) = (page(), with_script(&page(), ""));
    for coded in [false, true] {
        let office = Office::start().await;
        let alice = office.person("alice").await;
        let held = office.hold_with("POST /transfer", "h2.test", alice.who(), &[FORM], b"amount=1").await;
        office.approve(&held, &alice).await;
        let body = if coded { gzip(&page) } else { page.clone() };
        let mut fields = vec![("content-type", "text/html".to_owned())];
        fields.extend(coded.then(|| ("content-encoding", "gzip".to_owned())));
        let pieces = body.chunks(9000).map(Bytes::copy_from_slice).collect();
        office.modern.shows(h2::Page { fields, pieces, trailers: vec![("server-timing", "x")] });
        let mut request = http::Request::post("https://h2.test/transfer").body(()).unwrap();
        let (who, user) = alice.who();
        let credential = held.credential();
        let more = [("Countersign-Release", &*credential), (&*who, &*user)];
        for (name, value) in NAVIGATION.into_iter().chain(BROWSER).chain(more) {
            let name: http::HeaderName = name.to_ascii_lowercase().parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let got = office.h2("h2.test").await.ask(request, b"").await;
        let plain = if coded { gunzip(&got.body) } else { got.body };
        assert!(plain == expected, "{coded}: {} bytes, {}", plain.len(), got.status);
        assert_eq!(got.trailers.unwrap()["server-timing"], "x");
    }
}

#[tokio::test]
async fn a_broken_page_is_seen_to_be_broken() {
    let office = Office::start().await;
    let mut coded = gzip(&page());
    let half = coded.len() / 2;
    coded[half..].fill(0xff);
    let html = "Content-Type: text/html\r\nContent-Encoding: gzip\r\n";
    let _origin = origin(&office, framed(html, &coded, None)).await;
    let mut client: Client = office.connect().await;
    let fields = [&[("Host", "late.test")], &NAVIGATION[..], &BROWSER].concat();
    client.send(request("GET /", &fields, b"")).await;
    let all = client.rest().await;
    assert!(!all.ends_with(b"0\r\n\r\n"), "it must not look whole");
}

#[tokio::test]
async fn the_script_is_served() {
    let office = Office::start().await;
    let script = include_str!("../../templates/proxy/agent.js");
    let element = String::from_utf8(element("")).unwrap();
    let url = element.split('"').nth(1).unwrap();
    for host in ["bank.test", "late.test"] {
        let host = ("Host", host);
        let got = office.ask(&format!("GET {url}"), &[host], b"").await;
        assert_eq!((got.status, got.text().as_str()), (200, script));
        assert_eq!(got.field("content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(got.field("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(got.field("x-content-type-options"), Some("nosniff"));
        for other in ["/.countersign/agent.js", "/.countersign/agent.js?v=0", "/.countersign/agent.js?"] {
            let got = office.ask(&format!("GET {other}"), &[host], b"").await;
            assert_eq!((got.status, got.field("cache-control")), (200, Some("no-cache")), "{other}");
        }
        let got = office.ask(&format!("GET {url}"), &[host, BROWSER[1]], b"").await;
        assert_eq!(got.field("content-encoding"), Some("gzip"));
        assert_eq!(gunzip(&got.body), script.as_bytes());
        let got = office.ask(&format!("POST {url}"), &[host], b"").await;
        assert_eq!(got.status, 404);
    }
    let mut client = office.connect().await;
    client.send(format!("HEAD {url} HTTP/1.1\r\nHost: bank.test\r\n\r\n")).await;
    let got = client.answer_to_head().await;
    assert_eq!((got.status, got.field("content-length")), (200, Some(&*script.len().to_string())));
    assert_eq!(office.arrived().len(), 0);
}

#[tokio::test]
async fn only_where_it_can_be_of_use() {
    let holding = "[[policy]]\nid = \"p\"\nmatch = { methods = [\"POST\"], path = \"/transfer\" }\nsummary = \"Transfer\"\n";
    let approve = "[policy.approve]\nsteps = [{ self = [\"totp\"] }]\n";
    for (app, policies, expected) in [
        ("", format!("{holding}{approve}"), true),
        ("inject = \"auto\"", format!("{holding}{approve}"), true),
        ("inject = \"off\"", format!("{holding}{approve}"), false),
        ("", format!("{holding}mode = \"observe\"\n{approve}"), false),
        ("", format!("{holding}effect = \"deny\"\n"), false),
        ("inject_limit = \"200KiB\"", format!("{holding}{approve}"), true),
        ("inject_limit = \"100KiB\"", format!("{holding}{approve}"), false),
    ] {
        let policies: &'static str = Box::leak(policies.into_boxed_str());
        let office = Office::with(Setup { app, policies, ..Setup::default() }).await;
        let _origin = origin(&office, framed("Content-Type: text/html\r\n", &page(), None)).await;
        let got = visit(&office, &[]).await;
        let wanted = if expected { with_script(&page(), "") } else { page() };
        assert!(got.body == wanted, "{app} {policies}");
        assert_eq!(got.field("content-length").is_some(), !expected);
    }
}
