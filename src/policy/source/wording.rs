//! What the words of a policy leave out: the prompt should name all that makes the action what it is.
//!
//! Warnings only: a request whose summary names too little is still held, but who approves it does not see what.

use std::ops::Range;

use super::entry::within;
use super::table::{Reader, Table, nearest};
use crate::policy::checked::{Effect, Policy};
use crate::policy::condition::Expression;
use crate::policy::methods::Methods;
use crate::policy::names::Name;
use crate::policy::pattern::Segment;
use crate::policy::template::Template;

/// Warns of what `summary` and `show` do not name, and of names that are probably misspelt.
pub(super) fn check(reader: &mut Reader<'_>, table: Table<'_>, policy: &Policy) {
    misspelt(reader, table, policy);
    if matches!(policy.effect, Effect::Deny) {
        return;
    }
    let at = table.at("summary");
    if !templates(policy).any(Template::names_something) {
        if !is_whole_action(policy) {
            reader.warn(
                at,
                "the summary names nothing of the request",
                "name its values, e.g. `{amount}` for a field, `{= path}` for the path: who approves sees only these words",
            );
        }
        return;
    }
    let unnamed: Vec<String> = decisive(policy)
        .into_iter()
        .filter(|name| !is_named(policy, name))
        .map(|name| format!("`{}`", name.as_str()))
        .collect();
    if let (Some(first), names) = (unnamed.first(), unnamed.join(", ")) {
        let example = first.trim_matches('`');
        reader.warn(
            at,
            format!("this policy decides by {names}, which its summary does not name"),
            format!("put `{{{example}}}` into `summary` or `show`"),
        );
    }
}

fn templates(policy: &Policy) -> impl Iterator<Item = &Template> {
    std::iter::once(&policy.summary).chain(policy.show.iter().map(|(_, template)| template))
}

fn conditions(policy: &Policy) -> impl Iterator<Item = &Expression> {
    policy.when.iter().chain(&policy.unless)
}

/// Whether method and path alone say everything: one path, no body, nothing else asked.
fn is_whole_action(policy: &Policy) -> bool {
    let bodiless =
        ["GET", "DELETE", "OPTIONS"].into_iter().filter_map(Methods::covered_by).reduce(Methods::or);
    let methods = policy.matcher.methods;
    bodiless.is_some_and(|bodiless| bodiless.or(methods) == bodiless)
        && policy.matcher.path.segments.iter().all(|segment| matches!(segment, Segment::Literal(_)))
        && decisive(policy).is_empty()
}

/// The captures and fields whose values tell one action from another.
fn decisive(policy: &Policy) -> Vec<Name> {
    let mut names: Vec<Name> = policy.matcher.path.names().map(Name::exactly).collect();
    let tests = policy.matcher.fields.iter().chain(&policy.matcher.query);
    let free = tests.filter(|(_, test)| !test.absent && !test.is_one_value()).map(|(name, _)| name.clone());
    let asked = conditions(policy).flat_map(Expression::fixed_names).map(Name::exactly);
    for name in free.chain(asked) {
        let masked = policy.mask.iter().any(|mask| mask.covers(&name));
        if !masked && !names.iter().any(|known| known.as_str() == name.as_str()) {
            names.push(name);
        }
    }
    names
}

fn is_named(policy: &Policy, wanted: &Name) -> bool {
    let captured = policy.matcher.path.names().any(|capture| capture == wanted.as_str());
    templates(policy).any(|template| {
        template.names().any(|name| name.covers(wanted) || wanted.covers(name))
            || template
                .expressions()
                .any(|expression| expression.might_show(wanted) || captured && expression.reads_path())
    })
}

/// Whether two names agree segment by segment but for slips: `/transfer/amuont` is nearly `/transfer/amount`, `/transfer/iban` is not.
fn segments_are_near(name: &str, other: &str) -> bool {
    name.split('/').count() == other.split('/').count()
        && name
            .split('/')
            .zip(other.split('/'))
            .all(|(one, other)| one == other || nearest(one, &[other]).is_some())
}

/// A name that nothing else mentions and that is nearly a capture or a field that is tested.
fn misspelt(reader: &mut Reader<'_>, table: Table<'_>, policy: &Policy) {
    let matcher = &policy.matcher;
    let tested = matcher.fields.iter().chain(&matcher.query).map(|(name, _)| name);
    let known: Vec<&str> = matcher.path.names().chain(tested.map(Name::as_str)).collect();
    let shown = reader.table(table, "show");
    let places = table.get("summary").into_iter().chain(
        shown
            .iter()
            .flat_map(|shown| shown.entries().into_iter().map(|(_, _, value)| value))
            .collect::<Vec<_>>(),
    );
    for (template, value) in templates(policy).zip(places) {
        for name in template.names().map(Name::as_str).filter(|name| !known.contains(name)) {
            let Some(meant) = nearest(name, &known).filter(|_| name.chars().count() > 2) else { continue };
            if !segments_are_near(name, meant) {
                continue;
            }
            let at = place(reader, value.span(), name);
            let what = if matcher.path.names().any(|capture| capture == meant) {
                "which the path captures"
            } else {
                "which `match` asks about"
            };
            reader.warn(
                at,
                format!("`{{{name}}}` is named nowhere else"),
                format!("did you mean `{{{meant}}}`, {what}?"),
            );
        }
    }
}

/// Where a template writes `{name`, else the whole of it.
fn place(reader: &Reader<'_>, string: Range<usize>, name: &str) -> Range<usize> {
    let placeholder = format!("{{{name}");
    let length = placeholder.len();
    within(reader, &string, &placeholder, 0..length)
}
