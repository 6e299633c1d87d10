//! One reader for every kind of body, fed in pieces as they arrive.
//!
//! **Invariant:** a body either yields all its fields or a reason why not; never a part of them, never the first N bytes.
//! **Invariant:** memory is bounded by [`BodyLimits::inspect`] and a piece; the content of files is counted, not kept.
//! **Invariant:** of a coded body both what it unpacks to and what a reader that ignores the coding finds are read (`shadow`).
//! Called by `flow::spool` when a policy needs the body.

use super::charset::Charset;
use super::coding::Decoder;
use super::content::{BodyType, ContentKind};
use super::fields::{FieldValue, Fields, Place};
use super::refusal::Refusal;
use super::shadow::Shadow;
use super::{json, multipart, urlencoded, xml};
use crate::base::dialect::{Dialect, Reads};

/// How much is read to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyLimits {
    /// The most bytes kept to read fields from (the app's `inspect_body`); the content of files does not count.
    pub inspect: u64,
    /// The most fields, members or parts.
    pub fields: usize,
    /// How deep JSON and XML may nest.
    pub depth: usize,
    /// The longest name (for JSON: pointer), in bytes.
    pub name: usize,
    /// What the application makes of a raw `;` in a form.
    pub semicolon: Option<Reads>,
    /// The charset of the application's forms; JSON is always UTF-8.
    pub charset: Charset,
    /// Media types of the application's own (lower case), and how they are read.
    pub types: Vec<(String, BodyType)>,
}

impl BodyLimits {
    /// The usual limits with `inspect` bytes to read: 10 000 fields, 64 levels, UTF-8, names of 1024 bytes.
    pub const fn new(inspect: u64) -> Self {
        Self {
            inspect,
            fields: 10_000,
            depth: 64,
            name: 1024,
            semicolon: None,
            charset: Charset::Utf8,
            types: Vec::new(),
        }
    }

    /// These, for bodies that an application of this dialect reads.
    #[must_use]
    pub fn reading_as(self, dialect: &Dialect) -> Self {
        // A name that is not known here reads nothing: ASCII only, or no such type.
        let charset = dialect
            .charset
            .as_deref()
            .map_or(Charset::Utf8, |label| Charset::of(label).unwrap_or(Charset::Ascii));
        let declared = |(media_type, reader): &(String, String)| {
            let reader = BodyType::ALL.into_iter().find(|(name, _)| name == reader);
            reader.map(|(_, reader)| (media_type.to_ascii_lowercase(), reader))
        };
        let types = dialect.body_types.iter().filter_map(declared).collect();
        Self { semicolon: dialect.query_semicolon, charset, types, ..self }
    }
}

/// Reads one body.
pub struct Reader {
    body: Plain,
    /// For a coded body.
    coded: Option<(Decoder, Shadow)>,
    limits: BodyLimits,
}

/// Reads what a body is once unpacked.
struct Plain {
    state: State,
    /// Whether more than ASCII is refused.
    ascii: bool,
    limits: BodyLimits,
}

enum State {
    Whole(Format, Vec<u8>),
    Multipart(Box<multipart::Reader>),
    /// Without fields, by declaration.
    Opaque,
    Empty(Refusal),
}

/// What is read once all of it is there.
#[derive(Clone, Copy)]
enum Format {
    Form,
    Json,
    Graphql,
    Xml,
}

impl Reader {
    /// A reader for a body of this kind.
    pub fn new(kind: &ContentKind, limits: BodyLimits) -> Self {
        let (coding, kind) = match kind.clone().declared(&limits.types) {
            ContentKind::Coded(coding, kind) => (Some(coding), *kind),
            kind => (None, kind),
        };
        let body = Plain::new(&kind, limits.clone());
        let coded = coding.map(|coding| {
            let shadow = match &body.state {
                State::Whole(Format::Form, _) => Shadow::Form(Vec::new()),
                State::Multipart(reader) => Shadow::Multipart(reader.delimiter().to_vec(), Vec::new()),
                State::Whole(..) | State::Opaque | State::Empty(_) => Shadow::None,
            };
            (Decoder::new(coding, limits.inspect), shadow)
        });
        Self { body, coded, limits }
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// As soon as the body cannot be read, or is over the limit. The reader is of no use afterwards.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        let Some((decoder, shadow)) = &mut self.coded else { return self.body.push(piece) };
        if let State::Empty(refusal) = &self.body.state
            && !piece.is_empty()
        {
            return Err(refusal.clone());
        }
        shadow.push(piece, &self.limits)?;
        decoder.push(piece, &mut |made| self.body.push(made))
    }

    /// The fields, after the last piece. An empty body has none, whatever it was said to be.
    ///
    /// # Errors
    /// Why the body cannot be read.
    pub fn finish(self) -> Result<Fields, Refusal> {
        let Self { mut body, coded, limits } = self;
        let Some((decoder, shadow)) = coded else { return body.finish() };
        decoder.finish(&mut |made| body.push(made))?;
        let mut fields = body.finish()?;
        fields.extend(shadow.fields(&limits));
        if fields.len() > limits.fields {
            return Err(Refusal::TooManyFields(limits.fields));
        }
        fields.judge(limits.charset)?;
        Ok(fields)
    }
}

impl Plain {
    fn new(kind: &ContentKind, limits: BodyLimits) -> Self {
        let whole = |format| State::Whole(format, Vec::new());
        let state = match kind {
            ContentKind::Charset(stated, kind) => {
                let charset = stated.stated(limits.charset);
                let read = Self::new(kind, BodyLimits { charset, ..limits });
                // JSON and XML are UTF-8 whatever is said, so only what is ASCII is read in one way.
                let form = matches!(read.state, State::Whole(Format::Form, _) | State::Multipart(_));
                return Self { ascii: *stated != Charset::Utf8 && !form, ..read };
            }
            ContentKind::Urlencoded => whole(Format::Form),
            ContentKind::Json => whole(Format::Json),
            ContentKind::Graphql => whole(Format::Graphql),
            ContentKind::Xml => whole(Format::Xml),
            ContentKind::Declared(_, BodyType::Form) => whole(Format::Form),
            ContentKind::Declared(_, BodyType::Json) => whole(Format::Json),
            ContentKind::Declared(_, BodyType::Xml) => whole(Format::Xml),
            ContentKind::Declared(_, BodyType::Opaque) => State::Opaque,
            ContentKind::Multipart { boundary } => {
                State::Multipart(Box::new(multipart::Reader::new(boundary, limits.clone())))
            }
            ContentKind::None => State::Empty(Refusal::UnknownContent(String::new())),
            ContentKind::Other(media_type) => {
                State::Empty(Refusal::UnknownContent(Refusal::named(media_type.as_bytes())))
            }
            ContentKind::Coded(..) => State::Empty(Refusal::ContentCoding),
            ContentKind::Unreadable(refusal) => State::Empty(refusal.clone()),
        };
        Self { state, ascii: false, limits }
    }

    fn push(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        match &mut self.state {
            State::Whole(_, buffer) => {
                let length = (buffer.len() as u64).saturating_add(piece.len() as u64);
                if length > self.limits.inspect {
                    return Err(Refusal::TooLarge { limit: self.limits.inspect });
                }
                if self.ascii && !piece.is_ascii() {
                    return Err(Refusal::Charset);
                }
                buffer.extend_from_slice(piece);
                Ok(())
            }
            State::Multipart(reader) => reader.push(piece),
            State::Opaque => Ok(()),
            State::Empty(_) if piece.is_empty() => Ok(()),
            State::Empty(refusal) => Err(refusal.clone()),
        }
    }

    fn finish(self) -> Result<Fields, Refusal> {
        match self.state {
            State::Whole(_, buffer) if buffer.is_empty() => Ok(Fields::default()),
            State::Whole(Format::Form, buffer) => {
                urlencoded::read(Place::Form, &buffer, &self.limits, self.limits.semicolon)
            }
            State::Whole(Format::Json, buffer) => json::read(&buffer, &self.limits),
            State::Whole(Format::Xml, buffer) => xml::read(&buffer, &self.limits),
            State::Whole(Format::Graphql, buffer) => {
                let text = String::from_utf8(buffer).map_err(|_| Refusal::NotUtf8)?;
                let mut fields = Fields::default();
                fields.push(Place::Form, "query".to_owned(), FieldValue::Text(text));
                Ok(fields)
            }
            State::Multipart(reader) => reader.finish(),
            State::Opaque | State::Empty(_) => Ok(Fields::default()),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Depth and number have limits in every format (GraphQL and XML test theirs beside their readers).
    #[test]
    fn bombs_are_refused() {
        let many = 100_000;
        let multipart = ContentKind::Multipart { boundary: "B".to_owned() };
        let part = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
        for (kind, body, reason) in [
            (ContentKind::Json, "[".repeat(many), "json-depth"),
            (ContentKind::Json, "{\"a\":".repeat(many), "json-depth"),
            (ContentKind::Json, format!("[{}1]", "1,".repeat(many)), "too-many-fields"),
            (ContentKind::Json, format!("{{\"{}\":1}}", "a".repeat(2000)), "name-too-long"),
            (ContentKind::Urlencoded, "a&".repeat(many), "too-many-fields"),
            (ContentKind::Urlencoded, "a".repeat(2000), "name-too-long"),
            (multipart.clone(), part.repeat(many) + "--B--", "too-many-fields"),
            (multipart, part.replace("\"a\"", &format!("\"{}\"", "a".repeat(2000))), "name-too-long"),
            (ContentKind::Xml, "<a>".repeat(many), "xml-depth"),
            (ContentKind::Json, "x".repeat(1 << 24), "too-large"),
            (ContentKind::Xml, "x".repeat(1 << 24), "too-large"),
            (ContentKind::Graphql, "x".repeat(1 << 24), "too-large"),
        ] {
            let found = read(&kind, body.as_bytes(), &BodyLimits::new(8 << 20));
            assert_eq!(found.unwrap_err().reason(), reason, "{:?}", body.get(..40));
        }
    }

    #[test]
    fn an_application_may_declare_a_type() {
        let types = [("text/plain", "json"), ("Text/X-Form", "form"), ("text/odd", "yaml")];
        let body_types =
            types.map(|(media_type, reader)| (media_type.to_owned(), reader.to_owned())).to_vec();
        let limits = BodyLimits::new(1000).reading_as(&Dialect { body_types, ..Dialect::default() });
        let read = |content_type: &str, coding: Option<&[u8]>, body: &[u8]| {
            let kind = ContentKind::of(Some(content_type.as_bytes()), coding);
            assert_eq!(kind.media_type(), content_type.split(';').next());
            read(&kind, body, &limits).map_or_else(
                |refusal| refusal.reason(),
                |fields| {
                    if fields.values("a").count() == 1 { "read" } else { "nothing" }
                },
            )
        };
        assert_eq!(read("text/plain", None, b"{\"a\":1}"), "read");
        assert_eq!(read("text/plain; charset=utf-8", None, "{\"a\":\"\u{e9}\"}".as_bytes()), "read");
        assert_eq!(read("text/x-form;charset=iso-8859-1", None, b"a=1"), "read");
        assert_eq!(read("text/plain", None, b"a=1"), "json");
        assert_eq!(read("text/plain", Some(b"gzip"), b"a=1"), "coding-data");
        assert_eq!(read("text/csv", None, b"a=1"), "unknown-content");
        assert_eq!(read("text/odd", None, b"a=1"), "unknown-content");
        assert_eq!(read("application/json", None, b"{\"a\":1}"), "read");
    }
}
