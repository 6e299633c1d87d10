//! Authenticators and emergency access codes: enrolled, listed, revoked.

use crate::audit::{Actor, EventKind};
use crate::base::id::{self, Id};
use crate::base::text::{Label, UserName};
use crate::base::time::{Span, Timestamp};
use crate::directory::{Authenticator, AuthenticatorState, User};
use crate::factors::emergency::Terms;
use crate::factors::totp::{Algorithm, Digits, parse_seed};
use crate::factors::{Emergency, Totp};
use crate::store::{Commit, keys};

use super::super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};
use super::{Reply, TokenView, no_user, refuse};

impl Flows {
    pub(super) async fn totp_add(
        &self,
        actor: Actor,
        name: &str,
        secret: Option<String>,
        label: Option<String>,
        algorithm: Option<String>,
        digits: Option<u8>,
    ) -> Result<Reply, Unavailable> {
        let Some(user) = self.user(name).await? else { return refuse(no_user(name)) };
        let Ok(label) = Label::parse(label.as_deref().unwrap_or("Authenticator app")) else {
            return refuse("the label cannot be used: 1 to 64 visible characters");
        };
        let Some(algorithm) = Algorithm::parse(algorithm.as_deref().unwrap_or("SHA1")) else {
            return refuse("the algorithm must be `SHA1`, `SHA256` or `SHA512`");
        };
        let Some(digits) = Digits::parse(digits.unwrap_or(6)) else {
            return refuse("a code has 6 or 8 digits");
        };
        let totp = match secret.as_deref().map(parse_seed) {
            None => Totp::generate(algorithm, digits, self.entropy()),
            Some(seed) => match seed.and_then(|seed| Totp::new(seed, algorithm, digits)) {
                Ok(totp) => totp,
                Err(why) => return refuse(format!("the secret cannot be used: {why}")),
            },
        };
        let uri = totp.uri("Countersign", user.name.as_str());
        let id = self
            .enrol(actor, EventKind::AuthenticatorAdded, &user, label, AuthenticatorState::Totp(totp))
            .await?;
        Ok(Reply::Totp {
            id: id.to_string(),
            uri: uri.expose(|uri| String::from_utf8_lossy(uri).into_owned()),
        })
    }

    pub(super) async fn emergency_issue(
        &self,
        actor: Actor,
        name: &str,
        uses: u32,
        valid_for: Option<String>,
        until: Option<String>,
    ) -> Result<Reply, Unavailable> {
        let Some(user) = self.user(name).await? else { return refuse(no_user(name)) };
        let now = self.now();
        let valid_until = match (valid_for, until) {
            (Some(_), Some(_)) => return refuse("give `--for` or `--until`, not both"),
            (None, Some(until)) => match Timestamp::parse(&until) {
                Ok(until) => until,
                Err(why) => return refuse(format!("`{until}`: {why}")),
            },
            (span, None) => match span.as_deref().unwrap_or("24h").parse::<Span>() {
                Ok(span) => now.plus(span),
                Err(why) => return refuse(why),
            },
        };
        let terms = Terms { uses, not_before: now, valid_until };
        let (code, state) = match Emergency::issue(terms, self.entropy()) {
            Ok(issued) => issued,
            Err(why) => return refuse(why),
        };
        let Ok(label) = Label::parse("Emergency access code") else {
            return refuse("the label cannot be used");
        };
        let state = AuthenticatorState::Emergency(state);
        let id = self.enrol(actor, EventKind::EmergencyIssued, &user, label, state).await?;
        Ok(Reply::Emergency {
            id: id.to_string(),
            code: code.expose(|code| String::from_utf8_lossy(code).into_owned()),
            uses,
            valid_until: valid_until.to_string(),
        })
    }

    pub(super) async fn enrol(
        &self,
        actor: Actor,
        kind: EventKind,
        user: &User,
        label: Label,
        state: AuthenticatorState,
    ) -> Result<Id<id::Authenticator>, Unavailable> {
        let (one, enrolment) = self.enrolment(actor.clone(), kind, user, label, state);
        for _ in 0..TRIES {
            let commit = enrolment.clone().and(self.ending_emergencies(actor.clone(), &one).await?);
            match self.store().commit(commit).await {
                Ok(_) => return Ok(one.id),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    pub(super) async fn token_list(&self, name: &str) -> Result<Reply, Unavailable> {
        let Some(user) = self.user(name).await? else { return refuse(no_user(name)) };
        let now = self.now();
        let tokens = self.authenticators_of(&user.name).await?.iter().map(|one| token(one, now)).collect();
        Ok(Reply::Tokens { tokens })
    }

    pub(super) async fn token_revoke(&self, actor: Actor, id: &str) -> Result<Reply, Unavailable> {
        let Ok(id) = id.parse::<Id<id::Authenticator>>() else {
            return refuse("that is not the id of an authenticator");
        };
        let owner = keys::authenticator_owner(id);
        let Some(row) = self.row(&owner).await? else {
            return refuse("there is no authenticator with this id");
        };
        let name: UserName = self.records().open(&owner, &row.value).map_err(unavailable)?;
        let key = keys::authenticator(&name, id);
        let Some(row) = self.row(&key).await? else {
            return refuse("there is no authenticator with this id");
        };
        let one = self.records().open_authenticator(&key, &row.value).map_err(unavailable)?;
        let told = self.removing(&one).await?;
        let one = one.revoked(self.now());
        let event =
            self.event(EventKind::AuthenticatorRevoked, actor).with("user", &name).with("authenticator", id);
        let value = self.records().seal_authenticator(&key, &one);
        let commit = Commit::new().replace(key, row.version, value, None).record(event);
        // What it has proved is not trusted any longer.
        match self.store().commit(commit.and(told).and(self.void_grants(&name).await?)).await {
            Ok(_) => Ok(Reply::Done),
            Err(error) => {
                lost_race(error)?;
                refuse("the authenticator is being used right now: try again")
            }
        }
    }
}

fn token(one: &Authenticator, now: Timestamp) -> TokenView {
    let state = match (&one.state, one.revoked_at) {
        (_, Some(_)) => "revoked",
        (AuthenticatorState::Emergency(code), None) if code.uses_left() == 0 => "used up",
        (AuthenticatorState::Recovery(codes), None) if codes.left() == 0 => "used up",
        (AuthenticatorState::Emergency(code), None) if !code.is_valid(now) => "expired",
        (AuthenticatorState::Totp(totp), None) if totp.validity().has_ended(now) => "expired",
        (AuthenticatorState::Hotp(hotp), None) if hotp.validity().has_ended(now) => "expired",
        (_, None) if !one.counts(now) => "new",
        (
            AuthenticatorState::Emergency(_)
            | AuthenticatorState::Recovery(_)
            | AuthenticatorState::Passkey(_)
            | AuthenticatorState::Email(_)
            | AuthenticatorState::Sms(_)
            | AuthenticatorState::Push(_)
            | AuthenticatorState::Totp(_)
            | AuthenticatorState::Hotp(_),
            None,
        ) => "active",
    };
    TokenView {
        id: one.id.to_string(),
        kind: one.kind().as_str().to_owned(),
        label: one.label.to_string(),
        state: state.to_owned(),
        created_at: one.created_at.to_string(),
    }
}
