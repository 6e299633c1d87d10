//! The portal: the pages on its own origin where a person sees what is held and countersigns it.
//!
//! [`routes`] is the one table of what is served to whom; [`guard`] decides who may call and makes the evidence the
//! handlers take; [`challenge`] is the prompt; [`view`] and [`page`] turn values into HTML, [`problem`] turns refusals
//! into pages; [`mod@serve`] owns the sockets.
//!
//! **Invariant:** the portal records decisions and cannot release: it calls [`crate::flow`] and holds no permit.
//! **Invariant:** only this module names axum, and it never meets `proxy` (`tests/it/floors.rs`).
//! **Invariant:** no handler runs without the [`guard::Audience`] its role asks for (its argument's type;
//! `tests/it/portal_routes.rs` walks the table).
//!
//! Called by `app`, which gives it the flows and its origin and serves it on its own listener, or on one
//! of the loopback behind the gateway's listeners.

pub mod guard;
pub mod routes;
pub mod serve;

mod account;
mod asset;
pub mod brand;
mod challenge;
mod cookie;
mod frame;
mod header;
mod message;
mod ops;
mod page;
mod passkey;
mod phone;
mod problem;
mod qr;
mod view;
mod watch;
mod way;

pub use ops::ops;
pub use routes::router;
pub use serve::{serve, serve_unix};

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::base::net::Origin;
use crate::base::settings::theme::Theme;
use crate::flow::Flows;

/// What every handler has at hand.
pub(crate) struct Portal {
    flows: Flows,
    origin: Origin,
    theme: Arc<Theme>,
    /// Places for pages that wait for changes.
    watchers: Semaphore,
}
