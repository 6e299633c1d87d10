//! What people call something: `title`, and `titles` in other languages; of a tenant `name` and `names`.

use std::ops::Range;

use crate::base::language::Language;
use crate::base::settings::Title;
use crate::base::text::Label;
use crate::policy::source::table::{Reader, Table};

/// The keys that are read here.
pub(super) const KEYS: [&str; 2] = ["title", "titles"];

/// Reads the title of an application and its translations.
pub(super) fn title(reader: &mut Reader<'_>, table: Table<'_>) -> Title {
    named(reader, table, ("title", "titles"))
}

/// Reads what somebody is called under these keys: the one name, and its translations.
pub(super) fn named(reader: &mut Reader<'_>, table: Table<'_>, (one, many): (&str, &str)) -> Title {
    let own = reader.text(table, one).and_then(|(text, at)| label(reader, text, at));
    let mut texts = Vec::new();
    if let Some(titles) = reader.table(table, many) {
        reader.only(titles, &Language::ALL.map(Language::tag));
        for (tag, _, value) in titles.entries() {
            let Some(language) = Language::of_tag(tag) else { continue };
            let Some((text, at)) = reader.as_text(value, tag) else { continue };
            texts.extend(label(reader, text, at).map(|text| (language, text)));
        }
    }
    Title::new(own, texts)
}

fn label(reader: &mut Reader<'_>, text: &str, at: Range<usize>) -> Option<String> {
    let label = Label::parse(text).ok().map(|label| label.to_string());
    if label.is_none() {
        reader.fault(at, "this is no title", "1 to 64 visible characters");
    }
    label
}
