//! Floor 3: what users do in their own account at the portal: sign in, keep their authenticators, sessions, requests and grants.
//!
//! | file | what happens |
//! |---|---|
//! | [`session`] | a session is opened, found by its cookie, renewed, ended |
//! | [`sign_in`] | a name and a password are judged |
//! | [`invite`] | an operator's invitation is issued, and taken up |
//! | [`prove`] | an authenticator is answered: to sign in, for a fresh proof, to try it |
//! | [`password`] | the password is changed |
//! | [`own`] | authenticators are listed, named, removed |
//! | [`language`] | the language is chosen |
//! | [`enrol`] | an authenticator is enrolled |
//! | [`recovery`] | recovery codes are made |
//! | [`question`] | verification questions are kept, and an answer is checked |
//! | [`requests`] | held requests, receipts and grants are looked at, grants ended |
//! | [`told`] | the user is told what has changed |
//!
//! **Invariant:** a session that is signed in with less than its user has to offer may do nothing but go on ([`Opened::standing`]).
//! **Invariant:** every change is one commit with its audit entry, and asks for a fresh proof at the edge (`tests/it/account_guard.rs`
//! walks the table of routes).

pub mod enrol;
pub mod invite;
mod language;
pub mod own;
pub mod password;
pub mod prove;
pub mod question;
pub mod recovery;
pub mod requests;
pub mod session;
pub mod sign_in;
mod told;

use crate::base::secret::same;
use crate::base::text::UserName;
use crate::directory::session::Standing;
use crate::directory::{Account, Authenticator, Session, User};
use crate::factors::Factor;
use crate::store::{Commit, Row, keys};

use super::{Flows, Unavailable, unavailable};

/// A session that a browser has just shown the cookie of, with its user.
pub struct Opened {
    /// The session.
    pub session: Session,
    /// Whose it is.
    pub user: User,
    /// What the user keeps.
    pub account: Account,
    /// What it may be used for.
    pub standing: Standing,
    /// Whether the user has an authenticator that is asked for at sign-in.
    pub protected: bool,
    print: [u8; 32],
}

impl Opened {
    /// Whether a change may be made without another proof.
    pub fn is_fresh(&self, flows: &Flows) -> bool {
        self.standing == Standing::SignedIn && self.session.is_fresh(flows.now())
    }

    /// The token that forms of this session carry: only who was shown a page of it knows it.
    pub fn csrf(&self) -> String {
        self.session.root.credential("countersign-account-form-v1")
    }

    /// Whether `token` is that token.
    pub fn csrf_ok(&self, token: &str) -> bool {
        same(self.csrf().as_bytes(), token.as_bytes())
    }
}

impl Flows {
    /// What a user keeps, and its row.
    pub(in crate::flow) async fn account(
        &self,
        user: &UserName,
    ) -> Result<(Account, Option<Row>), Unavailable> {
        let key = keys::account(user);
        let row = self.row(&key).await?;
        let account = match &row {
            Some(row) => self.records().open_account(&key, &row.value).map_err(unavailable)?,
            None => Account::default(),
        };
        Ok((account, row))
    }

    /// The part of a commit that writes an account back as it was found in `row`, changed now.
    pub(in crate::flow) fn put_account(
        &self,
        user: &UserName,
        row: Option<&Row>,
        account: Account,
    ) -> Commit {
        let key = keys::account(user);
        let account = Account { changed_at: Some(self.now()), ..account };
        let value = self.records().seal_account(&key, &account);
        Commit::new().put(key, row, value, None)
    }

    /// Whether the user has an authenticator that is asked for at sign-in.
    pub(in crate::flow) async fn is_protected(&self, user: &UserName) -> Result<bool, Unavailable> {
        let now = self.now();
        Ok(self
            .authenticators_of(user)
            .await?
            .iter()
            .any(|one| one.usable(now) && self.is_on(one.kind()) && protects(one)))
    }
}

/// Whether an authenticator is asked for at sign-in once it is there. Codes for the day when there is nothing else are accepted, but
/// they protect nobody: they are used up.
fn protects(one: &Authenticator) -> bool {
    match one.kind() {
        Factor::Passkey | Factor::Push | Factor::Totp | Factor::Hotp | Factor::Email | Factor::Sms => true,
        Factor::Emergency | Factor::Recovery => false,
    }
}
