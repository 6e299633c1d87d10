//! Network names: a host with an optional port, a web origin, and the peers that may speak for a client.
//!
//! **Invariant:** a [`Host`] is in one canonical spelling (lower case, no trailing dot, ASCII), so that comparing is matching.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// How a client reached the gateway, or the gateway an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port when none is written.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A registered name, IPv4 address or bracketed IPv6 address, and the port if one was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host {
    name: String,
    port: Option<u16>,
}

impl Host {
    /// The name alone, lower case, IPv6 in brackets.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port as written.
    pub fn port(&self) -> Option<u16> {
        self.port
    }
}

/// The text is not a plain host name with an optional port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a host name with an optional port")]
pub struct ParseHostError;

impl FromStr for Host {
    type Err = ParseHostError;

    /// Refuses user information, paths, percent-encoding, non-ASCII names, empty labels and trailing dots.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, after) = rest.split_once(']').ok_or(ParseHostError)?;
                let address: std::net::Ipv6Addr = address.parse().map_err(|_| ParseHostError)?;
                let port = if after.is_empty() {
                    None
                } else {
                    Some(after.strip_prefix(':').ok_or(ParseHostError)?)
                };
                (format!("[{address}]"), port)
            }
            None => match text.split_once(':') {
                Some((name, port)) => (name.to_ascii_lowercase(), Some(port)),
                None => (text.to_ascii_lowercase(), None),
            },
        };
        let plain = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if !name.starts_with('[') && (name.len() > 253 || !name.split('.').all(plain)) {
            return Err(ParseHostError);
        }
        let port = match port {
            None => None,
            Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                Some(digits.parse().ok().filter(|p| *p != 0).ok_or(ParseHostError)?)
            }
            Some(_) => return Err(ParseHostError),
        };
        Ok(Self { name, port })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// A web origin (RFC 6454): scheme, host and port, the default port left out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: Scheme,
    host: Host,
}

impl Origin {
    /// The origin of pages at `host` over `scheme`.
    pub fn new(scheme: Scheme, host: &Host) -> Self {
        let port = host.port.filter(|port| *port != scheme.default_port());
        Self { scheme, host: Host { name: host.name.clone(), port } }
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host; its port is there only when it is not the scheme's default.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// A link that leads a browser on this origin to `target`, a path with its query.
    ///
    /// THREAT: browsers take a path that begins with two slashes, or a slash and a backslash, for the name of another host. In front of such
    /// a one stands this origin.
    pub fn leading_to<'a>(&self, target: &'a str) -> Cow<'a, str> {
        if target.strip_prefix('/').is_some_and(|rest| !rest.starts_with(['/', '\\'])) {
            Cow::Borrowed(target)
        } else {
            let slash = if target.starts_with('/') { "" } else { "/" };
            Cow::Owned(format!("{self}{slash}{target}"))
        }
    }
}

impl FromStr for Origin {
    type Err = ParseHostError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, host) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(host), _) => (Scheme::Https, host),
            (None, Some(host)) => (Scheme::Http, host),
            (None, None) => return Err(ParseHostError),
        };
        Ok(Self::new(scheme, &host.parse()?))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)
    }
}

/// The peers that may speak for a client: their forwarded addresses and identity headers are believed.
#[derive(Clone, Debug, Default)]
pub struct TrustedPeers(Vec<ipnet::IpNet>);

impl TrustedPeers {
    /// From checked networks.
    pub fn new(networks: Vec<ipnet::IpNet>) -> Self {
        Self(networks)
    }

    /// Whether `peer` is one of them. An IPv4 address mapped into IPv6 counts as the IPv4 address.
    pub fn contains(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.0.iter().any(|network| network.contains(&peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_one_spelling() {
        for (text, canonical) in [
            ("Bank.Example.com", "bank.example.com"),
            ("a:8080", "a:8080"),
            ("[::1]:80", "[::1]:80"),
            ("[0:0::1]", "[::1]"),
        ] {
            assert_eq!(text.parse::<Host>().unwrap().to_string(), canonical);
        }
        for bad in [
            "", "a b", "a/b", "u@h", "a..b", "a.", "a:", "a:0", "a:99999", "a:+1", "%61", "é.ch", "[::1",
            "::1", "a:1:2",
        ] {
            assert!(bad.parse::<Host>().is_err(), "{bad}");
        }
    }

    #[test]
    fn origins_leave_the_default_port_out() {
        assert_eq!("https://a:443".parse::<Origin>().unwrap().to_string(), "https://a");
        assert_eq!("http://a:443".parse::<Origin>().unwrap().to_string(), "http://a:443");
        assert!("null".parse::<Origin>().is_err());
        assert!("https://a/".parse::<Origin>().is_err());
    }

    #[test]
    fn a_link_leads_to_no_other_host() {
        let origin: Origin = "https://a:8443".parse().unwrap();
        for (target, link) in [
            ("/", "/"),
            ("/x//y?z=//b", "/x//y?z=//b"),
            ("//b/x", "https://a:8443//b/x"),
            ("///b", "https://a:8443///b"),
            ("/\\b", "https://a:8443/\\b"),
            ("", "https://a:8443/"),
            ("@b", "https://a:8443/@b"),
        ] {
            assert_eq!(origin.leading_to(target), link);
        }
    }
}
