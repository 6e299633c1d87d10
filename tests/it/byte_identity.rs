//! Does what arrives at the application differ in any byte from what the client sent, held and released or read and passed?

use http::{HeaderMap, Request};

use crate::harness::office::{FORM, Held, NAVIGATION, Office, Person, borrowed, held, request};
use crate::harness::raw::Client;
use crate::harness::upstream::Seen;
use crate::harness::{h2, noise, sha256};

/// Fields in an order and a case of their own; none of them is the gateway's business.
const ODD: [(&str, &str); 7] = [
    ("Sec-Fetch-Site", "same-origin"),
    ("X-ODD-Case", "  two  blanks "),
    ("accept-LANGUAGE", "de-CH, de;q=0.9"),
    ("X-Twice", "first"),
    ("User-Agent", "Probe/1.0 (a;b)"),
    ("x-twice", "second"),
    ("Referer", "http://bank.test/form?x=%2F"),
];

/// A body with what is said about it.
struct Body {
    name: &'static str,
    method: &'static str,
    target: &'static str,
    fields: Vec<(&'static str, String)>,
    bytes: Vec<u8>,
    chunked: bool,
}

fn bodies() -> Vec<Body> {
    let content = |kind: &str| vec![("content-TYPE", kind.to_owned())];
    let (kind, upload) = multipart(5 << 20);
    let (target, chunked) = ("/transfer", false);
    vec![
        Body {
            name: "urlencoded",
            method: "POST",
            target: "/transfer?ref=%2f%C3%a9&empty=&flag",
            fields: content("application/x-www-form-urlencoded"),
            bytes: b"amount=5000&iban=DE89&note=a+b%20c%2fd%0d%0a".to_vec(),
            chunked,
        },
        Body {
            name: "json",
            method: "PUT",
            target,
            fields: content("application/json; charset=utf-8"),
            bytes: "{ \"amount\" : 5000,\r\n\t\"iban\":\"DE\\u00e4\", \"note\":\"ä\" }\n".as_bytes().to_vec(),
            chunked,
        },
        Body {
            name: "multipart",
            method: "POST",
            target,
            fields: content(&kind),
            bytes: upload.clone(),
            chunked,
        },
        Body {
            name: "chunked",
            method: "POST",
            target,
            fields: content(&kind),
            bytes: upload,
            chunked: true,
        },
        Body { name: "nothing", method: "DELETE", target, fields: Vec::new(), bytes: Vec::new(), chunked },
    ]
}

/// A multipart form of exactly `total` bytes, most of them a file.
fn multipart(total: usize) -> (String, Vec<u8>) {
    let before = "--Xx-Boundary\r\nContent-Disposition: form-data; name=\"amount\"\r\n\r\n5\r\n--Xx-Boundary\r\n\
                  Content-Disposition: form-data; name=\"file\"; filename=\"s.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n";
    let after = "\r\n--Xx-Boundary--\r\n";
    // No byte of the file can be part of a delimiter.
    let file = noise(total - before.len() - after.len()).into_iter().map(|byte| byte | 0x80);
    let bytes = before.bytes().chain(file).chain(after.bytes()).collect();
    ("multipart/form-data; boundary=Xx-Boundary".to_owned(), bytes)
}

/// What the gateway may add or take away, or the connection needs.
fn is_gateways(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let framing = ["host", "content-length", "transfer-encoding", "connection", "expect"];
    let released = [
        "cookie",
        "authorization",
        "x-forwarded-user",
        "x-forwarded-groups",
        "countersign-receipt",
        "idempotency-key",
    ];
    let said = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"];
    framing.contains(&name.as_str()) || released.contains(&name.as_str()) || said.contains(&name.as_str())
}

/// The end-to-end fields as they stand in a head.
fn lines(seen: &Seen) -> Vec<(String, String)> {
    let fields = seen.head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let fields = fields.map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    fields.filter(|(name, _)| !is_gateways(name)).collect()
}

/// The same list; fields of one name come together where the first of them stood (RFC 9110 §5.3 allows that, and Pingora keeps
/// its fields so), everything else keeps its place.
fn expected(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for (name, value) in fields.iter().filter(|(name, _)| !is_gateways(name)) {
        let field = ((*name).to_owned(), value.trim().to_owned());
        match all.iter().rposition(|(other, _)| other.eq_ignore_ascii_case(name)) {
            Some(at) => all.insert(at + 1, field),
            None => all.push(field),
        }
    }
    all
}

/// What a request for `body` carries on HTTP/1.
fn fields<'a>(body: &'a Body, host: &'a str, person: &'a Person) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("hOST", host), ("X-Forwarded-User", person.name.as_str())];
    fields.extend(ODD);
    fields.extend(body.fields.iter().map(|(name, value)| (*name, value.as_str())));
    if body.chunked {
        fields.push(("Transfer-Encoding", "chunked"));
    }
    fields.push(("Cookie", "session=of-the-hold; theme=dark"));
    fields.push(("Authorization", "Bearer of-the-hold"));
    fields.push(("X-Last", "last"));
    fields
}

/// The release: other credentials than those of the hold.
async fn release(office: &Office, held: &Held) {
    let more = [
        ("Countersign-Release", &*held.credential()),
        ("Cookie", "session=of-the-release; countersign=0123456789012345678901234567890123456789012"),
        ("Authorization", "Bearer of-the-release"),
        ("X-ODD-Case", "not from here"),
    ];
    let answer = office.ask_with(&held.line, held.fields(), &more, b"").await;
    assert!(answer.status == 201 || answer.status == 200, "{}", answer.text());
}

#[track_caller]
fn same_on_h1(seen: &Seen, body: &Body, fields: &[(&str, &str)], held: &Held) {
    let name = body.name;
    assert_eq!(seen.line(), format!("{} {} HTTP/1.1", body.method, body.target), "{name}");
    assert_eq!(sha256(&seen.body), sha256(&body.bytes), "{name}: {} bytes", seen.body.len());
    assert_eq!(lines(seen), expected(fields), "{name}");
    if !body.bytes.is_empty() {
        assert_eq!(seen.one("content-length"), body.bytes.len().to_string(), "{name}");
    }
    assert_eq!(seen.one("host"), held.host, "{name}");
    assert_eq!(seen.one("cookie"), "session=of-the-release", "{name}");
    assert_eq!(seen.one("authorization"), "Bearer of-the-release", "{name}");
    assert_eq!(seen.one("x-forwarded-user"), "alice", "{name}");
    assert_eq!(seen.one("idempotency-key"), held.id, "{name}");
    assert_eq!(seen.one("countersign-receipt").split('.').count(), 3, "{name}");
    assert!(!seen.head.to_ascii_lowercase().contains("countersign-release"), "{}", seen.head);
}

#[track_caller]
fn same_on_h2(seen: &h2::Seen, body: &Body, fields: &[(&str, &str)], held: &Held) {
    let name = body.name;
    assert_eq!(seen.head.method.as_str(), body.method, "{name}");
    assert_eq!(seen.head.uri.path_and_query().unwrap().as_str(), body.target, "{name}");
    assert_eq!(sha256(&seen.body), sha256(&body.bytes), "{name}: {} bytes", seen.body.len());
    assert_eq!(sorted(&seen.head.headers), of(expected(fields)), "{name}");
    let one = |field: &str| {
        let all: Vec<_> =
            seen.head.headers.get_all(field).iter().map(|value| value.to_str().unwrap()).collect();
        all.join("; ")
    };
    assert_eq!(one("cookie"), "session=of-the-release", "{name}");
    assert_eq!(one("authorization"), "Bearer of-the-release", "{name}");
    assert_eq!(one("x-forwarded-user"), "alice", "{name}");
    assert_eq!(one("idempotency-key"), held.id, "{name}");
    assert_eq!(one("countersign-receipt").split('.').count(), 3, "{name}");
}

/// End-to-end fields of HTTP/2 by name; the order within one name counts.
fn sorted(headers: &HeaderMap) -> Vec<(String, String)> {
    let fields =
        headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().trim().to_owned()));
    of(fields.filter(|(name, _)| !is_gateways(name)).collect())
}

fn of(fields: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut fields: Vec<_> =
        fields.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    fields
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_in_http1_and_released_to_http1() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    for (count, body) in bodies().iter().enumerate() {
        let fields = fields(body, "bank.test", &alice);
        let line = format!("{} {}", body.method, body.target);
        let answer = office.ask(&line, &fields, &body.bytes).await;
        let held = held(&answer, &line, "bank.test", alice.who());
        assert_eq!(office.arrived().len(), count, "nothing is passed on before the approval");
        office.approve(&held, &alice).await;
        release(&office, &held).await;
        let arrived = office.arrived();
        assert_eq!(arrived.len(), count + 1);
        same_on_h1(arrived.last().unwrap(), body, &fields, &held);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_in_http1_and_released_to_h2c() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    for body in &bodies() {
        let fields = fields(body, "h2.test", &alice);
        let line = format!("{} {}", body.method, body.target);
        let answer = office.ask(&line, &fields, &body.bytes).await;
        let held = held(&answer, &line, "h2.test", alice.who());
        office.approve(&held, &alice).await;
        release(&office, &held).await;
        same_on_h2(&office.modern.only(), body, &fields, &held);
    }
}

/// Holds `body` over HTTP/2 and TLS, approves, releases over HTTP/2.
async fn through_h2(
    office: &Office,
    host: &str,
    body: &Body,
    alice: &Person,
) -> (Held, Vec<(String, String)>) {
    let client = office.h2(host).await;
    let mut sent = fields(body, host, alice);
    sent.retain(|(name, _)| {
        !name.eq_ignore_ascii_case("host") && !name.eq_ignore_ascii_case("transfer-encoding")
    });
    let url = format!("https://{host}{}", body.target);
    let mut asked = Request::builder().method(body.method).uri(&url);
    for (name, value) in &sent {
        asked = asked.header(*name, value.trim());
    }
    let answer = client.ask(asked.body(()).unwrap(), &body.bytes).await;
    let raw = crate::harness::raw::Answer {
        status: answer.status,
        head: format!(
            "HTTP/2 403\r\ncountersign-approval: {}\r\n",
            answer.headers["countersign-approval"].to_str().unwrap()
        ),
        body: answer.body,
    };
    let held = held(&raw, &format!("{} {}", body.method, body.target), host, alice.who());
    let call = |line: &str, target: &str| {
        let asked = Request::builder().method(line).uri(format!("https://{host}{target}"));
        asked.header("X-Forwarded-User", "alice").header("Countersign-Release", held.credential())
    };
    let code = serde_json::json!({ "authenticator": alice.totp, "code": office.code() }).to_string();
    let answers = format!("/.countersign/api/v1/held/{}/answers", held.id);
    let approved = client.ask(call("POST", &answers).body(()).unwrap(), code.as_bytes()).await;
    assert_eq!(approved.status, 200, "{}", String::from_utf8_lossy(&approved.body));
    office.next_code();
    let asked = call(body.method, body.target)
        .header("Cookie", "session=of-the-release")
        .header("Cookie", "__Host-countersign=0123456789012345678901234567890123456789012")
        .header("Authorization", "Bearer of-the-release");
    let answer = client.ask(asked.body(()).unwrap(), b"").await;
    assert!(answer.status == 201 || answer.status == 200, "{}", answer.status);
    assert_eq!(String::from_utf8(answer.body).unwrap(), sha256(&body.bytes), "{}", body.name);
    let sent = sent.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    (held, sent)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_in_http2_over_tls_and_released_to_http1() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    for (count, body) in bodies().iter().filter(|body| !body.chunked).enumerate() {
        let (held, sent) = through_h2(&office, "bank.test", body, &alice).await;
        let arrived = office.arrived();
        assert_eq!(arrived.len(), count + 1);
        let seen = arrived.last().unwrap();
        assert_eq!(seen.line(), format!("{} {} HTTP/1.1", body.method, body.target));
        assert_eq!(sha256(&seen.body), sha256(&body.bytes), "{}", body.name);
        assert_eq!(of(lines(seen)), of(expected(&borrowed(&sent))), "{}", body.name);
        assert_eq!(seen.one("host"), "bank.test");
        assert_eq!(seen.one("cookie"), "session=of-the-release");
        assert_eq!(seen.one("authorization"), "Bearer of-the-release");
        assert_eq!(seen.one("idempotency-key"), held.id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_in_http2_over_tls_and_released_to_h2c() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    for body in bodies().iter().filter(|body| !body.chunked) {
        let (held, sent) = through_h2(&office, "h2.test", body, &alice).await;
        same_on_h2(&office.modern.only(), body, &borrowed(&sent), &held);
    }
}

const SIZES: [usize; 4] = [1024, 64 * 1024, 64 * 1024 + 1, 5 << 20];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_and_passed_is_the_same_over_http1() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let mut count = 0;
    for size in SIZES {
        for (chunked, expects) in [(false, false), (true, false), (false, true), (true, true)] {
            let (kind, bytes) = multipart(size);
            assert_eq!(bytes.len(), size);
            let mut fields = vec![("Host", "bank.test"), ("X-Forwarded-User", alice.name.as_str())];
            fields.extend(ODD);
            fields.extend([("Content-type", kind.as_str()), ("Cookie", "a=1; countersign=x; b=2")]);
            if chunked {
                fields.push(("Transfer-Encoding", "chunked"));
            }
            if expects {
                fields.push(("Expect", "100-continue"));
            }
            let case = format!("{size} bytes, chunked {chunked}, expects {expects}");
            let whole = request("POST /pay?q=%2f", &fields, &bytes);
            let mut client = office.connect().await;
            let head = whole.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
            client.send(&whole[..head]).await;
            if expects {
                let told = client.answer().await;
                assert_eq!(told.status, 100, "{case}: {}", told.head);
            }
            client.send(&whole[head..]).await;
            let answer = client.answer().await;
            assert_eq!((answer.status, answer.text()), (201, sha256(&bytes)), "{case}");
            count += 1;
            let arrived = office.arrived();
            assert_eq!(arrived.len(), count, "{case}: once");
            let seen = arrived.last().unwrap();
            assert_eq!(seen.line(), "POST /pay?q=%2f HTTP/1.1", "{case}");
            assert_eq!(sha256(&seen.body), sha256(&bytes), "{case}");
            assert_eq!(of(lines(seen)), of(expected(&fields)), "{case}");
            assert_eq!(seen.one("cookie"), "a=1; b=2", "{case}");
            assert!(seen.all("countersign-receipt").is_empty(), "{case}: nobody approved it");
            // The connection is as good as new.
            if !expects {
                let next = client.ask(request("GET /next", &[], b"")).await;
                assert_eq!(next.status, 201, "{case}");
                count += 1;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_and_passed_is_the_same_over_http2_and_to_h2c() {
    let office = Office::start().await;
    office.person("alice").await;
    for host in ["bank.test", "h2.test"] {
        let client = office.h2(host).await;
        for size in SIZES {
            let (kind, bytes) = multipart(size);
            let asked = Request::post(format!("https://{host}/pay")).header("content-type", kind);
            let asked = asked.header("x-forwarded-user", "alice").body(()).unwrap();
            let before = office.arrived().len();
            let answer = client.ask(asked, &bytes).await;
            assert_eq!(String::from_utf8(answer.body).unwrap(), sha256(&bytes), "{host}: {size} bytes");
            if host == "bank.test" {
                assert_eq!(office.arrived().len(), before + 1, "{size} bytes: once");
            } else {
                assert_eq!(sha256(&office.modern.only().body), sha256(&bytes), "{size} bytes");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gateways_own_marks_never_reach_the_application() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let body = b"amount=5000&iban=DE89";
    let mut nav = office.navigate("POST /transfer?step=2&x=%2F", "bank.test", alice.who(), body).await;
    let target = office.approve_by_page(&nav, &alice).await;
    assert!(target.starts_with("/transfer?step=2&x=%2F&__countersign=held_"), "{target}");
    // As a browser sends it: our cookie among the application's, and the credential in the Referer of the page before.
    nav.cookie = format!("session=1; {}; theme=dark", nav.cookie);
    let referer = format!("http://bank.test{target}");
    let mut more = NAVIGATION.to_vec();
    more.extend([
        ("Referer", referer.as_str()),
        ("Countersign-Receipt", "forged"),
        ("countersign_receipt", "forged"),
    ]);
    let answer = office.ask_with(&format!("GET {target}"), nav.fields(), &more, b"").await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    let seen = office.only();
    assert_eq!(seen.line(), "POST /transfer?step=2&x=%2F HTTP/1.1");
    assert_eq!(seen.body, body);
    assert_eq!(seen.one("cookie"), "session=1; theme=dark");
    assert!(!seen.head.contains("__countersign") && !seen.head.contains("countersign="), "{}", seen.head);
    assert_ne!(seen.one("countersign-receipt"), "forged");

    // What the page at that URL loads, and the form that is sent from it, carry the credential in their Referer.
    let more =
        [("Referer", referer.as_str()), ("Countersign-Approval", "forged"), ("X-Forwarded-User", "alice")];
    assert_eq!(office.ask("GET /picture.png", &more, b"").await.status, 201);
    let form = [FORM, ("Referer", referer.as_str())];
    assert_eq!(office.ask("POST /pay", &[form[0], form[1], more[2]], b"amount=5").await.status, 201);
    let next = office.hold_with("POST /transfer", "bank.test", alice.who(), &form, b"amount=6").await;
    office.approve(&next, &alice).await;
    assert_eq!(office.release(&next).await.status, 201);
    for seen in &office.arrived()[1..] {
        assert_eq!(seen.one("referer"), "http://bank.test/transfer?step=2&x=%2F", "{}", seen.head);
        let of_release = ["countersign-receipt"];
        let names = seen.names();
        let ours = names.iter().filter(|name| name.to_ascii_lowercase().contains("countersign"));
        assert!(
            ours.clone().all(|name| of_release.contains(&name.to_ascii_lowercase().as_str())),
            "{}",
            seen.head
        );
        assert!(!seen.head.contains("__countersign") && !seen.head.contains("forged"), "{}", seen.head);
    }
    assert_eq!(office.arrived().len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_keeps_its_own_idempotency_key() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let own =
        [FORM, ("Idempotency-Key", "\"mine\""), ("Countersign-Receipt", "forged"), ("Remote-User", "root")];
    let held = office.hold_with("POST /transfer", "bank.test", alice.who(), &own, b"amount=1").await;
    office.approve(&held, &alice).await;
    assert_eq!(office.release(&held).await.status, 201);
    let seen = office.only();
    assert_eq!(seen.one("idempotency-key"), "\"mine\"");
    assert_ne!(seen.one("countersign-receipt"), "forged");
    assert!(!seen.head.contains("root"), "{}", seen.head);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_breaks_off_is_neither_held_nor_passed() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    for (line, target) in [("POST /transfer", "/transfer"), ("POST /pay", "/pay")] {
        let (kind, bytes) = multipart(100_000);
        let whole = request(line, &[("Content-Type", &kind), ("X-Forwarded-User", &alice.name)], &bytes);
        let mut client: Client = office.connect().await;
        client.send(&whole[..whole.len() - 10]).await;
        client.end().await;
        let rest = client.rest().await;
        assert!(!String::from_utf8_lossy(&rest).contains("held_"), "{target}");
    }
    assert!(office.arrived().is_empty());
    assert_eq!(office.audited(&["held"]).await, 0);
}
