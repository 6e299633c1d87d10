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
    /// Reads the raw path of an origin-form target (without the query).
    ///
    /// # Errors
    /// A [`Refusal`] naming the first thing that servers read in different ways.
    pub fn parse(raw: &[u8]) -> Result<Self, Refusal> {
        let inner = raw.strip_prefix(b"/").ok_or(Refusal::TargetForm)?;
        let mut path = String::with_capacity(raw.len());
        let mut segments = inner.split(|byte| *byte == b'/').peekable();
        while let Some(segment) = segments.next() {
            path.push('/');
            if segment.is_empty() {
                if segments.peek().is_some() {
                    return Err(Refusal::RepeatedSlash);
                }
                break;
            }
            path.push_str(&decode_segment(segment)?);
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

fn decode_segment(raw: &[u8]) -> Result<String, Refusal> {
    if raw == b"." || raw == b".." {
        return Err(Refusal::DotSegments);
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => bytes.push(decoded_byte(rest.next(), rest.next())?),
            b'\\' => return Err(Refusal::Backslash),
            b';' => return Err(Refusal::PathParameter),
            b'#' => return Err(Refusal::TargetByte),
            other if is_plain_byte(*other) => bytes.push(*other),
            other if other.is_ascii_graphic() => return Err(Refusal::PathCharacter),
            _ => return Err(Refusal::TargetByte),
        }
    }
    let segment = String::from_utf8(bytes).map_err(|_| Refusal::PathNotUtf8)?;
    if segment.ends_with(['.', ' ']) || segment.starts_with(' ') {
        return Err(Refusal::SegmentEnd);
    }
    if segment.chars().any(is_odd) || !is_stable(&segment) {
        return Err(Refusal::Lookalike);
    }
    Ok(segment)
}

fn decoded_byte(high: Option<&u8>, low: Option<&u8>) -> Result<u8, Refusal> {
    let byte = super::urlencoded::hex_pair(high, low).ok_or(Refusal::BadEscape)?;
    match byte {
        b'/' => Err(Refusal::EncodedSlash),
        b'\\' => Err(Refusal::Backslash),
        b'.' => Err(Refusal::EncodedDot),
        b'?' | b'#' => Err(Refusal::EncodedDelimiter),
        b'%' => Err(Refusal::DoubleEncoding),
        b';' => Err(Refusal::PathParameter),
        byte if byte.is_ascii_control() => Err(Refusal::PathControl),
        byte => Ok(byte),
    }
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

    #[test]
    fn plain_paths_are_canonical() {
        for plain in ["/", "/a", "/a/", "/users/42", "/a.b/~c", "/x:y@z", "/a+b,(c)"] {
            assert!(is_plain(plain.as_bytes()), "{plain}");
            assert_eq!(CanonicalPath::parse(plain.as_bytes()).unwrap().as_str(), plain);
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
            assert_eq!(CanonicalPath::parse(raw.as_bytes()).unwrap().as_str(), decoded);
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
            assert_eq!(CanonicalPath::parse(raw.as_bytes()).unwrap_err().reason(), reason, "{raw}");
        }
    }
}
