//! Links audit entries: a commit gives an entry its number, and soon after it is joined to the chain, in order.
//!
//! What an entry's link is follows from the entries alone, so any gateway may do it and none has to be the one: whoever comes second
//! finds it done.
//!
//! **Invariant:** an entry is in the tail or in the chain, never in both and never in neither (`link.lua`).
//! THREAT: whoever can write to the server can change an entry before it is linked. That is a moment, and the same who could replace all.

use super::line::Line;
use super::names::Names;
use crate::audit::{Event, Head, Link};
use crate::store::Unavailable;

/// How many entries are linked at a time.
const BATCH: usize = 200;

/// A page of a stream, of entries with one field.
type Page = Vec<(String, (String, String))>;

/// The audit log of one tenant.
pub(super) struct Chain {
    pub(super) line: std::sync::Arc<Line>,
    pub(super) names: Names,
    pub(super) tenant: &'static str,
}

impl Chain {
    /// Links all that is not, and says where the chain ends.
    pub(super) async fn link(&self) -> Result<Option<Head>, Unavailable> {
        loop {
            let head = self.head().await?;
            let page = self.page("tail", "-", BATCH).await?;
            if self.head().await? != head {
                // Another gateway linked between the two questions.
                continue;
            }
            if page.is_empty() {
                return Ok(head);
            }
            let mut end = head;
            let mut lines = Vec::with_capacity(page.len());
            for (id, (_, text)) in page {
                let number = number(&id)?;
                let due = end.map_or(1, |end| end.number.saturating_add(1));
                if number != due {
                    return Err(Unavailable::because(format!("the audit entry {due} is missing")));
                }
                let event = Event::from_canonical(&text)
                    .map_err(|why| Unavailable::because(format!("audit entry {number} is damaged: {why}")))?;
                let link = Link::after(end.as_ref(), self.tenant, event);
                end = Some(link.head());
                lines.push(link.to_line());
            }
            let Some(end) = end else { continue };
            let first = head.map_or(1, |head| head.number.saturating_add(1));
            let (old, new) = (head.map(|head| head.to_string()).unwrap_or_default(), end.to_string());
            // 0: another gateway was faster, with the same result.
            let _: u8 =
                self.line.tell(|scripts| scripts.link(&self.names, &old, &new, first, &lines)).await?;
        }
    }

    /// Linked entries from a number on.
    pub(super) async fn entries(&self, from: u64, limit: usize) -> Result<Vec<Link>, Unavailable> {
        self.link().await?;
        let page = self.page("chain", &format!("{from}-0"), limit).await?;
        page.into_iter()
            .map(|(id, (_, line))| {
                Link::from_line(&line)
                    .map_err(|why| Unavailable::because(format!("audit entry {id} is damaged: {why}")))
            })
            .collect()
    }

    async fn head(&self) -> Result<Option<Head>, Unavailable> {
        let text: Option<String> = self
            .line
            .ask(|_| {
                let mut command = redis::cmd("GET");
                command.arg(self.names.of("head"));
                command
            })
            .await?;
        let damaged = |_| Unavailable::because("the end of the audit log is damaged");
        text.map(|text| text.parse().map_err(damaged)).transpose()
    }

    async fn page(&self, stream: &str, from: &str, limit: usize) -> Result<Page, Unavailable> {
        self.line
            .ask(|_| {
                let mut command = redis::cmd("XRANGE");
                command.arg(self.names.of(stream)).arg(from).arg("+").arg("COUNT").arg(limit);
                command
            })
            .await
    }
}

fn number(id: &str) -> Result<u64, Unavailable> {
    let number = id.split('-').next().and_then(|number| number.parse().ok());
    number.ok_or_else(|| Unavailable::because("an audit entry has no number"))
}
