//! Reads one policy file: `app`, `[defaults]`, and each `[[policy]]`.

use std::ops::Range;

use super::approval::Defaults;
use super::revision::{normal, revision};
use super::table::{Reader, Table, did_you_mean};
use super::{AppFacts, cover, matching, success, texts, wording};
use crate::base::time::Span;
use crate::policy::checked::{Effect, Mode, Policy};
use crate::policy::condition::Expression;
use crate::policy::names::Name;
use crate::policy::ruling::PolicyRef;
use crate::policy::template::Template;

const KNOWN: [&str; 12] = [
    "id", "match", "when", "unless", "summary", "show", "texts", "mask", "mode", "effect", "success",
    "approve",
];

/// A policy, the application it is for, where its id and match stand, and what it is compared with others by.
pub(super) struct Found {
    pub(super) app: String,
    pub(super) policy: Policy,
    pub(super) id_at: Range<usize>,
    pub(super) match_at: Range<usize>,
    /// What it applies to, in normal form.
    pub(super) about: String,
    /// What it then does, in normal form, without its words.
    pub(super) does: String,
    /// Whether method and path alone decide.
    pub(super) unconditional: bool,
}

/// All policies of one file that have no fault.
pub(super) fn file(reader: &mut Reader<'_>, apps: &[AppFacts]) -> Vec<Found> {
    let Some(document) = reader.parse() else { return Vec::new() };
    let root = Table::root(&document);
    reader.only(root, &["app", "defaults", "policy"]);
    let app =
        reader.required(root, "app", "name the application that the policies are for, e.g. `app = \"bank\"`");
    let known = app.as_ref().and_then(|(app, _)| apps.iter().find(|known| known.name == *app));
    if let Some((app, at)) = &app
        && known.is_none()
    {
        let known: Vec<&str> = apps.iter().map(|app| app.name.as_str()).collect();
        reader.fault(at.clone(), format!("there is no application `{app}`"), did_you_mean(app, &known));
    }
    let defaults = Defaults::read(reader, root, known.map_or(&[], |known| &known.disabled));
    let policies = reader.tables(root, "policy");
    if policies.is_empty() && root.get("policy").is_none() {
        let fault =
            reader.file().fault("no policy in this file").help("add a `[[policy]]`, or remove the file");
        reader.add(fault);
    }
    let unknown = AppFacts::named(app.map(|(app, _)| app).unwrap_or_default());
    let app = known.unwrap_or(&unknown);
    policies
        .into_iter()
        .filter_map(|table| {
            let before = reader.count();
            let found = policy(reader, table, app, &defaults);
            found.filter(|_| reader.count() == before)
        })
        .collect()
}

fn policy(
    reader: &mut Reader<'_>,
    table: Table<'_>,
    app: &AppFacts,
    defaults: &Defaults<'_>,
) -> Option<Found> {
    let before = reader.count();
    reader.only(table, &KNOWN);
    let id = reader.required(table, "id", "each policy has an id of its own, e.g. `id = \"large-transfer\"`");
    if let Some((id, at)) = &id {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if id.len() > 64 || !id.chars().all(plain) {
            reader.fault(
                at.clone(),
                format!("`{id}` is not an id"),
                "letters, digits, `-`, `_` and `.`, at most 64",
            );
        }
    }
    let (id, id_at) = id.map_or((String::new(), 0..0), |(id, at)| (id.to_owned(), at));
    let matcher = matching::matcher(reader, table, app.case());
    let when = expression(reader, table, "when");
    let unless = expression(reader, table, "unless");
    let mask: Vec<Name> = reader
        .texts(table, "mask")
        .into_iter()
        .filter_map(|(text, at)| Name::parse(text).map_err(|message| reader.fault(at, message, "")).ok())
        .collect();
    let summary = summary(reader, table, &mask);
    let show = show(reader, table, &mask);
    let texts = texts::read(reader, table, summary.as_ref().map(|summary| (summary, show.as_slice())), &mask);
    let mode = reader.choice(table, "mode", &[("enforce", Mode::Enforce), ("observe", Mode::Observe)]);
    let deny = reader.choice(table, "effect", &[("approve", false), ("deny", true)]).unwrap_or_default();
    if deny && table.get("approve").is_some() {
        reader.fault(
            table.at("approve"),
            "what is denied is never approved",
            "remove `effect = \"deny\"` or `[policy.approve]`",
        );
    }
    let success = success::read(reader, table, deny);
    let requirement = defaults.requirement(reader, table, &id);
    let policy = Policy {
        reference: PolicyRef { id, revision: revision(&app.name, table, defaults.given().filter(|_| !deny)) },
        matcher: matcher?,
        when,
        unless,
        summary: summary?,
        show,
        texts,
        mask,
        mode: mode.unwrap_or(Mode::Enforce),
        success,
        remember: requirement.as_ref().map_or(Span::ZERO, |(_, remember)| *remember),
        effect: if deny { Effect::Deny } else { Effect::Approve(requirement?.0) },
    };
    // What is wrong comes first: advice about a policy that is not yet understood misleads.
    if reader.count() == before {
        cover::login_paths(reader, table, app, &policy);
        wording::check(reader, table, &policy);
    }
    let written = |keys: &[&str]| -> String {
        keys.iter().filter_map(|key| Some(normal(key, table.get(key)?.get_ref()))).collect()
    };
    let head_only = |at: Table<'_>| at.entries().iter().all(|(key, _, _)| matches!(*key, "methods" | "path"));
    Some(Found {
        id_at,
        match_at: table.at("match"),
        about: written(&["match", "when", "unless"]),
        does: written(&["effect", "mode", "success", "approve"]),
        unconditional: policy.when.is_none()
            && policy.unless.is_none()
            && reader.table(table, "match").is_some_and(head_only),
        app: app.name.clone(),
        policy,
    })
}

fn expression(reader: &mut Reader<'_>, table: Table<'_>, key: &str) -> Option<Expression> {
    let (text, at) = reader.text(table, key)?;
    match Expression::parse(text) {
        Ok(expression) => {
            match (expression.constant(), key) {
                (Some(false), "when") | (Some(true), "unless") => reader.fault(
                    at,
                    format!("with this `{key}` the policy never applies"),
                    "remove the policy, or set `mode = \"observe\"`",
                ),
                (Some(_), _) => reader.warn(at, format!("this `{key}` changes nothing"), "leave it out"),
                (None, _) => {}
            }
            Some(expression)
        }
        Err(fault) => {
            let at = match fault.at {
                Some(place) => within(reader, &at, text, place),
                None => at,
            };
            reader.fault(at, fault.message, fault.help.unwrap_or_default());
            None
        }
    }
}

pub(super) fn summary(reader: &mut Reader<'_>, table: Table<'_>, mask: &[Name]) -> Option<Template> {
    const HELP: &str =
        "name the concrete action with its values, e.g. `summary = \"Transfer {amount} EUR to {iban}\"`";
    let (text, at) = reader.required(table, "summary", HELP)?;
    let template = template(reader, text, &at)?;
    if let Some(name) = template.names().find(|name| mask.iter().any(|mask| mask.covers(name))) {
        let message = format!("`{}` is masked, so the summary cannot name it", name.as_str());
        reader.fault(at, message, "take it out of `mask` or out of `summary`");
        return None;
    }
    masked_expressions(reader, &template, mask, &at);
    Some(template)
}

fn masked_expressions(reader: &mut Reader<'_>, template: &Template, mask: &[Name], at: &Range<usize>) {
    for expression in template.expressions() {
        if let Some(name) = mask.iter().find(|name| expression.might_show(name)) {
            let message = format!("this expression could show `{}`, which is masked", name.as_str());
            reader.fault(
                at.clone(),
                message,
                "look fields up by fixed names that are not masked, e.g. `fields.amount`",
            );
        }
    }
}

pub(super) fn show(reader: &mut Reader<'_>, table: Table<'_>, mask: &[Name]) -> Vec<(String, Template)> {
    let Some(shown) = reader.table(table, "show") else { return Vec::new() };
    let mut rows = Vec::new();
    for (label, _, value) in shown.entries() {
        let Some((text, at)) = reader.as_text(value, label) else { continue };
        if let Some(template) = template(reader, text, &at) {
            masked_expressions(reader, &template, mask, &at);
            rows.push((label.to_owned(), template));
        }
    }
    rows
}

fn template(reader: &mut Reader<'_>, text: &str, at: &Range<usize>) -> Option<Template> {
    Template::parse(text)
        .map_err(|fault| {
            let place = within(reader, at, text, fault.at);
            let help = fault.help.unwrap_or_else(|| "`{name}` shows a field or a part of the path, `{name?}` an optional one, `{= ...}` an expression; a brace itself is `{{`".to_owned());
            reader.fault(place, fault.message, help);
        })
        .ok()
}

/// The place of a part of a string's text in the file, when the string is written without escapes.
pub(super) fn within(
    reader: &Reader<'_>,
    string: &Range<usize>,
    text: &str,
    part: Range<usize>,
) -> Range<usize> {
    let written = reader.file().text().get(string.clone()).unwrap_or_default();
    match written.find(text) {
        Some(offset) => string.start + offset + part.start..string.start + offset + part.end,
        None => string.clone(),
    }
}
