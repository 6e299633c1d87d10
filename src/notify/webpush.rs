//! Web Push: wakes a phone through the push service of its browser (RFC 8030), encrypted for the phone (RFC 8291), in our name (RFC 8292).
//!
//! **Invariant:** an endpoint is whatever a phone stated: only hosts on the list are spoken to, no redirect is followed, no proxy of the
//! environment is used, nothing of the answer but its status is read (`tests/it/web_push.rs`).
//! **Invariant:** a message says that something waits, and which challenge; no code, no number, no value.
//! **Invariant:** the only way to send is [`WebPush::wake`]. It never fails a flow: a phone that was not woken still asks by itself.
//!
//! Called by `flow::begin_phone`.

mod seal;
mod vapid;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use crate::base::entropy::Entropy;
use crate::base::net::{Host, Origin, Scheme};
use crate::base::settings::{PushService, PushSettings};
use crate::base::time::{Span, Timestamp};
use crate::factors::phone::Subscription;

pub use seal::{SealFault, encrypt};
pub use vapid::{KeyFault, VapidKey};

/// How long a push service may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// A later message replaces one that was not delivered yet (RFC 8030 §5.4): each says the same.
const TOPIC: &str = "countersign";

/// Sends messages to phones.
pub struct WebPush {
    client: reqwest::Client,
    services: Vec<PushService>,
    subject: String,
    key: VapidKey,
    entropy: Arc<dyn Entropy>,
}

/// What came of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The push service has it.
    Taken,
    /// The subscription is over: it must be forgotten.
    Gone,
    /// The push service did not take it, with this status.
    Refused(u16),
    /// The push service was not reached, or the message could not be made.
    Failed,
    /// The endpoint is none of a known push service: nothing was sent.
    Foreign,
}

/// The sender could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the client for push services cannot be made: {0}")]
pub struct SetupError(String);

impl WebPush {
    /// A sender in the name of `key`.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(
        settings: &PushSettings,
        key: VapidKey,
        roots: Arc<rustls::RootCertStore>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SetupError> {
        let tls =
            rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(|error| SetupError(error.to_string()))?
                .with_root_certificates(roots)
                .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(PATIENCE / 2)
            .timeout(PATIENCE)
            .build()
            .map_err(|error| SetupError(error.to_string()))?;
        let (services, subject) = (settings.services.clone(), settings.subject.clone());
        Ok(Self { client, services, subject, key, entropy })
    }

    /// The key that phones subscribe with, as the 65 bytes `applicationServerKey` in base64url.
    pub fn application_server_key(&self) -> String {
        BASE64.encode(self.key.public())
    }

    /// Whether this endpoint is one of a push service that may be spoken to.
    pub fn knows(&self, endpoint: &str) -> bool {
        self.address(endpoint).is_some()
    }

    /// Sends `message`, good for `ttl` from `now`.
    pub async fn wake(&self, to: &Subscription, message: &[u8], now: Timestamp, ttl: Span) -> Woken {
        let Some((url, origin)) = self.address(&to.endpoint) else { return Woken::Foreign };
        let Ok(body) = encrypt(to, message, self.entropy.as_ref()) else { return Woken::Failed };
        let request = self
            .client
            .post(url)
            .header("TTL", ttl.seconds_up().max(0))
            .header("Urgency", "high")
            .header("Topic", TOPIC)
            .header("Content-Encoding", "aes128gcm")
            .header("Content-Type", "application/octet-stream")
            .header("Authorization", self.key.authorization(&origin, &self.subject, now))
            .body(body);
        match request.send().await {
            Ok(answer) => match answer.status().as_u16() {
                200..=299 => Woken::Taken,
                404 | 410 => Woken::Gone,
                status => Woken::Refused(status),
            },
            // The error names the endpoint, which is a capability: only its kind is kept.
            Err(_) => Woken::Failed,
        }
    }

    /// The endpoint as it is asked, and the origin that the token is for; `None` for one that may not be spoken to.
    fn address(&self, endpoint: &str) -> Option<(url::Url, Origin)> {
        let url = url::Url::parse(endpoint).ok()?;
        // What is parsed must be what was written: nothing that another reader would take for another host.
        let plain = url.as_str() == endpoint && url.username().is_empty() && url.password().is_none();
        let scheme = match url.scheme() {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            _ => return None,
        };
        let host = url.host_str()?;
        let host: Host = match url.port() {
            Some(port) => format!("{host}:{port}").parse().ok()?,
            None => host.parse().ok()?,
        };
        let origin = Origin::new(scheme, &host);
        (plain && self.services.iter().any(|service| service.is(&origin))).then_some((url, origin))
    }
}
