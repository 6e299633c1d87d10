//! Finds where in a page the script goes: right after `<head>`; where there is none, before the first thing that a browser would put into
//! or after the head it then makes by itself.
//!
//! A reader of HTML (`lol_html`) is given the beginning of the page and says where its markup begins and ends; what it writes is thrown away. So
//! it can err without harm: the page is cut where it says, or not at all, and the reader is dropped as soon as the place is known.
//!
//! Only markup that may precede a `<head>` is let pass: white space, comments, the doctype and `<html>`. So the script never lands in a
//! comment, a string of another script, a text area or a template. Text or an element before any sign of a document makes it a fragment, which
//! is left alone; and never does the script come before a doctype, since the browser would then read the page in another mode.
//!
//! **Invariant:** the pieces given back are the pieces that came, in order; at most an unfinished tag or comment waits.
//! Called by `rewriter`.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use lol_html::html_content::{Comment, Doctype};
use lol_html::send::{Element, ElementContentHandlers, HtmlRewriter, Settings};
use lol_html::{DocumentContentHandlers, MemorySettings, OutputSink, Selector};

/// The most that the reader may keep of an unfinished tag or comment, and of what it is.
const MEMORY: usize = 256 * 1024;
/// Begins a sequence that changes the character set (ISO 2022): behind it, bytes are not what they seem.
const ESCAPE: u8 = 0x1b;
const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
const UTF16_MARKS: [&[u8]; 2] = [&[0xfe, 0xff], &[0xff, 0xfe]];

static ANY: LazyLock<Option<Selector>> = LazyLock::new(|| "*".parse().ok());

/// What has come of a piece.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Looked {
    /// The place is still to come; this much is before it.
    NotYet(Bytes),
    /// It is between these two.
    Here { before: Bytes, after: Bytes },
    /// There is none: all that was kept back, to be handed on as everything that follows.
    Nowhere(Bytes),
}

/// A piece of markup, and where it is in what the reader was given.
struct Token {
    kind: Kind,
    at: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Comment,
    /// A doctype, and whether it is that of HTML.
    Doctype(bool),
    Html,
    Head,
    /// An element after which there is no head any more, but that only a document has.
    Body,
    Other,
}

/// The reader need not go on.
#[derive(Debug, thiserror::Error)]
#[error("found")]
struct Found;

/// What the reader writes.
struct Nowhere;

impl OutputSink for Nowhere {
    fn handle_chunk(&mut self, _chunk: &[u8]) {}
}

/// Looks through the beginning of one page.
pub(super) struct Place {
    /// In a mutex since it is not `Sync`; never locked.
    reader: Mutex<HtmlRewriter<'static, Nowhere>>,
    seen: Arc<Mutex<Vec<Token>>>,
    /// What was not handed on: what may be a byte order mark, or an unfinished piece of markup.
    kept: Bytes,
    /// Where `kept` begins in what the reader was given; `None` while a byte order mark may still come.
    start: Option<usize>,
    /// Whether there was a sign that this is a document.
    document: bool,
    escaped: bool,
    /// How much may still be looked at.
    left: usize,
}

impl Place {
    /// For a page that is looked through for at most `most` bytes.
    pub(super) fn new(most: u64) -> Option<Self> {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let reader = Mutex::new(HtmlRewriter::new(settings(&seen)?, Nowhere));
        let left = usize::try_from(most).unwrap_or(usize::MAX);
        Some(Self { reader, seen, kept: Bytes::new(), start: None, document: false, escaped: false, left })
    }

    /// Takes the next piece of the page. Not to be called any more once it is known whether there is a place.
    pub(super) fn push(&mut self, piece: Bytes) -> Looked {
        let fresh = piece.len();
        let all = append(std::mem::take(&mut self.kept), piece);
        match (self.start, Mark::of(&all)) {
            (Some(start), _) => self.look(all, start, 0, fresh),
            (None, Mark::Absent) => {
                let fresh = all.len();
                self.look(all, 0, 0, fresh)
            }
            (None, Mark::Utf8) => {
                let fresh = all.len() - UTF8_MARK.len();
                self.look(all, 0, UTF8_MARK.len(), fresh)
            }
            (None, Mark::Unfinished) => {
                self.kept = all;
                Looked::NotYet(Bytes::new())
            }
            (None, Mark::Utf16) => Looked::Nowhere(all),
        }
    }

    /// The end of the page: what was kept back.
    pub(super) fn finish(self) -> Bytes {
        self.kept
    }

    /// Looks at `all`: first `lead` bytes that the reader does not see, then what begins at `start` of what it sees. The last `fresh` bytes are
    /// those it has not seen yet.
    fn look(&mut self, all: Bytes, start: usize, lead: usize, fresh: usize) -> Looked {
        let looked = fresh.min(self.left);
        self.left -= looked;
        let unseen = all.get(all.len().saturating_sub(fresh)..).unwrap_or_default();
        let unseen = unseen.get(..looked).unwrap_or_default();
        let reader = self.reader.get_mut().unwrap_or_else(PoisonError::into_inner);
        let stopped = reader.write(unseen).is_err();
        let tokens = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        let index = |position: usize| position.saturating_sub(start).saturating_add(lead);
        let mut known = lead;
        for Token { kind, at } in tokens {
            let between = all.get(known..index(at.start)).unwrap_or_default();
            if let Some(text) = between.iter().position(|byte| is_text(*byte)) {
                return self.cut(all, known + text);
            }
            match kind {
                Kind::Comment => {}
                Kind::Doctype(true) | Kind::Html => self.document = true,
                Kind::Doctype(false) if self.document => {}
                Kind::Doctype(false) => return Looked::Nowhere(all),
                Kind::Head => {
                    self.document = true;
                    return self.cut(all, index(at.end));
                }
                Kind::Body => {
                    self.document = true;
                    return self.cut(all, index(at.start));
                }
                Kind::Other => return self.cut(all, index(at.start)),
            }
            known = index(at.end);
        }
        if stopped || looked < fresh {
            return Looked::Nowhere(all);
        }
        let tail = all.get(known..).unwrap_or_default();
        let past = match tail.iter().position(|byte| is_text(*byte)) {
            None => all.len(),
            Some(text) if tail.get(text..).is_some_and(is_unfinished) => known + text,
            Some(text) => return self.cut(all, known + text),
        };
        if self.left == 0 {
            return Looked::Nowhere(all);
        }
        let mut past_it = all;
        self.kept = past_it.split_off(past);
        self.start = Some(start + (past - lead));
        self.escaped |= past_it.contains(&ESCAPE);
        Looked::NotYet(past_it)
    }

    fn cut(&mut self, mut all: Bytes, at: usize) -> Looked {
        let escaped = self.escaped || all.iter().take(at).any(|byte| *byte == ESCAPE);
        if !self.document || escaped || at > all.len() {
            return Looked::Nowhere(all);
        }
        let after = all.split_off(at);
        Looked::Here { before: all, after }
    }
}

/// What a page begins with.
enum Mark {
    Absent,
    Utf8,
    Utf16,
    Unfinished,
}

impl Mark {
    fn of(page: &[u8]) -> Self {
        if UTF16_MARKS.iter().any(|mark| page.starts_with(mark)) {
            Self::Utf16
        } else if page.starts_with(UTF8_MARK) {
            Self::Utf8
        } else if UTF8_MARK.starts_with(page) || UTF16_MARKS.iter().any(|mark| mark.starts_with(page)) {
            Self::Unfinished
        } else {
            Self::Absent
        }
    }
}

/// Everything but what HTML takes for white space.
fn is_text(byte: u8) -> bool {
    !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

/// Whether `rest` begins with markup whose end is still to come and of which it is not known yet what it is.
fn is_unfinished(rest: &[u8]) -> bool {
    match rest {
        [b'<'] | [b'<', b'/'] => true,
        [b'<', b'/', third, ..] => !third.is_ascii_alphabetic() && *third != b'>',
        [b'<', second, ..] => second.is_ascii_alphabetic() || matches!(second, b'!' | b'?'),
        _ => false,
    }
}

/// Both, without copying the first again and again while it grows.
fn append(first: Bytes, second: Bytes) -> Bytes {
    if first.is_empty() {
        return second;
    }
    let mut both = first.try_into_mut().unwrap_or_else(|first| BytesMut::from(&*first));
    both.extend_from_slice(&second);
    both.freeze()
}

fn settings(seen: &Arc<Mutex<Vec<Token>>>) -> Option<Settings<'static, 'static>> {
    let any = ANY.as_ref()?;
    let note = |seen: &Arc<Mutex<Vec<Token>>>| {
        let seen = seen.clone();
        move |kind, at: Range<usize>| {
            seen.lock().unwrap_or_else(PoisonError::into_inner).push(Token { kind, at });
        }
    };
    let (on_doctype, on_comment, on_element) = (note(seen), note(seen), note(seen));
    let document = DocumentContentHandlers::default()
        .doctype(move |doctype: &mut Doctype<'_>| {
            let html = doctype.name().is_some_and(|name| name.eq_ignore_ascii_case("html"));
            on_doctype(Kind::Doctype(html), doctype.source_location().bytes());
            Ok(())
        })
        .comments(move |comment: &mut Comment<'_>| {
            on_comment(Kind::Comment, comment.source_location().bytes());
            Ok(())
        });
    let elements = ElementContentHandlers::default().element(move |element: &mut Element<'_, '_>| {
        let kind = match element.tag_name().as_str() {
            "html" => Kind::Html,
            "head" => Kind::Head,
            "body" | "frameset" => Kind::Body,
            _ => Kind::Other,
        };
        on_element(kind, element.source_location().bytes());
        if kind == Kind::Html { Ok(()) } else { Err(Found.into()) }
    });
    let memory = MemorySettings::new().with_max_allowed_memory_usage(MEMORY);
    let settings = Settings::new_send().with_strict(false).with_memory_settings(memory);
    let settings = settings.append_document_content_handler(document);
    Some(settings.append_element_content_handler((Cow::Borrowed(any), elements)))
}

#[cfg(test)]
mod tests;
