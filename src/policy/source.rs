//! From files a person edits to checked policies, with every fault at once and a pointer to where it is.
//!
//! Reads no file: `config` hands in names and texts. [`Fault`] and the reader of tables are used by `config` too.
//!
//! **Invariant:** a set with one fault is no set: [`read`] gives policies or faults, never both.

mod approval;
mod entry;
mod matching;
pub mod table;

use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use super::PolicySet;
use super::checked::Policy;

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
        }
    }

    /// A fault at some place of this file.
    pub fn fault_at(&self, at: Range<usize>, message: impl Into<String>) -> Fault {
        let code = Some(NamedSource::new(&self.name, self.text.clone()));
        Fault { at: Some(at), code, ..self.fault(message) }
    }
}

/// One thing that is wrong in a file.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    message: String,
    help: Option<String>,
    file: SourceFile,
    code: Option<NamedSource<Arc<str>>>,
    at: Option<Range<usize>>,
    label: String,
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

    /// Shows `text` instead of the file's own, which is of the same length.
    fn shows(&mut self, text: &Arc<str>) {
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

/// Reads policy files. `apps` are the names of the configured applications.
///
/// # Errors
/// Every fault of every file, in order.
pub fn read(files: &[SourceFile], apps: &[String]) -> Result<PolicySet, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut policies: Vec<(String, Policy)> = Vec::new();
    let mut known: Vec<(String, &SourceFile)> = Vec::new();
    for file in files {
        let mut reader = table::Reader::new(file);
        for found in entry::file(&mut reader, apps) {
            match known.iter().find(|(id, _)| *id == found.policy.reference.id) {
                Some((id, other)) => reader.add(
                    file.fault_at(found.id_at, format!("the id `{id}` is used twice"))
                        .label(format!("also in {}", other.name))
                        .help("give each policy an id of its own, over all files"),
                ),
                None => known.push((found.policy.reference.id.clone(), file)),
            }
            policies.push((found.app, found.policy));
        }
        faults.extend(reader.into_faults());
    }
    if faults.is_empty() {
        Ok(PolicySet::new(apps, policies))
    } else {
        faults.sort_by(|one, other| one.order().cmp(&other.order()));
        Err(faults)
    }
}
