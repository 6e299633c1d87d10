//! The applications, found by the host of a request without allocating.
//!
//! **Invariant:** a host that no application claims finds none; the caller answers 421.

use std::sync::Arc;

use crate::base::net::Scheme;
use crate::base::settings::{AppSettings, IdentitySettings, Inject};
use crate::request::HeadRules;
use crate::request::headers::{OwnedHeaders, canonical_name};

use super::upstream::Upstreams;

/// One application and where it runs.
pub(crate) struct App {
    /// As configured.
    pub(crate) settings: Arc<AppSettings>,
    /// Where it runs, with what is known about each place.
    pub(crate) upstreams: Upstreams,
    /// How heads for it are read.
    pub(crate) rules: HeadRules,
    /// The headers, canonical, by which a trusted peer says who the user is.
    pub(crate) identity: Vec<String>,
}

/// All applications.
pub(crate) struct Apps(Vec<Arc<App>>);

impl Apps {
    pub(crate) fn new(settings: Vec<Arc<AppSettings>>) -> Self {
        let mut key = 0;
        let app = |settings: Arc<AppSettings>| {
            let upstreams = Upstreams::new(&settings.upstreams, &mut key);
            let identity: Vec<String> = match &settings.identity {
                IdentitySettings::Header { user, groups } => {
                    std::iter::once(user).chain(groups).map(|name| canonical_name(name.as_bytes())).collect()
                }
                IdentitySettings::Whoami { .. } => Vec::new(),
            };
            let pass = settings.pass_headers.iter().map(String::as_str);
            let owned = OwnedHeaders::new(identity.iter().map(String::as_str), pass);
            let rules = HeadRules { owned, dialect: settings.dialect.clone() };
            Arc::new(App { settings, upstreams, rules, identity })
        };
        Self(settings.into_iter().map(app).collect())
    }

    /// Whether any of them may get the script for prompts in the page.
    pub(crate) fn inject(&self) -> bool {
        self.0.iter().any(|app| app.settings.inject == Inject::Auto)
    }

    /// The application that `host` (with its port, as the client wrote it) names over `scheme`.
    pub(crate) fn find(&self, host: &[u8], scheme: Scheme) -> Option<&Arc<App>> {
        let (name, port) = split(host)?;
        let port = port.unwrap_or_else(|| scheme.default_port());
        self.0.iter().find(|app| {
            app.settings.hosts.iter().any(|pattern| {
                pattern.0.name().as_bytes().eq_ignore_ascii_case(name)
                    && pattern.0.port().is_none_or(|wanted| wanted == port)
            })
        })
    }
}

/// A name, IPv6 in brackets, and the port if one is written. `None` when the port is no port.
fn split(host: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let after_bracket = host.iter().rposition(|byte| *byte == b']').map_or(0, |at| at + 1);
    let colon = host.get(after_bracket..)?.iter().position(|byte| *byte == b':');
    let Some(colon) = colon.map(|at| at + after_bracket) else { return Some((host, None)) };
    let (name, rest) = host.split_at_checked(colon)?;
    let digits =
        rest.get(1..).filter(|d| !d.is_empty() && d.len() <= 5 && d.iter().all(u8::is_ascii_digit))?;
    let port = digits.iter().fold(0u32, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    Some((name, Some(u16::try_from(port).ok().filter(|port| *port != 0)?)))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn hosts_are_split() {
        assert_eq!(split(b"a.example"), Some((&b"a.example"[..], None)));
        assert_eq!(split(b"a:8080"), Some((&b"a"[..], Some(8080))));
        assert_eq!(split(b"[::1]:80"), Some((&b"[::1]"[..], Some(80))));
        assert_eq!(split(b"[::1]"), Some((&b"[::1]"[..], None)));
        for bad in ["a:", "a:0", "a:99999", "a:8o", "a:1:2", "[::1]:x"] {
            assert_eq!(split(bad.as_bytes()), None, "{bad}");
        }
    }
}
