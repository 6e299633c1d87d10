//! The one place from which users are told what has changed in their account without an authenticator coming or going.

use crate::base::text::UserName;
use crate::notify::letter::Notice;

use super::super::Flows;

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::flow) enum Told {
    /// Somebody signed in.
    SignedIn,
    /// The password was set or changed.
    PasswordSet,
    /// All other sessions were ended.
    SessionsEnded,
}

impl Flows {
    /// Tells the user at all contacts. Never makes anybody wait.
    pub(in crate::flow) fn tell(&self, user: &UserName, what: Told) {
        let notice = match what {
            Told::SignedIn => Notice::SignedIn,
            Told::PasswordSet => Notice::PasswordChanged,
            Told::SessionsEnded => Notice::SessionsEnded,
        };
        let (flows, user) = (self.clone(), user.clone());
        self.tasks().spawn("notice", async move {
            let told = match flows.notice(&user, &notice).await {
                Ok(commit) => flows.store().commit(commit).await.map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            if let Err(error) = told {
                tracing::error!(%error, what = notice.as_str(), "a user could not be told");
            }
        });
    }
}
