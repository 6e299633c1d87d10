//! Reads what `[[app]]` says about the script for prompts in the page.
//!
//! **Invariant:** without a word about it, pages get the script (`tests/it/config_check.rs` holds the wording).
//! Called by `apps`.

use crate::base::settings::Inject;
use crate::policy::source::table::{Reader, Table};

use super::apps::size;

/// The keys it reads.
pub(super) const KEYS: [&str; 2] = ["inject", "inject_limit"];

pub(super) fn inject(reader: &mut Reader<'_>, table: Table<'_>) -> (Inject, u64) {
    let inject = reader.choice(table, "inject", &[("auto", Inject::Auto), ("off", Inject::Off)]);
    (inject.unwrap_or_default(), size(reader, table, "inject_limit", 4 << 20))
}
