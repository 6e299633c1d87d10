//! Accounts at the portal: invitations, sessions.

use crate::audit::Actor;
use crate::base::time::Span;
use crate::directory::invitation;

use super::super::{Flows, Unavailable};
use super::{Reply, SessionRow, no_user, refuse};

impl Flows {
    pub(super) async fn user_invite(
        &self,
        actor: Actor,
        name: &str,
        valid_for: Option<String>,
    ) -> Result<Reply, Unavailable> {
        let Some(user) = self.user(name).await? else { return refuse(no_user(name)) };
        let span = match valid_for.as_deref().map(str::parse::<Span>) {
            None => invitation::USUAL,
            Some(Ok(span)) if span > Span::ZERO && span <= invitation::LONGEST => span,
            Some(Ok(_)) => return refuse("an invitation is good for more than nothing and at most 30 days"),
            Some(Err(why)) => return refuse(why),
        };
        let (link, until) = self.invite(actor, &user.name, span).await?;
        Ok(Reply::Invitation { link, expires_at: until.to_string() })
    }

    pub(super) async fn user_sessions(
        &self,
        actor: Actor,
        name: &str,
        end: bool,
    ) -> Result<Reply, Unavailable> {
        let Some(user) = self.user(name).await? else { return refuse(no_user(name)) };
        if end {
            self.end_all_sessions(actor, &user.name).await?;
            return Ok(Reply::Done);
        }
        let (account, _) = self.account(&user.name).await?;
        let sessions = self
            .sessions_at(&user.name)
            .await?
            .into_iter()
            .filter(|(_, session, _)| session.is_live(account.epoch, self.now()))
            .map(|(_, session, _)| SessionRow {
                id: session.id.to_string(),
                agent: session.agent,
                created_at: session.created_at.to_string(),
                seen_at: session.seen_at.to_string(),
            })
            .collect();
        Ok(Reply::Sessions { sessions })
    }
}
