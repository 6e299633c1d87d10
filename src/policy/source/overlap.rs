//! Policies that add nothing to another: the same match twice, or one under a denial that is as wide.
//!
//! These are warnings: such policies guard nothing less than their author wants, they only mislead who reads them.
//!
//! **Invariant:** the work grows with the number of policies, not with its square: denials are looked up by their first and last word.

use std::collections::HashMap;

use super::entry::Found;
use super::fault::{Fault, SourceFile};
use crate::policy::checked::{Effect, Mode};
use crate::policy::pattern::{Pattern, Segment};

/// The first and the last segment of a pattern, where these are words.
type Ends<'p> = (Option<&'p str>, Option<&'p str>);

/// A warning for each policy that adds nothing to one of the others.
pub(super) fn warnings(all: &[(&SourceFile, Found)]) -> Vec<Fault> {
    let mut first: HashMap<(&str, &str), &Found> = HashMap::new();
    let mut denials: HashMap<(&str, Ends<'_>), Vec<&Found>> = HashMap::new();
    for (_, found) in all.iter().filter(|(_, found)| found.unconditional && denies(found)) {
        denials.entry((&found.app, ends(&found.policy.matcher.path))).or_default().push(found);
    }
    let mut warnings = Vec::new();
    for (file, found) in all {
        let id = &found.policy.reference.id;
        let twin = *first.entry((&found.app, &found.about)).or_insert(found);
        if twin.policy.reference.id != *id && twin.does == found.does {
            let message = format!("`{id}` applies to exactly what `{}` applies to", twin.policy.reference.id);
            let warning = file.fault_at(found.match_at.clone(), message).mild();
            warnings.push(warning.help("it only adds its summary to the prompt: keep one of the two"));
        } else if !denies(found)
            && found.policy.mode == Mode::Enforce
            && let Some(denial) = over(found, &denials)
        {
            let message =
                format!("`{id}` is never reached: `{}` denies all it applies to", denial.policy.reference.id);
            let warning = file.fault_at(found.match_at.clone(), message).mild();
            warnings.push(warning.help("narrow the denial, or remove this policy"));
        }
    }
    warnings
}

fn denies(found: &Found) -> bool {
    found.policy.mode == Mode::Enforce && matches!(found.policy.effect, Effect::Deny)
}

/// A denial without conditions that covers all of a policy.
fn over<'f>(found: &Found, denials: &HashMap<(&str, Ends<'_>), Vec<&'f Found>>) -> Option<&'f Found> {
    if denials.is_empty() {
        return None;
    }
    let wanted = &found.policy.matcher;
    let (first, last) = ends(&wanted.path);
    let mut keys = vec![(first, last), (first, None), (None, last), (None, None)];
    keys.dedup();
    let near = keys.into_iter().filter_map(|ends| denials.get(&(found.app.as_str(), ends))).flatten();
    near.copied().find(|denial| {
        let denied = &denial.policy.matcher;
        denied.methods.or(wanted.methods) == denied.methods && denied.path.covers(&wanted.path)
    })
}

fn ends(pattern: &Pattern) -> Ends<'_> {
    (word(pattern.segments.first()), word(pattern.segments.last()))
}

fn word(segment: Option<&Segment>) -> Option<&str> {
    match segment {
        Some(Segment::Literal(word)) => Some(word),
        Some(Segment::Capture(_) | Segment::Any) | None => None,
    }
}
