//! Where the forms of a prompt's page go, and what they bring back to show whose they are: the same pages serve a window and a frame.
//!
//! **Invariant:** a frame's token is in the body of its forms only, never in an address (`page::tests`).

use super::Portal;
use super::guard::frame::TOKEN;
use crate::approval::PromptKey;
use crate::base::id::{Held, Id};

/// The address of one prompt and the hidden field of its forms.
#[derive(Clone)]
pub(super) struct Way {
    /// `/held/{id}`, or in a frame `/frame/held/{id}`.
    pub(super) path: String,
    /// The name of the hidden field.
    pub(super) field: &'static str,
    /// Its value.
    pub(super) token: String,
    /// Whether the page is in a frame of the application's page.
    pub(super) framed: bool,
}

impl Way {
    /// The way of the prompt that is tied to `whose`.
    pub(super) fn of(portal: &Portal, id: Id<Held>, whose: &PromptKey) -> Self {
        match whose {
            PromptKey::Window(cookie) => Self {
                path: format!("/held/{id}"),
                field: "csrf",
                token: portal.flows.csrf(cookie, id),
                framed: false,
            },
            PromptKey::Frame(token) => {
                Self { path: format!("/frame/held/{id}"), field: TOKEN, token: token.clone(), framed: true }
            }
        }
    }
}
