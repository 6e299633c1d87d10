//! The keys in Redis, and how a record lies under its own.
//!
//! All keys of a tenant begin with one hash tag, `{namespace:tenant}`, so that a script may touch them together and a cluster keeps
//! them in one slot.
//!
//! | Key | What |
//! |---|---|
//! | `{..}:row:NAME` | a record: version (8 bytes), due time in milliseconds (8 bytes, the least number for none), value |
//! | `{..}:names` | sorted set of all names of records, in byte order |
//! | `{..}:due` | sorted set of the names of records with a due time, by it |
//! | `{..}:version`, `{..}:count` | the last version, the number of the last audit entry |
//! | `{..}:tail`, `{..}:chain`, `{..}:head` | streams of audit entries not yet linked and linked, and the chain's end |
//! | `{..}:part:ID`, `{..}:body:ID`, `{..}:bodies` | a body being written, a body, sorted set of the bodies by age |
//! | `{..}:touched` | the channel that names the records each commit changed |

use crate::base::id::{Blob, Id};
use crate::base::time::Timestamp;
use crate::store::{Kept, Key, Row};

/// What stands for no due time.
const NEVER: i64 = i64::MIN;

/// The keys of one tenant.
#[derive(Clone)]
pub(super) struct Names {
    tag: String,
}

impl Names {
    pub(super) fn new(namespace: &str, tenant: &str) -> Self {
        Self { tag: format!("{{{namespace}:{tenant}}}:") }
    }

    pub(super) fn of(&self, what: &str) -> String {
        format!("{}{what}", self.tag)
    }

    /// What stands before a name in its record's key.
    pub(super) fn rows(&self) -> String {
        self.of("row:")
    }

    pub(super) fn row(&self, key: &Key) -> String {
        format!("{}row:{}", self.tag, key.as_str())
    }

    pub(super) fn part(&self, id: Id<Blob>) -> String {
        format!("{}part:{id}", self.tag)
    }

    pub(super) fn body(&self, id: Id<Blob>) -> String {
        format!("{}body:{id}", self.tag)
    }

    pub(super) fn touched(&self) -> String {
        self.of("touched")
    }
}

/// Due time and value, as they follow the version.
pub(super) fn tail_of(value: &[u8], due: Option<Timestamp>) -> Vec<u8> {
    let mut out = due.map_or(NEVER, Timestamp::millis).to_be_bytes().to_vec();
    out.extend_from_slice(value);
    out
}

/// A record as it lies in Redis; `None` when that is none.
pub(super) fn row(stored: &[u8]) -> Option<Row> {
    let (version, rest) = stored.split_first_chunk()?;
    let (_due, value) = rest.split_first_chunk::<8>()?;
    Some(Row { version: u64::from_be_bytes(*version), value: value.to_vec() })
}

/// The same with its name and due time.
pub(super) fn kept(name: &str, stored: &[u8]) -> Option<Kept> {
    let (due, _) = stored.get(8..)?.split_first_chunk()?;
    let due = Some(i64::from_be_bytes(*due)).filter(|due| *due != NEVER);
    Some(Kept { key: Key::stored(name), row: row(stored)?, due: due.map(Timestamp::from_millis) })
}

/// A due time as a score.
pub(super) fn score(at: Timestamp) -> String {
    at.millis().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::keys;

    #[test]
    fn all_keys_of_a_tenant_share_one_hash_tag() {
        let names = Names::new("countersign", "default");
        for key in [names.of("names"), names.row(&keys::gateway("x")), names.touched()] {
            assert!(key.starts_with("{countersign:default}:"), "{key}");
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_put() {
        let mut stored = 7u64.to_be_bytes().to_vec();
        stored.extend(tail_of(b"value", Some(Timestamp::from_millis(5))));
        assert_eq!(row(&stored), Some(Row { version: 7, value: b"value".to_vec() }));
        assert_eq!(row(&stored[..15]), None);
        assert_eq!(kept("user/a", &stored).unwrap().due, Some(Timestamp::from_millis(5)));
    }
}
