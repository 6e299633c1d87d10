//! `policy observed`: what policies did, and what those in observe mode would have done, by day.
//!
//! **Invariant:** what a user wrote reaches the terminal only through [`visible`].

use std::fmt::Write as _;

use clap::Args;

use crate::base::text::visible;
use crate::flow::admin::{ObservedDay, ObservedPolicy, Order, Reply};

use super::Format;
use super::desk::{CommandError, Console, Desk, give, json};

/// Arguments of `policy observed`.
#[derive(Debug, Args)]
pub struct ObservedArgs {
    /// So many days, today first; thirty are kept
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=31))]
    pub days: u32,
    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

pub(super) async fn run(
    args: &ObservedArgs,
    desk: &dyn Desk,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    match give(desk, Order::PolicyObserved { days: args.days }).await? {
        Reply::Observed { days } if args.format == Format::Json => json(&days, console),
        Reply::Observed { days } => Ok(write!(console.out, "{}", human(&days))?),
        _ => Err(CommandError::Answer),
    }
}

/// Days for people: each application and day, its policies, and examples of what would have been held.
pub fn human(days: &[ObservedDay]) -> String {
    let mut out = String::new();
    for ObservedDay { day, app, considered, policies } in days {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{} on {day}: {}", visible(app, 100), requests(*considered));
        for one in policies {
            let of = format!("of {} on {day}", requests(*considered));
            let _ = writeln!(out, "  {}: {} {of}", visible(&one.policy, 100), did(one));
            for example in &one.examples {
                let user = if example.user.is_empty() { "-" } else { &example.user };
                let (user, path, summary) =
                    (visible(user, 100), visible(&example.path, 200), visible(&example.summary, 300));
                let _ = writeln!(out, "    {} {user} {path} would {}: {summary}", example.at, example.would);
            }
        }
    }
    if out.is_empty() {
        out.push_str("nothing has been counted\n");
    }
    out
}

fn did(one: &ObservedPolicy) -> String {
    let tally = one.tally;
    let parts = [
        ("would have held", tally.would_hold),
        ("would have denied", tally.would_deny),
        ("would have refused", tally.would_refuse),
        ("held", tally.held),
        ("denied", tally.denied),
        ("refused", tally.refused),
    ];
    let told: Vec<String> = parts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| format!("{what} {}", grouped(count)))
        .collect();
    told.join(", ")
}

fn requests(count: u64) -> String {
    format!("{} request{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// `9 812`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Timestamp;
    use crate::store::record_observed::{Example, Tally};

    #[test]
    fn days_are_told_in_sentences() {
        let example = Example {
            at: Timestamp::parse("2026-11-21T09:12:33Z").unwrap(),
            user: "al\u{1b}ice".to_owned(),
            path: "/transfer".to_owned(),
            would: "hold".to_owned(),
            summary: "Transfer 5000 EUR".to_owned(),
        };
        let observed = Tally { would_hold: 14, ..Tally::default() };
        let enforced = Tally { held: 1, refused: 1_234_567, ..Tally::default() };
        let policy =
            |policy: &str, tally, examples| ObservedPolicy { policy: policy.to_owned(), tally, examples };
        let days = [ObservedDay {
            day: "2026-11-21".to_owned(),
            app: "bank".to_owned(),
            considered: 9812,
            policies: vec![
                policy("large-transfer", observed, vec![example]),
                policy("pay", enforced, Vec::new()),
            ],
        }];
        assert_eq!(
            human(&days),
            "bank on 2026-11-21: 9 812 requests\n\
             \x20 large-transfer: would have held 14 of 9 812 requests on 2026-11-21\n\
             \x20   2026-11-21T09:12:33Z al‹U+001B›ice /transfer would hold: Transfer 5000 EUR\n\
             \x20 pay: held 1, refused 1 234 567 of 9 812 requests on 2026-11-21\n"
        );
        assert_eq!(human(&[]), "nothing has been counted\n");
    }
}
