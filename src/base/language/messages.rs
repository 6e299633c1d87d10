//! The messages of `locales/`, compiled in: one bundle for each language, made when it is first used.
//!
//! **Invariant:** a file has the same name in every language; a new one is a line of [`files`], and is there five times, even if
//! only the English one has messages yet.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use super::Language;

type Bundle = FluentBundle<FluentResource>;

macro_rules! files {
    ($($file:literal),* $(,)?) => {
        const ENGLISH: &[&str] = &[$(include_str!(concat!("../../../locales/en/", $file, ".ftl"))),*];
        const GERMAN: &[&str] = &[$(include_str!(concat!("../../../locales/de/", $file, ".ftl"))),*];
        const SLOVAK: &[&str] = &[$(include_str!(concat!("../../../locales/sk/", $file, ".ftl"))),*];
        const CZECH: &[&str] = &[$(include_str!(concat!("../../../locales/cs/", $file, ".ftl"))),*];
        const FRENCH: &[&str] = &[$(include_str!(concat!("../../../locales/fr/", $file, ".ftl"))),*];
    };
}

files!(
    "account", "frame", "gateway", "message", "notice", "pages", "passkey", "phone", "prompt", "question",
    "refusal", "time", "token",
);

/// The words of `key` in `language`; `None` when there are none, or a value is missing for them.
pub(super) fn of(language: Language, key: &str, values: Option<&FluentArgs<'_>>) -> Option<String> {
    let bundle = bundle(language);
    let message = bundle.get_message(key)?;
    let mut errors = Vec::new();
    let words = bundle.format_pattern(message.value()?, values, &mut errors).into_owned();
    errors.is_empty().then_some(words)
}

fn bundle(language: Language) -> &'static Bundle {
    static MADE: [LazyLock<Bundle>; 5] = [
        LazyLock::new(|| made(Language::English, ENGLISH)),
        LazyLock::new(|| made(Language::German, GERMAN)),
        LazyLock::new(|| made(Language::Slovak, SLOVAK)),
        LazyLock::new(|| made(Language::Czech, CZECH)),
        LazyLock::new(|| made(Language::French, FRENCH)),
    ];
    let [english, german, slovak, czech, french] = &MADE;
    match language {
        Language::English => english,
        Language::German => german,
        Language::Slovak => slovak,
        Language::Czech => czech,
        Language::French => french,
    }
}

/// The bundle of the good messages of `files`. Faults are found by the tests; a page does without what is faulty.
fn made(language: Language, files: &[&str]) -> Bundle {
    let tag = language.tag().parse::<LanguageIdentifier>().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    bundle.set_use_isolating(false);
    for file in files {
        let resource = FluentResource::try_new((*file).to_owned()).unwrap_or_else(|(good, _)| good);
        // Says which keys were there before: the tests look for those.
        let _before = bundle.add_resource(resource);
    }
    bundle
}
