//! Question: is a body judged that no header announces, as HTTP/2 allows?

use http::Request;

use crate::harness::office::Office;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_http2_body_without_a_length_is_judged_by_what_arrives() {
    let office = Office::start().await;
    office.person("alice").await;
    let client = office.h2("bank.test").await;
    let asked = |kind: &str, user: Option<&str>| {
        let mut asked = Request::post("https://bank.test/pay").header("content-type", kind);
        if let Some(user) = user {
            asked = asked.header("x-forwarded-user", user);
        }
        asked.body(()).unwrap()
    };
    let form = "application/x-www-form-urlencoded";
    let mut passed = 0;
    for (kind, body, status) in [
        (form, "amount=5000", 403),
        ("application/json", r#"{"amount":5000}"#, 403),
        (form, "amount=5", 201),
        ("application/json", r#"{"amount":5}"#, 201),
        ("text/plain", "amount=5000", 400),
        (form, "amount=5000", 403),
    ] {
        let answer = client.ask(asked(kind, Some("alice")), body.as_bytes()).await;
        assert_eq!(answer.status, status, "{kind} {body}: {}", String::from_utf8_lossy(&answer.body));
        passed += usize::from(status == 201);
        assert_eq!(office.arrived().len(), passed, "{kind} {body}");
    }
    // Nobody in particular: judged up to 64 KiB, refused beyond, and never forwarded when it would be held.
    let long = format!("amount=5&note={}", "x".repeat(100_000));
    for (body, status) in [("amount=5000", 401), (long.as_str(), 401)] {
        let answer = client.ask(asked(form, None), body.as_bytes()).await;
        assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.body));
        assert_eq!(office.arrived().len(), passed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_get_with_a_body_is_refused_however_it_comes() {
    let office = Office::start().await;
    let client = office.h2("bank.test").await;
    let get = || Request::get("https://bank.test/public").body(()).unwrap();
    assert_eq!(client.ask(get(), b"").await.status, 201);
    let answer = client.ask(get(), b"GET /admin HTTP/1.1\r\n\r\n").await;
    assert_eq!(answer.status, 400, "{}", String::from_utf8_lossy(&answer.body));
    assert!(String::from_utf8_lossy(&answer.body).contains("unexpected-body"));
    let answer = office.ask("GET /public", &[], b"GET /admin HTTP/1.1\r\n\r\n").await;
    assert_eq!(answer.status, 400);
    assert_eq!(office.arrived().len(), 1);
}
