//! The language a user reads: chosen at the portal, kept with the account, and used for what is sent.
//!
//! **Invariant:** it is the user's own choice: only a session that is signed in changes it, and nothing else of the account with it.

use crate::base::language::{Language, Text};
use crate::base::text::UserName;
use crate::directory::Account;
use crate::directory::session::Standing;
use crate::store::{Commit, keys};

use super::super::{Flows, TRIES, Unavailable, contended, lost_race};
use super::Opened;

impl Flows {
    /// Keeps the language that a user chose; of a session that is not signed in, nothing is kept.
    ///
    /// # Errors
    /// When the store cannot be used; nothing has changed then.
    pub async fn keep_language(&self, opened: &Opened, language: Language) -> Result<(), Unavailable> {
        let user = &opened.user.name;
        if opened.standing != Standing::SignedIn {
            return Ok(());
        }
        for _ in 0..TRIES {
            let (account, row) = self.account(user).await?;
            if account.language == Some(language) {
                return Ok(());
            }
            let key = keys::account(user);
            let value = self.records().seal_account(&key, &Account { language: Some(language), ..account });
            match self.store().commit(Commit::new().put(key, row.as_ref(), value, None)).await {
                Ok(_) => return Ok(()),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// The language a user is written to in.
    pub(in crate::flow) async fn language_of(&self, user: &UserName) -> Result<Text, Unavailable> {
        let (account, _) = self.account(user).await?;
        Ok(account.language.unwrap_or_default().text())
    }
}
