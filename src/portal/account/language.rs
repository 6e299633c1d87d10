//! The language of the pages: chosen at their foot, kept by the browser, and with the account of somebody who is signed in.
//!
//! **Invariant:** only a form of our own page chooses ([`Guest`]'s guard): no other site can turn a prompt into a language that its reader
//! does not understand (`tests/it/portal_speaks.rs`).

use std::sync::Arc;

use axum::http::header;
use axum::response::Response;

use super::{Outcome, answer, go};
use crate::base::language::Language;
use crate::portal::guard::{Audience, Guest};
use crate::portal::{Portal, cookie};

/// `POST /account/language`: from any page, and back to it.
pub(in crate::portal) async fn choose(portal: Arc<Portal>, who: Audience<Guest>) -> Response {
    let caller = who.known();
    let outcome: Outcome = async {
        let mut back = go(&caller.came_from);
        let Some(language) = caller.field("language").and_then(Language::of_tag) else { return Ok(back) };
        if let Some(cookie) = &caller.cookie
            && let Some(opened) = portal.flows.session(cookie).await?
        {
            portal.flows.keep_language(&opened, language).await?;
        }
        if let Some(cookie) = cookie::set_language(&portal.origin, language) {
            back.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Ok(back)
    }
    .await;
    answer(&portal, caller.t, outcome)
}
