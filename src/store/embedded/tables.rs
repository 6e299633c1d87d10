//! The tables of the embedded engine and how they are read. Every key begins with the tenant.
//!
//! **Invariant:** a file with another schema number is refused, never guessed at ([`prepare`]).
//! Written by [`ledger`](super::ledger) only.

use redb::{Database, ReadTransaction, ReadableDatabase as _, TableDefinition, TableError};

use crate::audit::{Head, Link};
use crate::base::time::Timestamp;
use crate::store::{Kept, Key, Prefix, Row};

/// The number of this layout.
pub(super) const SCHEMA: u64 = 1;

/// The name of the schema number in [`META`].
const SCHEMA_NAME: &str = "schema";

/// The name of the last version given, in [`META`].
pub(super) const VERSION_NAME: &str = "version";

/// Version, due time in milliseconds, value.
pub(super) type Record = (u64, Option<i64>, &'static [u8]);

/// (tenant, key) to (version, due in milliseconds, value).
pub(super) const ROWS: TableDefinition<(&str, &str), Record> = TableDefinition::new("rows");

/// (tenant, due in milliseconds, key), for every row that has a due time.
pub(super) const DUE: TableDefinition<(&str, i64, &str), ()> = TableDefinition::new("due");

/// (tenant, number) to the entry's line.
pub(super) const AUDIT: TableDefinition<(&str, u64), &str> = TableDefinition::new("audit");

/// Tenant to number and hash of its last audit entry.
pub(super) const HEADS: TableDefinition<&str, (u64, &[u8; 32])> = TableDefinition::new("audit_heads");

/// Numbers of the store as a whole.
pub(super) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

/// Why something could not be read; for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error(transparent)]
    Engine(redb::Error),
    #[error("audit entry {number} is damaged: {why}")]
    Audit { number: u64, why: crate::audit::ParseLinkError },
}

impl<E: Into<redb::Error>> From<E> for ReadError {
    fn from(error: E) -> Self {
        Self::Engine(error.into())
    }
}

/// Makes the tables of an empty database and returns the schema number of any.
pub(super) fn prepare(database: &Database) -> Result<u64, redb::Error> {
    match database.begin_read()?.open_table(META) {
        Ok(meta) => return Ok(meta.get(SCHEMA_NAME)?.map_or(0, |number| number.value())),
        Err(TableError::TableDoesNotExist(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let transaction = database.begin_write()?;
    transaction.open_table(META)?.insert(SCHEMA_NAME, SCHEMA)?;
    transaction.open_table(ROWS)?;
    transaction.open_table(DUE)?;
    transaction.open_table(AUDIT)?;
    transaction.open_table(HEADS)?;
    transaction.commit()?;
    Ok(SCHEMA)
}

pub(super) fn get(from: &ReadTransaction, tenant: &str, key: &Key) -> Result<Option<Row>, ReadError> {
    let rows = from.open_table(ROWS)?;
    Ok(rows.get((tenant, key.as_str()))?.map(|found| row(found.value())))
}

pub(super) fn list(
    from: &ReadTransaction,
    tenant: &str,
    prefix: &Prefix,
    after: Option<&Key>,
    limit: usize,
) -> Result<Vec<(Key, Row)>, ReadError> {
    let rows = from.open_table(ROWS)?;
    let start = after.map_or(prefix.as_str(), |after| after.as_str().max(prefix.as_str()));
    let mut found = Vec::new();
    for entry in rows.range((tenant, start)..)? {
        let (key, value) = entry?;
        let (owner, key) = key.value();
        if found.len() == limit || owner != tenant || !key.starts_with(prefix.as_str()) {
            break;
        }
        if after.is_none_or(|after| key > after.as_str()) {
            found.push((Key::stored(key), row(value.value())));
        }
    }
    Ok(found)
}

pub(super) fn all(
    from: &ReadTransaction,
    tenant: &str,
    after: Option<&Key>,
    limit: usize,
) -> Result<Vec<Kept>, ReadError> {
    let rows = from.open_table(ROWS)?;
    let mut found = Vec::new();
    for entry in rows.range((tenant, after.map_or("", Key::as_str))..)? {
        let (key, value) = entry?;
        let (owner, key) = key.value();
        if found.len() == limit || owner != tenant {
            break;
        }
        if after.is_none_or(|after| key > after.as_str()) {
            let due = value.value().1.map(Timestamp::from_millis);
            found.push(Kept { key: Key::stored(key), row: row(value.value()), due });
        }
    }
    Ok(found)
}

pub(super) fn due(
    from: &ReadTransaction,
    tenant: &str,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Key>, ReadError> {
    let due = from.open_table(DUE)?;
    let end = (tenant, now.millis().saturating_add(1), "");
    due.range((tenant, i64::MIN, "")..end)?
        .take(limit)
        .map(|entry| Ok(Key::stored(entry?.0.value().2)))
        .collect()
}

pub(super) fn audit(
    from: &ReadTransaction,
    tenant: &str,
    first: u64,
    limit: usize,
) -> Result<Vec<Link>, ReadError> {
    let audit = from.open_table(AUDIT)?;
    let mut found = Vec::new();
    for entry in audit.range((tenant, first)..=(tenant, u64::MAX))?.take(limit) {
        let (key, line) = entry?;
        let read = Link::from_line(line.value());
        found.push(read.map_err(|why| ReadError::Audit { number: key.value().1, why })?);
    }
    Ok(found)
}

pub(super) fn audit_head(from: &ReadTransaction, tenant: &str) -> Result<Option<Head>, ReadError> {
    let heads = from.open_table(HEADS)?;
    Ok(heads.get(tenant)?.map(|found| head(found.value())))
}

pub(super) fn head((number, hash): (u64, &[u8; 32])) -> Head {
    Head { number, hash: *hash }
}

fn row((version, _, value): (u64, Option<i64>, &[u8])) -> Row {
    Row { version, value: value.to_vec() }
}
