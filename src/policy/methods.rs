//! Sets of methods.

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

    /// What a request sent as `method` may be for an application that has one handler for all methods with a body, as many have
    /// (PHP, `app.all`, a mapping without a method).
    pub(super) fn loosely(method: &str) -> Self {
        let writes = ["POST", "PUT", "PATCH"];
        let alike = writes.into_iter().filter(|_| writes.contains(&method));
        alike.map(Self::sent_as).fold(Self::sent_as(method), Self::or)
    }

    /// What a request sent as `method` may be once its body is read: frameworks let a body say that it is
    /// something else.
    pub(super) fn reachable(method: &str) -> Self {
        const CARRYING: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];
        let claims = CARRYING.into_iter().filter(|_| CARRYING.contains(&method));
        claims.map(Self::sent_as).fold(Self::sent_as(method), Self::or)
    }

    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The names in it; a set of none or all has a word of its own.
    fn names(self) -> Vec<&'static str> {
        KNOWN
            .into_iter()
            .filter(|method| Self::exact(method).is_some_and(|exact| self.meets(exact)))
            .collect()
    }

    fn exact(method: &str) -> Option<Self> {
        KNOWN.iter().position(|known| *known == method).map(|bit| Self(1 << bit))
    }
}

impl std::fmt::Display for Methods {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if *self == Self::ALL { f.write_str("any") } else { f.write_str(&self.names().join(" or ")) }
    }
}
