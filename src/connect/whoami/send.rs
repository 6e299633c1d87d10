//! Puts the question to the application's upstreams and reads a bounded answer.
//!
//! **Invariant:** no redirect is followed, no proxy of the environment is used, at most 1 MiB is read, and the whole question ends in time.

use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderMap, HeaderValue};

use crate::base::net::{Host, Scheme};
use crate::base::settings::{Upstream, UpstreamScheme};

use super::{SetupError, WhoamiError, WhoamiSettings, h2c};

/// The most bytes of an answer that are read.
const MOST: usize = 1 << 20;

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The media type in lower case, without parameters; empty when it is absent or repeated.
    pub(super) fn media_type(&self) -> String {
        self.content_type().split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The charset parameter in lower case.
    pub(super) fn charset(&self) -> Option<String> {
        self.content_type().split(';').skip(1).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("charset")
                .then(|| value.trim().trim_matches('"').to_ascii_lowercase())
        })
    }

    fn content_type(&self) -> &str {
        let mut values = self.headers.get_all(CONTENT_TYPE).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().unwrap_or_default(),
            _ => "",
        }
    }
}

/// Collects pieces of a body up to the limit.
#[derive(Default)]
pub(super) struct Bounded(Vec<u8>);

impl Bounded {
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), WhoamiError> {
        if self.0.len().saturating_add(piece.len()) > MOST {
            return Err(WhoamiError::TooLarge);
        }
        self.0.extend_from_slice(piece);
        Ok(())
    }

    pub(super) fn into_inner(self) -> Vec<u8> {
        self.0
    }
}

/// Why one upstream gave no answer.
pub(super) enum Failure {
    /// It could not be connected to: the next may be asked.
    Connect(String),
    /// The question may have arrived.
    Final(WhoamiError),
}

impl From<WhoamiError> for Failure {
    fn from(error: WhoamiError) -> Self {
        Self::Final(error)
    }
}

/// The client of one application.
pub(super) struct Sender {
    client: reqwest::Client,
    upstreams: Vec<Upstream>,
    path: String,
    accept: &'static str,
    timeout: Duration,
}

impl Sender {
    pub(super) fn new(settings: WhoamiSettings, accept: &'static str) -> Result<Self, SetupError> {
        let plain = settings.path.starts_with('/')
            && settings.path.parse::<http::uri::PathAndQuery>().is_ok_and(|p| p.as_str() == settings.path);
        if !plain {
            return Err(SetupError::Path(settings.path));
        }
        for name in &settings.session {
            if name.is_empty()
                || !name.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'=' | b';' | b',' | b'"'))
            {
                return Err(SetupError::Path(name.clone()));
            }
        }
        let failed = |error: String| SetupError::Client(error);
        let tls =
            rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(|error| failed(error.to_string()))?
                .with_root_certificates(settings.roots)
                .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            // The original host goes into `Host`, which HTTP/2 would contradict with the authority of the address.
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(settings.timeout.to_std() / 2)
            .pool_idle_timeout(Duration::from_secs(30))
            .build()
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            client,
            upstreams: settings.upstreams,
            path: settings.path,
            accept,
            timeout: settings.timeout.to_std(),
        })
    }

    /// Asks the first upstream that can be connected to.
    pub(super) async fn send(
        &self,
        mut headers: HeaderMap,
        host: &Host,
        scheme: Scheme,
    ) -> Result<Answer, WhoamiError> {
        headers.insert(ACCEPT, HeaderValue::from_static(self.accept));
        tokio::time::timeout(self.timeout, self.try_in_turn(&headers, host, scheme))
            .await
            .unwrap_or(Err(WhoamiError::TimedOut))
    }

    async fn try_in_turn(
        &self,
        headers: &HeaderMap,
        host: &Host,
        scheme: Scheme,
    ) -> Result<Answer, WhoamiError> {
        let mut last = "it has no upstream".to_owned();
        for upstream in &self.upstreams {
            let answer = match upstream.scheme {
                UpstreamScheme::Http | UpstreamScheme::Https => {
                    self.one(upstream, headers.clone(), host).await
                }
                UpstreamScheme::H2c => h2c::ask(upstream, &self.path, headers.clone(), host, scheme).await,
            };
            match answer {
                Ok(answer) if answer.headers.contains_key(CONTENT_ENCODING) => {
                    return Err(WhoamiError::Unreadable("the answer is compressed"));
                }
                Ok(answer) => return Ok(answer),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Connect(why)) => last = why,
            }
        }
        Err(WhoamiError::Unreachable(last))
    }

    async fn one(&self, upstream: &Upstream, mut headers: HeaderMap, host: &Host) -> Result<Answer, Failure> {
        let scheme = if upstream.scheme == UpstreamScheme::Https { "https" } else { "http" };
        let url = format!("{scheme}://{}:{}{}", upstream.host, upstream.port, self.path);
        let host = HeaderValue::from_str(&host.to_string())
            .map_err(|_| WhoamiError::Ambiguous("the host is no header value"))?;
        headers.insert(HOST, host);
        let mut response = self.client.get(url).headers(headers).send().await.map_err(failure)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Bounded::default();
        // Only an answer that will be looked into is read.
        if status == 200 {
            while let Some(piece) = response.chunk().await.map_err(failure)? {
                body.push(&piece)?;
            }
        }
        Ok(Answer { status, headers, body: body.into_inner() })
    }
}

fn failure(error: reqwest::Error) -> Failure {
    let (connecting, late) = (error.is_connect(), error.is_timeout());
    let error = error.without_url();
    // The innermost cause says more than `error sending request`.
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if connecting {
        Failure::Connect(cause.to_string())
    } else if late {
        Failure::Final(WhoamiError::TimedOut)
    } else {
        Failure::Final(WhoamiError::Unreachable(cause.to_string()))
    }
}
