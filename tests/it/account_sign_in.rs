//! Can anybody find out who exists, guess a password without end, or take over a session by planting one?

use countersign::flow::admin::{Order, Reply};

use crate::account_stage::{Browser, PASSWORD, own_form};
use crate::portal_stage::{Answer, Stage};

async fn try_password(stage: &Stage, name: &str, password: &str) -> Answer {
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("name", name)
        .append_pair("password", password)
        .finish();
    stage.send("POST", "/account/sign-in", &own_form(""), &form).await
}

async fn show(stage: &Stage, name: &str) -> (u32, bool) {
    match stage.order(Order::UserShow { name: name.to_owned() }).await {
        Reply::User(user) => (user.wrong_answers, user.locked),
        _ => panic!("no user"),
    }
}

#[tokio::test]
async fn whatever_is_wrong_the_answer_is_the_same() {
    let stage = Stage::start().await;
    stage.member("alice").await;
    stage.newcomer("invited").await;
    let wrong = try_password(&stage, "alice", "wrong password wrong").await;
    wrong.shows(422, &["That did not work"]);
    let same = |answer: &Answer, what: &str| {
        assert_eq!(answer.status, wrong.status, "{what}");
        assert_eq!(answer.body, wrong.body, "{what}");
        for name in ["retry-after", "set-cookie", "content-length"] {
            assert_eq!(answer.header(name), wrong.header(name), "{what}: {name}");
        }
    };
    for (what, name, password) in [
        ("unknown", "nobody", "wrong password wrong"),
        ("no password yet", "invited", PASSWORD),
        ("no name", "", PASSWORD),
        ("no password typed", "alice", ""),
        ("not a name", "al\u{202e}ice", PASSWORD),
        ("other case", "Alice", PASSWORD),
        ("absurdly long", "alice", &"x".repeat(5000)),
    ] {
        same(&try_password(&stage, name, password).await, what);
    }
    while show(&stage, "alice").await.0 < 5 {
        try_password(&stage, "alice", "wrong").await;
    }
    same(&try_password(&stage, "alice", "wrong").await, "throttled");
    same(&try_password(&stage, "alice", PASSWORD).await, "throttled, and right");
    for _ in 0..15 {
        stage.advance(3601);
        try_password(&stage, "alice", "wrong").await;
    }
    assert_eq!(show(&stage, "alice").await, (20, true));
    stage.advance(3601);
    same(&try_password(&stage, "alice", PASSWORD).await, "locked, and right");
    stage.order(Order::UserUnblock { name: "alice".to_owned() }).await;
    assert_eq!(try_password(&stage, "alice", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn of_many_guesses_at_once_no_more_than_the_budget_are_judged() {
    let stage = Stage::start().await;
    stage.member("alice").await;
    let guesses: Vec<String> = (0..24).map(|number| format!("guess number {number}")).collect();
    let all = guesses.iter().map(|guess| try_password(&stage, "alice", guess));
    let answers = crate::harness::all(all).await;
    assert!(answers.iter().all(|answer| answer.status == 422));
    assert_eq!(show(&stage, "alice").await.0, 5);
    // The right one among them opens nothing any more.
    assert_eq!(try_password(&stage, "alice", PASSWORD).await.status, 422);
}

#[tokio::test]
async fn who_knows_the_password_cannot_guess_codes_without_end() {
    let stage = Stage::start().await;
    let mut member = stage.member("alice").await;
    member.add_totp("Pixel 9").await;
    let mut thief = Browser::new(&stage);
    let mut second = thief.sign_in("alice", PASSWORD).await;
    for _ in 0..4 {
        thief
            .submit(&second, "/account/second/answer", &[("code", "000000")])
            .await
            .shows(422, &["not right"]);
        // A right password in between clears nothing.
        second = Browser::new(&stage).sign_in("alice", PASSWORD).await;
        second.shows(200, &["One more step"]);
        thief = Browser::new(&stage);
        second = thief.sign_in("alice", PASSWORD).await;
    }
    assert_eq!(show(&stage, "alice").await.0, 4);
    thief.submit(&second, "/account/second/answer", &[("code", "000000")]).await.shows(422, &["wait now"]);
    thief
        .submit(&second, "/account/second/answer", &[("code", "000000")])
        .await
        .shows(429, &["a short pause"]);
}

#[tokio::test]
async fn guessing_a_password_blocks_nobodys_codes() {
    let stage = Stage::start().await;
    let mut member = stage.member("alice").await;
    let totp = member.add_totp("Pixel 9").await;
    let mut browser = Browser::new(&stage);
    let second = browser.sign_in("alice", PASSWORD).await;
    stage.advance(31);
    for _ in 0..8 {
        try_password(&stage, "alice", "wrong").await.shows(422, &["That did not work"]);
    }
    try_password(&stage, "alice", PASSWORD).await.shows(422, &["That did not work"]);
    // What is proved with an authenticator has a count of its own.
    let code = totp.code_at(stage.world.clock_now());
    let done = browser.submit(&second, "/account/second/answer", &[("code", &code)]).await;
    done.shows(200, &["Your account"]);
}

#[tokio::test]
async fn a_planted_session_is_not_the_victims() {
    let stage = Stage::start().await;
    let mallory = stage.member("mallory").await;
    stage.member("alice").await;
    // The victim signs in in a browser that holds another's cookie: that one ends, the new one is fresh.
    let mut victim = Browser::new(&stage);
    victim.cookie.clone_from(&mallory.cookie);
    let form = format!("name=alice&password={}", PASSWORD.replace(' ', "+"));
    let answer = victim.post("/account/sign-in", &form).await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("countersign-session="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    assert_ne!(cookie.split(';').next().unwrap(), mallory.cookie);
    assert_eq!(stage.get("/account", &mallory.cookie).await.status, 303);
    // A cookie of the client's own making, or two of them, open nothing.
    for made in ["countersign-session=a", &format!("countersign-session=a; {}", mallory.cookie)] {
        assert_eq!(stage.get("/account", made).await.status, 303, "{made}");
        let answer = stage.send("POST", "/account/sign-in", &own_form(made), &form).await;
        assert!(!answer.header("set-cookie").unwrap().starts_with("countersign-session=a;"));
    }
}

#[tokio::test]
async fn over_https_the_cookie_is_the_hosts_alone() {
    let stage = Stage::start_as("https://approve.example.com").await;
    stage.newcomer("alice").await;
    let Reply::Invitation { link, .. } =
        stage.order(Order::UserInvite { name: "alice".to_owned(), valid_for: None }).await
    else {
        panic!("no invitation")
    };
    let code = link.split("code=").nth(1).unwrap();
    let password = PASSWORD.replace(' ', "+");
    let form = format!("user=alice&code={code}&password={password}&again={password}");
    let mut headers = own_form("");
    headers.retain(|(name, _)| !["Host", "Origin"].contains(name));
    headers.extend([("Host", "approve.example.com"), ("Origin", "https://approve.example.com")]);
    let answer = stage.send("POST", "/invite", &headers, &form).await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-countersign-session="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
}
