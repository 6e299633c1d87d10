//! The guards of the own account: who may sign in, who has, and whose proof is fresh.
//!
//! **Invariant:** a form without our own page's origin is not read, and one of a session without that session's token does nothing.
//! **Invariant:** no page of the account is shown in a frame, to a session that is half open, or without one; whoever lacks something is led
//! to where it is given, and back ([`Stop`]).
//!
//! Called by [`super::super::routes`] alone.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};

use super::{Audience, Form, Role, one, read_form};
use crate::base::language::{Language, Text};
use crate::directory::session::Standing;
use crate::flow::Unavailable;
use crate::flow::account::Opened;
use crate::portal::problem::{FormFault, Refusal};
use crate::portal::{Portal, cookie};

/// Somebody who may want to sign in: pages and forms before there is a session.
#[derive(Debug)]
pub enum Guest {}
/// Somebody whose password was right, and whose authenticator is asked for.
#[derive(Debug)]
pub enum HalfOpen {}
/// Somebody who is signed in and looks.
#[derive(Debug)]
pub enum Account {}
/// Somebody who is signed in and submits a form of our own page.
#[derive(Debug)]
pub enum AccountForm {}
/// Somebody who is signed in, proved it in the last five minutes, and is about to change something or does so.
#[derive(Debug)]
pub enum Fresh {}

impl Role for Guest {
    type Known = Caller;
}
impl Role for HalfOpen {
    type Known = Member;
}
impl Role for Account {
    type Known = Member;
}
impl Role for AccountForm {
    type Known = Member;
}
impl Role for Fresh {
    type Known = Member;
}

/// What a browser sends.
pub struct Caller {
    /// The words of its language.
    pub(in crate::portal) t: Text,
    /// What it says of itself.
    pub(in crate::portal) agent: String,
    /// Its session cookie.
    pub(in crate::portal) cookie: Option<String>,
    /// The name and code of the invitation whose link it opened.
    pub(in crate::portal) invited: Option<(String, String)>,
    /// The page of ours that it comes from, or the first.
    pub(in crate::portal) came_from: String,
    /// The path it asks for.
    pub(in crate::portal) path: String,
    /// The `{id}` of the path.
    pub(in crate::portal) id: Option<String>,
    query: Form,
    form: Form,
}

impl Caller {
    /// The one value of a field of the form.
    pub(in crate::portal) fn field(&self, name: &str) -> Option<&str> {
        self.form.get(name)
    }

    /// The one value of a part of the query.
    pub(in crate::portal) fn asked(&self, name: &str) -> Option<&str> {
        self.query.get(name)
    }

    /// Where to go on, of the form or the query: a page of the own account, or its first.
    pub(in crate::portal) fn next(&self) -> String {
        let wanted = self.field("next").or_else(|| self.asked("next")).unwrap_or_default();
        if is_ours(wanted) { wanted.to_owned() } else { "/account".to_owned() }
    }
}

/// Somebody with a session.
pub struct Member {
    /// The session and its user.
    pub(in crate::portal) opened: Opened,
    /// What the browser sends.
    pub(in crate::portal) caller: Caller,
}

/// Why a page of the account is not served.
pub(in crate::portal) enum Stop {
    /// There is no session: sign in, and go on there.
    SignIn(String),
    /// The session is half open: an authenticator first, and go on there.
    HalfOpen(String),
    /// Already signed in.
    SignedIn,
    /// The proof is not fresh: prove it, and go on there.
    Prove(String),
    /// The form is not of our own page.
    Foreign(Text),
    /// The form is of a page of another session.
    Stale(Text),
    /// The form cannot be read.
    Form(Text, FormFault),
    /// Asked for by something that is no window.
    Refused(Text, Refusal),
    /// The flows could not work.
    Unavailable(Text, Unavailable),
}

/// Pages and forms before there is a session.
pub(in crate::portal) async fn guest(
    portal: &Portal,
    id: Option<&str>,
    parts: &Parts,
    body: Body,
) -> Result<Audience<Guest>, Stop> {
    let caller = caller(portal, id, parts, body).await?;
    let t = caller.t;
    Ok(Audience(caller, t))
}

/// Pages and forms between the password and the authenticator.
pub(in crate::portal) async fn half_open(
    portal: &Portal,
    id: Option<&str>,
    parts: &Parts,
    body: Body,
) -> Result<Audience<HalfOpen>, Stop> {
    let member = member(portal, id, parts, body).await?;
    match member.opened.standing {
        Standing::HalfOpen => Ok(spoken(member)),
        Standing::SignedIn => Err(Stop::SignedIn),
    }
}

/// Pages of the account.
pub(in crate::portal) async fn account(
    portal: &Portal,
    id: Option<&str>,
    parts: &Parts,
) -> Result<Audience<Account>, Stop> {
    Ok(spoken(signed_in(portal, id, parts, Body::empty()).await?))
}

/// Forms of the account that change nothing, or only what needs no fresh proof.
pub(in crate::portal) async fn account_form(
    portal: &Portal,
    id: Option<&str>,
    parts: &Parts,
    body: Body,
) -> Result<Audience<AccountForm>, Stop> {
    Ok(spoken(signed_in(portal, id, parts, body).await?))
}

/// Pages and forms of changes.
pub(in crate::portal) async fn fresh(
    portal: &Portal,
    id: Option<&str>,
    parts: &Parts,
    body: Body,
) -> Result<Audience<Fresh>, Stop> {
    let member = signed_in(portal, id, parts, body).await?;
    if member.opened.is_fresh(&portal.flows) {
        Ok(spoken(member))
    } else {
        Err(Stop::Prove(member.caller.path))
    }
}

fn spoken<R: Role<Known = Member>>(member: Member) -> Audience<R> {
    let t = member.caller.t;
    Audience(member, t)
}

async fn signed_in(portal: &Portal, id: Option<&str>, parts: &Parts, body: Body) -> Result<Member, Stop> {
    let member = member(portal, id, parts, body).await?;
    match member.opened.standing {
        Standing::SignedIn => Ok(member),
        Standing::HalfOpen => Err(Stop::HalfOpen(member.caller.path)),
    }
}

async fn member(portal: &Portal, id: Option<&str>, parts: &Parts, body: Body) -> Result<Member, Stop> {
    let mut caller = caller(portal, id, parts, body).await?;
    let nobody = |caller: &Caller| Stop::SignIn(caller.path.clone());
    let cookie = caller.cookie.clone().ok_or_else(|| nobody(&caller))?;
    let opened = portal.flows.session(&cookie).await.map_err(|cause| Stop::Unavailable(caller.t, cause))?;
    let opened = opened.ok_or_else(|| nobody(&caller))?;
    caller.t = language(&parts.headers, opened.account.language);
    if parts.method == Method::POST && !caller.field("csrf").is_some_and(|token| opened.csrf_ok(token)) {
        return Err(Stop::Stale(caller.t));
    }
    Ok(Member { opened, caller })
}

async fn caller(portal: &Portal, id: Option<&str>, parts: &Parts, body: Body) -> Result<Caller, Stop> {
    let t = language(&parts.headers, None);
    if !is_window(parts) {
        return Err(Stop::Refused(t, Refusal::Framed));
    }
    let form = if parts.method == Method::POST {
        let ours = one(&parts.headers, header::ORIGIN.as_str()) == Some(portal.origin.to_string().as_str());
        let sites = parts.headers.get_all("sec-fetch-site");
        if !ours || !sites.iter().all(|site| site == "same-origin") {
            return Err(Stop::Foreign(t));
        }
        read_form(&parts.headers, body).await.map_err(|fault| Stop::Form(t, fault))?
    } else {
        Form(Vec::new())
    };
    let query = parts.uri.query().map_or(Some(Form(Vec::new())), |query| Form::parse(query.as_bytes()));
    Ok(Caller {
        t,
        agent: one(&parts.headers, header::USER_AGENT.as_str()).unwrap_or_default().to_owned(),
        cookie: cookie::session(&portal.origin, &parts.headers),
        invited: cookie::invitation(&portal.origin, &parts.headers),
        came_from: came_from(portal, &parts.headers),
        path: parts.uri.path().to_owned(),
        id: id.map(str::to_owned),
        query: query.ok_or(Stop::Form(t, FormFault::Incomplete))?,
        form,
    })
}

/// Whether a window shows it, or the script of a page of ours looks at it. A browser that says nothing counts as a window.
fn is_window(parts: &Parts) -> bool {
    match one(&parts.headers, "sec-fetch-dest") {
        None | Some("document") => true,
        Some("empty") => {
            parts.method == Method::GET && one(&parts.headers, "sec-fetch-site") == Some("same-origin")
        }
        Some(_) => false,
    }
}

/// The language of a request.
pub(in crate::portal) fn language(headers: &HeaderMap, saved: Option<Language>) -> Text {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let kept = Language::kept(cookies);
    Language::choose(kept, saved, one(headers, header::ACCEPT_LANGUAGE.as_str())).text()
}

/// The page of the portal that a form was on.
fn came_from(portal: &Portal, headers: &HeaderMap) -> String {
    let referrer = one(headers, header::REFERER.as_str()).unwrap_or_default();
    let page = referrer.strip_prefix(portal.origin.to_string().as_str()).unwrap_or_default();
    let page = page.split('#').next().unwrap_or_default();
    if is_page(page) { page.to_owned() } else { "/".to_owned() }
}

/// Whether it is the path of a page, with a query perhaps, and nothing that a browser could read otherwise.
fn is_page(page: &str) -> bool {
    let (path, query) = page.split_once('?').unwrap_or((page, ""));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    path.starts_with('/')
        && !path.contains("//")
        && page.len() <= 300
        && path.bytes().all(|byte| plain(byte) || byte == b'/')
        && query.bytes().all(|byte| plain(byte) || matches!(byte, b'/' | b'=' | b'&'))
}

/// Whether a path is one of the own account's pages, and nothing that a browser could read otherwise.
fn is_ours(path: &str) -> bool {
    let rest = path.strip_prefix("/account").unwrap_or("x");
    (rest.is_empty() || rest.starts_with('/'))
        && !path.contains("//")
        && path.len() <= 200
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::{is_ours, is_page};

    #[test]
    fn the_way_on_stays_in_the_account() {
        for good in ["/account", "/account/add/totp", "/account/authenticators/auth_01ABC/remove"] {
            assert!(is_ours(good), "{good}");
        }
        for bad in [
            "",
            "/",
            "//evil.example",
            "/accounting",
            "/account//evil.example",
            "/account/..",
            "/account\\evil",
            "/account?next=//evil",
            "/account/%2e%2e",
            "https://evil.example/account",
            "/account/\n",
            "account",
        ] {
            assert!(!is_ours(bad), "{bad}");
        }
    }

    #[test]
    fn the_way_back_stays_on_the_portal() {
        for good in [
            "/",
            "/account",
            "/held/held_01ABC",
            "/invite?user=alice&code=A-B",
            "/account/second?next=/account",
        ] {
            assert!(is_page(good), "{good}");
        }
        for bad in [
            "",
            "account",
            "//evil.example",
            "/a//b",
            "/\\evil",
            "/a?b=%2f",
            "/..",
            "/a?x=y?z",
            "/a:b",
            "@evil",
        ] {
            assert!(!is_page(bad), "{bad}");
        }
    }
}
