//! Floor 3: the things that can happen, one file each. Every flow owns its store transaction.
//!
//! | file | what happens |
//! |---|---|
//! | [`identify`] | the principal of a request is found out |
//! | [`spool`] | a body is read once: hashed, understood, sealed to disk |
//! | [`admit`] | a request is held |
//! | [`bodies`] | small bodies are records, larger ones lie apart |
//! | [`quota`] | what is held is counted, many in one commit |
//! | [`prompt`] | the prompt is opened, shown, rejected, found again |
//! | [`find`] | a prompt that was lost gets a new address |
//! | [`frame`] | the prompt is opened in a frame of the application's page, and leaves it |
//! | [`begin_phone`] | a phone is asked, and rung |
//! | [`phone`] | a phone asks what waits for it, answers, rejects, is unpaired |
//! | [`enrol_phone`] | a phone is paired |
//! | [`challenge`] | what an authenticator needs before it can be answered is begun |
//! | [`begin_passkey`] | a passkey is asked |
//! | [`attempt`] | an answer is counted, then judged; for held requests and the own account alike |
//! | [`enrol_passkey`] | a passkey is enrolled |
//! | [`enrol_contact`] | an address is shown to be a user's own |
//! | [`outbox`] | messages wait, are sent, tried again and given up |
//! | [`sending`] | messages are counted |
//! | [`decide`] | a right answer becomes a vote |
//! | [`resync`] | a clock or counter is found again by two consecutive codes |
//! | [`grant`] | an approval is remembered, and spares the next prompt |
//! | [`observe`] | what policies do, or would do, is counted |
//! | [`policies`] | a set of policies comes into force, or is refused |
//! | [`reception`] | what is told of an answer that is not one of success |
//! | [`release`] | an approved request is claimed, sent once, and its outcome recorded |
//! | [`lease`] | a gateway that sends says that it is alive; what one that died has left is named |
//! | [`epoch`] | what was decided before the store failed over is void |
//! | [`kept`] | the beginning of its answer is kept for its requester |
//! | [`sweep`] | deadlines pass, charges are settled |
//! | [`recover`] | what a crash left is named and put in order |
//! | [`account`] | users sign in at the portal and keep their authenticators |
//! | [`backup`] | the store is backed up, and a backup restored |
//! | [`admin`] | users, authenticators, hardware tokens, emergency codes, the audit log |
//!
//! **Invariant:** `Err` is "could not do it" and ends in a refusal at the edge; expected refusals are values.
//! **Invariant:** every change of a held request is a compare-and-swap together with its audit entry.

pub mod account;
pub mod admin;
pub mod admit;
pub mod attempt;
pub mod backup;
mod begin_message;
pub mod begin_passkey;
mod begin_phone;
mod bodies;
pub mod challenge;
mod counts;
pub mod decide;
pub mod enrol_contact;
pub mod enrol_passkey;
pub mod enrol_phone;
pub mod epoch;
pub mod find;
pub mod frame;
pub mod grant;
pub mod identify;
pub mod kept;
pub mod lease;
pub mod metrics;
mod notice;
pub mod observe;
pub mod outbox;
pub mod phone;
pub mod policies;
pub mod prompt;
mod quota;
mod reception;
pub mod recover;
pub mod release;
pub mod resync;
pub mod sending;
pub mod spool;
pub mod sweep;
pub mod view;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use tokio::sync::{OnceCell, Semaphore};

use crate::audit::receipt::SigningKey;
use crate::audit::{Actor, Event, EventKind};
use crate::base::entropy::Entropy;
use crate::base::id::{Held, Id, Node};
use crate::base::net::{Origin, TrustedPeers};
use crate::base::secret::Secret;
use crate::base::settings::account::AccountSettings;
use crate::base::settings::{AppSettings, Limits};
use crate::base::tasks::Tasks;
use crate::base::time::{Clock, Span, Timestamp};
use crate::connect::whoami::Whoami;
use crate::notify::webpush::WebPush;
use crate::policy::PolicySet;
use crate::store::record::Records;
use crate::store::seal::Seal;
use crate::store::{Changes, CommitError, Key, Prefix, Row, Store, keys};

use metrics::Metrics;
use observe::Counts;
use outbox::Post;
use policies::Newest;
pub use view::Unavailable;

/// What the flows are built of.
pub struct Parts {
    /// The store.
    pub store: Arc<dyn Store>,
    /// What seals records.
    pub seal: Arc<Seal>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Draws randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The policies in force.
    pub policies: Arc<ArcSwap<PolicySet>>,
    /// The applications.
    pub apps: Vec<Arc<AppSettings>>,
    /// The connectors that ask applications who somebody is, by application name.
    pub whoami: HashMap<String, Whoami>,
    /// Peers that may speak for a client.
    pub trusted: TrustedPeers,
    /// Quotas and attempt budgets.
    pub limits: Limits,
    /// The portal's origin.
    pub portal: Origin,
    /// What carries messages away.
    pub post: Post,
    /// What users may keep in their own account.
    pub account: AccountSettings,
    /// Signs receipts.
    pub signer: Arc<SigningKey>,
    /// Wakes phones; `None` leaves them to ask by themselves.
    pub push: Option<WebPush>,
    /// Background work.
    pub tasks: Tasks,
}

/// The flows. Cheap to clone.
#[derive(Clone)]
pub struct Flows(Arc<Inner>);

struct Inner {
    parts: Parts,
    records: Records,
    metrics: Metrics,
    grant_key: OnceCell<Secret>,
    counts: Counts,
    newest: Newest,
    /// Places for what hashes passwords: each takes 46 MiB, and anybody may ask for it.
    hashing: tokio::sync::Semaphore,
    /// Places for messages that are being sent.
    senders: Semaphore,
    /// Which of the gateways on this store it is.
    node: Id<Node>,
    /// What this gateway is sending.
    sending: Mutex<HashSet<Id<Held>>>,
    /// The number of the epoch whose elder this gateway has ended.
    swept: AtomicU64,
}

/// How long an ended request, its outcome and the kept answer can still be looked at.
pub const RETENTION: Span = Span::from_secs(24 * 3600);
/// How long a handoff to the prompt is good for.
pub const HANDOFF_FOR: Span = Span::from_secs(120);
/// How many passwords are hashed at a time.
const HASHING: usize = 4;
/// How often a commit that lost a race is tried again before the flow gives up.
const TRIES: usize = 400;

impl Flows {
    /// Puts the flows together.
    pub fn new(parts: Parts) -> Self {
        let records = Records::new(parts.seal.clone());
        let counts = Counts::of(parts.apps.iter().map(|app| app.name.clone()));
        let newest = Newest::of(&parts.policies.load(), parts.clock.now());
        let senders = Semaphore::new(outbox::AT_ONCE);
        let (metrics, grant_key) = (Metrics::default(), OnceCell::new());
        let hashing = tokio::sync::Semaphore::new(HASHING);
        let node = Id::new(parts.clock.now(), parts.entropy.as_ref());
        let (sending, swept) = (Mutex::default(), AtomicU64::new(0));
        Self(Arc::new(Inner {
            parts,
            records,
            metrics,
            grant_key,
            counts,
            newest,
            hashing,
            senders,
            node,
            sending,
            swept,
        }))
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.0.parts.clock.now()
    }

    /// Randomness.
    pub fn entropy(&self) -> &dyn Entropy {
        self.0.parts.entropy.as_ref()
    }

    /// Background work.
    pub fn tasks(&self) -> &Tasks {
        &self.0.parts.tasks
    }

    /// The counters.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The portal's origin.
    pub fn portal(&self) -> &Origin {
        &self.0.parts.portal
    }

    /// Public keys of the receipts, as a JWK set.
    pub fn jwks(&self) -> String {
        self.0.parts.signer.jwks().to_string()
    }

    /// The application of this name.
    pub fn app(&self, name: &str) -> Option<Arc<AppSettings>> {
        self.0.parts.apps.iter().find(|app| app.name == name).cloned()
    }

    /// Resolves when something about a held request changes; subscribe first, then read.
    pub fn changes(&self, id: Id<Held>) -> Changes {
        self.0.parts.store.watch(&keys::held(id))
    }

    /// Whether the store can be read and written.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn health(&self) -> Result<(), Unavailable> {
        self.store().health().await.map_err(unavailable)
    }

    fn store(&self) -> &Arc<dyn Store> {
        &self.0.parts.store
    }

    /// The next records below a prefix, `most` at a time, after `after`, which moves on to the last of them; none once all were given.
    async fn page(
        &self,
        prefix: &Prefix,
        after: &mut Option<Key>,
        most: usize,
    ) -> Result<Vec<(Key, Row)>, Unavailable> {
        let rows = self.store().list(prefix, after.as_ref(), most).await.map_err(unavailable)?;
        if let Some((last, _)) = rows.last() {
            *after = Some(last.clone());
        }
        Ok(rows)
    }

    fn records(&self) -> &Records {
        &self.0.records
    }

    fn event(&self, kind: EventKind, actor: Actor) -> Event {
        Event::new(self.now(), kind, actor)
    }
}

/// What went wrong with the store, for the log.
fn unavailable(error: impl std::fmt::Display) -> Unavailable {
    Unavailable(error.to_string())
}

/// A commit either lost a race (try again with what is there now) or could not be made.
fn lost_race(error: CommitError) -> Result<(), Unavailable> {
    match error {
        CommitError::Conflict => Ok(()),
        CommitError::Unavailable(why) => Err(unavailable(why)),
        over @ CommitError::Over(_) => Err(unavailable(over)),
    }
}

/// Too many lost races: treated as a store that cannot be used.
fn contended() -> Unavailable {
    Unavailable("a record was contended for too long".to_owned())
}
