//! How many messages may be sent: to one user, about one held request, to one address, into one country, for the tenant and in all.
//!
//! THREAT: SMS pumping, where somebody makes the gateway send to numbers that earn money by it, and bombing, where somebody makes it
//! send to a person. Both are counted here, by what a client cannot choose.
//!
//! **Invariant:** a message is counted in the commit that puts it into the queue, under everything at once; nothing is sent that was not
//! (`tests/it/message_limits.rs`). Counts of different kinds do not mix: text messages cannot use up mail.
//! **Invariant:** the pause between two codes to one address ends early only for whoever typed the last one, right: that is the person
//! whom it would protect. The limits by hour and day stay.
//! **Invariant:** whoever is refused is told to wait, never which limit of others was reached; the log and the metrics are.

use crate::base::id::{self, Id};
use crate::base::settings::messages::{Often, Sending};
use crate::base::text::UserName;
use crate::base::time::{Span, Timestamp};
use crate::factors::message::Address;
use crate::factors::rate::{Bound, Bounds, Rate, Tally};
use crate::store::record_message::TallyRow;
use crate::store::{Commit, DEFAULT_TENANT, Key, keys};

use super::{Flows, Unavailable, lost_race, unavailable};

/// Between two codes to one address.
pub const RESEND_AFTER: Span = Span::from_secs(60);
/// The most codes about one held request.
pub const MOST_FOR_ONE: u32 = 5;
const HOUR: Span = Span::from_secs(3600);
const DAY: Span = Span::from_secs(86_400);
/// How long a count is kept after the last message.
const KEPT: Span = Span::from_secs(2 * 86_400);

/// Why a message is not sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// When it could be.
    pub retry_after: Span,
    /// In a word for programs: `resend` a moment after the last, `request` when this one has had all of its codes, `limit` for the rest.
    pub why: &'static str,
}

/// Something messages are counted by.
struct Count {
    what: &'static str,
    who: String,
    bounds: Bounds,
}

impl Flows {
    /// The commit that counts one code to `to`, or why there is none now.
    pub(super) async fn count_code(
        &self,
        user: &UserName,
        to: &Address,
        held: Option<Id<id::Held>>,
    ) -> Result<Result<Commit, TooMany>, Unavailable> {
        let Some(limits) = self.sending(to) else {
            return Ok(Err(TooMany { retry_after: DAY, why: "limit" }));
        };
        let kind = to.factor().as_str();
        let of = |who: &str| format!("{kind} {who}");
        let mut counts = vec![
            Count { what: "user", who: of(user.as_str()), bounds: bounds(limits.user) },
            Count { what: "tenant", who: of(DEFAULT_TENANT), bounds: bounds(limits.tenant) },
            Count { what: "total", who: of("all"), bounds: bounds(limits.total) },
        ];
        let address = Bounds { pause: RESEND_AFTER, ..bounds(limits.address) };
        // The pause and the request's own count come first: they say the most to the user.
        counts.insert(0, Count { what: "address", who: self.unnamed(to).await?, bounds: address });
        if let Some(country) = to.country() {
            counts.push(Count { what: "country", who: of(country), bounds: bounds(limits.country) });
        }
        if let Some(held) = held {
            let bounds = Bounds { all: Some(MOST_FOR_ONE), ..Bounds::default() };
            counts.insert(0, Count { what: "held", who: held.to_string(), bounds });
        }
        self.count_all(counts).await
    }

    /// The commit that ends the pause after a code to `to`: it came back.
    pub(super) async fn came_back(&self, to: &Address) -> Result<Commit, Unavailable> {
        let key = keys::sent("address", &self.unnamed(to).await?);
        let Some(row) = self.row(&key).await? else { return Ok(Commit::new()) };
        let mut tally = Tally::from(self.records().open::<TallyRow>(&key, &row.value).map_err(unavailable)?);
        tally.answered = true;
        let value = self.records().close(&key, &TallyRow::from(&tally));
        Ok(Commit::new().put(key, Some(&row), value, Some(self.now().plus(KEPT))))
    }

    /// The commit that counts one notice to `to`, or why it is not sent.
    pub(super) async fn count_notice(
        &self,
        user: &UserName,
        to: &Address,
    ) -> Result<Result<Commit, TooMany>, Unavailable> {
        let Some(limits) = self.sending(to) else {
            return Ok(Err(TooMany { retry_after: DAY, why: "limit" }));
        };
        let kind = to.factor().as_str();
        // Beside the codes: a flood of one cannot silence the other, and together they cost no more than twice the limit.
        let of = |who: &str| format!("notice {kind} {who}");
        let mut counts = vec![
            Count { what: "user", who: of(user.as_str()), bounds: bounds(limits.user) },
            Count { what: "tenant", who: of(DEFAULT_TENANT), bounds: bounds(limits.tenant) },
            Count { what: "total", who: of("all"), bounds: bounds(limits.total) },
        ];
        if let Some(country) = to.country() {
            counts.push(Count { what: "country", who: of(country), bounds: bounds(limits.country) });
        }
        self.count_all(counts).await
    }

    async fn count_all(&self, counts: Vec<Count>) -> Result<Result<Commit, TooMany>, Unavailable> {
        let now = self.now();
        let mut commit = Commit::new();
        for Count { what, who, bounds } in counts {
            let key = keys::sent(what, &who);
            let row = self.row(&key).await?;
            let tally = match &row {
                Some(row) => {
                    Tally::from(self.records().open::<TallyRow>(&key, &row.value).map_err(unavailable)?)
                }
                None => Tally::default(),
            };
            match tally.reserve(now, &bounds) {
                Ok(next) => {
                    let value = self.records().close(&key, &TallyRow::from(&next));
                    commit = commit.put(key, row.as_ref(), value, Some(now.plus(KEPT)));
                }
                Err(bound) => {
                    self.metrics().refused("message-limit");
                    // Of users' own limits people are told; those of all are the operator's business.
                    if matches!(what, "country" | "tenant" | "total") {
                        tracing::warn!(what, who, "no message is sent: the limit is reached");
                    }
                    return Ok(Err(TooMany::of(bound)));
                }
            }
        }
        Ok(Ok(commit))
    }

    /// The limits of this kind of message; `None` while nothing can send it.
    fn sending(&self, to: &Address) -> Option<Sending> {
        let messages = &self.0.parts.post.settings;
        match to.country() {
            None => messages.mail.as_ref().map(|mail| mail.limits),
            Some(_) => messages.sms.as_ref().filter(|sms| sms.reaches(to.as_str())).map(|sms| sms.limits),
        }
    }

    /// What stands for an address in the name of a record: keyed, since numbers can be tried through.
    async fn unnamed(&self, to: &Address) -> Result<String, Unavailable> {
        let key = self.grant_key().await?.derive("countersign-sent-to-v1").derive(&to.counted());
        Ok(key.expose(|bytes| data_encoding::HEXLOWER.encode(bytes)))
    }

    /// A count whose messages are long ago is deleted.
    pub(super) async fn forget_sent(&self, key: Key) -> Result<(), Unavailable> {
        let Some(row) = self.row(&key).await? else { return Ok(()) };
        let over = |last: Option<Timestamp>| last.is_none_or(|last| last.plus(KEPT) <= self.now());
        if !self.records().open::<TallyRow>(&key, &row.value).is_ok_and(|row| over(Tally::from(row).last)) {
            return Ok(());
        }
        self.store().commit(Commit::new().delete(key, row.version)).await.map_or_else(lost_race, |_| Ok(()))
    }
}

impl TooMany {
    fn of(bound: Bound) -> Self {
        match bound {
            Bound::Pause(retry_after) => Self { retry_after, why: "resend" },
            Bound::Often(retry_after) => Self { retry_after, why: "limit" },
            Bound::All => Self { retry_after: HOUR, why: "request" },
        }
    }
}

/// Numbers of the configuration are never nothing; should one be, not a single message is sent.
fn bounds(often: Often) -> Bounds {
    let rate = |most: u32, per: Span| Rate::new(most.max(1), per).ok();
    Bounds { hour: rate(often.hour, HOUR), day: rate(often.day, DAY), ..Bounds::default() }
}
