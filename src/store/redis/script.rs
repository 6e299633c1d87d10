//! The scripts, and commits as their arguments.
//!
//! **Invariant:** every change to a tenant is one script, so it happens wholly or not at all; scripts declare their keys and what they
//! do (`#!lua`), so that a server that is read-only or out of memory refuses them before their first change.

use redis::aio::MultiplexedConnection;
use redis::{Cmd, Value};

use super::names::{Names, score, tail_of};
use super::place::query;
use crate::audit::Event;
use crate::store::{Add, Change, CommitError, Committed, Expect, Kept, Part, Steps, Unavailable};

/// The names under which a server knows the scripts.
#[derive(Clone, Debug)]
pub(super) struct Scripts {
    commit: String,
    list: String,
    link: String,
    append: String,
    body: String,
    import: String,
}

impl Scripts {
    pub(super) async fn load(connection: &mut MultiplexedConnection) -> Result<Self, Unavailable> {
        let mut texts = [
            include_str!("commit.lua"),
            include_str!("list.lua"),
            include_str!("link.lua"),
            include_str!("append.lua"),
            include_str!("body.lua"),
            include_str!("import.lua"),
        ]
        .into_iter();
        let mut load = async || {
            let text = texts.next().unwrap_or_default();
            query::<String>(connection, redis::cmd("SCRIPT").arg("LOAD").arg(text)).await
        };
        Ok(Self {
            commit: load().await?,
            list: load().await?,
            link: load().await?,
            append: load().await?,
            body: load().await?,
            import: load().await?,
        })
    }

    /// All of a commit.
    pub(super) fn commit(&self, names: &Names, steps: &Steps, events: &[Event]) -> Cmd {
        let shared = ["names", "due", "version", "count", "tail"];
        let mut command = redis::cmd("EVALSHA");
        command.arg(&self.commit).arg(shared.len().saturating_add(steps.len()));
        for name in shared {
            command.arg(names.of(name));
        }
        for key in steps.keys() {
            command.arg(names.row(key));
        }
        command.arg(names.touched());
        for (key, (expect, change)) in steps {
            command.arg(key.as_str());
            match expect {
                Expect::Absent => command.arg(""),
                Expect::Version(version) => command.arg(&version.to_be_bytes()[..]),
                Expect::Any => command.arg("*"),
            };
            match change {
                Change::None => command.arg("none").arg("").arg(""),
                Change::Put(put) => command
                    .arg("put")
                    .arg(put.due.map(score).unwrap_or_default())
                    .arg(tail_of(&put.value, put.due)),
                Change::Add(Add { by: [number, bytes], most: [most, most_bytes] }) => command
                    .arg("add")
                    .arg(format!("{number} {bytes} {most} {most_bytes}"))
                    .arg(tail_of(&[], None)),
                Change::Delete => command.arg("delete").arg("").arg(""),
            };
        }
        for event in events {
            command.arg(event.canonical());
        }
        command
    }

    /// A page of records: the notation of `ZRANGEBYLEX` for its bounds.
    pub(super) fn list(&self, names: &Names, from: &str, to: &str, limit: usize) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&self.list).arg(1).arg(names.of("names"));
        command.arg(from).arg(to).arg(limit).arg(names.rows());
        command
    }

    /// Moves entries into the chain.
    pub(super) fn link(&self, names: &Names, old: &str, new: &str, first: u64, lines: &[String]) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&self.link).arg(3).arg(names.of("head")).arg(names.of("chain")).arg(names.of("tail"));
        command.arg(old).arg(new).arg(first).arg(lines);
        command
    }

    /// A part of another store's snapshot.
    pub(super) fn import(&self, names: &Names, part: &Part) -> Cmd {
        let shared = ["names", "due", "version", "count", "chain", "head"];
        let mut command = redis::cmd("EVALSHA");
        command.arg(&self.import).arg(shared.len().saturating_add(part.rows.len()));
        for name in shared {
            command.arg(names.of(name));
        }
        for kept in &part.rows {
            command.arg(names.row(&kept.key));
        }
        let version = part.rows.iter().map(|kept| kept.row.version).fold(part.version, u64::max);
        command.arg(version).arg(part.links.last().map(|link| link.head().to_string()).unwrap_or_default());
        for Kept { key, row, due } in &part.rows {
            let stored = [&row.version.to_be_bytes()[..], &tail_of(&row.value, *due)].concat();
            command.arg(key.as_str()).arg(due.map(score).unwrap_or_default()).arg(stored);
        }
        for link in &part.links {
            command.arg(link.number).arg(link.to_line());
        }
        command
    }

    /// Adds to a body that is being written.
    pub(super) fn append(&self, part: &str, before: u64, bytes: &[u8], keep: u64) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&self.append).arg(1).arg(part).arg(before).arg(bytes).arg(keep);
        command
    }

    /// Ends a body: part, body, its length, its id and age.
    pub(super) fn body(&self, names: &Names, keys: (&str, &str), length: u64, id: &str, made: i64) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&self.body).arg(3).arg(keys.0).arg(keys.1).arg(names.of("bodies"));
        command.arg(length).arg(id).arg(made);
        command
    }
}

/// What the script said of a commit.
pub(super) fn committed(said: &Value, steps: &Steps, events: usize) -> Result<Committed, CommitError> {
    let strange = || Unavailable::because("the server answered a commit in an unknown form");
    match said {
        Value::Nil => Err(CommitError::Conflict),
        Value::Int(place) => {
            let over = usize::try_from(*place).ok().and_then(|place| steps.keys().nth(place.checked_sub(1)?));
            Err(over.cloned().map_or_else(|| strange().into(), CommitError::Over))
        }
        Value::Array(parts) => {
            let [Value::Int(version), Value::Int(first)] = parts.as_slice() else {
                return Err(strange().into());
            };
            let version = u64::try_from(*version).map_err(|_| strange())?;
            let first = u64::try_from(*first).map_err(|_| strange())?;
            let audit = (first..).take(events).collect();
            Ok(Committed { version, audit })
        }
        _ => Err(strange().into()),
    }
}
