//! What a client says it prefers (RFC 7240): to wait, to be told where to look, to be told at once what it waits for.
//!
//! **Invariant:** a preference that is not understood is none; nothing is refused for it (RFC 7240 §2).

use http::header::HeaderMap;

/// The longest a connection waits, in seconds.
const LONGEST: u32 = 300;

/// What a client prefers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Preference {
    /// `wait=N`: to wait so many seconds for the decision.
    pub(super) wait: Option<u32>,
    /// `respond-async`: to be told where to look, once the waiting is over.
    pub(super) respond_async: bool,
    /// `processing`: to be told while it waits where to approve, by `102 Processing`. Asked for by name, since programs exist that take
    /// any informational answer for the last one.
    pub(super) processing: bool,
}

impl Preference {
    /// What these headers say.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut preference = Self::default();
        let lines = headers.get_all("prefer");
        let lines = lines.iter().filter_map(|line| line.to_str().ok());
        for part in lines.flat_map(|line| line.split(',')) {
            let token = part.split(';').next().unwrap_or_default();
            let (name, value) = token.split_once('=').unwrap_or((token, ""));
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            // Of one that is there twice the first counts.
            if name.eq_ignore_ascii_case("wait") && preference.wait.is_none() {
                preference.wait = value.parse::<u32>().ok().map(|seconds| seconds.min(LONGEST));
            } else if name.eq_ignore_ascii_case("respond-async") {
                preference.respond_async = true;
            } else if name.eq_ignore_ascii_case("processing") {
                preference.processing = true;
            }
        }
        preference
    }

    /// How long a connection of a policy's `client = "wait"` waits.
    pub(super) fn or_longest(self) -> u32 {
        self.wait.unwrap_or(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_preferred_is_understood_in_every_spelling() {
        let of = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("prefer", line.parse().unwrap());
            }
            let Preference { wait, respond_async, processing } = Preference::of(&headers);
            (wait, respond_async, processing)
        };
        for (lines, expected) in [
            (&[][..], (None, false, false)),
            (&["wait=60"], (Some(60), false, false)),
            (&["Respond-Async, WAIT = \"60\"; strict"], (Some(60), true, false)),
            (&["wait=5, wait=60", "processing"], (Some(5), false, true)),
            (&["wait=100000"], (Some(LONGEST), false, false)),
            (&["wait=soon", "waiting=3", "return=minimal"], (None, false, false)),
        ] {
            assert_eq!(of(lines), expected, "{lines:?}");
        }
    }
}
