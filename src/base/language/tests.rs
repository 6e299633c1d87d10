//! Negotiation, plural forms, lengths and days.

use super::*;

#[test]
fn the_language_is_negotiated() {
    for (header, expected) in [
        ("de", Some(Language::German)),
        ("de-AT", Some(Language::German)),
        ("DE-at", Some(Language::German)),
        ("sk-SK,sk;q=0.9,cs;q=0.8,en-US;q=0.7", Some(Language::Slovak)),
        ("en-GB;q=0.5, cs;q=0.9", Some(Language::Czech)),
        ("fr;q=0.500,de;q=0.501", Some(Language::German)),
        // Of equals the first.
        ("fr, de", Some(Language::French)),
        ("pl, hu;q=0.9, fr;q=0.1", Some(Language::French)),
        ("pl", None),
        ("*", Some(Language::English)),
        ("en;q=0, *", Some(Language::German)),
        ("de;q=0", None),
        ("de;q=0, de-CH", Some(Language::German)),
        ("pl, *;q=0.5", Some(Language::English)),
        ("*;q=0.5, sk;q=0.4", Some(Language::English)),
        // What is malformed does not count.
        ("de;q=2, fr;q=0.1", Some(Language::French)),
        ("de;q=, fr;q=0.1", Some(Language::French)),
        ("de;q=0.1234, fr;q=0.1", Some(Language::French)),
        ("de;level=1, fr;q=0.1", Some(Language::French)),
        ("d\u{e9}, fr;q=0.1", Some(Language::French)),
        ("deutsch", None),
        ("", None),
        (",,;;==", None),
    ] {
        assert_eq!(negotiate::best(header), expected, "{header}");
    }
    let many = "pl,".repeat(40) + "de";
    assert_eq!(negotiate::best(&many), None, "only so many ranges are looked at");
}

#[test]
fn a_choice_goes_before_what_is_saved_and_that_before_the_browser() {
    let choose = Language::choose;
    assert_eq!(choose(Some(Language::French), Some(Language::German), Some("sk")), Language::French);
    assert_eq!(choose(None, Some(Language::German), Some("sk")), Language::German);
    assert_eq!(choose(None, None, Some("sk")), Language::Slovak);
    assert_eq!(choose(None, None, Some("pl")), Language::English);
    assert_eq!(choose(None, None, None), Language::English);
    for (lines, kept) in [
        (&["a=1; countersign-language=cs"][..], Some(Language::Czech)),
        (&["a=1", "countersign-language=cs; b=2"], Some(Language::Czech)),
        (&["countersign-language=cs; countersign-language=de"], None),
        (&["countersign-language=CS"], None),
        (&["Countersign-Language=cs"], None),
        (&["xcountersign-language=cs"], None),
        (&[], None),
    ] {
        assert_eq!(Language::kept(lines.iter().copied()), kept, "{lines:?}");
    }
}

#[test]
fn what_is_missing_is_said_in_english_or_by_its_key() {
    let german = Language::German.text();
    assert_eq!(german.say("no-such-key"), "no-such-key");
    assert_eq!(german.tell("time-seconds", "other", 1_u32), "time-seconds", "a value is missing");
    assert_eq!(german.say("pages-brand"), "Countersign");
}

#[test]
fn lengths_are_said_as_people_say_them() {
    for (seconds, words) in [
        (0, "0 seconds"),
        (1, "1 second"),
        (89, "89 seconds"),
        (90, "1 minute"),
        (599, "9 minutes"),
        (3600, "1 hour"),
        (7500, "2 hours 5 minutes"),
        (86_400, "1 day"),
        (90_000, "1 day 1 hour"),
    ] {
        assert_eq!(Language::English.text().span(Span::from_secs(seconds)), words);
    }
}

#[test]
fn each_language_has_its_plural_forms() {
    // 1 and 2 and 5 are told apart by Slovak and Czech; French has 0 with 1.
    for (language, day, expected) in [
        (Language::German, 1, "1 Tag"),
        (Language::German, 2, "2 Tage"),
        (Language::Slovak, 1, "1 deň"),
        (Language::Slovak, 2, "2 dni"),
        (Language::Slovak, 4, "4 dni"),
        (Language::Slovak, 5, "5 dní"),
        (Language::Slovak, 22, "22 dní"),
        (Language::Czech, 1, "1 den"),
        (Language::Czech, 3, "3 dny"),
        (Language::Czech, 11, "11 dní"),
        (Language::French, 1, "1 jour"),
        (Language::French, 2, "2 jours"),
    ] {
        assert_eq!(language.text().span(Span::from_secs(day * 86_400)), expected);
    }
    assert_eq!(Language::French.text().span(Span::from_secs(0)), "0 seconde");
    assert_eq!(Language::Slovak.text().span(Span::from_secs(0)), "0 sekúnd");
    assert_eq!(Language::Slovak.text().span(Span::from_secs(3660)), "1 hodinu 1 minútu");
}

#[test]
fn days_have_their_months_names() {
    let at = Timestamp::parse("2026-01-05T20:00:05Z").unwrap();
    for (language, expected) in [
        (Language::English, "5 January 2026, 20:00:05 UTC"),
        (Language::German, "5. Januar 2026, 20:00:05 UTC"),
        (Language::Slovak, "5. januára 2026, 20:00:05 UTC"),
        (Language::Czech, "5. ledna 2026, 20:00:05 UTC"),
        (Language::French, "5 janvier 2026, 20:00:05 UTC"),
    ] {
        assert_eq!(language.text().moment(at), expected);
    }
    let first = Timestamp::parse("2026-08-01T00:00:00Z").unwrap();
    assert_eq!(Language::French.text().day(first), "1er août 2026");
    for language in Language::ALL {
        let mut days: Vec<String> = (1..=12)
            .map(|month| Timestamp::parse(&format!("2026-{month:02}-09T00:00:00Z")).unwrap())
            .map(|at| language.text().day(at))
            .collect();
        days.dedup();
        assert_eq!(days.len(), 12, "{days:?}");
        let digits = |day: &String| day.chars().filter(char::is_ascii_digit).collect::<String>();
        assert!(days.iter().all(|day| digits(day) == "92026"), "{days:?}");
    }
}
