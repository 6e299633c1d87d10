//! A session of a user at the portal: what a browser may do there, and for how long.
//!
//! **Invariant:** the cookie is 256 random bits and never chosen by a client; only its fingerprint is stored ([`fingerprint_of`]).
//! **Invariant:** it ends after an hour without use, after a day in any case, and when its account's epoch has moved on
//! ([`Session::is_live`]); a half-open one after ten minutes.
//! **Invariant:** a password alone opens nothing for a user who has an authenticator ([`Session::standing`]).
//! **Invariant:** a change needs a proof that is at most five minutes old ([`Session::is_fresh`]).

use crate::base::id::{self, Id};
use crate::base::secret::{Secret, fingerprint};
use crate::base::text::{UserName, visible};
use crate::base::time::{Span, Timestamp};

/// How long a session lives without being used.
pub const IDLE: Span = Span::from_secs(3600);
/// How long a session lives at most.
pub const MOST: Span = Span::from_secs(24 * 3600);
/// How long one may take from the password to the authenticator.
pub const HALF_OPEN: Span = Span::from_secs(600);
/// How old a proof may be that a change relies on.
pub const FRESH: Span = Span::from_secs(300);
/// Characters of what a browser says of itself that are kept.
const AGENT: usize = 160;

/// What has been proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The password only.
    Password,
    /// An authenticator as well, or one that stands in for both.
    Authenticator,
}

impl Level {
    /// The stable name, as written in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Authenticator => "authenticator",
        }
    }

    /// The level of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Password, Self::Authenticator].into_iter().find(|level| level.as_str() == name)
    }
}

/// What a session may be used for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Everything in one's account.
    SignedIn,
    /// Only to go on with an authenticator.
    HalfOpen,
}

/// A session.
#[derive(Debug)]
pub struct Session {
    /// Its id; no secret.
    pub id: Id<id::Session>,
    /// Whose.
    pub user: UserName,
    /// What has been proved.
    pub level: Level,
    /// 256 random bits that proofs for this session are given for; new with each cookie.
    pub nonce: [u8; 32],
    /// What seeds shown in this session are derived from; stays when the cookie changes, so that a page can be shown again.
    pub root: Secret,
    /// The account's epoch when it was opened.
    pub epoch: u64,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
    /// Until when changes need no further proof; `None` when one was never given.
    pub fresh_until: Option<Timestamp>,
    /// What the browser said of itself, made safe to show.
    pub agent: String,
}

impl Session {
    /// Whether it can be used at `now`, while its account is in `epoch`. One from the future is doubted: a clock has gone backwards.
    pub fn is_live(&self, epoch: u64, now: Timestamp) -> bool {
        self.epoch == epoch && self.seen_at <= now && now < self.ends_at()
    }

    /// When it ends if it is not used again.
    pub fn ends_at(&self) -> Timestamp {
        self.seen_at.plus(IDLE).min(self.created_at.plus(MOST))
    }

    /// What it may be used for. `protected` says whether its user has an authenticator that can be asked for.
    pub fn standing(&self, protected: bool, now: Timestamp) -> Option<Standing> {
        match (self.level, protected) {
            (Level::Authenticator, _) | (Level::Password, false) => Some(Standing::SignedIn),
            (Level::Password, true) => (now < self.created_at.plus(HALF_OPEN)).then_some(Standing::HalfOpen),
        }
    }

    /// Whether a change may be made at `now` without another proof.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.fresh_until.is_some_and(|until| now < until)
    }

    /// Whether the time it was last used is worth writing down again.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.seen_at.plus(Span::from_secs(60)) <= now
    }
}

/// What is stored of a cookie.
pub fn fingerprint_of(cookie: &str) -> [u8; 32] {
    fingerprint("countersign-account-v1", &[cookie.as_bytes()])
}

/// What a browser says of itself, bounded and visible.
pub fn agent(text: &str) -> String {
    let cut: String = text.chars().take(AGENT).collect();
    visible(&cut, AGENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SeededEntropy;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + seconds * 1000)
    }

    fn session(level: Level, seen: i64) -> Session {
        Session {
            id: Id::new(at(0), &SeededEntropy::new(1)),
            user: UserName::parse("alice").unwrap(),
            level,
            nonce: [0; 32],
            root: Secret::from(vec![0; 32]),
            epoch: 3,
            created_at: at(0),
            seen_at: at(seen),
            fresh_until: Some(at(300)),
            agent: String::new(),
        }
    }

    #[test]
    fn it_ends_idle_old_or_by_another_epoch() {
        for (seen, epoch, now, live) in [
            (0, 3, 0, true),
            (0, 3, 3599, true),
            (0, 3, 3600, false),
            (0, 3, -1, false),
            (0, 4, 10, false),
            (0, 2, 10, false),
            (86_000, 3, 86_399, true),
            (86_000, 3, 86_400, false),
        ] {
            assert_eq!(session(Level::Password, seen).is_live(epoch, at(now)), live, "{seen} {epoch} {now}");
        }
    }

    #[test]
    fn a_password_alone_opens_nothing_beside_an_authenticator() {
        for (level, protected, now, standing) in [
            (Level::Password, false, 5000, Some(Standing::SignedIn)),
            (Level::Password, true, 599, Some(Standing::HalfOpen)),
            (Level::Password, true, 600, None),
            (Level::Authenticator, true, 5000, Some(Standing::SignedIn)),
            (Level::Authenticator, false, 5000, Some(Standing::SignedIn)),
        ] {
            assert_eq!(
                session(level, 0).standing(protected, at(now)),
                standing,
                "{level:?} {protected} {now}"
            );
        }
    }

    #[test]
    fn a_proof_is_fresh_for_five_minutes() {
        let one = session(Level::Authenticator, 0);
        assert!(one.is_fresh(at(299)) && !one.is_fresh(at(300)));
        assert!(!Session { fresh_until: None, ..session(Level::Password, 0) }.is_fresh(at(0)));
    }

    #[test]
    fn what_a_browser_says_is_bounded_and_visible() {
        assert_eq!(agent("Mozilla\u{202e}/5.0\n"), "Mozilla‹U+202E›/5.0‹U+000A›");
        assert!(agent(&"x".repeat(10_000)).chars().count() <= AGENT);
    }
}
