//! All faults of a configuration, for people and for programs.

use std::fmt;

use miette::{GraphicalReportHandler, GraphicalTheme};

use crate::policy::source::Fault;

/// One or more faults, in order of file and place.
pub struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn new(mut faults: Vec<Fault>) -> Self {
        faults.sort_by(|one, other| one.order().cmp(&other.order()));
        Self(faults)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
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
        out.push_str(&self.0.len().to_string());
        out.push_str(if self.0.len() == 1 { " fault" } else { " faults" });
        out.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
    }

    /// For programs: a list of `file`, `line`, `column`, `message` and `help`.
    pub fn json(&self) -> String {
        let faults = self.0.iter().map(|fault| {
            let position = fault.position();
            serde_json::json!({
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

/// One line for each.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            let line =
                fault.position().map_or_else(String::new, |(line, column)| format!(":{line}:{column}"));
            write!(f, "{newline}{}{line}: {}", fault.file(), fault.message())?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
