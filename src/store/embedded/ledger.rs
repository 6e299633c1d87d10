//! Commits applied within one write transaction, each seeing what those before it did.
//!
//! **Invariant:** a commit is checked wholly before its first change, so one that conflicts, or would be over a bound, leaves nothing, no audit entry and
//! no number, and spoils no other.
//! **Invariant:** the version counter only grows and is written with the changes it numbers.
//! Called by the writer only.

use std::collections::BTreeMap;

use redb::{ReadableTable as _, StorageError, Table, WriteTransaction};

use super::tables::{AUDIT, DUE, HEADS, META, ROWS, Record, VERSION_NAME, head};
use crate::audit::{Event, Link};
use crate::store::{Change, CommitError, Committed, Expect, Kept, Part, Put, Steps};

pub(super) struct Ledger<'t> {
    rows: Table<'t, (&'static str, &'static str), Record>,
    due: Table<'t, (&'static str, i64, &'static str), ()>,
    audit: Table<'t, (&'static str, u64), &'static str>,
    heads: Table<'t, &'static str, (u64, &'static [u8; 32])>,
    meta: Table<'t, &'static str, u64>,
}

impl<'t> Ledger<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, redb::TableError> {
        Ok(Self {
            rows: transaction.open_table(ROWS)?,
            due: transaction.open_table(DUE)?,
            audit: transaction.open_table(AUDIT)?,
            heads: transaction.open_table(HEADS)?,
            meta: transaction.open_table(META)?,
        })
    }

    /// Does all of one commit, or nothing and says why.
    pub(super) fn apply(
        &mut self,
        tenant: &str,
        steps: &Steps,
        events: Vec<Event>,
    ) -> Result<Result<Committed, CommitError>, StorageError> {
        let mut counts = BTreeMap::new();
        for (key, (expect, change)) in steps {
            let found = self.rows.get((tenant, key.as_str()))?;
            if let Change::Add(add) = change {
                match add.to(found.as_ref().map(|row| row.value().2)) {
                    Some(value) => drop(counts.insert(key, value)),
                    None => return Ok(Err(CommitError::Over(key.clone()))),
                }
            }
            let found = found.map(|row| row.value().0);
            let as_expected = match expect {
                Expect::Absent => found.is_none(),
                Expect::Version(version) => found == Some(*version),
                Expect::Any => true,
            };
            if !as_expected {
                return Ok(Err(CommitError::Conflict));
            }
        }
        let version = self.meta.get(VERSION_NAME)?.map_or(0, |last| last.value()).saturating_add(1);
        self.meta.insert(VERSION_NAME, version)?;
        for (key, (_, change)) in steps {
            self.change(tenant, key.as_str(), change, version)?;
        }
        for (key, value) in counts {
            self.rows.insert((tenant, key.as_str()), (version, None, value.as_slice()))?;
        }
        let audit = events.into_iter().map(|event| self.link(tenant, event)).collect::<Result<_, _>>()?;
        Ok(Ok(Committed { version, audit }))
    }

    fn change(&mut self, tenant: &str, key: &str, change: &Change, version: u64) -> Result<(), StorageError> {
        let earlier = match change {
            Change::None | Change::Add(_) => None,
            Change::Put(put) => {
                let due = put.due.map(crate::base::time::Timestamp::millis);
                let earlier = self
                    .rows
                    .insert((tenant, key), (version, due, put.value.as_slice()))?
                    .and_then(|row| row.value().1);
                if let Some(due) = due {
                    self.due.insert((tenant, due, key), ())?;
                }
                earlier.filter(|earlier| Some(*earlier) != due)
            }
            Change::Delete => self.rows.remove((tenant, key))?.and_then(|row| row.value().1),
        };
        if let Some(earlier) = earlier {
            self.due.remove((tenant, earlier, key))?;
        }
        Ok(())
    }

    /// Puts what another store gave, whatever is there under those names.
    pub(super) fn import(&mut self, tenant: &str, part: &Part) -> Result<(), StorageError> {
        let last = self.meta.get(VERSION_NAME)?.map_or(0, |last| last.value());
        let version = part.rows.iter().map(|kept| kept.row.version).fold(last.max(part.version), u64::max);
        self.meta.insert(VERSION_NAME, version)?;
        for Kept { key, row, due } in &part.rows {
            let put = Change::Put(Put { value: row.value.clone(), due: *due });
            self.change(tenant, key.as_str(), &put, row.version)?;
        }
        for link in &part.links {
            self.audit.insert((tenant, link.number), link.to_line().as_str())?;
            self.heads.insert(tenant, (link.number, &link.hash))?;
        }
        Ok(())
    }

    fn link(&mut self, tenant: &str, event: Event) -> Result<u64, StorageError> {
        let last = self.heads.get(tenant)?.map(|found| head(found.value()));
        let link = Link::after(last.as_ref(), tenant, event);
        self.audit.insert((tenant, link.number), link.to_line().as_str())?;
        self.heads.insert(tenant, (link.number, &link.hash))?;
        Ok(link.number)
    }
}
