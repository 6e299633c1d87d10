//! Question: is everything that is not a page a browser shows left alone, its head too?

use std::sync::Arc;

use tokio::sync::Notify;

use crate::harness::office::{NAVIGATION, Office, Setup};
use crate::harness::raw::Client;
use crate::harness::upstream::{Origin, Step, When};

const PAGE: &str = "<!doctype html><html><head><title>x</title></head><body></body></html>";
const ACCEPT: (&str, &str) = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");

/// An answer with a length, an entity tag and these fields.
fn answer(status: u16, fields: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} Reason\r\n{fields}ETag: \"v1\"\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// What the application answers is named by the query, as hex.
async fn office() -> (Office, Origin) {
    let office = Office::with(Setup::default()).await;
    let origin = Origin::start_at(office.late, When::Whole, |seen| {
        let hex = seen.line().split(['?', ' ']).nth(2).unwrap();
        vec![Step::Send(data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap())]
    })
    .await;
    (office, origin)
}

/// What the client gets.
async fn got(client: &mut Client, method: &str, fields: &[(&str, &str)], answer: &[u8]) -> (String, Vec<u8>) {
    let mut text =
        format!("{method} /x?{} HTTP/1.1\r\nHost: late.test\r\n", data_encoding::HEXLOWER.encode(answer));
    for (name, value) in fields {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    client.send(format!("{text}\r\n")).await;
    let got = if method == "HEAD" { client.answer_to_head().await } else { client.answer().await };
    // The gateway's own words about the connection are not the application's.
    let ours = ["date:", "connection:"];
    let lines =
        got.head.lines().filter(|line| !ours.iter().any(|name| line.to_ascii_lowercase().starts_with(name)));
    (lines.collect::<Vec<_>>().join("\r\n"), got.body)
}

fn came(answer: &[u8]) -> (String, Vec<u8>) {
    let at = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    (format!("{}\r\n", String::from_utf8_lossy(&answer[..at])), answer[at + 4..].to_vec())
}

#[tokio::test]
async fn an_answer_that_is_no_page_is_left_alone() {
    let (office, _origin) = office().await;
    let mut client = office.connect().await;
    let html = "Content-Type: text/html\r\n";
    let fields = [&NAVIGATION[..], &[ACCEPT, ("Accept-Encoding", "gzip, br, zstd")]].concat();
    // The control: such a page does get it.
    let control = answer(200, html, PAGE.as_bytes());
    let (head, body) = got(&mut client, "GET", &fields, &control).await;
    assert!(body.len() > PAGE.len() && !head.to_lowercase().contains("content-length"), "{head}");
    let mut cases: Vec<(u16, String)> = Vec::new();
    for status in [201, 203, 400, 401, 403, 404, 500, 503] {
        let (_, body) = got(&mut client, "GET", &fields, &answer(status, html, PAGE.as_bytes())).await;
        assert!(body.len() > PAGE.len(), "{status} is a page");
    }
    cases.extend([205, 206, 300, 301, 302, 303, 307, 308].map(|status| (status, html.to_owned())));
    for kind in [
        "text/plain",
        "application/xhtml+xml",
        "application/json",
        "text/htmlx",
        "multipart/x-mixed-replace; boundary=text/html",
        "text/event-stream",
        "image/svg+xml",
        "text/html; charset=utf-16",
        "text/html; charset=UTF-16LE",
        "text/html;charset=\"utf-16be\"",
        "text/html; x=y; charset=iso-2022-jp",
        "text/html; charset=hz-gb-2312",
        "text/html; charset = utf-16",
    ] {
        cases.push((200, format!("Content-Type: {kind}\r\n")));
    }
    cases.push((200, String::new()));
    cases.push((200, format!("{html}{html}")));
    for more in [
        "Content-Disposition: attachment",
        "Content-Disposition: attachment; filename=\"x.html\"",
        "Content-Disposition: Something",
        "Cache-Control: no-transform",
        "Cache-Control: max-age=60, No-Transform",
        "Content-Encoding: dcz",
        "Content-Encoding: gzip, gzip",
        "Content-Encoding: compress",
        "Content-Range: bytes 0-69/70",
        "Trailer: X-Sum",
        "Content-Security-Policy: default-src 'none'",
        "Content-Security-Policy: sandbox",
        "Content-Security-Policy: script-src \u{e4}",
    ] {
        cases.push((200, format!("{html}{more}\r\n")));
    }
    for (status, fields_of_answer) in cases {
        let answer = answer(status, &fields_of_answer, PAGE.as_bytes());
        let got = got(&mut client, "GET", &fields, &answer).await;
        assert_eq!(got, came(&answer), "{status} {fields_of_answer}");
    }
}

#[tokio::test]
async fn these_are_pages() {
    let (office, _origin) = office().await;
    let mut client = office.connect().await;
    let fields = [&NAVIGATION[..], &[ACCEPT]].concat();
    for kind in [
        "text/html",
        "TEXT/HTML",
        "text/html;charset=utf-8",
        "text/html; charset=\"ISO-8859-1\"",
        "text/html; charset=shift_jis",
        "text/html; charset=gbk",
        "text/html; charset=big5",
        "text/html; charset=windows-1252",
        "text/html; charset=euc-jp",
        "text/html; charset=klingon",
        "text/html; charset=",
        "text/html; charset=us-ascii",
        "text/html;",
        "text/html\r\nContent-Disposition: inline",
        "text/html\r\nCache-Control: no-store",
        "text/html\r\nContent-Encoding: identity",
    ] {
        let (_, body) = got(
            &mut client,
            "GET",
            &fields,
            &answer(200, &format!("Content-Type: {kind}\r\n"), PAGE.as_bytes()),
        )
        .await;
        assert!(body.len() > PAGE.len(), "{kind}");
    }
}

#[tokio::test]
async fn a_request_that_shows_no_page_gets_what_came() {
    let (office, _origin) = office().await;
    let mut client = office.connect().await;
    let answer = answer(200, "Content-Type: text/html\r\n", PAGE.as_bytes());
    let dest = |value| ("Sec-Fetch-Dest", value);
    let mode = |value| ("Sec-Fetch-Mode", value);
    let table: &[(&[(&str, &str)], bool)] = &[
        (&[dest("document"), mode("navigate")], true),
        (&[dest("iframe"), mode("navigate")], true),
        (&[dest("frame"), mode("navigate")], true),
        (&[dest("empty"), mode("cors"), ACCEPT], false),
        (&[dest("empty"), mode("same-origin")], false),
        (&[dest("empty"), mode("no-cors")], false),
        // A service worker that hands the browser's own request on.
        (&[dest("empty"), mode("navigate")], true),
        (&[dest("empty"), mode("no-cors"), ("Sec-Purpose", "prefetch")], true),
        (&[dest("embed"), mode("navigate")], false),
        (&[dest("object"), mode("navigate")], false),
        (&[dest("script"), mode("no-cors")], false),
        (&[dest("image")], false),
        // Without TLS browsers say nothing of this.
        (&[ACCEPT], true),
        (&[ACCEPT, ("X-Requested-With", "XMLHttpRequest")], false),
        (&[ACCEPT, ("HX-Request", "true")], false),
        (&[("Accept", "*/*")], false),
        (&[("Accept", "application/json, text/html")], false),
        (&[], false),
        (&[dest("document"), mode("navigate"), ("Range", "bytes=0-10")], false),
    ];
    for (fields, expected) in table {
        let got = got(&mut client, "GET", fields, &answer).await;
        assert_eq!(got.1.len() > PAGE.len(), *expected, "{fields:?}");
        if !expected {
            assert_eq!(got, came(&answer), "{fields:?}");
        }
    }
    let got = got(&mut client, "HEAD", &NAVIGATION, &answer[..answer.len() - PAGE.len()]).await;
    assert_eq!(got.0, came(&answer).0);
    // A client of HTTP/1.0 knows no chunks.
    let mut old = office.connect().await;
    let hex = data_encoding::HEXLOWER.encode(&answer);
    let got = old.ask(format!("GET /x?{hex} HTTP/1.0\r\nHost: late.test\r\nAccept: text/html\r\n\r\n")).await;
    assert_eq!((got.text().as_str(), got.field("etag")), (PAGE, Some("\"v1\"")));
}

#[tokio::test]
async fn the_pages_of_the_gateway_get_none() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let fields =
        [&[("Host", "bank.test"), ("X-Forwarded-User", "alice")], &NAVIGATION[..], &[ACCEPT]].concat();
    for (line, status) in [
        ("GET /.countersign/held/x", 404),
        ("POST /transfer", 403),
        ("POST /forbidden", 403),
        ("GET /archive/2025", 403),
    ] {
        let got = office.ask(line, &fields, b"").await;
        assert_eq!(got.status, status, "{}", got.text());
        assert!(got.field("content-type").unwrap().starts_with("text/html"), "{line}");
        assert!(
            got.field("content-length").is_some() && !got.text().contains("agent.js"),
            "{line}: {}",
            got.text()
        );
    }
    drop(alice);
    // An application that cannot be reached.
    let fields = [&[("Host", "late.test")], &NAVIGATION[..], &[ACCEPT]].concat();
    let got = office.ask("GET /", &fields, b"").await;
    assert_eq!(got.status, 502);
    assert!(!got.text().contains("agent.js"));
}

#[tokio::test]
async fn a_fragment_is_left_alone() {
    let (office, _origin) = office().await;
    let mut client = office.connect().await;
    let fields = [&NAVIGATION[..], &[ACCEPT]].concat();
    for body in [
        "",
        "<p>one</p>",
        "<tr><td>1</td></tr>",
        "<textarea>{\"id\":1}</textarea>",
        "{}",
        "<!-- c --> text <html>",
        "\0\0\0\0",
    ] {
        let answer = answer(200, "Content-Type: text/html\r\n", body.as_bytes());
        let (_, got) = got(&mut client, "GET", &fields, &answer).await;
        assert_eq!(String::from_utf8_lossy(&got), body);
    }
}

#[tokio::test]
async fn a_page_on_the_wire_goes_on_as_it_comes() {
    let office = Office::start().await;
    let told = Arc::new(Notify::new());
    let wait = told.clone();
    let chunk = |text: &str| Step::Send(format!("{:x}\r\n{text}\r\n", text.len()).into_bytes());
    let steps = vec![
        Step::Send(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
        ),
        chunk("<!doctype html>\n<!-- working -->"),
        Step::Wait(wait.clone()),
        chunk("<html><head><title>"),
        Step::Wait(wait),
        chunk("x"),
        Step::Send(b"0\r\n\r\n".to_vec()),
    ];
    let _origin = Origin::start_at(office.late, When::Whole, move |_| steps.clone()).await;
    let mut client = office.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: late.test\r\nAccept: text/html\r\n\r\n").await;
    client.head().await;
    assert_eq!(client.chunk().await.unwrap(), b"<!doctype html>\n<!-- working -->");
    told.notify_one();
    let next = String::from_utf8(client.chunk().await.unwrap()).unwrap();
    assert!(next.starts_with("<html><head><script src=") && next.ends_with("</script><title>"), "{next}");
    told.notify_one();
    assert_eq!(client.chunk().await.unwrap(), b"x");
    assert_eq!(client.chunk().await, None);
}
