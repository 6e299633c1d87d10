//! Floor 1: who asks. A [`Principal`] and how we know.
//!
//! **Invariant:** a principal comes from a trusted peer's header or from the application itself, never from what a client merely
//! says; the connectors that ask are on floor 2 (`connect::whoami`).

pub mod groups;
pub mod header;

use crate::base::text::UserName;

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The user's name, exactly as the source states it.
    pub user: UserName,
    /// The groups the source states.
    pub groups: Vec<String>,
    /// How we know.
    pub source: Source,
}

/// How a principal is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An identity header of a trusted peer.
    Header,
    /// The application's own answer to the request's session cookies.
    Whoami,
}
