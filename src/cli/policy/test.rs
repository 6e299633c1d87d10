//! `countersign policy test`: runs the cases beside the policies.
//!
//! **Invariant:** a run without a case is a finding: a table that nobody reads proves nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use clap::Args;
use serde_json::json;

use super::super::Format;
use super::super::trial::{Trial, Verdict, put};
use super::{WIDTH, chosen, report};
use crate::base::text::visible;
use crate::base::time::Timestamp;
use crate::config::{Settings, cases};
use crate::policy::PolicySet;
use cases::Case;

/// Arguments of `policy test`.
#[derive(Debug, Default, Args)]
pub struct TestArgs {
    /// Only cases with this in their name, or in the name of their file
    pub filter: Vec<String>,
    /// How results are printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// A policy that no case reaches is a finding
    #[arg(long)]
    pub require_coverage: bool,
}

/// What came of one case.
struct Outcome {
    case: Case,
    app: String,
    verdict: Option<Verdict>,
    problem: Option<String>,
}

pub(super) fn run(
    settings: &Settings,
    policies: &PolicySet,
    args: &TestArgs,
    now: Timestamp,
    out: &mut dyn Write,
) -> io::Result<bool> {
    let cases = match cases::cases(&settings.policies_dir, policies) {
        Ok(cases) => cases,
        Err(faults) => return report(&faults, args.format, out),
    };
    let wanted = |case: &Case| {
        let file = case.file().rsplit('/').next().unwrap_or_default();
        args.filter.is_empty()
            || args.filter.iter().any(|part| case.name.contains(part) || file.contains(part))
    };
    let outcomes: Vec<Outcome> =
        cases.into_iter().filter(wanted).map(|case| tried(settings, policies, case, now)).collect();
    let uncovered = if args.filter.is_empty() { uncovered(policies, &outcomes) } else { Vec::new() };
    let ran = !outcomes.is_empty();
    let failed = outcomes.iter().filter(|outcome| outcome.problem.is_some()).count();
    match args.format {
        Format::Human => human(outcomes, &uncovered, failed, out)?,
        Format::Json => json(&outcomes, &uncovered, failed, out)?,
    }
    Ok(ran && failed == 0 && (uncovered.is_empty() || !args.require_coverage))
}

fn tried(settings: &Settings, policies: &PolicySet, case: Case, now: Timestamp) -> Outcome {
    let Some(app) = chosen(settings, case.app.as_deref()) else {
        let problem = Some("name the application: `app = \"...\"` at the top of the file".to_owned());
        return Outcome { app: String::new(), verdict: None, problem, case };
    };
    let usual = Trial::default();
    let trial = Trial {
        method: case.method.clone(),
        target: case.target.clone(),
        host: case.host.clone(),
        headers: case.headers.clone(),
        body: case.body.clone(),
        user: case.user.clone(),
        groups: case.groups.clone(),
        client: case.client.unwrap_or(usual.client),
        now: case.now.unwrap_or(now),
    };
    let verdict = put(app, policies, &trial);
    let problem = problem(&case, &verdict);
    Outcome { app: app.name.clone(), verdict: Some(verdict), problem, case }
}

fn problem(case: &Case, verdict: &Verdict) -> Option<String> {
    let by = verdict.policies();
    if verdict.word() != case.expect {
        let words = verdict.words();
        return Some(format!("expected `{}`, but it is `{}`: {words}", case.expect, verdict.word()));
    }
    if case.policies.as_ref().is_some_and(|wanted| *wanted != by) {
        let by = if by.is_empty() { "none".to_owned() } else { format!("`{}`", by.join(", ")) };
        return Some(format!("decided by {by}, not by those expected"));
    }
    let wanted = case.summary.as_ref().filter(|wanted| **wanted != verdict.words())?;
    Some(format!("the summary is `{}`, expected `{wanted}`", verdict.words()))
}

/// The policies that decided no case, and would have decided none.
fn uncovered(policies: &PolicySet, outcomes: &[Outcome]) -> Vec<String> {
    let verdicts = || outcomes.iter().filter_map(|outcome| outcome.verdict.as_ref());
    let mut covered: BTreeSet<&str> = verdicts().flat_map(Verdict::policies).collect();
    covered.extend(verdicts().flat_map(Verdict::observed));
    let all = policies.policies().map(|(_, policy)| policy.id.as_str());
    all.filter(|id| !covered.contains(id)).map(str::to_owned).collect()
}

fn human(outcomes: Vec<Outcome>, uncovered: &[String], failed: usize, out: &mut dyn Write) -> io::Result<()> {
    let count = outcomes.len();
    let mut files: BTreeMap<String, Vec<Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        files.entry(outcome.case.file().to_owned()).or_default().push(outcome);
    }
    let mut faults = Vec::new();
    for (file, outcomes) in files {
        writeln!(out, "{file}")?;
        for Outcome { case, problem, .. } in outcomes {
            let word = if problem.is_some() { "FAILED" } else { "ok    " };
            writeln!(out, "  {word}  {}: {}", case.expect, visible(&case.name, WIDTH))?;
            faults.extend(problem.map(|problem| case.fault(problem)));
        }
    }
    if !faults.is_empty() {
        write!(out, "\n{}", cases::faults(faults).human(WIDTH, false))?;
    }
    if !uncovered.is_empty() {
        writeln!(out, "no case reaches: {}", uncovered.join(", "))?;
    }
    let plural = if count == 1 { "case" } else { "cases" };
    match (count, failed) {
        (0, _) => writeln!(out, "no case was run"),
        (_, 0) => writeln!(out, "{count} {plural}, all as expected"),
        (_, failed) => writeln!(out, "{count} {plural}, {failed} not as expected"),
    }
}

fn json(outcomes: &[Outcome], uncovered: &[String], failed: usize, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<_> = outcomes
        .iter()
        .map(|outcome| {
            let (case, verdict) = (&outcome.case, outcome.verdict.as_ref());
            json!({
                "file": case.file(),
                "line": case.line(),
                "name": case.name,
                "app": outcome.app,
                "expected": case.expect,
                "outcome": verdict.map(Verdict::word),
                "policies": verdict.map(Verdict::policies),
                "summary": verdict.map(Verdict::words),
                "passed": outcome.problem.is_none(),
                "problem": outcome.problem,
            })
        })
        .collect();
    let all = json!({ "cases": rows, "failed": failed, "uncovered": uncovered });
    writeln!(out, "{all}")
}
