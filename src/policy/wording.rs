//! What several policies say of one request, put together: in the words they were written in, and in each language that one of them has.
//!
//! **Invariant:** what is said in a language says as much as the original: a policy without that language says it as it was written.
//! Called by [`super::AppPolicies::rule`].

use super::checked::Named;
use super::ruling::Wording;
use crate::base::language::Language;

type Rows = Vec<(String, String)>;

/// The words the policies were written in.
pub(super) fn original(named: &[Named]) -> (String, Rows) {
    together(named.iter().map(|one| (one.summary.as_str(), one.show.as_slice())))
}

/// The words in each language that any of them has.
pub(super) fn texts(named: &[Named]) -> Vec<Wording> {
    let in_language = |language: Language| {
        let has = |one: &Named| one.texts.iter().any(|text| text.language == language);
        named.iter().any(has).then(|| {
            let (summary, show) = together(named.iter().map(|one| {
                let text = one.texts.iter().find(|text| text.language == language);
                text.map_or((one.summary.as_str(), one.show.as_slice()), |text| (&text.summary, &text.show))
            }));
            Wording { language, summary, show }
        })
    };
    Language::ALL.into_iter().filter_map(in_language).collect()
}

/// Each sentence and each row once.
fn together<'n>(parts: impl Iterator<Item = (&'n str, &'n [(String, String)])>) -> (String, Rows) {
    let (mut sentences, mut rows): (Vec<&str>, Rows) = (Vec::new(), Vec::new());
    for (summary, show) in parts {
        if !sentences.contains(&summary) {
            sentences.push(summary);
        }
        for row in show {
            if !rows.contains(row) {
                rows.push(row.clone());
            }
        }
    }
    (sentences.join("\n"), rows)
}
