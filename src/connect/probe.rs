//! Whether an application answers at all, and what time it has: for `doctor`.
//!
//! **Invariant:** one `HEAD /` without any credential; no redirect is followed, no proxy of the environment is used, and it ends in time.

use std::sync::Arc;
use std::time::Duration;

use crate::base::settings::{Upstream, UpstreamScheme};
use crate::base::time::Timestamp;

/// An application that answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What it said the time is, to the second.
    pub date: Option<Timestamp>,
}

/// Connects, with TLS where it is configured, and asks for the head of `/`.
///
/// # Errors
/// When there is no answer of HTTP in time, and why.
pub async fn ask(
    upstream: &Upstream,
    roots: Arc<rustls::RootCertStore>,
    patience: Duration,
) -> Result<Answered, String> {
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .timeout(patience);
    let client = match upstream.scheme {
        UpstreamScheme::H2c => client.http2_prior_knowledge(),
        UpstreamScheme::Http | UpstreamScheme::Https => client,
    };
    let scheme = if upstream.scheme == UpstreamScheme::Https { "https" } else { "http" };
    let url = format!("{scheme}://{}:{}/", upstream.host, upstream.port);
    let client = client.build().map_err(|error| innermost(&error))?;
    let answer = client.head(url).send().await.map_err(|error| innermost(&error))?;
    let date = answer.headers().get(http::header::DATE).and_then(|value| value.to_str().ok());
    Ok(Answered { date: date.and_then(instant) })
}

/// An IMF-fixdate (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
fn instant(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_once(", ")?.1.split(' ');
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let (time, zone) = (words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)?.checked_add(1)?;
    let is_whole = zone == "GMT" && words.next().is_none();
    is_whole.then(|| Timestamp::parse(&format!("{year}-{month:02}-{day}T{time}Z")).ok())?
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_http_are_read() {
        let read = |text: &str| instant(text).map(|at| at.to_string());
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT").as_deref(), Some("1994-11-06T08:49:37Z"));
        for odd in [
            "",
            "Sun, 06 Nov 1994 08:49:37",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, 06 Foo 1994 08:49:37 GMT",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
