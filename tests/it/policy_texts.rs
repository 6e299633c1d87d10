//! Question: which translations of a policy's words are taken, what do they say, and can one ever show less than the policy itself?

use std::net::IpAddr;

use countersign::base::language::Language;
use countersign::base::time::Timestamp;
use countersign::policy::source::{AppFacts, SourceFile, read};
use countersign::policy::{Facts, Held, PolicySet, Ruling};
use countersign::request::fields::{FieldValue, Fields, Place};

/// One policy about `POST /t` with these words.
fn policy(id: &str, words: &str) -> String {
    format!(
        "[[policy]]\nid = \"{id}\"\nmatch = {{ methods = [\"POST\"], path = \"/t\" }}\n{words}\n[policy.approve]\nsteps = [{{ self = [\"totp\"] }}]\n"
    )
}

fn load(text: &str) -> Result<PolicySet, Vec<String>> {
    let file = SourceFile::new("p.toml", format!("app = \"bank\"\n{text}"));
    read(&[file], &[AppFacts::named("bank")])
        .map_err(|faults| faults.iter().map(|fault| fault.message().to_owned()).collect())
}

const ORIGINAL: &str = "summary = \"Transfer {amount} EUR to {iban}\"\nshow = { Amount = \"{amount} EUR\", Note = \"{note?}\" }\nmask = [\"pin\"]\n";

#[test]
fn a_translation_shows_what_the_policy_shows() {
    for (texts, expected) in [
        (
            "[policy.texts.de]\nsummary = \"{amount} EUR an {iban}\"\nshow = { Betrag = \"{amount}\", Notiz = \"{note?}\" }",
            "",
        ),
        (
            "[policy.texts.de]\nsummary = \"{amount} EUR\"\nshow = { Betrag = \"{amount}\", Notiz = \"{note?}\" }",
            "the summary does not show `{iban}`",
        ),
        (
            "[policy.texts.de]\nsummary = \"{amount} EUR an {iban} von {account}\"\nshow = { Betrag = \"{amount}\", Notiz = \"{note?}\" }",
            "the summary shows `{account}`, which the policy itself does not",
        ),
        (
            "[policy.texts.de]\nsummary = \"{amount?} EUR an {iban}\"\nshow = { Betrag = \"{amount}\", Notiz = \"{note?}\" }",
            "the summary does not show `{amount}`",
        ),
        (
            "[policy.texts.de]\nsummary = \"{amount} EUR an {iban}\"",
            "`show` has 0 rows, 2 in the policy itself",
        ),
        (
            "[policy.texts.de]\nsummary = \"{amount} EUR an {iban}\"\nshow = { Betrag = \"{amount}\" }",
            "`show` has 1 rows, 2",
        ),
        (
            "[policy.texts.de]\nsummary = \"{amount} EUR an {iban}\"\nshow = { Notiz = \"{note?}\", Betrag = \"{amount}\" }",
            "the row for `Amount` does not show `{amount}`",
        ),
        ("[policy.texts.de]\nshow = { Betrag = \"{amount}\", Notiz = \"{note?}\" }", "`summary` is missing"),
        (
            "[policy.texts.de]\nsummary = \"{amount} EUR an {iban\"\nshow = { Betrag = \"{amount}\", Notiz = \"{note?}\" }",
            "a `{` without its `}`",
        ),
        (
            "[policy.texts.de]\nsummary = \"{amount} EUR an {iban} {pin}\"\nshow = { Betrag = \"{amount}\", Notiz = \"{note?}\" }",
            "`pin` is masked",
        ),
        (
            "[policy.texts.de]\nsummary = \"{amount} an {iban}\"\nshow = { Betrag = \"{= fields.pin}\", Notiz = \"{note?}\" }",
            "this expression could show `pin`",
        ),
        ("[policy.texts.xx]\nsummary = \"{amount} EUR an {iban}\"", "unknown key `xx`"),
        (
            "[policy.texts.de]\nsumary = \"\"\nsummary = \"{amount} {iban}\"\nshow = { Betrag = \"{amount}\", Notiz = \"{note?}\" }",
            "unknown key `sumary`",
        ),
        ("texts = 1", "`texts` must be a table"),
        ("[policy.texts]\nde = \"Überweisung\"", "`de` must be a table"),
    ] {
        let told = load(&policy("a", &format!("{ORIGINAL}{texts}"))).err().unwrap_or_default();
        let right =
            if expected.is_empty() { told.is_empty() } else { told.iter().any(|one| one.contains(expected)) };
        assert!(right, "{texts}\n{told:?}, expected `{expected}`");
    }
    // The words in an expression are translated, what it looks up is not.
    let by = |text: &str| {
        let original = "summary = \"Send {= fields.kind == \\\"x\\\" ? \\\"all\\\" : \\\"some\\\"}\"\n";
        load(&policy("a", &format!("{original}[policy.texts.de]\nsummary = \"{text} senden\"\n"))).is_ok()
    };
    assert!(by("{= fields.kind == \\\"x\\\" ? \\\"alles\\\" : \\\"einiges\\\"}"));
    assert!(!by("{= fields.other == \\\"x\\\" ? \\\"alles\\\" : \\\"einiges\\\"}"));
    assert!(!by("alles"));
}

fn held(set: &PolicySet, fields: &[(&str, &str)]) -> Held {
    let (query, mut body) = (Fields::default(), Fields::default());
    for (name, value) in fields {
        body.push(Place::Form, (*name).to_owned(), FieldValue::Text((*value).to_owned()));
    }
    let facts = Facts {
        method: "POST",
        host: "bank.example.com",
        path: "/t",
        query: &query,
        body: Some(&body),
        cookies: None,
        headers: &[],
        content_type: Some("application/x-www-form-urlencoded"),
        user: "alice",
        groups: &[],
        client: "192.0.2.7".parse::<IpAddr>().unwrap(),
        now: Timestamp::parse("2026-11-21T20:00:00Z").unwrap(),
    };
    match set.for_app("bank").unwrap().rule(&facts) {
        Ruling::Hold(held) => held,
        other => panic!("{other:?}"),
    }
}

const FIELDS: &[(&str, &str)] = &[("amount", "5"), ("iban", "DE89"), ("note", "")];

#[test]
fn every_language_is_filled_and_put_together() {
    let german = "[policy.texts.de]\nsummary = \"{amount} EUR an {iban}\"\nshow = { Betrag = \"{amount} EUR\", Notiz = \"{note?}\" }\n";
    let czech = "[policy.texts.cs]\nsummary = \"Uložit\"\n";
    let set = load(
        &[policy("a", &format!("{ORIGINAL}{german}")), policy("b", &format!("summary = \"Save\"\n{czech}"))]
            .concat(),
    )
    .unwrap();
    let held = held(&set, FIELDS);
    assert_eq!(held.summary, "Transfer 5 EUR to DE89\nSave");
    assert_eq!(held.show, [("Amount".to_owned(), "5 EUR".to_owned())]);
    let said: Vec<(Language, &str, Vec<&str>)> = held
        .texts
        .iter()
        .map(|text| {
            (
                text.language,
                text.summary.as_str(),
                text.show.iter().map(|(label, _)| label.as_str()).collect(),
            )
        })
        .collect();
    // What one policy does not say in a language stands as it was written.
    assert_eq!(
        said,
        [
            (Language::German, "5 EUR an DE89\nSave", vec!["Betrag"]),
            (Language::Czech, "Transfer 5 EUR to DE89\nUložit", vec!["Amount"]),
        ]
    );
}

#[test]
fn a_translation_that_cannot_be_filled_gives_way_to_the_original() {
    // Only in German does the expression count: of a word.
    let words = "summary = \"Send {= fields.amount}\"\n[policy.texts.de]\nsummary = \"Sende {= string(int(fields.amount) + 1)}\"\n";
    let set = load(&policy("a", words)).unwrap();
    assert_eq!(held(&set, &[("amount", "5")]).texts[0].summary, "Sende 6");
    let held = held(&set, &[("amount", "all")]);
    assert_eq!((held.summary.as_str(), held.texts.len()), ("Send all", 0));
}

#[test]
fn another_wording_is_another_revision() {
    let revision = |words: &str| {
        load(&policy("a", &format!("summary = \"Save\"\n{words}")))
            .unwrap()
            .policies()
            .next()
            .unwrap()
            .1
            .revision
            .clone()
    };
    let (none, german) = (revision(""), revision("[policy.texts.de]\nsummary = \"Speichern\"\n"));
    assert_ne!(none, german);
    assert_ne!(german, revision("[policy.texts.de]\nsummary = \"Sichern\"\n"));
}
