//! What must not work at the portal, and does it say so without having done anything?

use countersign::flow::view::StateName;

use crate::portal_stage::{HOST, ORIGIN, Stage, form_headers};

#[tokio::test]
async fn loading_ahead_spends_no_handoff() {
    let stage = Stage::start().await;
    let case = stage.hold().await;
    let link = format!("/held/{}?handoff={}", case.id, case.handoff);
    for (method, name, value) in [
        ("GET", "Sec-Purpose", "prefetch"),
        ("GET", "Sec-Purpose", "prefetch;prerender"),
        ("GET", "Purpose", "prefetch"),
        ("GET", "X-Moz", "prefetch"),
        ("GET", "Sec-Fetch-Dest", "iframe"),
        ("GET", "Sec-Fetch-Dest", "image"),
        ("HEAD", "Accept", "*/*"),
    ] {
        let answer = stage.send(method, &link, &[("Host", HOST), (name, value)], "").await;
        assert_eq!(answer.status, 403, "{method} {name}: {value}");
        assert_eq!(answer.header("set-cookie"), None);
    }
    // It works once: none of these had spent it, and a real navigation does.
    assert_eq!(stage.get(&link, "").await.status, 303);
    assert_eq!(stage.get(&link, "").await.status, 403);
}

#[tokio::test]
async fn a_wrong_handoff_opens_nothing() {
    let stage = Stage::start().await;
    let case = stage.hold().await;
    let twice = format!("handoff={0}&handoff={0}", case.handoff);
    for (query, status) in
        [("handoff=x", 403), ("handoff=", 403), ("handoff=x&handoff=y", 404), (&twice, 404), ("", 404)]
    {
        let answer = stage.get(&format!("/held/{}?{query}", case.id), "").await;
        assert_eq!(answer.status, status, "{query}");
        assert_eq!(answer.header("set-cookie"), None, "{query}");
        assert!(!answer.body.contains("5000"), "nothing of the request is told");
    }
    for id in ["held_01J0000000000000000000000A", "auth_01J0000000000000000000000A", "x", "%ff", "..%2f"] {
        stage.get(&format!("/held/{id}?handoff={}", case.handoff), "").await.shows(404, &[]);
    }
}

#[tokio::test]
async fn forms_of_others_do_nothing() {
    let stage = Stage::start().await;
    let (case, other) = (stage.opened().await, stage.opened().await);
    let code = stage.world.code();
    let fields = format!("&authenticator={}&code={code}", case.totp);
    let good = format!("csrf={}{fields}", stage.token(&case));
    let target = format!("/held/{}/answer", case.id);
    // (what is changed, header, its value or empty for none, expected status)
    let evil_parent = "http://localhost:8081";
    for (header, value, status) in [
        ("Origin", "", 403),
        ("Origin", "null", 403),
        ("Origin", "https://evil.example", 403),
        ("Origin", evil_parent, 403),
        ("Origin", "http://approve.localhost", 403),
        ("Origin", "https://approve.localhost:8081", 403),
        ("Sec-Fetch-Site", "cross-site", 403),
        ("Sec-Fetch-Site", "same-site", 403),
        ("Sec-Fetch-Site", "none", 403),
        ("Content-Type", "", 415),
        ("Content-Type", "text/plain", 415),
        ("Content-Type", "application/json", 415),
        ("Content-Type", "multipart/form-data; boundary=x", 415),
        ("Content-Type", "application/x-www-form-urlencoded; charset=utf-16", 415),
        ("Cookie", "", 403),
        ("Cookie", &other.cookie, 403),
        ("Cookie", &format!("{0}; {0}", case.cookie), 403),
        ("Host", "bank.example.com", 421),
    ] {
        let mut headers = form_headers(&case);
        headers.retain(|(name, _)| *name != header);
        headers.push((header, value));
        let answer = stage.send("POST", &target, &headers, &good).await;
        assert_eq!(answer.status, status, "{header}: {value}\n{}", answer.body);
        assert_eq!(stage.state(&case).await, StateName::Held, "{header}: {value}");
    }
    let (mine, theirs) = (stage.token(&case), stage.token(&other));
    for (body, status) in [
        (fields.clone(), 403),
        (format!("csrf={fields}"), 403),
        (format!("csrf={theirs}{fields}"), 403),
        (format!("csrf={mine}x{fields}"), 403),
        (format!("csrf={mine}&csrf={mine}{fields}"), 400),
        (format!("{good}&code={code}"), 400),
        (format!("{good}&pad={}", "x".repeat(9000)), 413),
        (String::new(), 403),
    ] {
        let answer = stage.send("POST", &target, &form_headers(&case), &body).await;
        assert_eq!(answer.status, status, "{body}\n{}", answer.body);
        assert_eq!(stage.state(&case).await, StateName::Held, "{body}");
    }
    // A token is for one held request only, in the same browser too.
    let sibling = stage.hold().await;
    let answer = stage.get(&format!("/held/{}?handoff={}", sibling.id, sibling.handoff), &case.cookie).await;
    assert_eq!(answer.status, 303);
    let across = format!("csrf={mine}&reason=not_me");
    let target = format!("/held/{}/reject", sibling.id);
    stage.send("POST", &target, &form_headers(&case), &across).await.shows(403, &["out of date"]);
    assert_eq!(stage.state(&sibling).await, StateName::Held);
    // And the unchanged form does work: the refusals above were for their one change.
    let target = format!("/held/{}/answer", case.id);
    assert_eq!(stage.send("POST", &target, &form_headers(&case), &good).await.status, 200);
    assert_eq!(stage.state(&case).await, StateName::Approved);
}

#[tokio::test]
async fn nothing_is_decided_by_a_get() {
    let stage = Stage::start().await;
    let case = stage.opened().await;
    let code = stage.world.code();
    for action in ["choose", "answer", "reject"] {
        let query =
            format!("csrf={}&reason=not_me&authenticator={}&code={code}", stage.token(&case), case.totp);
        let answer = stage.get(&format!("/held/{}/{action}?{query}", case.id), &case.cookie).await;
        assert_eq!(answer.status, 303);
        assert_eq!(stage.state(&case).await, StateName::Held);
    }
}

#[tokio::test]
async fn a_store_that_is_down_is_told_and_decides_nothing() {
    let stage = Stage::start().await;
    let (case, fresh) = (stage.opened().await, stage.hold().await);
    stage.world.fail(true);
    let code = stage.world.code();
    let answer = [("authenticator", case.totp.as_str()), ("code", code.as_str())];
    for page in [
        stage.get(&format!("/held/{}", case.id), &case.cookie).await,
        stage.get(&format!("/held/{}?handoff={}", fresh.id, fresh.handoff), "").await,
        stage.get(&format!("/held/{}/state?seen=held", case.id), &case.cookie).await,
        stage.post(&case, "choose", &answer).await,
        stage.post(&case, "answer", &answer).await,
        stage.post(&case, "reject", &[("reason", "not_me")]).await,
    ] {
        page.shows(503, &["We cannot look this up right now", "Open the prompt", "<code>ref_"]);
        assert_eq!(page.header("retry-after"), Some("5"));
        assert!(!page.body.contains("the disk of the test"), "the cause is for the log");
    }
    stage.world.fail(false);
    assert_eq!(stage.state(&case).await, StateName::Held);
    assert_eq!(stage.get(&format!("/held/{}?handoff={}", fresh.id, fresh.handoff), "").await.status, 303);
}

#[tokio::test]
async fn the_watch_is_for_our_own_page_only() {
    let stage = Stage::start().await;
    let case = stage.opened().await;
    let target = format!("/held/{}/state", case.id);
    let cookie = ("Cookie", case.cookie.as_str());
    for site in ["cross-site", "same-site", "none"] {
        let answer =
            stage.send("GET", &target, &[("Host", HOST), cookie, ("Sec-Fetch-Site", site)], "").await;
        assert_eq!(answer.status, 403, "{site}");
    }
    assert_eq!(stage.send("GET", &target, &[("Host", HOST)], "").await.status, 403);
    assert_eq!(stage.send("GET", &target, &[("Host", HOST), cookie], "").await.status, 200);
    // No page of another origin may read it.
    let cors = [("Host", HOST), cookie, ("Origin", ORIGIN)];
    assert_eq!(stage.send("GET", &target, &cors, "").await.header("access-control-allow-origin"), None);
}
