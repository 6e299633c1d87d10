//! Question: do the prompt, the frame, the account and refusals wear the tenant's name, logo and colour, and nothing that a page may not have?

use countersign::base::language::Language;
use countersign::base::settings::Title;
use countersign::base::settings::theme::{Logo, Theme};
use countersign::flow::admit::Client;

use crate::portal_stage::{HOST, Stage};

const SVG: &str = r#"<svg xmlns="http://www.w3.org/2000/svg"/>"#;

fn bank() -> Theme {
    Theme {
        name: Title::new(Some("Bank <b>".to_owned()), vec![(Language::German, "Beispielbank".to_owned())]),
        logo: Some(Logo { kind: "image/svg+xml", bytes: SVG.as_bytes().to_vec() }),
        accent: Some("#0a5".parse().unwrap()),
    }
}

#[tokio::test]
async fn every_page_wears_it() {
    let stage = Stage::themed(bank()).await;
    let case = stage.opened().await;
    let person = stage.world.person().await;
    let script = stage.hold_for(person, "/transfer", Client::Script).await;
    let frame = format!("/frame/held/{}?handoff={}", script.id, script.handoff);
    for (target, cookie, place) in [
        ("/", "", "document"),
        ("/nowhere", "", "document"),
        ("/account/sign-in", "", "document"),
        (&format!("/held/{}", case.id), case.cookie.as_str(), "document"),
        (&format!("/held/{}", case.id), "", "document"),
        (&frame, "", "iframe"),
    ] {
        let headers = |language| {
            [("Host", HOST), ("Cookie", cookie), ("Sec-Fetch-Dest", place), ("Accept-Language", language)]
        };
        let page = stage.send("GET", target, &headers("en"), "").await;
        for needed in [
            r#"<p class="brand">Bank &#60;b&#62;</p>"#,
            r#"<img class="logo" src="/theme/logo" alt="">"#,
            r#"<link rel="stylesheet" href="/theme.css">"#,
        ] {
            assert!(page.body.contains(needed), "{target} {needed}:\n{}", page.body);
        }
        if place == "document" {
            let german = stage.send("GET", target, &headers("de"), "").await;
            assert!(
                german.body.contains(r#"<p class="brand">Beispielbank</p>"#),
                "{target}:\n{}",
                german.body
            );
        }
    }
    let style = stage.get("/theme.css", "").await;
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
    assert!(style.body.contains("--go: #") && style.body.contains("dark"), "{}", style.body);
    let logo = stage.get("/theme/logo", "").await;
    assert_eq!((logo.header("content-type"), logo.body.as_str()), (Some("image/svg+xml"), SVG));
    let policy = logo.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.ends_with("; sandbox"), "{policy}");
    assert_eq!(logo.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn without_one_the_portal_is_its_own() {
    let stage = Stage::start().await;
    let page = stage.get("/", "").await;
    page.shows(200, &[r#"<p class="brand">Countersign</p>"#, "<svg class=\"mark\""]);
    assert!(!page.body.contains("/theme/logo"), "{}", page.body);
    assert_eq!(stage.get("/theme.css", "").await.body, "");
    stage.get("/theme/logo", "").await.shows(200, &["<svg"]);
}
