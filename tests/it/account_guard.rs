//! Is every route of the own account guarded as its audience says: without a session, half open, without a fresh proof, from elsewhere?

use countersign::portal::routes::{AudienceName, RouteInfo, table};

use crate::account_stage::{Browser, PASSWORD, own_form};
use crate::portal_routes::armoured;
use crate::portal_stage::{Answer, HOST, Stage};

/// The routes of the own account, `{id}` filled in.
fn routes(id: &str) -> Vec<(RouteInfo, String)> {
    let of_prompts =
        [AudienceName::Anyone, AudienceName::Visitor, AudienceName::Watcher, AudienceName::Submitter];
    let rest = table().into_iter().filter(|route| !of_prompts.contains(&route.audience));
    let own: Vec<_> = rest.filter(|route| !route.path.starts_with("/phone")).collect();
    own.into_iter().map(|route| (route, route.path.replace("{id}", id))).collect()
}

async fn call(browser: &Browser<'_>, route: RouteInfo, target: &str, form: &str) -> Answer {
    match route.method {
        "POST" => browser.post(target, form).await,
        _ => browser.stage.get(target, &browser.cookie).await,
    }
}

#[track_caller]
fn leads(answer: &Answer, to: &str, route: RouteInfo) {
    assert_eq!(answer.status, 303, "{route:?}: {}", answer.body);
    assert!(answer.header("location").unwrap().starts_with(to), "{route:?}: {:?}", answer.header("location"));
}

#[tokio::test]
async fn nobody_gets_further_than_he_has_proved() {
    let stage = Stage::start().await;
    let mut member = stage.member("alice").await;
    member.add_totp("Pixel 9").await;
    let id = member.own("Pixel 9").await;
    let nobody = Browser::new(&stage);
    let mut half = Browser::new(&stage);
    let second = half.sign_in("alice", PASSWORD).await;
    second.shows(200, &["One more step"]);
    let mut token = crate::account_stage::filled(&second, "/account/second/answer", &[]);
    stage.advance(301);
    let overview = member.get("/account").await;
    let own_token = crate::account_stage::filled(&overview, "/account/sign-out", &[]);
    let all = routes(&id);
    assert!(all.len() >= 28, "{}", all.len());
    for (route, target) in all {
        let guest = route.audience == AudienceName::Guest;
        // Without a session.
        let answer = call(&nobody, route, &target, "csrf=x").await;
        armoured(&answer);
        match route.audience {
            // A language is anybody's to choose, and leads back.
            AudienceName::Guest if route.path == "/account/language" => assert_eq!(answer.status, 303),
            AudienceName::Guest => assert!(answer.status < 500 && answer.status != 303, "{route:?}"),
            _ => leads(&answer, "/account/sign-in?next=", route),
        }
        // With the password only.
        let answer = call(&half, route, &target, &token).await;
        match route.audience {
            AudienceName::Guest => {}
            AudienceName::HalfOpen => {
                assert!(answer.status != 403 && answer.header("location") != Some("/account"), "{route:?}");
            }
            _ => leads(&answer, "/account/second?next=", route),
        }
        if route.path == "/account/second/leave" {
            half = Browser::new(&stage);
            let second = half.sign_in("alice", PASSWORD).await;
            token = crate::account_stage::filled(&second, "/account/second/answer", &[]);
        }
        // Signed in, the proof five minutes old.
        match route.audience {
            AudienceName::Fresh => {
                let answer = call(&member, route, &target, &own_token).await;
                leads(&answer, &format!("/account/confirm?next={target}"), route);
            }
            AudienceName::HalfOpen => {
                leads(&call(&member, route, &target, &own_token).await, "/account", route);
            }
            _ => {}
        }
        if route.method == "POST" {
            // A form without the token, or with another's.
            if !guest {
                for form in ["", "csrf=", &token, "csrf=x&sure=yes"] {
                    let answer = member.post(&target, form).await;
                    answer.shows(403, &["This page is out of date"]);
                }
            }
            // Another site's page, or nobody knows whose.
            for (name, value) in [
                ("Origin", "https://evil.example"),
                ("Origin", "null"),
                ("Origin", ""),
                ("Sec-Fetch-Site", "cross-site"),
                ("Sec-Fetch-Site", "same-site"),
            ] {
                let mut headers = own_form(&member.cookie);
                headers.retain(|(other, _)| *other != name);
                headers.push((name, value));
                let answer = stage.send("POST", &target, &headers, &own_token).await;
                answer.shows(403, &["did not come from our page"]);
                armoured(&answer);
            }
            let mut headers = own_form(&member.cookie);
            headers.retain(|(name, _)| *name != "Content-Type");
            headers.push(("Content-Type", "text/plain"));
            assert_eq!(stage.send("POST", &target, &headers, &own_token).await.status, 415, "{route:?}");
        }
        // In a frame, or by another name of the server.
        let frame = [("Host", HOST), ("Cookie", member.cookie.as_str()), ("Sec-Fetch-Dest", "iframe")];
        if route.method == "GET" {
            assert_eq!(stage.send("GET", &target, &frame, "").await.status, 403, "{route:?}");
            // By the script of a page that is not ours.
            for site in ["cross-site", "same-site", "none", ""] {
                let fetched = [frame[0], frame[1], ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", site)];
                assert_eq!(stage.send("GET", &target, &fetched, "").await.status, 403, "{route:?} {site}");
            }
        } else {
            let mut fetched = own_form(&member.cookie);
            fetched.retain(|(name, _)| *name != "Sec-Fetch-Dest");
            fetched.push(("Sec-Fetch-Dest", "empty"));
            assert_eq!(stage.send("POST", &target, &fetched, &own_token).await.status, 403, "{route:?}");
        }
        let elsewhere = [("Host", "127.0.0.1:8081"), ("Cookie", member.cookie.as_str())];
        assert_eq!(stage.send(route.method, &target, &elsewhere, "").await.status, 421, "{route:?}");
    }
    // The script of a page of ours may look.
    let ours = [
        ("Host", HOST),
        ("Cookie", member.cookie.as_str()),
        ("Sec-Fetch-Dest", "empty"),
        ("Sec-Fetch-Site", "same-origin"),
    ];
    stage.send("GET", "/account", &ours, "").await.shows(200, &["Pixel 9"]);
    // Nothing of all that has changed anything.
    member.get("/account").await.shows(200, &["Pixel 9"]);
}

#[tokio::test]
async fn looking_changes_nothing() {
    let stage = Stage::start().await;
    let mut member = stage.member("alice").await;
    member.add_totp("Pixel 9").await;
    let id = member.own("Pixel 9").await;
    let before = stage.world.entries().await;
    for (route, target) in routes(&id) {
        if route.method == "GET" {
            let answer = stage.get(&target, &member.cookie).await;
            assert!(answer.status < 500, "{route:?}: {}", answer.body);
            assert_eq!(answer.header("set-cookie"), None, "{route:?}");
        }
    }
    assert_eq!(stage.world.entries().await, before, "a GET left something behind");
}
