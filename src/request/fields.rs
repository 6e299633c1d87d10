//! The named values a policy may decide by, each with the place it was found in.
//!
//! **Invariant:** values are kept as text exactly as decoded; a number is never turned into floating point.

/// Where a field was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// The query of the target.
    Query,
    /// An urlencoded body.
    Form,
    /// A part of a multipart body.
    Multipart,
    /// A member of a JSON body, at any depth; the name is its JSON Pointer.
    Json,
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

/// All fields of one request, in order of appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<Field>);

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

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
