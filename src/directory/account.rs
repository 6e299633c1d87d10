//! What a user keeps at the portal beside authenticators: the password, the language, and the epoch of the sessions.
//!
//! **Invariant:** moving the epoch on ends every session that was opened before, on every node, in one record.

use crate::base::language::Language;
use crate::base::time::Timestamp;

use super::password::Password;
use super::question::Question;

/// One user's account.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The password; `None` before the first was chosen.
    pub password: Option<Password>,
    /// How often all sessions have been ended.
    pub epoch: u64,
    /// The language the user chose.
    pub language: Option<Language>,
    /// Questions with hashed answers, for a helpdesk; empty where the tenant has turned them off.
    pub questions: Vec<Question>,
    /// When the user last removed an authenticator that is asked for at sign-in; `None` before the first time.
    pub removed_at: Option<Timestamp>,
    /// When it was last changed; `None` before the first time.
    pub changed_at: Option<Timestamp>,
}

impl Account {
    /// Whether there is a password that may be the only thing that is asked for.
    pub fn stands_alone(&self) -> bool {
        self.password.as_ref().is_some_and(|password| password.alone)
    }

    /// The same account, all sessions ended.
    #[must_use]
    pub fn ended_sessions(self) -> Self {
        Self { epoch: self.epoch.saturating_add(1), ..self }
    }
}
