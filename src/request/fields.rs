//! The named values a policy may decide by, each with the place it was found in.
//!
//! **Invariant:** values are kept as text exactly as decoded; a number is never turned into floating point.
//! **Invariant:** nothing is dropped: a key that is there twice is there twice. Who decides by a field looks at all its
//! [`Fields::values`] (any that matches, matches) and refuses as ambiguous when the field is among its [`Fields::duplicates`].

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::BTreeSet;

use super::body::BodyLimits;
use super::charset::Charset;
use super::refusal::Refusal;
use crate::base::text::is_invisible;

/// Where a field was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// The query of the target.
    Query,
    /// An urlencoded body.
    Form,
    /// A part of a multipart body.
    Multipart,
    /// A cookie, which some applications look up beside query and body.
    Cookie,
    /// A member of a JSON body, at any depth; the name is its JSON Pointer.
    Json,
    /// An element or attribute of an XML body; the name is a pointer of local names from the root on, an attribute's with `@`. Repeated elements
    /// have the same name.
    Xml,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// Text, as decoded. Query, form and multipart values are always this.
    Text(String),
    /// A JSON number exactly as written.
    Number(String),
    /// A JSON boolean.
    Bool(bool),
    /// A JSON null.
    Null,
    /// A JSON array or object (its members are fields of their own).
    Composite,
    /// An uploaded file: its name as sent, its length in bytes.
    File {
        /// `filename` of the part.
        name: String,
        /// Length of the content in bytes.
        length: u64,
    },
}

impl FieldValue {
    /// The value as text to compare and show: text as it is, numbers as written, `true`/`false`, `null`; a file's name.
    /// `None` for a composite.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text),
            Self::Bool(true) => Some("true"),
            Self::Bool(false) => Some("false"),
            Self::Null => Some("null"),
            Self::File { name, .. } => Some(name),
            Self::Composite => None,
        }
    }
}

/// One named value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Where it was found.
    pub place: Place,
    /// Its name: the key of a form or query, or for JSON the pointer, e.g. `/payment/amount`.
    pub name: String,
    /// What it holds.
    pub value: FieldValue,
}

impl Field {
    /// Whether a backend may read this field when it asks for `name`: a key of a query or form, the last member name of a JSON
    /// Pointer at any depth, or, when `name` begins with `/`, that pointer, where a segment `*` is any one. Spelling variants
    /// ([`fold_key`]) count as the same.
    pub fn answers_to(&self, name: &str) -> bool {
        match (self.place, name.strip_prefix('/')) {
            (Place::Json | Place::Xml, Some(pattern)) => {
                self.name.strip_prefix('/').is_some_and(|pointer| pointer_answers(pointer, pattern))
            }
            (Place::Json | Place::Xml, None) => self.name.rsplit('/').next().is_some_and(|last| {
                let last = unescape_pointer(last);
                !self.name.is_empty()
                    && (same_key(&last, name)
                        || last.strip_prefix('@').is_some_and(|last| same_key(last, name)))
            }),
            (_, _) => same_key(&self.name, name) || same_key(without_indexes(&self.name), name),
        }
    }
}

/// All fields of one request, in order of appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<Field>);

/// The field by which some frameworks take another method.
const METHOD_FIELD: &str = "_method";
/// The field by which a form states its charset (HTML §4.10.21).
const CHARSET_FIELD: &str = "_charset_";

impl Fields {
    /// Adds one.
    pub fn push(&mut self, place: Place, name: String, value: FieldValue) {
        self.0.push(Field { place, name, value });
    }

    /// Adds all of `more`.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Field> {
        self.0.iter()
    }

    /// All fields that some backend may read under `name`, from every place, in order; see [`Field::answers_to`].
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Field> {
        self.0.iter().filter(move |field| field.answers_to(name))
    }

    /// The names, folded, under which more than one value of query, form or multipart stands; `a` and `a[]` are one name, and so
    /// are a query's and a body's. (JSON members cannot repeat: their pointers are unique.)
    pub fn duplicates(&self) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let keys = self
            .0
            .iter()
            .filter(|field| field.place != Place::Json)
            .map(|field| fold_key(&field.name).into_owned());
        keys.filter(|key| !seen.insert(key.clone())).collect()
    }

    /// Whether `name` can be read as more than one value, over all places.
    pub fn is_ambiguous(&self, name: &str) -> bool {
        self.values(name).nth(1).is_some()
    }

    /// The methods that fields named `_method`, in any spelling, ask for; of a list or object, an empty one.
    pub fn claimed_methods(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(|field| field.answers_to(METHOD_FIELD))
            .map(|field| field.value.as_text().unwrap_or_default())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses fields that change how the request itself is read.
    pub(super) fn judge(&self, charset: Charset) -> Result<(), Refusal> {
        let ascii = |field: &Field| field.name.is_ascii() && field.value.as_text().is_none_or(str::is_ascii);
        let ascii = LazyCell::new(|| self.0.iter().all(ascii));
        for field in &self.0 {
            if field.answers_to(CHARSET_FIELD) && !charset.agrees_with(field.value.as_text(), &ascii) {
                return Err(Refusal::Charset);
            }
        }
        Ok(())
    }
}

/// The one spelling of the keys that common backends confuse: without surrounding blanks, cut at a NUL, without trailing `[]`, in
/// lower case; and, as PHP does, a blank, a dot or a bracket that is not closed read as `_` (`.method` is `_method` there).
pub fn fold_key(key: &str) -> Cow<'_, str> {
    let mut bare = key.split('\0').next().unwrap_or_default().trim();
    while let Some(head) = bare.strip_suffix("[]").filter(|head| !head.is_empty()) {
        bare = head.trim_end();
    }
    let opens = bare.contains('[') && !bare.contains(']');
    let odd = |c: char| c.is_uppercase() || !c.is_ascii() || matches!(c, ' ' | '.') || (opens && c == '[');
    if !bare.chars().any(odd) {
        return Cow::Borrowed(bare);
    }
    let underscored = |c: char| if matches!(c, ' ' | '.') || (opens && c == '[') { '_' } else { c };
    Cow::Owned(bare.chars().map(underscored).collect::<String>().to_lowercase())
}

/// The one spelling of a JSON member that readers confuse: its case and surrounding blanks do not count.
pub(super) fn fold_member(name: &str) -> String {
    name.trim().to_lowercase()
}

fn same_key(one: &str, other: &str) -> bool {
    fold_key(one) == fold_key(other)
}

/// A key without its trailing `[0]`, `[1][]`...: an element of an array that some backend hands out under the bare name.
fn without_indexes(key: &str) -> &str {
    let mut bare = key.trim_end();
    while let Some((head, index)) = bare.strip_suffix(']').and_then(|open| open.rsplit_once('[')) {
        if head.is_empty() || !index.bytes().all(|byte| byte.is_ascii_digit()) {
            break;
        }
        bare = head.trim_end();
    }
    bare
}

fn pointer_answers(pointer: &str, pattern: &str) -> bool {
    let mut have = pointer.split('/');
    let mut want = pattern.split('/');
    loop {
        match (have.next(), want.next()) {
            (None, None) => return true,
            (Some(_), Some("*")) => {}
            (Some(one), Some(other)) if same_key(&unescape_pointer(one), &unescape_pointer(other)) => {}
            _ => return false,
        }
    }
}

/// A member name as one segment of a JSON Pointer (RFC 6901 §3).
pub(super) fn escape_pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn unescape_pointer(segment: &str) -> Cow<'_, str> {
    if segment.contains('~') {
        Cow::Owned(segment.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(segment)
    }
}

/// A field's name, within the limit and without anything invisible.
pub(super) fn checked_name(name: String, limits: &BodyLimits) -> Result<String, Refusal> {
    if name.len() > limits.name {
        return Err(Refusal::NameTooLong(limits.name));
    }
    if name.chars().any(is_invisible) {
        return Err(Refusal::FieldControl);
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alike_keys_are_one() {
        for key in ["amount", "Amount", " amount ", "amount[]", "AMOUNT[][]", "amount\0x"] {
            assert_eq!(fold_key(key), "amount", "{key:?}");
        }
        for key in [".method", "[method", "_Method[]"] {
            assert_eq!(fold_key(key), "_method", "{key:?}");
        }
        assert_eq!(fold_key("delete[x]"), "delete[x]");
        assert_eq!(fold_key("[]"), "[]");
    }

    #[test]
    fn a_name_is_looked_up_everywhere() {
        let mut fields = Fields::default();
        let text = |text: &str| FieldValue::Text(text.to_owned());
        fields.push(Place::Query, "Amount".to_owned(), text("1"));
        fields.push(Place::Form, "amount[]".to_owned(), text("2"));
        fields.push(Place::Form, "delete[5]".to_owned(), text("on"));
        fields.push(Place::Form, "delete[6]".to_owned(), text("on"));
        fields.push(Place::Json, "/payments/0/amount".to_owned(), text("3"));
        fields.push(Place::Json, "/a~1b".to_owned(), text("4"));
        assert_eq!(fields.values("amount").count(), 3);
        assert_eq!(fields.values("/payments/*/AMOUNT").count(), 1);
        assert_eq!(fields.values("/payments/amount").count(), 0);
        assert_eq!(fields.values("a/b").count(), 1);
        assert!(fields.is_ambiguous("amount") && !fields.is_ambiguous("a/b"));
        assert_eq!((fields.values("delete").count(), fields.values("delete[5]").count()), (2, 1));
        assert_eq!(fields.duplicates().into_iter().collect::<Vec<_>>(), ["amount"]);
    }
}
