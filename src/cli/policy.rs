//! `countersign policy test` and `policy explain`: what the policies say, without a server.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::ConfigArg;
use super::observed::ObservedArgs;
use super::trial::{Trial, Verdict, put};
use crate::base::settings::AppSettings;
use crate::base::time::{Clock, Timestamp};
use crate::config::{self, Settings, cases};
use crate::policy::{PolicySet, Ruling};

/// The JSON Schema of a policy file; `tests/it/policy_cases.rs` compares its keys with those that are read.
const SCHEMA: &str = include_str!("policy.schema.json");

/// Arguments of `policy`.
#[derive(Debug, Args)]
pub struct PolicyArgs {
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArg,
    /// What to do.
    #[command(subcommand)]
    pub action: PolicyAction,
}

/// What can be done with policies.
#[derive(Debug, Subcommand)]
pub enum PolicyAction {
    /// Run every `*.cases.toml` beside the policies
    Test,
    /// Say what the policies would do with one request, and why
    Explain(ExplainArgs),
    /// Say what policies did, and what those in observe mode would have done, by day
    Observed(ObservedArgs),
    /// Print the JSON Schema of a policy file, for editors
    Schema,
}

impl PolicyAction {
    /// Whether it asks a store, and so goes to the desk.
    pub fn needs_store(&self) -> bool {
        matches!(self, Self::Observed(_))
    }
}

/// Arguments of `policy explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Method of the request
    #[arg(long, default_value = "GET")]
    pub method: String,
    /// Its URL, or the path alone when there is one application
    #[arg(long)]
    pub url: String,
    /// A header, as `Name: value`; may be repeated
    #[arg(long)]
    pub header: Vec<String>,
    /// Its body, or `@FILE`
    #[arg(long)]
    pub body: Option<String>,
    /// The user's name
    #[arg(long, default_value = "")]
    pub user: String,
    /// A group of the user; may be repeated
    #[arg(long)]
    pub group: Vec<String>,
}

/// Runs the command; whether all is well.
///
/// # Errors
/// When `out` cannot be written.
pub fn run(args: &PolicyArgs, clock: &Arc<dyn Clock>, out: &mut dyn Write) -> io::Result<bool> {
    if matches!(args.action, PolicyAction::Schema) {
        return out.write_all(SCHEMA.as_bytes()).map(|()| true);
    }
    let (settings, policies) = match config::load(&args.config.config) {
        Ok(loaded) => loaded,
        Err(faults) => return write!(out, "{}", faults.human(100, false)).map(|()| false),
    };
    match &args.action {
        PolicyAction::Schema | PolicyAction::Observed(_) => Ok(true),
        PolicyAction::Test => test(&settings, &policies, clock.now(), out),
        PolicyAction::Explain(explain) => self::explain(&settings, &policies, explain, clock.now(), out),
    }
}

fn test(settings: &Settings, policies: &PolicySet, now: Timestamp, out: &mut dyn Write) -> io::Result<bool> {
    let cases = match cases::cases(&settings.policies_dir) {
        Ok(cases) => cases,
        Err(faults) => return write!(out, "{}", faults.human(100, false)).map(|()| false),
    };
    let mut wrong = Vec::new();
    let count = cases.len();
    for case in cases {
        let Some(app) = chosen(settings, case.app.as_deref()) else {
            wrong.push(case.fault("name the application: `app = \"...\"` at the top of the file".to_owned()));
            continue;
        };
        let trial = Trial {
            method: case.method.clone(),
            target: case.target.clone(),
            headers: case.headers.clone(),
            body: case.body.clone(),
            user: case.user.clone(),
            groups: case.groups.clone(),
            now,
            ..Trial::default()
        };
        let verdict = put(app, policies, &trial);
        let by = verdict.policies();
        let summary_differs = case.summary.as_ref().filter(|wanted| **wanted != verdict.words());
        if verdict.word() != case.expect {
            wrong.push(case.fault(format!(
                "expected `{}`, but it is `{}`: {}",
                case.expect,
                verdict.word(),
                verdict.words()
            )));
        } else if case.policies.as_ref().is_some_and(|wanted| *wanted != by) {
            wrong.push(case.fault(format!("decided by `{}`, not by those expected", by.join(", "))));
        } else if let Some(wanted) = summary_differs {
            wrong.push(case.fault(format!("the summary is `{}`, expected `{wanted}`", verdict.words())));
        }
    }
    if wrong.is_empty() {
        writeln!(out, "{count} cases, all as expected")?;
        return Ok(true);
    }
    write!(out, "{}", cases::faults(wrong).human(100, false))?;
    Ok(false)
}

/// The application of that name, or the only one.
fn chosen<'s>(settings: &'s Settings, name: Option<&str>) -> Option<&'s AppSettings> {
    match (name, settings.apps.as_slice()) {
        (Some(name), apps) => apps.iter().find(|app| app.name == name),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
}

fn explain(
    settings: &Settings,
    policies: &PolicySet,
    args: &ExplainArgs,
    now: Timestamp,
    out: &mut dyn Write,
) -> io::Result<bool> {
    let (host, target) = match args.url.split_once("://") {
        Some((_, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            (Some(host.to_owned()), format!("/{path}"))
        }
        None => (None, args.url.clone()),
    };
    let by_host = || host.and_then(|host| host.parse().ok()).map(|host| host_app(settings, &host));
    let Some(app) = by_host().unwrap_or_else(|| chosen(settings, None)) else {
        writeln!(out, "no application answers to `{}`; give a whole URL", args.url)?;
        return Ok(false);
    };
    let body = match args
        .body
        .as_deref()
        .map(|body| body.strip_prefix('@').map_or(Ok(body.as_bytes().to_vec()), read))
    {
        None => Vec::new(),
        Some(Ok(body)) => body,
        Some(Err(error)) => {
            writeln!(out, "the body cannot be read: {error}")?;
            return Ok(false);
        }
    };
    let headers = args.header.iter().filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect();
    let trial = Trial {
        method: args.method.clone(),
        target,
        headers,
        body,
        user: args.user.clone(),
        groups: args.group.clone(),
        now,
        ..Trial::default()
    };
    print(&app.name, &put(app, policies, &trial), out)?;
    Ok(true)
}

fn host_app<'s>(settings: &'s Settings, host: &crate::base::net::Host) -> Option<&'s AppSettings> {
    settings.apps.iter().find(|app| app.hosts.iter().any(|pattern| pattern.0.name() == host.name()))
}

fn read(path: &str) -> io::Result<Vec<u8>> {
    std::fs::read(Path::new(path).components().collect::<PathBuf>())
}

fn print(app: &str, verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} ({app}): {}", verdict.word(), verdict.words())?;
    let Verdict::Ruled(ruling) = verdict else { return Ok(()) };
    for observed in ruling.observed() {
        let would = format!("{:?}", observed.would).to_lowercase();
        writeln!(out, "  observed only: {} would {would}", observed.policy)?;
    }
    match ruling.as_ref() {
        Ruling::Hold(held) => {
            for policy in &held.policies {
                writeln!(out, "  policy: {policy}")?;
            }
            for (label, value) in &held.show {
                writeln!(out, "  shows: {label}: {value}")?;
            }
            for step in &held.requirement.steps {
                let crate::policy::Step::SelfApproval { policy, factors } = step;
                let factors: Vec<&str> = factors.iter().map(|factor| factor.as_str()).collect();
                writeln!(out, "  needs: the requester's own {} ({policy})", factors.join(" or "))?;
            }
            let requirement = &held.requirement;
            writeln!(out, "  waits: {}; released within {}", requirement.hold_for, requirement.release_within)
        }
        Ruling::Deny(denied) => {
            denied.policies.iter().try_for_each(|policy| writeln!(out, "  policy: {policy}"))
        }
        Ruling::Refuse(ambiguity) => writeln!(out, "  policy: {}", ambiguity.policy),
        Ruling::Forward(_) => Ok(()),
    }
}
