//! The words of the configuration about messages: the mail server, the SMS gateway, how much they may send, and what a tenant turns on.
//!
//! **Invariant:** secrets are [`Secret`]s from a file or the environment; nothing here prints one.

use std::fmt;
use std::sync::Arc;

use crate::base::secret::Secret;
use crate::base::time::Span;

/// What a tenant's users may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tenant {
    /// Codes by e-mail.
    pub email_codes: bool,
    /// Codes by text message.
    pub sms_codes: bool,
}

/// How messages leave; `None` where they cannot.
#[derive(Clone, Debug, Default)]
pub struct Messages {
    /// The mail server.
    pub mail: Option<Arc<Mail>>,
    /// The SMS gateway.
    pub sms: Option<Arc<Sms>>,
    /// What the default tenant turns on.
    pub tenant: Tenant,
}

/// How a connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// TLS from the first byte (`smtps://`).
    Tls,
    /// STARTTLS before anything else; a server without it gets nothing.
    StartTls,
    /// None: for a server on this machine only.
    None,
}

/// The mail server.
#[derive(Debug)]
pub struct Mail {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// TLS.
    pub protection: Protection,
    /// The address in `From`.
    pub from: String,
    /// The name in `From`.
    pub from_name: String,
    /// User and password.
    pub login: Option<(String, Secret)>,
    /// Authorities to trust instead of the machine's, in PEM.
    pub ca: Option<Vec<u8>>,
    /// The longest that one message may take.
    pub timeout: Span,
    /// How much is sent.
    pub limits: Sending,
}

/// A text that may be secret.
pub enum Part {
    /// A template with `{to}`, `{number}`, `{text}` and `{id}`.
    Template(String),
    /// A secret, used as it is.
    Secret(Secret),
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Template(text) => write!(f, "{text:?}"),
            Self::Secret(_) => f.write_str("Part(..)"),
        }
    }
}

/// A JSON value made of parts.
#[derive(Debug)]
pub enum Shape {
    /// A string.
    Part(Part),
    /// A number or truth value, as it is written in JSON.
    Plain(String),
    /// A list.
    List(Vec<Shape>),
    /// An object.
    Object(Vec<(String, Shape)>),
}

/// The body of a request to the SMS gateway.
#[derive(Debug)]
pub enum Body {
    /// None: everything is in the URL.
    None,
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, Part)>),
    /// `application/json`.
    Json(Shape),
}

/// When an answer of the SMS gateway means that it has taken the message.
#[derive(Clone, Debug)]
pub struct Success {
    /// The statuses.
    pub statuses: Vec<u16>,
    /// A JSON Pointer (RFC 6901) to the value that is looked at; the whole body without one.
    pub pointer: Option<String>,
    /// What that must match.
    pub matches: Option<regex::Regex>,
}

/// The SMS gateway.
#[derive(Debug)]
pub struct Sms {
    /// `POST`, `PUT` or `GET`.
    pub method: &'static str,
    /// The URL, with the same placeholders as the body, percent-encoded when filled in.
    pub url: String,
    /// Headers; a secret may have a text before it.
    pub headers: Vec<(String, String, Option<Secret>)>,
    /// User and password for Basic authentication.
    pub login: Option<(String, Secret)>,
    /// The body.
    pub body: Body,
    /// When it was taken.
    pub success: Success,
    /// Beginnings of the numbers that messages go to, e.g. `+41`.
    pub prefixes: Vec<String>,
    /// Authorities to trust instead of the machine's, in PEM.
    pub ca: Option<Vec<u8>>,
    /// The longest that one message may take.
    pub timeout: Span,
    /// How much is sent.
    pub limits: Sending,
}

impl Sms {
    /// Whether messages may go to this number.
    pub fn reaches(&self, number: &str) -> bool {
        self.prefixes.iter().any(|prefix| number.starts_with(prefix))
    }
}

/// How many messages in any hour and any day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Often {
    /// In any hour.
    pub hour: u32,
    /// In any 24 hours.
    pub day: u32,
}

/// How many messages of one kind are sent. There is no unlimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// To one user.
    pub user: Often,
    /// To one address or number.
    pub address: Often,
    /// To the numbers of one country calling code.
    pub country: Often,
    /// For one tenant.
    pub tenant: Often,
    /// In all.
    pub total: Often,
}

impl Sending {
    /// What mail may do unless told otherwise.
    pub const MAIL: Self = Self {
        user: Often { hour: 10, day: 40 },
        address: Often { hour: 10, day: 40 },
        country: Often { hour: u32::MAX, day: u32::MAX },
        tenant: Often { hour: 1000, day: 10_000 },
        total: Often { hour: 2000, day: 20_000 },
    };
    /// What text messages, which cost money, may do unless told otherwise.
    pub const SMS: Self = Self {
        user: Often { hour: 6, day: 20 },
        address: Often { hour: 6, day: 20 },
        country: Often { hour: 60, day: 300 },
        tenant: Often { hour: 200, day: 1000 },
        total: Often { hour: 300, day: 1500 },
    };
}
