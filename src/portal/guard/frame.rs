//! Who may call from a frame of the application's page. The roles are those of the prompt's window; only the way differs in which a caller
//! shows whose it is: browsers send no cookies there, so it is a token in the body.
//!
//! **Invariant:** a cookie is never read here, and a token never in the address: of a prompt's two keys none opens what the other is for
//! (`tests/it/frame.rs`).
//! THREAT: pages of other sites and other windows (the browser must say that it is a frame, and that a post comes from our own page),
//! speculative loading, forms planted by the application's page.

use axum::body::Body;
use axum::http::Method;
use axum::http::request::Parts;

use super::{
    Audience, Form, Submission, Submitter, Visit, Visitor, Watch, Watcher, held, one, own_origin, read_form,
    speculative, text,
};
use crate::approval::PromptKey;
use crate::base::id::{Held, Id};
use crate::portal::Portal;
use crate::portal::problem::{FormFault, Refusal};

/// The name of the field with the token.
pub(in super::super) const TOKEN: &str = "token";

/// A frame that is loaded.
pub(in super::super) fn visitor(id: Option<&str>, parts: &Parts) -> Result<Audience<Visitor>, Refusal> {
    let id = held(id)?;
    if one(&parts.headers, "sec-fetch-dest") != Some("iframe") {
        return Err(Refusal::NotFramed);
    }
    let handoff = parts.uri.query().and_then(|query| Form::parse(query.as_bytes())?.take("handoff"));
    if parts.method != Method::GET || speculative(&parts.headers) {
        return Err(Refusal::Speculative);
    }
    Ok(Audience(Visit { id, browser: None, handoff }, text(&parts.headers)))
}

/// A request by the script of our page in the frame.
pub(in super::super) async fn watcher(
    portal: &Portal,
    id: Option<&str>,
    parts: &Parts,
    body: Body,
) -> Result<Audience<Watcher>, Refusal> {
    let (id, whose, _) = form(portal, id, parts, body).await?;
    Ok(Audience(Watch::of(id, whose, parts), text(&parts.headers)))
}

/// A form post by our page in the frame.
pub(in super::super) async fn submitter(
    portal: &Portal,
    id: Option<&str>,
    parts: &Parts,
    body: Body,
) -> Result<Audience<Submitter>, Refusal> {
    let (id, whose, form) = form(portal, id, parts, body).await?;
    Ok(Audience(Submission { id, whose, form }, text(&parts.headers)))
}

async fn form(
    portal: &Portal,
    id: Option<&str>,
    parts: &Parts,
    body: Body,
) -> Result<(Id<Held>, PromptKey, Form), Refusal> {
    let id = held(id)?;
    own_origin(portal, &parts.headers, id)?;
    // Whoever loaded the frame says so with every request: here its absence is no old browser.
    if one(&parts.headers, "sec-fetch-site") != Some("same-origin") {
        return Err(FormFault::Foreign(id).into());
    }
    let form = read_form(&parts.headers, body).await?;
    let token = form.get(TOKEN).ok_or(Refusal::OtherBrowser)?;
    Ok((id, PromptKey::Frame(token.to_owned()), form))
}
