//! `multipart/form-data` (RFC 7578, framing of RFC 2046 §5.1), read in pieces and strictly.
//!
//! **Invariant:** only what every parser reads alike is read: CRLF alone, no preamble, no epilogue, a closing delimiter, one
//! Content-Disposition with one `name`, no folded, encoded or nested part. The boundary never stands at the beginning of any line but
//! a delimiter. **Invariant:** file contents are counted, not kept; the rest is bounded by [`BodyLimits::inspect`].
//! Called by `body`.

use super::body::BodyLimits;
use super::charset::Charset;
use super::content::parameters;
use super::fields::{FieldValue, Fields, Place, checked_name};
use super::refusal::Refusal;

/// The longest head of a part, in bytes.
const HEAD_LIMIT: usize = 4 * 1024;

/// Reads one multipart body.
pub struct Reader {
    /// `--` and the boundary.
    delimiter: Vec<u8>,
    limits: BodyLimits,
    /// What came and is not yet taken.
    buffer: Vec<u8>,
    /// In the head of a part: up to where its end has been looked for.
    searched: usize,
    state: State,
    parts: usize,
    kept: u64,
    fields: Fields,
}

enum State {
    /// Nothing came yet.
    Start,
    /// Before the first delimiter.
    First,
    /// Right after a delimiter: CRLF or `--`.
    AfterDelimiter,
    /// In the head of a part.
    Head,
    /// In the content of a part.
    Content(Part),
    /// After the closing delimiter: at most one CRLF.
    End,
}

struct Part {
    name: String,
    filename: Option<String>,
    charset: Charset,
    content: Vec<u8>,
    length: u64,
}

/// Whether there is more to do with what is in the buffer.
enum Step {
    On,
    NeedMore,
}

impl Reader {
    /// A reader for bodies with this boundary.
    pub fn new(boundary: &str, limits: BodyLimits) -> Self {
        let delimiter = [b"--", boundary.as_bytes()].concat();
        Self {
            delimiter,
            limits,
            buffer: Vec::new(),
            searched: 0,
            state: State::Start,
            parts: 0,
            kept: 0,
            fields: Fields::default(),
        }
    }

    /// `--` and the boundary.
    pub(super) fn delimiter(&self) -> &[u8] {
        &self.delimiter
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// As soon as the body cannot be read in one way only, or is over a limit. The reader is of no use afterwards.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        // Taken in small steps, so that the buffer stays short however large the piece is.
        for step in piece.chunks(HEAD_LIMIT) {
            self.buffer.extend_from_slice(step);
            while let Step::On = self.step()? {}
        }
        Ok(())
    }

    /// The fields, after the last piece; none for an empty body.
    ///
    /// # Errors
    /// When the body is not complete.
    pub fn finish(self) -> Result<Fields, Refusal> {
        let complete = match self.state {
            State::Start => true,
            State::End => self.buffer.is_empty() || self.buffer == b"\r\n",
            State::First | State::AfterDelimiter | State::Head | State::Content(_) => false,
        };
        if !complete {
            return Err(Refusal::MultipartFraming);
        }
        self.fields.judge(self.limits.charset)?;
        Ok(self.fields)
    }

    fn step(&mut self) -> Result<Step, Refusal> {
        match std::mem::replace(&mut self.state, State::First) {
            State::Start | State::First => self.first(),
            State::AfterDelimiter => self.after_delimiter(),
            State::Head => self.head(),
            State::Content(part) => self.content(part),
            State::End => {
                self.state = State::End;
                if b"\r\n".starts_with(&self.buffer) {
                    Ok(Step::NeedMore)
                } else {
                    Err(Refusal::MultipartFraming)
                }
            }
        }
    }

    fn first(&mut self) -> Result<Step, Refusal> {
        if self.buffer.starts_with(&self.delimiter) {
            self.take(self.delimiter.len());
            self.state = State::AfterDelimiter;
            return Ok(Step::On);
        }
        if self.delimiter.starts_with(&self.buffer) {
            Ok(Step::NeedMore)
        } else {
            Err(Refusal::MultipartFraming)
        }
    }

    fn after_delimiter(&mut self) -> Result<Step, Refusal> {
        self.state = State::AfterDelimiter;
        match self.buffer.get(..2) {
            None => return Ok(Step::NeedMore),
            Some(b"\r\n") => self.state = State::Head,
            Some(b"--") if self.parts > 0 => self.state = State::End,
            Some(_) => return Err(Refusal::MultipartFraming),
        }
        self.take(2);
        Ok(Step::On)
    }

    fn head(&mut self) -> Result<Step, Refusal> {
        let Some(end) = find(&self.buffer, b"\r\n\r\n", self.searched) else {
            self.state = State::Head;
            self.searched = self.buffer.len().saturating_sub(3);
            return if self.buffer.len() > HEAD_LIMIT {
                Err(Refusal::PartHeader)
            } else {
                Ok(Step::NeedMore)
            };
        };
        if end > HEAD_LIMIT {
            return Err(Refusal::PartHeader);
        }
        self.parts += 1;
        if self.parts > self.limits.fields {
            return Err(Refusal::TooManyFields(self.limits.fields));
        }
        let part = part_of(self.buffer.get(..end).unwrap_or_default(), &self.limits)?;
        self.keep((part.name.len() + part.filename.as_ref().map_or(0, String::len)) as u64)?;
        self.take(end + 4);
        self.searched = 0;
        self.state = State::Content(part);
        Ok(Step::On)
    }

    fn content(&mut self, mut part: Part) -> Result<Step, Refusal> {
        let mut from = 0;
        while let Some(at) = find(&self.buffer, &self.delimiter, from) {
            let before = self.buffer.get(..at).unwrap_or_default();
            if before.ends_with(b"\r\n") {
                self.absorb(&mut part, at - 2)?;
                self.take(2 + self.delimiter.len());
                self.close(part)?;
                self.state = State::AfterDelimiter;
                return Ok(Step::On);
            }
            // THREAT: parsers that take a bare LF or CR for the end of a line, or content that may be empty without its own CRLF,
            // see a delimiter here.
            if matches!(before.last(), Some(b'\n' | b'\r')) || (at == 0 && part.length == 0) {
                return Err(Refusal::MultipartFraming);
            }
            from = at + 1;
        }
        // A delimiter with its CRLF may be under way in the last bytes.
        let sure = self.buffer.len().saturating_sub(self.delimiter.len() + 1);
        self.absorb(&mut part, sure)?;
        self.state = State::Content(part);
        Ok(Step::NeedMore)
    }

    fn absorb(&mut self, part: &mut Part, length: usize) -> Result<(), Refusal> {
        part.length = part.length.saturating_add(length as u64);
        if part.filename.is_none() {
            self.keep(length as u64)?;
            part.content.extend_from_slice(self.buffer.get(..length).unwrap_or_default());
        }
        self.take(length);
        Ok(())
    }

    fn close(&mut self, part: Part) -> Result<(), Refusal> {
        let value = if let Some(name) = part.filename {
            FieldValue::File { name, length: part.length }
        } else {
            let text = part.charset.decode(part.content)?;
            if text.contains('\0') {
                return Err(Refusal::FieldControl);
            }
            FieldValue::Text(text)
        };
        self.fields.push(Place::Multipart, part.name, value);
        Ok(())
    }

    fn keep(&mut self, more: u64) -> Result<(), Refusal> {
        self.kept = self.kept.saturating_add(more);
        if self.kept > self.limits.inspect {
            Err(Refusal::TooLarge { limit: self.limits.inspect })
        } else {
            Ok(())
        }
    }

    fn take(&mut self, length: usize) {
        self.buffer.drain(..length.min(self.buffer.len()));
    }
}

/// Where `needle` first stands in `hay` at or after `from`.
fn find(hay: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    memchr::memmem::find(hay.get(from..)?, needle).map(|at| at + from)
}

fn part_of(head: &[u8], limits: &BodyLimits) -> Result<Part, Refusal> {
    // Names in another charset would be read as UTF-8 by some.
    if limits.charset != Charset::Utf8 && !head.is_ascii() {
        return Err(Refusal::Charset);
    }
    let head = std::str::from_utf8(head).map_err(|_| Refusal::NotUtf8)?;
    let (mut disposition, mut content_type) = (None, None);
    for line in head.split("\r\n") {
        // A line that begins with a blank would continue the one before (obs-fold); a bare CR or LF ends one for some.
        if line.contains(['\r', '\n']) || line.starts_with([' ', '\t']) {
            return Err(Refusal::PartHeader);
        }
        let (name, value) = line.split_once(':').ok_or(Refusal::PartHeader)?;
        let slot = match name.to_ascii_lowercase().as_str() {
            "content-disposition" => &mut disposition,
            "content-type" => &mut content_type,
            _ => return Err(Refusal::PartHeader),
        };
        if slot.replace(value.trim_matches([' ', '\t'])).is_some() {
            return Err(Refusal::PartHeader);
        }
    }
    let charset = charset(content_type, limits)?;
    let (form, rest) = disposition.and_then(|value| value.split_once(';')).ok_or(Refusal::PartDisposition)?;
    if !form.trim_end_matches([' ', '\t']).eq_ignore_ascii_case("form-data") {
        return Err(Refusal::PartDisposition);
    }
    let (mut name, mut filename, mut extended) = (None, None, None);
    for (parameter, value) in parameters(rest).map_err(|_| Refusal::PartDisposition)? {
        match parameter.as_str() {
            "name" => name = Some(value),
            "filename" => filename = Some(value),
            "filename*" => extended = Some(value),
            _ => return Err(Refusal::PartDisposition),
        }
    }
    // Some libraries send `filename*` beside `filename`; when both say the same, all parsers agree.
    if extended.is_some_and(|extended| filename.is_none() || extended_value(&extended) != filename) {
        return Err(Refusal::PartDisposition);
    }
    let name = name.filter(|name| !name.starts_with('\'')).ok_or(Refusal::PartDisposition)?;
    let name = checked_name(name, limits)?;
    Ok(Part { name, filename, charset, content: Vec::new(), length: 0 })
}

fn charset(value: Option<&str>, limits: &BodyLimits) -> Result<Charset, Refusal> {
    let Some(value) = value else { return Ok(limits.charset) };
    let (media_type, rest) = value.split_once(';').unwrap_or((value, ""));
    if media_type.trim_start().get(..10).is_some_and(|head| head.eq_ignore_ascii_case("multipart/")) {
        return Err(Refusal::NestedMultipart);
    }
    let charset =
        parameters(rest).map_err(|_| Refusal::PartHeader)?.into_iter().find(|(name, _)| name == "charset");
    let Some((_, label)) = charset else { return Ok(limits.charset) };
    Charset::of(&label).map(|stated| stated.stated(limits.charset)).ok_or(Refusal::Charset)
}

/// What a `UTF-8''...` value of RFC 8187 stands for.
fn extended_value(value: &str) -> Option<String> {
    let encoded =
        value.get(..7).filter(|head| head.eq_ignore_ascii_case("utf-8''")).and_then(|_| value.get(7..))?;
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes().iter();
    while let Some(byte) = rest.next() {
        bytes.push(if *byte == b'%' {
            super::urlencoded::hex_pair(rest.next(), rest.next())?
        } else {
            *byte
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Fields, Refusal> {
        let mut reader = Reader::new("B", BodyLimits::new(1000));
        reader.push(body.as_bytes())?;
        reader.finish()
    }

    #[test]
    fn files_are_counted_and_fields_kept() {
        let file = "x".repeat(5000) + "\r\n--\r\n-";
        let body = format!(
            "--B\r\nContent-Disposition: form-data; name=\"amount\"\r\n\r\n5000\r\n--B\r\ncontent-disposition: form-data; name=\"f\"; \
             filename=\"\u{e4}.pdf\"; filename*=UTF-8''%C3%A4.pdf\r\nContent-Type: application/pdf\r\n\r\n{file}\r\n--B--\r\n"
        );
        let fields = read(&body).unwrap();
        let values: Vec<_> = fields.iter().map(|field| field.value.clone()).collect();
        let file = FieldValue::File { name: "\u{e4}.pdf".to_owned(), length: file.len() as u64 };
        assert_eq!(values, [FieldValue::Text("5000".to_owned()), file]);
    }

    #[test]
    fn loose_parts_are_refused() {
        let part = |head: &str| format!("--B\r\nContent-Disposition: {head}\r\n\r\n1\r\n--B--\r\n");
        for (body, reason) in [
            (part("form-data; name=\"a\"; name=\"b\""), "part-disposition"),
            (part("form-data; name=\"a\"; name*=utf-8''b"), "part-disposition"),
            (part("form-data; name=\"a\"; filename*=utf-8''b"), "part-disposition"),
            (part("form-data; name=\"a\"; filename=\"x\"; filename*=utf-8''b"), "part-disposition"),
            (part("form-data; name='a'"), "part-disposition"),
            (part("form-data; name=\"a\\\"b\""), "part-disposition"),
            (part("form-data"), "part-disposition"),
            (part("attachment; name=\"a\""), "part-disposition"),
            (part("form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64"), "part-header"),
            (part("form-data;\r\n name=\"a\""), "part-header"),
            (part("form-data; name=\"a\"\nX: y"), "part-header"),
            (part("form-data; name=\"a\"\r\nContent-Type: text/plain; charset=utf-16"), "charset"),
            (part("form-data; name=\"a\"\r\nContent-Type: multipart/mixed; boundary=C"), "nested-multipart"),
            ("x--B--\r\n".to_owned(), "multipart-framing"),
            ("--B--\r\n".to_owned(), "multipart-framing"),
            ("--B \r\n".to_owned(), "multipart-framing"),
            (part("form-data; name=\"a\"") + "x", "multipart-framing"),
            (part("form-data; name=\"a\"").replace("1\r\n", ""), "multipart-framing"),
            (part("form-data; name=\"a\"").replace("1\r\n", "1\n"), "multipart-framing"),
            (part("form-data; name=\"a\"").replace("1\r\n", "1\r\n--Bx\r\n"), "multipart-framing"),
            (part("form-data; name=\"a\"").replace('1', "1\n--B\r\nX: y"), "multipart-framing"),
            (part("form-data; name=\"a\"").replace("--B--", ""), "multipart-framing"),
            (part("form-data; name=\"a\"").replace('1', &"x".repeat(1001)), "too-large"),
        ] {
            assert_eq!(read(&body).unwrap_err().reason(), reason, "{body:?}");
        }
        assert!(read("").is_ok());
    }
}
