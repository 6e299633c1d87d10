//! Records and entries for a backup, read page by page while others write, and a backup's, put into an empty server.
//!
//! **Invariant:** what was committed before the first page is in it. Later commits may be in it in part: what is restored from it is a new
//! epoch, so that nothing of a request under way counts.
//! An import is replicated when the commit that ends the restore is: replicas take changes in order.

use std::sync::Arc;

use async_trait::async_trait;

use super::chain::Chain;
use super::line::Line;
use super::names::{self, Names};
use super::{damaged, epoch};
use crate::audit::Link;
use crate::store::{Kept, Key, Part, Snapshot, Unavailable};

/// The store as it is while it is read.
pub(super) struct Live {
    line: Arc<Line>,
    names: Names,
    chain: Arc<Chain>,
    version: u64,
}

impl Live {
    pub(super) async fn begin(line: Arc<Line>, names: Names, chain: Arc<Chain>) -> Result<Self, Unavailable> {
        let version: Option<u64> = line
            .ask(|_| {
                let mut command = redis::cmd("GET");
                command.arg(names.of("version"));
                command
            })
            .await?;
        Ok(Self { line, names, chain, version: version.unwrap_or(0) })
    }
}

#[async_trait]
impl Snapshot for Live {
    fn version(&self) -> u64 {
        self.version
    }

    async fn rows(&self, after: Option<&Key>, limit: usize) -> Result<Vec<Kept>, Unavailable> {
        let from = after.map_or_else(|| "-".to_owned(), |after| format!("({}", after.as_str()));
        // One more: the server's own history is not carried elsewhere.
        let most = limit.saturating_add(1);
        let flat: Vec<Vec<u8>> = self.line.ask(|scripts| scripts.list(&self.names, &from, "+", most)).await?;
        let pairs = flat.chunks_exact(2).map(|pair| {
            let [name, stored] = pair else { return Err(damaged("a page")) };
            let name = String::from_utf8_lossy(name);
            names::kept(&name, stored).ok_or_else(|| damaged(&name))
        });
        let history = epoch::history_key();
        let page = pairs.filter(|kept| kept.as_ref().map_or(true, |kept| kept.key != history));
        page.take(limit).collect()
    }

    async fn audit(&self, from: u64, limit: usize) -> Result<Vec<Link>, Unavailable> {
        self.chain.entries(from, limit).await
    }
}

/// Puts a part of a snapshot into this store.
pub(super) async fn import(line: &Line, names: &Names, part: &Part) -> Result<(), Unavailable> {
    let _: u8 = line.tell(|scripts| scripts.import(names, part)).await?;
    Ok(())
}
