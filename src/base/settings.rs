//! The words of the configuration that the rooms share: applications, their identity, the portal, limits and times.
//!
//! `config` makes them from the file; `flow`, `proxy`, `portal` and `connect` are built from them, and none of those imports `config`.
//!
//! **Invariant:** nothing here reads a file, the environment or the clock; every value has been checked by `config::check`.

pub mod account;
pub mod messages;
mod push;
mod store;
pub mod theme;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

pub use push::{ParseServiceError, PushService, PushSettings};
pub use store::{RedisNode, RedisPlace, RedisSettings, StoreSettings};

use super::dialect::Dialect;
use super::language::Language;
use super::net::{Host, Origin, Scheme};
use super::secret::Secret;
use super::time::Span;

/// One application behind the gateway.
#[derive(Clone, Debug)]
pub struct AppSettings {
    /// Its name, unique; policies name it.
    pub name: String,
    /// What people call it.
    pub title: Title,
    /// The hosts it answers to; any other `Host` is misdirected (421).
    pub hosts: Vec<HostPattern>,
    /// Where it runs, at least one; tried in turn.
    pub upstreams: Vec<Upstream>,
    /// Foreign origins whose pages may cause holdable requests.
    pub origins: Vec<Origin>,
    /// The most bytes of a body that are read to decide.
    pub inspect_body: u64,
    /// The most bytes of a body that are held.
    pub hold_body: u64,
    /// How its users are known.
    pub identity: IdentitySettings,
    /// Paths that pass without a user, on exact match.
    pub login_paths: Vec<String>,
    /// Identity-like headers of clients that are passed on for this application, lower case.
    pub pass_headers: Vec<String>,
    /// How it reads what servers read in different ways.
    pub dialect: Dialect,
    /// Whether its pages get the script for prompts in the page.
    pub inject: Inject,
    /// The longest page that gets it, in bytes as it comes; also how much of a page is looked through for the place.
    pub inject_limit: u64,
}

/// Whether the script for prompts in the page goes into an application's HTML.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inject {
    /// Where a policy can hold one of its requests.
    #[default]
    Auto,
    /// Never.
    Off,
}

impl AppSettings {
    /// What people call it in a language; its name where it has no title.
    pub fn title_in(&self, language: Language) -> &str {
        self.title.in_language(language).unwrap_or(&self.name)
    }

    /// Whether its pages are given the agent, which shows prompts in them: no frame opens otherwise.
    pub fn prompts_in_page(&self) -> bool {
        match self.inject {
            Inject::Auto => true,
            Inject::Off => false,
        }
    }

    /// Whether requests for `host`, reached over `scheme`, are this application's.
    pub fn serves(&self, host: &Host, scheme: Scheme) -> bool {
        self.hosts.iter().any(|pattern| pattern.matches(host, scheme))
    }
}

/// What people call something: in the words it was given first, and in other languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    own: Option<String>,
    texts: Vec<(Language, String)>,
}

impl Title {
    /// A title and its translations.
    pub fn new(own: Option<String>, texts: Vec<(Language, String)>) -> Self {
        Self { own, texts }
    }

    /// The title in a language, else the one it was given first, if any.
    pub fn in_language(&self, language: Language) -> Option<&str> {
        let text = self.texts.iter().find(|(of, _)| *of == language).map(|(_, text)| text);
        text.or(self.own.as_ref()).map(String::as_str)
    }
}

/// A host an application answers to: any port unless one is given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPattern(pub Host);

impl HostPattern {
    /// Whether `host`, reached over `scheme`, is meant. Names compare exactly (both are canonical).
    pub fn matches(&self, host: &Host, scheme: Scheme) -> bool {
        self.0.name() == host.name()
            && self.0.port().is_none_or(|port| port == host.port().unwrap_or_else(|| scheme.default_port()))
    }

    /// Whether some request could match both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.0.name() == other.0.name()
            && (self.0.port().is_none() || other.0.port().is_none() || self.0.port() == other.0.port())
    }
}

/// How the gateway speaks to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UpstreamScheme {
    /// HTTP/1.1 without TLS.
    Http,
    /// TLS, HTTP/2 or HTTP/1.1 as negotiated.
    Https,
    /// HTTP/2 without TLS, by prior knowledge.
    H2c,
}

/// Where an application runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Upstream {
    /// How it is spoken to.
    pub scheme: UpstreamScheme,
    /// Host name or address, IPv6 in brackets.
    pub host: String,
    /// The port, never zero.
    pub port: u16,
}

/// How an application's users are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentitySettings {
    /// Headers of a trusted peer.
    Header {
        /// The header with the user's name, lower case.
        user: String,
        /// The header with the groups separated by commas, lower case.
        groups: Option<String>,
    },
    /// The application itself is asked with the request's own credentials.
    Whoami {
        /// The path (and query) that is asked.
        path: String,
        /// Where the answer says who it is.
        user: Pick,
        /// Where the answer says the groups.
        groups: Option<Pick>,
        /// Names of the session cookies that are sent along.
        session: Vec<String>,
        /// How long an answer is believed for the same credentials; zero asks each time.
        cache: Span,
    },
}

/// Where an answer holds a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// A JSON Pointer (RFC 6901).
    Json(String),
    /// A CSS selector; the text of the first element it selects.
    Css(String),
    /// A response header, lower case.
    Header(String),
}

/// The portal's place on the web.
#[derive(Clone, Debug)]
pub struct PortalSettings {
    /// The origin users reach it at, and the `WebAuthn` relying party.
    pub origin: Origin,
    /// Its own listener; `None` serves it on the gateway's listeners by `Host`.
    pub listen: Option<SocketAddr>,
    /// What its pages look like.
    pub theme: theme::Theme,
}

/// A certificate chosen by server name; the files are read again when they change.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    /// The server names it is for.
    pub hosts: Vec<String>,
    /// PEM file with the chain, leaf first.
    pub chain: PathBuf,
    /// PEM file with the private key.
    pub key: PathBuf,
}

/// A key that seals secrets and bodies at rest: 32 bytes.
#[derive(Debug)]
pub struct SealKey {
    /// Its name, stored beside what it sealed.
    pub id: String,
    /// The key.
    pub key: Secret,
}

/// How much may be held, and how often a user may be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Held requests of one user.
    pub user_held: u32,
    /// Bytes of bodies held for one user.
    pub user_bytes: u64,
    /// Held requests in all.
    pub all_held: u32,
    /// Bytes of held bodies in all.
    pub all_bytes: u64,
    /// Wrong answers before a user is throttled.
    pub wrong_before_throttle: u32,
    /// Wrong answers in a row before a user is locked.
    pub wrong_before_lock: u32,
    /// The first pause of a throttled user; it doubles.
    pub throttle: Span,
    /// The longest pause.
    pub throttle_most: Span,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            user_held: 20,
            user_bytes: 100 << 20,
            all_held: 10_000,
            all_bytes: 10 << 30,
            wrong_before_throttle: 5,
            wrong_before_lock: 20,
            throttle: Span::from_secs(30),
            throttle_most: Span::from_secs(3600),
        }
    }
}

/// How long peers are waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a request's head.
    pub header: Span,
    /// Between requests on a connection.
    pub idle: Span,
    /// To connect to an application.
    pub connect: Span,
    /// For an application's next bytes.
    pub read: Span,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            header: Span::from_secs(15),
            idle: Span::from_secs(60),
            connect: Span::from_secs(5),
            read: Span::from_secs(60),
        }
    }
}

/// A number of bytes, written `500`, `64KiB`, `8MiB`, `1GiB`, or with powers of ten `8MB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

/// The text is not a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a size like `500`, `64KiB`, `8MiB` or `1GiB`")]
pub struct ParseSizeError;

impl FromStr for ByteSize {
    type Err = ParseSizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at_checked(digits).ok_or(ParseSizeError)?;
        let unit = match unit.trim_start_matches(' ') {
            "" | "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            "kB" | "KB" => 1000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            _ => return Err(ParseSizeError),
        };
        number.parse::<u64>().ok().and_then(|n| n.checked_mul(unit)).map(Self).ok_or(ParseSizeError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        for (text, bytes) in
            [("500", 500), ("64KiB", 65_536), ("8MiB", 8 << 20), ("1 GiB", 1 << 30), ("8MB", 8_000_000)]
        {
            assert_eq!(text.parse::<ByteSize>(), Ok(ByteSize(bytes)), "{text}");
        }
        for text in ["", "MiB", "8mib", "-1", "1.5MiB", "99999999999999999999", "18446744073709551615KiB"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_pattern_without_a_port_takes_any() {
        let pattern = |text: &str| HostPattern(text.parse().unwrap());
        let host = |text: &str| text.parse::<Host>().unwrap();
        assert!(pattern("a.example").matches(&host("a.example:8080"), Scheme::Http));
        assert!(pattern("a.example:443").matches(&host("a.example"), Scheme::Https));
        assert!(!pattern("a.example:443").matches(&host("a.example"), Scheme::Http));
        assert!(!pattern("a.example").matches(&host("b.example"), Scheme::Http));
        assert!(pattern("a.example").overlaps(&pattern("a.example:1")));
        assert!(!pattern("a.example:2").overlaps(&pattern("a.example:1")));
    }
}
