//! Policies over paths on which they do nothing: the login paths of the application.

use super::AppFacts;
use super::table::{Reader, Table};
use crate::policy::checked::Policy;
use crate::policy::pattern::Pattern;

/// Warns of each login path that `policy` covers: it passes all the same.
pub(super) fn login_paths(reader: &mut Reader<'_>, table: Table<'_>, app: &AppFacts, policy: &Policy) {
    let covered =
        |path: &&String| Pattern::parse(path, app.case()).is_ok_and(|path| policy.matcher.path.covers(&path));
    let covered: Vec<String> =
        app.login_paths.iter().filter(covered).map(|path| format!("`{path}`")).collect();
    if covered.is_empty() {
        return;
    }
    let at = match reader.table(table, "match") {
        Some(inner) if inner.get("path").is_some() => inner.at("path"),
        _ => table.at("match"),
    };
    let (paths, each) = (covered.join(", "), if covered.len() == 1 { "a login path" } else { "login paths" });
    reader.warn(
        at,
        format!("`{}` covers {paths}, {each} of `{}`", policy.reference.id, app.name),
        format!(
            "every request to exactly {paths} passes without approval, whatever its method and fields; take the path out of \
             `login_paths` if this policy should hold it"
        ),
    );
}
