//! The queue of messages: put in with whatever they are about, in one commit; sent by whoever comes first; tried again, and given up.
//!
//! A message is claimed by a compare-and-swap before it is sent, for a while: after a crash another run, or another gateway, sends it when
//! that while is over. So a message may come twice, and is never lost silently: giving up is in the audit log.
//!
//! **Invariant:** no message outlives what it is about: a code is not sent after its end (`tests/it/message_queue.rs`).
//! **Invariant:** what a message says is in no log and no audit entry; its address is there masked (`tests/it/message_codes.rs`).
//! **Invariant:** nobody waits for a server of others: [`Flows::deliver_soon`] runs beside the request that caused the message.

use std::sync::Arc;

use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::base::settings::messages::Messages;
use crate::base::text::UserName;
use crate::base::time::Span;
use crate::factors::message::Address;
use crate::notify::letter::Letter;
use crate::notify::{Carrier, Message, NotCarried};
pub(super) use crate::store::record_message::Needs;
use crate::store::record_message::{To, Waiting};
use crate::store::{Commit, Key, keys};

use super::{Flows, Unavailable, lost_race, unavailable};

/// How long a message that is being sent is left alone.
const CLAIM: Span = Span::from_secs(90);
/// After a failure; it doubles.
const RETRY: Span = Span::from_secs(5);
/// The longest pause between two tries.
const RETRY_MOST: Span = Span::from_secs(900);
/// How many are looked at at a time.
const BATCH: usize = 100;
/// How many are sent at a time.
pub(super) const AT_ONCE: usize = 8;

/// What carries messages away, and within which limits.
#[derive(Clone, Default)]
pub struct Post {
    /// Mail.
    pub mail: Option<Arc<dyn Carrier>>,
    /// Text messages.
    pub sms: Option<Arc<dyn Carrier>>,
    /// Limits, and what the tenant turns on.
    pub settings: Messages,
}

/// What is put into the queue.
pub(super) struct Posting<'a> {
    pub(super) user: &'a UserName,
    pub(super) to: &'a Address,
    /// `code`, or the name of a notice.
    pub(super) sort: &'static str,
    pub(super) held: Option<Id<id::Held>>,
    /// What must still be there when it is sent.
    pub(super) needs: Option<Needs>,
    pub(super) letter: Letter,
    /// How long it is worth sending.
    pub(super) lives: Span,
    pub(super) is_notice: bool,
}

impl Flows {
    /// The commit that puts a message into the queue, and its key.
    pub(super) fn post(&self, posting: Posting<'_>) -> (Key, Commit) {
        let now = self.now();
        let id: Id<id::Message> = Id::new(now, self.entropy());
        let Posting { user, to, sort, held, needs, letter, lives, is_notice } = posting;
        let key = keys::outbox(id, is_notice.then_some(user));
        let waiting = Waiting {
            user: user.clone(),
            to: To::from(to),
            sort: sort.to_owned(),
            held,
            needs,
            subject: letter.subject,
            plain: letter.plain,
            html: letter.html,
            at: now,
            dies_at: now.plus(lives),
            next_at: now,
            tries: 0,
        };
        let value = self.records().close(&key, &waiting);
        let commit = Commit::new().create(key.clone(), value, None).record(self.about(
            EventKind::MessageQueued,
            &waiting,
            to,
        ));
        (key, commit)
    }

    /// Sends a message that was just put into the queue, without making anybody wait for it.
    pub(super) fn deliver_soon(&self, key: Key) {
        let flows = self.clone();
        self.tasks().spawn("deliver", async move {
            if let Err(error) = flows.deliver(&key).await {
                tracing::error!(%error, "a message could not be taken from the queue: it is tried again");
            }
        });
    }

    /// One pass over the queue: sends what is due. Returns how many it tried.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn deliver_due(&self) -> Result<usize, Unavailable> {
        let (mut after, mut tried) = (None, 0);
        loop {
            let rows = self.page(&keys::all_outbox(), &mut after, BATCH).await?;
            if rows.is_empty() {
                return Ok(tried);
            }
            let mut sending = tokio::task::JoinSet::new();
            for (key, row) in rows {
                let due = self.records().open::<Waiting>(&key, &row.value);
                if due.is_ok_and(|waiting| waiting.next_at <= self.now()) {
                    let flows = self.clone();
                    sending.spawn(async move { flows.deliver(&key).await });
                    tried += 1;
                }
            }
            while let Some(done) = sending.join_next().await {
                done.map_err(unavailable)??;
            }
        }
    }

    /// Looks through the queue every second until the server stops.
    pub async fn deliver_until_stopped(self) {
        loop {
            if let Err(error) = self.deliver_due().await {
                tracing::error!(%error, "the queue of messages could not be read");
            }
            tokio::select! {
                () = self.tasks().stopping() => return,
                () = tokio::time::sleep(std::time::Duration::from_secs(1)) => {}
            }
        }
    }

    /// Claims one message, sends it, and takes it from the queue or says when it is tried again.
    async fn deliver(&self, key: &Key) -> Result<(), Unavailable> {
        let Ok(_place) = self.0.senders.acquire().await else { return Ok(()) };
        let Some(row) = self.row(key).await? else { return Ok(()) };
        let mut waiting: Waiting = self.records().open(key, &row.value).map_err(unavailable)?;
        let now = self.now();
        let Some(to) = waiting.to.address() else {
            return self
                .store()
                .commit(Commit::new().delete(key.clone(), row.version))
                .await
                .map_or_else(lost_race, |_| Ok(()));
        };
        if waiting.next_at > now {
            return Ok(());
        }
        let is_first = waiting.tries == 0;
        waiting.tries += 1;
        waiting.next_at = now.plus(CLAIM);
        let mut claim =
            Commit::new().replace(key.clone(), row.version, self.records().close(key, &waiting), None);
        if waiting.dies_at <= now {
            return self.give_up(key, row.version, &waiting, &to, "its time has passed").await;
        }
        if !self.is_needed(&waiting).await? {
            return self.give_up(key, row.version, &waiting, &to, "what it was for is over").await;
        }
        // Codes were counted when they were put in, together with what they are about.
        if is_first && waiting.sort != "code" {
            match self.count_notice(&waiting.user, &to).await? {
                Ok(counted) => claim = claim.and(counted),
                Err(_) => return self.give_up(key, row.version, &waiting, &to, "there were too many").await,
            }
        }
        let claimed = match self.store().commit(claim).await {
            Ok(claimed) => claimed.version,
            // Somebody else sends it, or a count has moved: the next pass looks again.
            Err(error) => return lost_race(error),
        };
        match self.carry(key, &waiting, &to).await {
            Ok(()) => {
                let event = self.about(EventKind::MessageSent, &waiting, &to);
                let commit = Commit::new().delete(key.clone(), claimed).record(event);
                let done = self.store().commit(commit).await.map_or_else(lost_race, |_| Ok(()));
                self.metrics().message(to.factor().as_str(), "sent");
                done
            }
            Err(NotCarried::Later(why)) => {
                waiting.next_at = self.now().plus(RETRY.doubled(waiting.tries - 1, RETRY_MOST));
                if waiting.next_at >= waiting.dies_at {
                    return self.give_up(key, claimed, &waiting, &to, &why).await;
                }
                tracing::warn!(why, tries = waiting.tries, "a message could not be sent yet");
                let value = self.records().close(key, &waiting);
                let commit = Commit::new().replace(key.clone(), claimed, value, None);
                let done = self.store().commit(commit).await.map_or_else(lost_race, |_| Ok(()));
                self.metrics().message(to.factor().as_str(), "retried");
                done
            }
            Err(NotCarried::Never(why)) => self.give_up(key, claimed, &waiting, &to, &why).await,
        }
    }

    /// Whether what a message is about is still there: a code that was replaced or answered is not sent.
    async fn is_needed(&self, waiting: &Waiting) -> Result<bool, Unavailable> {
        Ok(match waiting.needs {
            None => true,
            Some(Needs::Challenge(id)) => self.row(&keys::challenge(&waiting.user, id)).await?.is_some(),
            Some(Needs::Contact(id)) => self.row(&keys::contact(&waiting.user, id)).await?.is_some(),
        })
    }

    async fn carry(&self, key: &Key, waiting: &Waiting, to: &Address) -> Result<(), NotCarried> {
        let post = &self.0.parts.post;
        let carrier = if to.country().is_none() { &post.mail } else { &post.sms };
        let Some(carrier) = carrier else {
            return Err(NotCarried::Never("nothing can send it".to_owned()));
        };
        let message = Message {
            id: key.last(),
            to: to.clone(),
            subject: waiting.subject.clone(),
            plain: waiting.plain.clone(),
            html: waiting.html.clone(),
            at: waiting.at,
        };
        carrier.carry(&message).await
    }

    async fn give_up(
        &self,
        key: &Key,
        version: u64,
        waiting: &Waiting,
        to: &Address,
        why: &str,
    ) -> Result<(), Unavailable> {
        tracing::warn!(why, kind = to.factor().as_str(), sort = waiting.sort, "a message was given up");
        let event = self.about(EventKind::MessageFailed, waiting, to).with("reason", why);
        let commit = Commit::new().delete(key.clone(), version).record(event);
        let done = self.store().commit(commit).await.map_or_else(lost_race, |_| Ok(()));
        self.metrics().message(to.factor().as_str(), "failed");
        done
    }

    fn about(&self, kind: EventKind, waiting: &Waiting, to: &Address) -> crate::audit::Event {
        let event = self
            .event(kind, Actor::Gateway)
            .with("user", &waiting.user)
            .with("message", &waiting.sort)
            .with("by", to.factor())
            .with("to", to.masked());
        match waiting.held {
            Some(held) => event.about(held),
            None => event,
        }
    }
}
