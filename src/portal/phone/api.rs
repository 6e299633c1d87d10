//! The calls of a phone, in JSON. What comes of a decision is a value in an answer with status 200: the page shows it.
//!
//! **Invariant:** an approval carries the number that was typed and the signature over it; this room judges neither.

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Portal;
use super::super::guard::Audience;
use super::super::guard::phone::{Paired, Pairing, SignedCall};
use super::super::problem::Refusal;
use super::Fault;
use crate::base::id::{Challenge, Id};
use crate::base::language::Text;
use crate::base::secret::fingerprint;
use crate::base::text::Label;
use crate::factors::Answer;
use crate::factors::phone::{Decision, DeviceKey, Signed, Subscription};
use crate::flow::enrol_phone::Step;
use crate::flow::phone::{Came, Question};
use crate::flow::view::{Answered, RejectReason};

/// How long a question for what waits may stay open.
const WATCH: Duration = Duration::from_secs(20);

type Outcome = Result<Value, Refusal>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    code: String,
    key: String,
    device: String,
    signature: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    code: String,
    number: String,
    signature: String,
}

#[derive(Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case", deny_unknown_fields)]
enum Decided {
    Approve { challenge: Id<Challenge>, number: String, signature: String },
    Reject { challenge: Id<Challenge>, not_me: bool, signature: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bell {
    subscription: Option<Stated>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    endpoint: String,
    p256dh: String,
    auth: String,
}

/// `POST /phone/api/claim`: a phone claims a pairing code.
pub(in super::super) async fn claim(portal: Arc<Portal>, who: Audience<Pairing>) -> Response {
    let outcome: Outcome = async {
        let claim: Claim = who.known().read()?;
        let key = DeviceKey::parse(&bytes(&claim.key)?).map_err(|_| Fault::Unreadable)?;
        let device = Label::parse(claim.device.trim()).map_err(|_| Fault::Unreadable)?;
        let signature = signature(&claim.signature)?;
        let step = portal.flows.phone_claim(&claim.code, key, device, &signature).await;
        Ok(told(&step.map_err(Fault::Unavailable)?))
    }
    .await;
    portal.say(outcome, who.t())
}

/// `POST /phone/api/confirm`: it brings the number from the requesting screen.
pub(in super::super) async fn confirm(portal: Arc<Portal>, who: Audience<Pairing>) -> Response {
    let outcome: Outcome = async {
        let given: Confirmation = who.known().read()?;
        let signature = signature(&given.signature)?;
        let step = portal.flows.phone_confirm(&given.code, &given.number, &signature).await;
        Ok(told(&step.map_err(Fault::Unavailable)?))
    }
    .await;
    portal.say(outcome, who.t())
}

/// `GET /phone/api/questions`: what waits, as soon as it is something else than `seen`, or after a while.
pub(in super::super) async fn questions(portal: Arc<Portal>, who: Audience<Paired>) -> Response {
    let call = who.known();
    let mut bell = portal.flows.bell(&call.device);
    let place = portal.watchers.try_acquire();
    let deadline = tokio::time::sleep(if place.is_ok() { WATCH } else { Duration::ZERO });
    let mut deadline = std::pin::pin!(deadline);
    loop {
        let found = match portal.flows.questions(&call.device).await {
            Ok(found) => found,
            Err(cause) => return portal.refuse(Fault::Unavailable(cause), who.t()),
        };
        let tag = tag(&found);
        if call.seen.as_deref() != Some(tag.as_str()) {
            return portal.say(Ok(waiting(&portal, call, &found, &tag)), who.t());
        }
        tokio::select! {
            () = bell.changed() => {}
            () = deadline.as_mut() => return portal.say(Ok(waiting(&portal, call, &found, &tag)), who.t()),
        }
    }
}

/// `POST /phone/api/answer`: approves or rejects.
pub(in super::super) async fn answer(portal: Arc<Portal>, who: Audience<Paired>) -> Response {
    let call = who.known();
    let outcome: Outcome = async {
        match call.body.read()? {
            Decided::Approve { challenge, number, signature: given } => {
                let (number, decision) = (Answer::parse(&number).ok(), Decision::Approve);
                let signed = Signed { challenge, number, decision, signature: signature(&given)? };
                let answered = portal.flows.phone_approve(&call.device, signed).await;
                Ok(match answered.map_err(Fault::Unavailable)? {
                    Came::Judged(answered) => came(&answered),
                    Came::Kept => json!({ "state": "sent" }),
                })
            }
            Decided::Reject { challenge, not_me, signature: given } => {
                let (number, decision) = (None, Decision::Reject);
                let signed = Signed { challenge, number, decision, signature: signature(&given)? };
                let reason = if not_me { RejectReason::NotMe } else { RejectReason::Cancelled };
                let state = portal.flows.phone_reject(&call.device, &signed, reason).await;
                let state = state.map_err(Fault::Unavailable)?.map(crate::flow::view::StateName::as_str);
                Ok(json!({ "state": state.unwrap_or("gone") }))
            }
        }
    }
    .await;
    portal.say(outcome, who.t())
}

/// `POST /phone/api/bell`: where the phone can be rung, or that it cannot.
pub(in super::super) async fn bell(portal: Arc<Portal>, who: Audience<Paired>) -> Response {
    let call = who.known();
    let outcome: Outcome = async {
        let given: Bell = call.body.read()?;
        let to = match given.subscription {
            None => None,
            Some(stated) => {
                let (key, auth) = (bytes(&stated.p256dh)?, bytes(&stated.auth)?);
                let to = Subscription::parse(&stated.endpoint, &key, &auth);
                Some(to.map_err(|_| Fault::Unreadable)?)
            }
        };
        let rings = to.is_some();
        let kept = portal.flows.phone_subscribe(&call.device, to).await.map_err(Fault::Unavailable)?;
        Ok(json!({ "rings": rings && kept, "known": kept }))
    }
    .await;
    portal.say(outcome, who.t())
}

/// `POST /phone/api/unpair`: the phone removes itself.
pub(in super::super) async fn unpair(portal: Arc<Portal>, who: Audience<Paired>) -> Response {
    let done = portal.flows.phone_unpair(&who.known().device).await;
    let outcome =
        done.map(|()| json!({ "state": "unpaired" })).map_err(|cause| Fault::Unavailable(cause).into());
    portal.say(outcome, who.t())
}

impl Portal {
    fn say(&self, outcome: Outcome, t: Text) -> Response {
        outcome.map_or_else(|refusal| self.refuse(refusal, t), |value| axum::Json(value).into_response())
    }
}

fn told(step: &Step) -> Value {
    match step {
        Step::Claimed => json!({ "step": "claimed" }),
        Step::Paired { authenticator, user } => {
            json!({ "step": "paired", "id": authenticator, "user": user })
        }
        Step::Wrong => json!({ "step": "wrong" }),
        Step::NotGood => json!({ "step": "not_good" }),
    }
}

fn came(answered: &Answered) -> Value {
    match answered {
        Answered::Approved => json!({ "state": "approved" }),
        Answered::StepDone => json!({ "state": "step_done" }),
        Answered::Wrong { left } => json!({ "state": "wrong", "left": left }),
        Answered::Throttled { retry_after } => {
            json!({ "state": "throttled", "retry_after": retry_after.seconds_up() })
        }
        Answered::Locked => json!({ "state": "locked" }),
        Answered::NotOffered | Answered::NotWaiting(_) => json!({ "state": "gone" }),
    }
}

fn waiting(portal: &Portal, call: &SignedCall, questions: &[Question], tag: &str) -> Value {
    let now = portal.flows.now();
    let questions: Vec<Value> = questions
        .iter()
        .map(|one| {
            json!({
                "challenge": one.challenge,
                "nonce": BASE64.encode(one.nonce),
                "digest": BASE64.encode(one.digest),
                "shown": one.shown,
                "left": one.expires_at.since(now).millis(),
            })
        })
        .collect();
    json!({
        "questions": questions,
        "tag": tag,
        "user": call.device.user(),
        "label": call.device.label(),
        "endpoint": call.device.subscribed(),
        "push_key": portal.flows.push_key(),
    })
}

/// Tells one list of questions from another.
fn tag(questions: &[Question]) -> String {
    let ids: Vec<String> = questions.iter().map(|one| one.challenge.to_string()).collect();
    let parts: Vec<&[u8]> = ids.iter().map(String::as_bytes).collect();
    data_encoding::HEXLOWER
        .encode(&fingerprint("countersign-phone-list-v1", &parts))
        .chars()
        .take(16)
        .collect()
}

fn bytes(text: &str) -> Result<Vec<u8>, Fault> {
    BASE64.decode(text).map_err(|_| Fault::Unreadable)
}

fn signature<const N: usize>(text: &str) -> Result<[u8; N], Fault> {
    bytes(text)?.try_into().map_err(|_| Fault::Unreadable)
}
