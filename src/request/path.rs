//! The path: when it is plain, and its one canonical form for matching.
//!
//! Accepted beside plain bytes are percent escapes of characters that no known server treats specially: unreserved ASCII, blanks
//! inside a segment, harmless punctuation, and letters and digits beyond ASCII that are stable under NFKC and have no case variant
//! in ASCII. Everything else is refused; in particular non-ASCII punctuation, marks and symbols, of which many have best-fit
//! look-alikes in ASCII.
//!
//! **Invariant:** a canonical path has exactly one reading; a plain path is its own canonical form (`plain_paths_are_canonical`).
//! **Invariant:** what is forwarded is the raw path, never this one. Called by `normalise` and by the route matcher.

use super::refusal::Refusal;
use crate::base::dialect::{Dialect, Reads};

/// Whether a target is origin-form whose path is plain: raw path and canonical path are the same bytes. Allocates nothing.
pub fn is_plain(target: &[u8]) -> bool {
    let (path, query) = split_query(target);
    path_is_plain(path) && query.is_none_or(|query| query.iter().all(|byte| is_query_byte(*byte)))
}

/// A target's path and, after the first `?`, its query.
pub fn split_query(target: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut halves = target.splitn(2, |byte| *byte == b'?');
    (halves.next().unwrap_or_default(), halves.next())
}

fn path_is_plain(path: &[u8]) -> bool {
    if path.first() != Some(&b'/') {
        return false;
    }
    let mut before = 0;
    for byte in path {
        let fine = match byte {
            b'/' => before != b'/' && before != b'.',
            other => is_plain_byte(*other),
        };
        if !fine {
            return false;
        }
        before = *byte;
    }
    before != b'.'
}

/// Unreserved, sub-delimiters without `;`, `:` and `@` (RFC 3986 §3.3).
const fn is_plain_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b'='
                | b':'
                | b'@'
        )
}

/// What may stand in a query: printable ASCII but `#`. Browsers leave `|`, `^`, braces and brackets raw there.
pub(super) const fn is_query_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'#'
}

/// A decoded path with exactly one reading. Begins with `/`; a segment holds no slash, no dot segment and no control character.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CanonicalPath(String);

impl CanonicalPath {
    /// Reads the raw path of an origin-form target (without the query) as an application of this dialect does.
    ///
    /// # Errors
    /// A [`Refusal`] naming the first thing that servers read in different ways and the dialect does not settle.
    pub fn parse(raw: &[u8], dialect: &Dialect) -> Result<Self, Refusal> {
        let mut segments = Segments::new(raw.strip_prefix(b"/").ok_or(Refusal::TargetForm)?, dialect);
        let mut path = String::with_capacity(raw.len());
        let mut slash_at_end = true;
        while let Some(segment) = segments.next()? {
            let segment = decoded(segment, dialect)?;
            let last = segments.is_done();
            match (segment.as_str(), last, dialect.repeated_slashes, dialect.dot_segments) {
                ("", true, _, _) => slash_at_end = true,
                ("", false, None, _) => return Err(Refusal::RepeatedSlash),
                ("", false, Some(Reads::AsSyntax), _) => {}
                ("." | "..", _, _, None) => return Err(Refusal::DotSegments),
                (".", _, _, Some(Reads::AsSyntax)) => slash_at_end = true,
                ("..", _, _, Some(Reads::AsSyntax)) => {
                    path.truncate(path.rfind('/').unwrap_or(0));
                    slash_at_end = true;
                }
                _ => {
                    path.push('/');
                    path.push_str(&segment);
                    slash_at_end = false;
                }
            }
        }
        if slash_at_end {
            path.push('/');
        }
        Ok(Self(path))
    }

    /// The decoded path, with its trailing slash if it has one.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The decoded segments; a trailing slash adds none, and `/` has none.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|segment| !segment.is_empty())
    }

    /// Whether the path ends with a slash (`/` itself does).
    pub fn has_trailing_slash(&self) -> bool {
        self.0.ends_with('/')
    }
}

/// Whether two segments are the same to a server that ignores case. Matching must use this: some servers do.
pub fn same_segment(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() {
        one.eq_ignore_ascii_case(other)
    } else {
        one.to_lowercase() == other.to_lowercase()
    }
}

/// The segments of a raw path, percent-decoded to bytes, one after the other.
struct Segments<'a> {
    rest: std::slice::Iter<'a, u8>,
    dialect: &'a Dialect,
    done: bool,
}

impl<'a> Segments<'a> {
    fn new(inner: &'a [u8], dialect: &'a Dialect) -> Self {
        Self { rest: inner.iter(), dialect, done: false }
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn next(&mut self) -> Result<Option<Vec<u8>>, Refusal> {
        if self.done {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let mut in_parameters = false;
        while let Some(byte) = self.rest.next() {
            match byte {
                b'/' => return Ok(Some(bytes)),
                _ if in_parameters => {}
                b'%' => {
                    let (high, low) = (self.rest.next(), self.rest.next());
                    match self.escaped(super::urlencoded::hex_pair(high, low).ok_or(Refusal::BadEscape)?)? {
                        Escaped::Byte(byte) => bytes.push(byte),
                        Escaped::Kept => {
                            bytes.push(b'%');
                            bytes.extend(high.into_iter().chain(low).map(u8::to_ascii_uppercase));
                        }
                        Escaped::Separator => return Ok(Some(bytes)),
                    }
                }
                b'\\' => return Err(Refusal::Backslash),
                b';' => match self.dialect.path_parameters {
                    None => return Err(Refusal::PathParameter),
                    Some(Reads::AsSyntax) => in_parameters = true,
                    Some(Reads::AsData) => bytes.push(b';'),
                },
                other if is_plain_byte(*other) => bytes.push(*other),
                other if other.is_ascii_graphic() && *other != b'#' => return Err(Refusal::PathCharacter),
                _ => return Err(Refusal::TargetByte),
            }
        }
        self.done = true;
        Ok(Some(bytes))
    }

    fn escaped(&self, byte: u8) -> Result<Escaped, Refusal> {
        let dialect = self.dialect;
        let special = |reads: Option<Reads>, data: Escaped, refusal: Refusal| match reads {
            None => Err(refusal),
            Some(Reads::AsSyntax) => Ok(Escaped::Separator),
            Some(Reads::AsData) => Ok(data),
        };
        let as_data = |reads: Option<Reads>, refusal: Refusal| {
            if reads == Some(Reads::AsData) { Ok(Escaped::Byte(byte)) } else { Err(refusal) }
        };
        match byte {
            // A slash that is data stays escaped, so that no pattern takes it for a separator.
            b'/' => special(dialect.encoded_slash, Escaped::Kept, Refusal::EncodedSlash),
            b'\\' => special(dialect.backslash, Escaped::Byte(byte), Refusal::Backslash),
            b'.' if dialect.dot_segments.is_none() => Err(Refusal::EncodedDot),
            b'?' | b'#' => as_data(dialect.encoded_delimiters, Refusal::EncodedDelimiter),
            b'%' => as_data(dialect.encoded_percent, Refusal::DoubleEncoding),
            // Servers that drop parameters look for them before they decode.
            b';' => as_data(dialect.path_parameters, Refusal::PathParameter),
            byte if byte.is_ascii_control() => Err(Refusal::PathControl),
            byte => Ok(Escaped::Byte(byte)),
        }
    }
}

/// What an escape stands for.
enum Escaped {
    Byte(u8),
    Kept,
    Separator,
}

/// The text of a segment, unless servers would take it for another.
fn decoded(bytes: Vec<u8>, dialect: &Dialect) -> Result<String, Refusal> {
    let segment = String::from_utf8(bytes).map_err(|_| Refusal::PathNotUtf8)?;
    let odd_end = !matches!(segment.as_str(), "." | "..")
        && (segment.ends_with(['.', ' ']) || segment.starts_with(' '));
    if odd_end && dialect.segment_ends != Some(Reads::AsData) {
        return Err(Refusal::SegmentEnd);
    }
    let odd = segment.chars().any(is_odd) || !is_stable(&segment);
    if odd && dialect.non_ascii != Some(Reads::AsData) {
        return Err(Refusal::Lookalike);
    }
    Ok(segment)
}

/// Beyond ASCII only letters and digits stand, and none that a change of case would bring into ASCII (`ſ`, `ı`, `İ`, the Kelvin
/// sign). `ß` stands: its upper case is two letters, and no server is known to fold paths that far.
fn is_odd(c: char) -> bool {
    !c.is_ascii()
        && (!c.is_alphanumeric()
            || c.to_lowercase().any(|lower| lower.is_ascii())
            || (c != 'ß' && c.to_uppercase().any(|upper| upper.is_ascii())))
}

fn is_stable(text: &str) -> bool {
    text.is_ascii() || icu_normalizer::ComposingNormalizerBorrowed::new_nfkc().is_normalized(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strict(raw: &str) -> Result<CanonicalPath, Refusal> {
        CanonicalPath::parse(raw.as_bytes(), &Dialect::default())
    }

    #[test]
    fn plain_paths_are_canonical() {
        for plain in ["/", "/a", "/a/", "/users/42", "/a.b/~c", "/x:y@z", "/a+b,(c)"] {
            assert!(is_plain(plain.as_bytes()), "{plain}");
            assert_eq!(strict(plain).unwrap().as_str(), plain);
        }
        for other in [
            "", "a", "*", "/a%20b", "/a;b", "/a//b", "//a", "/a/./b", "/a/..", "/a.", "/a\\b", "/a b",
            "/a|b", "/a#b", "/\u{e9}",
        ] {
            assert!(!is_plain(other.as_bytes()), "{other}");
        }
        assert!(is_plain(b"/a?b=%zz&c={|}") && !is_plain(b"/a?b#c") && !is_plain(b"/a?b c"));
    }

    #[test]
    fn one_reading_or_a_reason() {
        for (raw, decoded) in [
            ("/%61dmin/settings", "/admin/settings"),
            ("/files/annual%20report%202026.pdf", "/files/annual report 2026.pdf"),
            ("/caf%C3%A9/stra%C3%9Fe", "/caf\u{e9}/stra\u{df}e"),
            ("/%E6%97%A5%E6%9C%AC", "/\u{65e5}\u{672c}"),
        ] {
            assert_eq!(strict(raw).unwrap().as_str(), decoded);
        }
        for (raw, reason) in [
            ("admin", "target-form"),
            ("/a%2fb", "encoded-slash"),
            ("/a%5Cb", "backslash"),
            ("/a\\b", "backslash"),
            ("/a%252fb", "double-encoding"),
            ("/a/%2e%2e/b", "encoded-dot"),
            ("/a/../b", "dot-segments"),
            ("/a/.", "dot-segments"),
            ("/a//b", "repeated-slash"),
            ("//a", "repeated-slash"),
            ("/a;x", "path-parameter"),
            ("/a%3bx", "path-parameter"),
            ("/a%3fx", "encoded-delimiter"),
            ("/a%23x", "encoded-delimiter"),
            ("/a%00", "path-control"),
            ("/a%0a", "path-control"),
            ("/a%20", "segment-end"),
            ("/a./b", "segment-end"),
            ("/a%zz", "bad-escape"),
            ("/a%u0061", "bad-escape"),
            ("/a%4", "bad-escape"),
            ("/%c1%a1dmin", "path-not-utf8"),
            ("/%e9", "path-not-utf8"),
            ("/a<b", "path-character"),
            ("/adm\u{131}n", "target-byte"),
            ("/adm%C4%B1n", "lookalike-character"),
            ("/%EF%BD%81dmin", "lookalike-character"),
            ("/admin%EF%BC%8Fx", "lookalike-character"),
            ("/admin%C2%A0", "lookalike-character"),
            ("/e%CC%81", "lookalike-character"),
            ("/a%E2%88%95b", "lookalike-character"),
        ] {
            assert_eq!(strict(raw).unwrap_err().reason(), reason, "{raw}");
        }
    }
}
