//! Reads TOML tables key by key, noting every fault with its place instead of stopping at the first.
//!
//! **Invariant:** a key that nobody asks for is a fault ([`Reader::only`]); a getter that returns `None` for a key that is there
//! has noted why.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Fault, Severity, SourceFile};

/// Collects the faults of one file.
pub struct Reader<'f> {
    file: &'f SourceFile,
    faults: Vec<Fault>,
    concealed: Vec<Range<usize>>,
}

/// A table and where it stands.
#[derive(Clone, Copy)]
pub struct Table<'t> {
    entries: &'t DeTable<'t>,
    start: usize,
    end: usize,
}

/// A value and where it stands.
pub type Value<'t> = &'t Spanned<DeValue<'t>>;

impl<'f> Reader<'f> {
    /// A reader without faults.
    pub fn new(file: &'f SourceFile) -> Self {
        Self { file, faults: Vec::new(), concealed: Vec::new() }
    }

    /// Parses the text; faults of the syntax are noted, and `None` returned when there are any.
    pub fn parse(&mut self) -> Option<Spanned<DeTable<'f>>> {
        let (table, errors) = DeTable::parse_recoverable(self.file.text());
        let healthy = errors.is_empty();
        for error in errors {
            let at = error.span().unwrap_or(0..0);
            self.add(self.file.fault_at(at, lower(error.message())));
        }
        healthy.then_some(table)
    }

    /// Notes a fault.
    pub fn add(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Notes a fault at a place.
    pub fn fault(&mut self, at: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        let (fault, help) = (self.file.fault_at(at, message), help.into());
        self.faults.push(if help.is_empty() { fault } else { fault.help(help) });
    }

    /// Notes what is odd at a place, though nothing is wrong.
    pub fn warn(&mut self, at: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(self.file.fault_at(at, message).help(help).mild());
    }

    /// The file that is read.
    pub fn file(&self) -> &'f SourceFile {
        self.file
    }

    /// No report of this file shows what stands at this place.
    pub fn conceal(&mut self, at: Range<usize>) {
        self.concealed.push(at);
    }

    /// All that was noted.
    pub fn into_faults(mut self) -> Vec<Fault> {
        if !self.concealed.is_empty() {
            let concealed = |at: usize| self.concealed.iter().any(|range| range.contains(&at));
            let shown = self.file.text().char_indices().map(|(at, c)| match c {
                c if concealed(at) && c != '\n' => "*".repeat(c.len_utf8()),
                c => c.to_string(),
            });
            let shown: Arc<str> = shown.collect::<String>().into();
            self.faults.iter_mut().for_each(|fault| fault.shows(&shown));
        }
        self.faults
    }

    /// How many faults were noted so far, without warnings.
    pub fn count(&self) -> usize {
        self.faults.iter().filter(|fault| fault.severity() == Severity::Fault).count()
    }

    /// Notes every key of `table` that is not one of `known`.
    pub fn only(&mut self, table: Table<'_>, known: &[&str]) {
        for key in table.entries.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let help = did_you_mean(name, known);
                self.fault(key.span(), format!("unknown key `{name}`"), help);
            }
        }
    }

    /// Notes that `key` must be there.
    pub fn missing(&mut self, table: Table<'_>, key: &str, help: &str) {
        let message = format!("`{key}` is missing");
        if table.span().is_empty() {
            self.faults.push(self.file.fault(message).help(help));
        } else {
            self.fault(table.span(), message, help);
        }
    }

    /// A string.
    pub fn text<'t>(&mut self, table: Table<'t>, key: &str) -> Option<(&'t str, Range<usize>)> {
        let value = table.get(key)?;
        self.as_text(value, key)
    }

    /// A string that must be there and not be blank.
    pub fn required<'t>(
        &mut self,
        table: Table<'t>,
        key: &str,
        help: &str,
    ) -> Option<(&'t str, Range<usize>)> {
        if table.get(key).is_none() {
            self.missing(table, key, help);
        }
        let (text, at) = self.text(table, key)?;
        if text.trim().is_empty() {
            self.fault(at, format!("`{key}` is empty"), help);
            return None;
        }
        Some((text, at))
    }

    /// The value as a string.
    pub fn as_text<'t>(&mut self, value: Value<'t>, what: &str) -> Option<(&'t str, Range<usize>)> {
        match value.get_ref() {
            DeValue::String(text) => Some((text.as_ref(), value.span())),
            other => self.wrong(value.span(), what, "a string", other),
        }
    }

    /// A string that `parse` understands.
    pub fn parsed<T, E: std::fmt::Display>(
        &mut self,
        table: Table<'_>,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let (text, at) = self.text(table, key)?;
        parse(text).map_err(|error| self.fault(at, format!("`{text}` is {error}"), "")).ok()
    }

    /// One string of a few.
    pub fn choice<T: Copy>(&mut self, table: Table<'_>, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let (text, at) = self.text(table, key)?;
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let help = did_you_mean(text, &names);
            self.fault(at, format!("`{text}` is not one of the values of `{key}`"), help);
        }
        found
    }

    /// A truth value.
    pub fn truth(&mut self, table: Table<'_>, key: &str) -> Option<bool> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(truth) => Some(*truth),
            other => self.wrong(value.span(), key, "`true` or `false`", other),
        }
    }

    /// A whole number that fits.
    pub fn whole<N: std::str::FromStr>(&mut self, table: Table<'_>, key: &str) -> Option<N> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::Integer(number) => {
                let parsed = if number.radix() == 10 { number.as_str().parse().ok() } else { None };
                if parsed.is_none() {
                    self.fault(value.span(), format!("`{key}` is out of range"), "");
                }
                parsed
            }
            other => self.wrong(value.span(), key, "a whole number", other),
        }
    }

    /// A string, or a list of strings; empty when the key is not there.
    pub fn texts<'t>(&mut self, table: Table<'t>, key: &str) -> Vec<(&'t str, Range<usize>)> {
        let Some(value) = table.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::String(text) => vec![(text.as_ref(), value.span())],
            DeValue::Array(items) => {
                if items.is_empty() {
                    self.fault(
                        value.span(),
                        format!("`{key}` is an empty list"),
                        "leave the key out, or name something",
                    );
                }
                items.iter().filter_map(|item| self.as_text(item, key)).collect()
            }
            other => {
                self.wrong::<()>(value.span(), key, "a string or a list of strings", other);
                Vec::new()
            }
        }
    }

    /// A table.
    pub fn table<'t>(&mut self, table: Table<'t>, key: &str) -> Option<Table<'t>> {
        let value = table.get(key)?;
        self.as_table(value, key)
    }

    /// The value as a table.
    pub fn as_table<'t>(&mut self, value: Value<'t>, what: &str) -> Option<Table<'t>> {
        match value.get_ref() {
            DeValue::Table(entries) => {
                Some(Table { entries, start: value.span().start, end: value.span().end })
            }
            other => self.wrong(value.span(), what, "a table", other),
        }
    }

    /// A list of tables (`[[key]]`); empty when the key is not there.
    pub fn tables<'t>(&mut self, table: Table<'t>, key: &str) -> Vec<Table<'t>> {
        let Some(value) = table.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(items) => items.iter().filter_map(|item| self.as_table(item, key)).collect(),
            other => {
                self.wrong::<()>(value.span(), key, &format!("a list of tables: write `[[{key}]]`"), other);
                Vec::new()
            }
        }
    }

    /// Notes that a value is of another kind than wanted.
    pub fn wrong<T>(&mut self, at: Range<usize>, what: &str, wanted: &str, found: &DeValue<'_>) -> Option<T> {
        let message = format!("`{what}` must be {wanted}, not {}", kind(found));
        self.fault(at, message, "");
        None
    }
}

impl<'t> Table<'t> {
    /// A whole file.
    pub fn root(table: &'t Spanned<DeTable<'t>>) -> Self {
        Self { entries: table.get_ref(), start: 0, end: 0 }
    }

    /// Where it stands.
    pub fn span(&self) -> Range<usize> {
        self.start..self.end
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<Value<'t>> {
        self.entries.get(key)
    }

    /// Where the value of `key` stands, or the table when it is not there.
    pub fn at(&self, key: &str) -> Range<usize> {
        self.get(key).map_or(self.span(), Spanned::span)
    }

    /// All keys and values in the order written.
    pub fn entries(&self) -> Vec<(&'t str, Range<usize>, Value<'t>)> {
        let entries = self.entries.iter();
        let mut entries: Vec<_> =
            entries.map(|(key, value)| (key.get_ref().as_ref(), key.span(), value)).collect();
        entries.sort_by_key(|(_, at, _)| at.start);
        entries
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn lower(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// The known name that `name` is probably meant to be.
pub(super) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let nearest = known.iter().map(|other| (distance(name, other), *other)).min();
    nearest.filter(|(apart, _)| *apart <= 1 + name.chars().count() / 4).map(|(_, other)| other)
}

/// The known name nearest to `name`, or all of them.
pub fn did_you_mean(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(other) => format!("did you mean `{other}`?"),
        None => format!(
            "known here: {}",
            known.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// How many characters must be put in, taken out or replaced (Levenshtein), whatever the case.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, c) in one.to_lowercase().chars().enumerate() {
        let mut next = vec![at + 1];
        for ((above, diagonal), d) in row.iter().skip(1).zip(&row).zip(&other) {
            let left = next.last().copied().unwrap_or_default();
            next.push((above + 1).min(left + 1).min(diagonal + usize::from(c != *d)));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
