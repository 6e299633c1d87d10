//! Question: does the prompt work in a frame of the application's page without a cookie, for that page alone, and for nobody who only has the
//! address, a cookie, or another prompt's token?

use countersign::flow::admit::Client;
use countersign::flow::view::StateName;
use countersign::portal::routes::{Door, table};

use crate::portal_stage::{Answer, Case, HOST, ORIGIN, Stage};

/// How a browser loads a frame of another site's page.
const LOADED: [(&str, &str); 4] = [
    ("Host", HOST),
    ("Sec-Fetch-Site", "cross-site"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-Dest", "iframe"),
];

/// How it posts a form of the page in it.
const POSTED: [(&str, &str); 6] = [
    ("Host", HOST),
    ("Origin", ORIGIN),
    ("Sec-Fetch-Site", "same-origin"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-Dest", "iframe"),
    ("Content-Type", "application/x-www-form-urlencoded"),
];

/// The same headers, one of them another, or left out.
fn but<'a>(
    headers: &[(&'a str, &'a str)],
    name: &'static str,
    value: &'static str,
) -> Vec<(&'a str, &'a str)> {
    headers
        .iter()
        .filter(|(other, _)| *other != name)
        .copied()
        .chain((!value.is_empty()).then_some((name, value)))
        .collect()
}

/// A held request of a script whose prompt nobody has opened.
async fn held(stage: &Stage) -> Case {
    let person = stage.world.person().await;
    stage.hold_for(person, "/transfer", Client::Script).await
}

fn address(case: &Case) -> String {
    format!("/frame/held/{}?handoff={}", case.id, case.handoff)
}

/// The page of a frame that is loaded, and its token.
async fn load(stage: &Stage, case: &Case) -> (Answer, String) {
    let answer = stage.send("GET", &address(case), &LOADED, "").await;
    let token = token(&answer).unwrap_or_else(|| panic!("{} {}", answer.status, answer.body));
    (answer, token)
}

fn token(answer: &Answer) -> Option<String> {
    let rest = answer.body.split("name=\"token\" value=\"").nth(1)?;
    Some(rest.split('"').next().unwrap().to_owned())
}

async fn post(stage: &Stage, case: &Case, token: &str, action: &str, fields: &str) -> Answer {
    let form = format!("token={token}&{fields}");
    stage.send("POST", &format!("/frame/held/{}/{action}", case.id), &POSTED, &form).await
}

#[track_caller]
fn framed(answer: &Answer) {
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.ends_with("frame-ancestors http://bank.test"), "{policy}");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("x-frame-options", None),
        ("set-cookie", None),
        ("cache-control", Some("no-store")),
        ("x-content-type-options", Some("nosniff")),
        ("cross-origin-resource-policy", Some("cross-origin")),
        ("cross-origin-embedder-policy", Some("require-corp")),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    assert!(answer.header("permissions-policy").is_some_and(|rules| !rules.contains("publickey")));
}

#[track_caller]
fn unframed(answer: &Answer) {
    assert!(answer.header("content-security-policy").unwrap().ends_with("frame-ancestors 'none'"));
    assert_eq!(answer.header("x-frame-options"), Some("DENY"));
}

#[tokio::test]
async fn it_is_approved_there_without_a_cookie() {
    let stage = Stage::start().await;
    let case = held(&stage).await;
    assert_eq!(case.ticket.frame.as_deref(), Some(format!("{ORIGIN}{}", address(&case)).as_str()));
    let (shown, token) = load(&stage, &case).await;
    shown.shows(200, &["Transfer 5000 EUR to DE89", "data-parent=\"http://bank.test\"", "/frame.js"]);
    framed(&shown);
    let choose = format!("authenticator={}", case.totp);
    let asking = post(&stage, &case, &token, "choose", &choose).await;
    asking.shows(200, &["Pixel 9", "name=\"code\""]);
    framed(&asking);
    let wrong = post(&stage, &case, &token, "answer", &format!("{choose}&code=000000")).await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    framed(&wrong);
    let code = stage.world.code();
    let done = post(&stage, &case, &token, "answer", &format!("{choose}&code={code}")).await;
    done.shows(200, &["Confirmed", "data-done=\"approved\""]);
    framed(&done);
    assert!(!done.body.contains("http-equiv=\"refresh\"") && !done.body.contains("_top"), "{}", done.body);
    assert_eq!(stage.state(&case).await, StateName::Approved);
}

#[tokio::test]
async fn nothing_can_be_pressed_before_the_script_has_armed_it() {
    let stage = Stage::start().await;
    let case = held(&stage).await;
    let (first, token) = load(&stage, &case).await;
    let choose = format!("authenticator={}", case.totp);
    let second = post(&stage, &case, &token, "choose", &choose).await;
    for page in [first, second] {
        let buttons: Vec<&str> = page.body.split("<button").skip(1).collect();
        assert!(buttons.len() >= 3, "{}", page.body);
        for button in buttons {
            let tag = button.split('>').next().unwrap();
            // What only shows the page again, or leads to a window, decides nothing.
            let harmless = tag.contains("class=\"link\"");
            assert_eq!(tag.contains(" disabled data-arm"), !harmless, "{tag}");
        }
        assert!(!page.body.contains("autofocus") && !page.body.contains("data-start"), "{}", page.body);
        // Links would be GETs, and those are refused there.
        assert!(!page.body.contains("<a href=\"/held") && !page.body.contains("csrf"), "{}", page.body);
        assert!(!page.body.contains("languages"), "the foot is left out");
    }
}

#[tokio::test]
async fn a_frame_is_loaded_once_by_a_frame_with_the_handoff() {
    let stage = Stage::start().await;
    let case = held(&stage).await;
    let refused = |headers: Vec<(&'static str, &'static str)>| {
        let (stage, target) = (&stage, address(&case));
        async move {
            let answer = stage.send("GET", &target, &headers, "").await;
            assert_eq!(answer.status, 403, "{headers:?}: {}", answer.body);
            assert_eq!(token(&answer), None, "{headers:?}");
            unframed(&answer);
        }
    };
    for place in ["document", "frame", "embed", "object", "image", ""] {
        refused(but(&LOADED, "Sec-Fetch-Dest", place)).await;
    }
    for early in ["prefetch", "prefetch;prerender", "preview"] {
        refused(but(&LOADED, "Sec-Purpose", early)).await;
    }
    let head = stage.send("HEAD", &address(&case), &LOADED, "").await;
    assert_eq!(head.status, 403);
    let without = stage.send("GET", &format!("/frame/held/{}", case.id), &LOADED, "").await;
    assert_eq!(without.status, 403, "no handoff");
    let wrong = stage.send("GET", &format!("/frame/held/{}?handoff=x", case.id), &LOADED, "").await;
    assert_eq!(wrong.status, 403);
    // None of these has spent it.
    let (first, token) = load(&stage, &case).await;
    framed(&first);
    // Loaded again: it is said, with the way on, and the page that has the token is not disturbed.
    for path in ["", "/choose", "/answer", "/reject", "/show"] {
        let target = format!("/frame/held/{}{path}?handoff={}", case.id, case.handoff);
        let again = stage.send("GET", &target, &LOADED, "").await;
        again
            .shows(403, &["This prompt was loaded again", "data-window", "data-parent=\"http://bank.test\""]);
        framed(&again);
    }
    let shown = post(&stage, &case, &token, "show", "").await;
    shown.shows(200, &["Transfer 5000 EUR"]);
    let window = stage.get(&format!("/held/{}?handoff={}", case.id, case.handoff), "").await;
    assert_eq!(window.status, 403, "the one handoff is spent");
}

#[tokio::test]
async fn a_post_comes_from_our_page_with_its_token() {
    let stage = Stage::start().await;
    let (case, other) = (held(&stage).await, held(&stage).await);
    let (_, token) = load(&stage, &case).await;
    let (_, others) = load(&stage, &other).await;
    let window = stage.opened_by_script().await;
    let cookie = window.cookie.split_once('=').unwrap().1.to_owned();
    let csrf = stage.token(&window);
    let form = |token: &str| format!("token={token}&reason=not_me&authenticator={}&code=1", case.totp);
    let actions: Vec<String> = table()
        .iter()
        .filter(|route| route.door == Door::Frame && route.method == "POST")
        .map(|route| route.path.replace("{id}", &case.id.to_string()))
        .collect();
    assert_eq!(actions.len(), 6);
    for action in &actions {
        let mine = form(&token);
        let table: &[(&str, Vec<(&str, &str)>, String)] = &[
            ("another site", but(&POSTED, "Origin", "http://bank.test"), mine.clone()),
            ("nobody", but(&POSTED, "Origin", "null"), mine.clone()),
            ("no origin", but(&POSTED, "Origin", ""), mine.clone()),
            ("cross-site", but(&POSTED, "Sec-Fetch-Site", "cross-site"), mine.clone()),
            ("same-site", but(&POSTED, "Sec-Fetch-Site", "same-site"), mine.clone()),
            ("not said", but(&POSTED, "Sec-Fetch-Site", ""), mine.clone()),
            ("no token", POSTED.to_vec(), form("")),
            ("another prompt's token", POSTED.to_vec(), form(&others)),
            ("a window's form token", POSTED.to_vec(), form(&csrf)),
            ("a window's cookie", POSTED.to_vec(), form(&cookie)),
            ("the handoff", POSTED.to_vec(), form(&case.handoff)),
        ];
        for (what, headers, body) in table {
            let answer = stage.send("POST", action, headers, body).await;
            assert_eq!(answer.status, 403, "{action} {what}: {}", answer.body);
            framed(&answer);
        }
        let named = format!("{action}?token={token}");
        let answer = stage.send("POST", &named, &POSTED, "reason=not_me").await;
        assert_eq!(answer.status, 403, "a token in the address");
        let cookie = [POSTED.as_slice(), &[("Cookie", case.cookie.as_str())]].concat();
        assert_eq!(stage.send("POST", action, &cookie, "reason=not_me").await.status, 403, "{action}");
    }
    assert_eq!(stage.state(&case).await, StateName::Held);
    post(&stage, &case, &token, "reject", "reason=not_me").await.shows(200, &["data-done"]);
    assert_eq!(stage.state(&case).await, StateName::Rejected);
}

#[tokio::test]
async fn a_frames_token_is_no_cookie() {
    let stage = Stage::start().await;
    let case = held(&stage).await;
    let (_, token) = load(&stage, &case).await;
    let cookie = format!("countersign-portal={token}");
    let page = stage.get(&format!("/held/{}", case.id), &cookie).await;
    assert_eq!(page.status, 403, "{}", page.body);
    unframed(&page);
    let planted = Case { cookie, ..case };
    let code = stage.world.code();
    let fields = [("authenticator", planted.totp.as_str()), ("code", code.as_str())];
    assert_eq!(stage.post(&planted, "answer", &fields).await.status, 403);
    assert_eq!(stage.state(&planted).await, StateName::Held);
}

#[tokio::test]
async fn what_wants_a_window_opens_in_no_frame() {
    let stage = Stage::start().await;
    for (path, client) in
        [("/page", Client::Script), ("/both", Client::Script), ("/transfer", Client::Navigation(None))]
    {
        let person = stage.world.person().await;
        let case = stage.hold_for(person, path, client).await;
        assert_eq!(case.ticket.frame, None, "{path}");
        // A script that makes the address up.
        let answer = stage.send("GET", &address(&case), &LOADED, "").await;
        answer.shows(403, &["This page opens only in its own window"]);
        unframed(&answer);
        // The handoff is as good as before.
        let opened = stage.open(case).await;
        stage.get(&format!("/held/{}", opened.id), &opened.cookie).await.shows(200, &["Transfer 5000 EUR"]);
    }
}

#[tokio::test]
async fn a_frame_gives_its_prompt_up_to_a_window() {
    let stage = Stage::start().await;
    let case = held(&stage).await;
    let (_, token) = load(&stage, &case).await;
    let left = post(&stage, &case, &token, "window", "").await;
    assert_eq!((left.status, left.body.as_str()), (204, ""));
    let after = post(&stage, &case, &token, "show", "").await;
    assert_eq!(after.status, 404, "nobody has the prompt now");
    unframed(&after);
    // The same address as the frame's opens it once.
    let case = stage.open(case).await;
    stage.get(&format!("/held/{}", case.id), &case.cookie).await.shows(200, &["Transfer 5000 EUR"]);
    assert_eq!(post(&stage, &case, &token, "show", "").await.status, 403);
    assert_eq!(stage.send("GET", &address(&case), &LOADED, "").await.status, 403);
    let again = stage.get(&format!("/held/{}?handoff={}", case.id, case.handoff), "").await;
    assert_eq!(again.status, 403, "and not twice");
    stage.approve(&case).await;
}

#[tokio::test]
async fn the_page_hears_of_what_happens_elsewhere() {
    let stage = Stage::start().await;
    let case = held(&stage).await;
    let (page, token) = load(&stage, &case).await;
    let path = format!("/frame/held/{}/state?seen=held", case.id);
    assert!(page.body.contains(&format!("data-watch=\"{path}\"")), "{}", page.body);
    let body = format!("token={token}");
    // By a document, and by an event where the page takes those.
    let streams = [&POSTED[..], &[("Accept", "text/event-stream, application/json")]].concat();
    let waiting = stage.send("POST", &path, &POSTED, &body);
    let streaming = stage.send("POST", &path, &streams, &body);
    let rejecting = async {
        tokio::task::yield_now().await;
        post(&stage, &case, &token, "reject", "reason=cancelled").await
    };
    let (told, streamed, rejected) = tokio::join!(waiting, streaming, rejecting);
    assert_eq!((told.status, told.body.as_str()), (200, r#"{"state":"cancelled"}"#));
    assert_eq!((streamed.status, streamed.header("content-type")), (200, Some("text/event-stream")));
    assert!(streamed.body.contains("event: state\ndata: {\"state\":\"cancelled\"}\n\n"), "{}", streamed.body);
    rejected.shows(200, &["data-done"]);
    // Whoever may not ask hears no stream.
    let foreign = stage.send("POST", &path, &streams, "token=another").await;
    assert_eq!((foreign.status, foreign.header("content-type")), (403, Some("text/html; charset=utf-8")));
    // Asked for by the address, as a window does, it is nothing.
    assert_eq!(stage.send("GET", &path, &LOADED, "").await.status, 405);
}
