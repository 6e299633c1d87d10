//! The words of a policy in other languages: `[policy.texts.de]` with a `summary` and the rows of `show`.
//!
//! **Invariant:** a translation shows what the original shows, no less and no more: the same values in the summary, and in each row of
//! `show`, in the same order (`tests/it/policy_texts.rs`). Nobody approves less than was written because of the language.

use super::entry;
use super::table::{Reader, Table};
use crate::base::language::Language;
use crate::policy::checked::Translation;
use crate::policy::names::Name;
use crate::policy::template::Template;

/// What was written first: the summary and the rows of `show`.
type Original<'o> = (&'o Template, &'o [(String, Template)]);

/// Reads them all. Without a good original they are read, but not compared.
pub(super) fn read(
    reader: &mut Reader<'_>,
    table: Table<'_>,
    original: Option<Original<'_>>,
    mask: &[Name],
) -> Vec<Translation> {
    let Some(texts) = reader.table(table, "texts") else { return Vec::new() };
    reader.only(texts, &Language::ALL.map(Language::tag));
    let mut read = Vec::new();
    for (tag, _, value) in texts.entries() {
        let Some(language) = Language::of_tag(tag) else { continue };
        let Some(words) = reader.as_table(value, tag) else { continue };
        reader.only(words, &["summary", "show"]);
        let before = reader.count();
        let summary = entry::summary(reader, words, mask);
        let show = entry::show(reader, words, mask);
        let Some(summary) = summary.filter(|_| reader.count() == before) else { continue };
        if let Some(original) = original {
            compare(reader, words, original, (&summary, &show));
        }
        read.push(Translation { language, summary, show });
    }
    read
}

fn compare(reader: &mut Reader<'_>, words: Table<'_>, original: Original<'_>, translated: Original<'_>) {
    same(reader, words.at("summary"), "the summary", original.0, translated.0);
    let (rows, here) = (original.1, translated.1);
    if rows.len() != here.len() {
        let labels: Vec<String> = rows.iter().map(|(label, _)| format!("`{label}`")).collect();
        let rows = if labels.is_empty() { "none".to_owned() } else { labels.join(", ") };
        reader.fault(
            words.at("show"),
            format!("`show` has {} rows, {} in the policy itself", here.len(), labels.len()),
            format!("translate these rows, in this order: {rows}"),
        );
        return;
    }
    let places: Vec<_> = match reader.table(words, "show") {
        Some(show) => show.entries().into_iter().map(|(_, _, value)| value.span()).collect(),
        None => Vec::new(),
    };
    for (((label, wanted), (_, given)), at) in rows.iter().zip(here).zip(places) {
        same(reader, at, &format!("the row for `{label}`"), wanted, given);
    }
}

/// Notes what the one shows and the other does not.
fn same(
    reader: &mut Reader<'_>,
    at: std::ops::Range<usize>,
    what: &str,
    original: &Template,
    here: &Template,
) {
    let (wanted, given) = (original.shown(), here.shown());
    let listed = |names: Vec<&String>| {
        names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let missing = listed(wanted.difference(&given).collect());
    let added = listed(given.difference(&wanted).collect());
    let help = "a translation shows what the policy itself shows, in other words";
    if !missing.is_empty() {
        reader.fault(at.clone(), format!("{what} does not show {missing}"), help);
    }
    if !added.is_empty() {
        reader.fault(at, format!("{what} shows {added}, which the policy itself does not"), help);
    }
}
