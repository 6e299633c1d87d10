//! A phone is asked: a challenge with a number for the requesting screen, and a ring if that is due.
//!
//! **Invariant:** what is asked, and whether the phone is rung, is counted in the commit that stores the challenge, before anything is sent
//! ([`Pace`]; `tests/it/phone.rs` has the fourth notification suppressed).
//! **Invariant:** the number goes to the requesting screen and nowhere else: not to the phone, the push service, the log or the store.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::audit::EventKind;
use crate::base::id::{self, Id};
use crate::base::text::{UserName, visible};
use crate::base::time::Span;
use crate::directory::{About, Authenticator, AuthenticatorState};
use crate::factors::phone::pace::{Rejected, Ring};
use crate::factors::phone::{Asked, Pace, Phone, Subscription};
use crate::factors::{Factor, Pending};
use crate::notify::webpush::Woken;
use crate::store::{Commit, Key, Row, keys};

use super::attempt::Proving;
use super::challenge::{Begun, Public, Ready};
use super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};

/// How long a question waits (NIST SP 800-63B-4 §3.1.3.2: at most ten minutes).
const LIVES: Span = Span::from_secs(300);
/// The most characters of a value that a phone shows.
const LONGEST: usize = 4000;

impl Flows {
    /// Asks a phone.
    pub(super) async fn begin_phone(
        &self,
        proving: &Proving,
        one: &Authenticator,
        phone: &Phone,
    ) -> Result<Begun, Unavailable> {
        let bell = phone
            .subscription
            .as_ref()
            .filter(|to| self.0.parts.push.as_ref().is_some_and(|push| push.knows(&to.endpoint)));
        for _ in 0..TRIES {
            let now = self.now();
            let (key, row, pace) = self.pace(&proving.user).await?;
            let (next, ring) = match pace.ask(now, bell.is_some()) {
                Ok(asked) => asked,
                Err(Rejected(until)) => {
                    self.metrics().refused("phone-rejected");
                    return Ok(Begun::Wait { retry_after: until.since(now), why: "rejected", waits: false });
                }
            };
            let (asked, number) = Asked::new(shown(proving), self.entropy());
            let (challenge, commit) = self.new_challenge(proving, one, Pending::Phone(asked), LIVES).await?;
            let rung = ring == Ring::Aloud;
            let event =
                self.tried(EventKind::PhoneAsked, proving).with("authenticator", one.id).with("rung", rung);
            let value = self.records().seal_pace(&key, &next);
            match self.store().commit(commit.put(key, row.as_ref(), value, None).record(event)).await {
                Ok(_) => {
                    if let Some(to) = bell.filter(|_| rung) {
                        self.ring(proving.user.clone(), one.id, to.clone(), challenge.id);
                    }
                    return Ok(Begun::Ready(Ready {
                        challenge: Some(challenge.id),
                        authenticator: one.id,
                        kind: Factor::Push,
                        public: Public::Phone { number, rung },
                        expires_at: Some(challenge.expires_at),
                    }));
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// How often a user's phones were rung, with its key and row.
    pub(super) async fn pace(&self, user: &UserName) -> Result<(Key, Option<Row>, Pace), Unavailable> {
        let key = keys::pace(user);
        let row = self.row(&key).await?;
        let pace = match &row {
            Some(row) => self.records().open_pace(&key, &row.value).map_err(unavailable)?,
            None => Pace::default(),
        };
        Ok((key, row, pace))
    }

    /// Sends the notification beside the request that caused it: whether it arrives changes nothing.
    fn ring(
        &self,
        user: UserName,
        phone: Id<id::Authenticator>,
        to: Subscription,
        challenge: Id<id::Challenge>,
    ) {
        let flows = self.clone();
        self.tasks().spawn("web push", async move {
            let Some(push) = &flows.0.parts.push else { return };
            let message = serde_json::json!({ "challenge": challenge }).to_string();
            match push.wake(&to, message.as_bytes(), flows.now(), LIVES).await {
                Woken::Taken => tracing::debug!(%challenge, "a phone was rung"),
                Woken::Gone => {
                    if let Err(error) = flows.unsubscribe(&user, phone, &to).await {
                        tracing::warn!(%error, authenticator = %phone, "a subscription that is over is still kept");
                    }
                }
                other => tracing::warn!(?other, %challenge, "a phone could not be rung"),
            }
        });
    }

    /// Forgets a subscription that is over, unless the phone has stated another one meanwhile.
    async fn unsubscribe(
        &self,
        user: &UserName,
        phone: Id<id::Authenticator>,
        over: &Subscription,
    ) -> Result<(), Unavailable> {
        let key = keys::authenticator(user, phone);
        for _ in 0..TRIES {
            let Some(row) = self.row(&key).await? else { return Ok(()) };
            let mut one = self.records().open_authenticator(&key, &row.value).map_err(unavailable)?;
            match &mut one.state {
                AuthenticatorState::Push(phone) if phone.subscription.as_ref() == Some(over) => {
                    phone.subscription = None;
                }
                _ => return Ok(()),
            }
            let value = self.records().seal_authenticator(&key, &one);
            match self.store().commit(Commit::new().replace(key.clone(), row.version, value, None)).await {
                Ok(_) => return Ok(()),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }
}

/// What the phone shows, as one JSON text; what it signs is the hash of these bytes.
fn shown(proving: &Proving) -> String {
    let safe = |text: &str| visible(text, LONGEST);
    let fields: Vec<[String; 2]> =
        proving.show.iter().map(|(label, value)| [safe(label), safe(value)]).collect();
    let purpose = match proving.about {
        About::Held(_) => "held",
        About::Account(purpose) => purpose.as_str(),
    };
    serde_json::json!({
        "purpose": purpose,
        "app": safe(&proving.app),
        "origin": proving.origin.to_string(),
        "user": safe(proving.user.as_str()),
        "summary": proving.summary.lines().map(safe).collect::<Vec<_>>(),
        "fields": fields,
        "digest": format!("sha-256=:{}:", BASE64.encode(proving.digest)),
    })
    .to_string()
}
