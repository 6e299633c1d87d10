//! The one place from which users are told what has changed in their account.

use crate::base::text::UserName;

use super::super::Flows;

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::flow) enum Told {
    /// Somebody signed in.
    SignedIn,
    /// The password was set or changed.
    PasswordSet,
    /// An authenticator was enrolled.
    AuthenticatorAdded,
    /// An authenticator was removed.
    AuthenticatorRemoved,
    /// All other sessions were ended.
    SessionsEnded,
}

impl Flows {
    /// Tells the user at all contacts. Never makes anybody wait.
    pub(in crate::flow) fn tell(&self, user: &UserName, what: Told) {
        // NOTICE: messages to contacts are handed over here.
        tracing::debug!(%user, ?what, portal = %self.portal(), "the user is told");
    }
}
