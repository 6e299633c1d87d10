//! The hash chain: each entry's hash covers its number, its content and the hash before it, so that no entry can be edited,
//! dropped, moved or inserted without breaking every later one.
//!
//! **Invariant:** the hash covers the exact bytes of [`Event::canonical`]; a line that is not spelled exactly as
//! [`Link::to_line`] spells it does not verify (`each_way_to_tamper_is_named_with_its_line`).
//! **Invariant:** numbers begin with 1 and have no gaps, per tenant.
//! Cutting off the end is only visible against a [`Head`] kept elsewhere.
//!
//! The store's commit links; `audit export` and `audit verify` print and check.

use std::fmt;

use data_encoding::HEXLOWER;

use super::event::Event;
use super::line::{ParseLinkError, digest};
use crate::base::secret::fingerprint;

const DOMAIN: &str = "countersign-audit-v1";

/// One entry at its place in a tenant's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The tenant whose chain it is.
    pub tenant: String,
    /// Its number: 1, 2, 3, …
    pub number: u64,
    /// The hash of the entry before; zeros for the first.
    pub previous: [u8; 32],
    /// SHA-256 over domain, tenant, number, previous hash and event, each with its length.
    pub hash: [u8; 32],
    /// What happened.
    pub event: Event,
}

impl Link {
    /// The entry that follows `head`; the first one when there is none.
    pub fn after(head: Option<&Head>, tenant: &str, event: Event) -> Self {
        let (number, previous) = head.map_or((1, [0; 32]), |head| (head.number.saturating_add(1), head.hash));
        let hash = hash(tenant, number, &previous, &event);
        Self { tenant: tenant.to_owned(), number, previous, hash, event }
    }

    /// The end of the chain after this entry.
    pub const fn head(&self) -> Head {
        Head { number: self.number, hash: self.hash }
    }
}

fn hash(tenant: &str, number: u64, previous: &[u8; 32], event: &Event) -> [u8; 32] {
    fingerprint(DOMAIN, &[tenant.as_bytes(), &number.to_be_bytes(), previous, event.canonical().as_bytes()])
}

/// The end of a chain: what to keep elsewhere to notice a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of the last entry.
    pub number: u64,
    /// Its hash.
    pub hash: [u8; 32],
}

/// `42:9f86d081…`: number and hash (hexadecimal).
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, HEXLOWER.encode(&self.hash))
    }
}

impl std::str::FromStr for Head {
    type Err = ParseHeadError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, hash) = text.split_once(':').ok_or(ParseHeadError)?;
        let number = number.parse().map_err(|_| ParseHeadError)?;
        Ok(Self { number, hash: digest(hash).ok_or(ParseHeadError)? })
    }
}

/// The text is not the printed form of a [`Head`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a number, a colon and 64 hexadecimal digits")]
pub struct ParseHeadError;

/// A log that verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries.
    pub count: u64,
    /// Its end; absent when it is empty.
    pub head: Option<Head>,
}

/// The first entry that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Fault {
    /// The line, counted from 1; one after the last for a cut.
    pub line: u64,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// It cannot be read as an entry.
    #[error(transparent)]
    Unreadable(#[from] ParseLinkError),
    /// Its content does not have its hash.
    #[error("entry {0} was edited: its content does not have its hash")]
    Edited(u64),
    /// It does not follow the entry before it: one of the two was replaced.
    #[error("entry {0} does not follow the one before it: that one was replaced")]
    Severed(u64),
    /// An entry that should be here is nowhere.
    #[error("entry {0} is missing")]
    Missing(u64),
    /// An entry that should be here comes later.
    #[error("entry {0} is out of order")]
    Reordered(u64),
    /// It was there already.
    #[error("entry {0} is there twice")]
    Duplicate(u64),
    /// It belongs to another tenant's chain.
    #[error("entry {0} is of another tenant")]
    Foreign(u64),
    /// The log ends before, or elsewhere than, the expected end.
    #[error("the log was cut: it should end with entry {0}")]
    Truncated(u64),
}

/// Why a log did not verify.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError<E> {
    /// It was tampered with.
    #[error(transparent)]
    Fault(Fault),
    /// It could not be read to its end.
    #[error("the log cannot be read: {0}")]
    Read(E),
}

/// Checks an exported log from its first entry, line by line; `BufRead::lines` fits. With `expected`, the log must also contain
/// that entry: it may be longer, never shorter.
///
/// # Errors
/// The first fault, or the first line that could not be read.
pub fn verify<E>(
    lines: impl IntoIterator<Item = Result<String, E>>,
    expected: Option<&Head>,
) -> Result<Verified, VerifyError<E>> {
    let mut lines = lines.into_iter();
    let mut seen = Verified { count: 0, head: None };
    let mut tenant: Option<String> = None;
    let mut count = 0u64;
    while let Some(text) = lines.next().transpose().map_err(VerifyError::Read)? {
        count = count.saturating_add(1);
        let fault = |why| VerifyError::Fault(Fault { line: count, why });
        let link = Link::from_line(&text).map_err(|error| fault(error.into()))?;
        let due = seen.count.saturating_add(1);
        if tenant.get_or_insert_with(|| link.tenant.clone()) != &link.tenant {
            return Err(fault(Why::Foreign(link.number)));
        }
        if link.number < due {
            return Err(fault(Why::Duplicate(link.number)));
        }
        if link.number > due {
            let later = lines.any(|text| {
                text.is_ok_and(|text| Link::from_line(&text).is_ok_and(|link| link.number == due))
            });
            return Err(fault(if later { Why::Reordered(due) } else { Why::Missing(due) }));
        }
        if link.hash != hash(&link.tenant, link.number, &link.previous, &link.event) {
            return Err(fault(Why::Edited(due)));
        }
        if link.previous != seen.head.map_or([0; 32], |head| head.hash) {
            return Err(fault(Why::Severed(due)));
        }
        if expected.is_some_and(|head| head.number == due && head.hash != link.hash) {
            return Err(fault(Why::Edited(due)));
        }
        seen = Verified { count: due, head: Some(link.head()) };
    }
    match expected {
        Some(head) if head.number > seen.count => {
            Err(VerifyError::Fault(Fault { line: count.saturating_add(1), why: Why::Truncated(head.number) }))
        }
        _ => Ok(seen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Actor, EventKind};
    use crate::base::text::UserName;
    use crate::base::time::Timestamp;
    use std::convert::Infallible;

    type Tamper = fn(&mut Vec<String>);

    fn log(length: u64) -> Vec<String> {
        let mut head = None;
        (0..length)
            .map(|index| {
                let actor = Actor::User(UserName::parse("alice").unwrap());
                let event = Event::new(
                    Timestamp::from_millis(1_700_000_000_000 + i64::try_from(index).unwrap()),
                    EventKind::Approved,
                    actor,
                );
                let link =
                    Link::after(head.as_ref(), "default", event.with("amount", index).with("note", "a\nb"));
                head = Some(link.head());
                link.to_line()
            })
            .collect()
    }

    fn check(lines: &[String], expected: Option<&Head>) -> Result<Verified, Fault> {
        verify(lines.iter().cloned().map(Ok::<_, Infallible>), expected).map_err(|error| match error {
            VerifyError::Fault(fault) => fault,
            VerifyError::Read(never) => match never {},
        })
    }

    #[test]
    fn what_was_written_verifies() {
        let lines = log(5);
        let whole = check(&lines, None).unwrap();
        assert_eq!(whole.count, 5);
        assert_eq!(check(&lines, whole.head.as_ref()), Ok(whole));
        assert_eq!(whole.head.unwrap().to_string().parse::<Head>(), Ok(whole.head.unwrap()));
        assert_eq!(check(&log(7), whole.head.as_ref()).unwrap().count, 7);
        assert_eq!(check(&[], None), Ok(Verified { count: 0, head: None }));
    }

    #[test]
    fn each_way_to_tamper_is_named_with_its_line() {
        let head = check(&log(5), None).unwrap().head;
        let table: Vec<(&str, Tamper, u64, Why)> = vec![
            ("delete", |l| drop(l.remove(2)), 3, Why::Missing(3)),
            ("delete the first", |l| drop(l.remove(0)), 1, Why::Missing(1)),
            ("edit", |l| l[1] = l[1].replace(r#""amount":"1""#, r#""amount":"9""#), 2, Why::Edited(2)),
            ("edit the time", |l| l[3] = l[3].replace(".003Z", ".004Z"), 4, Why::Edited(4)),
            ("reorder", |l| l.swap(1, 2), 2, Why::Reordered(2)),
            ("repeat", |l| l.insert(2, l[1].clone()), 3, Why::Duplicate(2)),
            ("truncate", |l| l.truncate(3), 4, Why::Truncated(5)),
            ("garbage", |l| l[2] = "{}".to_owned(), 3, Why::Unreadable(ParseLinkError)),
            ("empty", Vec::clear, 1, Why::Truncated(5)),
            (
                "replace one with a hash of its own",
                |l| {
                    let first = Link::from_line(&l[0]).unwrap();
                    let mut event = Link::from_line(&l[1]).unwrap().event;
                    event.kind = EventKind::Rejected;
                    l[1] = Link::after(Some(&first.head()), "default", event).to_line();
                },
                3,
                Why::Severed(3),
            ),
            (
                "replace the last with a hash of its own",
                |l| {
                    let fourth = Link::from_line(&l[3]).unwrap();
                    l[4] = Link::after(Some(&fourth.head()), "default", fourth.event.clone()).to_line();
                },
                5,
                Why::Edited(5),
            ),
        ];
        for (name, tamper, line, why) in table {
            let mut lines = log(5);
            tamper(&mut lines);
            assert_eq!(check(&lines, head.as_ref()), Err(Fault { line, why }), "{name}");
        }
    }
}
