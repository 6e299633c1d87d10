//! Who is logged in, and whether a form really came from one of our own pages.
//!
//! **Invariant:** a form changes nothing unless it carries the token of the very session it came with (`tests/it/demo_bank.rs`, `forms_need_their_token`).
//!
//! Called by axum, as the extractors [`Visitor`], [`Admin`], [`Caller`] and [`Fields`].

use std::borrow::Cow;
use std::collections::VecDeque;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CONTENT_TYPE, COOKIE};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use subtle::ConstantTimeEq;

use super::page::{Refusal, refusal};
use super::{Bank, SameSite};

/// Name of the session cookie.
const COOKIE_NAME: &str = "bank_session";

/// So many sessions are kept; beyond, the oldest ends.
const MOST_SESSIONS: usize = 1000;

struct Session {
    id: String,
    csrf: String,
    user: &'static str,
}

/// All sessions, oldest first.
#[derive(Default)]
pub(super) struct Sessions(VecDeque<Session>);

impl Sessions {
    /// Ends the session with this id.
    fn end(&mut self, id: &str) {
        self.0.retain(|session| session.id != id);
    }

    /// Ends every session of a user.
    pub(super) fn end_all_of(&mut self, user: &str) {
        self.0.retain(|session| session.user != user);
    }
}

/// Somebody who is logged in.
pub(super) struct Visitor {
    pub(super) name: &'static str,
    pub(super) full_name: &'static str,
    pub(super) groups: &'static [&'static str],
    /// The token that every form of this session carries.
    pub(super) csrf: String,
    session: String,
}

impl Visitor {
    /// The visitor whose session cookie came along, if there is such a session.
    pub(super) fn find(bank: &Bank, headers: &HeaderMap) -> Option<Self> {
        let cookies = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'));
        let mut ids = cookies
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == COOKIE_NAME)
            .map(|(_, id)| id);
        let (user, csrf, session) = {
            let sessions = bank.sessions();
            let found = ids.find_map(|id| sessions.0.iter().find(|session| same(&session.id, id)))?;
            (found.user, found.csrf.clone(), found.id.clone())
        };
        let books = bank.books();
        let person = books.person(user)?;
        Some(Self { name: person.name, full_name: person.full_name, groups: person.groups, csrf, session })
    }

    /// Starts a session and returns the cookie to set.
    pub(super) fn begin(bank: &Bank, user: &'static str) -> String {
        let id = bank.random();
        let cookie = cookie(bank, &id, "");
        let session = Session { id, csrf: bank.random(), user };
        let mut sessions = bank.sessions();
        if sessions.0.len() >= MOST_SESSIONS {
            sessions.0.pop_front();
        }
        sessions.0.push_back(session);
        cookie
    }

    /// Ends the session and returns the cookie to set.
    pub(super) fn end(&self, bank: &Bank) -> String {
        bank.sessions().end(&self.session);
        cookie(bank, "", "; Max-Age=0")
    }

    pub(super) fn is_admin(&self) -> bool {
        self.groups.contains(&"admin")
    }

    /// Refuses a form without the token of this session.
    pub(super) fn check(&self, token: &str) -> Result<(), Refusal> {
        if same(&self.csrf, token) {
            return Ok(());
        }
        let text = "This form is out of date or did not come from our pages. Please go back, load the page again and repeat your entry. Nothing was changed.";
        Err(refusal(Some(self), StatusCode::FORBIDDEN, "Form not accepted", text))
    }
}

fn cookie(bank: &Bank, value: &str, more: &str) -> String {
    let same_site = match bank.settings().same_site {
        SameSite::Lax => "Lax",
        SameSite::Strict => "Strict",
    };
    format!("{COOKIE_NAME}={value}; Path=/; HttpOnly; SameSite={same_site}{more}")
}

/// Whether two secrets are equal, in constant time.
pub(super) fn same(left: &str, right: &str) -> bool {
    bool::from(left.as_bytes().ct_eq(right.as_bytes()))
}

impl FromRequestParts<Bank> for Visitor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, bank: &Bank) -> Result<Self, Refusal> {
        Self::find(bank, &parts.headers).ok_or_else(|| {
            let wanted = parts.uri.path_and_query().map_or("/", |target| target.as_str());
            let next = if parts.method == Method::GET && wanted != "/" {
                format!("/login?next={}", encoded(wanted))
            } else {
                "/login".to_owned()
            };
            Redirect::to(&next).into_response().into()
        })
    }
}

fn encoded(text: &str) -> Cow<'_, str> {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).into()
}

/// A visitor with the role of administrator.
pub(super) struct Admin(pub(super) Visitor);

impl FromRequestParts<Bank> for Admin {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, bank: &Bank) -> Result<Self, Refusal> {
        let visitor = Visitor::from_request_parts(parts, bank).await?;
        if visitor.is_admin() {
            return Ok(Self(visitor));
        }
        Err(refusal(
            Some(&visitor),
            StatusCode::FORBIDDEN,
            "For administrators",
            "Your user is not an administrator of this bank.",
        ))
    }
}

/// A visitor of the JSON interface: without a session the answer is a 401 in JSON.
pub(super) struct Caller(pub(super) Visitor);

impl FromRequestParts<Bank> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, bank: &Bank) -> Result<Self, Response> {
        let refused = || {
            let body = serde_json::json!({ "error": "not_logged_in", "message": "Please log in first." });
            (StatusCode::UNAUTHORIZED, Json(body)).into_response()
        };
        Visitor::find(bank, &parts.headers).map(Self).ok_or_else(refused)
    }
}

/// The fields of a urlencoded form; of repeated ones the first counts.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a urlencoded body or query.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// The value of a field, empty when it is missing.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

impl FromRequest<Bank> for Fields {
    type Rejection = Refusal;

    async fn from_request(request: Request, bank: &Bank) -> Result<Self, Refusal> {
        let visitor = Visitor::find(bank, request.headers());
        if media_type(request.headers()) != "application/x-www-form-urlencoded" {
            return Err(refusal(
                visitor.as_ref(),
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Unknown kind of form",
                "This address takes only the forms of our own pages.",
            ));
        }
        match Bytes::from_request(request, bank).await {
            Ok(body) => Ok(Self::parse(&body)),
            Err(fault) => Err(refusal(
                visitor.as_ref(),
                fault.status(),
                "The form could not be read",
                "It is too long, or it did not arrive completely.",
            )),
        }
    }
}

/// The content type without parameters, in small letters; empty when there is none.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
