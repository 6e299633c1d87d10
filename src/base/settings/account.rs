//! The words of the configuration about the own account of a tenant's users.

use crate::base::language::Language;
use crate::base::time::Span;

/// What a tenant lets its users keep.
#[derive(Clone, Debug)]
pub struct AccountSettings {
    /// Verification questions; `None` while the tenant has not turned them on.
    pub questions: Option<Questions>,
    /// How long an authenticator that its user enrols beside another can neither approve nor allow a change.
    pub new_authenticator_after: Span,
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self { questions: None, new_authenticator_after: Span::from_secs(3600) }
    }
}

/// The verification questions that a tenant has turned on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Questions {
    /// Whether users may ask themselves what they like.
    pub own: bool,
    /// How many a user should keep, 1 to 10.
    pub least: usize,
    /// Those to choose from, in their order.
    pub list: Vec<Listed>,
}

/// A question to choose, in the language the tenant wrote it in and in others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// As it was written.
    pub text: String,
    /// The same in other languages.
    pub texts: Vec<(Language, String)>,
}

impl Listed {
    /// The question in a language; as it was written where it has no words in it.
    pub fn in_language(&self, language: Language) -> &str {
        self.texts.iter().find(|(of, _)| *of == language).map_or(&self.text, |(_, text)| text)
    }

    /// Whether `text` is this question, in whatever language.
    pub fn is(&self, text: &str) -> bool {
        self.text == text || self.texts.iter().any(|(_, other)| other == text)
    }
}
