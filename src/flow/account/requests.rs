//! The user's own held requests with their receipts, and the grants that approvals left behind.
//!
//! **Invariant:** another user's request, receipt or grant is nothing here: each is read under the session's user, or its requester is
//! compared (`tests/it/account_requests.rs`).

use crate::audit::receipt::Jwks;
use crate::audit::receipt::file::{Attached, ReceiptFile};
use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Held, Id};
use crate::base::time::Timestamp;
use crate::store::{Commit, keys};

use super::super::prompt::state_of;
use super::super::reception::success_of;
use super::super::view::StateName;
use super::super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};
use super::Opened;

/// The most requests that are listed.
const MOST: usize = 100;

/// A held request as its requester sees it afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRequest {
    /// Its id.
    pub id: Id<Held>,
    /// The application.
    pub app: String,
    /// What it does, one sentence for each policy.
    pub summary: Vec<String>,
    /// Its state.
    pub state: StateName,
    /// Whether the application's answer was one of success, where the policies say which are.
    pub success: Option<bool>,
    /// When it was held.
    pub created_at: Timestamp,
    /// Whether there is a receipt.
    pub receipt: bool,
}

/// A grant as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnGrant {
    /// Its id.
    pub id: Id<id::Grant>,
    /// The policy that does not ask.
    pub policy: String,
    /// What was confirmed, while that is still kept.
    pub summary: Vec<String>,
    /// The application, while that is still kept.
    pub app: Option<String>,
    /// When it was confirmed.
    pub made_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

impl Flows {
    /// The user's held requests that are kept, the latest first.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn own_requests(&self, opened: &Opened) -> Result<Vec<OwnRequest>, Unavailable> {
        let places = self
            .store()
            .list(&keys::held_of_all(&opened.user.name), None, 1000)
            .await
            .map_err(unavailable)?;
        let mut found = Vec::new();
        for (key, _) in places.iter().rev().take(MOST) {
            let Ok(id) = key.last().parse::<Id<Held>>() else { continue };
            found.extend(self.own_request(opened, id).await?);
        }
        Ok(found)
    }

    /// One of them.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn own_request(
        &self,
        opened: &Opened,
        id: Id<Held>,
    ) -> Result<Option<OwnRequest>, Unavailable> {
        let Some((approval, _)) = self.load(id).await? else { return Ok(None) };
        let subject = approval.subject();
        if subject.requester != opened.user.name {
            return Ok(None);
        }
        Ok(Some(OwnRequest {
            id,
            app: subject.app.clone(),
            summary: subject.summary.lines().map(str::to_owned).collect(),
            state: state_of(&approval),
            success: success_of(&approval),
            created_at: subject.created_at,
            receipt: self.receipt(id).await?.is_some(),
        }))
    }

    /// The receipt of one of them, as the file that `receipt verify` reads: with its evidence and the keys that prove it.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn own_receipt(&self, opened: &Opened, id: Id<Held>) -> Result<Option<String>, Unavailable> {
        match self.own_request(opened, id).await? {
            None => Ok(None),
            Some(_) => {
                let Some((receipt, evidence)) = self.receipt(id).await? else { return Ok(None) };
                let jwks = Jwks::parse(&self.jwks()).map_err(unavailable)?;
                Ok(Some(ReceiptFile { receipt, with: Some(Attached { evidence, jwks }) }.to_string()))
            }
        }
    }

    /// The user's grants that still serve, the latest first.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn own_grants(&self, opened: &Opened) -> Result<Vec<OwnGrant>, Unavailable> {
        let (user, now) = (&opened.user.name, self.now());
        let epoch = self.grant_epoch_of(user).await?;
        let rows = self.store().list(&keys::grants_of(user), None, 1000).await.map_err(unavailable)?;
        let mut grants = Vec::new();
        for (key, row) in rows {
            let grant = self.records().open_grant(&key, &row.value).map_err(unavailable)?;
            if grant.epoch() != epoch || grant.expires_at() <= now {
                continue;
            }
            let held = self.own_request(opened, grant.held()).await?;
            let (app, summary) = held.map_or((None, Vec::new()), |held| (Some(held.app), held.summary));
            grants.push(OwnGrant {
                id: grant.id(),
                policy: grant.promise().policy.id.clone(),
                summary,
                app,
                made_at: grant.made_at(),
                expires_at: grant.expires_at(),
            });
        }
        grants.sort_by_key(|one| std::cmp::Reverse(one.made_at));
        Ok(grants)
    }

    /// Ends one of the user's grants. Returns whether there was one.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn end_grant(&self, opened: &Opened, id: Id<id::Grant>) -> Result<bool, Unavailable> {
        let user = &opened.user.name;
        for _ in 0..TRIES {
            let rows = self.store().list(&keys::grants_of(user), None, 1000).await.map_err(unavailable)?;
            let mut commit = None;
            for (key, row) in rows {
                let grant = self.records().open_grant(&key, &row.value).map_err(unavailable)?;
                if grant.id() == id {
                    let event = self
                        .event(EventKind::GrantRevoked, Actor::User(user.clone()))
                        .about(grant.held())
                        .with("grant", id)
                        .with("policy", &grant.promise().policy);
                    commit = Some(Commit::new().delete(key, row.version).record(event));
                }
            }
            let Some(commit) = commit else { return Ok(false) };
            match self.store().commit(commit).await {
                Ok(_) => return Ok(true),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }
}
