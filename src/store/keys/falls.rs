//! What falls due, by the name of its record.

use super::{CHALLENGE, CONTACT, ENROLMENT, GRANT, INVITATION, Key, OBSERVED, PAIRING, SENT, SESSION};

/// What falls due beside held requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Falls {
    /// A grant ends.
    Grant,
    /// A day's counts have been kept long enough.
    Observed,
    /// A challenge was not answered in time.
    Challenge,
    /// An enrolment was not finished in time.
    Enrolment,
    /// A session may be over.
    Session,
    /// An invitation was not taken up.
    Invitation,
    /// Messages were counted long ago.
    Sent,
    /// An address was not shown to be somebody's in time.
    Contact,
    /// A phone was not paired in time, or it is long ago.
    Pairing,
}

impl Falls {
    /// What the record of this name is, if it is one of those.
    pub fn of(key: &Key) -> Option<Self> {
        match key.0.split('/').next() {
            Some(GRANT) => Some(Self::Grant),
            Some(OBSERVED) => Some(Self::Observed),
            Some(CHALLENGE) => Some(Self::Challenge),
            Some(ENROLMENT) => Some(Self::Enrolment),
            Some(SESSION) => Some(Self::Session),
            Some(INVITATION) => Some(Self::Invitation),
            Some(SENT) => Some(Self::Sent),
            Some(CONTACT) => Some(Self::Contact),
            Some(PAIRING) => Some(Self::Pairing),
            _ => None,
        }
    }
}
