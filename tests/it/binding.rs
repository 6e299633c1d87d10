//! Can anybody but its creator see, answer or release a held request, or make one in the creator's name?

use countersign::base::time::Span;

use crate::harness::office::{
    FORM, Held, NAVIGATION, Office, Setup, held, held_by_page, json, refresh, request,
};
use crate::harness::raw::Answer;

/// A navigation as another site causes it.
const FOREIGN: [(&str, &str); 3] =
    [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];

#[track_caller]
fn is(answer: &Answer, status: u16, problem: &str) {
    assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{}", answer.text());
}

#[tokio::test]
async fn another_user_is_told_that_there_is_nothing() {
    let office = Office::start().await;
    let (alice, bob) = (office.person("alice").await, office.person("bob").await);
    let held = office.hold(&alice, "amount=5000").await;
    let nobody = Held { id: "held_01JD0000000000000000000000".to_owned(), ..held.clone() };
    for stranger in [Held { who: bob.who(), ..held.clone() }, nobody] {
        is(&office.api(&stranger, "GET", "", "").await, 404, "not-found");
        is(&office.api(&stranger, "GET", "/events", "").await, 404, "not-found");
        is(&office.answer(&stranger, &bob.totp, &office.code()).await, 404, "not-found");
        is(&office.answer(&stranger, &alice.totp, &office.code()).await, 404, "not-found");
        is(&office.api(&stranger, "POST", "/reject", r#"{"reason":"not_me"}"#).await, 404, "not-found");
        is(&office.release(&stranger).await, 404, "not-found");
    }
    // In his own request her authenticator is none, nor his in hers.
    let his = office.hold(&bob, "amount=1").await;
    is(&office.answer(&his, &alice.totp, &office.code()).await, 409, "conflict");
    is(&office.answer(&held, &bob.totp, &office.code()).await, 409, "conflict");
    // Nor with her secret for his request.
    let mixed = Held { secret: held.secret.clone(), ..his };
    is(&office.api(&mixed, "GET", "", "").await, 404, "not-found");
    office.approve(&held, &alice).await;
    is(&office.release(&Held { who: bob.who(), ..held.clone() }).await, 404, "not-found");
    let nobody_at_all = Held { who: ("X-Nothing".to_owned(), "x".to_owned()), ..held.clone() };
    is(&office.release(&nobody_at_all).await, 401, "unknown-user");
    assert!(office.arrived().is_empty());
    assert_eq!(office.release(&held).await.status, 201);
}

#[tokio::test]
async fn another_browser_of_the_same_user_cannot() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.navigate("POST /transfer", "bank.test", alice.who(), b"amount=5000").await;
    assert!(held.cookie.starts_with("countersign=") && held.cookie.len() == 12 + 43, "{}", held.cookie);
    let other = office.navigate("POST /transfer", "bank.test", alice.who(), b"amount=1").await;
    assert_ne!(other.cookie, held.cookie);
    let bare = Held { cookie: String::new(), ..held.clone() };
    let foreign = Held { cookie: other.cookie.clone(), ..held.clone() };
    let find = format!("GET /.countersign/held/{}", held.id);
    for stranger in [&bare, &foreign] {
        is(&office.ask_with(&find, stranger.fields(), &[], b"").await, 404, "not-found");
    }
    let target = office.approve_by_page(&held, &alice).await;
    let way_back = |held: &Held| held.fields();
    for stranger in [&bare, &foreign] {
        assert_eq!(office.arrive(stranger, &target).await.status, 404);
        is(&office.ask_with(&format!("GET {target}"), way_back(stranger), &[], b"").await, 404, "not-found");
    }
    // Nor does the page's credential work as a program's, nor with a part changed.
    let credential = target.split("__countersign=").nth(1).unwrap().to_owned();
    let by_header = [("Countersign-Release", credential.as_str())];
    is(&office.ask_with("POST /transfer", held.fields(), &by_header, b"").await, 404, "not-found");
    for bent in [
        format!("{target}x"),
        target.replace("held_", "Held_"),
        format!("{target}&__countersign={credential}"),
    ] {
        assert_eq!(office.arrive(&held, &bent).await.status, 404, "{bent}");
    }
    assert!(office.arrived().is_empty());
    assert_eq!(office.arrive(&held, &target).await.status, 201);
    // The browser keeps one key for all its held requests.
    let more = [NAVIGATION.as_slice(), &[FORM]].concat();
    let again = office.ask_with("POST /transfer", held.fields(), &more, b"amount=2").await;
    assert_eq!((again.status, again.field("set-cookie")), (403, None));
}

#[tokio::test]
async fn a_handoff_works_once_and_for_a_short_time() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.navigate("POST /transfer", "bank.test", alice.who(), b"amount=5000").await;
    let link = format!("GET {}", held.prompt);
    // Neither a prefetch nor a frame spends it.
    let speculative =
        request(&link, &[("Host", "approve.localhost:8081"), ("Sec-Purpose", "prefetch;prerender")], b"");
    let portal = office.running().portal.unwrap();
    let answer = crate::harness::raw::Client::connect(portal).await.ask(speculative).await;
    assert!(answer.status >= 400 && answer.field("set-cookie").is_none(), "{}", answer.head);
    let framed = request(&link, &[("Host", "approve.localhost:8081"), ("Sec-Fetch-Dest", "iframe")], b"");
    let answer = crate::harness::raw::Client::connect(portal).await.ask(framed).await;
    assert!(answer.status >= 400 && answer.field("set-cookie").is_none(), "{}", answer.head);

    let cookie = office.open_prompt(&held).await;
    assert_eq!(office.portal(&link, "", None).await.status, 403, "spent");
    assert_eq!(
        office.portal(&format!("GET /held/{}", held.id), "", None).await.status,
        403,
        "another browser"
    );
    let done = office.give(&held.id, &cookie, &alice.totp, &office.code()).await;
    assert_eq!(done.status, 200, "{}", done.text());
    office.next_code();

    let slow = office.navigate("POST /transfer", "bank.test", alice.who(), b"amount=1").await;
    office.clock.advance(Span::from_secs(121));
    assert_eq!(office.portal(&format!("GET {}", slow.prompt), "", None).await.status, 403, "too old");
}

#[tokio::test]
async fn a_lost_prompt_is_found_again() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let mut held =
        office.navigate("POST /transfer", "bank.test", alice.who(), b"amount=5000&iban=DE89").await;
    office.clock.advance(Span::from_secs(300));
    let find = format!("GET /.countersign/held/{}", held.id);
    let page = office.ask_with(&find, held.fields(), &NAVIGATION, b"").await;
    assert_eq!(page.status, 200, "{}", page.text());
    let text = page.text();
    assert!(
        text.contains("waiting for your approval") && text.contains("Transfer 5000 EUR to DE89"),
        "{text}"
    );
    assert!(!text.contains("http-equiv"), "it does not go on by itself");
    let link = text.split("href=\"http://approve.localhost:8081").nth(1).unwrap().split('"').next().unwrap();
    assert_ne!(link, held.prompt, "a new handoff");
    held.prompt = link.to_owned();
    let target = office.approve_by_page(&held, &alice).await;
    let approved = office.ask_with(&find, held.fields(), &NAVIGATION, b"").await;
    assert!(
        approved.text().contains("This is approved and has not been passed on yet."),
        "{}",
        approved.text()
    );
    assert_eq!(office.arrive(&held, &target).await.status, 201);
    let over = office.ask_with(&find, held.fields(), &NAVIGATION, b"").await;
    assert!(over.text().contains("carried out once"), "{}", over.text());
    assert_eq!(office.arrived().len(), 1);
}

#[tokio::test]
async fn what_another_site_causes_is_not_held() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let navigating = ("Sec-Fetch-Mode", "navigate");
    for foreign in [
        vec![("Sec-Fetch-Site", "cross-site")],
        vec![("Sec-Fetch-Site", "cross-site"), ("Origin", "http://bank.test")],
        vec![("Sec-Fetch-Site", "anything")],
        vec![("Origin", "null")],
        vec![("Origin", "http://evil.test")],
        vec![("Origin", "https://bank.test")],
        vec![("Origin", "http://bank.test:81")],
        vec![("Origin", "null"), ("Referer", "http://bank.test/")],
        vec![("Referer", "http://evil.test/http://bank.test/")],
        vec![("Referer", "not a URL")],
        vec![("Referer", "http://bank.test.evil.test/")],
    ] {
        let mut fields = foreign.clone();
        fields.extend([FORM, ("X-Forwarded-User", "alice")]);
        let answer = office.ask("POST /transfer", &fields, b"amount=5000").await;
        is(&answer, 403, "cross-site-request");
        fields.push(navigating);
        let page = office.ask("POST /transfer", &fields, b"amount=5000").await;
        assert_eq!(page.status, 403, "{foreign:?}");
        assert!(page.text().contains("another site asked for it"), "{foreign:?}: {}", page.text());
        assert_eq!(page.field("set-cookie"), None, "{foreign:?}");
    }
    for twice in [
        [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")],
        [("Origin", "http://bank.test"), ("Origin", "http://evil.test")],
    ] {
        let fields = [twice.as_slice(), &[FORM, ("X-Forwarded-User", "alice")]].concat();
        is(&office.ask("POST /transfer", &fields, b"amount=5000").await, 400, "ambiguous-request");
    }
    assert_eq!(office.audited(&["held"]).await, 0);
    for own in [
        vec![("Sec-Fetch-Site", "same-origin")],
        vec![("Sec-Fetch-Site", "same-site")],
        vec![("Sec-Fetch-Site", "none")],
        vec![("Origin", "http://bank.test")],
        vec![("Referer", "http://bank.test/form?a=b")],
        vec![],
    ] {
        let mut fields = own.clone();
        fields.extend([FORM, ("X-Forwarded-User", "alice")]);
        let answer = office.ask("POST /transfer", &fields, b"amount=5000").await;
        held(&answer, "POST /transfer", "bank.test", alice.who());
    }
    // A link from a mail gets a page that starts again from the application.
    let mut fields = FOREIGN.to_vec();
    fields.push(("X-Forwarded-User", "alice"));
    let page = office.ask("GET /archive/2025?page=2", &fields, b"").await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("href=\"/archive/2025?page=2\""), "{}", page.text());
    assert!(!page.text().contains("http-equiv"), "{}", page.text());
    assert!(office.arrived().is_empty());
}

#[tokio::test]
async fn listed_origins_may_cause_what_is_held() {
    let app = "origins = [\"https://front.example.com\"]";
    let office = Office::with(Setup { app, ..Setup::default() }).await;
    let alice = office.person("alice").await;
    let listed = ("Origin", "https://front.example.com");
    for fields in [vec![listed], vec![listed, ("Sec-Fetch-Site", "cross-site")]] {
        let fields = [fields.as_slice(), &[FORM, ("X-Forwarded-User", "alice")]].concat();
        let answer = office.ask("POST /transfer", &fields, b"amount=5000").await;
        held(&answer, "POST /transfer", "bank.test", alice.who());
    }
    for origin in
        ["https://front.example.com.evil.test", "http://front.example.com", "https://other.example.com"]
    {
        let fields = [FORM, ("X-Forwarded-User", "alice"), ("Origin", origin)];
        is(&office.ask("POST /transfer", &fields, b"amount=5000").await, 403, "cross-site-request");
    }
}

#[tokio::test]
async fn a_guess_of_the_browser_does_nothing() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let guesses = [
        ("Sec-Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch;prerender"),
        ("Purpose", "prefetch"),
        ("X-Moz", "prefetch"),
    ];
    for guess in guesses {
        let fields = [guess, ("X-Forwarded-User", "alice"), NAVIGATION[0]];
        is(&office.ask("GET /archive/2025", &fields, b"").await, 403, "not-holdable");
    }
    assert_eq!(office.audited(&["held"]).await, 0);
    let held = office.navigate("GET /archive/2025", "bank.test", alice.who(), b"").await;
    let target = office.approve_by_page(&held, &alice).await;
    for guess in guesses {
        let answer = office.ask_with(&format!("GET {target}"), held.fields(), &[guess], b"").await;
        is(&answer, 403, "not-holdable");
    }
    // Nor does a foreign page that knows the URL, nor a frame.
    let page = office.ask_with(&format!("GET {target}"), held.fields(), &FOREIGN, b"").await;
    assert_eq!(page.status, 403);
    let framed = [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Dest", "iframe")];
    is(
        &office.ask_with(&format!("GET {target}"), held.fields(), &framed, b"").await,
        403,
        "cross-site-request",
    );
    assert!(office.arrived().is_empty());
    assert_eq!(office.arrive(&held, &target).await.status, 201);
}

#[tokio::test]
async fn a_frame_gets_the_page_without_going_on() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    for place in ["iframe", "frame", "embed", "object"] {
        let framed = [
            ("Sec-Fetch-Site", "same-origin"),
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-Dest", place),
            FORM,
        ];
        let own = vec![alice.who()];
        let answer = office.ask_with("POST /transfer", own, &framed, b"amount=5000").await;
        assert!(!answer.text().contains("http-equiv"), "{place}: {}", answer.text());
        assert!(answer.text().contains("target=\"_top\""), "{place}");
        held_by_page(&answer, "POST /transfer", "bank.test", alice.who());
    }
    let own = vec![alice.who()];
    let more = [NAVIGATION.as_slice(), &[FORM]].concat();
    let answer = office.ask_with("POST /transfer", own, &more, b"amount=5000").await;
    let held = held_by_page(&answer, "POST /transfer", "bank.test", alice.who());
    assert_eq!(refresh(&answer), format!("http://approve.localhost:8081{}", held.prompt));
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    assert!(answer.field("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
}

#[tokio::test]
async fn a_pages_script_cannot_use_the_interface_for_programs() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let held = office.hold(&alice, "amount=5000").await;
    let body = serde_json::json!({ "authenticator": alice.totp, "code": office.code() }).to_string();
    for sign in [
        ("Origin", "http://bank.test"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Site", "none"),
    ] {
        for (method, what) in [
            ("GET", ""),
            ("GET", "/events"),
            ("POST", "/answers"),
            ("POST", "/reject"),
            ("POST", "/challenges"),
        ] {
            let line = format!("{method} /.countersign/api/v1/held/{}{what}", held.id);
            let more = [sign, ("Countersign-Release", &*held.credential())];
            let answer = office.ask_with(&line, held.fields(), &more, body.as_bytes()).await;
            is(&answer, 403, "cross-site-request");
        }
    }
    assert_eq!(office.state(&held).await, "held");
    office.approve(&held, &alice).await;
}

#[tokio::test]
async fn an_upgrade_on_a_guarded_path_is_refused() {
    let office = Office::start().await;
    office.person("alice").await;
    let upgrade = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("X-Forwarded-User", "alice"),
    ];
    is(&office.ask("GET /archive/2025", &upgrade, b"").await, 403, "not-holdable");
    assert!(office.arrived().is_empty());
    assert_eq!(
        office.ask("GET /elsewhere", &upgrade, b"").await.status,
        201,
        "the rest is not the gateway's business"
    );
}

#[tokio::test]
async fn the_reserved_path_is_never_forwarded() {
    let office = Office::start().await;
    for path in [
        "/.countersign",
        "/.countersign/",
        "/.countersign/anything",
        "/.countersign/api/v1/held",
        "/.countersign/return/x",
        "/%2ecountersign/x",
        "/.COUNTERSIGN/x",
        "//.countersign/x",
        "/./.countersign/x",
        "/.countersign;a=b/x",
        "/.countersign%2fx",
    ] {
        for method in ["GET", "POST", "OPTIONS"] {
            let answer = office.ask(&format!("{method} {path}"), &[("X-Forwarded-User", "alice")], b"").await;
            assert!(answer.status >= 400, "{method} {path}: {}", answer.status);
            assert_eq!(answer.field("x-application"), None, "{method} {path}");
        }
    }
    assert!(office.arrived().is_empty(), "{:?}", office.arrived());
}

#[tokio::test]
async fn who_it_is_is_asked_afresh_at_the_release() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let session = || ("Cookie".to_owned(), "theme=dark; sessionid=alice".to_owned());
    let asked = |office: &Office| office.app.seen().len() - office.arrived().len();
    let held = office.hold_with("POST /transfer", "club.test", session(), &[FORM], b"amount=5000").await;
    assert_eq!(asked(&office), 1);
    let second = office.hold_with("POST /transfer", "club.test", session(), &[FORM], b"amount=1").await;
    assert_eq!(asked(&office), 1, "cached for holding");
    office.approve(&held, &alice).await;
    let before = asked(&office);
    office.signed_out.lock().unwrap().insert("alice".to_owned());
    is(&office.release(&held).await, 401, "unknown-user");
    assert_eq!(asked(&office), before + 1, "asked again");
    is(&office.api(&second, "GET", "", "").await, 401, "unknown-user");
    assert!(office.arrived().is_empty());

    office.signed_out.lock().unwrap().clear();
    let bobs = Held { who: ("Cookie".to_owned(), "sessionid=bob".to_owned()), ..held.clone() };
    is(&office.release(&bobs).await, 404, "not-found");
    assert_eq!(office.release(&held).await.status, 201);
    assert_eq!(office.only().one("cookie"), "theme=dark; sessionid=alice");
    // The application cannot be asked: nothing is decided.
    assert_eq!(json(&office.api(&second, "GET", "", "").await.body)["state"], "held");
}

#[tokio::test]
async fn a_session_that_ended_takes_the_navigation_with_it() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    let session = ("Cookie".to_owned(), "sessionid=alice".to_owned());
    let held = office.navigate("POST /transfer", "club.test", session, b"amount=5000").await;
    let target = office.approve_by_page(&held, &alice).await;
    office.signed_out.lock().unwrap().insert("alice".to_owned());
    let page = office.arrive(&held, &target).await;
    assert_eq!(page.status, 401, "{}", page.text());
    assert!(page.text().contains("does not say who you are"), "{}", page.text());
    assert!(office.arrived().is_empty());
    office.signed_out.lock().unwrap().clear();
    assert_eq!(office.arrive(&held, &target).await.status, 201);
    assert_eq!(office.only().body, b"amount=5000");
}
