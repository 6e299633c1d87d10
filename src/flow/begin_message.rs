//! A code is sent for one challenge: the message, what is kept of the code, and the counts are one commit; then it is sent.
//!
//! **Invariant:** a new code takes the place of the one before it for the same user, authenticator and digest, and resets no count of
//! attempts (`tests/it/message_codes.rs`).
//! **Invariant:** nothing is sent while the tenant has the kind turned off.

use crate::base::id::{self, Id};
use crate::base::language::key;
use crate::base::secret::Secret;
use crate::base::text::UserName;
use crate::directory::{About, Authenticator, Purpose};
use crate::factors::message::{self, Address, Sent};
use crate::factors::{Factor, Pending};
use crate::notify::letter::{self, Deed, Letter};
use crate::store::{Commit, Key};

use super::attempt::Proving;
use super::challenge::{Begun, Public, Ready};
use super::outbox::{Needs, Posting};
use super::sending::RESEND_AFTER;
use super::{Flows, TRIES, Unavailable, contended, lost_race};

impl Flows {
    /// Whether users may have, and use, authenticators of this kind here.
    pub(super) fn is_on(&self, factor: Factor) -> bool {
        let tenant = self.0.parts.post.settings.tenant;
        match factor {
            Factor::Email => tenant.email_codes,
            Factor::Sms => tenant.sms_codes,
            Factor::Passkey
            | Factor::Push
            | Factor::Totp
            | Factor::Hotp
            | Factor::Emergency
            | Factor::Recovery => true,
        }
    }

    /// Sends a code for `proving` to the address of `one`.
    pub(super) async fn begin_message(
        &self,
        proving: &Proving,
        one: &Authenticator,
        to: &Address,
    ) -> Result<Begun, Unavailable> {
        if !self.is_on(one.kind()) {
            return Ok(Begun::NotOffered);
        }
        let held = match proving.about {
            About::Held(id) => Some(id),
            About::Account(_) => None,
        };
        for _ in 0..TRIES {
            let counted = match self.count_code(&proving.user, to, held).await? {
                Ok(counted) => counted,
                Err(too_many) => {
                    let waits = self.pending(proving, one, None).await?.is_some();
                    return Ok(Begun::Wait { retry_after: too_many.retry_after, why: too_many.why, waits });
                }
            };
            let (code, sent) = Sent::new(one.id, &proving.digest, self.now(), self.entropy());
            let pending = Pending::Code(sent);
            let (challenge, begun) = self.new_challenge(proving, one, pending, message::GOOD_FOR).await?;
            let (waiting, posted) = self.post_code(proving, to, &code, challenge.id).await?;
            match self.store().commit(counted.and(begun).and(posted)).await {
                Ok(_) => {
                    self.deliver_soon(waiting);
                    return Ok(Begun::Ready(Ready {
                        challenge: Some(challenge.id),
                        authenticator: one.id,
                        kind: one.kind(),
                        public: Public::Sent {
                            to: to.masked(),
                            digits: message::DIGITS,
                            resend_after: RESEND_AFTER,
                        },
                        expires_at: Some(challenge.expires_at),
                    }));
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    async fn post_code(
        &self,
        proving: &Proving,
        to: &Address,
        code: &Secret,
        challenge: Id<id::Challenge>,
    ) -> Result<(Key, Commit), Unavailable> {
        let t = self.language_of(&proving.user).await?;
        let (summary, held) = match proving.about {
            About::Held(id) => (proving.summary.clone(), Some(id)),
            About::Account(purpose) => (t.say(purpose_key(purpose)), None),
        };
        let host = proving.origin.host().to_string();
        let deed = Deed {
            app: &proving.app,
            host: &host,
            summary: &summary,
            show: &proving.show,
            portal: self.portal().host().name(),
        };
        let letter = letter::code(t, to.factor(), deed, code).ok_or_else(unwritten)?;
        Ok(self.post_code_letter(&proving.user, to, held, Needs::Challenge(challenge), letter))
    }

    /// Puts a letter with a code into the queue.
    pub(super) fn post_code_letter(
        &self,
        user: &UserName,
        to: &Address,
        held: Option<Id<id::Held>>,
        needs: Needs,
        letter: Letter,
    ) -> (Key, Commit) {
        let (sort, needs, lives) = ("code", Some(needs), message::GOOD_FOR);
        self.post(Posting { user, to, sort, held, needs, letter, lives, is_notice: false })
    }
}

/// A template that cannot be filled in.
pub(super) fn unwritten() -> Unavailable {
    Unavailable("a message could not be written".to_owned())
}

fn purpose_key(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => key("message-purpose-sign-in"),
        Purpose::Change => key("message-purpose-change"),
        Purpose::Test => key("message-purpose-test"),
        Purpose::Resync => key("message-purpose-resync"),
    }
}
