//! A prompt that was lost is found again: a closed window, a frame that its page threw away.
//!
//! **Invariant:** only the creator of a request gets a new handoff, and it voids the earlier one (`tests/it/binding.rs`, `tests/it/agent.rs`).

use crate::base::id::{self, Id};
use crate::base::secret::random_credential;
use crate::identity::Principal;

use super::prompt::Claim;
use super::{Flows, HANDOFF_FOR, TRIES, Unavailable, contended, lost_race};

/// Where a prompt can be opened, once.
pub struct Way {
    /// The page, with its handoff.
    pub url: String,
    /// The same for a frame in the application's page, where that may be.
    pub frame: Option<String>,
}

impl Flows {
    /// A new handoff for a lost prompt; the earlier one is void.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn find_again(
        &self,
        app: &str,
        id: Id<id::Held>,
        principal: &Principal,
        claim: Claim<'_>,
    ) -> Result<Option<Way>, Unavailable> {
        for _ in 0..TRIES {
            if self.of_creator(app, id, principal, claim).await?.is_none() {
                return Ok(None);
            }
            let Some((mut approval, place)) = self.load(id).await? else { return Ok(None) };
            let ticket = random_credential(self.entropy());
            approval.subject_mut().issue_handoff(&ticket, self.now().plus(HANDOFF_FOR));
            match self.store().commit(self.put_held(&approval, place)).await {
                Ok(_) => {
                    let url = self.prompt_url(id, &ticket);
                    return Ok(Some(Way { url, frame: self.frame_url(approval.subject(), &ticket) }));
                }
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }
}
