//! Recovery codes are made, and take the place of all earlier ones.
//!
//! **Invariant:** a user has one set at a time: the earlier ones are revoked in the commit that makes the new one (`tests/it/account_recovery.rs`).

use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::base::secret::Secret;
use crate::base::text::{Label, UserName};
use crate::directory::AuthenticatorState;
use crate::directory::session::Standing;
use crate::factors::Recovery;
use crate::store::{Commit, keys};

use super::super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};
use super::Opened;

/// What a user has of recovery codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// How many are not used yet.
    pub codes: usize,
}

impl Flows {
    /// How many recovery codes the user has left; `None` without a set.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn recovery_left(&self, opened: &Opened) -> Result<Option<Left>, Unavailable> {
        let mine = self.authenticators_of(&opened.user.name).await?;
        Ok(mine.iter().filter(|one| one.revoked_at.is_none()).find_map(|one| match &one.state {
            AuthenticatorState::Recovery(codes) => Some(Left { codes: codes.left() }),
            _ => None,
        }))
    }

    /// Makes a new set of recovery codes; earlier ones are void. The caller has found the session fresh. `None` when it has ended
    /// meanwhile.
    ///
    /// # Errors
    /// When the store cannot be used; nothing has changed then.
    pub async fn renew_recovery(
        &self,
        opened: &Opened,
        label: Label,
    ) -> Result<Option<Vec<Secret>>, Unavailable> {
        let user = &opened.user.name;
        let actor = Actor::User(user.clone());
        let place = self.0.hashing.acquire().await.map_err(unavailable)?;
        let flows = self.clone();
        let issued = tokio::task::spawn_blocking(move || Recovery::issue(flows.entropy()));
        let (codes, state) = issued.await.map_err(unavailable)?.map_err(unavailable)?;
        drop(place);
        let state = AuthenticatorState::Recovery(state);
        let mut one = self.newcomer(&opened.user, label, state);
        for _ in 0..TRIES {
            let (account, row) = self.account(user).await?;
            if opened.standing != Standing::SignedIn || account.epoch != opened.session.epoch {
                return Ok(None);
            }
            one.counts_from = self.counts_from(user, &account).await?;
            let mut commit = self
                .enrolling(actor.clone(), EventKind::RecoveryIssued, &one)
                .and(self.adding(&one).await?)
                .and(self.put_account(user, row.as_ref(), account));
            for old in self.authenticators_of(user).await? {
                if old.revoked_at.is_none() && matches!(old.state, AuthenticatorState::Recovery(_)) {
                    commit = commit.and(self.revoking(&actor, user, old.id).await?);
                }
            }
            match self.store().commit(commit).await {
                Ok(_) => return Ok(Some(codes)),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// The part of a commit that revokes an authenticator of a user.
    async fn revoking(
        &self,
        actor: &Actor,
        user: &UserName,
        id: Id<id::Authenticator>,
    ) -> Result<Commit, Unavailable> {
        let key = keys::authenticator(user, id);
        let Some(row) = self.row(&key).await? else { return Ok(Commit::new()) };
        let one = self.records().open_authenticator(&key, &row.value).map_err(unavailable)?;
        let event = self
            .event(EventKind::AuthenticatorRevoked, actor.clone())
            .with("user", user)
            .with("authenticator", id);
        let value = self.records().seal_authenticator(&key, &one.revoked(self.now()));
        Ok(Commit::new().replace(key, row.version, value, None).record(event))
    }
}
