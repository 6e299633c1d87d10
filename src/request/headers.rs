//! Header names: which belong to the gateway, to HTTP itself, or to the release only, under every spelling.
//!
//! CGI, WSGI, Rack, PHP and IIS turn a name into a variable and lose the difference between `-`, `_` and `.`; so two names are
//! the same here when they agree once every byte that is no letter or digit is read as `-` and letters as lower case.
//!
//! **Invariant:** [`OwnedHeaders::must_strip`] allocates nothing and has no exception but the exact spelling of a name that the
//! application lists in `pass_headers`. Called by `normalise`, and by the proxy for requests that pass.

/// A name's one spelling: every byte but letters and digits is `-`, letters are lower case.
pub fn canonical_name(raw: &[u8]) -> String {
    raw.iter().map(|byte| char::from(canonical_byte(*byte))).collect()
}

/// Whether `raw` is `canonical` under some spelling. Allocates nothing.
pub fn is_spelling_of(raw: &[u8], canonical: &str) -> bool {
    raw.len() == canonical.len()
        && raw.iter().zip(canonical.as_bytes()).all(|(a, b)| canonical_byte(*a) == *b)
}

/// Whether `raw` is `canonical` only after canonicalisation: same name, but spelt with `_`, `.` or the like.
pub fn is_alias_of(raw: &[u8], canonical: &str) -> bool {
    is_spelling_of(raw, canonical) && !raw.eq_ignore_ascii_case(canonical.as_bytes())
}

const fn canonical_byte(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' }
}

fn begins_with_spelling_of(raw: &[u8], canonical: &str) -> bool {
    raw.get(..canonical.len()).is_some_and(|head| is_spelling_of(head, canonical))
}

/// What only the gateway may say, whatever an application passes.
const GATEWAY_PREFIXES: [&str; 2] = ["countersign-", "x-countersign-"];

/// Names that rewrite the target in some backends, and `Proxy` (CGI's `HTTP_PROXY`): always removed.
const REWRITING: [&str; 6] =
    ["x-original-url", "x-rewrite-url", "x-original-uri", "x-original-method", "x-original-host", "proxy"];

/// Well-known statements of a front proxy about the client: removed unless passed.
const WELL_KNOWN: [&str; 25] = [
    "remote-user",
    "remote-groups",
    "remote-group",
    "remote-email",
    "remote-name",
    "x-remote-user",
    "x-remote-groups",
    "x-remote-group",
    "x-remote-email",
    "x-remote-name",
    "x-webauth-user",
    "x-webauth-groups",
    "x-webauth-email",
    "x-webauth-name",
    "x-authenticated-user",
    "x-auth-user",
    "forwarded",
    "x-real-ip",
    "x-host",
    "x-http-host-override",
    "x-script-name",
    "script-name",
    "x-client-cert",
    "x-authenticated-groups",
    // Of WebDAV, whose methods do not pass: it would name another resource to whatever takes a method from elsewhere.
    "destination",
];
const WELL_KNOWN_PREFIXES: [&str; 6] =
    ["x-forwarded-", "x-auth-request-", "x-authentik-", "x-pomerium-", "x-ssl-client-", "ssl-client-"];

/// Headers by which some backends take another method than that of the request line.
const METHOD_OVERRIDES: [&str; 4] =
    ["x-http-method-override", "x-http-method", "x-method-override", "http-method-override"];

/// Headers of one connection only (RFC 9110 §7.6.1), with the framing that each side makes for itself.
const HOP_BY_HOP: [&str; 12] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
    "content-length",
    "expect",
];

/// Names by which this room decides; another spelling of one is refused.
const MEANINGFUL: [&str; 11] = [
    "host",
    "content-type",
    "content-encoding",
    "cookie",
    "authorization",
    "origin",
    "referer",
    "sec-fetch-site",
    "sec-fetch-mode",
    "sec-fetch-dest",
    "sec-purpose",
];

/// Whether some backend takes the method from this header.
pub fn is_method_override(raw: &[u8]) -> bool {
    METHOD_OVERRIDES.iter().any(|name| is_spelling_of(raw, name))
}

/// Whether a header concerns one connection only, framing included.
pub fn is_hop_by_hop(raw: &[u8]) -> bool {
    HOP_BY_HOP.iter().any(|name| is_spelling_of(raw, name))
}

/// Whether a header is a credential that comes from the release only, never from what was held.
pub fn is_credential(raw: &[u8]) -> bool {
    is_spelling_of(raw, "cookie") || is_spelling_of(raw, "authorization")
}

/// Whether a name is another spelling (`Content_Type`, `X.Forwarded.User`) of one that HTTP or this room decides by.
pub fn is_alias_of_meaningful(raw: &[u8]) -> bool {
    // Letters, digits and hyphens have one spelling: nearly all names end here.
    raw.iter().any(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-')
        && HOP_BY_HOP.iter().chain(&MEANINGFUL).any(|name| is_alias_of(raw, name))
}

/// The headers of one application that only the gateway may set. Built once from its configuration.
#[derive(Clone, Debug)]
pub struct OwnedHeaders {
    /// By length of the canonical name, so that most names are decided by one look.
    names: Vec<Vec<String>>,
    prefixes: Vec<&'static str>,
    passed: Vec<String>,
}

impl OwnedHeaders {
    /// `identity` are the application's own identity headers; `pass` is its `pass_headers`, which can free the well-known names but
    /// not the gateway's, the application's identity or the rewriting ones.
    pub fn new<'a>(
        identity: impl IntoIterator<Item = &'a str>,
        pass: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let fixed: Vec<String> = identity
            .into_iter()
            .map(|name| canonical_name(name.as_bytes()))
            .chain(REWRITING.map(str::to_owned))
            .collect();
        let passed: Vec<String> = pass
            .into_iter()
            .map(|name| canonical_name(name.as_bytes()))
            .filter(|name| {
                !fixed.contains(name) && !GATEWAY_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            })
            .collect();
        let mut names: Vec<Vec<String>> = Vec::new();
        for name in fixed.into_iter().chain(WELL_KNOWN.map(str::to_owned)) {
            if names.len() <= name.len() {
                names.resize(name.len() + 1, Vec::new());
            }
            if let Some(bucket) = names.get_mut(name.len()).filter(|bucket| !bucket.contains(&name)) {
                bucket.push(name);
            }
        }
        Self { names, prefixes: GATEWAY_PREFIXES.into_iter().chain(WELL_KNOWN_PREFIXES).collect(), passed }
    }

    /// Whether a header of this name, as received, must not reach the application. Allocates nothing.
    pub fn must_strip(&self, raw_name: &[u8]) -> bool {
        self.is_owned(raw_name)
            && !self.passed.iter().any(|name| raw_name.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// Whether the name is owned and in another spelling than the usual one.
    pub fn is_alias(&self, raw_name: &[u8]) -> bool {
        raw_name.iter().any(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-') && self.is_owned(raw_name)
    }

    fn is_owned(&self, raw_name: &[u8]) -> bool {
        self.names
            .get(raw_name.len())
            .is_some_and(|bucket| bucket.iter().any(|name| is_spelling_of(raw_name, name)))
            || self.prefixes.iter().any(|prefix| begins_with_spelling_of(raw_name, prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owned_names_are_found_under_every_spelling() {
        let owned = OwnedHeaders::new(
            ["X-Remote-Account"],
            ["X-Forwarded-Prefix", "Countersign-Receipt", "X-Remote-Account"],
        );
        for name in [
            "X-Forwarded-User",
            "x_forwarded_user",
            "X.Forwarded~User",
            "COUNTERSIGN-Receipt",
            "Countersign_Release",
            "X-Countersign-User",
            "X-Remote-Account",
            "x_remote-account",
            "Remote_User",
            "X-Auth-Request-Email",
            "Forwarded",
            "X-Original-URL",
            "X_Forwarded_Prefix",
            "Proxy",
        ] {
            assert!(owned.must_strip(name.as_bytes()), "{name}");
        }
        for name in [
            "X-Forwarded-Prefix",
            "x-forwarded-prefix",
            "X-Forwarded",
            "Accept",
            "X-Requested-With",
            "User-Agent",
            "Proxying",
        ] {
            assert!(!owned.must_strip(name.as_bytes()), "{name}");
        }
        assert!(owned.is_alias(b"X_Forwarded_User") && !owned.is_alias(b"x-forwarded-user"));
    }

    #[test]
    fn meaningful_names_have_one_spelling() {
        assert!(is_alias_of_meaningful(b"Content_Length") && is_alias_of_meaningful(b"content.type"));
        assert!(!is_alias_of_meaningful(b"Content-Length"));
        assert!(is_method_override(b"X_HTTP_Method_Override") && !is_method_override(b"X-HTTP"));
    }
}
