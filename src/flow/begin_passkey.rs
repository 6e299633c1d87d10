//! A passkey is asked about one held request, or for one's own account.
//!
//! **Invariant:** the question is bound to the digest, is for the one passkey that was chosen, and is gone with the first answer
//! ([`super::attempt`]). **Invariant:** asking again and again leaves no more than [`MOST`] questions of one passkey.

use crate::base::id::{self, Id};
use crate::base::time::Span;
use crate::directory::{Authenticator, AuthenticatorState, Challenge};
use crate::factors::passkey::{Ceremony, Fault, NoRelyingParty, RelyingParty};
use crate::factors::{Factor, Passkey, Pending};
use crate::identity::Principal;
use crate::store::{Commit, keys};

use super::attempt::{AskedIn, Proving};
use super::challenge::{Begun, Public, Ready};
use super::{Flows, Unavailable, lost_race, unavailable};

/// How long browsers and people get; what the library tells browsers.
pub(super) const PATIENCE: Span = Span::from_secs(300);
/// The most questions of one passkey that wait at a time; older ones are void.
const MOST: usize = 8;

impl Flows {
    /// Who asks for passkeys here.
    ///
    /// # Errors
    /// When browsers offer none at the portal's origin.
    pub fn relying_party(&self) -> Result<RelyingParty, NoRelyingParty> {
        RelyingParty::of(self.portal())
    }

    /// Whether this authenticator can be answered at this portal: a passkey belongs to the host it was enrolled for.
    pub(super) fn is_at_home(&self, one: &Authenticator) -> bool {
        let AuthenticatorState::Passkey(passkey) = &one.state else { return true };
        self.relying_party().is_ok_and(|party| party.id() == passkey.rp_id())
    }

    pub(super) async fn begin_passkey(
        &self,
        proving: &Proving,
        one: &Authenticator,
        passkey: &Passkey,
    ) -> Result<Begun, Unavailable> {
        let Ok(party) = self.relying_party() else { return Ok(Begun::NotOffered) };
        let (options, ceremony) = match Ceremony::begin(&party, passkey, &proving.digest) {
            Ok(begun) => begun,
            Err(Fault::RelyingParty) => return Ok(Begun::NotOffered),
            Err(why) => return Err(unavailable(why)),
        };
        let ceremony = match proving.asked_in {
            AskedIn::Window => ceremony,
            AskedIn::Frame => ceremony.framed_by(&proving.origin),
        };
        let now = self.now();
        let id: Id<id::Challenge> = Id::new(now, self.entropy());
        let expires_at = now.plus(PATIENCE);
        let challenge = Challenge {
            id,
            user: proving.user.clone(),
            authenticator: one.id,
            about: proving.about,
            digest: proving.digest,
            pending: Pending::Passkey(ceremony),
            created_at: now,
            expires_at,
        };
        self.void_oldest(&challenge).await?;
        let key = keys::challenge(&proving.user, id);
        let value = self.records().seal_challenge(&key, &challenge);
        let commit = Commit::new().create(key, value, Some(expires_at));
        self.store().commit(commit).await.map_err(unavailable)?;
        let (challenge, kind) = (Some(id), Factor::Passkey);
        let public = Public::Passkey { options };
        Ok(Begun::Ready(Ready {
            challenge,
            authenticator: one.id,
            kind,
            public,
            expires_at: Some(expires_at),
        }))
    }

    /// Makes room for one more question of the same passkey.
    async fn void_oldest(&self, next: &Challenge) -> Result<(), Unavailable> {
        let mut same = Vec::new();
        for (key, row) in self.waiting(&next.user).await? {
            let found = self.records().open_challenge(&key, &row.value).map_err(unavailable)?;
            if found.authenticator == next.authenticator {
                same.push((key, row.version));
            }
        }
        let beyond = (same.len() + 1).saturating_sub(MOST);
        for (key, version) in same.into_iter().take(beyond) {
            // Lost to an answer: it is gone as well.
            self.store()
                .commit(Commit::new().delete(key, version))
                .await
                .map_or_else(lost_race, |_| Ok(()))?;
        }
        Ok(())
    }

    /// Which authenticator a challenge of this user asks, where an answer names only the challenge.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn asked_by(
        &self,
        principal: &Principal,
        challenge: Id<id::Challenge>,
    ) -> Result<Option<Id<id::Authenticator>>, Unavailable> {
        let key = keys::challenge(&principal.user, challenge);
        let Some(row) = self.row(&key).await? else { return Ok(None) };
        let found = self.records().open_challenge(&key, &row.value).map_err(unavailable)?;
        Ok(Some(found.authenticator))
    }
}
