//! Floor 2: what is sent to people, and through whom: [`letter`] is what messages say, [`mail`] takes them away by SMTP and [`sms`] by an
//! HTTP gateway; [`webpush`] wakes phones.
//!
//! **Invariant:** nothing is sent here that was not counted against its limits in the store first: that is the flows' business.
//! **Invariant:** a message is text without control characters before it reaches a carrier ([`Message`] is made by [`letter`] only of
//! what [`plain`] let through), so that none can end a header or begin another.
//! **Invariant:** no carrier follows a redirect, waits without end, or logs what it carries (`tests/it/mail.rs`, `tests/it/sms.rs`).
//!
//! A carrier keeps nothing: the queue, its retries and its limits are `flow::outbox` and `flow::sending`. Called by them and `app`.

pub mod letter;
pub mod mail;
pub mod sms;
pub mod webpush;

use std::fmt;

use async_trait::async_trait;

use crate::base::text::is_invisible;
use crate::base::time::Timestamp;
use crate::factors::message::Address;

/// One message to one address, ready to be sent.
pub struct Message {
    /// A name that stays the same over retries.
    pub id: String,
    /// To whom.
    pub to: Address,
    /// The subject; empty in a text message.
    pub subject: String,
    /// The text.
    pub plain: String,
    /// The same in HTML; empty in a text message.
    pub html: String,
    /// When it was written.
    pub at: Timestamp,
}

/// Not what it says: that may hold a code.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({} to {:?})", self.id, self.to)
    }
}

/// Takes messages of one kind away.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Hands one message to the next server, which answers for it from then on.
    ///
    /// # Errors
    /// Whether trying again may help, and why it was not taken. The reason holds nothing of the message.
    async fn carry(&self, message: &Message) -> Result<(), NotCarried>;
}

/// A message was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCarried {
    /// Trying again may help.
    #[error("not now: {0}")]
    Later(String),
    /// Trying again is of no use, or might send it twice.
    #[error("{0}")]
    Never(String),
}

/// Every character of `text` that is invisible, line feeds apart, replaced by a blank.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c != '\n' && is_invisible(c) { ' ' } else { c }).collect()
}

/// The same on one line, for a header.
fn line(text: &str) -> String {
    plain(text).replace('\n', " ")
}

/// The innermost cause of an error: it says more than the outer ones.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    crate::base::text::visible(&cause.to_string(), 200)
}
