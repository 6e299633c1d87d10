//! Question: does the portal speak the language of whoever looks, and does what is kept stay as it was written?

use countersign::base::language::Language;

use crate::portal_stage::{HOST, ORIGIN, Stage};

/// What a browser of this language sends.
fn asks(accepted: &'static str, cookie: &str) -> Vec<(&'static str, String)> {
    vec![("Host", HOST.to_owned()), ("Accept-Language", accepted.to_owned()), ("Cookie", cookie.to_owned())]
}

async fn get(
    stage: &Stage,
    target: &str,
    headers: Vec<(&'static str, String)>,
) -> crate::portal_stage::Answer {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    stage.send("GET", target, &headers, "").await
}

#[tokio::test]
async fn a_page_is_in_the_language_that_is_asked_for() {
    let stage = Stage::start().await;
    for (accepted, cookie, expected) in [
        ("", "", Language::English),
        ("de-AT, en;q=0.5", "", Language::German),
        ("sk", "", Language::Slovak),
        ("pl, cs;q=0.5", "", Language::Czech),
        ("pl", "", Language::English),
        ("de", "countersign-language=fr", Language::French),
        ("de", "countersign-language=xx", Language::German),
        ("de", "countersign-language=fr; countersign-language=sk", Language::German),
    ] {
        for target in ["/", "/held/nonsense", "/nowhere"] {
            let answer = get(&stage, target, asks(accepted, cookie)).await;
            let place = format!("{target} for `{accepted}`, `{cookie}`");
            assert_eq!(answer.header("content-language"), Some(expected.tag()), "{place}");
            assert_eq!(answer.header("vary"), Some("Accept-Language, Cookie"), "{place}");
            assert!(answer.body.contains(&format!("<html lang=\"{}\">", expected.tag())), "{place}");
            assert!(answer.body.contains(&expected.text().say("pages-warning")), "{place}\n{}", answer.body);
        }
    }
    // What is not for people has no language.
    let style = get(&stage, "/style.css", asks("de", "")).await;
    assert_eq!(style.header("content-language"), None);
}

#[tokio::test]
async fn what_is_held_is_shown_translated_with_the_original_beside_it() {
    let stage = Stage::start().await;
    let case = stage.opened().await;
    let target = format!("/held/{}", case.id);
    let german = get(&stage, &target, asks("de", &case.cookie)).await;
    german.shows(
        200,
        &["5000 EUR an DE89 überweisen", "Betrag", "Im ursprünglichen Wortlaut", "Transfer 5000 EUR to DE89"],
    );
    // In a language that the policy does not speak: the original, once.
    let czech = get(&stage, &target, asks("cs", &case.cookie)).await;
    czech.shows(200, &["Transfer 5000 EUR to DE89", "Zkontrolujte to dříve"]);
    assert!(!czech.body.contains("V původním znění"), "{}", czech.body);
    // What goes to programs, receipts and the log is the original.
    assert_eq!(case.ticket.summary, "Transfer 5000 EUR to DE89");
    let view = stage.world.flows.look(case.id).await.unwrap().unwrap();
    assert_eq!(view.summary, ["Transfer 5000 EUR to DE89"]);
}

#[tokio::test]
async fn the_language_is_chosen_at_the_foot_of_a_page() {
    let stage = Stage::start().await;
    let choose = |origin: &'static str, site: &'static str, referrer: &'static str, form: &'static str| {
        let headers = vec![
            ("Host", HOST),
            ("Origin", origin),
            ("Sec-Fetch-Site", site),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Referer", referrer),
        ];
        let stage = &stage;
        async move { stage.send("POST", "/account/language", &headers, form).await }
    };
    let cookie = "countersign-language=sk; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000";
    for (origin, site, referrer, form, to, kept) in [
        (
            ORIGIN,
            "same-origin",
            "http://approve.localhost:8081/invite?code=A-B",
            "language=sk",
            "/invite?code=A-B",
            Some(cookie),
        ),
        (
            ORIGIN,
            "same-origin",
            "http://approve.localhost:8081/held/x",
            "language=sk",
            "/held/x",
            Some(cookie),
        ),
        (
            ORIGIN,
            "same-origin",
            "http://approve.localhost:8081.evil.example/",
            "language=sk",
            "/",
            Some(cookie),
        ),
        (
            ORIGIN,
            "same-origin",
            "http://approve.localhost:8081//evil.example",
            "language=sk",
            "/",
            Some(cookie),
        ),
        (ORIGIN, "same-origin", "", "language=sk", "/", Some(cookie)),
        (ORIGIN, "same-origin", "", "language=xx", "/", None),
        (ORIGIN, "same-origin", "", "", "/", None),
    ] {
        let answer = choose(origin, site, referrer, form).await;
        assert_eq!(answer.status, 303, "{referrer} {form}");
        assert_eq!(
            (answer.header("location"), answer.header("set-cookie")),
            (Some(to), kept),
            "{referrer} {form}"
        );
    }
    // Another site cannot choose.
    for (origin, site) in
        [("https://evil.example", "cross-site"), (ORIGIN, "cross-site"), ("", "same-origin")]
    {
        let answer = choose(origin, site, "", "language=sk").await;
        assert_eq!((answer.status, answer.header("set-cookie")), (403, None), "{origin} {site}");
    }
}
