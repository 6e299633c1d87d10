//! Users of the directory: added, listed, shown, unblocked.

use crate::audit::{Actor, EventKind};
use crate::base::id::Id;
use crate::base::text::UserName;
use crate::directory::{User, user};
use crate::factors::throttle::Ledger;
use crate::identity::groups;
use crate::store::{Commit, keys};

use super::super::account::question::ledger_of;
use super::super::{Flows, Unavailable, lost_race, unavailable};
use super::{Reply, UserView, no_user, refuse};

impl Flows {
    pub(super) async fn user_add(
        &self,
        actor: Actor,
        name: &str,
        named: Vec<String>,
        email: Option<String>,
        phone: Option<String>,
    ) -> Result<Reply, Unavailable> {
        let name = match UserName::parse(name) {
            Ok(name) => name,
            Err(why) => return refuse(format!("the user name cannot be used: {why}")),
        };
        let groups = named.iter().map(|group| groups::one(group)).collect::<Result<Vec<_>, _>>();
        let email = email.as_deref().map(user::email).transpose();
        let phone = phone.as_deref().map(user::phone).transpose();
        let (groups, email, phone) = match (groups, email, phone) {
            (Ok(groups), Ok(email), Ok(phone)) => (groups, email, phone),
            (Err(why), _, _) => return refuse(why),
            (_, Err(why), _) | (_, _, Err(why)) => return refuse(why),
        };
        let now = self.now();
        let user = User {
            id: Id::new(now, self.entropy()),
            name: name.clone(),
            groups,
            email,
            phone,
            created_at: now,
        };
        let key = keys::user(&name);
        let event = self.event(EventKind::UserAdded, actor).with("user", &name);
        let value = self.records().seal_user(&key, &user);
        match self.store().commit(Commit::new().create(key, value, None).record(event)).await {
            Ok(_) => self.shown(&user).await.map(Reply::User),
            Err(error) => {
                lost_race(error)?;
                refuse(format!("there is a user `{name}` already"))
            }
        }
    }

    pub(super) async fn user_list(&self) -> Result<Reply, Unavailable> {
        let (mut users, mut after) = (Vec::new(), None);
        loop {
            let rows = self.page(&keys::all_users(), &mut after, 200).await?;
            if rows.is_empty() {
                break;
            }
            for (key, row) in &rows {
                let user = self.records().open_user(key, &row.value).map_err(unavailable)?;
                users.push(self.shown(&user).await?);
            }
        }
        Ok(Reply::Users { users })
    }

    pub(super) async fn user_show(&self, name: &str) -> Result<Reply, Unavailable> {
        match self.user(name).await? {
            Some(user) => self.shown(&user).await.map(Reply::User),
            None => refuse(no_user(name)),
        }
    }

    pub(super) async fn user_unblock(&self, actor: Actor, name: &str) -> Result<Reply, Unavailable> {
        let Some(user) = self.user(name).await? else { return refuse(no_user(name)) };
        let mut ledgers = vec![keys::attempts(&user.name), keys::password_attempts(&user.name)];
        let (account, _) = self.account(&user.name).await?;
        ledgers.extend(account.questions.iter().map(|one| ledger_of(&user.name, one)));
        ledgers.extend(
            self.authenticators_of(&user.name).await?.iter().map(|one| keys::attempts_of(&user.name, one.id)),
        );
        let mut commit =
            Commit::new().record(self.event(EventKind::UserUnblocked, actor).with("user", &user.name));
        for key in ledgers {
            let found = self.row(&key).await?;
            let cleared = self.records().seal_ledger(&key, &Ledger::cleared());
            commit = commit.put(key, found.as_ref(), cleared, None);
        }
        match self.store().commit(commit).await {
            Ok(_) => Ok(Reply::Done),
            Err(error) => {
                lost_race(error)?;
                refuse("the user is answering right now: try again")
            }
        }
    }

    pub(in crate::flow) async fn user(&self, name: &str) -> Result<Option<User>, Unavailable> {
        let Ok(name) = UserName::parse(name) else { return Ok(None) };
        let key = keys::user(&name);
        let row = self.row(&key).await?;
        row.map(|row| self.records().open_user(&key, &row.value).map_err(unavailable)).transpose()
    }

    pub(super) async fn shown(&self, user: &User) -> Result<UserView, Unavailable> {
        let ledger = self.attempts_by(&user.name).await?;
        let key = keys::password_attempts(&user.name);
        let row = self.row(&key).await?;
        let (passwords, budget) = (self.ledger(&key, row.as_ref())?, self.user_budget());
        let (account, _) = self.account(&user.name).await?;
        Ok(UserView {
            name: user.name.to_string(),
            groups: user.groups.clone(),
            email: user.email.clone(),
            phone: user.phone.clone(),
            created_at: user.created_at.to_string(),
            wrong_answers: ledger.wrong.saturating_add(passwords.wrong),
            locked: ledger.is_locked(&budget) || passwords.is_locked(&budget),
            questions: account.questions.len(),
        })
    }
}
