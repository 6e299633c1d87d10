//! The clock or counter of a one-time password generator is found again, by two codes that it showed one after the other.
//!
//! Asked for by the operator (`token resync`) and by its user in the own account. It goes the way of every other answer ([`super::attempt`]): counted
//! against the same budget; both codes are spent.
//!
//! **Invariant:** it approves nothing: the proof is for [`Purpose::Resync`] and a random number, and ends here.

use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::base::text::UserName;
use crate::directory::{AuthenticatorState, Purpose};
use crate::factors::Response;
use crate::store::Commit;

use super::attempt::{Judged, Proving, Stopped};
use super::{Flows, TRIES, Unavailable, contended, lost_race};

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resynced {
    /// It was found; both codes are spent.
    Done,
    /// The codes do not follow each other, were used, or are too far away. So many more before a pause.
    Wrong {
        /// Wrong answers left.
        left: u32,
    },
    /// No attempt is taken now.
    Stopped(Stopped),
    /// Authenticators of this kind have neither clock nor counter.
    NotThisKind,
}

impl Flows {
    /// Finds the clock or counter of one of `user`'s authenticators again. `actor` is who asks for it.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn resync(
        &self,
        user: &UserName,
        authenticator: Id<id::Authenticator>,
        codes: [&str; 2],
        actor: &Actor,
    ) -> Result<Resynced, Unavailable> {
        let Some(one) = self.authenticator(user, authenticator).await? else {
            return Ok(Resynced::Stopped(Stopped::Gone));
        };
        if !matches!(one.state, AuthenticatorState::Totp(_) | AuthenticatorState::Hotp(_)) {
            return Ok(Resynced::NotThisKind);
        }
        if !one.usable(self.now()) {
            return Ok(Resynced::Stopped(Stopped::Gone));
        }
        let mut nonce = [0; 32];
        self.entropy().fill(&mut nonce);
        let proving = Proving::account(user.clone(), Purpose::Resync, &nonce, &self.0.parts.portal);
        let [first, second] = codes;
        let response = Response::consecutive(first, second);
        let attempt = match self.count(&proving, authenticator, response, None).await? {
            Ok(attempt) => attempt,
            Err(stopped) => return Ok(Resynced::Stopped(stopped)),
        };
        for _ in 0..TRIES {
            // The proof is of no other use.
            let commit = match self.judge(&attempt, &Commit::new()).await? {
                Judged::Accepted { proof: _, commit } => commit,
                Judged::Again => continue,
                Judged::Wrong { left } => return Ok(Resynced::Wrong { left }),
                Judged::Stopped(stopped) => return Ok(Resynced::Stopped(stopped)),
            };
            let event = self.event(EventKind::AuthenticatorResynced, actor.clone());
            let event = event.with("user", user).with("authenticator", authenticator);
            match self.store().commit(commit.record(event)).await {
                Ok(_) => return Ok(Resynced::Done),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }
}
