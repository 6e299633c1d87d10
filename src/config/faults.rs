//! All faults and warnings of a configuration, for people and for programs.

use std::fmt;

use miette::{GraphicalReportHandler, GraphicalTheme};

use crate::policy::PolicySet;
use crate::policy::source::{Fault, Severity};

/// Faults and warnings, in order of file and place.
pub struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn new(mut faults: Vec<Fault>) -> Self {
        faults.sort_by(|one, other| one.order().cmp(&other.order()));
        Self(faults)
    }

    /// The warnings about a set that is without fault.
    pub fn warnings(set: &PolicySet) -> Self {
        Self::new(set.warnings().to_vec())
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// How many faults there are, without warnings.
    pub fn count(&self) -> usize {
        self.of(Severity::Fault)
    }

    /// Whether there is neither fault nor warning.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn of(&self, severity: Severity) -> usize {
        self.0.iter().filter(|fault| fault.severity() == severity).count()
    }

    /// One line for each, for a log.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|fault| {
            let place =
                fault.position().map_or_else(String::new, |(line, column)| format!(":{line}:{column}"));
            format!("{}{place}: {}", fault.file(), fault.message())
        })
    }

    /// For people: each with its lines and advice, `width` columns wide.
    pub fn human(&self, width: usize, colour: bool) -> String {
        let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(width)
            .with_links(false)
            .with_context_lines(1);
        let mut out = String::new();
        for fault in &self.0 {
            if fault.position().is_none() {
                out.extend(["  in ", fault.file(), "\n"]);
            }
            if handler.render_report(&mut out, fault).is_err() {
                out.push_str(fault.message());
            }
            out.push('\n');
        }
        let counted = |severity: Severity| match self.of(severity) {
            0 => None,
            1 => Some(format!("1 {}", severity.as_str())),
            many => Some(format!("{many} {}s", severity.as_str())),
        };
        let counts: Vec<String> =
            [Severity::Fault, Severity::Warning].into_iter().filter_map(counted).collect();
        out.push_str(&counts.join(", "));
        out.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
    }

    /// For programs: a list of `severity`, `file`, `line`, `column`, `message` and `help`.
    pub fn json(&self) -> String {
        let faults = self.0.iter().map(|fault| {
            let position = fault.position();
            serde_json::json!({
                "severity": fault.severity().as_str(),
                "file": fault.file(),
                "line": position.map(|(line, _)| line),
                "column": position.map(|(_, column)| column),
                "message": fault.message(),
                "help": fault.advice(),
            })
        });
        serde_json::Value::Array(faults.collect()).to_string()
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.human(100, false))
    }
}

/// One line for each, faults before warnings.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (faults, warnings): (Vec<_>, Vec<_>) =
            self.lines().zip(&self.0).partition(|(_, fault)| fault.severity() == Severity::Fault);
        let lines: Vec<String> = faults.into_iter().chain(warnings).map(|(line, _)| line).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Faults {}
