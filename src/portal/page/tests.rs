//! Every template, rendered with plain and with hostile values.
//!
//! **Invariant:** a template that has no sample here is not rendered anywhere else in tests: each struct of
//! [`super`] has its `samples`, and `all` lists them.

use super::*;
use crate::base::entropy::SeededEntropy;
use crate::base::id::Id;
use crate::base::language::Language;
use crate::base::settings::Title;
use crate::base::time::{Span, Timestamp};
use crate::flow::view::{Choice, Remembers, StepView, Unoffered, Why};
use crate::policy::Wording;

const STATES: [StateName; 10] = [
    StateName::Held,
    StateName::Approved,
    StateName::Forwarding,
    StateName::Delivered,
    StateName::Rejected,
    StateName::Expired,
    StateName::FailedOver,
    StateName::Cancelled,
    StateName::FailedBeforeSend,
    StateName::OutcomeUnknown,
];

const NOW: Timestamp = Timestamp::from_millis(1_795_300_000_000);

/// A held request whose every text is `text`.
fn view(text: &str, state: StateName) -> HeldView {
    let entropy = SeededEntropy::new(1);
    let choice = |kind| Choice { id: Id::new(NOW, &entropy), kind, label: text.to_owned(), digits: Some(6) };
    HeldView {
        id: Id::new(NOW, &entropy),
        app: text.to_owned(),
        title: Title::new(None, vec![(Language::French, text.to_owned())]),
        origin: "https://bank.example.com".parse().unwrap(),
        user: text.to_owned(),
        state,
        summary: vec![text.to_owned(), text.to_owned()],
        show: vec![(text.to_owned(), text.to_owned())],
        texts: vec![Wording {
            language: Language::German,
            summary: format!("{text}\n{text}"),
            show: vec![(text.to_owned(), text.to_owned())],
        }],
        request_line: text.to_owned(),
        digest: text.to_owned(),
        created_at: NOW,
        expires_at: Some(NOW.plus(Span::from_secs(600))),
        remaining: Some(Span::from_secs(600)),
        steps: vec![
            StepView { factors: vec!["totp"], done: true },
            StepView { factors: vec!["totp"], done: false },
        ],
        remembers: Some(Remembers { span: Span::from_secs(600), whole: true }),
        choices: vec![choice("totp"), choice("hotp"), choice("passkey"), choice("emergency"), choice("new")],
        unoffered: vec![
            Unoffered { kind: "email", label: text.to_owned(), why: Why::NotAccepted },
            Unoffered { kind: "totp", label: text.to_owned(), why: Why::New { from: NOW } },
        ],
        return_url: Some(format!("https://bank.example.com/{text}")),
        back_url: format!("https://bank.example.com/{text}"),
        outcome_status: Some(500),
        success: None,
        refused: None,
        reason: Some(text.to_owned()),
    }
}

fn window() -> Way {
    Way { path: "/held/held_01".to_owned(), field: "csrf", token: "token".to_owned(), framed: false }
}

fn framed() -> Way {
    Way { path: "/frame/held/held_01".to_owned(), field: "token", token: "secret".to_owned(), framed: true }
}

fn slip(text: &str, t: Text) -> Slip {
    Slip::of(&view(text, StateName::Held), NOW, t)
}

fn rows(text: &str, t: Text) -> Vec<ChoiceRow> {
    view(text, StateName::Held).choices.iter().map(|choice| ChoiceRow::of(choice, t)).collect()
}

impl Prompt {
    fn samples(text: &str, t: Text, way: &Way) -> Vec<Self> {
        let of = |choices, notice: Option<&str>| Self {
            t,
            slip: slip(text, t),
            way: way.clone(),
            choices,
            unoffered: view(text, StateName::Held)
                .unoffered
                .iter()
                .map(|one| UnofferedRow::of(one, t))
                .collect(),
            step: 1,
            steps: 2,
            notice: notice.map(str::to_owned),
        };
        vec![
            of(rows(text, t), None),
            of(rows(text, t).into_iter().take(1).collect(), Some("Said.")),
            of(vec![], None),
        ]
    }
}

impl Code {
    fn samples(text: &str, t: Text, way: &Way) -> Vec<Self> {
        let of =
            |choice, fault| Self { t, slip: slip(text, t), way: way.clone(), choice, others: true, fault };
        rows(text, t)
            .into_iter()
            .flat_map(|row| [of(row.clone(), None), of(row, Some("Wrong.".to_owned()))])
            .collect()
    }
}

impl Passkey {
    fn samples(text: &str, t: Text, way: &Way) -> Vec<Self> {
        let of = |fault| Self {
            t,
            slip: slip(text, t),
            way: way.clone(),
            choice: rows(text, t).remove(0),
            challenge: "chal_01".to_owned(),
            // Ids and numbers only, as the library writes them.
            options: "{\"publicKey\":{\"rpId\":\"approve.example.com\"}}".to_owned(),
            lasts: 300_000,
            others: true,
            fault,
        };
        vec![of(None), of(Some("Wrong.".to_owned()))]
    }
}

impl SentCode {
    fn samples(text: &str, t: Text, way: &Way) -> Vec<Self> {
        let of = |to: Option<&str>, fault: Option<String>| Self {
            t,
            slip: slip(text, t),
            way: way.clone(),
            choice: rows(text, t).remove(0),
            to: to.map(str::to_owned),
            notice: to.is_none().then(|| "Not yet.".to_owned()),
            others: true,
            fault,
        };
        vec![of(Some(&crate::base::text::visible(text, 100)), None), of(None, Some("Wrong.".to_owned()))]
    }
}

impl Pause {
    fn samples(text: &str, t: Text, way: &Way) -> Vec<Self> {
        let of = |wait| Self { t, slip: slip(text, t), way: way.clone(), wait };
        vec![of(None), of(Some(("30 seconds".to_owned(), 30_000)))]
    }
}

impl Approved {
    fn samples(text: &str, t: Text, way: &Way) -> Vec<Self> {
        let alone = Slip { return_url: None, back_url: None, deadline: None, ..slip(text, t) };
        vec![Self { t, slip: slip(text, t), way: way.clone() }, Self { t, slip: alone, way: way.clone() }]
    }
}

impl Ended {
    fn samples(text: &str, t: Text, way: &Way) -> Vec<Self> {
        STATES.iter().map(|state| Self::of(slip(text, t), way.clone(), &view(text, *state), t)).collect()
    }
}

impl Notice {
    fn samples(t: Text) -> Vec<Self> {
        let entropy = SeededEntropy::new(1);
        let of = |prompt: Option<Id<Held>>, framed: bool| Self {
            t,
            title: "Title".to_owned(),
            text: "Text".to_owned(),
            next: "Next".to_owned(),
            prompt,
            frame: prompt.filter(|_| framed).map(|id| (id, "https://bank.example.com".parse().unwrap())),
            reference: Id::new(NOW, &entropy),
        };
        vec![of(None, false), of(Some(Id::new(NOW, &entropy)), false), of(Some(Id::new(NOW, &entropy)), true)]
    }
}

impl Home {
    fn samples(t: Text) -> Vec<Self> {
        vec![Self { t, origin: "https://approve.example.com".parse().unwrap() }]
    }
}

fn rendered<T: Template>(name: &'static str, samples: &[T]) -> Vec<(&'static str, String)> {
    assert!(!samples.is_empty(), "{name}");
    samples.iter().map(|sample| (name, sample.render().unwrap())).collect()
}

fn all(text: &str, t: Text) -> Vec<(&'static str, String)> {
    [everywhere(text, t, &window()), everywhere(text, t, &framed())].concat()
}

fn everywhere(text: &str, t: Text, way: &Way) -> Vec<(&'static str, String)> {
    [
        rendered("prompt", &Prompt::samples(text, t, way)),
        rendered("code", &Code::samples(text, t, way)),
        rendered("passkey", &Passkey::samples(text, t, way)),
        rendered("sent", &SentCode::samples(text, t, way)),
        rendered("pause", &Pause::samples(text, t, way)),
        rendered("approved", &Approved::samples(text, t, way)),
        rendered("ended", &Ended::samples(text, t, way)),
        rendered("notice", &Notice::samples(t)),
        rendered("home", &Home::samples(t)),
    ]
    .concat()
}

#[test]
fn nothing_breaks_out() {
    // What was typed, and what must not be left of it in the page.
    for (hostile, forbidden) in [
        ("<img src=x onerror=alert(1)>", "<img"),
        ("\"><script>alert(1)</script>", "<script>alert"),
        ("' onfocus='alert(1)", "' onfocus"),
        ("\" autofocus onfocus=\"alert(1)", "\" autofocus onfocus"),
        ("</title><base href=//evil>", "<base"),
        ("javascript:alert(1)", "href=\"javascript"),
        ("{% include \"x\" %}", "% include \"x"),
        ("a\u{202e}b\u{200b}c", "\u{202e}"),
        ("line\nbreak\u{0}", "\u{0}"),
    ] {
        for (name, html) in Language::ALL.into_iter().flat_map(|language| all(hostile, language.text())) {
            assert!(!html.contains(forbidden), "{name} with `{hostile}`:\n{html}");
        }
    }
    // A template's own language has no meaning in values.
    for (name, html) in all("{{7*7}}", Text::default()) {
        assert!(!html.contains(">49<"), "{name}");
    }
}

#[test]
fn every_page_can_be_read() {
    let pages = Language::ALL
        .into_iter()
        .flat_map(|language| all("plain", language.text()).into_iter().map(move |page| (language, page)));
    for (language, (name, html)) in pages {
        let start = format!("<!doctype html>\n<html lang=\"{}\">", language.tag());
        assert!(html.starts_with(&start), "{name}:\n{html}");
        for (needed, times) in [("<title>", 1), ("<h1", 1), ("<main", 1), ("name=\"viewport\"", 1)] {
            assert_eq!(html.matches(needed).count(), times, "{name} `{needed}`:\n{html}");
        }
        // The content policy allows nothing inline.
        for inline in [" style=", "<style", "<script>", " onclick", " onsubmit", "javascript:"] {
            assert!(!html.contains(inline), "{name} has `{inline}`");
        }
        if html.contains("class=\"framed\"") {
            of_a_frame(name, &html);
            continue;
        }
        // The form at the foot chooses the language and nothing else.
        let (page, foot) = html.split_once("<footer").unwrap();
        assert_eq!(foot.matches("action=\"/account/language\"").count(), 1, "{name}");
        assert_eq!(foot.matches("<option").count(), foot.matches("<option value=\"").count(), "{name}");
        let posts = page.matches("<form method=\"post\"").count();
        assert_eq!(posts, page.matches("name=\"csrf\"").count(), "{name}: a form without its token");
        assert_eq!(posts, page.matches("<form").count(), "{name}: a form that is not a post");
    }
}

/// A page of a frame: every form brings the token, and nothing else says it; no link leads on in the frame.
fn of_a_frame(name: &str, html: &str) {
    let posts = html.matches("<form method=\"post\"").count();
    assert_eq!(posts, html.matches("<form").count(), "{name}: a form that is not a post");
    assert_eq!(
        posts,
        html.matches("name=\"token\" value=\"secret\"").count(),
        "{name}: a form without its token"
    );
    assert_eq!(posts, html.matches("action=\"/frame/held/held_01/").count(), "{name}: a form to elsewhere");
    assert_eq!(posts, html.matches("secret").count(), "{name}: the token elsewhere");
    for link in html.split("<a ").skip(1) {
        assert!(link.split('>').next().unwrap().contains("target=\"_blank\""), "{name}: {link}");
    }
    assert!(!html.contains("csrf") && !html.contains("autofocus"), "{name}: {html}");
    assert_eq!(html.matches("data-parent=\"https://bank.example.com\"").count(), 1, "{name}");
}

#[test]
fn only_the_approved_page_goes_on_and_only_to_the_application() {
    let going = |html: &str| html.contains("http-equiv=\"refresh\"");
    for (name, html) in all("plain", Text::default()) {
        if name == "approved" && !html.contains("class=\"framed\"") {
            let alone = !html.contains("/plain\"");
            assert_eq!(going(&html), !alone, "{html}");
        } else {
            assert!(!going(&html), "{name}");
        }
    }
    let html = Approved::samples("plain", Text::default(), &window()).remove(0).render().unwrap();
    assert!(
        html.contains("<meta http-equiv=\"refresh\" content=\"0; url=https://bank.example.com/plain\">"),
        "{html}"
    );
    let html = Approved::samples("\"><x", Text::default(), &window()).remove(0).render().unwrap();
    assert!(!going(&html), "a return address with odd characters is no address");
}
