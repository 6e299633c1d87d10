//! What is wrong in a file that a person edits, and where.
//!
//! Made by every reader of such files, here and in `config`; printed by `config::faults`.

use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

/// A file's name, as shown, and its text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    name: String,
    text: Arc<str>,
}

impl SourceFile {
    /// A file that has been read.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The name as shown.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A fault of this file as a whole.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault {
            message: message.into(),
            help: None,
            file: self.clone(),
            code: None,
            at: None,
            label: String::new(),
            severity: Severity::Fault,
        }
    }

    /// A fault at some place of this file.
    pub fn fault_at(&self, at: Range<usize>, message: impl Into<String>) -> Fault {
        let code = Some(NamedSource::new(&self.name, self.text.clone()));
        Fault { at: Some(at), code, ..self.fault(message) }
    }
}

/// One thing that is wrong in a file.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    message: String,
    help: Option<String>,
    file: SourceFile,
    code: Option<NamedSource<Arc<str>>>,
    at: Option<Range<usize>>,
    label: String,
    severity: Severity,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nothing is loaded with it.
    Fault,
    /// It is loaded, and hardly what was meant.
    Warning,
}

impl Severity {
    /// The word in what programs read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::Warning => "warning",
        }
    }
}

impl Fault {
    /// With advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With a few words at the place itself.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// As a warning.
    #[must_use]
    pub fn mild(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Shows `text` instead of the file's own, which is of the same length.
    pub(super) fn shows(&mut self, text: &Arc<str>) {
        if self.code.is_some() {
            self.code = Some(NamedSource::new(&self.file.name, text.clone()));
        }
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn advice(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The file's name.
    pub fn file(&self) -> &str {
        &self.file.name
    }

    /// Line and column, both from 1, of the place; the column counts characters.
    pub fn position(&self) -> Option<(usize, usize)> {
        let before = self.file.text.get(..self.at.as_ref()?.start)?;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Some((before.matches('\n').count() + 1, before.get(line_start..)?.chars().count() + 1))
    }

    /// For sorting: file, then place.
    pub(crate) fn order(&self) -> (&str, usize) {
        (&self.file.name, self.at.as_ref().map_or(0, |at| at.start))
    }
}

impl Diagnostic for Fault {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Fault => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.code.as_ref().map(|code| code as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let at = self.at.clone()?;
        let label = if self.label.is_empty() { "here".to_owned() } else { self.label.clone() };
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(Some(label), at))))
    }
}
