//! The own account at the portal: sign in, keep authenticators, password and sessions.
//!
//! | file | pages |
//! |---|---|
//! | [`sign_in`] | name and password, sign out |
//! | [`invite`] | an invitation is taken up |
//! | [`prove`] | an authenticator is answered: at sign-in, before a change, to try it |
//! | [`overview`] | the first page |
//! | [`own`] | one authenticator: named, removed |
//! | [`totp`] | a code generator is enrolled |
//! | [`passkey`] | a passkey is enrolled |
//! | [`contact`] | an address or number is shown to be the user's own |
//! | [`phone`] | a phone is paired |
//! | [`language`] | the language is chosen |
//! | [`password`] | the password is changed |
//! | [`recovery`] | recovery codes are made and shown once |
//! | [`question`] | verification questions are kept |
//! | [`requests`] | own requests, their receipts, grants |
//! | [`resync`] | the clock or counter of a code generator is found again |
//! | [`sessions`] | sessions are looked at and ended |
//! | [`page`] | the values of their templates |
//!
//! **Invariant:** nothing here decides what may be done: the guards let in, the flows judge.
//! **Invariant:** a GET changes nothing; a form that did something answers with a redirect, so that reloading repeats nothing.

mod asked;
pub(super) mod contact;
pub(super) mod invite;
pub(super) mod language;
mod list;
pub(super) mod overview;
pub(super) mod own;
mod page;
pub(super) mod passkey;
pub(super) mod password;
pub(super) mod phone;
pub(super) mod prove;
pub(super) mod question;
pub(super) mod recovery;
pub(super) mod requests;
pub(super) mod resync;
pub(super) mod sessions;
pub(super) mod sign_in;
pub(super) mod totp;

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::guard::account::{Member, Stop};
use super::page::page;
use super::problem::FormFault;
use super::{Portal, cookie};
use crate::base::id::{Id, Reference};
use crate::base::language::{Text, key};
use crate::flow::Unavailable;

use page::{Frame, Stopped};

/// What a handler of the account comes to.
type Outcome = Result<Response, Unavailable>;

/// The answer, or the page that says that nothing can be done now.
fn answer(portal: &Arc<Portal>, t: Text, outcome: Outcome) -> Response {
    outcome.unwrap_or_else(|cause| stopped(portal, Stop::Unavailable(t, cause)))
}

/// On to another page of ours.
fn go(to: &str) -> Response {
    Redirect::to(to).into_response()
}

/// The same answer, which gives the browser this session.
fn with_session(portal: &Portal, cookie: &str, mut answer: Response) -> Response {
    if let Some(cookie) = cookie::set_session(&portal.origin, cookie) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}

/// What every page of somebody who is signed in shows.
fn frame(member: &Member, here: &'static str) -> Frame {
    Frame { user: member.opened.user.name.to_string(), csrf: member.opened.csrf(), here }
}

/// Where somebody is led who lacks something, or the page that says what is wrong.
pub(super) fn stopped(portal: &Arc<Portal>, stop: Stop) -> Response {
    let on = |to: &str, next: &str| go(&format!("{to}?next={next}"));
    let (t, status, code, title, text) = match stop {
        Stop::SignIn(next) => return on("/account/sign-in", &next),
        Stop::HalfOpen(next) => return on("/account/second", &next),
        Stop::Prove(next) => return on("/account/confirm", &next),
        Stop::SignedIn => return go("/account"),
        Stop::Refused(t, refusal) => return portal.refuse(refusal, t),
        Stop::Foreign(t) => (
            t,
            StatusCode::FORBIDDEN,
            "cross-site-request",
            key("account-stop-foreign"),
            key("account-stop-foreign-text"),
        ),
        Stop::Stale(t) => (
            t,
            StatusCode::FORBIDDEN,
            "stale-form",
            key("account-stop-stale"),
            key("account-stop-stale-text"),
        ),
        Stop::Form(t, fault) => {
            let (status, code) = match fault {
                FormFault::NotAForm => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-a-form"),
                FormFault::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large"),
                FormFault::TooSlow => (StatusCode::REQUEST_TIMEOUT, "too-slow"),
                FormFault::Incomplete | FormFault::Foreign(_) | FormFault::Stale(_) => {
                    (StatusCode::BAD_REQUEST, "unreadable-body")
                }
            };
            (t, status, code, key("account-stop-form"), key("account-stop-form-text"))
        }
        Stop::Unavailable(t, cause) => {
            let reference: Id<Reference> = Id::new(portal.flows.now(), portal.flows.entropy());
            tracing::error!(%reference, %cause, "the account could not be served");
            let (title, text) = (key("account-stop-store"), key("account-stop-store-text"));
            let mut answer = page(
                StatusCode::SERVICE_UNAVAILABLE,
                &Stopped { t, title: t.say(title), text: t.say(text), reference },
            );
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            return answer;
        }
    };
    let reference: Id<Reference> = Id::new(portal.flows.now(), portal.flows.entropy());
    tracing::info!(%reference, refused = code, "the account refused");
    page(status, &Stopped { t, title: t.say(title), text: t.say(text), reference })
}
