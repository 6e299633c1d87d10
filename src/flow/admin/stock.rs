//! Hardware tokens: imported from a vendor's file, listed, assigned to users, taken back.
//!
//! **Invariant:** a file is imported whole or not at all, in one commit; a serial number that is known refuses it.
//! **Invariant:** a token is with one user at most: stock and authenticator change in one commit.

use ring::digest::{SHA256, digest};

use crate::audit::{Actor, EventKind};
use crate::base::text::{Label, Serial, visible};
use crate::base::time::Timestamp;
use crate::directory::import::{self, Format, How, Imported, Opener};
use crate::directory::{AuthenticatorState, HardwareToken, Otp, Place};
use crate::store::{Commit, Row, keys};

use super::super::{Flows, Unavailable, lost_race, unavailable};
use super::otp::{ImportFile, OtpReply, StockView};
use super::{Reply, no_user, refuse};

/// So many serial numbers are named.
const NAMED: usize = 50;

impl Flows {
    pub(super) async fn token_import(&self, actor: Actor, file: ImportFile) -> Result<Reply, Unavailable> {
        let (bytes, how) = match opened(file) {
            Ok(opened) => opened,
            Err(why) => return refuse(why),
        };
        let (now, sum) = (self.now(), data_encoding::HEXLOWER.encode(digest(&SHA256, &bytes).as_ref()));
        // Deriving a key from a password takes seconds.
        let read = tokio::task::spawn_blocking(move || import::read(&bytes, &how, now));
        let (format, tokens) = match read.await.map_err(unavailable)? {
            Ok(read) => read,
            Err(faults) => return refuse(format!("nothing was imported:\n{faults}")),
        };
        let (mut commit, mut known, mut serials) = (Commit::new(), Vec::new(), Vec::new());
        for token in tokens {
            let key = keys::hardware_token(&token.serial);
            serials.push(token.serial.to_string());
            match self.row(&key).await? {
                Some(_) => known.push(token.serial.to_string()),
                None => {
                    let Imported { serial, label, otp } = token;
                    let token = HardwareToken { serial, label, imported_at: now, place: Place::InStock(otp) };
                    let value = self.records().seal_hardware_token(&key, &token);
                    commit = commit.create(key, value, None);
                }
            }
        }
        if !known.is_empty() {
            let named = known.iter().take(NAMED).map(|serial| format!("`{serial}`"));
            let named = named.collect::<Vec<_>>().join(", ");
            let more = known.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            return refuse(format!(
                "nothing was imported: there are tokens of serial number {named}{more} already"
            ));
        }
        let event = self.event(EventKind::TokensImported, actor).with("format", format.as_str());
        let event = event.with("tokens", serials.len()).with("sha256", sum);
        match self.store().commit(commit.record(event)).await {
            Ok(_) => done(OtpReply::Imported { format: format.as_str().to_owned(), serials }),
            Err(error) => {
                lost_race(error)?;
                refuse("nothing was imported: somebody is importing the same tokens right now")
            }
        }
    }

    pub(super) async fn token_stock(&self) -> Result<Reply, Unavailable> {
        let (mut tokens, mut after, now) = (Vec::new(), None, self.now());
        loop {
            let rows = self.page(&keys::all_hardware_tokens(), &mut after, 500).await?;
            if rows.is_empty() {
                break;
            }
            for (key, row) in &rows {
                let token = self.records().open_hardware_token(key, &row.value).map_err(unavailable)?;
                tokens.extend(shown(&token, now));
            }
        }
        done(OtpReply::Stock { tokens })
    }

    pub(super) async fn token_assign(
        &self,
        actor: Actor,
        serial: &str,
        name: &str,
        label: Option<String>,
    ) -> Result<Reply, Unavailable> {
        let Some(user) = self.user(name).await? else { return refuse(no_user(name)) };
        let Some((serial, row, token)) = self.hardware_token(serial).await? else {
            return refuse(no_token(serial));
        };
        let otp = match token.place {
            Place::InStock(otp) => otp,
            Place::Assigned { user, .. } => {
                return refuse(format!("`{serial}` is assigned to `{user}` already"));
            }
        };
        if otp.has_ended(self.now()) {
            return refuse(format!("`{serial}` has expired"));
        }
        let called = token.label.as_ref().map_or("Hardware token", Label::as_str);
        let label = match label {
            Some(label) => Label::parse(&label),
            None => Label::parse(&format!("{called} {serial}")).or_else(|_| Label::parse("Hardware token")),
        };
        let Ok(label) = label else {
            return refuse("the label cannot be used: 1 to 64 visible characters");
        };
        let assigned = self
            .event(EventKind::TokenAssigned, actor.clone())
            .with("serial", &serial)
            .with("user", &user.name);
        let state = AuthenticatorState::from(otp);
        let (one, commit) = self.enrolment(actor.clone(), EventKind::AuthenticatorAdded, &user, label, state);
        let id = one.id;
        let place = Place::Assigned { user: user.name.clone(), authenticator: id };
        let key = keys::hardware_token(&serial);
        let value = self.records().seal_hardware_token(&key, &HardwareToken { place, ..token });
        let commit = commit.replace(key, row.version, value, None).record(assigned.with("authenticator", id));
        let commit = commit.and(self.ending_emergencies(actor, &one).await?);
        match self.store().commit(commit).await {
            Ok(_) => done(OtpReply::Assigned { id: id.to_string() }),
            Err(error) => {
                lost_race(error)?;
                refuse("somebody is assigning this token right now")
            }
        }
    }

    pub(super) async fn token_unassign(&self, actor: Actor, serial: &str) -> Result<Reply, Unavailable> {
        let Some((serial, row, token)) = self.hardware_token(serial).await? else {
            return refuse(no_token(serial));
        };
        let (user, id) = match &token.place {
            Place::Assigned { user, authenticator } => (user.clone(), *authenticator),
            Place::InStock(_) => return refuse(format!("`{serial}` is assigned to nobody")),
        };
        let of_user = keys::authenticator(&user, id);
        let Some(assigned) = self.row(&of_user).await? else { return refuse(no_token(serial.as_str())) };
        let open = || self.records().open_authenticator(&of_user, &assigned.value).map_err(unavailable);
        let one = open()?;
        if one.revoked_at.is_some() {
            return refuse(format!(
                "`{serial}` was revoked for good: import it anew under another serial number"
            ));
        }
        let Some(otp) = Otp::of(one.state) else { return refuse(no_token(serial.as_str())) };
        let now = self.now();
        let gone = open()?.revoked(now);
        let revoked = self.records().seal_authenticator(&of_user, &gone);
        let key = keys::hardware_token(&serial);
        let stocked = HardwareToken { place: Place::InStock(otp), ..token };
        let value = self.records().seal_hardware_token(&key, &stocked);
        let about = |kind| self.event(kind, actor.clone()).with("user", &user).with("authenticator", id);
        let commit = Commit::new()
            .replace(key, row.version, value, None)
            .replace(of_user.clone(), assigned.version, revoked, None)
            .record(about(EventKind::AuthenticatorRevoked))
            .record(about(EventKind::TokenUnassigned).with("serial", &serial));
        let told = self.removing(&gone).await?;
        // What it has proved is not trusted any longer.
        match self.store().commit(commit.and(told).and(self.void_grants(&user).await?)).await {
            Ok(_) => Ok(Reply::Done),
            Err(error) => {
                lost_race(error)?;
                refuse("the token is being used right now: try again")
            }
        }
    }

    async fn hardware_token(
        &self,
        serial: &str,
    ) -> Result<Option<(Serial, Row, HardwareToken)>, Unavailable> {
        let Ok(serial) = Serial::parse(serial) else { return Ok(None) };
        let key = keys::hardware_token(&serial);
        let Some(row) = self.row(&key).await? else { return Ok(None) };
        let token = self.records().open_hardware_token(&key, &row.value).map_err(unavailable)?;
        Ok(Some((serial, row, token)))
    }
}

/// The bytes of the file and how they are to be read.
fn opened(file: ImportFile) -> Result<(Vec<u8>, How), String> {
    const UNREADABLE: &str = "the order cannot be read";
    let decode =
        |text: &str| data_encoding::BASE64.decode(text.as_bytes()).map_err(|_| UNREADABLE.to_owned());
    let ImportFile { content, format, key, password, without_mac } = file;
    let format =
        format.map(|name| Format::parse(&name).ok_or("the format must be `pskc` or `csv`")).transpose()?;
    let opener = match (key, password) {
        (None, None) => Opener::Nothing,
        (Some(key), None) => Opener::key(&decode(&key)?).map_err(|why| why.to_string())?,
        (None, Some(password)) => Opener::password(&decode(&password)?).map_err(|why| why.to_string())?,
        (Some(_), Some(_)) => return Err("give a key or a password, not both".to_owned()),
    };
    Ok((decode(&content)?, How { format, opener, without_mac }))
}

/// A token in stock as an operator sees it.
fn shown(token: &HardwareToken, now: Timestamp) -> Option<StockView> {
    let Place::InStock(otp) = &token.place else { return None };
    Some(StockView {
        serial: token.serial.to_string(),
        kind: otp.kind().as_str().to_owned(),
        digits: otp.digits().count(),
        label: token.label.as_ref().map(ToString::to_string),
        state: if otp.has_ended(now) { "expired" } else { "in stock" }.to_owned(),
        imported_at: token.imported_at.to_string(),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the tail of functions that can fail")]
fn done(reply: OtpReply) -> Result<Reply, Unavailable> {
    Ok(Reply::Otp { otp: reply })
}

fn no_token(serial: &str) -> String {
    format!("there is no hardware token of serial number `{}`", visible(serial, 64))
}
