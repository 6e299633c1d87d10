//! Is every route of the portal's table guarded as its audience says, and every answer armoured?

use countersign::portal::routes::{AudienceName, Door, table};

use crate::portal_stage::{Answer, Case, HOST, Stage, form_headers};

/// Who calls, and how that differs from the page's own browser.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Caller {
    /// The page's own browser.
    Ours,
    /// The same browser, but another site's page makes the call.
    Foreign,
    /// A browser without the cookie.
    Stranger,
    /// The right browser, by another name of the server.
    Elsewhere,
}

async fn call(stage: &Stage, case: &Case, method: &str, path: &str, caller: Caller) -> Answer {
    let target = path.replace("{id}", &case.id.to_string());
    let mut headers = match method {
        "POST" => form_headers(case),
        _ => vec![("Host", HOST), ("Sec-Fetch-Site", "same-origin"), ("Cookie", case.cookie.as_str())],
    };
    let mut change = |name: &'static str, value: &'static str| {
        headers.retain(|(other, _)| *other != name);
        headers.push((name, value));
    };
    match caller {
        Caller::Ours => {}
        Caller::Foreign => {
            change("Sec-Fetch-Site", "cross-site");
            if method == "POST" {
                change("Origin", "https://evil.example");
            }
        }
        Caller::Stranger => change("Cookie", ""),
        Caller::Elsewhere => change("Host", "127.0.0.1:8081"),
    }
    let form = format!("csrf={}&authenticator={}&code=1&reason=cancelled", stage.token(case), case.totp);
    stage.send(method, &target, &headers, if method == "POST" { &form } else { "" }).await
}

/// Whether this caller is let in by the guard of that audience.
fn let_in(audience: AudienceName, caller: Caller) -> bool {
    match (audience, caller) {
        (_, Caller::Elsewhere) => false,
        // A cookie is nothing there: the call itself is signed, by no caller of this test.
        (AudienceName::Paired, _) => false,
        // What is stated there is signed in itself; it only has to come from our page.
        (AudienceName::Pairing, _) => caller != Caller::Foreign,
        // A link of another site may lead to the prompt; the cookie says whose it is.
        (AudienceName::Anyone, _) | (_, Caller::Ours) | (AudienceName::Visitor, Caller::Foreign) => true,
        (AudienceName::Visitor | AudienceName::Watcher | AudienceName::Submitter, _) => false,
        // Those of the own account: `account_guard`.
        (
            AudienceName::Guest
            | AudienceName::HalfOpen
            | AudienceName::Account
            | AudienceName::AccountForm
            | AudienceName::Fresh,
            _,
        ) => false,
    }
}

#[tokio::test]
async fn every_route_of_prompts_is_for_its_audience() {
    let stage = Stage::start().await;
    let mut routes = table();
    let of_prompts =
        [AudienceName::Anyone, AudienceName::Visitor, AudienceName::Watcher, AudienceName::Submitter];
    // Those of frames: `frame`.
    routes.retain(|route| of_prompts.contains(&route.audience) && route.door == Door::Window);
    assert!(routes.len() >= 13);
    for route in routes {
        for caller in [Caller::Ours, Caller::Foreign, Caller::Stranger, Caller::Elsewhere] {
            let case = stage.opened().await;
            let answer = call(&stage, &case, route.method, route.path, caller).await;
            // The way back from a form's address judges nothing; the prompt it leads to does.
            let redirect = answer.status == 303 && route.audience == AudienceName::Visitor;
            let refused = [403, 421].contains(&answer.status);
            assert!(answer.status != 404 && answer.status < 500, "{route:?} {caller:?}: {}", answer.status);
            assert_eq!(
                !refused,
                let_in(route.audience, caller) || redirect,
                "{route:?} {caller:?}: {}",
                answer.status
            );
            armoured(&answer);
        }
    }
}

#[tokio::test]
async fn what_does_not_exist_is_armoured_too() {
    let stage = Stage::start().await;
    let case = stage.opened().await;
    for (method, target, host, status) in [
        ("GET", "/nowhere", HOST, 404),
        ("GET", "/held/", HOST, 404),
        ("GET", &format!("/held/{}/", case.id), HOST, 404),
        ("POST", "/nowhere", HOST, 404),
        ("POST", "/", HOST, 405),
        ("DELETE", &format!("/held/{}", case.id), HOST, 405),
        ("PUT", &format!("/held/{}/answer", case.id), HOST, 405),
        ("GET", "/", "bank.example.com", 421),
        ("GET", "/", "", 421),
        ("GET", "http://bank.example.com/", HOST, 421),
    ] {
        let answer = stage.send(method, target, &[("Host", host)], "").await;
        answer.shows(status, &["<h1>", "<code>ref_"]);
        armoured(&answer);
    }
}

#[track_caller]
pub(crate) fn armoured(answer: &Answer) {
    let policy = answer.header("content-security-policy").unwrap();
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value));
    }
    assert!(answer.header("permissions-policy").is_some());
    assert_eq!(answer.header("strict-transport-security"), None, "plain http in these tests");
    assert_eq!(answer.header("server"), None);
}
