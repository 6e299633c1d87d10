//! `doctor`: one line for each finding; advice under what is not as it should be.
//!
//! **Invariant:** rendering is pure; it ends with 1 when there is a fault.

use clap::Args;

use crate::flow::admin::doctor::{Finding, Level};

use super::ConfigArg;

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArg,
    /// For programs
    #[arg(long)]
    pub json: bool,
}

/// The findings as they are printed.
pub fn told(findings: &[Finding], json: bool) -> String {
    if json {
        let text = serde_json::to_string_pretty(findings).unwrap_or_default();
        return format!("{text}\n");
    }
    let mut out = String::new();
    for Finding { check, level, seen, advice } in findings {
        let word = match level {
            Level::Ok => "ok     ",
            Level::Warning => "warning",
            Level::Fault => "fault  ",
        };
        let line = crate::base::text::visible(&format!("{check}: {seen}"), 500);
        out.extend([word, "  ", &line, "\n"]);
        if let Some(advice) = advice {
            out.extend(["         ", advice, "\n"]);
        }
    }
    out
}

/// Whether something does not work.
pub fn has_fault(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.level == Level::Fault)
}
