//! How far a request has come, and what that allows.
//!
//! **Invariant:** only [`Stage::Cleared`] and [`Stage::Sent`] hold a [`Passage`], and only [`super::guard`] makes one; so a
//! forgotten hook cannot forward.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use crate::base::net::Scheme;

use super::Shared;
use super::apps::App;
use super::upstream::Route;

/// Leave to forward one request once.
#[derive(Debug)]
pub(crate) struct Passage {
    again: Again,
}

/// Whether a request that was sent on a connection that turned out to be dead may be sent on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// As HTTP allows: idempotent methods only.
    WhenIdempotent,
    /// Never, not even an idempotent one.
    Never,
}

impl Passage {
    /// For a request that no policy concerns, or that policies let pass.
    pub(super) fn new(again: Again) -> Self {
        Self { again }
    }

    pub(crate) fn again(&self) -> Again {
        self.again
    }
}

/// A request that may be forwarded: to whom, by what leave, and where it is being tried.
pub(crate) struct Cleared {
    pub(crate) app: Arc<App>,
    pub(crate) passage: Passage,
    pub(crate) route: Route,
}

/// How far a request has come.
pub(crate) enum Stage {
    /// Nothing is decided.
    Arrived,
    /// It may be forwarded.
    Cleared(Cleared),
    /// It is being, or was, forwarded.
    Sent(Cleared),
    /// The gateway answered it itself.
    Answered,
}

impl Stage {
    /// What allows forwarding, if anything does.
    pub(crate) fn cleared(&mut self) -> Option<&mut Cleared> {
        match self {
            Self::Cleared(cleared) | Self::Sent(cleared) => Some(cleared),
            Self::Arrived | Self::Answered => None,
        }
    }

    /// Records that bytes are about to leave for the application.
    pub(crate) fn sending(&mut self) {
        *self = match std::mem::replace(self, Self::Answered) {
            Self::Cleared(cleared) => Self::Sent(cleared),
            other => other,
        };
    }
}

/// Who is at the other end of the connection, and how they came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// The address of the connection.
    pub(crate) peer: IpAddr,
    /// Whether `peer` may speak for a client.
    pub(crate) trusted: bool,
    /// The client's address: `peer`, or what a trusted peer says.
    pub(crate) client: IpAddr,
    /// How the client reached us, or says a trusted peer.
    pub(crate) scheme: Scheme,
}

/// What accompanies one request through the hooks.
pub(crate) struct Context {
    pub(crate) shared: Arc<Shared>,
    pub(crate) arrival: Arrival,
    pub(crate) stage: Stage,
}

impl Context {
    /// Until [`super::intake`] has looked, the peer is nobody and trusted with nothing.
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let nobody = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let arrival = Arrival { peer: nobody, trusted: false, client: nobody, scheme: Scheme::Http };
        Self { shared, arrival, stage: Stage::Arrived }
    }
}
