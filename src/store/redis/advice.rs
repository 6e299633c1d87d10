//! What of a server's own settings may lose what it acknowledged, and whether its clock is ours.
//!
//! Called by the store's `remarks`, for `doctor` and the log of a start.

use std::collections::HashMap;

use redis::Cmd;

use super::line::Line;
use super::place::field;
use crate::base::time::Timestamp;
use crate::store::{Remark, Unavailable};

/// Seconds between two clocks that are still called the same.
const SKEW: u64 = 5;

/// What should be looked at.
pub(super) async fn remarks(line: &Line, replicas: u32, now: Timestamp) -> Result<Vec<Remark>, Unavailable> {
    let mut found = Vec::new();
    let info: String = line.ask(|_| command(&["INFO"])).await?;
    // Whoever may not ask for the configuration is told what can be seen without it.
    let settings: HashMap<String, String> =
        line.ask(|_| command(&["CONFIG", "GET", "appendfsync"])).await.unwrap_or_default();
    let advice =
        "set `appendonly yes` and `appendfsync always`: what is lost in a crash voids what was pending";
    if field(&info, "aof_enabled") == Some("0") {
        found.push(Remark { seen: "the server keeps no append-only file".to_owned(), advice });
    } else if let Some(every) = settings.get("appendfsync").filter(|every| *every != "always") {
        found.push(Remark { seen: format!("the server syncs its append-only file `{every}`"), advice });
    }
    let connected = field(&info, "connected_slaves").and_then(|text| text.parse().ok()).unwrap_or(0u32);
    if connected != replicas {
        found.push(Remark {
            seen: format!("the server has {connected} replicas, and the configuration says {replicas}"),
            advice: "set `replicas` in `[store]` to how many there are when all are well: a majority of them is waited for",
        });
    }
    let (seconds, _micros): (i64, i64) = line.ask(|_| command(&["TIME"])).await?;
    let skew = seconds.abs_diff(now.seconds());
    if skew > SKEW {
        found.push(Remark {
            seen: format!("the server's clock is {skew} s from ours"),
            advice: "synchronise the clocks of gateways and store, e.g. with chrony",
        });
    }
    Ok(found)
}

fn command(words: &[&str]) -> Cmd {
    let mut command = Cmd::new();
    command.arg(words);
    command
}
