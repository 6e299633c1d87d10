//! The names of records, in one place: `{room}/{part}/{part}`. Only functions here make a [`Key`], so that no two kinds of
//! record can meet under one name.
//!
//! **Invariant:** a part holds no `/`: whatever a user name contains is percent-encoded, so no name reaches into a neighbour's
//! prefix (`parts_cannot_reach_into_a_neighbour`).
//!
//! Used by flows through `record`; engines treat keys as opaque and put the tenant in front.

mod falls;

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::base::id::{Authenticator, Blob, Challenge, Held, Id, Message, Session};
use crate::base::text::{Serial, UserName};

pub use falls::Falls;

const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.').remove(b'@');

/// The name of one record of a tenant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// The name, e.g. `auth/alice/auth_01…`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What an engine read back from where it had put a key.
    pub(super) fn stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The last part, decoded: an id or a name.
    pub fn last(&self) -> String {
        let last = self.0.rsplit('/').next().unwrap_or_default();
        percent_encoding::percent_decode_str(last).decode_utf8_lossy().into_owned()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0)
    }
}

/// The common beginning of the keys of many records, ending with `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// The beginning, e.g. `auth/alice/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn key(room: &str, parts: &[&str]) -> Key {
    let mut text = room.to_owned();
    for part in parts {
        text.push('/');
        text.extend(utf8_percent_encode(part, PART));
    }
    Key(text)
}

fn prefix(room: &str, parts: &[&str]) -> Prefix {
    let mut text = key(room, parts).0;
    text.push('/');
    Prefix(text)
}

/// A held request.
pub fn held(id: Id<Held>) -> Key {
    key("held", &[&id.to_string()])
}

/// All held requests, oldest first.
pub fn all_held() -> Prefix {
    prefix("held", &[])
}

/// That a held request is a user's own.
pub fn held_of(user: &UserName, id: Id<Held>) -> Key {
    key("held-of", &[user.as_str(), &id.to_string()])
}

/// All held requests of a user, oldest first.
pub fn held_of_all(user: &UserName) -> Prefix {
    prefix("held-of", &[user.as_str()])
}

/// A user of the directory.
pub fn user(name: &UserName) -> Key {
    key("user", &[name.as_str()])
}

/// All users, by encoded name.
pub fn all_users() -> Prefix {
    prefix("user", &[])
}

/// An authenticator of a user, with its replay state.
pub fn authenticator(user: &UserName, id: Id<Authenticator>) -> Key {
    key("auth", &[user.as_str(), &id.to_string()])
}

/// All authenticators of a user, oldest first.
pub fn authenticators_of(user: &UserName) -> Prefix {
    prefix("auth", &[user.as_str()])
}

/// All authenticators of everyone.
pub fn all_authenticators() -> Prefix {
    prefix("auth", &[])
}

/// Whose an authenticator is, where only its id is known.
pub fn authenticator_owner(id: Id<Authenticator>) -> Key {
    key("owner", &[&id.to_string()])
}

/// A hardware token that was imported, assigned or not.
pub fn hardware_token(serial: &Serial) -> Key {
    key("hardware", &[serial.as_str()])
}

/// All hardware tokens, by encoded serial number.
pub fn all_hardware_tokens() -> Prefix {
    prefix("hardware", &[])
}

/// A user's count of wrong answers.
pub fn attempts(user: &UserName) -> Key {
    key("attempts", &[user.as_str()])
}

/// A user's count of wrong passwords at the portal: apart, since anybody can type one who knows the name.
pub fn password_attempts(user: &UserName) -> Key {
    key("attempts-password", &[user.as_str()])
}

/// The count of wrong answers to one verification question of a user, which an operator checked.
pub fn question_attempts(user: &UserName, question: &str) -> Key {
    key("attempts-question", &[user.as_str(), question])
}

/// One authenticator's count of wrong answers.
pub fn attempts_of(user: &UserName, id: Id<Authenticator>) -> Key {
    key("attempts", &[user.as_str(), &id.to_string()])
}

/// The counts of what one user holds.
pub fn held_by(user: &UserName) -> Key {
    key("count", &["user", user.as_str()])
}

/// The counts of what is held in all.
pub fn held_by_all() -> Key {
    key("count", &["users"])
}

/// A small body.
pub fn body(id: Id<Blob>) -> Key {
    key("body", &[&id.to_string()])
}

/// What one held request counts against the quotas; there until it is settled.
pub fn charge(id: Id<Held>) -> Key {
    key("charge", &[&id.to_string()])
}

/// What all held requests count, by their ids.
pub fn all_charges() -> Prefix {
    prefix("charge", &[])
}

/// A challenge of a user that waits for its answer.
pub fn challenge(user: &UserName, id: Id<Challenge>) -> Key {
    key(CHALLENGE, &[user.as_str(), &id.to_string()])
}

/// All challenges of a user that wait, oldest first.
pub fn challenges_of(user: &UserName) -> Prefix {
    prefix(CHALLENGE, &[user.as_str()])
}

/// The enrolment of an authenticator that a user has begun.
pub fn enrolment(user: &UserName, id: Id<Challenge>) -> Key {
    key(ENROLMENT, &[user.as_str(), &id.to_string()])
}

/// Whose a passkey is, under the fingerprint of its credential id.
pub fn credential(id: &[u8]) -> Key {
    let about = crate::base::secret::fingerprint("countersign-credential-v1", &[id]);
    key("credential", &[&data_encoding::HEXLOWER.encode(&about)])
}

/// The pairing of a phone, under the fingerprint of its code.
pub fn pairing(code: &[u8; 32]) -> Key {
    key(PAIRING, &[&data_encoding::HEXLOWER.encode(code)])
}

/// How often the phones of a user were rung.
pub fn pace(user: &UserName) -> Key {
    key("pace", &[user.as_str()])
}

/// An emergency access code of a user.
pub fn emergency(user: &UserName, id: Id<Authenticator>) -> Key {
    key("emergency", &[user.as_str(), &id.to_string()])
}

/// All emergency access codes of a user.
pub fn emergencies_of(user: &UserName) -> Prefix {
    prefix("emergency", &[user.as_str()])
}

/// A grant; `about` is a keyed fingerprint of user, session, policy and values.
pub fn grant(user: &UserName, about: &[u8; 32]) -> Key {
    key(GRANT, &[user.as_str(), &data_encoding::HEXLOWER.encode(about)])
}

/// All grants of a user.
pub fn grants_of(user: &UserName) -> Prefix {
    prefix(GRANT, &[user.as_str()])
}

/// How often all grants of a user have been made void.
pub fn grant_epoch(user: &UserName) -> Key {
    key("grant-epoch", &[user.as_str()])
}

/// What the policies of an application did on one day (`2026-11-21`): all of it, or one policy's part.
pub fn observed(day: &str, app: &str, policy: Option<&str>) -> Key {
    match policy {
        None => key(OBSERVED, &[day, app]),
        Some(policy) => key(OBSERVED, &[day, app, policy]),
    }
}

/// All that was counted on one day.
pub fn observed_on(day: &str) -> Prefix {
    prefix(OBSERVED, &[day])
}

/// How many messages went to one user, held request, address, country, tenant, or out in all. `who` is never an address in clear.
pub fn sent(what: &'static str, who: &str) -> Key {
    key(SENT, &[what, who])
}

/// A message that waits to be sent; codes before notices, and those by user.
pub fn outbox(id: Id<Message>, notice_to: Option<&UserName>) -> Key {
    match notice_to {
        None => key(OUTBOX, &["code", &id.to_string()]),
        Some(user) => key(OUTBOX, &["notice", user.as_str(), &id.to_string()]),
    }
}

/// All messages that wait, codes first, each sort by age or user.
pub fn all_outbox() -> Prefix {
    prefix(OUTBOX, &[])
}

/// All notices to one user that wait.
pub fn notices_to(user: &UserName) -> Prefix {
    prefix(OUTBOX, &["notice", user.as_str()])
}

/// An address that a user is about to show to be his own.
pub fn contact(user: &UserName, id: Id<Authenticator>) -> Key {
    key(CONTACT, &[user.as_str(), &id.to_string()])
}

/// All such addresses of a user.
pub fn contacts_of(user: &UserName) -> Prefix {
    prefix(CONTACT, &[user.as_str()])
}

const SENT: &str = "sent";
const OUTBOX: &str = "outbox";
const CONTACT: &str = "contact";
const CHALLENGE: &str = "chal";
const ENROLMENT: &str = "enrol";
const GRANT: &str = "grant";
const INVITATION: &str = "invitation";
const SESSION: &str = "session";
const SESSION_OF: &str = "session-of";
const HANDOFF: &str = "handoff";
const PAIRING: &str = "pairing";
const OBSERVED: &str = "observed";

/// Whether a record is still believed after a backup was restored. What is good for one use or for one sitting is not: it may have been
/// used, or ended, after the backup was made.
pub fn outlives_restore(key: &Key) -> bool {
    let room = key.0.split('/').next().unwrap_or_default();
    let is_code = key.0.starts_with("outbox/code/");
    !is_code
        && ![CHALLENGE, CONTACT, ENROLMENT, GRANT, HANDOFF, INVITATION, PAIRING, SESSION, SESSION_OF]
            .contains(&room)
}

/// A one-use handoff to the portal, under the fingerprint of its credential.
pub fn handoff(credential: &[u8; 32]) -> Key {
    key(HANDOFF, &[&data_encoding::HEXLOWER.encode(credential)])
}

/// A portal session, under the fingerprint of its credential.
pub fn session(credential: &[u8; 32]) -> Key {
    key(SESSION, &[&data_encoding::HEXLOWER.encode(credential)])
}

/// Under which fingerprint a session of a user lies.
pub fn session_of(user: &UserName, id: Id<Session>) -> Key {
    key(SESSION_OF, &[user.as_str(), &id.to_string()])
}

/// All sessions of a user, oldest first.
pub fn sessions_of(user: &UserName) -> Prefix {
    prefix(SESSION_OF, &[user.as_str()])
}

/// What a user keeps at the portal.
pub fn account(user: &UserName) -> Key {
    key("account", &[user.as_str()])
}

/// A user's invitation.
pub fn invitation(user: &UserName) -> Key {
    key(INVITATION, &[user.as_str()])
}

/// The kept response of a delivered request.
pub fn response(id: Id<Held>) -> Key {
    key("response", &[&id.to_string()])
}

/// A record of the gateway itself, e.g. the receipt signing key.
pub fn gateway(name: &'static str) -> Key {
    key("gateway", &[name])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cannot_reach_into_a_neighbour() {
        let name = |text: &str| UserName::parse(text).unwrap();
        assert_eq!(user(&name("alice@example.com")).as_str(), "user/alice@example.com");
        assert_eq!(user(&name("a/b")).as_str(), "user/a%2Fb");
        assert_eq!(user(&name("a/b")).last(), "a/b");
        assert_ne!(user(&name("a%2Fb")), user(&name("a/b")));
        assert!(
            !authenticators_of(&name("al/ice")).as_str().starts_with(authenticators_of(&name("al")).as_str())
        );
        assert!(!user(&name("alice")).as_str().starts_with(prefix("user", &["ali"]).as_str()));
    }
}
