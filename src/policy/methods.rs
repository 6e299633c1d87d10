//! Sets of methods, and the methods a request may have for a backend.

use super::facts::Facts;
use super::fold::fold_name;
use crate::request::fields::Fields;

const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// A set of methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Methods(u32);

impl Methods {
    pub(super) const ALL: Self = Self(u32::MAX);
    pub(super) const NONE: Self = Self(0);

    /// The names a policy may write.
    pub(super) fn known() -> &'static [&'static str] {
        &KNOWN
    }

    /// What a policy that names `method` covers: HEAD counts as GET. `None` for an unknown name.
    pub(super) fn covered_by(method: &str) -> Option<Self> {
        let exact = Self::exact(method)?;
        Some(if method == "GET" { exact.or(Self::exact("HEAD")?) } else { exact })
    }

    /// What a request sent as `method` may be, by its method alone. A method nobody knows may be any.
    pub(super) fn sent_as(method: &str) -> Self {
        Self::exact(method).unwrap_or(Self::ALL)
    }

    /// What a request sent as `method` may be once its body is read: frameworks let a POST say that it is something else.
    pub(super) fn reachable(method: &str) -> Self {
        let claims = ["PUT", "PATCH", "DELETE"].into_iter().filter(|_| method == "POST");
        claims.map(Self::sent_as).fold(Self::sent_as(method), Self::or)
    }

    /// Every method some backend may take this request for: the one sent, override headers, and `_method` fields.
    pub(super) fn effective(facts: &Facts<'_>) -> Self {
        let mut methods = Self::sent_as(facts.method);
        for (name, value) in facts.headers {
            let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "-").to_ascii_lowercase();
            if matches!(name.as_str(), "x-http-method-override" | "x-http-method" | "x-method-override") {
                methods = methods.or(Self::claimed(&String::from_utf8_lossy(value)));
            }
        }
        let fields = facts.query.iter().chain(facts.body.into_iter().flat_map(Fields::iter));
        for field in fields {
            let last = field.name.rsplit('/').next().unwrap_or_default();
            if fold_name(last.trim_end_matches("[]")) == "_method" {
                methods = methods.or(field.value.as_text().map_or(Self::ALL, Self::claimed));
            }
        }
        methods
    }

    fn claimed(value: &str) -> Self {
        value
            .split(',')
            .map(|method| Self::sent_as(&super::fold::fold(method).to_ascii_uppercase()))
            .fold(Self::NONE, Self::or)
    }

    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn exact(method: &str) -> Option<Self> {
        KNOWN.iter().position(|known| *known == method).map(|bit| Self(1 << bit))
    }
}
