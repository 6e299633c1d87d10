//! The shared engine: Redis or Valkey, alone, behind Sentinel or as a cluster, for any number of gateways.
//!
//! **Invariant:** every change is one script on the keys of one tenant, which share a hash tag ([`names`]); it is answered when a
//! majority of the replicas has it ([`writer`]).
//! **Invariant:** a server that started anew or was promoted raises the epoch before it is used ([`epoch`]).
//! **Invariant:** nothing is evicted and no record expires by itself: an ending has its audit entry. Only half-written bodies expire.
//! What a server loses because it does not sync each write is lost here too: `appendonly yes`, `appendfsync always` (README).
//!
//! Named by `app` and `cli` only; everyone else knows the [`Store`] trait.

mod advice;
mod body;
mod chain;
mod epoch;
mod line;
mod names;
mod place;
mod script;
mod snapshot;
mod told;
mod writer;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::JoinSet;

use self::body::Bodies;
use self::chain::Chain;
use self::epoch::Epochs;
use self::line::Line;
use self::names::{Names, score};
use self::place::Place;
use self::writer::{Request, Writer};
use super::seal::Seal;
use super::watch::Watchers;
use super::{
    BlobError, BlobReader, BlobWriter, Changes, Commit, CommitError, Committed, DEFAULT_TENANT, Key, Part,
    Prefix, Remark, Row, Snapshot, Store, Unavailable,
};
use crate::audit::{Head, Link};
use crate::base::id::{Blob, Id};
use crate::base::settings::RedisSettings;
use crate::base::time::{Clock, Timestamp};

/// How often a server is asked whether it is what it was.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_secs(2);

/// How long entries gather before they are linked.
const GATHER: std::time::Duration = std::time::Duration::from_millis(100);

/// The store of any number of gateways. Dropping it lets what was begun end.
pub struct Redis {
    line: Arc<Line>,
    names: Names,
    requests: mpsc::Sender<Request>,
    watchers: Watchers,
    chain: Arc<Chain>,
    bodies: Bodies,
    replicas: u32,
    /// Ended when this is dropped.
    _tasks: JoinSet<()>,
}

impl Redis {
    /// Reaches the server, and hears of changes from then on.
    ///
    /// # Errors
    /// When it cannot be reached, or cannot keep what a store promises.
    pub async fn open(
        settings: Arc<RedisSettings>,
        seal: Arc<Seal>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Unavailable> {
        let names = Names::new(&settings.namespace, DEFAULT_TENANT);
        let (quorum, millis) = (settings.quorum(), settings.timeout.as_millis());
        let replicas = settings.replicas;
        let place = Arc::new(Place::new(settings, names.of("names")));
        let epochs = Arc::new(Epochs::new(names.clone(), clock, quorum, millis));
        let line = Arc::new(Line::new(place.clone(), epochs.clone()));
        line.open().await?;

        let watchers = Watchers::default();
        let (heard, mut first) = watch::channel(false);
        let listening = told::listen(place.clone(), names.clone(), watchers.clone(), heard);
        let mut tasks = JoinSet::new();
        tasks.spawn(listening);
        // Whoever watches from now on misses nothing; when news cannot be heard now, whoever waits is woken once they can.
        drop(tokio::time::timeout(place.settings.timeout, first.wait_for(|heard| *heard)).await);

        let (requests, inbox) = mpsc::channel(writer::BACKLOG);
        let unlinked = Arc::new(Notify::new());
        let writing = Arc::new(Line::new(place, epochs));
        let writer = Writer {
            line: writing.clone(),
            names: names.clone(),
            watchers: watchers.clone(),
            unlinked: unlinked.clone(),
            quorum,
            millis,
        };
        spawn(writer.run(inbox));
        let chain = Arc::new(Chain { line: line.clone(), names: names.clone(), tenant: DEFAULT_TENANT });
        tasks.spawn(link(chain.clone(), unlinked));
        tasks.spawn(look([line.clone(), writing]));
        let bodies = Bodies { line: line.clone(), names: names.clone(), seal };
        Ok(Self { line, names, requests, watchers, chain, bodies, replicas, _tasks: tasks })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "ends by itself once all that was sent is done; whoever waits for a commit is tracked"
)]
fn spawn(writer: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::spawn(writer));
}

/// Looks again and again whether the servers at the ends of these connections are what they were.
async fn look(lines: [Arc<Line>; 2]) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        for line in &lines {
            line.look().await;
        }
    }
}

/// Links entries soon after they were made.
async fn link(chain: Arc<Chain>, unlinked: Arc<Notify>) {
    loop {
        if let Err(error) = chain.link().await {
            tracing::warn!(%error, "audit entries could not be linked yet");
        }
        unlinked.notified().await;
        tokio::time::sleep(GATHER).await;
    }
}

fn damaged(key: &str) -> Unavailable {
    Unavailable::because(format!("the record `{key}` is damaged"))
}

#[async_trait]
impl Store for Redis {
    async fn get(&self, key: &Key) -> Result<Option<Row>, Unavailable> {
        let name = self.names.row(key);
        let stored: Option<Vec<u8>> = self
            .line
            .ask(|_| {
                let mut command = redis::cmd("GET");
                command.arg(&name);
                command
            })
            .await?;
        stored.map(|stored| names::row(&stored).ok_or_else(|| damaged(key.as_str()))).transpose()
    }

    async fn list(
        &self,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Row)>, Unavailable> {
        let prefix = prefix.as_str();
        let from = match after {
            Some(after) if after.as_str() >= prefix => format!("({}", after.as_str()),
            _ => format!("[{prefix}"),
        };
        // A prefix ends with `/`; `0` comes next in byte order.
        let to = format!("({}0", prefix.strip_suffix('/').unwrap_or(prefix));
        let flat: Vec<Vec<u8>> =
            self.line.ask(|scripts| scripts.list(&self.names, &from, &to, limit)).await?;
        flat.chunks_exact(2)
            .map(|pair| {
                let [name, stored] = pair else { return Err(damaged(prefix)) };
                let name = String::from_utf8_lossy(name);
                let row = names::row(stored).ok_or_else(|| damaged(&name))?;
                Ok((Key::stored(&name), row))
            })
            .collect()
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Key>, Unavailable> {
        let names: Vec<String> = self
            .line
            .ask(|_| {
                let mut command = redis::cmd("ZRANGEBYSCORE");
                command.arg(self.names.of("due")).arg("-inf").arg(score(now));
                command.arg("LIMIT").arg(0).arg(limit);
                command
            })
            .await?;
        Ok(names.iter().map(|name| Key::stored(name)).collect())
    }

    /// Happens even when the caller stops waiting for it.
    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        let (steps, events) = commit.into_parts()?;
        let (reply, answer) = oneshot::channel();
        let stopped = || CommitError::Unavailable(Unavailable::because("the writer has stopped"));
        self.requests.send(Request { steps, events, reply }).await.map_err(|_| stopped())?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    fn watch(&self, key: &Key) -> Changes {
        self.watchers.watch(key)
    }

    async fn audit(&self, from: u64, limit: usize) -> Result<Vec<Link>, Unavailable> {
        self.chain.entries(from, limit).await
    }

    async fn audit_head(&self) -> Result<Option<Head>, Unavailable> {
        self.chain.link().await
    }

    async fn health(&self) -> Result<(), Unavailable> {
        match self.commit(Commit::new()).await {
            Ok(_) => Ok(()),
            Err(CommitError::Unavailable(why)) => Err(why),
            Err(other) => Err(Unavailable::because(format!("a commit of nothing did not happen: {other}"))),
        }
    }

    async fn blob_begin(&self, id: Id<Blob>) -> Result<Box<dyn BlobWriter>, Unavailable> {
        self.bodies.begin(id).await
    }

    async fn blob_open(&self, id: Id<Blob>) -> Result<Box<dyn BlobReader>, BlobError> {
        self.bodies.open(id).await
    }

    async fn blob_delete(&self, id: Id<Blob>) -> Result<(), Unavailable> {
        self.bodies.delete(id).await
    }

    async fn blob_list(&self, before: Timestamp) -> Result<Vec<Id<Blob>>, Unavailable> {
        self.bodies.list(before).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Unavailable> {
        let (line, names, chain) = (self.line.clone(), self.names.clone(), self.chain.clone());
        Ok(Box::new(snapshot::Live::begin(line, names, chain).await?))
    }

    async fn import(&self, part: Part) -> Result<(), Unavailable> {
        snapshot::import(&self.line, &self.names, &part).await
    }

    fn shared(&self) -> bool {
        true
    }

    async fn remarks(&self, now: Timestamp) -> Result<Vec<Remark>, Unavailable> {
        advice::remarks(&self.line, self.replicas, now).await
    }
}
