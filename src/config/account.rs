//! Reads what `[tenant.default]` says about the own account of its users: `questions`, `new_authenticator_after`.
//!
//! **Invariant:** verification questions are off unless `ask = true` is written, and then `check` says what the standards say of them.

use std::ops::Range;

use crate::base::language::Language;
use crate::base::settings::account::{AccountSettings, Listed, Questions};
use crate::base::time::Span;
use crate::directory::question;
use crate::policy::source::table::{Reader, Table, Value};

/// The most questions to choose from.
const MOST_LISTED: usize = 50;
/// The longest that a new authenticator may have to wait.
const LONGEST_WAIT: Span = Span::from_secs(30 * 24 * 3600);
/// How many a user should keep unless the tenant says otherwise.
const LEAST: usize = 3;

/// What the tenant's users may keep.
pub(super) fn account(reader: &mut Reader<'_>, tenant: Option<Table<'_>>) -> AccountSettings {
    let Some(tenant) = tenant else { return AccountSettings::default() };
    let usual = AccountSettings::default().new_authenticator_after;
    AccountSettings {
        questions: reader.table(tenant, "questions").and_then(|table| questions(reader, table)),
        new_authenticator_after: new_authenticator_after(reader, tenant).unwrap_or(usual),
    }
}

fn new_authenticator_after(reader: &mut Reader<'_>, tenant: Table<'_>) -> Option<Span> {
    const KEY: &str = "new_authenticator_after";
    let span = reader.parsed(tenant, KEY, str::parse::<Span>)?;
    if span > LONGEST_WAIT {
        reader.fault(tenant.at(KEY), "a new authenticator would have to wait for more than 30 days", "");
    }
    if span == Span::ZERO {
        reader.warn(
            tenant.at(KEY),
            "an authenticator that a user adds can approve at once",
            "whoever gets hold of a session and one code adds an authenticator of his own and approves with it before the user has read the \
             notice: leave it out for `1h`",
        );
    }
    Some(span)
}

fn questions(reader: &mut Reader<'_>, table: Table<'_>) -> Option<Questions> {
    reader.only(table, &["ask", "own", "least", "list"]);
    let own = reader.truth(table, "own").unwrap_or(true);
    let least = reader.whole::<usize>(table, "least").unwrap_or(LEAST);
    let list = list(reader, table);
    if !(1..=question::MOST).contains(&least) {
        let most = question::MOST;
        reader.fault(table.at("least"), format!("`least` must be 1 to {most}"), "");
    }
    let ask = reader.truth(table, "ask").unwrap_or_default();
    if table.get("ask").is_none() {
        reader.missing(table, "ask", "`ask = true` turns verification questions on");
    }
    if !ask {
        return None;
    }
    if !own && list.len() < least {
        reader.fault(
            table.at("least"),
            format!("nobody can keep {least} questions: there are {} to choose from", list.len()),
            "add questions to `list`, lower `least`, or let users write their own with `own = true`",
        );
    }
    reader.warn(
        table.at("ask"),
        "verification questions are forbidden as a proof by NIST SP 800-63B-4 §3.1.1.2 and ASVS 6.4.2",
        "others often know or find the answers: nothing here takes one for a proof or a way in; let your helpdesk ask them on the \
         telephone besides what is stronger, never alone",
    );
    Some(Questions { own, least, list })
}

fn list(reader: &mut Reader<'_>, table: Table<'_>) -> Vec<Listed> {
    let Some(value) = table.get("list") else { return Vec::new() };
    let toml::de::DeValue::Array(items) = value.get_ref() else {
        reader.wrong::<()>(value.span(), "list", "a list of questions", value.get_ref());
        return Vec::new();
    };
    if items.len() > MOST_LISTED {
        reader.fault(value.span(), format!("these are more than {MOST_LISTED} questions"), "");
    }
    let mut list: Vec<Listed> = Vec::new();
    for item in items {
        let Some(one) = listed(reader, item) else { continue };
        let texts = std::iter::once(&one.text).chain(one.texts.iter().map(|(_, text)| text));
        if let Some(twice) = texts.into_iter().find(|text| list.iter().any(|other| other.is(text))) {
            reader.fault(item.span(), format!("`{twice}` is in the list twice"), "");
        }
        list.push(one);
    }
    list
}

/// A question as a text, or as `{ text = "...", texts = { de = "..." } }`.
fn listed(reader: &mut Reader<'_>, item: Value<'_>) -> Option<Listed> {
    if let toml::de::DeValue::String(text) = item.get_ref() {
        return Some(Listed { text: fit(reader, text, item.span())?, texts: Vec::new() });
    }
    let table = reader.as_table(item, "list")?;
    reader.only(table, &["text", "texts"]);
    let own =
        reader.required(table, "text", "the question, e.g. `text = \"In which town did you go to school?\"`");
    let mut texts = Vec::new();
    if let Some(others) = reader.table(table, "texts") {
        reader.only(others, &Language::ALL.map(Language::tag));
        for (tag, _, value) in others.entries() {
            let Some(language) = Language::of_tag(tag) else { continue };
            let Some((text, at)) = reader.as_text(value, tag) else { continue };
            texts.extend(fit(reader, text, at).map(|text| (language, text)));
        }
    }
    let (text, at) = own?;
    Some(Listed { text: fit(reader, text, at)?, texts })
}

fn fit(reader: &mut Reader<'_>, text: &str, at: Range<usize>) -> Option<String> {
    let fit = question::text(text);
    if fit.is_err() {
        reader.fault(at, "this is no question", "1 to 200 visible characters");
    }
    fit.ok()
}
