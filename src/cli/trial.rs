//! One request put to the policies without a server: for `policy test` and `policy explain`.
//!
//! **Invariant:** a trial goes the way of a real request: `normalise`, `route`, the body only where it is needed, `rule`.

use std::net::{IpAddr, Ipv4Addr};

use crate::base::net::Scheme;
use crate::base::settings::{AppSettings, IdentitySettings};
use crate::base::time::Timestamp;
use crate::policy::explain::Reading;
use crate::policy::{Circumstances, PolicySet, Ruling, login_path};
use crate::request::body::{self, BodyLimits};
use crate::request::fields::Fields;
use crate::request::headers::OwnedHeaders;
use crate::request::normalise::{Head, HeadRules, normalise};
use crate::request::{Parts, RawHeader, Refusal, Version};

/// A request to try.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The method.
    pub method: String,
    /// The raw target.
    pub target: String,
    /// The host asked for; without it, the first of the application.
    pub host: Option<String>,
    /// Headers in order, without Host and Content-Length.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
    /// The user; empty for none.
    pub user: String,
    /// The user's groups.
    pub groups: Vec<String>,
    /// The client's address.
    pub client: IpAddr,
    /// The present instant.
    pub now: Timestamp,
}

impl Default for Trial {
    fn default() -> Self {
        Self {
            method: "GET".to_owned(),
            target: "/".to_owned(),
            host: None,
            headers: Vec::new(),
            body: Vec::new(),
            user: String::new(),
            groups: Vec::new(),
            client: Ipv4Addr::LOCALHOST.into(),
            now: Timestamp::from_millis(0),
        }
    }
}

/// What came of it.
#[derive(Debug)]
pub enum Verdict {
    /// It is refused before any policy is asked.
    Unreadable(Refusal),
    /// No policy can apply to its method and path.
    NotConcerned,
    /// It is a login path.
    Login,
    /// The policies were asked.
    Ruled(Box<Ruling>),
}

impl Verdict {
    /// `forward`, `hold`, `deny` or `refuse`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotConcerned | Self::Login => "forward",
            Self::Unreadable(_) => "refuse",
            Self::Ruled(ruling) => match ruling.as_ref() {
                Ruling::Forward(_) => "forward",
                Ruling::Hold(_) => "hold",
                Ruling::Deny(_) => "deny",
                Ruling::Refuse(_) => "refuse",
            },
        }
    }

    /// The ids of the policies that decided it.
    pub fn policies(&self) -> Vec<&str> {
        let Self::Ruled(ruling) = self else { return Vec::new() };
        match ruling.as_ref() {
            Ruling::Forward(_) => Vec::new(),
            Ruling::Hold(held) => held.policies.iter().map(|policy| policy.id.as_str()).collect(),
            Ruling::Deny(denied) => denied.policies.iter().map(|policy| policy.id.as_str()).collect(),
            Ruling::Refuse(ambiguity) => vec![ambiguity.policy.id.as_str()],
        }
    }

    /// The ids of the policies in observe mode that would have decided it.
    pub fn observed(&self) -> Vec<&str> {
        let Self::Ruled(ruling) = self else { return Vec::new() };
        ruling.observed().iter().map(|observed| observed.policy.id.as_str()).collect()
    }

    /// The key under `[[app]]` by which a refusal can be settled.
    pub fn declared_by(&self) -> Option<&'static str> {
        match self {
            Self::Unreadable(refusal) => refusal.declared_by(),
            Self::Ruled(ruling) => match ruling.as_ref() {
                Ruling::Refuse(ambiguity) => ambiguity.reason.declared_by(),
                Ruling::Forward(_) | Ruling::Hold(_) | Ruling::Deny(_) => None,
            },
            Self::NotConcerned | Self::Login => None,
        }
    }

    /// What is said about it: the summary, or the reason.
    pub fn words(&self) -> String {
        match self {
            Self::NotConcerned => "no policy can apply to this method and path".to_owned(),
            Self::Login => "a login path".to_owned(),
            Self::Unreadable(refusal) => refusal.to_string(),
            Self::Ruled(ruling) => match ruling.as_ref() {
                Ruling::Forward(_) => "no policy applies".to_owned(),
                Ruling::Hold(held) => held.summary.clone(),
                Ruling::Deny(denied) => denied.summary.clone(),
                Ruling::Refuse(ambiguity) => ambiguity.reason.to_string(),
            },
        }
    }
}

/// Puts a request for `app` to its policies.
pub fn put(app: &AppSettings, policies: &PolicySet, trial: &Trial) -> Verdict {
    explain(app, policies, trial).verdict
}

/// A verdict, and how it came about.
#[derive(Debug)]
pub struct Explained {
    /// The verdict.
    pub verdict: Verdict,
    /// What the policies make of each reading; none when the request could not be read.
    pub readings: Vec<Reading>,
}

/// Puts a request for `app` to its policies, and asks each of them for its reasons.
pub fn explain(app: &AppSettings, policies: &PolicySet, trial: &Trial) -> Explained {
    let (verdict, readings) =
        read(app, policies, trial).unwrap_or_else(|refusal| (Verdict::Unreadable(refusal), Vec::new()));
    Explained { verdict, readings }
}

fn read(app: &AppSettings, policies: &PolicySet, trial: &Trial) -> Result<(Verdict, Vec<Reading>), Refusal> {
    let head = head(app, trial)?;
    let Some(policies) = policies.for_app(&app.name) else { return Ok((Verdict::NotConcerned, Vec::new())) };
    let candidates = policies.concerns(&head);
    let circumstances = Circumstances {
        body: None,
        user: &trial.user,
        groups: &trial.groups,
        client: trial.client,
        now: trial.now,
    };
    if candidates.is_none() {
        return Ok((Verdict::NotConcerned, policies.explain(&head, &circumstances).unwrap_or_default()));
    }
    if login_path(app, head.target.split('?').next().unwrap_or_default()).is_some() {
        return Ok((Verdict::Login, Vec::new()));
    }
    let fields = if trial.body.is_empty() {
        Some(Fields::default())
    } else if candidates.needs_body() {
        Some(body::read(
            &head.content,
            &trial.body,
            &BodyLimits::new(app.inspect_body).reading_as(&app.dialect),
        )?)
    } else {
        None
    };
    let circumstances = Circumstances { body: fields.as_ref(), ..circumstances };
    let ruling = policies.judge(&head, &circumstances)?;
    Ok((Verdict::Ruled(Box::new(ruling)), policies.explain(&head, &circumstances)?))
}

fn head(app: &AppSettings, trial: &Trial) -> Result<Head, Refusal> {
    let identity: Vec<&str> = match &app.identity {
        IdentitySettings::Header { user, groups } => {
            std::iter::once(user.as_str()).chain(groups.iter().map(String::as_str)).collect()
        }
        IdentitySettings::Whoami { .. } => Vec::new(),
    };
    let owned = OwnedHeaders::new(identity, app.pass_headers.iter().map(String::as_str));
    let rules = HeadRules { owned, dialect: app.dialect.clone() };
    let own = || app.hosts.first().map_or_else(String::new, |pattern| pattern.0.to_string());
    let host = trial.host.clone().unwrap_or_else(own);
    let length = trial.body.len().to_string();
    let own = [("host", host.as_str()), ("content-length", length.as_str())];
    let own = own.into_iter().take(if trial.body.is_empty() { 1 } else { 2 });
    let given = trial.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let headers: Vec<RawHeader<'_>> = own
        .chain(given)
        .map(|(name, value)| RawHeader { name: name.as_bytes(), value: value.as_bytes() })
        .collect();
    normalise(
        &Parts {
            version: Version::Http11,
            scheme: Scheme::Http,
            method: trial.method.as_bytes(),
            target: trial.target.as_bytes(),
            authority: None,
            headers: headers.iter().copied(),
        },
        &rules,
    )
}
