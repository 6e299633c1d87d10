//! Words of `[push]`: in whose name phones are woken, and through which push services.
//!
//! **Invariant:** a push service is named by its host over https, or by its whole origin; plain http on the loopback only
//! (`only_guarded_services_are_read`).

use std::str::FromStr;

use crate::base::net::{Host, Origin, Scheme};

/// The push services of the browsers: Chrome and its kin, Firefox, Safari, Edge.
const KNOWN: [&str; 4] =
    ["fcm.googleapis.com", "updates.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com"];

/// How phones are woken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushSettings {
    /// Whom a push service can turn to: `mailto:` or `https://` (RFC 8292 §2.1).
    pub subject: String,
    /// The push services that are spoken to.
    pub services: Vec<PushService>,
}

/// A push service that may be spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushService {
    /// One origin.
    Exact(Origin),
    /// Every host below this name, over https on its own port. The name begins with a dot.
    Below(String),
}

impl PushService {
    /// Those of the browsers.
    pub fn known() -> Vec<Self> {
        KNOWN.iter().filter_map(|name| name.parse().ok()).collect()
    }

    /// Whether it is at this origin.
    pub fn is(&self, origin: &Origin) -> bool {
        match self {
            Self::Exact(own) => own == origin,
            Self::Below(end) => {
                let name = origin.host().name();
                origin.scheme() == Scheme::Https
                    && origin.host().port().is_none()
                    && name.len() > end.len()
                    && name.ends_with(end.as_str())
            }
        }
    }
}

/// The text names no push service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a push service like `push.example.com`, `*.example.com` or `https://push.example.com:8443`")]
pub struct ParseServiceError;

impl FromStr for PushService {
    type Err = ParseServiceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let host = |text: &str| text.parse::<Host>().map_err(|_| ParseServiceError);
        if let Some(end) = text.strip_prefix("*.") {
            let name = host(end)?;
            // Everything below `com` would be everybody.
            let narrow = name.port().is_none() && name.name().contains('.');
            return if narrow {
                Ok(Self::Below(format!(".{}", name.name())))
            } else {
                Err(ParseServiceError)
            };
        }
        if !text.contains("://") {
            return Ok(Self::Exact(Origin::new(Scheme::Https, &host(text)?)));
        }
        let origin: Origin = text.parse().map_err(|_| ParseServiceError)?;
        let loopback = matches!(origin.host().name(), "localhost" | "127.0.0.1" | "[::1]");
        if origin.scheme() == Scheme::Https || loopback {
            Ok(Self::Exact(origin))
        } else {
            Err(ParseServiceError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_guarded_services_are_read() {
        for good in
            ["push.example.com", "*.example.com", "https://push.example.com:8443", "http://127.0.0.1:9"]
        {
            assert!(good.parse::<PushService>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "*",
            "*.com",
            "*.example.com:8",
            "http://push.example.com",
            "https://a.b/x",
            "ftp://a.b",
            "a b",
        ] {
            assert!(bad.parse::<PushService>().is_err(), "{bad}");
        }
        assert_eq!(PushService::known().len(), KNOWN.len());
    }

    #[test]
    fn a_service_is_met_at_its_own_place_only() {
        let check = |service: &str, origin: &str, expected: bool| {
            let service: PushService = service.parse().unwrap();
            assert_eq!(service.is(&origin.parse().unwrap()), expected, "{service:?} {origin}");
        };
        check("fcm.googleapis.com", "https://fcm.googleapis.com", true);
        check("fcm.googleapis.com", "https://fcm.googleapis.com:8443", false);
        check("fcm.googleapis.com", "http://fcm.googleapis.com", false);
        check("fcm.googleapis.com", "https://x.fcm.googleapis.com", false);
        check("*.push.apple.com", "https://web.push.apple.com", true);
        check("*.push.apple.com", "https://push.apple.com", false);
        check("*.push.apple.com", "https://evilpush.apple.com", false);
        check("*.push.apple.com", "https://web.push.apple.com:8443", false);
        check("*.push.apple.com", "http://web.push.apple.com", false);
        check("http://127.0.0.1:9", "http://127.0.0.1:9", true);
        check("http://127.0.0.1:9", "http://127.0.0.1:10", false);
    }
}
