//! Question: does a program that follows every link, in messages and on pages, change anything; and is every link it finds one of ours?

use std::collections::BTreeSet;

use countersign::flow::view::StateName;

use crate::account_contacts::{Kept, post};
use crate::account_stage::Browser;
use crate::harness::postbox::code_in;
use crate::portal_stage::{HOST, ORIGIN, Stage};

/// What stands in `href`.
fn hrefs(body: &str) -> Vec<String> {
    body.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&")).collect()
}

/// Follows every link on the pages from `start` on, with this cookie, and on the pages it leads to; what was seen.
async fn follow(stage: &Stage, start: &str, cookie: &str) -> BTreeSet<String> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![start.to_owned()]);
    while let Some(target) = next.pop() {
        if !seen.insert(target.clone()) {
            continue;
        }
        let answer = stage.get(&target, cookie).await;
        assert!(answer.status < 500, "{target}: {}", answer.body);
        // An invitation's link only moves its code out of the address.
        let kept = answer.header("set-cookie").is_none_or(|set| set.starts_with("countersign-invitation="));
        assert!(kept, "{target}: {:?}", answer.header("set-cookie"));
        let found = hrefs(&answer.body).into_iter().chain(answer.header("location").map(str::to_owned));
        for link in found {
            let own = link.strip_prefix(ORIGIN).unwrap_or(&link).to_owned();
            if own.starts_with('/') && !own.starts_with("//") {
                next.push(own);
            } else {
                // The way back to the application, and what a code generator opens on the same device.
                assert!(
                    link.starts_with("http://bank.test") || link.starts_with("otpauth:"),
                    "{target}: {link}"
                );
            }
        }
    }
    seen
}

#[tokio::test]
async fn whoever_follows_every_link_changes_nothing() {
    let kept = Kept::default();
    let stage = Stage::posting(post(&kept)).await;
    stage.newcomer("alice").await;
    let invitation = stage.invite("alice").await;
    let mut member = Browser::new(&stage);
    // A mail program looks first, several times.
    let before = stage.world.entries().await;
    for _ in 0..3 {
        Browser::new(&stage).get(&invitation).await.shows(200, &["Choose your password"]);
        follow(&stage, &invitation, "").await;
        let head = [("Host", HOST), ("User-Agent", "LinkScanner/1.0"), ("Purpose", "prefetch")];
        stage.send("HEAD", &invitation, &head, "").await;
    }
    assert_eq!(stage.world.entries().await, before, "an invitation is spent by its form only");
    let page = member.get(&invitation).await;
    let password = crate::account_stage::PASSWORD;
    let fields = [("password", password), ("again", password)];
    member.submit(&page, "/invite", &fields).await.shows(200, &["Your account"]);
    member.add_totp("Pixel 9").await;
    let named = member.get("/account/add/email").await;
    let to = "alice@mail.example";
    let sent = member.submit(&named, "/account/add/email", &[("address", to)]).await;
    let (code, text) = kept.code(to, 1).await;
    assert_eq!(code_in(&text), code);
    member.submit(&sent, "/account/add/email", &[("code", &code), ("label", "Mail")]).await;

    // All that was ever sent: no link in it does anything, and none holds a code.
    let before = stage.world.entries().await;
    // Notices wait for their turn.
    stage.world.flows.deliver_due().await.unwrap();
    let texts = kept.until(2).await;
    for text in &texts {
        for link in text.split_whitespace().filter(|word| word.contains("://")) {
            let target = link.trim_matches(['<', '>', '.', ',', '"']).strip_prefix(ORIGIN);
            let target = target.unwrap_or_else(|| panic!("a link that leads elsewhere: {link}"));
            assert!(!target.contains(&code), "{target}");
            follow(&stage, if target.is_empty() { "/" } else { target }, "").await;
        }
    }

    // And on every page, by somebody who may look: the prompt, and the account.
    let case = stage.opened().await;
    let before = before + (stage.world.entries().await - before);
    let (sent, token) = (kept.texts().len(), stage.token(&case));
    let prompt = follow(&stage, &format!("/held/{}", case.id), &case.cookie).await;
    assert!(prompt.iter().all(|target| !target.contains(&token)), "{prompt:?}");
    let account = follow(&stage, "/account", &member.cookie).await;
    assert!(account.len() > 12, "{account:?}");
    assert_eq!(stage.world.entries().await, before, "a link did something");
    assert_eq!(kept.texts().len(), sent, "a link sent something");
    assert_eq!(stage.state(&case).await, StateName::Held);
    stage.approve(&case).await;
}

/// Where a page of the portal leads on is one of its own, whatever is asked for.
#[tokio::test]
async fn the_way_on_is_never_elsewhere() {
    let stage = Stage::start().await;
    stage.member("alice").await;
    for next in [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/account",
        "https:evil.example",
        "/account//evil.example",
        "/account/..//evil.example",
        "/account\\@evil.example",
        "/account/\r\nLocation: https://evil.example",
        "javascript:alert(1)",
        "/accounts.evil.example",
    ] {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
        let mut browser = Browser::new(&stage);
        let page = browser.get(&format!("/account/sign-in?{query}")).await;
        page.shows(200, &["Sign in"]);
        let fields = [("name", "alice"), ("password", crate::account_stage::PASSWORD), ("next", next)];
        let answer = browser.submit_once(&page, "/account/sign-in", &fields).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/account")), "{next}");
        assert!(!answer.page().contains("evil"), "{next}");
        // And back from the language: to the page of ours that it was chosen on.
        let mut headers = crate::account_stage::own_form("");
        headers.push(("Referer", next));
        let answer = stage.send("POST", "/account/language", &headers, "language=de").await;
        assert!(
            !answer.header("location").unwrap().contains("evil"),
            "{next}: {:?}",
            answer.header("location")
        );
    }
}
