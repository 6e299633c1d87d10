//! One entry as one line of JSON, written and read in exactly one spelling.
//!
//! **Invariant:** what is read is written back and compared, so whatever a line holds beyond what this writes (blanks, other
//! members, a second member of a name, another escape) is refused, never ignored (`a_line_has_one_spelling`).
//!
//! Called by `chain` (verify), the store and the export. A JSON library would be more lenient and less pure than floor 1 may be.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;

use super::chain::Link;
use super::event::{Actor, Event, EventKind, quote};
use crate::base::time::Timestamp;

/// The text is not an entry of an exported audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not an audit entry in the form it is written in")]
pub struct ParseLinkError;

impl Link {
    /// One line of the export (JSON Lines), without the line feed.
    pub fn to_line(&self) -> String {
        let mut tenant = String::new();
        quote(&self.tenant, &mut tenant);
        let (number, event) = (self.number, self.event.canonical());
        let (previous, hash) = (HEXLOWER.encode(&self.previous), HEXLOWER.encode(&self.hash));
        format!(
            r#"{{"number":{number},"tenant":{tenant},"previous":"{previous}","hash":"{hash}","event":{event}}}"#
        )
    }

    /// Reads what [`Link::to_line`] wrote. The hash is not checked here, [`verify`](super::verify) does.
    ///
    /// # Errors
    /// When the line is not in exactly that form.
    pub fn from_line(line: &str) -> Result<Self, ParseLinkError> {
        read(line).filter(|link| link.to_line() == line).ok_or(ParseLinkError)
    }
}

impl Event {
    /// Reads what [`Event::canonical`] wrote.
    ///
    /// # Errors
    /// When the text is not in exactly that form.
    pub fn from_canonical(text: &str) -> Result<Self, ParseLinkError> {
        let mut rest = Rest(text);
        let read = event(&mut rest).filter(|_| rest.0.is_empty());
        read.filter(|event| event.canonical() == text).ok_or(ParseLinkError)
    }
}

fn read(line: &str) -> Option<Link> {
    let mut rest = Rest(line);
    rest.skip(r#"{"number":"#)?;
    let number = rest.number()?;
    rest.skip(r#","tenant":"#)?;
    let tenant = rest.text()?;
    rest.skip(r#","previous":"#)?;
    let previous = digest(&rest.text()?)?;
    rest.skip(r#","hash":"#)?;
    let hash = digest(&rest.text()?)?;
    rest.skip(r#","event":"#)?;
    let event = event(&mut rest)?;
    rest.skip("}")?;
    rest.0.is_empty().then_some(Link { tenant, number, previous, hash, event })
}

fn event(rest: &mut Rest<'_>) -> Option<Event> {
    rest.skip(r#"{"at":"#)?;
    let at = Timestamp::parse(&rest.text()?).ok()?;
    rest.skip(r#","kind":"#)?;
    let kind = EventKind::parse(&rest.text()?)?;
    rest.skip(r#","actor":"#)?;
    let actor = Actor::parse(&rest.text()?)?;
    let held = match rest.skip(r#","held":"#) {
        Some(()) => Some(rest.text()?.parse().ok()?),
        None => None,
    };
    rest.skip(r#","detail":{"#)?;
    let mut detail = BTreeMap::new();
    while rest.0.starts_with('"') {
        let name = rest.text()?;
        rest.skip(":")?;
        detail.insert(name, rest.text()?);
        if rest.skip(",").is_none() {
            break;
        }
    }
    rest.skip("}}")?;
    Some(Event { at, kind, actor, held, detail })
}

/// What is left to read.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn skip(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    fn number(&mut self) -> Option<u64> {
        let digits = self.0.find(|c: char| !c.is_ascii_digit())?;
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number.parse().ok()
    }

    /// A string with the escapes that [`quote`] makes.
    fn text(&mut self) -> Option<String> {
        self.skip("\"")?;
        let mut out = String::new();
        let mut chars = self.0.chars();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => match chars.next()? {
                    'u' => out.push(escaped(&mut chars)?),
                    plain @ ('"' | '\\') => out.push(plain),
                    _ => return None,
                },
                plain => out.push(plain),
            }
        }
        self.0 = chars.as_str();
        Some(out)
    }
}

/// The character of `XXXX`, or of `XXXX\uXXXX` where it takes two UTF-16 units.
fn escaped(chars: &mut std::str::Chars<'_>) -> Option<char> {
    let first = unit(chars)?;
    let mut units = vec![first];
    if (0xd800..0xdc00).contains(&first) {
        if (chars.next()?, chars.next()?) != ('\\', 'u') {
            return None;
        }
        units.push(unit(chars)?);
    }
    char::decode_utf16(units).next()?.ok()
}

fn unit(chars: &mut std::str::Chars<'_>) -> Option<u16> {
    let mut value = 0u32;
    for _ in 0..4 {
        value = value * 16 + chars.next()?.to_digit(16)?;
    }
    u16::try_from(value).ok()
}

pub(super) fn digest(text: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn link(detail: BTreeMap<String, String>) -> Link {
        let mut event =
            Event::new(Timestamp::from_millis(1_700_000_000_000), EventKind::Held, Actor::Gateway);
        event.detail = detail;
        Link::after(None, "default", event)
    }

    proptest! {
        #[test]
        fn every_text_comes_back(detail in proptest::collection::btree_map(any::<String>(), any::<String>(), 0..3)) {
            let link = link(detail);
            prop_assert_eq!(Event::from_canonical(&link.event.canonical()), Ok(link.event.clone()));
            prop_assert_eq!(Link::from_line(&link.to_line()), Ok(link));
        }

        #[test]
        fn no_line_is_too_strange_to_be_refused(line: String, cut: proptest::sample::Index) {
            prop_assert_eq!(Link::from_line(&line), Err(ParseLinkError));
            let whole = link(BTreeMap::from([("a".to_owned(), "b".to_owned())])).to_line();
            prop_assert_eq!(Link::from_line(whole.get(..cut.index(whole.len())).unwrap_or("")), Err(ParseLinkError));
        }
    }

    #[test]
    fn a_line_has_one_spelling() {
        let line = link(BTreeMap::from([("amount".to_owned(), "1".to_owned())])).to_line();
        assert!(Link::from_line(&line).is_ok());
        for (from, to) in [
            (r#"{"number""#, r#"{ "number""#),
            (r#""number":1"#, r#""number":01"#),
            (r#""event""#, r#""more":1,"event""#),
            (r#""detail":{"#, r#""detail":{"amount":"7","#),
            (r#""amount":"1""#, r#""amount":"1","#),
            (r#""amount":"1""#, r#""\u0061mount":"1""#),
            (r#""gateway""#, r#""robot:alice""#),
            (".000Z", "Z"),
            ("}}}", "}}} "),
        ] {
            let bent = line.replacen(from, to, 1);
            assert_ne!(bent, line, "{from}");
            assert_eq!(Link::from_line(&bent), Err(ParseLinkError), "{from}");
        }
    }
}
