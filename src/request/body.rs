//! One reader for every kind of body, fed in pieces as they arrive.
//!
//! **Invariant:** a body either yields all its fields or a reason why not; never a part of them, never the first N bytes.
//! **Invariant:** memory is bounded by [`BodyLimits::inspect`] and a piece; the content of files is counted, not kept.
//! Called by `flow::spool` when a policy needs the body.

use super::content::ContentKind;
use super::fields::{FieldValue, Fields, Place};
use super::refusal::Refusal;
use super::{json, multipart, urlencoded};
use crate::base::dialect::{Dialect, Reads};

/// How much is read to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyLimits {
    /// The most bytes kept to read fields from (the app's `inspect_body`); the content of files does not count.
    pub inspect: u64,
    /// The most fields, members or parts.
    pub fields: usize,
    /// How deep JSON may nest.
    pub depth: usize,
    /// The longest name (for JSON: pointer), in bytes.
    pub name: usize,
    /// What the application makes of a raw `;` in a form.
    pub semicolon: Option<Reads>,
}

impl BodyLimits {
    /// The usual limits with `inspect` bytes to read: 10 000 fields, 64 levels, names of 1024 bytes.
    pub const fn new(inspect: u64) -> Self {
        Self { inspect, fields: 10_000, depth: 64, name: 1024, semicolon: None }
    }

    /// These, for bodies that an application of this dialect reads.
    #[must_use]
    pub fn reading_as(self, dialect: &Dialect) -> Self {
        Self { semicolon: dialect.query_semicolon, ..self }
    }
}

/// Reads one body.
pub struct Reader {
    state: State,
    limits: BodyLimits,
}

enum State {
    Form(Vec<u8>),
    Json(Vec<u8>),
    Graphql(Vec<u8>),
    Multipart(Box<multipart::Reader>),
    Empty(Refusal),
}

impl Reader {
    /// A reader for a body of this kind.
    pub fn new(kind: &ContentKind, limits: BodyLimits) -> Self {
        let state = match kind {
            ContentKind::Urlencoded => State::Form(Vec::new()),
            ContentKind::Json => State::Json(Vec::new()),
            ContentKind::Graphql => State::Graphql(Vec::new()),
            ContentKind::Multipart { boundary } => {
                State::Multipart(Box::new(multipart::Reader::new(boundary, limits.clone())))
            }
            ContentKind::None => State::Empty(Refusal::UnknownContent(String::new())),
            ContentKind::Other(media_type) => {
                State::Empty(Refusal::UnknownContent(Refusal::named(media_type.as_bytes())))
            }
            ContentKind::Unreadable(refusal) => State::Empty(refusal.clone()),
        };
        Self { state, limits }
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// As soon as the body cannot be read, or is over the limit. The reader is of no use afterwards.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        match &mut self.state {
            State::Form(buffer) | State::Json(buffer) | State::Graphql(buffer) => {
                let length = (buffer.len() as u64).saturating_add(piece.len() as u64);
                if length > self.limits.inspect {
                    return Err(Refusal::TooLarge { limit: self.limits.inspect });
                }
                buffer.extend_from_slice(piece);
                Ok(())
            }
            State::Multipart(reader) => reader.push(piece),
            State::Empty(_) if piece.is_empty() => Ok(()),
            State::Empty(refusal) => Err(refusal.clone()),
        }
    }

    /// The fields, after the last piece. An empty body has none, whatever it was said to be.
    ///
    /// # Errors
    /// Why the body cannot be read.
    pub fn finish(self) -> Result<Fields, Refusal> {
        match self.state {
            State::Form(buffer) => {
                urlencoded::read(Place::Form, &buffer, &self.limits, self.limits.semicolon)
            }
            State::Json(buffer) if buffer.is_empty() => Ok(Fields::default()),
            State::Json(buffer) => json::read(&buffer, &self.limits),
            State::Graphql(buffer) => {
                let mut fields = Fields::default();
                let text = String::from_utf8(buffer).map_err(|_| Refusal::NotUtf8)?;
                fields.push(Place::Form, "query".to_owned(), FieldValue::Text(text));
                Ok(fields)
            }
            State::Multipart(reader) => reader.finish(),
            State::Empty(_) => Ok(Fields::default()),
        }
    }
}

/// Reads a whole body at once.
///
/// # Errors
/// Why it cannot be read.
pub fn read(kind: &ContentKind, body: &[u8], limits: &BodyLimits) -> Result<Fields, Refusal> {
    let mut reader = Reader::new(kind, limits.clone());
    reader.push(body)?;
    reader.finish()
}
