//! Finds `[tenant.default]`, and knows its keys. What stands in it is read by [`super::messages`], [`super::account`] and [`super::theme`].

use crate::policy::source::table::{Reader, Table};

const KEYS: [&str; 8] =
    ["email_codes", "sms_codes", "questions", "new_authenticator_after", "name", "names", "logo", "accent"];

/// The one tenant there is; `None` where nothing is said of it.
pub(super) fn tenant<'t>(reader: &mut Reader<'_>, root: Table<'t>) -> Option<Table<'t>> {
    let tenants = reader.table(root, "tenant")?;
    reader.only(tenants, &["default"]);
    let table = reader.table(tenants, "default")?;
    reader.only(table, &KEYS);
    Some(table)
}
