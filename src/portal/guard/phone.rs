//! The guards of the phone's page: calls that a paired phone has signed, and the two posts of a phone that is being paired.
//!
//! **Invariant:** a [`Paired`] caller has signed this very call with the key of a phone that is not removed; nothing about it depends on a
//! cookie, so no other page can make a browser call here in somebody's name.
//! **Invariant:** what is posted is JSON from a page of our own.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use super::super::Portal;
use super::super::phone::Fault;
use super::super::problem::Refusal;
use super::{Audience, Form, Role, one, text};
use crate::base::id::{Authenticator, Id};
use crate::base::time::Timestamp;
use crate::factors::phone::SIGNATURE;
use crate::factors::phone::call::Call;
use crate::flow::phone::{Device, NotPaired};

/// The most a post may have.
const BYTES: usize = 8 * 1024;
/// How long a post may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);
/// What the `Authorization` of a signed call begins with.
const SCHEME: &str = "Countersign-Phone ";

/// A paired phone.
#[derive(Debug)]
pub enum Paired {}
/// A phone that is being paired.
#[derive(Debug)]
pub enum Pairing {}

impl Role for Paired {
    type Known = SignedCall;
}
impl Role for Pairing {
    type Known = Posted;
}

/// What is known of a [`Paired`] caller.
#[derive(Debug)]
pub struct SignedCall {
    pub(in super::super) device: Device,
    /// The body of a post.
    pub(in super::super) body: Posted,
    /// What the page shows already.
    pub(in super::super) seen: Option<String>,
}

/// A body of JSON.
#[derive(Debug)]
pub struct Posted(Vec<u8>);

impl Posted {
    /// Reads it.
    pub(in super::super) fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(&self.0).map_err(|_| Fault::Unreadable.into())
    }
}

/// A call that a phone has signed.
pub(in super::super) async fn paired(
    portal: &Arc<Portal>,
    parts: &Parts,
    body: Body,
) -> Result<Audience<Paired>, Refusal> {
    ours(&parts.headers)?;
    let (id, at, signature) = stated(&parts.headers).ok_or(Fault::NotPaired)?;
    let body = if parts.method == Method::POST { posted(portal, parts, body).await?.0 } else { Vec::new() };
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let (origin, method) = (&portal.origin, parts.method.as_str());
    let call = Call { origin, method, target, at, body: &body };
    let found = portal.flows.device(id, &call, &signature).await.map_err(Fault::Unavailable)?;
    let device = found.map_err(|not| match not {
        NotPaired::Unknown => Fault::NotPaired,
        NotPaired::Clock => Fault::Clock,
    })?;
    let seen = parts.uri.query().and_then(|query| Form::parse(query.as_bytes())?.take("seen"));
    Ok(Audience(SignedCall { device, body: Posted(body), seen }, text(&parts.headers)))
}

/// A post of a phone that has no standing yet: what it states is signed in itself.
pub(in super::super) async fn pairing(
    portal: &Portal,
    parts: &Parts,
    body: Body,
) -> Result<Audience<Pairing>, Refusal> {
    ours(&parts.headers)?;
    Ok(Audience(posted(portal, parts, body).await?, text(&parts.headers)))
}

async fn posted(portal: &Portal, parts: &Parts, body: Body) -> Result<Posted, Fault> {
    if one(&parts.headers, header::ORIGIN.as_str()) != Some(portal.origin.to_string().as_str()) {
        return Err(Fault::Foreign);
    }
    let json = one(&parts.headers, header::CONTENT_TYPE.as_str())
        .is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    if !json {
        return Err(Fault::NotJson);
    }
    let bytes = tokio::time::timeout(PATIENCE, axum::body::to_bytes(body, BYTES))
        .await
        .map_err(|_| Fault::TooSlow)?
        .map_err(|_| Fault::TooLarge)?;
    Ok(Posted(bytes.to_vec()))
}

fn ours(headers: &HeaderMap) -> Result<(), Fault> {
    let sites = headers.get_all("sec-fetch-site");
    if sites.iter().all(|site| site == "same-origin") { Ok(()) } else { Err(Fault::Foreign) }
}

/// Which phone says it calls, when, and its signature.
fn stated(headers: &HeaderMap) -> Option<(Id<Authenticator>, Timestamp, [u8; SIGNATURE])> {
    let stated = one(headers, header::AUTHORIZATION.as_str())?.strip_prefix(SCHEME)?;
    let mut parts = stated.split('.');
    let id = parts.next()?.parse().ok()?;
    let at = Timestamp::from_millis(parts.next()?.parse().ok()?);
    let signature = BASE64.decode(parts.next()?).ok()?.try_into().ok()?;
    parts.next().is_none().then_some((id, at, signature))
}
