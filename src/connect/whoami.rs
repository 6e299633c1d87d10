//! Identity by asking the application (`source = "whoami"`): its own answer to the request's session credentials.
//!
//! **Invariant:** the application sees of the client's cookies only those named in the configuration (`tests/it/whoami.rs` records them).
//! **Invariant:** an answer is kept under a hash of everything that was sent, for at most the configured time; errors never are.
//! **Invariant:** every doubt is an error: another status, another content type, a second match, a body too large or too slow.
//!
//! Called by `flow::identify`: for requests that a policy may hold, and afresh for releases and for what only their creator may see.

mod cache;
mod credentials;
mod h2c;
mod pick;
mod send;

use std::net::IpAddr;

use crate::base::net::{Host, Scheme};
use crate::base::settings::{AppSettings, IdentitySettings, Pick, Upstream};
use crate::base::text::UserName;
use crate::base::time::{Span, Timestamp};
use crate::identity::{Principal, Source, groups};

use cache::Cache;
use pick::{PickError, Picker};
use send::Sender;

/// Whom to ask, and where the answer says it.
#[derive(Clone, Debug)]
pub struct WhoamiSettings {
    /// Where the application runs; the next is tried when one cannot be connected to.
    pub upstreams: Vec<Upstream>,
    /// The path (and query) that is asked.
    pub path: String,
    /// Where the answer says who it is.
    pub user: Pick,
    /// Where the answer says the groups.
    pub groups: Option<Pick>,
    /// Names of the session cookies that are sent along.
    pub session: Vec<String>,
    /// How long an answer is believed; zero asks each time.
    pub cache: Span,
    /// How long one question may take in all.
    pub timeout: Span,
    /// The authorities that `https` upstreams are checked against.
    pub roots: std::sync::Arc<rustls::RootCertStore>,
}

impl WhoamiSettings {
    /// The settings of an application, with five seconds for an answer; `None` when its users are known otherwise.
    pub fn of(app: &AppSettings, roots: std::sync::Arc<rustls::RootCertStore>) -> Option<Self> {
        let IdentitySettings::Whoami { path, user, groups, session, cache } = &app.identity else {
            return None;
        };
        Some(Self {
            upstreams: app.upstreams.clone(),
            path: path.clone(),
            user: user.clone(),
            groups: groups.clone(),
            session: session.clone(),
            cache: *cache,
            timeout: Span::from_secs(5),
            roots,
        })
    }
}

/// What of the client's request the question is made from.
#[derive(Clone, Copy, Debug)]
pub struct WhoamiRequest<'a> {
    /// The values of all its `Cookie` headers.
    pub cookies: &'a [&'a [u8]],
    /// Its `Authorization`.
    pub authorization: Option<&'a [u8]>,
    /// Its `User-Agent`.
    pub user_agent: Option<&'a [u8]>,
    /// Its `Accept-Language`.
    pub accept_language: Option<&'a [u8]>,
    /// The client's address, as the application would see it in `X-Forwarded-For`.
    pub client: Option<IpAddr>,
    /// The host it asked.
    pub host: &'a Host,
    /// How it asked.
    pub scheme: Scheme,
}

/// Whether an earlier answer will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// An answer not older than the configured time will do.
    Cached,
    /// The application must be asked now: at release.
    Afresh,
}

/// Why no principal is known.
#[derive(Debug, thiserror::Error)]
pub enum WhoamiError {
    /// Nothing to ask with, or the application does not know the session (401, 403, a redirect, an answer without a user).
    #[error("there is no session")]
    NoSession,
    /// A session cookie is there twice, or a credential cannot be sent as it is.
    #[error("the credentials are ambiguous: {0}")]
    Ambiguous(&'static str),
    /// The application answered with a status that says nothing.
    #[error("the application answered with status {0}")]
    Status(u16),
    /// The answer is not of the configured form.
    #[error("the answer of the application cannot be read: {0}")]
    Unreadable(&'static str),
    /// The answer has more than 1 MiB.
    #[error("the answer of the application is too large")]
    TooLarge,
    /// The answer did not come in time.
    #[error("the application did not answer in time")]
    TimedOut,
    /// No upstream could be spoken to.
    #[error("the application cannot be reached: {0}")]
    Unreachable(String),
}

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The selector is not CSS, or not of the kind that is understood.
    #[error("`{0}` is not a CSS selector that is understood")]
    Selector(String),
    /// The path, or a cookie's name, cannot be sent.
    #[error("`{0}` cannot be asked for")]
    Path(String),
    /// The HTTP client could not be made.
    #[error("the client could not be made: {0}")]
    Client(String),
}

/// Asks one application who its users are.
pub struct Whoami {
    sender: Sender,
    session: Vec<String>,
    user: Picker,
    groups: Option<Picker>,
    cache: Cache,
}

impl Whoami {
    /// From checked settings.
    ///
    /// # Errors
    /// When a selector or the path is unusable, or the client cannot be made.
    pub fn new(settings: WhoamiSettings) -> Result<Self, SetupError> {
        let user = Picker::new(&settings.user)?;
        let groups = settings.groups.as_ref().map(Picker::new).transpose()?;
        let accept = user.accept();
        Ok(Self {
            cache: Cache::new(settings.cache),
            session: settings.session.clone(),
            sender: Sender::new(settings, accept)?,
            user,
            groups,
        })
    }

    /// Who the request's credentials belong to, as the application says at `now` or, if that will do, said a moment ago.
    ///
    /// # Errors
    /// Whenever that is not known for certain.
    pub async fn ask(
        &self,
        request: WhoamiRequest<'_>,
        freshness: Freshness,
        now: Timestamp,
    ) -> Result<Principal, WhoamiError> {
        let credentials = credentials::select(&self.session, &request)?;
        let key = credentials.key();
        if freshness == Freshness::Cached
            && let Some(principal) = self.cache.get(&key, now)
        {
            return Ok(principal);
        }
        match self.ask_application(credentials.headers(&request)?, request).await {
            Ok(principal) => {
                self.cache.put(key, principal.clone(), now);
                Ok(principal)
            }
            Err(error) => {
                self.cache.forget(&key);
                Err(error)
            }
        }
    }

    async fn ask_application(
        &self,
        headers: http::HeaderMap,
        request: WhoamiRequest<'_>,
    ) -> Result<Principal, WhoamiError> {
        let answer = self.sender.send(headers, request.host, request.scheme).await?;
        match answer.status {
            200 => {}
            300..=399 | 401 | 403 => return Err(WhoamiError::NoSession),
            other => return Err(WhoamiError::Status(other)),
        }
        let user = self.user.one(&answer)?;
        let user = UserName::parse(&user)
            .map_err(|_| WhoamiError::Unreadable("the user's name is not plain text"))?;
        let mut stated = Vec::new();
        if let Some(picker) = &self.groups {
            for text in picker.many(&answer)? {
                stated.extend(
                    groups::list(&text)
                        .map_err(|_| WhoamiError::Unreadable("a group's name is not plain text"))?,
                );
            }
        }
        if stated.len() > groups::MOST {
            return Err(WhoamiError::Unreadable("there are too many groups"));
        }
        Ok(Principal { user, groups: stated, source: Source::Whoami })
    }
}

impl From<PickError> for WhoamiError {
    fn from(error: PickError) -> Self {
        match error {
            PickError::Absent => Self::NoSession,
            PickError::Unreadable(why) => Self::Unreadable(why),
        }
    }
}
