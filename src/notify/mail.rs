//! Mail by SMTP (RFC 5321). The only file that names lettre.
//!
//! **Invariant:** without TLS nothing is said to a server that is not this machine: `smtp://` means STARTTLS or nothing
//! (`tests/it/mail.rs`, against a server that does not offer it).
//! **Invariant:** a subject, name or address cannot end a header: lettre encodes them, [`super::plain`] took the controls out, and
//! [`Address`](crate::factors::message::Address) knows no mark that an envelope gives a meaning to.
//! The answers of a server are not repeated, since servers like to name the recipient: their status is.

use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::{Carrier, Message, NotCarried, innermost};
use crate::base::settings::messages::{Mail as Settings, Protection};
use crate::base::text::visible;

/// Connections that are kept open.
const POOL: u32 = 4;

/// A mail server.
pub struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// What message ids end with.
    domain: String,
    timeout: Duration,
}

/// A mail server cannot be used as configured.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SetupError(String);

impl Mail {
    /// Prepares connections; opens none.
    ///
    /// # Errors
    /// When the sender or an authority cannot be read.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        let address: lettre::Address =
            settings.from.parse().map_err(|_| SetupError("the sender is no address".to_owned()))?;
        let domain = address.domain().to_owned();
        let from = Mailbox::new(Some(super::line(&settings.from_name)), address);
        let tls = match settings.protection {
            Protection::None => Tls::None,
            Protection::StartTls => Tls::Required(parameters(settings)?),
            Protection::Tls => Tls::Wrapper(parameters(settings)?),
        };
        let timeout = settings.timeout.to_std();
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.host.clone())
            .port(settings.port)
            .tls(tls)
            // The name of this machine is nobody's business; the sender's domain is known anyway.
            .hello_name(ClientId::Domain(domain.clone()))
            .timeout(Some(timeout))
            .pool_config(PoolConfig::new().max_size(POOL).idle_timeout(Duration::from_secs(30)));
        if let Some((user, password)) = &settings.login {
            let password = password.expose(|bytes| String::from_utf8_lossy(bytes).into_owned());
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self { transport: builder.build(), from, domain, timeout })
    }

    /// Connects, greets, signs in, and leaves.
    ///
    /// # Errors
    /// When one of that fails.
    pub async fn reach(&self) -> Result<(), NotCarried> {
        match tokio::time::timeout(self.timeout, self.transport.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(NotCarried::Later("the mail server does not answer a greeting".to_owned())),
            Ok(Err(error)) => Err(not_carried(&error)),
            Err(_) => Err(NotCarried::Later("the mail server did not answer in time".to_owned())),
        }
    }

    fn written(&self, message: &Message) -> Result<lettre::Message, NotCarried> {
        let odd = |what: &str| NotCarried::Never(format!("{what} cannot be written"));
        let to = message.to.as_str().parse().map_err(|_| odd("the address"))?;
        let at = u64::try_from(message.at.seconds()).map(Duration::from_secs).unwrap_or_default();
        lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(super::line(&message.subject))
            .date(UNIX_EPOCH + at)
            .message_id(Some(format!("<{}@{}>", message.id, self.domain)))
            // RFC 3834 §5: no absence note comes back.
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(super::plain(&message.plain), message.html.clone()))
            .map_err(|_| odd("the message"))
    }
}

#[async_trait]
impl Carrier for Mail {
    async fn carry(&self, message: &Message) -> Result<(), NotCarried> {
        let written = self.written(message)?;
        // The timeout of lettre is for each step; a server may not drip for ever either.
        match tokio::time::timeout(self.timeout, self.transport.send(written)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(not_carried(&error)),
            Err(_) => Err(NotCarried::Later("the mail server did not answer in time".to_owned())),
        }
    }
}

fn parameters(settings: &Settings) -> Result<TlsParameters, SetupError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(ca) = &settings.ca {
        let authority = Certificate::from_pem(ca)
            .map_err(|_| SetupError("the authority of the mail server cannot be read".to_owned()))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(authority);
    }
    builder.build().map_err(|error| SetupError(innermost(&error)))
}

fn not_carried(error: &lettre::transport::smtp::Error) -> NotCarried {
    match error.status() {
        Some(code) if error.is_permanent() => {
            NotCarried::Never(format!("the mail server refused it with status {code}"))
        }
        Some(code) => NotCarried::Later(format!("the mail server answered with status {code}")),
        // A server without STARTTLS, or without a way to sign in: an operator may mend it before the message dies.
        None => NotCarried::Later(visible(&innermost(error), 200)),
    }
}

/// `Auto-Submitted: auto-generated`.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
