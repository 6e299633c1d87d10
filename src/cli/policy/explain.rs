//! `countersign policy explain`: what the policies would do with one request, and why.
//!
//! **Invariant:** what is printed of a request shows no control character and no masked value.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::super::Format;
use super::super::trial::{Explained, Trial, Verdict, explain};
use super::chosen;
use crate::base::settings::AppSettings;
use crate::base::text::visible;
use crate::base::time::Timestamp;
use crate::config::Settings;
use crate::config::url::typed;
use crate::policy::explain::{Account, Condition, Reading};
use crate::policy::{Held, PolicySet, PromptMode, Ruling, Step};

/// Arguments of `policy explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Method of the request
    #[arg(long, default_value = "GET")]
    pub method: String,
    /// Its URL, or path and query alone when there is one application; taken byte for byte
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
    /// The client's address
    #[arg(long, value_name = "ADDRESS")]
    pub client: Option<std::net::IpAddr>,
    /// The time it is made, e.g. `2026-12-01T00:00:00Z`; now, if left out
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    pub now: Option<Timestamp>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

pub(super) fn run(
    settings: &Settings,
    policies: &PolicySet,
    args: &ExplainArgs,
    now: Timestamp,
    out: &mut dyn Write,
) -> io::Result<bool> {
    let (app, trial) = match trial(settings, args, now) {
        Ok(ready) => ready,
        Err(why) => {
            match args.format {
                Format::Human => writeln!(out, "{why}")?,
                Format::Json => writeln!(out, "{}", json!({ "error": why }))?,
            }
            return Ok(false);
        }
    };
    let explained = explain(app, policies, &trial);
    match args.format {
        Format::Human => human(&app.name, &explained, out)?,
        Format::Json => writeln!(out, "{}", as_json(&app.name, &explained))?,
    }
    Ok(true)
}

/// The request and its application, or why there is none.
fn trial<'s>(
    settings: &'s Settings,
    args: &ExplainArgs,
    now: Timestamp,
) -> Result<(&'s AppSettings, Trial), String> {
    let typed = typed(&args.url);
    let (app, host) = match typed.origin {
        Some((_, Err(host))) => return Err(format!("`{}` is not a host", visible(host, 100))),
        Some((scheme, Ok(host))) => {
            let app = settings.apps.iter().find(|app| app.serves(&host, scheme));
            (app.ok_or_else(|| format!("no application answers to `{host}`"))?, Some(host.to_string()))
        }
        None => {
            let only = chosen(settings, None);
            (only.ok_or("there are several applications: give a whole URL, with its host")?, None)
        }
    };
    let mut headers = Vec::new();
    for line in &args.header {
        let (name, value) = line.split_once(':').ok_or_else(|| format!("`{line}` is not `Name: value`"))?;
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    let body = match args.body.as_deref() {
        None => Vec::new(),
        Some(body) => match body.strip_prefix('@') {
            Some(path) => read(path).map_err(|error| format!("the body cannot be read: {error}"))?,
            None => body.as_bytes().to_vec(),
        },
    };
    let usual = Trial::default();
    let trial = Trial {
        method: args.method.clone(),
        target: typed.target,
        host,
        headers,
        body,
        user: args.user.clone(),
        groups: args.group.clone(),
        client: args.client.unwrap_or(usual.client),
        now: args.now.unwrap_or(now),
    };
    Ok((app, trial))
}

fn read(path: &str) -> io::Result<Vec<u8>> {
    std::fs::read(Path::new(path).components().collect::<PathBuf>())
}

/// The prompt, when the request would be held.
fn held(verdict: &Verdict) -> Option<&Held> {
    let Verdict::Ruled(ruling) = verdict else { return None };
    match ruling.as_ref() {
        Ruling::Hold(held) => Some(held),
        Ruling::Forward(_) | Ruling::Deny(_) | Ruling::Refuse(_) => None,
    }
}

/// Whether the path and the method of a policy are this request's.
fn is_near(account: &Account) -> bool {
    account.conditions.iter().take(2).filter(|condition| condition.holds).count() == 2
}

fn human(app: &str, explained: &Explained, out: &mut dyn Write) -> io::Result<()> {
    let verdict = &explained.verdict;
    writeln!(out, "{} ({app}): {}", verdict.word(), verdict.words())?;
    if let Some(key) = verdict.declared_by() {
        writeln!(out, "  declare: `{key}` under `[[app]]` says how the application reads it")?;
    }
    let decided: BTreeSet<String> = explained
        .readings
        .iter()
        .flat_map(|reading| &reading.accounts)
        .filter(|account| verdict.policies().contains(&account.policy.id.as_str()))
        .map(|account| account.policy.to_string())
        .collect();
    for policy in decided {
        writeln!(out, "  policy: {policy}")?;
    }
    if let Some(held) = held(verdict) {
        prompt(held, out)?;
    }
    explained.readings.iter().try_for_each(|reading| accounts(reading, out))
}

/// One reading, and what each policy makes of it.
fn accounts(reading: &Reading, out: &mut dyn Write) -> io::Result<()> {
    let cookies = if reading.cookies { ", cookies counting as fields" } else { "" };
    writeln!(
        out,
        "  reading: {} {} on {}{cookies}",
        reading.method,
        visible(&reading.path, 500),
        reading.host
    )?;
    let (near, far): (Vec<&Account>, Vec<&Account>) =
        reading.accounts.iter().partition(|account| is_near(account));
    for account in near {
        let word = match (&account.applies, account.observes, account.denies) {
            (Err(unclear), _, _) => format!("cannot be judged: {unclear}"),
            (Ok(false), _, _) => "does not apply".to_owned(),
            (Ok(true), true, _) => "would apply, and only observes".to_owned(),
            (Ok(true), false, true) => "denies".to_owned(),
            (Ok(true), false, false) => "applies".to_owned(),
        };
        writeln!(out, "  {}: {word}", account.policy.id)?;
        for Condition { text, found, holds } in &account.conditions {
            let found = found.as_ref().map_or_else(String::new, |found| format!(": {found}"));
            writeln!(out, "    {} {text}{found}", if *holds { "yes" } else { "no " })?;
        }
        if let Some(Err(unclear)) = &account.summary {
            writeln!(out, "    no  it can be named: {unclear}")?;
        }
    }
    let same_path = far.iter().filter(|account| account.conditions.first().is_some_and(|path| path.holds));
    let same_path: Vec<&str> = same_path.map(|account| account.policy.id.as_str()).collect();
    if !same_path.is_empty() {
        writeln!(out, "  about other methods of this path: {}", same_path.join(", "))?;
    }
    match far.len() - same_path.len() {
        0 => Ok(()),
        1 => writeln!(out, "  1 policy is about another path"),
        many => writeln!(out, "  {many} policies are about other paths"),
    }
}

fn prompt(held: &Held, out: &mut dyn Write) -> io::Result<()> {
    for (label, value) in &held.show {
        writeln!(out, "  shows: {label}: {value}")?;
    }
    for step in &held.requirement.steps {
        let Step::SelfApproval { policy, factors } = step;
        let factors: Vec<&str> = factors.iter().map(|factor| factor.as_str()).collect();
        writeln!(out, "  needs: the requester's own {} ({policy})", factors.join(" or "))?;
    }
    for success in &held.success {
        writeln!(out, "  success: {success}")?;
    }
    let requirement = &held.requirement;
    writeln!(out, "  waits: {}; released within {}", requirement.hold_for, requirement.release_within)?;
    match requirement.prompt {
        PromptMode::Frame => Ok(()),
        PromptMode::Page => {
            writeln!(out, "  prompt: in a window of its own, never in the application's page")
        }
    }
}

fn as_json(app: &str, explained: &Explained) -> Value {
    let verdict = &explained.verdict;
    let prompt = held(verdict).map(|held| {
        let steps = held.requirement.steps.iter().map(|step| {
            let Step::SelfApproval { policy, factors } = step;
            json!({ "policy": policy, "self": factors.iter().map(|factor| factor.as_str()).collect::<Vec<_>>() })
        });
        let show = held.show.iter().map(|(label, value)| json!({ "label": label, "value": value }));
        json!({
            "summary": held.summary,
            "show": show.collect::<Vec<_>>(),
            "steps": steps.collect::<Vec<_>>(),
            "hold_for": held.requirement.hold_for.to_string(),
            "release_within": held.requirement.release_within.to_string(),
            "client": held.requirement.client.as_str(),
            "success": held.success.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "prompt": held.requirement.prompt.as_str(),
        })
    });
    let readings = explained.readings.iter().map(|reading| {
        json!({
            "method": reading.method,
            "host": reading.host,
            "path": reading.path,
            "cookies": reading.cookies,
            "policies": reading.accounts.iter().map(account_json).collect::<Vec<_>>(),
        })
    });
    json!({
        "app": app,
        "outcome": verdict.word(),
        "reason": verdict.words(),
        "decided_by": verdict.policies(),
        "observed": verdict.observed(),
        "readings": readings.collect::<Vec<_>>(),
        "prompt": prompt,
    })
}

fn account_json(account: &Account) -> Value {
    let conditions = account.conditions.iter().map(|condition| {
        json!({ "condition": condition.text, "found": condition.found, "holds": condition.holds })
    });
    json!({
        "id": account.policy.id,
        "revision": account.policy.revision,
        "mode": if account.observes { "observe" } else { "enforce" },
        "effect": if account.denies { "deny" } else { "approve" },
        "applies": account.applies.as_ref().ok(),
        "unclear": account.applies.as_ref().err().map(ToString::to_string),
        "conditions": conditions.collect::<Vec<_>>(),
        "summary": account.summary.as_ref().and_then(|summary| summary.as_ref().ok()),
    })
}
