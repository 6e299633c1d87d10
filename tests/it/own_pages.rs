//! Question: is any answer of the gateway's own kept by a cache, or does one lead a browser anywhere but to its application and the portal?

use crate::harness::office::{FORM, Held, NAVIGATION, Office, PORTAL, refresh};
use crate::harness::raw::Answer;

/// All places an answer leads to: links, refreshes, redirects.
fn ways(answer: &Answer) -> Vec<String> {
    let text = answer.text();
    let mut ways: Vec<String> = answer.field("location").map(str::to_owned).into_iter().collect();
    for (before, after) in [("href=\"", '"'), ("url=", '"'), ("action=\"", '"'), ("src=\"", '"')] {
        let found = text.split(before).skip(1).map(|rest| rest.split(after).next().unwrap());
        ways.extend(found.map(|way| way.replace("&amp;", "&").replace("&#38;", "&")));
    }
    ways
}

/// Whether a browser that is on `bank.test` stays there with it, or goes to the portal.
fn is_ours(way: &str) -> bool {
    let on = |origin: &str| {
        way.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    };
    // As browsers read it: a backslash is a slash, and what they drop cannot part two slashes.
    let path = || way.starts_with('/') && !way[1..].starts_with(['/', '\\', '\t', '\r', '\n']);
    on(PORTAL) || on("http://bank.test") || path() || way.starts_with("data:,")
}

#[track_caller]
fn stays(answer: &Answer, what: &str) {
    for way in ways(answer) {
        assert!(is_ours(&way), "{what}: leads to `{way}`\n{}", answer.text());
    }
}

#[test]
fn the_judgement_itself_tells_them_apart() {
    for good in ["/", "/a?b=//c", "http://bank.test/x", "http://bank.test", PORTAL] {
        assert!(is_ours(good), "{good}");
    }
    for bad in [
        "//evil",
        "/\\evil",
        "http://bank.test.evil/",
        "http://bank.test@evil/",
        "https:evil",
        "javascript:x",
        "evil",
    ] {
        assert!(!is_ours(bad), "{bad}");
    }
}

#[tokio::test]
async fn no_answer_leads_elsewhere() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let cross = [("Sec-Fetch-Site", "cross-site"), NAVIGATION[1], NAVIGATION[2]];
    let mut released = 0;
    for target in [
        "/archive/2025",
        "/archive/2025?next=//evil.test",
        "//archive/2025",
        "///archive/2025",
        "/.//archive/2025",
        "/\\archive/2025",
        "/\\/archive/2025",
        "//evil.test/..//archive/2025",
        "/evil.test/..//archive/2025",
        "//evil.test/%2e%2e/archive/2025",
        "/archive//evil.test",
        "/archive/https:%2f%2fevil.test",
        "/archive/%0d%0aLocation:%20https:%2f%2fevil.test",
        "/archive/javascript:alert(1)",
        "/archive/\"onmouseover=alert(1)",
        "http://bank.test//archive/2025",
        "http://evil.test/archive/2025",
    ] {
        for (fields, what) in [(&cross, "from elsewhere"), (&NAVIGATION, "from the application")] {
            let fields = [fields.as_slice(), &[("X-Forwarded-User", "alice")]].concat();
            let answer = office.ask(&format!("GET {target}"), &fields, b"").await;
            stays(&answer, &format!("{target} {what}"));
            if answer.field("countersign-held").is_none() || answer.status != 403 {
                continue;
            }
            // It is held: all the way back to the address that it came from.
            let held = crate::harness::office::held_by_page(
                &answer,
                &format!("GET {target}"),
                "bank.test",
                alice.who(),
            );
            let cookie = office.open_prompt(&held).await;
            let done = office.give(&held.id, &cookie, &alice.totp, &office.code()).await;
            office.next_code();
            stays(&done, &format!("{target} approved"));
            let way_back = refresh(&done);
            let path =
                way_back.strip_prefix("http://bank.test").unwrap_or_else(|| panic!("{target}: {way_back}"));
            let page = office.ask_with(&format!("GET {path}"), held.fields(), &cross, b"").await;
            stays(&page, &format!("{target} on the way back"));
            released += 1;
        }
    }
    assert!(released >= 2, "some were held: {released}");
}

#[track_caller]
fn uncached(answer: &Answer, what: &str) {
    assert_eq!(answer.field("cache-control"), Some("no-store"), "{what}: {}", answer.head);
    for field in ["etag", "last-modified", "expires", "age"] {
        assert_eq!(answer.field(field), None, "{what}: {}", answer.head);
    }
    assert_eq!(answer.field("x-application"), None, "{what} is the application's own");
}

/// Each step of a request's life, as a browser and as a program see it. Refusals: `problems.rs`.
#[tokio::test]
async fn no_cache_keeps_an_answer_of_the_gateway() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    // A name that a cache in front takes for a picture changes nothing.
    for target in ["/transfer", "/transfer?x=.css", "/transfer;a.css", "/transfer/"] {
        let more = [NAVIGATION.as_slice(), &[FORM]].concat();
        let answer =
            office.ask_with(&format!("POST {target}"), vec![alice.who()], &more, b"amount=5000").await;
        if answer.field("x-application").is_none() {
            uncached(&answer, target);
        }
    }
    let held = office.navigate("POST /transfer", "bank.test", alice.who(), b"amount=5000").await;
    let find = |held: &Held| format!("GET /.countersign/held/{}", held.id);
    let lost = office.navigate("POST /transfer", "bank.test", alice.who(), b"amount=6000").await;
    uncached(&office.ask_with(&find(&lost), lost.fields(), &NAVIGATION, b"").await, "found again");
    let target = office.approve_by_page(&held, &alice).await;
    uncached(&office.ask_with(&find(&held), held.fields(), &NAVIGATION, b"").await, "approved");
    let answer = office.arrive(&held, &target).await;
    assert_eq!(
        (answer.status, answer.field("cache-control")),
        (201, Some("no-store")),
        "the released answer"
    );
    uncached(&office.arrive(&held, &target).await, "released again");
    uncached(&office.ask_with(&find(&held), held.fields(), &NAVIGATION, b"").await, "delivered");

    let mine = office.hold(&alice, "amount=1").await;
    uncached(&office.ask_with("POST /transfer", mine.fields(), &[FORM], b"amount=2").await, "a program's");
    let later = [FORM, ("Prefer", "respond-async")];
    uncached(&office.ask_with("POST /transfer", mine.fields(), &later, b"amount=3").await, "202");
    uncached(&office.api(&mine, "GET", "", "").await, "the API's document");
    let body = serde_json::json!({ "authenticator": alice.totp }).to_string();
    uncached(&office.api(&mine, "POST", "/challenges", &body).await, "a challenge");
    uncached(&office.answer(&mine, &alice.totp, "000000").await, "a wrong answer");
    uncached(&office.answer(&mine, &alice.totp, &office.code()).await, "a right answer");
    assert_eq!(office.release(&mine).await.field("cache-control"), Some("no-store"));
    uncached(&office.release(&mine).await, "released again by a program");
    uncached(&office.ask_with("GET /.countersign/nothing", mine.fields(), &[], b"").await, "nothing there");
}
